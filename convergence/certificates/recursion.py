"""Recursions ``a[k+1] <= phi(k) a[k] + d(k)``, k >= 1: limits, orders and bounds of every sequence that satisfies them.

An O-claim is read as ``|a[k]| <= C order(k)`` for all large k, C depending on the sequence and the parameters.

Lemmas 1 and 2 stand in `linear_recursion`.

Lemma 3. Without a lower bound on a, ``a[k+1] = min(phi(k) a[k] + d(k), -(k + 1) (1 + order(k + 1)))`` satisfies the
inequality.

Witness of a proof: nothing; for a bound, an optional ``through``: a smaller bound that is inductive. Witness of a
refutation: ``values`` of the parameters and one of ``start`` (a[1], ..., a[m] as rationals, continued with equality;
``steps`` more of them are computed), ``formula`` (a[k] for all k), or ``falling`` (a[1], continued by Lemma 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from convergence.certificates import document, exact, growth, instances, power_recursion
from convergence.certificates.asymptotics import defined
from convergence.certificates.bounds import unrolled
from convergence.certificates.growth import Ask
from convergence.certificates.inequalities import at_most, nonnegative
from convergence.certificates.linear_recursion import FIRST, K, Linear, judge, linear
from convergence.certificates.signs import Facts, Unsupported, by_cases
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

MAX_START = 2_000
_SMALLER = {"<=": 1, "<": 1, ">=": -1, ">": -1}


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Re-derive what every sequence of the claim's recursion does, or check a sequence that violates the statement."""
    if "recursion" not in claim:
        raise CertificateRejected("expected a claim about a recursion")
    if power_recursion.applies(claim):
        return power_recursion.check(claim, witness)
    problem = linear(claim)
    for key in ("rate", "same_order", "limit", "bound"):
        if key in claim and document.expression(claim, claim[key]).free_symbols & instances.COUNTER_SYMBOLS - {K}:
            raise CertificateRejected("expected k as the only counter of a claim about a recursion")
    try:
        if witness.get("values") is not None:
            return _refuted(claim, witness, problem)
        return _bounded(claim, witness, problem) if "bound" in claim else _proved(claim, problem)
    except Unsupported as reason:
        raise CertificateRejected(str(reason)) from None


def _proved(claim: Mapping[str, Any], problem: Linear) -> Verdict:
    ask, stated = growth.stated_order(claim)
    name = frozenset({problem.call.__name__})
    facts = instances.facts(claim, sequences=name)
    _require_defined(problem, instances.facts(claim, counters=True, sequences=name))
    if ask is Ask.SAME_ORDER and not problem.equation:
        raise CertificateRejected("an inequality gives no lower bound")
    if not problem.equation and not problem.nonnegative:
        raise CertificateRejected(
            "the inequality bounds the sequence from above only, and nothing bounds it from below"
        )
    if ask is Ask.LIMIT and not problem.equation and facts.apply(stated) != 0:
        raise CertificateRejected("an inequality gives no limit but zero")
    for case, answer in by_cases(lambda case: judge(problem, ask, stated, case), facts):
        if not answer:
            raise CertificateRejected(f"fails where {growth.describe(case)}")
    return Verdict.PROVED


def _require_defined(problem: Linear, facts: Facts) -> None:
    if not defined(problem.phi, facts) or not defined(problem.forcing, facts):
        raise CertificateRejected("the right side may not be defined for every k >= 1")


# --- bounds


def _bounded(claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Linear) -> Verdict:
    """Induction: the bound (or `through`) holds at k = 1 and is kept by every step."""
    bound = document.expression(claim, claim["bound"])
    through = document.expression(claim, witness["through"]) if witness.get("through") else bound
    facts = instances.facts(claim, counters=True, sequences=frozenset({problem.call.__name__}))
    bound, through = facts.apply(bound), facts.apply(through)
    phi, forcing = facts.apply(problem.phi), facts.apply(problem.forcing)
    _require_defined(problem, facts)
    if not defined(bound, facts) or not defined(through, facts):
        raise CertificateRejected("the bound may not be defined for every k >= 1")
    first = unrolled(through, K, sympy.Integer(1))
    if not any(_keeps_below(r, first, facts) for r in problem.start):
        raise CertificateRejected("no hypothesis keeps a[1] below the bound at k = 1")
    if through != bound and not at_most(through, bound, facts):
        raise CertificateRejected(f"cannot see that {through} <= {bound} for all k")
    through, following = _repeated(through, facts)
    if not at_most(phi * through + forcing, following, facts):
        raise CertificateRejected("the bound is not kept by every step")
    if not nonnegative(phi, facts) and not (
        not problem.equation and problem.nonnegative and at_most(forcing, following, facts)
    ):
        raise CertificateRejected("a factor may be negative")
    return Verdict.PROVED


