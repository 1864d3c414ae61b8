"""Rules against torch.optim, step by step in float64, at drawn settings; and mutants, which must be caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, sqrt

from convergence.methods import METHODS
from convergence.methods.adaptive import (
    alpha,
    beta1,
    corrected,
    epsilon,
    m,
    m_hat,
    moving_average,
    v,
    v_hat,
    weight_decay,
)
from convergence.methods.modules import coupled_decay
from convergence.methods.rule import Rule, g, t, theta
from convergence.optim import as_optimizer

EPS = torch.finfo(torch.float64).eps


@pytest.fixture(autouse=True)
def doubles() -> Iterator[None]:
    """torch keeps NAdam's running product in the default type, which must not be coarser than the parameters."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@dataclass(frozen=True)
class Pair:
    """A rule, torch's method, and torch's name for each setting of the rule."""

    rule: Rule
    theirs: Callable[..., torch.optim.Optimizer]
    names: dict[str, str]
    fixed: dict[str, object] = field(default_factory=dict)


ADAM = {"beta1": "betas", "beta2": "betas", "epsilon": "eps"}
DECAY = {"weight_decay": "weight_decay"}
PAIRS = {
    "gradient_descent": Pair(METHODS["gradient_descent"], torch.optim.SGD, {}),
    "momentum": Pair(METHODS["momentum"], torch.optim.SGD, {"beta": "momentum"}),
    "damped_momentum": Pair(
        METHODS["damped_momentum"], torch.optim.SGD, {"beta": "momentum", "dampening": "dampening"}
    ),
    "nesterov_momentum": Pair(METHODS["nesterov_momentum"], torch.optim.SGD, {"beta": "momentum"}, {"nesterov": True}),
    "adagrad": Pair(METHODS["adagrad"], torch.optim.Adagrad, {"epsilon": "eps"}),
    "rmsprop": Pair(METHODS["rmsprop"], torch.optim.RMSprop, {"rho": "alpha", "epsilon": "eps"}),
    "rmsprop_centered": Pair(
        METHODS["rmsprop_centered"], torch.optim.RMSprop, {"rho": "alpha", "epsilon": "eps"}, {"centered": True}
    ),
    "rmsprop_momentum": Pair(
        METHODS["rmsprop_momentum"], torch.optim.RMSprop, {"rho": "alpha", "epsilon": "eps", "beta": "momentum"}
    ),
    "adam": Pair(METHODS["adam"], torch.optim.Adam, ADAM),
    "adam with decay": Pair(coupled_decay(0.1)(METHODS["adam"]), torch.optim.Adam, ADAM | DECAY),
    "amsgrad": Pair(METHODS["amsgrad"], torch.optim.Adam, ADAM, {"amsgrad": True}),
    "adamw": Pair(METHODS["adamw"], torch.optim.AdamW, ADAM | DECAY),
    "radam": Pair(METHODS["radam"], torch.optim.RAdam, ADAM),
    "nadam": Pair(METHODS["nadam"], torch.optim.NAdam, ADAM | {"decay": "momentum_decay"}),
    "adamax": Pair(METHODS["adamax"], torch.optim.Adamax, ADAM),
}
RANGES = {
    "beta1": st.floats(0, 0.99),
    "beta2": st.floats(0.5, 0.9999),
    "epsilon": st.sampled_from([1e-12, 1e-8, 1e-4]),
    "weight_decay": st.floats(0, 0.2),
    "beta": st.floats(0.01, 0.99),
    "dampening": st.floats(0, 1),
    "rho": st.floats(0.5, 0.999),  # below, rounding makes torch's centred variance negative; ours is cut off at 0
    "decay": st.floats(0, 0.1),
}
SETTINGS = settings(max_examples=15)


def translated(pair: Pair, chosen: dict[str, float]) -> dict[str, object]:
    theirs: dict[str, object] = dict(pair.fixed)
    for name, value in chosen.items():
        if pair.names[name] == "betas":
            theirs["betas"] = (*theirs.get("betas", ()), value)  # type: ignore[misc]
        else:
            theirs[pair.names[name]] = value
    return theirs


