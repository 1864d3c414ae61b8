import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.errors import LogError
from convergence.rates import bound_test, bound_violation, holm
from convergence.rates.bounds import BET_WEIGHTS, wealth
from convergence.verdicts import Tightness, Verdict

K = 40
BOUND = 1.0 / np.arange(1, K + 1)


def test_wealth_of_the_bound_itself_is_one() -> None:
    # with e = B every bet multiplies the wealth by 1 - l + l = 1
    assert wealth(np.ones((7, 3))) == pytest.approx(np.ones(3))


def test_wealth_of_twice_the_bound() -> None:
    # the bet l = 1 alone multiplies by 2 a run; the mixture holds at least its weight of that
    share = BET_WEIGHTS[0] / BET_WEIGHTS.sum()
    assert wealth(np.full((10, 1), 2.0))[0] >= share * 2.0**10


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_wealth_has_mean_at_most_one_under_the_claim(seed: int) -> None:
    # two values, 0 and 4, with mean 1: the exact expectation over all 2**5 outcomes of 5 runs
    outcomes = np.array(np.meshgrid(*[[0.0, 4.0]] * 5)).reshape(5, -1)
    p = np.where(outcomes == 4.0, 0.25, 0.75).prod(axis=0)
    assert float(p @ wealth(outcomes)) == pytest.approx(1.0, rel=1e-9)


def test_a_bound_exceeded_twofold_is_found_with_eleven_runs() -> None:
    errors = 2 * BOUND * np.exp(0.3 * np.random.default_rng(0).standard_normal((11, K)) - 0.045)
    test = bound_test(errors, BOUND)
    assert test.verdict is Verdict.DIVERGES
    assert test.p_value <= 0.01
    assert "exceeds the bound" in test.reason


def test_runs_well_below_are_supported_and_loose() -> None:
    errors = 0.2 * BOUND * np.exp(0.3 * np.random.default_rng(0).standard_normal((40, K)))
    test = bound_test(errors, BOUND)
    assert (test.verdict, test.tightness) == (Verdict.SUPPORTED, Tightness.LOOSE)
    assert test.power >= 0.8
    assert test.excess <= 2.0


def test_few_runs_leave_it_undecided() -> None:
    test = bound_test(np.tile(0.9 * BOUND, (3, 1)), BOUND)
    assert test.verdict is Verdict.UNDECIDED
    assert "more runs would decide" in test.reason


def test_a_mean_carried_by_one_run_is_undecided() -> None:
    errors = np.tile(0.05 * BOUND, (60, 1))
    errors[0] = 20 * BOUND
    assert bound_test(errors, BOUND).verdict is not Verdict.SUPPORTED


def test_runs_that_overflowed_exceed_every_bound() -> None:
    assert bound_test(np.full((4, K), np.inf), BOUND).verdict is Verdict.DIVERGES


LAWS = {
    "lognormal 0.3": lambda r, s: np.exp(0.3 * r.standard_normal(s) - 0.045),
    "lognormal 1": lambda r, s: np.exp(r.standard_normal(s) - 0.5),
    "lognormal 2": lambda r, s: np.exp(2 * r.standard_normal(s) - 2.0),
    "exponential": lambda r, s: r.exponential(size=s),
    "uniform": lambda r, s: 2 * r.random(s),
    "pareto 2.5": lambda r, s: (r.pareto(2.5, s) + 1) * 1.5 / 2.5,
    "pareto 1.5": lambda r, s: (r.pareto(1.5, s) + 1) * 0.5 / 1.5,
    "rare spikes": lambda r, s: np.where(r.random(s) < 0.02, 50.0, 0.0),
    "rare zeros": lambda r, s: np.where(r.random(s) < 0.9, 1 / 0.9, 0.0),
    "chi-square": lambda r, s: r.standard_normal(s) ** 2,
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seeds", [5, 30])
def test_bounds_that_hold_are_hardly_ever_contradicted(law: str, seeds: int) -> None:
    # mean exactly 1; the expected count at 1 % is 2 of 200, and 8 or more has probability 1e-3
    random = np.random.default_rng([seeds, len(law)])
    flagged = sum(bool(wealth(LAWS[law](random, (seeds, 6))).mean() >= 100) for _ in range(200))
    assert flagged <= 7


@pytest.mark.parametrize(
    ("errors", "bound", "message"),
    [
        (np.ones((3, 4)), np.ones(5), r"expected errors of shape \(runs, K\)"),
        (np.ones((3, 4)), np.array([1.0, 0.0, 1.0, 1.0]), "found 0 at index 1"),
        (-np.ones((3, 4)), np.ones(4), "nonnegative"),
        (np.full((3, 4), np.nan), np.ones(4), "missing"),
    ],
)
def test_messages(errors: np.ndarray, bound: np.ndarray, message: str) -> None:
    with pytest.raises(LogError, match=message):
        bound_test(errors, bound)


def test_a_deterministic_violation_is_located() -> None:
    errors = BOUND.copy()
    errors[17] *= 1.001
    found = bound_violation(errors, BOUND)
    assert found is not None
    assert (found.run, found.index) == (0, 17)
    assert found.error > found.bound


def test_rounding_is_no_violation() -> None:
    assert bound_violation(BOUND * (1 + 1e-12), BOUND) is None
    assert bound_violation(np.stack([BOUND, BOUND]), BOUND) is None


def test_a_missing_value_violates() -> None:
    errors = BOUND.copy()
    errors[3] = np.nan
    found = bound_violation(errors, BOUND)
    assert found is not None
    assert found.index == 3
    assert math.isnan(found.error)


def test_holm_by_hand() -> None:
    # sorted 0.001 <= 0.01/3, 0.004 <= 0.01/2, 0.02 > 0.01/1
    assert holm([0.02, 0.001, 0.004], 0.01) == pytest.approx((0.01, 0.01 / 3, 0.005))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None)
def test_holm_rejects_what_bonferroni_rejects(p_values: list[float]) -> None:
    levels = holm(p_values, 0.05)
    rejected = [p <= level for p, level in zip(p_values, levels, strict=True)]
    assert all(r for r, p in zip(rejected, p_values, strict=True) if p <= 0.05 / len(p_values))
    assert all(level <= 0.05 for level in levels)
    largest = max((p for p, r in zip(p_values, rejected, strict=True) if r), default=-1.0)
    assert all(r for r, p in zip(rejected, p_values, strict=True) if p < largest)


def test_holm_of_nothing() -> None:
    assert holm([]) == ()
