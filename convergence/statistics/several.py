"""Several methods on the same seeds: analysis of variance, then every pair, corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from convergence.statistics.comparison import Comparison, paired
from convergence.statistics.samples import Array, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Whether methods differ at all, and which do.

    Attributes:
        f, p_value: of the analysis of variance with seeds as blocks.
        level: error level of all pairs together.
        comparisons: first minus second, by the names of the pair; each at the uncorrected level.
        holm, bonferroni: corrected two-sided p-values of the pairs.
    """

    f: float
    p_value: float
    level: float
    comparisons: Mapping[tuple[str, str], Comparison]
    holm: Mapping[tuple[str, str], float]
    bonferroni: Mapping[tuple[str, str], float]

    @property
    def different(self) -> tuple[tuple[str, str], ...]:
        """The pairs whose difference is shown, corrected by Holm."""
        return tuple(names for names, p in self.holm.items() if p <= self.level and self.comparisons[names].shown)


def several(groups: Mapping[str, ArrayLike], *, level: float = 0.01, seed: int = 0) -> Several:
    """Compare all methods.

    Args:
        groups: values of each method, in the same order of seeds.
        level: error level, for all pairs together.
        seed: of the bootstrap.

    Raises:
        LogError: for fewer than two methods or runs, unequal lengths, missing or infinite values.
    """
    from statsmodels.stats.multitest import multipletests

    rows = table(list(groups.values()))
    f, p_value = _blocked(rows)
    named = dict(zip(groups, rows, strict=True))
    pairs = list(combinations(groups, 2))
    found = {(a, b): paired(named[a], named[b], level=level, seed=seed) for a, b in pairs}
    p_values = [comparison.p_value for comparison in found.values()]
    corrected = {
        method: dict(zip(pairs, map(float, multipletests(p_values, method=method)[1]), strict=True))
        for method in ("holm", "bonferroni")
    }
    return Several(f=f, p_value=p_value, level=level, comparisons=found, **corrected)


def _blocked(rows: Array) -> tuple[float, float]:
    """F and p-value of "all methods have one mean" in ``value = method + seed + noise``.

    Source: the randomised complete block design, as in Montgomery, Design and Analysis of Experiments, chapter 4.
    """
    methods, seeds = rows.shape
    centred = rows - rows.mean(axis=0)
    effects = centred.mean(axis=1, keepdims=True)
    between = seeds * float((effects**2).sum()) / (methods - 1)
    freedom = (methods - 1) * (seeds - 1)
    within = float(((centred - effects) ** 2).sum()) / freedom
    rounding = (4 * np.finfo(float).eps * float(np.abs(rows).max())) ** 2
    if within <= rounding:
        return (0.0, 1.0) if between <= rounding else (float("inf"), 0.0)
    f = between / within
    return f, float(stats.f.sf(f, methods - 1, freedom))
