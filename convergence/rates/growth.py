"""How an explicit sequence grows: by cases of its parameters, with the values that break a claim about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates import scale
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.growth import Ask, decide
from convergence.certificates.signs import Facts, Undetermined, Unsupported, by_cases, by_precision, facts_of
from convergence.claims.claim import Claim
from convergence.expressions import COUNTERS, below_one, to_text
from convergence.rates.points import points


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the parameters: what defines it, whether the statement holds there, and the true order."""

    facts: Facts
    holds: bool
    order: str

    @property
    def condition(self) -> str:
        """The case in mathematics, without what domains say anyway."""
        parts = [f"{to_text(name)} = {to_text(value)}" for name, value in self.facts.values.items()]
        strictly = {expression for expression, strict in self.facts.constraints if strict}
        parts += [
            _positivity(expression, strict)
            for expression, strict in self.facts.constraints
            if strict or expression not in strictly
        ]
        return " and ".join(part for part in parts if part)


def _positivity(expression: Expr, strict: bool) -> str:
    names = expression.free_symbols
    if expression.is_positive or any(isinstance(name, sympy.Dummy) for name in names):
        return ""
    if expression.is_Add and not strict and expression.args[0] == -1 and len(names) == 1 and names.pop().is_integer:
        return ""
    left = sum((term for term in sympy.Add.make_args(expression) if not _negative(term)), start=Integer(0))
    right = sum((-term for term in sympy.Add.make_args(expression) if _negative(term)), start=Integer(0))
    return f"{to_text(left)} {'>' if strict else '>='} {to_text(right)}"


def _negative(term: Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


def grouped(found: tuple[Case, ...]) -> list[str]:
    """The orders, each with the condition under which it is the sequence's."""
    orders = list(dict.fromkeys(case.order for case in found))
    if len(orders) == 1:
        return orders
    told = []
    for order in orders:
        own = tuple(case for case in found if case.order == order)
        condition = _common(own, tuple(case for case in found if case.order != order))
        told.append(f"{order} where {condition}" if condition else order)
    return told


def where_it_holds(found: tuple[Case, ...]) -> str:
    """The condition on the parameters under which the statement holds; empty where there is none."""
    own = tuple(case for case in found if case.holds)
    return _common(own, tuple(case for case in found if not case.holds)) if own else ""


def _common(own: tuple[Case, ...], others: tuple[Case, ...]) -> str:
    """What the cases have in common, if that excludes all others; otherwise each case by itself."""
    whole = [case for case in own if not case.facts.values] or list(own)
    shared = [pair for pair in whole[0].facts.constraints if all(pair in case.facts.constraints for case in whole)]
    if not whole[0].facts.values and all(_excludes(shared, case.facts) for case in others):
        apart = [case for case in own if case.facts.values and not _includes(shared, case.facts)]
        told = [Case(Facts(tuple(shared)), True, ""), *apart]
        return " or ".join(dict.fromkeys(case.condition for case in told if case.condition))
    return " or ".join(dict.fromkeys(case.condition for case in own if case.condition))


def _includes(shared: list[tuple[Expr, bool]], facts: Facts) -> bool:
    moved = [(facts.apply(expression), strict) for expression, strict in shared]
    return all(facts.is_positive(expr) if strict else facts.is_nonnegative(expr) for expr, strict in moved)


def _excludes(shared: list[tuple[Expr, bool]], facts: Facts) -> bool:
    moved = tuple((facts.apply(expression), strict) for expression, strict in shared)
    if any(expr.is_Rational and (expr < 0 or (strict and expr == 0)) for expr, strict in moved):
        return True
    kept = tuple(pair for pair in moved if not pair[0].is_Rational)
    return not replace(facts, constraints=(*facts.constraints, *kept)).feasible()


def parameters_of(claim: Claim) -> Facts:
    """What the claim says about its parameters, without the counters."""
    counters = set(COUNTERS.values())
    relations = [item for item in claim.relations if not item.free_symbols & counters]
    relations = [item for item in relations if not item.atoms(sympy.core.function.AppliedUndef)]
    used = [entry for entry in claim.symbols.values() if entry.symbol in used_symbols(claim)]
    below = [entry.symbol < 1 for entry in used if below_one(entry.domain)]
    return facts_of([*relations, *below], [entry.symbol for entry in used])


def cases(sequence: Expr, ask: Ask, stated: Expr, counter: Symbol, facts: Facts) -> tuple[Case, ...]:
    """The statement in every case of the parameters.

    Raises:
        Unsupported: if some case cannot be decided.
    """
    return tuple(
        Case(case, answer, order_text(sequence, counter, case))
        for case, answer in by_cases(lambda case: decide(sequence, ask, stated, counter, case), facts)
    )


def order_text(sequence: Expr, counter: Symbol, facts: Facts) -> str:
    """The smallest order that is known to bound the sequence, in the counter; empty where none is."""
    try:
        monomial = by_precision(lambda case: _order(sequence, counter, case))(facts)
        if monomial is None:
            return "0"
    except (Unsupported, Undetermined):
        return ""
    return to_text(monomial_expression(monomial, counter))


def _order(sequence: Expr, counter: Symbol, facts: Facts) -> scale.Monomial | None:
    expansion = Asymptotics(counter, facts).expand(sequence)
    try:
        return scale.lead(expansion, facts)[2] if expansion.terms else expansion.order
    except (Unsupported, Undetermined):
        return expansion.order


def monomial_expression(monomial: scale.Monomial, counter: Symbol) -> Expr:
    """A monomial of the scale as an expression."""
    logarithm = sympy.log(counter)
    exponent = sum((rate * counter**d * logarithm**e for (d, e), rate in monomial.exponent), start=Integer(0))
    powers = counter**monomial.p * logarithm**monomial.q * sympy.log(logarithm) ** monomial.r
    return sympy.exp(exponent) * powers


def breaking_points(claim: Claim, failing: tuple[Case, ...], seed: int) -> Iterator[dict[Symbol, Rational]]:
    """Values of the parameters that satisfy the hypotheses and lie in a failing case, or anywhere if none is known."""
    counters = set(COUNTERS.values())
    relations = [item for item in claim.relations if not item.free_symbols & counters]
    declared = [entry for entry in claim.symbols.values() if entry.symbol in used_symbols(claim)]
    if not failing:
        yield from points(declared, relations, seed)
    for case in failing:
        inside = [sympy.Eq(name, value, evaluate=False) for name, value in case.facts.values.items()]
        inside += [
            sympy.Gt(e, 0, evaluate=False) if s else sympy.Ge(e, 0, evaluate=False) for e, s in case.facts.constraints
        ]
        inside = [item for item in inside if not item.free_symbols & counters]
        yield from points(declared, [*relations, *inside], seed)


def used_symbols(claim: Claim) -> set[Symbol]:
    """The symbols that the claim's subject, statement and hypotheses use."""
    found: set[Symbol] = set()
    subject = claim.subject
    for holder in (subject, claim.statement, *claim.given):
        for name in ("expression", "relation", "order", "value"):
            part = getattr(holder, name, None)
            if isinstance(part, sympy.Basic):
                found |= part.free_symbols
        if isinstance(holder, sympy.Basic):
            found |= holder.free_symbols
        for part in getattr(holder, "relations", ()) or ():
            found |= part.free_symbols
    return found
