"""What would repair a claim that fails: the weakest changes under which it is proved.

Every candidate is an ordinary claim that goes through the ordinary routes; only one that the trusted core accepts as
proved becomes a repair. Hypotheses that contradict each other prove anything, so a repair by a hypothesis also needs
an instance of all of them together.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from convergence.auditing.candidates import Candidate, candidates
from convergence.auditing.judge import EXACT, examined
from convergence.auditing.limits import processor_time
from convergence.auditing.result import Judged, Repair
from convergence.checks import ROUTES, Budget, Resources, route
from convergence.claims.reader import from_document
from convergence.errors import ClaimError, ConvergenceError
from convergence.verdicts import Verdict

PROVERS = (
    "undefined", "hypotheses", "spectrum", "steps", "modes", "growth", "recursion", "relation", "inequality",
    "potential",
)  # fmt: skip
"""Routes that prove, and those that notice what cannot be a theorem; none that runs a method."""

SECONDS = {Budget.QUICK: (2.0, 5.0), Budget.FULL: (20.0, 120.0)}
"""Processor time for one candidate and for all candidates of one reading."""

REPAIRABLE = (Verdict.REFUTED, Verdict.DIVERGES)


def repairs(document: Mapping[str, Any], found: Sequence[Judged], resources: Resources) -> tuple[Repair, ...]:
    """The first proved candidate of each kind, for a claim with evidence against it; none otherwise."""
    against = next((item for item in found if item.evidence.verdict in REPAIRABLE), None)
    if against is None:
        return ()
    each, total = SECONDS[resources.budget]
    until = time.process_time() + total
    repaired: dict[str, Repair] = {}
    for candidate in _tried(document, against, total):
        if time.process_time() > until:
            break
        if candidate.kind not in repaired and (proof := _proof(candidate, document, resources, each)) is not None:
            repaired[candidate.kind] = Repair(
                kind=candidate.kind, says=candidate.says, document=candidate.document, proof=proof
            )
    return tuple(repaired.values())


def _tried(document: Mapping[str, Any], against: Judged, seconds: float) -> Sequence[Candidate]:
    certificate = against.evidence.certificate
    values = certificate.witness.get("values", {}) if certificate else {}
    try:
        with processor_time(seconds):
            return tuple(candidates(from_document(document), dict(document), values))
    except ConvergenceError:
        return ()


def _proof(candidate: Candidate, document: Mapping[str, Any], resources: Resources, seconds: float) -> Judged | None:
    """Accepted evidence that the candidate is true, and not for want of instances or of content."""
    found = _decided(candidate.document, resources, seconds)
    if found is None or found.evidence.verdict is not Verdict.PROVED:
        return None
    if "rate" in document and _decays(document) and not _decays(candidate.document):
        return None
    if candidate.kind == "hypothesis" and not _satisfiable(candidate.document, resources, seconds):
        return None
    return found


def _decided(document: Mapping[str, Any], resources: Resources, seconds: float) -> Judged | None:
    """The first exact and accepted answer of the provers."""
    try:
        claim = from_document(document)
        for name in PROVERS:
            if name not in ROUTES:
                continue
            check = route(name)  # its imports are no part of the search
            with processor_time(seconds):
                evidence = check(claim, resources)
            if evidence is not None and evidence.verdict in EXACT:
                item = examined(evidence, document)
                if item.accepted:
                    return item
    except (ClaimError, ConvergenceError, ArithmeticError, ValueError, TypeError):
        return None
    return None


def _decays(document: Mapping[str, Any]) -> bool:
    """Whether the stated rate tends to 0; a rate that does not says little in place of one that does."""
    given = _relations(document)
    test = {"symbols": document["symbols"], "given": given, "sequence": document["rate"], "limit": "0"}
    found = _decided(test, Resources(), SECONDS[Budget.QUICK][0])
    return found is not None and found.evidence.verdict is Verdict.PROVED


def _satisfiable(document: Mapping[str, Any], resources: Resources, seconds: float) -> bool:
    """Whether some values satisfy all relations between symbols: then the false statement 1 <= 0 is refuted."""
    given = _relations(document)
    if not given:
        return True
    found = _decided({"symbols": document["symbols"], "given": given, "holds": "1 <= 0"}, resources, seconds)
    return found is not None and found.evidence.verdict is Verdict.REFUTED


def _relations(document: Mapping[str, Any]) -> list[str]:
    """The hypotheses that are relations between symbols, without those on the terms of a sequence."""
    return [text for text in document["given"] if any(mark in text for mark in "<>=") and "[" not in text]
