"""The programs of a rule: its start, its step, where it asks for gradients and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from sympy import Expr, S, Symbol, nan, oo, zoo

from convergence.errors import OptimizerError
from convergence.expressions import kth_largest_abs, norm, symbol
from convergence.methods.rule import Expressions, Rule, g, t, theta, uniform
from convergence.optim.program import Kind, Program
from convergence.optim.translation import translate

LR = symbol("lr")
STEP_SIZES = ("alpha", "eta0")


class Norms(StrEnum):
    """How far a norm or an order statistic in a rule reaches."""

    GROUP = "group"  # all parameters of a parameter group, as one vector
    TENSOR = "tensor"  # each parameter tensor by itself, as in layer-wise methods


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The numbers of a rule that an optimizer's parameter groups hold, and the rule written in them.

    Attributes:
        rule: the rule whose parameters stand for themselves.
        defaults: the value of each setting; ``lr`` is the step size.
        symbols: the rule's symbol of each setting.
    """

    rule: Rule
    defaults: Mapping[str, float]
    symbols: Mapping[str, Symbol]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Everything that is run for a rule.

    Attributes:
        start: the state before step 1, from ``theta``.
        step: state and ``theta`` after a step.
        asked: where the next gradient is asked, or None if that is at ``theta``.
        returned: what the rule returns, or None if that is ``theta``.
        kinds: the kind of each state.
        random: whether a step draws random numbers.
    """

    start: Program
    step: Program
    asked: Program | None
    returned: Program | None
    kinds: Mapping[str, Kind]
    random: bool


@lru_cache(maxsize=256)
def settings_of(rule: Rule) -> Settings:
    """The settings of a rule.

    ``lr`` is the parameter ``alpha`` or, where that follows a schedule, ``eta0``; a rule that has neither as a number
    is scaled by ``lr``, which is then 1.

    Raises:
        OptimizerError: if the rule has symbols without values.
    """
    if rule.given:
        names = ", ".join(sorted(free.name for free in rule.given))
        raise OptimizerError(f"method {rule.name!r}: no values for {names}; set them with rule.with_parameters(...)")
    numbers = {name: value for name, value in rule.parameters.items() if value.is_number}
    opened = replace(rule, parameters={name: name if name in numbers else v for name, v in rule.parameters.items()})
    opened = opened.instantiated()
    steps = [name for text in STEP_SIZES for name in numbers if name.name == text]
    if not steps:
        scaled = {**opened.update, theta: theta - LR * opened.step}
        opened = replace(opened, parameters={**opened.parameters, LR: LR}, update=scaled)
        numbers[LR] = S.One
        steps = [LR]
    symbols = {LR.name if name == steps[0] else name.name: name for name in numbers}
    defaults = {key: float(numbers[name]) for key, name in symbols.items()}
    return Settings(rule=opened, defaults=MappingProxyType(defaults), symbols=MappingProxyType(symbols))


@lru_cache(maxsize=256)
def compiled(rule: Rule, norms: Norms, zeros: frozenset[str]) -> Compiled:
    """The programs of a rule; settings in `zeros` are 0 for good, so that what they multiply is not computed."""
    settings = settings_of(rule)
    nothing = {settings.symbols[key]: S.Zero for key in zeros}
    opened = _without(settings.rule, nothing)
    reach = Kind.GROUP if norms is Norms.GROUP else Kind.EACH
    kinds = _kinds(opened, reach)
    given = dict.fromkeys((t, *settings.symbols.values()), Kind.NUMBER)
    states = {name: kinds[name] for name in opened.state}
    inside = {**given, theta: Kind.TENSOR, **states}
    results = {name.name: name for name in opened.state}

    def program(update: Expressions, outputs: Mapping[str, Expr], leaves: Mapping[Symbol, Kind]) -> Program:
        return translate(leaves, update, outputs, reductions=reach, protected=frozenset({"g"}))

    before = {name.name: value for name, value in opened.state.items()}
    used = {*opened.update.values()}
    random = any(uniform in value.free_symbols for value in used)
    sources = {g: Kind.TENSOR} | ({uniform: Kind.TENSOR} if random else {})
    return Compiled(
        start=program({}, before, {**given, theta: Kind.TENSOR}),
        step=program(opened.update, {**results, theta.name: theta}, {**inside, **sources}),
        asked=None if opened.query == theta else program({}, {"asked": opened.query}, inside),
        returned=None if opened.output == theta else program({}, {"returned": opened.output}, inside),
        kinds=MappingProxyType({name.name: kind for name, kind in kinds.items()}),
        random=random,
    )


def _without(rule: Rule, nothing: Mapping[Symbol, Expr]) -> Rule:
    """The rule with settings of 0 left out, unless that divides by zero."""

    def fill(table: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
        return {name: value.xreplace(dict(nothing)) for name, value in table.items()}

    filled = replace(rule, state=fill(rule.state), update=fill(rule.update), query=rule.query.xreplace(dict(nothing)))
    values = (*filled.state.values(), *filled.update.values(), filled.query)
    return rule if any(value.has(nan, oo, zoo) for value in values) else filled


def _kinds(rule: Rule, reach: Kind) -> dict[Symbol, Kind]:
    """The least kind of each state that its start and its updates allow; what is kept is kept for each tensor."""
    kinds = {name: Kind.TENSOR if theta in value.free_symbols else Kind.NUMBER for name, value in rule.state.items()}
    while True:
        found = {**kinds, theta: Kind.TENSOR, g: Kind.TENSOR, uniform: Kind.TENSOR}
        for target, value in rule.update.items():
            found[target] = _kind(value, found, reach)
        raised = {name: max(kind, found[name]) for name, kind in kinds.items()}
        raised = {name: Kind.EACH if kind is Kind.GROUP else kind for name, kind in raised.items()}
        if raised == kinds:
            return kinds
        kinds = raised


def _kind(expression: Expr, known: Mapping[Symbol, Kind], reach: Kind) -> Kind:
    if isinstance(expression, norm | kth_largest_abs):
        return reach
    if expression.is_Symbol:
        return known.get(expression, Kind.NUMBER)
    return max((_kind(argument, known, reach) for argument in expression.args), default=Kind.NUMBER)
