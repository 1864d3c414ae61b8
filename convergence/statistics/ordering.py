"""Which of two methods has the smaller value in most runs: all that can be said where some values are infinite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from convergence.statistics.samples import pair, sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """How often first is below second.

    Attributes:
        below, above, tied: numbers of pairs (of runs of one seed, or of all pairs).
        less: one-sided p-value of "first is not below second in most": small where it is.
        greater: one-sided p-value of "first is not above second in most".
    """

    below: int
    above: int
    tied: int
    less: float
    greater: float

    def text(self, names: tuple[str, str] = ("first", "second")) -> str:
        """The counts in plain words."""
        total = self.below + self.above + self.tied
        return f"{names[0]} is below {names[1]} in {self.below} of {total} pairs, above in {self.above}"


def ordered(first: ArrayLike, second: ArrayLike, *, are_paired: bool) -> Ordering:
    """The exact sign test for pairs, Mann and Whitney's for runs that have nothing in common; infinities are values.

    Raises:
        LogError: for fewer than two runs of a method, missing values, or pairs of unequal number.
    """
    return _signs(first, second) if are_paired else _ranks(first, second)


def _signs(first: ArrayLike, second: ArrayLike) -> Ordering:
    left, right = pair(first, second)
    below, above = int((left < right).sum()), int((left > right).sum())
    untied = max(below + above, 1)
    less, greater = (
        float(stats.binomtest(wins, untied, alternative="greater").pvalue) if below + above else 1.0
        for wins in (below, above)
    )
    return Ordering(below=below, above=above, tied=len(left) - below - above, less=less, greater=greater)


def _ranks(first: ArrayLike, second: ArrayLike) -> Ordering:
    left, right = sample(first, "first"), sample(second, "second")
    below = int((left[:, None] < right[None, :]).sum())
    above = int((left[:, None] > right[None, :]).sum())
    places = stats.rankdata(np.concatenate([left, right]))  # ranks, since infinities have no differences
    ranks = places[: len(left)], places[len(left) :]
    less, greater = (
        float(stats.mannwhitneyu(*ranks, alternative=side).pvalue) if below + above else 1.0
        for side in ("less", "greater")
    )
    tied = len(left) * len(right) - below - above
    return Ordering(below=below, above=above, tied=tied, less=less, greater=greater)
