"""The normal form of a linear recursion, and how its largest solution grows.

Lemma 1 (variation of constants). If phi > 0 and d >= 0 from k0 on, then a[n+1] is at most
``P(n) (C + sum of d(j)/P(j) for j <= n)`` with ``P(n) = product of phi(i)`` over k0 <= i <= n and C fixed by a[k0];
equality in the recursion gives equality. Proof: divide the recursion by P(k). Where phi <= 0 and a >= 0,
a[k+1] <= d(k). Chung's three regimes (1954, Lemma 1; Polyak 1987, Lemma 2.2.4) are the case phi = 1 - beta/k and
d = gamma/k^2.

Lemma 2 (Chung 1954, Lemma 4). If 0 < c(k) = 1 - phi(k) < 1 from some k on, ``k c(k)`` tends to infinity, and d(k) is
asymptotic to a constant times k^p log^q k, then every solution of the equation is asymptotic to d(k)/c(k). Proof: with
u the leading term of d/c, b = a/u satisfies ``b[k+1] - 1 = (1 - c (1 + o(1))) (b[k] - 1) + o(c)``, because
u(k)/u(k+1) = 1 + O(1/k), and the sum of c diverges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Dummy, Expr, Function, Integer, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from convergence.certificates import document, instances, scale
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.growth import Ask
from convergence.certificates.scale import Monomial
from convergence.certificates.signs import Facts, Unsupported
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, parse_relation

K = COUNTERS["k"]


@dataclass(frozen=True, slots=True)
class Linear:
    """``a[k+1] <= phi a[k] + forcing`` with what is assumed about the sequence.

    Attributes:
        call: the sequence as a function.
        equation: whether the recursion holds with equality.
        nonnegative, positive: whether a[k] >= 0, a[k] > 0 is assumed for all k.
        start: assumed relations on a[1], with a[1] written as `FIRST`.
        other: assumed relations on the sequence of any other form.
    """

    call: Any
    phi: Expr
    forcing: Expr
    equation: bool
    nonnegative: bool
    positive: bool
    start: tuple[Relational, ...]
    other: tuple[Relational, ...]


FIRST = Symbol("a_1", real=True)


def linear(claim: Mapping[str, Any]) -> Linear:
    """The normal form of the claim's recursion.

    Raises:
        CertificateRejected: if the right side is not linear in a[k] alone.
    """
    text = claim["recursion"]
    name = text.partition("[")[0].strip()
    (relation,) = parse_relation(text, document.names(claim), frozenset({name}))
    call = Function(name, real=True)
    if relation.lhs != call(K + 1) or relation.rel_op not in ("<=", "=="):
        raise CertificateRejected(f"expected {name}[k+1] <= ... or == ..., found {text}")
    if relation.rhs.free_symbols & instances.COUNTER_SYMBOLS - {K}:
        raise CertificateRejected("expected k as the only counter of a recursion")
    value = Dummy("a")
    right = relation.rhs.subs(call(K), value)
    if right.atoms(AppliedUndef):
        raise CertificateRejected(f"expected only {name}[k] on the right of {text}")
    phi, forcing = right.diff(value), right.subs(value, 0)
    if value in sympy.expand(phi).free_symbols:
        raise CertificateRejected(f"expected a right side that is linear in {name}[k], found {text}")
    nonnegative, positive, start, other = assumptions(claim, call)
    equation = relation.rel_op == "=="
    return Linear(call, sympy.expand(phi), sympy.expand(forcing), equation, nonnegative, positive, start, other)


def assumptions(
    claim: Mapping[str, Any], call: Any
) -> tuple[bool, bool, tuple[Relational, ...], tuple[Relational, ...]]:
    """Whether a[k] >= 0 and a[k] > 0 are assumed, the relations on a[1] (written as `FIRST`), and all others.

    Raises:
        CertificateRejected: if a hypothesis restricts the counter.
    """
    name = call.__name__
    assumed = [r for r in instances.given_relations(claim, frozenset({name})) if r.atoms(AppliedUndef)]
    if any(r.free_symbols & instances.COUNTER_SYMBOLS for r in _plain(claim, name)):
        raise CertificateRejected("a hypothesis bounds the counter")
    bounds = [_lower_zero(r, call) for r in assumed]
    on_first = [r.atoms(AppliedUndef) == {call(1)} for r in assumed]
    start = tuple(r.subs(call(1), FIRST) for r, first in zip(assumed, on_first, strict=True) if first)
    rest = zip(assumed, bounds, on_first, strict=True)
    return any(bounds), ">" in bounds, start, tuple(r for r, bound, first in rest if not bound and not first)


def _plain(claim: Mapping[str, Any], name: str) -> list[Relational]:
    return [r for r in instances.given_relations(claim, frozenset({name})) if not r.atoms(AppliedUndef)]


def _lower_zero(relation: Relational, call: Any) -> str:
    """``>=`` or ``>`` for the hypotheses a[k] >= 0 and a[k] > 0; empty for any other."""
    if relation.lhs == call(K) and relation.rhs == 0 and relation.rel_op in (">=", ">"):
        return str(relation.rel_op)
    if relation.rhs == call(K) and relation.lhs == 0 and relation.rel_op in ("<=", "<"):
        return ">=" if relation.rel_op == "<=" else ">"
    return ""


# --- the solution of the equation


@dataclass(frozen=True, slots=True)
class Solution:
    """How the largest solution grows at n + 1, as n tends to infinity.

    Attributes:
        order: a monomial that bounds it up to a constant; None where it is zero in the end.
        leading: coefficient and monomial with a[n+1] ~ coefficient * monomial, where known.
        rapid: whether it decays faster than every power; `order` is then not used.
        free: whether the leading coefficient is the constant that the start decides.
    """

    order: Monomial | None
    leading: tuple[Expr, Monomial] | None = None
    rapid: bool = False
    free: bool = False


def solution(problem: Linear, facts: Facts) -> Solution:
    """The largest sequence that the recursion allows, by Lemmas 1 and 2.

    Raises:
        Undetermined, Unsupported: where the facts do not decide, or no lemma applies.
    """
    engine = Asymptotics(K, facts)
    phi, forcing = engine.expand(problem.phi), engine.expand(problem.forcing)
    push = scale.lead(forcing, facts)[0] if forcing.order is not None else 0
    if push < 0 and not problem.equation:
        forcing, push = scale.Expansion(), 0
    pull = scale.lead(phi, facts)[0] if phi.order is not None else 0
    if pull == 0 or (pull < 0 and not problem.equation):
        return Solution(forcing.order, _leading(forcing, facts) if pull == 0 else None)
    if pull < 0:
        return _bounded_by_sizes(engine, phi, forcing, facts)
    return _slow(phi, forcing, facts) or _varied(engine, phi, forcing, facts)


def _bounded_by_sizes(engine: Asymptotics, phi: scale.Expansion, forcing: scale.Expansion, facts: Facts) -> Solution:
    """|a[k+1]| <= |phi| |a[k]| + |d|: an upper bound only."""
    phi = scale.scaled(phi, Integer(-1), scale.ONE, facts)
    if forcing.order is not None:
        forcing = scale.scaled(forcing, Integer(scale.lead(forcing, facts)[0]), scale.ONE, facts)
    found = _slow(phi, forcing, facts) or _varied(engine, phi, forcing, facts)
    return Solution(found.order, rapid=found.rapid)


def _leading(part: scale.Expansion, facts: Facts) -> tuple[Expr, Monomial] | None:
    if part.order is None:
        return None
    _, coefficient, monomial = scale.lead(part, facts)
    return coefficient, monomial


def _slow(phi: scale.Expansion, forcing: scale.Expansion, facts: Facts) -> Solution | None:
    """Lemma 2, where it applies."""
    contraction = scale.add([scale.constant(Integer(1)), scale.scaled(phi, Integer(-1), scale.ONE, facts)], facts)
    if contraction.order is None:
        return None
    try:
        sign, c, monomial = scale.lead(contraction, facts)
    except Unsupported:
        return None
    if sign < 0 or monomial.exponent or monomial.growth(facts) > 0 or monomial.times(scale.K).growth(facts) <= 0:
        return None
    if forcing.order is None:
        return Solution(None, rapid=True) if _too_fine(phi, facts) else None
    _, coefficient, push = scale.lead(forcing, facts)
    if push.exponent:
        return None
    ratio = push.times(monomial.to_the(Integer(-1)))
    return Solution(ratio, (coefficient / c, ratio))


def _too_fine(phi: scale.Expansion, facts: Facts) -> bool:
    """Whether the product of the factors has no expansion here, so that only its rapid decay is used."""
    try:
        scale.logarithm(phi, facts)
    except Unsupported:
        return True
    return any(not power.is_Rational for _, monomial in phi.terms for power in monomial.powers)


def _varied(engine: Asymptotics, phi: scale.Expansion, forcing: scale.Expansion, facts: Facts) -> Solution:
    """Lemma 1: P(n) (C + sum of d/P)."""
    logarithms = engine._antidifference(scale.logarithm(phi, facts), "log phi")
    constant = engine._constant("log phi")
    terms = [(c.subs(constant, 0), m) for c, m in logarithms.terms]
    product = scale.exponential(scale.collected(terms, [logarithms.rest], facts), facts)
    free = Dummy("C", positive=True)
    if forcing.order is None:
        total = scale.constant(free)
    else:
        inverse = scale.power(product, Integer(-1), facts)
        total = engine._antidifference(scale.multiply(forcing, inverse, facts), "variation")
        replaced = [(c.subs(engine._constant("variation"), free), m) for c, m in total.terms]
        total = scale.collected(replaced, [total.rest], facts)
    result = scale.multiply(product, total, facts)
    if not result.terms:
        return Solution(result.order)
    _, coefficient, monomial = scale.lead(result, facts)
    return Solution(result.order, (coefficient, monomial), free=free in coefficient.free_symbols)


# --- limits and orders


def judge(problem: Linear, ask: Ask, stated: Expr, facts: Facts) -> bool:
    """Whether the largest solution has the stated order or limit.

    Raises:
        Undetermined, Unsupported: as `solution`.
    """
    found = solution(problem, facts)
    if ask is Ask.LIMIT:
        return _limit(found, facts.apply(stated), facts)
    engine = Asymptotics(K, facts)
    order = engine.expand(stated.subs(K, K + 1))
    sign, _, claimed = scale.lead(order, facts)
    if sign <= 0:
        raise Unsupported("an order that is not positive")
    if found.rapid:
        if ask is Ask.RATE and not claimed.exponent:
            return True
        raise Unsupported("an order that is not a power, for a sequence that decays faster than every power")
    if found.order is None:
        return ask is Ask.RATE
    if ask is Ask.RATE and scale.compare(found.order, claimed, facts) <= 0:
        return True
    if found.leading is None:
        raise Unsupported("only an upper bound of the sequence is known")
    relation = scale.compare(found.leading[1], claimed, facts)
    if ask is Ask.SAME_ORDER and relation == 0 and found.free:
        raise Unsupported("the order depends on the start")
    return relation <= 0 if ask is Ask.RATE else relation == 0


def _limit(found: Solution, value: Expr, facts: Facts) -> bool:
    if K in value.free_symbols:
        raise Unsupported("a limit that depends on k")
    if found.rapid or found.order is None or found.order.growth(facts) < 0:
        return facts.sign(value) == 0
    if found.leading is None:
        raise Unsupported("only an upper bound of the sequence is known")
    coefficient, monomial = found.leading
    growth_sign = monomial.growth(facts)
    if growth_sign != 0:
        return growth_sign < 0 and facts.sign(value) == 0
    if found.free and facts.sign(value) != 0:
        raise Unsupported("the limit depends on the start")
    return facts.sign(sympy.expand(coefficient - value)) == 0
