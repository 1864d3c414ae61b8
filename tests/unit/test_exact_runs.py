"""Exact runs: rationals follow the recursion, balls contain the rationals."""

from fractions import Fraction

import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from convergence.certificates.iteration import working
from convergence.errors import NumericLimit
from convergence.expressions import norm, symbol
from convergence.kernels.exact import exact_run
from convergence.methods import METHODS
from convergence.methods.rule import g, rule
from convergence.problems.objective import Objective

x, y = symbol("x"), symbol("y")
BOWL = Objective(name="bowl", expression=x**2 + 3 * y**2, variables=(x, y))
fractions = st.fractions(min_value=-3, max_value=3, max_denominator=12)


@given(step=fractions, first=fractions, second=fractions, count=st.integers(1, 12))
def test_gradient_descent_multiplies_each_coordinate_by_its_factor(step, first, second, count):
    # gradient (2x, 6y): x_k = (1 - 2a)^k x_0 and y_k = (1 - 6a)^k y_0
    method = METHODS["gradient_descent"].with_parameters(alpha=symbol("a"))
    values = {symbol("a"): str(step)}
    last = exact_run(method, BOWL, [str(first), str(second)], count, values)[-1]
    expected = ((1 - 2 * step) ** count * first, (1 - 6 * step) ** count * second)
    assert [Fraction(int(v.p), int(v.q)) for v in last.theta] == list(expected)


@given(first=fractions.filter(bool), second=fractions.filter(bool), name=st.sampled_from(["heavy_ball", "nesterov"]))
def test_balls_contain_the_rational_run(first, second, name):
    start = [str(first), str(second)]
    rationals, balls = (exact_run(METHODS[name], BOWL, start, 6, precision=bits) for bits in (0, 128))
    for exact, ball in zip(rationals, balls, strict=True):
        with working(512):  # the rational becomes a ball too, narrower than the other
            assert all(ball.overlaps(arb(a)) for a, ball in zip(exact.theta, ball.theta, strict=True))
        assert all(ball.rad() < 1e-30 for ball in ball.theta)


def test_norm_runs_over_all_coordinates():
    # normalised gradient descent with gradient (3, 4) of norm 5: the step is (3/5, 4/5)
    tilted = Objective(name="tilted", expression=3 * x + 4 * y, variables=(x, y))
    method = rule("normalised", step=g / norm(g))
    assert exact_run(method, tilted, [0, 0], 1)[0].theta == (fmpq(-3, 5), fmpq(-4, 5))


def test_an_irrational_value_needs_balls():
    method = METHODS["adam"]  # divides by a square root
    with pytest.raises(NumericLimit, match="adam"):
        exact_run(method, BOWL, ["1", "1/3"], 3)
    assert len(exact_run(method, BOWL, ["1", "1/3"], 3, precision=256)) == 3


def test_a_missing_value_is_named():
    method = METHODS["gradient_descent"].with_parameters(alpha=symbol("a"))
    with pytest.raises(NumericLimit, match="no value for a"):
        exact_run(method, BOWL, [1, 1], 1)
