"""Ensembles as machine code: one group's whole step recorded from the same code that NumPy runs, then compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.errors import NumericLimit
from convergence.kernels import Kernel
from convergence.kernels.assembly import LANES
from convergence.kernels.machine import aligned
from convergence.kernels.native import GROUP, WHOLE, Body, pointer_names
from convergence.kernels.recording import output, step, symbols
from convergence.kernels.tape import Argument, Level, Node, Tape
from convergence.kernels.translation import Translation
from convergence.kernels.vectorised import schedule_function
from convergence.methods.rule import g, t, theta, uniform
from convergence.simulation.groups import NOISE, UNIFORM, Group, into_ball
from convergence.simulation.lanes import Lanes
from convergence.simulation.measuring import ITERATES, Totals, next_totals
from convergence.simulation.streams import BLOCK, key_words
from convergence.simulation.trace import Array

WORK = 1 << 26  # coordinate updates of one call
LARGEST_BATCH = 32  # of a minibatch: its terms are written out one by one


class RecordedStream:
    """The draws of one step, as leaves of a tape."""

    def __init__(self, tape: Tape, purpose: int) -> None:
        self.tape, self.purpose = tape, purpose

    def normals(self, dimension: int) -> Any:
        """Standard Gaussian numbers."""
        return self.tape.leaf(f"normal.{self.purpose}", Level.COORDINATE)

    def uniforms(self, dimension: int) -> Any:
        """Numbers from [0, 1)."""
        return self.tape.leaf(f"uniform.{self.purpose}", Level.COORDINATE, 0.0, 1.0)

    def students(self, dimension: int) -> Any:
        """Numbers of Student's law with 3 degrees of freedom."""
        return self.tape.leaf(f"student.{self.purpose}", Level.COORDINATE)

    def indices(self, size: int, count: int) -> Any:
        """`size` integers from 0, ..., count - 1."""
        if size > LARGEST_BATCH:
            raise NumericLimit(f"batches of more than {LARGEST_BATCH} are not compiled")
        return [
            self.tape.leaf(f"index.{self.purpose}.{place}.{count}", Level.MOVING, 0.0, count) for place in range(size)
        ]


def recorded(run: Kernel, group: Group, totals: Totals) -> Body:
    """The whole step of a group's lanes.

    Raises:
        NumericLimit: where a part of it can only be run by NumPy.
    """
    try:
        return _recorded(run, group, totals)
    except (TypeError, ValueError, AttributeError) as error:  # the problem's code asks for more than a recording has
        raise NumericLimit(f"{group.problem.name} with the oracle {group.oracle.identity}: {error}") from None


def _recorded(run: Kernel, group: Group, totals: Totals) -> Body:
    tape, plan = Tape(), run.program
    names = symbols(tape, plan, run.signs)
    if plan.random:
        names[uniform] = RecordedStream(tape, UNIFORM).uniforms(1)
    now = Translation(tape, names)
    draws = group.oracle.draws(RecordedStream(tape, NOISE), group.problem.dimension)
    answer: Any = group.oracle.answer(group.problem, now.node(plan.query), draws, now.node(t))
    now.names[g] = spread(tape, answer)
    after = dict(zip((theta, *plan.state), step(now, plan), strict=True))
    if group.radius is not None:
        after[theta] = into_ball(after[theta], group.radius)
    before: dict[str, Any] = {name: _total_leaf(tape, name) for name in totals}
    returned: Any = output(tape, {**names, **after}, plan)
    running: dict[str, Any] = next_totals(group.problem, before, returned) if totals else {}
    state = [(_text(names[name]), after[name]) for name in (theta, *plan.state)]
    state += [(f"total_{name}", value) for name, value in running.items() if name in ITERATES]
    lanes = [(f"total_{name}", value) for name, value in running.items() if name not in ITERATES]
    body = Body(tape=tape, state=tuple(state), totals=tuple(lanes))
    body.text  # noqa: B018 - raises where an operation has no machine code
    return body


def spread(tape: Tape, gradient: Argument) -> Node:
    """The gradient as a value of coordinates: the order in which a rule's terms are computed depends on that."""
    if isinstance(gradient, Node) and gradient.level is Level.COORDINATE:
        return gradient
    return tape.apply("spread", gradient, tape.leaf("theta", Level.COORDINATE))


def _total_leaf(tape: Tape, name: str) -> Node:
    level = Level.COORDINATE if name in ITERATES else Level.MOVING
    low = 0.0 if name.endswith("gradient_norm") else -np.inf
    return tape.leaf(f"total_{name}", level, low)


def _text(node: Argument) -> str:
    return str(node.name)


def state_names(run: Kernel) -> list[str]:
    """The leaves of ``theta`` and the state."""
    return ["theta", *(f"s{index}" for index in range(len(run.program.state)))]


def named(run: Kernel, lanes: Lanes) -> dict[str, Array]:
    """The state and the running values of lanes, by leaf."""
    return dict(zip(state_names(run), lanes.state, strict=True)) | {
        f"total_{name}": value for name, value in lanes.totals.items()
    }


