"""Methods that are linear in iterates and gradients."""

from __future__ import annotations

from convergence.expressions import symbol
from convergence.methods.rule import g, rule, t, theta

alpha, beta = symbol("alpha", "positive"), symbol("beta", "nonnegative")
m, previous, average, ahead = (symbol(name) for name in ("m", "previous", "average", "ahead"))

gradient_descent = rule(
    "gradient_descent",
    parameters={alpha: 0.01},
    step=alpha * g,
    source="Cauchy (1847)",
)

heavy_ball = rule(
    "heavy_ball",
    parameters={alpha: 0.01, beta: 0.9},
    state={previous: theta},
    update={ahead: theta - alpha * g + beta * (theta - previous), previous: theta, theta: ahead},
    source="Polyak (1964)",
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
