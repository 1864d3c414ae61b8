"""Signs of expressions in parameters, decided exactly from domains and hypotheses, or not at all.

A sum is decided by linear arithmetic over its monomials: every monomial of positive symbols is a positive unknown,
every hypothesis a linear inequality between such unknowns, and `linear_arithmetic` shows that the opposite sign is
impossible. This is sound and incomplete: `Undetermined` names the expression whose sign is open, so that a proof
can go on by cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import sympy
from sympy import Dummy, Expr, Symbol
from sympy.core.relational import Relational

from convergence.certificates import exact
from convergence.certificates.linear_arithmetic import contradictory
from convergence.errors import CertificateRejected

MAX_QUERIES = 2_000
MAX_DEPTH = 7
PRECISIONS = (2, 5)
MAX_CASES = 60

Answer = TypeVar("Answer")


class Unsupported(CertificateRejected):
    """The procedure has no rule for this expression; the message says which part."""


class Undetermined(CertificateRejected):
    """The hypotheses do not fix the sign of `expression`; a proof may split into its three cases."""

    def __init__(self, expression: Expr) -> None:
        super().__init__(f"the sign of {expression} is not fixed by the hypotheses")
        self.expression = expression


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the parameters.

    Attributes:
        constraints: pairs (expression, strict): the expression is > 0 if strict, otherwise >= 0.
        values: symbols that a case has fixed, with the expressions that replace them.
        known: signs that were decided before.
        queries: how many signs have been asked for so far, over all cases.
        terms: how many terms expansions keep; what is dropped joins the remainder.
    """

    constraints: tuple[tuple[Expr, bool], ...] = ()
    values: Mapping[Symbol, Expr] = field(default_factory=dict)
    known: dict[Expr, int] = field(default_factory=dict)
    queries: list[int] = field(default_factory=lambda: [0])
    terms: int = 5

    def apply(self, expression: Expr) -> Expr:
        """The expression with the fixed symbols replaced."""
        return expression.subs(dict(self.values)) if self.values else expression

    def sign(self, expression: Expr) -> int:
        """-1, 0 or 1.

        Raises:
            Undetermined: if the hypotheses allow several signs, or this procedure cannot see that they do not.
            Unsupported: if the expression contains a constant of unknown sign, or too much was asked.
        """
        if expression.is_Rational:
            return int(bool(expression > 0)) - int(bool(expression < 0))
        if expression not in self.known:
            self.queries[0] += 1
            if self.queries[0] > MAX_QUERIES:
                raise Unsupported("too many comparisons")
            self.known[expression] = _sign(expression, self)
        return self.known[expression]

    def is_nonnegative(self, expression: Expr) -> bool:
        """Whether it is provably >= 0; False where that is not seen."""
        try:
            return self.sign(expression) >= 0
        except Undetermined:
            if isinstance(expression, sympy.log):
                return self.is_nonnegative(expression.args[0] - 1)
            numerator, denominator = sympy.fraction(sympy.together(expression))
            if denominator != 1 and self.is_positive(denominator):
                return _excluded(sympy.expand(numerator), self, strict=True)
            return _excluded(sympy.expand(expression), self, strict=True)
        except Unsupported:
            return False

    def is_nonzero(self, expression: Expr) -> bool:
        """Whether it is provably not 0; False where that is not seen."""
        try:
            return self.sign(expression) != 0
        except Undetermined:
            return _excluded(sympy.expand(expression**2), self, strict=False)
        except Unsupported:
            return False

    def is_positive(self, expression: Expr) -> bool:
        """Whether it is provably > 0; False where that is not seen."""
        try:
            return self.sign(expression) > 0
        except (Undetermined, Unsupported):
            return False

    def rules_out_negative(self, expression: Expr) -> bool:
        """Whether linear arithmetic over the monomials of an expanded expression shows that it is not negative."""
        return _excluded(expression, self, strict=True)

    def with_constraint(self, expression: Expr) -> Facts:
        """The facts together with ``expression >= 0``."""
        return replace(self, constraints=(*self.constraints, (expression, False)), known={})

    def assuming(self, expression: Expr, sign: int) -> Facts | None:
        """The facts of one case; None if the case is impossible.

        Raises:
            Unsupported: if a case of equality cannot be solved for a symbol.
        """
        if sign != 0:
            case = replace(self, constraints=(*self.constraints, (sign * expression, True)), known={})
            return case if case.feasible() else None
        return self._fixing(*_solved(expression, self))

    def _fixing(self, name: Symbol, value: Expr) -> Facts | None:
        constraints = [(_plain(expr.subs(name, value)), strict) for expr, strict in self.constraints]
        constraints += [(_plain(expr.subs(name, value)), strict) for expr, strict in domain_of(name)]
        kept = []
        for constraint, strict in constraints:
            if constraint.is_Rational:
                if constraint < 0 or (strict and constraint == 0):
                    return None
            else:
                kept.append((constraint, strict))
        values = {key: old.subs(name, value) for key, old in self.values.items()} | {name: value}
        case = replace(self, constraints=tuple(kept), values=values, known={})
        return case if case.feasible() else None

    def feasible(self) -> bool:
        """False only if the constraints contradict one another."""
        return not contradictory([(sympy.expand(expr), strict) for expr, strict in self.constraints])


