"""Runs on online linear losses, with regret against the best fixed point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from convergence.errors import ClaimError
from convergence.kernels import kernel
from convergence.methods.rule import Rule
from convergence.problems.online import LinearLosses
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
    rule: Rule, group: OnlineGroup, steps: NDArray[np.int64], measures: Iterable[str], seed: int = 0
) -> Trace:
    """Play the losses: in each round the output is played, the loss is revealed, a step is made and projected.

    Raises:
        ClaimError: for a measure other than ``regret`` and ``average_regret``.
    """
    names = tuple(measures)
    if not set(names) <= {"regret", "average_regret"}:
        raise ClaimError(f"online losses have regret and average_regret, found {', '.join(names)}")
    with np.errstate(all="ignore"):
        regret, failed = _play(rule, group, steps, seed)
    tables = {"regret": regret, "average_regret": regret / steps}
    stops = tuple(
        Stop(Reason.DIVERGED, int(step)) if step else Stop(Reason.COMPLETED, int(steps[-1])) for step in failed
    )
    label = group.label or group.losses.name
    return Trace(label=label, steps=steps, measures={name: tables[name] for name in names}, stops=stops)


def _play(rule: Rule, group: OnlineGroup, steps: NDArray[np.int64], seed: int) -> tuple[Array, NDArray[np.int64]]:
    run, keys, radius = kernel(rule), group.keys(rule, seed), group.losses.radius
    lanes = len(group.starts)
    values = run.values({name: np.full((lanes, 1), float(value)) for name, value in group.values.items()})
    state = run.start(group.starts.astype(float), values)
    cost, total = np.zeros((lanes, 1)), np.zeros((lanes, 1))
    failed = np.zeros(lanes, dtype=np.int64)
    regret, position = np.full((lanes, len(steps)), np.inf), 0
    for count in range(1, int(steps[-1]) + 1):
        row = (count - 1) % BLOCK
        if row == 0:
            draws = group.losses.draws(Stream(keys, count, BLOCK, LOSSES))
            uniforms = Stream(keys, count, BLOCK, UNIFORM).uniforms(1) if run.program.random else None
        played = np.clip(run.output(count - 1, state, values), -radius, radius)
        coefficient = group.losses.coefficient(count, played, played if draws is None else draws[row])
        cost, total = cost + coefficient * played, total + coefficient
        state = run.step(count, coefficient, state, values, 0.0 if uniforms is None else uniforms[row])
        state = (np.clip(state[0], -radius, radius), *state[1:])
        if np.isnan(state[0]).any():
            failed[np.isnan(state[0][:, 0]) & (failed == 0)] = count
        if count == steps[position]:
            regret[:, position] = (cost + radius * np.abs(total))[:, 0]
            position += 1
    regret[np.isnan(regret)] = np.inf
    return regret, failed
