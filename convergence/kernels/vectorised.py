"""NumPy steps over lanes, generated from a rule's expressions with common subexpressions computed once.

Arrays have shape (lanes, d). Every operation lets values that are not numbers through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Piecewise, Pow, Rational, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from convergence.errors import NumericLimit
from convergence.kernels.program import Program, program
from convergence.methods.rule import Rule, g, t, theta, uniform

Array = NDArray[np.float64]
Values = Mapping[Symbol, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A rule that runs on arrays.

    Attributes:
        program: the straight-line form that was compiled.
        source: the generated Python.
    """

    program: Program
    source: str
    _start: Callable[..., tuple[Any, ...]]
    _query: Callable[..., Any]
    _step: Callable[..., tuple[Any, ...]]
    _output: Callable[..., Any]

    def values(self, given: Values) -> tuple[Any, ...]:
        """The inputs in the kernel's order; each a number or an array of shape (lanes, 1).

        Raises:
            NumericLimit: if an input has no value.
        """
        missing = [name.name for name in self.program.inputs if name not in given]
        if missing:
            raise NumericLimit(f"no value is given for {', '.join(missing)}, which the method's step needs")
        return tuple(_scalar(given[name]) for name in self.program.inputs)

    def start(self, point: Array, values: tuple[Any, ...]) -> tuple[Array, ...]:
        """``theta`` and the state before step 1, each of shape (lanes, d)."""
        return (point, *(_full(value, point) for value in self._start(point, *values)))

    def query(self, count: int, state: tuple[Array, ...], values: tuple[Any, ...]) -> Array:
        """Where step `count` asks for the gradient."""
        return _full(self._query(np.float64(count), *state, *values), state[0])

    def step(
        self, count: int, gradient: Array, state: tuple[Array, ...], values: tuple[Any, ...], draws: Any = 0.0
    ) -> tuple[Array, ...]:
        """``theta`` and the state after step `count`; `draws` are the step's uniform numbers."""
        return self._step(np.float64(count), gradient, draws, *state, *values)

    def output(self, count: int, state: tuple[Array, ...], values: tuple[Any, ...]) -> Array:
        """What the method returns after step `count`."""
        return _full(self._output(np.float64(count), *state, *values), state[0])


@lru_cache(maxsize=256)
def kernel(rule: Rule) -> Kernel:
    """The NumPy kernel of a rule; symbols of the claim stay inputs, one value per lane.

    Raises:
        NumericLimit: if the rule uses a function that NumPy has not.
    """
    plan = program(rule)
    names = _names(plan)
    state, inputs = [names[name] for name in (theta, *plan.state)], [names[name] for name in plan.inputs]
    now = ["t", *state, *inputs]
    source = "\n".join(
        [
            _function("start", ["theta", *inputs], names, plan.start, tuple_result=True),
            _function("query", now, names, (plan.query,)),
            _function("output", now, names, (plan.output,)),
            _function(
                "step",
                ["t", "g", "uniform", *state, *inputs],
                names,
                tuple(plan.result[name] for name in (theta, *plan.state)),
                plan.update,
                tuple_result=True,
            ),
        ]
    )
    space: dict[str, Any] = dict(_RUNTIME)
    exec(compile(source, f"<kernel of {rule.name}>", "exec"), space)  # own text: generated names, known functions
    return Kernel(
        program=plan,
        source=source,
        _start=space["start"],
        _query=space["query"],
        _step=space["step"],
        _output=space["output"],
    )


def _names(plan: Program) -> dict[Symbol, str]:
    names = {theta: "theta", g: "g", t: "t", uniform: "uniform"}
    names |= {name: f"s{index}" for index, name in enumerate(plan.state)}
    names |= {name: f"p{index}" for index, name in enumerate(plan.inputs)}
    return names | {name: f"u{index}" for index, (name, _) in enumerate(plan.update)}


