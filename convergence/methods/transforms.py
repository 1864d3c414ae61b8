"""Maps of one expression, for one coordinate: what may happen to a gradient, a momentum, a displacement or an iterate.

Each function returns a map, to be handed to `Rule.precondition` (gradients), `Rule.through` (a value that the rule
assigns) or `Rule.transformed_step` (the displacement). Arguments are numbers, or symbols whose values are given to the
same call as parameters::

    adam.precondition(clip_by_norm(tau), "clip by norm", tau=1)

Comparisons are written with ``max`` and ``sign``, so that each rule can be written down as text; a value that is not a
number stays one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sympy import Abs, Expr, Max, Min, floor, sign, sqrt

from convergence.expressions import exact, kth_largest_abs, norm, symbol
from convergence.methods.rule import Rule, g, t, theta, uniform

Map: TypeAlias = Callable[[Expr], Expr]
Number: TypeAlias = Expr | float


def exceeds(value: Expr, bound: Number) -> Expr:
    """1 where ``value > bound``, else 0."""
    return Max(0, sign(value - exact(bound)))


def clip_by_norm(threshold: Number) -> Map:
    """Scale to Euclidean length `threshold` (positive) over all coordinates, if longer."""
    limit = exact(threshold)
    return lambda value: value * (limit / Max(limit, norm(value)))


def clip_by_value(threshold: Number) -> Map:
    """Clip each coordinate to ``[-threshold, threshold]``."""
    limit = exact(threshold)
    return lambda value: Min(limit, Max(-limit, value))


def normalise(smallest: Number = 1e-12) -> Map:
    """Scale to Euclidean length 1 over all coordinates; what is shorter than `smallest` is divided by `smallest`."""
    return lambda value: value / Max(exact(smallest), norm(value))


def zero_below(threshold: Number) -> Map:
    """Zero each coordinate whose absolute value is below `threshold`."""
    return lambda value: value * (1 - exceeds(exact(threshold), Abs(value)))


def keep_largest(count: Number) -> Map:
    """Zero each coordinate but the `count` largest in absolute value; ties at the boundary are all kept."""
    return lambda value: value * (1 - exceeds(kth_largest_abs(value, exact(count)), Abs(value)))


def to_sign(value: Expr) -> Expr:
    """The sign of each coordinate."""
    return sign(value)


def onto_box(lower: Number, upper: Number) -> Map:
    """The projection of each coordinate onto ``[lower, upper]``."""
    return lambda value: Min(exact(upper), Max(exact(lower), value))


def onto_ball(radius: Number) -> Map:
    """The Euclidean projection onto the ball of that radius around 0."""
    return clip_by_norm(radius)


def projected(base: Rule, projection: Map, name: str, **parameters: object) -> Rule:
    """The rule whose new iterate is projected, by `onto_box` or `onto_ball`."""
    return base.transformed_step(lambda step: theta - projection(theta - step), name, **parameters)


def coupled_decay(base: Rule, rate: Number) -> Rule:
    """Weight decay as a penalty: the gradient that the rule reads is ``g + weight_decay*theta``."""
    decay = symbol("weight_decay", "nonnegative")
    return base.precondition(lambda value: value + decay * theta, "weight decay (coupled)", weight_decay=rate)


def decoupled_decay(base: Rule, rate: Number) -> Rule:
    """Weight decay scaled by the step size, as in AdamW: ``theta <- theta - alpha*weight_decay*theta - step``."""
    decay, alpha = symbol("weight_decay", "nonnegative"), base.parameter("alpha")
    return base.transformed_step(
        lambda step: step + alpha * decay * theta, "weight decay (decoupled)", weight_decay=rate
    )


def unscaled_decay(base: Rule, rate: Number) -> Rule:
    """Weight decay as AMVT prints it: ``theta_t <- theta_t - weight_decay*theta_(t-1)``, whatever the step size."""
    decay = symbol("weight_decay", "nonnegative")
    return base.transformed_step(lambda step: step + decay * theta, "weight decay (unscaled)", weight_decay=rate)


def outlier_filtered(base: Rule, deviations: Number = 4, memory: Number = 0.99) -> Rule:
    """Zero each gradient coordinate that is larger than `deviations` times its running root mean square.

    The mean square has the present gradient in it, with weight ``1 - memory`` in the long run. So a first gradient
    passes, and a lone outlier r times as large as the past ones is dropped when
    ``r**2*(1 - deviations**2*(1 - memory)) > deviations**2*memory``: with the defaults, when r is above 4.35.
    """
    square, typical, accepted = symbol("square"), symbol("typical"), symbol("accepted")
    width, rate = symbol("deviations", "positive"), symbol("memory", "unit")
    return base.preceded_by(
        "outlier filter",
        {
            square: rate * square + (1 - rate) * g**2,
            typical: sqrt(square / (1 - rate**t)),
            accepted: g * (1 - exceeds(Abs(g), width * typical)),
        },
        gradient=accepted,
        state={square: exact(0)},
        deviations=deviations,
        memory=memory,
    )


def with_error_feedback(base: Rule, compress: Map, name: str, **parameters: object) -> Rule:
    """The rule whose displacement is compressed, with what was left out added to the next one.

    Source: Seide et al. (2014); Stich, Cordonnier & Jaggi (2018).
    """
    residual, wanted, sent = symbol("residual"), symbol("wanted"), symbol("sent")
    update = {target: value for target, value in base.update.items() if target != theta}
    update |= {wanted: residual + base.step, sent: compress(wanted), residual: wanted - sent, theta: theta - sent}
    return base.rewritten(f"{name} with error feedback", update, state={residual: exact(0)}, parameters=parameters)


def quantize(spacing: Number) -> Map:
    """Round to multiples of `spacing`, up or down at random so that the mean is the value itself.

    The randomness is `uniform`, one number from [0, 1) for each coordinate and step.

    Source: Alistarh et al. (2017).
    """
    grid = exact(spacing)
    return lambda value: grid * floor(value / grid + uniform)
