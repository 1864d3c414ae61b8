"""Straight-line programs, recorded by running array code on symbols of arrays.

`Node` stands for an array. NumPy's operators and functions, applied to nodes, append operations to a `Tape` in the
order in which they run; what is computed twice is recorded once. A tape is then printed as NumPy text or as machine
code, with the same operations in the same order, so that both give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf, isnan
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from convergence.errors import NumericLimit


class Level(IntEnum):
    """How often a value changes: once a lane, once a step, with the run of a lane, with the coordinate."""

    LANE = 0
    STEP = 1
    MOVING = 2
    COORDINATE = 3


Argument = Any  # a Node or a float


@dataclass(slots=True)
class Tape:
    """Operations in the order of their execution, and the constant arrays that they use, by name."""

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], Node] = field(default_factory=dict)

    def leaf(self, name: str, level: Level, low: float = -inf, high: float = inf) -> Node:
        """A value that comes from outside."""
        return self._node((name,), (), level, 0, (low, high))

    def constant(self, values: Any) -> Node:
        """An array of one number a coordinate, or of numbers that `Node.matmul` and `gather` read."""
        array = np.ascontiguousarray(values, dtype=float)
        for name, known in self.constants.items():
            if known.shape == array.shape and known.tobytes() == array.tobytes():
                return self.leaf(name, Level.COORDINATE)
        name = f"a{len(self.constants)}"
        self.constants[name] = array
        return self.leaf(name, Level.COORDINATE, float(array.min(initial=inf)), float(array.max(initial=-inf)))

    def apply(self, name: str, *arguments: Argument) -> Node:
        """The value of an elementwise operation."""
        nodes = [argument for argument in arguments if isinstance(argument, Node)]
        level = max(node.level for node in nodes)
        return self._node((name,), arguments, level, max(node.phase for node in nodes), bounds(name, arguments))

    def reduce(self, name: str, *arguments: Argument) -> Node:
        """The value of an operation that needs all coordinates of its first argument."""
        value = arguments[0]
        level = Level.COORDINATE if name == "matmul" else Level.MOVING
        low = 0.0 if name in ("total", "kth") and value.low >= 0 else -inf
        return self._node((name,), arguments, level, value.phase + 1, (low, inf))

    def gather(self, array: Any, chosen: Node) -> Node:
        """One entry of a vector, or one row of a matrix, for each lane."""
        held = self.constant(array)
        name, level = ("pick", Level.MOVING) if array.ndim == 1 else ("gather", Level.COORDINATE)
        return self._node((name,), (held, chosen), level, 0, (held.low, held.high))

    def _node(
        self, name: tuple[str], arguments: tuple[Argument, ...], level: Level, phase: int, interval: tuple[float, float]
    ) -> Node:
        key = (*name, *(argument.index if isinstance(argument, Node) else ("#", float(argument).hex())
                        for argument in arguments))  # fmt: skip
        found = self._known.get(key)
        if found is None:
            found = Node(self, len(self.nodes), *name, arguments, level, phase, *interval)
            self.nodes.append(found)
            self._known[key] = found
        return found

    def needed(self, results: Iterable[Argument]) -> list[Node]:
        """The nodes that the results depend on, themselves included, in the order of execution."""
        marked: set[int] = set()
        waiting = [result for result in results if isinstance(result, Node)]
        while waiting:
            node = waiting.pop()
            if node.index not in marked:
                marked.add(node.index)
                waiting += [argument for argument in node.arguments if isinstance(argument, Node)]
        return [self.nodes[index] for index in sorted(marked)]


class Node(NDArrayOperatorsMixin):
    """One value of a tape.

    Attributes:
        index: its place on the tape; name, arguments: the operation, or the name of a leaf.
        level: how often it changes.
        phase: how many reductions over coordinates come before it.
        low, high: bounds on its values, wherever they are numbers.
    """

    __slots__ = ("arguments", "high", "index", "level", "low", "name", "phase", "tape")

    def __init__(
        self,
        tape: Tape,
        index: int,
        name: str,
        arguments: tuple[Argument, ...],
        level: Level,
        phase: int,
        low: float,
        high: float,
    ) -> None:
        self.tape, self.index, self.name, self.arguments = tape, index, name, arguments
        self.level, self.phase, self.low, self.high = level, phase, low, high

    @property
    def leaf(self) -> bool:
        """Whether the value comes from outside."""
        return not self.arguments

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Node:
        if method == "accumulate" and ufunc is np.add and keywords == {"axis": -1}:
            return self.tape.reduce("running", inputs[0])
        if ufunc is np.matmul and method == "__call__" and not keywords:
            return self.tape.reduce("matmul", inputs[0], self.tape.constant(inputs[1]))
        if method != "__call__" or keywords or ufunc.__name__ not in OPERATIONS:
            raise NumericLimit(f"{ufunc.__name__} cannot be recorded")
        if ufunc is np.square:
            return self.tape.apply("multiply", inputs[0], inputs[0])
        return self.tape.apply(OPERATIONS[ufunc.__name__], *map(self._argument, inputs))

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Node:
        if function is np.where and len(inputs) == 3 and not keywords:
            condition, yes, no = map(self._argument, inputs)
            if not (isinstance(condition, Node) and condition.name in TRUTHS):
                condition = self.tape.apply("not_equal", condition, 0.0)
            return self.tape.apply("where", condition, yes, no)
        if function is np.clip and len(inputs) == 3 and not keywords:
            value, low, high = map(self._argument, inputs)
            return self.tape.apply("minimum", self.tape.apply("maximum", value, low), high)
        raise NumericLimit(f"{function.__name__} cannot be recorded")

    def __getitem__(self, place: Any) -> Node:
        if self.level < Level.COORDINATE and place == (Ellipsis, None):
            return self
        if self.name == "running" and place == (Ellipsis, -1):
            return self.tape.reduce("total", self.arguments[0])
        raise NumericLimit("parts of a recorded array cannot be taken")

    def entries_of(self, array: Any) -> Node:
        """The entries or rows of an array whose places this value says, one for each lane."""
        return self.tape.gather(array, self)

    def __float__(self) -> float:
        raise NumericLimit("a recorded array has no value")

    def __bool__(self) -> bool:
        raise NumericLimit("a recorded array is neither true nor false")

    def _argument(self, value: Any) -> Argument:
        if isinstance(value, Node):
            return value
        array = np.asarray(value, dtype=float)
        if array.size == 1:
            return float(array.reshape(())[()])
        return self.tape.constant(array)


TRUTHS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
OPERATIONS: Mapping[str, str] = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide", "negative": "negative",
    "sqrt": "sqrt", "absolute": "absolute", "sign": "sign", "minimum": "minimum", "maximum": "maximum",
    "floor": "floor", "power": "power", "exp": "exponential", "log": "log", "sin": "sin", "cos": "cos", "tanh": "tanh",
    "remainder": "remainder", "square": "multiply", **{name: name for name in TRUTHS},
}  # fmt: skip
"""NumPy's elementwise functions that a tape holds."""


