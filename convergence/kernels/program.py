"""A rule as straight-line assignments: parameters resolved, every name assigned once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Dummy, Expr, Product, Sum, Symbol

from convergence.errors import NumericLimit
from convergence.methods.rule import Rule, g, t, theta, uniform


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One step of a rule without parameters, in the order in which a machine runs it.

    Attributes:
        inputs: symbols of the claim that need a value, by name.
        state: state variables; their values before step 1 are `start`, over ``theta``.
        query: where the gradient is asked, over ``theta``, the state and ``t``.
        update: assignments to fresh names, over earlier ones, ``theta``, the state, ``g``, ``t`` and ``uniform``.
        result: the fresh name that holds ``theta`` and each state variable after the step.
        output: what the method returns, over ``theta``, the state and ``t`` after the step.
    """

    inputs: tuple[Symbol, ...]
    state: tuple[Symbol, ...]
    start: tuple[Expr, ...]
    query: Expr
    update: tuple[tuple[Symbol, Expr], ...]
    result: Mapping[Symbol, Symbol]
    output: Expr

    @property
    def random(self) -> bool:
        """Whether a step reads ``uniform``."""
        return any(value.has(uniform) for _, value in self.update)

    @property
    def linear(self) -> bool:
        """Whether a step is linear in the iterate, the state and the gradient, so that its course has no scale."""
        moving = {theta, g, *self.state, *(name for name, _ in self.update)}
        parts = (self.query, self.output, *self.start, *(value for _, value in self.update))
        return not any(
            value.diff(name).free_symbols & moving for value in parts for name in value.free_symbols & moving
        )


def program(rule: Rule) -> Program:
    """The straight-line form of a rule.

    Raises:
        NumericLimit: if an expression holds a sum or product that has no closed form.
    """
    values = rule.resolved

    def fill(expression: Expr) -> Expr:
        return _closed(expression.xreplace(values), rule.name)

    names: dict[Symbol, Symbol] = {}
    update = []
    for target, value in rule.update.items():
        fresh = Dummy(target.name, real=True)
        update.append((fresh, fill(value).xreplace(names)))
        names[target] = fresh
    state = tuple(rule.state)
    query, output, start = fill(rule.query), fill(rule.output), tuple(fill(value) for value in rule.state.values())
    own = {theta, g, t, uniform, *state, *(fresh for fresh, _ in update)}
    used = {free for value in (query, output, *start, *(value for _, value in update)) for free in value.free_symbols}
    return Program(
        inputs=tuple(sorted(used - own, key=lambda name: str(name.name))),
        state=state,
        start=start,
        query=query,
        update=tuple(update),
        result={name: names.get(name, name) for name in (theta, *state)},
        output=output,
    )


def _closed(expression: Expr, name: str) -> Expr:
    if not expression.has(Sum, Product):
        return expression
    closed = expression.doit()
    if closed.has(Sum, Product):
        raise NumericLimit(f"method {name!r}: a sum or product has no closed form here, so the method cannot be run")
    return closed
