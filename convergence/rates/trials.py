"""Series of known truth, on which the fit itself is measured: curves, real optimizer runs, noise laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convergence.rates.claimed import Order

Array = NDArray[np.float64]
Random = np.random.Generator

GROWING_COSTS = 400  # points of a run recorded at log-spaced steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A noiseless error curve and what is true of it.

    Attributes:
        family: group in which scores are reported.
        names: the laws that are a right name for it.
        order: the asymptotic order; a floor or a stall is the constant order.
        settled: first step from which the local exponent stays within 0.05 of the asymptotic one.
        values: (K,).
    """

    family: str
    names: tuple[str, ...]
    order: Order
    settled: float
    values: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A curve with noise: k (K,), errors (S, K), the minimum as told to the fit, and the oracle's deviation."""

    curve: Curve
    k: Array
    errors: Array
    minimum: float | None
    noise: str
    oracle: float


def settled_from(k: Array, values: Array, exponent: float, within: float = 0.05) -> float:
    """The first step from which the local exponent stays within 0.05 (times the exponent, above 1) of the truth."""
    x = np.log(k)
    slope = -np.gradient(np.log(values), x)
    off = np.flatnonzero(np.abs(slope - exponent) > within * max(1.0, exponent))
    return float(k[min(off[-1] + 1, len(k) - 1)]) if len(off) else float(k[0])


def _curve(
    family: str, names: tuple[str, ...], order: Order, k: Array, values: Array, exponent: float | None = None
) -> Curve:
    settled = float(k[0]) if exponent is None else settled_from(k, values, exponent)
    return Curve(family=family, names=names, order=order, settled=settled, values=values)


def power(k: Array, r: Random) -> Curve:
    """A power."""
    p = _exponent(r, 0.2, 2.2)
    return _curve("power", ("power",), Order(power=p), k, k**-p)


def with_log(k: Array, r: Random) -> Curve:
    """A power with a logarithm."""
    p, q = _exponent(r, 0.4, 2.0), float(r.choice([1.0, 1.0, 2.0, -1.0, 0.5]))
    return _curve(
        "log factor",
        ("power with log factor",),
        Order(power=p, log_power=q),
        k,
        np.log(k + r.uniform(0.7, 3)) ** q * k**-p,
    )


def floor(k: Array, r: Random) -> Curve:
    """A power that stalls in the middle of the run."""
    p, at = _exponent(r, 0.4, 2.0), _inside(k, r, 0.25, 0.75)
    return _curve("floor", ("power plus floor",), Order(), k, k**-p + at**-p)


def fast_then_slow(k: Array, r: Random) -> Curve:
    """Two powers, the slow one last."""
    p, more, at = _exponent(r, 0.25, 1.2), r.uniform(0.4, 2.0), _inside(k, r, 0.1, 0.6)
    return _curve("two powers", ("two powers",), Order(power=p), k, k**-p * (1 + (k / at) ** -more), p)


def slow_then_fast(k: Array, r: Random) -> Curve:
    """Two powers, the fast one last."""
    p, less, at = _exponent(r, 0.8, 2.0), r.uniform(0.3, 0.8), _inside(k, r, 0.1, 0.6)
    return _curve("two powers", ("two powers", "shifted power"), Order(power=p), k, k**-p / (1 + (k / at) ** -less), p)


def shifted(k: Array, r: Random) -> Curve:
    """A power that begins late."""
    p, at = _exponent(r, 0.4, 2.0), _inside(k, r, 0.05, 0.6)
    return _curve("shifted", ("shifted power",), Order(power=p), k, (1 + k / at) ** -p, p)


def geometric(k: Array, r: Random) -> Curve:
    """Exponential decay."""
    c = r.uniform(4, 30) / k[-1]
    return _curve("geometric", ("geometric",), Order(decay=c), k, np.exp(-c * k))


def geometric_floor(k: Array, r: Random) -> Curve:
    """Exponential decay that stalls."""
    at, efolds = k[-1] * r.uniform(0.1, 0.6), r.uniform(3, 15)
    return _curve("geometric floor", ("geometric plus floor",), Order(), k, np.exp(-efolds * k / at) + np.exp(-efolds))


