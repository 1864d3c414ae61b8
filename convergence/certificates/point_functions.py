"""Concrete functions of a class: quadratics, and functions through finitely many points.

A quadratic belongs to a class by exact comparisons of matrices. A function through points exists in a class of convex
functions, smooth or not, exactly if the conditions between every two points hold; a function of which nothing or only
smoothness is asked likewise. Other hypotheses are not accepted for points.

Sources: Taylor, Hendrickx, Glineur (2017), Theorem 4, for smooth strongly convex functions; the same authors (2017),
"Exact worst-case performance of first-order methods for composite convex optimization", Theorem 3.10, for smooth ones;
for the others the maximum of the points' minorants, and any smooth function with these values and gradients, which
stays above a number if all the values do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Protocol, TypeAlias

from flint import fmpq

from convergence.certificates.exact import to_fmpq
from convergence.certificates.gram import require_semidefinite
from convergence.certificates.gram_coefficients import Numbers
from convergence.errors import CertificateRejected

MAX_DIMENSION = 6
MAX_POINTS = 12
Point: TypeAlias = tuple[fmpq, ...]
Constants: TypeAlias = Mapping[str, Sequence[fmpq]]
"""The hypotheses about the function by name, with the values of their arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """A point with the gradient and the value there."""

    x: Point
    g: Point
    f: fmpq


class PointFunction(Protocol):
    """A function with its gradient, and the class that it belongs to."""

    def value(self, point: Point) -> fmpq:
        """The value at a point where it is known."""

    def gradient(self, point: Point) -> Point:
        """The gradient there, or the subgradient that stands for it."""

    def infimum(self) -> fmpq:
        """The greatest lower bound.

        Raises:
            CertificateRejected: if it is not seen.
        """

    def is_minimiser(self, point: Point) -> bool:
        """Whether the function is surely least at a point."""

    def require(self, hypotheses: Constants) -> None:
        """Check that the function satisfies hypotheses.

        Raises:
            CertificateRejected: if one of them fails or is not seen.
        """


