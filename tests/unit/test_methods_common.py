"""One table row a method, and the same tests for all: its source, its symmetries, and its planted mutants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import method_references as references
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_paths import DIMENSION, STEPS, asked, free, played, typical
from method_references import Array, Reference
from sympy import Expr, Integer, Pow, Rational, Symbol

from convergence.expressions import symbol
from convergence.methods import METHODS
from convergence.methods.rule import Rule, t, theta


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a method should be, with epsilon 0 and some weight decay.

    Attributes:
        degree: by which power of c its displacements grow when all gradients are multiplied by c; None if by none.
        each: whether each coordinate may be multiplied by a factor of its own.
        turns: whether it commutes with rotations.
        moves: whether it commutes with translations, given the gradients.
    """

    degree: int | None
    each: bool = True
    turns: bool = False
    moves: bool = True


LINEAR = Row(degree=1, turns=True)
NORMED = Row(degree=0, each=False, turns=True)
ADAPTIVE = Row(degree=0)
DECAYED = Row(degree=0, moves=False)
SCALED = Row(degree=None, each=False)

ROWS = {
    "gradient_descent": LINEAR,
    "sgd_strongly_convex": LINEAR,
    "subgradient": LINEAR,
    "normalised_subgradient": NORMED,
    "sign_descent": ADAPTIVE,
    "heavy_ball": LINEAR,
    "momentum": LINEAR,
    "damped_momentum": LINEAR,
    "nesterov_momentum": LINEAR,
    "nesterov": LINEAR,
    "nesterov_constant": LINEAR,
    "averaged_gradient_descent": LINEAR,
    "suffix_averaged_gradient_descent": LINEAR,
    "weighted_averaged_gradient_descent": LINEAR,
    "adagrad": ADAPTIVE,
    "adagrad_norm": NORMED,
    "rmsprop": ADAPTIVE,
    "rmsprop_centered": ADAPTIVE,
    "rmsprop_momentum": ADAPTIVE,
    "adam": ADAPTIVE,
    "adam_epsilon_inside": ADAPTIVE,
    "amsgrad": ADAPTIVE,
    "amsgrad_uncorrected": ADAPTIVE,
    "adamw": DECAYED,
    "radam": SCALED,  # its first steps are momentum, the others Adam
    "nadam": ADAPTIVE,
    "adamax": ADAPTIVE,
    "adabelief": ADAPTIVE,
    "adabound": SCALED,
    "lion": DECAYED,
    "lamb": DECAYED,
    "lookahead_adam": ADAPTIVE,
    "amvt": ADAPTIVE,
    "amvt_algorithm1": ADAPTIVE,
    "amvt_step6_as_printed": SCALED,
    "amvt_step6_by_precedence": SCALED,
    "amgt": SCALED,
    "amgt_as_printed": SCALED,
    "amgt_zero_out": SCALED,
    "amgt_clip": SCALED,
    "amgt_strongly_convex": SCALED,
    "amgt_scaled": SCALED,
}
SETTINGS = {
    "alpha": st.floats(0.01, 0.5),
    "eta0": st.floats(0.01, 0.5),
    "mu": st.floats(0.5, 3),
    "beta": st.floats(0.05, 0.95),
    "beta1": st.floats(0.05, 0.95),
    "beta2": st.floats(0.5, 0.999),
    "beta3": st.floats(0.5, 0.99),
    "rho": st.floats(0.5, 0.99),
    "epsilon": st.sampled_from([1e-8, 1e-3, 0.1]),
    "weight_decay": st.just(0) | st.floats(0.01, 0.2),
    "dampening": st.just(0) | st.floats(0.01, 1),
    "decay": st.just(0) | st.floats(0.01, 0.5),
    "final": st.floats(0.05, 0.5),
    "gamma": st.floats(0.01, 2),
    "tau": st.floats(0.05, 1),
    "first": st.integers(1, 6),
    "power": st.integers(0, 3),
    "period": st.integers(1, 4),
    "pull": st.floats(0.1, 1),
}


