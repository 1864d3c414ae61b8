"""Statements that only data can settle: they are listed, with what would decide them."""

from __future__ import annotations

from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Empirical
from convergence.evidence import Evidence
from convergence.verdicts import Verdict


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Undecided, with what the claim's author says would decide it."""
    if not isinstance(claim.statement, Empirical):
        return None
    return Evidence(
        route="empirical",
        verdict=Verdict.UNDECIDED,
        reason="no formula or number to check; only data can tell",
        decisive=claim.statement.needs,
    )
