"""Recursions: what every sequence that satisfies one does, and sequences that violate what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from time import monotonic
from typing import Any

from sympy import Expr, Rational, Symbol

from convergence import certificates
from convergence.certificates import power_recursion
from convergence.certificates.growth import Ask
from convergence.certificates.linear_recursion import Linear, linear
from convergence.certificates.signs import Facts, Unsupported
from convergence.checks.resources import Resources
from convergence.claims import to_document
from convergence.claims.claim import Claim, Recursion
from convergence.claims.statements import Bound, Limit, Rate, SameOrder
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import K, to_text
from convergence.rates import recursions
from convergence.rates.growth import Case, grouped, where_it_holds
from convergence.verdicts import Tightness, Verdict

ROUTE = "recursion"
SECONDS = 4.0
TRIALS = 400


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide what is claimed of every sequence that satisfies a recursion; None for other claims."""
    if not isinstance(claim.subject, Recursion) or not isinstance(claim.statement, Rate | SameOrder | Limit | Bound):
        return None
    if power_recursion.applies(to_document(claim)):
        return _of_power(claim, power_recursion.power(to_document(claim)), resources)
    try:
        problem = linear(to_document(claim))
    except CertificateRejected as reason:
        return _open(str(reason))
    if isinstance(claim.statement, Bound):
        return _of_bound(claim, problem, claim.statement.value, resources)
    ask = {Rate: Ask.RATE, SameOrder: Ask.SAME_ORDER, Limit: Ask.LIMIT}[type(claim.statement)]
    stated = claim.statement.value if isinstance(claim.statement, Limit) else claim.statement.order
    return _of_growth(claim, problem, ask, stated, resources)


def _open(reason: str) -> Evidence:
    return Evidence(
        route=ROUTE,
        verdict=Verdict.UNDECIDED,
        reason=f"The recursion is not decided: {reason}.",
        decisive="a hypothesis that fixes the case, a recursion that is linear in a[k], or a supersolution",
    )


def _of_growth(claim: Claim, problem: Linear, ask: Ask, stated: Expr, resources: Resources) -> Evidence:
    why = _rejection(claim, {})
    found: tuple[Case, ...] = ()
    try:
        found = recursions.judged(claim, problem, ask, stated)
    except Unsupported as reason:
        why = why or str(reason)
    if why is None:
        return _proved(claim, problem, ask, stated, found)
    failing = tuple(case for case in found if not case.holds)
    accepted = _first_accepted(claim, recursions.witnesses(claim, problem, failing, resources.seed))
    if accepted is None:
        return _open(why)
    witness, verdict = accepted
    return Evidence(
        route=ROUTE,
        verdict=verdict,
        reason=_counterexample(problem, ask, stated, witness),
        figures=_figures(problem, witness),
        certificate=Certificate(kind="recursion", witness=witness),
        better=_repaired(claim, found, ask),
    )


def _rejection(claim: Claim, witness: Mapping[str, Any]) -> str | None:
    try:
        certificates.check(to_document(claim), "recursion", witness)
    except CertificateRejected as reason:
        return str(reason)
    return None


def _first_accepted(claim: Claim, proposals: Any, seconds: float = SECONDS) -> tuple[dict[str, Any], Verdict] | None:
    document = to_document(claim)
    end = monotonic() + seconds
    for witness in islice(proposals, TRIALS):
        try:
            return witness, certificates.check(document, "recursion", witness)
        except CertificateRejected:
            if monotonic() > end:
                return None
    return None


def _proved(claim: Claim, problem: Linear, ask: Ask, stated: Expr, found: tuple[Case, ...]) -> Evidence:
    orders = _listed(found)
    what = f"tends to {to_text(stated)}" if ask is Ask.LIMIT else f"is {_symbol(ask)}({to_text(stated)})"
    tail = f"; the largest one is of order {orders}" if orders else ""
    tightness, better = _tightness(claim, ask, stated, found)
    return Evidence(
        route=ROUTE,
        verdict=Verdict.PROVED,
        reason=f"Every sequence that satisfies the recursion and the hypotheses {what}{tail}.",
        figures={"order": orders} if orders else {},
        certificate=Certificate(kind="recursion", witness={}),
        tightness=tightness,
        better=better,
    )


def _symbol(ask: Ask) -> str:
    return "O" if ask is Ask.RATE else "Theta"


def _tightness(claim: Claim, ask: Ask, stated: Expr, found: tuple[Case, ...]) -> tuple[Tightness, str]:
    """Tight if the order with k**(-1/10) more is refuted; loose if that order is proved as well."""
    if ask is not Ask.RATE:
        return Tightness.UNKNOWN, ""
    sharper = replace(claim, statement=Rate(stated * K ** Rational(-1, 10)), others=())
    if _rejection(sharper, {}) is None:
        return Tightness.LOOSE, f"O({_listed(found)})" if _listed(found) else ""
    problem = linear(to_document(sharper))
    try:
        failing = recursions.judged(sharper, problem, ask, stated * K ** Rational(-1, 10))
    except Unsupported:
        failing = ()
    failing = tuple(case for case in failing if not case.holds)
    accepted = _first_accepted(sharper, recursions.witnesses(sharper, problem, failing, 0), 1.0) if failing else None
    return (Tightness.TIGHT, "") if accepted else (Tightness.UNKNOWN, "")


