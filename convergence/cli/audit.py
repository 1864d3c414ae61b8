"""The command ``convergence audit``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from convergence.auditing import Audit, ClaimResult
from convergence.auditing import audit as run_audit
from convergence.claims import Claim, Paper, load_all
from convergence.errors import ClaimError, nearest
from convergence.report import to_document, write
from convergence.verdicts import AGAINST, Verdict

STYLES = {
    Verdict.PROVED: "green",
    Verdict.SUPPORTED: "cyan",
    Verdict.UNDECIDED: "yellow",
    Verdict.REFUTED: "bold red",
    Verdict.ILL_POSED: "bold red",
    Verdict.INCONSISTENT: "bold red",
    Verdict.DIVERGES: "bold red",
}


def audit(
    paths: Sequence[Path],
    out: Path | None,
    as_json: bool,
    only: str | None,
    budget: str,
    seed: int,
    jobs: int | None,
    fail_on: str | None,
) -> int:
    """Audit, print the table or the JSON, write the report; returns the exit status."""
    failing = _verdicts(fail_on)
    papers = selected(load_all(paths), only)
    total = sum(len(claim.readings) for paper in papers for claim in paper)
    with progress_bar(total) as advance:
        result = run_audit(papers, seed=seed, budget=budget, jobs=jobs or os.cpu_count() or 1, progress=advance)
    folder = out or (None if as_json else Path("report"))
    if folder is not None:
        write(result, folder)
    if as_json:
        print(json.dumps(to_document(result), indent=1, allow_nan=False))
    else:
        _show(result, folder)
    return status(result, failing)


def selected(papers: Sequence[Paper], only: str | None) -> tuple[Paper, ...]:
    """The papers with the claims whose id matches a pattern.

    Raises:
        ClaimError: if no claim matches.
    """
    if only is None:
        return tuple(papers)
    kept = [replace(paper, claims=tuple(c for c in paper if fnmatchcase(c.id, only))) for paper in papers]
    found = tuple(paper for paper in kept if paper.claims)
    if not found:
        raise ClaimError(f"no claim matches {only!r}{nearest(only, [c.id for paper in papers for c in paper])}")
    return found


def status(result: Audit, failing: frozenset[Verdict]) -> int:
    """The exit status of an audit: 1 for a failing verdict, else 3 for an undecided one, else 0."""
    verdicts = {claim.verdict for claim in result}
    if verdicts & failing:
        return 1
    return 3 if Verdict.UNDECIDED in verdicts else 0


def _verdicts(text: str | None) -> frozenset[Verdict]:
    if text is None:
        return AGAINST
    found = []
    for word in text.split(","):
        if word.strip() not in list(Verdict):
            raise ClaimError(f"--fail-on: unknown verdict {word.strip()!r}{nearest(word.strip(), list(Verdict))}")
        found.append(Verdict(word.strip()))
    return frozenset(found)


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[Claim], None]]:
    """A bar on standard error, only if that is a terminal."""
    current = TextColumn("{task.description}")
    columns = (TextColumn("auditing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), current)
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=total)
        yield lambda claim: bar.update(task, advance=1, description=escape(claim.id))


def _show(result: Audit, folder: Path | None) -> None:
    console = Console(width=None if sys.stdout.isatty() else 160)
    for paper in result.papers:
        table = Table(title=escape(paper.paper.title), title_justify="left", expand=False)
        for column, least in (("claim", 16), ("place", 12), ("verdict", 12), ("reason", 40)):
            table.add_column(column, min_width=least, overflow="fold")
        for claim in paper.claims:
            mark = f"[{STYLES[claim.verdict]}]{claim.verdict}[/]"
            table.add_row(escape(claim.claim.id), escape(claim.claim.where), mark, escape("\n".join(_lines(claim))))
        console.print(table)
    console.print(", ".join(f"{count} {verdict}" for verdict, count in sorted(result.counts.items())))
    if folder is not None:
        console.print(f"report: {folder / 'index.html'}", soft_wrap=True, highlight=False)


def _lines(result: ClaimResult) -> Iterator[str]:
    """The reason, what would repair the claim, and how its proof fared."""
    yield result.reason
    yield from (f"-> {repair.says}" for repair in result.readings[0].repairs)
    if result.proof:
        yield f"proof: {result.proof.sentence}"