def test_the_table_has_every_method() -> None:
    assert set(ROWS) == set(METHODS)
    assert all(isinstance(getattr(references, name), Callable) for name in ROWS)  # type: ignore[arg-type]


def stated(name: str, ask: Callable[[int, Array], Array], start: Array, chosen: dict[str, float]) -> Array:
    reference: Reference = getattr(references, name)
    return np.array(list(islice(reference(ask, start, **chosen), STEPS)))


def apart(first: Array, second: Array, start: Array) -> float:
    """The largest difference, in units of the way that the second path went."""
    way = np.abs(second - start).max()
    return float(np.abs(first - second).max() / way) if way else float(np.abs(first - second).max())


@pytest.mark.parametrize("name", ROWS)
@settings(max_examples=10)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_a_rule_is_what_its_source_states(name: str, data: st.DataObject, seed: int) -> None:
    rule = METHODS[name]
    chosen = {key: data.draw(SETTINGS[key], label=key) for key in free(rule)}
    ask, start = asked(seed)
    assert apart(played(rule.with_parameters(**chosen), ask, start), stated(name, ask, start, chosen), start) < 1e-9


# --- mutants


def rebuilt(rule: Rule, change: Callable[[Expr], Expr]) -> Rule:
    update = {target: change(value) for target, value in rule.update.items()}
    return replace(rule, update=update, output=change(rule.output))


def late_counter(rule: Rule) -> Iterator[Rule]:
    """The step counted from 2, in the update and in the schedules."""
    shifted = rebuilt(rule, lambda value: value.xreplace({t: t + 1}))
    yield replace(shifted, parameters={name: value.xreplace({t: t + 1}) for name, value in rule.parameters.items()})


def uncorrected(rule: Rule) -> Iterator[Rule]:
    """No bias correction: ``1 - beta**t`` replaced by 1, for one rate after the other."""
    for rate in rule.parameters:
        yield rebuilt(rule, lambda value, rate=rate: value.subs(1 - rate**t, Integer(1)))  # type: ignore[misc]


def moved_epsilon(rule: Rule) -> Iterator[Rule]:
    """Epsilon beside the root brought into it, and the other way round."""
    epsilon = symbol("epsilon", "nonnegative")
    half = Rational(1, 2)

    def inside(value: Expr) -> Expr:
        def beside(part: Expr) -> bool:
            return part.is_Add and epsilon in part.args and any(a.is_Pow and a.exp == half for a in part.args)

        return value.replace(beside, lambda part: sum((a.base if a.is_Pow else a) for a in part.args) ** half)

    def outside(value: Expr) -> Expr:
        def within(part: Expr) -> bool:
            return part.is_Pow and abs(part.exp) == half and part.base.is_Add and epsilon in part.base.args

        return value.replace(within, lambda part: Pow((part.base - epsilon) ** half + epsilon, 2 * part.exp))

    yield rebuilt(rule, inside)
    yield rebuilt(rule, outside)


def forgotten(rule: Rule) -> Iterator[Rule]:
    """One state variable after the other not kept: each step begins with its first value, as without momentum."""
    for name, first in rule.state.items():
        update, kept = {}, {name: first}
        for target, value in rule.update.items():
            update[target] = value.xreplace(kept)
            if target == name:
                kept = {}
        yield replace(rule, update=update, query=rule.query.xreplace({name: first}))


def delayed(rule: Rule) -> Iterator[Rule]:
    """The moment before this step's gradient where the rule uses the one after it, for one moment after the other."""
    for place, name in enumerate(rule.update):
        read = any(name in value.free_symbols for value in list(rule.update.values())[place + 1 :])
        if name not in rule.state or not read:
            continue
        fresh, moved = symbol(f"{name.name}_fresh"), symbol("moved")
        update: dict[Symbol, Expr] = {}
        for target, value in rule.update.items():
            update[fresh if target == name else moved if target == theta else target] = value
        yield replace(rule, update={**update, name: fresh, theta: moved})


