"""From arrays as they come to a clean series: sorted positive steps, one value a step, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convergence.errors import LogError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Runs on common steps.

    Attributes:
        k: steps, (K,), positive and increasing.
        errors: (S, K); nan where a run has no value, inf where it overflowed.
        notes: what was changed to get here, one sentence each.
    """

    k: Array
    errors: Array
    notes: tuple[str, ...] = ()

    def until(self, step: float, note: str) -> Series:
        """The part before ``step``, with a note that says why."""
        keep = self.k < step
        return Series(k=self.k[keep], errors=self.errors[:, keep], notes=(*self.notes, note))


def _numbers(values: ArrayLike, name: str) -> Array:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise LogError(f"{name} must be numbers of one shape; found {type(values).__name__}: {error}") from None


def _merge_duplicates(k: Array, errors: Array) -> tuple[Array, Array, int]:
    """Average the values that share a step, missing ones aside."""
    steps, first, counts = np.unique(k, return_index=True, return_counts=True)
    if len(steps) == len(k):
        return k, errors, 0
    present = np.where(np.isnan(errors), 0.0, 1.0)
    with np.errstate(invalid="ignore"):
        total = np.add.reduceat(np.where(np.isnan(errors), 0.0, errors), first, axis=1)
        mean = total / np.add.reduceat(present, first, axis=1)
    return steps, mean, int((counts > 1).sum())


def series(k: ArrayLike, errors: ArrayLike) -> Series:
    """Check shapes, sort by step, average duplicates, drop steps that are not positive.

    Args:
        k: (K,) step numbers.
        errors: (K,) or (runs, K).

    Raises:
        LogError: shapes that do not fit, no positive step, no number.
    """
    steps, values = _numbers(k, "k"), _numbers(errors, "errors")
    if values.ndim == 1:
        values = values[None, :]
    if steps.ndim != 1 or values.ndim != 2 or values.shape[1] != len(steps):
        raise LogError(
            "expected k of shape (K,) and errors of shape (K,) or (runs, K); "
            f"found k of shape {steps.shape} and errors of shape {np.shape(errors)}"
        )
    notes = []
    usable = np.asarray(np.isfinite(steps) & (steps > 0), dtype=bool)
    if not usable.any():
        raise LogError(f"no step is a positive number among {len(steps)}; steps count from 1")
    if not usable.all():
        notes.append(f"steps that are not positive numbers were left out ({int((~usable).sum())})")
    steps, values = steps[usable], values[:, usable]
    order = np.argsort(steps, kind="stable")
    if np.any(order[1:] < order[:-1]):
        notes.append("steps were not in order and have been sorted")
    steps, values, merged = _merge_duplicates(steps[order], values[:, order])
    if merged:
        notes.append(f"{merged} steps had several values, which were averaged")
    if np.isnan(values).all():
        raise LogError("every error is missing (nan)")
    return Series(k=steps, errors=values, notes=tuple(notes))


def without_missing(data: Series) -> Series:
    """The steps at which every run has a finite value.

    Raises:
        LogError: if runs share no step.
    """
    finite = np.asarray(np.isfinite(data.errors).all(axis=0), dtype=bool)
    if finite.all():
        return data
    if not finite.any():
        raise LogError(
            f"the {len(data.errors)} runs have no step in common; fit them one by one, or log the same steps"
        )
    note = f"{int((~finite).sum())} of {len(finite)} steps lack a value in some run: left out"
    return Series(k=data.k[finite], errors=data.errors[:, finite], notes=(*data.notes, note))


def gaps(data: Series, minimum: float) -> Series:
    """Subtract the minimum.

    Raises:
        LogError: if a value lies below the minimum by more than rounding.
    """
    values = data.errors - minimum
    scale = max(abs(minimum), float(np.nanmax(np.abs(np.where(np.isfinite(values), values, 0.0)))))
    lowest = float(np.nanmin(np.where(np.isfinite(values), values, np.inf)))
    if lowest < -1e-9 * scale:
        where = np.argwhere(values == lowest)[0]
        raise LogError(
            f"an error cannot be negative: run {where[0]} at step {data.k[where[1]]:g} has {lowest + minimum:.6g}, "
            f"below the minimum {minimum:g}; give the true minimum, or minimum=None when it is unknown"
        )
    return Series(k=data.k, errors=np.where(values < 0, 0.0, values), notes=data.notes)
