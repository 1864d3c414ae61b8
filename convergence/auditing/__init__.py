"""Planning, running and judging the checks of claims."""

from convergence.auditing.proofs import ProofResult, Step
from convergence.auditing.result import Audit, ClaimResult, Examined, Judged, PaperResult, ReadingResult, Repair
from convergence.auditing.run import LEVEL, assemble, audit, readings

__all__ = [
    "LEVEL",
    "Audit",
    "ClaimResult",
    "Examined",
    "Judged",
    "PaperResult",
    "ProofResult",
    "ReadingResult",
    "Repair",
    "Step",
    "assemble",
    "audit",
    "readings",
]
