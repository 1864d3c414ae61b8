"""Adaptive Moment Gradient Thresholding, in each reading of its momentum, its threshold and its step sizes.

The printed momentum averages ``lambda_t`` alone and never sees the gradient; the intended one averages ``lambda_t*g``.
The variance of recent gradients is an exponential one: both of its moments carry the same weights, so that it is never
negative in exact arithmetic, and 0 at the first step. The threshold acts on the corrected momentum.
"""

from __future__ import annotations

from sympy import Expr, Max, sqrt

from convergence.expressions import symbol
from convergence.methods.adaptive import beta1, beta2, corrected, decay, epsilon, m_hat, moving_average, u, v
from convergence.methods.first_order import alpha, m, mu
from convergence.methods.rule import Rule, g, rule, t
from convergence.methods.transforms import clip_by_value, zero_below

gamma, tau, eta0 = symbol("gamma", "nonnegative"), symbol("tau", "positive"), symbol("eta0", "positive")
variance, lambda_t = symbol("variance"), symbol("lambda_t")

VARIANCE = Max(0, corrected(v, beta2) - corrected(u, beta2) ** 2)


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


amgt = adaptive_momentum("amgt", lambda_t * g, "AMGT, Preliminaries, the momentum as intended")
amgt_as_printed = adaptive_momentum("amgt_as_printed", lambda_t, "AMGT, Preliminaries, the momentum as printed")
amgt_zero_out = amgt.through("m_hat", zero_below(tau), "zero-out", tau=0.05).named("amgt_zero_out")
amgt_clip = amgt.through("m_hat", clip_by_value(tau), "clip", tau=0.05).named("amgt_clip")
amgt_strongly_convex = amgt.scheduled(1 / (mu * t), mu=1).named("amgt_strongly_convex")
amgt_scaled = amgt.transformed_step(
    lambda step: step / (sqrt(corrected(v, beta2)) + epsilon), "scaled", epsilon=1e-8
).named("amgt_scaled", "AMGT, Preliminaries, as Adam with another momentum and step size")
