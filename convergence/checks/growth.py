"""Explicit sequences: orders of growth, limits and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence import certificates
from convergence.certificates import exact
from convergence.certificates.growth import Ask
from convergence.certificates.signs import Facts, Unsupported
from convergence.checks.resources import Resources
from convergence.claims import to_document
from convergence.claims.claim import Claim, Explicit
from convergence.claims.statements import Bound, Limit, Rate, SameOrder
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS, to_text
from convergence.rates import growth, sequence_bounds
from convergence.verdicts import Tightness, Verdict

ROUTE = "growth"
TRIALS = 40


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide a rate, an order, a limit or a bound of an explicit sequence; None for other claims."""
    if not isinstance(claim.subject, Explicit):
        return None
    match claim.statement:
        case Rate(order):
            return _of_growth(claim, Ask.RATE, order, resources)
        case SameOrder(order):
            return _of_growth(claim, Ask.SAME_ORDER, order, resources)
        case Limit(value):
            return _of_growth(claim, Ask.LIMIT, value, resources)
        case Bound(value):
            return _of_bound(claim, value, resources)
    return None


def _of_growth(claim: Claim, ask: Ask, stated: Expr, resources: Resources) -> Evidence:
    assert isinstance(claim.subject, Explicit)
    sequence = claim.subject.expression
    counters = (sequence.free_symbols | stated.free_symbols) & set(COUNTERS.values())
    if len(counters) > 1:
        return _open(f"the claim uses the counters {', '.join(sorted(map(str, counters)))} together")
    counter = counters.pop() if counters else COUNTERS["k"]
    try:
        found = growth.cases(sequence, ask, stated, counter, growth.parameters_of(claim))
    except Unsupported as reason:
        found = ()
        why = str(reason)
    else:
        why = "the exact checker did not accept the derivation"
    if found and all(case.holds for case in found):
        return _proved(claim, ask, stated, counter, found) or _open(why)
    failing = tuple(case for case in found if not case.holds)
    return _refuted(claim, ask, stated, counter, found, failing, resources) or _open(why)


def _of_bound(claim: Claim, bound: Expr, resources: Resources) -> Evidence:
    assert isinstance(claim.subject, Explicit)
    sequence = claim.subject.expression
    counters = (sequence.free_symbols | bound.free_symbols) & set(COUNTERS.values())
    if len(counters) > 1:
        return _open(f"the claim uses the counters {', '.join(sorted(map(str, counters)))} together")
    counter = counters.pop() if counters else COUNTERS["k"]
    for witness in islice(sequence_bounds.failures(claim, sequence, bound, counter, resources.seed), TRIALS):
        verdict = _verdict(claim, witness)
        if verdict is not None:
            return _violated(sequence, bound, counter, witness, verdict)
    for witness in sequence_bounds.proofs(sequence, bound, counter):
        if _accepted(claim, witness, Verdict.PROVED):
            return _kept(bound, witness)
    return _open("no rule proves the bound, and it fails at no value that was tried")


def _violated(sequence: Expr, bound: Expr, counter: Symbol, witness: Mapping[str, Any], verdict: Verdict) -> Evidence:
    where = ", ".join(f"{name} = {value}" for name, value in witness["values"].items())
    if witness.get("eventually"):
        reason = f"{f'With {where} the' if where else 'The'} sequence exceeds the bound for all large {counter}."
    else:
        names = {name.name: name for name in sequence.free_symbols | bound.free_symbols | {counter}}
        point = {names[key]: Rational(value) for key, value in witness["values"].items() if key in names}
        above, limit = (_decimal(part, point) for part in (sequence, bound))
        reason = f"With {where} the sequence is {above}, the bound {limit}."
    return Evidence(
        route=ROUTE,
        verdict=verdict,
        reason=reason,
        figures=dict(witness["values"]),
        certificate=Certificate(kind="growth", witness=witness),
    )


def _decimal(part: Expr, point: Mapping[Symbol, Rational]) -> str:
    values = {name: fmpq(int(value.p), int(value.q)) for name, value in point.items()}
    return str(exact.ball(part, values, 64).str(8, radius=False))


def _kept(bound: Expr, witness: Mapping[str, Any]) -> Evidence:
    through = witness.get("through")
    by = {
        "direct": "the difference has one sign",
        "telescoping": "it holds at the first step, and the gap does not shrink",
        "limit": "the gap shrinks to a limit that is not negative",
        "factors": "it holds at the first step, and every factor is at most the bound's quotient",
        "exponential": "1 + x <= exp(x), and the sum of the exponents telescopes",
    }[witness["rule"]]
    via = f", going through {through}" if through and through != to_text(bound) else ""
    return Evidence(
        route=ROUTE,
        verdict=Verdict.PROVED,
        reason=f"The bound holds at every step: {by}{via}.",
        certificate=Certificate(kind="growth", witness=witness),
    )


