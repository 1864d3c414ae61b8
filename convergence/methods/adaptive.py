"""Methods that scale every coordinate by the history of its own gradients."""

from __future__ import annotations

from sympy import Abs, Expr, Max, Min, Rational, sign, sqrt

from convergence.expressions import norm, symbol
from convergence.methods.averages import lookahead
from convergence.methods.first_order import alpha, b, beta, m
from convergence.methods.rule import g, rule, t, theta
from convergence.methods.transforms import exceeds

beta1, beta2, rho = (symbol(name, "unit") for name in ("beta1", "beta2", "rho"))
epsilon, weight_decay, decay = (symbol(name, "nonnegative") for name in ("epsilon", "weight_decay", "decay"))
final, gamma = symbol("final", "positive"), symbol("gamma", "positive")
v, v_max, s, u, direction = (symbol(name) for name in ("v", "v_max", "s", "u", "direction"))
longest, length, rectified, rectification = (
    symbol(name) for name in ("longest", "length", "rectified", "rectification")
)
now, later, product = (symbol(name) for name in ("now", "later", "product"))
rate, lower, upper = (symbol(name) for name in ("rate", "lower", "upper"))
usable, trust, scale = symbol("usable"), symbol("trust"), symbol("scale")
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

radam = rule(
    "radam",
    parameters=ADAM_DEFAULTS,
    state={m: 0, v: 0},
    update=ADAM_MOMENTS
    | {
        m_hat: corrected(m, beta1),
        longest: 2 / (1 - beta2) - 1,
        length: longest - 2 * t * beta2**t / (1 - beta2**t),
        rectified: exceeds(length, 5),
        rectification: sqrt(
            Max(0, (length - 4) * (length - 2) * longest) / Max(1, (longest - 4) * (longest - 2) * length)
        ),
    },
    step=alpha * m_hat * (rectified * rectification * sqrt(1 - beta2**t) / (sqrt(v) + epsilon) + 1 - rectified),
    source="Liu et al. (2020), rectified where the length of the average exceeds 5",
)

nadam = rule(
    "nadam",
    parameters=ADAM_DEFAULTS | {alpha: 0.002, decay: 0.004},
    state={m: 0, v: 0, product: 1},
    update=ADAM_MOMENTS
    | {
        now: beta1 * (1 - Rational(1, 2) * Rational(96, 100) ** (t * decay)),
        later: beta1 * (1 - Rational(1, 2) * Rational(96, 100) ** ((t + 1) * decay)),
        product: product * now,
        scale: sqrt(corrected(v, beta2)) + epsilon,
    },
    step=alpha * (1 - now) / (1 - product) * g / scale + alpha * later / (1 - product * later) * m / scale,
    source="Dozat (2016)",
)

adamax = rule(
    "adamax",
    parameters=ADAM_DEFAULTS | {alpha: 0.002},
    state={m: 0, u: 0},
    update={m: moving_average(m, g, beta1), u: Max(beta2 * u, Abs(g) + epsilon), m_hat: corrected(m, beta1)},
    step=alpha * m_hat / u,
    source="Kingma & Ba (2015), 7.1, with epsilon added to the gradient's absolute value",
)

adabelief = rule(
    "adabelief",
    parameters=ADAM_DEFAULTS,
    state={m: 0, s: 0},
    update={
        m: moving_average(m, g, beta1),
        s: moving_average(s, (g - m) ** 2, beta2) + epsilon,
        m_hat: corrected(m, beta1),
        s_hat: corrected(s, beta2),
    },
    step=alpha * m_hat / (sqrt(s_hat) + epsilon),
    source="Zhuang et al. (2020)",
)

adabound = rule(
    "adabound",
    parameters=ADAM_DEFAULTS | {final: 0.1, gamma: 0.001},
    state={m: 0, v: 0},
    update=ADAM_MOMENTS
    | {
        rate: alpha * sqrt(1 - beta2**t) / (1 - beta1**t) / (sqrt(v) + epsilon),
        lower: final * (1 - 1 / (gamma * t + 1)),
        upper: final * (1 + 1 / (gamma * t)),
    },
    step=Min(upper, Max(lower, rate)) * m,
    source="Luo, Xiong, Liu & Sun (2019), with Adam's bias correction as its authors' code has it",
)

lion = rule(
    "lion",
    parameters={alpha: 1e-4, beta1: 0.9, beta2: 0.99, weight_decay: 0},
    state={m: 0},
    update={direction: sign(moving_average(m, g, beta1)), m: moving_average(m, g, beta2)},
    step=alpha * (direction + weight_decay * theta),
    source="Chen et al. (2023)",
)

lamb = rule(
    "lamb",
    parameters=ADAM_DEFAULTS | {epsilon: 1e-6, weight_decay: 0.01},
    state={m: 0, v: 0},
    update=ADAM_MOMENTS
    | ADAM_ESTIMATES
    | {
        direction: m_hat / (sqrt(v_hat) + epsilon) + weight_decay * theta,
        usable: sign(norm(theta)) * sign(norm(direction)),
        trust: usable * norm(theta) / (norm(direction) + 1 - sign(norm(direction))) + 1 - usable,
    },
    step=alpha * trust * direction,
    source="You et al. (2020); one layer is one vector, a ratio with a zero in it counts as 1",
)

lookahead_adam = lookahead(adam)
