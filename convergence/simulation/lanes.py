"""What a group's runs have come to: state, running values, what was recorded, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from convergence.kernels import Kernel
from convergence.simulation.groups import Group
from convergence.simulation.measuring import Measuring, first_totals
from convergence.simulation.streams import key
from convergence.simulation.trace import Array, Reason, Stop, Trace

PATIENCE = 5.0  # seconds between checkpoints


class Lanes:
    """The lanes of one group after `count` steps.

    Attributes:
        group, keys, values: what is run, the lanes' keys, numbers for the kernel's inputs.
        count: the last recorded step that was made.
        state: ``theta`` and the state, (lanes, d).
        totals: running values, see `convergence.simulation.measuring`.
        failed: the step after which each lane was first not finite, or 0.
    """

    def __init__(
        self,
        run: Kernel,
        group: Group,
        keys: list[int],
        names: tuple[str, ...],
        steps: NDArray[np.int64],
        checkpoints: Path | None,
    ) -> None:
        self.group, self.keys, self.steps = group, keys, steps
        self.values = _values(run, group)
        starts = group.starts.astype(float)
        self.state = run.start(starts, self.values)
        self.measuring = Measuring(group.problem, names, len(starts))
        first = run.output(0, self.state, self.values) if {"regret", "average_regret"} & set(names) else starts
        self.totals: Mapping[str, Array] = first_totals(group.problem, names, first)
        self.failed = np.zeros(len(starts), dtype=np.int64)
        self.count = 0
        self._file = None if checkpoints is None else checkpoints / f"{key(keys, names, steps.tolist()):032x}.npz"
        self._saved = monotonic()
        if self._file is not None:
            self._load(self._file)

    @property
    def next(self) -> int:
        """The next step to record."""
        return int(self.steps[np.searchsorted(self.steps, self.count, side="right")])

    @property
    def finished(self) -> bool:
        """Whether nothing that is still to be recorded can be told."""
        return self.count == self.steps[-1] or (self.count > 0 and not (self._live & (self.failed == 0)).any())

    @property
    def _live(self) -> NDArray[np.bool_]:
        """Lanes whose measures still say something, even at the minimiser."""
        known = self.measuring.resolved & (not self.group.oracle.random) & self.measuring.forgetful
        return ~known

    def record(self, output: Array, count: int) -> None:
        """Keep the measures of step `count`, which the state has reached."""
        if self.finished:
            return
        self.measuring.record(output, self.totals, count)
        self.failed = np.where(~self._live & (self.failed > self.measuring.resolved_at), 0, self.failed)
        self.count = count
        if self._file is not None and (self.finished or monotonic() - self._saved > PATIENCE):
            self._save(self._file)

    def trace(self) -> Trace:
        """What is left of the runs."""
        group, measuring = self.group, self.measuring
        return Trace(
            label=group.label or group.problem.name,
            steps=self.steps,
            measures=measuring.tables(self.steps, self.failed, group.oracle.random),
            stops=tuple(self._stop(int(step), lane) for lane, step in enumerate(self.failed)),
        )

    def _stop(self, failed: int, lane: int) -> Stop:
        if failed:
            return Stop(Reason.DIVERGED, failed)
        if self.measuring.resolved[lane] and not self.group.oracle.random:
            exact = bool(self.measuring.exact[lane])
            return Stop(Reason.AT_MINIMISER if exact else Reason.FLOOR, int(self.measuring.resolved_at[lane]))
        return Stop(Reason.COMPLETED, int(self.steps[-1]))

    # --- files

    def _save(self, path: Path) -> None:
        """Write a checkpoint as a whole or not at all."""
        content: dict[str, Any] = {"count": np.array(self.count), "failed": self.failed}
        content |= {f"state_{i}": array for i, array in enumerate(self.state)}
        content |= {f"total_{name}": array for name, array in self.totals.items()}
        content |= self.measuring.arrays()
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as draft:
            np.savez(draft, **content)
        Path(draft.name).replace(path)
        self._saved = monotonic()

    def _load(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one that can be read."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                content = dict(found)
        except (OSError, ValueError, BadZipFile, EOFError):
            return
        self.count, self.failed = int(content["count"]), content["failed"]
        self.state = tuple(content[f"state_{i}"] for i in range(len(self.state)))
        self.totals = {name: content[f"total_{name}"] for name in self.totals}
        self.measuring.restore(content)


def _values(run: Kernel, group: Group) -> tuple[Any, ...]:
    """One number, (1, 1), for each input, or one a lane, (lanes, 1)."""
    columns = []
    for name in run.program.inputs:
        if name not in group.values:
            run.values({})  # raises: names what is missing
        column = np.broadcast_to(np.asarray(group.values[name], dtype=float), len(group.starts))[:, None]
        columns.append(column[:1] if (column == column[0]).all() else column)
    return tuple(columns)
