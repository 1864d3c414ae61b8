"""Ensembles on NumPy: the lanes of several groups in the same arrays, step after step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.kernels import Kernel
from convergence.simulation.groups import NOISE, UNIFORM, Group, into_ball
from convergence.simulation.measuring import next_totals
from convergence.simulation.streams import BLOCK, Stream
from convergence.simulation.trace import Array


class Interpreted:
    """The state of all lanes, group after group."""

    def __init__(
        self, run: Kernel, groups: Sequence[Group], keys: Sequence[list[int]], values: tuple[Any, ...]
    ) -> None:
        self.kernel, self.groups, self.keys, self.values = run, groups, keys, values
        sizes = np.cumsum([0, *(len(group.starts) for group in groups)])
        self.parts = [slice(int(a), int(b)) for a, b in pairwise(sizes)]
        self.dimension = groups[0].starts.shape[1]
        self._block = -1

    def hold(self, state: tuple[Array, ...], totals: Sequence[Mapping[str, Array]], failed: NDArray[np.int64]) -> None:
        """Take over ``theta`` and the state, running values of each group, and the steps of failure."""
        self.state, self.failed = state, failed
        self.totals: list[Mapping[str, Array]] = list(totals)

    def advance(self, first: int, last: int) -> None:
        """Make the steps `first`, ..., `last`."""
        for count in range(first, last + 1):
            if (count - 1) // BLOCK != self._block:
                self._draw((count - 1) // BLOCK)
            self._step(count, (count - 1) % BLOCK)

    def output(self, count: int) -> Array:
        """What the method returns after step `count`, which was the last."""
        row = self.rows[(count - 1) % BLOCK] if count else self.kernel.schedule(0, self.values)
        return self.kernel.output(count, self.state, self.values, row)

    def _step(self, count: int, place: int) -> None:
        row = self.rows[place]
        point = self.kernel.query(count, self.state, self.values, row)
        parts = [self._answer(index, point[part], place, count) for index, part in enumerate(self.parts)]
        gradient = parts[0] if len(parts) == 1 else np.concatenate(parts)
        draws = 0.0 if self.uniforms is None else self.uniforms[place]
        self.state = self.kernel.step(count, gradient, self.state, self.values, draws, row)
        if any(group.radius is not None for group in self.groups):
            self._project()
        if any(self.totals):
            output = self.output(count)
            self.totals = [
                next_totals(group.problem, totals, output[part])
                for group, totals, part in zip(self.groups, self.totals, self.parts, strict=True)
            ]
        if not np.isfinite(self.state[0].sum()):
            lost = ~np.isfinite(self.state[0]).all(axis=-1)
            self.failed[lost & (self.failed == 0)] = count

    def _answer(self, index: int, point: Array, place: int, count: int) -> Array:
        group, noise = self.groups[index], self.noise[index]
        return group.oracle.answer(group.problem, point, None if noise is None else noise[place], count)

    def _project(self) -> None:
        theta = self.state[0].copy()
        for group, part in zip(self.groups, self.parts, strict=True):
            if group.radius is not None:
                theta[part] = into_ball(theta[part], group.radius)
        self.state = (theta, *self.state[1:])

    def _draw(self, block: int) -> None:
        """The schedule and the random numbers of a block of steps."""
        self._block, first = block, block * BLOCK + 1
        self.rows = self.kernel.schedules(first, BLOCK, self.values)
        self.noise: list[Any] = [
            group.oracle.draws(Stream(keys, first, BLOCK, NOISE), self.dimension)
            for group, keys in zip(self.groups, self.keys, strict=True)
        ]
        self.uniforms: Array | None = None
        if self.kernel.program.random:
            lanes = [lane for keys in self.keys for lane in keys]
            self.uniforms = Stream(lanes, first, BLOCK, UNIFORM).uniforms(self.dimension)
