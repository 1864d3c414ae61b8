"""The claim's own objective, where it is a quadratic with one minimiser, in exact numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat
from sympy import Expr, Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, variables
from convergence.certificates.exact import Values
from convergence.certificates.iteration import Number, Point
from convergence.certificates.matrices import identity, is_positive_semidefinite
from convergence.errors import CertificateRejected

MAX_DIMENSION = 8


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
