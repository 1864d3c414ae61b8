"""`convergence fit`: which law do these logs follow, and do they contradict a claimed rate?"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from convergence.errors import LogError
from convergence.logs import Group, Log, aligned, ending_together, read_logs
from convergence.rates import RateFit, fit_rate, holm
from convergence.rates.ratefit import LEVEL
from convergence.verdicts import Tightness, Verdict

PICTURES = (".svg", ".png", ".pdf")


def fit(
    paths: Sequence[Path | str],
    x: str | None = None,
    y: str | None = None,
    by: str | None = None,
    minimum: float | None = None,
    claimed: str | None = None,
    as_json: bool = False,
    plot: Path | str | None = None,
) -> int:
    """Read logs, fit the decay of the error, judge a claimed rate, print a table or JSON.

    Args:
        paths: log files, or folders of them.
        x, y, by: columns of steps, errors, runs; guessed where not given.
        minimum: of the error; 0 when the logs hold gaps; None when unknown.
        claimed: a rate in k, such as ``"1/k"``.
        as_json: print JSON and nothing else.
        plot: file for a log-log picture (svg, png, pdf), ``-`` for one in characters.

    Returns:
        exit status: 0 nothing against the claim, 1 it diverges, 3 undecided.

    Raises:
        LogError, ClaimError: what cannot be read; one line each.
    """
    _check_picture(plot)
    log = read_logs(paths, x=x, y=y, by=by)
    fits = judged_together([_fitted(group, minimum, claimed) for group in log.groups])
    if as_json:
        print(json.dumps(document(log, fits), indent=2, allow_nan=False))
    else:
        _print_table(log, fits)
    if plot is not None:
        _picture(plot, log, fits, minimum, quiet=as_json)
    return exit_status(fits)


def _fitted(group: Group, minimum: float | None, claimed: str | None) -> RateFit:
    runs, note = ending_together(group.runs)
    one = fit_rate(*aligned(runs), minimum=minimum, claimed=claimed)
    return replace(one, notes=(note, *one.notes)) if note else one


def judged_together(fits: Sequence[RateFit], level: float = LEVEL) -> list[RateFit]:
    """The fits, decided so that all of them together err with probability ``level`` (Holm)."""
    tested = [i for i, one in enumerate(fits) if one.p_value is not None]
    levels = holm([fits[i].p_value or 0.0 for i in tested], level)
    judged = list(fits)
    for i, at in zip(tested, levels, strict=True):
        judged[i] = fits[i].judged(at)
    return judged


def exit_status(fits: Sequence[RateFit]) -> int:
    """0 nothing against the claim, or no claim; 1 some group diverges; 3 some group is undecided."""
    verdicts = {one.verdict for one in fits}
    if Verdict.DIVERGES in verdicts:
        return 1
    return 3 if Verdict.UNDECIDED in verdicts else 0


def document(log: Log, fits: Sequence[RateFit]) -> dict[str, Any]:
    """What ``--json`` prints."""
    groups = [
        {"group": group.name, "runs": [run.name for run in group.runs], "fit": one.to_document()}
        for group, one in zip(log.groups, fits, strict=True)
    ]
    return {"x": log.x, "y": log.y, "notes": list(log.notes), "groups": groups}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _verdict(one: RateFit) -> str:
    if one.verdict is None or one.tightness is Tightness.UNKNOWN:
        return str(one.verdict or "")
    return f"{one.verdict} ({one.tightness})"


def _rows(one: RateFit) -> list[tuple[str, str]]:
    """What the table says about one group."""
    interval = "" if one.interval is None else f"[{one.interval[0]:.3f}, {one.interval[1]:.3f}]"
    window = "" if one.window is None else f"{one.window[0]:.6g} to {one.window[1]:.6g}"
    weights = ", ".join(f"{name} {weight:.0%}" for name, weight in list(one.weights.items())[:4] if weight >= 0.005)
    return [
        ("law", ", ".join((one.law, *one.traits))),
        ("exponent", _number(one.exponent)),
        ("95 % interval", interval),
        ("constant c of exp(-c k)", _number(one.decay)),
        ("floor", _number(one.floor)),
        ("steps used", window),
        ("runs x steps", f"{one.seeds} x {one.steps}"),
        ("laws considered", weights),
        ("unsure because", one.unsure),
        ("claimed", one.claimed or ""),
        ("verdict", _verdict(one)),
        ("reason", one.reason if one.verdict is not None or one.blocked else ""),
        ("p-value, power", "" if one.p_value is None else f"{one.p_value:.2g}, {_number(one.power)}"),
        ("would decide", one.needed if one.verdict in (None, Verdict.UNDECIDED) else ""),
    ]


def _print_table(log: Log, fits: Sequence[RateFit]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(file=sys.stdout, highlight=False)
    for group, one in zip(log.groups, fits, strict=True):
        grid = Table(title=escape(group.name) or None, show_header=False, box=None)
        for name, value in _rows(one):
            if value:
                grid.add_row(f"[bold]{name}[/bold]", escape(value))
        console.print(grid)
    for note in dict.fromkeys([*log.notes, *(note for one in fits for note in one.notes)]):
        console.print(f"[dim]note: {escape(note)}[/dim]")


def _check_picture(plot: Path | str | None) -> None:
    if plot is not None and str(plot) != "-" and Path(plot).suffix.lower() not in PICTURES:
        raise LogError(f"--plot {plot}: expected a file that ends in {', '.join(PICTURES)}, or - for the terminal")


def _picture(plot: Path | str, log: Log, fits: Sequence[RateFit], minimum: float | None, quiet: bool) -> None:
    from convergence.rates.picture import save_picture, text_picture

    for i, (group, one) in enumerate(zip(log.groups, fits, strict=True)):
        k, errors = aligned(group.runs)
        order = k > 0
        k, gaps = k[order], errors[:, order] - (one.floor if minimum is None and one.floor else minimum or 0.0)
        shown = replace(one, floor=None) if minimum is None else one
        if str(plot) == "-":
            print(text_picture(k, gaps), file=sys.stderr if quiet else sys.stdout)
            continue
        path = Path(plot)
        target = path if len(fits) == 1 else path.with_stem(f"{path.stem}-{i + 1}")
        save_picture(target, k, np.asarray(gaps), shown, title=group.name)
