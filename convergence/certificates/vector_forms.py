"""Expressions in vectors as polynomials in inner products, norms and function values.

A vector is a combination of basis vectors: declared names, gradients and expectations. A number is a polynomial whose
atoms are function values, norms and inner products of basis vectors; its coefficients are expressions in parameters.
``norm(u)**2`` is the inner product of u with itself. An expectation is linear; what is not random pulls out, and

    E<r, s> = <E r, E s> + <r - E r, s - E s>

where the last product, as a matrix over r and s, is again a matrix of inner products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

import sympy
from sympy import Expr, Integer

from convergence.certificates.gram import Form, Vector
from convergence.certificates.signs import Facts
from convergence.errors import CertificateRejected
from convergence.expressions import E, RandomVector, dot, f, grad, has_vectors, norm, to_text
from convergence.expressions import Vector as VectorName

Atom: TypeAlias = tuple[str, ...]
"""One name for a number such as ``f(x)``, two sorted names for the inner product of two basis vectors."""

Monomial: TypeAlias = tuple[Atom, ...]
"""Sorted atoms; () is 1."""

MAX_TERMS = 2_000
MAX_POWER = 4


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A polynomial in atoms with coefficients that are expressions in parameters."""

    terms: Mapping[Monomial, Expr] = field(default_factory=dict)

    def __add__(self, other: Polynomial) -> Polynomial:
        """The sum."""
        total = dict(self.terms)
        for key, value in other.terms.items():
            total[key] = total.get(key, Integer(0)) + value
        return Polynomial({key: value for key, value in total.items() if value != 0})

    def __sub__(self, other: Polynomial) -> Polynomial:
        """The difference."""
        return self + other.times(Integer(-1))

    def __mul__(self, other: Polynomial) -> Polynomial:
        """The product."""
        total: dict[Monomial, Expr] = {}
        for (left, a), (right, b) in product(self.terms.items(), other.terms.items()):
            key = tuple(sorted((*left, *right)))
            total[key] = total.get(key, Integer(0)) + a * b
        if len(total) > MAX_TERMS:
            raise CertificateRejected(f"expected at most {MAX_TERMS} terms, found {len(total)}")
        return Polynomial({key: value for key, value in total.items() if value != 0})

    def times(self, factor: Expr) -> Polynomial:
        """A multiple."""
        return Polynomial({key: factor * value for key, value in self.terms.items() if factor != 0})


def of_form(form: Form) -> Polynomial:
    """A form in vectors and values as a polynomial."""
    return Polynomial({(key,) if key else (): sympy.sympify(value) for key, value in form.terms.items()})


def atom(name: Atom) -> Polynomial:
    """An atom by itself."""
    return Polynomial({(name,): Integer(1)})


def number(value: Expr) -> Polynomial:
    """A polynomial without atoms."""
    return Polynomial({(): value} if value != 0 else {})


