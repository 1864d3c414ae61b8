"""The door for text: an expression or a `ClaimError`, nothing else; exact numbers; limits; free names."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational

from convergence.errors import ClaimError
from convergence.expressions import (
    COUNTERS,
    FUNCTIONS,
    MAX_DIGITS,
    MAX_EXPONENT,
    MAX_LENGTH,
    MAX_NESTING,
    MAX_NODES,
    Domain,
    Vector,
    below_one,
    exact,
    kth_largest_abs,
    names_in,
    norm,
    parse_expression,
    parse_rational,
    parse_relation,
    symbol,
    to_text,
)

x, y, mu = symbol("x"), symbol("y"), symbol("mu", "positive")
NAMES = {**COUNTERS, "x": x, "y": y, "mu": mu}


def outcome(text: str) -> Expr | str:
    """The expression, or the error's message; anything else that is raised fails the test."""
    try:
        return parse_expression(text, NAMES, frozenset({"a"}))
    except ClaimError as error:
        return str(error)


# --- 10,000 generated texts: valid ones, nearly valid ones, and hostile ones

NUMBERS = st.one_of(
    st.integers(0, 10**12).map(str),
    st.decimals(0, 1000, places=6).map(str),
    st.sampled_from(["1e-8", "2E5", "1e64", "1e65", "9" * 45, "0x10", "1_000", "1j", "nan", "inf", "1/3", "00", "1."]),
)
ATOMS = st.one_of(
    NUMBERS,
    st.sampled_from([*NAMES, "pi", "a[k]", "a[k+1]", "z", "True", "None", "...", "'x'", "lambda", "__import__"]),
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "**", "//", "%", "@", "^", "&", "<<", "<", "==", "and", "if", ","])
CALLS = st.sampled_from([*FUNCTIONS, "eval", "open", "__import__", "Integer", "x", "().__class__", "x.diff", "gamma"])


def grown(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(children, OPERATORS, children).map(" ".join),
        children.map("({})".format),
        children.map("-{}".format),
        st.tuples(CALLS, st.lists(children, max_size=4).map(", ".join)).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(children, children).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
    )


TEXTS = st.one_of(
    st.recursive(ATOMS, grown, max_leaves=12),
    st.text(max_size=60),
    st.text("0123456789*+-/()x.e, ", max_size=60),
)


@settings(max_examples=10_000)
@given(TEXTS)
def test_any_text_is_an_expression_or_a_claim_error(text: str) -> None:
    result = outcome(text)
    assert isinstance(result, Expr | str)
    if isinstance(result, Expr):
        assert result.free_symbols <= {*NAMES.values()} | {s for s in result.free_symbols if s.is_integer}
        assert not result.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I)
    else:
        assert result and len(result) < 1_000


