"""The command ``convergence doctor``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from convergence.auditing.calibration import Graded, Outcome, classics_folder, counts, exercises, graded
from convergence.auditing.record import calibration_of, write
from convergence.auditing.store import Store
from convergence.cli.audit import progress_bar
from convergence.errors import ClaimError
from convergence.rates.score import measured, score

SERIES = {"quick": range(36), "full": range(180)}
"""Numbers of the series on which the fit is scored."""


def doctor(
    budget: str,
    only: str | None,
    seed: int,
    jobs: int | None,
    altered: bool,
    resume: Path | None = None,
    record: bool = False,
) -> int:
    """Audit the classics and their mutants, print the score, and return 1 if any verdict is wrong.

    Without a pattern, the fit of rates is scored too, on series of known law.

    Args:
        resume: folder that keeps verdicts as they come, and has those of a run that was stopped.
        record: whether the figures go into the package, for its reports.

    Raises:
        ClaimError: if a part of the statements is to be recorded.
    """
    if record and (only is not None or not altered):
        raise ClaimError("--record: expected all statements and mutants; leave --only and --no-mutants out")
    folder = classics_folder(Path.cwd())
    tasks = exercises(folder, only, altered)
    kept = Store(resume) if resume else None
    with progress_bar(len(tasks)) as advance:
        grades = graded(tasks, budget=budget, seed=seed, jobs=jobs or os.cpu_count() or 1, progress=advance, kept=kept)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(_score(grades))
    for outcome in (Outcome.UNDECIDED, Outcome.WRONG):
        _listed(console, [grade for grade in grades if grade.outcome is outcome], outcome)
    if only is None:
        fit = score(*measured(SERIES[budget])).lines()
        console.print("rates read off series of known law")
        console.print("\n".join(fit), highlight=False)
        if record:
            place = write(calibration_of(grades, budget, fit), folder.parents[1])
            console.print(f"recorded in {place}", soft_wrap=True, highlight=False)
    return 1 if any(grade.outcome is Outcome.WRONG for grade in grades) else 0


def _score(grades: Sequence[Graded]) -> Table:
    table = Table(title="verdicts on statements of known truth", title_justify="left")
    table.add_column("group", overflow="fold")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right")
    for group, found in counts(grades).items():
        table.add_row(escape(group), *(str(found[outcome]) for outcome in Outcome))
    table.add_section()
    total = Counter(grade.outcome for grade in grades)
    table.add_row("all", *(str(total[outcome]) for outcome in Outcome))
    return table


def _listed(console: Console, grades: Sequence[Graded], outcome: Outcome) -> None:
    for grade in grades:
        truth = "true" if grade.exercise.truth else "false"
        line = f"{outcome}: {grade.exercise.claim.id} ({truth}, found {grade.verdict}): {grade.reason}"
        console.print(escape(line), style="bold red" if outcome is Outcome.WRONG else None, soft_wrap=True)
