"""Comparing how much runs vary."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from convergence.statistics.samples import Array, finite


def deviations(values: ArrayLike) -> Array:
    """Absolute deviations from the median: a method varies less where these are smaller on average.

    With them the comparison of means becomes Brown and Forsythe's test, which long tails mislead little. A scale
    factor passes through, so that "half the spread" can be stated as well.

    Raises:
        LogError: for fewer than two runs, missing or infinite values.

    Source: Brown and Forsythe (1974), Robust tests for the equality of variances; for pairs, Grambsch (1994).
    """
    found = finite(values)
    return np.abs(found - np.median(found))