class Compiled:
    """Lanes of one group between steps, eight to a block."""

    def __init__(
        self, run: Kernel, body: Body, shape: tuple[int, ...], keys: list[int], values: tuple[Any, ...]
    ) -> None:
        self.body, self.values = body, values
        self.lanes, self.dimension = shape
        self.blocks = -(-self.lanes // LANES)
        self.schedule = schedule_function(run.program, body.columns)
        words = np.array([key_words(lane) for lane in keys], dtype=np.uint64)
        self.padded = -(-self.dimension // LANES) * LANES
        self.fixed = {name: aligned(array) for name, array in body.tape.constants.items()}
        for node in body.nodes:
            if node.name in WHOLE:
                matrix = node.arguments[node.name == "matmul"].name
                wide = np.pad(body.tape.constants[matrix], ((0, 0), (0, self.padded - self.dimension)))
                self.fixed[matrix] = aligned(_panels(wide) if node.name == "matmul" else wide)
        self.fixed["keys"] = _packed(words, self.blocks)
        self.arrays: dict[str, Any] = {}
        self._table: tuple[int, list[tuple[Array, int, int]]] = (-1, [])

    def hold(self, state: Mapping[str, Array], failed: NDArray[np.int64]) -> None:
        """Take over ``theta``, state and running values, (lanes, d) or (lanes,), and the steps of failure."""
        self.arrays = {name: _packed(array, self.blocks) for name, array in state.items()}
        self.arrays["failed"] = _packed(failed, self.blocks)

    def held(self, name: str) -> Any:
        """An array of all lanes, as it was given to `hold`."""
        return _unpacked(self.arrays[name], self.lanes)

    def advance(self, first: int, last: int, share: Share) -> None:
        """Make the steps `first`, ..., `last`; `share` calls a function on ranges of blocks, on several threads."""
        while first <= last:
            block = (first - 1) // BLOCK
            end = min(last, (block + 1) * BLOCK)
            self._call(first, end - first + 1, self._columns(block), share)
            first = end + 1

    def _columns(self, block: int) -> list[tuple[Array, int, int]]:
        if self._table[0] != block:
            steps = np.arange(block * BLOCK + 1, (block + 1) * BLOCK + 1, dtype=float)[:, None, None]
            self._table = (block, [self._column(value) for value in self.schedule(steps, *self.values)])
        return self._table[1]

    def _column(self, value: Any) -> tuple[Array, int, int]:
        """One value of the schedule, with the distances between its steps and between its blocks."""
        table = np.asarray(value, dtype=float)
        steps = len(table) if table.ndim == 3 else 1
        table = table.reshape(steps, -1)
        if table.shape[1] == 1:
            return aligned(np.repeat(table, LANES, axis=1)), LANES * (steps > 1), 0
        wide = np.pad(table, ((0, 0), (0, self.blocks * LANES - self.lanes)), mode="edge")
        return aligned(wide), self.blocks * LANES * (steps > 1), LANES

    def _call(self, first: int, count: int, columns: list[tuple[Array, int, int]], share: Share) -> None:
        offset = (first - 1) % BLOCK
        named = {**self.arrays, **self.fixed}
        places = {name: array.ctypes.data for name, array in named.items()}
        places |= {f"c{i}": table.ctypes.data + 8 * far * offset for i, (table, far, _) in enumerate(columns)}
        strides = [stride for _, *pair in columns for stride in pair]

        step = max(1, WORK // (count * self.dimension * LANES))

        def run(begin: int, end: int) -> None:
            for place in range(begin, end, step):  # Python sees signals between calls
                run_blocks(place, min(end, place + step))

        def run_blocks(begin: int, end: int) -> None:
            scratch = aligned(np.zeros(max(1, len(self.body.buffered)) * self.padded * LANES))
            words = aligned(np.zeros(2 * self.padded * LANES))  # two for each number of Student's law
            found = {**places, "scratch": scratch.ctypes.data, "words": words.ctypes.data}
            pointers = np.array([found[name] for name in pointer_names(self.body)], dtype=np.uint64)
            numbers = np.array(
                [count, self.dimension, self.padded, -(-self.dimension // GROUP), begin, end, first, *strides],
                dtype=np.int64,
            )
            self.body.run(pointers.ctypes.data, numbers.ctypes.data)

        share(run, self.blocks)


Share = Callable[[Callable[[int, int], None], int], None]


def alone(work: Callable[[int, int], None], blocks: int) -> None:
    """All blocks on this thread."""
    work(0, blocks)


def _panels(matrix: Any) -> Any:
    """The matrix cut into panels of eight columns, one after the other."""
    return np.moveaxis(matrix.reshape(len(matrix), -1, LANES), 1, 0)


def _packed(values: Any, blocks: int) -> Any:
    """(lanes, d) as (blocks, d, 8), or (lanes,) as (blocks, 8); the last lane fills the last block."""
    array = np.asarray(values)
    filled = np.concatenate([array, np.repeat(array[-1:], blocks * LANES - len(array), axis=0)])
    shaped = filled.reshape(blocks, LANES, *array.shape[1:])
    return aligned(np.moveaxis(shaped, 1, -1))


def _unpacked(array: Any, lanes: int) -> Any:
    moved = np.moveaxis(array, -1, 1)
    return np.ascontiguousarray(moved.reshape(-1, *moved.shape[2:])[:lanes])
