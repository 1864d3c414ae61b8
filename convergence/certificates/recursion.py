"""Recursions ``a[k+1] <= phi(k) a[k] + d(k)`` for all k >= 1: limits, orders and bounds of every sequence that satisfies them.

An O-claim is read as ``|a[k]| <= C order(k)`` for all large k, C depending on the sequence and the parameters.

Lemma 1 (variation of constants). If phi > 0 and d >= 0 from k0 on, then a[n+1] is at most
``P(n) (C + sum of d(j)/P(j) for j <= n)`` with ``P(n) = product of phi(i)`` over k0 <= i <= n and C fixed by a[k0], and equality in
the recursion gives equality. Proof: divide the recursion by P(k). Where phi <= 0 and a >= 0, a[k+1] <= d(k). Chung's three
regimes (1954, Lemma 1; Polyak 1987, Lemma 2.2.4) are the case phi = 1 - beta/k, d = gamma/k^2.

Lemma 2 (Chung 1954, Lemma 4). If 0 < c(k) = 1 - phi(k) < 1 from some k on, ``k c(k)`` tends to infinity, and d(k) is asymptotic to a
constant times k^p log^q k, then every solution of the equation is asymptotic to d(k)/c(k). Proof: with u the leading term of
d/c, b = a/u satisfies ``b[k+1] - 1 = (1 - c (1 + o(1))) (b[k] - 1) + o(c)``, because u(k)/u(k+1) = 1 + O(1/k), and the sum of c diverges.

Lemma 3. Without a lower bound on a, ``a[k+1] = min(phi(k) a[k] + d(k), -(k + 1) (1 + order(k + 1)))`` satisfies the inequality.

Witness of a proof: nothing; for a bound, an optional ``through``: a smaller bound that is inductive. Witness of a refutation:
``values`` of the parameters and one of ``start`` (a[1], ..., a[m] as rationals, continued with equality; ``steps`` more of them are computed), ``formula`` (a[k] for
all k), or ``falling`` (Lemma 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq
from sympy import Dummy, Expr, Function, Integer, Rational, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from convergence.certificates import document, exact, growth, instances, scale
from convergence.certificates.asymptotics import Asymptotics, defined
from convergence.certificates.growth import Ask
from convergence.certificates.inequalities import at_most, nonnegative
from convergence.certificates.scale import Monomial
from convergence.certificates.signs import Facts, Unsupported, by_cases
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, parse_relation
from convergence.verdicts import Verdict

MAX_START = 2_000
K = COUNTERS["k"]
_SMALLER = {"<=": 1, "<": 1, ">=": -1, ">": -1}


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


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Re-derive what every sequence of the claim's recursion does, or check a sequence that violates the statement."""
    if "recursion" not in claim:
        raise CertificateRejected("expected a claim about a recursion")
    problem = linear(claim)
    try:
        if witness.get("values") is not None:
            return _refuted(claim, witness, problem)
        return _bounded(claim, witness, problem) if "bound" in claim else _proved(claim, problem)
    except Unsupported as reason:
        raise CertificateRejected(str(reason)) from None


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
    value = Dummy("a")
    right = relation.rhs.subs(call(K), value)
    if right.atoms(AppliedUndef):
        raise CertificateRejected(f"expected only {name}[k] on the right of {text}")
    phi, forcing = right.diff(value), right.subs(value, 0)
    if value in sympy.expand(phi).free_symbols:
        raise CertificateRejected(f"expected a right side that is linear in {name}[k], found {text}")
    assumed = [r for r in instances.given_relations(claim, frozenset({name})) if r.atoms(AppliedUndef)]
    bounds = [_lower_zero(r, call) for r in assumed]
    if any(r.free_symbols & instances.COUNTER_SYMBOLS for r in _plain(claim, name)):
        raise CertificateRejected("a hypothesis bounds the counter")
    starts = tuple(r.subs(call(1), FIRST) for r in assumed if r.atoms(AppliedUndef) == {call(1)})
    other = tuple(
        r for r, bound in zip(assumed, bounds, strict=True) if not bound and r.atoms(AppliedUndef) != {call(1)}
    )
    return Linear(
        call,
        sympy.expand(phi),
        sympy.expand(forcing),
        relation.rel_op == "==",
        any(bounds),
        ">" in bounds,
        starts,
        other,
    )


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
        raise Unsupported("a factor that is negative in the end")
    return _slow(phi, forcing, facts) or _varied(engine, phi, forcing, facts)


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
    _require_defined(problem, facts)
    if not defined(bound, facts) or not defined(through, facts):
        raise CertificateRejected("the bound may not be defined for every k >= 1")
    if not any(_keeps_below(r, through.subs(K, 1), facts) for r in problem.start):
        raise CertificateRejected("no hypothesis keeps a[1] below the bound at k = 1")
    if through != bound and not at_most(through, bound, facts):
        raise CertificateRejected(f"cannot see that {through} <= {bound} for all k")
    following = through.subs(K, K + 1)
    if not at_most(problem.phi * through + problem.forcing, following, facts):
        raise CertificateRejected("the bound is not kept by every step")
    if not nonnegative(problem.phi, facts) and not (
        not problem.equation and problem.nonnegative and at_most(problem.forcing, following, facts)
    ):
        raise CertificateRejected("a factor may be negative")
    return Verdict.PROVED


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
    return instances.against(claim)


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
    return instances.against(claim)


def _started(claim: Mapping[str, Any], witness: Mapping[str, Any], problem: Linear, ask: Ask, stated: Expr) -> Verdict:
    """First terms that are given, then equality for ever."""
    terms = _checked_terms(witness, problem)
    facts = _all_steps(len(terms))
    if not nonnegative(problem.phi, facts, strict=True) or not nonnegative(problem.forcing, facts):
        raise CertificateRejected(
            f"cannot see that the factor is positive and the forcing nonnegative from k = {len(terms)}"
        )
    if terms[-1] < 0:
        raise CertificateRejected("expected a last given term that is not negative")
    moved = nonnegative(problem.forcing, facts, strict=True)
    if terms[-1] == 0 and not moved:
        raise CertificateRejected("the sequence may be zero for ever")
    for _, answer in by_cases(lambda case: judge(problem, ask, stated, case), Facts()):
        if answer:
            raise CertificateRejected("the statement holds at these values")
    return instances.against(claim)


def _checked_terms(witness: Mapping[str, Any], problem: Linear) -> list[fmpq]:
    """The given first terms, after checking every hypothesis and every step between them."""
    terms = [exact.to_fmpq(value) for value in witness["start"]]
    if not 1 <= len(terms) + int(witness.get("steps", 0)) <= MAX_START or not terms:
        raise CertificateRejected(f"expected 1 to {MAX_START} first terms")
    for index in range(len(terms), len(terms) + int(witness.get("steps", 0))):
        phi, forcing = (exact.rational(part, {K: fmpq(index)}) for part in (problem.phi, problem.forcing))
        terms.append(phi * terms[-1] + forcing)
    _check_start(problem, terms[0])
    for index, (now, after) in enumerate(zip(terms, terms[1:], strict=False), 1):
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
    return instances.against(claim)


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
