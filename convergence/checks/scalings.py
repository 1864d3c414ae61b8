"""Scaling laws of polynomials in parameters and vectors: weights under which each of them has one degree."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import fmpz_mat
from sympy import Expr

from convergence.certificates.gram import Form


def _powers(expression: Expr) -> Iterator[dict[str, Fraction]]:
    """The exponents of each term of an expanded expression."""
    for term in sympy.Add.make_args(sympy.expand(expression)):
        yield {
            str(base): Fraction(int(exponent.p), int(exponent.q))
            for base, exponent in term.as_powers_dict().items()
            if not base.is_number and exponent.is_Rational
        }


def _degrees(expression: Expr) -> tuple[list[dict[str, Fraction]], list[dict[str, Fraction]]]:
    numerator, denominator = sympy.fraction(sympy.together(expression))
    return list(_powers(numerator)), list(_powers(denominator))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalings:
    """Weights of parameters and of basis vectors under which every polynomial of a claim has one degree."""

    names: tuple[str, ...]
    weights: tuple[tuple[int, ...], ...]

    def degree(self, powers: Mapping[str, Fraction]) -> tuple[Fraction, ...]:
        """The degree of a monomial."""
        places = [(self.names.index(name), power) for name, power in powers.items() if name in self.names]
        return tuple(sum((law[place] * power for place, power in places), Fraction(0)) for law in self.weights)

    def degree_of(self, expression: Expr, key: Sequence[str] = ()) -> tuple[Fraction, ...]:
        """The degree of an expression that has one, times an inner product."""
        numerator, denominator = _degrees(expression)
        above = _joined(numerator[0], key)
        return tuple(a - b for a, b in zip(self.degree(above), self.degree(denominator[0]), strict=True))

    def degree_of_form(self, form: Form) -> tuple[Fraction, ...]:
        """The degree of a form that has one."""
        key, value = next(iter(form.terms.items()))
        return self.degree_of(value, key)


def _joined(powers: Mapping[str, Fraction], key: Sequence[str]) -> dict[str, Fraction]:
    joined = dict(powers)
    for name in key:
        if name != "1":
            joined[f"|{name}"] = joined.get(f"|{name}", Fraction(0)) + 1
    return joined


def scalings(forms: Sequence[Form], parts: Sequence[Expr]) -> Scalings:
    """All scaling laws of forms and of expressions in parameters."""
    rows: list[dict[str, Fraction]] = []
    for form in forms:
        group = []
        for key, value in form.terms.items():
            numerator, denominator = _degrees(value)
            rows += _differences(denominator)
            group += [_minus(_joined(powers, key), denominator[0]) for powers in numerator]
        rows += _differences(group)
    for part in parts:
        numerator, denominator = _degrees(part)
        rows += _differences(numerator) + _differences(denominator)
    names = tuple(sorted({name for form in [*rows, *_all_powers(forms, parts)] for name in form}))
    return Scalings(names=names, weights=_null_space(rows, names))


def _all_powers(forms: Sequence[Form], parts: Sequence[Expr]) -> Iterator[dict[str, Fraction]]:
    for key, value in [pair for form in forms for pair in form.terms.items()] + [((), part) for part in parts]:
        for powers in itertools.chain(*_degrees(value)):
            yield _joined(powers, key)


def _minus(first: Mapping[str, Fraction], second: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {name: first.get(name, Fraction(0)) - second.get(name, Fraction(0)) for name in {**first, **second}}


def _differences(group: Sequence[Mapping[str, Fraction]]) -> list[dict[str, Fraction]]:
    return [_minus(powers, group[0]) for powers in group[1:]]


def _null_space(rows: Sequence[Mapping[str, Fraction]], names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    unique = {tuple(row.get(name, Fraction(0)) for name in names) for row in rows}
    whole = [[int(value * 12) for value in row] for row in unique if any(row)]
    if not whole:
        return tuple(tuple(int(i == j) for i in range(len(names))) for j in range(len(names)))
    space, size = fmpz_mat(whole).nullspace()
    return tuple(tuple(int(space[i, j]) for i in range(len(names))) for j in range(size))
