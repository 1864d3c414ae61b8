"""All checks of one reading, in one process. A check sees the document only: no id, place, words or expectation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from convergence.auditing.judge import EXACT, examined
from convergence.auditing.limits import processor_time
from convergence.auditing.repairs import repairs
from convergence.auditing.result import Examined, Judged
from convergence.checks import ROUTES, Resources, route
from convergence.claims.claim import Claim
from convergence.claims.reader import from_document
from convergence.errors import ClaimError, ConvergenceError, NumericLimit
from convergence.evidence import Evidence
from convergence.verdicts import Verdict


def examine(document: Mapping[str, Any], resources: Resources) -> Examined:
    """What `searched` finds, and repairs where it is against the claim."""
    started = time.perf_counter()
    examination = searched(document, resources)
    repaired = repairs(document, examination.found, resources)
    return replace(examination, repairs=repaired, seconds=time.perf_counter() - started)


def searched(document: Mapping[str, Any], resources: Resources) -> Examined:
    """Evidence from every route until one is exact and accepted."""
    started = time.perf_counter()
    try:
        claim = from_document(document)
    except ClaimError as error:
        reason = f"the claim cannot be written down within this tool's limits: {error}"
        return Examined(found=(Judged(evidence=_stopped("audit", reason, "a smaller expression")),))
    found: list[Judged] = []
    for name in ROUTES:
        evidence = _asked(name, claim, resources)
        if evidence is None:
            continue
        item = examined(evidence, document)
        found.append(item)
        if item.accepted and evidence.verdict in EXACT:
            break
    return Examined(found=tuple(found), seconds=time.perf_counter() - started)


def _asked(name: str, claim: Claim, resources: Resources) -> Evidence | None:
    """The route's evidence; a limit that it met, or a fault in it, is undecided evidence and never a lost audit."""
    try:
        with processor_time(resources.seconds):
            return route(name)(claim, resources)
    except NumericLimit as limit:
        return _stopped(name, f"the {name} check met a limit: {limit}", "a larger budget: --budget full")
    except ConvergenceError as error:
        return _stopped(name, f"the {name} check could not be made: {error}", "")
    except Exception as error:
        reason = f"the {name} check failed with {type(error).__name__}: {error}; this is a defect of this tool"
        return _stopped(name, reason, "a report of this defect")


def _stopped(name: str, reason: str, decisive: str) -> Evidence:
    return Evidence(route=name, verdict=Verdict.UNDECIDED, reason=reason, decisive=decisive)
