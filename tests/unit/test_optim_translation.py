"""The multi-tensor programs against the rules themselves, evaluated coordinate by coordinate with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.methods import METHODS, modules
from convergence.methods.amgt import clip_by_noise, zero_out_by_noise
from convergence.methods.rule import Rule, g, t, theta
from convergence.optim import Norms, as_optimizer

REDUCTIONS = {"norm": np.linalg.norm, "kth_largest_abs": lambda value, k: np.sort(np.abs(value))[-int(k)]}
CHANGES = {
    "clipped_gradient": modules.clipped_gradient(0.5),
    "clipped_values": modules.clipped_values(0.5),
    "normalised_gradient": modules.normalised_gradient(),
    "without_outliers": modules.without_outliers(1.5, 0.5),
    "warmed_up": modules.warmed_up(3),
    "signal_to_noise": modules.signal_to_noise(),
    "curvature_adapted": modules.curvature_adapted(),
    "clipped_update": modules.clipped_update(1e-3),
    "coupled_decay": modules.coupled_decay(0.1),
    "decoupled_decay": modules.decoupled_decay(0.1),
    "unscaled_decay": modules.unscaled_decay(0.1),
    "in_box": modules.in_box(-0.5, 0.5),
    "in_ball": modules.in_ball(1),
    "sparsified": modules.sparsified(2),
    "lookahead": modules.lookahead(2),
}
RULES = {**METHODS, **{f"amvt, {name}": change(METHODS["amvt"]) for name, change in CHANGES.items()}}
RULES |= {
    "amgt, zero_out_by_noise": zero_out_by_noise()(METHODS["amgt"]),
    "amgt, clip_by_noise": clip_by_noise()(METHODS["amgt"]),
    "amgt, everything": modules.compose(
        METHODS["amgt_clip"], [modules.clipped_gradient(2), modules.sparsified(3), modules.in_ball(3)]
    ),
}


def reference(rule: Rule, start: np.ndarray, gradients: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The iterate and the output after those gradients, evaluated literally."""
    plain = rule.instantiated()

    def evaluate(expression: Any, known: dict[Any, Any]) -> np.ndarray:
        names = list(known)
        function = sympy.lambdify(names, expression, modules=[REDUCTIONS, "numpy"])
        return np.asarray(function(*known.values()), dtype=float) + np.zeros_like(start)

    values = {name: evaluate(value, {theta: start}) for name, value in plain.state.items()} | {theta: start}
    for step, gradient in enumerate(gradients, start=1):
        known = {**values, t: step, g: gradient}
        for target, value in plain.update.items():
            known[target] = evaluate(value, known)
        values = {name: known[name] for name in values}
    return values[theta], evaluate(plain.output, {**values, t: len(gradients)})


def followed(make: Callable[..., Any], start: list[np.ndarray], gradients: list[list[np.ndarray]]) -> tuple[Any, Any]:
    """The same with torch: what the rule returns, and its iterates where these are the parameters."""
    parameters = [torch.nn.Parameter(torch.tensor(part)) for part in start]
    optimizer = make(parameters)
    for step in gradients:
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
    iterates = [optimizer.state[p].get("theta", p).detach().numpy().copy() for p in parameters]
    with optimizer.returned():
        return iterates, [parameter.detach().numpy().copy() for parameter in parameters]


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=3)
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 7), scale=st.sampled_from([1e-3, 1.0, 30.0]))
def test_programs_compute_their_rules(name: str, seed: int, steps: int, scale: float) -> None:
    """With norms of the group, two tensors are one vector; with norms of a tensor, each is a problem of its own."""
    generator = np.random.default_rng(seed)
    start = [generator.normal(size=3), generator.normal(size=4)]
    gradients = [[scale * generator.normal(size=3), scale * generator.normal(size=4)] for _ in range(steps)]
    rule = RULES[name]
    iterates, outputs = followed(as_optimizer(rule), start, gradients)
    whole, returned = reference(rule, np.concatenate(start), [np.concatenate(step) for step in gradients])
    np.testing.assert_allclose(np.concatenate(iterates), whole, rtol=2e-11, atol=1e-13)
    np.testing.assert_allclose(np.concatenate(outputs), returned, rtol=2e-11, atol=1e-13)
    iterates, _ = followed(as_optimizer(rule, norms=Norms.TENSOR), start, gradients)
    for part in (0, 1):
        alone, _ = reference(rule, start[part], [step[part] for step in gradients])
        np.testing.assert_allclose(iterates[part], alone, rtol=2e-11, atol=1e-13)
