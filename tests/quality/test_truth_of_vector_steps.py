"""Steps about vectors: the true ones are proved, the false ones refuted, and no certificate shows the opposite."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from vector_steps import STEPS, SYMBOLS, Step

from convergence import certificates
from convergence.checks import inequality
from convergence.checks.resources import Resources
from convergence.claims import to_document
from convergence.claims.claim import Claim
from convergence.claims.documents import validated
from convergence.claims.reader import from_document, read_paper
from convergence.errors import CertificateRejected
from convergence.evidence import Evidence
from convergence.verdicts import Verdict

FALSE = [pytest.param(step, place, id=f"{step.name}-{place}") for step in STEPS for place in range(len(step.false))]


def claim_of(given: tuple[str, ...], holds: str) -> Claim:
    table = {"id": "claim", "given": list(given), "holds": holds}
    claim = read_paper(validated({"symbols": SYMBOLS, "claims": [table]})).claims[0]
    return from_document(to_document(claim))


def false_claim(step: Step, place: int) -> Claim:
    given, holds = step.false[place]
    return claim_of(step.given if given is None else given, holds)


@cache
def evidence_for(step: Step, place: int | None) -> Evidence:
    claim = claim_of(step.given, step.holds) if place is None else false_claim(step, place)
    found = inequality.check(claim, Resources())
    assert found is not None
    return found


def accepted(claim: Claim, kind: str, witness: Any) -> Verdict | None:
    try:
        return certificates.check(to_document(claim), kind, witness)
    except CertificateRejected:
        return None


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_true_steps_are_proved(step: Step) -> None:
    found = evidence_for(step, None)
    assert found.verdict is Verdict.PROVED
    assert found.certificate is not None
    assert (
        accepted(claim_of(step.given, step.holds), found.certificate.kind, found.certificate.witness) is Verdict.PROVED
    )


@pytest.mark.parametrize(("step", "place"), FALSE)
def test_false_steps_are_refuted(step: Step, place: int) -> None:
    found = evidence_for(step, place)
    assert found.verdict is Verdict.REFUTED
    assert found.certificate is not None
    claim = false_claim(step, place)
    assert accepted(claim, found.certificate.kind, found.certificate.witness) is Verdict.REFUTED


@pytest.mark.parametrize(("step", "place"), FALSE)
def test_no_certificate_serves_the_opposite_claim(step: Step, place: int) -> None:
    """The true step's proof does not prove the false one; its counterexample does not refute the true one."""
    proof, violation = evidence_for(step, None).certificate, evidence_for(step, place).certificate
    assert proof is not None
    assert violation is not None
    assert accepted(false_claim(step, place), proof.kind, proof.witness) is None
    assert accepted(claim_of(step.given, step.holds), violation.kind, violation.witness) is None


@pytest.mark.slow
@pytest.mark.parametrize(("step", "place"), FALSE)
def test_no_changed_certificate_serves_the_opposite_claim(step: Step, place: int) -> None:
    proof, violation = evidence_for(step, None).certificate, evidence_for(step, place).certificate
    assert proof is not None
    assert violation is not None
    for witness in mutants(proof.witness):
        assert accepted(false_claim(step, place), proof.kind, witness) is None
    for witness in mutants(violation.witness):
        assert accepted(claim_of(step.given, step.holds), violation.kind, witness) is None


def mutants(witness: Any) -> list[Any]:
    """The witness itself, and copies in which one entry is changed."""
    found = [witness]
    for path, value in entries(witness, ()):
        for other in others(value):
            found.append(replaced(witness, path, other))
    return found


def entries(value: Any, path: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        return [item for key, part in value.items() for item in entries(part, (*path, key))]
    if isinstance(value, list):
        return [item for key, part in enumerate(value) for item in entries(part, (*path, key))]
    return [(path, value)]


def others(value: Any) -> list[Any]:
    """Values of the same type beside a value."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, 0]
    return (
        [f"2*({value})", f"-({value})"] if any(mark in value for mark in "*(abcdefghijklmnopqrstuvwxyz") else ["0", "7"]
    )


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    if isinstance(value, dict):
        return {key: replaced(part, path[1:], other) if key == path[0] else part for key, part in value.items()}
    return [replaced(part, path[1:], other) if key == path[0] else part for key, part in enumerate(value)]


def test_the_list_is_long_enough() -> None:
    assert len(STEPS) >= 30
    assert all(step.false for step in STEPS)
    assert len({step.name for step in STEPS}) == len(STEPS)
