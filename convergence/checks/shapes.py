"""Functions of one variable with free numbers, from points of the unit cube; each belongs to its class by construction.

To the right of the minimiser 0 the curvature takes three values, to the left the same ones or a single one. The ends of
the unit interval stand for the limits of the class, where worst cases often are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from convergence.certificates.exact import to_fmpq
from convergence.certificates.separable import separable
from convergence.checks.families import Row, Values, as_fmpq, constants
from convergence.checks.fields import Field, Sides, field_between
from convergence.claims.claim import Claim

Array = NDArray[np.float64]

SPREAD = 100.0  # between the least and the greatest curvature or length, where the class leaves them open
BISECTIONS = 24
END = 0.1  # share of the unit interval that stands for each of its ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """What the hypotheses allow, for one choice of values; None or inf for no limit.

    Attributes:
        least, most: curvature.
        steepest: slope.
        distance, gap: of the start.
    """

    least: float
    most: float
    steepest: float
    distance: float
    gap: float
    convex: bool

    @classmethod
    def of(cls, claim: Claim, values: Values) -> Class:
        """The class of a claim."""
        known = {name: float(value) for name, value in constants(claim, values).items()}
        names = {getattr(item, "name", "") for item in claim.given}
        slopes = [known[name] for name in ("lipschitz", "bounded_gradients") if name in known]
        least = max(known.get("strongly_convex", 0.0), known.get("polyak_lojasiewicz", 0.0))
        lengths = [known["initial_distance"]] if "initial_distance" in known else []
        lengths += [known["bounded_domain"] / 2] if "bounded_domain" in known else []
        return cls(
            least=least,
            most=known.get("smooth", np.inf),
            steepest=min(slopes, default=np.inf),
            distance=min(lengths, default=np.inf),
            gap=known.get("initial_gap", np.inf),
            convex=bool(names & {"convex", "strongly_convex", "polyak_lojasiewicz", "quadratic"}),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing of one variable belongs to it."""
        return self.least > self.most or self.most <= 0 or (self.least > 0 and self.steepest < np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """The derivative on one side: a jump, and slopes between cuts (see `certificates.separable`)."""

    jump: float
    slopes: tuple[float, ...]
    cuts: tuple[float, ...]

    def height(self) -> float:
        """The derivative at the last cut."""
        ends = (0.0, *self.cuts)
        return self.jump + sum(slope * (b - a) for slope, a, b in zip(self.slopes, ends, ends[1:], strict=False))

    def rise(self, distance: float) -> float:
        """The integral of the derivative."""
        value, place, total = self.jump, 0.0, 0.0
        for slope, cut in zip(self.slopes, (*self.cuts, inf), strict=True):
            length = max(min(distance, cut) - place, 0.0)
            total += length * (value + slope * length / 2)
            value, place = value + slope * length, max(cut, place)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A function and a start, to the right of the minimiser."""

    right: Half
    left: Half
    start: float

    @classmethod
    def of(cls, member: Array, allowed: Class) -> Shape:
        """From three curvatures, the left one, two cuts and the start, each in the unit interval."""
        length = allowed.distance if isfinite(allowed.distance) else 1.0
        first = length * SPREAD ** (member[4] - 1)
        cuts = (first, first * (1 + SPREAD ** (member[5] - 0.5)))
        right = _half(member[:3], cuts, allowed)
        left = right if member[3] < 0.5 else _half(np.full(3, 2 * member[3] - 1), cuts, allowed)
        share = SPREAD ** (min(member[6] / (1 - END), 1.0) - 1)
        return cls(right=right, left=left, start=_start(right, length * share, share, allowed))

    def rounded(self, allowed: Class, places: int) -> tuple[tuple[Row, ...], tuple[Fraction, ...]]:
        """In rationals with denominators of some digits, still in the class."""
        row = {"right": _row(self.right, allowed, places), "left": _row(self.left, allowed, places)}
        start = _short(self.start, places)
        if isfinite(allowed.distance):
            start = min(start, Fraction(allowed.distance).limit_denominator(10**6))
        texts = {side: {key: _texts(row[side][key]) for key in row[side]} for side in row}
        exact = separable([texts])
        while isfinite(allowed.gap) and exact.gap((as_fmpq(start),)) > to_fmpq(str(Fraction(str(allowed.gap)))):
            start = start * (1 - Fraction(1, 10**places))
        return (row,), (start,)


def _texts(value: object) -> object:
    return [str(part) for part in value] if isinstance(value, list) else str(value)


def index_of(share: float, count: int) -> int:
    """Which of several choices a number of the unit interval stands for."""
    return min(int(share * count), count - 1)


def field_of(shapes: Sequence[Shape]) -> Field:
    """Gradients and gaps of all shapes at once, one a lane."""
    right, left = (_sides([getattr(shape, side) for shape in shapes]) for side in ("right", "left"))
    return field_between(right, left)


def _sides(halves: Sequence[Half]) -> Sides:
    jump = np.array([[half.jump] for half in halves])
    return Sides(jump, np.array([[half.slopes] for half in halves]), np.array([[half.cuts] for half in halves]))


def _half(member: Array, cuts: tuple[float, ...], allowed: Class) -> Half:
    slopes = [_curvature(share, allowed) for share in member]
    jump = 0.0
    if not allowed.convex and member[1] < 0.5:
        slopes[1] = -slopes[1]
        cuts = (cuts[0], min(cuts[1], cuts[0] * (1 - 0.9 * slopes[0] / slopes[1])))
    if isfinite(allowed.steepest):
        slopes[2] = 0.0
        if not isfinite(allowed.most):
            jump = allowed.steepest * _unit(member[2])
    half = Half(jump=jump, slopes=tuple(slopes), cuts=cuts)
    greatest = max(half.height(), jump + slopes[0] * cuts[0])
    if greatest <= allowed.steepest:
        return half
    shrink = (allowed.steepest - jump) / (greatest - jump)
    if shrink <= 0:
        return Half(jump=jump, slopes=(0.0, 0.0, 0.0), cuts=cuts)
    return replace(half, cuts=tuple(cut * shrink for cut in cuts))


def _unit(share: float) -> float:
    """The unit interval with both ends stretched."""
    return float(np.clip((share - END) / (1 - 2 * END), 0.0, 1.0))


def _curvature(share: float, allowed: Class) -> float:
    high = allowed.most if isfinite(allowed.most) else max(allowed.least, 1.0) * SPREAD
    low = allowed.least or high / SPREAD
    return float(low * (high / low) ** _unit(share))


def _start(half: Half, place: float, share: float, allowed: Class) -> float:
    """The start, or where the gap is that share of the allowed one."""
    if not isfinite(allowed.gap):
        return place
    low, high = 0.0, min(allowed.distance, 1e9)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if half.rise(middle) <= allowed.gap * share else (low, middle)
    return low


def _row(half: Half, allowed: Class, places: int) -> Row:
    slopes = [_within(slope, allowed, places) for slope in half.slopes]
    jump = _short(half.jump, places) if half.jump else Fraction(0)
    cuts = [_short(cut, places) for cut in half.cuts]
    if half.slopes[1] < 0:  # the share of the derivative that is lost is rounded, so that some of it stays
        before = half.jump + half.slopes[0] * half.cuts[0]
        lost = _short((half.cuts[1] - half.cuts[0]) * -half.slopes[1] / before, places)
        cuts[1] = cuts[0] + lost * (jump + slopes[0] * cuts[0]) / -slopes[1]
    if isfinite(allowed.steepest):
        limit = Fraction(allowed.steepest).limit_denominator(10**6)
        jump = min(jump, limit)
        heights = [jump + slopes[0] * cuts[0], jump + slopes[0] * cuts[0] + slopes[1] * (cuts[1] - cuts[0])]
        if max(heights) > limit:
            shrink = (limit - jump) / (max(heights) - jump)
            if shrink == 0:  # the jump was rounded up to the limit
                slopes, shrink = [Fraction(0)] * 3, Fraction(1)
            cuts = [cut * shrink for cut in cuts]
    return {"slopes": slopes, "cuts": cuts, "jump": jump}


def _within(slope: float, allowed: Class, places: int) -> Fraction:
    """A short rational for a curvature, the class's limits exactly."""
    for limit in (allowed.least, allowed.most):
        if isfinite(limit) and abs(abs(slope) - limit) <= 1e-9 * limit:
            return Fraction(limit).limit_denominator(10**6) * (1 if slope >= 0 else -1)
    return _short(slope, places) if slope else Fraction(0)


def _short(value: float, places: int) -> Fraction:
    """A rational of some digits, relative to the value's size."""
    scale = Fraction(10) ** (places - int(np.floor(np.log10(abs(value))))) if value else Fraction(1)
    return Fraction(round(Fraction(value) * scale)) / scale
