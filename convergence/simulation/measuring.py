"""Measures of progress: what is watched at every step, and what is read at recorded ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.claims.measures import MEASURES
from convergence.errors import ClaimError, nearest
from convergence.problems.problem import Problem, total
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


Totals = Mapping[str, Array]
"""What runs over all steps, by name; those of `ITERATES` hold one number a coordinate, the others one a lane."""

ITERATES = ("average_iterate_gap",)


def first_totals(problem: Problem, names: tuple[str, ...], start: Array) -> dict[str, Array]:
    """Running values before step 1; the starting point is the first round of regret."""
    lanes = len(start)
    totals = {name: np.full(lanes, np.inf) for name in BEST if name in names}
    if "average_squared_gradient_norm" in names:
        totals["average_squared_gradient_norm"] = np.zeros(lanes)
    if "average_iterate_gap" in names:
        totals["average_iterate_gap"] = np.zeros_like(start)
    if "regret" in names or "average_regret" in names:
        totals |= {"regret": np.zeros(lanes), "next": problem.gap(start)}
    return totals


def next_totals(problem: Problem, totals: Totals, x: Array) -> dict[str, Array]:
    """Running values after one more step, whose output is x."""
    new: dict[str, Array] = {}
    if "best_gap" in totals or "next" in totals:
        gap = problem.gap(x)
    if "best_squared_gradient_norm" in totals or "average_squared_gradient_norm" in totals:
        square = _square(problem.gradient(x))
    for name, value in totals.items():
        match name:
            case "best_gap":
                new[name] = np.minimum(value, gap)
            case "best_squared_gradient_norm":
                new[name] = np.minimum(value, square)
            case "average_squared_gradient_norm":
                new[name] = value + square
            case "average_iterate_gap":
                new[name] = value + (x if problem.minimiser is None else x - problem.minimiser)
            case "regret":
                new[name] = value + totals["next"]
            case "next":
                new[name] = gap
    return new


class Measuring:
    """Measures of one group's lanes; ``x_k`` is the output after step k, and round k of regret plays ``x_(k-1)``."""

    def __init__(self, problem: Problem, names: tuple[str, ...], lanes: int) -> None:
        self.problem = problem
        self.names = names
        self.forgetful = not any(name in AVERAGE for name in names)
        self.records: dict[str, list[Array]] = {name: [] for name in names}
        self.resolved = np.zeros(lanes, dtype=bool)
        self.exact = np.zeros(lanes, dtype=bool)
        self.resolved_at = np.zeros(lanes, dtype=np.int64)
        self.limit = max(problem.resolution, SMALLEST)

    def record(self, x: Array, totals: Totals, count: int) -> None:
        """Keep the measures of this step."""
        distance = self.problem.distance(x)
        fresh = ((distance <= self.limit) | self.problem.rounded(x)) & ~self.resolved
        self.resolved |= fresh
        self.exact[fresh] = distance[fresh] == 0
        self.resolved_at[fresh] = count
        for name in self.names:
            self.records[name].append(self._value(name, x, totals, distance, count))

    def _value(self, name: str, x: Array, totals: Totals, distance: Array, count: int) -> Array:
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
            case "average_regret":
                return totals["regret"] / count
            case "average_squared_gradient_norm":
                return totals[name] / count
            case "average_iterate_gap":
                centre = 0.0 if self.problem.minimiser is None else self.problem.minimiser
                return self.problem.gap(centre + totals[name] / count)
        return totals[name].copy()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that was kept, for a file."""
        kept: dict[str, NDArray[Any]] = {f"record_{name}": np.array(seen) for name, seen in self.records.items()}
        return kept | {"resolved": self.resolved, "exact": self.exact, "resolved_at": self.resolved_at}

    def restore(self, kept: Mapping[str, NDArray[Any]]) -> None:
        """Take back what `arrays` gave."""
        self.records = {name: list(kept[f"record_{name}"]) for name in self.names}
        self.resolved, self.exact, self.resolved_at = kept["resolved"], kept["exact"], kept["resolved_at"]

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
    return total(gradient * gradient)
