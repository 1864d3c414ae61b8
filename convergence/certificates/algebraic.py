"""Real algebraic numbers: signs and comparisons are decided exactly, by balls first and by minimal polynomials at need.

A number is a small expression. Its ball at any precision is cheap; only when balls cannot separate it from zero is its
irreducible polynomial computed, from Kronecker sums and products of companion matrices. Then zero is the root of ``x``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, total_ordering
from typing import Any

import flint
import sympy
from flint import arb, fmpq, fmpz_poly
from sympy import Expr

from convergence.certificates.exact import to_fmpq
from convergence.certificates.roots import (
    MAX_DEGREE,
    inflated,
    irreducible_factors,
    isolated_roots,
    key_of,
    kronecker_product,
    kronecker_sum,
    simplest_between,
    with_precision,
)
from convergence.errors import CertificateRejected
from convergence.printed import Printed

QUICK = (64, 192)
PRECISIONS = (64, 256, 1024, 4096, 16384)


@total_ordering
class Real:
    """A real algebraic number; hashable only by identity, compared by value.

    Build it with `of`, `root_of` and arithmetic; ``sqrt`` and ``abs`` stay among real numbers.
    """

    __slots__ = ("__dict__", "_enclose", "_minimal")

    def __init__(self, enclose: Callable[[], arb], minimal: Callable[[], tuple[fmpz_poly, int]]) -> None:
        """`enclose` gives a ball at flint's precision; `minimal` the irreducible polynomial and the root's index."""
        self._enclose = enclose
        self._minimal = minimal

    @classmethod
    def of(cls, value: object) -> Real:
        """From a rational number: a flint or SymPy rational, an integer, or text such as ``"3/7"``."""
        number = value if isinstance(value, fmpq) else to_fmpq(value)
        real = cls(lambda: arb(number), lambda: (fmpz_poly([-number.p, number.q]), 0))
        real.__dict__["rational"] = number
        return real

    @classmethod
    def root_of(cls, polynomial: fmpz_poly, index: int) -> Real:
        """The real root number `index`, in increasing order from 0, of an irreducible polynomial."""
        if polynomial.degree() == 1:
            return cls.of(fmpq(-polynomial[0], polynomial[1]))
        return cls(lambda: isolated_roots(key_of(polynomial), flint.ctx.prec)[index], lambda: (polynomial, index))

    def ball(self, precision: int = 64) -> arb:
        """A ball around the number; `precision` is that of the computation, not a promise about the radius."""
        return with_precision(precision, self._enclosed)

    def _enclosed(self) -> arb:
        """The ball at flint's precision, computed once."""
        balls = self.__dict__.setdefault("balls", {})
        if flint.ctx.prec not in balls:
            balls[flint.ctx.prec] = self._enclose()
        return balls[flint.ctx.prec]

    @cached_property
    def minimal(self) -> tuple[fmpz_poly, int]:
        """The irreducible polynomial over the integers and the index of this root among its real roots."""
        return self._minimal()

    @cached_property
    def rational(self) -> fmpq | None:
        """The value if it is rational, else None."""
        polynomial, _ = self.minimal
        return fmpq(-polynomial[0], polynomial[1]) if polynomial.degree() == 1 else None

    @property
    def sign(self) -> int:
        """-1, 0 or 1, exactly."""
        known = self.__dict__.get("rational")
        if known is not None:
            return (known > 0) - (known < 0)
        sign = self._sign_by_balls(QUICK)
        if sign is None and self.rational is not None:
            sign = (self.rational > 0) - (self.rational < 0)
        if sign is None:
            sign = self._sign_by_balls(PRECISIONS)
        if sign is None:
            raise CertificateRejected("cannot tell the sign of an algebraic number")
        return sign

    def _sign_by_balls(self, precisions: Sequence[int]) -> int | None:
        for precision in precisions:
            ball = self.ball(precision)
            if ball > 0:
                return 1
            if ball < 0:
                return -1
        return None

    def order(self, other: Real) -> int:
        """-1, 0 or 1 as this number is below, equal to or above another, exactly.

        Equal numbers have the same irreducible polynomial, so no polynomial of the difference is needed.
        """
        if type(other) is not Real:
            return -other.order(self)
        if (exact := _both_rational(self, other)) is not None:
            return (exact[0] > exact[1]) - (exact[0] < exact[1])
        difference = self - other
        sign = difference._sign_by_balls(QUICK)
        if sign is None and _identity(self) == _identity(other):
            return 0
        sign = sign or difference._sign_by_balls(PRECISIONS)
        if sign is None:
            raise CertificateRejected("cannot tell two algebraic numbers apart")
        return sign

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Real) and (self is other or self.order(other) == 0)

    def __lt__(self, other: Real) -> bool:
        return self is not other and self.order(other) < 0

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> Real:
        return self * Real.of(-1)

    def __add__(self, other: Real) -> Real:
        if (exact := _both_rational(self, other)) is not None:
            return Real.of(exact[0] + exact[1])
        return _derived(self, other, lambda a, b: a + b, kronecker_sum)

    def __sub__(self, other: Real) -> Real:
        return self + (-other)

    def __mul__(self, other: Real) -> Real:
        if (exact := _both_rational(self, other)) is not None:
            return Real.of(exact[0] * exact[1])
        if any(factor.__dict__.get("rational") == 0 for factor in (self, other)):
            return Real.of(0)
        return _derived(self, other, lambda a, b: a * b, kronecker_product)

    def __truediv__(self, other: Real) -> Real:
        return self * other.inverse()

    def inverse(self) -> Real:
        """The reciprocal.

        Raises:
            CertificateRejected: if the number is zero.
        """
        if self.sign == 0:
            raise CertificateRejected("division by zero")
        known = self.__dict__.get("rational")
        if known is not None:
            return Real.of(1 / known)
        return _unary(self, lambda ball: 1 / ball, lambda p: fmpz_poly(list(reversed(p.coeffs()))))

    def __abs__(self) -> Real:
        return -self if self.sign < 0 else self

    def root(self, degree: int) -> Real:
        """The nonnegative root of that degree.

        Raises:
            CertificateRejected: if the number is negative.
        """
        if self.sign < 0:
            raise CertificateRejected("an even root of a negative number")
        if self.sign == 0:
            return Real.of(0)
        return _unary(self, lambda ball: ball.root(degree), lambda p: inflated(p, degree))

    def power(self, exponent: int) -> Real:
        """A whole power."""
        base = self if exponent >= 0 else self.inverse()
        result = Real.of(1)
        for bit in bin(abs(exponent))[2:]:
            result = result * result
            if bit == "1":
                result = result * base
        return result

    def inside(self, printed: Printed) -> bool:
        """Whether the number may be printed so: exactly, with closed ends unless the printed number is strict."""
        low = printed.lower is None or _beyond(self - Real.of(printed.lower), printed.strict)
        return low and (printed.upper is None or _beyond(Real.of(printed.upper) - self, printed.strict))

    def to_witness(self) -> Any:
        """JSON: text of a rational, or ``{"polynomial": [c0, c1, ...], "root": index}``."""
        if self.rational is not None:
            return str(self.rational)
        polynomial, index = self.minimal
        return {"polynomial": [str(c) for c in polynomial.coeffs()], "root": index}


