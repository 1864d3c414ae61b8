"""The report as Markdown for a pull request: counts, what diverges with reasons, and every claim in a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from convergence.auditing import Audit, ClaimResult, PaperResult, ReadingResult
from convergence.auditing.record import recorded
from convergence.formulas.sentences import hypotheses_text, statement_text
from convergence.report.signs import SIGNS
from convergence.verdicts import AGAINST, Verdict


def to_markdown(audit: Audit) -> str:
    """The audit as GitHub-flavoured Markdown; every text of the claims is shown literally."""
    return "\n".join([*_head(audit), *_against(audit), *_tables(audit.papers), *_foot(audit)]) + "\n"


def literal(text: str) -> str:
    """A text on one line that Markdown and HTML show as it is."""
    line = " ".join(_visible(text).split())
    return re.sub(r"[\\`*_\[\]<>|~&$#@!]", _entity, line)


def code(text: str) -> str:
    """A text on one line, in a code element whose content is literal."""
    return f"<code>{literal(text)}</code>" if text else ""


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def _visible(text: str) -> str:
    return "".join(character if character.isprintable() or character.isspace() else "\ufffd" for character in text)


def _head(audit: Audit) -> Iterator[str]:
    claims = [claim for paper in audit.papers for claim in paper.claims]
    yield "# Convergence audit"
    yield ""
    yield f"{_counted(len(claims), 'claim')} of {_counted(len(audit.papers), 'paper')}; " + _verdict_line(claims)
    yield ""
    yield from _table(("verdict", "claims", "meaning"), _counts(claims))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _verdict_line(claims: list[ClaimResult]) -> str:
    against = sum(claim.verdict in AGAINST for claim in claims)
    return f"**{against}** with a verdict against {'it' if against == 1 else 'them'}."


def _counts(claims: list[ClaimResult]) -> Iterator[tuple[str, ...]]:
    verdicts = [claim.verdict for claim in claims]
    for verdict in Verdict:
        if verdict in verdicts:
            yield mark(verdict), str(verdicts.count(verdict)), literal(verdict.meaning)


def mark(verdict: Verdict) -> str:
    """The verdict's sign and word."""
    return f"{SIGNS[verdict]} {verdict.value}"


def _against(audit: Audit) -> Iterator[str]:
    found = [(claim, reading) for claim in _claims(audit) for reading in claim.readings if reading.verdict in AGAINST]
    yield ""
    yield "## What diverges"
    yield ""
    if not found:
        yield "No claim has a verdict against it."
    for claim, reading in found:
        yield from _objection(claim, reading)


def _claims(audit: Audit) -> Iterator[ClaimResult]:
    return (claim for paper in audit.papers for claim in paper.claims)


def _objection(claim: ClaimResult, reading: ReadingResult) -> Iterator[str]:
    name = f", {literal(reading.claim.reading)}" if len(claim.readings) > 1 else ""
    place = f" ({literal(reading.claim.where)})" if reading.claim.where else ""
    yield f"- **{literal(claim.claim.id)}**{place}{name}: **{mark(reading.verdict)}**. {literal(reading.reason)}"
    yield f"  - claimed: {code(statement_text(reading.claim))}"
    if given := hypotheses_text(reading.claim):
        yield f"  - given: {literal(given)}"
    if reading.repairs:
        yield f"  - repaired: {'; '.join(literal(repair.says) for repair in reading.repairs)}"
    for item in reading.evidence[:1]:
        figures = "; ".join(f"{literal(name)} = {code(str(value))}" for name, value in item.evidence.figures.items())
        if figures:
            yield f"  - figures: {figures}"
        if item.replay:
            yield f"  - replay: {code(item.replay)}"


def _tables(papers: Iterable[PaperResult]) -> Iterator[str]:
    for result in papers:
        yield ""
        yield f"## {literal(result.paper.title)}"
        yield ""
        yield from _table(("claim", "where", "verdict", "tightness", "reason"), _rows(result.claims))
        yield from _proofs(result.claims)


def _proofs(claims: Iterable[ClaimResult]) -> Iterator[str]:
    """Each proof as a list of its steps with their verdicts."""
    for claim in claims:
        if claim.proof is None:
            continue
        yield ""
        yield f"Proof of **{literal(claim.claim.id)}** ({mark(claim.verdict)}): {literal(claim.proof.sentence)}."
        yield ""
        for number, step in enumerate(claim.proof.steps, start=1):
            words = mark(step.verdict) if step.verdict else "not part of this audit"
            others = "".join(f"; {literal(name)}: {mark(verdict)}" for name, verdict in step.readings[1:])
            yield f"{number}. {literal(step.id)}: {words}{others}"


def _rows(claims: Iterable[ClaimResult]) -> Iterator[tuple[str, ...]]:
    for claim in claims:
        yield _row(literal(claim.claim.id), claim.readings[0])
        for reading in claim.readings[1:]:
            yield _row(f"… {literal(reading.claim.reading)}", reading)


def _row(name: str, reading: ReadingResult) -> tuple[str, ...]:
    where, reason = literal(reading.claim.where), literal(reading.reason)
    return name, where, mark(reading.verdict), reading.tightness.value, reason


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _foot(audit: Audit) -> Iterator[str]:
    versions = ", ".join(f"{literal(name)} {literal(version)}" for name, version in audit.versions.items())
    tests = ", ".join(f"{literal(name)} {literal(str(value))}" for name, value in audit.statistics.items())
    yield ""
    if calibration := recorded():
        yield f"Calibration: {literal(calibration.sentence)}."
        yield ""
    yield f"Seed {audit.seed}, budget {literal(audit.budget)}. Statistics: {tests}. Versions: {versions}."
