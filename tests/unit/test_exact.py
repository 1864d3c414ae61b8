"""Exact evaluation: rationals agree with fractions, balls contain the truth, and nothing doubtful is accepted."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import flint
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol

from convergence.certificates import exact
from convergence.errors import CertificateRejected
from convergence.expressions import parse_expression, parse_relation, symbol

X, Y = symbol("x"), symbol("y")
NAMES = {"x": X, "y": Y}
fractions = st.fractions(min_value=-20, max_value=20, max_denominator=30)


def read(text: str) -> Expr:
    return parse_expression(text, NAMES)


def to_flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> tuple[str, object]:
    """A text and the function of two fractions that it means."""
    if depth == 0 or draw(st.booleans()):
        constant = draw(st.integers(0, 9))
        return draw(
            st.sampled_from(
                [("x", lambda x, y: x), ("y", lambda x, y: y), (f"{constant}", lambda x, y: Fraction(constant))]
            )
        )
    (left, f), (right, g) = draw(trees(depth - 1)), draw(trees(depth - 1))
    power = draw(st.integers(1, 3))
    return draw(
        st.sampled_from(
            [
                (f"({left} + {right})", lambda x, y: f(x, y) + g(x, y)),
                (f"({left} - {right})", lambda x, y: f(x, y) - g(x, y)),
                (f"({left} * {right})", lambda x, y: f(x, y) * g(x, y)),
                (f"({left})**{power}", lambda x, y: f(x, y) ** power),
                (f"abs({left})", lambda x, y: abs(f(x, y))),
                (f"max({left}, {right})", lambda x, y: max(f(x, y), g(x, y))),
            ]
        )
    )


@given(trees(), fractions, fractions)
def test_rational_values_are_those_of_python_fractions(tree: tuple[str, object], x: Fraction, y: Fraction) -> None:
    text, meaning = tree
    found = exact.rational(read(text), {X: to_flint(x), Y: to_flint(y)})
    assert found == to_flint(meaning(x, y))  # type: ignore[operator]


@given(trees(), fractions, fractions, st.sampled_from([32, 64, 300]))
def test_a_ball_contains_the_rational_value(tree: tuple[str, object], x: Fraction, y: Fraction, bits: int) -> None:
    expression, values = read(tree[0]), {X: to_flint(x), Y: to_flint(y)}
    value = exact.rational(expression, values)
    assert (exact.ball(expression, values, bits) * value.q - value.p).contains(0)


@pytest.mark.parametrize("power", [2, 3, 7])
def test_powers_of_a_ball_around_zero_stay_finite(power: int) -> None:
    found = exact.ball(read(f"max((x - y)**{power}, y)"), {X: fmpq(2, 11), Y: fmpq(2, 11)}, 300)
    assert (found * 11 - 2).contains(0)
    assert exact.ball((X - Y) ** power, {X: fmpq(1, 3), Y: fmpq(1, 3)}).contains(0)
    assert exact.whole_power(arb(0, 2), 3).contains(8) and exact.whole_power(arb(0, 2), 3).contains(-8)


@given(st.integers(0, 10**6), st.sampled_from([32, 64, 200]))
def test_a_ball_of_a_square_root_encloses_it(n: int, bits: int) -> None:
    found = exact.ball(sympy.sqrt(X), {X: fmpq(n)}, bits)
    low = isqrt(n)
    assert found > low - 1 and found < low + 2
    assert (found * found).contains(n)


@given(fractions, st.integers(1, 6))
def test_perfect_powers_have_rational_roots(base: Fraction, degree: int) -> None:
    power = to_flint(abs(base)) ** degree
    root = exact.rational(sympy.Pow(X, Rational(1, degree)), {X: power}) if base else fmpq(0)
    assert root == to_flint(abs(base))


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("x < y", {X: fmpq(1, 3), Y: fmpq(1, 2)}, True),
        ("x*3 == 1", {X: fmpq(1, 3)}, True),
        ("sqrt(2) < x", {X: fmpq(99, 70)}, True),  # 99**2 = 9801 > 2 * 70**2 = 9800
        ("sqrt(2) < x", {X: fmpq(140, 99)}, False),  # 140**2 = 19600 < 2 * 99**2 = 19602
        ("exp(x) > 2718281828459045/10**15", {X: fmpq(1)}, True),  # e = 2.718281828459045235...
        ("pi > 355/113", {}, False),  # 355/113 exceeds pi by 2.7e-7
        ("sqrt(x)**2 >= 2", {X: fmpq(2)}, True),
    ],
)
def test_relations_at_known_numbers(text: str, values: dict[Symbol, fmpq], holds: bool) -> None:
    (relation,) = parse_relation(text, NAMES)
    assert exact.holds(relation, values) is holds


def test_an_irrational_tie_is_not_decided() -> None:
    (relation,) = parse_relation("sqrt(2)*sqrt(x) <= sqrt(6)", NAMES)
    assert exact.holds(relation, {X: fmpq(2)}) is True
    with pytest.raises(CertificateRejected, match="cannot tell the sign"):
        exact.holds(relation, {X: fmpq(3)})


def test_sums_and_products() -> None:
    assert exact.rational(read("sum(1/(i*(i + 1)), i, 1, 99)")) == fmpq(99, 100)  # telescopes
    assert exact.rational(read("product((i + 1)/i, i, 1, x)"), {X: fmpq(50)}) == 51
    assert exact.rational(read("sum(i, i, 3, 2)")) == 0
    # pi**2/6 - 1/N < sum 1/i**2 < pi**2/6 - 1/(N + 1)
    total = exact.ball(read("sum(1/i**2, i, 1, 5000)"), {})
    assert total > arb.pi() ** 2 / 6 - arb(1) / 5000 and total < arb.pi() ** 2 / 6 - arb(1) / 5001


def test_long_sums_are_left_to_balls() -> None:
    harmonic = read("sum(1/i, i, 1, 200000)")
    with pytest.raises(CertificateRejected, match="more than 30000 bits"):
        exact.rational(harmonic)
    (relation,) = parse_relation("sum(1/i, i, 1, 200000) < 1 + log(200000)", {})
    assert exact.holds(relation, {})


@pytest.mark.parametrize("end", [arb(2.3, 0.5), arb(3, 0.25)])
def test_a_ball_around_a_whole_number_is_not_that_number(end: arb) -> None:
    with pytest.raises(CertificateRejected, match="whole number"):
        exact.ball(read("sum(i, i, 1, x)"), {X: end})


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("x + y", {X: fmpq(1)}, "no value for y"),
        ("1/x", {X: fmpq(0)}, "not positive"),
        ("sqrt(x)", {X: fmpq(2)}, "not rational"),
        ("sqrt(x)", {X: fmpq(-4)}, "not rational"),
        ("log(x)", {X: fmpq(2)}, "not rational"),
        ("sum(i, i, 1, x)", {X: fmpq(5, 2)}, "whole number"),
        ("sum(i, i, 1, x)", {X: fmpq(10**9)}, "at most 1000000 terms"),
    ],
)
def test_what_has_no_rational_value_is_rejected(text: str, values: dict[Symbol, fmpq], message: str) -> None:
    with pytest.raises(CertificateRejected, match=message):
        exact.rational(read(text), values)


@pytest.mark.parametrize(
    ("text", "value"), [("sqrt(x)", -1), ("log(x)", -1), ("1/x", 0), ("log(x)", 0), ("x**(1/3)", -8), ("sign(x)", 0)]
)
def test_balls_leave_no_value_outside_the_reals(text: str, value: int) -> None:
    with pytest.raises(CertificateRejected):
        exact.ball(read(text), {X: arb(value, 0.001) if text == "sign(x)" else fmpq(value)})


def test_the_precision_of_the_caller_is_restored() -> None:
    before = flint.ctx.prec
    with pytest.raises(CertificateRejected):
        exact.ball(read("log(x)"), {X: fmpq(-1)}, 1024)
    exact.ball(read("log(x)"), {X: fmpq(2)}, 2048)
    assert flint.ctx.prec == before


@given(fractions)
def test_rationals_are_read_from_text_numbers_and_sympy(value: Fraction) -> None:
    expected = to_flint(value)
    assert exact.to_fmpq(str(value)) == expected
    assert exact.to_fmpq(Rational(value.numerator, value.denominator)) == expected


@pytest.mark.parametrize(
    "value", ["", "x", "1/0", "nan", "oo", "1e4000000", "1/2/3", "__import__('os')", 0.5, True, None, ["1"], "9" * 5000]
)
def test_what_is_no_rational_is_rejected(value: object) -> None:
    with pytest.raises(CertificateRejected, match="rational number"):
        exact.to_fmpq(value)