def from_witness(value: Any) -> Real:
    """The number that `Real.to_witness` wrote.

    Raises:
        CertificateRejected: if the polynomial is not irreducible or has no such root.
    """
    if not isinstance(value, Mapping):
        return Real.of(value)
    coefficients = [int(c) for c in value["polynomial"]]
    if not 2 <= len(coefficients) <= MAX_DEGREE + 1 or coefficients[-1] == 0:
        raise CertificateRejected(f"expected a polynomial of degree 1 to {MAX_DEGREE}")
    polynomial, index = fmpz_poly(coefficients), value["root"]
    factors = irreducible_factors(polynomial)
    if len(factors) != 1 or factors[0].degree() != polynomial.degree():
        raise CertificateRejected("expected an irreducible polynomial")
    if type(index) is not int or not 0 <= index < len(isolated_roots(key_of(factors[0]), 64)):
        raise CertificateRejected(f"the polynomial has no real root number {index}")
    return Real.root_of(factors[0], index)


def real_roots(polynomial: fmpz_poly) -> list[Real]:
    """The distinct real roots of a polynomial that is not zero, in increasing order."""
    found = [
        Real.root_of(factor, index)
        for factor in irreducible_factors(polynomial)
        for index in range(len(isolated_roots(key_of(factor), 64)))
    ]
    return sorted(found)


