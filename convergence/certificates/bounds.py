"""Bounds on an explicit sequence that hold at every step, for all parameters.

Witness of a proof: ``rule`` and, where it helps, ``through``, a smaller bound that the proof goes through.

* ``direct``: sequence <= bound as an inequality between expressions without sums.
* ``telescoping``: bound - sequence is nonnegative at the first step and does not decrease.
* ``limit``: bound - sequence does not increase and tends to something nonnegative.
* ``factors``: a product of nonnegative factors is below the bound at the first step, and every factor is at most the
  quotient of consecutive bounds.
* ``exponential``: a product of factors 1 + x >= 0 is at most exp(sum of x), whose exponent is below the bound's
  logarithm by telescoping.

Witness of a refutation: ``values`` of the parameters, and of the counter; or ``eventually``, when the excess over
the bound is positive for all large steps by its expansion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Integer, Symbol

from convergence.certificates import document, exact, instances, scale
from convergence.certificates.asymptotics import Asymptotics, defined
from convergence.certificates.inequalities import at_most, nonnegative
from convergence.certificates.signs import Facts, Undetermined, Unsupported, by_cases
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

MAX_TERMS = 20_000


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Prove the bound by the given rule, or check the instance that violates it."""
    sequence = document.expression(claim, claim["sequence"])
    bound = document.expression(claim, claim["bound"])
    counter = instances.counter_of(sequence, bound)
    try:
        if witness.get("values") is not None:
            return _refuted(claim, witness, sequence, bound, counter)
        facts = instances.facts(claim, counters=True)
        sequence, bound = facts.apply(sequence), facts.apply(bound)
        if not defined(sequence, facts) or not defined(bound, facts):
            raise CertificateRejected("the sequence or the bound may not be defined at every step")
        through = facts.apply(document.expression(claim, witness["through"])) if witness.get("through") else bound
        instances.counter_of(sequence, bound, through)
        if through != bound and not (defined(through, facts) and at_most(through, bound, facts)):
            raise CertificateRejected(f"cannot see that {through} <= {bound}")
        rule = _RULES.get(witness.get("rule", "direct"))
        if rule is None:
            raise CertificateRejected(f"unknown rule {witness.get('rule')!r}")
        if not rule(sequence, through, counter, facts):
            raise CertificateRejected(f"the rule {witness.get('rule', 'direct')} does not apply")
        return Verdict.PROVED
    except (Unsupported, Undetermined) as reason:
        raise CertificateRejected(str(reason)) from None


# --- proofs


def _direct(sequence: Expr, bound: Expr, counter: Symbol, facts: Facts) -> bool:
    del counter
    if sequence.has(sympy.Sum, sympy.Product) or bound.has(sympy.Sum, sympy.Product):
        return False
    return at_most(sequence, bound, facts)


def _telescoping(sequence: Expr, bound: Expr, counter: Symbol, facts: Facts) -> bool:
    gap = bound - sequence
    return _starts_nonnegative(gap, counter, facts) and at_most(Integer(0), step_of(gap, counter), facts)


def _limit(sequence: Expr, bound: Expr, counter: Symbol, facts: Facts) -> bool:
    gap = bound - sequence
    if not at_most(step_of(gap, counter), Integer(0), facts):
        return False
    return all(answer for _, answer in by_cases(lambda case: _limit_nonnegative(gap, counter, case), facts))


def _limit_nonnegative(gap: Expr, counter: Symbol, facts: Facts) -> bool:
    expansion = Asymptotics(counter, facts).expand(gap)
    for coefficient, monomial in expansion.terms:
        growth = monomial.growth(facts)
        if growth < 0:
            return True
        if sign := facts.sign(coefficient):
            return sign > 0
    return expansion.rest is None or expansion.rest.growth(facts) < 0


def _factors(sequence: Expr, bound: Expr, counter: Symbol, facts: Facts) -> bool:
    coefficient, product = _only_product(sequence, counter)
    body, index, first = product
    following = body.subs(index, counter + 1)
    factor_facts = facts.with_constraint(index - first)
    if not facts.is_nonnegative(coefficient) or not nonnegative(body, factor_facts):
        return False
    begins = at_most(unrolled(sequence, counter, Integer(1)), bound.subs(counter, 1), facts)
    return begins and at_most(following * bound, bound.subs(counter, counter + 1), facts)


def _exponential(sequence: Expr, bound: Expr, counter: Symbol, facts: Facts) -> bool:
    coefficient, product = _only_product(sequence, counter)
    body, index, first = product
    if coefficient != 1 or not nonnegative(body, facts.with_constraint(index - first)) or not facts.is_positive(bound):
        return False
    exponent = sympy.Sum(sympy.expand(body - 1), (index, first, counter))
    logarithm = sympy.expand_log(sympy.log(bound))
    return _telescoping(exponent, logarithm, counter, facts)