def _function(
    name: str,
    arguments: list[str],
    names: Mapping[Symbol, str],
    results: tuple[Expr, ...],
    assignments: tuple[tuple[Symbol, Expr], ...] = (),
    tuple_result: bool = False,
) -> str:
    printer = _Printer(names, [*(value for _, value in assignments), *results])
    for target, value in assignments:
        printer.assign(names[target], value)
    texts = [printer.text(value) for value in results]
    returned = f"({''.join(text + ', ' for text in texts)})" if tuple_result else texts[0]
    body = "\n".join(f"    {line}" for line in [*printer.lines, f"return {returned}"])
    return f"def {name}({', '.join(arguments)}):\n{body}\n"


class _Printer:
    """Prints expressions as NumPy text; what occurs twice, or is raised to a power, gets a name of its own."""

    def __init__(self, names: Mapping[Symbol, str], expressions: Iterable[Expr]) -> None:
        self.names = names
        self.lines: list[str] = []
        self.known: dict[Expr, str] = {}
        self.uses: Counter[Expr] = Counter()
        for expression in expressions:
            self._count(expression)

    def assign(self, name: str, value: Expr) -> None:
        """Add the line ``name = value``."""
        self.lines.append(f"{name} = {self.text(value)}")

    def text(self, node: Expr) -> str:
        """The node's text; the lines that compute its shared parts come before it."""
        if node.is_Symbol:
            return self.names[node]
        if node.is_number:
            return repr(_float(node))
        if node not in self.known and self.uses[node] > 1:
            return self._named(node)
        return self.known.get(node) or self._operation(node)

    def _count(self, node: Expr) -> None:
        self.uses[node] += 1
        if self.uses[node] == 1 and not node.is_number:
            for argument in node.args:
                self._count(argument)

    def _named(self, node: Expr) -> str:
        text = self._operation(node)
        name = f"c{len(self.known)}"
        self.known[node] = name
        self.lines.append(f"{name} = {text}")
        return name

    def _operation(self, node: Expr) -> str:
        if node.is_Add:
            return self._sum(node)
        if node.is_Mul:
            return self._product(node)
        if node.is_Pow:
            return self._power(node.base, node.exp)
        if isinstance(node, Piecewise):
            return self._piecewise(node)
        name = _FUNCTIONS.get(node.func.__name__)
        if name is None:
            raise NumericLimit(f"the function {node.func.__name__} cannot be run on arrays")
        return self._call(name, node.args)

    def _sum(self, node: Expr) -> str:
        positive = [term for term in node.args if not _negative(term)]
        negative = [term for term in node.args if _negative(term)]
        text = " + ".join(self.text(term) for term in positive) or "-0.0"
        return f"({text}{''.join(f' - {self.text(-term)}' for term in negative)})"

    def _call(self, name: str, arguments: tuple[Expr, ...]) -> str:
        texts = [self.text(argument) for argument in arguments]
        if name in ("np.minimum", "np.maximum"):
            nested = texts[0]
            for text in texts[1:]:
                nested = f"{name}({nested}, {text})"
            return nested
        extra = ["theta"] if name in ("_norm", "_kth") else []
        return f"{name}({', '.join([*texts, *extra])})"

    def _product(self, node: Expr) -> str:
        below = [factor for factor in node.args if _inverse(factor)]
        above = [self.text(factor) for factor in node.args if not _inverse(factor)] or ["1.0"]
        text = " * ".join(above)
        if below:
            divisor = " * ".join(self.text(Pow(factor.base, -factor.exp)) for factor in below)
            text = f"({text}) / ({divisor})"
        return f"({text})"

    def _power(self, base: Expr, exponent: Expr) -> str:
        if exponent.is_Rational and exponent < 0:
            return f"(1.0 / {self.text(Pow(base, -exponent))})"
        if exponent.is_Rational and exponent.q == 2 and exponent.p <= 7:
            root = f"np.sqrt({self.text(base)})"
            return root if exponent.p == 1 else f"({root} * {self.text(Pow(base, (exponent.p - 1) // 2))})"
        if exponent.is_Integer and exponent <= 8:
            name = self.text(base)
            if not name.isidentifier():
                name = self.known.get(base) or self._named(base)
            return f"({' * '.join([name] * int(exponent))})"
        return f"np.power({self.text(base)}, {self.text(exponent)})"

    def _piecewise(self, node: Piecewise) -> str:
        text = "np.nan"
        for value, condition in reversed(node.args):
            text = f"_choose({self._condition(condition)}, {self.text(value)}, {text})"
        return text

    def _condition(self, node: Any) -> str:
        if isinstance(node, BooleanTrue | BooleanFalse):
            return "1.0" if node else "0.0"
        if isinstance(node, Relational):
            return f"_compare({_COMPARISONS[node.rel_op]}, {self.text(node.lhs)}, {self.text(node.rhs)})"
        if isinstance(node, And | Or):
            chosen = "np.minimum" if isinstance(node, And) else "np.maximum"
            texts = [self._condition(argument) for argument in node.args]
            nested = texts[0]
            for text in texts[1:]:
                nested = f"{chosen}({nested}, {text})"
            return nested
        if isinstance(node, Not):
            return f"(1.0 - {self._condition(node.args[0])})"
        raise NumericLimit(f"the condition {node} cannot be run on arrays")


