"""What a sample must be before anything is computed from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convergence.errors import LogError

Array = NDArray[np.float64]

FEWEST = 2
LARGEST = 1e100


def sample(values: ArrayLike, name: str = "the sample") -> Array:
    """Values of one measure, one for each run.

    Raises:
        LogError: if there are fewer than two, or one is not a number.
    """
    found = np.asarray(values, dtype=np.float64).ravel()
    if len(found) < FEWEST:
        raise LogError(f"{name}: expected at least {FEWEST} runs, found {len(found)}; run more seeds")
    missing = int(np.isnan(found).sum())
    if missing:
        raise LogError(f"{name}: {missing} of {len(found)} values are missing or not numbers; leave no run out")
    return found


def finite(values: ArrayLike, name: str = "the sample") -> Array:
    """A sample without infinite values; beyond 1e100 a run has exploded, and its value has no use in a mean.

    Raises:
        LogError: as `sample`, and if a value is infinite.
    """
    found = sample(values, name)
    infinite = int((np.abs(found) > LARGEST).sum())
    if infinite:
        raise LogError(f"{name}: {infinite} of {len(found)} values are infinite, so that there is no mean; rank them")
    return found


def pair(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    """Two samples whose entries belong together, as those of one seed do.

    Raises:
        LogError: as `sample`, and if their lengths differ.
    """
    left, right = sample(first, "first"), sample(second, "second")
    if len(left) != len(right):
        raise LogError(f"expected as many values of first as of second, found {len(left)} and {len(right)}")
    return left, right


def table(groups: Sequence[ArrayLike]) -> Array:
    """Methods by seeds, shape (m, n).

    Raises:
        LogError: for fewer than two methods, unequal lengths, missing or infinite values.
    """
    rows = [finite(values, f"method {number + 1}") for number, values in enumerate(groups)]
    if len(rows) < 2:
        raise LogError(f"expected at least two methods, found {len(rows)}")
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise LogError(f"expected every method on the same seeds, found {lengths[0]} to {lengths[-1]} runs")
    return np.stack(rows)
