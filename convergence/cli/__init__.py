"""The command line; every command imports what it needs only when it runs."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from convergence.errors import ConvergenceError

app = typer.Typer(
    name="convergence",
    help="Audits the convergence claims of optimization papers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class _Budget(StrEnum):
    QUICK = "quick"
    FULL = "full"


class _Schema(StrEnum):
    CLAIMS = "claims"
    REPORT = "report"


Paths = Annotated[list[Path], typer.Argument(help="Python modules, folders of claims, or TOML claim files.")]


@app.command()
def audit(
    paths: Paths,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default: report.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report's JSON and nothing else.")] = False,
    only: Annotated[str | None, typer.Option(help="Audit only claims whose id matches this pattern.")] = None,
    budget: Annotated[_Budget, typer.Option(help="How much each claim may cost.")] = _Budget.QUICK,
    seed: Annotated[int, typer.Option(min=0, help="Root of every random stream.")] = 0,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one per core.")] = None,
    fail_on: Annotated[str | None, typer.Option(help="Verdicts, comma-separated, that end with status 1.")] = None,
) -> None:
    """Audit claims and write the report.

    Status: 0 nothing against the claims, 1 some claim refuted, ill-posed, inconsistent or diverging,
    2 wrong usage or an invalid file, 3 nothing against them but some undecided.
    """
    from convergence.cli.audit import audit as run

    raise typer.Exit(run(paths, out, as_json, only, budget.value, seed, jobs, fail_on))


@app.command()
def fit(
    paths: Annotated[list[Path], typer.Argument(help="Logs of runs: CSV, JSONL, Parquet, event files, or folders.")],
    x: Annotated[str | None, typer.Option(help="Column of the step.")] = None,
    y: Annotated[str | None, typer.Option(help="Column of the error or loss.")] = None,
    by: Annotated[str | None, typer.Option(help="Column that tells the runs apart.")] = None,
    minimum: Annotated[float | None, typer.Option(help="Known minimum; 0 says that y is a gap already.")] = None,
    claimed: Annotated[str | None, typer.Option(help='Claimed law, such as "1/sqrt(k)".')] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a log-log picture, .svg or .png.")] = None,
) -> None:
    """Fit the decay law of logged runs and judge a claimed rate.

    Status: 0 nothing against the claim, 1 slower than claimed, 2 wrong usage or an unreadable log, 3 undecided.
    """
    from convergence.cli.fit import fit as run

    raise typer.Exit(run(paths, x, y, by, minimum, claimed, as_json, plot))


@app.command("list")
def list_(paths: Paths) -> None:
    """List the claims found, with their hypotheses and methods."""
    from convergence.cli.listing import listing

    listing(paths)


@app.command()
def schema(kind: Annotated[_Schema, typer.Argument(help="Claim files or reports.")]) -> None:
    """Print the JSON schema of claim files or of reports."""
    from convergence.cli.listing import schema as run

    run(kind.value)


@app.command()
def doctor(
    budget: Annotated[_Budget, typer.Option(help="How much each statement may cost.")] = _Budget.QUICK,
    only: Annotated[str | None, typer.Option(help="Only statements whose id matches this pattern.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Root of every random stream.")] = 0,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one per core.")] = None,
    mutants: Annotated[bool, typer.Option(help="Also audit altered statements whose truth is certain.")] = True,
    resume: Annotated[Path | None, typer.Option(help="Folder that keeps verdicts, to go on after a stop.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the figures in this checkout, for reports.")] = False,
) -> None:
    """Audit statements of known truth and mutants of them, and count right, undecided and wrong verdicts.

    The statements are those of proofs/classics in a checkout; without --only, the fit of rates is scored as well, on
    series of known law. Status: 0 nothing wrong, 1 some verdict is wrong,
    2 wrong usage.
    """
    from convergence.cli.doctor import doctor as run

    raise typer.Exit(run(budget.value, only, seed, jobs, mutants, resume, record))


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="Certificate files of a report.")]) -> None:
    """Re-check certificates in this fresh process, without any solver.

    Status: 0 all accepted, 1 some rejected, 2 a file is no certificate.
    """
    from convergence.cli.listing import check as run

    raise typer.Exit(run(files))


def main() -> None:
    """The console script: errors made on purpose are one line on standard error and status 2."""
    try:
        app()
    except ConvergenceError as error:
        print(f"convergence: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(141) from None
