"""Exponentials, logarithms and powers against straight lines, inside linear arithmetic.

``exp(x) >= 1 + x``, ``1 - 1/x <= log(x) <= x - 1`` for x > 0, and Bernoulli's ``(1 + x)**r >= 1 + r x`` for x >= -1 and
r >= 1 or r <= 0, reversed for 0 <= r <= 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
from sympy import Expr, Symbol

from convergence.certificates.signs import Facts


def by_classical_bounds(expression: Expr, facts: Facts, *, strict: bool) -> bool:
    """Linear arithmetic with the classical bounds of the expression's transcendental parts as further hypotheses."""
    expression = _joined_logarithms(expression, facts)
    rows = list(_lemmas(expression, facts))
    if strict or not rows:
        return False
    names = {
        atom: Symbol(f"_t{count}", real=True) for count, atom in enumerate(dict.fromkeys(atom for _, atom in rows))
    }
    goal = _numerator(expression, names, facts)
    if goal is None:
        return False
    constraints = list(facts.constraints)
    constraints += [(name, facts.is_positive(atom)) for atom, name in names.items() if facts.is_nonnegative(atom)]
    for row, atom in rows:
        known = _numerator(row, names, facts)
        if known is not None:
            constraints += [
                (sympy.expand(known * factor), False) for factor in _cofactors(goal, known, names[atom], facts)
            ]
    return replace(facts, constraints=tuple(constraints), known={}).rules_out_negative(goal)


def _joined_logarithms(expression: Expr, facts: Facts) -> Expr:
    """``c log a - c log b`` as ``c log(a/b)``, for positive a and b."""
    grouped: dict[Expr, Expr] = {}
    rest = []
    for term in sympy.Add.make_args(sympy.expand(expression)):
        factor, logarithm = term.as_independent(sympy.log, as_Add=False)
        if not isinstance(logarithm, sympy.log) or not facts.is_positive(logarithm.args[0]):
            rest.append(term)
        elif -factor in grouped:
            grouped[-factor] = grouped[-factor] / logarithm.args[0]
        else:
            grouped[factor] = grouped.get(factor, sympy.Integer(1)) * logarithm.args[0]
    return sympy.Add(*rest, *(factor * sympy.log(inside) for factor, inside in grouped.items()))


def _numerator(expression: Expr, names: dict[Expr, Symbol], facts: Facts) -> Expr | None:
    numerator, denominator = sympy.fraction(sympy.together(expression.xreplace(names)))
    if denominator.free_symbols & set(names.values()) or not facts.is_positive(denominator):
        return None
    return sympy.expand(numerator)


def _lemmas(expression: Expr, facts: Facts) -> Iterator[tuple[Expr, Expr]]:
    """Pairs (something nonnegative, the atom that it bounds)."""
    for atom in sorted(expression.atoms(sympy.exp, sympy.log, sympy.Pow), key=str):
        if isinstance(atom, sympy.exp):
            yield atom - 1 - atom.args[0], atom
        elif isinstance(atom, sympy.log) and facts.is_positive(atom.args[0]):
            yield atom.args[0] - 1 - atom, atom
            yield atom - 1 + 1 / atom.args[0], atom
        elif atom.is_Pow and not atom.exp.is_Integer:
            yield from _bernoulli(atom, facts)


def _bernoulli(power: Expr, facts: Facts) -> Iterator[tuple[Expr, Expr]]:
    base, exponent = power.args
    if not facts.is_nonnegative(base) or (not facts.is_positive(base) and not facts.is_positive(exponent)):
        return
    line = 1 + exponent * (base - 1)
    if facts.is_nonnegative(exponent - 1) or facts.is_nonnegative(-exponent):
        yield power - line, power
    elif facts.is_nonnegative(exponent) and facts.is_nonnegative(1 - exponent):
        yield line - power, power


def _cofactors(goal: Expr, row: Expr, name: Symbol, facts: Facts) -> list[Expr]:
    """What a row must be multiplied by so that its transcendental part cancels the goal's, where that is positive."""
    slope, own = goal.coeff(name, 1), row.coeff(name, 1)
    factor = sympy.cancel(slope / own) if own != 0 else slope
    found = [sympy.Integer(1)]
    for candidate in (factor, -factor):
        if candidate.is_polynomial() and facts.is_positive(candidate):
            found.append(candidate)
    return found
