"""Proposals for bounds on explicit sequences: steps at which they fail, and rules by which they may be proved."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from time import monotonic
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Integer, Rational, Symbol
from sympy.core.relational import Relational

from convergence.certificates import exact
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.signs import Facts, Undetermined, Unsupported
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected
from convergence.expressions import to_text
from convergence.rates.growth import used_symbols
from convergence.rates.points import points, satisfied

STEPS = (1, 2, 3, 5, 10, 20, 50, 100, 300, 1_000, 2_000)
POINTS = 30
SECONDS = 2.5


def failures(claim: Claim, sequence: Expr, bound: Expr, counter: Symbol, seed: int) -> Iterator[dict[str, Any]]:
    """Values and steps at which the bound seems to fail, the smallest step first; then failure for all large steps."""
    end = monotonic() + SECONDS
    chosen = list(islice(_points(claim, counter, seed), POINTS))
    for step in STEPS:
        for point in chosen if step <= 20 else chosen[:6]:
            if monotonic() > end:
                break
            if _allowed(claim, point, counter, step) and _above(sequence, bound, {**point, counter: Integer(step)}):
                yield {"values": _texts({**point, counter: Rational(_first(sequence, bound, point, counter, step))})}
    for point in chosen:
        yield {"values": _texts(point), "eventually": True}


def _points(claim: Claim, counter: Symbol, seed: int) -> Iterator[dict[Symbol, Rational]]:
    used = used_symbols(claim)
    declared = [entry for entry in claim.symbols.values() if entry.symbol in used]
    relations = [relation for relation in claim.relations if counter not in relation.free_symbols]
    return points(declared, relations, seed, most=400)


def _allowed(claim: Claim, point: dict[Symbol, Rational], counter: Symbol, step: int) -> bool:
    moving: list[Relational] = [relation for relation in claim.relations if counter in relation.free_symbols]
    return all(satisfied(relation, {**point, counter: Rational(step)}) for relation in moving)


def _first(sequence: Expr, bound: Expr, point: dict[Symbol, Rational], counter: Symbol, step: int) -> int:
    """The first failing step, by halving between the last step that was tried and this one."""
    low = max((earlier for earlier in STEPS if earlier < step), default=0)
    high = step
    while high - low > 1:
        middle = (low + high) // 2
        if _above(sequence, bound, {**point, counter: Integer(middle)}):
            high = middle
        else:
            low = middle
    return high


def _above(sequence: Expr, bound: Expr, point: dict[Symbol, Rational]) -> bool:
    values = {name: fmpq(int(value.p), int(value.q)) for name, value in point.items()}
    try:
        return bool(exact.ball(sequence, values, 128) > exact.ball(bound, values, 128))
    except (CertificateRejected, ValueError, TypeError, ZeroDivisionError, OverflowError):
        return False


def _texts(point: dict[Symbol, Rational]) -> dict[str, str]:
    return {name.name: str(value) for name, value in point.items()}


def proofs(sequence: Expr, bound: Expr, counter: Symbol) -> Iterator[dict[str, Any]]:
    """Rules, and smaller bounds to go through."""
    if not sequence.has(sympy.Sum, sympy.Product):
        yield {"rule": "direct"}
        return
    if sequence.has(sympy.Product):
        yield {"rule": "factors"}
        for through in (bound, bound.subs(counter, counter + 1)):
            yield {"rule": "exponential", "through": to_text(through)}
        return
    yield {"rule": "telescoping"}
    yield {"rule": "limit"}
    for through in _tails(sequence, bound, counter):
        yield {"rule": "telescoping", "through": to_text(through)}


def _tails(sequence: Expr, bound: Expr, counter: Symbol) -> Iterator[Expr]:
    """The bound less the tail of the sum, shifted a little: what remains of it usually telescopes."""
    try:
        expansion = Asymptotics(counter, Facts(terms=2)).expand(sequence - bound)
    except (Unsupported, Undetermined):
        return
    for coefficient, monomial in expansion.terms:
        if coefficient.atoms(sympy.Dummy) or monomial.exponent or monomial.q != 0 or monomial.r != 0:
            continue
        for offset in (Integer(0), Rational(1, 2), Integer(1)):
            yield bound + coefficient * (counter + offset) ** monomial.p
