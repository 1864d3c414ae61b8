"""Ensembles of runs of one rule on problems: NumPy or machine code, whichever is predicted to finish first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convergence.errors import ClaimError, NumericLimit
from convergence.kernels import Kernel, kernel
from convergence.kernels.machine import flushed, prepare, usable
from convergence.kernels.native import Body
from convergence.methods.rule import Rule
from convergence.simulation.batched import Batched
from convergence.simulation.compiled import Compiled, named, recorded, state_names
from convergence.simulation.costs import worth_compiling
from convergence.simulation.groups import Group
from convergence.simulation.interpreted import Interpreted
from convergence.simulation.lanes import Lanes
from convergence.simulation.measuring import of
from convergence.simulation.trace import Trace


def simulate(
    rule: Rule,
    groups: Sequence[Group],
    steps: NDArray[np.int64],
    measures: Iterable[str],
    seed: int = 0,
    threads: int = 1,
    checkpoints: Path | None = None,
    compiled: bool | None = None,
    device: str | None = None,
) -> tuple[Trace, ...]:
    """Run every lane of every group to the last of the recorded steps.

    A group whose rule, problem and oracle can all be recorded, and that is large enough, runs as machine code; others
    run on NumPy. The bits are the same.

    Args:
        rule: the method; symbols of the claim in it take the groups' values.
        groups: all of one dimension.
        steps: recorded steps, increasing, counted from 1; ``x_k`` is the output after step k.
        measures: names of `convergence.claims.measures.MEASURES`.
        seed: keys every stream, with the identity of the run.
        threads: how many share the lanes of a compiled group.
        checkpoints: a folder in which runs are kept now and then; what was interrupted goes on from there, to the same
            bits, and what was finished is read.
        compiled: whether to compile; None for what is predicted to finish first.
        device: torch's name of a device, such as ``cuda``, on which every group that could be compiled runs; its
            results agree to rounding, with the same random numbers.

    Returns:
        one trace for each group; the bits depend neither on the other groups, nor on the split into groups, nor on
        threads.

    Raises:
        ClaimError: if the groups' dimensions differ.
        NumericLimit: if a symbol has no value, a function cannot be run, or what must be compiled cannot be.
    """
    if len({group.starts.shape[1] for group in groups}) != 1:
        raise ClaimError("expected groups of one dimension in one ensemble")
    names, run = of(measures), kernel(rule)
    with np.errstate(all="ignore"), flushed():
        lanes = [Lanes(run, group, group.keys(rule, seed), names, steps, checkpoints) for group in groups]
        rest = []
        for one in (one for one in lanes if not one.finished):
            body = _body(run, one, compiled if device is None else True)
            if body is None:
                rest.append(one)
            elif device is not None:
                _run_on_device(run, one, body, device)
            else:
                _compile_and_run(run, one, body, threads)
        for count in sorted({one.count for one in rest}):
            _interpret(run, [one for one in rest if one.count == count])
        return tuple(one.trace() for one in lanes)


def warm(rule: Rule, groups: Sequence[Group], measures: Iterable[str] = ("gap",)) -> int:
    """Compile what `simulate` would compile for groups of any number of lanes, and keep it on disk.

    Returns:
        how many of the groups have machine code; the others run on NumPy.
    """
    names, run, made = of(measures), kernel(rule), 0
    for group in groups if usable() else ():
        lanes = Lanes(run, group, group.keys(rule, 0), names, np.array([1]), None)
        try:
            body = recorded(run, group, lanes.totals)
        except NumericLimit:
            continue
        prepare(body.text)
        made += 1
    return made


def _body(run: Kernel, one: Lanes, compiled: bool | None) -> Body | None:
    if compiled is None:
        return worth_compiling(run, one.group, one.totals, int(one.steps[-1]))
    return recorded(run, one.group, one.totals) if compiled else None


def _compile_and_run(run: Kernel, one: Lanes, body: Body, threads: int) -> None:
    machine = Compiled(run, body, one.group.starts.shape, one.keys, one.values)
    machine.hold(named(run, one), one.failed)
    with ThreadPoolExecutor(threads) as pool:
        while not one.finished:
            count = one.next
            machine.advance(one.count + 1, count, partial(_shared, pool if threads > 1 else None, threads))
            _take(run, one, machine, count)


def _run_on_device(run: Kernel, one: Lanes, body: Body, device: str) -> None:
    machine = Batched(run, body, one.group, one.keys, one.values, device)
    machine.hold(named(run, one), one.failed)
    while not one.finished:
        count = one.next
        machine.advance(one.count + 1, count)
        _take(run, one, machine, count)


def _take(run: Kernel, one: Lanes, machine: Compiled | Batched, count: int) -> None:
    """Record what a machine has come to."""
    one.state = tuple(machine.held(name) for name in state_names(run))
    one.totals = {name: machine.held(f"total_{name}") for name in one.totals}
    one.failed = machine.held("failed")
    row = run.schedule(count, one.values)
    one.record(run.output(count, one.state, one.values, row), count)


def _shared(pool: ThreadPoolExecutor | None, threads: int, work: Callable[[int, int], None], blocks: int) -> None:
    """Call `work` on ranges of blocks, one a thread."""
    if pool is None:
        work(0, blocks)
        return
    cuts = np.unique(np.linspace(0, blocks, threads + 1).round().astype(int))

    def flushed_work(begin: int, end: int) -> None:
        with flushed():
            work(begin, end)

    list(pool.map(flushed_work, cuts[:-1].tolist(), cuts[1:].tolist()))


def _interpret(run: Kernel, several: Sequence[Lanes]) -> None:
    values = tuple(
        np.concatenate([np.broadcast_to(one.values[i], (len(one.keys), 1)) for one in several])
        for i in range(len(run.program.inputs))
    )
    machine = Interpreted(run, [one.group for one in several], [one.keys for one in several], values)
    state = tuple(np.concatenate(parts) for parts in zip(*(one.state for one in several), strict=True))
    machine.hold(state, [one.totals for one in several], np.concatenate([one.failed for one in several]))
    done = several[0].count
    while not all(one.finished for one in several):
        count = min(one.next for one in several if not one.finished)
        machine.advance(done + 1, count)
        done, output = count, machine.output(count)
        for one, totals, part in zip(several, machine.totals, machine.parts, strict=True):
            one.state = tuple(np.broadcast_to(array, output.shape)[part] for array in machine.state)
            one.totals, one.failed = totals, machine.failed[part].copy()
            one.record(output[part], count)
