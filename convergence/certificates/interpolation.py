"""Functions given by finitely many points, gradients and values: some function of the class passes through them.

The conditions between every two points, the minimiser included, are necessary and sufficient for that.
Source: Taylor, Hendrickx, Glineur (2017), "Smooth strongly convex interpolation and exact worst-case performance of
first-order methods", Theorem 4; without smoothness, the maximum of the points' affine (or quadratic) minorants.

A strong convexity of -L stands for functions that are smooth and need not be convex: the same conditions for
``f + L/2 |x|^2``. The infimum of a function through the points can then be the least ``f_i - |g_i|^2/(2 L)``, and no
smaller one is needed. Source: Drori, Taylor (2022), "On the oracle complexity of smooth strongly convex minimization"
(their interpolation with a lower bound); Abbaszadehpeivasti, de Klerk, Zamani (2021), "The exact worst-case
convergence rate of the gradient method with fixed step lengths for L-smooth functions", Theorem 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from flint import fmpq

from convergence.certificates.exact import to_fmpq
from convergence.certificates.iteration import Number
from convergence.errors import CertificateRejected

Point = tuple[Number, ...]


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
        strong_convexity: mu, 0 for a function that is only convex, -L for one that need not be.
        smoothness: L, or None for a function that need not be smooth.
        infimum: 0, or what the function may come as close to as it likes where it is known by no minimiser.
        has_minimiser: whether 0 is a minimiser.
    """

    triples: tuple[Triple, ...]
    strong_convexity: fmpq
    smoothness: fmpq | None
    infimum: fmpq
    has_minimiser: bool

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
        """The value at one of the points, above the infimum."""
        return self._at(point).f - self.infimum

    def squared_distance(self, point: Point) -> Number:
        """Of a point to the minimiser.

        Raises:
            CertificateRejected: if none is known.
        """
        if not self.has_minimiser:
            raise CertificateRejected("the instance has no known minimiser")
        return _dot(point, point)

    def satisfies(self, name: str, constants: list[fmpq]) -> bool:
        """Whether every function of its class satisfies a hypothesis about the function."""
        match name:
            case "bounded_below":
                return True
            case "convex":
                return bool(self.strong_convexity >= 0)
            case "strongly_convex":
                return bool(self.strong_convexity >= constants[0])
            case "polyak_lojasiewicz":  # m-strong convexity implies it with m
                return bool(self.strong_convexity >= constants[0] > 0)
            case "smooth":
                return self.smoothness is not None and bool(self.smoothness <= constants[0])
            case "lipschitz":
                flat = self.smoothness is None and self.strong_convexity == 0 and constants[0] >= 0
                return bool(flat and all(_dot(t.g, t.g) <= constants[0] ** 2 for t in self.triples))
        return False

    def _at(self, point: Point) -> Triple:
        for triple in self.triples:
            if triple.x is point or triple.x == tuple(point):
                return triple
        raise CertificateRejected("the run leaves the points of the instance")


def interpolated(table: Mapping[str, Any]) -> Interpolated:
    """The instance of ``{"triples": [{"x", "g", "f"}], "strong_convexity", "smoothness"}`` with rationals as text.

    ``"minimiser": false`` says that no minimiser is known, only the infimum.

    Raises:
        CertificateRejected: if two of its points cannot belong to one function of the class.
    """
    return through([vector(row["x"]) for row in table["triples"]], table)


def through(points: Sequence[Point], table: Mapping[str, Any]) -> Interpolated:
    """The instance of a table with these points instead of its own; they may be balls.

    Raises:
        CertificateRejected: if two points do not surely belong to one function of the class.
    """
    rows = table["triples"]
    triples = tuple(Triple(x=x, g=vector(row["g"]), f=to_fmpq(row["f"])) for x, row in zip(points, rows, strict=True))
    mu = to_fmpq(table["strong_convexity"])
    L = None if table["smoothness"] is None else to_fmpq(table["smoothness"])
    has_minimiser = table.get("minimiser", True) is True
    _require_class(mu, L, has_minimiser)
    origin = tuple(fmpq(0) for _ in triples[0].x)
    everything = (*triples, *([Triple(x=origin, g=origin, f=fmpq(0))] if has_minimiser else []))
    if any(len(t.x) != len(origin) or len(t.g) != len(origin) for t in everything):
        raise CertificateRejected("expected points and gradients of one dimension")
    for first, second in permutations(everything, 2):
        if not _compatible(first, second, mu, L):
            raise CertificateRejected("two points of the instance violate the interpolation condition")
    infimum = fmpq(0) if mu >= 0 or L is None else min(t.f - _dot(t.g, t.g) / (2 * L) for t in everything)
    if has_minimiser and infimum < 0:
        raise CertificateRejected("the function falls below its value at the minimiser")
    return Interpolated(
        triples=triples, strong_convexity=mu, smoothness=L, infimum=infimum, has_minimiser=has_minimiser
    )


def _require_class(mu: fmpq, L: fmpq | None, has_minimiser: bool) -> None:
    is_convex = mu >= 0 and has_minimiser and (L is None or mu < L)
    if not is_convex and (L is None or L <= 0 or mu != -L):
        raise CertificateRejected(
            "expected 0 <= strong convexity < smoothness and a minimiser, or strong convexity = -smoothness < 0"
        )


def _compatible(first: Triple, second: Triple, mu: fmpq, L: fmpq | None) -> bool:
    """``f1 >= f2 + <g2, x1 - x2>`` with the curvature that the class adds."""
    step = tuple(a - b for a, b in zip(first.x, second.x, strict=True))
    turn = tuple(a - b for a, b in zip(first.g, second.g, strict=True))
    rise = first.f - second.f - _dot(second.g, step)
    if L is None:
        return bool(rise >= mu / 2 * _dot(step, step))
    curvature = _dot(turn, turn) / L + mu * _dot(step, step) - 2 * mu / L * _dot(turn, step)
    return bool(rise >= curvature / (2 * (1 - mu / L)))


def vector(values: Sequence[object]) -> Point:
    """A point of rationals as text."""
    return tuple(to_fmpq(value) for value in values)


def _dot(first: Point, second: Point) -> Number:
    return sum((a * b for a, b in zip(first, second, strict=True)), start=fmpq(0))
