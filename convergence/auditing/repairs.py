"""What would repair a claim that fails: the weakest changes under which it is proved.

Every candidate is an ordinary claim that goes through the ordinary routes; only one that the trusted core accepts as
proved becomes a repair. Hypotheses that contradict each other prove anything, so a repair by a hypothesis also needs
an instance of all of them together.
"""

from __future__ import annotations

import re
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
    "undefined", "hypotheses", "spectrum", "steps", "growth", "recursion", "relation", "inequality", "potential",
)  # fmt: skip
"""Routes that prove, and those that notice what cannot be a theorem; none that runs a method."""

SECONDS = {Budget.QUICK: (2.0, 3.0), Budget.FULL: (20.0, 60.0)}
"""Processor time for one candidate, and for all candidates of one kind."""

LADDERS = ("rate", "constant")
"""Kinds of which each candidate follows from the next one: the last before one that is not proved is the repair."""

REPAIRABLE = (Verdict.REFUTED, Verdict.DIVERGES)


def repairs(document: Mapping[str, Any], found: Sequence[Judged], resources: Resources) -> tuple[Repair, ...]:
    """The weakest proved candidate of each kind, for a claim with evidence against it; none otherwise."""
    against = next((item for item in found if item.evidence.verdict in REPAIRABLE), None)
    if against is None:
        return ()
    each, total = SECONDS[resources.budget]
    by_kind: dict[str, list[Candidate]] = {}
    for candidate in _tried(document, against, total):
        by_kind.setdefault(candidate.kind, []).append(candidate)
    found_repairs = (_repair(document, group, resources, each, total) for group in by_kind.values())
    return tuple(repair for repair in found_repairs if repair is not None)


def _repair(
    document: Mapping[str, Any], group: Sequence[Candidate], resources: Resources, each: float, total: float
) -> Repair | None:
    """The first proved candidate of one kind; on a ladder the last one in a row."""
    until = time.process_time() + total
    best: Repair | None = None
    for candidate in group:
        if time.process_time() > until:
            break
        if "rate" in document and not _decays_like(candidate.document, document):
            continue
        proof = _proof(candidate, resources, each)
        if proof is not None:
            best = Repair(kind=candidate.kind, says=candidate.says, document=candidate.document, proof=proof)
        if (proof is None) is (candidate.kind in LADDERS):
            break
    return best


def _tried(document: Mapping[str, Any], against: Judged, seconds: float) -> Sequence[Candidate]:
    certificate = against.evidence.certificate
    values = certificate.witness.get("values", {}) if certificate else {}
    try:
        with processor_time(seconds):
            return tuple(candidates(from_document(document), dict(document), values))
    except ConvergenceError:
        return ()


def _proof(candidate: Candidate, resources: Resources, seconds: float) -> Judged | None:
    """Accepted evidence that the candidate is true, and not for want of instances."""
    found = _decided(candidate.document, resources, seconds)
    if found is None or found.evidence.verdict is not Verdict.PROVED:
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


def _decays_like(document: Mapping[str, Any], stated: Mapping[str, Any]) -> bool:
    """Whether a rate tends to 0 if the stated one does; one that does not says little in place of one that does."""
    return document["rate"] == stated["rate"] or _decays(document) or not _decays(stated)


def _decays(document: Mapping[str, Any]) -> bool:
    test = {"symbols": document["symbols"], "given": _relations(document), "sequence": document["rate"], "limit": "0"}
    found = _decided(test, Resources(), SECONDS[Budget.QUICK][0])
    return found is not None and found.evidence.verdict is Verdict.PROVED


def _satisfiable(document: Mapping[str, Any], resources: Resources, seconds: float) -> bool:
    """Whether something satisfies all hypotheses on symbols, points and f: then the false 1 <= 0 is refuted."""
    given = document["given"] if "holds" in document else _relations(document)
    if not given:
        return True
    points = [name for name, entry in document["symbols"].items() if entry["domain"] in ("vector", "random vector")]
    false = f"f({points[0]}) + 1 <= f({points[0]})" if points else "1 <= 0"
    words = {word for text in (*given, false) for word in re.findall(r"[A-Za-z]\w*", text)}
    symbols = {name: entry for name, entry in document["symbols"].items() if name in words}
    found = _decided({"symbols": symbols, "given": given, "holds": false}, resources, seconds)
    return found is not None and found.evidence.verdict is Verdict.REFUTED


def _relations(document: Mapping[str, Any]) -> list[str]:
    """The hypotheses that are relations between symbols, without those on the terms of a sequence."""
    return [text for text in document["given"] if any(mark in text for mark in "<>=") and "[" not in text]
