"""Saddles, factorisations and networks: gradients, minima where theory puts them, and saddles that are saddles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from convergence.methods import METHODS
from convergence.problems.networks import taught
from convergence.problems.nonconvex import factorisation, saddle
from convergence.problems.oracles import Exact, Minibatch
from convergence.problems.quadratics import drawn_spectrum
from convergence.simulation import Group, simulate
from convergence.simulation.streams import Stream

RANDOM = np.random.default_rng(0)
SADDLE = saddle(np.array([1.0, 0.3]), np.array([0.5, 2.0]))
NETWORK, TEACHER = taught(cases=30, inputs=3, hidden=4, outputs=2)


@pytest.mark.parametrize(
    "problem",
    [SADDLE, factorisation(np.array([3.0, 2.0, 1.0]), (4, 3), 2), NETWORK],
    ids=lambda problem: problem.name,
)
def test_gradients_are_those_of_the_gap_for_points_of_any_shape(problem):
    points = RANDOM.normal(size=(2, 3, problem.dimension))
    for x in points.reshape(-1, problem.dimension):
        assert check_grad(lambda p: float(problem.gap(p)), problem.gradient, x) < 1e-5 * (
            1 + np.linalg.norm(problem.gradient(x))
        )
    assert problem.gap(points).shape == (2, 3)
    assert np.allclose(problem.gradient(points)[1, 2], problem.gradient(points[1, 2]), rtol=1e-12, atol=1e-14)
    assert problem.facts == {"bounded_below": ()}


@given(signs=st.tuples(*[st.sampled_from([-1.0, 1.0])] * 2))
def test_a_saddle_descends_to_every_choice_of_signs(signs):
    best = np.array([0.0, 0.0, *signs])
    assert float(SADDLE.gap(best)) == 0 and float(SADDLE.distance(best)) == 0
    assert (SADDLE.gradient(best) == 0).all()
    origin, h = np.zeros(4), 1e-6
    hessian = np.array([(SADDLE.gradient(h * e) - SADDLE.gradient(-h * e)) / (2 * h) for e in np.eye(4)])
    assert (SADDLE.gradient(origin) == 0).all()
    assert np.allclose(hessian, np.diag([1.0, 0.3, -0.5, -2.0]), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(rank=st.integers(1, 3), scale=st.floats(0.1, 3), seed=st.integers(0, 99))
def test_the_minimum_of_a_factorisation_is_eckart_and_youngs(rank, scale, seed):
    values = scale * np.array([3.0, 2.0, 1.0])
    problem = factorisation(values, (4, 3), rank, seed)
    assert problem.minimum == pytest.approx(0.5 * sum(values[rank:] ** 2), abs=1e-12 * scale**2)
    left, kept, right = np.linalg.svd(problem.target, full_matrices=False)
    root = np.sqrt(kept[:rank])
    best = np.concatenate([(left[:, :rank] * root).ravel(), (right[:rank].T * root).ravel()])
    assert abs(float(problem.gap(best))) < 1e-12 * scale**2
    assert np.linalg.norm(problem.gradient(best)) < 1e-12 * scale**2
    assert (problem.gap(np.random.default_rng(seed).normal(size=(50, problem.dimension))) > 0).all()
    wrong = np.concatenate([(left[:, 3 - rank : 3] * 0).ravel(), (right[:rank].T * 0).ravel()])
    assert float(problem.gap(wrong)) == pytest.approx(0.5 * sum(values[:rank] ** 2))  # the saddle at the origin


def test_a_network_has_no_loss_at_its_teacher():
    assert float(NETWORK.gap(TEACHER)) == 0
    flipped = TEACHER.copy()
    hidden = NETWORK.hidden
    flipped[: hidden * 3 + hidden] *= -1
    flipped[hidden * 4 : hidden * 4 + 2 * hidden] *= -1
    assert float(NETWORK.gap(flipped)) < 1e-30  # signs of hidden units do not matter
    assert NETWORK.dimension == 4 * 3 + 4 + 2 * 4 + 2


def test_terms_of_a_network_average_to_its_gradient_and_methods_run_on_it():
    x = RANDOM.normal(size=(2, NETWORK.dimension))
    every = np.repeat(np.arange(NETWORK.count)[:, None], 2, axis=1)
    assert np.allclose(NETWORK.batch_gradient(x, every), NETWORK.gradient(x), rtol=1e-10, atol=1e-12)
    oracle = Minibatch(problem=NETWORK, size=4)
    (draws,) = oracle.draws(Stream([1, 2], 1, 1), NETWORK.dimension)
    assert oracle.answer(NETWORK, x, draws, 1).shape == x.shape
    group = Group(problem=NETWORK, oracle=Exact(), starts=x)
    (trace,) = simulate(METHODS["adam"].with_parameters(alpha=0.05), [group], np.array([1, 300]), ["gap"])
    assert (trace.measures["gap"][:, 1] < 0.1 * trace.measures["gap"][:, 0]).all()


def test_drawn_spectra_are_those_of_data():
    values = drawn_spectrum(400, 8, seed=3)
    data = np.random.default_rng(3).standard_normal((400, 8))
    assert np.allclose(values, np.linalg.eigvalsh(data.T @ data / 400))
    assert (np.diff(values) > 0).all()
    assert (drawn_spectrum(3, 5)[:2] == 0).all() and (drawn_spectrum(3, 5)[2:] > 0).all()
