"""What searches for violated bounds share: runs of many instances at once, and exact replays of those that stand out.

Instances are rows of arrays of shape (lanes, d); floating point only proposes, and the trusted core decides.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol

from convergence import certificates
from convergence.checks.families import Values
from convergence.checks.stated import curve
from convergence.errors import CertificateRejected, NumericLimit
from convergence.expressions import COUNTERS
from convergence.kernels import Kernel

Array = NDArray[np.float64]
Chosen = tuple[Values, int | None]
"""One instance's values and its horizon T, None where the method does not use it."""

T = COUNTERS["T"]
MARGIN = 1e-9


@contextmanager
def quietly() -> Iterator[None]:
    """Without warnings about numbers: runs may leave the range of floats."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def inputs(run: Kernel, chosen: Sequence[Chosen], copies: int = 1) -> tuple[Any, ...]:
    """The kernel's inputs, that many rows for each instance.

    Raises:
        NumericLimit: if the method draws random numbers of its own.
    """
    if run.program.random:
        raise NumericLimit("the method draws random numbers of its own")

    def column(name: Symbol) -> Array:
        rows = [[float(horizon or 1) if name == T else float(values.get(name, np.nan))] for values, horizon in chosen]
        return np.repeat(rows, copies, axis=0)

    return run.values({name: column(name) for name in run.program.inputs})


def points(
    run: Kernel,
    oracle: Callable[[int, Array], Array],
    start: Array,
    values: tuple[Any, ...],
    steps: int,
    project: Callable[[Array], Array] | None = None,
) -> Array:
    """The start and the outputs of all steps, of shape (steps + 1, lanes, d).

    Args:
        run: the method.
        oracle: from a step and the points where it asks to its answers.
        start: one point for each lane.
        values: the kernel's inputs.
        steps: how many.
        project: applied to the iterates after every step.
    """
    state, found = run.start(start, values), [start]
    for count in range(1, steps + 1):
        row = run.schedule(count, values)
        answer = oracle(count, run.query(count, state, values, row))
        after = run.step(count, answer, state, values, row=row)
        state = tuple(np.array(np.broadcast_to(part, start.shape)) for part in after)
        if project is not None:
            state = (project(state[0]), *state[1:])
        found.append(run.output(count, state, values, row))
    return np.array(found)


def curves(bound: Expr, chosen: Sequence[Chosen], steps: int) -> Array:
    """The bound at steps 1, 2, ... for each instance, of shape (steps, lanes)."""
    cache: dict[tuple[Any, ...], Array] = {}
    keys = [(*values.items(), horizon) for values, horizon in chosen]
    for key, (values, horizon) in zip(keys, chosen, strict=True):
        if key not in cache:
            cache[key] = curve(bound, values, horizon, steps)
    return np.stack([cache[key] for key in keys], axis=1)


def violations(ratios: Array) -> list[tuple[bool, int, int]]:
    """Lanes above the bound: whether only just at the first clear step, that step, and the lane."""
    found = []
    for lane in np.flatnonzero((ratios > 1 + MARGIN).any(axis=0)):
        clear = np.flatnonzero(ratios[:, lane] > min(1.05, 0.5 + np.nanmax(ratios[:, lane]) / 2))
        found.append((bool(ratios[clear[0], lane] < 1.01), int(clear[0]) + 1, int(lane)))
    return found


def worst(ratios: Array) -> float:
    """The greatest finite ratio."""
    return float(np.nanmax(np.where(np.isfinite(ratios), ratios, np.nan)))


def accepted(
    document: Mapping[str, Any], kind: str, witness: Mapping[str, Any], precisions: Sequence[int]
) -> dict[str, Any] | None:
    """The witness with the first of these precisions at which the trusted core accepts it."""
    for precision in precisions:
        offered = {**witness, "precision": precision}
        try:
            certificates.check(document, kind, offered)
        except CertificateRejected:
            continue
        return offered
    return None
