"""The runs of one method in a table that has one row for each run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convergence.errors import LogError, nearest
from convergence.logs.tables import Array, Column, Table, table


def matched(path: Path, measure: str, pairs: str | None, selections: Mapping[str, Mapping[str, str]]) -> list[Array]:
    """One value of a measure for each run of each selection, in the order of what pairs them.

    Args:
        path: the table.
        measure: its column of values.
        pairs: a column whose equal values make runs belong together; None sorts each selection by value.
        selections: which rows, as columns with their values, under the names that messages use.

    Raises:
        LogError: if the table, a column or a run is missing, or a pair has two runs of one selection.
    """
    opened = table(path)
    found, present = _column(opened, measure, measure)
    values: Array = np.where(present, found, np.nan).astype(np.float64)
    chosen = {name: _rows(opened, name, wanted, len(values)) for name, wanted in selections.items()}
    if pairs is None:
        return [np.sort(values[rows]) for rows in chosen.values()]
    labels = _column(opened, pairs, f"text:{pairs}")[0].astype(str)
    ordered = {name: _by_label(name, pairs, labels, rows) for name, rows in chosen.items()}
    names = list(ordered)
    for name in names[1:]:
        _require_same(pairs, (names[0], ordered[names[0]]), (name, ordered[name]))
    return [values[list(rows.values())] for rows in ordered.values()]


def _column(opened: Table, name: str, loaded: str) -> Column:
    if name not in opened.columns:
        raise LogError(f"{opened.path}: no column {name!r}{nearest(name, opened.columns)}")
    for column in opened.load([loaded]).values():
        return column
    raise LogError(f"{opened.path}: column {name!r} holds numbers without names of rows; expected a table of runs")


def _rows(opened: Table, name: str, wanted: Mapping[str, str], count: int) -> NDArray[np.int64]:
    mask = np.ones(count, dtype=bool)
    for column, value in wanted.items():
        texts = _column(opened, column, f"text:{column}")[0].astype(str)
        kept = np.array([_same(text, value) for text in texts], dtype=bool)
        if not kept.any():
            raise LogError(f"{opened.path}: no row of {name} has {column} {value!r}{nearest(value, set(texts))}")
        mask &= kept
    if not mask.any():
        raise LogError(f"{opened.path}: no row of {name} has all of {dict(wanted)}")
    return np.flatnonzero(mask)


def _same(text: str, value: str) -> bool:
    """Whether a cell has a value: as text, or as a number."""
    if text == value:
        return True
    try:
        return float(text) == float(value)
    except ValueError:
        return False


def _by_label(name: str, pairs: str, labels: NDArray[np.str_], rows: NDArray[np.int64]) -> dict[str, int]:
    """Rows by label, in the order of the labels."""
    found: dict[str, int] = {}
    for row in rows:
        label = str(labels[row])
        if label in found:
            raise LogError(f"two rows of {name} have {pairs} {label}; expected one row for each run")
        found[label] = int(row)
    return dict(sorted(found.items()))


def _require_same(pairs: str, first: tuple[str, dict[str, int]], second: tuple[str, dict[str, int]]) -> None:
    for (one, rows), (other, others) in ((first, second), (second, first)):
        missing = sorted(set(rows) - set(others))
        if missing:
            raise LogError(
                f"{len(missing)} of {len(rows)} runs of {one} have no partner in {other} ({pairs} {missing[0]}, ...); "
                "run what is missing: runs that were left out may be those that failed"
            )