def exchanged(rule: Rule) -> Iterator[Rule]:
    """The rates of the two moments exchanged."""
    first, second = symbol("beta1", "unit"), symbol("beta2", "unit")
    if {first, second} <= set(rule.parameters):
        yield rebuilt(rule, lambda value: value.xreplace({first: second, second: first}))


MUTATORS = (late_counter, uncorrected, moved_epsilon, forgotten, delayed, exchanged)


def mutants(rule: Rule) -> list[tuple[str, Rule]]:
    """Every mutant whose live lines differ: what nobody reads may be wrong."""
    made = [(change.__name__, mutant) for change in MUTATORS for mutant in change(rule)]
    return [(kind, mutant) for kind, mutant in made if live(mutant).signature != live(rule).signature]


def live(rule: Rule) -> Rule:
    """The rule without temporaries that reach neither the iterate nor the state."""
    needed, update = {theta, *rule.state}, {}
    for target, value in reversed(rule.update.items()):
        if target in needed:
            update[target] = value
            needed |= value.free_symbols
    return replace(rule, update=dict(reversed(update.items())))


@pytest.mark.parametrize("name", ROWS)
def test_mutants_of_every_rule_are_caught(name: str) -> None:
    """Each of them must leave the path that the source states, by far more than rounding."""
    ask, start = asked(0)
    chosen = typical(name)
    rule = METHODS[name]
    assert apart(played(rule.with_parameters(**chosen), ask, start), stated(name, ask, start, chosen), start) < 1e-12
    for kind, mutant in mutants(rule):
        found = played(mutant.with_parameters(**chosen), ask, start)
        assert not apart(found, stated(name, ask, start, chosen), start) <= 1e-4, kind


def test_every_kind_of_mutant_is_planted() -> None:
    planted = {name: {kind for kind, _ in mutants(rule)} for name, rule in METHODS.items()}
    assert planted["adam"] == {change.__name__ for change in MUTATORS}
    assert {name for name, kinds in planted.items() if not kinds} == {
        "gradient_descent", "sign_descent"
    }  # fmt: skip


# --- symmetries


def displaced(name: str, gradients: Array, start: Array) -> Array:
    """Displacements from the start for given gradients, (steps, 2, d)."""
    chosen = typical(name) | ({"epsilon": 0} if "epsilon" in free(METHODS[name]) else {})
    return played(METHODS[name].with_parameters(**chosen), lambda count, _: gradients[count], start) - start


def alike(first: Array, second: Array) -> bool:
    return bool(np.abs(first - second).max() <= 1e-8 * np.abs(second).max())


@pytest.mark.parametrize("name", ROWS)
@settings(max_examples=5)
@given(exponent=st.integers(2, 12) | st.integers(-12, -2), seed=st.integers(0, 10**6))
def test_symmetries_are_those_of_the_table(name: str, exponent: int, seed: int) -> None:
    """Those that a method has hold, and those that it has not are seen to fail."""
    row, r = ROWS[name], np.random.default_rng(seed)
    gradients, start = r.normal(size=(STEPS + 1, DIMENSION)), r.normal(size=DIMENSION)
    base = displaced(name, gradients, start)

    factor = 2.0**exponent
    scaled = displaced(name, factor * gradients, start)
    for degree in (0, 1):
        assert alike(scaled, factor**degree * base) is (row.degree == degree), f"degree {degree}"

    factors = factor ** np.arange(1, DIMENSION + 1)
    stretched = displaced(name, factors * gradients, start)
    assert alike(stretched, factors ** (row.degree or 0) * base) is (row.degree is not None and row.each), "stretched"

    order = r.permutation(DIMENSION)
    assert alike(displaced(name, gradients[:, order], start[order]), base[..., order]), "permuted"

    rotation = np.linalg.qr(r.normal(size=(DIMENSION, DIMENSION)))[0]
    assert alike(displaced(name, gradients @ rotation, start @ rotation), base @ rotation) is row.turns, "rotated"

    assert alike(displaced(name, gradients, start + 1), base) is row.moves, "moved"
