"""How a rule is run step by step on given gradients, at typical settings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from method_references import Array

from convergence.kernels import kernel
from convergence.methods import METHODS
from convergence.methods.rule import Rule

STEPS, DIMENSION = 8, 3
TYPICAL = {
    "alpha": 0.1, "eta0": 0.1, "mu": 1.5, "beta": 0.7, "beta1": 0.8, "beta2": 0.9, "beta3": 0.7, "rho": 0.8,
    "epsilon": 0.1, "weight_decay": 0.1, "dampening": 0.3, "decay": 0.2, "final": 0.1, "gamma": 0.2, "tau": 0.3,
    "first": 3, "power": 1, "period": 3, "pull": 0.5,
}  # fmt: skip


def free(rule: Rule) -> list[str]:
    """The parameters that have a number, those that others follow from among them."""
    return [name.name for name, value in rule.parameters.items() if value.is_number]


def typical(name: str) -> dict[str, float]:
    return {key: TYPICAL[key] for key in free(METHODS[name])}


def asked(seed: int) -> tuple[Callable[[int, Array], Array], Array]:
    """Drawn gradients that lean on where they are asked, and a start."""
    r = np.random.default_rng(seed)
    noise, curvature = r.normal(size=(STEPS + 1, DIMENSION)), r.uniform(0.1, 0.5, DIMENSION)
    return lambda count, x: noise[count] + curvature * x, r.normal(size=DIMENSION)


def played(rule: Rule, ask: Callable[[int, Array], Array], start: Array) -> Array:
    """Iterates and outputs of the rule on NumPy, (steps, 2, d)."""
    run, path = kernel(rule), []
    with np.errstate(all="ignore"):  # some mutants divide by 0
        state = run.start(start[None], ())
        for count in range(1, STEPS + 1):
            gradient = ask(count, run.query(count, state, ())[0])[None]
            state = run.step(count, gradient, state, ())
            path.append(np.stack([state[0][0], run.output(count, state, ())[0]]))
    return np.array(path)
