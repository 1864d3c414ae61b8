"""What is run: lanes that share a problem, an oracle and values, and the keys of their streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from sympy import Symbol

from convergence.methods.rule import Rule
from convergence.problems.oracles import Oracle
from convergence.problems.problem import Problem, total
from convergence.simulation.streams import key
from convergence.simulation.trace import Array

NOISE, UNIFORM = 0, 1  # purposes of streams


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Runs that share problem, oracle and values of symbols, and differ in start and random stream.

    Attributes:
        problem, oracle: what is minimised, and what the method sees of it.
        starts: (lanes, d).
        values: numbers for the claim's symbols that the method's step uses, or one a lane.
        lanes: number of each run, part of its stream's key; 0, 1, ... unless the group is a part of a larger one.
        radius: iterates are projected onto this ball around 0, if not None.
        label: for reports.
    """

    problem: Problem
    oracle: Oracle
    starts: Array
    values: Mapping[Symbol, float | Array] = field(default_factory=dict)
    lanes: tuple[int, ...] = ()
    radius: float | None = None
    label: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The lanes' numbers."""
        return self.lanes or tuple(range(len(self.starts)))

    def keys(self, rule: Rule, seed: int) -> list[int]:
        """The lanes' keys."""
        common = key(seed, rule_identity(rule), self.problem.identity, self.oracle.identity, self.radius)
        names = sorted(self.values, key=lambda name: str(name.name))
        columns = [np.broadcast_to(self.values[name], len(self.starts)) for name in names]
        rows = range(len(self.starts))
        numbers = [[f"{name}={column[i].hex()}" for name, column in zip(names, columns, strict=True)] for i in rows]
        return [
            key(common, start.tobytes().hex(), *values, lane)
            for start, values, lane in zip(self.starts, numbers, self.numbers, strict=True)
        ]

    def part(self, first: int, end: int) -> Group:
        """Some of the lanes."""
        values = {
            name: value[first:end] if isinstance(value, np.ndarray) and value.ndim else value
            for name, value in self.values.items()
        }
        return replace(self, starts=self.starts[first:end], lanes=self.numbers[first:end], values=values)


def rule_identity(rule: Rule) -> str:
    """A text that two rules share when they compute the same in the same words."""
    return repr(rule.to_document())


def into_ball(x: Array, radius: float) -> Array:
    """The points (lanes, d), each scaled to length `radius` if it is longer."""
    length = np.sqrt(total(x * x))[..., None]
    return x * np.where(length > radius, radius / length, 1.0)
