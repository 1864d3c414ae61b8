"""Relations between symbols: a proof, or values that satisfy the hypotheses and violate the relation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import sympy
from sympy import Rational, Symbol

from convergence import certificates
from convergence.checks.resources import Resources
from convergence.claims import to_document
from convergence.claims.claim import Claim
from convergence.claims.statements import Holds
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import to_text
from convergence.rates.assignments import declared_counters, violations
from convergence.rates.growth import used_symbols
from convergence.verdicts import Verdict

ROUTE = "relation"
TRIALS = 20
QUICK, SECONDS = 0.1, 2.0


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide a relation between numbers that is claimed for all values of its symbols; None for other claims."""
    if not isinstance(claim.statement, Holds) or claim.has_vectors:
        return None
    plainly_false = _refuted(claim, resources, QUICK)
    if plainly_false is not None:
        return plainly_false
    verdict, why = _verdict(claim, "relation", {})
    if verdict is Verdict.PROVED:
        return _proved(claim)
    return _refuted(claim, resources, SECONDS) or Evidence(
        route=ROUTE,
        verdict=Verdict.UNDECIDED,
        reason=f"The relation is neither proved nor violated at any value tried: {why}.",
        decisive="a proof of the inequality, or values that violate it",
    )


def _proved(claim: Claim) -> Evidence:
    assert isinstance(claim.statement, Holds)
    equations = all(relation.rel_op == "==" for relation in claim.statement.relations)
    how = "Both sides are the same function" if equations else "The difference of the two sides has one sign"
    return Evidence(
        route=ROUTE,
        verdict=Verdict.PROVED,
        reason=f"{how} for all values that the hypotheses allow.",
        certificate=Certificate(kind="relation", witness={}),
    )


def _refuted(claim: Claim, resources: Resources, seconds: float) -> Evidence | None:
    assert isinstance(claim.statement, Holds)
    stated, given = claim.statement.relations, claim.relations
    used = used_symbols(claim)
    symbols = [entry for entry in claim.symbols.values() if entry.symbol in used]
    symbols += declared_counters([*given, *stated])
    for point in islice(violations(symbols, given, stated, resources.seed, seconds), TRIALS):
        witness = {"values": {name.name: str(value) for name, value in point.items()}}
        verdict, _ = _verdict(claim, "assignment", witness)
        if verdict is not None:
            return _counterexample(claim, point, witness, verdict)
    return None


def _counterexample(
    claim: Claim, point: Mapping[Symbol, Rational], witness: dict[str, Any], verdict: Verdict
) -> Evidence:
    assert isinstance(claim.statement, Holds)
    told = []
    for relation in claim.statement.relations:
        left, right = (_value(side, point) for side in (relation.lhs, relation.rhs))
        told.append(f"{to_text(relation)} reads {left} {relation.rel_op} {right}")
    where = ", ".join(f"{name} = {value}" for name, value in point.items())
    return Evidence(
        route=ROUTE,
        verdict=verdict,
        reason=f"With {where}: {' and '.join(told)}, which is false."
        if where
        else f"{' and '.join(told)}, which is false.",
        figures=dict(witness["values"]),
        certificate=Certificate(kind="assignment", witness=witness),
    )


def _value(side: sympy.Expr, point: Mapping[Symbol, Rational]) -> str:
    value = side.subs(point)
    if value.is_Rational and len(str(value)) < 12:
        return str(value)
    number = value.evalf(6)
    return f"{to_text(value)} = {number}" if len(to_text(value)) < 24 else str(number)


def _verdict(claim: Claim, kind: str, witness: Mapping[str, Any]) -> tuple[Verdict | None, str]:
    try:
        return certificates.check(to_document(claim), kind, witness), ""
    except CertificateRejected as reason:
        return None, str(reason)
