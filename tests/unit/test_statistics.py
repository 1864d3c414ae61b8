"""Comparisons of methods over seeds: values by hand, agreement with statsmodels, equal and few values, clear errors."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.anova import AnovaRM
from statsmodels.stats.power import TTestPower

from convergence.errors import LogError
from convergence.statistics import deviations, independent, ordered, paired, serial_dependence, several

SETTINGS = settings(max_examples=25)


def draws(seed: int, n: int, shift: float = 0.0) -> np.ndarray:
    return shift + np.random.default_rng(seed).normal(size=n)


def test_a_comparison_by_hand() -> None:
    """Differences 1, 2, 3: mean 2, deviation 1, error 1/sqrt(3); t(0.995, 2 degrees) = 9.925 (tables)."""
    found = paired([2, 4, 6], [1, 2, 3])
    assert found.difference == 2 and found.deviation == 1 and found.cohens_d == 2
    low, high = found.interval
    assert (low, high) == pytest.approx((2 - 9.925 / sqrt(3), 2 + 9.925 / sqrt(3)), abs=1e-3)
    assert not found.shown


@SETTINGS
@given(seed=st.integers(0, 10**6), n=st.integers(4, 40), shift=st.floats(-1, 1))
def test_exchanging_the_methods_mirrors_everything(seed: int, n: int, shift: float) -> None:
    first, second = draws(seed, n), draws(seed + 1, n, shift)
    for compare in (paired, independent):
        one, other = compare(first, second), compare(second, first)
        assert one.difference == pytest.approx(-other.difference)
        assert (one.less, one.greater) == pytest.approx((other.greater, other.less))
        assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]))
        assert one.detectable == pytest.approx(other.detectable)


@SETTINGS
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(4, 40),
    factor=st.sampled_from([1e-3, 0.5, 1e3]),
    offset=st.floats(-10, 10),
)
def test_units_pass_through(seed: int, n: int, factor: float, offset: float) -> None:
    first, second = draws(seed, n), draws(seed + 1, n)
    plain, scaled = paired(first, second), paired(factor * first + offset, factor * second + offset)
    assert scaled.difference == pytest.approx(factor * plain.difference, rel=1e-6, abs=1e-9 * (factor + 10))
    assert scaled.detectable == pytest.approx(factor * plain.detectable, rel=1e-6)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-4)


@pytest.mark.parametrize("n", [5, 20, 100])
def test_what_would_have_been_found_agrees_with_statsmodels(n: int) -> None:
    found = paired(draws(0, n), draws(1, n))
    effect = TTestPower().solve_power(nobs=n, alpha=0.01, power=0.9)
    assert found.detectable / found.deviation == pytest.approx(effect, rel=1e-4)


def test_runs_needed_are_the_first_with_that_power() -> None:
    found = paired(draws(0, 12), draws(1, 12))
    needed = found.runs_needed
    assert needed is not None
    effect = abs(found.cohens_d)
    powers = [TTestPower().power(effect, n, 0.01) for n in (needed - 1, needed)]
    assert powers[0] < 0.9 <= powers[1] + 1e-4


def test_equal_runs_differ_only_where_enough_of_them_do() -> None:
    """An exchange of signs of n equal differences gives a one-sided p-value of 2^-n and no less."""
    assert paired([1.0] * 3, [2.0] * 3).less == 1 / 8
    assert not paired([1.0] * 3, [2.0] * 3).shown
    assert "3 runs cannot show any" in paired([1.0] * 3, [2.0] * 3).text()
    assert paired([1.0] * 20, [1.1] * 20).shown
    same = paired([0.1] * 20, [0.1] * 20)
    assert same.p_value == 1 and not same.shown and same.text().endswith("no difference in any of 20 runs")
    rounded = paired([0.1 + 0.2] * 9, [0.3] * 9)
    assert rounded.deviation == 0
    assert independent([1.0] * 3, [2.0] * 3).less == 1 / 20  # one of the 20 ways to split six runs


def test_equivalence_needs_an_interval_inside_the_margin() -> None:
    """Differences of +1 and -1 in turn, 100 of each: error 0.0709; t(0.99, 199) = 2.345, reach 0.166."""
    found = paired([1.0, -1.0] * 100, [0.0] * 200)
    assert found.within(0.17) and not found.within(0.16)
    assert not paired([1.0] * 3, [1.0] * 3).within(0.5)


def test_plain_words() -> None:
    found = paired([1.0, -1.0] * 10, [0.0] * 20)
    assert found.text("epochs").startswith("first minus second 0 epochs [-0.656, 0.656], no difference shown; one of ")
    assert found.text().endswith("would have been found")


def test_infinite_values_are_ordered_and_not_averaged() -> None:
    slow, fast = [inf] * 8 + [30.0], [10.0] * 9
    with pytest.raises(LogError, match="first: 8 of 9 values are infinite, so that there is no mean; rank them"):
        paired(slow, fast)
    signs = ordered(fast, slow, are_paired=True)
    assert (signs.below, signs.above, signs.tied) == (9, 0, 0) and signs.less == pytest.approx(2**-9)
    assert ordered([inf, inf], [inf, inf], are_paired=True).less == 1
    ranks = ordered(fast, slow, are_paired=False)
    assert ranks.less < 0.001 < 0.9 < ranks.greater
    assert signs.text() == "first is below second in 9 of 9 pairs, above in 0"


@SETTINGS
@given(seed=st.integers(0, 10**6), methods=st.integers(2, 5), seeds=st.integers(3, 12))
def test_analysis_of_variance_agrees_with_statsmodels(seed: int, methods: int, seeds: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(methods, seeds))
    found = several({str(number): row for number, row in enumerate(rows)})
    frame = pd.DataFrame([{"method": m, "seed": s, "value": rows[m, s]} for m in range(methods) for s in range(seeds)])
    table = AnovaRM(frame, "value", "seed", ["method"]).fit().anova_table
    assert (found.f, found.p_value) == pytest.approx((table["F Value"].iloc[0], table["Pr > F"].iloc[0]), rel=1e-6)


def test_several_methods_correct_for_all_pairs() -> None:
    """Three pairs: Bonferroni multiplies each p-value by three, Holm the smallest only."""
    noise = draws(0, 20)
    found = several({"a": noise, "b": draws(1, 20), "c": draws(2, 20, 3.0)})
    assert found.different == (("a", "c"), ("b", "c"))
    plain = {names: comparison.p_value for names, comparison in found.comparisons.items()}
    assert found.bonferroni == pytest.approx({names: min(1.0, 3 * p) for names, p in plain.items()})
    smallest = min(plain, key=lambda names: plain[names])
    assert found.holm[smallest] == pytest.approx(3 * plain[smallest])
    constant = several({"a": [1.0] * 5, "b": [1.0] * 5})
    assert (constant.f, constant.p_value, constant.different) == (0.0, 1.0, ())


def test_neighbours_that_are_alike() -> None:
    """By hand for 1..10: the ratio is 9 / 82.5, with mean 2 and variance 4*8*471/(5*10*11*81) = 0.338."""
    assert serial_dependence(range(1, 11)) == pytest.approx(float(norm.cdf((9 / 82.5 - 2) / sqrt(0.33832))), rel=1e-3)
    assert serial_dependence([1.0, 2.0] * 10) > 0.99
    assert serial_dependence([1.0] * 20) == serial_dependence([1.0, 2.0, 3.0]) == 1.0
    random = np.random.default_rng(3)
    alarms = sum(serial_dependence(random.exponential(size=20)) <= 0.05 for _ in range(1000))
    assert 25 <= alarms <= 80  # 50 expected, with a deviation of 7


def test_deviations_are_from_the_median() -> None:
    assert deviations([1.0, 2.0, 10.0]).tolist() == [1.0, 0.0, 8.0]


def test_an_exploded_run_has_no_mean() -> None:
    with pytest.raises(LogError, match="second: 1 of 2 values are infinite"):
        paired([1.0, 2.0], [1.0, 1e300])


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1.0], [1.0], "first: expected at least 2 runs, found 1; run more seeds"),
        ([1.0, 2.0], [1.0], "second: expected at least 2 runs, found 1"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "as many values of first as of second, found 2 and 3"),
        ([1.0, np.nan], [1.0, 2.0], "first: 1 of 2 values are missing or not numbers; leave no run out"),
    ],
)
def test_errors(first: list[float], second: list[float], message: str) -> None:
    with pytest.raises(LogError, match=message):
        paired(first, second)


def test_errors_of_several() -> None:
    with pytest.raises(LogError, match="expected at least two methods, found 1"):
        several({"a": [1.0, 2.0]})
    with pytest.raises(LogError, match="expected every method on the same seeds, found 2 to 3 runs"):
        several({"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]})


@SETTINGS
@given(n=st.integers(2, 8), m=st.integers(2, 8), values=st.sampled_from([0.0, 1e-290, 1.0, 1e98]))
def test_any_few_values_give_an_answer(n: int, m: int, values: float) -> None:
    first = values * np.arange(n)
    second = values * np.ones(m)
    found = independent(first, second)
    assert 0 <= found.p_value <= 1 and found.detectable >= 0
    assert isinstance(found.text(), str)
