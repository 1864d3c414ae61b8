"""From paths to groups of runs that can be fitted together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convergence.errors import LogError, nearest
from convergence.logs.columns import (
    error_column,
    named,
    problem_columns,
    run_column,
    step_column,
    wide_runs,
)
from convergence.logs.events import scalars
from convergence.logs.runs import Run, runs_of, sampling
from convergence.logs.tables import EVENTS, Column, Table, readable, table

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs of one method on one problem."""

    name: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was read: groups of runs, the columns they came from, and what was guessed and noticed."""

    groups: tuple[Group, ...]
    x: str
    y: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one file gave."""

    group: str
    runs: tuple[Run, ...]
    x: str
    y: str
    notes: tuple[str, ...] = ()


def log_files(paths: Sequence[Path | str]) -> tuple[Path, ...]:
    """The log files at these paths, folders searched in depth.

    Raises:
        LogError: a path that does not exist, a folder without logs.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise LogError(f"{path}: no such file or folder")
        inside = sorted(p for p in path.rglob("*") if p.is_file() and readable(p)) if path.is_dir() else [path]
        if not inside:
            raise LogError(f"{path}: the folder holds no csv, tsv, jsonl, json, parquet, npy, npz or event file")
        found += inside
    if not found:
        raise LogError("no path given; name a log file or a folder of them")
    return tuple(found)


def read_logs(paths: Sequence[Path | str], x: str | None = None, y: str | None = None, by: str | None = None) -> Log:
    """Read runs from files and folders; columns that are not named are guessed, and the guess is noted.

    Args:
        paths: csv, tsv, jsonl, json, parquet, npy, npz, TensorBoard event files, or folders of them.
        x: column (or array) of steps.
        y: column (or tag, or array) of errors.
        by: column that tells runs apart.

    Raises:
        LogError: paths, formats or columns that cannot be read; the message says which, and what is there.
    """
    parts = [part for path in log_files(paths) for part in _parts(path, x, y, by)]
    groups: dict[str, list[Run]] = {}
    for part in parts:
        groups.setdefault(part.group, []).extend(part.runs)
    notes = tuple(dict.fromkeys(note for part in parts for note in (*part.notes, *_run_notes(part))))
    made = tuple(Group(name=name, runs=tuple(runs)) for name, runs in groups.items() if runs)
    if not made:
        raise LogError(f"{paths[0]}: no row has both a step and an error")
    return Log(groups=made, x=parts[0].x, y=parts[0].y, notes=notes)


def _run_notes(part: _Part) -> Iterator[str]:
    for run in part.runs:
        yield from run.notes
    if part.runs and (note := sampling(part.runs[0].k)):
        yield note


def _parts(path: Path, x: str | None, y: str | None, by: str | None) -> Iterator[_Part]:
    if EVENTS in path.name:
        yield _from_events(path, y)
        return
    opened = table(path)
    wide = wide_runs(opened.columns)
    if wide and (y is None or y in wide):
        yield _from_wide(opened, wide, x, y)
    elif path.suffix.lower() in (".npy", ".npz"):
        yield _from_arrays(opened, x, y)
    else:
        yield from _from_rows(opened, x, y, by)


def _from_events(path: Path, y: str | None) -> _Part:
    tags = scalars(path)
    tag = named(y, tuple(tags), path) if y else error_column(tuple(tags), tuple(tags), path)
    notes = () if y else (f"guessed: errors are {tag!r} (of {', '.join(sorted(tags))})",)
    return _Part(group="", runs=runs_of(path.parent.name, *tags[tag]), x="step", y=tag, notes=notes)


def _steps(opened: Table, x: str | None) -> tuple[str | None, tuple[str, ...]]:
    if x is not None:
        return named(x, opened.columns, opened.path), ()
    found = step_column(opened.columns)
    if found is None:
        return None, ("no step column was found: rows are counted from 1",)
    return found, (f"guessed: steps are {found!r}",)


def _from_wide(opened: Table, wide: Mapping[str, Mapping[str, str]], x: str | None, y: str | None) -> _Part:
    metric = y or error_column(tuple(wide), tuple(wide), opened.path)
    if metric not in wide:
        raise LogError(f"{opened.path}: no metric {metric!r}{nearest(metric, wide)}")
    step, notes = _steps(opened, x)
    loaded = opened.load([*([step] if step else []), *wide[metric].values()])
    runs: list[Run] = []
    for run, column in wide[metric].items():
        values, present = loaded[column]
        k, known = loaded[step] if step else _counted(len(values))
        runs += runs_of(run, k[present & known], values[present & known])
    guess = () if y else (f"guessed: errors are {metric!r}, one column a run",)
    return _Part(group="", runs=tuple(runs), x=step or "row", y=metric, notes=(*opened.notes, *notes, *guess))


def _counted(n: int) -> Column:
    return np.arange(1.0, n + 1.0), np.ones(n, dtype=bool)


def _from_arrays(opened: Table, x: str | None, y: str | None) -> _Part:
    path = opened.path
    name = named(y, opened.columns, path) if y else error_column(opened.columns, opened.numeric, path)
    step = None if opened.columns == (name,) else _steps(opened, x)[0]
    loaded = opened.load([name, *([step] if step else [])])
    values = np.atleast_2d(loaded[name][0])
    k = np.ravel(loaded[step][0]) if step else _counted(values.shape[1])[0]
    if len(k) != values.shape[1]:
        raise LogError(
            f"{path}: {step!r} has {len(k)} steps, {name!r} has shape {values.shape}; expected (runs, {len(k)})"
        )
    many = len(values) > 1
    runs = [run for i, row in enumerate(values) for run in runs_of(f"{path.stem}[{i}]" if many else path.stem, k, row)]
    notes = (f"guessed: errors are {name!r}, steps are {step or 'counted from 1'!r}",) if y is None or x is None else ()
    return _Part(group="", runs=tuple(runs), x=step or "row", y=name, notes=(*opened.notes, *notes))


def _from_rows(opened: Table, x: str | None, y: str | None, by: str | None) -> Iterator[_Part]:
    path = opened.path
    step, notes = _steps(opened, x)
    error = named(y, opened.columns, path) if y else error_column(opened.columns, opened.numeric, path)
    run = named(by, opened.columns, path) if by else run_column(opened.columns)
    kinds = tuple(c for c in problem_columns(opened.columns) if c not in (run, error, step))
    if y is None:
        notes = (*notes, f"guessed: errors are {error!r}")
    if run and by is None:
        run = run if _repeats(opened.load([f"text:{run}"])[run][0]) else None
        notes = (*notes, f"guessed: runs are told apart by {run!r}") if run else notes
    keys = [*kinds, *([run] if run else [])]
    loaded = opened.load([*([step] if step else []), error, *(f"text:{key}" for key in keys)])
    values, present = loaded[error]
    if error in keys or values.dtype.kind not in "fiu" or not present.any():
        raise LogError(f"{path}: column {error!r} holds no numbers")
    k, known = loaded[step] if step else _counted(len(values))
    rows = np.flatnonzero(present & known)
    for key, index in _split([loaded[c][0][rows] for c in keys], len(rows)):
        picked = rows[index]
        group = ", ".join(f"{c}={v}" for c, v in zip(kinds, key, strict=False))
        name = f"{path.stem}:{key[-1]}" if run else _run_name(path)
        found = runs_of(name, np.asarray(k[picked], dtype=float), np.asarray(values[picked], dtype=float))
        yield _Part(group=group, runs=found, x=step or "row", y=error, notes=(*opened.notes, *notes))


def _repeats(values: NDArray[np.object_]) -> bool:
    """Whether a column can tell runs apart: one with another value in every row numbers the rows."""
    first = values[:1000].astype(str)
    return len(first) < 2 or len(np.unique(first)) < len(first)


def _run_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem


def _split(keys: Sequence[NDArray[np.object_]], n: int) -> Iterator[tuple[tuple[str, ...], NDArray[np.intp]]]:
    """Rows by the values of the key columns, in order of first appearance."""
    if not keys or n == 0:
        yield (), np.arange(n)
        return
    codes = np.zeros(n, dtype=np.intp)
    for key in keys:
        unique, code = np.unique(key.astype(str), return_inverse=True)
        codes = codes * len(unique) + code
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(first) + 1))
    for group in np.argsort(first):
        index = order[bounds[group] : bounds[group + 1]]
        yield tuple(str(key[index[0]]) for key in keys), index
