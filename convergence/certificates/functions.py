"""Functions that satisfy a claim's hypotheses by construction, in exact numbers.

Two families. A *separable* function is a sum over coordinates of one-dimensional functions that are piecewise
quadratic on either side of their minimiser 0: ``f'(x) = jump + integral of the slopes from 0 to x`` for x > 0, and
mirrored for x < 0. Its derivative is required to be positive for x > 0 and negative for x < 0, so that 0 is its only
minimiser and stationary point, and f* = 0. A *quadratic form* is the concrete objective of the claim itself.

What a separable function satisfies follows from its derivative alone: with all slopes >= m it is m-strongly convex,
with all slopes in [-l, l] and no jump its gradient is l-Lipschitz, with last slopes 0 it is Lipschitz with the
constant ``sqrt(sum of largest |f_i'|^2)``. A noise of zero satisfies every bound on the noise, so that a claim about
a stochastic method speaks about its deterministic runs too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from flint import fmpq, fmpq_mat
from sympy import Expr, Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, names, variables
from convergence.certificates.iteration import Number, Point
from convergence.errors import CertificateRejected
from convergence.expressions import parse_expression

Values = Mapping[Symbol, fmpq]

MAX_PIECES = 8
MAX_DIMENSION = 8


class Instance(Protocol):
    """A function with a known minimiser, minimum and class."""

    def gradient(self, point: Point) -> Point:
        """The gradient, or a subgradient where the function has a kink."""

    def gap(self, point: Point) -> Number:
        """f - f*."""

    def squared_distance(self, point: Point) -> Number:
        """To the minimiser."""

    def satisfies(self, name: str, constants: list[fmpq]) -> bool:
        """Whether a hypothesis about the function surely holds with these constants."""


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


# --- the claim's own objective


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticForm:
    """``f(x) = x.H x/2 + b.x + c`` with H symmetric and positive definite, so that there is one minimiser."""

    hessian: fmpq_mat
    linear: fmpq_mat
    minimiser: Point

    def gradient(self, point: Point) -> Point:
        """H x + b."""
        size = range(len(self.minimiser))
        return tuple(sum((self.hessian[i, j] * point[j] for j in size), start=self.linear[i, 0]) for i in size)

    def gap(self, point: Point) -> Number:
        """e.H e/2 with the error e."""
        e, size = self._error(point), range(len(self.minimiser))
        return sum((e[i] * self.hessian[i, j] * e[j] for i in size for j in size), start=fmpq(0)) / 2

    def squared_distance(self, point: Point) -> Number:
        """To the minimiser."""
        return sum((value * value for value in self._error(point)), start=fmpq(0))

    def _error(self, point: Point) -> list[Number]:
        return [value - best for value, best in zip(point, self.minimiser, strict=True)]

    def satisfies(self, name: str, constants: Sequence[fmpq]) -> bool:
        """By the definiteness of ``H - m I`` and ``l I - H``."""
        one = identity(len(self.minimiser))
        match name:
            case "convex" | "quadratic" | "bounded_below":
                return True
            case "strongly_convex" | "polyak_lojasiewicz":
                return bool(constants[0] > 0) and is_positive_semidefinite(self.hessian - constants[0] * one)
            case "smooth":
                return is_positive_semidefinite(constants[0] * one - self.hessian)
        return False


def identity(size: int) -> fmpq_mat:
    """The identity matrix."""
    return fmpq_mat(size, size, [fmpq(int(i == j)) for i in range(size) for j in range(size)])


def is_positive_semidefinite(matrix: fmpq_mat) -> bool:
    """Whether a symmetric matrix is, exactly, by elimination: a zero pivot needs a zero row."""
    size = matrix.nrows()
    rows = [[matrix[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][j] != 0 for j in range(k, size))):
            return False
        for i in range(k + 1, size) if pivot != 0 else ():
            factor = rows[i][k] / pivot
            for j in range(k, size):
                rows[i][j] -= factor * rows[k][j]
    return True


def quadratic_form(claim: Mapping[str, Any], values: Values) -> QuadraticForm:
    """The claim's problem at given values of its symbols.

    Raises:
        CertificateRejected: if it is not written as a polynomial of degree at most 2, or its Hessian is not positive
            definite.
    """
    coordinates = list(variables(claim).values())
    if not 1 <= len(coordinates) <= MAX_DIMENSION:
        raise CertificateRejected(f"expected at most {MAX_DIMENSION} variables")
    body = expression(claim, claim["problem"]["objective"])
    if degree(body, frozenset(coordinates)) > 2:
        raise CertificateRejected("the problem is not written as a polynomial of degree at most 2")
    hessian, linear = _coefficients(body, coordinates, values)
    if not is_positive_semidefinite(hessian) or hessian.det() == 0:
        raise CertificateRejected("the problem's Hessian is not positive definite")
    best = hessian.solve(linear)
    return QuadraticForm(hessian=hessian, linear=linear, minimiser=tuple(-best[i, 0] for i in range(len(coordinates))))


def degree(node: Expr, coordinates: frozenset[Symbol]) -> int:
    """An upper bound on the degree in the coordinates, by the tree alone; 99 if it is no polynomial."""
    if not node.free_symbols & coordinates:
        return 0
    if node.is_Symbol:
        return 1
    if node.is_Add:
        return max(degree(argument, coordinates) for argument in node.args)
    if node.is_Mul:
        return sum(degree(argument, coordinates) for argument in node.args)
    if node.is_Pow and node.exp.is_Integer and node.exp > 0:
        return int(node.exp) * degree(node.base, coordinates)
    return 99


def _coefficients(body: Expr, coordinates: list[Symbol], values: Values) -> tuple[fmpq_mat, fmpq_mat]:
    """Hessian and gradient at 0 of a polynomial of degree at most 2, from its values at sums of unit vectors."""
    size = len(coordinates)

    def at(*weights: tuple[int, int]) -> fmpq:
        point = dict.fromkeys(coordinates, fmpq(0)) | {coordinates[i]: fmpq(weight) for i, weight in weights}
        return exact.rational(body, {**values, **point})

    origin, unit, opposite = at(), [at((i, 1)) for i in range(size)], [at((i, -1)) for i in range(size)]
    entries = [
        unit[i] + opposite[i] - 2 * origin if i == j else at((i, 1), (j, 1)) - unit[i] - unit[j] + origin
        for i in range(size)
        for j in range(size)
    ]
    linear = [(unit[i] - opposite[i]) / 2 for i in range(size)]
    return fmpq_mat(size, size, entries), fmpq_mat(size, 1, linear)


# --- hypotheses


def hypotheses(claim: Mapping[str, Any]) -> list[tuple[str, list[Expr]]]:
    """Names and arguments of the hypotheses that are no relations."""
    found = []
    for text in claim["given"]:
        if any(mark in text for mark in "<>="):
            continue
        name, _, rest = text.strip().partition("(")
        arguments = [part for part in rest.rstrip().removesuffix(")").split(",") if part.strip()]
        found.append((name.strip(), [parse_expression(part, names(claim)) for part in arguments]))
    return found


_FUNCTION = frozenset(
    {"convex", "strongly_convex", "smooth", "lipschitz", "quadratic", "polyak_lojasiewicz", "bounded_below"}
)


def require_hypotheses(
    claim: Mapping[str, Any], instance: Instance, start: Point, values: Values, steepest: fmpq | None = None
) -> None:
    """Reject unless every hypothesis of the claim surely holds for the function, the start and the exact oracle.

    ``bounded_gradients(G)`` is accepted for functions that are G-Lipschitz, and where every gradient of the whole run
    is known to have a length of at most `steepest` <= G. For ``bounded_domain(D)`` the caller must check that the run
    stays where no projection acts.
    """
    for name, arguments in hypotheses(claim):
        if name == "gradient_error" and is_nonnegative(arguments[0]):
            continue
        constants = [exact.rational(argument, values) for argument in arguments]
        if not _holds(name, constants, instance, start, steepest):
            raise CertificateRejected(f"the instance does not surely satisfy {name}({', '.join(map(str, constants))})")


def is_nonnegative(node: Expr) -> bool:
    """Whether the tree shows it: numbers and symbols that are not negative, their sums, products and powers."""
    if node.is_Rational or node.is_Symbol:
        return bool(node.is_nonnegative)
    if node.is_Add or node.is_Mul:
        return all(is_nonnegative(argument) for argument in node.args)
    return bool(node.is_Pow) and is_nonnegative(node.base)


def _holds(name: str, constants: list[fmpq], instance: Instance, start: Point, steepest: fmpq | None) -> bool:
    if name in _FUNCTION:
        return instance.satisfies(name, constants)
    match name:
        case "unbiased" | "deterministic":
            return True
        case "bounded_variance":
            return bool(constants[0] >= 0)
        case "bounded_gradients":
            along = steepest is not None and bool(0 <= steepest <= constants[0])
            return along or instance.satisfies("lipschitz", constants)
        case "initial_distance":
            return bool(constants[0] >= 0 and instance.squared_distance(start) <= constants[0] ** 2)
        case "initial_gap":
            return bool(instance.gap(start) <= constants[0])
        case "bounded_domain":
            return bool(constants[0] > 0)
    return False
