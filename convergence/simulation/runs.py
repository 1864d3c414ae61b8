"""Ensembles of runs of one rule on problems, vectorised over lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from convergence.errors import ClaimError
from convergence.kernels import Kernel, kernel
from convergence.methods.rule import Rule
from convergence.problems.oracles import Oracle
from convergence.problems.problem import Problem
from convergence.simulation.measuring import Measuring, of
from convergence.simulation.streams import BLOCK, generator, key
from convergence.simulation.trace import Array, Reason, Stop, Trace

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
        common = (seed, rule_identity(rule), self.problem.identity, self.oracle.identity, self.radius)
        names = sorted(self.values, key=lambda name: str(name.name))
        columns = [np.broadcast_to(self.values[name], len(self.starts)) for name in names]
        rows = range(len(self.starts))
        numbers = [[f"{name}={column[i].hex()}" for name, column in zip(names, columns, strict=True)] for i in rows]
        return [
            key(*common, start.tobytes().hex(), *values, lane)
            for start, values, lane in zip(self.starts, numbers, self.numbers, strict=True)
        ]


def rule_identity(rule: Rule) -> str:
    """A text that two rules share when they compute the same in the same words."""
    return repr(rule.to_document())


def simulate(
    rule: Rule, groups: Sequence[Group], steps: NDArray[np.int64], measures: Iterable[str], seed: int = 0
) -> tuple[Trace, ...]:
    """Run every lane of every group to the last of the recorded steps.

    Args:
        rule: the method; symbols of the claim in it take the groups' values.
        groups: all of one dimension.
        steps: recorded steps, increasing, counted from 1; ``x_k`` is the output after step k.
        measures: names of `convergence.claims.measures.MEASURES`.
        seed: keys every stream, with the identity of the run.

    Returns:
        one trace for each group; the bits depend neither on the other groups nor on the split into groups.

    Raises:
        ClaimError: if the groups' dimensions differ.
        NumericLimit: if a symbol has no value or a function cannot be run.
    """
    if len({group.starts.shape[1] for group in groups}) != 1:
        raise ClaimError("expected groups of one dimension in one ensemble")
    ensemble = _Ensemble(rule, groups, of(measures), seed)
    with np.errstate(all="ignore"):
        ensemble.run(steps)
        return ensemble.traces(steps)


class _Ensemble:
    """The state of all lanes, group after group."""

    def __init__(self, rule: Rule, groups: Sequence[Group], measures: tuple[str, ...], seed: int) -> None:
        self.kernel: Kernel = kernel(rule)
        self.groups = groups
        sizes = np.cumsum([0, *(len(group.starts) for group in groups)])
        self.parts = [slice(int(a), int(b)) for a, b in pairwise(sizes)]
        self.keys = [group.keys(rule, seed) for group in groups]
        starts = np.concatenate([group.starts for group in groups]).astype(float)
        self.dimension = starts.shape[1]
        self.values = self._values()
        self.state = self.kernel.start(starts, self.values)
        self.measuring = [Measuring(group.problem, measures, len(group.starts)) for group in groups]
        for measuring, part in zip(self.measuring, self.parts, strict=True):
            measuring.begin(self.kernel.output(0, self.state, self.values)[part])
        self.failed = np.zeros(len(starts), dtype=np.int64)  # the step at which a lane was first not finite
        self.noise: list[Array] = []
        self.uniforms: Array | None = None
        self.projected = any(group.radius is not None for group in groups)

    def _values(self) -> tuple[Array, ...]:
        columns = []
        for name in self.kernel.program.inputs:
            parts = [
                np.broadcast_to(group.values[name], len(group.starts))[:, None] if name in group.values else None
                for group in self.groups
            ]
            if any(part is None for part in parts):
                self.kernel.values({})  # raises: names what is missing
            columns.append(np.concatenate([part for part in parts if part is not None]))
        return tuple(columns)

    def run(self, steps: NDArray[np.int64]) -> None:
        recorded = set(steps.tolist())
        for count in range(1, int(steps[-1]) + 1):
            if (count - 1) % BLOCK == 0:
                self._draw((count - 1) // BLOCK)
            self._step(count)
            for measuring, part in zip(self.measuring, self.parts, strict=True):
                if measuring.running:
                    measuring.observe(self._output(count)[part], count)
            if count in recorded:
                output = self._output(count)
                for measuring, part in zip(self.measuring, self.parts, strict=True):
                    measuring.record(output[part], count)
                if self._finished():
                    return

    def _output(self, count: int) -> Array:
        return self.kernel.output(count, self.state, self.values)

    def _step(self, count: int) -> None:
        point = self.kernel.query(count, self.state, self.values)
        row = (count - 1) % BLOCK
        if len(self.groups) == 1:
            gradient = self._answer(0, point, row, count)
        else:
            gradient = np.empty_like(point)
            for index, part in enumerate(self.parts):
                gradient[part] = self._answer(index, point[part], row, count)
        draws = 0.0 if self.uniforms is None else self.uniforms[:, row]
        self.state = self.kernel.step(count, gradient, self.state, self.values, draws)
        if self.projected:
            self._project()
        if not np.isfinite(self.state[0].sum()):
            lost = ~np.isfinite(self.state[0]).all(axis=-1)
            self.failed[lost & (self.failed == 0)] = count

    def _answer(self, index: int, point: Array, row: int, count: int) -> Array:
        group = self.groups[index]
        return group.oracle.answer(group.problem, point, self.noise[index][:, row], count)

    def _project(self) -> None:
        theta = self.state[0].copy()
        for group, part in zip(self.groups, self.parts, strict=True):
            if group.radius is not None:
                length = np.linalg.norm(theta[part], axis=-1, keepdims=True)
                theta[part] *= np.where(length > group.radius, group.radius / length, 1.0)
        self.state = (theta, *self.state[1:])

    def _draw(self, block: int) -> None:
        if block == 0 or any(group.oracle.random for group in self.groups):
            self.noise = [self._block(index, block) for index in range(len(self.groups))]
        if self.kernel.program.random:
            lanes = [lane for keys in self.keys for lane in keys]
            shape = (BLOCK, self.dimension)
            self.uniforms = np.stack([generator(lane, block, UNIFORM).random(shape) for lane in lanes])

    def _block(self, index: int, block: int) -> Array:
        oracle = self.groups[index].oracle
        if not oracle.random:
            return self.noise[index] if self.noise else np.zeros((len(self.keys[index]), BLOCK, 0))
        return np.stack(
            [oracle.draws(generator(lane, block, NOISE), BLOCK, self.dimension) for lane in self.keys[index]]
        )

    def _finished(self) -> bool:
        """Whether nothing that is still to be recorded can be told."""
        for group, measuring, part in zip(self.groups, self.measuring, self.parts, strict=True):
            still = (self.failed[part] == 0) & ~(measuring.resolved & (not group.oracle.random) & measuring.forgetful)
            if still.any():
                return False
        return True

    def traces(self, steps: NDArray[np.int64]) -> tuple[Trace, ...]:
        found = []
        for group, measuring, part in zip(self.groups, self.measuring, self.parts, strict=True):
            failed = self.failed[part]
            found.append(
                Trace(
                    label=group.label or group.problem.name,
                    steps=steps,
                    measures=measuring.tables(steps, failed, group.oracle.random),
                    stops=tuple(self._stop(measuring, group, int(step), i, steps) for i, step in enumerate(failed)),
                )
            )
        return tuple(found)

    def _stop(self, measuring: Measuring, group: Group, failed: int, lane: int, steps: NDArray[np.int64]) -> Stop:
        if failed:
            return Stop(Reason.DIVERGED, failed)
        if measuring.resolved[lane] and not group.oracle.random:
            exact = bool(measuring.exact[lane])
            return Stop(Reason.AT_MINIMISER if exact else Reason.FLOOR, int(measuring.resolved_at[lane]))
        return Stop(Reason.COMPLETED, int(steps[-1]))
