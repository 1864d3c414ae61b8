"""The two kinds of coefficients of a Gram form: rational numbers, and functions of parameters with provable signs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import sympy
from flint import fmpq
from sympy import Dummy, Expr, Rational, Symbol

from convergence.certificates.asymptotics import defined
from convergence.certificates.inequalities import at_most, nonnegative
from convergence.certificates.polynomials import Fraction, Ring
from convergence.certificates.signs import Facts, Unsupported
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

MAX_OPERATIONS = 1_000
MAX_ROOTED = 40


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
        found = list(dict.fromkeys(conditions.apply(_expression(number)) for number in numbers))
        bases = {
            power.base
            for number in found
            for power in number.atoms(sympy.Pow)
            if not power.exp.is_Integer or power.exp < 0
        }
        for base in sorted(bases, key=sympy.count_ops):
            conditions = _with_sign(base, conditions)
        for number in found:
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
            forms = [(expression, _of_powers(self.powers, self.conditions))] if written != expression else []
            found = any(_is_nonnegative(form, facts, strict) for form, facts in [*forms, (written, self.conditions)])
            self.signs[expression, strict] = found
        return self.signs[expression, strict]

    def _written(self, polynomial: Any) -> Expr:
        expression = self.ring.expression(Fraction(polynomial, self.ring.context.constant(1)))
        return expression.xreplace({name: power for power, name in self.powers.items()})


def surely_nonnegative(number: Expr, conditions: Facts, *, strict: bool = False) -> bool:
    """Whether an expression is proved to be >= 0 (> 0), and defined, wherever the conditions hold."""
    functions = Functions.of([number], conditions)
    element = functions.element(number)
    return functions.is_positive(element) if strict else functions.is_nonnegative(element)


def _of_powers(powers: Mapping[Expr, Dummy], conditions: Facts) -> Facts:
    """The conditions, and that powers of what is at most 1 are so, too."""
    whole = [
        (power, name)
        for power, name in powers.items()
        if power.exp.is_nonnegative or power.exp + 1 in COUNTERS.values()
    ]
    small = [
        (1 - name, False)
        for power, name in whole
        if conditions.is_nonnegative(power.base) and conditions.is_nonnegative(1 - power.base)
    ]
    return replace(conditions, constraints=(*conditions.constraints, *small), known={})


def _with_sign(base: Expr, conditions: Facts) -> Facts:
    """The conditions together with the sign of a base, where they imply it in a way that they do not show at once."""
    if conditions.is_nonnegative(base) and (conditions.is_positive(base) or not base.free_symbols):
        return conditions
    powers: dict[Expr, Dummy] = {}
    plain = _with_powers(base, conditions, powers)
    facts = _of_powers(powers, conditions)
    for strict in (True, False):
        if _is_nonnegative(plain, facts, strict):
            return _remembering(base, conditions, strict, opaque=bool(powers))
    return conditions


def _remembering(base: Expr, conditions: Facts, strict: bool, *, opaque: bool) -> Facts:
    """As hypotheses, which linear arithmetic uses; what has symbolic exponents is only looked up again."""
    if opaque:
        return replace(conditions, known={**conditions.known, base: 1}) if strict else conditions
    numerator, denominator = sympy.fraction(sympy.together(base))
    rows = [base, numerator] if conditions.is_positive(denominator) else [base]
    added = tuple((sympy.expand(row), strict) for row in rows)
    return replace(conditions, constraints=(*conditions.constraints, *added), known=dict(conditions.known))


def _is_nonnegative(expression: Expr, facts: Facts, strict: bool) -> bool:
    expression, facts = _without_roots(expression, facts)
    try:
        if sympy.count_ops(expression) > MAX_ROOTED:
            return nonnegative(expression, facts, strict=strict)
        return at_most(sympy.Integer(0), expression, facts, strict=strict)
    except Unsupported:
        return False


def _without_roots(expression: Expr, facts: Facts) -> tuple[Expr, Facts]:
    """Roots of positive symbols as positive symbols, with the same order between them: ``sqrt(L) >= sqrt(mu)``."""
    powers = [power for power in expression.atoms(sympy.Pow) if power.exp.is_Rational and not power.exp.is_Integer]
    degrees: dict[Expr, int] = {}
    for power in powers:
        if power.base.is_Symbol and power.base.is_positive:
            degrees[power.base] = math.lcm(degrees.get(power.base, 1), int(power.exp.q))
    if not degrees:
        return expression, facts
    degree = math.lcm(*degrees.values())
    others = {name for row, _ in facts.constraints for name in row.free_symbols if degrees.keys() & row.free_symbols}
    named = {name for name in (*degrees, *others) if name.is_positive}
    roots = {name: Symbol(f"_r{place}", positive=True) for place, name in enumerate(sorted(named, key=str))}
    powered = {name: root**degree for name, root in roots.items()}
    rows = [(sympy.expand(row.subs(powered)), strict) for row, strict in facts.constraints]
    rows += [(lower, strict) for row, strict in rows if (lower := _rooted_difference(row, degree)) is not None]
    return sympy.powdenest(expression.subs(powered)), replace(facts, constraints=tuple(rows), known={})


def _rooted_difference(row: Expr, degree: int) -> Expr | None:
    """``a - b`` for ``a**degree - b**degree`` with positive symbols, or 1, as a and b."""
    parts = []
    for term in sympy.Add.make_args(row):
        sign, power = term.as_coeff_Mul()
        base = power.base if power.is_Pow and power.exp == degree and power.base.is_Symbol else power
        if abs(sign) != 1 or not (base == 1 or (base.is_Symbol and base.is_positive and base != power)):
            return None
        parts.append(sign * base)
    return (
        sympy.Add(*parts) if len(parts) == 2 and sympy.Add(*(part.as_coeff_Mul()[0] for part in parts)) == 0 else None
    )


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
