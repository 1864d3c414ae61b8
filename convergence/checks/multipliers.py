"""Searching for the multipliers of a proof: nonnegative functions of the parameters, by a semidefinite program.

Each multiplier is sought as a combination, with nonnegative numbers, of monomials in the parameters, times at most one
of the stated relations, over at most one of the claim's denominators. Scaling laws that the claim obeys fix the
monomials' degrees. The numbers must make the goal minus the combination positive semidefinite at several values of the
parameters at once; the least sum of numbers is usually attained by few and simple ones, which are then rounded.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates.gram import Form
from convergence.certificates.signs import Facts
from convergence.certificates.vector_forms import to_form
from convergence.certificates.vector_steps import Step
from convergence.checks.multiplier_program import MOST_SOLVES, Array, Candidate, Program, Solver, Term
from convergence.checks.parameter_points import samples
from convergence.checks.scalings import scalings

Combination = list[tuple[tuple[int, ...], Expr]]
"""Numbers of facts that are multiplied with one another, with the multiplier of their product."""


SAMPLES, TESTS = 8, 60
ROUNDS = 5
MOST_MONOMIALS = 12
MOST_UNKNOWNS = 900
MOST_PRODUCTS = 60
MOST_STRICT = 30
PARTS = tuple(Fraction(1, n) for n in (1, 2, 4, 8, 16))
TINY = 1e-5
SIMPLE = sorted({Fraction(p, q) for q in (1, 2, 3, 4) for p in range(1, 13)} | {Fraction(n) for n in (16, 18, 24, 32)})


def has_norms(form: Form) -> bool:
    """Whether a form contains norms that are not squared."""
    return any("norm(" in name for key in form.terms for name in key)


def candidates(step: Step) -> list[Candidate]:
    """Every fact, and products of those that are not quadratic by themselves."""
    found = [_candidate(step, (place,)) for place in range(len(step.facts))]
    linear = [item.facts[0] for item in found if has_norms(item.form)]
    if linear:
        factors = [place for place in linear if _is_factor(step, place)]
        pairs = list(itertools.combinations_with_replacement(factors, 2))[:MOST_PRODUCTS]
        found += [_candidate(step, pair) for pair in pairs]
    return [item for item in found if item.form.terms]


def _is_factor(step: Step, place: int) -> bool:
    return all(len(monomial) <= 1 and (not monomial or len(monomial[0]) == 1) for monomial in _monomials(step, place))


def _monomials(step: Step, place: int) -> list[Any]:
    return list(step.facts[place].polynomial.terms)


def _candidate(step: Step, facts: tuple[int, ...]) -> Candidate:
    form = to_form(step.consequence(facts))
    applied = {key: step.conditions.apply(value) for key, value in form.terms.items()}
    kept = {key: value for key, value in applied.items() if sympy.expand(value) != 0}
    return Candidate(
        facts=facts,
        form=Form(kept),
        is_equation=any(step.facts[place].is_equation for place in facts),
        is_strict=all(step.facts[place].is_strict for place in facts),
    )


# --- the functions that a multiplier may combine


def terms(
    step: Step, goal: Form, given: Sequence[Candidate], parameters: Sequence[Symbol], *, rich: bool
) -> list[Term]:
    """What the multipliers may be sums of."""
    own = set(parameters)
    relations = [expr for expr, _ in step.conditions.constraints if not expr.is_Symbol and expr.free_symbols <= own]
    below = _denominators([goal, *(item.form for item in given)], step.conditions)
    laws = scalings([goal, *(item.form for item in given)], [*relations, *below])
    factors = [(Integer(1), 0.0)]
    if rich:
        factors += [(relation, 1.0) for relation in relations] + [(1 / part, 1.0) for part in below]
        factors += [(relation / part, 2.0) for relation in relations for part in below]
    powers = list(_exponents(parameters, step.conditions))
    wanted = laws.degree_of_form(goal)
    graded: dict[tuple[Fraction, ...], list[tuple[int, ...]]] = {}
    for exponents in powers:
        named = {str(name): Fraction(power) for name, power in zip(parameters, exponents, strict=True)}
        graded.setdefault(laws.degree(named), []).append(exponents)
    found = []
    for place, item in enumerate(given):
        degree = laws.degree_of_form(item.form)
        for factor, extra in factors:
            rest = tuple(a - b - c for a, b, c in zip(wanted, degree, laws.degree_of(factor), strict=True))
            for exponents in graded.get(rest, [])[:MOST_MONOMIALS]:
                monomial = sympy.Mul(*(name**power for name, power in zip(parameters, exponents, strict=True)))
                cost = 1 + extra + 0.2 * sum(map(abs, exponents)) + 0.5 * (len(item.facts) - 1)
                found.append(Term(candidate=place, function=factor * monomial, cost=float(cost)))
    return sorted(found, key=lambda term: term.cost)[:MOST_UNKNOWNS]


def _exponents(parameters: Sequence[Symbol], conditions: Facts) -> Iterator[tuple[int, ...]]:
    reach = 3 if len(parameters) <= 3 else 2 if len(parameters) <= 5 else 1
    ranges = [_range_of(name, conditions, reach) for name in parameters]
    yield from sorted(itertools.product(*ranges), key=lambda powers: (sum(map(abs, powers)), powers))


def _range_of(name: Symbol, conditions: Facts, reach: int) -> list[int]:
    if name.is_positive or conditions.is_positive(name):
        return list(range(-reach, reach + 1))
    if name.is_nonnegative or conditions.is_nonnegative(name):
        return list(range(reach + 1))
    return list(range(0, reach + 1, 2))


def _denominators(forms: Sequence[Form], conditions: Facts) -> list[Expr]:
    found: dict[Expr, None] = {}
    for form in forms:
        for value in form.terms.values():
            _, below = sympy.fraction(sympy.together(value))
            for factor in sympy.Mul.make_args(sympy.factor(below)):
                base, exponent = factor.as_base_exp()
                if base.is_Add and exponent.is_Integer and conditions.is_positive(base):
                    found |= {base**power: None for power in range(1, min(int(exponent), 4) + 1)}
    return list(found)[:4]


# --- the program


def combinations(
    step: Step, goal: Form, seed: int, *, rich: bool, wide: bool, strict: bool = False
) -> Iterator[Combination]:
    """Proposals of multipliers for (products of) facts; each must still be verified.

    Args:
        step: the claim.
        goal: what must not be negative.
        seed: of the values of parameters that are tried.
        rich: whether multipliers may contain the stated relations and the claim's denominators.
        wide: whether facts about norms that are not squared may be used.
        strict: whether the goal must be positive, so that something positive must be among the facts used.
    """
    goal = Form({key: step.conditions.apply(value) for key, value in goal.terms.items()})
    goal = Form({key: value for key, value in goal.terms.items() if sympy.expand(value) != 0})
    if not goal.terms:
        yield from () if strict else ([],)
        return
    given = [*candidates(step), _candidate(step, ())] if strict else candidates(step)
    given = given if wide else [item for item in given if not has_norms(item.form)]
    forms = [goal, *(item.form for item in given)]
    parameters = sorted(
        {name for form in forms for value in form.terms.values() for name in value.free_symbols}, key=str
    )
    unknowns = terms(step, goal, given, parameters, rich=rich)
    count = len(unknowns)
    if strict:
        unknowns += [term for term in unknowns if given[term.candidate].is_strict][:MOST_STRICT]
    points = samples(step.conditions, parameters, seed, SAMPLES + TESTS)
    if not points:
        return
    program = Program(goal, given, unknowns, points, parameters)
    if not program.blocks:
        return
    if strict:
        yield from _strict_proposals(program, given, unknowns, count)
        return
    if not program.failing({}):
        yield []
    for squares in (program.dominant, program.semidefinite):
        program.solves = MOST_SOLVES
        yield from _proposals(program, squares, given, unknowns, range(count), {})


def _strict_proposals(
    program: Program, given: Sequence[Candidate], unknowns: Sequence[Term], count: int
) -> Iterator[Combination]:
    """Hold some part of a positive term, a copy behind the first `count`, and look for the others beside it."""
    chosen, others = list(range(min(SAMPLES, len(program.blocks)))), list(range(count))
    for solve, place in itertools.product((program.dominant, program.semidefinite), range(count, len(unknowns))):
        program.solves = MOST_SOLVES
        if solve(others, chosen, {place: PARTS[-1]}) is None:
            continue
        for part in PARTS:
            program.solves = MOST_SOLVES
            yield from _proposals(program, solve, given, unknowns, others, {place: part})


def _proposals(
    program: Program,
    solve: Solver,
    given: Sequence[Candidate],
    unknowns: Sequence[Term],
    free: Sequence[int],
    held: Mapping[int, Fraction],
) -> Iterator[Combination]:
    """Solve at a few samples, round, test at all samples, and add those where the rounded numbers fail."""
    chosen = list(range(min(SAMPLES, len(program.blocks))))
    for _ in range(ROUNDS):
        found = solve(free, chosen, held)
        if found is None:
            return
        simple = _simplified(solve, found, chosen, held)
        failing = program.failing(simple)
        if not failing:
            yield _combined(given, unknowns, simple)
            return
        chosen += [place for place in failing if place not in chosen][:4]


def _simplified(
    solve: Solver, found: Array, chosen: Sequence[int], held: Mapping[int, Fraction]
) -> dict[int, Fraction]:
    """Fix the numbers one by one at simple ones nearby, and solve for the others again."""
    fixed: dict[int, Fraction] = dict(held)
    found = _sparse(solve, found, chosen, held)
    for _ in range(len(found)):
        left = [place for place in _support(found) if place not in fixed]
        if not left:
            break
        place = max(left, key=lambda item: abs(found[item]))
        rest = [other for other in left if other != place]
        for value in _nearby(float(found[place])):
            again = solve(rest, chosen, {**fixed, place: value})
            if again is not None:
                fixed[place], found = value, again
                break
        else:
            fixed[place] = Fraction(float(found[place])).limit_denominator(10_000)
    return {place: value for place, value in fixed.items() if value}


def _support(found: Array) -> list[int]:
    return [place for place in range(len(found)) if abs(found[place]) > TINY * max(1.0, np.abs(found).max())]


def _sparse(solve: Solver, found: Array, chosen: Sequence[int], held: Mapping[int, Fraction]) -> Array:
    """Leave out whatever can be left out, the smallest numbers first."""
    kept = [place for place in _support(found) if place not in held]
    for place in sorted(kept, key=lambda item: abs(found[item])):
        if place not in kept:
            continue
        again = solve([other for other in kept if other != place], chosen, held)
        if again is not None:
            found, kept = again, [other for other in _support(again) if other not in held]
    return found


def _nearby(value: float) -> list[Fraction]:
    size, sign = abs(value), 1 if value > 0 else -1
    close = Fraction(size).limit_denominator(60)
    exact = [close] if abs(float(close) - size) < 1e-5 * max(1.0, size) else []
    near = sorted(SIMPLE, key=lambda item: abs(log(float(item) / size)) + 0.3 * log(item.denominator))[:4]
    return [sign * item for item in dict.fromkeys([*exact, *near])]


def _combined(given: Sequence[Candidate], unknowns: Sequence[Term], found: Mapping[int, Fraction]) -> Combination:
    total: dict[tuple[int, ...], Expr] = {}
    for place, value in found.items():
        facts = given[unknowns[place].candidate].facts
        size = Rational(value.numerator, value.denominator)
        total[facts] = total.get(facts, Integer(0)) + size * unknowns[place].function
    return [(facts, sympy.factor(value)) for facts, value in total.items() if value != 0]
