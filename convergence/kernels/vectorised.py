"""NumPy steps over lanes, printed from a rule's recorded operations.

Arrays have shape (lanes, d). Every operation lets values that are not numbers through. What depends on hyperparameters
and the step alone, its schedule, is computed apart: once for each of many steps together, or with each step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from convergence.errors import NumericLimit
from convergence.kernels.program import Program, program
from convergence.kernels.recording import Recording, record
from convergence.kernels.tape import Argument, Level, Node
from convergence.methods.rule import Rule
from convergence.problems.problem import total

Array = NDArray[np.float64]
Values = Mapping[Symbol, Any]
Row = tuple[Any, ...]
"""Values of a schedule for one step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A rule that runs on arrays.

    Attributes:
        program: the straight-line form that was recorded.
        source: the generated Python.
        signs: the least value that each state variable is known to have.
    """

    program: Program
    source: str
    signs: Mapping[Symbol, float]
    _start: Callable[..., tuple[Any, ...]]
    _schedule: Callable[..., tuple[Any, ...]]
    _query: Callable[..., Any]
    _step: Callable[..., tuple[Any, ...]]
    _output: Callable[..., Any]

    def values(self, given: Values) -> tuple[Any, ...]:
        """The inputs in the kernel's order; each a number or an array of shape (lanes, 1).

        Raises:
            NumericLimit: if an input has no value.
        """
        missing = [name.name for name in self.program.inputs if name not in given]
        if missing:
            raise NumericLimit(f"no value is given for {', '.join(missing)}, which the method's step needs")
        return tuple(_scalar(given[name]) for name in self.program.inputs)

    def start(self, point: Array, values: tuple[Any, ...]) -> tuple[Array, ...]:
        """``theta`` and the state before step 1, each of shape (lanes, d)."""
        return (point, *(_full(value, point) for value in self._start(point, *values)))

    def schedules(self, first: int, count: int, values: tuple[Any, ...]) -> list[Row]:
        """What steps `first`, `first` + 1, ... need of hyperparameters and the step."""
        steps = np.arange(first, first + count, dtype=float)[:, None, None]
        columns = [np.broadcast_to(value, (count, *np.shape(value)[-2:])) for value in self._schedule(steps, *values)]
        return [tuple(column[index] for column in columns) for index in range(count)]

    def schedule(self, count: int, values: tuple[Any, ...]) -> Row:
        """What step `count` needs of hyperparameters and the step."""
        return self._schedule(np.float64(count), *values)

    def query(self, count: int, state: tuple[Array, ...], values: tuple[Any, ...], row: Row | None = None) -> Array:
        """Where step `count` asks for the gradient."""
        row = self.schedule(count, values) if row is None else row
        return _full(self._query(*row, *state), state[0])

    def step(
        self,
        count: int,
        gradient: Array,
        state: tuple[Array, ...],
        values: tuple[Any, ...],
        draws: Any = 0.0,
        row: Row | None = None,
    ) -> tuple[Array, ...]:
        """``theta`` and the state after step `count`; `draws` are the step's uniform numbers."""
        row = self.schedule(count, values) if row is None else row
        return self._step(gradient, draws, *row, *state)

    def output(self, count: int, state: tuple[Array, ...], values: tuple[Any, ...], row: Row | None = None) -> Array:
        """What the method returns after step `count`."""
        row = self.schedule(count, values) if row is None else row
        return _full(self._output(*row, *state), state[0])


@lru_cache(maxsize=256)
def kernel(rule: Rule) -> Kernel:
    """The NumPy kernel of a rule; symbols of the claim stay inputs, one value per lane.

    Raises:
        NumericLimit: if the rule uses a function that NumPy has not.
    """
    plan = program(rule)
    made = record(plan)
    source = printed(plan, made)
    space = _executed(source, rule.name)
    return Kernel(
        program=plan,
        source=source,
        signs=made.signs,
        _start=space["start"],
        _schedule=space["schedule"],
        _query=space["query"],
        _step=space["step"],
        _output=space["output"],
    )


def schedule_function(plan: Program, columns: Sequence[Node]) -> Callable[..., tuple[Any, ...]]:
    """The function of the step and the inputs that computes the columns."""
    source = _function("schedule", ["t", *(f"p{index}" for index in range(len(plan.inputs)))], {}, columns)
    return _executed(source, "a schedule")["schedule"]


def _executed(source: str, name: str) -> dict[str, Any]:
    space: dict[str, Any] = dict(_RUNTIME)
    exec(compile(source, f"<kernel of {name}>", "exec"), space)  # own text: generated names, known functions
    return space