@dataclass(slots=True)
class Space:
    """The basis vectors, points and norms that a claim speaks of; reading an expression adds what is new in it.

    Attributes:
        conditions: what is known about the parameters.
        random: basis vectors and numbers that are random.
        means: expectations of random basis vectors that equations state.
        names: how defined points are called.
        points: every point where the function or its gradient is taken, by the point's name.
        norms: the vectors whose norms are taken, by the norm's name.
        lengths: numbers that are not negative: norms and their expectations.
        minimisers: names of points where the gradient is 0.
        infima: symbols that stand for the infimum of the function.
    """

    conditions: Facts
    random: set[str] = field(default_factory=set)
    means: dict[str, Vector] = field(default_factory=dict)
    names: dict[Expr, str] = field(default_factory=dict)
    points: dict[str, Vector] = field(default_factory=dict)
    norms: dict[str, Vector] = field(default_factory=dict)
    lengths: set[str] = field(default_factory=set)
    minimisers: set[str] = field(default_factory=set)
    infima: frozenset[Expr] = frozenset()

    # --- vectors

    def vector(self, expression: Expr) -> Vector:
        """A vector as a combination of basis vectors.

        Raises:
            CertificateRejected: if it is none, as a product of a vector with a norm.
        """
        if expression.is_zero:
            return Vector({})
        if isinstance(expression, VectorName):
            if isinstance(expression, RandomVector):
                self.random.add(expression.name)
            return Vector({expression.name: Integer(1)})
        if isinstance(expression, grad):
            return self._gradient(expression.args[0])
        if isinstance(expression, E):
            return self.mean_of_vector(self.vector(expression.args[0]))
        if expression.is_Add:
            return _plain(sum((self.vector(part) for part in expression.args), start=Vector({})))
        if expression.is_Mul:
            return self._multiple(expression)
        raise CertificateRejected(f"expected a combination of vectors, found {expression}")

    def _multiple(self, expression: Expr) -> Vector:
        factors = [part for part in expression.args if not has_vectors(part)]
        rest = [part for part in expression.args if has_vectors(part)]
        if len(rest) != 1 or rest[0].is_Pow:
            raise CertificateRejected(f"expected a number times a vector, found {expression}")
        return _plain(sympy.Mul(*factors) * self.vector(rest[0]))

    def _gradient(self, point: Expr) -> Vector:
        name = self.point(point)
        return Vector({}) if name in self.minimisers else Vector({f"grad({name})": Integer(1)})

    def point(self, expression: Expr) -> str:
        """The name of a point where the function is taken."""
        place = self.vector(expression)
        known = next((name for name, other in self.points.items() if other == place), None)
        if known is not None:
            return known
        name = self.names.get(sympy.expand(expression)) or _text(place)
        self.points[name] = place
        if self.is_random(place):
            self.random |= {f"grad({name})", f"f({name})"}
        return name

    def is_random(self, vector: Vector) -> bool:
        """Whether a vector depends on something random."""
        return any(name in self.random for name in vector.parts)

    def mean_of_vector(self, vector: Vector) -> Vector:
        """The expectation of a vector."""
        total = Vector({})
        for name, value in vector.parts.items():
            total = total + value * self._mean_of_basis(name)
        return _plain(total)

    def _mean_of_basis(self, name: str) -> Vector:
        if name not in self.random:
            return Vector({name: Integer(1)})
        return self.means.get(name, Vector({f"E[{name}]": Integer(1)}))

    # --- numbers

    def number(self, expression: Expr) -> Polynomial:
        """A number as a polynomial.

        Raises:
            CertificateRejected: if it is not polynomial in inner products, norms and values.
        """
        if expression in self.infima:
            return atom((expression.name,))
        if not has_vectors(expression) and not expression.free_symbols & self.infima:
            return number(expression)
        if expression.is_Add:
            return sum((self.number(part) for part in expression.args), start=Polynomial())
        if expression.is_Mul:
            return self._product(expression)
        if expression.is_Pow:
            return self._power(expression.base, expression.exp)
        match expression:
            case f():
                return atom((f"f({self.point(expression.args[0])})",))
            case dot():
                return inner(*(self.vector(part) for part in expression.args))
            case norm():
                return self._norm(self.vector(expression.args[0]))
            case E():
                return self.mean(self.number(expression.args[0]))
        raise CertificateRejected(f"no rule for {expression}")

    def _product(self, expression: Expr) -> Polynomial:
        total = number(Integer(1))
        for part in expression.args:
            total = self.reduced(total * self.number(part))
        return total

    def _power(self, base: Expr, exponent: Expr) -> Polynomial:
        if not exponent.is_Integer or not 1 <= exponent <= MAX_POWER:
            raise CertificateRejected(f"expected a whole power up to {MAX_POWER}, found {base}**{exponent}")
        if isinstance(base, norm) and exponent % 2 == 0:
            vector = self.vector(base.args[0])
            return self._power_of(inner(vector, vector), int(exponent) // 2)
        return self._power_of(self.number(base), int(exponent))

    def _power_of(self, factor: Polynomial, exponent: int) -> Polynomial:
        total = factor
        for _ in range(exponent - 1):
            total = self.reduced(total * factor)
        return total

    def _norm(self, vector: Vector) -> Polynomial:
        """``norm(c u) = |c| norm(u)``: multiples of one vector share a norm."""
        if not vector.parts:
            return Polynomial()
        first = vector.parts[min(vector.parts)]
        ratios = {name: sympy.cancel(value / first) for name, value in vector.parts.items()}
        if all(ratio.is_Rational for ratio in ratios.values()):
            return self.norm_of(Vector(ratios)).times(self._size(first))
        return self.norm_of(vector)

    def norm_of(self, vector: Vector) -> Polynomial:
        """The norm of a vector as an atom."""
        name = f"norm({_text(vector)})"
        self.norms[name] = vector
        self.lengths.add(name)
        if self.is_random(vector):
            self.random.add(name)
        return atom((name,))

    def _size(self, factor: Expr) -> Expr:
        if factor.is_nonnegative or self.conditions.is_nonnegative(factor):
            return factor
        return -factor if self.conditions.is_nonnegative(-factor) else sympy.Abs(factor)

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """Without squares of norms: ``norm(u)**2 = <u, u>``."""
        total = Polynomial()
        for monomial, value in polynomial.terms.items():
            repeated = next((name for name in monomial if name[0] in self.norms and monomial.count(name) > 1), None)
            if repeated is None:
                total = total + Polynomial({monomial: value})
                continue
            rest = list(monomial)
            rest.remove(repeated)
            rest.remove(repeated)
            vector = self.norms[repeated[0]]
            total = total + self.reduced(Polynomial({tuple(rest): value}) * inner(vector, vector))
        return total

    def mean(self, polynomial: Polynomial) -> Polynomial:
        """The expectation of a number."""
        total = Polynomial()
        for monomial, value in polynomial.terms.items():
            fixed = tuple(part for part in monomial if not self._is_random(part))
            drawn = tuple(part for part in monomial if self._is_random(part))
            total = total + Polynomial({fixed: value}) * self._mean(drawn)
        return total

    def _is_random(self, name: Atom) -> bool:
        return any(part in self.random for part in name)

    def _mean(self, drawn: Monomial) -> Polynomial:
        if not drawn:
            return number(Integer(1))
        if len(drawn) > 1 or len(drawn[0]) == 1:
            name = f"E[{'*'.join(map(atom_text, drawn))}]"
            if all(part[0] in self.lengths for part in drawn):
                self.lengths.add(name)
            return atom((name,))
        first, second = drawn[0]
        product_of_means = inner(self._mean_of_basis(first), self._mean_of_basis(second))
        if first in self.random and second in self.random:
            return product_of_means + atom((_centred(min(first, second)), _centred(max(first, second))))
        return product_of_means


def inner(first: Vector, second: Vector) -> Polynomial:
    """The inner product of two vectors."""
    total: dict[Monomial, Expr] = {}
    for (left, a), (right, b) in product(first.parts.items(), second.parts.items()):
        key = ((min(left, right), max(left, right)),)
        total[key] = total.get(key, Integer(0)) + a * b
    return Polynomial({key: value for key, value in total.items() if value != 0})


def to_form(polynomial: Polynomial) -> Form:
    """A polynomial as a quadratic form: of the basis vectors, and of the number 1 with the other atoms."""
    terms: dict[tuple[str, ...], Expr] = {}
    for monomial, value in polynomial.terms.items():
        key = _pair(monomial)
        terms[key] = terms.get(key, Integer(0)) + value
    return Form(terms)


def _pair(monomial: Monomial) -> tuple[str, str]:
    if len(monomial) == 1 and len(monomial[0]) == 2:
        return monomial[0][0], monomial[0][1]
    texts = [atom_text(part) for part in monomial]
    first, second = texts if len(texts) == 2 else ("1", "*".join(texts) or "1")
    return min(first, second), max(first, second)


def atom_text(name: Atom) -> str:
    """An atom as text."""
    return name[0] if len(name) == 1 else f"<{name[0]}, {name[1]}>"


def polynomial_text(polynomial: Polynomial) -> str:
    """A polynomial in inner products, norms and values as text."""
    terms = [
        "*".join([f"({to_text(value)})", *map(atom_text, monomial)]) for monomial, value in polynomial.terms.items()
    ]
    return " + ".join(terms) or "0"


def _centred(name: str) -> str:
    return f"{name} - E[{name}]"


def _plain(vector: Vector) -> Vector:
    parts = {name: sympy.cancel(value) for name, value in vector.parts.items()}
    return Vector({name: parts[name] for name in sorted(parts) if parts[name] != 0})


def _text(vector: Vector) -> str:
    return " + ".join(name if value == 1 else f"({value})*{name}" for name, value in vector.parts.items()) or "0"
