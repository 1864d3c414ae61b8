"""Many claims in one report: Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float], level: float = 0.01) -> tuple[float, ...]:
    """The level at which each hypothesis is to be tested so that all together err with probability ``level``.

    A hypothesis with ``p <= result`` is rejected: sorted p-values are compared with level/m, level/(m-1), ... until
    one fails; it and all larger ones are then compared with the level of the first failure.

    Args:
        p_values: one per claim.
        level: probability of any false rejection.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    m = len(p_values)
    levels = [0.0] * m
    current, failed = level / max(m, 1), False
    for rank, index in enumerate(np.argsort(np.asarray(p_values, dtype=float), kind="stable")):
        if not failed:
            current = level / (m - rank)
        levels[int(index)] = current
        failed = failed or p_values[int(index)] > current
    return tuple(levels)
