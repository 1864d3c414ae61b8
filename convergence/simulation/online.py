"""Runs on online linear losses, with regret against the best fixed point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from convergence.errors import ClaimError, NumericLimit
from convergence.kernels import Kernel, kernel
from convergence.kernels.machine import flushed, usable
from convergence.kernels.native import Body
from convergence.kernels.recording import step, symbols
from convergence.kernels.tape import Level, Tape
from convergence.kernels.translation import Translation
from convergence.methods.rule import Rule, g, t, uniform
from convergence.problems.online import LinearLosses
from convergence.simulation.compiled import Compiled, RecordedStream, alone, spread, state_names
from convergence.simulation.costs import CALL, COMPILING
from convergence.simulation.groups import UNIFORM, rule_identity
from convergence.simulation.streams import BLOCK, Stream, key
from convergence.simulation.trace import Array, Reason, Stop, Trace

LOSSES = 2  # purpose of a stream


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnlineGroup:
    """Runs on one sequence of losses, from starting points (lanes, 1) in the domain."""

    losses: LinearLosses
    starts: Array
    values: Mapping[Symbol, float] = field(default_factory=dict)
    lanes: tuple[int, ...] = ()
    label: str = ""

    def keys(self, rule: Rule, seed: int) -> list[int]:
        """The lanes' keys."""
        values = sorted((name.name, float(value).hex()) for name, value in self.values.items())
        numbers = self.lanes or tuple(range(len(self.starts)))
        return [key(seed, rule_identity(rule), self.losses.identity, values, lane) for lane in numbers]


def simulate_online(
    rule: Rule,
    group: OnlineGroup,
    steps: NDArray[np.int64],
    measures: Iterable[str],
    seed: int = 0,
    compiled: bool | None = None,
) -> Trace:
    """Play the losses: in each round the output is played, the loss is revealed, a step is made and projected.

    Long games are compiled, with the same bits; `compiled` overrides the choice.

    Raises:
        ClaimError: for a measure other than ``regret`` and ``average_regret``.
    """
    names = tuple(measures)
    if not set(names) <= {"regret", "average_regret"}:
        raise ClaimError(f"online losses have regret and average_regret, found {', '.join(names)}")
    with np.errstate(all="ignore"), flushed():
        regret, failed = _play(rule, group, steps, seed, compiled)
    tables = {"regret": regret, "average_regret": regret / steps}
    stops = tuple(
        Stop(Reason.DIVERGED, int(step)) if step else Stop(Reason.COMPLETED, int(steps[-1])) for step in failed
    )
    label = group.label or group.losses.name
    return Trace(label=label, steps=steps, measures={name: tables[name] for name in names}, stops=stops)


def _play(
    rule: Rule, group: OnlineGroup, steps: NDArray[np.int64], seed: int, compiled: bool | None
) -> tuple[Array, NDArray[np.int64]]:
    run, keys = kernel(rule), group.keys(rule, seed)
    values = run.values({name: np.array([[float(value)]]) for name, value in group.values.items()})
    starts = group.starts.astype(float)
    state = dict(zip(state_names(run), run.start(starts, values), strict=True))
    state |= {"total_cost": np.zeros_like(starts), "total_sum": np.zeros_like(starts)}
    body = _body(run, group, int(steps[-1]), compiled)
    machine: _Interpreted | Compiled = _Interpreted(run, group, keys, values)
    if body is not None:
        machine = Compiled(run, body, starts.shape, keys, values)
    machine.hold(state, np.zeros(len(starts), dtype=np.int64))
    regret, count = np.empty((len(starts), len(steps))), 0
    for column, step_ in enumerate(steps.tolist()):
        machine.advance(count + 1, step_, alone)
        count = step_
        cost, total = machine.held("total_cost"), machine.held("total_sum")
        regret[:, column] = (cost + group.losses.radius * np.abs(total))[:, 0]
    regret[np.isnan(regret)] = np.inf
    return regret, machine.held("failed")


def _body(run: Kernel, group: OnlineGroup, steps: int, compiled: bool | None) -> Body | None:
    """The compiled round, if it is wanted, or if it is not decided, pays and can be had."""
    if compiled is False or (compiled is None and not (usable() and steps * 20 * CALL > COMPILING[0])):
        return None
    try:
        return _recorded(run, group)
    except (NumericLimit, TypeError, ValueError, AttributeError) as error:
        if compiled:
            raise NumericLimit(f"{group.losses.name}: {error}") from None
        return None


def _recorded(run: Kernel, group: OnlineGroup) -> Body:
    tape, plan, radius = Tape(), run.program, group.losses.radius
    names = symbols(tape, plan, run.signs)
    if plan.random:
        names[uniform] = RecordedStream(tape, UNIFORM).uniforms(1)
    before = Translation(tape, {**names, t: names[t] - 1.0})
    played = np.clip(before.node(plan.output), -radius, radius)
    draws: Any = group.losses.draws(RecordedStream(tape, LOSSES))
    coefficient = group.losses.coefficient(names[t], played, draws)
    now = Translation(tape, {**names, g: spread(tape, coefficient)})
    theta_new, *rest = step(now, plan)
    after = [np.clip(theta_new, -radius, radius), *rest]
    cost, total = (tape.leaf(name, Level.COORDINATE) for name in ("total_cost", "total_sum"))
    after += [cost + coefficient * played, total + coefficient]
    body = Body(
        tape=tape, state=tuple(zip([*state_names(run), "total_cost", "total_sum"], after, strict=True)), totals=()
    )
    body.text  # noqa: B018 - raises where an operation has no machine code
    return body


class _Interpreted:
    """The same rounds on NumPy."""

    def __init__(self, run: Kernel, group: OnlineGroup, keys: list[int], values: tuple[Any, ...]) -> None:
        self.run, self.losses, self.keys, self.values = run, group.losses, keys, values
        self.row = run.schedule(0, values)

    def hold(self, state: dict[str, Array], failed: NDArray[np.int64]) -> None:
        *own, self.cost, self.total = state.values()
        self.state, self.failed = tuple(own), failed

    def held(self, name: str) -> Any:
        return {"total_cost": self.cost, "total_sum": self.total, "failed": self.failed}[name]

    def advance(self, first: int, last: int, share: object) -> None:
        for count in range(first, last + 1):
            place = (count - 1) % BLOCK
            if place == 0:
                self.rows = self.run.schedules(count, BLOCK, self.values)
                self.draws = self.losses.draws(Stream(self.keys, count, BLOCK, LOSSES))
                random = self.run.program.random
                self.uniforms = Stream(self.keys, count, BLOCK, UNIFORM).uniforms(1) if random else None
            self._round(count, place)

    def _round(self, count: int, place: int) -> None:
        radius = self.losses.radius
        played = np.clip(self.run.output(count - 1, self.state, self.values, self.row), -radius, radius)
        coefficient = self.losses.coefficient(count, played, played if self.draws is None else self.draws[place])
        self.cost, self.total = self.cost + coefficient * played, self.total + coefficient
        self.row = self.rows[place]
        draws = 0.0 if self.uniforms is None else self.uniforms[place]
        state = self.run.step(count, coefficient, self.state, self.values, draws, self.row)
        self.state = (np.clip(state[0], -radius, radius), *state[1:])
        if np.isnan(self.state[0]).any():
            self.failed[np.isnan(self.state[0][:, 0]) & (self.failed == 0)] = count