def real_roots_with_multiplicity(polynomial: fmpz_poly) -> list[Real]:
    """The real roots of a polynomial, each as often as its multiplicity, in increasing order."""
    found = [
        Real.root_of(factor, index)
        for factor, multiplicity in polynomial.factor()[1]
        for index in range(len(isolated_roots(key_of(factor), 64)))
        for _ in range(multiplicity)
    ]
    return sorted(found)


def algebraic(expression: Expr) -> Real:
    """The value of an expression of rationals, + - * /, rational powers of nonnegative numbers, abs, min and max.

    Raises:
        CertificateRejected: if it is not such an expression or its degree is beyond `MAX_DEGREE`.
    """
    if expression.is_Rational:
        return Real.of(expression)
    if expression.is_Add or expression.is_Mul:
        values = [algebraic(argument) for argument in expression.args]
        result = values[0]
        for value in values[1:]:
            result = result + value if expression.is_Add else result * value
        return result
    if expression.is_Pow and expression.exp.is_Rational and abs(expression.exp.p) <= 64 and expression.exp.q <= 16:
        base = algebraic(expression.base)
        root = base if expression.exp.q == 1 else base.root(int(expression.exp.q))
        return root.power(int(expression.exp.p))
    if isinstance(expression, sympy.Abs):
        return abs(algebraic(expression.args[0]))
    if isinstance(expression, sympy.Max | sympy.Min):
        values = [algebraic(argument) for argument in expression.args]
        return max(values) if isinstance(expression, sympy.Max) else min(values)
    raise CertificateRejected(f"{expression} is not an algebraic number that is decided here")


def rational_between(low: Real | None, high: Real | None) -> fmpq:
    """A simple rational strictly between two numbers; None stands for infinity."""
    if low is None and high is None:
        return fmpq(0)
    if low is None or high is None:
        end, side = (high, -1) if low is None else (low, 1)
        assert end is not None
        outward = end.ball(64).ceil() if side > 0 else end.ball(64).floor()
        whole = outward.mid().fmpq() + side
        return fmpq(int(whole.p // whole.q))
    for precision in PRECISIONS:
        left, right = low.ball(precision).upper(), high.ball(precision).lower()
        if left < right:
            return simplest_between(left.mid().fmpq(), right.mid().fmpq())
    raise CertificateRejected("cannot separate two algebraic numbers")


# --- the arithmetic of minimal polynomials


def _identity(number: Real) -> tuple[tuple[int, ...], int]:
    polynomial, index = number.minimal
    return key_of(polynomial), index


def _both_rational(left: Real, right: Real) -> tuple[fmpq, fmpq] | None:
    first, second = left.__dict__.get("rational"), right.__dict__.get("rational")
    return None if first is None or second is None else (first, second)


def _derived(
    left: Real,
    right: Real,
    balls: Callable[[arb, arb], arb],
    combine: Callable[[fmpz_poly, fmpz_poly], fmpz_poly],
) -> Real:
    def enclose() -> arb:
        return balls(left._enclosed(), right._enclosed())

    return Real(enclose, lambda: _chosen(combine(left.minimal[0], right.minimal[0]), enclose))


def _unary(inner: Real, balls: Callable[[arb], arb], change: Callable[[fmpz_poly], fmpz_poly]) -> Real:
    def enclose() -> arb:
        return balls(inner._enclosed())

    return Real(enclose, lambda: _chosen(change(inner.minimal[0]), enclose))


def _chosen(polynomial: fmpz_poly, enclose: Callable[[], arb]) -> tuple[fmpz_poly, int]:
    """The factor and the root that a ball, known to contain a real root of the polynomial, singles out."""
    factors = irreducible_factors(polynomial)
    for precision in PRECISIONS:
        ball = with_precision(precision, enclose)
        hits = [
            (factor, index)
            for factor in factors
            for index, root in enumerate(isolated_roots(key_of(factor), precision))
            if ball.overlaps(root)
        ]
        if len(hits) == 1:
            return hits[0]
    raise CertificateRejected("cannot single out the root of a polynomial")


def _beyond(margin: Real, strict: bool) -> bool:
    return margin.sign > 0 or (margin.sign == 0 and not strict)
