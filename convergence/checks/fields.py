"""Candidates' functions on arrays: gradients and gaps of all lanes at once, in floating point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from convergence.checks.families import Candidate

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Field:
    """Gradient and gap of all lanes at once, for arrays of shape (lanes, d)."""

    gradient: Callable[[Array], Array]
    gap: Callable[[Array], Array]
    minimiser: Array


def separable_field(lanes: Sequence[Candidate], copies: int = 1) -> Field:
    """The functions of candidates in the same number of dimensions, each in that many lanes, one after the other."""
    return field_between(*(Sides.of(lanes, name).repeated(copies) for name in ("right", "left")))


def field_between(right: Sides, left: Sides) -> Field:
    """The functions with these sides."""

    def gradient(points: Array) -> Array:
        return np.where(points > 0, right.slope(np.abs(points)), np.where(points < 0, -left.slope(np.abs(points)), 0.0))

    def gap(points: Array) -> Array:
        return np.where(points > 0, right.rise(np.abs(points)), left.rise(np.abs(points))).sum(axis=-1)

    return Field(gradient, gap, np.zeros(1))


@dataclass(frozen=True, slots=True)
class Sides:
    """Jump, slopes and cuts of one side, of shapes (lanes, d), (lanes, d, pieces) and (lanes, d, pieces - 1)."""

    jump: Array
    slopes: Array
    cuts: Array

    @classmethod
    def of(cls, lanes: Sequence[Candidate], name: str, pieces: int = 3) -> Sides:
        """The sides of that name, ``right`` or ``left``."""
        rows = [[row[name] if name in row else row["right"] for row in lane.rows] for lane in lanes]
        jump = [[float(side.get("jump", 0)) for side in row] for row in rows]
        slopes = [[_padded(side["slopes"], pieces) for side in row] for row in rows]
        cuts = [[_padded(side.get("cuts", []), pieces - 1, 1e300) for side in row] for row in rows]
        return cls(np.array(jump), np.array(slopes), np.array(cuts))

    def repeated(self, copies: int) -> Sides:
        """Each lane that many times."""
        return Sides(*(np.repeat(part, copies, axis=0) for part in (self.jump, self.slopes, self.cuts)))

    def _lengths(self, distance: Array) -> Array:
        ends = np.minimum(
            distance[..., None], np.concatenate([self.cuts, np.full((*distance.shape, 1), np.inf)], axis=-1)
        )
        return np.diff(np.concatenate([np.zeros((*distance.shape, 1)), ends], axis=-1), axis=-1)

    def slope(self, distance: Array) -> Array:
        """The derivative at a positive distance."""
        return np.asarray(self.jump + (self.slopes * self._lengths(distance)).sum(axis=-1))

    def rise(self, distance: Array) -> Array:
        """Its integral from 0."""
        lengths = self._lengths(distance)
        gains = self.slopes * lengths
        before = self.jump[..., None] + np.cumsum(gains, axis=-1) - gains
        return np.asarray((lengths * (before + gains / 2)).sum(axis=-1))


def _padded(values: Sequence[Fraction], size: int, filler: float | None = None) -> list[float]:
    found = [float(value) for value in values]
    return found + [filler if filler is not None else found[-1]] * (size - len(found))