def differences(rule: Rule, pair: Pair, lr: float, chosen: dict[str, float], seed: int) -> list[float]:
    """The largest difference after each step, in last places of the largest number that the step adds.

    NAdam's step is ``x - p - q``, p from the gradient and q from the average. Written without the common errors, each
    side adds ``p (1 + a) + q (1 + b)`` with a and b of a few roundings: p and q are rounded apart, so that the errors
    a and b differ, and ``a p + b q`` does not shrink with ``p + q``. Where p and q nearly cancel, neither side is
    right in last places of x and of the displacement. They are right in last places of p and q, so these count too.
    """
    generator = torch.Generator().manual_seed(seed)
    start = [torch.randn(3, 2, generator=generator), torch.randn(4, generator=generator)]
    runs = [[torch.nn.Parameter(tensor.clone()) for tensor in start] for _ in range(2 + len(parts(rule)))]
    mine, other, *alone = runs
    optimizers = [
        as_optimizer(rule)(mine, lr=lr, **chosen),
        pair.theirs(other, lr=lr, **translated(pair, chosen)),
        *(as_optimizer(part)(run, lr=lr, **chosen) for part, run in zip(parts(rule), alone, strict=True)),
    ]
    found = []
    for _ in range(12):
        scale = 10.0 ** torch.randint(-3, 4, (1,), generator=generator)
        before = [parameter.detach().clone() for parameter in mine]
        for tensors in zip(*runs, strict=True):
            gradient = scale * torch.randn(tensors[0].shape, generator=generator)
            for tensor in tensors:
                tensor.grad = gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
        with torch.no_grad():
            found.append(max(_ulps(*tensors) for tensors in zip(before, *runs, strict=True)))
            for _, theirs, *others in zip(mine, other, *runs, strict=True):
                for tensor in others:
                    tensor.copy_(theirs)
    return found


def parts(rule: Rule) -> list[Rule]:
    """Where a rule adds several terms to the iterate: for each, the rule that adds no other."""
    terms = [term for term in Add.make_args(rule.update[theta]) if term != theta]
    return [changed(rule, theta=theta + term) for term in terms] if len(terms) > 1 else []


def _ulps(before: torch.Tensor, mine: torch.Tensor, other: torch.Tensor, *alone: torch.Tensor) -> float:
    sizes = [before.abs(), other.abs(), *((after - before).abs() for after in (other, *alone))]
    return float(((mine - other).abs() / (EPS * torch.stack(sizes).amax(dim=0))).max())


def changed(rule: Rule, **values: object) -> Rule:
    """The rule with some assigned values replaced."""
    update = {name: values.get(name.name, value) for name, value in rule.update.items()}
    return rule.rewritten("changed", update)


ULPS = {"nadam": 4, "radam": 4}
"""torch adds the two parts of these steps one after the other; each addition rounds once more."""


@pytest.mark.parametrize("name", PAIRS)
@SETTINGS
@given(data=st.data(), lr=st.floats(1e-4, 0.5), seed=st.integers(0, 1000))
def test_every_step_agrees_with_torch(name: str, data: st.DataObject, lr: float, seed: int) -> None:
    pair = PAIRS[name]
    chosen = {key: data.draw(RANGES[key], label=key) for key in pair.names}
    assert max(differences(pair.rule, pair, lr, chosen, seed)) <= ULPS.get(name, 2)


ADAM_RULE = METHODS["adam"]
MUTANTS = {
    "the index of the correction is off by one": ("adam", changed(ADAM_RULE, m_hat=m / (1 - beta1 ** (t + 1)))),
    "epsilon inside the root": (
        "adam",
        changed(ADAM_RULE, theta=theta - alpha * m_hat / sqrt(v_hat + epsilon)),
    ),
    "no bias correction": ("adam", changed(ADAM_RULE, v_hat=v)),
    "momentum not used": ("adam", changed(ADAM_RULE, m_hat=corrected(g, beta1))),
    "the decay rates exchanged": ("adam", changed(ADAM_RULE, v=moving_average(v, g**2, beta1))),
    "decay whatever the step size": (
        "adamw",
        changed(METHODS["adamw"], theta=ADAM_RULE.update[theta] - weight_decay * theta),
    ),
    "the maximum of nothing": ("amsgrad", changed(METHODS["amsgrad"], v_max=v)),
    "buffer ignored": ("momentum", changed(METHODS["momentum"], theta=theta - alpha * g)),
    "sum instead of average": ("rmsprop", changed(METHODS["rmsprop"], v=v + g**2)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_of_the_rules_are_caught(name: str) -> None:
    original, mutant = MUTANTS[name]
    pair = PAIRS[original]
    defaults = {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-4, "weight_decay": 0.1, "beta": 0.9, "rho": 0.9}
    chosen = {key: defaults[key] for key in pair.names}
    assert max(differences(pair.rule, pair, 0.1, chosen, 0)) <= 2
    assert max(differences(mutant, pair, 0.1, chosen, 0)) > 1000