def _listed(found: tuple[Case, ...]) -> str:
    return ", ".join(grouped(found)) if all(case.order for case in found) else ""


def _repaired(claim: Claim, found: tuple[Case, ...], ask: Ask) -> str:
    """What is true instead: with a[k] >= 0, under a condition, or with the true order."""
    assert isinstance(claim.subject, Recursion)
    call = claim.subject.relation.lhs.func(claim.subject.index)
    lower = call >= 0
    bounded = replace(claim, given=(*claim.given, lower), others=())
    if claim.subject.relation.rel_op == "<=" and lower not in claim.given and _rejection(bounded, {}) is None:
        return f"holds with {to_text(lower)}"
    if condition := where_it_holds(found):
        return f"holds where {condition}"
    return f"{_symbol(ask)}({_listed(found)})" if ask is Ask.RATE and _listed(found) else ""


def _counterexample(problem: Linear, ask: Ask, stated: Expr, witness: Mapping[str, Any]) -> str:
    name = problem.call.__name__
    where = _where(witness)
    claimed = f"tend to {to_text(stated)}" if ask is Ask.LIMIT else f"stay {_symbol(ask)}({to_text(stated)})"
    if "formula" in witness:
        sequence = f"{name}[k] = {witness['formula']} satisfies the recursion and every hypothesis for all k"
        return f"{where}{sequence}, but does not {claimed}."
    if "falling" in witness:
        return (
            f"{where}nothing bounds {name}[k] from below: a sequence that falls faster than the recursion asks "
            f"satisfies it, but does not {claimed}."
        )
    point = _values(problem, witness)
    case = recursions.order_text(recursions.at(problem, point), Facts())
    begun = ", ".join(f"{name}[{i}] = {term}" for i, term in enumerate(witness["start"][-2:], _tail(witness)))
    grows = f", which is of order {case}," if case else ","
    return f"{where}the sequence with {begun} and equality from there on{grows} does not {claimed}."


def _tail(witness: Mapping[str, Any]) -> int:
    return max(1, len(witness["start"]) - 1)


def _values(problem: Linear, witness: Mapping[str, Any]) -> dict[Symbol, Rational]:
    names = {name.name: name for name in problem.phi.free_symbols | problem.forcing.free_symbols}
    return {names[key]: Rational(value) for key, value in witness["values"].items() if key in names}


def _where(witness: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in witness["values"].items())
    return f"With {values}: " if values else ""


def _figures(problem: Linear, witness: Mapping[str, Any]) -> dict[str, str | int | float]:
    figures: dict[str, str | int | float] = dict(witness["values"])
    name = problem.call.__name__
    if "formula" in witness:
        figures[f"{name}[k]"] = witness["formula"]
    for index, term in enumerate(witness.get("start", ())[:6], 1):
        figures[f"{name}[{index}]"] = term
    return figures


def _of_power(claim: Claim, problem: power_recursion.Power, resources: Resources) -> Evidence:
    """``a[k+1] <= a[k] - c a[k]**q``, by its law."""
    law = to_text(problem.law)
    why = _rejection(claim, {})
    if why is None:
        return Evidence(
            route=ROUTE,
            verdict=Verdict.PROVED,
            reason=f"Every such sequence is at most about {law}, and equality reaches it.",
            figures={"law": law},
            certificate=Certificate(kind="recursion", witness={}),
        )
    accepted = _first_accepted(claim, recursions.power_witnesses(claim, problem, resources.seed))
    if accepted is None:
        return _open(why)
    witness, verdict = accepted
    name = problem.name
    return Evidence(
        route=ROUTE,
        verdict=verdict,
        reason=f"{_where(witness)}the sequence with {name}[1] = {witness['start']} and equality behaves as {law}.",
        figures={**witness["values"], f"{name}[1]": witness["start"], "law": law},
        certificate=Certificate(kind="recursion", witness=witness),
    )


def _of_bound(claim: Claim, problem: Linear, bound: Expr, resources: Resources) -> Evidence:
    why = _rejection(claim, {})
    if why is None:
        return Evidence(
            route=ROUTE,
            verdict=Verdict.PROVED,
            reason=f"By induction: {to_text(bound)} holds at k = 1 and every step keeps it.",
            certificate=Certificate(kind="recursion", witness={}),
        )
    accepted = _first_accepted(claim, recursions.bound_witnesses(claim, problem, bound, resources.seed))
    if accepted is None:
        return _open(why)
    witness, verdict = accepted
    step = len(witness["start"]) + int(witness.get("steps", 0))
    name = problem.call.__name__
    return Evidence(
        route=ROUTE,
        verdict=verdict,
        reason=f"{_where(witness)}{name}[1] = {witness['start'][0]} and equality give {name}[{step}] above the bound.",
        figures={**_figures(problem, witness), "step": step},
        certificate=Certificate(kind="recursion", witness=witness),
    )
