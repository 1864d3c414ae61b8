"""Running a claim's method exactly: its rule is read from the document, and iterated in rationals or balls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import flint
import sympy
from flint import fmpq
from sympy import Dummy, Expr, Symbol

from convergence.certificates import exact
from convergence.certificates.document import names
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, kth_largest_abs, norm, parse_expression, symbol

THETA, G, STEP = symbol("theta"), symbol("g"), COUNTERS["t"]

Number = Any  # fmpq or arb; python-flint has no types
Point = tuple[Number, ...]
Evaluate = Callable[[Expr, Mapping[Symbol, Number]], Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A rule without parameters: every expression is over ``theta``, ``g``, ``t``, states and the claim's symbols.

    Attributes:
        parameters: names of the rule's parameters with their values, in the claim's symbols and ``t``.
    """

    state: Mapping[Symbol, Expr]
    update: Mapping[Symbol, Expr]
    query: Expr
    output: Expr
    parameters: Mapping[str, Expr]

    @property
    def free(self) -> frozenset[Symbol]:
        """The claim's symbols that the rule uses."""
        own = {THETA, G, STEP, *self.state, *self.update}
        values = [*self.state.values(), *self.update.values(), self.query, self.output]
        return frozenset().union(*(value.free_symbols for value in values)) - own


def read_method(table: Mapping[str, Any], claim: Mapping[str, Any]) -> Method:
    """The method of a ``method`` table in a claim's document.

    A name in a parameter's value means another parameter, else the claim's symbol; the parameter's own name always
    means the claim's symbol.

    Raises:
        CertificateRejected: if parameters refer to each other in a circle.
    """
    outer = {**names(claim), "k": STEP, "t": STEP}
    own = {name: Symbol(f"parameter {name}", real=True) for name in table["parameters"]}
    values = {}
    for name, text in table["parameters"].items():
        inside = {**outer, **own, name: outer[name]} if name in outer else {**outer, **own}
        values[own[name]] = parse_expression(text, inside)
    values = _resolved(values)
    assigned = (*table["state"], *table["update"])
    states = {name: Symbol(f"state {name}", real=True) for name in assigned if name != "theta"}
    inside = {**outer, **own, **states, "theta": THETA, "g": G, "k": STEP, "t": STEP}

    def read(text: str) -> Expr:
        return parse_expression(text, inside).xreplace(values)

    return Method(
        state={states[name]: read(text) for name, text in table["state"].items()},
        update={inside[name]: read(text) for name, text in table["update"].items()},
        query=read(table["query"]),
        output=read(table["output"]),
        parameters={name: values[key] for name, key in own.items()},
    )


def _resolved(values: dict[Symbol, Expr]) -> dict[Symbol, Expr]:
    for _ in values:
        values = {name: value.xreplace(values) for name, value in values.items()}
    if any(value.free_symbols & set(values) for value in values.values()):
        raise CertificateRejected("the method's parameters refer to each other in a circle")
    return values


def evaluator(precision: int) -> Evaluate:
    """Exact rationals for precision 0, balls of that many bits otherwise."""
    if precision == 0:
        return exact.rational
    if not isinstance(precision, int) or not 16 <= precision <= 4096:
        raise CertificateRejected(f"expected a precision of 0 or 16 to 4096 bits, found {precision!r}")
    return partial(exact.ball, precision=precision)