def _repeated(bound: Expr, facts: Facts) -> tuple[Expr, Expr]:
    """A bound at k and at k + 1, with its product up to k written as one nonnegative symbol."""
    products = sorted(bound.atoms(sympy.Product), key=str)
    if not products:
        return bound, bound.subs(K, K + 1)
    (index, first, last), *others = products[0].limits
    factor = products[0].function
    whole = first.is_Integer and (last - K).is_Integer and K not in factor.free_symbols
    if len(products) > 1 or others or not whole or not nonnegative(factor, facts.with_constraint(index - first)):
        raise Unsupported("a bound with other products than one of nonnegative factors up to k")
    name = Symbol("_P", nonnegative=True)
    opaque = bound.xreplace({products[0]: name})
    return opaque, opaque.subs(K, K + 1).subs(name, name * factor.subs(index, last + 1))


def _keeps_below(relation: Relational, bound: Expr, facts: Facts) -> bool:
    """Whether a hypothesis such as a[1] <= A implies a[1] <= bound."""
    difference = sympy.expand(relation.lhs - relation.rhs)
    slope = difference.coeff(FIRST, 1)
    if not slope.is_Rational or slope == 0 or FIRST in sympy.expand(difference - slope * FIRST).free_symbols:
        return False
    limit = FIRST - difference / slope
    upper = relation.rel_op == "==" or (_SMALLER[relation.rel_op] * slope > 0)
    return bool(upper) and at_most(sympy.expand(limit), bound, facts)


# --- sequences that violate the statement


def _refuted(claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Linear) -> Verdict:
    name = frozenset({problem.call.__name__})
    relations = instances.relations_only(claim, name)
    plain = tuple(r for r in relations if not r.atoms(AppliedUndef))
    values = instances.satisfying(claim, witness["values"], plain)
    if problem.other:
        raise CertificateRejected(f"cannot check the hypothesis {problem.other[0]}")
    fixed = Linear(
        problem.call,
        instances.substituted(problem.phi, values),
        instances.substituted(problem.forcing, values),
        problem.equation,
        problem.nonnegative,
        problem.positive,
        tuple(r.subs({key: _rational(value) for key, value in values.items()}) for r in problem.start),
        (),
    )
    if (fixed.phi.free_symbols | fixed.forcing.free_symbols) - {K}:
        raise CertificateRejected("expected a value for every parameter")
    _require_defined(fixed, _all_steps())
    if "bound" in claim:
        return _above_bound(claim, witness, fixed, values)
    ask, stated = growth.stated_order(claim)
    stated = instances.substituted(stated, values)
    if stated.free_symbols - {K}:
        raise CertificateRejected("expected a value for every parameter")
    if witness.get("falling"):
        return _falling(claim, fixed, witness)
    if witness.get("formula") is not None:
        return _formula(claim, witness, fixed, ask, stated)
    return _started(claim, witness, fixed, ask, stated)


def _rational(value: fmpq) -> Rational:
    return Rational(int(value.p), int(value.q))


def _all_steps(first: int = 1) -> Facts:
    return Facts(((K - first, False),))


def _falling(claim: Mapping[str, Any], problem: Linear, witness: Mapping[str, Any]) -> Verdict:
    if problem.equation or problem.nonnegative:
        raise CertificateRejected("the sequence is bounded from below")
    _check_start(problem, exact.to_fmpq(witness["falling"]))
    return document.against(claim)


def _check_start(problem: Linear, value: fmpq) -> None:
    for relation in problem.start:
        if not exact.holds(relation, {FIRST: value}):
            raise CertificateRejected(f"a[1] = {value} does not satisfy {relation}")


