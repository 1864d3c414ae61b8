"""Inequalities for all values of their symbols: substitution, discriminants, squaring and four classical bounds.

Both sides are expressions in parameters and counters, the hypotheses linear in monomials:

* a symbol with a lower bound is replaced by the bound plus something nonnegative, denominators of known sign are
  cleared, and the sign is read from the monomials (`signs`);
* ``a x^2 + b x + c >= 0`` if ``a, c >= 0`` and ``4 a c >= b^2``;
* roots are removed by squaring where both sides are nonnegative;
* exponentials, logarithms and powers are compared with straight lines (`classical_bounds`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from convergence.certificates.asymptotics import defined
from convergence.certificates.classical_bounds import by_classical_bounds
from convergence.certificates.forms import is_semidefinite
from convergence.certificates.signs import Facts, Undetermined, Unsupported, domain_of

MAX_DEPTH = 3
MAX_PIECES = 4
MAX_PRODUCTS = 60
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
    strict = relation.rel_op in "<>"
    return all(at_most(low, high, case, strict=strict) for low, high, case in _pieces(left, right, facts))


def _pieces(left: Expr, right: Expr, facts: Facts, depth: int = MAX_PIECES) -> Iterator[tuple[Expr, Expr, Facts]]:
    """Both sides without absolute values, maxima and minima, in every case of their arguments."""
    found = sorted((left - right).atoms(sympy.Abs, sympy.Max, sympy.Min), key=str)
    inner = next((node for node in found if not node.args[0].atoms(sympy.Abs, sympy.Max, sympy.Min)), None)
    if inner is None or depth == 0:
        yield left, right, facts
        return
    for value, conditions in _values_of(inner):
        case = facts
        for condition in conditions:
            case = case.with_constraint(sympy.expand(condition))
        if case.feasible():
            yield from _pieces(left.xreplace({inner: value}), right.xreplace({inner: value}), case, depth - 1)


def _values_of(node: Expr) -> Iterator[tuple[Expr, list[Expr]]]:
    if isinstance(node, sympy.Abs):
        yield node.args[0], [node.args[0]]
        yield -node.args[0], [-node.args[0]]
        return
    for value in node.args:
        sign = 1 if isinstance(node, sympy.Max) else -1
        yield value, [sign * (value - other) for other in node.args if other != value]


def is_identity(difference: Expr) -> bool:
    """Whether an expression is zero as a rational function of its symbols, roots and powers."""
    if sympy.count_ops(difference) > MAX_OPERATIONS:
        return False
    expanded = sympy.expand(difference)
    if expanded == 0:
        return True
    return bool(sympy.cancel(sympy.together(sympy.powdenest(expanded))) == 0)


def follows_from_equations(relation: Relational, equations: list[Expr]) -> bool:
    """Whether a polynomial equation is a combination of polynomial equations that are given."""
    difference = relation.lhs - relation.rhs
    parts = [difference, *equations]
    names = sorted(set().union(*(part.free_symbols for part in parts)), key=str)
    if relation.rel_op != "==" or not equations or not names or any(not part.is_polynomial(*names) for part in parts):
        return False
    if any(sympy.count_ops(part) > MAX_OPERATIONS for part in parts):
        return False
    _, remainder = sympy.reduced(sympy.expand(difference), [sympy.expand(part) for part in equations], *names)
    return bool(remainder == 0)


def at_most(left: Expr, right: Expr, facts: Facts, *, strict: bool = False, depth: int = MAX_DEPTH) -> bool:
    """Whether ``left <= right`` (``<``) is proved wherever the facts hold and both sides are defined."""
    if nonnegative(right - left, facts, strict=strict, depth=depth):
        return True
    if not strict and depth > 0 and _same_power(left, right, facts, depth=depth - 1):
        return True
    if not strict and depth > 0 and _by_logarithms(left, right, facts):
        return True
    if depth == 0 or not (_rooted(left) or _rooted(right)):
        return False
    if _squares(left, right, facts, strict=strict, depth=depth):
        return True
    balanced = _balanced(right - left)
    return balanced != (left, right) and _squares(*balanced, facts, strict=strict, depth=depth)


def _same_power(left: Expr, right: Expr, facts: Facts, *, depth: int) -> bool:
    """``a**r <= b**r`` for positive a <= b and r >= 0, or a >= b and r <= 0."""
    if not (left.is_Pow and right.is_Pow and left.exp == right.exp):
        return False
    if not (facts.is_positive(left.base) and facts.is_positive(right.base)):
        return False
    if facts.is_nonnegative(left.exp):
        return at_most(left.base, right.base, facts, depth=depth)
    return facts.is_nonnegative(-left.exp) and at_most(right.base, left.base, facts, depth=depth)


def _by_logarithms(left: Expr, right: Expr, facts: Facts) -> bool:
    """Compare the logarithms of two products of positive powers and exponentials."""
    if not any(item.has(sympy.exp) or _has_power(item) for item in (left, right)):
        return False
    logarithms = [_logarithm(item, facts) for item in (left, right)]
    if logarithms[0] is None or logarithms[1] is None:
        return False
    return by_classical_bounds(sympy.expand(logarithms[1] - logarithms[0]), facts, strict=False)


def _has_power(expression: Expr) -> bool:
    return any(not power.exp.is_Rational for power in expression.atoms(sympy.Pow))


def _logarithm(expression: Expr, facts: Facts) -> Expr | None:
    total = sympy.Integer(0)
    for factor in sympy.Mul.make_args(expression):
        if isinstance(factor, sympy.exp):
            total = total + factor.args[0]
            continue
        base, exponent = factor.args if factor.is_Pow else (factor, sympy.Integer(1))
        if not facts.is_positive(base):
            return None
        total = total + exponent * sympy.log(base)
    return total


def _squares(left: Expr, right: Expr, facts: Facts, *, strict: bool, depth: int) -> bool:
    """Compare the squares of two sides that are not negative."""
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
    if by_classical_bounds(expression, facts, strict=strict):
        return True
    if not strict and is_semidefinite(shifted, inner):
        return True
    if not strict and _by_products(expression, facts):
        return True
    if _by_discriminant(shifted, inner, strict=strict, depth=depth - 1):
        return True
    return _by_endpoints(expression, facts, strict=strict, depth=depth - 1)


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


def _by_products(expression: Expr, facts: Facts) -> bool:
    """Linear arithmetic with the hypotheses times positive monomials that bring their terms to the goal's."""
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if not facts.is_positive(denominator):
        return False
    goal = sympy.expand(numerator)
    constraints = [sympy.expand(constraint) for constraint, _ in facts.constraints]
    wanted = [_monomial(term) for part in (goal, *constraints) for term in sympy.Add.make_args(part)]
    rows: dict[Expr, None] = {}
    for constraint in constraints:
        for own in sympy.Add.make_args(constraint):
            for other in wanted:
                factor = other / _monomial(own)
                if factor != 1 and factor.is_polynomial() and facts.is_nonnegative(factor):
                    rows[sympy.expand(constraint * factor)] = None
    if not 0 < len(rows) <= MAX_PRODUCTS:
        return False
    return replace(
        facts, constraints=(*facts.constraints, *((row, False) for row in rows)), known={}
    ).rules_out_negative(goal)


