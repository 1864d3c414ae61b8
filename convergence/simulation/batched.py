"""Ensembles on a device, through torch: the recorded step of a group on arrays of all lanes.

Elementwise operations are rounded as everywhere, and random numbers have the same bits. Sums over coordinates and
products with matrices are the device's own, so that results agree with the other back ends to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.kernels import Kernel
from convergence.kernels.native import GROUP, Body
from convergence.kernels.randomness import WORDS, philox, quadruple
from convergence.kernels.tape import TRUTHS, Level, Node
from convergence.kernels.vectorised import schedule_function
from convergence.problems.elementary import exponential
from convergence.simulation.groups import Group
from convergence.simulation.streams import BLOCK, key_words
from convergence.simulation.trace import Array


class TorchBits:
    """What `convergence.kernels.randomness` asks of torch's tensors; words are signed, with the same bits."""

    def word(self, value: int) -> Any:
        """A constant."""
        return value

    def real(self, bits: Any) -> Any:
        """The doubles with these bits."""
        import torch

        return bits.view(torch.float64)

    def bits(self, value: Any) -> Any:
        """The bits of doubles."""
        import torch

        return value.view(torch.int64)

    def sqrt(self, value: Any) -> Any:
        """The square root."""
        return value.sqrt()

    def where(self, mask: Any, yes: Any, no: Any) -> Any:
        """`yes` where the word is not zero."""
        import torch

        return torch.where(mask != 0, yes, no)


class Batched:
    """Lanes of one group between steps, on a device."""

    def __init__(
        self, run: Kernel, body: Body, group: Group, keys: list[int], values: tuple[Any, ...], device: str
    ) -> None:
        import torch

        self.torch, self.device, self.body, self.values = torch, device, body, values
        self.lanes, self.dimension = group.starts.shape
        self.schedule = schedule_function(run.program, body.columns)
        words = np.array([key_words(lane) for lane in keys], dtype=np.int64)
        self.keys = [self._tensor(words[:, place, None]) for place in range(4)]
        self.fixed = {name: self._tensor(array) for name, array in body.tape.constants.items()}
        self.arrays: dict[str, Any] = {}
        self.on = TorchBits()
        self._table: tuple[int, list[Any]] = (-1, [])

    def hold(self, state: Mapping[str, Array], failed: NDArray[np.int64]) -> None:
        """Take over ``theta``, state and running values, (lanes, d) or (lanes,), and the steps of failure."""
        self.arrays = {
            name: self._tensor(array if array.ndim == 2 else array[:, None]) for name, array in state.items()
        }
        self.arrays["failed"] = self._tensor(failed)

    def held(self, name: str) -> Any:
        """An array of all lanes, as it was given to `hold`."""
        array = self.arrays[name].cpu().numpy().copy()
        totals = {total for total, _ in self.body.totals}
        return array[:, 0] if name in totals else array

    def advance(self, first: int, last: int) -> None:
        """Make the steps `first`, ..., `last`."""
        for count in range(first, last + 1):
            self._step(count)

    def _tensor(self, array: Any) -> Any:
        return self.torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _columns(self, count: int) -> list[Any]:
        block, row = divmod(count - 1, BLOCK)
        if self._table[0] != block:
            steps = np.arange(block * BLOCK + 1, (block + 1) * BLOCK + 1, dtype=float)[:, None, None]
            tables = [np.asarray(value, dtype=float) for value in self.schedule(steps, *self.values)]
            self._table = (block, [self._tensor(table) for table in tables])
        return [table[row] if table.ndim == 3 else table for table in self._table[1]]

    def _step(self, count: int) -> None:
        values = dict(zip((node.index for node in self.body.columns), self._columns(count), strict=True))
        words: dict[tuple[int, int], Any] = {}
        for node in self.body.nodes:
            if node.index in values or node.level <= Level.STEP:
                continue
            values[node.index] = self._leaf(node, count, words) if node.leaf else self._operation(node, values)
        after = {name: self._value(value, values) for name, value in (*self.body.state, *self.body.totals)}
        totals = {name for name, _ in self.body.totals}
        for name, value in after.items():
            width = 1 if name in totals else self.dimension
            self.arrays[name] = self.torch.as_tensor(value, dtype=self.torch.float64, device=self.device).expand(
                self.lanes, width
            )
        lost = ~self.arrays[self.body.state[0][0]].isfinite().all(dim=-1) & (self.arrays["failed"] == 0)
        self.arrays["failed"] = self.torch.where(lost, count, self.arrays["failed"])

    def _value(self, argument: Any, values: Mapping[int, Any]) -> Any:
        return values[argument.index] if isinstance(argument, Node) else argument

    def _leaf(self, node: Node, count: int, words: dict[tuple[int, int], Any]) -> Any:
        if node.name in self.fixed:
            return self.fixed[node.name]
        if "." not in node.name:
            return self.arrays[node.name]
        kind, purpose, *rest = node.name.split(".")
        if kind == "index":
            place, size = map(int, rest)
            chosen = self._words(count, int(purpose), self.torch.tensor([[place // GROUP]], device=self.device))
            return ((chosen[place % GROUP] * size) >> 32)[:, 0]
        groups = self.torch.arange(-(-self.dimension // GROUP), device=self.device)[None, :]
        calls = WORDS[kind] // GROUP
        drawn = [word for i in range(calls) for word in self._words(count, int(purpose), groups * calls + i)]
        numbers = self.torch.stack(quadruple(kind, drawn, self.on), dim=-1)
        return numbers.reshape(self.lanes, -1)[:, : self.dimension]

    def _words(self, count: int, purpose: int, groups: Any) -> tuple[Any, ...]:
        tags = (groups + (purpose << 24)).expand(self.lanes, -1)
        counter = (self.torch.full_like(tags, count), tags, self.keys[2], self.keys[3])
        return philox(counter, (self.keys[0], self.keys[1]), self.on)

    def _operation(self, node: Node, values: Mapping[int, Any]) -> Any:
        arguments = [self._value(argument, values) for argument in node.arguments]
        if node.name in ("gather", "pick"):
            rows = arguments[0][arguments[1]]
            return rows if node.name == "gather" else rows[:, None]
        tensors = [
            argument
            if self.torch.is_tensor(argument)
            else self.torch.tensor(argument, dtype=self.torch.float64, device=self.device)
            for argument in arguments
        ]
        return self._functions()[node.name](*tensors)

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        torch = self.torch
        named = {_NAMES.get(name, name): getattr(torch, name) for name in _SAME}
        ordered = {f"is_{name}": partial(self._ordered, named[name]) for name in TRUTHS}
        own: dict[str, Callable[..., Any]] = {
            "exponential": lambda a: exponential(a, self.on),
            "sign": lambda a: torch.where(a.isnan(), a, a.sign()),
            "choose": lambda c, a, b: torch.where(c.isnan(), torch.nan, torch.where(c > 0.5, a, b)),
            "spread": lambda a, like: a.expand(like.shape),
            "total": lambda a: a.cumsum(dim=-1)[..., -1:],
        }
        return named | ordered | own

    def _ordered(self, comparison: Callable[..., Any], a: Any, b: Any) -> Any:
        """1 or 0, or nan where a side is not a number."""
        return self.torch.where(a.isnan() | b.isnan(), self.torch.nan, comparison(a, b).double())


_NAMES = {"eq": "equal"}  # torch's name of elementwise equality
_SAME = (
    "greater", "greater_equal", "less", "less_equal", "eq", "not_equal", "add", "subtract", "multiply", "divide",
    "sqrt", "absolute", "floor", "negative", "minimum", "maximum", "where", "matmul",
)  # fmt: skip
