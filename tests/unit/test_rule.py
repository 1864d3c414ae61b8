"""The algebra of rules: composition is substitution, and names never capture each other."""

from __future__ import annotations

import pickle
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Expr, Max, Rational, sqrt

from convergence.errors import ClaimError
from convergence.expressions import K, norm, symbol
from convergence.methods import METHODS
from convergence.methods.averages import averaged, lookahead, suffix_averaged, weighted_averaged
from convergence.methods.modules import decoupled_decay, sparsified, unscaled_decay
from convergence.methods.rule import Rule, g, rule, t, theta
from convergence.methods.schedules import cosine, diminishing, step_decay, strongly_convex, warm_restarts, warm_up
from convergence.methods.transforms import clip_by_norm, clip_by_value, keep_largest, zero_below

rationals = st.integers(-24, 24).map(lambda n: Rational(n, 8))
rates = st.integers(1, 9).map(lambda n: Rational(n, 10))
gd, heavy_ball = METHODS["gradient_descent"], METHODS["heavy_ball"]


def iterates(method: Rule, start: Expr, steps: int, slope: int = 2) -> list[Expr]:
    return [values[theta] for values in method.unrolled(lambda x: slope * x, start, steps)]


@given(rationals, rates)
def test_two_steps_of_gradient_descent(start: Rational, alpha: Rational) -> None:
    method = gd.with_parameters(alpha=alpha)
    assert iterates(method, start, 2) == [(1 - 2 * alpha) * start, (1 - 2 * alpha) ** 2 * start]


@given(rationals, rates, rates)
def test_heavy_ball_and_the_momentum_buffer_are_the_same_method(
    start: Rational, alpha: Rational, beta: Rational
) -> None:
    chosen = {"alpha": alpha, "beta": beta}
    assert iterates(heavy_ball.with_parameters(**chosen), start, 4) == iterates(
        METHODS["momentum"].with_parameters(**chosen), start, 4
    )


def test_a_parameter_may_follow_the_claims_symbol_of_its_own_name() -> None:
    alpha = symbol("alpha", "positive")
    method = gd.with_parameters(alpha=alpha / sqrt(K))
    assert method.given == {alpha}
    assert method.instantiated().update[theta] == theta - alpha / sqrt(t) * g
    assert method.instantiated({alpha: Rational(1, 3)}).update[theta] == theta - g / (3 * sqrt(t))


def test_instantiating_keeps_the_symbols_of_the_claim() -> None:
    length = symbol("L", "positive")
    method = gd.with_parameters(alpha=1 / length).instantiated()
    assert method.given == {length}
    assert method.update[theta] == theta - g / length


def test_a_claims_symbol_cannot_be_mistaken_for_state() -> None:
    with pytest.raises(ClaimError, match="a parameter uses 'm', which the method assigns"):
        METHODS["adam"].with_parameters(alpha=1 / symbol("m", "positive"))


def test_scheduling_drops_what_only_the_old_schedule_used() -> None:
    method = METHODS["amgt"].scheduled(strongly_convex(symbol("mu", "positive")), mu=2)
    assert {name.name for name in method.parameters} == {"alpha", "mu", "beta1", "beta2", "gamma"}
    assert method == METHODS["amgt_strongly_convex"].with_parameters(mu=2)


def test_unknown_names_are_named_with_the_nearest() -> None:
    with pytest.raises(ClaimError, match="no parameter 'alhpa'; did you mean 'alpha'"):
        gd.with_parameters(alhpa=1)
    with pytest.raises(ClaimError, match="assigns no 'm_hta'; did you mean 'm_hat'"):
        METHODS["adam"].through("m_hta", zero_below(1), "threshold")
    with pytest.raises(ClaimError, match="unknown name 'beta3'"):
        rule("odd", step=symbol("beta3") * g)
    with pytest.raises(ClaimError, match="the name average is in use already"):
        averaged(averaged(gd))


@settings(max_examples=25)
@given(st.lists(rationals, min_size=1, max_size=5), rates)
def test_averages_return_the_means_they_name(starts: list[Rational], alpha: Rational) -> None:
    start, steps = starts[0], len(starts)
    for method, weights in (
        (averaged(gd), [1] * steps),
        (suffix_averaged(gd, 3), [0] * 2 + [1] * (steps - 2) if steps > 2 else [0] * (steps - 1) + [1]),
        (weighted_averaged(gd), list(range(1, steps + 1))),
    ):
        *_, last = method.with_parameters(alpha=alpha).unrolled(lambda x: 2 * x, start, steps)
        visited = iterates(gd.with_parameters(alpha=alpha), start, steps)
        mean = sum(w * x for w, x in zip(weights, visited, strict=True)) / Rational(sum(weights))
        assert method.output.xreplace(last) == mean


