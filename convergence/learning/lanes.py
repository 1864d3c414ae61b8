"""One rule applied to rows: the step of many nets, each with its own step size and random numbers.

A lane is a row. Reductions (norms, order statistics) stay within a row, so that what happens in one lane depends
neither on the others nor on their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from convergence.errors import OptimizerError
from convergence.learning.stacking import Stack
from convergence.optim import Norms, RuleOptimizer
from convergence.optim.compiled import Compiled, compiled, settings_of
from convergence.optim.execution import Results, blockwise, run
from convergence.optim.optimizer import uniform
from convergence.optim.program import Instruction, Kind, Program


class Stepper:
    """The state of a rule in all lanes, and its step."""

    def __init__(self, optimizer: RuleOptimizer, stack: Stack, lrs: Sequence[float], seeds: Sequence[int]) -> None:
        self.optimizer, self.stack, self.seeds = optimizer, stack, tuple(seeds)
        self.group = dict(optimizer.param_groups[0])
        self.settings = settings_of(optimizer.rule)
        self.programs = lane_programs(optimizer)
        self.step = 0
        places = groupby(range(len(lrs)), key=lambda lane: lrs[lane])
        self.blocks = [(lr, slice(rows[0], rows[-1] + 1)) for lr, rows in ((lr, list(rows)) for lr, rows in places)]
        self.theta = [part.clone() for part in stack.parts] if self.programs.asked else stack.parts
        self.states: list[dict[str, list[Tensor]]] = []
        self.counted: list[dict[str, float]] = []
        for lr, rows in self.blocks:
            self._begin(lr, rows)

    def _begin(self, lr: float, rows: slice) -> None:
        """The state before step 1."""
        start, kinds = self.programs.start, self.programs.kinds
        iterates = [part[rows].clone() for part in self.theta]
        numbers = start.numbers(self._values(lr, 1, {}))
        results = reduced_run(start, {"theta": iterates}, numbers)
        state, counted = dict(results), {}
        for name, kind in kinds.items():
            if name in results:
                continue
            number = numbers[start.computed[name]]
            if kind is Kind.NUMBER:
                counted[name] = number
            else:
                like = iterates if kind is Kind.TENSOR else [iterate[:, :1] for iterate in iterates]
                state[name] = [torch.full_like(tensor, number) for tensor in like]
        self.states.append(state)
        self.counted.append(counted)

    def _values(self, lr: float, step: int, counted: Mapping[str, float]) -> dict[str, float]:
        values = {name.name: float(self.group[key]) for key, name in self.settings.symbols.items()}
        return {**values, **counted, self.settings.symbols["lr"].name: lr, "t": step}

    @torch.no_grad()
    def advance(self, gradients: list[Tensor], factor: float) -> None:
        """One step of all lanes, with `factor` on their step sizes; gradients are (lanes, numbers), like the parts."""
        if self.group["maximize"]:
            gradients = [-gradient for gradient in gradients]
        drawn = self._uniform() if self.programs.random else []
        self.step += 1
        for place, (lr, rows) in enumerate(self.blocks):
            inputs = {"theta": [part[rows] for part in self.theta], "g": [part[rows] for part in gradients]}
            inputs |= self.states[place]
            if drawn:
                inputs["uniform"] = [part[rows] for part in drawn]
            numbers = self.programs.step.numbers(self._values(lr * factor, self.step, self.counted[place]))
            kept = inputs["theta"]
            results = self._stepped(inputs, numbers)
            for old, new in zip(kept, results.pop("theta"), strict=True):
                if new is not old:
                    old.copy_(new)
            self.states[place] = results
            counted = {name: numbers[self.programs.step.computed[name]] for name in self.counted[place]}
            self.counted[place] = counted
        if self.programs.asked is not None:
            self._show(self.programs.asked, self.stack.parts, factor, self.step + 1)

    def _stepped(self, inputs: Results, numbers: list[float]) -> Results:
        step = self.programs.step
        if not step.reduces and inputs["theta"][0].device.type == "cpu":
            return blockwise(step, inputs, numbers)
        return reduced_run(step, inputs, numbers)

    def _uniform(self) -> list[Tensor]:
        """The random numbers of a step: in each lane those that its training alone would draw."""
        like = self.theta[0]
        lanes = [
            torch.cat([draw.reshape(-1) for draw in uniform(seed, self.step, 0, 0, self.stack.shapes, like)])
            for seed in self.seeds
        ]
        drawn = torch.stack(lanes)
        return list(torch.split(drawn, [part.shape[1] for part in self.theta], dim=1))

    def _show(self, program: Program, parts: list[Tensor], factor: float, step: int) -> None:
        """Put what a program computes from iterates and states into `parts`."""
        for place, (lr, rows) in enumerate(self.blocks):
            names = [name for name, kind in self.programs.kinds.items() if kind is not Kind.NUMBER]
            inputs = {name: [tensor.clone() for tensor in self.states[place][name]] for name in names}
            inputs["theta"] = [part[rows].clone() for part in self.theta]
            numbers = program.numbers(self._values(lr * factor, step, self.counted[place]))
            (values,) = reduced_run(program, inputs, numbers).values()
            for part, value in zip(parts, values, strict=True):
                part[rows] = value

    @torch.no_grad()
    def returned(self, factor: float) -> list[Tensor]:
        """What the rule returns, such as its average, as parameters of the net (lanes, *shape)."""
        if self.programs.returned is None:
            return self.stack.seen(self.theta)
        parts = [torch.empty_like(part) for part in self.theta]
        self._show(self.programs.returned, parts, factor, self.step)
        return self.stack.seen(parts)

    def content(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"step": self.step, "theta": self.theta, "states": self.states, "counted": self.counted}

    def restore(self, content: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        device = self.theta[0].device
        self.step, self.counted = content["step"], content["counted"]
        for part, kept in zip(self.theta, content["theta"], strict=True):
            part.copy_(kept)
        self.states = [
            {name: [tensor.to(device) for tensor in tensors] for name, tensors in state.items()}
            for state in content["states"]
        ]


def rule_of(optimizer: object) -> RuleOptimizer:
    """The optimizer, if its rule can be applied to rows.

    Raises:
        OptimizerError: if it is not one of `convergence.optim`, or has groups of parameters.
    """
    if not isinstance(optimizer, RuleOptimizer):
        raise OptimizerError(
            f"an ensemble needs an optimizer of convergence.optim, found {type(optimizer).__name__}; "
            "as_optimizer makes one of any rule"
        )
    if optimizer.state_dtype is not None:
        raise OptimizerError("an ensemble keeps its state in the type of the parameters; leave state_dtype out")
    if len(optimizer.param_groups) > 1:
        raise OptimizerError(
            f"an ensemble has one setting for all parameters, found {len(optimizer.param_groups)} groups; "
            "train one at a time"
        )
    return optimizer


def lane_programs(optimizer: RuleOptimizer) -> Compiled:
    """The rule with one norm for each matrix, since a matrix is the whole net or one parameter."""
    group = optimizer.param_groups[0]
    zeros = [key for key in settings_of(optimizer.rule).symbols if key != "lr" and float(group[key]) == 0]
    return compiled(optimizer.rule, Norms.TENSOR, frozenset(zeros))


def needs_each(optimizer: RuleOptimizer) -> bool:
    """Whether the rule has norms, and one for each parameter."""
    return optimizer.norms is Norms.TENSOR and lane_programs(optimizer).step.reduces


def reduced_run(program: Program, inputs: Results, numbers: list[float]) -> Results:
    """Execute a program on matrices; its reductions give one number a row."""
    execution = run(program, inputs, numbers)
    answer: list[Tensor] | None = None
    while True:
        try:
            instruction, tensors, values = execution.send(answer)
        except StopIteration as stop:
            results: Results = stop.value
            return results
        answer = [_reduced(instruction, tensor, values) for tensor in tensors]


def _reduced(instruction: Instruction, matrix: Tensor, values: list[float]) -> Tensor:
    if instruction.operation == "norm":
        return torch.stack(torch._foreach_norm(matrix.contiguous().unbind()))[:, None]  # see row_norms
    count = min(max(round(values[0]), 1), matrix.shape[1])
    return matrix.abs().topk(count, dim=1).values[:, -1:]
