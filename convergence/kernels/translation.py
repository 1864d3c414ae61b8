"""From SymPy expressions to operations on arrays: order of terms, powers as products, what is hoisted, merged roots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from sympy import Add, Expr, Mul, Piecewise, Pow, Rational, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from convergence.errors import NumericLimit
from convergence.kernels.tape import Argument, Level, Node, Tape

ROOT = Rational(-1, 2)


class Translation:
    """Records expressions on a tape; `names` says what each symbol is."""

    def __init__(self, tape: Tape, names: Mapping[Symbol, Argument]) -> None:
        self.tape = tape
        self.names = dict(names)
        self._known: dict[Expr, Argument] = {}

    def assign(self, name: Symbol, value: Expr) -> Argument:
        """Record a value, and know it by the name from now on."""
        self.names[name] = self.node(value)
        return self.names[name]

    def node(self, expression: Expr) -> Argument:
        """The value of an expression.

        Raises:
            NumericLimit: for a function that arrays have not.
        """
        if expression.is_Symbol:
            return self.names[expression]
        if expression.is_number:
            return number(expression)
        if expression not in self._known:
            self._known[expression] = self._operation(expression)
        return self._known[expression]

    def _operation(self, node: Expr) -> Argument:
        if node.is_Add:
            return self._sum(node)
        if node.is_Mul:
            return self._product(_merged(node, self._nonnegative))
        if node.is_Pow:
            return self._power(node.base, node.exp)
        if isinstance(node, Piecewise):
            return self._piecewise(node)
        name = node.func.__name__
        arguments = [self.node(argument) for argument in node.args]
        if name == "norm":
            squares = _apply(self.tape, "multiply", arguments[0], arguments[0])
            return _apply(self.tape, "sqrt", self._reduced("total", squares))
        if name == "kth_largest_abs":
            return self._reduced("kth", *arguments)
        if name in ("Min", "Max"):
            operation = {"Min": "minimum", "Max": "maximum"}[name]
            return reduce(lambda a, b: _apply(self.tape, operation, a, b), arguments)
        if name not in FUNCTIONS:
            raise NumericLimit(f"the function {name} cannot be run on arrays")
        return _apply(self.tape, FUNCTIONS[name], *arguments)

    def _nonnegative(self, expression: Expr) -> bool:
        value = self.node(expression)
        return bool((value.low if isinstance(value, Node) else value) >= 0)

    def _reduced(self, name: str, value: Argument, *others: Argument) -> Argument:
        if not isinstance(value, Node) or value.level is not Level.COORDINATE:
            value = self.tape.apply("spread", value, self.tape.leaf("theta", Level.COORDINATE))
        return self.tape.reduce(name, value, *others)

    def _sum(self, node: Expr) -> Argument:
        """What changes least often comes first, so that it is computed once."""
        added = [self.node(term) for term in node.args if not _negative(term)]
        taken = [self.node(-term) for term in node.args if _negative(term)]
        hoisted = [self._chain("add", [v for v in values if hoistable(v)]) for values in (added, taken)]
        added = [*([] if hoisted[0] is None else [hoisted[0]]), *(value for value in added if not hoistable(value))]
        rest = [value for value in taken if not hoistable(value)]
        if hoisted[0] is not None and hoisted[1] is not None:
            added[0] = _apply(self.tape, "subtract", added[0], hoisted[1])
        elif hoisted[1] is not None:
            rest = [hoisted[1], *rest]
        total = self._chain("add", added)
        if total is None:
            total, rest = _apply(self.tape, "negative", rest[0]), rest[1:]
        return reduce(lambda a, b: _apply(self.tape, "subtract", a, b), rest, total)

    def _chain(self, operation: str, values: Iterable[Argument]) -> Argument | None:
        ordered = list(values)
        return reduce(lambda a, b: _apply(self.tape, operation, a, b), ordered) if ordered else None

    def _product(self, node: Expr) -> Argument:
        if not node.is_Mul:
            return self.node(node)
        below = [self.node(Pow(factor.base, -factor.exp)) for factor in node.args if _inverse(factor)]
        above = [self.node(factor) for factor in node.args if not _inverse(factor)]
        fixed = self._quotient([v for v in above if hoistable(v)], [v for v in below if hoistable(v)])
        moving = [value for value in above if not hoistable(value)]
        if fixed is not None and not (isinstance(fixed, float) and fixed == 1.0):
            moving = [fixed, *moving]
        return self._quotient(moving, [value for value in below if not hoistable(value)])

    def _quotient(self, above: list[Argument], below: list[Argument]) -> Argument:
        top, bottom = self._chain("multiply", above), self._chain("multiply", below)
        if bottom is None:
            return top
        return _apply(self.tape, "divide", 1.0 if top is None else top, bottom)

    def _power(self, base: Expr, exponent: Expr) -> Argument:
        if exponent.is_Rational and exponent < 0:
            return _apply(self.tape, "divide", 1.0, self.node(Pow(base, -exponent)))
        value = self.node(base)
        if exponent.is_Rational and exponent.q == 2 and exponent.p <= 7:
            root = _apply(self.tape, "sqrt", value)
            return (
                root if exponent.p == 1 else _apply(self.tape, "multiply", root, self.node(base ** (exponent.p // 2)))
            )
        if exponent.is_Integer and exponent <= 8:
            return reduce(lambda a, b: _apply(self.tape, "multiply", a, b), [value] * int(exponent))
        return _apply(self.tape, "power", value, self.node(exponent))

    def _piecewise(self, node: Piecewise) -> Argument:
        value: Argument = float("nan")
        for chosen, condition in reversed(node.args):
            if isinstance(condition, BooleanTrue):
                value = self.node(chosen)
                continue
            value = _apply(self.tape, "choose", self._condition(condition), self.node(chosen), value)
        return value

    def _condition(self, node: Any) -> Argument:
        """1 or 0, or nan where a side is not a number."""
        if isinstance(node, BooleanTrue | BooleanFalse):
            return 1.0 if node else 0.0
        if isinstance(node, Relational):
            return _apply(self.tape, COMPARISONS[node.rel_op], self.node(node.lhs), self.node(node.rhs))
        if isinstance(node, And | Or):
            operation = "minimum" if isinstance(node, And) else "maximum"
            parts = [self._condition(argument) for argument in node.args]
            return reduce(lambda a, b: _apply(self.tape, operation, a, b), parts)
        if isinstance(node, Not):
            return _apply(self.tape, "subtract", 1.0, self._condition(node.args[0]))
        raise NumericLimit(f"the condition {node} cannot be run on arrays")


FUNCTIONS: Mapping[str, str] = {
    "exp": "exp", "log": "log", "Abs": "absolute", "sign": "sign", "sin": "sin", "cos": "cos", "tanh": "tanh",
    "floor": "floor",
}  # fmt: skip
COMPARISONS: Mapping[str, str] = {
    "<": "is_less", "<=": "is_less_equal", ">": "is_greater", ">=": "is_greater_equal", "==": "is_equal",
    "!=": "is_not_equal",
}  # fmt: skip


def hoistable(value: Argument) -> bool:
    """Whether the value depends on hyperparameters and the step only."""
    return not isinstance(value, Node) or value.level <= Level.STEP


def number(value: Expr) -> float:
    """The nearest double; quotients of integers are rounded once."""
    return int(value.p) / int(value.q) if isinstance(value, Rational) else float(value.evalf(30))


def _apply(tape: Tape, name: str, *arguments: Argument) -> Argument:
    """The operation on the tape, or its value if all arguments are numbers."""
    if any(isinstance(argument, Node) for argument in arguments):
        return tape.apply(name, *arguments)
    with np.errstate(all="ignore"):
        return float(getattr(np, name)(*arguments))


def _merged(node: Expr, nonnegative: Any) -> Expr:
    """``a^-1/2 (1 + s/a)^-1/2`` as ``(a + s)^-1/2`` for a >= 0: one root and one quotient instead of two."""
    roots = [factor for factor in node.args if factor.is_Pow and factor.exp == ROOT]
    for first in roots:
        for second in roots:
            if first is second or not second.base.is_Add:
                continue
            joined = Add(*(Mul(first.base, term) for term in second.base.args))
            if joined.count_ops() < second.base.count_ops() and nonnegative(first.base):
                others = [factor for factor in node.args if factor not in (first, second)]
                return Mul(*others, Pow(joined, ROOT))
    return node


def _negative(term: Expr) -> bool:
    return bool((term.is_Mul and term.args[0].is_Rational and term.args[0] < 0) or (term.is_Rational and term < 0))


def _inverse(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0 and not factor.base.is_number)