@contextmanager
def working(precision: int) -> Iterator[None]:
    """Bits of every ball that is computed inside; rationals need none."""
    previous = flint.ctx.prec
    flint.ctx.prec = precision or previous
    try:
        yield
    finally:
        flint.ctx.prec = previous


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The method after a step: where the gradient was asked, what it was, the iterate, the state and the output."""

    query: Point
    gradient: Point
    theta: Point
    state: Mapping[Symbol, Point]
    output: Point


def run(
    method: Method,
    gradient: Callable[[int, Point], Point],
    start: Point,
    values: Mapping[Symbol, Number],
    evaluate: Evaluate,
    project: Callable[[Point], Point] = lambda point: point,
) -> Iterator[Moment]:
    """The method from `start`, for ever.

    Args:
        method: the rule.
        gradient: the gradient at a step (from 1) and a point; all coordinates at once.
        start: one number for each coordinate.
        values: the claim's symbols.
        evaluate: the arithmetic, from `evaluator`.
        project: what happens to the iterate after each step.

    Raises:
        CertificateRejected: if a value does not exist in this arithmetic.
    """
    memory, count = begin(method, start, values, evaluate), 0
    while True:
        count += 1
        moment = step(method, memory, count, gradient, values, evaluate, project)
        memory = {**moment.state, THETA: moment.theta}
        yield moment


def begin(method: Method, start: Point, values: Mapping[Symbol, Number], evaluate: Evaluate) -> dict[Symbol, Point]:
    """The iterate and the states before step 1."""
    table = {THETA: start}
    return {THETA: start, **{name: _all(value, table, values, evaluate) for name, value in method.state.items()}}


def step(
    method: Method,
    memory: Mapping[Symbol, Point],
    count: int,
    gradient: Callable[[int, Point], Point],
    values: Mapping[Symbol, Number],
    evaluate: Evaluate,
    project: Callable[[Point], Point] = lambda point: point,
) -> Moment:
    """One step, number `count`, from the iterate and the states; the other arguments are those of `run`."""
    shared = {**values, STEP: fmpq(count)}
    table = dict(memory)
    query = _all(method.query, table, shared, evaluate)
    slope = gradient(count, query)
    table[G] = slope
    for target, value in method.update.items():
        table[target] = _all(value, table, shared, evaluate)
    theta = project(table[THETA])
    state = {name: table[name] for name in method.state}
    output = _all(method.output, {**state, THETA: theta}, shared, evaluate)
    return Moment(query=query, gradient=slope, theta=theta, state=state, output=output)


def _all(value: Expr, table: Mapping[Symbol, Point], shared: Mapping[Symbol, Number], evaluate: Evaluate) -> Point:
    """The value of an expression in every coordinate, reductions over coordinates first."""
    value, extra = _reduced(value, table, shared, evaluate)
    if value.is_Symbol and value in table:
        return table[value]
    size = len(table[THETA])
    return tuple(
        evaluate(value, {**shared, **extra, **{name: point[i] for name, point in table.items()}}) for i in range(size)
    )


def _reduced(
    value: Expr, table: Mapping[Symbol, Point], shared: Mapping[Symbol, Number], evaluate: Evaluate
) -> tuple[Expr, dict[Symbol, Number]]:
    extra: dict[Symbol, Number] = {}
    while reductions := value.atoms(norm, kth_largest_abs):
        for call in (call for call in reductions if not call.args[0].has(norm, kth_largest_abs)):
            point = _all(call.args[0], table, {**shared, **extra}, evaluate)
            name = Dummy(real=True)
            if isinstance(call, norm):
                extra[name] = _length(point, evaluate)
            else:
                extra[name] = _largest(point, evaluate(call.args[1], {**shared, **extra}))
            value = value.xreplace({call: name})
    return value, extra


def _length(point: Point, evaluate: Evaluate) -> Number:
    total = sum((value * value for value in point), start=fmpq(0))
    square = Dummy(nonnegative=True)
    return abs(point[0]) if len(point) == 1 else evaluate(square**sympy.S.Half, {square: total})


def _largest(point: Point, rank: Number) -> Number:
    if not isinstance(rank, fmpq) or rank.q != 1 or not 1 <= rank.p <= len(point):
        raise CertificateRejected(f"expected a rank from 1 to {len(point)}, found {rank}")
    return sorted((abs(fmpq(value)) for value in point), reverse=True)[int(rank.p) - 1]