def stretched(k: Array, r: Random) -> Curve:
    """A stretched exponential."""
    beta, efolds = r.uniform(0.3, 0.7), r.uniform(6, 20)
    order = Order(decay=0.0, power=np.inf)
    return _curve("stretched", ("stretched exponential",), order, k, np.exp(-efolds * (k / k[-1]) ** beta))


def inverse_log(k: Array, r: Random) -> Curve:
    """A power of the logarithm."""
    q = r.uniform(0.7, 2.0)
    return _curve("inverse log", ("inverse logarithm",), Order(log_power=-q), k, np.log(k + r.uniform(1.5, 4)) ** -q)


def constant(k: Array, r: Random) -> Curve:
    """A stall from the beginning."""
    return _curve("constant", ("constant", "power plus floor"), Order(), k, np.ones_like(k))


def oscillating(k: Array, r: Random) -> Curve:
    """An oscillation under a power envelope."""
    p, period, depth = _exponent(r, 0.4, 1.8), r.uniform(6, 20), r.uniform(0.3, 0.95)
    wave = 1 + depth * np.cos(2 * np.pi * k / period)
    return _curve("oscillating", ("power",), Order(power=p), k, k**-p * wave)


def three_powers(k: Array, r: Random) -> Curve:
    """A sum of three powers: no law of the fit's family."""
    p = _exponent(r, 0.25, 0.9)
    a, b = np.exp(r.uniform(0, 2.5, size=2))
    values = k**-p + a * k ** -(p + r.uniform(0.4, 0.8)) + b * k ** -(p + r.uniform(1.0, 1.8))
    return _curve("three powers", ("two powers", "power", "shifted power"), Order(power=p), k, values, p)


def corrected(k: Array, r: Random) -> Curve:
    """A power with a correction that dies slowly, of either sign."""
    p, a, s = _exponent(r, 0.4, 1.6), r.uniform(-0.6, 2.0), r.uniform(0.3, 0.6)
    names = ("two powers", "power", "shifted power", "power with log factor")
    return _curve("correction", names, Order(power=p), k, k**-p * (1 + a * k**-s), p)


def rippled(k: Array, r: Random) -> Curve:
    """A power with a ripple periodic in log k."""
    p, depth, turns = _exponent(r, 0.4, 1.6), r.uniform(0.05, 0.4), r.uniform(3.0, 12.0)
    return _curve("ripple", ("power",), Order(power=p), k, k**-p * np.exp(depth * np.sin(turns * np.log(k))))


def quadratic_spectrum(k: Array, r: Random) -> Curve:
    """Gradient descent on a quadratic with a power-law spectrum: the gap is an average of exponentials."""
    p = _exponent(r, 0.5, 1.6)
    eigenvalues = np.linspace(0, 1, 4001)[1:] ** 3  # density ~ s**(-2/3), weights s**(p - 1 + 2/3) make k**-p
    weights = eigenvalues ** (p - 1 / 3)
    values = np.exp(-2 * np.outer(k, eigenvalues)) @ weights
    return _curve(
        "gradient descent", ("power", "shifted power", "two powers"), Order(power=p), k, values / values[0], p
    )


def _decreasing(p: float, family: str) -> Callable[[Array, Random], Curve]:
    """Gradient descent on ``|x|**p``: with p > 2 the gap decays like k**(-p/(p-2))."""

    def run(k: Array, r: Random) -> Curve:
        start, steps = 1.0, int(k[-1])
        gaps, x, step = np.empty(steps), start, 0.3 / p
        for i in range(steps):
            x -= step * x ** (p - 1)
            gaps[i] = x**p
        values = gaps[k.astype(int) - 1]
        exponent = p / (p - 2)
        names = ("shifted power", "power", "two powers", "power with log factor")
        return _curve(family, names, Order(power=exponent), k, values, exponent)

    return run


FAMILIES: tuple[Callable[[Array, Random], Curve], ...] = (
    power, with_log, floor, fast_then_slow, slow_then_fast, shifted, geometric, geometric_floor, stretched,
    inverse_log, constant, oscillating, three_powers, corrected, rippled, quadratic_spectrum,
    _decreasing(4.0, "gradient descent"), _decreasing(6.0, "gradient descent"),
)  # fmt: skip


