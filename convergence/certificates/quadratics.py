"""A quadratic with rational coefficients: Hessian, critical points, eigenvalues and definiteness, all exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat, fmpz_poly
from sympy import Expr, Symbol

from convergence.certificates import document
from convergence.certificates.algebraic import Real, real_roots, real_roots_with_multiplicity
from convergence.certificates.polynomials import polynomial
from convergence.certificates.substitution import substituted
from convergence.errors import CertificateRejected

MAX_DIMENSION = 12

Vector = tuple[fmpq, ...]


@dataclass(frozen=True, kw_only=True)
class Quadratic:
    """``f(x) = x.H.x/2 + b.x + c`` with rational entries and a symmetric H.

    Attributes:
        hessian: H, by rows.
        linear: b.
        constant: c.
    """

    hessian: tuple[Vector, ...]
    linear: Vector
    constant: fmpq

    @property
    def dimension(self) -> int:
        """The number of variables."""
        return len(self.linear)

    @cached_property
    def matrix(self) -> fmpq_mat:
        """H for linear algebra."""
        return fmpq_mat(self.dimension, self.dimension, [entry for row in self.hessian for entry in row])

    @cached_property
    def characteristic(self) -> fmpz_poly:
        """The characteristic polynomial of H, scaled to whole coefficients."""
        return self.matrix.charpoly().numer()

    @cached_property
    def eigenvalues(self) -> list[Real]:
        """All eigenvalues in increasing order, each as often as its multiplicity."""
        values = real_roots_with_multiplicity(self.characteristic)
        if len(values) != self.dimension:
            raise CertificateRejected("a symmetric matrix must have as many real eigenvalues as rows")
        return values

    @cached_property
    def modes(self) -> list[Real]:
        """The distinct eigenvalues that are not zero, in increasing order."""
        return [value for value in real_roots(self.characteristic) if value.sign != 0]

    @cached_property
    def critical_point(self) -> Vector | None:
        """A point where the gradient vanishes (the only one if H is invertible), or None."""
        return solution(self.hessian, tuple(-b for b in self.linear))

    @property
    def is_singular(self) -> bool:
        """Whether H has the eigenvalue zero."""
        return bool(self.characteristic[0] == 0)

    @property
    def is_convex(self) -> bool:
        """Whether no eigenvalue is negative."""
        return self.eigenvalues[0].sign >= 0

    @property
    def has_minimiser(self) -> bool:
        """Whether f is convex and has a critical point."""
        return self.is_convex and self.critical_point is not None

    @property
    def minimum(self) -> fmpq | None:
        """The least value, or None if there is none."""
        return self.value(self.critical_point) if self.has_minimiser and self.critical_point is not None else None

    def gradient(self, point: Sequence[fmpq]) -> Vector:
        """H x + b."""
        return tuple(dot(row, point) + b for row, b in zip(self.hessian, self.linear, strict=True))

    def value(self, point: Sequence[fmpq]) -> fmpq:
        """f(x)."""
        return dot([g + b for g, b in zip(self.gradient(point), self.linear, strict=True)], point) / 2 + self.constant

    def moments(self, point: Sequence[fmpq], count: int) -> list[fmpq]:
        """``g.H^j.g`` for j = 0, 1, ..., count - 1 with g the gradient at the point."""
        gradient = self.gradient(point)
        found, vector = [], gradient
        for _ in range(count):
            found.append(dot(gradient, vector))
            vector = tuple(dot(row, vector) for row in self.hessian)
        return found

    def active(self, point: Sequence[fmpq]) -> list[int]:
        """Indices of the `modes` along which a start is not critical, by the Krylov space of its gradient.

        Raises:
            CertificateRejected: if there is no critical point.
        """
        if self.critical_point is None:
            raise CertificateRejected("the objective has no critical point")
        krylov: list[Vector] = []
        vector = self.gradient(point)
        while (relation := _relation(krylov, vector)) is None:
            krylov.append(vector)
            vector = tuple(dot(row, vector) for row in self.hessian)
        annihilator = fmpz_poly([int(c) for c in _whole([*(-c for c in relation), fmpq(1)])])
        roots = real_roots(annihilator) if annihilator.degree() > 0 else []
        return [index for index, mode in enumerate(self.modes) if any(mode == root for root in roots)]


def quadratic(claim: Mapping[str, Any], values: Mapping[Symbol, Expr]) -> Quadratic:
    """The claim's objective at given values of its symbols.

    Raises:
        CertificateRejected: if it is not a quadratic with rational coefficients there.
    """
    variables = tuple(document.variables(claim).values())
    if len(variables) > MAX_DIMENSION:
        raise CertificateRejected(f"expected at most {MAX_DIMENSION} variables, found {len(variables)}")
    expression = substituted(document.expression(claim, claim["problem"]["objective"]), values)
    return from_expression(expression, variables)


def from_expression(expression: Expr, variables: Sequence[Symbol]) -> Quadratic:
    """The quadratic that an expression is.

    Raises:
        CertificateRejected: if it is anything else.
    """
    terms = polynomial(expression, variables)
    size = len(variables)
    hessian = [[fmpq(0)] * size for _ in range(size)]
    linear, constant = [fmpq(0)] * size, fmpq(0)
    for exponents, coefficient in terms.items():
        places = [place for place, exponent in enumerate(exponents) for _ in range(exponent)]
        match places:
            case []:
                constant = coefficient
            case [i]:
                linear[i] = coefficient
            case [i, j]:
                hessian[i][j] += coefficient
                hessian[j][i] += coefficient
            case _:
                raise CertificateRejected(f"the objective has degree {len(places)}, so it is not a quadratic")
    return Quadratic(hessian=tuple(map(tuple, hessian)), linear=tuple(linear), constant=constant)


def dot(left: Sequence[fmpq], right: Sequence[fmpq]) -> fmpq:
    """The inner product."""
    return sum((a * b for a, b in zip(left, right, strict=True)), start=fmpq(0))


def solution(rows: Sequence[Vector], right: Vector) -> Vector | None:
    """One solution of a linear system (zero in the free coordinates), or None if there is none."""
    columns = len(rows[0]) if rows else 0
    table = fmpq_mat(len(rows), columns + 1, [x for row, b in zip(rows, right, strict=True) for x in (*row, b)])
    reduced, rank = table.rref()
    found = [fmpq(0)] * columns
    for row in range(rank):
        pivot = next(column for column in range(columns + 1) if reduced[row, column] != 0)
        if pivot == columns:
            return None
        found[pivot] = reduced[row, columns]
    return tuple(found)


def _relation(columns: list[Vector], vector: Vector) -> Vector | None:
    """Coefficients that combine the columns to the vector, or None."""
    if not columns:
        return () if all(entry == 0 for entry in vector) else None
    return solution([tuple(column[i] for column in columns) for i in range(len(vector))], vector)


def _whole(coefficients: Sequence[fmpq]) -> list[fmpq]:
    scale = 1
    for coefficient in coefficients:
        scale *= int(coefficient.q)
    return [coefficient * scale for coefficient in coefficients]
