"""Convex functions given by finitely many points, gradients and values: some function of the class passes through them.

The conditions between every two points, the minimiser included, are necessary and sufficient for that.
Source: Taylor, Hendrickx, Glineur (2017), "Smooth strongly convex interpolation and exact worst-case performance of
first-order methods", Theorem 4; without smoothness, the maximum of the points' affine (or quadratic) minorants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from convergence.certificates.exact import to_fmpq
from convergence.errors import CertificateRejected

Point = tuple[fmpq, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """A point with the gradient and the value there."""

    x: Point
    g: Point
    f: fmpq


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolated:
    """A function of a class that passes through the triples; its minimiser is 0, its minimum 0.

    Attributes:
        strong_convexity: mu, 0 for a function that is only convex.
        smoothness: L, or None for a function that need not be smooth.
    """

    triples: tuple[Triple, ...]
    strong_convexity: fmpq
    smoothness: fmpq | None

    @property
    def is_smooth(self) -> bool:
        """Whether its gradient is Lipschitz."""
        return self.smoothness is not None

    def gradient(self, point: Point) -> Point:
        """The gradient at one of the points.

        Raises:
            CertificateRejected: at any other point.
        """
        return self._at(point).g

    def gap(self, point: Point) -> fmpq:
        """The value at one of the points, above the minimum."""
        return self._at(point).f

    def squared_distance(self, point: Point) -> fmpq:
        """Of a point to the minimiser."""
        return _dot(point, point)

    def satisfies(self, name: str, constants: list[fmpq]) -> bool:
        """Whether every function of its class satisfies a hypothesis about the function."""
        match name:
            case "convex" | "bounded_below":
                return True
            case "strongly_convex":
                return bool(self.strong_convexity >= constants[0])
            case "smooth":
                return self.smoothness is not None and bool(self.smoothness <= constants[0])
            case "lipschitz":
                flat = self.smoothness is None and self.strong_convexity == 0 and constants[0] >= 0
                return bool(flat and all(_dot(t.g, t.g) <= constants[0] ** 2 for t in self.triples))
        return False

    def _at(self, point: Point) -> Triple:
        for triple in self.triples:
            if triple.x == tuple(point):
                return triple
        raise CertificateRejected("the run leaves the points of the instance")


def interpolated(table: Mapping[str, Any]) -> Interpolated:
    """The instance of ``{"triples": [{"x", "g", "f"}], "strong_convexity", "smoothness"}`` with rationals as text.

    Raises:
        CertificateRejected: if two of its points cannot belong to one function of the class.
    """
    triples = tuple(Triple(x=_point(row["x"]), g=_point(row["g"]), f=to_fmpq(row["f"])) for row in table["triples"])
    strong_convexity = to_fmpq(table["strong_convexity"])
    smoothness = None if table["smoothness"] is None else to_fmpq(table["smoothness"])
    if strong_convexity < 0 or (smoothness is not None and smoothness <= strong_convexity):
        raise CertificateRejected("expected 0 <= strong convexity < smoothness")
    origin = tuple(fmpq(0) for _ in triples[0].x)
    everything = (*triples, Triple(x=origin, g=origin, f=fmpq(0)))
    if any(len(t.x) != len(origin) or len(t.g) != len(origin) for t in everything):
        raise CertificateRejected("expected points and gradients of one dimension")
    for first in everything:
        for second in everything:
            if first is not second and not _compatible(first, second, strong_convexity, smoothness):
                raise CertificateRejected("two points of the instance violate the interpolation condition")
    return Interpolated(triples=triples, strong_convexity=strong_convexity, smoothness=smoothness)


def _compatible(first: Triple, second: Triple, mu: fmpq, L: fmpq | None) -> bool:
    """``f1 >= f2 + <g2, x1 - x2>`` with the curvature that the class adds."""
    step = tuple(a - b for a, b in zip(first.x, second.x, strict=True))
    turn = tuple(a - b for a, b in zip(first.g, second.g, strict=True))
    rise = first.f - second.f - _dot(second.g, step)
    if L is None:
        return bool(rise >= mu / 2 * _dot(step, step))
    curvature = _dot(turn, turn) / L + mu * _dot(step, step) - 2 * mu / L * _dot(turn, step)
    return bool(rise >= curvature / (2 * (1 - mu / L)))


def _point(values: list[object]) -> Point:
    return tuple(to_fmpq(value) for value in values)


def _dot(first: Point, second: Point) -> fmpq:
    return sum((a * b for a, b in zip(first, second, strict=True)), start=fmpq(0))
