"""Bounds, rates and limits of linear methods for every step count: potentials that no step increases."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from convergence.certificates import check as certified
from convergence.certificates.potential_measures import MEASURES
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound, Limit, Rate
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.potentials import Proposal, proposals, screening, task, wording
from convergence.verdicts import Verdict

MAX_PROPOSALS = 60


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Proved, or nothing: that no potential of the known shapes works is no evidence."""
    del resources
    if not isinstance(claim.statement, Bound | Rate | Limit) or claim.method is None or claim.problem is not None:
        return None
    if claim.measure not in MEASURES:
        return None
    document = to_document(claim)
    try:
        found = task(document, claim.measure)
    except CertificateRejected:
        return None
    for proposal in islice(proposals(found), MAX_PROPOSALS):
        if accepted(document, proposal.witness):
            return _proved(proposal)
    return None


def accepted(document: Mapping[str, Any], witness: Mapping[str, Any]) -> bool:
    """Whether a witness looks right, and the core accepts it."""
    if not screening.plausible(document, witness):
        return False
    try:
        return certified(document, "potential", witness) is Verdict.PROVED
    except CertificateRejected:
        return False


def _proved(proposal: Proposal) -> Evidence:
    lines = wording.figures(proposal.witness)
    told = f"{lines['claim of every step']} with V_k = {lines['potential V_k']}"
    return Evidence(
        route="potential",
        verdict=Verdict.PROVED,
        reason=f"proved for every k by {proposal.idea}: {told}",
        figures=lines,
        certificate=Certificate(kind="potential", witness=proposal.witness),
    )
