"""What a summand or a factor says about its sum or product at once."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates.scale import ZERO
from convergence.certificates.signs import Unsupported

MAX_OPERATIONS = 40


def partial_fractions(body: Expr, index: Symbol, first: Expr) -> list[tuple[Expr, Integer]] | None:
    """Terms c/i^m with the shifts of i by which they occur, where every pole is a whole number below `first`.

    None for anything but such rational functions, and for a single power of the index itself.
    """
    if body.free_symbols != {index} or not body.is_rational_function(index) or not first.is_Integer:
        return None
    if (
        sympy.count_ops(body) > 40
        or body.is_polynomial(index)
        or body.as_independent(index)[1].as_base_exp()[0] == index
    ):
        return None
    found = []
    for part in sympy.Add.make_args(sympy.apart(body, index)):
        factor, power = part.as_independent(index, as_Add=False)
        base, exponent = power.as_base_exp()
        base = sympy.expand(base)
        slope = base.coeff(index, 1)
        shift = sympy.expand(base / slope - index) if slope.is_Rational and slope != 0 else None
        if power == 1 or shift is None or not shift.is_Integer or not exponent.is_Integer or first + shift < 1:
            return None
        found.append((factor * slope**exponent * index**exponent, shift))
    return found if len(found) > 1 or found[0][1] != 0 else None


def only_summand(body: Expr, index: Symbol, first: Expr, last: Expr) -> Expr | None:
    """With a factor 0**(last - i) or 0**(i - first), the sum is its one summand where that factor is 1."""
    for factor in sympy.Mul.make_args(body):
        if factor.is_Pow and factor.base == 0:
            place = last if sympy.expand(factor.exp + index - last) == 0 else None
            place = first if sympy.expand(factor.exp - index + first) == 0 else place
            if place is None and sympy.expand(factor.exp - index + first).is_positive:
                return ZERO
            if place is None:
                raise Unsupported(f"a power of zero in {body}")
            return (body / factor).subs(index, place)
    return None


def has_root(body: Expr, index: Symbol, first: Expr) -> bool:
    """Whether a factor without parameters vanishes at some whole number from `first` on."""
    inner = body.base if body.is_Pow and body.exp.is_positive else body
    numerator = sympy.numer(sympy.together(inner))
    if numerator.free_symbols - {index}:
        return False
    polynomial = numerator.as_poly(index)
    if polynomial is None or (not polynomial.domain.is_QQ and not polynomial.domain.is_ZZ):
        return False
    _, factors = sympy.factor_list(polynomial)
    for part, _ in factors:
        if part.degree() == 1:
            slope, offset = part.all_coeffs()
            root = Rational(-offset, slope)
            if root.is_Integer and root >= first:
                return True
    return False