def bounds(name: str, arguments: tuple[Argument, ...]) -> tuple[float, float]:
    """The interval that holds an operation's values where they are numbers."""
    rule = _BOUNDS.get(name)
    if rule is None:
        return -inf, inf
    low, high = rule(*((a.low, a.high) if isinstance(a, Node) else (float(a), float(a)) for a in arguments))
    if name == "multiply" and arguments[0] is arguments[1]:
        low = max(low, 0.0)
    return (-inf if isnan(low) else low), (inf if isnan(high) else high)


Interval = tuple[float, float]


def _product(a: Interval, b: Interval) -> Interval:
    values = [0.0 if 0.0 in (p, q) else p * q for p in a for q in b]
    return min(values), max(values)


def _quotient(a: Interval, b: Interval) -> Interval:
    if b[0] < 0 or b[1] == 0:
        return -inf, inf
    return _product(a, (0.0 if b[1] == inf else 1 / b[1], inf if b[0] == 0 else 1 / b[0]))


def _power(a: Interval, b: Interval) -> Interval:
    if a[0] < 0:
        return -inf, inf
    return (0.0, 1.0) if a[1] <= 1 and b[0] >= 0 else (0.0, inf)


_BOUNDS: Mapping[str, Callable[..., Interval]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "subtract": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "multiply": _product,
    "divide": _quotient,
    "negative": lambda a: (-a[1], -a[0]),
    "sqrt": lambda a: (max(a[0], 0.0) ** 0.5, max(a[1], 0.0) ** 0.5),
    "absolute": lambda a: (max(0.0, a[0], -a[1]), max(-a[0], a[1])),
    "sign": lambda a: ((0.0 if a[0] >= 0 else -1.0), (0.0 if a[1] <= 0 else 1.0)),
    "minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "floor": lambda a: (a[0] - 1, a[1]),
    "power": _power,
    "exp": lambda a: (0.0, inf),
}
