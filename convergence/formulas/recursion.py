"""The recursion that a rule runs, one line for each assignment, with step indices: ``m_t = beta m_{t-1} + g_t``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Symbol

from convergence.claims.claim import Claim
from convergence.formulas.layout import EQUALS, MINUS, Binding, Fenced, Node, Row, applied, name, number, relation
from convergence.formulas.measures import GRADIENT
from convergence.formulas.printer import Formula, subscripted, symbol_name
from convergence.formulas.sentences import Sentence, is_random
from convergence.methods.rule import Rule, g, t, theta

NOW: Node = name("t")
BEFORE: Node = Row((name("t"), MINUS, number(1)), Binding.SUM)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recursion: what it is, and its formula."""

    label: str
    formula: Sentence


def recursion(claim: Claim) -> tuple[Line, ...]:
    """The lines of the method's recursion; none if the claim is about no method."""
    if claim.method is None:
        return ()
    rule = claim.method
    return (*_parameters(rule), *_start(rule), _gradient(rule, claim), *_updates(rule), *_output(rule))


def at(symbol: Symbol, step: Node) -> Node:
    """A symbol with its step; a name such as ``lambda_t`` has one already."""
    return subscripted(symbol_name(symbol.name.removesuffix("_t")), step)


def _parameters(rule: Rule) -> Iterator[Line]:
    write = _formula(rule, frozenset())
    for symbol, value in rule.parameters.items():
        if value != symbol:
            yield Line("parameter", (relation(write(symbol), EQUALS, write(value)),))


def _start(rule: Rule) -> Iterator[Line]:
    def first(symbol: Symbol) -> Node:
        stated = symbol == theta or symbol in rule.state
        return at(symbol, number(0)) if stated else symbol_name(symbol)

    write = Formula(naming=first)
    for symbol, value in rule.state.items():
        yield Line("start", (relation(write(symbol), EQUALS, write(value)),))


def _gradient(rule: Rule, claim: Claim) -> Line:
    point = _formula(rule, frozenset())(rule.query)
    gradient = at(g, NOW)
    if claim.hypothesis("online"):
        return Line("each step", (gradient, " is a gradient of the loss ", subscripted(name("f"), NOW), " at ", point))
    if is_random(claim):
        return Line("each step", (gradient, " is a stochastic gradient at ", point))
    inner = point if isinstance(point, Fenced) else applied(GRADIENT, point)
    return Line("each step", (relation(gradient, EQUALS, inner),))


def _updates(rule: Rule) -> Iterator[Line]:
    seen: set[Symbol] = {g}
    for symbol, value in rule.update.items():
        right = _formula(rule, frozenset(seen))(value)
        seen.add(symbol)
        yield Line("", (relation(_formula(rule, frozenset(seen))(symbol), EQUALS, right),))


def _output(rule: Rule) -> Iterator[Line]:
    if rule.output != theta:
        written = _formula(rule, frozenset({theta, g, *rule.state, *rule.update}))
        yield Line("returned", (written(rule.output),))


def _formula(rule: Rule, assigned: frozenset[Symbol]) -> Formula:
    """Names with step indices: what this step has assigned is new, other state is of the step before."""
    moving = tuple(dict.fromkeys([*rule.state, *list(rule.update)[:-1], theta, g]))

    def indexed(symbol: Symbol) -> Node:
        varies = symbol in rule.parameters and t in rule.parameters[symbol].free_symbols
        if symbol in assigned or varies:
            return at(symbol, NOW)
        return at(symbol, BEFORE) if symbol in moving else symbol_name(symbol)

    return Formula(naming=indexed, late=moving)
