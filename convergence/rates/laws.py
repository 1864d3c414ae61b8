"""The laws of decay that a fit averages over, each linear in one coefficient.

Every law reads ``log e(k) = c + o(x) - theta * u(x)`` with ``x = log k``: the level c and the coefficient theta are
integrated out in closed form, the remaining parameters (`axes`) live in cells that `evidence` splits where the data
ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = Callable[[Array, Array], tuple[Array, Array]]

MARGIN_BEFORE, MARGIN_AFTER = 0.0, 0.7  # bends and floors up to twice the last step (0.7 = log 2) are looked for


class Asymptote(StrEnum):
    """Where the local exponent of a law goes as k grows."""

    THETA = "theta"
    ZERO = "zero"
    INFINITE = "infinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One nonlinear parameter: its range, the number of cells in it at first, and its start and end in words."""

    low: float
    high: float
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A family of decay laws.

    Attributes:
        name: what the report calls it.
        shape: (x of shape (N,), parameters of shape (M, d)) -> offset o and slope function u, each (M, N).
        axes: x -> the ranges of the d parameters.
        asymptote: what the exponent tends to.
        prior: probability before data, relative to the other laws.
        log_power: q of the factor log(k)**q.
        efolds: whether theta counts e-folds over the whole run (exponentials) rather than an exponent.
        least: e-folds over the run below which nothing exponential can be said to have been seen.
        flat: whether theta is zero.
        gaps, differences: whether it is a law of f(k) - f*, and of f(k) - f(sqrt(10) k).
    """

    name: str
    shape: Shape
    axes: Callable[[Array], tuple[Axis, ...]]
    asymptote: Asymptote
    prior: float
    log_power: float = 0.0
    efolds: bool = False
    least: float = 0.7
    flat: bool = False
    gaps: bool = True
    differences: bool = True


def _none(x: Array) -> tuple[Axis, ...]:
    return ()


def _bend(x: Array) -> Axis:
    low, high = float(x[0]) + 0.3, float(x[-1])
    return Axis(low=low, high=max(high, low + 0.5), cells=8)


def _level_off(x: Array) -> Axis:
    low = float(x[0]) + 0.5
    return Axis(low=low, high=max(float(x[-1]) + MARGIN_AFTER, low + 0.5), cells=8)


def _softplus(z: Array) -> Array:
    return np.logaddexp(0.0, z)


def _power(x: Array, p: Array) -> tuple[Array, Array]:
    u = np.broadcast_to(x, (len(p), len(x)))
    return np.zeros_like(u), u


def _with_log(q: float) -> Shape:
    def shape(x: Array, p: Array) -> tuple[Array, Array]:
        u = np.broadcast_to(x, (len(p), len(x)))
        log = np.logaddexp(x, np.log(np.maximum(p[:, :1], 1e-3))) + p[:, 1:2]
        return q * np.log(_softplus(4 * log) / 4), u  # kept positive where log(k + c) + b is not

    return shape


def _with_log_axes(x: Array) -> tuple[Axis, ...]:
    # log(k + c), where b is nothing that can be seen
    return Axis(low=1e-3, high=4.0, cells=4), Axis(low=-0.01, high=0.01, cells=1)


def _with_log_difference_axes(x: Array) -> tuple[Axis, ...]:
    # log(k + c) + b: differences of log(k)**q k**-p have another constant beside the logarithm
    return Axis(low=1e-3, high=4.0, cells=2), Axis(low=-1.2, high=1.2, cells=3)


def _two_powers(sign: float) -> Shape:
    def shape(x: Array, p: Array) -> tuple[Array, Array]:
        u = np.broadcast_to(x, (len(p), len(x)))
        return sign * _softplus(-np.exp(p[:, 1:2]) * (x - p[:, :1])), u

    return shape


def _two_powers_axes(x: Array) -> tuple[Axis, ...]:
    return _bend(x), Axis(low=np.log(0.2), high=np.log(4.0), cells=4)


def _shifted(x: Array, p: Array) -> tuple[Array, Array]:
    u = np.logaddexp(x, p[:, :1])
    return np.zeros_like(u), u


def _shifted_axes(x: Array) -> tuple[Axis, ...]:
    # k0 up to 30 times the last step: a curve that is still accelerating may end at any exponent
    return (Axis(low=float(x[0]) - 1.0, high=float(x[-1]) + 3.4, cells=10),)


def _floor(x: Array, p: Array) -> tuple[Array, Array]:
    u = -_softplus(-np.exp(p[:, 1:2]) * (x - p[:, :1]))
    return np.zeros_like(u), u


def _floor_axes(x: Array) -> tuple[Axis, ...]:
    return _level_off(x), Axis(low=np.log(0.25), high=np.log(4.0), cells=4)


def _bent_floor(x: Array, p: Array) -> tuple[Array, Array]:
    u = -_softplus(-np.exp(p[:, 1:2]) * (np.logaddexp(x, p[:, 2:3]) - p[:, :1]))
    return np.zeros_like(u), u


def _bent_floor_axes(x: Array) -> tuple[Axis, ...]:
    return *_floor_axes(x), Axis(low=float(x[0]), high=float(x[-1]), cells=4)


def _constant(x: Array, p: Array) -> tuple[Array, Array]:
    zero = np.zeros((len(p), len(x)))
    return zero, zero


def _geometric(x: Array, p: Array) -> tuple[Array, Array]:
    u = np.broadcast_to(np.exp(x - x[-1]), (len(p), len(x)))
    return np.zeros_like(u), u


def _geometric_power(x: Array, p: Array) -> tuple[Array, Array]:
    return -p[:, :1] * x, _geometric(x, p)[1]


def _geometric_power_axes(x: Array) -> tuple[Axis, ...]:
    return (Axis(low=-1.25, high=2.25, cells=7),)


def _two_geometrics(x: Array, p: Array) -> tuple[Array, Array]:
    # a fast mode that meets the slow one at step exp(p0) with relative rate exp(p1)
    return _softplus(np.exp(p[:, 1:2]) * (1 - np.exp(x - p[:, :1]))), _geometric(x, p)[1]


def _two_geometrics_axes(x: Array) -> tuple[Axis, ...]:
    return _bend(x), Axis(low=np.log(0.7), high=np.log(20.0), cells=3)


def _geometric_floor(x: Array, p: Array) -> tuple[Array, Array]:
    efolds = np.exp(p[:, 1:2])
    u = -np.logaddexp(-efolds * np.exp(np.minimum(x - p[:, :1], 30.0)), -efolds)
    return np.zeros_like(u), u


def _geometric_floor_axes(x: Array) -> tuple[Axis, ...]:
    return _bend(x), Axis(low=np.log(1.0), high=np.log(35.0), cells=6)


def _stretched(x: Array, p: Array) -> tuple[Array, Array]:
    u = np.exp(p[:, :1] * (x - x[-1]))
    return np.zeros_like(u), u


def _stretched_axes(x: Array) -> tuple[Axis, ...]:
    return (Axis(low=0.18, high=0.94, cells=6),)


def _superlinear_axes(x: Array) -> tuple[Axis, ...]:
    return (Axis(low=1.25, high=3.0, cells=6),)


def _inverse_log(x: Array, p: Array) -> tuple[Array, Array]:
    u = np.log(_softplus(4 * (np.logaddexp(x, p[:, :1]) + p[:, 1:2])) / 4)
    return np.zeros_like(u), u


def _inverse_log_axes(x: Array) -> tuple[Axis, ...]:
    # log(k + c) + b
    return Axis(low=np.log(0.05), high=np.log(6.0), cells=3), Axis(low=-0.5, high=5.0, cells=4)


def _geometric_difference(x: Array, p: Array) -> tuple[Array, Array]:
    # exp(-c k) - exp(-c sqrt(10) k), the second term with a c of its own, exp(p0) e-folds over the run
    fall = np.exp(p[:, :1]) * (np.sqrt(10.0) - 1) * np.exp(x - x[-1])
    return np.log(-np.expm1(-fall)), _geometric(x, p)[1]


def _geometric_difference_axes(x: Array) -> tuple[Axis, ...]:
    return (Axis(low=np.log(0.5), high=np.log(40.0), cells=6),)


def _shifted_difference(x: Array, p: Array) -> tuple[Array, Array]:
    # (k + k0)**-p - (sqrt(10) k + k0)**-p, the second term with a p of its own
    u = np.logaddexp(x, p[:, :1])
    fall = np.exp(p[:, 1:2]) * (np.logaddexp(x + 0.5 * np.log(10.0), p[:, :1]) - u)
    return np.log(-np.expm1(-fall)), u


def _shifted_difference_axes(x: Array) -> tuple[Axis, ...]:
    return *_shifted_axes(x), Axis(low=np.log(0.2), high=np.log(5.0), cells=4)


def _logs(differences: bool) -> tuple[Law, ...]:
    axes = _with_log_difference_axes if differences else _with_log_axes
    return tuple(
        Law(name="power with log factor", shape=_with_log(q), axes=axes, asymptote=Asymptote.THETA, prior=prior,
            log_power=q, gaps=not differences, differences=differences)
        for q, prior in ((1.0, 0.025), (-1.0, 0.007), (2.0, 0.007), (0.5, 0.012), (-0.5, 0.005))
    )  # fmt: skip


LAWS: tuple[Law, ...] = (
    Law(name="power", shape=_power, axes=_none, asymptote=Asymptote.THETA, prior=0.45),
    *_logs(differences=False),
    *_logs(differences=True),
    Law(name="two powers", shape=_two_powers(1.0), axes=_two_powers_axes, asymptote=Asymptote.THETA, prior=0.05),
    Law(name="two powers", shape=_two_powers(-1.0), axes=_two_powers_axes, asymptote=Asymptote.THETA, prior=0.04),
    Law(name="shifted power", shape=_shifted, axes=_shifted_axes, asymptote=Asymptote.THETA, prior=0.08),
    Law(name="power plus floor", shape=_floor, axes=_floor_axes, asymptote=Asymptote.ZERO, prior=0.06,
        differences=False),
    Law(name="power plus floor", shape=_bent_floor, axes=_bent_floor_axes, asymptote=Asymptote.ZERO, prior=0.015,
        differences=False),
    Law(name="constant", shape=_constant, axes=_none, asymptote=Asymptote.ZERO, prior=0.03, flat=True,
        differences=False),
    Law(name="geometric", shape=_geometric, axes=_none, asymptote=Asymptote.INFINITE, prior=0.10, efolds=True),
    Law(name="geometric", shape=_geometric_power, axes=_geometric_power_axes, asymptote=Asymptote.INFINITE,
        prior=0.01, efolds=True),
    Law(name="geometric", shape=_two_geometrics, axes=_two_geometrics_axes, asymptote=Asymptote.INFINITE,
        prior=0.01, efolds=True, least=2.0),
    Law(name="geometric plus floor", shape=_geometric_floor, axes=_geometric_floor_axes, asymptote=Asymptote.ZERO,
        prior=0.03, differences=False),
    Law(name="geometric", shape=_geometric_difference, axes=_geometric_difference_axes, asymptote=Asymptote.INFINITE,
        prior=0.05, efolds=True, gaps=False),
    Law(name="shifted power", shape=_shifted_difference, axes=_shifted_difference_axes, asymptote=Asymptote.THETA,
        prior=0.08, gaps=False),
    Law(name="stretched exponential", shape=_stretched, axes=_stretched_axes, asymptote=Asymptote.INFINITE,
        prior=0.015, efolds=True),
    Law(name="faster than geometric", shape=_stretched, axes=_superlinear_axes, asymptote=Asymptote.INFINITE,
        prior=0.01, efolds=True),
    Law(name="inverse logarithm", shape=_inverse_log, axes=_inverse_log_axes, asymptote=Asymptote.ZERO, prior=0.06),
)  # fmt: skip
