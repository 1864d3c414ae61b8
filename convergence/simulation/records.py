"""Which steps are recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def recorded_steps(steps: int, per_decade: int = 12) -> NDArray[np.int64]:
    """The first step, the last, and about `per_decade` in each factor of ten, equal ratios apart."""
    count = max(2, round(per_decade * np.log10(max(steps, 2))) + 1)
    return np.unique(np.round(np.geomspace(1, steps, count)).astype(np.int64))
