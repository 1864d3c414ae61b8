"""Inequalities for all values of their symbols: substitution, discriminants, squaring and four classical bounds.

Both sides are expressions in parameters and counters, the hypotheses linear in monomials:

* a symbol with a lower bound is replaced by the bound plus something nonnegative, denominators of known sign are
  cleared, and the sign is read from the monomials (`signs`);
* ``a x^2 + b x + c >= 0`` if ``a, c >= 0`` and ``4 a c >= b^2``;
* roots are removed by squaring where both sides are nonnegative;
* ``exp(x) >= 1 + x``, ``1 - 1/x <= log(x) <= x - 1``, and Bernoulli's ``(1 + x)^r >= 1 + r x`` for r >= 1 or r <= 0,
  reversed for 0 <= r <= 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from convergence.certificates.asymptotics import defined
from convergence.certificates.signs import Facts, Undetermined, Unsupported, domain_of

MAX_DEPTH = 3
MAX_OPERATIONS = 250


def true_everywhere(relation: Relational, facts: Facts) -> bool:
    """Whether a relation is proved for all values that the facts allow; False means only that it was not proved."""
    left, right = facts.apply(relation.lhs), facts.apply(relation.rhs)
    if not defined(left, facts) or not defined(right, facts):
        return False
    match relation.rel_op:
        case "==":
            return is_identity(left - right)
        case ">=" | ">":
            left, right = right, left
    return at_most(left, right, facts, strict=relation.rel_op in "<>")


def is_identity(difference: Expr) -> bool:
    """Whether an expression is zero as a rational function of its symbols, roots and powers."""
    if sympy.count_ops(difference) > MAX_OPERATIONS:
        return False
    expanded = sympy.expand(difference)
    if expanded == 0:
        return True
    return bool(sympy.cancel(sympy.together(sympy.powdenest(expanded))) == 0)


def at_most(left: Expr, right: Expr, facts: Facts, *, strict: bool = False, depth: int = MAX_DEPTH) -> bool:
    """Whether ``left <= right`` (``<``) is proved wherever the facts hold and both sides are defined."""
    if nonnegative(right - left, facts, strict=strict, depth=depth):
        return True
    if depth == 0 or not (_rooted(left) or _rooted(right)):
        return False
    if not nonnegative(right, facts, strict=False, depth=depth - 1):
        return False
    if nonnegative(-left, facts, strict=strict, depth=depth - 1):
        return True
    return nonnegative(left, facts, strict=False, depth=depth - 1) and at_most(
        _squared(left), _squared(right), facts, strict=strict, depth=depth - 1
    )


def nonnegative(expression: Expr, facts: Facts, *, strict: bool = False, depth: int = MAX_DEPTH) -> bool:
    """Whether an expression is proved nonnegative (positive) wherever the facts hold."""
    if sympy.count_ops(expression) > MAX_OPERATIONS:
        return False
    if _read_off(expression, facts, strict=strict):
        return True
    if depth == 0:
        return False
    shifted, inner = shift(expression, facts)
    if shifted != expression and _read_off(shifted, inner, strict=strict):
        return True
    if _by_lemmas(expression, facts, strict=strict):
        return True
    return _by_discriminant(shifted, inner, strict=strict, depth=depth - 1)


def _read_off(expression: Expr, facts: Facts, *, strict: bool) -> bool:
    try:
        sign = facts.sign(expression)
        return sign > 0 or (sign == 0 and not strict)
    except Undetermined:
        pass
    except Unsupported:
        return False
    if strict:
        return False
    if facts.is_nonnegative(expression):
        return True
    numerator, denominator = sympy.fraction(sympy.together(expression))
    numerator = sympy.factor(sympy.expand(numerator)) if sympy.count_ops(numerator) < 120 else numerator
    product = 1
    for factor in (*sympy.Mul.make_args(numerator), *sympy.Mul.make_args(denominator)):
        if factor.is_Pow and factor.exp.is_Integer and factor.exp % 2 == 0:
            continue
        if facts.is_nonnegative(factor):
            continue
        if facts.is_nonnegative(-factor):
            product = -product
            continue
        return False
    return product > 0


def shift(expression: Expr, facts: Facts) -> tuple[Expr, Facts]:
    """Replace every symbol that has a lower bound by the bound plus a nonnegative symbol."""
    constraints = list(facts.constraints)
    for count in range(6):
        found = _lower_bound(constraints, count)
        if found is None:
            break
        position, name, bound, fresh = found
        del constraints[position]
        rest = [(sympy.expand(expr.subs(name, bound + fresh)), strict) for expr, strict in constraints]
        rest += [(sympy.expand(expr.subs(name, bound + fresh)), strict) for expr, strict in domain_of(name)]
        constraints = [pair for pair in rest if not pair[0].is_Rational]
        expression = expression.subs(name, bound + fresh)
    return expression, replace(facts, constraints=tuple(constraints), known={})


def _lower_bound(constraints: list[tuple[Expr, bool]], count: int) -> tuple[int, Symbol, Expr, Symbol] | None:
    for position, (constraint, strict) in enumerate(constraints):
        for name in sorted(constraint.free_symbols, key=str):
            if name.name.startswith("_"):
                continue
            if constraint.coeff(name, 1) == 1 and name not in (bound := name - constraint).free_symbols:
                assumption = {"positive": True} if strict else {"nonnegative": True}
                return position, name, sympy.expand(bound), Symbol(f"_{name}{count}", **assumption)
    return None


def _by_discriminant(expression: Expr, facts: Facts, *, strict: bool, depth: int) -> bool:
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if not facts.is_positive(denominator):
        return False
    numerator = sympy.expand(numerator)
    for name in sorted(numerator.free_symbols, key=str):
        polynomial = numerator.as_poly(name)
        if polynomial is None or polynomial.degree() != 2:
            continue
        a, b, c = (sympy.expand(value) for value in polynomial.all_coeffs())
        gap = sympy.expand(4 * a * c - b**2)
        if (
            nonnegative(a, facts, strict=strict, depth=depth)
            and nonnegative(c, facts, depth=depth)
            and nonnegative(gap, facts, strict=strict, depth=depth)
        ):
            return True
    return False


# --- roots


def _rooted(expression: Expr) -> bool:
    return any(power.exp.is_Rational and power.exp.q == 2 for power in expression.atoms(sympy.Pow))


def _squared(expression: Expr) -> Expr:
    return sympy.expand(expression**2)


# --- classical bounds


def _by_lemmas(expression: Expr, facts: Facts, *, strict: bool) -> bool:
    rows = list(_lemmas(expression, facts))
    if not rows:
        return False
    expanded = sympy.expand(expression)
    scaled = [(sympy.expand(row * factor), False) for row, atom in rows for factor in _cofactors(expanded, atom, facts)]
    richer = replace(facts, constraints=(*facts.constraints, *scaled), known={})
    shifted, inner = shift(expanded, richer)
    return _read_off(expanded, richer, strict=strict) or _read_off(shifted, inner, strict=strict)


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


def _cofactors(expanded: Expr, atom: Expr, facts: Facts) -> list[Expr]:
    """What the atom is multiplied by in a sum, where that is positive."""
    found: list[Expr] = []
    for term in sympy.Add.make_args(expanded):
        if term.has(atom):
            factor = term / atom
            _, factor = factor.as_coeff_Mul()
            if not factor.has(atom) and facts.is_positive(factor):
                found.append(factor)
    return list(dict.fromkeys(found))