@given(rationals, rates, st.integers(1, 3))
def test_lookahead_pulls_slow_weights_every_period(start: Rational, alpha: Rational, period: int) -> None:
    method = lookahead(gd, period, 0.5).with_parameters(alpha=alpha)
    expected, slow, fast = [], start, start
    for step in range(1, 7):
        fast *= 1 - 2 * alpha
        if step % period == 0:
            slow = fast = slow + (fast - slow) / 2
        expected.append(fast)
    assert iterates(method, start, 6) == expected


def test_the_last_transform_of_a_gradient_comes_first() -> None:
    method = gd.precondition(clip_by_value(1), "clip").precondition(lambda x: 10 * x, "scale").with_parameters(alpha=1)
    assert iterates(method, Rational(1, 4), 1) == [Rational(1, 4) - 1]


@settings(max_examples=25)
@given(rationals, st.integers(1, 30).map(lambda n: Rational(n, 10)))
def test_maps_do_what_they_say(value: Rational, bound: Rational) -> None:
    assert clip_by_value(bound)(value) == max(-bound, min(bound, value))
    assert zero_below(bound)(value) == (value if abs(value) >= bound else 0)
    clipped = clip_by_norm(bound)(theta).replace(norm, Abs).xreplace({theta: value})
    assert clipped == max(-bound, min(bound, value))
    largest = gd.transformed_step(keep_largest(1), "largest").with_parameters(alpha=bound)
    assert iterates(largest, value, 1) == [value - 2 * bound * value]


@given(rationals, rates)
def test_the_three_weight_decays_differ_where_they_should(start: Rational, alpha: Rational) -> None:
    base = gd.with_parameters(alpha=alpha)
    decoupled, unscaled = decoupled_decay(0.1)(base), unscaled_decay(0.1)(base)
    assert iterates(decoupled, start, 1) == [(1 - 2 * alpha - alpha / 10) * start]
    assert iterates(unscaled, start, 1) == [(1 - 2 * alpha - Rational(1, 10)) * start]


@settings(max_examples=15)
@given(rationals, rates)
def test_error_feedback_loses_nothing(start: Rational, alpha: Rational) -> None:
    """What was sent and what is left over sum to all displacements that were wanted."""
    method = sparsified(1)(gd).with_parameters(alpha=alpha)
    residual = symbol("residual")
    moved = start
    for values in method.unrolled(lambda x: 2 * x, start, 3):
        assert values[residual] == 0  # one coordinate: nothing is left out
        moved = (1 - 2 * alpha) * moved
        assert values[theta] == moved


def test_schedules_at_their_ends() -> None:
    def at(schedule: Expr, step: int) -> Expr:
        return schedule.xreplace({t: Rational(step)}).doit()

    assert at(cosine(1, 0, 10), 10) == 0 and at(cosine(1, 0, 10), 5) == Rational(1, 2)
    assert at(warm_restarts(1, 0, 4), 1) == at(warm_restarts(1, 0, 4), 5) == 1
    assert at(warm_restarts(1, 0, 4), 3) == Rational(1, 2)
    assert [at(warm_up(3, 3), step) for step in (1, 2, 3, 4)] == [1, 2, 3, 3]
    assert [at(step_decay(8, 0.5, 3), step) for step in (2, 3, 5, 6)] == [8, 4, 4, 2]
    assert at(diminishing(1, 0.5), 2) == Rational(1, 2)


@pytest.mark.parametrize("name", METHODS)
def test_rules_survive_copies_and_pickles(name: str) -> None:
    method = METHODS[name]
    assert deepcopy(method) == method == pickle.loads(pickle.dumps(method))
    assert method != replace_step(method)


def replace_step(method: Rule) -> Rule:
    return method.transformed_step(lambda step: 2 * step, "doubled")


def test_norms_are_absolute_values_in_one_dimension() -> None:
    method = rule("normed", step=g / Max(norm(g), 1), parameters={})
    assert iterates(method, Rational(3), 1) == [2]
