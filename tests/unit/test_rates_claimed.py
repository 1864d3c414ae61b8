import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.errors import ClaimError
from convergence.rates.claimed import NotComparableError, Order, claimed_order


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("1/k", Order(power=1.0)),
        ("3/sqrt(T)", Order(power=0.5)),
        ("log(t)/t", Order(power=1.0, log_power=1.0)),
        ("1/(k + 3) + 1/sqrt(k)", Order(power=0.5)),  # the slowest term decides
        ("(2*k**2 + k)**(-1/2)", Order(power=1.0)),
        ("log(k**2 + 1)**2/k", Order(power=1.0, log_power=2.0)),
        ("1/log(k + 2)", Order(log_power=-1.0)),
        ("7", Order()),
        ("sqrt(k)", Order(power=-0.5)),
        ("exp(-3*k)", Order(decay=3.0)),
    ],
)
def test_orders_of_expressions(text: str, order: Order) -> None:
    assert claimed_order(text) == order


def test_a_geometric_factor_becomes_its_logarithm() -> None:
    # 0.9**k = exp(-c k) with c = -log 0.9
    assert claimed_order("(9/10)**k").decay == pytest.approx(-math.log(0.9))


def test_sympy_expressions_may_use_any_symbol_called_k() -> None:
    k = sympy.Symbol("k", integer=True, positive=True)
    assert claimed_order(5 / k**2) == Order(power=2.0)


def test_two_variables_are_refused() -> None:
    with pytest.raises(ClaimError, match="one variable"):
        claimed_order("1/(k*T)")


@pytest.mark.parametrize("text", ["k**k", "log(log(k))", "exp(-sqrt(k))"])
def test_other_forms_are_not_comparable(text: str) -> None:
    with pytest.raises(NotComparableError):
        claimed_order(text)


@given(p=st.fractions(-3, 3, max_denominator=8), q=st.integers(-3, 3))
@settings(deadline=None, max_examples=40)
def test_products_of_powers_and_logarithms_are_read_back(p: object, q: int) -> None:
    k = sympy.Symbol("k", positive=True)
    expression = k ** -sympy.Rational(str(p)) * sympy.log(k) ** q * 7
    assert claimed_order(expression) == Order(power=float(p), log_power=float(q))  # type: ignore[arg-type]


def test_local_slope_of_an_order_with_a_logarithm() -> None:
    # d log(log(k)/k) / d log k = 1/log k - 1
    slope = Order(power=1.0, log_power=1.0).slope(np.array([5.0]))
    assert float(slope[0]) == pytest.approx(1 - 1 / 5.0)


def test_growth_is_known() -> None:
    assert Order(power=-0.5).grows
    assert Order(log_power=1.0).grows
    assert not Order(log_power=-1.0).grows
    assert not Order().grows


@pytest.mark.parametrize(
    ("order", "text"),
    [(Order(), "constant"), (Order(power=1.0, log_power=1.0), "k^-1 log(k)^1"), (Order(decay=0.5), "exp(-0.5 k)")],
)
def test_orders_in_words(order: Order, text: str) -> None:
    assert str(order) == text
