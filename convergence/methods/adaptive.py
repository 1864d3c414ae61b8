"""Methods that scale every coordinate by the history of its own gradients."""

from __future__ import annotations

from sympy import Expr, Max, sqrt

from convergence.expressions import norm, symbol
from convergence.methods.first_order import alpha, b, beta, m
from convergence.methods.rule import g, rule, t, theta

beta1, beta2, rho = (symbol(name, "unit") for name in ("beta1", "beta2", "rho"))
epsilon, weight_decay, decay = (
    symbol("epsilon", "nonnegative"),
    symbol("weight_decay", "nonnegative"),
    symbol("decay", "nonnegative"),
)
v, v_max, s, u, h = (symbol(name) for name in ("v", "v_max", "s", "u", "h"))
m_hat, v_hat, s_hat = (symbol(name) for name in ("m_hat", "v_hat", "s_hat"))


def moving_average(average: Expr, value: Expr, rate: Expr) -> Expr:
    """The exponential average after one more value: ``rate*average + (1 - rate)*value``."""
    return rate * average + (1 - rate) * value


def corrected(average: Expr, rate: Expr) -> Expr:
    """An exponential average that started at 0, with its weights scaled to sum to 1."""
    return average / (1 - rate**t)


adagrad = rule(
    "adagrad",
    parameters={alpha: 0.01, epsilon: 1e-10},
    state={v: 0},
    update={v: v + g**2},
    step=alpha * g / (sqrt(v) + epsilon),
    source="Duchi, Hazan & Singer (2011)",
)

adagrad_norm = rule(
    "adagrad_norm",
    parameters={alpha: 0.01, epsilon: 1e-10},
    state={v: 0},
    update={v: v + norm(g) ** 2},
    step=alpha * g / (sqrt(v) + epsilon),
    source="Streeter & McMahan (2010); Ward, Wu & Bottou (2019)",
)

rmsprop = rule(
    "rmsprop",
    parameters={alpha: 0.01, rho: 0.99, epsilon: 1e-8},
    state={v: 0},
    update={v: moving_average(v, g**2, rho)},
    step=alpha * g / (sqrt(v) + epsilon),
    source="Tieleman & Hinton (2012)",
)

rmsprop_centered = rule(
    "rmsprop_centered",
    parameters={alpha: 0.01, rho: 0.99, epsilon: 1e-8},
    state={v: 0, u: 0},
    update={v: moving_average(v, g**2, rho), u: moving_average(u, g, rho)},
    step=alpha * g / (sqrt(Max(0, v - u**2)) + epsilon),
    source="Graves (2013)",
)

rmsprop_momentum = rule(
    "rmsprop_momentum",
    parameters={alpha: 0.01, rho: 0.99, beta: 0.9, epsilon: 1e-8},
    state={v: 0, b: 0},
    update={v: moving_average(v, g**2, rho), b: beta * b + g / (sqrt(v) + epsilon)},
    step=alpha * b,
    source="Tieleman & Hinton (2012), with a momentum buffer",
)

ADAM_DEFAULTS = {alpha: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8}
ADAM_MOMENTS = {m: moving_average(m, g, beta1), v: moving_average(v, g**2, beta2)}
ADAM_ESTIMATES = {m_hat: corrected(m, beta1), v_hat: corrected(v, beta2)}

adam = rule(
    "adam",
    parameters=ADAM_DEFAULTS,
    state={m: 0, v: 0},
    update=ADAM_MOMENTS | ADAM_ESTIMATES,
    step=alpha * m_hat / (sqrt(v_hat) + epsilon),
    source="Kingma & Ba (2015)",
)

adam_epsilon_inside = rule(
    "adam_epsilon_inside",
    parameters=ADAM_DEFAULTS,
    state={m: 0, v: 0},
    update=ADAM_MOMENTS | ADAM_ESTIMATES,
    step=alpha * m_hat / sqrt(v_hat + epsilon),
    source="a variant of Adam: epsilon inside the root",
)

amsgrad = rule(
    "amsgrad",
    parameters=ADAM_DEFAULTS,
    state={m: 0, v: 0, v_max: 0},
    update=ADAM_MOMENTS | {v_max: Max(v_max, v), m_hat: corrected(m, beta1), v_hat: corrected(v_max, beta2)},
    step=alpha * m_hat / (sqrt(v_hat) + epsilon),
    source="Reddi, Kale & Kumar (2018), with Adam's bias correction",
)

amsgrad_uncorrected = rule(
    "amsgrad_uncorrected",
    parameters=ADAM_DEFAULTS,
    state={m: 0, v: 0, v_max: 0},
    update=ADAM_MOMENTS | {v_max: Max(v_max, v)},
    step=alpha * m / (sqrt(v_max) + epsilon),
    source="Reddi, Kale & Kumar (2018), Algorithm 2",
)

adamw = rule(
    "adamw",
    parameters=ADAM_DEFAULTS | {weight_decay: 0.01},
    state={m: 0, v: 0},
    update=ADAM_MOMENTS | ADAM_ESTIMATES,
    step=alpha * m_hat / (sqrt(v_hat) + epsilon) + alpha * weight_decay * theta,
    source="Loshchilov & Hutter (2019)",
)
