"""What is kept of a training, and the table that ``convergence fit`` and ``convergence audit`` read."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

STEP = ("step", "loss", "gradient_norm", "seconds")
"""Columns of the table of steps; all but the last are the same in every repetition."""


class Ending(StrEnum):
    """Why a training ended; the value says what that means."""

    COMPLETED = "all planned steps were done"
    NON_FINITE = "the loss or its gradient was not finite; the step was not taken"
    PATIENCE = "the validation loss had not improved for as many epochs as the plan allows"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One training.

    Attributes:
        seed, lr: what it was.
        ending: why it ended.
        steps: columns of numbers of each step: ``step`` (from 1), ``loss`` on the batch before the step (without unit;
            nats), ``gradient_norm`` of the batch, ``seconds`` of wall clock (of its share, if others ran with it).
        epochs: columns of numbers after each epoch: ``epoch``, ``step``, for each evaluated part ``train_loss``,
            ``train_accuracy`` and so on, and ``weight_norm``, the L2 norm of all parameters.
        state: the net's parameters and buffers at the end, on the CPU; empty if the training became non-finite.
    """

    seed: int
    lr: float
    ending: Ending
    steps: Mapping[str, Array]
    epochs: Mapping[str, Array]
    state: Mapping[str, Tensor]

    @property
    def final(self) -> Mapping[str, float]:
        """The last row of `epochs`; nan everywhere where the training became non-finite or ended before an epoch."""
        lost = self.ending is Ending.NON_FINITE
        return {
            name: float("nan") if lost or not len(column) else float(column[-1]) for name, column in self.epochs.items()
        }


def table(rows: Sequence[Sequence[float]] | Array, columns: Sequence[str]) -> dict[str, Array]:
    """Rows of numbers as columns."""
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
    return {name: values[:, place].copy() for place, name in enumerate(columns)}


def write_runs(runs: Iterable[Run], path: Path | str, **named: str) -> None:
    """Write one row a step as CSV, with what was measured after an epoch in the row of its last step.

    The columns are those of `named` (such as ``optimizer="adam", data_name="digits", model="mlp"``), ``method`` with
    the step size, which together tell methods and problems apart, ``seed``, ``lr``, then those of `Run.steps` and
    `Run.epochs`. The loss of a batch is ``loss``, that of the whole training part ``train_loss``. A run that became
    non-finite ends with the step at which it did. The file is written below a temporary name and renamed.
    """
    with replacing(Path(path)) as file:
        rows = csv.writer(file)
        header: list[str] | None = None
        for run in runs:
            extra = [name for name in run.epochs if name != "step"]
            if header is None:
                header = [*named, "method", "seed", "lr", *STEP, *extra]
                rows.writerow(header)
            first = [*named.values(), f"lr {run.lr:g}", run.seed, repr(run.lr)]
            rows.writerows([*first, *row] for row in _rows(run, extra))


def _rows(run: Run, extra: Sequence[str]) -> Iterator[list[Any]]:
    after = {int(step): place for place, step in enumerate(run.epochs["step"])}
    for values in zip(*(run.steps[name] for name in STEP), strict=True):
        place = after.get(int(values[0]))
        measured = ["" if place is None else repr(float(run.epochs[name][place])) for name in extra]
        yield [int(values[0]), *(repr(float(value)) for value in values[1:]), *measured]


@contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file that takes the place of `path` when it is complete, and leaves no trace when it is not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    text = {} if "b" in mode else {"newline": "", "encoding": "utf-8"}
    try:
        with part.open(mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
