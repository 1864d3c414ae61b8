"""Marks that computer arithmetic leaves on a series: rounding floors, underflow, printed decimals, exact zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convergence.rates.series import Series

Array = NDArray[np.float64]

TRUSTED = 128.0  # an error of fewer quanta than this is made of rounding: a sum of a few hundred terms loses 7 bits
DEEPEST = 2.0**14  # a plateau of more quanta than this is not rounding
SMALLEST = 1e-290  # below this double precision is about to underflow
NEGLIGIBLE = 1e-9  # a run that fell this far before it became zero may have been rounded to zero
SAMPLE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """What was found: the kind of mark, the series before it, and whether the runs end in exact zeros."""

    kind: str | None
    data: Series
    exact_zero: bool = False


def _lowest_bits(values: Array) -> tuple[Array, Array]:
    """Binary exponents of each value's last nonzero bit and of its first one."""
    mantissa, exponent = np.frexp(values)
    integer = (mantissa * 2.0**53).astype(np.int64)
    low = np.log2((integer & -integer).astype(float))
    return exponent - 53 + low, exponent.astype(float)


def binary_quantum(values: Array) -> float | None:
    """The power of two that all values are multiples of, where that is no accident of a few round values."""
    last, first = _lowest_bits(values)
    q = last.min()
    coarse = (first > q + 4) & (first < q + 45)
    if coarse.sum() < 4 or np.mean(last[coarse] <= q + 4) < 0.4:
        return None
    return float(2.0**q) if first.min() - q < 14 else None


def decimal_quantum(values: Array) -> float | None:
    """The power of ten that values were printed to, where they were printed with few decimals."""
    for digits in range(13):
        scaled = values * 10.0**digits
        if scaled.max() > 2.0**50:
            return None
        whole = np.round(scaled)
        if np.all(np.abs(scaled - whole) < 1e-6 + 1e-12 * scaled):
            uneven = whole[whole > 20]
            printed = len(uneven) >= 4 and np.mean(uneven % 10 != 0) > 0.4
            return float(10.0**-digits) if printed and whole.min() < 128 else None
    return None


def _sample(values: Array) -> Array:
    positive = values[values > 0]
    return positive[:: max(1, len(positive) // SAMPLE)]


def _first_below(data: Series, level: float) -> float | None:
    """The first step from which the median run stays mostly below ``level``."""
    below = (np.median(data.errors, axis=0) if len(data.errors) > 1 else data.errors[0]) < level
    share = np.cumsum(below[::-1])[::-1] / np.arange(len(below), 0, -1)
    starts = np.flatnonzero(below & (share >= 0.8))
    return float(data.k[starts[0]]) if len(starts) else None


def arithmetic(data: Series) -> Arithmetic:
    """Cut the series where rounding, underflow or printing took over; tell exact zeros from those.

    Args:
        data: gaps, nonnegative and finite.
    """
    zero_tail = bool((data.errors[:, -1] == 0).all())
    values = _sample(data.errors.ravel())
    if len(values) == 0:
        return Arithmetic(kind=None, data=data, exact_zero=True)
    quantum = binary_quantum(values) or decimal_quantum(values)
    if quantum is not None:
        tail = float(np.median(data.errors[:, -max(1, len(data.k) // 10) :]))
        level = max(TRUSTED * quantum, 3 * tail if tail < DEEPEST * quantum else 0.0)
        step = _first_below(data, level)
        if step is not None:
            cut = data.until(step, f"from step {step:g} on the errors are rounding (multiples of {quantum:.2g})")
            return Arithmetic(kind="rounding floor", data=cut)
    step = _first_below(data, SMALLEST)
    if step is not None and values.min() < SMALLEST * 1e10:
        return Arithmetic(kind="underflow", data=data.until(step, f"from step {step:g} on the errors underflow"))
    if zero_tail and values.min() < NEGLIGIBLE * values.max():
        step = float(data.k[np.flatnonzero((data.errors == 0).all(axis=0))[0]])
        cut = data.until(step, f"from step {step:g} on the errors round to zero")
        return Arithmetic(kind="rounding floor", data=cut)
    return Arithmetic(kind=None, data=data, exact_zero=zero_tail)


def without_zeros(data: Series) -> Series:
    """Drop the steps at which some run is exactly zero."""
    positive = (data.errors > 0).all(axis=0)
    if positive.all():
        return data
    note = f"{int((~positive).sum())} steps with an error of exactly zero were left out"
    return Series(k=data.k[positive], errors=data.errors[:, positive], notes=(*data.notes, note))
