"""The report as data: the models of ``report.json``, whose schema is published, and the way from an audit to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from math import isfinite
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sympy import Basic

from convergence.auditing import Audit, ClaimResult, Judged, PaperResult, ProofResult, ReadingResult, Repair
from convergence.auditing.record import Calibration, recorded
from convergence.claims import writer
from convergence.evidence import Series
from convergence.formulas import sentences as formulas
from convergence.verdicts import AGAINST, Tightness, Verdict

CERTIFICATE_PLACE = re.compile(r"certificates/[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.json")
"""Where a certificate may stand below the report's folder."""

_MOST_BITS = 10_000  # Python writes no longer whole numbers than about 14,000 bits


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeriesDocument(_Part):
    """One curve of a plot; a value that is not finite is null."""

    role: str = Field(description="run, median, claimed, fitted or floor")
    label: str
    steps: list[float | None]
    values: list[float | None]


class CertificateDocument(_Part):
    """A witness for an exact verdict."""

    kind: str = Field(description="which exact checker reads it")
    file: str = Field(description="its file, relative to the report's folder; empty if none was written")
    witness: dict[str, Any]


class EvidenceDocument(_Part):
    """One route's answer for one reading."""

    route: str
    verdict: Verdict = Field(description="what it argues for")
    reason: str
    figures: dict[str, str | int | float]
    certificate: CertificateDocument | None
    accepted: bool = Field(description="whether the exact checker accepted the certificate for this verdict")
    rejected: str = Field(description="why not, where there is a certificate and it was not accepted")
    replay: str = Field(description="shell command that redoes it, from the report's folder for certificates")
    statistics: dict[str, Any] = Field(description="the test that decided, where runs decided")
    tightness: Tightness
    better: str
    decisive: str = Field(description="what would decide it, where it is undecided")
    series: list[SeriesDocument] = Field(description="plot data, where runs were made")


class RepairDocument(_Part):
    """A weaker claim that is proved, for one that fails."""

    kind: str = Field(description="what was changed: hypothesis, measure, step, rate, constant or statement")
    says: str
    claim: dict[str, Any] = Field(description="the changed claim in a claim file's tables")
    proof: EvidenceDocument


class ReadingDocument(_Part):
    """One reading of a claim, with its own verdict."""

    reading: str
    where: str
    says: str
    verdict: Verdict
    tightness: Tightness
    better: str = Field(description="a sharper statement that holds, where the claim is loose")
    reason: str
    decisive: str
    statement: str = Field(description="the statement as text, written from its formulas")
    hypotheses: list[str]
    method: str = Field(description="the method with its parameters; empty if the claim is about none")
    problem: str
    claim: dict[str, Any] = Field(description="the reading in a claim file's tables; what certificates are checked for")
    evidence: list[EvidenceDocument]
    repairs: list[RepairDocument] = Field(description="where the verdict is against it: what is proved instead")


class StepDocument(_Part):
    """One step of a proof."""

    id: str = Field(description="of the claim that is the step")
    verdict: Verdict | None = Field(description="of its first reading; null if the step was left out of the audit")
    readings: dict[str, Verdict] = Field(description="the verdict of each reading, by its name")


class ProofDocument(_Part):
    """How the steps of a claim's proof fared; the claim's own verdict is that of its statement."""

    steps: list[StepDocument] = Field(description="in the order of the proof")
    complete: bool = Field(description="whether every step is proved in its first reading")
    first_failure: str = Field(description="id of the first step with a verdict against it; empty if there is none")
    summary: str


class ClaimDocument(_Part):
    """One claim; its verdict and evidence are those of its first reading."""

    id: str
    where: str
    says: str
    versus: str = Field(description="the other place of the paper that it is compared with")
    expected: Verdict | None = Field(description="the verdict that the claim's authors expect, if they recorded one")
    verdict: Verdict
    tightness: Tightness
    better: str
    reason: str
    decisive: str
    readings: list[ReadingDocument]
    proof: ProofDocument | None = Field(description="the steps of its proof, where the claim names them")
    evidence: list[EvidenceDocument] = Field(description="as in the first reading, without plot data")


class PaperDocument(_Part):
    """The claims of one paper, in order."""

    title: str
    source: str
    path: str
    claims: list[ClaimDocument]


class SummaryDocument(_Part):
    """Counts over all claims, by the verdict of the first reading."""

    claims: int
    against: int = Field(description="claims that are refuted, ill-posed, inconsistent or diverging")
    verdicts: dict[Verdict, int]


class CalibrationDocument(_Part):
    """How this version did on statements of known truth, which ``convergence doctor`` audits."""

    summary: str
    day: str
    budget: str
    groups: dict[str, dict[str, int]] = Field(description="right, undecided and wrong verdicts, by kind of statement")
    fit: list[str] = Field(description="how often the fit of rates is right on series of known law")


class ReportDocument(_Part):
    """One audit."""

    format: Literal["convergence report 1"] = "convergence report 1"
    seed: int
    budget: str
    versions: dict[str, str]
    statistics: dict[str, Any] = Field(description="level, correction and number of the tests behind ``diverges``")
    calibration: CalibrationDocument | None = Field(description="null where none came with this version")
    summary: SummaryDocument
    papers: list[PaperDocument]