def _negative(term: Expr) -> bool:
    return bool((term.is_Mul and term.args[0].is_Rational and term.args[0] < 0) or (term.is_Rational and term < 0))


def _inverse(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0 and not factor.base.is_number)


def _float(number: Expr) -> float:
    """The nearest double; quotients of integers are rounded once."""
    return int(number.p) / int(number.q) if isinstance(number, Rational) else float(number.evalf(30))


def _scalar(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else np.float64(value)


def _full(value: Any, like: Array) -> Array:
    """The value as a fresh array of the iterate's shape, unless it has that shape."""
    if np.shape(value) == like.shape:
        return np.asarray(value)
    return np.array(np.broadcast_to(value, like.shape))


def _norm(value: Any, like: Array) -> Array:
    value = np.broadcast_to(value, like.shape)
    return np.asarray(np.sqrt(np.sum(value * value, axis=-1, keepdims=True)))


def _kth(value: Any, count: Any, like: Array) -> Array:
    """The count-th largest absolute value over the last axis; the smallest if there are fewer."""
    ordered = np.sort(np.abs(np.broadcast_to(value, like.shape)), axis=-1)
    index = like.shape[-1] - np.clip(np.asarray(count, dtype=float), 1, like.shape[-1]).astype(int)
    index = np.broadcast_to(index, (*like.shape[:-1], 1))
    taken = np.take_along_axis(ordered, index, axis=-1)
    return np.asarray(np.where(np.isnan(ordered[..., -1:]), np.nan, taken))


def _compare(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """1 or 0, or nan where a side is not a number."""
    return np.where(np.isnan(left) | np.isnan(right), np.nan, np.where(operation(left, right), 1.0, 0.0))


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(np.isnan(condition), np.nan, np.where(condition > 0.5, yes, no))


_RUNTIME = {"np": np, "_norm": _norm, "_kth": _kth, "_compare": _compare, "_choose": _choose}
_COMPARISONS = {
    "<": "np.less", "<=": "np.less_equal", ">": "np.greater", ">=": "np.greater_equal", "==": "np.equal",
    "!=": "np.not_equal",
}  # fmt: skip
_FUNCTIONS = {
    "exp": "np.exp", "log": "np.log", "Abs": "np.abs", "sign": "np.sign", "sin": "np.sin", "cos": "np.cos",
    "tanh": "np.tanh", "floor": "np.floor", "Min": "np.minimum", "Max": "np.maximum", "norm": "_norm",
    "kth_largest_abs": "_kth",
}  # fmt: skip
