"""Numbers for a claim's symbols: a few choices that respect domains, ranges and the relations between symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

from sympy import Eq, Expr, Integer, Rational, Symbol, sqrt
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from convergence.claims.claim import Claim, Declared
from convergence.claims.hypotheses import Hypothesis
from convergence.errors import NumericLimit
from convergence.expressions import COUNTERS, Domain

Values = Mapping[Symbol, Expr]

TRIES = 2_000
KAPPA = 10  # condition number where a claim leaves it open

_ROLES: Mapping[str, tuple[Rational, ...]] = {
    "mu": (Integer(1), Integer(4), Rational(1, 4)),
    "L": (Integer(1), Integer(4), Rational(1, 4)),
    "D": (Integer(1),),
    "Delta": (Integer(1),),
    "sigma": (Rational(1, 2), Integer(1)),
    "G": (Integer(1), Integer(2)),
}
_DOMAINS: Mapping[Domain, tuple[Rational, ...]] = {
    Domain.REAL: (Integer(1), Rational(1, 4), Integer(2)),
    Domain.POSITIVE: (Rational(1, 4), Rational(1, 16), Rational(1, 2)),
    Domain.NONNEGATIVE: (Rational(1, 4), Integer(0), Rational(1, 2)),
    Domain.INTEGER: (Integer(2), Integer(1), Integer(5)),
    Domain.NATURAL: (Integer(2), Integer(1), Integer(5)),
    Domain.UNIT: (Rational(1, 2), Integer(0), Rational(9, 10)),
    Domain.FRACTION: (Rational(1, 2), Rational(1, 10), Rational(9, 10)),
}


def assignments(claim: Claim, used: frozenset[Symbol], count: int = 3) -> tuple[Values, ...]:
    """Up to `count` different choices of numbers for the symbols in use.

    The first is in the middle of every range, the second ill-conditioned, others are at the ends; a symbol without a
    range gets typical values of its role or domain (steps at most ``1/(2 L)``). Every choice satisfies the relations
    that the claim gives.

    Raises:
        NumericLimit: if a symbol is undefined, a relation holds more than numbers, or no choice was found.
    """
    roles = _roles(claim)
    relations = claim.relations
    names = set(used) | {free for relation in relations for free in relation.free_symbols}
    names |= {free for hypothesis in claim.given if isinstance(hypothesis, Hypothesis) for a in hypothesis.arguments
              for free in a.free_symbols}  # fmt: skip
    symbols = sorted(names - set(COUNTERS.values()), key=lambda name: str(name.name))
    for relation in relations:
        if relation.free_symbols & set(COUNTERS.values()):
            raise NumericLimit(f"the hypothesis {relation} is about every step, which runs cannot arrange")
    choices = [_candidates(name, claim.symbols.get(name.name), roles, claim) for name in symbols]
    found: list[Values] = []
    for values in _proposals(symbols, choices, claim, relations):
        if values not in found and all(_true(relation.xreplace(dict(values))) for relation in relations):
            found.append(values)
            if len(found) == count:
                break
    if not found:
        raise NumericLimit("no numbers were found that satisfy the claim's relations between its symbols")
    return tuple(found)


def _roles(claim: Claim) -> dict[Symbol, str]:
    """The symbols that are constants of hypotheses, with what they are."""
    found: dict[Symbol, str] = {}
    for hypothesis in claim.given:
        if isinstance(hypothesis, Hypothesis):
            for (role, _), argument in zip(hypothesis.kind.arguments, hypothesis.arguments, strict=True):
                if isinstance(argument, Symbol):
                    found.setdefault(argument, role)
    return found


def _candidates(
    name: Symbol, declared: Declared | None, roles: Mapping[Symbol, str], claim: Claim
) -> tuple[Rational, ...]:
    if declared is None or declared.domain is Domain.UNDEFINED:
        raise NumericLimit(f"the symbol {name.name} has no domain, so that it cannot be given a number")
    if declared.range is not None:
        low, high = declared.range
        middle = _nice(sqrt(low * high)) if low > 0 else (low + high) / 2
        whole = declared.domain in (Domain.INTEGER, Domain.NATURAL)
        return tuple(dict.fromkeys([Integer(round(middle)) if whole else middle, high, low]))
    if name in roles:
        return _ROLES.get(roles[name], _DOMAINS[declared.domain])
    return _DOMAINS[declared.domain]


def _nice(value: Expr) -> Rational:
    return value if value.is_Rational else Rational(str(round(float(value), 3)))


def _proposals(
    symbols: list[Symbol], choices: list[tuple[Rational, ...]], claim: Claim, relations: tuple[Relational, ...]
) -> Iterator[Values]:
    """First all middles, highs and lows, then every combination, each also pushed onto the boundaries of relations."""
    together = [tuple(options[min(rank, len(options) - 1)] for options in choices) for rank in range(3)]
    for rank, numbers in enumerate([*together, *islice(product(*choices), TRIES)]):
        values = _scaled(dict(zip(symbols, numbers, strict=True)), claim, KAPPA if rank == 0 else 2)
        yield values
        if rank == 0:
            yield from _ill_conditioned(values, claim)
        yield from (pushed for relation in relations for pushed in _pushed(values, relation))
        yield _all_pushed(values, relations)


def _ill_conditioned(values: Values, claim: Claim) -> Iterator[Values]:
    """The same, but the largest smoothness with the smallest strong convexity, where both have a range."""
    smooth, strong = (claim.symbols.get(str(claim.constant(name))) for name in ("smooth", "strongly_convex"))
    if smooth and strong and smooth != strong and smooth.range and strong.range and strong.range[0] > 0:
        yield {**values, smooth.symbol: smooth.range[1], strong.symbol: strong.range[0]}


def _scaled(values: dict[Symbol, Expr], claim: Claim, kappa: int) -> dict[Symbol, Expr]:
    """Without ranges L is `KAPPA` times mu, or mu is ``L/kappa``; a method's own constants are small against 1/L."""
    smooth, strong = claim.constant("smooth"), claim.constant("strongly_convex")
    open_ = {name for name in values if (d := claim.symbols.get(name.name)) is None or d.range is None}
    if smooth is not None and strong is not None and not smooth.free_symbols & strong.free_symbols:
        if smooth in open_:
            values = {**values, smooth: KAPPA * strong.xreplace(values)}
        elif strong in open_:
            values = {**values, strong: smooth.xreplace(values) / kappa}
    curvature = smooth if smooth is not None else KAPPA * strong if strong is not None else Integer(1)
    curvature = curvature.xreplace(values)
    roles = _roles(claim)
    own = claim.method.given if claim.method else frozenset()
    for name in open_ & own - set(roles):
        declared = claim.symbols.get(name.name)
        if declared is not None and declared.domain is Domain.POSITIVE and curvature.is_number and curvature > 1:
            values = {**values, name: values[name] / curvature}
    return values


def _pushed(values: Values, relation: Relational) -> Iterator[Values]:
    """Values on the boundary of a relation with a lone symbol on one side; just inside if it is strict."""
    for alone, other in ((relation.lhs, relation.rhs), (relation.rhs, relation.lhs)):
        if isinstance(alone, Symbol) and alone in values and alone not in other.free_symbols:
            edge = other.xreplace(dict(values))
            if not edge.is_number:
                continue
            yield {**values, alone: edge}
            yield {**values, alone: edge * Rational(1, 2)}
            yield {**values, alone: edge * 2 if not edge.is_zero else Integer(1)}


def _all_pushed(values: Values, relations: tuple[Relational, ...]) -> Values:
    for relation in relations:
        if not _true(relation.xreplace(dict(values))):
            values = next((v for v in _pushed(values, relation) if _true(relation.xreplace(dict(v)))), values)
    return values


def _true(relation: Relational) -> bool:
    if isinstance(relation, BooleanTrue | BooleanFalse):
        return bool(relation)
    if isinstance(relation, Eq):
        return bool(relation.lhs.equals(relation.rhs))
    decided = relation.doit()
    return isinstance(decided, BooleanTrue)
