"""Whether neighbouring values are alike, so that they are no independent runs."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

FEWEST = 10  # below, the normal approximation is poor


def serial_dependence(values: ArrayLike) -> float:
    """One-sided p-value of "the order means nothing": small where neighbours are alike; 1 for fewer than 10 values.

    Epochs of one run in the place of runs would make any difference look certain; this finds them.

    Source: Bartels (1982), The rank version of von Neumann's ratio test for randomness, with its normal approximation.
    """
    found = np.asarray(values, dtype=np.float64)
    n = len(found)
    if n < FEWEST or np.isnan(found).any():
        return 1.0
    ranks = stats.rankdata(found)
    spread = float(((ranks - ranks.mean()) ** 2).sum())
    if spread == 0:
        return 1.0
    ratio = float((np.diff(ranks) ** 2).sum()) / spread
    variance = 4 * (n - 2) * (5 * n**2 - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
    return float(stats.norm.cdf((ratio - 2) / sqrt(variance)))
