"""What a check may spend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Budget(StrEnum):
    """How much an audit may spend on each claim."""

    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The seed that every random stream is keyed with, and the budget."""

    seed: int = 0
    budget: Budget = Budget.QUICK

    @property
    def seconds(self) -> float:
        """Seconds of processor time that each check of a reading may take."""
        return 10.0 if self.budget is Budget.QUICK else 300.0
