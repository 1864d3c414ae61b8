"""From evidence to a verdict: only what the trusted core accepted is exact, only what survives correction diverges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from convergence.auditing.result import Judged, ReadingResult
from convergence.certificates import check
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected
from convergence.evidence import Evidence
from convergence.verdicts import Verdict

EXACT = (Verdict.ILL_POSED, Verdict.INCONSISTENT, Verdict.REFUTED, Verdict.PROVED)
"""Verdicts that need an accepted certificate, strongest objection first."""


def examined(evidence: Evidence, document: Mapping[str, Any]) -> Judged:
    """The evidence with the trusted core's answer to its certificate, for the claim of that document."""
    if evidence.certificate is None:
        return Judged(evidence=evidence)
    try:
        verdict = check(document, evidence.certificate.kind, evidence.certificate.witness)
    except CertificateRejected as error:
        return Judged(evidence=evidence, rejected=str(error))
    if verdict is not evidence.verdict:
        return Judged(evidence=evidence, rejected=f"the certificate shows {verdict}, not {evidence.verdict}")
    return Judged(evidence=evidence, accepted=True)


def judged(claim: Claim, found: Sequence[Judged], seconds: float = 0.0) -> ReadingResult:
    """The verdict on one reading from all its evidence, statistical verdicts already corrected."""
    accepted = [item for item in found if item.accepted]
    verdicts = {item.evidence.verdict for item in accepted} & set(EXACT)
    if Verdict.PROVED in verdicts and len(verdicts) > 1:
        return _result(claim, Verdict.UNDECIDED, _contradiction(accepted), found, seconds)
    for verdict in EXACT:
        for item in accepted:
            if item.evidence.verdict is verdict:
                return _from(claim, item.evidence, found, seconds)
    for verdict in (Verdict.DIVERGES, Verdict.SUPPORTED, Verdict.UNDECIDED):
        for item in found:
            if item.evidence.verdict is verdict:
                return _from(claim, item.evidence, found, seconds)
    reason = "no check here applies to this statement"
    rejected = [item.rejected for item in found if item.rejected]
    if rejected:
        reason = f"a certificate was offered and not accepted: {rejected[0]}"
    result = _result(claim, Verdict.UNDECIDED, reason, found, seconds)
    return replace(result, decisive=claim.needs or "a proof, a counterexample or a check for this kind of statement")


def corrected(item: Judged, survives: bool) -> Judged:
    """Divergence that does not survive the correction over all claims of the report is undecided."""
    evidence = item.evidence
    if evidence.verdict is not Verdict.DIVERGES or survives:
        return item
    reason = f"not significant after correction over all claims of the report: {evidence.reason}"
    return replace(
        item, evidence=replace(evidence, verdict=Verdict.UNDECIDED, reason=reason, decisive="longer runs or more seeds")
    )


def _from(claim: Claim, evidence: Evidence, found: Sequence[Judged], seconds: float) -> ReadingResult:
    result = _result(claim, evidence.verdict, evidence.reason, found, seconds)
    decisive = evidence.decisive or claim.needs if evidence.verdict is Verdict.UNDECIDED else ""
    return replace(result, tightness=evidence.tightness, better=evidence.better, decisive=decisive)


def _result(claim: Claim, verdict: Verdict, reason: str, found: Sequence[Judged], seconds: float) -> ReadingResult:
    return ReadingResult(claim=claim, verdict=verdict, reason=reason, evidence=tuple(found), seconds=seconds)


def _contradiction(accepted: Sequence[Judged]) -> str:
    routes = ", ".join(f"{item.evidence.route}: {item.evidence.verdict}" for item in accepted)
    return f"accepted certificates contradict each other ({routes}); this is a defect of this tool, please report it"
