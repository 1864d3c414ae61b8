"""Tuned trainings of each contender: the same grid and budget for all, chosen on validation data, then fresh seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from convergence.learning import Data, Ending, Lane, Plan, Run, default_device, train, train_ensemble
from experiments.contenders import Contender
from experiments.scales import Task

TUNING = 1_000_000
"""Seeds of tuning begin here, so that the seeds that are reported are fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where trainings run and what is kept of them.

    Attributes:
        task, data, plan: what is trained.
        device: such as ``cpu`` or ``cuda``.
        folder: of the checkpoints; a training that is finished there is read and not repeated.
        progress: the screen.
    """

    task: Task
    data: Data
    plan: Plan
    device: str
    folder: Path
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A contender's runs on fresh seeds at the learning rate that its tuning chose.

    Attributes:
        losses: mean validation loss of each learning rate that was tried; infinite if a run failed.
        at_edge: whether the best learning rate is the smallest or the largest of the grid.
    """

    contender: Contender
    lr: float
    losses: dict[float, float]
    at_edge: bool
    runs: tuple[Run, ...]


def screen() -> Progress:
    """Progress as bars, one for each group of trainings."""
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), transient=True)


@contextmanager
def setting_of(task: Task, data: Data, device: str | None, out: Path) -> Iterator[Setting]:
    """The trainings of a task whose results are in `out`; progress is shown while it is open."""
    with screen() as progress:
        yield Setting(
            task=task,
            data=data,
            plan=task.plan(data),
            device=device or default_device(),
            folder=out / "checkpoints" / task.name,
            progress=progress,
        )


def trained(setting: Setting, contender: Contender, lanes: Sequence[Lane], words: str) -> tuple[Run, ...]:
    """The runs of some seeds and learning rates, those that are already kept among them."""
    bar = setting.progress.add_task(f"{setting.task.name}  {contender.name}  {words}", total=len(lanes))
    folder = setting.folder / contender.file_name
    net = setting.task.net(setting.data)
    if setting.task.together:
        runs = train_ensemble(
            net, setting.data, contender.make, setting.plan, lanes,
            device=setting.device, checkpoint=folder,
            watch=lambda done, total: setting.progress.update(bar, completed=len(lanes) * done / total),
        )  # fmt: skip
    else:
        found = []
        for lane in lanes:
            place = folder / f"{lane.lr:g}-{lane.seed}.pt"
            found.append(
                train(
                    net, setting.data, contender.make, setting.plan,
                    lr=lane.lr, seed=lane.seed, device=setting.device, checkpoint=place,
                )
            )  # fmt: skip
            setting.progress.advance(bar)
        runs = tuple(found)
    setting.progress.remove_task(bar)
    return runs


def tuned(
    setting: Setting, contender: Contender, rates: Sequence[float], tuning_seeds: int, seeds: Sequence[int]
) -> Tuned:
    """Choose the learning rate with the least mean validation loss, and train anew with seeds that it has not seen."""
    lanes = [Lane(rate, TUNING + number) for rate in rates for number in range(tuning_seeds)]
    tried = trained(setting, contender, lanes, f"tuning over {len(rates)} learning rates")
    losses = {rate: loss([run for run in tried if run.lr == rate]) for rate in rates}
    best = min(rates, key=lambda rate: losses[rate])
    runs = trained(setting, contender, [Lane(best, seed) for seed in seeds], f"{len(seeds)} seeds at {best:g}")
    return Tuned(contender=contender, lr=best, losses=losses, at_edge=best in (min(rates), max(rates)), runs=runs)


def loss(runs: Sequence[Run]) -> float:
    """The mean validation loss at the end; infinite if any run failed."""
    ends = [float(run.final["validation_loss"]) for run in runs]
    failed = any(run.ending is Ending.NON_FINITE or not isfinite(end) for run, end in zip(runs, ends, strict=True))
    return float("inf") if failed else float(np.mean(ends))
