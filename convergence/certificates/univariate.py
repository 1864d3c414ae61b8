"""Exact critical points and minimum of a polynomial in one variable with rational coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flint import fmpq, fmpq_poly
from sympy import Expr, Symbol

from convergence.certificates.algebraic import Real, real_roots
from convergence.certificates.polynomials import polynomial
from convergence.certificates.stated import Stated, matches, multiset_matches
from convergence.errors import CertificateRejected


def coefficients(expression: Expr, variable: Symbol) -> fmpq_poly:
    """The polynomial, lowest power first.

    Raises:
        CertificateRejected: if the expression is no polynomial with rational coefficients, or is constant.
    """
    terms = polynomial(expression, (variable,))
    degree = max((key[0] for key in terms), default=0)
    if not 1 <= degree <= 24:
        raise CertificateRejected(f"expected a polynomial of degree 1 to 24, found {degree}")
    return fmpq_poly([terms.get((power,), fmpq(0)) for power in range(degree + 1)])


def critical_points(function: fmpq_poly) -> list[Real]:
    """The zeros of the derivative, in increasing order."""
    slope = function.derivative()
    return real_roots(slope.numer()) if slope.degree() > 0 else []


def value(function: fmpq_poly, point: Real) -> Real:
    """f(x) by Horner's rule."""
    result = Real.of(0)
    for coefficient in reversed(function.coeffs()):
        result = result * point + Real.of(fmpq(coefficient))
    return result


def minimisers(function: fmpq_poly) -> list[Real]:
    """Every global minimiser; none if the polynomial is not bounded below."""
    if function.degree() % 2 or function[function.degree()] < 0:
        return []
    points = critical_points(function)
    values = [value(function, point) for point in points]
    least = min(values)
    return [point for point, height in zip(points, values, strict=True) if height == least]


def _critical(function: fmpq_poly, points: Sequence[Sequence[Stated]]) -> bool:
    flat = [point[0] for point in points if len(point) == 1]
    return len(flat) == len(points) and multiset_matches(critical_points(function), flat)


def _minimiser(function: fmpq_poly, point: Sequence[Stated]) -> bool:
    found = minimisers(function)
    if len(point) != 1 or not any(matches(number, point[0]) for number in found):
        return False
    if len(found) > 1:
        raise CertificateRejected("the point is a minimiser, and not the only one")
    return True


def _minimum(function: fmpq_poly, number: Stated) -> bool:
    found = minimisers(function)
    return bool(found) and matches(value(function, found[0]), number)


DECIDERS: Mapping[str, Callable[[fmpq_poly, Any], bool]] = {
    "critical_points": _critical,
    "minimiser": _minimiser,
    "minimum": _minimum,
}
