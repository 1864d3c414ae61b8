"""Asymptotic expansions in the scale ``exp(sum q k^d log^e k) k^p (log k)^q (log log k)^r``.

The exponents and coefficients are expressions in parameters. An `Expansion` says that a function of k equals its terms
plus a remainder that is at most a constant times a monomial as k tends to infinity, for fixed parameters. Order between
monomials comes from `Facts.sign`; what the hypotheses leave open is raised as `Undetermined`, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cmp_to_key

import sympy
from sympy import Expr, Integer

from convergence.certificates.signs import Facts, Unsupported

ZERO, UNIT = Integer(0), Integer(1)

Power = tuple[Expr, Expr]  # k^d (log k)^e
Leading = tuple[Power, Expr, list[tuple[Power, Expr]]]


@dataclass(frozen=True, slots=True)
class Monomial:
    """``exp(sum of coefficient * k^d (log k)^e) * k^p * (log k)^q * (log log k)^r``; exponents are free of k."""

    exponent: tuple[tuple[Power, Expr], ...] = ()
    p: Expr = ZERO
    q: Expr = ZERO
    r: Expr = ZERO

    def times(self, other: Monomial) -> Monomial:
        """The product."""
        merged = dict(self.exponent)
        for power, coefficient in other.exponent:
            merged[power] = sympy.expand(merged.get(power, ZERO) + coefficient)
        kept = tuple(sorted(((power, value) for power, value in merged.items() if value != 0), key=str))
        return Monomial(kept, *(sympy.expand(a + b) for a, b in zip(self.powers, other.powers, strict=True)))

    def to_the(self, power: Expr) -> Monomial:
        """A power that is free of k."""
        exponent = tuple((name, sympy.expand(value * power)) for name, value in self.exponent)
        return Monomial(exponent, *(sympy.expand(value * power) for value in self.powers))

    @property
    def powers(self) -> tuple[Expr, Expr, Expr]:
        """The exponents of k, log k and log log k."""
        return (self.p, self.q, self.r)

    def growth(self, facts: Facts) -> int:
        """1 if it tends to infinity, -1 if to zero, 0 if it is the constant 1."""
        for _, coefficient in _ordered(self.exponent, facts):
            if sign := facts.sign(coefficient):
                return sign
        for power in self.powers:
            if sign := facts.sign(power):
                return sign
        return 0


ONE = Monomial()
K = Monomial(p=UNIT)
LOG = Monomial(q=UNIT)


def _ordered(exponent: tuple[tuple[Power, Expr], ...], facts: Facts) -> list[tuple[Power, Expr]]:
    def compare(first: tuple[Power, Expr], second: tuple[Power, Expr]) -> int:
        (d1, e1), (d2, e2) = first[0], second[0]
        return facts.sign(sympy.expand(d2 - d1)) or facts.sign(sympy.expand(e2 - e1))

    found = sorted(exponent, key=cmp_to_key(compare)) if len(exponent) > 1 else list(exponent)
    merged: list[tuple[Power, Expr]] = []
    for power, value in found:
        if merged and compare(merged[-1], (power, value)) == 0:
            merged[-1] = (power, sympy.expand(merged[-1][1] + value))
        else:
            merged.append((power, value))
    return merged


def leading_exponent(monomial: Monomial, facts: Facts) -> Leading | None:
    """The fastest part of the exponent, its coefficient, and the rest; None where there is no exponential."""
    parts = [(power, value) for power, value in _ordered(monomial.exponent, facts) if facts.sign(value) != 0]
    return (parts[0][0], parts[0][1], parts[1:]) if parts else None


def compare(first: Monomial, second: Monomial, facts: Facts) -> int:
    """1 if the first grows faster, -1 if slower, 0 if they are the same."""
    return 0 if first == second else first.times(second.to_the(Integer(-1))).growth(facts)


def larger(monomials: Iterable[Monomial | None], facts: Facts) -> Monomial | None:
    """The fastest of several remainders; None stands for no remainder."""
    result: Monomial | None = None
    for monomial in monomials:
        if monomial is not None and (result is None or compare(monomial, result, facts) > 0):
            result = monomial
    return result


@dataclass(frozen=True, slots=True)
class Expansion:
    """Terms (coefficient, monomial) from fast to slow, plus O(`rest`); no rest means equality for all large k."""

    terms: tuple[tuple[Expr, Monomial], ...] = ()
    rest: Monomial | None = None

    @property
    def order(self) -> Monomial | None:
        """A monomial that bounds it up to a constant; None for zero."""
        return self.terms[0][1] if self.terms else self.rest


def constant(value: Expr) -> Expansion:
    """A constant."""
    return Expansion(((value, ONE),)) if value != 0 else Expansion()


def collected(
    terms: Iterable[tuple[Expr, Monomial]], rests: Iterable[Monomial | None], facts: Facts, *, more: int = 1
) -> Expansion:
    """Terms sorted and merged; what is below the remainder or beyond ``more * facts.terms`` terms joins it."""
    count = more * facts.terms
    merged: list[tuple[Expr, Monomial]] = []
    grouped: dict[Monomial, Expr] = {}
    for coefficient, monomial in terms:
        grouped[monomial] = grouped.get(monomial, ZERO) + coefficient
    kept: list[tuple[Expr, Monomial]] = [
        (value, monomial) for monomial, raw in grouped.items() if (value := _tidy(raw)) != 0
    ]

    def slower(first: tuple[Expr, Monomial], second: tuple[Expr, Monomial]) -> int:
        return -compare(first[1], second[1], facts)

    kept.sort(key=cmp_to_key(slower))
    for coefficient, monomial in kept:
        if merged and compare(merged[-1][1], monomial, facts) == 0:
            value = _tidy(merged[-1][0] + coefficient)
            merged[-1:] = [(value, merged[-1][1])] if value != 0 else []
        else:
            merged.append((coefficient, monomial))
    rest = larger(rests, facts)
    if rest is not None:
        limit = rest
        above = [term for term in merged if compare(term[1], limit, facts) > 0]
    else:
        above = merged
    if len(above) > count:
        rest = larger([rest, above[count][1]], facts)
    return Expansion(tuple(above[:count]), rest)


def _tidy(value: Expr) -> Expr:
    if value.is_Rational or value.is_Symbol:
        return value
    if sympy.count_ops(value) > 400:
        raise Unsupported("a coefficient grew too large")
    return sympy.expand(value)


def add(parts: Iterable[Expansion], facts: Facts) -> Expansion:
    """The sum."""
    parts = list(parts)
    return collected([term for part in parts for term in part.terms], [part.rest for part in parts], facts)


def multiply(first: Expansion, second: Expansion, facts: Facts) -> Expansion:
    """The product."""
    terms = [(a * b, m.times(n)) for a, m in first.terms for b, n in second.terms]
    rests: list[Monomial | None] = []
    if first.rest is not None and second.order is not None:
        rests.append(first.rest.times(second.order))
    if second.rest is not None and first.order is not None:
        rests.append(second.rest.times(first.order))
    return collected(terms, rests, facts)


def scaled(part: Expansion, coefficient: Expr, monomial: Monomial, facts: Facts) -> Expansion:
    """Every term times ``coefficient * monomial``."""
    terms = [(value * coefficient, name.times(monomial)) for value, name in part.terms]
    return collected(terms, [None if part.rest is None else part.rest.times(monomial)], facts)


def lead(part: Expansion, facts: Facts) -> tuple[int, Expr, Monomial]:
    """Sign, coefficient and monomial of the first term that is certainly not zero.

    Raises:
        Undetermined: if the sign of a leading coefficient is open.
        Unsupported: if nothing but a remainder is known.
    """
    for coefficient, monomial in part.terms:
        if sign := facts.sign(coefficient):
            return sign, coefficient, monomial
    raise Unsupported("leading terms cancel")


def _relative(part: Expansion, coefficient: Expr, monomial: Monomial, facts: Facts) -> Expansion:
    """u in ``part = coefficient * monomial * (1 + u)``."""
    ratio = scaled(part, 1 / coefficient, monomial.to_the(Integer(-1)), facts)
    terms = []
    for value, name in ratio.terms:
        if name == ONE or (name.growth(facts) >= 0 and facts.sign(value) == 0):
            continue
        if name.growth(facts) >= 0:
            raise Unsupported("leading terms cancel")
        terms.append((value, name))
    return Expansion(tuple(terms), ratio.rest)


def series(part: Expansion, coefficients: list[Expr], facts: Facts) -> Expansion:
    """``sum of coefficients[j] * part**j`` for a function that is analytic at 0, where `part` tends to zero."""
    if part.order is None:
        return constant(coefficients[0])
    if part.order.growth(facts) >= 0:
        raise Unsupported("an argument that does not tend to zero")
    pieces, current = [constant(coefficients[0])], constant(UNIT)
    for value in coefficients[1:]:
        current = multiply(current, part, facts)
        pieces.append(scaled(current, value, ONE, facts) if value != 0 else Expansion())
    beyond = part.order.to_the(Integer(len(coefficients)))
    return add([*pieces, Expansion((), beyond)], facts)


def power(part: Expansion, exponent: Expr, facts: Facts) -> Expansion:
    """A power that is free of k, of something that is positive for large k (or any sign, for a whole exponent)."""
    if exponent.is_Integer and 0 <= exponent <= 4:
        result = constant(UNIT)
        for _ in range(int(exponent)):
            result = multiply(result, part, facts)
        return result
    sign, coefficient, monomial = lead(part, facts)
    if sign < 0 and not exponent.is_Integer:
        raise Unsupported("a power of something negative")
    relative = _relative(part, coefficient, monomial, facts)
    tail = constant(UNIT) if relative.order is None else series(relative, _binomials(exponent, facts.terms), facts)
    return scaled(tail, coefficient**exponent, monomial.to_the(exponent), facts)


def _binomials(exponent: Expr, count: int) -> list[Expr]:
    values = [UNIT]
    for j in range(1, count):
        values.append(sympy.expand(values[-1] * (exponent - j + 1) / j))
    return values


def logarithm(part: Expansion, facts: Facts) -> Expansion:
    """The logarithm of something that is positive for large k."""
    sign, coefficient, monomial = lead(part, facts)
    if sign < 0:
        raise Unsupported("a logarithm of something negative")
    if monomial.r != 0:
        raise Unsupported("log log log k")
    pieces = [constant(_log(coefficient)), Expansion(tuple((v, Monomial(p=d, q=e)) for (d, e), v in monomial.exponent))]
    pieces += [constant_times(monomial.p, LOG), constant_times(monomial.q, Monomial(r=UNIT))]
    relative = _relative(part, coefficient, monomial, facts)
    if relative.order is not None:
        signs = [ZERO] + [sympy.Rational((-1) ** (j + 1), j) for j in range(1, facts.terms)]
        pieces.append(series(relative, signs, facts))
    return collected([t for piece in pieces for t in piece.terms], [piece.rest for piece in pieces], facts, more=2)


def _log(coefficient: Expr) -> Expr:
    return coefficient.args[0] if isinstance(coefficient, sympy.exp) else sympy.expand_log(sympy.log(coefficient))


def constant_times(value: Expr, monomial: Monomial) -> Expansion:
    """One term."""
    return Expansion(((value, monomial),)) if value != 0 else Expansion()


def exponential(part: Expansion, facts: Facts) -> Expansion:
    """``exp`` of an expansion whose remainder tends to zero."""
    if part.rest is not None and part.rest.growth(facts) >= 0:
        raise Unsupported("an exponent that is known up to a bounded factor only")
    result, value = ONE, UNIT
    small: list[tuple[Expr, Monomial]] = []
    for coefficient, monomial in part.terms:
        growth = monomial.growth(facts)
        if growth < 0:
            small.append((coefficient, monomial))
        elif growth == 0:
            value = value * sympy.exp(coefficient)
        else:
            result = result.times(_exponential_of(coefficient, monomial, facts))
    factorials = [sympy.Rational(1, sympy.factorial(j)) for j in range(facts.terms)]
    tail = series(Expansion(tuple(small), part.rest), factorials, facts)
    return scaled(tail, value, result, facts)


def _exponential_of(coefficient: Expr, monomial: Monomial, facts: Facts) -> Monomial:
    if monomial.exponent:
        raise Unsupported("an exponential of an exponential")
    if facts.sign(monomial.r) == 0:
        if facts.sign(monomial.p) == 0 and facts.sign(monomial.q - 1) == 0:
            return Monomial(p=coefficient)
        return Monomial(exponent=(((monomial.p, monomial.q), coefficient),))
    if facts.sign(monomial.p) == 0 and facts.sign(monomial.q) == 0 and facts.sign(monomial.r - 1) == 0:
        return Monomial(q=coefficient)
    raise Unsupported("an exponential of log log k times something else")