def _open(reason: str) -> Evidence:
    return Evidence(
        route=ROUTE,
        verdict=Verdict.UNDECIDED,
        reason=f"The order of growth is not decided: {reason}.",
        decisive="a hypothesis that fixes the case, or a proof step that bounds the expression",
    )


def _proved(claim: Claim, ask: Ask, stated: Expr, counter: Symbol, found: tuple[growth.Case, ...]) -> Evidence | None:
    if not _accepted(claim, {}, Verdict.PROVED):
        return None
    orders = [case.order for case in found]
    what = {
        Ask.RATE: f"is {_of_order(found, stated)}",
        Ask.SAME_ORDER: f"is exactly of order {to_text(stated)}",
        Ask.LIMIT: f"tends to {to_text(stated)}",
    }[ask]
    tightness, better = _tightness(claim, ask, stated, counter, found)
    return Evidence(
        route=ROUTE,
        verdict=Verdict.PROVED,
        reason=f"The sequence {what}, for all allowed parameters.",
        figures={"order": "; ".join(dict.fromkeys(order for order in orders if order)), "cases": len(found)},
        certificate=Certificate(kind="growth", witness={}),
        tightness=tightness,
        better=better,
    )


def _of_order(found: tuple[growth.Case, ...], stated: Expr) -> str:
    best, claimed = f"O({_listed(found)})", f"O({to_text(stated)})"
    return claimed if best == claimed else f"{best}, hence {claimed}"


def _tightness(
    claim: Claim, ask: Ask, stated: Expr, counter: Symbol, found: tuple[growth.Case, ...]
) -> tuple[Tightness, str]:
    if ask is not Ask.RATE:
        return Tightness.TIGHT, ""
    assert isinstance(claim.subject, Explicit)
    try:
        same = growth.cases(claim.subject.expression, Ask.SAME_ORDER, stated, counter, growth.parameters_of(claim))
    except Unsupported:
        return Tightness.UNKNOWN, ""
    if all(case.holds for case in same):
        return Tightness.TIGHT, ""
    if any(case.holds for case in same):
        return Tightness.UNKNOWN, ""
    return Tightness.LOOSE, f"O({_listed(found)})" if all(case.order for case in found) else ""


def _listed(found: tuple[growth.Case, ...]) -> str:
    return ", ".join(growth.grouped(tuple(case for case in found if case.order)))


def _refuted(
    claim: Claim,
    ask: Ask,
    stated: Expr,
    counter: Symbol,
    found: tuple[growth.Case, ...],
    failing: tuple[growth.Case, ...],
    resources: Resources,
) -> Evidence | None:
    if found and not failing:
        return None
    for point in islice(growth.breaking_points(claim, failing, resources.seed), TRIALS):
        witness = {"values": {name.name: str(value) for name, value in point.items()}}
        verdict = _verdict(claim, witness)
        if verdict is None:
            continue
        return Evidence(
            route=ROUTE,
            verdict=verdict,
            reason=_counterexample(claim, ask, stated, counter, point),
            figures={**{name.name: str(value) for name, value in point.items()}},
            certificate=Certificate(kind="growth", witness=witness),
            better=_condition(found) if len(failing) < len(found) else _truth(ask, found),
        )
    return None


def _counterexample(claim: Claim, ask: Ask, stated: Expr, counter: Symbol, point: dict[Symbol, Rational]) -> str:
    assert isinstance(claim.subject, Explicit)
    sequence = claim.subject.expression.subs(point)
    order = growth.order_text(sequence, counter, Facts())
    where = "With " + ", ".join(f"{name} = {value}" for name, value in point.items()) + " the" if point else "The"
    told = {
        Ask.RATE: f"is not O({to_text(stated.subs(point))})",
        Ask.SAME_ORDER: f"is not of order {to_text(stated.subs(point))}",
        Ask.LIMIT: f"does not tend to {to_text(stated.subs(point))}",
    }[ask]
    return f"{where} sequence {told}; its order is {order}." if order else f"{where} sequence {told}."


def _condition(found: tuple[growth.Case, ...]) -> str:
    condition = growth.where_it_holds(found)
    return f"holds iff {condition}" if condition else ""


def _truth(ask: Ask, found: tuple[growth.Case, ...]) -> str:
    if ask is Ask.LIMIT or not found or not all(case.order for case in found):
        return ""
    return f"{'Theta' if ask is Ask.SAME_ORDER else 'O'}({_listed(found)})"


def _accepted(claim: Claim, witness: Mapping[str, object], verdict: Verdict) -> bool:
    return _verdict(claim, witness) is verdict


def _verdict(claim: Claim, witness: Mapping[str, object]) -> Verdict | None:
    try:
        return certificates.check(to_document(claim), "growth", witness)
    except CertificateRejected:
        return None