def facts_of(relations: Sequence[Relational], symbols: Sequence[Symbol]) -> Facts:
    """The facts that hypotheses and domains give; relations that are no inequalities between numbers are left out.

    Leaving a hypothesis out is sound for proofs. Equations are solved for a symbol where that is possible.
    """
    constraints: list[tuple[Expr, bool]] = []
    equations: list[Expr] = []
    for relation in relations:
        difference = relation.lhs - relation.rhs
        match relation.rel_op:
            case ">" | ">=":
                constraints.append((_plain(difference), relation.rel_op == ">"))
            case "<" | "<=":
                constraints.append((_plain(-difference), relation.rel_op == "<"))
            case "==":
                equations.append(difference)
    constraints += [constraint for name in symbols for constraint in domain_of(name) if constraint[0] != name]
    facts = Facts(tuple((expr, strict) for expr, strict in constraints if not expr.is_Rational))
    for equation in equations:
        try:
            facts = facts.assuming(_plain(facts.apply(equation)), 0) or facts
        except Unsupported:
            continue
    return facts


def domain_of(name: Symbol) -> tuple[tuple[Expr, bool], ...]:
    """The constraints that a symbol's assumptions state."""
    if name.is_integer and name.is_positive:
        return ((name - 1, False),)
    if name.is_positive:
        return ((name, True),)
    return ((name, False),) if name.is_nonnegative else ()


def by_cases(decide: Callable[[Facts], Answer], facts: Facts) -> Iterator[tuple[Facts, Answer]]:
    """Every case that the decision needs, with its answer; together the cases cover the facts.

    Raises:
        Unsupported: if a case has no answer, or there are too many.
    """
    pending = [(facts, 0)]
    count = 0
    decide = by_precision(decide)
    while pending:
        case, depth = pending.pop()
        count += 1
        if count > MAX_CASES or depth > MAX_DEPTH:
            raise Unsupported("too many cases of the parameters")
        try:
            answer = decide(case)
        except Undetermined as open_sign:
            for sign in (1, 0, -1):
                narrower = case.assuming(open_sign.expression, sign)
                if narrower is not None:
                    pending.append((narrower, depth + 1))
            continue
        yield case, answer


def by_precision(decide: Callable[[Facts], Answer]) -> Callable[[Facts], Answer]:
    """Decide with short expansions first: they ask for fewer signs, and so split into fewer cases."""

    def decided(facts: Facts) -> Answer:
        for terms in PRECISIONS[:-1]:
            try:
                return decide(replace(facts, terms=terms))
            except Unsupported:
                continue
        return decide(replace(facts, terms=PRECISIONS[-1]))

    return decided


def _solved(expression: Expr, facts: Facts) -> tuple[Symbol, Expr]:
    numerator = sympy.numer(sympy.together(expression))
    for name in sorted(numerator.free_symbols, key=str):
        if isinstance(name, Dummy):
            continue
        polynomial = numerator.as_poly(name)
        if polynomial is None or polynomial.degree() != 1:
            continue
        slope, constant = polynomial.all_coeffs()
        if facts.is_nonzero(slope):
            return name, sympy.cancel(-constant / slope)
    raise Unsupported(f"cannot solve {expression} = 0 for a symbol")


