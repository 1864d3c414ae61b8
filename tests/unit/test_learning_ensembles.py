"""Ensembles: each lane is the training that `train` does alone, and no lane knows of the others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sympy import Rational
from trainings import equal, few_digits

from convergence.errors import OptimizerError, TrainingError
from convergence.learning import (
    CropsAndFlips,
    Data,
    Ending,
    Lane,
    Plan,
    Run,
    model_for,
    train,
    train_ensemble,
)
from convergence.methods import METHODS
from convergence.methods.amgt import zero_out_by_noise
from convergence.methods.modules import (
    clipped_gradient,
    normalised_gradient,
    quantized,
    sparsified,
    without_outliers,
)
from convergence.methods.schedules import cosine
from convergence.optim import AMGT, AMVT, LAMB, Adam, Momentum, Nesterov, as_optimizer

CLOSE = 2e-3
"""Rounding in sums is larger where square roots of small differences are divided by, as in centred RMSProp."""


@pytest.fixture(scope="module")
def digits() -> Data:
    data = few_digits(100)
    return replace(data, validation=data.train, test=data.train)


SMALL = Plan(epochs=2, batch=25, schedule=cosine(1, 0, 10), evaluated=("train",))
LANES = (Lane(0.01, 2), Lane(0.001, 2), Lane(0.01, 0), Lane(0.003, 7))


def tiny(data: Data):  # type: ignore[no-untyped-def]
    return model_for("mlp", data, width=1 / 32)


def close(one: Run, other: Run, tolerance: float = CLOSE) -> bool:
    """The same up to rounding."""
    same = (one.seed, one.lr, one.ending) == (other.seed, other.lr, other.ending)
    tables = [(a[name], b[name]) for a, b in ((one.steps, other.steps), (one.epochs, other.epochs)) for name in a
              if name != "seconds"]  # fmt: skip
    numbers = all(a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance) for a, b in tables)
    states = one.state.keys() == other.state.keys()
    return same and numbers and states and all(
        torch.allclose(value, other.state[name], rtol=tolerance, atol=tolerance) for name, value in one.state.items()
    )  # fmt: skip


def alone(data: Data, optimizer: Callable[..., torch.optim.Optimizer], plan: Plan) -> list[Run]:
    return [train(tiny(data), data, optimizer, plan, lr=lane.lr, seed=lane.seed, device="cpu") for lane in LANES]


@pytest.mark.parametrize("name", ["adam", "nesterov_momentum", "lamb", "averaged_gradient_descent", "adagrad_norm"])
@pytest.mark.parametrize("norms", ["group", "tensor"])
def test_each_lane_is_a_training_alone(digits: Data, name: str, norms: str) -> None:
    optimizer = as_optimizer(METHODS[name], norms=norms)
    runs = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES, device="cpu")
    assert all(close(run, one) for run, one in zip(runs, alone(digits, optimizer, SMALL), strict=True))
    moved = [abs(run.state["1.weight"] - tiny(digits)(run.seed).state_dict()["1.weight"]).max() for run in runs]
    assert min(moved) > 10 * CLOSE**2  # something happened


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(METHODS))
@pytest.mark.parametrize("norms", ["group", "tensor"])
def test_every_rule(digits: Data, name: str, norms: str) -> None:
    optimizer = as_optimizer(METHODS[name], norms=norms)
    runs = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES, device="cpu")
    assert all(close(run, one) for run, one in zip(runs, alone(digits, optimizer, SMALL), strict=True))
    turned = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES[::-1], chunk=3, device="cpu")
    assert all(equal(run, one) for run, one in zip(runs, turned[::-1], strict=True))


@settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
@given(st.permutations(range(4)), st.integers(1, 5), st.sampled_from([Adam, AMVT, LAMB, Nesterov]))
def test_neither_order_nor_chunks_change_a_bit(digits: Data, order: list[int], chunk: int, optimizer: type) -> None:
    runs = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES, device="cpu")
    lanes = [LANES[place] for place in order]
    turned = train_ensemble(tiny(digits), digits, optimizer, SMALL, lanes, chunk=chunk, device="cpu")
    assert all(equal(runs[place], run) for place, run in zip(order, turned, strict=True))


@pytest.mark.parametrize("net", ["logistic", "lenet5", "cnn", "vit_b16"])
def test_other_nets(digits: Data, net: str) -> None:
    model = model_for(net, digits, width=1 / 16)
    plan = Plan(steps=2, batch=5, evaluated=("validation",))
    runs = train_ensemble(model, digits, Adam, plan, LANES[:2], device="cpu")
    ones = [train(model, digits, Adam, plan, lr=lane.lr, seed=lane.seed, device="cpu") for lane in LANES[:2]]
    assert all(close(run, one) for run, one in zip(runs, ones, strict=True))
    single = train_ensemble(model, digits, Adam, plan, LANES[:2], chunk=1, device="cpu")
    assert all(equal(run, one) for run, one in zip(runs, single, strict=True))


def test_smoothing_augmentation_and_the_full_gradient(digits: Data) -> None:
    plan = replace(SMALL, smoothing=0.2, augment=CropsAndFlips(margin=1), full_gradient=True)
    runs = train_ensemble(tiny(digits), digits, Adam, plan, LANES, device="cpu")
    assert all(close(run, one) for run, one in zip(runs, alone(digits, Adam, plan), strict=True))
    assert "train_gradient_norm" in runs[0].epochs


MODULES = {
    "clipping by norm": partial(AMVT, modules=[clipped_gradient(0.1)]),
    "normalisation": partial(AMVT, modules=[normalised_gradient()]),
    "outliers": partial(AMVT, modules=[without_outliers()]),
    "thresholds from noise": partial(AMGT, threshold=zero_out_by_noise(), decay=0.0),
    "the largest 20": as_optimizer(sparsified(20)(METHODS["momentum"])),
    "stochastic rounding": as_optimizer(quantized(Rational(1, 1000))(METHODS["momentum"])),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_with_norms_order_statistics_and_noise_stay_in_their_lane(digits: Data, name: str) -> None:
    optimizer = MODULES[name]
    runs = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES, device="cpu")
    assert all(close(run, one) for run, one in zip(runs, alone(digits, optimizer, SMALL), strict=True))
    turned = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES[::-1], chunk=1, device="cpu")
    assert all(equal(run, one) for run, one in zip(runs, turned[::-1], strict=True))


# --- endings


def test_a_lane_that_explodes_harms_no_other(digits: Data) -> None:
    lanes = [Lane(0.1, 0), Lane(1e30, 0), Lane(0.1, 1)]
    plan = replace(SMALL, epochs=3)
    runs = train_ensemble(tiny(digits), digits, Momentum, plan, lanes, device="cpu")
    assert [run.ending for run in runs] == [Ending.COMPLETED, Ending.NON_FINITE, Ending.COMPLETED]
    healthy = train_ensemble(tiny(digits), digits, Momentum, plan, [lanes[0], lanes[2]], device="cpu")
    assert equal(runs[0], healthy[0]) and equal(runs[2], healthy[1])
    one = train(tiny(digits), digits, Momentum, plan, lr=1e30, device="cpu")
    assert len(runs[1].steps["loss"]) == len(one.steps["loss"])
    assert runs[1].steps["loss"][0] == pytest.approx(one.steps["loss"][0])
    assert runs[1].state == {} and math.isnan(runs[1].final["train_loss"])


def test_lanes_lose_patience_by_themselves(digits: Data) -> None:
    """A step size of zero never improves; the other lane goes on to the end of the plan."""
    plan = Plan(epochs=5, batch=50, patience=2, evaluated=("validation",))
    still, moving = train_ensemble(tiny(digits), digits, Adam, plan, [Lane(0.0, 0), Lane(0.003, 0)], device="cpu")
    assert (still.ending, still.epochs["epoch"].tolist()) == (Ending.PATIENCE, [1, 2, 3])
    assert len(still.steps["step"]) == 6
    assert all(torch.equal(still.state[name], value) for name, value in tiny(digits)(0).state_dict().items())
    one = train(tiny(digits), digits, Adam, plan, lr=0.003, device="cpu")
    assert close(moving, one)


# --- checkpoints


class Stopped(Exception):
    """What the tests stop trainings with."""


@pytest.mark.parametrize(("optimizer", "places"), [(Adam, range(1, 9)), (Nesterov, [5]), (LAMB, [3]), (AMVT, [4])])
def test_interrupted_after_any_step_they_go_on_with_the_same_bits(
    digits: Data, tmp_path: Path, optimizer: type, places: list[int]
) -> None:
    whole = train_ensemble(tiny(digits), digits, optimizer, SMALL, LANES, device="cpu")
    for place in places:
        folder = tmp_path / str(place)

        def watch(step: int, total: int, place: int = place) -> None:
            if step == place:
                raise Stopped

        with pytest.raises(Stopped):
            train_ensemble(
                tiny(digits), digits, optimizer, SMALL, LANES, device="cpu", checkpoint=folder, every=1, watch=watch
            )
        steps: list[int] = []
        resumed = train_ensemble(
            tiny(digits), digits, optimizer, SMALL, LANES, device="cpu", checkpoint=folder,
            watch=lambda step, total: steps.append(step),  # noqa: B023
        )  # fmt: skip
        assert steps == list(range(place + 1, 9))
        assert all(equal(run, one) for run, one in zip(resumed, whole, strict=True))


def test_finished_chunks_are_not_repeated(digits: Data, tmp_path: Path) -> None:
    def refuse(step: int, total: int) -> None:
        raise Stopped

    ask = partial(train_ensemble, tiny(digits), digits, Adam, SMALL, chunk=2, device="cpu", checkpoint=tmp_path)
    first = ask(LANES)
    again = ask(LANES, watch=refuse)
    assert all(equal(run, one) for run, one in zip(first, again, strict=True))
    with pytest.raises(Stopped):
        ask([*LANES, Lane(0.5, 0)], watch=refuse)


# --- refusals


@pytest.mark.parametrize(
    ("net", "dropout", "found"),
    [("resnet18", 0.0, "BatchNorm2d at '1'"), ("mlp", 0.2, "Dropout at '3'")],
)
def test_nets_that_cannot_be_stacked(digits: Data, net: str, dropout: float, found: str) -> None:
    with pytest.raises(TrainingError) as error:
        train_ensemble(model_for(net, digits, width=1 / 64, dropout=dropout), digits, Adam, SMALL, LANES, device="cpu")
    assert found in str(error.value)
    assert "train these one at a time" in str(error.value)


def test_optimizers_that_are_no_rules(digits: Data) -> None:
    with pytest.raises(OptimizerError, match=r"needs an optimizer of convergence\.optim, found SGD"):
        train_ensemble(tiny(digits), digits, torch.optim.SGD, SMALL, LANES, device="cpu")
    with pytest.raises(OptimizerError, match="leave state_dtype out"):
        train_ensemble(tiny(digits), digits, partial(Adam, state_dtype=torch.float64), SMALL, LANES, device="cpu")


def test_groups_of_parameters_are_refused(digits: Data) -> None:
    """Rows of a matrix share one setting; a group's own would silently be that of the first."""

    def grouped(parameters: list[torch.nn.Parameter], lr: float) -> Adam:
        return Adam([{"params": parameters[:1]}, {"params": parameters[1:], "beta1": 0.5}], lr=lr)

    with pytest.raises(OptimizerError, match="one setting for all parameters, found 2 groups; train one at a time"):
        train_ensemble(tiny(digits), digits, grouped, SMALL, LANES, device="cpu")


def test_data_that_are_not_in_memory(digits: Data) -> None:
    class Elsewhere:
        pass

    with pytest.raises(TrainingError, match="an ensemble needs data in memory, found Elsewhere"):
        train_ensemble(tiny(digits), replace(digits, train=Elsewhere()), Adam, SMALL, LANES)  # type: ignore[arg-type]


def test_no_lanes(digits: Data) -> None:
    assert train_ensemble(tiny(digits), digits, Adam, SMALL, [], device="cpu") == ()
