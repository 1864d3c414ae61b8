"""Expressions as exact polynomials and rational functions over the rationals, by one walk over the tree.

Subexpressions that are not rational functions (``sqrt(5)``, ``exp(x)``) become generators of their own. An identity
between the results is then one between the expressions; the converse holds only when there are no such generators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import sympy
from flint import Ordering, fmpq, fmpq_mpoly_ctx
from sympy import Expr, Rational, Symbol

from convergence.errors import CertificateRejected

MAX_TERMS = 20_000
MAX_DEGREE = 400

MPoly = Any  # fmpq_mpoly; python-flint has no types


@dataclass(frozen=True, slots=True)
class Fraction:
    """A rational function: numerator over denominator, in one ring, not reduced."""

    numerator: MPoly
    denominator: MPoly

    def __add__(self, other: Fraction) -> Fraction:
        """The sum."""
        if self.denominator == other.denominator:
            return Fraction(self.numerator + other.numerator, self.denominator)
        numerator = _times(self.numerator, other.denominator) + _times(other.numerator, self.denominator)
        return Fraction(numerator, _times(self.denominator, other.denominator))

    def __sub__(self, other: Fraction) -> Fraction:
        """The difference."""
        return self + Fraction(-other.numerator, other.denominator)

    def __mul__(self, other: Fraction) -> Fraction:
        """The product."""
        return Fraction(_times(self.numerator, other.numerator), _times(self.denominator, other.denominator))

    def __pow__(self, exponent: int) -> Fraction:
        """A whole power; a negative one needs a numerator that is not identically zero."""
        base = self if exponent >= 0 else Fraction(self.denominator, self.numerator)
        if base.denominator.is_zero():
            raise CertificateRejected("division by an expression that is identically zero")
        return Fraction(_power(base.numerator, abs(exponent)), _power(base.denominator, abs(exponent)))


@dataclass(frozen=True, slots=True)
class Ring:
    """Polynomials in given symbols and in generators for whatever is not rational in them.

    Attributes:
        symbols: the free variables, first in the ring.
        generators: base and degree q of each root ``base**(1/q)``, or a whole subexpression with q = 0.
        context: flint's ring.
    """

    symbols: tuple[Symbol, ...]
    generators: tuple[tuple[Expr, int], ...]
    context: Any

    @classmethod
    def of(cls, expressions: Sequence[Expr], symbols: Sequence[Symbol] = ()) -> Ring:
        """The smallest ring that holds the expressions; `symbols` come first, in their order."""
        free = {symbol for expression in expressions for symbol in expression.free_symbols}
        ordered = (*symbols, *sorted(free - set(symbols), key=lambda symbol: symbol.name))
        found: dict[tuple[Expr, int], None] = {}
        for expression in expressions:
            _collect(expression, found)
        names = tuple(f"x{index}" for index in range(len(ordered) + len(found)))
        return cls(ordered, tuple(found), fmpq_mpoly_ctx.get(names or ("x0",), Ordering.lex))

    def fraction(self, expression: Expr) -> Fraction:
        """The expression in this ring.

        Raises:
            CertificateRejected: if a denominator vanishes identically or the result is too large.
        """
        if expression.is_Rational:
            return self.constant(fmpq(int(expression.p), int(expression.q)))
        if expression.is_Symbol:
            return self._generator(self.symbols.index(expression))
        if expression.is_Add:
            return _sum([self.fraction(argument) for argument in expression.args])
        if expression.is_Mul:
            result = self.constant(fmpq(1))
            for argument in expression.args:
                result = result * self.fraction(argument)
            return result
        if expression.is_Pow and expression.exp.is_Rational:
            return self._power(expression)
        return self._generator(len(self.symbols) + self.generators.index((expression, 0)))

    def constant(self, value: fmpq) -> Fraction:
        """A rational number."""
        return Fraction(self.context.constant(value), self.context.constant(1))

    def equal(self, left: Expr, right: Expr) -> bool:
        """Whether two expressions are proved equal wherever both are defined; False means only: not proved."""
        return bool(self._reduced((self.fraction(left) - self.fraction(right)).numerator).is_zero())

    def expression(self, fraction: Fraction) -> Expr:
        """The fraction as an expression."""
        values = [*self.symbols, *(base ** Rational(1, degree) if degree else base for base, degree in self.generators)]
        parts = []
        for polynomial in (fraction.numerator, fraction.denominator):
            terms = [
                Rational(int(coefficient.p), int(coefficient.q))
                * sympy.Mul(*(value ** int(power) for value, power in zip(values, exponents, strict=False) if power))
                for exponents, coefficient in polynomial.to_dict().items()
            ]
            parts.append(sympy.Add(*terms))
        return parts[0] / parts[1]

    def reduced(self, fraction: Fraction) -> Fraction:
        """The same fraction with every root below the power that is its base.

        Raises:
            CertificateRejected: if the denominator vanishes identically.
        """
        numerator, denominator = fraction.numerator, fraction.denominator
        for offset, (root, degree) in reversed(list(enumerate(self.generators))):
            if not degree:
                continue
            index, base = len(self.symbols) + offset, self.fraction(root)
            above, below = (
                max((key[index] // degree for key in p.to_dict()), default=0) for p in (numerator, denominator)
            )
            if above or below:
                numerator = self._without_powers(numerator, index, base, degree)
                denominator = self._without_powers(denominator, index, base, degree)
                numerator = _times(numerator, _power(base.denominator, int(below)))
                denominator = _times(denominator, _power(base.denominator, int(above)))
        if denominator.is_zero():
            raise CertificateRejected("division by an expression that is identically zero")
        return Fraction(numerator, denominator)

    def _generator(self, index: int) -> Fraction:
        return Fraction(self.context.gen(index), self.context.constant(1))

    def _power(self, expression: Expr) -> Fraction:
        exponent = expression.exp
        if exponent.q == 1:
            return self.fraction(expression.base) ** int(exponent.p)
        index = len(self.symbols) + self.generators.index((expression.base, int(exponent.q)))
        return self._generator(index) ** int(exponent.p)

    def _reduced(self, polynomial: MPoly) -> MPoly:
        """The numerator after replacing s**q by the base of each root s, as long as a power of that size is left."""
        for offset, (base, degree) in reversed(list(enumerate(self.generators))):
            if degree:
                polynomial = self._without_powers(polynomial, len(self.symbols) + offset, self.fraction(base), degree)
        return polynomial

    def _without_powers(self, polynomial: MPoly, index: int, base: Fraction, degree: int) -> MPoly:
        """Multiplied by a power of the base's denominator, which changes no zero."""
        top = max((exponents[index] // degree for exponents in polynomial.to_dict()), default=0)
        result = self.context.constant(0)
        for exponents, coefficient in polynomial.to_dict().items():
            whole, rest = divmod(int(exponents[index]), degree)
            monomial = self.context.from_dict({(*exponents[:index], rest, *exponents[index + 1 :]): coefficient})
            scale = _times(_power(base.numerator, whole), _power(base.denominator, int(top) - whole))
            result = result + _times(monomial, scale)
        return result


def polynomial(expression: Expr, symbols: Sequence[Symbol]) -> dict[tuple[int, ...], fmpq]:
    """Exponents and coefficients of a polynomial with rational coefficients in the symbols, in their order.

    Raises:
        CertificateRejected: if the expression is anything else.
    """
    if extra := expression.free_symbols - set(symbols):
        raise CertificateRejected(f"no value for {', '.join(sorted(symbol.name for symbol in extra))}")
    ring = Ring.of([expression], symbols)
    if ring.generators:
        raise CertificateRejected(f"{expression} is not a polynomial with rational coefficients")
    fraction = ring.fraction(expression)
    quotient, rest = divmod(fraction.numerator, fraction.denominator)
    if not rest.is_zero() or not (quotient * fraction.denominator - fraction.numerator).is_zero():
        raise CertificateRejected(f"{expression} is not a polynomial")
    return {tuple(int(e) for e in key): value for key, value in quotient.to_dict().items()}


def identical(left: Expr, right: Expr) -> bool:
    """Whether two expressions are proved equal wherever both are defined; False means only that it is not proved."""
    return left == right or Ring.of([left, right]).equal(left, right)


def is_rational_function(expression: Expr) -> bool:
    """Whether `identical` is conclusive: only numbers and symbols, + - * / and whole powers occur."""
    return not Ring.of([expression]).generators


def derivative(expression: Expr, variable: Symbol) -> Expr:
    """The partial derivative, by the rules for sums, products, constant powers, exp, log, sin, cos and tanh.

    Raises:
        CertificateRejected: for any other function of the variable.
    """
    if variable not in expression.free_symbols:
        return sympy.Integer(0)
    if expression.is_Symbol:
        return sympy.Integer(1)
    if expression.is_Add:
        return sympy.Add(*(derivative(argument, variable) for argument in expression.args))
    if expression.is_Mul:
        parts = expression.args
        return sympy.Add(
            *(sympy.Mul(derivative(part, variable), *parts[:i], *parts[i + 1 :]) for i, part in enumerate(parts))
        )
    if expression.is_Pow and variable not in expression.exp.free_symbols:
        inner = derivative(expression.base, variable)
        return expression.exp * expression.base ** (expression.exp - 1) * inner
    outer = _OUTER_DERIVATIVES.get(expression.func)
    if outer is None:
        raise CertificateRejected(f"{expression} has no derivative rule here")
    return outer(expression.args[0]) * derivative(expression.args[0], variable)


_OUTER_DERIVATIVES: Mapping[Any, Any] = {
    sympy.exp: sympy.exp,
    sympy.log: lambda inner: 1 / inner,
    sympy.sin: sympy.cos,
    sympy.cos: lambda inner: -sympy.sin(inner),
    sympy.tanh: lambda inner: 1 - sympy.tanh(inner) ** 2,
}


def determinant(rows: Sequence[Sequence[Expr]]) -> Expr:
    """By expansion along the first row."""
    if len(rows) > 7:
        raise CertificateRejected("a determinant of more than 7 symbolic rows")
    if not rows:
        return sympy.Integer(1)
    terms = []
    for column, entry in enumerate(rows[0]):
        if entry != 0:
            minor = [[*row[:column], *row[column + 1 :]] for row in rows[1:]]
            terms.append((-1) ** column * entry * determinant(minor))
    return sympy.Add(*terms)


def _collect(expression: Expr, found: dict[tuple[Expr, int], None]) -> None:
    """Generators, inner ones first."""
    if expression.is_Rational or expression.is_Symbol:
        return
    if expression.is_Pow and expression.exp.is_Rational:
        _collect(expression.base, found)
        if expression.exp.q != 1:
            found[(expression.base, int(expression.exp.q))] = None
    elif expression.is_Add or expression.is_Mul:
        for argument in expression.args:
            _collect(argument, found)
    else:
        found[(expression, 0)] = None


def _sum(terms: list[Fraction]) -> Fraction:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def _times(left: MPoly, right: MPoly) -> MPoly:
    if len(left) * len(right) > MAX_TERMS * 50 or left.total_degree() + right.total_degree() > MAX_DEGREE:
        raise CertificateRejected("a product of polynomials with too many terms")
    product = left * right
    if len(product) > MAX_TERMS:
        raise CertificateRejected(f"a polynomial of more than {MAX_TERMS} terms")
    return product


def _power(base: MPoly, exponent: int) -> MPoly:
    terms = max(len(base), 1)
    if (terms > 1 and comb(exponent + terms - 1, exponent) > MAX_TERMS) or base.total_degree() * exponent > MAX_DEGREE:
        raise CertificateRejected(f"a power {exponent} of a polynomial of {terms} terms is too large")
    return base**exponent
