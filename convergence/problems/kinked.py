"""Strongly convex functions whose curvature jumps between two values, coordinate by coordinate at other places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convergence.problems.problem import Array, Facts, Problem, text_of, total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kinked(Problem):
    """``f(x) = sum_i low/2 x_i^2 + (high - low) h_i(x_i)`` with minimum 0 at 0.

    h_i is even but for one side: its slope is ``u`` up to `cuts`, constant up to `ends`, and rises by 1 again beyond,
    for ``u = side_i x_i > 0``; for u < 0 it is u. So the curvature is `high`, but `low` on one interval of each axis;
    where `swapped`, it is `low`, but `high` on that interval.

    Attributes:
        name: how reports call it.
        low, high: the curvatures, 0 <= low <= high.
        cuts, ends: 0 < cuts < ends, one a coordinate.
        side: 1 or -1, one a coordinate.
        swapped: whether the curvatures change places, one a coordinate.

    Source: Lessard, Recht & Packard (2016), equation (4.11), where heavy ball runs into a cycle.
    """

    name: str
    low: float
    high: float
    cuts: Array
    ends: Array
    side: Array
    swapped: NDArray[np.bool_]

    @property
    def dimension(self) -> int:
        return len(self.cuts)

    @property
    def minimiser(self) -> Array | None:  # type: ignore[override]
        return np.zeros(len(self.cuts))

    @property
    def identity(self) -> str:
        numbers = (np.array([self.low, self.high]), self.cuts, self.ends, self.side, self.swapped.astype(float))
        return f"kinked({';'.join(map(text_of, numbers))})"

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
        extra = np.where(self.swapped, np.maximum(0.5 * u * u - extra, 0.0), extra)
        return total(0.5 * self.low * x * x + (self.high - self.low) * extra)

    def gradient(self, x: Array) -> Array:
        u = self.side * x
        rest = u - (np.clip(u, self.cuts, self.ends) - self.cuts)
        rest = np.where(self.swapped, u - rest, rest)
        return self.low * x + (self.high - self.low) * self.side * rest


RATIOS = (2.0, 3.0, 2.0, 1.5, 2.0, 5.0, 2.0, 10.0)


def kinked(low: float, high: float, dimension: int, width: float) -> Kinked:
    """Kinks from three quarters of `width` down to a few hundredths, at several ratios of end to cut, on either side.

    In every third coordinate the curvatures change places, so that the function has both at its minimiser.
    """
    place = np.arange(dimension)
    cuts = np.asarray(0.73 * width * 0.85**place, dtype=np.float64)
    return Kinked(
        name=f"kinked function with curvatures {low:g} and {high:g}",
        low=low,
        high=high,
        cuts=cuts,
        ends=np.asarray(RATIOS)[place % len(RATIOS)] * cuts,
        side=np.where(place % 4 == 3, -1.0, 1.0),
        swapped=place % 3 == 2,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SelfSimilar(Problem):
    """``f(x) = sum_i F_i(|x_i|)`` with F_i'' = `first` on [P^n, P^(n + s)) and `second` on [P^(n + s), P^(n + 1)).

    Here n runs over all integers, so that F(P x) = P^2 F(x): near the minimiser the function is as far from a quadratic
    as anywhere, and no rate that holds for quadratics alone can settle in. The minimum is 0, at 0.

    Attributes:
        name: how reports call it.
        first, second: the curvatures; `second` may be negative if F' stays positive.
        period, share: P > 1 and s in (0, 1), one a coordinate.
    """

    name: str
    first: float
    second: float
    period: Array
    share: Array

    @property
    def dimension(self) -> int:
        return len(self.period)

    @property
    def minimiser(self) -> Array | None:  # type: ignore[override]
        return np.zeros(len(self.period))

    @property
    def identity(self) -> str:
        numbers = (np.array([self.first, self.second]), self.period, self.share)
        return f"self-similar({';'.join(map(text_of, numbers))})"

    @property
    def facts(self) -> Facts:
        facts: dict[str, tuple[float, ...]] = {
            "smooth": (max(abs(self.first), abs(self.second)),),
            "bounded_below": (),
            "polyak_lojasiewicz": (float(self._dominance.min()),),
        }
        if min(self.first, self.second) >= 0:
            facts["convex"] = ()
        if min(self.first, self.second) > 0:
            facts["strongly_convex"] = (min(self.first, self.second),)
        return facts

    @property
    def _dominance(self) -> Array:
        """The least F'^2/(2 F), at an end of a piece: where F'' = c, F'^2 - 2 c F is constant."""
        ends = np.stack([np.ones_like(self.period), self.period**self.share])
        value, slope = self._of(ends)
        return np.asarray((slope**2 / (2 * value)).min(axis=0))

    def _of(self, a: Array) -> tuple[Array, Array]:
        """F and F' at positive places."""
        P, Q = self.period, self.period**self.share
        cell = P ** np.floor(np.log(a) / np.log(P))
        u = a / cell  # from 1 to P, but for rounding
        inside = (Q - 1) / (P - 1)  # the measure of the first set in (0, 1), and its integral from 0 to 1
        area = (inside * (P - 1) + (Q - 1) ** 2 / 2 + (Q - 1) * (P - Q)) / (P**2 - 1)
        rise = np.clip(u, 1.0, Q) - 1
        beyond = np.maximum(u - Q, 0.0)
        measure = inside + rise
        covered = area + inside * (u - 1) + rise**2 / 2 + rise * beyond
        change = self.first - self.second
        return 0.5 * self.second * a * a + change * cell**2 * covered, self.second * a + change * cell * measure

    def gap(self, x: Array) -> Array:
        a = np.abs(x)
        value, _ = self._of(np.maximum(a, TINY))
        return total(np.where(a > TINY, value, 0.0))

    def gradient(self, x: Array) -> Array:
        a = np.abs(x)
        _, slope = self._of(np.maximum(a, TINY))
        return np.asarray(np.where(a > TINY, np.sign(x) * slope, 0.0))


TINY = 1e-290
PERIODS = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


def self_similar(low: float, high: float, dimension: int) -> SelfSimilar:
    """Curvatures `low` and `high` in turns, at six periods and four shares."""
    place = np.arange(dimension)
    period = np.asarray(PERIODS)[place % len(PERIODS)]
    share = np.asarray((0.5, 0.25, 0.75, 0.9))[place // len(PERIODS) % 4]
    name = f"self-similar function with curvatures {low:g} and {high:g}"
    return SelfSimilar(name=name, first=high, second=low, period=period, share=share)


def dominated(mu: float, L: float, dimension: int) -> SelfSimilar:
    """Not convex: curvatures L and -L in turns, in the shares at which the Polyak-Lojasiewicz constant is mu."""
    period = np.asarray((1.2, 1.5, 2.0, 3.0))[np.arange(dimension) % 4]
    name = f"self-similar function with curvatures {L:g} and {-L:g}"

    def at(share: Array) -> SelfSimilar:
        return SelfSimilar(name=name, first=L, second=-L, period=period, share=share)

    low, high = np.full(dimension, 0.5), np.full(dimension, 1.0 - 1e-9)
    for _ in range(60):
        middle = (low + high) / 2
        one = at(middle)
        _, slope = one._of(np.ones(dimension))
        enough = (slope > 0) & (one._dominance >= mu)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return at(high)
