"""A rule's step on a tape: what it starts from, where it asks, what it computes, what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from sympy import Symbol

from convergence.kernels.program import Program
from convergence.kernels.tape import Argument, Level, Node, Tape
from convergence.kernels.translation import Translation
from convergence.methods.rule import g, t, theta, uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Values of one step.

    Attributes:
        tape: the operations.
        start: ``theta`` and the state before step 1, over ``theta``.
        query: where the gradient is asked.
        result: ``theta`` and the state after the step.
        output: what the method returns, over ``theta`` and the state after the step.
        signs: the least value that each state variable is known to have.
    """

    tape: Tape
    signs: Mapping[Symbol, float]
    start: tuple[Argument, ...]
    query: Argument
    result: tuple[Argument, ...]
    output: Argument


def leaves(plan: Program) -> dict[Symbol, str]:
    """The names of what comes from outside."""
    names = {theta: "theta", g: "g", t: "t", uniform: "uniform"}
    names |= {name: f"s{index}" for index, name in enumerate(plan.state)}
    return names | {name: f"p{index}" for index, name in enumerate(plan.inputs)}


def record(plan: Program) -> Recording:
    """The rule's step for a gradient that comes from outside.

    State that starts at a value that is not negative, and never leaves such values, is known to be so: roots of it can
    be merged.
    """
    signs = dict.fromkeys(plan.state, 0.0)
    while True:
        found = _recorded(plan, signs)
        broken = [
            name
            for name, first, after in zip(plan.state, found.start[1:], found.result[1:], strict=True)
            if signs[name] == 0 and min(_least(first), _least(after)) < 0
        ]
        if not broken:
            return found
        signs |= dict.fromkeys(broken, -inf)


def _least(value: Argument) -> float:
    return value.low if isinstance(value, Node) else float(value)


def _recorded(plan: Program, signs: Mapping[Symbol, float]) -> Recording:
    tape = Tape()
    names = symbols(tape, plan, signs)
    now = Translation(tape, names)
    start = tuple(now.node(value) for value in plan.start)
    query = now.node(plan.query)
    result = step(now, plan)
    return Recording(
        tape=tape,
        signs=dict(signs),
        start=(names[theta], *start),
        query=query,
        result=result,
        output=output(tape, names, plan),
    )


def symbols(tape: Tape, plan: Program, signs: Mapping[Symbol, float]) -> dict[Symbol, Argument]:
    """A leaf for each name."""
    known = leaves(plan)
    levels = {t: Level.STEP} | dict.fromkeys(plan.inputs, Level.LANE)
    return {
        name: tape.leaf(text, levels.get(name, Level.COORDINATE), *_range(name, signs)) for name, text in known.items()
    }


def _range(name: Symbol, signs: Mapping[Symbol, float]) -> tuple[float, float]:
    if name == uniform:
        return 0.0, 1.0
    low = 0.0 if name == t or (name.is_nonnegative and name not in signs) else signs.get(name, -inf)
    return low, inf


def step(now: Translation, plan: Program) -> tuple[Argument, ...]:
    """Record the assignments of a step; the values of ``theta`` and the state after it."""
    for target, value in plan.update:
        now.assign(target, value)
    return tuple(now.names[plan.result[name]] for name in (theta, *plan.state))


def output(tape: Tape, after: Mapping[Symbol, Argument], plan: Program) -> Argument:
    """Record what the method returns when ``theta`` and the state are `after`."""
    return Translation(tape, after).node(plan.output)
