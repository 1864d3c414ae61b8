"""Every method once more, as its source states it: plain loops over NumPy arrays that know nothing of rules.

A reference takes ``ask(t, x)``, the gradient at x in step t = 1, 2, ..., a start, and its settings by name; it yields
the iterate and what the method returns after each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ask = Callable[[int, Array], Array]
Path = Iterator[tuple[Array, Array]]
Reference = Callable[..., Path]


def descent(step: Callable[..., Iterator[Array]]) -> Reference:
    """A method from a coroutine that turns gradients at the iterate into displacements."""

    def path(ask: Ask, x: Array, **settings: float) -> Path:
        moves = step(x, **settings)
        next(moves)
        for t in count(1):
            x = x - moves.send((ask(t, x), x))
            next(moves)
            yield x, x

    return path


def length(x: Array) -> float:
    return sqrt(sum(float(value) ** 2 for value in x))


# --- plain


@descent
def gradient_descent(x: Array, alpha: float) -> Any:
    while True:
        g, _ = yield
        yield alpha * g


@descent
def sgd_strongly_convex(x: Array, mu: float) -> Any:
    for t in count(1):
        g, _ = yield
        yield g / (mu * t)


@descent
def subgradient(x: Array, eta0: float) -> Any:
    for t in count(1):
        g, _ = yield
        yield eta0 / sqrt(t) * g


@descent
def normalised_subgradient(x: Array, eta0: float) -> Any:
    for t in count(1):
        g, _ = yield
        yield eta0 / sqrt(t) * g / length(g)


@descent
def sign_descent(x: Array, alpha: float) -> Any:
    while True:
        g, _ = yield
        yield alpha * np.sign(g)


# --- momentum


def heavy_ball(ask: Ask, x: Array, alpha: float, beta: float) -> Path:
    """Polyak (1964): x_{k+1} = x_k - alpha grad f(x_k) + beta (x_k - x_{k-1})."""
    xs = [x, x]
    for t in count(1):
        xs.append(xs[-1] - alpha * ask(t, xs[-1]) + beta * (xs[-1] - xs[-2]))
        yield xs[-1], xs[-1]


@descent
def momentum(x: Array, alpha: float, beta: float) -> Any:
    """The buffer is the sum of all gradients, weighted by powers of beta."""
    gs: list[Array] = []
    while True:
        g, _ = yield
        gs.append(g)
        yield alpha * sum(beta**age * old for age, old in enumerate(reversed(gs)))


@descent
def damped_momentum(x: Array, alpha: float, beta: float, dampening: float) -> Any:
    """torch.optim.SGD: the first buffer is the first gradient, undamped."""
    gs: list[Array] = []
    while True:
        g, _ = yield
        gs.append(g if not gs else (1 - dampening) * g)
        yield alpha * sum(beta**age * old for age, old in enumerate(reversed(gs)))


def nesterov_momentum(ask: Ask, x: Array, alpha: float, beta: float) -> Path:
    """Sutskever et al. (2013): v <- beta v - alpha grad f(y + beta v), y <- y + v; here x = y + beta v."""
    y, v = x, np.zeros_like(x)
    for t in count(1):
        v = beta * v - alpha * ask(t, y + beta * v)
        y = y + v
        yield y + beta * v, y + beta * v


def nesterov(ask: Ask, x: Array, alpha: float) -> Path:
    """y_k = x_k + k/(k+3) (x_k - x_{k-1}), x_{k+1} = y_k - alpha grad f(y_k), from k = 0."""
    xs = [x, x]
    for k in count(0):
        y = xs[-1] + k / (k + 3) * (xs[-1] - xs[-2])
        xs.append(y - alpha * ask(k + 1, y))
        yield xs[-1], xs[-1]


def nesterov_constant(ask: Ask, x: Array, alpha: float, beta: float) -> Path:
    xs = [x, x]
    for t in count(1):
        y = xs[-1] + beta * (xs[-1] - xs[-2])
        xs.append(y - alpha * ask(t, y))
        yield xs[-1], xs[-1]


# --- averages


def averages(weight: Callable[..., float]) -> Reference:
    """Gradient descent that returns the mean of its iterates with weights ``weight(i, t, ...)``."""

    def path(ask: Ask, x: Array, alpha: float, **settings: float) -> Path:
        xs = []
        for t in count(1):
            x = x - alpha * ask(t, x)
            xs.append(x)
            weights = [weight(i, t, **settings) for i in range(1, t + 1)]
            yield x, sum(w * old for w, old in zip(weights, xs, strict=True)) / sum(weights)

    return path


averaged_gradient_descent = averages(lambda i, t: 1.0)
suffix_averaged_gradient_descent = averages(lambda i, t, first: float(i >= min(t, first)))


def _rising(i: int, power: float) -> float:
    """i (i+1) ... (i+power-1), Shamir and Zhang's weights for whole powers."""
    return float(np.prod([i + j for j in range(int(power))]))


weighted_averaged_gradient_descent = averages(lambda i, t, power: _rising(i, power))


