"""Comparisons of methods at their stated error level: false alarms on equal methods, planted advantages found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from convergence import paper
from convergence.checks import Resources, empirical
from convergence.statistics import Comparison, deviations, independent, paired
from convergence.verdicts import Verdict

LEVEL = 0.05
COMPARISONS = 400
MOST = int(binom.isf(1e-3, COMPARISONS, LEVEL))
"""More false alarms than this happen once in a thousand such tests at the stated level."""

LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda r, n: r.normal(size=n),
    "skewed": lambda r, n: r.exponential(size=n),
    "long tails": lambda r, n: r.standard_t(3, size=n),
    "epochs": lambda r, n: np.ceil(r.gamma(20.0, 1.0, size=n)),
}


def pairs(law: str, n: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Two methods of one law over seeds that have an effect in common."""
    random = np.random.default_rng([number, n])
    common = random.normal(size=n)
    return common + LAWS[law](random, n), common + LAWS[law](random, n)


@pytest.mark.parametrize("n", [8, 20])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("compare", [paired, independent])
def test_equal_methods_are_called_different_at_the_stated_level(
    compare: Callable[..., Comparison], law: str, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convergence.statistics.comparison.RESAMPLES", 1000)
    found = [compare(*pairs(law, n, number), level=LEVEL) for number in range(COMPARISONS)]
    assert sum(comparison.shown for comparison in found) <= MOST
    one_sided = [sum(p <= LEVEL for p in tails) for tails in zip(*((c.less, c.greater) for c in found), strict=True)]
    assert max(one_sided) <= MOST


@pytest.mark.parametrize("law", ["normal", "long tails"])
def test_equal_spreads_are_called_different_at_the_stated_level(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convergence.statistics.comparison.RESAMPLES", 1000)
    found = [paired(*map(deviations, pairs(law, 20, number)), level=LEVEL) for number in range(COMPARISONS)]
    assert sum(comparison.shown for comparison in found) <= MOST


@pytest.mark.parametrize("relation", ["first < second", "0.9*second <= first <= second"])
def test_verdicts_on_equal_methods_err_at_the_stated_level(relation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both statements are at the edge of truth for equal methods, where a test errs most."""
    entry = {"runs": "runs.csv", "first": {"method": "a"}, "second": {"method": "b"}, "measure": "epochs"}
    claim = paper("runs", [{"id": "edge", "empirical": entry | {"pairs": "seed", "relation": relation}}])["edge"]
    monkeypatch.setattr("convergence.statistics.comparison.RESAMPLES", 2000)
    verdicts = Counter[Verdict]()
    for number in range(200):
        first, second = pairs("epochs", 20, number)
        monkeypatch.setattr(empirical, "matched", lambda runs, values=(first, second): list(values))
        found = empirical.check(claim, Resources())
        assert found is not None
        verdicts[found.verdict] += 1
    allowed = int(binom.isf(1e-3, 200, 0.01))
    assert verdicts[Verdict.SUPPORTED] <= allowed and verdicts[Verdict.DIVERGES] <= allowed


def test_a_planted_advantage_of_5_percent_is_found_with_20_seeds() -> None:
    """10 epochs with a deviation of 0.5 in each method: 0.5 epochs are 0.71 deviations of the paired differences.

    At the 5 % level 20 pairs find it with probability 0.85 (noncentral t); 200 comparisons find at least 155
    (three binomial deviations below 170).
    """
    found = 0
    for number in range(200):
        random = np.random.default_rng(number)
        first, second = random.normal(9.5, 0.5, size=20), random.normal(10.0, 0.5, size=20)
        comparison = paired(first, second, level=LEVEL)
        found += comparison.shown and comparison.difference < 0
    assert found >= 155


def test_what_would_have_been_found_is_found() -> None:
    """A true difference of the stated detectable size is found in nine of ten comparisons (at least 165 of 200)."""
    random = np.random.default_rng(7)
    reference = paired(random.normal(size=20), random.normal(size=20), level=LEVEL)
    size = reference.detectable / reference.deviation
    found = sum(
        paired(np.random.default_rng(number).normal(size, 1.0, size=20), np.zeros(20), level=LEVEL).shown
        for number in range(200)
    )
    assert found >= 165