def to_document(audit: Audit) -> dict[str, Any]:
    """The audit as plain JSON values, valid under `ReportDocument`; the same audit gives the same document."""
    document: dict[str, Any] = report_document(audit).model_dump(mode="json")
    return document


def report_document(audit: Audit) -> ReportDocument:
    """The audit as a validated document."""
    return ReportDocument(
        seed=audit.seed,
        budget=audit.budget,
        versions=dict(audit.versions),
        statistics=plain(audit.statistics),
        calibration=_calibration(recorded()),
        summary=_summary(audit),
        papers=[_paper(paper) for paper in audit.papers],
    )


def _calibration(found: Calibration | None) -> CalibrationDocument | None:
    if found is None:
        return None
    groups = {name: dict(outcomes) for name, outcomes in found.groups.items()}
    return CalibrationDocument(
        summary=found.sentence, day=found.day, budget=found.budget, groups=groups, fit=list(found.fit)
    )


def _summary(audit: Audit) -> SummaryDocument:
    verdicts = [claim.verdict for paper in audit.papers for claim in paper.claims]
    counts = {verdict: verdicts.count(verdict) for verdict in Verdict}
    return SummaryDocument(claims=len(verdicts), against=sum(counts[verdict] for verdict in AGAINST), verdicts=counts)


def _paper(result: PaperResult) -> PaperDocument:
    paper = result.paper
    claims = [_claim(claim) for claim in result.claims]
    return PaperDocument(title=paper.title, source=paper.source, path=paper.path, claims=claims)


def _claim(result: ClaimResult) -> ClaimDocument:
    readings = [_reading(reading) for reading in result.readings]
    first = readings[0]
    return ClaimDocument(
        id=result.claim.id,
        where=first.where,
        says=first.says,
        versus=result.claim.versus,
        expected=result.claim.expects,
        verdict=first.verdict,
        tightness=first.tightness,
        better=first.better,
        reason=first.reason,
        decisive=first.decisive,
        readings=readings,
        proof=_proof(result.proof) if result.proof else None,
        evidence=[evidence.model_copy(update={"series": []}) for evidence in first.evidence],
    )


def _proof(proof: ProofResult) -> ProofDocument:
    return ProofDocument(
        steps=[StepDocument(id=step.id, verdict=step.verdict, readings=dict(step.readings)) for step in proof.steps],
        complete=proof.complete,
        first_failure=proof.first_failure.id if proof.first_failure else "",
        summary=proof.sentence,
    )


def _reading(result: ReadingResult) -> ReadingDocument:
    claim = result.claim
    return ReadingDocument(
        reading=claim.reading,
        where=claim.where,
        says=claim.says,
        verdict=result.verdict,
        tightness=result.tightness,
        better=result.better,
        reason=result.reason,
        decisive=result.decisive,
        statement=formulas.statement_text(claim),
        hypotheses=[formulas.plain(sentence) for sentence in formulas.hypotheses(claim)],
        method=formulas.plain(formulas.subject(claim)),
        problem=formulas.plain(formulas.problem(claim)),
        claim=plain(writer.to_document(claim)),
        evidence=[_evidence(item) for item in result.evidence],
        repairs=[_repair(repair) for repair in result.repairs],
    )


def _repair(repair: Repair) -> RepairDocument:
    return RepairDocument(
        kind=repair.kind, says=repair.says, claim=plain(repair.document), proof=_evidence(repair.proof)
    )


def _evidence(item: Judged) -> EvidenceDocument:
    evidence = item.evidence
    return EvidenceDocument(
        route=evidence.route,
        verdict=evidence.verdict,
        reason=evidence.reason,
        figures={str(name): figure(value) for name, value in evidence.figures.items()},
        certificate=_certificate(item),
        accepted=item.accepted,
        rejected=item.rejected,
        replay=item.replay,
        statistics=plain(evidence.statistics),
        tightness=evidence.tightness,
        better=evidence.better,
        decisive=evidence.decisive,
        series=[_series(series) for series in evidence.series],
    )


def _certificate(item: Judged) -> CertificateDocument | None:
    certificate = item.evidence.certificate
    if certificate is None:
        return None
    return CertificateDocument(kind=certificate.kind, file=item.certificate_file, witness=plain(certificate.witness))


def _series(series: Series) -> SeriesDocument:
    steps, values = (plain([float(number) for number in numbers]) for numbers in (series.steps, series.values))
    return SeriesDocument(role=series.role, label=series.label, steps=steps, values=values)


def figure(value: object) -> str | int | float:
    """A figure's value for JSON: numbers that are not finite become text."""
    simple = plain(value)
    if isinstance(simple, str | int | float) and not isinstance(simple, bool):
        return simple
    return str(value)


def plain(value: Any) -> Any:
    """JSON values only: mappings, lists, texts, numbers, booleans and null; numbers that are not finite become null."""
    match value:
        case None | bool():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return value
        case int():
            return value if value.bit_length() <= _MOST_BITS else f"a whole number of {value.bit_length()} bits"
        case float():
            return float(value) if isfinite(value) else None
        case Basic():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence() | set() | frozenset():
            items = value if isinstance(value, Sequence) else sorted(value, key=str)
            return [plain(item) for item in items]
    as_python = getattr(value, "tolist", None)  # NumPy's scalars and arrays
    return plain(as_python()) if as_python is not None else str(value)
