"""Methods that are linear in iterates and gradients, and those that only scale the gradient."""

from __future__ import annotations

from sympy import Min, sign, sqrt

from convergence.expressions import symbol
from convergence.methods.averages import averaged, suffix_averaged, weighted_averaged
from convergence.methods.rule import g, rule, t, theta
from convergence.methods.transforms import normalise

alpha, beta, mu = symbol("alpha", "positive"), symbol("beta", "nonnegative"), symbol("mu", "positive")
eta0, dampening = symbol("eta0", "positive"), symbol("dampening")
m, b, previous, ahead = (symbol(name) for name in ("m", "b", "previous", "ahead"))

gradient_descent = rule(
    "gradient_descent",
    parameters={alpha: 0.01},
    step=alpha * g,
    source="Cauchy (1847)",
)

sgd_strongly_convex = rule(
    "sgd_strongly_convex",
    parameters={mu: 1},
    step=g / (mu * t),
    source="Robbins & Monro (1951); Chung (1954)",
)

subgradient = rule(
    "subgradient",
    parameters={alpha: eta0 / sqrt(t), eta0: 1},
    step=alpha * g,
    source="Shor (1964)",
)

normalised_subgradient = subgradient.precondition(normalise(), "normalised").named("normalised_subgradient")

sign_descent = rule(
    "sign_descent",
    parameters={alpha: 0.001},
    step=alpha * sign(g),
    source="Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), signSGD",
)

heavy_ball = rule(
    "heavy_ball",
    parameters={alpha: 0.01, beta: 0.9},
    state={previous: theta},
    update={ahead: theta - alpha * g + beta * (theta - previous), previous: theta, theta: ahead},
    source="Polyak (1964)",
)

momentum = rule(
    "momentum",
    parameters={alpha: 0.01, beta: 0.9},
    state={b: 0},
    update={b: beta * b + g},
    step=alpha * b,
    source="Polyak (1964), with a buffer as deep-learning libraries keep it",
)

damped_momentum = rule(
    "damped_momentum",
    parameters={alpha: 0.01, beta: 0.9, dampening: 0.1},
    state={b: 0},
    update={b: beta * b + (1 - dampening * Min(1, t - 1)) * g},
    step=alpha * b,
    source="momentum whose gradients after the first are scaled by 1 - dampening",
)

nesterov_momentum = rule(
    "nesterov_momentum",
    parameters={alpha: 0.01, beta: 0.9},
    state={b: 0},
    update={b: beta * b + g},
    step=alpha * (g + beta * b),
    source="Sutskever, Martens, Dahl & Hinton (2013), in the form of Bengio, Boulanger-Lewandowski & Pascanu (2013)",
)

nesterov = rule(
    "nesterov",
    parameters={alpha: 0.01, beta: (t - 1) / (t + 2)},
    state={previous: theta},
    query=theta + beta * (theta - previous),
    update={ahead: theta + beta * (theta - previous) - alpha * g, previous: theta, theta: ahead},
    source="Nesterov (1983); coefficients k/(k+3) counted from k = 0",
)

nesterov_constant = nesterov.with_parameters(beta=0.9).named(
    "nesterov_constant", "Nesterov (2004), constant step scheme"
)

averaged_gradient_descent = averaged(gradient_descent)
suffix_averaged_gradient_descent = suffix_averaged(gradient_descent, 100)
weighted_averaged_gradient_descent = weighted_averaged(gradient_descent)
