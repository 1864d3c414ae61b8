"""Orders of growth and limits of an explicit sequence, and bounds on it that hold at every step.

Witness of a proof: nothing. Witness of a refutation: ``values`` of the parameters. `bounds` documents the witnesses for
bounds. Orders come from `asymptotics`, by cases of the parameters where the hypotheses leave signs open. An O-claim
concerns all large k; its constant may depend on the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import sympy
from sympy import Expr, Symbol

from convergence.certificates import bounds, document, instances, scale
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.signs import Facts, Unsupported, by_cases
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict


class Ask(StrEnum):
    """What is stated about a sequence; the value is the claim's key."""

    RATE = "rate"
    SAME_ORDER = "same_order"
    LIMIT = "limit"


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Re-derive the order, limit or bound that the claim states."""
    if "sequence" not in claim:
        raise CertificateRejected("expected a claim about an explicit sequence")
    if "bound" in claim:
        return bounds.check(claim, witness)
    ask, stated = stated_order(claim)
    sequence = document.expression(claim, claim["sequence"])
    counter = instances.counter_of(sequence, stated)
    try:
        return (
            _refuted(claim, witness, sequence, ask, stated, counter)
            if witness.get("values") is not None
            else _proved(claim, sequence, ask, stated, counter)
        )
    except Unsupported as reason:
        raise CertificateRejected(str(reason)) from None


def stated_order(claim: Mapping[str, Any]) -> tuple[Ask, Expr]:
    """What the claim asks about the sequence.

    Raises:
        CertificateRejected: if it states no rate, order or limit.
    """
    for ask in Ask:
        if ask.value in claim:
            return ask, document.expression(claim, claim[ask.value])
    raise CertificateRejected("expected a rate, an order or a limit")


def _proved(claim: Mapping[str, Any], sequence: Expr, ask: Ask, stated: Expr, counter: Symbol) -> Verdict:
    facts = instances.facts(claim)
    for case, answer in by_cases(lambda case: decide(sequence, ask, stated, counter, case), facts):
        if not answer:
            raise CertificateRejected(f"fails where {describe(case)}")
    return Verdict.PROVED


def _refuted(
    claim: Mapping[str, Any], witness: Mapping[str, Any], sequence: Expr, ask: Ask, stated: Expr, counter: Symbol
) -> Verdict:
    relations = instances.relations_only(claim)
    if not instances.lower_bounds_on(counter, relations):
        raise CertificateRejected("a hypothesis bounds the counter")
    of_parameters = tuple(item for item in relations if not item.free_symbols & instances.COUNTER_SYMBOLS)
    values = instances.satisfying(claim, witness["values"], of_parameters)
    fixed = [instances.substituted(item, values) for item in (sequence, stated)]
    if any(item.free_symbols - {counter} for item in fixed):
        raise CertificateRejected("expected a value for every parameter")
    for _, answer in by_cases(lambda case: decide(fixed[0], ask, fixed[1], counter, case), Facts()):
        if answer:
            raise CertificateRejected("the statement holds at these values")
    return document.against(claim)


def decide(sequence: Expr, ask: Ask, stated: Expr, counter: Symbol, facts: Facts) -> bool:
    """Whether a rate, order or limit is right in one case of the parameters.

    Raises:
        Undetermined, Unsupported: as `Asymptotics.expand`.
    """
    engine = Asymptotics(counter, facts)
    if ask is Ask.LIMIT:
        return tends_to_zero(engine.expand(sequence - stated), facts)
    order = engine.expand(stated)
    if order.order is None:
        terms = engine.expand(sequence)
        return terms.order is None or not scale.lead(magnitude(terms), facts)[0]
    sign, _, monomial = scale.lead(order, facts)
    if sign < 0:
        raise Unsupported("an order that is negative")
    return compare_with(engine.expand(sequence), monomial, ask, facts)


def tends_to_zero(difference: scale.Expansion, facts: Facts) -> bool:
    """Whether an expansion tends to zero."""
    if difference.order is None or difference.order.growth(facts) < 0:
        return True
    return scale.lead(magnitude(difference), facts)[2].growth(facts) < 0


def compare_with(sequence: scale.Expansion, order: scale.Monomial, ask: Ask, facts: Facts) -> bool:
    """Whether a sequence is O of a monomial, or of the same order."""
    if sequence.order is None:
        return ask is Ask.RATE
    if ask is Ask.RATE and scale.compare(sequence.order, order, facts) <= 0:
        return True
    relation = scale.compare(scale.lead(magnitude(sequence), facts)[2], order, facts)
    return relation <= 0 if ask is Ask.RATE else relation == 0


def magnitude(expansion: scale.Expansion) -> scale.Expansion:
    """The same up to the sign of a leading constant that is known not to be zero."""
    if not expansion.terms:
        return expansion
    (coefficient, monomial), *others = expansion.terms
    nonzero = [factor for factor in sympy.Mul.make_args(coefficient) if factor.is_Dummy and factor.is_nonzero]
    for name in nonzero:
        coefficient = coefficient.subs(name, sympy.Dummy("N", positive=True))
    return scale.Expansion(((coefficient, monomial), *others), expansion.rest)


def describe(case: Facts) -> str:
    """A case of the parameters in words of mathematics."""
    parts = [f"{name} = {value}" for name, value in case.values.items()]
    parts += [f"{expr} {'>' if strict else '>='} 0" for expr, strict in case.constraints]
    return ", ".join(parts) or "all parameters are allowed"
