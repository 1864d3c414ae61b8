"""Whether a method's schedules have reached their final form within a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

import mpmath
from sympy import Expr, Integer, Symbol

from convergence.expressions import T
from convergence.kernels import evaluate, high_precision, program
from convergence.methods.rule import Rule, t

CLOSE = 0.05  # of local exponents
STEEP = 5.0  # local exponents beyond it count as exponential decay
FAR = 10**9
_DIGITS = high_precision(30)


def settled_after(rule: Rule, values: Mapping[Symbol, Expr], steps: int) -> float:
    """The step from which every coefficient follows its final power of k; inf if none up to `FAR` times `steps`.

    A schedule such as ``eta/(1 + k/10000)`` is constant for a thousand steps: what a run shows then is not its rate.
    At most `steps` means that a run of that length may be judged.
    """
    found = [_settled(expression.xreplace(dict(values)), steps) for expression in set(_coefficients(rule))]
    return max(found, default=1.0)


def _coefficients(rule: Rule) -> Iterator[Expr]:
    """The largest subexpressions that depend on the step and on constants only; a fixed horizon T is a constant."""
    plan = program(rule)
    constant = {t, *plan.inputs}

    def walk(node: Expr) -> Iterator[Expr]:
        if not node.has(t):
            return
        if node.free_symbols <= constant:
            if T not in node.free_symbols:
                yield node
            return
        for argument in node.args:
            yield from walk(argument)
        loose = [argument for argument in node.args if argument.free_symbols <= constant]
        if node.is_Mul and len(loose) > 1:
            yield node.func(*loose)

    for expression in (plan.query, plan.output, *(value for _, value in plan.update)):
        yield from walk(expression)


def _settled(expression: Expr, steps: int) -> float:
    final = _slope(expression, steps * FAR)
    count = steps
    while count <= steps * FAR:
        if _alike(_slope(expression, count), final):
            return float(count)
        count *= 2
    return inf


def _alike(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE or (abs(a) > STEEP and a * b > 0 and abs(b) > STEEP)


def _slope(expression: Expr, count: int) -> float:
    """d log |expression| / d log k between count/3 and count, in an arithmetic without underflow."""
    late, early = (_magnitude(expression, value) for value in (count, max(1, count // 3)))
    if late == 0 and early == 0:
        return -inf
    if late == 0 or early == 0:
        return inf if early == 0 else -inf
    return float(mpmath.log(late / early) / mpmath.log(mpmath.mpf(count) / max(1, count // 3)))


def _magnitude(expression: Expr, count: int) -> mpmath.mpf:
    return abs(mpmath.mpmathify(evaluate(expression, {t: _DIGITS.number(Integer(count))}, _DIGITS)))