def _monomial(term: Expr) -> Expr:
    return term.as_coeff_Mul()[1]


def _by_discriminant(expression: Expr, facts: Facts, *, strict: bool, depth: int) -> bool:
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if not facts.is_positive(denominator):
        return False
    numerator = sympy.expand(numerator)
    for name in sorted(numerator.free_symbols, key=str):
        polynomial = numerator.as_poly(name)
        if polynomial is not None and polynomial.degree() == 4 and not any(polynomial.all_coeffs()[1::2]):
            square = Symbol(f"_{name}q", nonnegative=True)
            polynomial = sum(
                (c * square**j for j, c in enumerate(polynomial.all_coeffs()[::-2])), start=sympy.Integer(0)
            ).as_poly(square)
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


def _by_endpoints(expression: Expr, facts: Facts, *, strict: bool, depth: int) -> bool:
    """Something affine in a symbol is nonnegative between two ends if it is so where it is least."""
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if not facts.is_positive(denominator):
        return False
    numerator = sympy.expand(numerator)
    for name in sorted(numerator.free_symbols, key=str):
        polynomial = numerator.as_poly(name)
        if polynomial is None or polynomial.degree() != 1:
            continue
        slope = polynomial.all_coeffs()[0]
        sides = [side for side in (False, True) if not facts.is_nonnegative(-slope if side is False else slope)]
        ends = [_end(name, facts, upper=upper) for upper in sides]
        if ends and all(
            end is not None and nonnegative(numerator.subs(name, end), facts, strict=strict, depth=depth)
            for end in ends
        ):
            return True
    return False


def _end(name: Symbol, facts: Facts, *, upper: bool) -> Expr | None:
    """A bound on a symbol that some constraint gives."""
    for constraint, _ in facts.constraints:
        polynomial = constraint.as_poly(name)
        if polynomial is None or polynomial.degree() != 1:
            continue
        slope, offset = polynomial.all_coeffs()
        if facts.is_positive(-slope if upper else slope):
            return sympy.cancel(-offset / slope)
    return sympy.Integer(0) if not upper and name.is_nonnegative else None


# --- roots


def _rooted(expression: Expr) -> bool:
    return any(power.exp.is_Rational and power.exp.q == 2 for power in expression.atoms(sympy.Pow))


def _balanced(difference: Expr) -> tuple[Expr, Expr]:
    """Left and right side of ``0 <= difference`` without minus signs; a single root stands alone on its side."""
    terms = sympy.Add.make_args(sympy.expand(difference))
    roots = [term for term in terms if _rooted(term)]
    if len(roots) == 1:
        rest = sympy.expand(difference - roots[0])
        return (-roots[0], rest) if roots[0].as_coeff_Mul()[0] < 0 else (-rest, roots[0])
    left = sum((-term for term in terms if term.as_coeff_Mul()[0] < 0), start=sympy.Integer(0))
    return left, sympy.expand(difference + left)


def _squared(expression: Expr) -> Expr:
    return sympy.expand(expression**2)
