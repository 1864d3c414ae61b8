"""One door for every format: a file becomes a table whose columns are loaded on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.errors import LogError

Array = NDArray[np.float64]
Column = tuple[NDArray[Any], NDArray[np.bool_]]
Loader = Callable[[Sequence[str]], Mapping[str, Column]]

TEXT = (".csv", ".tsv", ".txt")
LINES = (".jsonl", ".ndjson")
ARRAYS = (".npy", ".npz")
EVENTS = "tfevents"
MISSING = ["", "None", "none", "NA", "N/A", "null", "NULL", "-"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file of columns.

    Attributes:
        path: where it came from.
        columns: their names, in order.
        numeric: those that hold numbers.
        load: names -> (values, present); a value that the file leaves out is not present, a nan that it holds is.
        notes: what was noticed while opening.
    """

    path: Path
    columns: tuple[str, ...]
    numeric: tuple[str, ...]
    load: Loader
    notes: tuple[str, ...] = ()


def readable(path: Path) -> bool:
    """Whether the name is that of a log this package can read."""
    return path.suffix.lower() in (*TEXT, *LINES, *ARRAYS, ".json", ".parquet") or EVENTS in path.name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''").replace("*", "[*]").replace("?", "[?]") + "'"


def _number(name: str) -> str:
    return f"TRY_CAST({_quoted(name)} AS DOUBLE)"


def _queried(path: Path, source: str, notes: tuple[str, ...] = ()) -> Table:
    """A table behind a DuckDB table function."""
    import duckdb

    def run(query: str) -> Any:
        try:
            return duckdb.connect().execute(query)
        except duckdb.Error as error:
            raise LogError(f"{path}: not readable as {path.suffix.lstrip('.')}: {str(error).splitlines()[0]}") from None

    described = run(f"DESCRIBE SELECT * FROM {source}").fetchall()
    columns = tuple(str(row[0]) for row in described)
    numeric = tuple(
        c for c, row in zip(columns, described, strict=True) if not str(row[1]).startswith(("STRUCT", "BLOB"))
    )

    def load(names: Sequence[str]) -> dict[str, Column]:
        wanted = [n.removeprefix("text:") for n in names]
        picks = [
            _quoted(n) + "::VARCHAR" if t.startswith("text:") else _number(n)
            for n, t in zip(wanted, names, strict=True)
        ]
        texts = ", ".join(dict.fromkeys(_quoted(n) for n in wanted))
        values = ", ".join(f"{p} AS c{i}" for i, p in enumerate(picks))
        # materialized: a cast that is pushed into the reader of a file drops the rows that it does not fit
        cells = f"WITH cells AS MATERIALIZED (SELECT {texts} FROM {source})"
        fetched = run(f"{cells} SELECT {values} FROM cells").fetchnumpy()
        return {n: _column(fetched[f"c{i}"]) for i, n in enumerate(wanted)}

    return Table(path=path, columns=columns, numeric=_numeric(run, source, numeric), load=load, notes=notes)


