"""Every problem's stated constants hold at random points, and would be caught if they were off by five percent."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from convergence.errors import NumericLimit
from convergence.problems.enclosures import gradient_norm
from convergence.problems.finite_sums import breast_cancer, digits, iris, known_logistic, least_squares, logistic
from convergence.problems.kinked import dominated, kinked, self_similar
from convergence.problems.profiles import (
    Absolute,
    Dented,
    FlatPower,
    Huber,
    Ripple,
    SmoothedAbsolute,
    Tail,
    Wave,
    false_minimum,
)
from convergence.problems.quadratics import (
    diagonal,
    log_spaced,
    marchenko_pastur,
    nesterov_worst,
    power_law,
    rotated,
    singular,
)
from convergence.problems.separable import Rosenbrock, separable

RANDOM = np.random.default_rng(3)
DATA = RANDOM.normal(size=(40, 3))
PROBLEMS = [
    diagonal(log_spaced(0.1, 2.0, 4)),
    diagonal(np.array([1.0, 3.0]), minimiser=np.array([2.0, -1.0])),
    rotated(log_spaced(0.5, 4.0, 4), seed=5),
    diagonal(power_law(2.0, 1.0, 4)),
    diagonal(singular(np.array([1.0, 2.0]), 2)),
    diagonal(marchenko_pastur(0.5, 6)),
    nesterov_worst(4.0, 5),
    separable("Huber", Huber(width=0.5), 3, 2.0),
    separable("Huber in a bowl", Huber(width=0.1), 3, 1.5, ridge=0.5),
    separable("smoothed", SmoothedAbsolute(width=0.2), 3, 0.7, scale=2.0),
    separable("flat", FlatPower(p=4), 3, 2.0, scale=0.5),
    separable("absolute", Absolute(), 3, 0.3),
    separable("ripples", Ripple(bowl=0.1, height=1.0, frequency=2.0), 2),
    separable("wave", Wave(), 2, 3.0),
    separable("tail", Tail(q=0.5), 1, 2.0),
    separable("dented", Dented(), 2),
    least_squares(DATA, DATA @ np.array([1.0, 2.0, -1.0]) + 0.1),
    logistic(DATA, np.sign(DATA[:, 0] + 0.3 * RANDOM.normal(size=40)), 0.05),
    Rosenbrock(size=2),
    kinked(1.0, 25.0, 5, 1.0),
    self_similar(1.0, 9.0, 5),
    dominated(1.0, 4.0, 4),
]
NAMES = [f"{index}-{problem.name}" for index, problem in enumerate(PROBLEMS)]
UNREGULARISED = [logistic(DATA, np.sign(DATA[:, 0] + RANDOM.normal(size=40)), 0.0), known_logistic(12, 3), iris()]


def probes(problem):
    """Points where curvatures are extreme (at the centre, far out, between), and random ones."""
    d = problem.dimension
    centre = np.zeros(d) if problem.minimiser is None else problem.minimiser
    scale = getattr(problem, "scale", 1.0)
    grid = [centre + scale * size * np.ones(d) for size in np.linspace(-8, 8, 641)]
    return np.array([*grid, *(centre + 3 * RANDOM.normal(size=(60, d))), centre + 500.0])


def curvatures(problem):
    """Second derivatives along eigenvectors and coordinates at the probes, by differences of the gradient."""
    d, h = problem.dimension, 1e-6
    points = probes(problem)
    directions = np.eye(d) if getattr(problem, "rotation", None) is None else problem.rotation.T
    if d > 1 and hasattr(problem, "features"):
        directions = np.linalg.eigh(problem.features.T @ problem.features)[1].T
    if hasattr(problem, "matrix"):
        directions = np.linalg.eigh(problem.matrix.T @ problem.matrix)[1].T
    if hasattr(problem, "features"):
        points = np.concatenate([points, np.zeros((1, d))])
    found = [
        np.sum((problem.gradient(points + h * e) - problem.gradient(points - h * e)) * e, axis=-1) / (2 * h)
        for e in directions
    ]
    return np.array(found)


def violated(problem, name, constant):
    """Whether a stated hypothesis is seen to fail with that constant."""
    points, tiny = probes(problem), 1e-4
    if name == "smooth":
        return np.abs(curvatures(problem)).max() > constant * (1 + tiny)
    if name == "strongly_convex":
        return curvatures(problem).min() < constant * (1 - tiny) - 1e-9
    if name == "lipschitz":
        return np.linalg.norm(problem.gradient(points), axis=-1).max() > constant * (1 + tiny)
    if name == "polyak_lojasiewicz":
        square, gap = np.sum(problem.gradient(points) ** 2, axis=-1), problem.gap(points)
        return bool((square < 2 * constant * gap * (1 - tiny) - 1e-12).any())
    return False


@pytest.mark.parametrize("problem", PROBLEMS + UNREGULARISED, ids=[*NAMES, "drawn labels", "known", "iris"])
def test_stated_constants_hold(problem):
    for name, constants in problem.facts.items():
        if constants:
            assert not violated(problem, name, constants[0]), name
    if "convex" in problem.facts:
        assert curvatures(problem).min() > -1e-7
    if "bounded_below" in problem.facts:
        assert problem.gap(probes(problem)).min() >= -1e-12


@pytest.mark.parametrize("problem", PROBLEMS, ids=NAMES)
def test_constants_five_percent_sharper_are_caught(problem):
    for name, factor in (("smooth", 0.95), ("strongly_convex", 1.05), ("lipschitz", 0.95)):
        if name in problem.facts:
            assert violated(problem, name, factor * problem.facts[name][0]), name


@pytest.mark.parametrize("problem", PROBLEMS, ids=NAMES)
def test_gradients_are_those_of_the_gap(problem):
    if problem.name == "absolute":
        pytest.skip("not differentiable at 0")
    for x in 0.7 * RANDOM.normal(size=(5, problem.dimension)):
        norm = np.linalg.norm(problem.gradient(x)) + 1
        assert check_grad(lambda p: float(problem.gap(p)), problem.gradient, x) < 1e-5 * norm


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.minimiser is not None], ids=lambda p: p.name)
def test_minimisers_are_stationary_with_gap_zero(problem):
    assert np.linalg.norm(problem.gradient(problem.minimiser)) < 1e-12
    assert float(problem.gap(problem.minimiser)) == 0.0
    assert float(problem.distance(problem.minimiser)) == 0.0


@settings(max_examples=50, deadline=None)
@given(shift=st.floats(1e-9, 1e-2))
def test_gaps_near_the_minimiser_do_not_cancel(shift):
    """f - f* = H d^2/2 (1 + O(d)) also where f itself has no digits left."""
    for problem in (PROBLEMS[1], PROBLEMS[16], PROBLEMS[17]):
        direction = np.ones(problem.dimension)
        h = 1e-5
        slope = problem.gradient(problem.minimiser + h * direction) - problem.gradient(
            problem.minimiser - h * direction
        )
        wanted = 0.5 * shift**2 * float(slope @ direction) / (2 * h)
        found = float(problem.gap(problem.minimiser + shift * direction))
        assert found == pytest.approx(wanted, rel=1e-4 + 3 * shift)


def test_the_distance_of_a_singular_quadratic_ignores_flat_directions():
    problem = diagonal(singular(np.array([1.0]), 1))
    assert float(problem.distance(np.array([7.0, 3.0]))) == 3.0


def test_nesterovs_function_is_what_its_formula_says():
    problem, L, d = nesterov_worst(4.0, 5), 4.0, 5

    def f(x):
        return L / 4 * (0.5 * (x[0] ** 2 + np.sum(np.diff(x) ** 2) + x[-1] ** 2) - x[0])

    least = L / 8 * (-1 + 1 / (d + 1))  # Nesterov (2004), 2.1.2
    for x in RANDOM.normal(size=(5, d)):
        assert float(problem.gap(x)) == pytest.approx(f(x) - least, rel=1e-12)


def test_marchenko_pastur_has_its_mean_and_edges():
    spectrum = marchenko_pastur(0.25, 2000, scale=3.0)
    assert spectrum.mean() == pytest.approx(3.0, rel=1e-3)  # trace A^T A / n
    assert spectrum.min() >= 3 * 0.25 and spectrum.max() <= 3 * 2.25  # (1 -+ 1/2)^2
    assert np.mean(spectrum**2) == pytest.approx(9 * 1.25, rel=2e-3)  # 1 + ratio


def test_the_false_minimum_of_ripples_is_a_minimum_above_zero():
    profile = Ripple(bowl=0.02, height=1.0, frequency=1.0)
    u = false_minimum(profile)
    assert abs(float(profile.derivative(np.array(u)))) < 1e-14
    assert float(profile.value(np.array(u))) > 0.1
    with pytest.raises(ValueError, match="no local minimum"):
        false_minimum(Ripple(bowl=5.0, height=1.0, frequency=1.0))


@pytest.mark.parametrize("build", [breast_cancer, digits, iris])
def test_shipped_data_has_a_certified_minimum(build):
    problem = build()
    assert problem.minimum_error <= 1e-12
    assert problem.residual == gradient_norm(problem.features, problem.ridge, problem.minimiser)
    hessian_at_zero = problem.features.T @ problem.features / (4 * problem.count) + problem.ridge * np.eye(
        problem.dimension
    )
    largest = np.linalg.eigvalsh(hessian_at_zero)[-1]
    assert largest <= problem.facts["smooth"][0] <= largest * (1 + 1e-9)
    x = problem.minimiser + 0.1
    assert float(problem.gap(x)) == pytest.approx(float(problem.value(x)) - problem.minimum, rel=1e-9)


def precise_gradient(problem, x):
    """The gradient of a logistic regression in the arithmetic of mpmath."""
    terms = [[mpmath.mpf(value) for value in row] for row in problem.features.tolist()]
    weights = [1 / (1 + mpmath.exp(mpmath.fdot(row, x))) for row in terms]
    columns = zip(*terms, strict=True)
    return [problem.ridge * x[j] - mpmath.fdot(weights, column) / len(terms) for j, column in enumerate(columns)]


@pytest.mark.parametrize("problem", [PROBLEMS[17], *UNREGULARISED], ids=["ridge", "drawn labels", "known", "iris"])
@settings(max_examples=8, deadline=None)
@given(exponent=st.integers(-14, -3), seed=st.integers(0, 99))
def test_enclosures_of_minimisers_hold_in_fifty_digits(problem, exponent, seed):
    """Near x* every point and its gradient enclose x*; residuals are no less than the gradient, and sharp."""
    with mpmath.workdps(50):
        start = [mpmath.mpf(value) for value in problem.minimiser.tolist()]
        x = mpmath.findroot(lambda *x: precise_gradient(problem, x), start, tol=1e-80)
        direction = np.random.default_rng(seed).normal(size=problem.dimension)
        point = problem.minimiser + 10.0**exponent * direction
        residual = gradient_norm(problem.features, problem.ridge, point)
        slope = mpmath.norm(precise_gradient(problem, list(map(mpmath.mpf, point.tolist()))))
        assert slope <= residual <= slope * (1 + mpmath.mpf(10) ** -15)
        shifted = replace(problem, minimiser=point, residual=residual)
        for one in (problem, shifted):
            away = mpmath.norm([mpmath.mpf(a) - b for a, b in zip(one.minimiser.tolist(), x, strict=True)])
            assert away <= one.minimiser_error
    if not problem.ridge:  # a ridge alone says little where the data curve more
        assert shifted.minimiser_error == np.inf or shifted.minimiser_error < 1e3 * 10.0**exponent
        assert exponent > -6 or shifted.minimiser_error < np.inf


def test_a_known_minimiser_is_found():
    """f* is a mean of entropies, and Newton's method ends where the labels' chances were read off."""
    problem = known_logistic(30, 5, seed=4)
    found = logistic(problem.features, np.ones(problem.count), 0.0)
    away = np.linalg.norm(found.minimiser - problem.minimiser)
    assert away <= (found.minimiser_error + problem.minimiser_error) * (1 + 1e-9) < 1e-13
    assert problem.minimum == pytest.approx(float(problem.value(problem.minimiser)), rel=1e-15)
    assert problem.minimum_error < 1e-28


@pytest.mark.parametrize("features", [DATA, DATA[:, [0, 1, 1]]], ids=["separable", "dependent features"])
def test_without_ridge_a_minimiser_must_exist(features):
    labels = np.sign(DATA[:, 0]) if features is DATA else np.sign(RANDOM.normal(size=40))
    with pytest.raises(NumericLimit, match="a plane may separate the classes"):
        logistic(features, labels, 0.0)


def test_the_mean_of_all_terms_is_the_gradient():
    for problem in (PROBLEMS[16], PROBLEMS[17], *UNREGULARISED):
        x = RANDOM.normal(size=(2, problem.dimension))
        everything = np.repeat(np.arange(problem.count)[:, None], 2, axis=1)
        assert np.allclose(problem.batch_gradient(x, everything), problem.gradient(x), rtol=1e-12, atol=1e-14)
