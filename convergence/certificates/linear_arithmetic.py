"""Linear arithmetic over monomials: Fourier-Motzkin elimination in rationals.

Every product of powers counts as an unknown of its own, positive where its factors are. If even these unknowns cannot
satisfy the inequalities, no values of the symbols can. The converse does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy
from sympy import Expr

MAX_ROWS = 200
MAX_PRODUCTS = 600
MAX_UNKNOWNS = 40

Row = tuple[dict[Expr, Fraction], Fraction, bool]  # sum of coefficient * monomial + constant, > 0 or >= 0


def contradictory(constraints: Sequence[tuple[Expr, bool]]) -> bool:
    """Whether expanded expressions cannot all be > 0 (where paired with True) or >= 0 at once."""
    rows = [_row(expr, strict) for expr, strict in constraints]
    monomials = dict.fromkeys(monomial for row in rows for monomial in row[0])
    for monomial in monomials:
        sign = _monomial_sign(monomial)
        if sign is not None:
            rows.append(({monomial: Fraction(1)}, Fraction(0), sign))
        rows += _power_rows(monomial, constraints)
    for _ in range(MAX_UNKNOWNS):
        if any(not row[0] and (row[1] < 0 or (row[2] and row[1] == 0)) for row in rows):
            return True
        rows = [row for row in rows if row[0]]
        if not rows or len(rows) > MAX_ROWS:
            return False
        monomial = _cheapest(rows)
        if _products(monomial, rows) > MAX_PRODUCTS:
            return False
        rows = _eliminated(monomial, rows)
    return False


def _row(expression: Expr, strict: bool) -> Row:
    coefficients: dict[Expr, Fraction] = {}
    constant = Fraction(0)
    for monomial, coefficient in expression.as_coefficients_dict().items():
        number = Fraction(int(coefficient.p), int(coefficient.q))
        if monomial == 1:
            constant += number
        elif number:
            coefficients[monomial] = number
    return coefficients, constant, strict


def _monomial_sign(monomial: Expr) -> bool | None:
    """True for a positive monomial, False for a nonnegative one, None where that is not plain from the assumptions."""
    factors = monomial.args if monomial.is_Mul else (monomial,)
    strict = True
    for factor in factors:
        base, exponent = factor.as_base_exp()
        if factor.is_positive or (base.is_Symbol and base.is_positive and exponent.is_real):
            continue
        if (
            (isinstance(factor, sympy.log) and factor.args[0].is_integer and factor.args[0].is_positive)
            or factor.is_nonnegative
            or (base.is_real and exponent.is_Integer and exponent % 2 == 0 and exponent > 0)
        ):
            strict = False
        else:
            return None
    return strict


def _power_rows(monomial: Expr, constraints: Sequence[tuple[Expr, bool]]) -> list[Row]:
    """n**q >= m**q for a whole number n >= m and q > 0 that is not whole; n**q <= 1 for q < 0."""
    base, exponent = monomial.as_base_exp()
    if not (base.is_Symbol and base.is_integer and base.is_positive) or exponent.is_Integer:
        return []
    if exponent.is_positive:
        least = max([1, *(int(-c.subs(base, 0)) for c, _ in constraints if (c - base).is_Integer)])
        bound = Fraction(1)
        if exponent.is_Rational:
            root, _ = sympy.integer_nthroot(least ** int(exponent.p) * 1000 ** int(exponent.q), int(exponent.q))
            bound = Fraction(int(root), 1000)
        return [({monomial: Fraction(1)}, -bound, False)]
    return [({monomial: Fraction(-1)}, Fraction(1), False)] if exponent.is_negative else []


def _products(monomial: Expr, rows: Sequence[Row]) -> int:
    above = sum(1 for row in rows if row[0].get(monomial, 0) > 0)
    return above * sum(1 for row in rows if row[0].get(monomial, 0) < 0)


def _cheapest(rows: Sequence[Row]) -> Expr:
    above: dict[Expr, int] = {}
    below: dict[Expr, int] = {}
    for coefficients, _, _ in rows:
        for monomial, value in coefficients.items():
            side = above if value > 0 else below
            side[monomial] = side.get(monomial, 0) + 1

    def cost(monomial: Expr) -> int:
        up, down = above.get(monomial, 0), below.get(monomial, 0)
        return up * down - up - down

    return min({**above, **below}, key=cost)


def _eliminated(monomial: Expr, rows: Sequence[Row]) -> list[Row]:
    above = [row for row in rows if row[0].get(monomial, 0) > 0]
    below = [row for row in rows if row[0].get(monomial, 0) < 0]
    kept = [row for row in rows if not row[0].get(monomial, 0)]
    for upper in above:
        for lower in below:
            kept.append(_combined(upper, -lower[0][monomial], lower, upper[0][monomial]))
    unique = {(frozenset(row[0].items()), row[1], row[2]): row for row in kept}
    return list(unique.values())


def _combined(first: Row, times: Fraction, second: Row, by: Fraction) -> Row:
    coefficients = {name: value * times for name, value in first[0].items()}
    for name, value in second[0].items():
        coefficients[name] = coefficients.get(name, Fraction(0)) + value * by
    size = max((abs(value) for value in coefficients.values() if value), default=Fraction(1))
    scaled = {name: value / size for name, value in coefficients.items() if value}
    return scaled, (first[1] * times + second[1] * by) / size, first[2] or second[2]
