"""The seven verdicts, and how tight a claim is."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What the evidence says about a claim; `meaning` says when each word may be given."""

    PROVED = "proved"
    REFUTED = "refuted"
    ILL_POSED = "ill-posed"
    INCONSISTENT = "inconsistent"
    DIVERGES = "diverges"
    SUPPORTED = "supported"
    UNDECIDED = "undecided"

    @property
    def meaning(self) -> str:
        """One sentence that the report prints beside the word."""
        return _MEANING[self]

    @property
    def against(self) -> bool:
        """Whether the verdict speaks against the claim."""
        return self in AGAINST


AGAINST = frozenset({Verdict.REFUTED, Verdict.ILL_POSED, Verdict.INCONSISTENT, Verdict.DIVERGES})

_MEANING = {
    Verdict.PROVED: "holds for every instance of its hypotheses; the exact checker accepted a proof",
    Verdict.REFUTED: "an instance satisfies every hypothesis and violates it; the exact checker accepted the instance",
    Verdict.ILL_POSED: "cannot be a theorem: rescaling changes it, a symbol is undefined, or nothing satisfies it",
    Verdict.INCONSISTENT: "contradicts other numbers or statements of the same paper",
    Verdict.DIVERGES: "runs contradict the claim, by a one-sided test at the stated level",
    Verdict.SUPPORTED: "runs agree, in a test that would have noticed a slower rate",
    Verdict.UNDECIDED: "the evidence does not tell; the reason says what would",
}


class Tightness(StrEnum):
    """Whether a true claim could be sharper."""

    TIGHT = "tight"
    LOOSE = "loose"
    UNKNOWN = "unknown"
