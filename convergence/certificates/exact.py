"""Exact and rigorous arithmetic on expressions: rationals where possible, else balls that contain the true value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import flint
import sympy
from flint import arb, fmpq
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from convergence.errors import CertificateRejected

MAX_SUMMANDS = 1_000_000
MAX_SUM_BITS = 30_000  # of an exact partial sum; balls take over beyond
PRECISIONS = (64, 256, 1024, 4096)

Number = Any  # fmpq or arb; python-flint has no types

Values = Mapping[Symbol, fmpq]
"""Rational values of symbols."""

_RATIONAL = re.compile(r"[+-]?\d+(/\d+|(\.\d+)?([eE][+-]?\d{1,3})?)")


def rational(expression: Expr, values: Values | None = None) -> fmpq:
    """The exact value of an expression that is rational at rational values of its symbols.

    Raises:
        CertificateRejected: if a symbol has no value, a denominator vanishes or the value is not rational.
    """
    result = _evaluate(expression, dict(values or {}), _rational_power, _no_function)
    if not isinstance(result, fmpq):
        raise CertificateRejected(f"expected a rational value of {expression}")
    return result


def ball(expression: Expr, values: Mapping[Symbol, Number], precision: int = 256) -> arb:
    """A ball of `precision` bits that contains the expression's value for every point of the symbols' balls.

    Raises:
        CertificateRejected: if a symbol has no value, or the expression leaves the reals.
    """
    previous = flint.ctx.prec
    flint.ctx.prec = precision
    try:
        result = arb(
            _evaluate(expression, {name: arb(value) for name, value in values.items()}, _ball_power, _ball_function)
        )
    finally:
        flint.ctx.prec = previous
    if not result.is_finite():
        raise CertificateRejected(f"expected a finite value of {expression}")
    return result


def holds(relation: Relational, values: Values) -> bool:
    """Whether a relation is true at rational values of its symbols, decided rigorously.

    Raises:
        CertificateRejected: if balls of 4096 bits cannot tell.
    """
    difference = relation.lhs - relation.rhs
    try:
        sign = _sign_of_rational(rational(difference, values))
    except CertificateRejected:
        sign = _sign_by_balls(difference, values)
    return _OPERATORS[relation.rel_op](sign)


_OPERATORS: Mapping[str, Callable[[int], bool]] = {
    "<=": lambda sign: sign <= 0,
    "<": lambda sign: sign < 0,
    ">=": lambda sign: sign >= 0,
    ">": lambda sign: sign > 0,
    "==": lambda sign: sign == 0,
}


def _sign_of_rational(value: fmpq) -> int:
    return (value > 0) - (value < 0)


def _sign_by_balls(expression: Expr, values: Values) -> int:
    for precision in PRECISIONS:
        value = ball(expression, values, precision)
        if value > 0:
            return 1
        if value < 0:
            return -1
    raise CertificateRejected(f"cannot tell the sign of {expression} with {PRECISIONS[-1]} bits")


def to_fmpq(value: object) -> fmpq:
    """A rational from a SymPy number, an integer or text such as ``"-3/7"``.

    Raises:
        CertificateRejected: if it is none of these.
    """
    if isinstance(value, str) and not _RATIONAL.fullmatch(value):
        raise CertificateRejected(f'expected a rational number such as "3/7", found {value[:40]!r}')
    try:
        number = (
            sympy.Rational(value)
            if isinstance(value, str | int | sympy.Rational) and not isinstance(value, bool)
            else None
        )
    except (TypeError, ValueError, ZeroDivisionError):
        number = None
    if number is None or not number.is_finite:
        raise CertificateRejected(f'expected a rational number such as "3/7", found {value!r}')
    return fmpq(int(number.p), int(number.q))


# --- one walk over the tree for both kinds of numbers


def _evaluate(
    node: Expr,
    values: dict[Symbol, Number],
    power: Callable[[Number, Expr, Number], Number],
    function: Callable[[Expr, list[Number]], Number],
) -> Number:
    def walk(inner: Expr) -> Number:
        return _evaluate(inner, values, power, function)

    if node.is_Rational:
        return fmpq(int(node.p), int(node.q))
    if node.is_Symbol:
        if node not in values:
            raise CertificateRejected(f"no value for {node}")
        return values[node]
    if node.is_Add:
        return sum((walk(argument) for argument in node.args), start=fmpq(0))
    if node.is_Mul:
        result: Number = fmpq(1)
        for argument in node.args:
            result = result * walk(argument)
        return result
    if node.is_Pow:
        return power(walk(node.base), node.exp, walk(node.exp))
    if isinstance(node, sympy.Abs):
        return abs(walk(node.args[0]))
    if isinstance(node, sympy.Sum | sympy.Product):
        return _repeated(node, values, power, function)
    return function(node, [walk(argument) for argument in node.args])


def _repeated(
    node: Expr,
    values: dict[Symbol, Number],
    power: Callable[[Number, Expr, Number], Number],
    function: Callable[[Expr, list[Number]], Number],
) -> Number:
    if len(node.limits) != 1:
        raise CertificateRejected(f"expected one index in {node}")
    index, *ends = node.limits[0]
    first, last = (_whole(_evaluate(end, values, power, function)) for end in ends)
    if last - first >= MAX_SUMMANDS:
        raise CertificateRejected(f"expected at most {MAX_SUMMANDS} terms, found {last - first + 1}")
    adds = isinstance(node, sympy.Sum)
    result: Number = fmpq(0) if adds else fmpq(1)
    for count in range(first, last + 1):
        term = _evaluate(node.function, {**values, index: fmpq(count)}, power, function)
        result = result + term if adds else result * term
        if count % 64 == 0 and isinstance(result, fmpq) and result.q.bit_length() > MAX_SUM_BITS:
            raise CertificateRejected(f"{node} as a fraction has more than {MAX_SUM_BITS} bits")
    return result


def _whole(value: Number) -> int:
    if isinstance(value, fmpq) and value.q == 1:
        return int(value.p)
    if isinstance(value, arb) and value.is_exact() and (unique := value.unique_fmpz()) is not None:
        return int(unique)
    raise CertificateRejected(f"expected a whole number as the end of a sum, found {value}")


def _rational_power(base: Number, exponent: Expr, value: Number) -> Number:
    assert isinstance(base, fmpq) and isinstance(value, fmpq)
    if base == 0 and value <= 0:
        raise CertificateRejected("0 to a power that is not positive")
    if value.q == 1 and abs(value.p) <= 10_000:
        return base ** int(value.p)
    root = _exact_root(base, int(value.q)) if value.q <= 64 and abs(value.p) <= 10_000 else None
    if root is None:
        raise CertificateRejected(f"({base})**({exponent}) is not rational")
    return root ** int(value.p)


def _exact_root(base: fmpq, degree: int) -> fmpq | None:
    if base < 0:
        return None
    numerator, exact_above = sympy.integer_nthroot(int(base.p), degree)
    denominator, exact_below = sympy.integer_nthroot(int(base.q), degree)
    return fmpq(int(numerator), int(denominator)) if exact_above and exact_below else None


def _no_function(node: Expr, arguments: list[Number]) -> Number:
    if isinstance(node, sympy.Max):
        return max(arguments)
    if isinstance(node, sympy.Min):
        return min(arguments)
    if isinstance(node, sympy.sign):
        return fmpq((arguments[0] > 0) - (arguments[0] < 0))
    if isinstance(node, sympy.floor) and isinstance(arguments[0], fmpq):
        return fmpq(arguments[0].p // arguments[0].q)
    raise CertificateRejected(f"{node} is not rational")


def _ball_power(base: Number, exponent: Expr, value: Number) -> Number:
    base, value = arb(base), arb(value)
    whole = value.unique_fmpz()
    if whole is not None and value.is_exact() and abs(whole) <= 10**6:
        return whole_power(base, int(whole))
    if exponent == sympy.S.Half:
        return base.sqrt()
    if base > 0:
        return (value * base.log()).exp()
    raise CertificateRejected(f"a power of {base}, which is not surely positive")


def whole_power(base: arb, exponent: int) -> arb:
    """A whole power of a ball; flint's own gives nan for a ball around zero whose midpoint is zero."""
    if exponent <= 0 or not base.contains(0):
        return base**exponent
    result = arb(1)
    for bit in bin(exponent)[2:]:
        result = result * result
        if bit == "1":
            result = result * base
    return result


def _ball_function(node: Expr, arguments: list[Number]) -> Number:
    values = [arb(argument) for argument in arguments]
    if node is sympy.pi:
        return arb.pi()
    if node is sympy.EulerGamma:
        return arb.const_euler()
    if node is sympy.E:
        return arb(1).exp()
    if isinstance(node, sympy.Max | sympy.Min):
        result = values[0]
        for value in values[1:]:
            result = result.max(value) if isinstance(node, sympy.Max) else result.min(value)
        return result
    if isinstance(node, sympy.sign):
        if values[0] > 0 or values[0] < 0:
            return arb(1 if values[0] > 0 else -1)
        raise CertificateRejected(f"cannot tell the sign of {node.args[0]}")
    name = _BALL_FUNCTIONS.get(node.func)
    if name is None:
        raise CertificateRejected(f"{node.func.__name__} has no rigorous evaluation")
    return getattr(values[0], name)()


_BALL_FUNCTIONS = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tanh: "tanh",
    sympy.floor: "floor",
    sympy.factorial: "fac",
    sympy.gamma: "gamma",
    sympy.zeta: "zeta",
}
