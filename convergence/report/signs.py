"""One sign for each verdict, so that none is told by its colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from convergence.verdicts import Verdict

SIGNS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.PROVED: "✓",
        Verdict.SUPPORTED: "≈",
        Verdict.UNDECIDED: "?",
        Verdict.REFUTED: "✗",
        Verdict.ILL_POSED: "∅",
        Verdict.INCONSISTENT: "≠",
        Verdict.DIVERGES: "↗",
    }
)
