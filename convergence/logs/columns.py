"""Which column is the step, which the error, which tells runs apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from convergence.errors import LogError, nearest

STEPS = (
    "k", "step", "global_step", "_step", "trainer/global_step", "iteration", "iter", "iterations", "n_iter", "it", "t",
    "stop_val", "steps", "update", "num_updates", "epoch", "round", "index",
)  # fmt: skip
ERRORS = (
    "gap", "suboptimality", "objective_gap", "error", "err", "errors", "regret", "train_loss", "train/loss",
    "train_loss_step", "loss", "train_loss_epoch", "objective_value", "objective", "objective_fun", "f", "fun", "cost",
    "loss/train", "training_loss", "train/loss_step", "eval_loss", "val_loss", "val/loss", "validation_loss",
    "test_loss", "grad_norm", "gradient_norm", "value", "y", "values",
)  # fmt: skip
RUNS = ("seed", "run", "run_id", "run_name", "idx_rep", "rep", "repetition", "trial", "replicate", "lane", "fold")
PROBLEMS = ("data_name", "dataset_name", "objective_name", "solver_name", "solver", "optimizer", "method", "problem")
CLOCKS = ("wall_time", "time", "_timestamp", "_runtime", "timestamp", "learning_rate", "lr")


def _lower(columns: Iterable[str]) -> dict[str, str]:
    return {column.lower().strip(): column for column in columns}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _first(known: Sequence[str], columns: Sequence[str]) -> str | None:
    lower = _lower(columns)
    return next((lower[name] for name in known if name in lower), None)


def named(wanted: str, columns: Sequence[str], path: Path) -> str:
    """The column that the user asked for.

    Raises:
        LogError: when there is none of that name.
    """
    if wanted in columns:
        return wanted
    found = _lower(columns).get(wanted.lower())
    if found is None:
        raise LogError(f"{path}: no column {wanted!r}{nearest(wanted, columns)}")
    return found


def step_column(columns: Sequence[str]) -> str | None:
    """The likeliest step column, None when rows have to be counted."""
    return _first(STEPS, columns)


def error_column(columns: Sequence[str], numeric: Sequence[str], path: Path) -> str:
    """The likeliest column of errors: a known name, a name with ``loss`` in it, or the only number left.

    Raises:
        LogError: when several could be meant, or none.
    """
    step = step_column(columns)
    left = [c for c in numeric if c != step and c.lower() not in (*RUNS, *STEPS, *CLOCKS)]
    found = _first(ERRORS, left) or next((c for c in left if "loss" in c.lower() or "error" in c.lower()), None)
    if found is not None:
        return found
    if len(left) == 1:
        return left[0]
    listed = ", ".join(columns) or "none"
    if not numeric:
        raise LogError(f"{path}: no column holds a number; the columns are: {listed}")
    if all(_is_number(column) for column in columns):
        raise LogError(f"{path}: the first line, {listed}, holds numbers; put names of columns above it")
    raise LogError(f"{path}: which column holds the errors? Name it with --y; the columns are: {listed}")


def run_column(columns: Sequence[str]) -> str | None:
    """The column that tells runs apart."""
    return _first(RUNS, columns)


def problem_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that tell methods and problems apart; runs that differ there are not runs of one thing."""
    lower = _lower(columns)
    return tuple(lower[name] for name in PROBLEMS if name in lower)


def wide_runs(columns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Metric -> run -> column, for exports with one column a run (``run-1 - loss``, with ``__MIN``, ``__MAX``)."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        run, separator, metric = column.rpartition(" - ")
        if separator and not metric.endswith(("__MIN", "__MAX")) and metric != "_step":
            found.setdefault(metric, {})[run] = column
    return found
