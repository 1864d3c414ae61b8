"""Ensembles through torch: on the processor and, where there is one, on a CUDA device, they are those of NumPy."""

import numpy as np
import pytest

from convergence.methods import METHODS
from convergence.problems.finite_sums import logistic
from convergence.problems.oracles import Additive, Exact, Minibatch, Noise
from convergence.problems.profiles import Huber
from convergence.problems.quadratics import diagonal, log_spaced, rotated
from convergence.problems.separable import separable
from convergence.simulation import Group, recorded_steps, simulate
from convergence.simulation.measuring import AVERAGE, BEST, LOCAL

EVERY = (*LOCAL, *BEST, *AVERAGE)
QUADRATIC = diagonal(log_spaced(0.1, 1.0, 6), minimiser=np.arange(6.0))
DATA = np.random.default_rng(0).normal(size=(40, 6))
SUM = logistic(DATA, np.sign(DATA[:, 0] + 0.3 * DATA[:, 1]), 0.1)
CASES = {
    "gaussian": (METHODS["adam"], QUADRATIC, Additive(law=Noise.GAUSSIAN, level=0.5), EVERY),
    "student": (METHODS["amvt"], QUADRATIC, Additive(law=Noise.HEAVY, level=0.5), EVERY),
    "norms": (METHODS["lamb"], QUADRATIC, Additive(law=Noise.SKEWED, level=0.5), EVERY),
    "schedule": (METHODS["radam"], separable("Huber", Huber(width=0.1), 6), Exact(), EVERY),
    "dense": (METHODS["adam"], rotated(log_spaced(0.1, 1.0, 6)), Exact(), LOCAL),
    "minibatch": (METHODS["adam"], SUM, Minibatch(problem=SUM, size=5), LOCAL),
}


def agree(name, device):
    method, problem, oracle, measures = CASES[name]
    starts = np.random.default_rng(1).normal(size=(7, 6))
    group = Group(problem=problem, oracle=oracle, starts=starts, radius=2.0 if name == "gaussian" else None)
    steps = recorded_steps(270)
    (there,) = simulate(method, [group], steps, measures, device=device)
    (here,) = simulate(method, [group], steps, measures, compiled=False)
    assert there.stops == here.stops
    for measure in measures:
        assert np.allclose(there.measures[measure], here.measures[measure], rtol=1e-9, atol=1e-14), measure


@pytest.mark.parametrize("name", CASES)
def test_torch_agrees_with_numpy_on_the_processor(name):
    agree(name, "cpu")


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_torch_agrees_with_numpy_on_a_cuda_device(name):
    agree(name, "cuda")


def test_lanes_that_diverge_are_seen():
    group = Group(problem=diagonal(np.ones(2)), oracle=Exact(), starts=np.array([[1.0, 1.0], [0.0, 0.0]]))
    method = METHODS["gradient_descent"].with_parameters(alpha=3)
    (there,) = simulate(method, [group], np.array([1, 1100]), ["gap"], device="cpu")
    (here,) = simulate(method, [group], np.array([1, 1100]), ["gap"], compiled=False)
    assert there.stops == here.stops
    assert there.stops[0].step == 1024
