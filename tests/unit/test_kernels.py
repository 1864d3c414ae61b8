"""Every builtin method: two SymPy steps are two NumPy steps, and 50 digits agree with doubles to a few ulps."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Piecewise, Rational, Symbol

from convergence.errors import NumericLimit
from convergence.expressions import kth_largest_abs, norm, symbol
from convergence.kernels import EXACT, high_precision, kernel, program, trajectory
from convergence.methods import METHODS
from convergence.methods.rule import g, rule, t, theta

HALF = Rational(1, 2)
SMALL = st.floats(0.25, 4.0)


def numpy_path(name, curvature, start, steps, draws):
    run = kernel(METHODS[name])
    values = run.values(dict.fromkeys(run.program.inputs, 0.25))
    state, path = run.start(np.array([start]), values), []
    for count in range(1, steps + 1):
        gradient = np.array(curvature) * run.query(count, state, values)
        state = run.step(count, gradient, state, values, np.array([draws]))
        path.append(state[0][0])
    return np.array(path)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=5, deadline=None)
@given(curvature=st.lists(SMALL, min_size=3, max_size=3), start=st.lists(SMALL, min_size=3, max_size=3))
def test_fifty_digits_agree_with_numpy(name, curvature, start):
    digits = high_precision(50)
    plan = program(METHODS[name])
    draws = [0.25, 0.5, 0.75]

    def gradient(x):
        return [mpmath.mpf(a) * value for a, value in zip(curvature, x, strict=True)]

    begin = [digits.number(sympy.Float(value)) for value in start]
    values = {given: digits.number(Rational(1, 4)) for given in plan.inputs}
    exact = [state[theta] for state in trajectory(plan, gradient, begin, 12, digits, values, lambda _: draws)]
    found = numpy_path(name, curvature, start, 12, draws)
    wanted = np.array([[float(value) for value in row] for row in exact])
    # rounding is amplified by at most the growth of the path
    assert np.allclose(found, wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", METHODS)
def test_two_exact_steps_are_two_numpy_steps(name):
    plan = program(METHODS[name])
    curvature, start, draws = (
        [HALF, sympy.Integer(2)],
        [Rational(3, 4), Rational(-5, 4)],
        [Rational(1, 4), Rational(3, 4)],
    )

    def gradient(x):
        return [a * value for a, value in zip(curvature, x, strict=True)]

    values = {given: Rational(1, 4) for given in plan.inputs}
    path = [state[theta] for state in trajectory(plan, gradient, start, 2, EXACT, values, lambda _: draws)]
    found = numpy_path(name, [0.5, 2.0], [0.75, -1.25], 2, [0.25, 0.75])
    wanted = [[float(sympy.N(value, 30)) for value in row] for row in path]
    assert np.allclose(found, wanted, rtol=1e-13, atol=1e-15)


def test_the_exact_run_of_gradient_descent_is_the_product_of_contractions():
    plan = program(METHODS["gradient_descent"].with_parameters(alpha=HALF))
    path = [state[theta][0] for state in trajectory(plan, lambda x: x, [sympy.Integer(8)], 3, EXACT)]
    assert path == [4, 2, 1]


@pytest.mark.parametrize("name", METHODS)
def test_lanes_do_not_see_each_other(name):
    run = kernel(METHODS[name])
    values = run.values(dict.fromkeys(run.program.inputs, 0.25))
    starts = np.random.default_rng(1).normal(size=(5, 4))

    def play(begin):
        state = run.start(begin, values)
        for count in range(1, 6):
            state = run.step(count, run.query(count, state, values), state, values, np.full(begin.shape, 0.5))
        return state[0]

    together = play(starts)
    for lane in range(5):
        assert np.array_equal(together[lane], play(starts[lane : lane + 1])[0])


@pytest.mark.parametrize("name", METHODS)
def test_a_gradient_that_is_not_a_number_is_seen(name):
    run = kernel(METHODS[name])
    values = run.values(dict.fromkeys(run.program.inputs, 0.25))
    with np.errstate(all="ignore"):
        state = run.start(np.ones((2, 3)), values)
        for count in (1, 2):
            gradient = np.array([[np.nan] * 3, [1.0] * 3])
            state = run.step(count, gradient, state, values, np.full((2, 3), 0.5))
    assert np.isnan(state[0][0]).any() or any(np.isnan(np.broadcast_to(part, (2, 3))[0]).any() for part in state)
    assert np.isfinite(state[0][1]).all()


def one_step(step, gradient, **parameters):
    run = kernel(rule("test", step=step, parameters={symbol(k): v for k, v in parameters.items()}))
    values = run.values({})
    with np.errstate(all="ignore"):
        return -run.step(1, np.array(gradient), (np.zeros_like(np.array(gradient)),), values)[0]


def test_reductions_run_over_the_last_axis():
    gradient = [[3.0, 4.0], [6.0, 8.0]]
    assert np.array_equal(one_step(g / norm(g), gradient), [[0.6, 0.8], [0.6, 0.8]])
    assert np.array_equal(one_step(kth_largest_abs(g, 2) + 0 * g, [[3.0, -5.0, 1.0]]), [[3.0, 3.0, 3.0]])
    assert np.array_equal(one_step(kth_largest_abs(g, 9) + 0 * g, [[3.0, -5.0, 1.0]]), [[1.0, 1.0, 1.0]])


def test_piecewise_lets_through_what_is_not_a_number():
    step = Piecewise((g, g > 1), (0, True))
    assert np.array_equal(one_step(step, [[2.0, 0.5, np.nan]]), [[2.0, 0.0, np.nan]], equal_nan=True)
    assert np.array_equal(one_step(sympy.Max(0, g), [[np.nan, -1.0]]), [[np.nan, 0.0]], equal_nan=True)


def test_an_input_is_one_value_a_lane():
    L = symbol("L", "positive")
    run = kernel(rule("test", step=g / L, parameters={L: L}))
    values = run.values({L: np.array([[1.0], [4.0]])})
    (theta_new,) = run.step(1, np.ones((2, 2)), (np.zeros((2, 2)),), values)
    assert np.array_equal(theta_new, [[-1.0, -1.0], [-0.25, -0.25]])
    with pytest.raises(NumericLimit, match="no value is given for L"):
        run.values({})


def test_a_shared_subexpression_is_computed_once():
    assert kernel(METHODS["adam"]).source.count("np.sqrt") == 1


def test_a_function_without_a_numpy_form_is_named():
    with pytest.raises(NumericLimit, match="gamma"):
        kernel(rule("test", step=sympy.gamma(g)))


def test_a_sum_with_a_closed_form_runs():
    i = Symbol("i", integer=True)
    run = kernel(rule("test", step=g * sympy.Sum(i, (i, 1, t))))
    state = run.step(4, np.ones((1, 1)), (np.zeros((1, 1)),), ())
    assert state[0][0, 0] == -10.0
