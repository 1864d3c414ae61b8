"""Choices of numbers for a claim's symbols: in their domains and ranges, with every relation satisfied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence.certificates import exact
from convergence.claims.claim import Claim, Declared
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.statements import Bound
from convergence.errors import CertificateRejected
from convergence.expressions import Domain

Values = Mapping[Symbol, fmpq]

MOST_TRIED = 2_000


def assignments(claim: Claim, most: int) -> Iterator[Values]:
    """At most so many, simplest numbers first."""
    used = [entry for entry in claim.symbols.values() if entry.symbol in _free(claim)]
    choices = [tuple(enumerate(_choices(entry))) for entry in used]
    ranked = sorted(islice(product(*choices), MOST_TRIED), key=lambda choice: sum(rank for rank, _ in choice))
    found = 0
    for choice in ranked:
        values = {entry.symbol: exact.to_fmpq(number) for entry, (_, number) in zip(used, choice, strict=True)}
        if found < most and _is_admissible(claim, values):
            found += 1
            yield values


def _free(claim: Claim) -> set[Symbol]:
    assert isinstance(claim.statement, Bound) and claim.method is not None
    expressions: list[Expr] = [claim.statement.value]
    expressions += [part for item in claim.given if isinstance(item, Hypothesis) for part in item.arguments]
    found = set().union(*(expression.free_symbols for expression in expressions))
    return found | set(claim.method.given) | set().union(*(relation.free_symbols for relation in claim.relations))


def _choices(entry: Declared) -> Sequence[Rational]:
    squares = (Rational(1), Rational(4), Rational(1, 4))  # steps such as 1/sqrt(L) stay rational
    if entry.range is not None:
        low, high = entry.range
        return tuple(dict.fromkeys((*(s for s in squares if low <= s <= high), high, low, (low + high) / 2)))
    match entry.domain:
        case Domain.NATURAL | Domain.INTEGER:
            return (Rational(1), Rational(2), Rational(5))
        case Domain.UNIT | Domain.FRACTION:
            return (Rational(1, 2), Rational(9, 10))
    return (*squares[:1], Rational(1, 10), *squares[1:])


def _is_admissible(claim: Claim, values: Values) -> bool:
    try:
        related = all(exact.holds(r, values) for r in claim.relations if r.free_symbols <= set(values))
        mu, L = (claim.constant(name) for name in ("strongly_convex", "smooth"))
        return related and (mu is None or L is None or exact.rational(mu, values) < exact.rational(L, values))
    except CertificateRejected:
        return False
