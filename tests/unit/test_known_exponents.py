"""Methods whose rates are known exactly, from the rule through the ensemble to the fit: the intervals hold them."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from convergence.methods import METHODS
from convergence.methods.rule import Rule
from convergence.problems.oracles import Additive, Exact, Noise
from convergence.problems.quadratics import Quadratic, diagonal, log_spaced
from convergence.rates import RateFit, fit_rate
from convergence.simulation import Group, recorded_steps, simulate

GD = METHODS["gradient_descent"]


def continuum(s: float) -> tuple[Quadratic, np.ndarray]:
    """Curvatures equally dense in their logarithm, and a start with ``curvature*x^2 ~ curvature^s``."""
    spectrum = log_spaced(1e-16, 1.0, 600)
    return diagonal(spectrum), spectrum ** ((s - 1) / 2)


def held(fit: RateFit, exponent: float, width: float) -> bool:
    assert fit.interval is not None and fit.exponent is not None
    low, high = fit.interval
    return low <= exponent <= high and high - low <= width and abs(fit.exponent - exponent) <= 0.05


@pytest.mark.parametrize("s", [0.5, 1.0])
@pytest.mark.parametrize(("name", "factor"), [("gradient_descent", 1), ("nesterov", 2)])
def test_deterministic_methods_on_a_continuum_of_curvatures(name: str, factor: int, s: float) -> None:
    """With ``lambda x^2 ~ lambda^s`` per logarithm of lambda: the gap of gradient descent is the sum of
    ``lambda^s (1 - alpha lambda)^(2 k) ~ k^-s``. Nesterov's modes follow ``x'' + 3/t x' + lambda x = 0``, so that they
    are ``2 J_1(t sqrt(lambda))/(t sqrt(lambda))`` and the gap falls like ``t^(-2 s)`` for s < 3/2."""
    problem, start = continuum(s)
    group = Group(problem=problem, oracle=Exact(), starts=start[None])
    (trace,) = simulate(METHODS[name].with_parameters(alpha=0.5), [group], recorded_steps(20_000, 24), ["gap"])
    fit = fit_rate(trace.steps, trace.measures["gap"], minimum=0.0, claimed=f"k**(-{factor * s})")
    assert held(fit, factor * s, 0.15), fit
    assert fit.verdict == "supported"


def test_gradient_descent_on_one_curvature_is_geometric() -> None:
    """The gap is ``x^2/2 (1 - alpha lambda)^(2 k)``."""
    group = Group(problem=diagonal(np.array([1.0])), oracle=Exact(), starts=np.ones((1, 1)))
    (trace,) = simulate(GD.with_parameters(alpha=0.03), [group], recorded_steps(1000), ["gap"])
    assert np.allclose(trace.measures["gap"][0], 0.5 * 0.97 ** (2.0 * trace.steps), rtol=1e-12)
    fit = fit_rate(trace.steps, trace.measures["gap"], minimum=0.0)
    assert fit.law.startswith("geometric") and fit.decay == pytest.approx(-2 * log(0.97), rel=1e-3)


def noisy(method: Rule, problem: Quadratic, measure: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of 100 runs each, ten times."""
    oracle = Additive(law=Noise.GAUSSIAN, level=1.0)
    group = Group(problem=problem, oracle=oracle, starts=np.ones((1000, problem.dimension)))
    (trace,) = simulate(method, [group], recorded_steps(steps), [measure])
    return trace.steps, trace.measures[measure].reshape(10, 100, -1).mean(axis=1)


@pytest.mark.parametrize(("share", "exponent"), [(0.25, 0.5), (0.35, 0.7), (1.0, 1.0), (2.0, 1.0)])
def test_chungs_exponents(share: float, exponent: float) -> None:
    """With steps ``1/(mu k)`` and curvature ``c = share*mu``: ``E|x - x*|^2 ~ k^-min(1, 2 c/mu)``, Chung (1954)."""
    method = METHODS["sgd_strongly_convex"].with_parameters(mu=2)
    steps, means = noisy(method, diagonal(np.array([2 * share])), "squared_distance", 10_000)
    fit = fit_rate(steps, means, minimum=0.0)
    assert held(fit, exponent, 0.5), fit


def test_chungs_constant() -> None:
    """With c = mu the iterate is a mean of noise: ``E|x - x*|^2 = sigma^2/(mu^2 k)``."""
    method = METHODS["sgd_strongly_convex"].with_parameters(mu=2)
    steps, means = noisy(method, diagonal(np.array([2.0])), "squared_distance", 1000)
    assert np.allclose(means.mean(axis=0) * steps, 1 / 4, rtol=6 * np.sqrt(2 / 1000))  # a mean of 1,000 squares


@pytest.mark.parametrize("measure", ["gap", "average_iterate_gap"])
def test_averaged_sgd(measure: str) -> None:
    """Constant steps and averages, Polyak & Juditsky (1992): the gap is ``trace(H^-1 S)/(2 k) = 1/(2 k)`` in the end,
    here with H and noise of trace 1; as the measure of the plain method, and as the output of the averaged one."""
    method = (GD if measure == "average_iterate_gap" else METHODS["averaged_gradient_descent"]).with_parameters(
        alpha=0.5
    )
    steps, means = noisy(method, diagonal(np.array([1.0])), measure, 10_000)
    fit = fit_rate(steps, means, minimum=0.0)
    assert held(fit, 1.0, 0.25), fit
    late = steps > 3000
    assert np.allclose(means.mean(axis=0)[late] * steps[late], 0.5, rtol=0.25)
