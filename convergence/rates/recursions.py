"""Searching sequences that satisfy a recursion and violate what is claimed of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence.certificates import exact
from convergence.certificates.growth import Ask
from convergence.certificates.linear_recursion import FIRST, K, Linear, judge, solution
from convergence.certificates.power_recursion import Power
from convergence.certificates.signs import Facts, Undetermined, Unsupported, by_cases, by_precision
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected
from convergence.expressions import to_text
from convergence.rates.growth import Case, monomial_expression, parameters_of, used_symbols
from convergence.rates.points import points

STEPS = 300
POINTS = 40
_STARTS = ("1", "0", "2", "1/2", "10", "1/10", "1/100", "100", "-1")
_FORMULAS = ("-k", "-k**2", "-1", "-k**4", "0", "1", "-2**k", "1/k", "-1/k")


def judged(claim: Claim, problem: Linear, ask: Ask, stated: Expr) -> tuple[Case, ...]:
    """The statement about the largest solution, by cases of the parameters.

    Raises:
        Unsupported: if some case is not decided.
    """
    return tuple(
        Case(case, answer, order_text(problem, case))
        for case, answer in by_cases(lambda case: judge(problem, ask, stated, case), parameters_of(claim))
    )


def order_text(problem: Linear, facts: Facts) -> str:
    """The order of the largest solution in one case; empty where it is not known."""
    try:
        found = by_precision(lambda case: solution(problem, case))(facts)
    except (Unsupported, Undetermined):
        return ""
    if found.rapid:
        return ""
    monomial = found.leading[1] if found.leading else found.order
    return "0" if monomial is None else to_text(monomial_expression(monomial, K))


def witnesses(claim: Claim, problem: Linear, failing: tuple[Case, ...], seed: int) -> Iterator[dict[str, Any]]:
    """Proposals of violating sequences for a rate, an order or a limit, simplest first."""
    for point in islice(_points(claim, failing, seed), POINTS):
        values = {name.name: str(value) for name, value in point.items()}
        concrete = at(problem, point)
        for start in starts(concrete):
            if not problem.equation and not problem.nonnegative:
                yield from ({"values": values, "formula": text} for text in _FORMULAS)
                yield {"values": values, "falling": str(start)}
        yield from ({"values": values, "formula": text} for text in ("0", "1") if problem.nonnegative)
        for first in _first_terms(concrete):
            yield {"values": values, "start": [str(term) for term in first]}


def bound_witnesses(claim: Claim, problem: Linear, bound: Expr, seed: int) -> Iterator[dict[str, Any]]:
    """Proposals of first terms of which the last exceeds a bound."""
    for point in islice(_points(claim, (), seed), POINTS):
        values = {name.name: str(value) for name, value in point.items()}
        concrete, limit = at(problem, point), bound.subs(point)
        for start in starts(concrete, _above(limit)):
            steps = _steps_above(concrete, limit, start)
            if steps is not None:
                yield {"values": values, "start": [str(start)], "steps": steps}


def power_witnesses(claim: Claim, problem: Power, seed: int) -> Iterator[dict[str, Any]]:
    """Proposals of a small start from which equality follows the law of a recursion with a power."""
    for point in islice(_points(claim, (), seed), POINTS):
        values = {name.name: str(value) for name, value in point.items()}
        for start in ("1/2", "1/10", "1/1000", "1", "2"):
            yield {"values": values, "start": start}


def _points(claim: Claim, failing: tuple[Case, ...], seed: int) -> Iterator[dict[Symbol, Rational]]:
    relations = [r for r in claim.relations if not r.atoms(sympy.core.function.AppliedUndef)]
    used = used_symbols(claim)
    declared = [entry for entry in claim.symbols.values() if entry.symbol in used]
    for case in failing:
        inside = [sympy.Eq(name, value, evaluate=False) for name, value in case.facts.values.items()]
        for expression, strict in case.facts.constraints:
            inside.append((sympy.Gt if strict else sympy.Ge)(expression, 0, evaluate=False))
        yield from islice(points(declared, [*relations, *inside], seed), POINTS // 4)
    if not failing:
        yield from points(declared, relations, seed)


def at(problem: Linear, point: Mapping[Symbol, Rational]) -> Linear:
    """The recursion with values for its parameters."""
    return Linear(
        problem.call,
        problem.phi.subs(point),
        problem.forcing.subs(point),
        problem.equation,
        problem.nonnegative,
        problem.positive,
        tuple(relation.subs(point) for relation in problem.start),
        problem.other,
    )


def starts(problem: Linear, more: tuple[Rational, ...] = ()) -> list[Rational]:
    """Values of a[1] that the hypotheses allow, the ends of their range first."""
    ends = []
    for relation in problem.start:
        if relation in (sympy.true, sympy.false):
            continue
        solved = sympy.Poly(relation.lhs - relation.rhs, FIRST).all_coeffs()
        if len(solved) == 2 and all(value.is_Rational for value in solved):
            ends.append(-solved[1] / solved[0])
    values = [*more, *ends, *(Rational(text) for text in _STARTS)]
    if problem.nonnegative:
        values = [value for value in values if value >= 0]
    return [value for value in dict.fromkeys(values) if _starts_with(problem, value)]


def _starts_with(problem: Linear, value: Rational) -> bool:
    number = fmpq(int(value.p), int(value.q))
    try:
        return all(
            relation != sympy.false and (relation == sympy.true or exact.holds(relation, {FIRST: number}))
            for relation in problem.start
        )
    except CertificateRejected:
        return False


def _first_terms(problem: Linear) -> Iterator[list[Rational]]:
    """First terms up to the step from which the factor stays positive: zeros, or as large as allowed."""
    settled = _settled(problem)
    if settled is None:
        return
    for start in starts(problem):
        for fill in (False, True):
            terms = _filled(problem, start, settled, fill)
            if terms is not None:
                yield terms


def _filled(problem: Linear, start: Rational, length: int, fill: bool) -> list[Rational] | None:
    terms = [start]
    for index in range(1, length):
        right = problem.phi.subs(K, index) * terms[-1] + problem.forcing.subs(K, index)
        if not right.is_Rational:
            if problem.equation or not right.is_real:
                return None
            right = sympy.floor(right * 1_000) / 1_000
        small = not problem.equation and problem.nonnegative and not fill and index < length - 1
        after = Rational(0) if small and right >= 0 else right
        if problem.nonnegative and after < 0:
            return None
        terms.append(after)
    return terms


def _settled(problem: Linear) -> int | None:
    """The first step from which the factor looks positive and the forcing nonnegative."""
    last = 0
    for index in (*range(1, 80), 100, 1_000, 10_000):
        try:
            phi, forcing = (exact.ball(part, {K: fmpq(index)}, 64) for part in (problem.phi, problem.forcing))
        except CertificateRejected:
            return None
        if phi < 0 or forcing < 0 or not (phi > 0 or forcing > 0):
            last = index
    return last + 1 if last < 80 else None


def _above(limit: Expr) -> tuple[Rational, ...]:
    first = limit.subs(K, 1)
    return (sympy.floor(first) + 1,) if first.is_number and first.is_real else ()


def _steps_above(problem: Linear, bound: Expr, start: Rational) -> int | None:
    """After how many steps of the equation the bound is exceeded."""
    value = fmpq(int(start.p), int(start.q))
    try:
        for index in range(1, STEPS):
            limit = exact.ball(bound, {K: fmpq(index)}, 128)
            if limit < value:
                return index - 1
            phi, forcing = (exact.rational(part, {K: fmpq(index)}) for part in (problem.phi, problem.forcing))
            value = phi * value + forcing
            if problem.nonnegative and value < 0:
                return None
    except CertificateRejected:
        return None
    return None
