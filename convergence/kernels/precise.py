"""The reference run of a rule, coordinate by coordinate, in any arithmetic: 50 digits, or SymPy's exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy
from sympy import Expr, Piecewise, Symbol

from convergence.errors import NumericLimit
from convergence.kernels.program import Program
from convergence.methods.rule import g, t, theta, uniform

Vector = list[Any]
Gradient = Callable[[Vector], Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """Numbers of one kind: how to make them from SymPy's, and their functions by SymPy's names."""

    number: Callable[[Expr], Any]
    functions: Mapping[str, Callable[..., Any]]


EXACT = Arithmetic(
    number=lambda value: value,
    functions={
        "exp": sympy.exp, "log": sympy.log, "Abs": sympy.Abs, "sign": sympy.sign, "sin": sympy.sin, "cos": sympy.cos,
        "tanh": sympy.tanh, "floor": sympy.floor, "Min": sympy.Min, "Max": sympy.Max, "sqrt": sympy.sqrt,
    },
)  # fmt: skip
"""SymPy's numbers: rationals stay rationals, roots stay roots."""


def high_precision(digits: int = 50) -> Arithmetic:
    """Floating point numbers of that many digits; its context is its own."""
    context = mpmath.mp.clone()
    context.dps = digits
    return Arithmetic(
        number=lambda x: context.mpf(x.p) / x.q if x.is_Rational else context.mpf(x.evalf(digits + 10)),
        functions={
            "exp": context.exp, "log": context.log, "Abs": abs, "sign": context.sign, "sin": context.sin,
            "cos": context.cos, "tanh": context.tanh, "floor": context.floor, "Min": min, "Max": max,
            "sqrt": context.sqrt,
        },
    )  # fmt: skip


def trajectory(
    plan: Program,
    gradient: Gradient,
    start: Sequence[Any],
    steps: int,
    arithmetic: Arithmetic,
    values: Mapping[Symbol, Any] | None = None,
    draws: Callable[[int], Sequence[Any]] | None = None,
) -> Iterator[dict[Symbol, Vector]]:
    """``theta`` and the state after steps 1, 2, ..., as vectors of numbers of the arithmetic.

    Args:
        plan: the rule's straight-line form.
        gradient: from a vector to the gradient there.
        start: the starting point, in numbers of the arithmetic.
        steps: how many steps.
        arithmetic: `EXACT` or `high_precision`.
        values: for each input of the plan.
        draws: the uniform numbers of a step, one a coordinate, for rules that need them.
    """
    d = len(start)
    fixed = {name: [value] * d for name, value in (values or {}).items()}
    state: dict[Symbol, Vector] = {theta: list(start)}
    initial = _Evaluator({**fixed, **state}, d, arithmetic)
    state |= {name: initial.vector(value) for name, value in zip(plan.state, plan.start, strict=True)}
    for count in range(1, steps + 1):
        now = {**fixed, **state, t: [arithmetic.number(sympy.Integer(count))] * d}
        now[g] = list(gradient(_Evaluator(now, d, arithmetic).vector(plan.query)))
        if draws is not None:
            now[uniform] = list(draws(count))
        for target, value in plan.update:
            now[target] = _Evaluator(now, d, arithmetic).vector(value)
        state = {name: now[held] for name, held in plan.result.items()}
        yield dict(state)


def evaluate(expression: Expr, names: Mapping[Symbol, Any], arithmetic: Arithmetic) -> Any:
    """The number that an expression without vectors has for numbers of the arithmetic."""
    return _Evaluator({name: [value] for name, value in names.items()}, 1, arithmetic).vector(expression)[0]


@dataclass(frozen=True, slots=True)
class _Evaluator:
    """Values of expressions over named vectors."""

    names: Mapping[Symbol, Vector]
    dimension: int
    arithmetic: Arithmetic

    def vector(self, node: Expr) -> Vector:
        if node.is_Symbol:
            return self.names[node]
        if node.is_number:
            return [self.arithmetic.number(node)] * self.dimension
        name = node.func.__name__
        if isinstance(node, Piecewise):
            raise NumericLimit("piecewise rules have no precise run")
        if name == "norm":
            squares = [value * value for value in self.vector(node.args[0])]
            return [self.arithmetic.functions["sqrt"](_total(squares))] * self.dimension
        if name == "kth_largest_abs":
            return self._kth(*node.args)
        columns = list(zip(*(self.vector(argument) for argument in node.args), strict=True))
        return [self._apply(node, column) for column in columns]

    def _apply(self, node: Expr, column: tuple[Any, ...]) -> Any:
        if node.is_Add:
            return _total(column)
        if node.is_Mul:
            product = column[0]
            for value in column[1:]:
                product = product * value
            return product
        if node.is_Pow:
            return self._power(column[0], node.exp, column[1])
        function = self.arithmetic.functions.get(node.func.__name__)
        if function is None:
            raise NumericLimit(f"the function {node.func.__name__} has no precise run")
        return function(*column)

    def _power(self, base: Any, exponent: Expr, value: Any) -> Any:
        if exponent == sympy.Rational(1, 2):
            return self.arithmetic.functions["sqrt"](base)
        if exponent == -sympy.Rational(1, 2):
            return 1 / self.arithmetic.functions["sqrt"](base)
        return base ** (int(exponent) if exponent.is_Integer else value)

    def _kth(self, argument: Expr, count: Expr) -> Vector:
        ordered = sorted((abs(value) for value in self.vector(argument)), reverse=True)
        rank = min(max(int(self.vector(count)[0]), 1), self.dimension)
        return [ordered[rank - 1]] * self.dimension


def _total(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