def _formula(claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Linear, ask: Ask, stated: Expr) -> Verdict:
    """A sequence given for all k: it satisfies the recursion at every step and has another order or limit."""
    sequence = document.expression(claim, witness["formula"])
    if sequence.free_symbols - {K}:
        raise CertificateRejected("expected a formula in k alone")
    facts = _all_steps()
    if not defined(sequence, facts):
        raise CertificateRejected(f"{sequence} may not be defined for every k >= 1")
    slack = problem.phi * sequence + problem.forcing - sequence.subs(K, K + 1)
    kept = sympy.cancel(sympy.together(slack)) == 0 if problem.equation else nonnegative(slack, facts)
    if not kept:
        raise CertificateRejected(f"cannot see that {sequence} satisfies the recursion for every k >= 1")
    if problem.nonnegative and not nonnegative(sequence, facts, strict=problem.positive):
        raise CertificateRejected(f"cannot see that {sequence} is nonnegative")
    _check_start(problem, exact.rational(sequence, {K: fmpq(1)}))
    for _, answer in by_cases(lambda case: growth.decide(sequence, ask, stated, K, case), Facts()):
        if answer:
            raise CertificateRejected("the formula does not violate the statement")
    return document.against(claim)


def _started(claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Linear, ask: Ask, stated: Expr) -> Verdict:
    """First terms that are given, then equality for ever."""
    terms = _checked_terms(witness, problem)
    facts = _all_steps(len(terms))
    moved = nonnegative(problem.forcing, facts, strict=True)
    kept = nonnegative(problem.phi, facts, strict=True) and nonnegative(problem.forcing, facts)
    if not kept and not (moved and nonnegative(problem.phi, facts)):
        raise CertificateRejected(
            f"cannot see that the factor is positive and the forcing nonnegative from k = {len(terms)}"
        )
    if terms[-1] < 0:
        raise CertificateRejected("expected a last given term that is not negative")
    if terms[-1] == 0 and not moved:
        raise CertificateRejected("the sequence may be zero for ever")
    for _, answer in by_cases(lambda case: judge(problem, ask, stated, case), Facts()):
        if answer:
            raise CertificateRejected("the statement holds at these values")
    return document.against(claim)


def _checked_terms(witness: Mapping[str, Any], problem: Linear) -> list[fmpq]:
    """The given first terms, after checking every hypothesis and every step between them."""
    terms = [exact.to_fmpq(value) for value in witness["start"]]
    if not 1 <= len(terms) + int(witness.get("steps", 0)) <= MAX_START or not terms:
        raise CertificateRejected(f"expected 1 to {MAX_START} first terms")
    for index in range(len(terms), len(terms) + int(witness.get("steps", 0))):
        phi, forcing = (exact.rational(part, {K: fmpq(index)}) for part in (problem.phi, problem.forcing))
        terms.append(phi * terms[-1] + forcing)
    _check_start(problem, terms[0])
    for index, (now, after) in enumerate(pairwise(terms), 1):
        relation = sympy.Eq if problem.equation else sympy.Le
        right = problem.phi.subs(K, index) * _rational(now) + problem.forcing.subs(K, index)
        if not exact.holds(relation(_rational(after), right, evaluate=False), {}):
            raise CertificateRejected(f"a[{index + 1}] = {after} does not satisfy the recursion")
    if problem.nonnegative and any(value < 0 or (problem.positive and value == 0) for value in terms):
        raise CertificateRejected("a term is negative, or zero where the hypotheses ask for positive terms")
    return terms


def _above_bound(
    claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Linear, values: Mapping[Symbol, fmpq]
) -> Verdict:
    """First terms of which the last exceeds the bound, and which can be continued."""
    terms = _checked_terms(witness, problem)
    last = len(terms)
    bound = document.expression(claim, claim["bound"])
    if not exact.holds(sympy.Lt(bound, _rational(terms[-1]), evaluate=False), {**values, K: fmpq(last)}):
        raise CertificateRejected(f"a[{last}] does not exceed the bound")
    if problem.nonnegative and not _continues(problem, terms):
        raise CertificateRejected("cannot see that the sequence continues with nonnegative terms")
    return document.against(claim)


def _continues(problem: Linear, terms: list[fmpq]) -> bool:
    """Whether nonnegative terms can follow: by equality for ever, or by zeros."""
    facts = _all_steps(len(terms))
    if not nonnegative(problem.forcing, facts, strict=problem.positive):
        return False
    if nonnegative(problem.phi, facts):
        return True
    right = problem.phi.subs(K, len(terms)) * _rational(terms[-1]) + problem.forcing.subs(K, len(terms))
    reaches = exact.holds(sympy.Ge(right, 0, evaluate=False), {})
    return reaches and not problem.equation and not problem.positive
