"""Where to look for counterexamples: small rational values of a claim's symbols."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence

from sympy import Rational, Symbol
from sympy.core.relational import Relational

from convergence.claims.claim import Declared
from convergence.expressions import Domain

_SMALL = (
    "1",
    "2",
    "1/2",
    "3",
    "1/3",
    "3/2",
    "1/4",
    "4",
    "3/4",
    "5",
    "2/3",
    "1/10",
    "10",
    "5/2",
    "9/10",
    "1/100",
    "100",
)
_FRACTIONS = ("1/2", "1/4", "3/4", "9/10", "1/10", "1/3", "2/3", "99/100", "1/100")
_NATURALS = ("1", "2", "3", "4", "5", "10", "100")

_CANDIDATES: Mapping[Domain, tuple[str, ...]] = {
    Domain.REAL: (*_SMALL, "0", "-1", "-2", "-1/2", "-3", "-1/10", "-10"),
    Domain.POSITIVE: _SMALL,
    Domain.NONNEGATIVE: (*_SMALL, "0"),
    Domain.INTEGER: (*_NATURALS, "0", "-1", "-2", "-3", "-10"),
    Domain.NATURAL: _NATURALS,
    Domain.UNIT: (*_FRACTIONS, "0"),
    Domain.FRACTION: _FRACTIONS,
}


def candidates(declared: Declared) -> list[Rational]:
    """Values of one symbol, simplest first, those in its range before the others."""
    values = [Rational(text) for text in _CANDIDATES.get(declared.domain, ())]
    if declared.range is not None:
        low, high = declared.range
        inside = [value for value in (low, high, (low + high) / 2) if _allowed(value, declared.domain)]
        values = [v for v in values if low <= v <= high] + inside + [v for v in values if not low <= v <= high]
    return list(dict.fromkeys(values))


def _allowed(value: Rational, domain: Domain) -> bool:
    whole = value.is_Integer
    return {
        Domain.REAL: True,
        Domain.POSITIVE: value > 0,
        Domain.NONNEGATIVE: value >= 0,
        Domain.INTEGER: whole,
        Domain.NATURAL: whole and value >= 1,
        Domain.UNIT: 0 <= value < 1,
        Domain.FRACTION: 0 < value < 1,
        Domain.UNDEFINED: False,
    }.get(domain, False)


def points(
    symbols: Sequence[Declared], relations: Sequence[Relational], seed: int = 0, most: int = 3_000
) -> Iterator[dict[Symbol, Rational]]:
    """Rational points that satisfy the relations, simple ones first; none where a symbol is undefined."""
    choices = [candidates(declared) for declared in symbols]
    if not all(choices):
        return
    names = [declared.symbol for declared in symbols]
    ordered = _simple_first(choices, most // 2)
    stream = random.Random(f"points:{seed}")
    drawn = (tuple(_random(stream, declared) for declared in symbols) for _ in range(most // 2))
    for values in itertools.chain(ordered, drawn if symbols else ()):
        point = _solved_equations(dict(zip(names, values, strict=True)), symbols, relations)
        if point is not None and all(satisfied(relation, point) for relation in relations):
            yield point


def _simple_first(choices: Sequence[Sequence[Rational]], most: int) -> Iterator[tuple[Rational, ...]]:
    """Tuples of candidates by the sum of their ranks, so that no symbol is varied alone for long."""
    depth = 0
    seen = 0
    longest = sum(len(choice) - 1 for choice in choices)
    while seen < most and depth <= longest:
        for ranks in _ranks_of_sum([len(choice) for choice in choices], depth):
            seen += 1
            if seen > most:
                return
            yield tuple(choice[rank] for choice, rank in zip(choices, ranks, strict=True))
        depth += 1


def _ranks_of_sum(lengths: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    if not lengths:
        if total == 0:
            yield ()
        return
    for first in range(min(lengths[0] - 1, total) + 1):
        for rest in _ranks_of_sum(lengths[1:], total - first):
            yield (first, *rest)


def _random(stream: random.Random, declared: Declared) -> Rational:
    if declared.range is not None and stream.random() < 0.5:
        low, high = declared.range
        value = low + (high - low) * Rational(stream.randint(0, 64), 64)
        if _allowed(value, declared.domain):
            return value
    return stream.choice(candidates(declared)) * _allowed_factor(stream, declared.domain)


def _allowed_factor(stream: random.Random, domain: Domain) -> Rational:
    if domain in (Domain.INTEGER, Domain.NATURAL):
        return Rational(stream.randint(1, 5))
    return Rational(stream.randint(1, 40), 40)


def _solved_equations(
    point: dict[Symbol, Rational], symbols: Sequence[Declared], relations: Sequence[Relational]
) -> dict[Symbol, Rational] | None:
    """Adjust one symbol for each equation that is linear in it."""
    domains = {declared.symbol: declared.domain for declared in symbols}
    for relation in relations:
        if relation.rel_op != "==" or satisfied(relation, point):
            continue
        for name in sorted(relation.free_symbols, key=str):
            if name not in domains:
                continue
            others = {key: value for key, value in point.items() if key != name}
            polynomial = (relation.lhs - relation.rhs).subs(others).as_poly(name)
            if polynomial is not None and polynomial.degree() == 1:
                slope, offset = polynomial.all_coeffs()
                value = -offset / slope
                if value.is_Rational and _allowed(value, domains[name]):
                    point = {**point, name: value}
                    break
    return point


def satisfied(relation: Relational, point: Mapping[Symbol, Rational]) -> bool:
    """Whether a relation is true at a point, by a quick evaluation; exact checks come later."""
    try:
        difference = (relation.lhs - relation.rhs).subs(point)
        value = difference if difference.is_Rational else difference.evalf(30)
        if not value.is_number or not value.is_real:
            return False
        return bool(
            {"<=": value <= 0, "<": value < 0, ">=": value >= 0, ">": value > 0, "==": value == 0}[relation.rel_op]
        )
    except (TypeError, ValueError, ZeroDivisionError, ArithmeticError, KeyError):
        return False
