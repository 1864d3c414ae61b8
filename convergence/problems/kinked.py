"""Strongly convex functions whose curvature jumps between two values, coordinate by coordinate at other places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convergence.problems.problem import Array, Facts, Problem, text_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kinked(Problem):
    """``f(x) = sum_i low/2 x_i^2 + (high - low) h_i(x_i)`` with minimum 0 at 0.

    h_i is even but for one side: its slope is ``u`` up to `cuts`, constant up to `ends`, and rises by 1 again beyond,
    for ``u = side_i x_i > 0``; for u < 0 it is u. So the curvature is `high`, but `low` on one interval of each axis.

    Attributes:
        name: how reports call it.
        low, high: the curvatures, 0 <= low <= high.
        cuts, ends: 0 < cuts < ends, one a coordinate.
        side: 1 or -1, one a coordinate.

    Source: Lessard, Recht & Packard (2016), equation (4.11), where heavy ball runs into a cycle.
    """

    name: str
    low: float
    high: float
    cuts: Array
    ends: Array
    side: Array

    @property
    def dimension(self) -> int:
        return len(self.cuts)

    @property
    def minimiser(self) -> Array | None:  # type: ignore[override]
        return np.zeros(len(self.cuts))

    @property
    def identity(self) -> str:
        numbers = ";".join(text_of(part) for part in (np.array([self.low, self.high]), self.cuts, self.ends, self.side))
        return f"kinked({numbers})"

    @property
    def facts(self) -> Facts:
        facts: dict[str, tuple[float, ...]] = {"smooth": (self.high,), "convex": (), "bounded_below": ()}
        if self.low > 0:
            facts |= {"strongly_convex": (self.low,), "polyak_lojasiewicz": (self.low,)}
        return facts

    def gap(self, x: Array) -> Array:
        u = self.side * x
        flat = np.clip(u, self.cuts, self.ends) - self.cuts
        rest = u - flat  # the distance that counts for the slope
        extra = 0.5 * rest * rest + self.cuts * flat
        return np.asarray(np.sum(0.5 * self.low * x * x + (self.high - self.low) * extra, axis=-1))

    def gradient(self, x: Array) -> Array:
        u = self.side * x
        rest = u - (np.clip(u, self.cuts, self.ends) - self.cuts)
        return np.asarray(self.low * x + (self.high - self.low) * self.side * rest)


RATIOS = (2.0, 3.0, 2.0, 1.5, 2.0, 5.0, 2.0, 10.0)


def kinked(low: float, high: float, dimension: int, width: float) -> Kinked:
    """Kinks from three quarters of `width` down to a few hundredths, at several ratios of end to cut, on either side."""
    place = np.arange(dimension)
    cuts = 0.73 * width * 0.85**place
    side = np.where(place % 3 == 2, -1.0, 1.0)
    ratio = np.asarray(RATIOS)[place % len(RATIOS)]
    name = f"kinked function with curvatures {low:g} and {high:g}"
    return Kinked(name=name, low=low, high=high, cuts=cuts, ends=ratio * cuts, side=side)
