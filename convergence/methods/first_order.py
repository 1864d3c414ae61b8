"""Methods that are linear in iterates and gradients, and those that only scale the gradient."""

from __future__ import annotations

from convergence.expressions import symbol
from convergence.methods.rule import g, rule, t, theta

alpha, beta, mu = symbol("alpha", "positive"), symbol("beta", "nonnegative"), symbol("mu", "positive")
m, b, previous, average, ahead = (symbol(name) for name in ("m", "b", "previous", "average", "ahead"))

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
    source="Sutskever, Martens, Dahl & Hinton (2013), with a buffer as deep-learning libraries keep it",
)

nesterov = rule(
    "nesterov",
    parameters={alpha: 0.01, beta: (t - 1) / (t + 2)},
    state={previous: theta},
    query=theta + beta * (theta - previous),
    update={ahead: theta + beta * (theta - previous) - alpha * g, previous: theta, theta: ahead},
    source="Nesterov (1983); coefficients k/(k+3) counted from k = 0",
)

averaged_gradient_descent = gradient_descent.followed_by(
    "average",
    {average: average + (theta - average) / t},
    state={average: theta},
    output=average,
)
