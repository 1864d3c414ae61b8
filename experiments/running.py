"""What all experiments share: their options, the way from contenders to tables, and plain errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from convergence.errors import ClaimError, ConvergenceError, nearest
from convergence.learning import Data
from experiments.contenders import Contender
from experiments.measures import row
from experiments.pictures import curves, landscapes
from experiments.scales import SCALES, Scale, Task
from experiments.statements import Statement, write_claims
from experiments.tables import Rows, write_rows, write_summary, write_traces
from experiments.training import Tuned, setting_of, tuned

ScaleName = Annotated[str, typer.Option("--scale", help=f"One of {', '.join(SCALES)}.")]
Seeds = Annotated[int | None, typer.Option(min=2, help="Fresh seeds of each method; the scale's own if left out.")]
Device = Annotated[str | None, typer.Option(help="cpu or cuda; the GPU if there is one.")]
Pictures = Annotated[bool, typer.Option(help="Draw curves and loss landscapes.")]
Out = Annotated[Path, typer.Option(help="Folder of results; what is finished there is not repeated.")]

Contenders = Callable[[Task, Data], Sequence[Contender]]


def scale(name: str) -> Scale:
    """The scale of that name.

    Raises:
        ClaimError: if there is none.
    """
    if name not in SCALES:
        raise ClaimError(f"no scale {name!r}{nearest(name, SCALES)}")
    return SCALES[name]


def experiment(
    title: str,
    size: Scale,
    contenders: Contenders,
    statements: Collection[Statement],
    *,
    seeds: int | None,
    device: str | None,
    pictures: bool,
    out: Path,
) -> None:
    """Train all contenders on all tasks of a scale, and write tables, traces, a summary and the papers' claims."""
    results = {}
    for task in size.tasks:
        data = task.loaded()
        found, rows = compared(task, data, contenders(task, data), size, seeds or size.seeds, device, out)
        results[task] = (found, rows)
        write_traces(found, task, out)
        if pictures:
            curves(found, out / f"{task.name}-loss.svg")
            landscapes(found, task.net(data), data, out / f"{task.name}-landscape.svg")
    write_rows(results, out / "runs.csv")
    write_summary(results, out, title)
    names = [(task, list(rows)) for task, (_, rows) in results.items()]
    write_claims(statements, names, out / "claims.toml", title)
    finished(out)


def compared(
    task: Task, data: Data, contenders: Sequence[Contender], size: Scale, seeds: int, device: str | None, out: Path
) -> tuple[list[Tuned], Rows]:
    """All contenders on one task: their runs, and a row of measures for each."""
    with setting_of(task, data, device, out) as setting:
        found = [tuned(setting, each, size.rates, size.tuning_seeds, range(seeds)) for each in contenders]
        bar = setting.progress.add_task(f"{task.name}  measures", total=len(found) * seeds)
        rows: dict[str, list[dict[str, float]]] = {item.contender.name: [] for item in found}
        for item in found:
            for run in item.runs:
                rows[item.contender.name].append(row(run, task, data))
                setting.progress.advance(bar)
    return found, rows


def finished(out: Path) -> None:
    """Say where the results are."""
    typer.echo(f"{out}/summary.md; judge the papers' claims with: convergence audit {out}/claims.toml")


def started(main: Callable[..., Any]) -> None:
    """Run a script; what is wrong with its input is one line and exit status 1."""
    try:
        typer.run(main)
    except ConvergenceError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None
