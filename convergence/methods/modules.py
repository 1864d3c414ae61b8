"""Changes of a whole rule: each function takes settings and returns a map from rules to rules.

``decoupled_decay(0.01)(clipped_gradient(1.0)(adam))`` is Adam with clipped gradients and weight decay; `compose`
applies several in order. Each setting becomes a parameter of the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import TypeAlias

from sympy import Abs, Expr, Max, Min, sqrt

from convergence.expressions import exact, norm, symbol
from convergence.methods import averages
from convergence.methods.adaptive import epsilon, m_hat, s_hat, weight_decay
from convergence.methods.rule import Rule, g, t, theta
from convergence.methods.transforms import (
    Map,
    Number,
    clip_by_norm,
    clip_by_value,
    exceeds,
    keep_largest,
    normalise,
    onto_ball,
    onto_box,
    quantize,
)

Module: TypeAlias = Callable[[Rule], Rule]

SMALLEST = exact(1e-12)


def compose(base: Rule, modules: Iterable[Module]) -> Rule:
    """The rule after each change in turn; what acts on gradients and comes later acts on them earlier."""
    return reduce(lambda changed, module: module(changed), modules, base)


# --- gradients


def clipped_gradient(threshold: Number = 1.0) -> Module:
    """Gradients scaled to Euclidean length `threshold`, if longer."""
    limit = symbol("clip", "positive")
    return lambda base: base.precondition(clip_by_norm(limit), "clipped gradient", clip=threshold)


def clipped_values(threshold: Number = 1.0) -> Module:
    """Gradients with each coordinate clipped to ``[-threshold, threshold]``."""
    limit = symbol("clip_value", "positive")
    return lambda base: base.precondition(clip_by_value(limit), "clipped values", clip_value=threshold)


def normalised_gradient() -> Module:
    """Gradients scaled to Euclidean length 1."""
    return lambda base: base.precondition(normalise(SMALLEST), "normalised gradient")


def without_outliers(deviations: Number = 4, memory: Number = 0.99) -> Module:
    """Zero each gradient coordinate that is larger than `deviations` times its running root mean square.

    The mean square has the present gradient in it, with weight ``1 - memory`` in the long run. So a first gradient
    passes, and a lone outlier r times as large as the past ones is dropped when
    ``r**2*(1 - deviations**2*(1 - memory)) > deviations**2*memory``: with the defaults, when r is above 4.35.
    """
    square, typical, accepted = symbol("square"), symbol("typical"), symbol("accepted")
    width, rate = symbol("deviations", "positive"), symbol("memory", "unit")
    assignments = {
        square: rate * square + (1 - rate) * g**2,
        typical: sqrt(square / (1 - rate**t)),
        accepted: g * (1 - exceeds(Abs(g), width * typical)),
    }
    return lambda base: base.preceded_by(
        "without outliers",
        assignments,
        gradient=accepted,
        state={square: exact(0)},
        deviations=deviations,
        memory=memory,
    )


# --- step sizes


def warmed_up(steps: Number) -> Module:
    """Displacements multiplied by ``t/steps`` until step `steps`."""
    span = symbol("warm_up", "positive")
    return lambda base: base.transformed_step(lambda step: step * Min(1, t / span), "warm-up", warm_up=steps)


def signal_to_noise() -> Module:
    """Displacements scaled, coordinate by coordinate, by ``m_hat**2/(m_hat**2 + s_hat)``, for rules with both (AMVT).

    AMVT's third module computes a signal-to-noise ratio and gives no formula; this one is ours.
    """
    share = m_hat**2 / (m_hat**2 + s_hat + epsilon)
    return lambda base: base.transformed_step(lambda step: step * share, "signal to noise")


def curvature_adapted() -> Module:
    """Displacements divided by ``1 + alpha*c``, where c is the change of the gradient over the length of the last step.

    AMVT's third module adjusts to curvature and gives no formula; this one is ours.
    """
    curvature, last_g, last_theta = symbol("curvature"), symbol("last_gradient"), symbol("last_theta")
    change, moved = norm(g - last_g), norm(theta - last_theta)

    def adapted(base: Rule) -> Rule:
        measured = {curvature: Min(1, t - 1) * change / Max(SMALLEST, moved), last_g: g, last_theta: theta}
        damped = {theta: theta - base.step / (1 + base.parameter("alpha") * curvature)}
        state = {last_g: exact(0), last_theta: theta}
        return base.rewritten("curvature", {**measured, **_before_theta(base), **damped}, state=state)

    return adapted


# --- displacements and iterates


def clipped_update(threshold: Number = 1.0) -> Module:
    """Displacements scaled to Euclidean length `threshold`, if longer."""
    limit = symbol("update_clip", "positive")
    return lambda base: base.transformed_step(clip_by_norm(limit), "clipped update", update_clip=threshold)


def coupled_decay(rate: Number) -> Module:
    """Weight decay as a penalty: the gradient that the rule reads is ``g + weight_decay*theta``."""
    penalised: Map = lambda gradient: gradient + weight_decay * theta  # noqa: E731
    return lambda base: base.precondition(penalised, "weight decay (coupled)", weight_decay=rate)


def decoupled_decay(rate: Number) -> Module:
    """Weight decay scaled by the step size, as in AdamW: ``theta <- theta - alpha*weight_decay*theta - step``."""
    return lambda base: base.transformed_step(
        lambda step: step + base.parameter("alpha") * weight_decay * theta,
        "weight decay (decoupled)",
        weight_decay=rate,
    )


def unscaled_decay(rate: Number) -> Module:
    """Weight decay as AMVT prints it: ``theta_t <- theta_t - weight_decay*theta_(t-1)``, whatever the step size."""
    return lambda base: base.transformed_step(
        lambda step: step + weight_decay * theta, "weight decay (unscaled)", weight_decay=rate
    )


def projected(projection: Map) -> Module:
    """The new iterate projected, by `onto_box` or `onto_ball`."""
    return lambda base: base.transformed_step(lambda step: theta - projection(theta - step), "projected")


def in_box(lower: Number, upper: Number) -> Module:
    """Each coordinate of the iterate kept in ``[lower, upper]``."""
    return projected(onto_box(lower, upper))


def in_ball(radius: Number) -> Module:
    """The iterate kept in the Euclidean ball of that radius around 0."""
    return projected(onto_ball(radius))


def quantized(spacing: Number) -> Module:
    """Displacements rounded at random, without bias, to multiples of `spacing`."""
    grid = symbol("spacing", "positive")
    return lambda base: base.transformed_step(quantize(grid), "quantized", spacing=spacing)


def sparsified(count: int) -> Module:
    """The `count` largest coordinates of each displacement, what is left out being added to the next one.

    Source: Stich, Cordonnier & Jaggi (2018).
    """
    return with_error_feedback(keep_largest(symbol("count", "positive")), "sparsified", count=count)


def with_error_feedback(compress: Map, name: str, **parameters: object) -> Module:
    """Displacements compressed, with what was left out added to the next one.

    Source: Seide et al. (2014).
    """
    residual, wanted, sent = symbol("residual"), symbol("wanted"), symbol("sent")

    def compressed(base: Rule) -> Rule:
        feedback = {wanted: residual + base.step, sent: compress(wanted), residual: wanted - sent, theta: theta - sent}
        update = {**_before_theta(base), **feedback}
        return base.rewritten(f"{name} with error feedback", update, state={residual: exact(0)}, parameters=parameters)

    return compressed


def lookahead(period: int = 5, pull: Number = 0.5) -> Module:
    """Lookahead around the rule; see `convergence.methods.averages.lookahead`."""
    return lambda base: averages.lookahead(base, period, pull)


def _before_theta(base: Rule) -> dict[Expr, Expr]:
    return {target: value for target, value in base.update.items() if target != theta}
