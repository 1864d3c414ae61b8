"""Polynomials of degree 2 with rational coefficients that are nonnegative everywhere, by symmetric elimination."""

from __future__ import annotations

from fractions import Fraction

import sympy
from sympy import Expr

from convergence.certificates.signs import Facts


def is_semidefinite(expression: Expr, facts: Facts) -> bool:
    """Whether a polynomial of degree 2 with rational coefficients is nonnegative for all real values."""
    numerator, denominator = sympy.fraction(sympy.together(expression))
    names = sorted(numerator.free_symbols, key=str)
    if not 1 <= len(names) <= 8 or not facts.is_positive(denominator) or not numerator.is_polynomial(*names):
        return False
    polynomial = sympy.Poly(numerator, *names)
    if polynomial.total_degree() != 2 or not all(value.is_Rational for value in polynomial.coeffs()):
        return False
    size = len(names) + 1
    form = [[Fraction(0)] * size for _ in range(size)]
    for powers, value in polynomial.terms():
        places = [place for place, power in enumerate(powers) for _ in range(power)] + [size - 1] * (2 - sum(powers))
        for first, second in (places, places[::-1]):
            form[first][second] += Fraction(int(value.p), int(value.q)) / 2
    return _eliminates(form)


def _eliminates(form: list[list[Fraction]]) -> bool:
    """Symmetric elimination of a quadratic form: no pivot is negative, and a zero pivot has a zero row."""
    size = len(form)
    for pivot in range(size):
        diagonal = form[pivot][pivot]
        if diagonal < 0 or (diagonal == 0 and any(form[pivot][column] for column in range(pivot, size))):
            return False
        if diagonal == 0:
            continue
        for row in range(pivot + 1, size):
            factor = form[row][pivot] / diagonal
            for column in range(pivot, size):
                form[row][column] -= factor * form[pivot][column]
    return True
