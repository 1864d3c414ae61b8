"""Values of parameters that satisfy conditions: simple ones, scattered ones, and some on the boundary of a relation."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from sympy import Integer, Rational, Symbol

from convergence.certificates.signs import Facts

PLAIN = tuple(Rational(p, q) for p, q in ((1, 1), (2, 1), (1, 2), (3, 1), (4, 1), (1, 4), (1, 3), (1, 10), (10, 1)))


def samples(conditions: Facts, parameters: Sequence[Symbol], seed: int, count: int) -> list[dict[Symbol, Rational]]:
    """Values of the parameters that satisfy the conditions, some on the boundary of a relation."""
    stream = random.Random(f"multipliers:{seed}")
    found: list[dict[Symbol, Rational]] = []
    if not parameters:
        return [{}]
    for attempt in range(4_000):
        reach = (0, 7, 2, 7)[attempt % 4]
        point = {name: _draw(stream, name, reach) for name in parameters}
        if attempt % 3 == 2:
            point = _on_boundary(point, conditions, stream)
        if _allowed(point, conditions):
            found.append(point)
        if len(found) == count:
            break
    return found


def _draw(stream: random.Random, name: Symbol, reach: int) -> Rational:
    if name.is_integer:
        return Integer(stream.randint(1, 9))
    if reach == 0:
        size = stream.choice(PLAIN)
    else:
        size = Rational(stream.randint(9, 31), 16) * Rational(2) ** stream.randint(-reach, reach)
    return size if name.is_nonnegative else size * stream.choice((1, -1))


def _on_boundary(point: dict[Symbol, Rational], conditions: Facts, stream: random.Random) -> dict[Symbol, Rational]:
    relations = [expr for expr, strict in conditions.constraints if not strict and len(expr.free_symbols) > 1]
    if not relations:
        return point
    relation = stream.choice(relations)
    name = stream.choice(sorted(relation.free_symbols & set(point), key=str) or [None])
    if name is None or name.is_integer:
        return point
    polynomial = relation.xreplace({key: value for key, value in point.items() if key != name}).as_poly(name)
    if polynomial is None or polynomial.degree() != 1:
        return point
    slope, offset = polynomial.all_coeffs()
    return {**point, name: -offset / slope} if (offset / slope).is_Rational else point


def _allowed(point: Mapping[Symbol, Rational], conditions: Facts) -> bool:
    for expression, strict in conditions.constraints:
        value = expression.xreplace(dict(point))
        if value.free_symbols:
            continue
        if not (value > 0 if strict else value >= 0):
            return False
    return all((value > 0 or not name.is_positive) and value.is_finite for name, value in point.items())