def printed(plan: Program, made: Recording) -> str:
    """The Python text of a recorded step."""
    state = ["theta", *(f"s{index}" for index in range(len(plan.state)))]
    inputs = [f"p{index}" for index in range(len(plan.inputs))]
    columns = scheduled(made, (made.query, *made.result, made.output))
    names = {node.index: f"c{index}" for index, node in enumerate(columns)}
    row = list(names.values())
    return "\n".join(
        [
            _function("start", ["theta", *inputs], {}, made.start[1:]),
            _function("schedule", ["t", *inputs], {}, columns),
            _function("query", [*row, *state], names, [made.query], single=True),
            _function("output", [*row, *state], names, [made.output], single=True),
            _function("step", ["g", "uniform", *row, *state], names, made.result),
        ]
    )


def scheduled(made: Recording, results: Iterable[Argument]) -> list[Node]:
    """The values that depend on hyperparameters and the step alone and are read by what changes faster, or returned."""
    results = list(results)
    needed = made.tape.needed(results)
    used = {argument.index for node in needed if node.level > Level.STEP for argument in _nodes(node.arguments)}
    used |= {node.index for node in _nodes(results)}
    return [node for node in needed if node.index in used and node.level <= Level.STEP]


def _nodes(arguments: Iterable[Argument]) -> list[Node]:
    return [argument for argument in arguments if isinstance(argument, Node)]


def _function(
    name: str, arguments: list[str], known: dict[int, str], results: Sequence[Argument], single: bool = False
) -> str:
    """The text of a function that returns the results; a value that is used twice gets a name."""
    texts, lines = dict(known), []
    needed = [node for node in _needed(results, known) if node.index not in known]
    uses = Counter(argument.index for node in needed for argument in _nodes(node.arguments))
    uses.update(node.index for node in _nodes(results))
    for node in needed:
        text = node.name if node.leaf else _operation(node, texts)
        if not node.leaf and uses[node.index] > 1:
            lines.append(f"    n{node.index} = {text}")
            text = f"n{node.index}"
        texts[node.index] = text
    returned = [_text(result, texts) for result in results]
    value = returned[0] if single else f"({''.join(text + ', ' for text in returned)})"
    return "\n".join([f"def {name}({', '.join(arguments)}):", *lines, f"    return {value}", ""])


def _needed(results: Sequence[Argument], known: dict[int, str]) -> list[Node]:
    found: dict[int, Node] = {}
    waiting = _nodes(results)
    while waiting:
        node = waiting.pop()
        if node.index not in found:
            found[node.index] = node
            waiting += [] if node.index in known else _nodes(node.arguments)
    return [found[index] for index in sorted(found)]


def _text(value: Argument, texts: dict[int, str]) -> str:
    if isinstance(value, Node):
        return texts[value.index]
    return "np.nan" if value != value else repr(value).replace("inf", "np.inf")


def _operation(node: Node, texts: dict[int, str]) -> str:
    arguments = [_text(argument, texts) for argument in node.arguments]
    if node.name in _INFIX:
        return f"({arguments[0]} {_INFIX[node.name]} {arguments[1]})"
    if node.name in ("total", "kth", "spread"):
        return f"_{node.name}({', '.join(arguments)})"
    if node.name.startswith("is_"):
        return f"_compare(np.{node.name[3:]}, {', '.join(arguments)})"
    return f"{'_choose' if node.name == 'choose' else 'np.' + node.name}({', '.join(arguments)})"


def _scalar(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else np.float64(value)


def _full(value: Any, like: Array) -> Array:
    """The value as a fresh array of the iterate's shape, unless it has that shape."""
    if np.shape(value) == like.shape:
        return np.asarray(value)
    return np.array(np.broadcast_to(value, like.shape))


def _spread(value: Any, like: Array) -> Array:
    """The value in every coordinate."""
    return np.asarray(np.broadcast_to(value, like.shape))


def _total(value: Array) -> Array:
    return total(value)[..., None]


def _kth(value: Array, count: Any) -> Array:
    """The count-th largest absolute value over the last axis; the smallest if there are fewer."""
    ordered = np.sort(np.abs(value), axis=-1)
    index = value.shape[-1] - np.clip(np.asarray(count, dtype=float), 1, value.shape[-1]).astype(int)
    index = np.broadcast_to(index, (*value.shape[:-1], 1))
    taken = np.take_along_axis(ordered, index, axis=-1)
    return np.asarray(np.where(np.isnan(ordered[..., -1:]), np.nan, taken))


def _compare(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """1 or 0, or nan where a side is not a number."""
    return np.where(np.isnan(left) | np.isnan(right), np.nan, np.where(operation(left, right), 1.0, 0.0))


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(np.isnan(condition), np.nan, np.where(condition > 0.5, yes, no))


_RUNTIME = {"np": np, "_total": _total, "_kth": _kth, "_spread": _spread, "_compare": _compare, "_choose": _choose}
_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
