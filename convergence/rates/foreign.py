"""Series of known truth from outside the fit's family of laws: runs of optimizers, slow corrections, foreign noise.

`trials` draws from laws like those that are fitted. Here nothing is: quadratics with a continuum of curvatures, steps
that shrink, averages, momentum, Adam, sums of several powers, ripples that are no sines, heavy or shared noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sympy import Rational, sqrt

from convergence.methods import METHODS
from convergence.methods.averages import averaged
from convergence.methods.rule import Rule, t
from convergence.problems.oracles import Additive, Exact, Noise, Oracle
from convergence.problems.problem import Problem
from convergence.problems.quadratics import diagonal, log_spaced
from convergence.rates.claimed import Order
from convergence.rates.trials import Curve, Random, Trial, settled_from
from convergence.simulation import Group, simulate

Array = NDArray[np.float64]

Family = Callable[[Random], Trial]

MODES = 160
FLATTEST = 1e-10
LEAST_SPAN = 1.6  # in log k: an oracle says nothing from less


def _recorded(r: Random) -> Array:
    """All steps of a short run, or some of a long one."""
    last = int(r.choice([300, 1000, 3000]))
    return np.arange(1.0, last + 1) if r.random() < 0.6 else np.unique(np.round(np.geomspace(1, last, 120)))


def _gaps(rule: Rule, problem: Problem, oracle: Oracle, starts: Array, k: Array, r: Random, measure: str) -> Array:
    """(lanes, K), the measure along runs of the rule."""
    group = Group(problem=problem, oracle=oracle, starts=starts)
    (trace,) = simulate(rule, [group], k.astype(np.int64), [measure], seed=int(r.integers(2**31)))
    return np.asarray(trace.measures[measure])


def _oracle(k: Array, errors: Array, settled: float, exact: bool) -> float:
    """Deviation of the mean over runs of their slopes, from the settled part; inf where too few runs tell it."""
    late = k >= settled
    x = np.log(k[late])
    if late.sum() < 4 or x[-1] - x[0] < LEAST_SPAN or (len(errors) < 5 and not exact):
        return np.inf
    if exact:
        return 0.004
    z = (x - x.mean()) * np.gradient(x)
    slopes = np.log(errors[:, late]) @ z / (x @ z)
    return float(max(0.004, slopes.std(ddof=1) / np.sqrt(len(errors))))


def _trial(family: str, order: Order, k: Array, errors: Array, settled: float, exact: bool = False) -> Trial:
    curve = Curve(family=family, names=(), order=order, settled=settled, values=errors.mean(axis=0))
    oracle = _oracle(k, errors, settled, exact) if order.power else np.inf
    return Trial(curve=curve, k=k, errors=errors, minimum=0.0, noise="foreign", oracle=oracle)


def _continuum(family: str, rule: Rule, exponent: Callable[[float], float], low: float, high: float) -> Family:
    """A method on a quadratic whose curvatures reach zero: gap ~ integral of s**(p-1) residual(s, k)**2."""

    def draw(r: Random) -> Trial:
        p = round(float(r.uniform(low, high)), 3)
        k, runs = _recorded(r), int(r.choice([1, 1, 5, 10]))
        spectrum = log_spaced(FLATTEST, 1.0, MODES)
        start = spectrum ** ((p - 1) / 2)
        # seeds differ in their start; one run alone starts at the root mean square
        starts = start * (r.standard_normal((runs, MODES)) if runs > 1 else np.ones((1, MODES)))
        problem = diagonal(spectrum)
        errors = _gaps(rule, problem, Exact(), starts, k, r, "gap")
        typical = _gaps(rule, problem, Exact(), start[None, :], k, r, "gap")[0]
        truth = exponent(p)
        return _trial(family, Order(power=truth), k, errors, settled_from(k, typical, truth), runs == 1)

    return draw


def _noisy(family: str, rule: Rule, exponent: float, noise: tuple[float, float], settled: float = 10.0) -> Family:
    """A method with gradient noise, of a size between two, on a strongly convex quadratic.

    The sizes are such that means over 300 runs have the exponent from step `settled` on.
    """

    def draw(r: Random) -> Trial:
        dimension, k, runs = int(r.choice([2, 4])), _recorded(r), int(r.choice([1, 5, 10, 20]))
        problem = diagonal(np.append(1.0, log_spaced(2.0, 4.0, dimension - 1)))
        starts = r.standard_normal((runs, dimension))
        errors = _gaps(rule, problem, Additive(law=Noise.GAUSSIAN, level=float(r.uniform(*noise))), starts, k, r, "gap")
        return _trial(family, Order(power=exponent), k, errors, settled)

    return draw


def _strongly_convex(family: str, rule: Rule, decay: float) -> Family:
    """Exponential decay on a quadratic with curvatures from 0.02 to 1."""

    def draw(r: Random) -> Trial:
        k = np.arange(1.0, round(float(r.uniform(6, 20)) / decay) + 1)
        spectrum = log_spaced(0.02, 1.0, 30)
        starts = r.standard_normal((int(r.choice([1, 5])), 30))
        errors = _gaps(rule, diagonal(spectrum), Exact(), starts, k, r, "gap")
        return _trial(family, Order(decay=decay), k, errors, 1.0)

    return draw


def _noise(k: Array, runs: int, r: Random) -> Array:
    """Log-noise (runs, K) of kinds that the fit does not know."""
    kind, size = int(r.integers(4)), float(r.choice([0.05, 0.2, 0.5]))
    if kind == 0:  # heavy tails
        return size * r.standard_t(3, (runs, len(k)))
    if kind == 1:  # runs that share most of their noise
        return size * (0.8 * r.standard_normal(len(k)) + 0.6 * r.standard_normal((runs, len(k))))
    if kind == 2:  # noise that dies out
        return size * r.standard_normal((runs, len(k))) * k**-0.25
    shape = 1 / size  # a mean of squares
    return np.asarray(np.log(r.gamma(shape, 1 / shape, (runs, len(k)))))


def _curved(family: str, curve: Callable[[Array, float, Random], Array]) -> Family:
    """A formula ``curve(k, p, r)`` that decays like k**-p, under foreign noise."""

    def draw(r: Random) -> Trial:
        p, last = round(float(r.uniform(0.3, 1.6)), 3), int(r.choice([300, 10_000, 1_000_000]))
        k = np.arange(1.0, last + 1) if last < 1000 else np.unique(np.round(np.geomspace(1, last, 300)))
        values = curve(k, p, r)
        runs = int(r.choice([1, 5, 10, 30]))
        quiet = runs == 1 and r.random() < 0.5
        errors = values * np.exp(np.zeros((1, len(k))) if quiet else _noise(k, runs, r))
        return _trial(family, Order(power=p), k, errors, settled_from(k, values, p), quiet)

    return draw


def _several_powers(k: Array, p: float, r: Random) -> Array:
    more = p + np.cumsum(r.uniform(0.3, 1.0, size=3))
    weights = np.exp(r.uniform(-1.0, 3.0, size=3))
    return np.asarray(k**-p + sum(w * k**-q for w, q in zip(weights, more, strict=True)))


def _log_periodic(k: Array, p: float, r: Random) -> Array:
    turn = r.uniform(2.0, 8.0) * np.log(k) + r.uniform(0, 6.3)
    wave = np.sin(turn) + 0.4 * np.sin(2 * turn + 1.0)
    return np.asarray(k**-p * np.exp(r.uniform(0.05, 0.3) * wave))


def _slow_correction(k: Array, p: float, r: Random) -> Array:
    return np.asarray(k**-p * (1 + r.uniform(-0.5, 1.0) / np.log(k + np.e)))


def _staircase(k: Array, p: float, r: Random) -> Array:
    """Exponentials a decade apart: plateaus and falls under a power, as in training that learns one thing at a time."""
    scales = 10.0 ** np.arange(-8, 1)
    return np.asarray(np.exp(-np.outer(k, scales)) @ scales**p)


ALPHA = Rational(1, 2)
GRADIENT_DESCENT = METHODS["gradient_descent"].with_parameters(alpha=ALPHA)
FOREIGN: tuple[Family, ...] = (
    _continuum("descent on a continuum", GRADIENT_DESCENT, lambda p: p, 0.3, 2.0),
    _continuum("heavy ball on a continuum", METHODS["heavy_ball"].with_parameters(alpha=ALPHA, beta=ALPHA),
               lambda p: p, 0.3, 1.5),
    _continuum("Nesterov on a continuum", METHODS["nesterov"].with_parameters(alpha=ALPHA), lambda p: 2 * p, 0.3, 0.9),
    _continuum("averages on a continuum", averaged(GRADIENT_DESCENT), lambda p: p, 0.3, 1.5),
    _noisy("SGD with steps 1/(mu k)", METHODS["sgd_strongly_convex"], 1.0, (0.5, 3.0)),
    _noisy("SGD with steps too short", METHODS["gradient_descent"].scheduled(Rational(1, 4) / t), 0.5, (0.1, 0.4),
           settled=100.0),
    _noisy("averaged SGD", averaged(METHODS["gradient_descent"].with_parameters(alpha=Rational(3, 10))), 1.0,
           (2.0, 4.0), settled=30.0),
    _noisy("Adam with steps 1/sqrt(k)", METHODS["adam"].scheduled(ALPHA / sqrt(t)), 0.5, (2.0, 4.0),
           settled=300.0),
    _strongly_convex("descent to rounding", GRADIENT_DESCENT, -2 * float(np.log(1 - 0.5 * 0.02))),
    # complex modes all shrink by sqrt(beta) a step
    _strongly_convex("heavy ball to rounding", METHODS["heavy_ball"].with_parameters(alpha=1, beta=Rational(81, 100)),
                     -float(np.log(0.81))),
    _curved("several powers", _several_powers),
    _curved("log-periodic", _log_periodic),
    _curved("slow correction", _slow_correction),
    _curved("staircase", _staircase),
)  # fmt: skip


def foreign(seed: int) -> Trial:
    """Foreign trial number ``seed``."""
    r = np.random.default_rng([2027, seed])
    return FOREIGN[seed % len(FOREIGN)](r)
