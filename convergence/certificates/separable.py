"""Sums over coordinates of one-dimensional functions, piecewise quadratic on either side of their minimiser 0.

``f'(x) = jump + integral of the slopes from 0 to x`` for x > 0, and mirrored for x < 0. The derivative is required to
be positive for x > 0 and negative for x < 0, so that 0 is the only minimiser and stationary point, and f* = 0.

What such a function satisfies follows from its derivative alone: with all slopes >= m it is m-strongly convex, with
all slopes in [-l, l] and no jump its gradient is l-Lipschitz, with last slopes 0 it is Lipschitz with the constant
``sqrt(sum of largest |f_i'|^2)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flint import fmpq

from convergence.certificates import exact
from convergence.certificates.iteration import Number, Point
from convergence.errors import CertificateRejected

MAX_PIECES = 8
MAX_DIMENSION = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The derivative on one side of 0, as a function of the distance r > 0 from it.

    Attributes:
        jump: its limit at 0, at least 0.
        slopes: its slope between the cuts; one more than there are cuts.
        cuts: increasing positive distances.
    """

    jump: fmpq
    slopes: tuple[fmpq, ...]
    cuts: tuple[fmpq, ...]

    def __post_init__(self) -> None:
        increasing = all(a < b for a, b in zip((fmpq(0), *self.cuts), self.cuts, strict=False))
        if len(self.slopes) != len(self.cuts) + 1 or len(self.slopes) > MAX_PIECES or not increasing or self.jump < 0:
            raise CertificateRejected(
                "expected increasing positive cuts, one slope more, and a jump that is not negative"
            )
        heights = [value for _, value in self.corners]
        rises_at_once = self.jump > 0 or self.slopes[0] > 0
        if not rises_at_once or self.slopes[-1] < 0 or any(value <= 0 for value in heights[1:]):
            raise CertificateRejected("expected a derivative that is positive on this side of the minimiser")

    @property
    def corners(self) -> list[tuple[fmpq, fmpq]]:
        """The place 0 and every cut, with the derivative there."""
        found = [(fmpq(0), self.jump)]
        for cut, slope in zip(self.cuts, self.slopes, strict=False):
            place, value = found[-1]
            found.append((cut, value + slope * (cut - place)))
        return found

    @property
    def largest(self) -> fmpq | None:
        """The largest derivative, or None if it is unbounded."""
        return max(value for _, value in self.corners) if self.slopes[-1] == 0 else None

    def derivative(self, distance: Number) -> Number:
        """At a positive distance."""
        piece = self._piece(distance)
        place, value = self.corners[piece]
        return value + self.slopes[piece] * (distance - place)

    def rise(self, distance: Number) -> Number:
        """The integral of the derivative from 0, at a positive distance."""
        piece, corners = self._piece(distance), self.corners
        total = fmpq(0)
        for (left, before), (right, after) in pairwise(corners[: piece + 1]):
            total += (before + after) * (right - left) / 2
        place, value = corners[piece]
        return total + (distance - place) * (value + self.derivative(distance)) / 2

    def _piece(self, distance: Number) -> int:
        """The number of cuts below the distance; a ball that touches a cut is rejected."""
        below = sum(1 for cut in self.cuts if distance > cut)
        if below + sum(1 for cut in self.cuts if distance <= cut) != len(self.cuts):
            raise CertificateRejected("cannot tell on which piece of the function an iterate lies")
        return below


@dataclass(frozen=True, slots=True, kw_only=True)
class Separable:
    """A sum of one-dimensional functions, a (left, right) pair of sides for each coordinate."""

    sides: tuple[tuple[Side, Side], ...]

    def gradient(self, point: Point) -> Point:
        """0 at the minimiser of a coordinate, which is a subgradient there."""
        return tuple(_slope(*pair, value) for pair, value in zip(self.sides, point, strict=True))

    def gap(self, point: Point) -> Number:
        """f - f* = f."""
        return sum((_rise(*pair, value) for pair, value in zip(self.sides, point, strict=True)), start=fmpq(0))

    def squared_distance(self, point: Point) -> Number:
        """To 0."""
        return sum((value * value for value in point), start=fmpq(0))

    @property
    def is_smooth(self) -> bool:
        """Whether the gradient exists everywhere."""
        return all(side.jump == 0 for pair in self.sides for side in pair)

    def satisfies(self, name: str, constants: Sequence[fmpq]) -> bool:
        """By the slopes, as the module's first lines say."""
        slopes = [slope for pair in self.sides for side in pair for slope in side.slopes]
        match name:
            case "convex":
                return bool(min(slopes) >= 0)
            case "strongly_convex" | "polyak_lojasiewicz":  # m-strong convexity implies the other with m
                return bool(constants[0] > 0 and min(slopes) >= constants[0])
            case "smooth":
                return bool(self.is_smooth and max(map(abs, slopes)) <= constants[0])
            case "lipschitz":
                return bool(constants[0] >= 0) and self._is_lipschitz(constants[0])
            case "quadratic":
                return all(_is_parabola(*pair) for pair in self.sides)
        return name == "bounded_below"

    def _is_lipschitz(self, constant: fmpq) -> bool:
        total = fmpq(0)
        for left, right in self.sides:
            if left.largest is None or right.largest is None:
                return False
            total += max(left.largest, right.largest) ** 2
        return bool(total <= constant * constant)


def _is_parabola(left: Side, right: Side) -> bool:
    return bool(left.jump == right.jump == 0) and not left.cuts and not right.cuts and left.slopes == right.slopes


def _slope(left: Side, right: Side, value: Number) -> Number:
    if _is_parabola(left, right):
        return left.slopes[0] * value
    if value > 0:
        return right.derivative(value)
    if value < 0:
        return -left.derivative(-value)
    if value == 0:
        return fmpq(0)
    raise CertificateRejected("cannot tell on which side of the minimiser an iterate lies")


def _rise(left: Side, right: Side, value: Number) -> Number:
    if _is_parabola(left, right):
        return left.slopes[0] * value * value / 2
    if value > 0:
        return right.rise(value)
    if value < 0:
        return left.rise(-value)
    if value == 0:
        return fmpq(0)
    raise CertificateRejected("cannot tell on which side of the minimiser an iterate lies")


def separable(rows: Sequence[Mapping[str, Any]]) -> Separable:
    """From plain data: for each coordinate ``{"right": side, "left": side}``, ``left`` defaulting to ``right``.

    A side is ``{"slopes": [...], "cuts": [...], "jump": "0"}`` with rationals as text.

    Raises:
        CertificateRejected: if 0 would not be the only stationary point.
    """
    if not 1 <= len(rows) <= MAX_DIMENSION:
        raise CertificateRejected(f"expected 1 to {MAX_DIMENSION} coordinates, found {len(rows)}")
    return Separable(sides=tuple((_side(row.get("left", row["right"])), _side(row["right"])) for row in rows))


def _side(row: Mapping[str, Any]) -> Side:
    return Side(
        jump=exact.to_fmpq(row.get("jump", "0")),
        slopes=tuple(exact.to_fmpq(value) for value in row["slopes"]),
        cuts=tuple(exact.to_fmpq(value) for value in row.get("cuts", [])),
    )
