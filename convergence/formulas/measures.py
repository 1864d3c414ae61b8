"""The measures of progress as formulas."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sympy import Symbol

from convergence.expressions import COUNTERS
from convergence.formulas.layout import (
    MINUS,
    Big,
    Binding,
    Fenced,
    Fraction,
    Named,
    Node,
    Over,
    Power,
    Row,
    Sub,
    Word,
    applied,
    name,
    number,
    operator,
    relation,
)
from convergence.formulas.printer import symbol_name

F, X, INDEX = name("f"), name("x"), name("i")
F_STAR = Named(Power(F, operator("\u22c6", "*")), "f*")
X_STAR = Named(Power(X, operator("\u22c6", "*")), "x*")
GRADIENT = Row((operator("∇", "grad "), F))


def counter(names: Collection[Symbol]) -> Node:
    """``T`` where a formula with these symbols is about a horizon, ``k`` otherwise."""
    return symbol_name("T" if COUNTERS["T"] in names and COUNTERS["k"] not in names else "k")


def measured(word: str, last: Node, *, random: bool) -> Node:
    """The formula of a measure at step `last`; its expectation where the claim is about noise."""
    if word not in _MEASURES:
        return Word(word, word, "mtext")
    formula = _MEASURES[word](last)
    return Row((name("𝔼", "E"), Fenced(formula, "[", "]", ("[", "]")))) if random else formula


def _gap(point: Node) -> Node:
    return Row((applied(F, point), MINUS, F_STAR), Binding.SUM)


def _norm(body: Node) -> Node:
    return Fenced(body, "\u2016", "\u2016", ("||", "||"))


def _squared(node: Node) -> Node:
    return Power(node, number(2))


def _slope(index: Node) -> Node:
    return _norm(Row((GRADIENT, Fenced(Sub(X, index)))))


def _distance(index: Node) -> Node:
    return _norm(Row((Sub(X, index), MINUS, X_STAR), Binding.SUM))


def _least(body: Node, last: Node) -> Node:
    return Big("min", "min", relation(INDEX, operator("≤", " <= "), last), None, body)


def _sum(body: Node, last: Node) -> Node:
    return Big("∑", "sum", relation(INDEX, operator("=", " = "), number(1)), last, body)


def _regret(last: Node) -> Node:
    loss = Sub(F, INDEX)
    best = Big("min", "min", X, None, _sum(applied(loss, X), last))
    return Row((_sum(applied(loss, Sub(X, INDEX)), last), MINUS, best), Binding.SUM)


_MEASURES: Mapping[str, Callable[[Node], Node]] = {
    "gap": lambda last: _gap(Sub(X, last)),
    "average_iterate_gap": lambda last: _gap(Sub(Named(Over(X, "\u00af"), "xbar"), last)),
    "best_gap": lambda last: _least(Fenced(_gap(Sub(X, INDEX))), last),
    "distance": _distance,
    "squared_distance": lambda last: _squared(_distance(last)),
    "gradient_norm": _slope,
    "squared_gradient_norm": lambda last: _squared(_slope(last)),
    "best_squared_gradient_norm": lambda last: _least(_squared(_slope(INDEX)), last),
    "average_squared_gradient_norm": lambda last: Row(
        (Fraction(number(1), last), operator("\u2062", "*"), _sum(_squared(_slope(INDEX)), last)), Binding.PRODUCT
    ),
    "regret": _regret,
    "average_regret": lambda last: Row(
        (Fraction(number(1), last), operator("\u2062", "*"), Fenced(_regret(last))), Binding.PRODUCT
    ),
}
