"""Symbols that a claim uses and its paper does not define."""

from __future__ import annotations

from convergence.certificates import undefined as core
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import Domain
from convergence.verdicts import Verdict


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Ill-posed if a symbol that is declared undefined occurs in the claim."""
    document = to_document(claim)
    names = [name for name, entry in claim.symbols.items() if entry.domain is Domain.UNDEFINED]
    used = [name for name in names if _is_used(document, name)]
    if not used:
        return None
    text = " and ".join(used)
    return Evidence(
        route="undefined",
        verdict=Verdict.ILL_POSED,
        reason=f"the statement uses {text}, which {'is' if len(used) == 1 else 'are'} nowhere defined",
        figures={"undefined": ", ".join(used)},
        certificate=Certificate(kind="undefined", witness={"symbol": used[0]}),
    )


def _is_used(document: dict[str, object], name: str) -> bool:
    try:
        return core.check(document, {"symbol": name}) is Verdict.ILL_POSED
    except CertificateRejected:
        return False
