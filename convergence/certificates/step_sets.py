"""Sets of step sizes: a single one, or those that satisfy polynomial relations; membership and ends are exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flint import fmpq, fmpq_poly
from sympy import Expr, Integer, Symbol
from sympy.core.relational import Relational

from convergence.certificates import document
from convergence.certificates.algebraic import Real, algebraic, rational_between, real_roots
from convergence.certificates.parametric import Parametric
from convergence.certificates.polynomials import Ring, identical
from convergence.certificates.substitution import Values, substituted
from convergence.errors import CertificateRejected
from convergence.expressions import names_in, parse_relation, symbol

_SIGNS: Mapping[str, Callable[[int], bool]] = {
    "<=": lambda sign: sign <= 0,
    "<": lambda sign: sign < 0,
    ">=": lambda sign: sign >= 0,
    ">": lambda sign: sign > 0,
    "==": lambda sign: sign == 0,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Condition:
    """``numerator/denominator`` stands in a relation to `level`."""

    numerator: fmpq_poly
    denominator: fmpq_poly
    level: Real
    relation: str

    def holds(self, step: Real) -> bool:
        below = _value(self.denominator, step)
        if below.sign == 0:
            return False
        return _SIGNS[self.relation]((_value(self.numerator, step) / below - self.level).sign)

    def ends(self) -> list[Real]:
        poles = _roots(self.denominator)
        if self.level.rational is not None:
            return poles + _roots(self.numerator - self.level.rational * self.denominator)
        slope, offset = self.numerator[1], self.numerator[0]
        return [*poles, (self.level - Real.of(offset)) / Real.of(slope)] if slope != 0 else poles


@dataclass(frozen=True, slots=True, eq=False)
class _OpenCondition:
    """``slope*step + offset`` stands in a relation to zero; both may depend on the claim's symbols."""

    slope: Real
    offset: Real
    relation: str

    def holds(self, step: Real) -> bool:
        return _SIGNS[self.relation]((self.slope * step + self.offset).sign)

    def ends(self) -> list[Real]:
        return [-self.offset / self.slope] if self.slope.sign != 0 else []


@dataclass(frozen=True, slots=True, eq=False)
class StepSet:
    """Step sizes; `name` is the symbol's name, or None for a single step."""

    conditions: tuple[_Condition | _OpenCondition, ...] = ()
    point: Real | None = None
    name: str | None = None

    def __contains__(self, step: Real) -> bool:
        if self.point is not None:
            return self.point == step
        return all(condition.holds(step) for condition in self.conditions)

    @property
    def ends(self) -> list[Real]:
        """Steps between which membership does not change."""
        if self.point is not None:
            return [self.point]
        return [end for condition in self.conditions for end in condition.ends()]


def read_steps(claim: Mapping[str, Any], text: str, values: Values) -> StepSet:
    """The steps that a text of the claim describes, at values of the claim's symbols.

    Raises:
        CertificateRejected: if they are not described by rational functions of the step.
    """
    if not any(mark in text for mark in "<>="):
        return StepSet(point=algebraic(substituted(document.expression(claim, text), values)))
    relations, step = _relations(claim, text)
    return StepSet(tuple(_condition(relation, step, values) for relation in relations), name=step.name)


def read_open_steps(claim: Mapping[str, Any], text: str, number: Callable[[Expr], Real]) -> StepSet:
    """The steps that a text describes by relations that are linear in the step; `number` reads what has symbols.

    Raises:
        CertificateRejected: if they are not described so.
    """
    if not any(mark in text for mark in "<>="):
        return StepSet(point=number(document.expression(claim, text)))
    relations, step = _relations(claim, text)
    conditions = []
    for relation in relations:
        difference = relation.lhs - relation.rhs
        offset = difference.xreplace({step: Integer(0)})
        slope = difference.xreplace({step: Integer(1)}) - offset
        if not identical(difference, slope * step + offset):
            raise CertificateRejected(f"expected a relation that is linear in {step}, found {relation}")
        conditions.append(_OpenCondition(number(slope), number(offset), relation.rel_op))
    return StepSet(tuple(conditions), name=step.name)