def _plain(expression: Expr) -> Expr:
    """Without a denominator that is a product of positive things, so that it becomes linear in monomials."""
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if denominator.is_Rational or denominator.is_positive:
        return sympy.expand(numerator / (denominator if denominator.is_Rational else 1))
    return sympy.expand(expression)


def _sign(expression: Expr, facts: Facts) -> int:
    if not expression.free_symbols:
        return _number_sign(expression)
    if expression.is_Symbol:
        return _symbol_sign(expression, facts)
    if expression.is_Mul:
        return _product_sign(expression.args, facts)
    if expression.is_Pow:
        return _power_sign(expression, facts)
    if isinstance(expression, sympy.exp | sympy.gamma) and (
        isinstance(expression, sympy.exp) or facts.is_positive(expression.args[0])
    ):
        return 1
    if isinstance(expression, sympy.log):
        return facts.sign(expression.args[0] - 1)
    if isinstance(expression, sympy.Abs):
        return abs(facts.sign(expression.args[0]))
    if expression.is_Add:
        return _sum_sign(expression, facts)
    if expression.is_positive:
        return 1
    raise Unsupported(f"no rule for the sign of {expression}")


def _number_sign(expression: Expr) -> int:
    if expression.is_Add and sympy.expand(expression) == 0:
        return 0
    try:
        return exact._sign_by_balls(expression, {})
    except CertificateRejected as error:
        raise Unsupported(str(error)) from None


def _symbol_sign(name: Symbol, facts: Facts) -> int:
    if name.is_positive:
        return 1
    if isinstance(name, Dummy) and not name.is_nonnegative:
        raise Unsupported("the sign of a constant is not known")
    for sign in (1, -1):
        if _excluded(sign * name, facts, strict=False):
            return sign
    raise Undetermined(name)


def _product_sign(factors: Sequence[Expr], facts: Facts) -> int:
    signs = []
    for factor in sorted(factors, key=lambda item: (item.is_Add, sympy.default_sort_key(item))):
        signs.append(facts.sign(factor))
    result = 1
    for sign in signs:
        result *= sign
    return result


def _power_sign(power: Expr, facts: Facts) -> int:
    if power.exp.is_Integer and power.exp % 2 == 0 and power.base.is_real:
        return abs(facts.sign(power.base))
    base = facts.sign(power.base)
    if base > 0 or (power.exp.is_Integer and base < 0):
        return base
    if base == 0 and facts.is_positive(power.exp):
        return 0
    raise Unsupported(f"{power} may not be real")


def _sum_sign(expression: Expr, facts: Facts) -> int:
    joined = _quotient(expression)
    if joined is not None:
        return facts.sign(joined)
    joined = sympy.together(expression)
    numerator, denominator = sympy.fraction(joined)
    if joined == 0:
        return 0
    if denominator != 1 and not denominator.is_Rational:
        return facts.sign(sympy.expand(numerator)) * facts.sign(denominator)
    expanded = sympy.expand(expression)
    if expanded == 0:
        return 0
    if not expanded.is_Add:
        return facts.sign(expanded)
    for sign in (1, -1):
        if _excluded(sign * expanded, facts, strict=False):
            return sign
    factored = sympy.factor(expanded) if len(expanded.args) <= 12 else expanded
    if factored.is_Mul or factored.is_Pow:
        return facts.sign(factored)
    if any(isinstance(name, Dummy) and not name.is_positive for name in expanded.free_symbols):
        raise Unsupported("the sign of a constant is not known")
    raise Undetermined(expanded)


def _quotient(expression: Expr) -> Expr | None:
    """a**m - b**n for m log a - n log b with whole m and n: it has the same sign."""
    above = below = sympy.Integer(1)
    for term in sympy.Add.make_args(expression):
        factor, logarithm = term.as_coeff_Mul()
        if not isinstance(logarithm, sympy.log) or not factor.is_Integer or abs(factor) > 8:
            return None
        if factor > 0:
            above = above * logarithm.args[0] ** factor
        else:
            below = below * logarithm.args[0] ** -factor
    return above - below


def _excluded(expression: Expr, facts: Facts, *, strict: bool) -> bool:
    """Whether the constraints rule out ``expression <= 0`` (``< 0`` if strict)."""
    rows = [(sympy.expand(expr), positive) for expr, positive in facts.constraints]
    return contradictory([*rows, (sympy.expand(-expression), strict)])
