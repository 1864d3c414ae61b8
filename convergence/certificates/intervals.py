"""Constraints on boxes: exact evaluation at a point, rigorous exclusion of a whole box by bisection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import flint
import sympy
from flint import arb, fmpq
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.certificates.exact import ball, holds, to_fmpq
from convergence.errors import CertificateRejected
from convergence.printed import Printed

MAX_BOXES = 4_000
_FAR = fmpq(10) ** 60

Box = Mapping[Symbol, tuple[fmpq, fmpq]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """An expression must lie in an interval.

    Attributes:
        expression: what is constrained.
        lower, upper: the ends, or None.
        strict: whether the ends are excluded.
    """

    expression: Expr
    lower: Rational | None
    upper: Rational | None
    strict: bool = False

    def holds(self, point: Mapping[Symbol, fmpq]) -> bool:
        """Whether it is true at a point, decided rigorously."""
        above, below = (sympy.Gt, sympy.Lt) if self.strict else (sympy.Ge, sympy.Le)
        return (self.lower is None or holds(above(self.expression, self.lower, evaluate=False), point)) and (
            self.upper is None or holds(below(self.expression, self.upper, evaluate=False), point)
        )

    def excludes(self, box: Box) -> bool:
        """Whether it is surely false everywhere in a box."""
        try:
            value = ball(self.expression, {name: _interval(*ends) for name, ends in box.items()}, 128)
        except CertificateRejected:
            return False
        return self._outside(value, self.lower, 1) or self._outside(value, self.upper, -1)

    def _outside(self, value: arb, end: Rational | None, side: int) -> bool:
        if end is None:
            return False
        distance = side * (value - arb(to_fmpq(end)))
        return bool(distance <= 0) if self.strict else bool(distance < 0)


def rounds_to(expression: Expr, printed: Printed) -> Constraint:
    """The expression's value is one that may be printed so."""
    return Constraint(expression=expression, lower=printed.lower, upper=printed.upper, strict=printed.strict)


def relation(link: Relational) -> Constraint:
    """A relation as a constraint on the difference of its sides."""
    zero = Rational(0)
    return Constraint(
        expression=link.lhs - link.rhs,
        lower=zero if link.rel_op in (">=", ">", "==") else None,
        upper=zero if link.rel_op in ("<=", "<", "==") else None,
        strict=link.rel_op in ("<", ">"),
    )


def printed_box(inputs: Mapping[Symbol, Printed]) -> dict[Symbol, tuple[fmpq, fmpq]]:
    """The values that round to printed inputs; an open side reaches to 10**60."""
    return {
        name: (
            -_FAR if printed.lower is None else to_fmpq(printed.lower),
            _FAR if printed.upper is None else to_fmpq(printed.upper),
        )
        for name, printed in inputs.items()
    }


def excluded(constraints: Sequence[Constraint], box: Box) -> bool:
    """Whether no point of the box satisfies all constraints; False if bisection cannot tell within its limit."""
    return all(inside for inside in _leaves(constraints, box))


def _leaves(constraints: Sequence[Constraint], box: Box) -> Iterator[bool]:
    pending, seen = [dict(box)], 0
    while pending:
        current = pending.pop()
        seen += 1
        if any(constraint.excludes(current) for constraint in constraints):
            yield True
        elif seen >= MAX_BOXES or not _divisible(current):
            yield False
        else:
            pending += halves(current)


def halves(box: Box) -> list[dict[Symbol, tuple[fmpq, fmpq]]]:
    """The box cut across its longest side."""
    longest = max(box, key=lambda name: box[name][1] - box[name][0])
    low, high = box[longest]
    middle = (low + high) / 2
    return [{**box, longest: (low, middle)}, {**box, longest: (middle, high)}]


def _divisible(box: Box) -> bool:
    return any(high > low for low, high in box.values())


def _interval(low: fmpq, high: fmpq) -> arb:
    previous = flint.ctx.prec
    flint.ctx.prec = 128
    try:
        return arb(low).union(arb(high))
    finally:
        flint.ctx.prec = previous
