"""Oracles have the bias, variance and size that they state; online losses have the regret of their definition."""

from math import sqrt

import numpy as np
import pytest

from convergence.errors import ClaimError
from convergence.problems.finite_sums import known_logistic, least_squares, logistic
from convergence.problems.online import Adversary, Coin, Periodic, reddi
from convergence.problems.oracles import Additive, Exact, Minibatch, Misled, Noise
from convergence.problems.profiles import Huber
from convergence.problems.quadratics import diagonal
from convergence.problems.separable import separable
from convergence.simulation.streams import Stream

POINT = np.array([1.0, -2.0, 0.5])
QUADRATIC = diagonal(np.array([1.0, 2.0, 3.0]))
MANY = 200_000
DATA = np.random.default_rng(0).normal(size=(50, 3))


@pytest.mark.parametrize("law", Noise)
def test_noise_is_unbiased_with_the_stated_variance(law):
    oracle = Additive(law=law, level=0.7)
    draws = oracle.draws(Stream([1], 1, MANY), 3)[:, 0]
    answers = oracle.answer(QUADRATIC, np.broadcast_to(POINT, (MANY, 3)), draws, 1)
    error = answers - QUADRATIC.gradient(POINT)
    assert np.abs(error.mean(axis=0)).max() < 5 * 0.7 / sqrt(3 * MANY)
    tolerance = 0.1 if law is Noise.HEAVY else 0.01  # Student's t with 3 degrees has no fourth moment
    assert np.mean(np.sum(error**2, axis=1)) == pytest.approx(oracle.sigma**2, rel=tolerance)


def test_skewed_noise_is_skewed_and_bounded():
    draws = Additive(law=Noise.SKEWED, level=1.0).draws(Stream([1], 1, MANY), 1)
    assert set(np.unique(draws)) == {3.0, -1 / 3}
    assert np.mean(draws**3) == pytest.approx(8 / 3, rel=0.03)  # 27/10 - 1/30


@pytest.mark.parametrize("law", Noise)
def test_skewness_is_that_of_the_law(law):
    oracle = Additive(law=law, level=0.7)
    draws = oracle.draws(Stream([1], 1, MANY), 3)
    found = float(np.mean(draws**3) / np.mean(draws**2) ** 1.5)
    if law is Noise.HEAVY:
        assert np.isnan(oracle.skewness)  # Student's t with 3 degrees has no third moment
    else:
        assert found == pytest.approx(oracle.skewness, abs=0.02)
    assert Exact().skewness == 0


@pytest.mark.parametrize("size", [1, 5])
def test_minibatches_have_the_exact_skewness(size):
    problem = logistic(DATA, np.sign(DATA[:, 0]), 0.1)
    oracle = Minibatch(problem=problem, size=size)
    (draws,) = oracle.draws(Stream(range(MANY), 1, 1), 3)
    error = oracle.answer(problem, np.broadcast_to(POINT, (MANY, 3)), draws, 1) - problem.gradient(POINT)
    found = np.mean(error**3, axis=0) / np.mean(error**2, axis=0) ** 1.5
    assert np.allclose(found, oracle.skewness_at(POINT), atol=0.03)


def test_facts_of_oracles():
    huber = separable("Huber", Huber(width=0.5), 4)
    assert Exact().facts(huber) == {
        "unbiased": (), "bounded_variance": (0.0,), "deterministic": (), "bounded_gradients": (1.0,),
    }  # fmt: skip
    noisy = Additive(law=Noise.GAUSSIAN, level=2.0).facts(huber)
    assert noisy == {"unbiased": (), "bounded_variance": (2.0,), "bounded_gradients": (sqrt(5),)}
    assert "bounded_gradients" not in Additive(law=Noise.GAUSSIAN, level=2.0).facts(QUADRATIC)
    plain = known_logistic(12, 3)
    batch = Minibatch(problem=plain, size=4)
    (bound,) = batch.facts(plain)["bounded_gradients"]
    for point in (np.zeros(3), 50 * POINT):  # E|answer|^2 = |gradient|^2 + variance/4
        assert np.sum(plain.gradient(point) ** 2) + batch.sigma_at(point) ** 2 <= bound**2


@pytest.mark.parametrize("size", [1, 5])
def test_minibatches_are_unbiased_with_the_exact_variance(size):
    problem = logistic(DATA, np.sign(DATA[:, 0]), 0.1)
    oracle = Minibatch(problem=problem, size=size)
    lanes = MANY // 4
    (draws,) = oracle.draws(Stream(range(lanes), 1, 1), 3)
    answers = oracle.answer(problem, np.broadcast_to(POINT, (lanes, 3)), draws, 1)
    error = answers - problem.gradient(POINT)
    sigma = oracle.sigma_at(POINT)
    assert np.linalg.norm(error.mean(axis=0)) < 5 * sigma / sqrt(lanes)
    assert np.mean(np.sum(error**2, axis=1)) == pytest.approx(sigma**2, rel=0.03)
    assert sigma <= oracle.sigma


def test_minibatches_of_least_squares_have_no_bound_and_need_a_finite_sum():
    oracle = Minibatch(problem=least_squares(DATA, DATA[:, 0]), size=2)
    assert oracle.sigma == np.inf
    with pytest.raises(ClaimError, match="finite sum"):
        oracle.answer(QUADRATIC, POINT[None], np.zeros((1, 2)), 1)


def test_a_misleading_oracle_errs_by_its_size_away_from_the_minimiser():
    oracle = Misled(size=lambda count: 1.0 / count, text="1/k")
    for count in (1, 4):
        error = oracle.answer(QUADRATIC, POINT[None], np.zeros((1, 0)), count) - QUADRATIC.gradient(POINT)
        assert np.linalg.norm(error) == pytest.approx(1 / count)
        assert float(error[0] @ POINT) < 0
    assert "unbiased" not in oracle.facts(QUADRATIC)


def test_online_losses_follow_their_patterns():
    losses, x = reddi(3.0), np.zeros((2, 1))
    coefficients = [losses.coefficient(count, x, x)[0, 0] for count in range(1, 7)]
    assert np.allclose(coefficients, [1, -1 / 3, -1 / 3, 1, -1 / 3, -1 / 3])
    assert Adversary().coefficient(1, np.array([[-0.1], [0.0], [2.0]]), x).ravel().tolist() == [-1.0, 1.0, 1.0]
    draws = Coin(name="coin", heads=0.25, ratio=2.0).draws(Stream([1], 1, MANY))
    assert np.mean(draws == 1.0) == pytest.approx(0.25, abs=0.005)
    assert set(np.unique(draws)) == {1.0, -0.5}
    for each in (losses, Adversary(), Periodic(name="p", pattern=np.array([0.5, -2.0]), radius=3.0)):
        assert each.facts["bounded_domain"] == (2 * each.radius,)
        assert each.facts["lipschitz"] == (each.slope,)
