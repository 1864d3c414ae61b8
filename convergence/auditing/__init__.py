"""Planning, running and judging the checks of claims."""

from convergence.auditing.result import Audit, ClaimResult, Judged, PaperResult, ReadingResult
from convergence.auditing.run import LEVEL, audit

__all__ = ["LEVEL", "Audit", "ClaimResult", "Judged", "PaperResult", "ReadingResult", "audit"]
