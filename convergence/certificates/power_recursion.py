"""Recursions ``a[k+1] <= a[k] - c a[k]**q`` with c > 0 and q > 1, as for gradient descent on convex functions.

Lemma 4. If a >= 0, then ``a[k]**(1 - q) >= a[1]**(1 - q) + (q - 1) c (k - 1)``, so that a[k] = O(k**(-1/(q - 1))).
Proof: with p = q - 1 and x = c a[k]**p <= 1, ``a[k+1]**-p >= a[k]**-p (1 - x)**-p >= a[k]**-p (1 + p x)`` by Bernoulli.
With equality and 0 < c a[1]**p < 1 the terms stay positive and tend to zero, and ``(1 - x)**-p = 1 + p x + O(x**2)``
gives ``a[k] ~ ((q - 1) c k)**(-1/(q - 1))``. Source: Polyak (1987), Lemma 2.2.6.

Witness of a proof: nothing. Witness of a refutation: ``values`` of the parameters and ``start``, which is a[1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Dummy, Expr, Function, Rational
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from convergence.certificates import document, exact, growth, instances
from convergence.certificates.growth import Ask
from convergence.certificates.linear_recursion import FIRST, K, assumptions
from convergence.certificates.signs import Facts, by_cases
from convergence.errors import CertificateRejected
from convergence.expressions import parse_relation
from convergence.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Power:
    """``a[k+1] <= a[k] - c a[k]**q``: the constant, the exponent, and the hypotheses on a[1]."""

    name: str
    c: Expr
    q: Rational
    start: tuple[Relational, ...]

    @property
    def law(self) -> Expr:
        """What the sequence with equality is asymptotic to."""
        return ((self.q - 1) * self.c * K) ** (-1 / (self.q - 1))


def power(claim: Mapping[str, Any]) -> Power:
    """The normal form of the claim's recursion.

    Raises:
        CertificateRejected: if it is of another form, or nothing keeps the sequence nonnegative.
    """
    text = claim["recursion"]
    name = text.partition("[")[0].strip()
    (relation,) = parse_relation(text, document.names(claim), frozenset({name}))
    call, value = Function(name, real=True), Dummy("a", positive=True)
    drop = sympy.expand(value - relation.rhs.subs(call(K), value))
    c, rest = drop.as_independent(value, as_Add=False)
    base, q = rest.as_base_exp()
    if relation.lhs != call(K + 1) or base != value or not q.is_Rational or q <= 1 or drop.atoms(AppliedUndef):
        raise CertificateRejected(f"expected a right side that is linear in {name}[k], found {text}")
    if c.free_symbols & instances.COUNTER_SYMBOLS:
        raise CertificateRejected("expected a coefficient that is the same at every step")
    nonnegative, positive, start, other = assumptions(claim, call)
    if other or not nonnegative:
        raise CertificateRejected(f"expected the hypothesis {name}[k] >= 0, and no other but on {name}[1]")
    del positive
    return Power(name, c, q, start)


def applies(claim: Mapping[str, Any]) -> bool:
    """Whether the claim's recursion is of this form."""
    try:
        power(claim)
    except CertificateRejected:
        return False
    return True


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Compare the statement with the law of Lemma 4."""
    problem = power(claim)
    ask, stated = growth.stated_order(claim)
    if stated.free_symbols & instances.COUNTER_SYMBOLS - {K}:
        raise CertificateRejected("expected k as the only counter of a claim about a recursion")
    if ask is Ask.SAME_ORDER and witness.get("values") is None:
        raise CertificateRejected("an inequality gives no lower bound")
    if witness.get("values") is None:
        return _proved(claim, problem, ask, stated)
    return _refuted(claim, witness, problem, ask, stated)


def _proved(claim: Mapping[str, Any], problem: Power, ask: Ask, stated: Expr) -> Verdict:
    facts = instances.facts(claim, sequences=frozenset({problem.name}))
    if ask is Ask.LIMIT and stated != 0:
        raise CertificateRejected("the sequence tends to zero")
    if not facts.is_positive(problem.c):
        raise CertificateRejected(f"cannot see that {problem.c} > 0")
    for case, answer in by_cases(lambda case: growth.decide(problem.law, ask, stated, K, case), facts):
        if not answer:
            raise CertificateRejected(f"fails where {growth.describe(case)}")
    return Verdict.PROVED


def _refuted(claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Power, ask: Ask, stated: Expr) -> Verdict:
    relations = instances.relations_only(claim, frozenset({problem.name}))
    plain = tuple(relation for relation in relations if not relation.atoms(AppliedUndef))
    values = instances.satisfying(claim, witness["values"], plain)
    c, order = (instances.substituted(part, values) for part in (problem.c, stated))
    first = exact.to_fmpq(witness["start"])
    for relation in problem.start:
        if not exact.holds(relation, {**values, FIRST: first}):
            raise CertificateRejected(f"a[1] = {first} does not satisfy {relation}")
    start = Rational(int(first.p), int(first.q))
    below = sympy.Lt(c * start ** (problem.q - 1), 1, evaluate=False)
    if not (start > 0 and c.is_Rational and c > 0 and exact.holds(below, {})):
        raise CertificateRejected("expected 0 < c a[1]**(q - 1) < 1")
    law = Power(problem.name, c, problem.q, ()).law
    for _, answer in by_cases(lambda case: growth.decide(law, ask, order, K, case), Facts()):
        if answer:
            raise CertificateRejected("the statement holds at these values")
    return document.against(claim)
