"""One number for each run of some methods, from a table with a row for each run, or with rows along each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sympy.core.relational import Relational

from convergence.claims.statements import Runs, Take
from convergence.errors import LogError, nearest
from convergence.logs.tables import Array, table


@np.errstate(over="ignore", invalid="ignore")
def _mean(values: Array) -> float:
    """The mean; infinite where the sum is too large, nan where infinities cancel."""
    return float(values.mean())


REDUCED: Mapping[Take, Callable[[Array], float]] = {
    Take.LAST: lambda values: float(values[-1]),
    Take.LEAST: lambda values: float(values.min()),
    Take.GREATEST: lambda values: float(values.max()),
    Take.MEAN: _mean,
}
"""From the values along a run, in the table's order, to the one that counts."""

HOLDS: Mapping[str, Callable[[Array, float], NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}

Cells = Mapping[str, tuple[NDArray[np.object_], NDArray[np.bool_]]]
"""Columns as texts, and where the file leaves nothing out; one query loads them all, so that rows stay together."""


def matched(runs: Runs) -> list[Array]:
    """One value of the measure for each run of first and of second, in the order of what pairs them, or of the table.

    Raises:
        LogError: if the table, a column or a run is missing, or a run has several rows and one is wanted.
    """
    cells = _cells(runs)
    values, present = _numbers(cells, runs.measure)
    selections = {"first": runs.first} | ({} if runs.second is None else {"second": runs.second})
    chosen = {name: _rows(cells, runs, name, wanted, len(values)) for name, wanted in selections.items()}
    if runs.pairs is None:
        return [values[rows] for rows in chosen.values()]
    labels = cells[runs.pairs][0].astype(str)
    reached = None if runs.until is None else _reached(cells, runs.until)
    ordered = {name: _by_label(runs, name, labels, rows) for name, rows in chosen.items()}
    if runs.second is not None:
        _require_same(runs.pairs, ordered["first"], ordered["second"])
    counted = present if runs.take in REDUCED else np.ones_like(present)  # measures between evaluations are left out
    return [
        np.array([_reduce(runs.take, values, reached, rows[counted[rows]]) for rows in of.values()])
        for of in ordered.values()
    ]


def _cells(runs: Runs) -> Cells:
    path = Path(runs.table)
    if path.exists() and not path.is_file():
        raise LogError(f"{path}: expected a file, found a folder or a device")
    opened = table(path)
    needed = {runs.measure, *runs.first, *(runs.second or {}), *([runs.pairs] if runs.pairs else [])}
    needed |= set() if runs.until is None else {str(runs.until.lhs)}
    for name in sorted(needed):
        if name not in opened.columns:
            raise LogError(f"{path}: no column {name!r}{nearest(name, opened.columns)}")
    loaded = opened.load([f"text:{name}" for name in sorted(needed)])
    if set(loaded) != needed:
        raise LogError(f"{path}: holds arrays of numbers without names; expected a table of runs")
    return loaded


def _numbers(cells: Cells, name: str) -> tuple[Array, NDArray[np.bool_]]:
    """The column, with nan for what is missing or no number, and where the file leaves nothing out."""
    texts, present = cells[name]
    return np.array([_number(text) if here else np.nan for text, here in zip(texts, present, strict=True)]), present


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _reached(cells: Cells, condition: Relational) -> NDArray[np.bool_]:
    """Where the condition holds; not where its column is missing."""
    with np.errstate(invalid="ignore"):
        return HOLDS[condition.rel_op](_numbers(cells, str(condition.lhs))[0], float(condition.rhs))


def _rows(cells: Cells, runs: Runs, name: str, wanted: Mapping[str, str], count: int) -> NDArray[np.int64]:
    mask = np.ones(count, dtype=bool)
    for column, value in wanted.items():
        texts = cells[column][0].astype(str)
        same = {text: _same(text, value) for text in set(texts)}
        kept = np.array([same[text] for text in texts], dtype=bool)
        if not kept.any():
            raise LogError(f"{runs.table}: no row of {name} has {column} {value!r}{nearest(value, same)}")
        mask &= kept
    if not mask.any():
        raise LogError(f"{runs.table}: no row of {name} has all of {dict(wanted)}")
    return np.flatnonzero(mask)


def _place(label: str) -> tuple[float, str]:
    """Labels in the order of their numbers; others by their letters."""
    number = _number(label)
    return (float("inf") if np.isnan(number) else number, label)


def _same(text: str, value: str) -> bool:
    """Whether a cell has a value: as text, or as a number."""
    return text == value or _number(text) == _number(value)


def _by_label(runs: Runs, name: str, labels: NDArray[np.str_], rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """The rows of each run, in the order of the labels."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(str(labels[row]), []).append(int(row))
    several = [label for label, own in found.items() if len(own) > 1]
    if several and runs.take is Take.ONLY:
        raise LogError(
            f"{len(found[several[0]])} rows of {name} have {runs.pairs} {several[0]}; expected one row for each "
            f"run, or take = one of {', '.join(word for word in Take if word is not Take.ONLY)}"
        )
    return {label: np.array(found[label]) for label in sorted(found, key=_place)}


def _reduce(take: Take, values: Array, reached: NDArray[np.bool_] | None, rows: NDArray[np.int64]) -> float:
    """The value of a run; infinite if its condition never holds, nan if it has none or one of them is not a number."""
    if reached is not None:
        rows = rows[reached[rows]]
        return float(values[rows[0]]) if rows.size else float("inf")
    if not rows.size or np.isnan(values[rows]).any():
        return float("nan")
    return float(values[rows[0]]) if take is Take.ONLY else REDUCED[take](values[rows])


def _require_same(pairs: str, first: Mapping[str, object], second: Mapping[str, object]) -> None:
    for one, other, rows, others in (("first", "second", first, second), ("second", "first", second, first)):
        missing = sorted(set(rows) - set(others))
        if missing:
            raise LogError(
                f"{len(missing)} of {len(rows)} runs of {one} have no partner in {other} ({pairs} {missing[0]}, ...); "
                "run what is missing: runs that were left out may be those that failed"
            )
