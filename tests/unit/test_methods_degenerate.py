"""Every rule on degenerate input, on NumPy and compiled: a recorded stop reason, never an exception or a silent NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_paths import played

from convergence.methods import METHODS
from convergence.problems.oracles import Additive, Exact, Noise
from convergence.problems.quadratics import Quadratic, diagonal
from convergence.simulation import Group, Reason, Trace, simulate
from convergence.simulation.measuring import AVERAGE, BEST, LOCAL

EVERY = (*LOCAL, *BEST, *AVERAGE)
STEPS = np.array([1, 2, 10, 40])
MOVE = {"adamw", "lamb", "amgt_as_printed"}
"""Without any gradient: by weight decay, and because the printed momentum averages lambda alone."""


def run(name: str, problem: Quadratic, starts: object, noise: float = 0.0) -> Trace:
    """The same trace from NumPy and from machine code."""
    oracle = Additive(law=Noise.GAUSSIAN, level=noise) if noise else Exact()
    group = Group(problem=problem, oracle=oracle, starts=np.array(starts, dtype=float))
    (first,), (second,) = (simulate(METHODS[name], [group], STEPS, EVERY, compiled=choice) for choice in (True, False))
    for measure in EVERY:
        assert np.array_equal(first.measures[measure], second.measures[measure], equal_nan=True), measure
    assert first.stops == second.stops
    return first


def silent(trace: Trace) -> list[str]:
    """Measures that are nan in a lane whose stop reason does not say so."""
    told = [stop.reason is Reason.FLOOR for stop in trace.stops]
    return [name for name, table in trace.measures.items() if np.isnan(table[~np.array(told)]).any()]


@pytest.mark.parametrize("name", METHODS)
def test_a_start_at_the_optimum_is_the_end(name: str) -> None:
    trace = run(name, diagonal(np.array([1.0, 3.0])), [[0.0, 0.0]])
    (stop,) = trace.stops
    if name == "amgt_as_printed":
        assert stop.reason is Reason.COMPLETED and (trace.measures["gap"] > 0).all()
    else:
        assert (stop.reason, stop.step) == (Reason.AT_MINIMISER, 1)
        assert all((table == 0).all() for table in trace.measures.values())


@pytest.mark.parametrize("name", METHODS)
def test_without_a_gradient_nothing_moves(name: str) -> None:
    start = np.array([1.0, -2.0, 0.5])
    path = played(METHODS[name], lambda count, x: np.zeros(3), start)
    assert np.isfinite(path).all()
    assert bool(np.abs(path - start).max() > 1e-14) is (name in MOVE)


@pytest.mark.parametrize("name", METHODS)
def test_not_finite_from_the_first_step(name: str) -> None:
    trace = run(name, diagonal(np.array([1.0, 2.0])), [[np.nan, 1.0], [np.inf, 1.0], [1.0, 1.0]])
    assert [(stop.reason, stop.step) for stop in trace.stops[:2]] == [(Reason.DIVERGED, 1)] * 2
    for table in trace.measures.values():
        assert np.isinf(table[:2]).all() and np.isfinite(table[2]).all()


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=4)
@given(
    curvature=st.sampled_from([1e-200, 1e-80, 1e80, 1e200, 1e300]),
    size=st.sampled_from([1e-200, 1e-8, 1e100, 1e250]),
    noise=st.sampled_from([0.0, 1e-150, 1e150]),
)
def test_huge_and_tiny_scales_have_a_reason(name: str, curvature: float, size: float, noise: float) -> None:
    """What is not finite is recorded as inf with the reason, or as nan below the resolution; nothing is nan besides."""
    trace = run(name, diagonal(np.array([curvature, curvature / 2])), [[size, -size], [0.0, size]], noise)
    assert not silent(trace)
    for lane, stop in enumerate(trace.stops):
        assert stop.reason in Reason and 1 <= stop.step <= STEPS[-1]
        if stop.reason is Reason.DIVERGED:
            assert all(np.isinf(table[lane, stop.step <= STEPS]).all() for table in trace.measures.values())