def _exponent(r: Random, low: float, high: float) -> float:
    return round(float(r.uniform(low, high)), 3)


def _inside(k: Array, r: Random, low: float, high: float) -> float:
    x = np.log(k)
    return float(np.exp(x[0] + r.uniform(low, high) * (x[-1] - x[0])))


def steps(r: Random) -> Array:
    """Dense short runs, or long ones recorded at log-spaced steps."""
    last = int(r.choice([100, 1000, 10_000, 100_000, 1_000_000], p=[0.25, 0.25, 0.2, 0.2, 0.1]))
    if last <= 1000:
        return np.arange(1.0, last + 1)
    return np.unique(np.round(np.geomspace(1, last, GROWING_COSTS)))


def noise_along(k: Array, runs: int, kind: str, size: float, r: Random) -> Array:
    """Log-noise (runs, K): independent, correlated over steps, correlated in log k, or squared Gaussian."""
    white = r.standard_normal((runs, len(k)))
    if kind == "independent":
        return size * white
    if kind == "squared":
        return 0.5 * np.log(white**2 + 0.05)
    gap = np.diff(np.log(k)) / 0.7 if kind == "log-correlated" else np.diff(k) / 8.0
    keep = np.exp(-gap)
    out = white.copy()
    for i in range(1, len(k)):
        out[:, i] = keep[i - 1] * out[:, i - 1] + np.sqrt(1 - keep[i - 1] ** 2) * white[:, i]
    return size * out


def oracle_deviation(k: Array, settled: float, runs: int, kind: str, size: float) -> float:
    """Standard deviation of the exponent for one who knows the law and the noise, from the settled part alone."""
    k = k[k >= settled]
    x = np.log(k)
    if len(k) < 4 or x[-1] - x[0] < 1.6:
        return np.inf
    if kind == "none":
        return 0.004
    pick = np.unique(np.round(np.linspace(0, len(k) - 1, 150)).astype(int))
    scale = len(pick) / len(k) if kind in ("independent", "squared") else 1.0
    size = 1.0 if kind == "squared" else size
    gap = (
        np.abs(x[pick][:, None] - x[pick]) / 0.7
        if kind == "log-correlated"
        else np.abs(k[pick][:, None] - k[pick]) / 8.0
    )
    covariance = (
        np.eye(len(pick)) * scale if kind in ("independent", "squared") else np.exp(-gap) + 1e-9 * np.eye(len(pick))
    )
    design = np.stack([np.ones(len(pick)), x[pick]], axis=1)
    information = design.T @ np.linalg.solve(covariance, design)
    return float(max(0.004, size * np.sqrt(np.linalg.inv(information)[1, 1] / runs)))


def trial(seed: int) -> Trial:
    """Trial number ``seed``: the family, steps, runs and noise are drawn from it."""
    r = np.random.default_rng([2026, seed])
    k = steps(r)
    family = FAMILIES[seed % len(FAMILIES)]
    if family in FAMILIES[-2:] or family is oscillating:
        k = np.arange(1.0, int(r.choice([300, 1000, 3000])) + 1)
    curve = family(k, r)
    kind = str(
        r.choice(
            ["none", "independent", "step-correlated", "log-correlated", "squared"], p=[0.25, 0.35, 0.15, 0.15, 0.1]
        )
    )
    runs = 1 if kind == "none" else int(r.choice([1, 3, 5, 10, 30]))
    size = float(r.choice([0.05, 0.1, 0.3, 0.6]))
    noise = np.zeros((1, len(k))) if kind == "none" else noise_along(k, runs, kind, size, r)
    level = float(np.exp(r.uniform(-8, 8)))
    values = level * curve.values * np.exp(noise)
    unknown = bool(r.random() < 0.15) and curve.order > Order(power=0.3)
    return Trial(
        curve=curve,
        k=k,
        errors=values + (level * r.uniform(-1, 1) if unknown else 0.0),
        minimum=None if unknown else 0.0,
        noise=kind,
        oracle=np.inf if curve.family == "constant" else oracle_deviation(k, curve.settled, runs, kind, size),
    )
