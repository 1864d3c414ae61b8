"""Maps of one expression, for one coordinate: what may happen to a gradient, a momentum, a displacement or an iterate.

Each function returns a map, to be handed to `Rule.precondition` (gradients), `Rule.through` (a value that the rule
assigns) or `Rule.transformed_step` (the displacement); `convergence.methods.modules` has them ready to use. Arguments
are numbers, or symbols whose values are given to the same call as parameters::

    adam.precondition(clip_by_norm(tau), "clip by norm", tau=1)

Comparisons are written with ``max`` and ``sign``, so that each rule can be written down as text; a value that is not a
number stays one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sympy import Abs, Expr, Max, Min, floor, sign

from convergence.expressions import exact, kth_largest_abs, norm
from convergence.methods.rule import uniform

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


def quantize(spacing: Number) -> Map:
    """Round to multiples of `spacing`, up or down at random so that the mean is the value itself.

    The randomness is `uniform`, one number from [0, 1) for each coordinate and step.

    Source: Alistarh et al. (2017).
    """
    grid = exact(spacing)
    return lambda value: grid * floor(value / grid + uniform)
