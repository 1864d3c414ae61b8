"""How much the test accuracy of a seed changes with the learning rate, the batch size and the betas.

    python -m experiments.sensitivity --scale small --seeds 20 --out build/sensitivity
    convergence audit build/sensitivity/claims.toml

Learning rates go from 1e-4 to 1e-2. Batches of 32 to 512 and the betas are tried at the learning rate of these with the
least validation loss; each row of runs.csv is one seed with the range (greatest minus least accuracy) of each sweep.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from convergence.learning import Lane, Run
from convergence.learning.records import replacing
from experiments.contenders import Contender, chosen
from experiments.running import Device, Out, ScaleName, Seeds, finished, scale, started
from experiments.scales import Task
from experiments.statements import SENSITIVE, write_claims
from experiments.training import Setting, loss, setting_of, trained

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
BATCHES = (32, 64, 128, 256, 512)
STABLE = (64, 128, 256, 512)
BETAS = tuple((first, second) for first in (0.85, 0.9, 0.95) for second in (0.99, 0.999))
METHODS = ("adam", "amvt", "amgt_clip", "momentum", "rmsprop", "radam")

Accuracies = Mapping[str, Sequence[float]]
"""Test accuracies of all seeds, by what was set."""


def with_betas(contender: Contender, first: float, second: float) -> Contender:
    """The method with other decay rates of its first two moments."""

    make = partial(contender.make, beta1=first, beta2=second)
    return replace(contender, name=f"{contender.name}, betas {first:g} {second:g}", make=make)


def with_batch(setting: Setting, batch: int) -> Setting:
    """As many epochs in batches of another size."""
    plan = replace(setting.task, batch=batch).plan(setting.data)
    return replace(setting, plan=plan, folder=setting.folder / f"batch-{batch}")


def swept(setting: Setting, contender: Contender, seeds: Sequence[int]) -> dict[str, Accuracies]:
    """The three sweeps of one method; betas only where it has both."""

    def runs(setting: Setting, contender: Contender, rate: float, words: str) -> Sequence[Run]:
        return trained(setting, contender, [Lane(rate, seed) for seed in seeds], words)

    rates = {rate: runs(setting, contender, rate, f"learning rate {rate:g}") for rate in RATES}
    best = min(RATES, key=lambda rate: loss(rates[rate]))
    batches = {batch: runs(with_batch(setting, batch), contender, best, f"batch {batch}") for batch in BATCHES}
    tried = BETAS if has_betas(contender) else ()
    betas = {pair: runs(setting, with_betas(contender, *pair), best, f"betas {pair}") for pair in tried}
    return {
        "rate": {f"{rate:g}": reached(runs) for rate, runs in rates.items()},
        "batch": {str(batch): reached(runs) for batch, runs in batches.items()},
        "beta": {f"{a:g} {b:g}": reached(runs) for (a, b), runs in betas.items()},
    }


def has_betas(contender: Contender) -> bool:
    """Whether a method has decay rates of two moments."""
    group = contender.make([torch.nn.Parameter(torch.zeros(1))], lr=0.1).param_groups[0]
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
        found[f"{name}_range"] = np.ptp(list(sweep.values()), axis=0) if sweep else np.full(seeds, np.nan)
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
        with setting_of(task, task.loaded(), device, out) as setting:
            names = [name for name in METHODS if name in size.methods]
            results[task] = {each.name: swept(setting, each, range(count)) for each in chosen(names)}
    title = f"Sensitivity to settings, {scale_name} scale"
    write(results, count, out, title)
    write_claims(SENSITIVE, [(task, list(found)) for task, found in results.items()], out / "claims.toml", title)
    finished(out)


if __name__ == "__main__":
    started(main)
