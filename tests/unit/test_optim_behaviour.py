"""Rule optimizers are ordinary torch optimizers: groups, closures, schedulers, resuming, types, clear errors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import Parameter
from torch.optim import lr_scheduler

from convergence.errors import NumericLimit, OptimizerError
from convergence.expressions import symbol
from convergence.methods import METHODS
from convergence.methods.amgt import clip, zero_out_by_noise
from convergence.methods.modules import clipped_gradient, quantized, unscaled_decay
from convergence.optim import AMGT, AMVT, Adam, AdaMax, AdamW, Lion, Momentum, NAdam, Norms, as_optimizer, execution

MAKERS: dict[str, Callable[..., Any]] = {
    **{name: as_optimizer(rule) for name, rule in METHODS.items()},
    "AMVT, modules": lambda p, **kw: AMVT(p, modules=[clipped_gradient(0.1), unscaled_decay(1e-3)], **kw),
    "AMVT, quantized": lambda p, **kw: AMVT(p, modules=[quantized(1e-3)], **kw),
    "AMGT by noise": lambda p, **kw: AMGT(p, threshold=zero_out_by_noise(), **kw),
}


def parameters(dtype: torch.dtype = torch.float32, seed: int = 0) -> list[Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [Parameter(torch.randn(shape, generator=generator).to(dtype)) for shape in ((3, 2), (4,), ())]


def give_gradients(params: list[Parameter], step: int, scale: float = 1.0) -> None:
    generator = torch.Generator().manual_seed(1000 + step)
    for parameter in params:
        parameter.grad = (scale * torch.randn(parameter.shape, generator=generator)).to(parameter.dtype)


def train(optimizer: torch.optim.Optimizer, params: list[Parameter], first: int, last: int) -> None:
    for step in range(first, last):
        give_gradients(params, step)
        optimizer.step()


def same(first: list[Parameter], second: list[Parameter]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", MAKERS)
def test_resumed_is_uninterrupted(name: str, dtype: torch.dtype) -> None:
    whole, part = parameters(dtype), parameters(dtype)
    train(MAKERS[name](whole), whole, 0, 7)
    first = MAKERS[name](part)
    train(first, part, 0, 3)
    saved = pickle.loads(pickle.dumps(first.state_dict()))
    again = MAKERS[name](part)
    again.load_state_dict(saved)
    train(again, part, 3, 7)
    assert same(whole, part)


@pytest.mark.parametrize("name", MAKERS)
def test_copies_go_on_alike(name: str) -> None:
    params = parameters()
    optimizer = MAKERS[name](params)
    train(optimizer, params, 0, 2)
    for duplicate in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert duplicate.rule == optimizer.rule
        own = [parameter for group in duplicate.param_groups for parameter in group["params"]]
        reference = copy.deepcopy(optimizer)
        theirs = [parameter for group in reference.param_groups for parameter in group["params"]]
        train(duplicate, own, 2, 5)
        train(reference, theirs, 2, 5)
        assert same(own, theirs)


@pytest.mark.parametrize("name", METHODS)
def test_start_at_the_optimum_stays_there(name: str) -> None:
    params = [Parameter(torch.zeros(3))]
    optimizer = as_optimizer(METHODS[name])(params)
    for _ in range(4):
        params[0].grad = torch.zeros(3)
        optimizer.step()
    moves = name == "amgt_as_printed"  # its momentum averages lambda alone, so that it moves without any gradient
    assert params[0].isfinite().all()
    assert bool(params[0].any()) is moves


SCALE_FREE = ("sign_descent", "normalised_subgradient", "lion")


@settings(max_examples=20)
@given(exponent=st.integers(-20, 20), seed=st.integers(0, 99))
def test_what_is_invariant_under_scaling_of_the_objective(exponent: int, seed: int) -> None:
    """Sign and normalised methods are; Adam, AMVT and AMSGrad are without epsilon; gradient descent is not."""
    chosen: dict[str, dict[str, float]] = {name: {} for name in SCALE_FREE}
    chosen |= {name: {"epsilon": 0} for name in ("adam", "amsgrad", "amvt", "radam", "adagrad", "rmsprop", "adamw")}
    for name, values in {**chosen, "gradient_descent": {}, "amgt": {}}.items():
        results = []
        for scale in (1.0, 2.0**exponent):
            params = parameters(torch.float64, seed)
            optimizer = as_optimizer(METHODS[name])(params, **values)
            for step in range(8):
                give_gradients(params, step, scale)
                optimizer.step()
            results.append(params)
        free = name in chosen and name != "radam"  # RAdam's first steps are unscaled momentum
        if free:
            for a, b in zip(*results, strict=True):
                torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)
        elif exponent:
            assert not same(*results), name


@settings(max_examples=10)
@given(seed=st.integers(0, 99))
def test_coordinatewise_methods_commute_with_permutations_and_norms_with_rotations(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(6, generator=generator, dtype=torch.float64)
    gradients = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    order = torch.randperm(6, generator=generator)
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64)).Q

    def run(name: str, transform: Callable[[Tensor], Tensor]) -> Tensor:
        parameter = Parameter(transform(start))
        optimizer = as_optimizer(METHODS[name])([parameter])
        for gradient in gradients:
            parameter.grad = transform(gradient)
            optimizer.step()
        return parameter.detach()

    for name in METHODS:
        torch.testing.assert_close(run(name, lambda x: x[order]), run(name, lambda x: x)[order], rtol=1e-9, atol=1e-12)
    for name in ("gradient_descent", "heavy_ball", "nesterov", "adagrad_norm", "normalised_subgradient"):
        turned = run(name, lambda x: rotation @ x)
        torch.testing.assert_close(turned, rotation @ run(name, lambda x: x), rtol=1e-9, atol=1e-12)
    assert not torch.allclose(run("adam", lambda x: rotation @ x), rotation @ run("adam", lambda x: x), rtol=1e-6)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("scale", [1e-30, 1e15])
def test_huge_and_tiny_gradients_give_numbers(name: str, scale: float) -> None:
    params = parameters(torch.float64)
    optimizer = as_optimizer(METHODS[name])(params)
    for step in range(5):
        give_gradients(params, step, scale)
        optimizer.step()
    assert all(parameter.isfinite().all() for parameter in params)


@pytest.mark.parametrize("name", METHODS)
def test_what_is_not_a_number_is_not_hidden(name: str) -> None:
    params = parameters()
    optimizer = as_optimizer(METHODS[name])(params)
    train(optimizer, params, 0, 2)
    give_gradients(params, 2)
    assert params[0].grad is not None
    params[0].grad[0, 0] = torch.nan
    optimizer.step()
    assert params[0][0, 0].isnan()


def test_parameter_groups_have_settings_of_their_own() -> None:
    first, second = Parameter(torch.ones(2)), Parameter(torch.ones(2))
    optimizer = AdamW(
        [{"params": [first]}, {"params": [second], "lr": 0.5, "betas": (0.0, 0.0)}], lr=0.25, weight_decay=0
    )
    for parameter in (first, second):
        parameter.grad = torch.full((2,), 4.0)
    optimizer.step()
    torch.testing.assert_close(first.detach(), torch.full((2,), 0.75))
    torch.testing.assert_close(second.detach(), torch.full((2,), 0.5))
    assert (optimizer.param_groups[1]["beta1"], optimizer.param_groups[0]["beta1"]) == (0.0, 0.9)


def test_a_closure_is_evaluated_with_gradients() -> None:
    parameter = Parameter(torch.tensor(2.0))
    optimizer = Momentum([parameter], lr=0.1)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = parameter**2
        loss.backward()
        return loss

    assert optimizer.step(closure) == 4
    torch.testing.assert_close(parameter.detach(), torch.tensor(1.6))


def test_maximize_climbs() -> None:
    down, up = parameters(), parameters()
    first, second = Adam(down), Adam(up, maximize=True)
    for step in range(4):
        give_gradients(down, step)
        for a, b in zip(down, up, strict=True):
            b.grad = -a.grad
        first.step()
        second.step()
    assert same(down, up)


def test_a_parameter_without_gradient_is_skipped_and_does_not_age() -> None:
    params = parameters()
    optimizer = NAdam(params)
    train(optimizer, params, 0, 2)
    before = params[1].detach().clone()
    give_gradients(params, 2)
    params[1].grad = None
    optimizer.step()
    assert torch.equal(params[1], before)
    assert [optimizer.state[parameter]["step"] for parameter in params] == [3, 2, 3]
    give_gradients(params, 3)
    optimizer.step()
    alone = parameters()
    for parameter in (alone[0], alone[2]):
        parameter.requires_grad_(False)
    reference = NAdam([alone[1]])
    for step in (0, 1, 3):
        give_gradients(alone, step)
        reference.step()
    assert torch.equal(alone[1], params[1])


SCHEDULERS: dict[str, Callable[[torch.optim.Optimizer], Any]] = {
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=5),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3),
    "warm-up": lambda o: lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=4),
    "steps": lambda o: lr_scheduler.StepLR(o, step_size=2),
    "diminishing": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + 1e-4 * epoch)),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_set_the_step_size(name: str) -> None:
    ours, theirs = parameters(torch.float64), parameters(torch.float64)
    first, second = Adam(ours, lr=0.1), torch.optim.Adam(theirs, lr=0.1)
    schedules = SCHEDULERS[name](first), SCHEDULERS[name](second)
    for step in range(8):
        for params, optimizer, schedule in ((ours, first, schedules[0]), (theirs, second, schedules[1])):
            give_gradients(params, step)
            optimizer.step()
            schedule.step(*([1.0] if name == "plateau" else []))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-15)


def test_the_papers_optimizers_take_the_schedule_of_their_snippet() -> None:
    model = torch.nn.Linear(3, 1)
    for optimizer in (AMVT(model.parameters(), lr=0.001), AMGT(model.parameters(), lr=0.001, threshold=clip(0.1))):
        schedule = lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
        losses = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = (model(torch.ones(4, 3)) - 1).square().mean()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0]
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_parameters_keep_their_state_in_single_precision(dtype: torch.dtype) -> None:
    params, wide = parameters(dtype), [Parameter(p.detach().float()) for p in parameters(dtype)]
    optimizer, reference = AMVT(params), AMVT(wide)
    give_gradients(params, 0)
    for a, b in zip(params, wide, strict=True):
        b.grad = a.grad.float()
    optimizer.step()
    reference.step()
    assert all(a.dtype == dtype and torch.equal(a, b.to(dtype)) for a, b in zip(params, wide, strict=True))
    kept = [value for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor)]
    assert {value.dtype for value in kept} == {torch.float32}
    narrow = AMVT(parameters(dtype), state_dtype=dtype)
    give_gradients(narrow.param_groups[0]["params"], 0)
    narrow.step()
    assert narrow.state[narrow.param_groups[0]["params"][0]]["v"].dtype == dtype


def test_a_half_precision_epsilon_underflows() -> None:
    """1e-8 is below the smallest float16 (6e-8): with state in float16 a zero gradient divides 0 by 0."""
    for dtype, finite in ((None, True), (torch.float16, False)):
        parameter = Parameter(torch.ones(1, dtype=torch.float16))
        parameter.grad = torch.zeros(1, dtype=torch.float16)
        AMVT([parameter], state_dtype=dtype).step()
        assert bool(parameter.isfinite()) is finite


def test_parameters_of_several_types_share_one_norm() -> None:
    """Gradients (3, 0) and (0, 4) have norm 5, so that clipping to 1 leaves (0.6, 0) and (0, 0.8)."""
    single, double = Parameter(torch.zeros(2)), Parameter(torch.zeros(2, dtype=torch.float64))
    single.grad, double.grad = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 4.0], dtype=torch.float64)
    as_optimizer(clipped_gradient(1)(METHODS["gradient_descent"]))([single, double], lr=1.0).step()
    torch.testing.assert_close(single.detach(), torch.tensor([-0.6, 0.0]))
    torch.testing.assert_close(double.detach(), torch.tensor([0.0, -0.8], dtype=torch.float64), rtol=1e-7, atol=0)
    layered = as_optimizer(clipped_gradient(1)(METHODS["gradient_descent"]), norms=Norms.TENSOR)([single], lr=1.0)
    layered.step()
    torch.testing.assert_close(single.detach(), torch.tensor([-1.6, 0.0]))


def test_nesterov_asks_ahead_and_returns_its_iterate() -> None:
    """On x^2/2 from 1 with alpha = 1/2: 1/2, then y = 1/2 + (1/4)(-1/2) = 3/8 and x = 3/16."""
    parameter = Parameter(torch.ones(1, dtype=torch.float64))
    optimizer = as_optimizer(METHODS["nesterov"])([parameter], lr=0.5)
    for _ in range(2):
        parameter.grad = parameter.detach().clone()
        optimizer.step()
    with optimizer.returned():
        assert parameter.item() == 3 / 16
    assert parameter.item() == pytest.approx(3 / 16 + (2 / 5) * (3 / 16 - 1 / 2))


def test_stochastic_rounding_is_unbiased_and_on_the_grid() -> None:
    parameter = Parameter(torch.zeros(20_000))
    optimizer = as_optimizer(quantized(1.0)(METHODS["gradient_descent"]))([parameter], lr=1.0)
    parameter.grad = torch.full_like(parameter, -0.3)
    optimizer.step()
    moved = parameter.detach()
    assert set(moved.tolist()) == {0.0, 1.0}
    assert abs(moved.mean().item() - 0.3) < 5 * (0.21 / 20_000) ** 0.5  # five standard errors; the draw is fixed


def test_grad_scaler_and_autocast_need_nothing_special() -> None:
    model = torch.nn.Linear(3, 1)
    optimizer = AMVT(model.parameters())
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    before = model.weight.detach().clone()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(torch.ones(2, 3)).square().mean()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    assert not torch.equal(before, model.weight)
    model.weight.grad = torch.full_like(model.weight, torch.inf)
    before = model.weight.detach().clone()
    scaler.scale(torch.ones(()))
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(before, model.weight) and scaler.get_scale() == 4.0


def test_errors_say_what_to_do() -> None:
    embedding = torch.nn.Embedding(4, 2, sparse=True)
    embedding(torch.tensor([1])).sum().backward()
    with pytest.raises(OptimizerError, match=r"found a sparse one; use torch\.optim\.SparseAdam"):
        Adam(embedding.parameters()).step()
    with pytest.raises(OptimizerError, match=r"real floating type, found torch\.complex64"):
        Adam([Parameter(torch.zeros(2, dtype=torch.complex64))])
    with pytest.raises(OptimizerError, match=r"no setting 'epsilom'; did you mean 'epsilon'"):
        Adam(parameters(), epsilom=0.5)
    with pytest.raises(OptimizerError, match="expected a finite number, at least 0 as lr, found -1"):
        Adam(parameters(), lr=-1)
    with pytest.raises(OptimizerError, match="no values for L; set them with"):
        as_optimizer(METHODS["gradient_descent"].with_parameters(alpha=1 / symbol("L", "positive")))
    params = parameters()
    give_gradients(params, 0)
    with pytest.raises(NumericLimit, match="beta1 = 1"):
        AdaMax(params, betas=(1.0, 0.9)).step()


def test_a_setting_of_zero_costs_nothing_and_changes_nothing() -> None:
    plain, decayed = parameters(), parameters()
    train(Lion(plain), plain, 0, 3)
    train(Lion(decayed, weight_decay=1e-30), decayed, 0, 3)
    assert same(plain, decayed)


@settings(max_examples=10)
@given(
    block=st.integers(1, 12),
    name=st.sampled_from(["adam", "amvt", "heavy_ball", "nesterov", "amgt_clip", "lookahead_adam"]),
)
def test_blocks_change_nothing(block: int, name: str) -> None:
    results = []
    for size in (block, 2**18):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(execution, "BLOCK", size)
            generator = torch.Generator().manual_seed(3)
            turned = Parameter(torch.randn(5, 3, generator=generator, dtype=torch.float64).t())  # not contiguous
            params = [*parameters(torch.float64), turned]
            train(as_optimizer(METHODS[name])(params), params, 0, 4)
        results.append(params)
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-14, atol=1e-16)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", MAKERS)
def test_a_gpu_computes_the_same(name: str) -> None:
    here, there = parameters(torch.float64), [Parameter(p.detach().cuda()) for p in parameters(torch.float64)]
    if name == "AMVT, quantized":
        pytest.skip("each device draws its own random numbers")
    first, second = MAKERS[name](here), MAKERS[name](there)
    for step in range(5):
        give_gradients(here, step)
        for a, b in zip(here, there, strict=True):
            b.grad = a.grad.cuda()
        first.step()
        second.step()
    for a, b in zip(here, there, strict=True):
        torch.testing.assert_close(a.detach(), b.detach().cpu(), rtol=1e-11, atol=1e-13)
