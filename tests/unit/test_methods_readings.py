"""AMVT and AMGT: each reading does what its place in the paper says, on numbers worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol, sqrt

from convergence.expressions import symbol
from convergence.methods import METHODS
from convergence.methods.rule import Rule, theta

MOMENTS = symbol("m"), symbol("v"), symbol("s")
numbers = st.integers(1, 40).map(lambda n: Rational(n, 8)) | st.integers(-40, -1).map(lambda n: Rational(n, 8))


def after(method: Rule, gradients: list[Rational]) -> dict[Symbol, Expr]:
    """State and iterate after these gradients, from 0."""
    remaining = iter(gradients)
    *_, last = method.unrolled(lambda _: next(remaining), Rational(0), len(gradients))
    return last


@settings(max_examples=20)
@given(numbers)
def test_the_first_step_of_each_reading_of_amvt(gradient: Rational) -> None:
    """m = g/10, v = g^2/1000, s = (9 g/10)^2/100; corrected: g, g^2 and 81/100 g^2."""
    epsilon = Rational(1, 10**8)
    m_hat, v_hat, s_hat = gradient, gradient**2, Rational(81, 100) * gradient**2
    full = (1 + s_hat / (v_hat + epsilon)) ** Rational(-1, 2) / sqrt(v_hat + epsilon) / 1000
    grouped = (v_hat + epsilon) / sqrt(1 + s_hat * v_hat + epsilon) / 1000
    precedence = v_hat / 1000 + epsilon / sqrt(1 + s_hat * v_hat + epsilon)
    expected = {
        "amvt": -full * m_hat,
        "amvt_algorithm1": -full * m_hat / 10,
        "amvt_step6_as_printed": -grouped * m_hat,
        "amvt_step6_by_precedence": -precedence * m_hat,
    }
    for name, value in expected.items():
        found = after(METHODS[name], [gradient])[theta]
        assert abs(float(found) - float(value)) <= 1e-15 * abs(float(value)), name


def test_the_second_moments_of_amvt_after_two_gradients() -> None:
    """m: 1/10, then 0.09 + 0.1*3 = 0.39; s: 0.81/100, then 0.99*0.0081 + 0.01*(3 - 0.39)^2 = 0.07614."""
    last = after(METHODS["amvt"], [Rational(1), Rational(3)])
    assert [last[name] for name in MOMENTS] == [
        Rational(39, 100),
        Rational(9999, 10**6),
        Rational(7614, 10**5),
    ]


def test_the_printed_momentum_of_amgt_never_sees_the_gradient() -> None:
    """With gradients of one size their variance is 0, lambda is 1: every step is -eta, whatever their sign."""
    for gradient in (Rational(5), Rational(-5)):
        moved = after(METHODS["amgt_as_printed"].with_parameters(decay=0), [gradient] * 3)
        assert moved[theta] == Rational(-3, 1000)
        intended = after(METHODS["amgt"].with_parameters(decay=0), [gradient] * 3)
        assert intended[theta] == -gradient * Rational(3, 1000)


def test_variance_damps_the_momentum_of_amgt() -> None:
    """Gradients 1 and -1: weights 0.999 and 1 over 1.999; mean -1/1999, mean square 1; variance 1 - 1/1999^2."""
    last = after(METHODS["amgt"].with_parameters(gamma=2), [Rational(1), Rational(-1)])
    lambda_2 = 1 / (3 - Rational(2, 1999**2))
    assert last[symbol("m")] == Rational(9, 100) - lambda_2 / 10


@settings(max_examples=20)
@given(numbers)
def test_the_thresholds_of_amgt(gradient: Rational) -> None:
    """The first corrected momentum is the gradient itself."""
    step = -Rational(1, 1000) / (1 + Rational(1, 10**4))
    kept = gradient if abs(gradient) >= Rational(1, 2) else 0
    clipped = max(-Rational(1, 2), min(Rational(1, 2), gradient))
    assert after(METHODS["amgt_zero_out"].with_parameters(tau=0.5), [gradient])[theta] == step * kept
    assert after(METHODS["amgt_clip"].with_parameters(tau=0.5), [gradient])[theta] == step * clipped


def test_the_step_sizes_of_amgt() -> None:
    strongly_convex = METHODS["amgt_strongly_convex"].with_parameters(mu=2, gamma=0)
    positions = [values[theta] for values in strongly_convex.unrolled(lambda _: Rational(1), Rational(0), 3)]
    assert positions == [-Rational(1, 2), -Rational(3, 4), -Rational(11, 12)]
    diminishing = METHODS["amgt"].with_parameters(eta0=1, decay=1, gamma=0)
    positions = [values[theta] for values in diminishing.unrolled(lambda _: Rational(1), Rational(0), 2)]
    assert positions == [-Rational(1, 2), -Rational(5, 6)]


@pytest.mark.parametrize(("first", "second"), [("amvt", "amvt_algorithm1"), ("amgt", "amgt_as_printed")])
def test_readings_are_different_methods(first: str, second: str) -> None:
    assert METHODS[first] != METHODS[second]
