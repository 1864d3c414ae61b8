"""Algebraic numbers and polynomial identities: exact signs, canonical equality, and nothing accepted by accident."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from flint import fmpq, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates.algebraic import Real, algebraic, from_witness, rational_between, real_roots
from convergence.certificates.polynomials import derivative, identical, polynomial
from convergence.errors import CertificateRejected
from convergence.expressions import parse_expression, symbol
from convergence.printed import parse_printed

X, Y = symbol("x"), symbol("y")
fractions = st.fractions(min_value=-30, max_value=30, max_denominator=40)
radicands = st.integers(2, 30)


def number(text: str) -> Real:
    return algebraic(parse_expression(text, {}))


def to_flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


@given(fractions, fractions)
def test_rationals_behave_like_fractions(a: Fraction, b: Fraction) -> None:
    x, y = Real.of(str(a)), Real.of(str(b))
    assert (x + y).rational == to_flint(a + b)
    assert (x * y).rational == to_flint(a * b)
    assert (x < y, x == y, x.sign) == (a < b, a == b, (a > 0) - (a < 0))
    if b:
        assert (x / y).rational == to_flint(a / b)


@settings(max_examples=40)
@given(radicands, radicands, fractions)
def test_square_roots_satisfy_their_identities(a: int, b: int, shift: Fraction) -> None:
    # sympy writes sqrt(8) as 2*sqrt(2); Real.root starts from the number itself
    x, y, s = Real.of(a).root(2), Real.of(b).root(2), Real.of(str(shift))
    assert x * x == Real.of(a)
    assert (x + y) * (x - y) == Real.of(a - b)
    assert x * y == Real.of(a * b).root(2)
    assert (x + y) * (x + y) == Real.of(a + b) + Real.of(2) * Real.of(a * b).root(2)
    assert (x + s) * (x - s) == Real.of(a) - s * s
    assert (x < y) == (a < b) and (x == y) == (a == b)


def test_nested_radicals_and_near_misses() -> None:
    assert number("sqrt(5 + 2*sqrt(6))") == number("sqrt(2) + sqrt(3)")
    # 1 - 1e-30 under the root is below 1 by 5e-31
    close = number("sqrt(1 - 1/10**30)")
    assert close != Real.of(1) and close < Real.of(1)
    assert number("(1 + sqrt(5))/2").power(2) == number("(3 + sqrt(5))/2")
    assert number("max(sqrt(2), 7/5)") == number("2**(1/2)")
    assert number("abs(1 - sqrt(2))") == number("sqrt(2) - 1")


def test_numbers_that_many_bits_do_not_separate_differ() -> None:
    """sqrt(2 - 1e-90) and sqrt(2) agree in the first 290 bits."""
    low = (Real.of(2) - Real.of(fmpq(1, 10**90))).root(2)
    assert low < Real.of(2).root(2) and low != Real.of(2).root(2)
    assert Real.of(2).root(2) == Real.of(8).root(2) / Real.of(2)


@settings(max_examples=40)
@given(st.lists(st.integers(-6, 6), min_size=2, max_size=6))
def test_real_roots_are_roots_in_order(coefficients: list[int]) -> None:
    p = fmpz_poly(coefficients)
    if p.degree() < 1:
        return
    roots = real_roots(p)
    assert all(a < b for a, b in pairwise(roots))
    for root in roots:
        value = Real.of(0)
        for coefficient in reversed(coefficients):
            value = value * root + Real.of(coefficient)
        assert value.sign == 0
        assert from_witness(root.to_witness()) == root


@given(fractions, fractions)
def test_a_rational_between_is_between(a: Fraction, b: Fraction) -> None:
    if a == b:
        return
    low, high = sorted((a, b))
    between = rational_between(Real.of(str(low)), Real.of(str(high)))
    assert to_flint(low) < between < to_flint(high)
    for denominator in range(1, int(between.q)):  # none is simpler
        assert not (low * denominator).__floor__() + 1 < high * denominator
    assert rational_between(None, Real.of(str(low))) < to_flint(low)
    assert rational_between(Real.of(str(high)), None) > to_flint(high)


@pytest.mark.parametrize(
    ("text", "printed", "inside"),
    [
        ("sqrt(2)", "1.414", True),
        ("sqrt(2)", "1.415", False),
        ("1165/1000", "1.17", True),  # a tie may be rounded either way
        ("1175/1000", "1.17", True),
        ("1175/1000 + 1/10**40", "1.17", False),
        ("1/50", "<2%", False),
        ("1/3", "1/3", True),
    ],
)
def test_printed_numbers_are_closed_intervals(text: str, printed: str, inside: bool) -> None:
    assert number(text).inside(parse_printed(printed)) is inside


@pytest.mark.parametrize("text", ["pi", "exp(1)", "sqrt(-2)", "log(2)", "2**(1/40)", "1/(sqrt(2)*sqrt(3) - sqrt(6))"])
def test_other_numbers_are_rejected(text: str) -> None:
    try:
        expression = parse_expression(text, {})
    except Exception as error:
        assert "real" in str(error) or "zero" in str(error)
        return
    with pytest.raises(CertificateRejected):
        algebraic(expression)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("(x + y)**2", "x**2 + 2*x*y + y**2", True),
        ("(x + y)**2", "x**2 + x*y + y**2", False),
        ("1/x + 1/y", "(x + y)/(x*y)", True),
        ("(x**2 - 1)/(x - 1)", "x + 1", True),
        ("(sqrt(5) + x)**2", "5 + x**2 + 2*sqrt(5)*x", True),
        ("sqrt(x)**2", "x", True),
        ("exp(x)*y/y", "exp(x)", True),
        ("sqrt(x**2)", "x", False),  # false for x < 0
        ("sqrt(x*y)", "sqrt(x)*sqrt(y)", False),  # false for x, y < 0
        ("abs(x)", "x", False),
        ("sin(x)**2 + cos(x)**2", "1", False),  # true, and not seen: no identity is claimed
    ],
)
def test_identities_are_proved_or_left_open(left: str, right: str, same: bool) -> None:
    names = {"x": X, "y": Y}
    assert identical(parse_expression(left, names), parse_expression(right, names)) is same


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), fractions), max_size=6))
def test_polynomials_keep_their_coefficients(terms: list[tuple[int, int, Fraction]]) -> None:
    text = " + ".join(f"({c})*x**{i}*y**{j}" for i, j, c in terms) or "0"
    expected: dict[tuple[int, int], Fraction] = {}
    for i, j, c in terms:
        expected[(i, j)] = expected.get((i, j), Fraction(0)) + c
    found = polynomial(parse_expression(text, {"x": X, "y": Y}), (X, Y))
    assert found == {key: to_flint(c) for key, c in expected.items() if c}
    slope = polynomial(derivative(parse_expression(text, {"x": X, "y": Y}), X), (X, Y))
    assert slope == {(i - 1, j): to_flint(c * i) for (i, j), c in expected.items() if c and i}


@pytest.mark.parametrize(("text", "message"), [("1/x", "not a polynomial"), ("sqrt(2)*x", "rational coefficients")])
def test_what_is_no_polynomial_is_rejected(text: str, message: str) -> None:
    with pytest.raises(CertificateRejected, match=message):
        polynomial(parse_expression(text, {"x": X, "y": Y}), (X, Y))


def test_an_expansion_that_is_too_large_is_rejected() -> None:
    many = (X + Y + 1) ** 64  # 66*65/2 = 2145 terms; a product of two such has 4.6 million
    with pytest.raises(CertificateRejected, match="too many terms"):
        polynomial(many * (X + 2 * Y + 3) ** 64, (X, Y))


def test_there_is_no_derivative_of_abs() -> None:
    with pytest.raises(CertificateRejected, match="no derivative rule"):
        derivative(parse_expression("abs(x)", {"x": X}), X)
