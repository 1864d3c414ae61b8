"""A short list of multi-tensor operations, with the formulas of the numbers in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from convergence.errors import NumericLimit

REDUCTIONS = ("norm", "kth_largest_abs")


class Kind(IntEnum):
    """How many values a quantity has: a number, one for the group, one for each tensor, one for each coordinate."""

    NUMBER = 0
    GROUP = 1
    EACH = 2
    TENSOR = 3


@dataclass(frozen=True, slots=True)
class Instruction:
    """``target = operation(*registers, *numbers)``; the last number is passed by `keyword` if there is one.

    Attributes:
        overwrites: whether the result takes the place of the first register.
        released: registers that nobody reads later.
    """

    operation: str
    target: int
    registers: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    keyword: str = ""
    overwrites: bool = False
    released: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Instructions with their inputs and outputs.

    Attributes:
        inputs: the register of each tensor that the program reads, by name.
        outputs: the register of each result, by name.
        computed: the index of each result that is a number, by name.
        kinds: the kind of each register.
        numbers: from the values of `arguments` to all numbers of the program.
        arguments: names of what the numbers depend on.
    """

    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    computed: Mapping[str, int]
    kinds: tuple[Kind, ...]
    instructions: tuple[Instruction, ...]
    formulas: Callable[..., Sequence[float]]
    arguments: tuple[str, ...]

    @property
    def reduces(self) -> bool:
        """Whether coordinates depend on each other, through a norm or an order statistic."""
        return any(instruction.operation in REDUCTIONS for instruction in self.instructions)

    def numbers(self, values: Mapping[str, float]) -> list[float]:
        """The numbers of one step.

        Raises:
            NumericLimit: if one of them is not a finite real number, such as ``1/(1 - beta1**t)`` for ``beta1 = 1``.
        """
        try:
            return [float(number) for number in self.formulas(*(values[name] for name in self.arguments))]
        except (ZeroDivisionError, ValueError, OverflowError, TypeError) as error:
            shown = ", ".join(f"{name} = {values[name]:g}" for name in self.arguments)
            raise NumericLimit(f"a coefficient of the step is not a finite number for {shown}: {error}") from None


def overwriting(
    instructions: Sequence[Instruction], kinds: tuple[Kind, ...], results: frozenset[int], protected: frozenset[int]
) -> tuple[Instruction, ...]:
    """Decide which results take the place of their first operand: one with coordinates that nobody reads afterwards."""
    last = {register: index for index, instruction in enumerate(instructions) for register in instruction.registers}
    decided = []
    for index, instruction in enumerate(instructions):
        dying = {register for register in instruction.registers if last[register] == index} - results
        first = instruction.registers[0]
        overwrites = (
            first in dying - protected
            and kinds[first] is kinds[instruction.target] is Kind.TENSOR
            and instruction.operation not in ("clone", *REDUCTIONS)
        )
        decided.append(replace(instruction, overwrites=overwrites, released=tuple(sorted(dying))))
    return tuple(decided)
