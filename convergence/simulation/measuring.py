"""Measures of progress: what is watched at every step, and what is read at recorded ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from convergence.claims.measures import MEASURES
from convergence.errors import ClaimError, nearest
from convergence.problems.problem import Problem
from convergence.simulation.trace import Array

LOCAL = ("gap", "distance", "squared_distance", "gradient_norm", "squared_gradient_norm")
"""Measures of the last iterate alone."""

BEST = ("best_gap", "best_squared_gradient_norm")
AVERAGE = ("average_iterate_gap", "average_squared_gradient_norm", "regret", "average_regret")
SMALLEST = 1e-140  # distances below it underflow when squared twice


def of(measures: Iterable[str]) -> tuple[str, ...]:
    """The names, checked.

    Raises:
        ClaimError: for a name that is no measure of a run.
    """
    names = tuple(dict.fromkeys(measures))
    for name in names:
        if name not in (*LOCAL, *BEST, *AVERAGE):
            raise ClaimError(f"{name!r} cannot be measured on runs{nearest(name, set(MEASURES) - {'sequence'})}")
    return names


class Measuring:
    """Measures of one group's lanes; ``x_k`` is the output after step k, and round k of regret plays ``x_(k-1)``."""

    def __init__(self, problem: Problem, names: tuple[str, ...], lanes: int) -> None:
        self.problem = problem
        self.names = names
        self.running = any(name in (*BEST, *AVERAGE) for name in names)
        self.forgetful = not any(name in AVERAGE for name in names)
        self.records: dict[str, list[Array]] = {name: [] for name in names}
        self.resolved = np.zeros(lanes, dtype=bool)
        self.exact = np.zeros(lanes, dtype=bool)
        self.resolved_at = np.zeros(lanes, dtype=np.int64)
        self.best = {name: np.full(lanes, np.inf) for name in BEST if name in names}
        self.total: dict[str, Array] = {}
        self.limit = max(problem.resolution, SMALLEST)

    def begin(self, start: Array) -> None:
        """Count the starting point as the first round of regret."""
        if "regret" in self.names or "average_regret" in self.names:
            self.total["regret"] = np.zeros(len(start))
            self.total["next"] = self.problem.gap(start)

    def observe(self, x: Array, count: int) -> None:
        """Update what runs over all steps with the output of this one."""
        if "best_gap" in self.best:
            self.best["best_gap"] = np.minimum(self.best["best_gap"], self.problem.gap(x))
        if "best_squared_gradient_norm" in self.best or "average_squared_gradient_norm" in self.names:
            square = _square(self.problem.gradient(x))
            if "best_squared_gradient_norm" in self.best:
                name = "best_squared_gradient_norm"
                self.best[name] = np.minimum(self.best[name], square)
            if "average_squared_gradient_norm" in self.names:
                self._add("average_squared_gradient_norm", square)
        if "average_iterate_gap" in self.names:
            self._add("average_iterate_gap", x if self.problem.minimiser is None else x - self.problem.minimiser)
        if "regret" in self.total:
            self.total["regret"] = self.total["regret"] + self.total["next"]
            self.total["next"] = self.problem.gap(x)

    def _add(self, name: str, value: Array) -> None:
        self.total[name] = self.total[name] + value if name in self.total else value

    def record(self, x: Array, count: int) -> None:
        """Keep the measures of this step."""
        distance = self.problem.distance(x)
        fresh = (distance <= self.limit) & ~self.resolved
        self.resolved |= fresh
        self.exact[fresh] = distance[fresh] == 0
        self.resolved_at[fresh] = count
        for name in self.names:
            self.records[name].append(self._value(name, x, distance, count))

    def _value(self, name: str, x: Array, distance: Array, count: int) -> Array:
        if name in self.best:
            return self.best[name]
        match name:
            case "gap":
                return self.problem.gap(x)
            case "distance":
                return distance
            case "squared_distance":
                return distance**2
            case "gradient_norm":
                return np.sqrt(_square(self.problem.gradient(x)))
            case "squared_gradient_norm":
                return _square(self.problem.gradient(x))
            case "regret":
                return self.total["regret"]
            case "average_regret":
                return self.total["regret"] / count
            case "average_squared_gradient_norm":
                return self.total[name] / count
        centre = 0.0 if self.problem.minimiser is None else self.problem.minimiser
        return self.problem.gap(centre + self.total["average_iterate_gap"] / count)

    def tables(self, steps: NDArray[np.int64], failed: NDArray[np.int64], random: bool) -> dict[str, Array]:
        """Each measure as (lanes, K): inf from the step at which a lane failed, nan where it is not resolved."""
        tables = {}
        for name in self.names:
            table = np.full((len(failed), len(steps)), np.nan)
            seen = self.records[name]
            if seen:
                table[:, : len(seen)] = np.stack(seen, axis=1)
            if name not in AVERAGE and not random:
                self._mask(table, steps)
            table[(failed > 0)[:, None] & (steps[None, :] >= failed[:, None])] = np.inf
            tables[name] = table
        return tables

    def _mask(self, table: Array, steps: NDArray[np.int64]) -> None:
        below = self.resolved[:, None] & (steps[None, :] >= self.resolved_at[:, None])
        table[below] = np.nan
        table[below & self.exact[:, None]] = 0.0


def _square(gradient: Array) -> Array:
    return np.asarray(np.sum(gradient * gradient, axis=-1))
