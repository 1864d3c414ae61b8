"""From rows to runs: restarts, repeated steps, several runs in one file, runs on different steps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHRINKING = 0.1  # steps spaced by ratios have growing gaps, up to rounding
UNORDERED = 0.05  # rows that go back this often are out of order, not restarts


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: its name, steps (K,) in increasing order, values (K,), and what was noticed."""

    name: str
    k: Array
    values: Array
    notes: tuple[str, ...] = ()


def _segments(k: Array) -> list[slice]:
    """The stretches of rows on which steps do not go back."""
    starts = [0, *(np.flatnonzero(np.diff(k) < 0) + 1).tolist(), len(k)]
    return [slice(a, b) for a, b in itertools.pairwise(starts)]


def runs_of(name: str, k: Array, values: Array) -> tuple[Run, ...]:
    """The runs in rows of steps and values, in file order.

    Steps that go back to the first step begin a new run; steps that go back to the middle are a restart from a
    checkpoint, whose rows replace the earlier ones; rows that go back all the time are out of order.
    """
    segments = _segments(k)
    if len(segments) == 1:
        return (_averaged(Run(name=name, k=k, values=values)),)
    if len(segments) > max(3.0, UNORDERED * len(k)) and min(s.stop - s.start for s in segments) < 3:
        order = np.argsort(k, kind="stable")
        note = "rows were not in order of their steps and have been sorted"
        return (_averaged(Run(name=name, k=k[order], values=values[order], notes=(note,))),)
    runs: list[Run] = []
    for part in segments:
        piece = Run(name=name, k=k[part], values=values[part])
        if runs and piece.k[0] > runs[0].k[0]:
            runs[-1] = _restarted(runs[-1], piece)
        else:
            runs.append(piece)
    if len(runs) > 1:
        note = f"steps begin again: taken as {len(runs)} runs in one file"
        runs = [replace(run, name=f"{name}#{i + 1}", notes=(*run.notes, note)) for i, run in enumerate(runs)]
    return tuple(_averaged(run) for run in runs)


def _restarted(run: Run, piece: Run) -> Run:
    keep = run.k < piece.k[0]
    note = f"a restart at step {piece.k[0]:g}: rows from there on were replaced by the later ones"
    return Run(
        name=run.name,
        k=np.concatenate([run.k[keep], piece.k]),
        values=np.concatenate([run.values[keep], piece.values]),
        notes=(*run.notes, note),
    )


def _averaged(run: Run) -> Run:
    """One value a step."""
    steps, first = np.unique(run.k, return_index=True)
    if len(steps) == len(run.k):
        return run
    counts = np.diff(np.append(first, len(run.k)))
    values = np.add.reduceat(run.values, first) / counts
    note = f"{int((counts > 1).sum())} steps have several rows, which were averaged"
    return Run(name=run.name, k=steps, values=values, notes=(*run.notes, note))


def aligned(runs: Sequence[Run]) -> tuple[Array, Array]:
    """Steps (K,) and values (runs, K) with nan where a run has no row."""
    first = runs[0].k
    if all(len(run.k) == len(first) and np.array_equal(run.k, first) for run in runs):
        return first, np.stack([run.values for run in runs])
    k = np.unique(np.concatenate([run.k for run in runs]))
    values = np.full((len(runs), len(k)), np.nan)
    for row, run in zip(values, runs, strict=True):
        row[np.searchsorted(k, run.k)] = run.values
    return k, values


def ending_together(runs: Sequence[Run]) -> tuple[tuple[Run, ...], str]:
    """The runs, cut where the shortest ends, and a note if that cut any; a run that ends in nan is not shorter."""
    ends = [float(run.k[-1]) for run in runs]
    end = min(ends)
    if end == max(ends):
        return tuple(runs), ""
    cut = [replace(run, k=run.k[run.k <= end], values=run.values[run.k <= end]) for run in runs]
    kept = tuple(run for run in cut if len(run.k))
    remedy = "" if end > 0.5 * max(ends) else "; leave short runs out to use more"
    return kept, f"runs end at different steps, {end:g} to {max(ends):g}: those up to {end:g} are used{remedy}"


def sampling(k: Array) -> str:
    """What it costs that not every step is there; empty where every step is, or where steps are spaced by ratios."""
    if len(k) < 3:
        return ""
    gaps = np.diff(k)
    widest, usual = float(gaps.max()), float(np.median(gaps))
    if widest <= 1.0:
        return ""
    if widest <= 1.001 * gaps.min():
        return f"every {usual:g} steps: oscillations with a period below {2 * usual:g} cannot be seen"
    if np.mean(np.diff(gaps) < -1.0) < SHRINKING:
        return ""
    return f"steps are {usual:g} apart as a rule, {widest:g} at most: oscillations were not looked for"
