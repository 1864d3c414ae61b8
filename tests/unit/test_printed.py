"""Printed numbers stand for exactly the values that round to them."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Rational

from convergence.errors import ClaimError
from convergence.printed import Printed, parse_printed

DIGITS = st.integers(0, 6)
VALUES = st.fractions(-(10**4), 10**4, max_denominator=10**9)


def rounded(value: Fraction, digits: int, rounding: str) -> str:
    """The value with that many digits after the point, computed in decimals that hold it to 40 digits."""
    number = Decimal(value.numerator) / Decimal(value.denominator)
    return str(number.quantize(Decimal(1).scaleb(-digits), rounding=rounding))


@given(VALUES, DIGITS, st.sampled_from([ROUND_HALF_UP, ROUND_HALF_DOWN]))
def test_a_value_may_be_printed_as_what_it_rounds_to(value: Fraction, digits: int, rounding: str) -> None:
    assert parse_printed(rounded(value, digits, rounding)).contains(Rational(value))


@given(VALUES, DIGITS)
def test_a_value_may_not_be_printed_as_the_next_number(value: Fraction, digits: int) -> None:
    unit = Fraction(1, 10**digits)
    printed = parse_printed(rounded(value, digits, ROUND_HALF_UP))
    assume(printed.lower != Rational(value) and printed.upper != Rational(value))
    assert not printed.contains(Rational(value + unit))
    assert not printed.contains(Rational(value - unit))


@given(VALUES, DIGITS)
def test_percentages_are_hundredths(value: Fraction, digits: int) -> None:
    text = rounded(value, digits, ROUND_HALF_UP)
    plain, percent = parse_printed(text), parse_printed(f"{text}%")
    assert (percent.lower, percent.upper) == (plain.lower / 100, plain.upper / 100)


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        # half a unit of the last digit to either side
        ("1.17", "1.165", "1.175"),
        ("42%", "0.415", "0.425"),
        ("42 %", "0.415", "0.425"),
        ("0.006", "0.0055", "0.0065"),
        ("77.0", "76.95", "77.05"),
        ("77", "76.5", "77.5"),
        ("~0.33", "0.325", "0.335"),
        ("about 33%", "0.325", "0.335"),
        ("-1.5", "-1.55", "-1.45"),
        ("+3", "2.5", "3.5"),
        ("0", "-0.5", "0.5"),
        ("1.2e6", "1150000", "1250000"),
        ("1e-8", "0.5e-8", "1.5e-8"),
        # a fraction is exact
        ("1/3", "1/3", "1/3"),
        ("-2/6", "-1/3", "-1/3"),
        # a range runs from its first number's lower end to its second number's upper end
        ("24-31%", "0.235", "0.315"),
        ("24%-31%", "0.235", "0.315"),
        ("1.8-3.2%", "0.0175", "0.0325"),
        ("2 to 3", "1.5", "3.5"),
    ],
)
def test_intervals(text: str, lower: str, upper: str) -> None:
    printed = parse_printed(text)
    assert printed == Printed(text, Rational(lower), Rational(upper))
    assert printed.is_exact == (lower == upper)
    for end in (Rational(lower), Rational(upper)):
        assert printed.contains(end)
    width = Rational(1, 10**12)
    assert not printed.contains(Rational(lower) - width)
    assert not printed.contains(Rational(upper) + width)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<2%", "0.01", "0.02"),
        ("<=2%", "0.02", "0.0200001"),
        (">5", "5.0001", "5"),
        (">=5", "5", "4.9999"),
    ],
)
def test_one_sided_numbers(text: str, inside: str, outside: str) -> None:
    printed = parse_printed(text)
    assert printed.contains(Rational(inside)) and not printed.contains(Rational(outside))
    assert not printed.is_exact


@given(st.integers(-(10**6), 10**6))
def test_whole_numbers_may_be_numbers(value: int) -> None:
    assert parse_printed(value) == parse_printed(str(value))


def test_a_tie_may_have_been_rounded_either_way() -> None:
    assert parse_printed("0.2").contains(Rational(1, 4)) and parse_printed("0.3").contains(Rational(1, 4))


@pytest.mark.parametrize(
    "text",
    [
        "9" * 41,
        "<",
        "~",
        "1±2",
        "",
        "abc",
        "1.",
        ".5",
        "1..2",
        "1,5",
        "1 2",
        "%",
        "1%%",
        "--1",
        "31-24%",
        "1/0",
        "1/2/3",
        "nan",
        "1e999",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ClaimError, match=r"^inputs\.a: "):
        parse_printed(text, "inputs.a")


@pytest.mark.parametrize("value", [True, None, [1], {"a": 1}, 1j])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(ClaimError, match="expected a printed number such as"):
        parse_printed(value)


@given(st.text(max_size=30))
def test_any_text_is_a_printed_number_or_a_claim_error(text: str) -> None:
    try:
        printed = parse_printed(text)
    except ClaimError:
        return
    assert printed.lower is not None or printed.upper is not None