def _numeric(run: Callable[[str], Any], source: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns most of whose values are numbers (a column of numbers with a few words in it is read as text)."""
    if not columns:
        return ()
    counts = ", ".join(f"count({_number(c)}), count({_quoted(c)})" for c in columns)
    cells = f"WITH cells AS MATERIALIZED (SELECT * FROM {source} LIMIT 20000)"
    row = run(f"{cells} SELECT {counts} FROM cells").fetchone()
    return tuple(c for i, c in enumerate(columns) if row[2 * i] > 0 and row[2 * i] >= 0.5 * row[2 * i + 1])


def _column(values: Any) -> Column:
    mask = np.ma.getmaskarray(values)
    return np.ma.getdata(values), ~mask


def _text_table(path: Path) -> Table:
    nulls = "[" + ", ".join(f"'{m}'" for m in MISSING) + "]"
    source = (
        f"read_csv({_literal(path)}, header=true, ignore_errors=true, null_padding=true, strict_mode=false, "
        f"nullstr={nulls}, all_varchar=true, sample_size=20000)"
    )
    return _queried(path, source)


def _rows_table(path: Path, rows: Sequence[Any], notes: tuple[str, ...] = ()) -> Table:
    """A table of dictionaries."""
    records = [row for row in rows if isinstance(row, dict)]
    if not records:
        raise LogError(f'{path}: expected records such as {{"step": 1, "loss": 0.5}}; found none')
    columns = tuple(dict.fromkeys(key for row in records for key in row))

    def load(names: Sequence[str]) -> dict[str, Column]:
        return {n.removeprefix("text:"): _values(records, n) for n in names}

    numeric = tuple(c for c in columns if any(_is_number(row.get(c)) for row in records))
    return Table(path=path, columns=columns, numeric=numeric, load=load, notes=notes)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _values(records: Sequence[Mapping[str, Any]], name: str) -> Column:
    if name.startswith("text:"):
        texts = [row.get(name.removeprefix("text:")) for row in records]
        return np.array([str(v) for v in texts], dtype=object), np.array([v is not None for v in texts])
    present = np.array([_is_number(row.get(name)) for row in records], dtype=bool)
    values = np.array([float(row[name]) if ok else np.nan for row, ok in zip(records, present, strict=True)])
    return values, present


def _json_lines(path: Path) -> Table:
    raw = path.read_bytes()
    if b"NaN" in raw or b"Infinity" in raw:  # Python's dialect, which other readers reject
        return _python_lines(path, raw)
    notes = () if _whole(raw) else (f"the last line of {path.name} is cut off and was left out",)
    options = "format='newline_delimited', ignore_errors=true, sample_size=20000, maximum_object_size=10000000"
    return _queried(path, f"read_json({_literal(path)}, {options})", notes)


def _whole(raw: bytes) -> bool:
    """Whether the last line is JSON."""
    try:
        json.loads(raw.rstrip().rsplit(b"\n", 1)[-1] or b"0")
    except ValueError:
        return False
    return True


def _python_lines(path: Path, raw: bytes) -> Table:
    rows, broken = [], 0
    for line in raw.decode("utf-8", errors="replace").splitlines():
        try:
            rows.append(json.loads(line)) if line.strip() else None
        except json.JSONDecodeError:
            broken += 1
    notes = (f"{broken} lines of {path.name} are not JSON and were left out",) if broken else ()
    return _rows_table(path, rows, notes)


def _json_table(path: Path) -> Table:
    """An array of records, an object that holds one (``trainer_state.json``), one of columns, or JSON lines."""
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return _python_lines(path, path.read_bytes())
    if isinstance(content, dict):
        for value in (content.get("log_history"), content.get("history"), content.get("logs"), *content.values()):
            if isinstance(value, list) and value and isinstance(value[0], dict):
                return _rows_table(path, value)
        lists = {key: value for key, value in content.items() if isinstance(value, list)}
        if lists:
            length = max(len(v) for v in lists.values())
            rows = [{key: v[i] for key, v in lists.items() if i < len(v)} for i in range(length)]
            return _rows_table(path, rows)
    return _rows_table(path, content if isinstance(content, list) else [content])


def _array_table(path: Path) -> Table:
    try:
        loaded = np.load(path, allow_pickle=False)
        arrays = {"values": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError) as error:
        raise LogError(f"{path}: not readable as a NumPy archive: {error}") from None
    columns: dict[str, Column] = {}
    for name, values in arrays.items():
        if values.ndim in (1, 2) and values.dtype.kind in "fiub":
            columns[name] = (values.astype(float), np.ones(values.shape, dtype=bool))
    if not columns:
        raise LogError(f"{path}: expected arrays of numbers of shape (K,) or (runs, K); found none")
    return Table(
        path=path,
        columns=tuple(columns),
        numeric=tuple(columns),
        load=lambda names: {n: columns[n] for n in names if n in columns},
    )


def table(path: Path) -> Table:
    """Open a log.

    Raises:
        LogError: a file that is missing, empty, or of no known format.
    """
    if not path.exists():
        raise LogError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise LogError(f"{path}: the file is empty")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _queried(path, f"read_parquet({_literal(path)})")
    if suffix in LINES:
        return _json_lines(path)
    if suffix == ".json":
        return _json_table(path)
    if suffix in ARRAYS:
        return _array_table(path)
    if suffix in TEXT:
        return _text_table(path)
    raise LogError(
        f"{path}: unknown format {suffix or path.name!r}; known: csv, tsv, jsonl, json, parquet, npy, npz, "
        "TensorBoard event files, and folders of them"
    )
