"""What an experiment leaves: runs.csv, traces for ``convergence fit``, summary.md and summary.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from convergence.learning import write_runs
from convergence.learning.records import replacing
from convergence.statistics import ordered, paired, several
from experiments.measures import MEASURES
from experiments.scales import Task
from experiments.training import Tuned

Rows = Mapping[str, Sequence[Mapping[str, float]]]
"""The rows of each method's runs, in the order of the seeds."""

SHOWN = ("epochs_to_target", "test_accuracy", "generalisation_gap", "loss_deviation", "gradient_decay", "sharpness")
COMPARED = (("epochs_to_target", "epochs"), ("test_accuracy", ""))
LEVEL = 0.01


def write_traces(found: Sequence[Tuned], task: Task, folder: Path) -> None:
    """One file for each method, which ``convergence fit FILE --x step --y gradient_norm --by seed`` reads."""
    for item in found:
        path = folder / "traces" / task.name / f"{item.contender.file_name}.csv"
        write_runs(item.runs, path, optimizer=item.contender.name, data_name=task.data, model=task.model)


def write_rows(results: Mapping[Task, tuple[Sequence[Tuned], Rows]], path: Path) -> None:
    """One row for each run on a fresh seed."""
    with replacing(path) as file:
        table = csv.writer(file)
        table.writerow(["task", "method", "lr", "seed", *MEASURES])
        for task, (found, rows) in results.items():
            for item in found:
                name = item.contender.name
                for run, values in zip(item.runs, rows[name], strict=True):
                    measured = [repr(float(values[measure])) for measure in MEASURES]
                    table.writerow([task.name, name, repr(item.lr), run.seed, *measured])


def write_summary(results: Mapping[Task, tuple[Sequence[Tuned], Rows]], folder: Path, title: str) -> None:
    """``summary.md`` for readers and ``summary.csv`` with the same numbers."""
    lines = [f"# {title}", ""]
    table: list[list[str]] = [["task", "method", "lr", "at_edge", "measure", "mean", "deviation", "runs"]]
    for task, (found, rows) in results.items():
        lines += _section(task, found, rows)
        table += _numbers(task, found, rows)
    with replacing(folder / "summary.md") as file:
        file.write("\n".join(lines) + "\n")
    with replacing(folder / "summary.csv") as file:
        csv.writer(file).writerows(table)


def _numbers(task: Task, found: Sequence[Tuned], rows: Rows) -> Iterable[list[str]]:
    for item in found:
        for measure in MEASURES:
            values = column(rows[item.contender.name], measure)
            spread = float(values.std(ddof=1)) if np.isfinite(values).all() and len(values) > 1 else float("nan")
            yield [
                task.name, item.contender.name, repr(item.lr), str(item.at_edge), measure,
                repr(float(values.mean())), repr(spread), str(len(values)),
            ]  # fmt: skip


def _section(task: Task, found: Sequence[Tuned], rows: Rows) -> list[str]:
    seeds = len(found[0].runs)
    lines = [
        f"## {task.words}",
        "",
        f"{seeds} fresh seeds of each method at the learning rate with the least validation loss of its tuning, over "
        f"the same grid for all. Target: validation accuracy {task.target:g}. Mean and standard deviation over seeds.",
        "",
        f"| method | lr | {' | '.join(name.replace('_', ' ') for name in SHOWN)} |",
        f"|---|---|{'---|' * len(SHOWN)}",
    ]
    for item in found:
        values = [_cell(column(rows[item.contender.name], measure)) for measure in SHOWN]
        edge = " (edge of the grid)" if item.at_edge else ""
        lines.append(f"| {item.contender.name} | {item.lr:g}{edge} | {' | '.join(values)} |")
    return [*lines, "", *_against_first(found, rows), "", *_variance(rows), ""]


def _cell(values: np.ndarray) -> str:
    missing = int((~np.isfinite(values)).sum())
    if missing:
        return f"{missing} of {len(values)} without"
    spread = f" ± {values.std(ddof=1):.2g}" if len(values) > 1 else ""
    return f"{values.mean():.4g}{spread}"


def _against_first(found: Sequence[Tuned], rows: Rows) -> list[str]:
    """Every method against the first, seed by seed."""
    reference = found[0].contender.name
    lines = [f"Each method minus {reference}, seed by seed, with the 99 % interval:", ""]
    for measure, unit in COMPARED:
        for item in found[1:]:
            name = item.contender.name
            values = column(rows[name], measure), column(rows[reference], measure)
            lines.append(f"* {measure.replace('_', ' ')}: {_pair(values, unit, (name, reference))}")
    return lines


def _pair(values: tuple[np.ndarray, np.ndarray], unit: str, names: tuple[str, str]) -> str:
    if all(np.isfinite(each).all() for each in values):
        return paired(*values, level=LEVEL).text(unit, names=names)
    return ordered(*values, are_paired=True).text(names)


def _variance(rows: Rows) -> list[str]:
    """Analysis of variance over all methods, and the pairs that differ after Holm's correction."""
    lines = []
    for measure, _ in COMPARED:
        groups = {name: column(values, measure) for name, values in rows.items()}
        usable = {name: values for name, values in groups.items() if np.isfinite(values).all()}
        left_out = ", ".join(name for name in groups if name not in usable)
        if len(usable) < 2:
            continue
        found = several(usable, level=LEVEL)
        pairs = ", ".join(f"{a} and {b}" for a, b in found.different) or "none"
        lines.append(
            f"Analysis of variance of {measure.replace('_', ' ')}: F = {found.f:.3g}, p = {found.p_value:.2g}; pairs "
            f"that differ at {LEVEL:g} after Holm's correction over {len(found.holm)}: {pairs}."
            + (f" Without {left_out}, not all of whose runs arrive." if left_out else "")
        )
    return lines


def column(rows: Sequence[Mapping[str, float]], measure: str) -> np.ndarray:
    """One measure of all runs of a method."""
    return np.array([values[measure] for values in rows])
