"""Adaptive Moment Gradient Thresholding, in each reading of its momentum, its threshold and its step sizes.

The printed momentum averages ``lambda_t`` alone and never sees the gradient; the intended one averages ``lambda_t*g``.
The variance of recent gradients is an exponential one: both of its moments carry the same weights, so that it is never
negative in exact arithmetic, and 0 at the first step. The threshold acts on the corrected momentum.
"""

from __future__ import annotations

from sympy import Expr, Max, sqrt

from convergence.expressions import norm, symbol
from convergence.methods.adaptive import beta1, beta2, corrected, decay, epsilon, m_hat, moving_average, u, v
from convergence.methods.first_order import alpha, m, mu
from convergence.methods.modules import SMALLEST, Module
from convergence.methods.rule import Rule, g, rule, t
from convergence.methods.transforms import Number, clip_by_value, zero_below

gamma, tau, eta0 = symbol("gamma", "nonnegative"), symbol("tau", "positive"), symbol("eta0", "positive")
variance, lambda_t = symbol("variance"), symbol("lambda_t")

tau_max = symbol("tau_max", "positive")

VARIANCE = Max(0, corrected(v, beta2) - corrected(u, beta2) ** 2)

NOISE, SIGNAL = norm(sqrt(variance)) ** 2, norm(corrected(u, beta2)) ** 2
NOISY_TAU = tau + (tau_max - tau) * NOISE / Max(SMALLEST, NOISE + SIGNAL)


def adaptive_momentum(name: str, averaged: Expr, source: str) -> Rule:
    """AMGT without threshold: ``m <- beta1*m + (1 - beta1)*averaged`` and ``theta <- theta - alpha*m_hat``."""
    return rule(
        name,
        parameters={alpha: eta0 / (1 + decay * t), eta0: 0.001, decay: 1e-4, beta1: 0.9, beta2: 0.999, gamma: 1},
        state={m: 0, v: 0, u: 0},
        update={
            v: moving_average(v, g**2, beta2),
            u: moving_average(u, g, beta2),
            variance: VARIANCE,
            lambda_t: 1 / (1 + gamma * variance),
            m: moving_average(m, averaged, beta1),
            m_hat: corrected(m, beta1),
        },
        step=alpha * m_hat,
        source=source,
    )


def zero_out(threshold: Number) -> Module:
    """Coordinates of the corrected momentum that are smaller than `threshold` become 0."""
    return lambda base: base.through("m_hat", zero_below(tau), "zero-out", tau=threshold)


def clip(threshold: Number) -> Module:
    """Coordinates of the corrected momentum are clipped to ``[-threshold, threshold]``."""
    return lambda base: base.through("m_hat", clip_by_value(tau), "clip", tau=threshold)


def zero_out_by_noise(least: Number = 0.05, greatest: Number = 0.1) -> Module:
    """`zero_out` with a threshold between `least` and `greatest`: the larger, the noisier the layer's gradients are.

    The paper adapts its threshold to each layer and does not say how; this is our way. Norms must be those of a layer.
    """
    return lambda base: base.through("m_hat", zero_below(NOISY_TAU), "zero-out by noise", tau=least, tau_max=greatest)


def clip_by_noise(least: Number = 0.05, greatest: Number = 0.1) -> Module:
    """`clip` with the threshold of `zero_out_by_noise`."""
    return lambda base: base.through("m_hat", clip_by_value(NOISY_TAU), "clip by noise", tau=least, tau_max=greatest)


amgt = adaptive_momentum("amgt", lambda_t * g, "AMGT, Preliminaries, the momentum as intended")
amgt_as_printed = adaptive_momentum("amgt_as_printed", lambda_t, "AMGT, Preliminaries, the momentum as printed")
amgt_zero_out = zero_out(0.05)(amgt).named("amgt_zero_out")
amgt_clip = clip(0.05)(amgt).named("amgt_clip")
amgt_strongly_convex = amgt.scheduled(1 / (mu * t), mu=1).named("amgt_strongly_convex")
amgt_scaled = amgt.transformed_step(
    lambda step: step / (sqrt(corrected(v, beta2)) + epsilon), "scaled", epsilon=1e-8
).named("amgt_scaled", "AMGT, Preliminaries, as Adam with another momentum and step size")
