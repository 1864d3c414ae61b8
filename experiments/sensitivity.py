"""How much the test accuracy of a seed changes with the learning rate, the batch size and the betas.

    python -m experiments.sensitivity --scale small --seeds 20 --out build/sensitivity
    convergence audit build/sensitivity/claims.toml

Learning rates go from 1e-4 to 1e-2. Batches of 32 to 512 and the betas are tried at the learning rate of these with the
least validation loss; each row of runs.csv is one seed with the range (greatest minus least accuracy) of each sweep.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from convergence.errors import OptimizerError
from convergence.learning import Data, Lane, Plan, Run, default_device
from convergence.learning.records import replacing
from convergence.methods.schedules import cosine
from experiments.contenders import Contender, chosen
from experiments.running import Device, Out, ScaleName, Seeds, finished, scale, started
from experiments.scales import Task
from experiments.statements import SENSITIVE, write_claims
from experiments.training import Setting, loss, screen, trained

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
BATCHES = (32, 64, 128, 256, 512)
STABLE = (64, 128, 256, 512)
BETAS = tuple((first, second) for first in (0.85, 0.9, 0.95) for second in (0.99, 0.999))
METHODS = ("adam", "amvt", "amgt_clip", "momentum", "rmsprop", "radam")

Accuracies = Mapping[str, Sequence[float]]
"""Test accuracies of all seeds, by what was set."""


def with_betas(contender: Contender, first: float, second: float) -> Contender:
    """The method with other decay rates of its first two moments."""

    def make(parameters: object, lr: float) -> torch.optim.Optimizer:
        optimizer = contender.make(parameters, lr=lr)
        for group in optimizer.param_groups:
            group["beta1"], group["beta2"] = first, second
        return optimizer

    return replace(contender, name=f"{contender.name}, betas {first:g} {second:g}", make=make)


def accuracies(setting: Setting, contender: Contender, lr: float, seeds: Sequence[int], words: str) -> list[Run]:
    """The runs of all seeds with one setting."""
    return list(trained(setting, contender, [Lane(lr, seed) for seed in seeds], words))


def with_batch(setting: Setting, data: Data, batch: int) -> Setting:
    """As many epochs in batches of another size."""
    steps = Plan(epochs=setting.task.epochs, batch=batch).total(len(data.train))
    plan = Plan(epochs=setting.task.epochs, batch=batch, schedule=cosine(1, 0, steps))
    return replace(setting, plan=plan, folder=setting.folder / f"batch-{batch}")


def swept(setting: Setting, contender: Contender, seeds: Sequence[int]) -> dict[str, Accuracies]:
    """The three sweeps of one method; betas only where it has both."""
    run: Callable[..., list[Run]] = partial(accuracies, setting, seeds=seeds)
    rates = {rate: run(contender, rate, words=f"learning rate {rate:g}") for rate in RATES}
    best = min(RATES, key=lambda rate: loss(rates[rate]))
    batches = {
        batch: accuracies(with_batch(setting, setting.data, batch), contender, best, seeds, f"batch {batch}")
        for batch in BATCHES
    }
    betas = {}
    if has_betas(contender):
        betas = {pair: run(with_betas(contender, *pair), best, words=f"betas {pair}") for pair in BETAS}
    return {
        "rate": {f"{rate:g}": reached(runs) for rate, runs in rates.items()},
        "batch": {str(batch): reached(runs) for batch, runs in batches.items()},
        "beta": {f"{a:g} {b:g}": reached(runs) for (a, b), runs in betas.items()},
    }


def has_betas(contender: Contender) -> bool:
    """Whether a method has decay rates of two moments."""
    try:
        group = contender.make([torch.nn.Parameter(torch.zeros(1))], lr=0.1).param_groups[0]
    except OptimizerError:
        return False
    return {"beta1", "beta2"} <= set(group)


def reached(runs: Sequence[Run]) -> list[float]:
    """Test accuracies at the end; 0 where a run became non-finite."""
    return [float(np.nan_to_num(run.final["test_accuracy"], nan=0.0)) for run in runs]


def ranges(sweeps: Mapping[str, Accuracies], seeds: int) -> list[dict[str, float]]:
    """For each seed, the greatest minus the least accuracy of each sweep; nan where there was none."""
    kept = {"rate": sweeps["rate"], "beta": sweeps["beta"]}
    kept["batch"] = {batch: values for batch, values in sweeps["batch"].items() if int(batch) in STABLE}
    found = {}
    for name, sweep in kept.items():
        table = np.array(list(sweep.values())) if sweep else np.full((1, seeds), np.nan)
        found[f"{name}_range"] = table.max(axis=0) - table.min(axis=0) if sweep else table[0]
    return [{name: float(values[seed]) for name, values in found.items()} for seed in range(seeds)]


def write(results: Mapping[Task, Mapping[str, Mapping[str, Accuracies]]], seeds: int, folder: Path, title: str) -> None:
    """``runs.csv`` with the ranges of each seed, and ``summary.md`` with the means of each setting."""
    lines = [f"# {title}", ""]
    with replacing(folder / "runs.csv") as file:
        table = csv.writer(file)
        columns = ("rate_range", "batch_range", "beta_range")
        table.writerow(["task", "method", "seed", *columns])
        for task, methods in results.items():
            for method, sweeps in methods.items():
                for seed, values in enumerate(ranges(sweeps, seeds)):
                    table.writerow([task.name, method, seed, *(repr(values[name]) for name in columns)])
            lines += [f"## {task.words}", "", f"Mean test accuracy of {seeds} seeds.", "", *_tables(methods)]
    with replacing(folder / "summary.md") as file:
        file.write("\n".join(lines) + "\n")


def _tables(methods: Mapping[str, Mapping[str, Accuracies]]) -> list[str]:
    lines = []
    for sweep, words in (("rate", "learning rate"), ("batch", "batch"), ("beta", "beta1, beta2")):
        settings = next((list(sweeps[sweep]) for sweeps in methods.values() if sweeps[sweep]), [])
        lines += [f"| {words} | {' | '.join(settings)} |", f"|---|{'---|' * len(settings)}"]
        for method, sweeps in methods.items():
            if sweeps[sweep]:
                cells = " | ".join(f"{np.mean(values):.4f}" for values in sweeps[sweep].values())
                lines.append(f"| {method} | {cells} |")
        lines.append("")
    return lines


def main(
    scale_name: ScaleName = "small",
    seeds: Seeds = None,
    device: Device = None,
    out: Out = Path("sensitivity"),
) -> None:
    """Vary one setting at a time, and write runs.csv, a summary and AMVT's claims about sensitivity."""
    size = scale(scale_name)
    count = seeds or size.seeds
    results: dict[Task, dict[str, dict[str, Accuracies]]] = {}
    for task in size.tasks:
        data = task.loaded()
        with screen() as progress:
            setting = Setting(
                task=task,
                data=data,
                plan=task.plan(data),
                device=device or default_device(),
                folder=out / "checkpoints" / task.name,
                progress=progress,
            )
            names = [name for name in METHODS if name in size.methods]
            results[task] = {each.name: swept(setting, each, range(count)) for each in chosen(names)}
    title = f"Sensitivity to settings, {scale_name} scale"
    write(results, count, out, title)
    write_claims(SENSITIVE, [(task, list(found)) for task, found in results.items()], out / "claims.toml", title)
    finished(out)


if __name__ == "__main__":
    started(main)
