"""Searching values that satisfy hypotheses and violate a relation: small rationals, random ones, a solver's models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile
from time import monotonic
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.certificates import exact
from convergence.claims.claim import Declared
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain, below_one
from convergence.rates.points import points

SOLVER_MILLISECONDS = 1_500


def declared_counters(relations: Sequence[Relational]) -> list[Declared]:
    """The counters that relations use, as symbols to choose values for."""
    used = set().union(*(relation.free_symbols for relation in relations)) if relations else set()
    return [Declared(symbol=name, domain=Domain.NATURAL) for name in COUNTERS.values() if name in used]


def violations(
    symbols: Sequence[Declared], given: Sequence[Relational], stated: Sequence[Relational], seed: int, seconds: float
) -> Iterator[dict[Symbol, Rational]]:
    """Points that satisfy what is given and violate a stated relation; the exact checker has the last word.

    A search of less than a second leaves the solver out.
    """
    end = monotonic() + seconds
    domains = [entry.symbol < 1 for entry in symbols if below_one(entry.domain)]
    proposed = _until(points(symbols, [*given, *domains], seed), end)
    models = _models(symbols, [*given, *domains], stated) if seconds >= 1 else iter(())
    for point in chain(proposed, models):
        if any(_violated(relation, point) for relation in stated):
            yield point


def _until(proposed: Iterator[dict[Symbol, Rational]], end: float) -> Iterator[dict[Symbol, Rational]]:
    return takewhile(lambda _: monotonic() < end, proposed)


def _violated(relation: Relational, point: dict[Symbol, Rational]) -> bool:
    try:
        return not exact.holds(relation, {name: fmpq(int(v.p), int(v.q)) for name, v in point.items()})
    except (CertificateRejected, ValueError, TypeError, ZeroDivisionError, OverflowError):
        return False


# --- a solver's models of polynomial relations


def _models(
    symbols: Sequence[Declared], given: Sequence[Relational], stated: Sequence[Relational]
) -> Iterator[dict[Symbol, Rational]]:
    try:
        import z3  # type: ignore[import-untyped]
    except ImportError:
        return
    names = {entry.symbol: z3.Real(entry.symbol.name) for entry in symbols}
    translated = [_translated(relation, names) for relation in given]
    for relation in stated:
        goal = _translated(relation, names)
        if goal is None:
            continue
        solver = z3.Solver()
        solver.set("timeout", SOLVER_MILLISECONDS)
        solver.add(z3.Not(goal), *[item for item in translated if item is not None])
        for entry in symbols:
            solver.add(*_domain(entry, names[entry.symbol], z3))
        if solver.check() == z3.sat:
            yield from _near(solver.model(), symbols, names, z3)


def _domain(entry: Declared, name: Any, z3: Any) -> list[Any]:
    match entry.domain:
        case Domain.POSITIVE:
            return [name > 0]
        case Domain.NONNEGATIVE | Domain.UNIT:
            return [name >= 0]
        case Domain.FRACTION:
            return [name > 0, name < 1]
        case Domain.NATURAL:
            return [name >= 1, z3.IsInt(name)]
        case Domain.INTEGER:
            return [z3.IsInt(name)]
    return []


def _near(
    model: Any, symbols: Sequence[Declared], names: dict[Symbol, Any], z3: Any
) -> Iterator[dict[Symbol, Rational]]:
    for digits in (1, 2, 4, 8, 16):
        point = {}
        for entry in symbols:
            value = model.eval(names[entry.symbol], model_completion=True)
            if z3.is_rational_value(value):
                point[entry.symbol] = Rational(value.numerator_as_long(), value.denominator_as_long())
            else:
                middle = value.approx(20)
                exactly = Rational(middle.numerator_as_long(), middle.denominator_as_long())
                point[entry.symbol] = Rational(round(exactly * 10**digits), 10**digits)
        yield point


def _translated(relation: Relational, names: dict[Symbol, Any]) -> Any:
    """A relation between rational functions as a solver's formula, or None."""
    numerator, denominator = sympy.fraction(sympy.together(relation.lhs - relation.rhs))
    try:
        left = _polynomial(sympy.expand(numerator * denominator), names)
    except (TypeError, KeyError, sympy.PolynomialError):
        return None
    return {
        "<=": lambda: left <= 0,
        "<": lambda: left < 0,
        ">=": lambda: left >= 0,
        ">": lambda: left > 0,
        "==": lambda: left == 0,
    }[relation.rel_op]()


def _polynomial(expression: Expr, names: dict[Symbol, Any]) -> Any:
    import z3

    polynomial = sympy.Poly(expression, *names) if names else None
    if (
        polynomial is None
        or not all(value.is_Rational for value in polynomial.coeffs())
        or len(polynomial.terms()) > 80
    ):
        raise TypeError("not a polynomial with rational coefficients")
    total: Any = z3.RealVal(0)
    for powers, coefficient in polynomial.terms():
        term: Any = z3.RealVal(f"{coefficient.p}/{coefficient.q}")
        for name, power in zip(names.values(), powers, strict=True):
            for _ in range(power):
                term = term * name
        total = total + term
    return total
