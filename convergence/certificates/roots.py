"""Whole polynomials behind algebraic numbers: roots, their sums and products, simple fractions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import flint
from flint import arb, fmpq, fmpq_mat, fmpq_poly, fmpz_poly

from convergence.errors import CertificateRejected

MAX_DEGREE = 72

Number = TypeVar("Number")


def with_precision(precision: int, compute: Callable[[], Number]) -> Number:
    """What a computation gives with flint's precision set, which is restored."""
    previous = flint.ctx.prec
    flint.ctx.prec = precision
    try:
        return compute()
    finally:
        flint.ctx.prec = previous


def key_of(polynomial: fmpz_poly) -> tuple[int, ...]:
    """The coefficients, lowest power first."""
    return tuple(int(c) for c in polynomial.coeffs())


@cache
def isolated_roots(coefficients: tuple[int, ...], precision: int) -> tuple[arb, ...]:
    """Disjoint balls around the real roots of an irreducible polynomial, in increasing order."""
    roots = with_precision(precision, lambda: fmpz_poly(list(coefficients)).complex_roots())
    balls = [arb(root.real) for root, _ in roots if root.imag == 0]
    return tuple(sorted(balls, key=lambda ball: ball.mid()))


def irreducible_factors(polynomial: fmpz_poly) -> list[fmpz_poly]:
    """The distinct irreducible factors over the integers, with positive leading coefficients."""
    return [factor for factor, _ in polynomial.factor()[1]]


def _companion(polynomial: fmpz_poly) -> list[list[fmpq]]:
    degree, lead = polynomial.degree(), polynomial[polynomial.degree()]
    rows = [[fmpq(0)] * degree for _ in range(degree)]
    for index in range(degree):
        if index:
            rows[index][index - 1] = fmpq(1)
        rows[index][degree - 1] = fmpq(-polynomial[index], lead)
    return rows


def _kronecker(left: fmpz_poly, right: fmpz_poly, entry: Callable[[fmpq, fmpq, bool, bool], fmpq]) -> fmpz_poly:
    size = left.degree() * right.degree()
    if size > MAX_DEGREE:
        raise CertificateRejected(f"algebraic numbers of degree {size}, more than {MAX_DEGREE}")
    first, second = _companion(left), _companion(right)
    m, n = left.degree(), right.degree()
    entries = [
        entry(first[i][k], second[j][l], i == k, j == l)
        for i in range(m) for j in range(n) for k in range(m) for l in range(n)
    ]  # fmt: skip
    characteristic: fmpq_poly = fmpq_mat(size, size, entries).charpoly()
    return characteristic.numer()


def kronecker_sum(left: fmpz_poly, right: fmpz_poly) -> fmpz_poly:
    """A polynomial with every sum of a root of one and a root of the other among its roots."""
    zero = fmpq(0)
    return _kronecker(left, right, lambda a, b, same, equal: (a if equal else zero) + (b if same else zero))


def kronecker_product(left: fmpz_poly, right: fmpz_poly) -> fmpz_poly:
    """A polynomial with every product of a root of one and a root of the other among its roots."""
    return _kronecker(left, right, lambda a, b, same, equal: a * b)


def inflated(polynomial: fmpz_poly, degree: int) -> fmpz_poly:
    """p(x**degree)."""
    if polynomial.degree() * degree > MAX_DEGREE:
        raise CertificateRejected(f"an algebraic number of degree {polynomial.degree() * degree}")
    coefficients = [0] * (polynomial.degree() * degree + 1)
    for index, coefficient in enumerate(polynomial.coeffs()):
        coefficients[index * degree] = int(coefficient)
    return fmpz_poly(coefficients)


def simplest_between(low: fmpq, high: fmpq) -> fmpq:
    """The rational of smallest denominator strictly between two rationals, by continued fractions."""
    floor = low.p // low.q
    if floor + 1 < high:
        nearest_zero = 0 if low < 0 < high else (floor + 1 if low >= 0 else -((-high.p) // high.q) - 1)
        return fmpq(int(nearest_zero))
    if low == floor:
        return fmpq(int(floor)) + _unit_within(high - floor)
    return fmpq(int(floor)) + 1 / simplest_between(1 / (high - floor), 1 / (low - floor))


def _unit_within(width: fmpq) -> fmpq:
    """The largest 1/n below a positive width."""
    return 1 / fmpq(int(width.q // width.p) + 1)
