"""Inequalities between inner products and function values, accepted when a combination of known ones leaves squares.

A `Form` is a constant, plus multiples of function values, plus a quadratic form in vectors of any dimension; its
coefficients are rational numbers, or expressions in parameters and the counter. ``goal >= 0`` follows from facts that
are ``>= 0`` if ``goal = sum of multiplier * fact + Q`` with multipliers that are not negative and a positive
semidefinite Q. The signs are proved for all values of the parameters that the conditions allow.

Source: Taylor, Hendrickx, Glineur (2017), "Smooth strongly convex interpolation and exact worst-case performance of
first-order methods", for the inequalities between two points of one function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from flint import fmpq
from sympy import Integer

from convergence.certificates.gram_coefficients import Field, Functions, Numbers
from convergence.certificates.signs import Facts
from convergence.errors import CertificateRejected

Coefficient = Any  # Expr or fmpq, never mixed with the other; python-flint has no types
Product = tuple[str, ...]
"""() for the constant, one name for a function value, two sorted names for the inner product of two vectors."""

MAX_VECTORS = 24
ONE = Integer(1)


@dataclass(frozen=True, slots=True)
class Vector:
    """A linear combination of basis vectors, which are known by name."""

    parts: Mapping[str, Coefficient] = field(default_factory=dict)

    def __add__(self, other: Vector) -> Vector:
        """The sum."""
        return Vector(_added(self.parts, other.parts))

    def __sub__(self, other: Vector) -> Vector:
        """The difference."""
        return self + (-1) * other

    def __rmul__(self, factor: Coefficient) -> Vector:
        """A multiple."""
        return Vector({name: factor * value for name, value in self.parts.items()})


@dataclass(frozen=True, slots=True)
class Form:
    """A constant, plus linear in function values, plus quadratic in vectors."""

    terms: Mapping[Product, Coefficient] = field(default_factory=dict)

    def __add__(self, other: Form) -> Form:
        """The sum."""
        return Form(_added(self.terms, other.terms))

    def __sub__(self, other: Form) -> Form:
        """The difference."""
        return self + (-1) * other

    def __rmul__(self, factor: Coefficient) -> Form:
        """A multiple."""
        return Form({key: factor * value for key, value in self.terms.items()})


def _added(first: Mapping[Any, Coefficient], second: Mapping[Any, Coefficient]) -> dict[Any, Coefficient]:
    total = dict(first)
    for key, value in second.items():
        total[key] = total[key] + value if key in total else value
    return {key: value for key, value in total.items() if value != 0}


def vector(name: str, one: Coefficient = ONE) -> Vector:
    """A basis vector; `one` is the unit of the coefficients, such as ``fmpq(1)``."""
    return Vector({name: one})


def value(name: str, one: Coefficient = ONE) -> Form:
    """A function value."""
    return Form({(name,): one})


def constant(number: Coefficient) -> Form:
    """A form without values and vectors."""
    return Form({(): number} if number != 0 else {})


def inner(first: Vector, second: Vector) -> Form:
    """The inner product of two vectors."""
    terms: dict[Product, Coefficient] = {}
    for left, a in first.parts.items():
        for right, b in second.parts.items():
            terms = _added(terms, {(min(left, right), max(left, right)): a * b})
    return Form(terms)


def squared(vector: Vector) -> Form:
    """The squared norm."""
    return inner(vector, vector)


# --- what a class of functions says about two points


@dataclass(frozen=True, slots=True)
class Sample:
    """A point with a (sub)gradient and the value there."""

    x: Vector
    g: Vector
    f: Form


def convexity(first: Sample, second: Sample, modulus: Coefficient) -> Form:
    """``2 (f1 - f2 - <g2, x1 - x2>) - m |x1 - x2|^2``, not negative for an m-strongly convex function (0: convex)."""
    step = first.x - second.x
    return 2 * (first.f - second.f - inner(second.g, step)) - modulus * squared(step)


def interpolation(first: Sample, second: Sample, modulus: Coefficient, smoothness: Coefficient) -> Form:
    """What an m-strongly convex function with an l-Lipschitz gradient satisfies, m <= l, times 2 (l - m).

    ``2 (l - m) (f1 - f2 - <g2, x1 - x2>) - |g1 - g2|^2 - m l |x1 - x2|^2 + 2 m <g1 - g2, x1 - x2>`` is not negative.
    Where the function need not be convex, m = -l. For all pairs of finitely many points this is also sufficient if
    m < l; at m = l it says only that the gradient is l times the point.
    """
    step, turn = first.x - second.x, first.g - second.g
    rise = first.f - second.f - inner(second.g, step)
    bend = squared(turn) + modulus * smoothness * squared(step) - 2 * modulus * inner(turn, step)
    return 2 * (smoothness - modulus) * rise - bend


def slope(sample: Sample, steepest: Coefficient) -> Form:
    """``G^2 - |g|^2``: not negative for G-Lipschitz functions."""
    return constant(steepest * steepest) - squared(sample.g)


# --- acceptance


def require_combination(goal: Form, parts: Sequence[tuple[Coefficient, Form]], conditions: Facts | None = None) -> None:
    """Accept ``goal >= 0`` as the sum of multiplier * fact over `parts`, plus something positive semidefinite.

    Args:
        goal: the form that is claimed to be not negative.
        parts: multipliers, with facts: forms that are known to be not negative.
        conditions: what is known about the parameters; None if all coefficients are rational numbers (fmpq).

    Raises:
        CertificateRejected: if a coefficient may be undefined, a multiplier may be negative, or the rest may be.
    """
    forms = [goal, *(fact for _, fact in parts)]
    numbers: Iterable[Coefficient] = chain(*(form.terms.values() for form in forms), (factor for factor, _ in parts))
    arithmetic: Field = Numbers() if conditions is None else Functions.of(list(numbers), conditions)
    rest = {key: arithmetic.element(number) for key, number in goal.terms.items()}
    for place, (factor, fact) in enumerate(parts):
        multiplier = arithmetic.element(factor)
        if not arithmetic.is_nonnegative(multiplier):
            raise CertificateRejected(f"multiplier {place + 1} = {arithmetic.text(multiplier)} may be negative")
        for key, number in fact.terms.items():
            product = arithmetic.product(multiplier, arithmetic.element(number))
            rest[key] = arithmetic.difference(rest[key], product) if key in rest else arithmetic.negated(product)
    _require_nonnegative(rest, arithmetic)


def _require_nonnegative(rest: Mapping[Product, Any], arithmetic: Field) -> None:
    for key, number in rest.items():
        if len(key) == 1 and not arithmetic.is_zero(number):
            raise CertificateRejected(f"the value {key[0]} is left with the factor {arithmetic.text(number)}")
        if not key and not arithmetic.is_nonnegative(number):
            raise CertificateRejected(f"the constant that is left, {arithmetic.text(number)}, may be negative")
    pairs: dict[Product, Any] = {
        key: number for key, number in rest.items() if len(key) == 2 and not arithmetic.is_zero(number)
    }
    names = sorted({name for key in pairs for name in key})
    if len(names) > MAX_VECTORS and not isinstance(arithmetic, Numbers):
        raise CertificateRejected(f"expected at most {MAX_VECTORS} vectors, found {len(names)}")
    matrix = [[_entry(pairs, first, second, arithmetic) for second in names] for first in names]
    require_semidefinite(matrix, arithmetic)


def _entry(pairs: Mapping[Product, Any], first: str, second: str, arithmetic: Field) -> Any:
    number = pairs.get((min(first, second), max(first, second)))
    if number is None:
        return arithmetic.element(fmpq(0))
    return number if first == second else arithmetic.product(arithmetic.element(fmpq(1, 2)), number)


MAX_MINORS = 4


def require_semidefinite(matrix: list[list[Any]], arithmetic: Field) -> None:
    """Symmetric elimination by positive pivots; what is left must be zero, or have no negative principal minor.

    Raises:
        CertificateRejected: if the matrix is not seen to be positive semidefinite.
    """
    while matrix := _without_zero_rows(matrix, arithmetic):
        place = next((i for i in range(len(matrix)) if arithmetic.is_positive(matrix[i][i])), None)
        if place is None:
            return _require_minors(matrix, arithmetic)
        matrix = _eliminated(matrix, place, arithmetic)
    return None


def _without_zero_rows(matrix: list[list[Any]], arithmetic: Field) -> list[list[Any]]:
    kept = [i for i, row in enumerate(matrix) if not all(arithmetic.is_zero(number) for number in row)]
    return [[matrix[i][j] for j in kept] for i in kept]


def _eliminated(matrix: list[list[Any]], place: int, arithmetic: Field) -> list[list[Any]]:
    """The Schur complement of a pivot."""
    pivot = matrix[place]
    kept = [i for i in range(len(matrix)) if i != place]
    return [
        [
            arithmetic.difference(
                matrix[i][j], arithmetic.quotient(arithmetic.product(pivot[i], pivot[j]), pivot[place])
            )
            for j in kept
        ]
        for i in kept
    ]


def _require_minors(matrix: list[list[Any]], arithmetic: Field) -> None:
    """A symmetric matrix is positive semidefinite exactly if no principal minor is negative."""
    size = len(matrix)
    for i in range(size):
        if not arithmetic.is_nonnegative(matrix[i][i]):
            raise CertificateRejected(
                f"a pivot of the quadratic form, {arithmetic.text(matrix[i][i])}, may be negative"
            )
    if size > MAX_MINORS:
        raise CertificateRejected(f"{size} pivots of the quadratic form may be zero")
    for chosen in range(1, 2**size):
        places = [i for i in range(size) if chosen >> i & 1]
        minor = _determinant([[matrix[i][j] for j in places] for i in places], arithmetic)
        if not arithmetic.is_nonnegative(minor):
            raise CertificateRejected(f"a minor of the quadratic form, {arithmetic.text(minor)}, may be negative")


def _determinant(rows: list[list[Any]], arithmetic: Field) -> Any:
    if len(rows) == 1:
        return rows[0][0]
    total = arithmetic.element(fmpq(0))
    for column, entry in enumerate(rows[0]):
        minor = _determinant([[*row[:column], *row[column + 1 :]] for row in rows[1:]], arithmetic)
        term = arithmetic.product(entry, minor)
        total = arithmetic.difference(total, term if column % 2 else arithmetic.negated(term))
    return total