def dot(first: Sequence[fmpq], second: Sequence[fmpq]) -> fmpq:
    """The inner product."""
    return sum((a * b for a, b in zip(first, second, strict=True)), start=fmpq(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticForm:
    """``<x - centre, H (x - centre)>/2 + <slope, x - centre> + constant``."""

    hessian: tuple[Point, ...]
    centre: Point
    slope: Point
    constant: fmpq

    def value(self, point: Point) -> fmpq:
        """The value at any point."""
        step = self._step(point)
        return dot(step, self._times(step)) / 2 + dot(self.slope, step) + self.constant

    def gradient(self, point: Point) -> Point:
        """The gradient at any point."""
        return tuple(a + b for a, b in zip(self._times(self._step(point)), self.slope, strict=True))

    def infimum(self) -> fmpq:
        """The minimum, which must be at the centre."""
        if not self.is_minimiser(self.centre):
            raise CertificateRejected("expected a quadratic that is least at its centre")
        return self.constant

    def is_minimiser(self, point: Point) -> bool:
        """Whether the gradient vanishes and the form is convex."""
        return not any(self.gradient(point)) and self._is_semidefinite(fmpq(1), fmpq(0))

    def require(self, hypotheses: Constants) -> None:
        """Compare the Hessian with multiples of the identity."""
        for name, constants in hypotheses.items():
            if not self._satisfies(name, list(constants)):
                raise CertificateRejected(f"the quadratic is not {name}")

    def _satisfies(self, name: str, constants: list[fmpq]) -> bool:
        match name:
            case "quadratic":
                return True
            case "convex":
                return self._is_semidefinite(fmpq(1), fmpq(0))
            case "strongly_convex":
                return self._is_semidefinite(fmpq(1), -constants[0])
            case "smooth":
                return self._is_semidefinite(fmpq(-1), constants[0]) and self._is_semidefinite(fmpq(1), constants[0])
            case "lipschitz":
                flat = not any(any(row) for row in self.hessian)
                return flat and constants[0] >= 0 and bool(dot(self.slope, self.slope) <= constants[0] ** 2)
            case "bounded_below":
                return self.is_minimiser(self.centre)
            case "polyak_lojasiewicz":
                return self.is_minimiser(self.centre) and self._dominates(constants[0])
        return False

    def _dominates(self, modulus: fmpq) -> bool:
        """``H^2 >= mu H``: no eigenvalue of the positive semidefinite H lies between 0 and mu."""
        rows = self.hessian
        size = range(len(rows))
        return _semidefinite([[dot(rows[i], rows[j]) - modulus * rows[i][j] for j in size] for i in size])

    def _is_semidefinite(self, factor: fmpq, shift: fmpq) -> bool:
        size = range(len(self.hessian))
        return _semidefinite([[factor * self.hessian[i][j] + (shift if i == j else 0) for j in size] for i in size])

    def _step(self, point: Point) -> Point:
        return tuple(a - b for a, b in zip(point, self.centre, strict=True))

    def _times(self, step: Point) -> Point:
        return tuple(dot(row, step) for row in self.hessian)


def _semidefinite(matrix: list[list[fmpq]]) -> bool:
    try:
        require_semidefinite(matrix, Numbers())
    except CertificateRejected:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """A function of a class through triples of points, gradients and values.

    Attributes:
        is_convex: whether the class holds convex functions only.
        is_free: whether it holds every differentiable function (or every one that is bounded below).
    """

    triples: tuple[Triple, ...]
    is_convex: bool
    is_free: bool

    def value(self, point: Point) -> fmpq:
        """The value at one of the points."""
        return self._at(point).f

    def gradient(self, point: Point) -> Point:
        """The gradient at one of the points."""
        return self._at(point).g

    def infimum(self) -> fmpq:
        """The value at a minimiser."""
        for triple in self.triples:
            if self.is_minimiser(triple.x):
                return triple.f
        raise CertificateRejected("expected a function with a minimiser")

    def is_minimiser(self, point: Point) -> bool:
        """Whether the gradient is 0, and the function convex, or free to stay above its value there."""
        if any(self.gradient(point)):
            return False
        return self.is_convex or (self.is_free and all(self._is_above(point, triple) for triple in self.triples))

    def _is_above(self, point: Point, triple: Triple) -> bool:
        lowest = self.value(point)
        return bool(triple.f > lowest or (triple.f == lowest and not any(triple.g)))

    def require(self, hypotheses: Constants) -> None:
        """Check the conditions between every two points."""
        mu, smoothness, convex = self._class(hypotheses)
        if convex != self.is_convex:
            raise CertificateRejected("expected a function that is convex exactly if the hypotheses say so")
        for first, second in permutations(self.triples, 2):
            if (convex or smoothness is not None) and not _compatible(first, second, mu, smoothness):
                raise CertificateRejected("two points of the function violate the condition between them")
        if "lipschitz" in hypotheses:
            steepest = hypotheses["lipschitz"][0]
            if steepest < 0 or any(dot(triple.g, triple.g) > steepest**2 for triple in self.triples):
                raise CertificateRejected("a gradient is steeper than the hypotheses allow")

    def _class(self, hypotheses: Constants) -> tuple[fmpq, fmpq | None, bool]:
        """The moduli of a class for which the conditions between points are sufficient."""
        known = {"convex", "strongly_convex", "smooth", "lipschitz", "bounded_below"}
        if set(hypotheses) - known:
            raise CertificateRejected(f"points cannot show that a function is {sorted(set(hypotheses) - known)[0]}")
        convex = "convex" in hypotheses or "strongly_convex" in hypotheses
        smoothness = hypotheses["smooth"][0] if "smooth" in hypotheses else None
        mu = hypotheses["strongly_convex"][0] if "strongly_convex" in hypotheses else fmpq(0)
        if mu < 0 or (smoothness is not None and smoothness <= (mu if convex else 0)):
            raise CertificateRejected("expected 0 <= strong convexity < smoothness")
        if "lipschitz" in hypotheses and ("smooth" in hypotheses or mu > 0 or not convex):
            raise CertificateRejected("no sufficient conditions between points are known for these hypotheses")
        if "bounded_below" in hypotheses and convex and not any(self.is_minimiser(t.x) for t in self.triples):
            raise CertificateRejected("expected a minimiser among the points of a function that is bounded below")
        if smoothness is not None and not convex:
            if "bounded_below" in hypotheses:
                raise CertificateRejected("points cannot show that a function that is not convex is bounded below")
            mu = -smoothness
        return mu, smoothness, convex

    def _at(self, point: Point) -> Triple:
        for triple in self.triples:
            if triple.x == point:
                return triple
        raise CertificateRejected("the function is not known at one of the points")


def _compatible(first: Triple, second: Triple, mu: fmpq, smoothness: fmpq | None) -> bool:
    """``f1 >= f2 + <g2, x1 - x2>`` with the curvature that the class adds."""
    step = [a - b for a, b in zip(first.x, second.x, strict=True)]
    turn = [a - b for a, b in zip(first.g, second.g, strict=True)]
    rise = first.f - second.f - dot(second.g, step)
    if smoothness is None:
        return bool(2 * rise >= mu * dot(step, step))
    bend = dot(turn, turn) + mu * smoothness * dot(step, step) - 2 * mu * dot(turn, step)
    return bool(2 * (smoothness - mu) * rise >= bend)


def point_function(table: Mapping[str, Any], hypotheses: Constants) -> PointFunction:
    """The function of a witness, which satisfies the hypotheses.

    Raises:
        CertificateRejected: if it does not, or the table is malformed.
    """
    if ("hessian" in table) == ("triples" in table):
        raise CertificateRejected('expected a quadratic ("hessian", ...) or points ("triples")')
    found: PointFunction = _quadratic(table) if "hessian" in table else _through(table, hypotheses)
    found.require(hypotheses)
    return found


def _quadratic(table: Mapping[str, Any]) -> QuadraticForm:
    rows = tuple(point(row) for row in table["hessian"])
    centre, slope = point(table["centre"]), point(table["slope"])
    if not len(rows) == len(centre) == len(slope) or any(len(row) != len(rows) for row in rows):
        raise CertificateRejected("expected a square Hessian, and a centre and a slope of its size")
    if any(rows[i][j] != rows[j][i] for i in range(len(rows)) for j in range(i)):
        raise CertificateRejected("expected a symmetric Hessian")
    return QuadraticForm(hessian=rows, centre=centre, slope=slope, constant=to_fmpq(table["constant"]))


def _through(table: Mapping[str, Any], hypotheses: Constants) -> Through:
    triples = tuple(Triple(x=point(row["x"]), g=point(row["g"]), f=to_fmpq(row["f"])) for row in table["triples"])
    if not 1 <= len(triples) <= MAX_POINTS or len({triple.x for triple in triples}) < len(triples):
        raise CertificateRejected(f"expected 1 to {MAX_POINTS} different points")
    if len({len(vector) for triple in triples for vector in (triple.x, triple.g)}) > 1:
        raise CertificateRejected("expected points and gradients of one dimension")
    convex = "convex" in hypotheses or "strongly_convex" in hypotheses
    return Through(triples=triples, is_convex=convex, is_free=set(hypotheses) <= {"bounded_below"})


def point(values: Sequence[object]) -> Point:
    """A point from rationals as text."""
    if not 1 <= len(values) <= MAX_DIMENSION:
        raise CertificateRejected(f"expected 1 to {MAX_DIMENSION} coordinates, found {len(values)}")
    return tuple(to_fmpq(value) for value in values)
