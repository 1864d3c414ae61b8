"""Step sizes as expressions in ``t`` = 1, 2, ...; arguments are numbers or symbols.

``adam.scheduled(cosine(eta0, 0, 1000), eta0=0.001)`` puts one in the place of ``alpha``.
"""

from __future__ import annotations

from sympy import Expr, Min, Rational, cos, floor, pi, sqrt

from convergence.expressions import exact
from convergence.methods.rule import t
from convergence.methods.transforms import Number


def constant(value: Number) -> Expr:
    """The same step size at every step."""
    return exact(value)


def strongly_convex(mu: Number) -> Expr:
    """``1/(mu*t)`` for an objective that is mu-strongly convex."""
    return 1 / (exact(mu) * t)


def inverse_root(first: Number) -> Expr:
    """``first/sqrt(t)``."""
    return exact(first) / sqrt(t)


def diminishing(initial: Number, rate: Number) -> Expr:
    """``initial/(1 + rate*t)``."""
    return exact(initial) / (1 + exact(rate) * t)


def exponential(initial: Number, factor: Number) -> Expr:
    """``initial*factor**t``."""
    return exact(initial) * exact(factor) ** t


def step_decay(initial: Number, factor: Number, every: Number) -> Expr:
    """``initial*factor**floor(t/every)``, for a whole number `every`; the half step keeps floats off the jumps."""
    return exact(initial) * exact(factor) ** floor((t + Rational(1, 2)) / exact(every))


def cosine(initial: Number, final: Number, horizon: Number) -> Expr:
    """Half a cosine from `initial` to `final`, which it reaches at ``t = horizon``."""
    return _half_cosine(exact(initial), exact(final), t / exact(horizon))


def warm_restarts(initial: Number, final: Number, period: Number) -> Expr:
    """The cosine of `cosine`, begun anew every `period` steps; the first step of a period has the step size `initial`.

    The half step keeps floats off the jumps.

    Source: Loshchilov & Hutter (2017).
    """
    begun = floor((t - Rational(1, 2)) / exact(period))
    return _half_cosine(exact(initial), exact(final), (t - 1) / exact(period) - begun)


def warm_up(schedule: Number, steps: Number) -> Expr:
    """A schedule, or a constant, multiplied by ``t/steps`` until ``t = steps``."""
    return exact(schedule) * Min(1, t / exact(steps))


def _half_cosine(initial: Expr, final: Expr, progress: Expr) -> Expr:
    return final + (initial - final) * (1 + cos(pi * progress)) / 2
