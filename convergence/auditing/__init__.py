"""Planning, running and judging the checks of claims."""

from convergence.auditing.proofs import ProofResult, Step
from convergence.auditing.result import Audit, ClaimResult, Judged, PaperResult, ReadingResult
from convergence.auditing.run import LEVEL, Examined, assemble, audit, readings

__all__ = [
    "LEVEL",
    "Audit",
    "ClaimResult",
    "Examined",
    "Judged",
    "PaperResult",
    "ProofResult",
    "ReadingResult",
    "Step",
    "assemble",
    "audit",
    "readings",
]
