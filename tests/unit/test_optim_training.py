"""Rule optimizers inside a training step: compiled, accumulated, under autocast with a scaler, with schedules."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from math import cos, pi
from typing import Any

import pytest
import torch
from sympy import Expr, Rational
from torch.optim import lr_scheduler

from convergence.methods import METHODS
from convergence.methods.amgt import clip
from convergence.methods.rule import t
from convergence.methods.schedules import cosine, diminishing, step_decay, warm_restarts, warm_up
from convergence.optim import AMGT, AMVT, Adam, AdamW, Momentum, as_optimizer

INPUTS = torch.randn(8, 3, generator=torch.Generator().manual_seed(1))
MAKERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": Adam,
    "AMVT": AMVT,
    "AMGT": lambda p, lr: AMGT(p, lr=lr, threshold=clip(0.1)),
    "Momentum": Momentum,
    "Lookahead": as_optimizer(METHODS["lookahead_adam"]),
}

THEIRS = pytest.mark.filterwarnings(
    "ignore:.*torch.jit.script_method:DeprecationWarning", "ignore:The .grad attribute of a Tensor:UserWarning"
)
"""Warnings of torch about its own compiler, which torch.optim's optimizers cause as well."""


def net() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


def losses(make: Callable[..., torch.optim.Optimizer], compiled: str | None, steps: int = 5) -> list[float]:
    model = net()
    optimizer = make(model.parameters(), lr=0.01)

    def step(inputs: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = (model(inputs) - 1).square().mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    taken = torch.compile(step, backend=compiled) if compiled else step
    return [float(taken(INPUTS)) for _ in range(steps)]


@pytest.fixture
def dynamo() -> Iterator[None]:
    """Compiled code of other tests forgotten."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@THEIRS
@pytest.mark.parametrize("name", MAKERS)
def test_a_compiled_training_step_is_the_step(name: str, dynamo: None) -> None:
    """Traced, not lowered: the same operations, so the same bits; a warning about our code fails the test."""
    assert losses(MAKERS[name], "eager") == losses(MAKERS[name], None)


@pytest.mark.slow
@THEIRS
@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile lowers to C++, which needs a compiler")
def test_a_step_compiled_to_machine_code(dynamo: None) -> None:
    """Kernels fused by the compiler may round differently: float32 has 1.2e-7 in the last place."""
    assert losses(AMVT, "inductor") == pytest.approx(losses(AMVT, None), rel=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_accumulated_gradients_are_the_gradient_of_the_whole_batch(name: str) -> None:
    """Two halves, each with half the weight, in float64: the sum is rounded once more than the whole."""
    found = []
    for parts in (1, 2):
        model = net().double()
        optimizer = MAKERS[name](model.parameters(), lr=0.01)
        for _ in range(4):
            optimizer.zero_grad()
            for part in INPUTS.double().chunk(parts):
                ((model(part) - 1).square().mean() / parts).backward()
            optimizer.step()
        found.append(torch.nn.utils.parameters_to_vector(model.parameters()).detach())
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_scaler_changes_nothing_but_the_scale(dtype: torch.dtype) -> None:
    """A scale that is a power of two is divided out exactly while nothing under- or overflows."""
    found = []
    for scale in (1.0, 64.0):
        model = net()
        optimizer = AdamW(model.parameters(), lr=0.01)
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        for _ in range(4):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=dtype):
                loss = (model(INPUTS).float() - 1).square().mean()
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
        found.append(torch.nn.utils.parameters_to_vector(model.parameters()).detach())
    assert found[0].dtype == torch.float32
    torch.testing.assert_close(*found, rtol=2e-3, atol=1e-5)  # a step of Adam depends on the sign where g is tiny


OUTSIDE: dict[str, tuple[Expr, Callable[[torch.optim.Optimizer], Any]]] = {
    "diminishing": (diminishing(0.01, 0.1), lambda o: lr_scheduler.LambdaLR(o, lambda e: 1 / (1 + 0.1 * (e + 1)))),
    "harmonic": (Rational(1, 100) / t, lambda o: lr_scheduler.LambdaLR(o, lambda e: 1 / (e + 1))),
    "warm-up": (warm_up(0.01, 4), lambda o: lr_scheduler.LambdaLR(o, lambda e: min(1.0, (e + 1) / 4))),
    "steps": (
        step_decay(0.01, Rational(1, 2), 3),
        lambda o: lr_scheduler.LambdaLR(o, lambda e: 0.5 ** ((e + 1) // 3)),
    ),
    "restarts": (warm_restarts(0.01, 0, 3), lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3)),
    "cosine": (
        cosine(0.01, 0, 8).subs(t, t - 1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=8),
    ),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_schedule_inside_the_rule_is_the_scheduler_outside(name: str) -> None:
    """Steps count from 1 inside the rule, epochs from 0 in torch."""
    schedule, scheduler = OUTSIDE[name]
    mine, other = net().double(), net().double()
    first, second = (
        as_optimizer(METHODS["adam"].scheduled(schedule))(mine.parameters()),
        Adam(other.parameters(), lr=0.01),
    )
    outside = scheduler(second)
    for _ in range(7):
        for model, optimizer in ((mine, first), (other, second)):
            optimizer.zero_grad()
            (model(INPUTS.double()) - 1).square().mean().backward()
            optimizer.step()
        outside.step()
    for a, b in zip(mine.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a.detach(), b.detach(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("period", [3, 6, 14, 49, 103])
def test_jumps_of_schedules_come_at_their_steps(period: int) -> None:
    """With t/49 as a product with 1/49, floats put floor(49/49) at 0; each step is one of gradient 1 from 0."""
    steps = range(1, 3 * period + 1)
    rule = METHODS["gradient_descent"]
    for schedule, expected in (
        (step_decay(1, Rational(1, 2), period), [0.5 ** (step // period) for step in steps]),
        (warm_restarts(1, 0, period), [(1 + cos(pi * ((step - 1) % period) / period)) / 2 for step in steps]),
    ):
        parameter = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
        optimizer = as_optimizer(rule.scheduled(schedule))([parameter])
        taken = []
        for _ in steps:
            before = parameter.item()
            parameter.grad = torch.ones_like(parameter)
            optimizer.step()
            taken.append(before - parameter.item())
        assert taken == pytest.approx(expected, abs=1e-9)
