"""What an ensemble leaves behind: measures at recorded steps, and why each run stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Reason(StrEnum):
    """Why a run ended; the value is the sentence for the report."""

    COMPLETED = "all steps were made"
    DIVERGED = "the iterate is not finite"
    AT_MINIMISER = "the iterate is the minimiser exactly"
    FLOOR = "the distance to the minimiser is below what floating point numbers resolve"


@dataclass(frozen=True, slots=True)
class Stop:
    """The reason, and the first step at which it was seen."""

    reason: Reason
    step: int

    def __str__(self) -> str:
        return f"{self.reason} (step {self.step})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The lanes of one group.

    Attributes:
        label: of the problem and its oracle.
        steps: recorded steps, (K,), counted from 1.
        measures: by name, each (lanes, K); inf after a run diverged, nan below the resolution of its problem.
        stops: one a lane.
    """

    label: str
    steps: NDArray[np.int64]
    measures: Mapping[str, Array]
    stops: tuple[Stop, ...]
