"""Modules and schedules on every rule: what they do to a step, in any order, and what they refuse."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational
from torch.optim import lr_scheduler

from convergence.errors import ClaimError
from convergence.kernels import kernel
from convergence.methods import METHODS, modules
from convergence.methods.amgt import clip_by_noise
from convergence.methods.averages import averaged, lookahead
from convergence.methods.rule import Rule, t
from convergence.methods.schedules import (
    constant,
    cosine,
    exponential,
    inverse_root,
    step_decay,
    strongly_convex,
    warm_restarts,
    warm_up,
)

GD = METHODS["gradient_descent"].with_parameters(alpha=1)
EVERYWHERE = {
    "clipped_gradient": modules.clipped_gradient(0.5),
    "clipped_values": modules.clipped_values(0.5),
    "normalised_gradient": modules.normalised_gradient(),
    "without_outliers": modules.without_outliers(1.5, 0.5),
    "warmed_up": modules.warmed_up(3),
    "clipped_update": modules.clipped_update(1e-3),
    "in_box": modules.in_box(-0.5, 0.5),
    "in_ball": modules.in_ball(1),
    "sparsified": modules.sparsified(2),
    "quantized": modules.quantized(0.01),
}
DECAYS = {
    "coupled": modules.coupled_decay(0.1),
    "decoupled": modules.decoupled_decay(0.1),
    "unscaled": modules.unscaled_decay(0.1),
}


def moved(rule: Rule, gradients: object, start: object = (0.0, 0.0), draws: float = 0.5) -> np.ndarray:
    """The iterates for given gradients, from NumPy."""
    run, path = kernel(rule), []
    state = run.start(np.array([start], dtype=float), ())
    for step, gradient in zip(count(1), np.array(gradients, dtype=float), strict=False):
        state = run.step(step, gradient[None], state, (), np.full((1, len(gradient)), draws))
        path.append(state[0][0])
    return np.array(path)


@pytest.mark.parametrize("name", METHODS)
def test_modules_go_with_every_rule(name: str) -> None:
    """Each alone, and all at once; every result runs and is projected, whichever of box and ball comes last."""
    gradients, start = np.random.default_rng(0).normal(size=(6, 3)), [0.4, -0.3, 0.2]
    alone = [*EVERYWHERE.values()] + ([] if name == "lookahead_adam" else [modules.lookahead(2)])
    for module in alone:
        assert np.isfinite(moved(module(METHODS[name]), gradients, start)).all()
    everything = modules.compose(METHODS[name], EVERYWHERE.values())
    assert np.abs(moved(everything, gradients, start)).max() <= 1


def test_a_name_that_is_in_use_is_refused() -> None:
    """The decay of AdamW would have changed with that of the module, and a first clip with the second."""
    for name in ("adamw", "lion", "lamb"):
        for decay in DECAYS.values():
            with pytest.raises(ClaimError, match="the name weight_decay is in use already"):
                decay(METHODS[name])
    with pytest.raises(ClaimError, match="the name clip is in use already"):
        modules.compose(GD, [modules.clipped_gradient(1), modules.clipped_gradient(2)])
    with pytest.raises(ClaimError, match="the name period is in use already"):
        lookahead(METHODS["lookahead_adam"])


def test_compositions_of_one_kind_do_not_meet() -> None:
    """Each brings temporaries of its own: an average of Lookahead, Lookahead of an average, two thresholds."""
    path = moved(lookahead(GD, 2, 0.5), [[1.0], [1.0], [1.0], [1.0]], [0.0])
    assert path[:, 0].tolist() == [-1, -1, -2, -2]  # slow weights: half of the way of two steps
    both = averaged(lookahead(GD, 2, 0.5))
    assert np.array_equal(moved(both, [[1.0]] * 4, [0.0]), path)
    assert np.array_equal(moved(lookahead(averaged(GD), 2, 0.5), [[1.0]] * 4, [0.0]), path)
    twice = clip_by_noise(0.5, 0.5)(METHODS["amgt"]).through("m_hat", lambda value: 2 * value, "doubled")
    once = moved(clip_by_noise(0.5, 0.5)(METHODS["amgt"]), [[3.0], [4.0]], [0.0])
    assert np.allclose(moved(twice, [[3.0], [4.0]], [0.0]), 2 * once, rtol=1e-14)


# --- what single modules do


def test_outliers_are_dropped_where_the_docstring_says() -> None:
    """After many gradients of size 1 the root mean square is 1: r passes up to about 4.35, with 4 and 0.99."""
    filtered = modules.without_outliers()(GD)
    for r, kept in ((4.30, True), (4.40, False), (-4.30, True), (-4.40, False)):
        path = moved(filtered, [[1.0]] * 2000 + [[r]], [0.0])[:, 0]
        assert path[-1] - path[-2] == pytest.approx(-r if kept else 0.0, abs=1e-9)
    assert moved(filtered, [[1e6]], [0.0])[0, 0] == -1e6  # a first gradient passes


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 5))
def test_error_feedback_loses_nothing_in_many_coordinates(seed: int, k: int) -> None:
    """k coordinates move in each step, those with the largest sums of what was wanted and not yet sent."""
    gradients = np.random.default_rng(seed).normal(size=(7, 5))
    path = np.concatenate([np.zeros((1, 5)), moved(modules.sparsified(k)(GD), gradients, np.zeros(5))])
    residual = np.zeros(5)
    for gradient, step in zip(gradients, -np.diff(path, axis=0), strict=True):
        wanted = residual + gradient
        largest = np.argsort(-np.abs(wanted))[:k]
        sent = np.where(np.isin(np.arange(5), largest), wanted, 0)
        assert np.allclose(step, sent, atol=1e-12)
        residual = wanted - sent


@settings(max_examples=25)
@given(value=st.floats(-3, 3), draw=st.floats(0, 0.999))
def test_stochastic_rounding_goes_up_as_often_as_it_should(value: float, draw: float) -> None:
    """Up where the draw exceeds 1 less the fraction: so the chance is the fraction, and the mean the value."""
    spacing = 0.25
    below = np.floor(value / spacing)
    fraction = value / spacing - below
    found = -moved(modules.quantized(spacing)(GD), [[value]], [0.0], draw)[0, 0] / spacing
    if abs(fraction + draw - 1) > 1e-9:
        assert found == below + (fraction + draw >= 1)


def test_updates_gradients_and_iterates_are_kept_within_their_bounds() -> None:
    gradient, start = [[30.0, 40.0]], [1.0, 1.0]
    assert np.allclose(moved(modules.clipped_gradient(5)(GD), gradient, start), [[-2, -3]])
    assert np.allclose(moved(modules.clipped_update(5)(GD), gradient, start), [[-2, -3]])
    assert np.allclose(moved(modules.clipped_values(5)(GD), gradient, start), [[-4, -4]])
    assert np.allclose(moved(modules.normalised_gradient()(GD), gradient, start), [[0.4, 0.2]])
    assert np.allclose(moved(modules.in_box(-2, 3)(GD), gradient, start), [[-2, -2]])
    assert np.allclose(moved(modules.in_ball(2)(GD), [[4.0, 5.0]], start), [[-1.2, -1.6]])  # from (-3, -4)
    assert np.allclose(moved(modules.warmed_up(4)(GD), [[8.0, 4.0]] * 2, start), [[-1, 0], [-5, -2]])


# --- schedules


def sizes(schedule: Expr, steps: int) -> list[float]:
    """The step sizes of a schedule, from a run of the rule."""
    path = moved(GD.scheduled(schedule), [[1.0]] * steps, [0.0])[:, 0]
    return list(-np.diff(path, prepend=0.0))


def test_schedules_are_their_formulas() -> None:
    assert sizes(constant(0.3), 4) == pytest.approx([0.3] * 4)
    assert sizes(strongly_convex(0.5), 4) == pytest.approx([2, 1, 2 / 3, 1 / 2])
    assert sizes(inverse_root(2), 4) == pytest.approx([2, 2 / 2**0.5, 2 / 3**0.5, 1])
    assert sizes(exponential(8, 0.5), 4) == pytest.approx([4, 2, 1, 0.5])


THEIRS = {
    "cosine": (cosine(0.1, 0, 10), lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=10), 1),
    "restarts": (warm_restarts(0.1, 0, 4), lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=4), 0),
    "steps": (step_decay(0.1, 0.1, 3), lambda o: lr_scheduler.StepLR(o, step_size=3), 1),
    "exponential": (exponential(0.1, 0.9), lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9), 1),
    "warm-up": (warm_up(0.1, 5), lambda o: lr_scheduler.LinearLR(o, start_factor=0.2, total_iters=4), 0),
}


@pytest.mark.parametrize("name", THEIRS)
def test_schedules_are_those_of_torch(name: str) -> None:
    """torch counts from 0: its rate after `shift` calls of its scheduler is ours at step 1."""
    schedule, make, shift = THEIRS[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs, rates = make(optimizer), []
    for _ in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    ours = [float(schedule.xreplace({t: Rational(step)})) for step in range(1, 11)]
    assert ours[: 10 - shift] == pytest.approx(rates[shift:], abs=1e-15)