# --- adaptive


@descent
def adagrad(x: Array, alpha: float, epsilon: float) -> Any:
    total = np.zeros_like(x)
    while True:
        g, _ = yield
        total = total + g * g
        yield alpha * g / (np.sqrt(total) + epsilon)


@descent
def adagrad_norm(x: Array, alpha: float, epsilon: float) -> Any:
    total = 0.0
    while True:
        g, _ = yield
        total += length(g) ** 2
        yield alpha * g / (sqrt(total) + epsilon)


def ema(values: list[Array], rate: float) -> Array:
    """The exponential average of all values so far, from 0, as a sum with its weights."""
    last = len(values) - 1
    return sum((1 - rate) * rate ** (last - place) * value for place, value in enumerate(values))  # type: ignore[return-value]


def mean(values: list[Array], rate: float) -> Array:
    """The same with weights that sum to 1: Adam's corrected moments."""
    return ema(values, rate) / (1 - rate ** len(values))


def remembering(step: Callable[..., Array]) -> Reference:
    """A method whose displacement is a function of all gradients so far and the iterate."""

    @descent
    def path(x: Array, **settings: float) -> Any:
        gs: list[Array] = []
        while True:
            g, here = yield
            gs.append(g)
            yield step(gs, here, **settings)

    return path


def squares(gs: list[Array]) -> list[Array]:
    return [g * g for g in gs]


@remembering
def rmsprop(gs: list[Array], x: Array, alpha: float, rho: float, epsilon: float) -> Array:
    return alpha * gs[-1] / (np.sqrt(ema(squares(gs), rho)) + epsilon)


@remembering
def rmsprop_centered(gs: list[Array], x: Array, alpha: float, rho: float, epsilon: float) -> Array:
    return alpha * gs[-1] / (np.sqrt(np.maximum(0, ema(squares(gs), rho) - ema(gs, rho) ** 2)) + epsilon)


@remembering
def rmsprop_momentum(gs: list[Array], x: Array, alpha: float, rho: float, beta: float, epsilon: float) -> Array:
    scaled = [gs[i] / (np.sqrt(ema(squares(gs[: i + 1]), rho)) + epsilon) for i in range(len(gs))]
    return alpha * sum(beta**age * old for age, old in enumerate(reversed(scaled)))