VALID = st.recursive(
    st.one_of(st.integers(0, 99).map(str), st.sampled_from(["0.25", "1e-3", "x", "y", "mu", "k", "pi"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", "*"]), inner).map(lambda p: f"({''.join(p)})"),
        st.tuples(inner, st.integers(1, 9)).map(lambda p: f"({p[0]})/{p[1]}"),
        st.tuples(inner, st.integers(0, 3)).map(lambda p: f"({p[0]} + 1/7)**{p[1]}"),
        st.tuples(st.sampled_from(["sqrt", "abs", "sign", "cos", "tanh"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        inner.map(lambda body: f"sum({body}, i, 1, k)"),
    ),
    max_leaves=8,
)


@settings(max_examples=500)
@given(VALID)
@example("sum(min(max(0, sqrt(x)), max(1, sqrt(x))), i, 1, k)")
def test_texts_survive_a_round_trip(text: str) -> None:
    result = outcome(text)
    if isinstance(result, Expr):
        assert parse_expression(to_text(result), NAMES) == result
    else:
        assert re.search(r"0 to a power|not a real number|bits|terms|logarithm", result)


@settings(max_examples=500)
@given(VALID, st.fractions(-3, 3, max_denominator=9), st.fractions(-3, 3, max_denominator=9))
def test_values_are_those_of_python_with_fractions(text: str, at_x: Fraction, at_y: Fraction) -> None:
    """Where Python's own arithmetic on fractions has an answer, it is the same number."""
    if re.search(r"sqrt|cos|tanh|sum|pi|e-", text):
        return
    result = outcome(text)
    numbers = re.sub(r"(?<![\w.*])(\d+(?:\.\d+)?)", r"Fraction('\1')", text)
    known = {"x": at_x, "y": at_y, "mu": Fraction(2), "k": Fraction(5), "sign": lambda v: (v > 0) - (v < 0)}
    try:
        expected = eval(numbers, {"Fraction": Fraction, **known})
    except ZeroDivisionError:
        return
    values = {x: Rational(at_x), y: Rational(at_y), mu: Rational(2), COUNTERS["k"]: Rational(5)}
    assert isinstance(result, Expr)
    assert result.xreplace(values) == Rational(Fraction(expected))


# --- hostile texts, one by one

HOSTILE = [
    "9**9**9", "9**9**9**9", "2**1000", "(2**64)**64", "((x**64)**64)**64", "x**65", "(x + y + mu + k)**64",
    "10**(10**10)",
    "factorial(10**9)", "factorial(51)", "factorial(-1)", "factorial(x)", "factorial(2.5)",
    "exp(exp(exp(100)))", "exp(10**6)", "2.0**(10**20)", "(1/3)**(10**9)", "exp(2000)**64", "log(0)", "log(-1)",
    "0**(-1)", "1/0",
    "1/(x - x)", "0**0", "sqrt(-1)", "(-1)**(1/2)", "log(x - x)",
    "(" * 10_000 + "1" + ")" * 10_000, "[" * 61 + "]" * 61, "-" * 5_000 + "1", "+" * 3_000 + "1", "x" * 41, "1" * 43,
    "1e100",
    "1+" * 1_500 + "1", "x" + "**x" * 500,
    "__import__('os').system('true')", "().__class__.__bases__[0].__subclasses__()", "x.__class__",
    "open('/etc/passwd')", "eval('1')",
    "exec('1')", "lambda: 1", "(lambda x: x)(1)", "[x for x in (1,)]", "{x: 1}", "{1, 2}", "(1, 2)", "[1, 2]", "f'{x}'",
    "'x'", "b'x'",
    "x if y else 1", "x and y", "not x", "~x", "x := 1", "x = 1", "x; y", "x\ny", "import os", "await x", "yield x",
    "*x", "x == y", "x < y",
    "x // y", "x % y", "x @ y", "x ^ y", "x & y", "x << 2", "1j", "True", "None", "...", "1e", "1..2",
    "x(1)", "sqrt", "sqrt()", "sqrt(1, 2)", "sqrt(x=1)", "sqrt(*x)", "min()", "sum(x, i, 1)", "sum(x, 1, 1, 2)",
    "sum(x, i + 1, 1, 2)",
    "a[k", "a[k][k]", "b[k]", "x[k]", "a[]", "a[k:k+1]", "a[k, k]", "", " ", "\t", "\0", "x\0", "µ", "x²", "π", "１",
    "x​y",
    "# comment", "x # comment\n y", "\\", "'",
    '"""', "(", ")", ")(", "x y", "2x", "3(x)", "x!", "?", "$x", "`x`", "<script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_refused(text: str) -> None:
    assert isinstance(outcome(text), str)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x^2", "in 'x^2': only + - * / ** are allowed; write ** for powers"),
        ("2*lambda", "lambda is a reserved word: write lambda_ in '2*lambda'"),
        ("mvu*x", "in 'mvu*x': unknown symbol 'mvu'; did you mean 'mu'?"),
        ("sqroot(x)", "in 'sqroot(x)': unknown function 'sqroot'; did you mean 'sqrt'?"),
        ("sqrt + 1", "in 'sqrt + 1': sqrt is a function: write sqrt(...)"),
        ("sqrt(x, y)", "in 'sqrt(x, y)': sqrt takes 1 arguments"),
        ("x < y", "expected an expression, found a comparison: 'x < y'"),
        ("x +", "cannot read 'x +': invalid syntax"),
        ("µ", "expected ASCII text (write mu for a Greek letter), found 'µ'"),
        ("9**9**9", "in '9**9**9': expected an exponent of at most 64, found 387420489"),
        ("factorial(10**9)", "in 'factorial(10**9)': factorial takes a whole number from 0 to 50, found 1000000000"),
        ("1/0", "in '1/0': division by zero"),
        ("0**(-1)", "in '0**(-1)': 0 to a power that is not positive"),
        ("sqrt(-1)", "in 'sqrt(-1)': a value that is not a real number"),
        ("log(-1)", "in 'log(-1)': log takes a positive argument, found -1"),
        ("exp(10**6)", "in 'exp(10**6)': a number whose logarithm exceeds 10000"),
        ("(x + y + mu + k)**64", "in '(x + y + mu + k)**64': an expansion of about 47905 terms, more than 20000"),
        ("1e100", "in '1e100': expected a decimal exponent of at most 64, found 1e100"),
    ],
)  # fmt: skip
def test_refusals_say_what_and_where(text: str, message: str) -> None:
    assert outcome(text) == message


def test_limits_are_limits() -> None:
    """The largest that is allowed is read; one more is refused."""
    nested = [f"{'(' * depth}x{')' * depth}" for depth in (MAX_NESTING, MAX_NESTING + 1)]
    long = ["x" + " " * (length - 1) for length in (MAX_LENGTH, MAX_LENGTH + 1)]
    powers = [f"x**{exponent}" for exponent in (MAX_EXPONENT, MAX_EXPONENT + 1)]
    digits = ["0." + "1" * count for count in (MAX_DIGITS, MAX_DIGITS + 1)]
    for allowed, refused in (nested, long, powers, digits):
        assert isinstance(outcome(allowed), Expr)
        assert isinstance(outcome(refused), str)
    parts = "x+" * (MAX_NODES // 3) + "x"
    assert "parts" in outcome(parts) or "nested" in outcome(parts)  # type: ignore[operator]


# --- exact numbers


@given(st.decimals(0, 10**6, places=8))
def test_decimals_are_exact(number: Decimal) -> None:
    assert outcome(str(number)) == Rational(Fraction(number))


@given(st.one_of(st.floats(1e-60, 1e60), st.floats(-1e60, -1e-60), st.just(0.0)))
def test_python_numbers_stand_for_their_shortest_text(number: float) -> None:
    assert exact(number) == Rational(Fraction(Decimal(repr(number))))


def test_known_decimals() -> None:
    assert outcome("0.1") == Rational(1, 10)
    assert outcome("0.1 + 0.2") == Rational(3, 10)
    assert outcome("1e-8") == Rational(1, 10**8)
    assert outcome("2.50E1") == 25
    assert outcome("-1/3") == Rational(-1, 3)
    assert outcome("factorial(5)") == 120
    assert outcome("floor(7/2)") == 3


@pytest.mark.parametrize("value", [True, None, "x", [1], "sqrt(2)", "1/3 < 1", float("nan"), float("inf")])
def test_rationals_are_rational(value: object) -> None:
    with pytest.raises(ClaimError):
        parse_rational(value, "range")


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("-inf")])
def test_only_numbers_are_exact_numbers(value: object) -> None:
    with pytest.raises(ClaimError):
        exact(value)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
def test_rationals_as_text_numbers_and_fractions(p: int, q: int) -> None:
    assert parse_rational(f"{p}/{q}", "range") == Rational(p, q)
    assert parse_rational(p, "range") == p


# --- names


@pytest.mark.parametrize(
    "name",
    ["gamma", "beta", "lambda_", "S", "N", "E", "I", "O", "Q", "C", "e", "i", "oo", "nan"],
)
def test_names_belong_to_the_file(name: str) -> None:
    own = symbol(name, "positive")
    assert parse_expression(f"2*{name} + {name}**2", {name: own}) == 2 * own + own**2
    assert to_text(own) == name


def test_pi_is_the_constant_unless_it_is_declared() -> None:
    assert parse_expression("pi/6", {}) == sympy.pi / 6
    assert parse_expression("pi/6", {"pi": symbol("pi")}) == symbol("pi") / 6


def test_an_index_hides_a_declared_name() -> None:
    inner = parse_expression("sum(x**2, x, 1, k)", NAMES)
    assert inner.free_symbols == {COUNTERS["k"]}
    assert inner.xreplace({COUNTERS["k"]: sympy.Integer(3)}).doit() == 14


@pytest.mark.parametrize("name", ["", "1a", "_a", "a-b", "a" * 41, "a b", "µ"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(ClaimError, match="expected a name of letters, digits and _"):
        symbol(name)


def test_unknown_domains_are_named() -> None:
    with pytest.raises(ClaimError, match="unknown domain 'postive' of symbol 'a'; did you mean 'positive'"):
        symbol("a", "postive")


@pytest.mark.parametrize("domain", list(Domain))
def test_domains_assume_no_more_than_they_say(domain: Domain) -> None:
    own = symbol("q", domain)
    assert bool(own.is_positive) == (domain in (Domain.POSITIVE, Domain.NATURAL, Domain.FRACTION))
    positive = (Domain.POSITIVE, Domain.NATURAL, Domain.FRACTION)
    assert bool(own.is_nonnegative) == (domain in (*positive, Domain.NONNEGATIVE, Domain.UNIT))
    assert bool(own.is_integer) == (domain in (Domain.INTEGER, Domain.NATURAL))
    vectors = (Domain.VECTOR, Domain.RANDOM_VECTOR, Domain.MINIMISER)
    assert bool(own.is_real) == (domain not in (*vectors, Domain.UNDEFINED))
    assert isinstance(own, Vector) == (domain in vectors)
    assert below_one(domain) == (domain in (Domain.UNIT, Domain.FRACTION))


def test_names_in_order_of_appearance() -> None:
    assert names_in("b*a + sqrt(c)*b + pi") == ("b", "a", "c")
    assert names_in("b*(a < 2)") == ("b", "a")


# --- functions and relations


def test_functions() -> None:
    assert outcome("norm(x)") == norm(x)
    assert outcome("kth_largest_abs(x, 3)") == kth_largest_abs(x, 3)
    assert outcome("product(i, i, 1, 4)").doit() == 24  # type: ignore[union-attr]
    assert outcome("ln(mu)") == outcome("log(mu)") == sympy.log(mu)
    assert outcome("max(x, y, 1)") == sympy.Max(x, y, 1)
    assert outcome("a[k+1]") == sympy.Function("a", real=True)(COUNTERS["k"] + 1)


def test_relations_stay_as_they_are_written() -> None:
    low, high = parse_relation("0 < x <= 1/3", NAMES)
    assert (low.lhs, low.rel_op, low.rhs) == (0, "<", x)
    assert (high.lhs, high.rel_op, high.rhs) == (x, "<=", Rational(1, 3))
    (trivial,) = parse_relation("mu > 0", NAMES)
    assert (trivial.lhs, trivial.rel_op, trivial.rhs) == (mu, ">", 0)
    (equal,) = parse_relation("x == x", NAMES)
    assert to_text(equal) == "x == x"


@pytest.mark.parametrize("text", ["x", "x != y", "x in y", "x is y", "x < y and y < x", "not x < y", "x <"])
def test_relations_are_comparisons(text: str) -> None:
    with pytest.raises(ClaimError):
        parse_relation(text, NAMES)


@given(st.lists(st.sampled_from(["<", "<=", ">", ">=", "=="]), min_size=1, max_size=4), st.data())
def test_chains_of_relations(operators: list[str], data: st.DataObject) -> None:
    count = len(operators) + 1
    sides = data.draw(st.lists(st.sampled_from(["x", "y + 1", "mu/3", "0", "-k"]), min_size=count, max_size=count))
    text = sides[0] + "".join(f" {operator} {side}" for operator, side in zip(operators, sides[1:], strict=True))
    links = parse_relation(text, NAMES)
    assert [link.rel_op for link in links] == operators
    assert [link.lhs for link in links] == [parse_expression(side, NAMES) for side in sides[:-1]]
