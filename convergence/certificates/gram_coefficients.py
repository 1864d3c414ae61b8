"""The two kinds of coefficients of a Gram form: rational numbers, and functions of parameters with provable signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import sympy
from flint import fmpq
from sympy import Dummy, Expr, Rational

from convergence.certificates.asymptotics import defined
from convergence.certificates.inequalities import nonnegative
from convergence.certificates.polynomials import Fraction, Ring
from convergence.certificates.signs import Facts, Unsupported
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

MAX_OPERATIONS = 1_000


class Field(Protocol):
    """Arithmetic with signs that are surely known, or not."""

    def element(self, number: Any) -> Any:
        """A coefficient as an element."""

    def product(self, first: Any, second: Any) -> Any:
        """first * second."""

    def quotient(self, first: Any, second: Any) -> Any:
        """first / second, for a second that is not zero."""

    def difference(self, first: Any, second: Any) -> Any:
        """first - second."""

    def negated(self, number: Any) -> Any:
        """-number."""

    def is_zero(self, number: Any) -> bool:
        """Whether it is surely 0, for all parameters."""

    def is_positive(self, number: Any) -> bool:
        """Whether it is surely > 0, for all parameters."""

    def is_nonnegative(self, number: Any) -> bool:
        """Whether it is surely >= 0, for all parameters."""

    def text(self, number: Any) -> str:
        """For messages."""


class Numbers:
    """Rational numbers."""

    def element(self, number: fmpq) -> fmpq:
        """Itself."""
        return fmpq(number)

    def product(self, first: fmpq, second: fmpq) -> fmpq:
        """first * second."""
        return first * second

    def quotient(self, first: fmpq, second: fmpq) -> fmpq:
        """first / second."""
        return first / second

    def difference(self, first: fmpq, second: fmpq) -> fmpq:
        """first - second."""
        return first - second

    def negated(self, number: fmpq) -> fmpq:
        """-number."""
        return -number

    def is_zero(self, number: fmpq) -> bool:
        """Whether it is 0."""
        return bool(number == 0)

    def is_positive(self, number: fmpq) -> bool:
        """Whether it is > 0."""
        return bool(number > 0)

    def is_nonnegative(self, number: fmpq) -> bool:
        """Whether it is >= 0."""
        return bool(number >= 0)

    def text(self, number: fmpq) -> str:
        """Numerator and denominator."""
        return str(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """Functions of parameters: exact fractions, with signs proved from the conditions.

    Attributes:
        ring: the polynomials that numerators and denominators are.
        conditions: what is known about the parameters.
        powers: symbols that stand for powers such as ``r**k``.
    """

    ring: Ring
    conditions: Facts
    powers: Mapping[Expr, Dummy]
    elements: dict[Expr, Fraction] = field(default_factory=dict)
    signs: dict[tuple[Expr, bool], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, numbers: Sequence[Any], conditions: Facts) -> Functions:
        """The smallest field that holds the numbers.

        Raises:
            CertificateRejected: if one of them may be undefined for some parameters.
        """
        powers: dict[Expr, Dummy] = {}
        plain = []
        for number in dict.fromkeys(conditions.apply(_expression(number)) for number in numbers):
            if sympy.count_ops(number) > MAX_OPERATIONS:
                raise CertificateRejected(f"expected at most {MAX_OPERATIONS} operations in a coefficient")
            if not defined(number, conditions) or number.has(sympy.nan, sympy.zoo, sympy.oo):
                raise CertificateRejected(f"{number} may be undefined for some parameters")
            plain.append(_with_powers(number, conditions, powers))
        return cls(ring=Ring.of(plain), conditions=conditions, powers=powers)

    def element(self, number: Any) -> Fraction:
        """An expression, or a rational number."""
        expression = self.conditions.apply(_expression(number))
        if expression not in self.elements:
            plain = _with_powers(expression, self.conditions, dict(self.powers))
            self.elements[expression] = self._reduced(self.ring.fraction(plain))
        return self.elements[expression]

    def product(self, first: Fraction, second: Fraction) -> Fraction:
        """first * second."""
        return self._reduced(first * second)

    def quotient(self, first: Fraction, second: Fraction) -> Fraction:
        """first / second."""
        return self._reduced(first * second**-1)

    def difference(self, first: Fraction, second: Fraction) -> Fraction:
        """first - second."""
        return self._reduced(first - second)

    def negated(self, number: Fraction) -> Fraction:
        """-number."""
        return Fraction(-number.numerator, number.denominator)

    def is_zero(self, number: Fraction) -> bool:
        """Whether it is identically zero."""
        return bool(number.numerator.is_zero())

    def is_positive(self, number: Fraction) -> bool:
        """Whether it is proved to be > 0 wherever the conditions hold."""
        return not self.is_zero(number) and self._has_sign(number, strict=True)

    def is_nonnegative(self, number: Fraction) -> bool:
        """Whether it is proved to be >= 0 wherever the conditions hold."""
        return self.is_zero(number) or self._has_sign(number, strict=False)

    def text(self, number: Fraction) -> str:
        """As an expression."""
        return str(self.ring.expression(number).xreplace({name: power for power, name in self.powers.items()}))

    def _reduced(self, number: Fraction) -> Fraction:
        """In lowest terms, with no power of a root that is a whole power of its base."""
        number = self.ring.reduced(number)
        if number.numerator.is_zero():
            return self.ring.constant(fmpq(0))
        common = number.numerator.gcd(number.denominator)
        return Fraction(number.numerator / common, number.denominator / common)

    def _has_sign(self, number: Fraction, *, strict: bool) -> bool:
        """By the signs of the factors of numerator and denominator, else of their product."""
        product = 1
        for polynomial, may_vanish in ((number.numerator, True), (number.denominator, False)):
            unit, factors = polynomial.factor()
            product *= 1 if unit > 0 else -1
            for factor, exponent in factors:
                sign = self._sign(factor, strict=strict and may_vanish, even=exponent % 2 == 0)
                if sign == 0:
                    return self._proved(number.numerator * number.denominator, strict=strict)
                product *= sign
        return product > 0

    def _sign(self, factor: Any, *, strict: bool, even: bool) -> int:
        """1, -1, or 0 where it is open; a factor of the denominator is known not to vanish."""
        if even and (not strict or self.conditions.is_nonzero(self._written(factor))):
            return 1
        return next((sign for sign in (1, -1) if self._proved(sign * factor, strict=strict)), 0)

    def _proved(self, polynomial: Any, *, strict: bool) -> bool:
        expression = self.ring.expression(Fraction(polynomial, self.ring.context.constant(1)))
        if (expression, strict) not in self.signs:
            written = self._written(polynomial)
            forms = [(expression, self._of_powers())] if written != expression else []
            found = any(_is_nonnegative(form, facts, strict) for form, facts in [*forms, (written, self.conditions)])
            self.signs[expression, strict] = found
        return self.signs[expression, strict]

    def _written(self, polynomial: Any) -> Expr:
        expression = self.ring.expression(Fraction(polynomial, self.ring.context.constant(1)))
        return expression.xreplace({name: power for power, name in self.powers.items()})

    def _of_powers(self) -> Facts:
        """The conditions, and that powers of what is at most 1 are so, too."""
        exponents = [
            (power, name)
            for power, name in self.powers.items()
            if power.exp.is_nonnegative or power.exp + 1 in COUNTERS.values()
        ]
        small = [
            (1 - name, False)
            for power, name in exponents
            if self.conditions.is_nonnegative(power.base) and self.conditions.is_nonnegative(1 - power.base)
        ]
        return replace(self.conditions, constraints=(*self.conditions.constraints, *small), known={})


def _is_nonnegative(expression: Expr, facts: Facts, strict: bool) -> bool:
    try:
        return nonnegative(expression, facts, strict=strict)
    except Unsupported:
        return False


def _expression(number: Any) -> Expr:
    return Rational(int(number.p), int(number.q)) if isinstance(number, fmpq) else sympy.sympify(number, strict=True)


def _with_powers(expression: Expr, conditions: Facts, powers: dict[Expr, Dummy]) -> Expr:
    """Powers with symbolic exponents taken apart, ``r**(2*k + 1)`` as ``p**2 * r**3`` with p for ``r**(k - 1)``."""
    take_apart = partial(_taken_apart, conditions=conditions, powers=powers)
    return expression.replace(lambda node: node.is_Pow and not node.exp.is_Rational, take_apart)


def _taken_apart(power: Expr, *, conditions: Facts, powers: dict[Expr, Dummy]) -> Expr:
    """Where the base may vanish, ``r**(k - 1)`` has an exponent that is not negative, and so must all others."""
    base, exponent = sympy.cancel(power.base), sympy.expand(power.exp)
    constant, rest = exponent.as_coeff_Add()
    number, symbolic = rest.as_coeff_Mul()
    counted = symbolic.is_Symbol and symbolic.is_integer and symbolic.is_positive
    if number.is_Integer and constant.is_Integer and counted and (min(number, constant + number) >= 0):
        return _named(base ** (symbolic - 1), base, conditions, powers) ** number * base ** (constant + number)
    if number.is_Integer and constant.is_Integer and conditions.is_positive(base):
        return _named(base**symbolic, base, conditions, powers) ** number * base**constant
    return _named(base**exponent, base, conditions, powers)


def _named(power: Expr, base: Expr, conditions: Facts, powers: dict[Expr, Dummy]) -> Expr:
    if not power.is_Pow or power.exp.is_Rational:
        return power
    if power not in powers:
        signs = {"positive": True} if conditions.is_positive(base) else {"nonnegative": True}
        powers[power] = Dummy("p", **(signs if conditions.is_nonnegative(base) else {"real": True}))
    return powers[power]
