"""Running a program on tensors, with reductions over several lists of them at once."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from convergence.optim.operations import OPERATIONS
from convergence.optim.program import Instruction, Kind, Program

Results: TypeAlias = "dict[str, list[Tensor]]"
Run: TypeAlias = "Generator[tuple[Instruction, list[Tensor], list[float]], Any, Results]"

BLOCK = 2**18
"""Coordinates stepped at once on a CPU, so that what one operation writes is in the cache for the next."""


def run(program: Program, inputs: Mapping[str, list[Tensor]], numbers: list[float]) -> Run:
    """Execute a program on lists of tensors of one device and one type; pauses at each reduction for its result."""
    registers: list[Any] = [None] * len(program.kinds)
    for name, register in program.inputs.items():
        registers[register] = inputs[name]
    for instruction in program.instructions:
        operands = [registers[register] for register in instruction.registers]
        operation = OPERATIONS.get(instruction.operation)
        values = [numbers[index] for index in instruction.numbers]
        if operation is None:
            result = yield instruction, operands[0], values
        else:
            apply = operation.overwriting if instruction.overwrites else operation.fresh
            if instruction.keyword:
                result = apply(*operands, **{instruction.keyword: values[0]})
            else:
                result = apply(*operands, *values)
        for register in instruction.released:
            registers[register] = None
        registers[instruction.target] = result
    return {name: registers[register] for name, register in program.outputs.items()}


def together(program: Program, runs: Sequence[Run]) -> list[Results]:
    """Drive runs of one program side by side, so that a norm of the group is one of all their tensors."""
    answers: list[Any] = [None] * len(runs)
    while True:
        requests, results = [], []
        for index, execution in enumerate(runs):
            try:
                requests.append(execution.send(answers[index]))
            except StopIteration as stop:
                results.append(stop.value)
        if results:
            return results
        answers = _reduced(program, requests)


def blockwise(program: Program, inputs: Results, numbers: list[float]) -> Results:
    """The same on blocks of coordinates, for programs without reductions; results are written over inputs."""
    for block in _blocks(inputs):
        (results,) = together(program, [run(program, block, numbers)])
        for name, values in results.items():
            fresh = [(old, new) for old, new in zip(block[name], values, strict=True) if new is not old]
            if fresh:
                torch._foreach_copy_([old for old, _ in fresh], [new for _, new in fresh])
    return {name: inputs[name] for name in program.outputs}


def _blocks(inputs: Results) -> Iterator[Results]:
    """Lists of views with about `BLOCK` coordinates in all; tensors that are not contiguous stay whole."""
    if sum(tensor.numel() for tensor in inputs["theta"]) <= BLOCK:
        yield inputs
        return
    block: Results = {name: [] for name in inputs}
    size = 0
    for position in range(len(inputs["theta"])):
        tensors = {name: values[position].detach() for name, values in inputs.items()}
        if all(tensor.is_contiguous() for tensor in tensors.values()):
            pieces = {name: torch.split(tensor.view(-1), BLOCK) for name, tensor in tensors.items()}
        else:
            pieces = {name: (tensor,) for name, tensor in tensors.items()}
        for index, piece in enumerate(pieces["theta"]):
            for name in inputs:
                block[name].append(pieces[name][index])
            size += piece.numel()
            if size >= BLOCK:
                yield block
                block, size = {name: [] for name in inputs}, 0
    if size:
        yield block


def _reduced(program: Program, requests: Sequence[tuple[Instruction, list[Tensor], list[float]]]) -> list[Any]:
    instruction = requests[0][0]
    if program.kinds[instruction.target] is Kind.EACH:
        return [[_single(instruction, [tensor], values) for tensor in tensors] for _, tensors, values in requests]
    if instruction.operation == "norm":
        parts = [torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors))) for _, tensors, _ in requests]
        whole = parts[0] if len(parts) == 1 else torch.linalg.vector_norm(_gathered(parts))
    else:
        flat = [torch.cat([tensor.reshape(-1) for tensor in tensors]) for _, tensors, _ in requests]
        whole = _single(instruction, [_gathered(flat)], requests[0][2])
    return [whole.to(tensors[0].device, tensors[0].dtype) for _, tensors, _ in requests]


def _gathered(parts: Sequence[Tensor]) -> Tensor:
    """One vector of all parts, where and as wide as the widest of them."""
    widest = max(parts, key=lambda part: part.element_size())
    return torch.cat([part.reshape(-1).to(widest.device, widest.dtype) for part in parts])


def _single(instruction: Instruction, tensors: list[Tensor], values: list[float]) -> Tensor:
    (tensor,) = tensors
    if instruction.operation == "norm":
        return torch.linalg.vector_norm(tensor)
    magnitudes = tensor.reshape(-1).abs()
    count = min(max(round(values[0]), 1), magnitudes.numel())
    return magnitudes.topk(count).values[-1]
