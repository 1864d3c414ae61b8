"""Runs that stand still or go round, and factors that a claimed rate leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

from convergence.checks import Resources, expectation, runs
from convergence.checks.runs import _recurs
from convergence.claims import paper
from convergence.simulation.values import assignments
from convergence.verdicts import Verdict

STEPS = np.unique(np.round(np.geomspace(1_000, 10_000, 40)).astype(int))


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_cycles_recur(cycle, scale):
    values = scale * np.array([cycle[step % len(cycle)] for step in range(40)])
    assert _recurs(values)


@settings(deadline=None)
@given(st.floats(0.02, 3.0), st.floats(0.0, 0.9))
def test_decay_does_not_recur_even_where_it_oscillates(exponent, wave):
    assert not _recurs(STEPS**-exponent * (1 + wave * np.cos(STEPS)))


def bowl(rate: str):
    """Polyak's parameters for x^2 + 25 y^2: both components are (1 + B k) (2/3)^k in size, with B = 1/3."""
    return paper(
        "bowl",
        problems={"bowl": {"objective": "(x**2 + 25*y**2)/2", "start": [1, 1]}},
        claims=[{"id": "rate", "problem": "bowl", "method": "heavy_ball", "measure": "distance", "rate": rate,
                 "parameters": {"alpha": "1/9", "beta": "4/9"}}],
    ).claims[0]  # fmt: skip


@pytest.mark.parametrize("rate, verdict", [("k*(2/3)**k", Verdict.SUPPORTED), ("k**(5/4)*(2/3)**k", Verdict.SUPPORTED)])
def test_a_power_beside_a_geometric_rate_is_seen_when_it_is_there(rate, verdict):
    assert runs.check(bowl(rate), Resources()).verdict is verdict


@pytest.mark.parametrize("rate", ["k**(3/4)*(2/3)**k", "(2/3)**k"])
def test_a_power_that_is_left_out_is_not_supported(rate):
    assert runs.check(bowl(rate), Resources()).verdict is not Verdict.SUPPORTED


def test_the_second_choice_of_numbers_is_ill_conditioned():
    claim = paper(
        "ranges",
        symbols={"mu": {"domain": "positive", "range": ["1/2", 2]}, "L": {"domain": "positive", "range": [2, 60]}},
        claims=[{"id": "rate", "given": ["strongly_convex(mu)", "smooth(L)", "mu <= L"], "method": "gradient_descent",
                 "parameters": {"alpha": "1/L"}, "measure": "distance", "rate": "(1 - mu/L)**k"}],
    ).claims[0]  # fmt: skip
    chosen = [{name.name: value for name, value in values.items()} for values in assignments(claim, frozenset(), 3)]
    assert {"mu": Rational(1, 2), "L": Rational(60)} in chosen


def noisy(*bounds: str):
    return paper(
        "noise",
        symbols={
            "mu": {"domain": "positive", "range": ["1/2", 2]},
            "L": {"domain": "positive", "range": [2, 60]},
            "sigma": {"domain": "positive", "range": ["1/4", 2]},
        },
        claims=[{"id": "limit", "given": ["strongly_convex(mu)", "smooth(L)", "mu <= L", "unbiased", *bounds],
                 "method": "gradient_descent", "parameters": {"alpha": "1/(mu*k)"}, "measure": "squared_distance",
                 "limit": 0}],
    ).claims[0]  # fmt: skip


@pytest.mark.parametrize("bounds, unbounded", [((), True), (("bounded_variance(sigma)",), False)])
def test_noise_is_bounded_only_by_a_hypothesis(bounds, unbounded):
    assert runs._noise_is_unbounded(noisy(*bounds)) is unbounded


def test_runs_support_nothing_about_noise_of_any_size():
    assert runs.check(noisy(), Resources()).verdict is not Verdict.SUPPORTED


def test_bounds_that_nearly_underflow_are_left_out():
    claim = paper(
        "tiny",
        symbols={"L": {"domain": "positive", "range": [1, 2]}, "D": {"domain": "positive", "range": [1, 2]}},
        claims=[{"id": "bound", "given": ["convex", "smooth(L)", "initial_distance(D)"], "method": "gradient_descent",
                 "parameters": {"alpha": "1/L"}, "measure": "gap", "bound": "L*D**2*(2/5)**k"}],
    ).claims[0]  # fmt: skip
    assert expectation.check(claim, Resources()).verdict is Verdict.DIVERGES


def test_gradients_that_end_in_rounding_are_no_stall():
    # the squared gradients of this method have a finite sum (Ward, Wu & Bottou 2019), so the least one is O(1/k);
    # its first steps are long, and lead to minimisers of the cosine away from 0
    claim = paper(
        "far valleys",
        methods={"adaptive": {"parameters": {"eta": 2}, "state": {"b": 1}, "update": {"b": "b + norm(g)**2"},
                              "step": "eta*g/sqrt(b)"}},
        claims=[{"id": "rate", "given": ["smooth(8)", "bounded_below", "initial_gap(4)"], "method": "adaptive",
                 "measure": "best_squared_gradient_norm", "rate": "1/k"}],
    ).claims[0]  # fmt: skip
    found = runs.check(claim, Resources())
    assert found.verdict is Verdict.UNDECIDED
    assert "on cosine" in found.reason and "not linear" in found.reason


def test_steps_that_are_long_at_first_do_not_contradict_a_rate():
    # 1/(mu k) multiplies the component along L by |1 - 120/k|: a hump of 10^30 before k = 60, then the order 1/k
    claim = paper(
        "hump",
        claims=[{"id": "rate", "given": ["strongly_convex(1/2)", "smooth(60)", "unbiased", "bounded_variance(1)"],
                 "method": "gradient_descent", "parameters": {"alpha": "2/k"}, "measure": "squared_distance",
                 "rate": "1/k"}],
    ).claims[0]  # fmt: skip
    assert runs.check(claim, Resources()).verdict is not Verdict.DIVERGES