@remembering
def adam(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    return alpha * mean(gs, beta1) / (np.sqrt(mean(squares(gs), beta2)) + epsilon)


@remembering
def adam_epsilon_inside(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    return alpha * mean(gs, beta1) / np.sqrt(mean(squares(gs), beta2) + epsilon)


def largest_moment(gs: list[Array], beta2: float) -> Array:
    return np.max([ema(squares(gs[: i + 1]), beta2) for i in range(len(gs))], axis=0)


@remembering
def amsgrad(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    corrected = largest_moment(gs, beta2) / (1 - beta2 ** len(gs))
    return alpha * mean(gs, beta1) / (np.sqrt(corrected) + epsilon)


@remembering
def amsgrad_uncorrected(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    return alpha * ema(gs, beta1) / (np.sqrt(largest_moment(gs, beta2)) + epsilon)


@remembering
def adamw(
    gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float, weight_decay: float
) -> Array:
    return alpha * (mean(gs, beta1) / (np.sqrt(mean(squares(gs), beta2)) + epsilon) + weight_decay * x)


@remembering
def radam(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    """Liu et al. (2020), Algorithm 2, with torch's threshold 5 and its epsilon beside the uncorrected root."""
    t = len(gs)
    longest = 2 / (1 - beta2) - 1
    rho = longest - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return alpha * mean(gs, beta1)
    r = sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
    return alpha * mean(gs, beta1) * r * sqrt(1 - beta2**t) / (np.sqrt(ema(squares(gs), beta2)) + epsilon)


@remembering
def nadam(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float, decay: float) -> Array:
    """Dozat (2016), with the schedule of his report, 0.96**(t*decay)."""
    mus = [beta1 * (1 - 0.5 * 0.96 ** (i * decay)) for i in range(1, len(gs) + 2)]
    product = float(np.prod(mus[:-1]))
    ahead = mus[-1] * ema(gs, beta1) / (1 - product * mus[-1])
    return alpha * (ahead + (1 - mus[-2]) * gs[-1] / (1 - product)) / (np.sqrt(mean(squares(gs), beta2)) + epsilon)


@remembering
def adamax(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    """The infinity norm of all gradients, weighted by powers of beta2."""
    norm = np.max([beta2**age * (np.abs(g) + epsilon) for age, g in enumerate(reversed(gs))], axis=0)
    return alpha * mean(gs, beta1) / norm


def surprises(gs: list[Array], beta1: float) -> list[Array]:
    """The squares of (g_t - m_t), for AdaBelief and AMVT."""
    return [(gs[i] - ema(gs[: i + 1], beta1)) ** 2 for i in range(len(gs))]


@remembering
def adabelief(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    """Zhuang et al. (2020), Algorithm 2: epsilon is added to s in each step, and to its root."""
    s = ema(surprises(gs, beta1), beta2) + epsilon * sum(beta2**age for age in range(len(gs)))
    return alpha * mean(gs, beta1) / (np.sqrt(s / (1 - beta2 ** len(gs))) + epsilon)


@remembering
def adabound(
    gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float, final: float, gamma: float
) -> Array:
    t = len(gs)
    rate = alpha * sqrt(1 - beta2**t) / (1 - beta1**t) / (np.sqrt(ema(squares(gs), beta2)) + epsilon)
    lower, upper = final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))
    return np.clip(rate, lower, upper) * ema(gs, beta1)


@remembering
def lion(gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, weight_decay: float) -> Array:
    """Chen et al. (2023), Program 1: the direction mixes the gradient with the average before it."""
    before = ema(gs[:-1], beta2) if len(gs) > 1 else 0.0
    return alpha * (np.sign(beta1 * before + (1 - beta1) * gs[-1]) + weight_decay * x)


@remembering
def lamb(
    gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, epsilon: float, weight_decay: float
) -> Array:
    direction = mean(gs, beta1) / (np.sqrt(mean(squares(gs), beta2)) + epsilon) + weight_decay * x
    ratio = length(x) / length(direction) if length(x) > 0 and length(direction) > 0 else 1.0
    return alpha * ratio * direction


def lookahead_adam(ask: Ask, x: Array, period: int, pull: float, **settings: float) -> Path:
    """Zhang et al. (2019), Algorithm 1; Adam's moments go on."""
    slow, fast, gs = x, x, []
    for t in count(1):
        gs.append(ask(t, fast))
        fast = fast - _adam_step(gs, **settings)
        if t % period == 0:
            slow = slow + pull * (fast - slow)
            fast = slow
        yield fast, fast


def _adam_step(gs: list[Array], alpha: float, beta1: float, beta2: float, epsilon: float) -> Array:
    return alpha * mean(gs, beta1) / (np.sqrt(mean(squares(gs), beta2)) + epsilon)


# --- AMVT and AMGT


def variance_tracking(scale: Callable[[Array, Array, float, float], Array], corrected: bool = True) -> Reference:
    """AMVT; `scale` is Step 6 as a function of v_hat, s_hat, alpha and epsilon."""

    @remembering
    def step(
        gs: list[Array], x: Array, alpha: float, beta1: float, beta2: float, beta3: float, epsilon: float
    ) -> Array:
        v_hat, s_hat = mean(squares(gs), beta2), mean(surprises(gs, beta1), beta3)
        return scale(v_hat, s_hat, alpha, epsilon) * (mean if corrected else ema)(gs, beta1)

    return step


def _step_6(v: Array, s: Array, alpha: float, epsilon: float) -> Array:
    return alpha / np.sqrt(v + epsilon) / np.sqrt(1 + s / (v + epsilon))


amvt = variance_tracking(_step_6)
amvt_algorithm1 = variance_tracking(_step_6, corrected=False)
amvt_step6_as_printed = variance_tracking(lambda v, s, alpha, e: alpha * (v + e) / np.sqrt(1 + s * v + e))
amvt_step6_by_precedence = variance_tracking(lambda v, s, alpha, e: alpha * v + e / np.sqrt(1 + s * v + e))


def thresholding(
    *,
    averaged: Callable[[Array, Array], Array] = lambda damping, g: damping * g,
    threshold: Callable[..., Array] = lambda m: m,
    rate: Callable[..., float] = lambda t, eta0, decay: eta0 / (1 + decay * t),
    scaled: bool = False,
) -> Reference:
    """AMGT: the momentum averages ``damping*g``, passes a threshold, and is multiplied by the step size."""

    @remembering
    def step(gs: list[Array], x: Array, beta1: float, beta2: float, gamma: float, **rest: float) -> Array:
        tau = {"tau": rest.pop("tau")} if "tau" in rest else {}
        epsilon = rest.pop("epsilon", 0.0)
        pasts = [gs[: i + 1] for i in range(len(gs))]
        variances = [np.maximum(0, mean(squares(past), beta2) - mean(past, beta2) ** 2) for past in pasts]
        values = [averaged(1 / (1 + gamma * variance), g) for variance, g in zip(variances, gs, strict=True)]
        moved = rate(len(gs), **rest) * threshold(mean(values, beta1), **tau)
        return moved / (np.sqrt(mean(squares(gs), beta2)) + epsilon) if scaled else moved

    return step


amgt = thresholding()
amgt_as_printed = thresholding(averaged=lambda damping, g: damping)
amgt_zero_out = thresholding(threshold=lambda m, tau: np.where(np.abs(m) < tau, 0.0, m))
amgt_clip = thresholding(threshold=lambda m, tau: np.clip(m, -tau, tau))
amgt_strongly_convex = thresholding(rate=lambda t, mu: 1 / (mu * t))
amgt_scaled = thresholding(scaled=True)