def _relations(claim: Mapping[str, Any], text: str) -> tuple[tuple[Relational, ...], Symbol]:
    """The links of a text and the one name in it that is not the objective's."""
    known = {**document.names(claim), **document.variables(claim)}
    used = {free.name for free in document.expression(claim, claim["problem"]["objective"]).free_symbols}
    names = [name for name in names_in(text) if name not in used]
    if len(names) != 1:
        raise CertificateRejected(f"expected relations in one step size, found {text!r}")
    step = symbol(names[0])
    return parse_relation(text, {**known, names[0]: step}), step


def samples(ends: Iterable[Real]) -> list[Real]:
    """Every end and one simple rational in each interval between and beyond them, in increasing order."""
    ordered = distinct(ends)
    if not ordered:
        return [Real.of(0)]
    inner = [_between(low, high) for low, high in pairwise(ordered)]
    found = [_between(None, ordered[0]), ordered[0]]
    for middle, end in zip(inner, ordered[1:], strict=True):
        found += [middle, end]
    return [*found, _between(ordered[-1], None)]


def _between(low: Real | None, high: Real | None) -> Real:
    """A simple number between two: a short fraction, or the mean where they depend on symbols."""
    if low is not None and high is not None and isinstance(low + high, Parametric):
        return (low + high) * Real.of("1/2")
    if high is None and isinstance(low, Parametric):
        return low + Real.of(1)
    if low is None and isinstance(high, Parametric):
        return high - Real.of(1)
    return Real.of(rational_between(low, high))


def distinct(numbers: Iterable[Real]) -> list[Real]:
    """The numbers in increasing order, each once."""
    found: list[Real] = []
    for number in sorted(numbers):
        if not found or found[-1] != number:
            found.append(number)
    return found


def _condition(relation: Relational, step: Symbol, values: Values) -> _Condition:
    left, right = substituted(relation.lhs, values), substituted(relation.rhs, values)
    if step not in left.free_symbols and step in right.free_symbols:
        left, right = right, left
        operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}[relation.rel_op]
    else:
        operator = relation.rel_op
    if step in right.free_symbols:
        left, right = left - right, right * 0
    level = algebraic(right)
    numerator, denominator = _fraction(left, step)
    if level.rational is None and (numerator.degree() > 1 or denominator.degree() > 0):
        raise CertificateRejected(f"expected a linear expression in {step}, found {left}")
    return _Condition(numerator, denominator, level, operator)


def _fraction(expression: Expr, step: Symbol) -> tuple[fmpq_poly, fmpq_poly]:
    if extra := expression.free_symbols - {step}:
        raise CertificateRejected(f"no value for {', '.join(sorted(name.name for name in extra))}")
    ring = Ring.of([expression], (step,))
    if ring.generators:
        raise CertificateRejected(f"{expression} is not a rational function of {step}")
    fraction = ring.fraction(expression)
    parts = (fraction.numerator, fraction.denominator)
    top, below = (_dense({int(key[0]): value for key, value in part.to_dict().items()}) for part in parts)
    scale = below[0] if below.degree() == 0 else fmpq(1)
    return top / scale, below / scale


def _dense(terms: Mapping[int, fmpq]) -> fmpq_poly:
    return fmpq_poly([terms.get(power, fmpq(0)) for power in range(max(terms, default=-1) + 1)])


def _value(function: fmpq_poly, step: Real) -> Real:
    result = Real.of(0)
    for coefficient in reversed(function.coeffs()):
        result = result * step + Real.of(fmpq(coefficient))
    return result


def _roots(function: fmpq_poly) -> list[Real]:
    return real_roots(function.numer()) if function.degree() > 0 else []