_RULES: Mapping[str, Callable[[Expr, Expr, Symbol, Facts], bool]] = {
    "direct": _direct,
    "telescoping": _telescoping,
    "limit": _limit,
    "factors": _factors,
    "exponential": _exponential,
}


def _only_product(sequence: Expr, counter: Symbol) -> tuple[Expr, tuple[Expr, Symbol, Expr]]:
    """A sequence that is a constant times one product up to the counter."""
    coefficient, product = sequence.as_independent(counter, as_Add=False)
    if not isinstance(product, sympy.Product) or len(product.limits) != 1:
        raise Unsupported("not a product up to the counter")
    index, first, last = product.limits[0]
    if last != counter or not first.is_Integer or counter in product.function.free_symbols:
        raise Unsupported("a product with other limits than a whole number and the counter")
    return coefficient, (product.function, index, first)


def step_of(expression: Expr, counter: Symbol) -> Expr:
    """expression(n + 1) - expression(n), for expressions in which sums up to the counter occur linearly.

    Raises:
        Unsupported: if a sum remains in the difference.
    """
    sums = sorted(expression.atoms(sympy.Sum), key=str)
    if any(not _plain(item, counter) for item in sums) or expression.atoms(sympy.Product):
        raise Unsupported("a sum with other limits than a whole number and the counter")
    names = {item: sympy.Dummy("S") for item in sums}
    opaque = expression.xreplace(names)
    moved = {name: name + _last_summand(item, counter) for item, name in names.items()}
    difference = sympy.expand(opaque.subs(counter, counter + 1).subs(moved, simultaneous=True) - opaque)
    if difference.free_symbols & set(names.values()):
        raise Unsupported("a sum that is multiplied by something that changes from step to step")
    return difference


def _plain(item: Expr, counter: Symbol) -> bool:
    if len(item.limits) != 1:
        return False
    _, first, last = item.limits[0]
    whole = first.is_Integer and (last - counter).is_Integer
    return bool(whole and counter not in item.function.free_symbols and first <= (last - counter) + 2)


def _last_summand(item: Expr, counter: Symbol) -> Expr:
    index, _, last = item.limits[0]
    return item.function.subs(index, last + 1)


def _starts_nonnegative(gap: Expr, counter: Symbol, facts: Facts) -> bool:
    return at_most(Integer(0), unrolled(gap, counter, Integer(1)), facts)


def unrolled(expression: Expr, counter: Symbol, value: Expr) -> Expr:
    """The expression at one step, with its short sums and products written out."""
    fixed = expression.subs(counter, value)
    for item in sorted(fixed.atoms(sympy.Sum, sympy.Product), key=str):
        (index, first, last), *others = item.limits
        if others or not (first.is_Integer and last.is_Integer) or not -2 < last - first <= 20:
            raise Unsupported("a sum that cannot be written out")
        parts = [item.function.subs(index, place) for place in range(int(first), int(last) + 1)]
        fixed = fixed.xreplace({item: sympy.Add(*parts) if isinstance(item, sympy.Sum) else sympy.Mul(*parts)})
    return fixed


# --- refutations


def _refuted(
    claim: Mapping[str, Any], witness: Mapping[str, Any], sequence: Expr, bound: Expr, counter: Symbol
) -> Verdict:
    relations = instances.relations_only(claim)
    if witness.get("eventually"):
        return _above_eventually(claim, witness, sequence, bound, counter)
    values = instances.satisfying(claim, witness["values"], relations)
    step = values.get(counter)
    if step is not None and step > MAX_TERMS:
        raise CertificateRejected(f"expected a step of at most {MAX_TERMS}")
    if not exact.holds(sympy.Gt(sequence, bound, evaluate=False), {**values, counter: step or fmpq(1)}):
        raise CertificateRejected("the bound holds at these values")
    return document.against(claim)


def _above_eventually(
    claim: Mapping[str, Any], witness: Mapping[str, Any], sequence: Expr, bound: Expr, counter: Symbol
) -> Verdict:
    relations = instances.relations_only(claim)
    if not instances.lower_bounds_on(counter, relations):
        raise CertificateRejected("a hypothesis bounds the counter")
    of_parameters = tuple(item for item in relations if not item.free_symbols & instances.COUNTER_SYMBOLS)
    values = instances.satisfying(claim, witness["values"], of_parameters)
    excess = instances.substituted(sequence - bound, values)
    if excess.free_symbols - {counter}:
        raise CertificateRejected("expected a value for every parameter")
    for _, sign in by_cases(lambda case: scale.lead(Asymptotics(counter, case).expand(excess), case)[0], Facts()):
        if sign <= 0:
            raise CertificateRejected("the sequence does not stay above the bound")
    return document.against(claim)
