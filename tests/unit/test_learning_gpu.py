"""The same trainings on a CUDA device; run with ``pytest -m gpu`` where there is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from convergence.learning import Data, Lane, Plan, default_device, load_data, model_for, train, train_ensemble
from convergence.learning.curvature import sharpness
from convergence.learning.metrics import net_of
from convergence.optim import AMVT, LAMB, Adam

pytestmark = pytest.mark.gpu

PLAN = Plan(epochs=2, batch=64)


@pytest.fixture(scope="module")
def digits() -> Data:
    return load_data("digits")


def test_cuda_is_chosen() -> None:
    assert torch.cuda.is_available()
    assert default_device() == "cuda"


@pytest.mark.parametrize("name", ["mlp", "lenet5", "resnet18", "vit_b16"])
def test_a_training_is_that_of_the_cpu(digits: Data, name: str) -> None:
    model = model_for(name, digits, width=1 / 16)
    plan = replace(PLAN, epochs=1)
    runs = [train(model, digits, Adam, plan, lr=1e-4, device=device) for device in ("cpu", "cuda")]
    assert np.allclose(runs[0].steps["loss"], runs[1].steps["loss"], rtol=0.05)
    assert all(value.device.type == "cpu" for value in runs[1].state.values())
    assert sharpness(net_of(model, runs[1]), digits.validation) > 0


@pytest.mark.parametrize("optimizer", [Adam, AMVT, LAMB])
def test_lanes_are_trainings_alone(digits: Data, optimizer: type) -> None:
    model = model_for("mlp", digits, width=1 / 16)
    lanes = [Lane(0.001, 0), Lane(0.003, 1), Lane(0.001, 2)]
    runs = train_ensemble(model, digits, optimizer, PLAN, lanes, device="cuda")
    for lane, run in zip(lanes, runs, strict=True):
        alone = train(model, digits, optimizer, PLAN, lr=lane.lr, seed=lane.seed, device="cuda")
        assert np.allclose(run.steps["loss"], alone.steps["loss"], rtol=0.01)


def test_a_finished_training_is_taken_up_on_either_device(digits: Data, tmp_path: Path) -> None:
    model, path = model_for("mlp", digits, width=1 / 16), tmp_path / "training.pt"
    first = train(model, digits, Adam, PLAN, lr=0.001, device="cuda", checkpoint=path)
    again = train(model, digits, Adam, PLAN, lr=0.001, device="cpu", checkpoint=path)
    assert np.array_equal(first.steps["loss"], again.steps["loss"])


def test_an_interrupted_ensemble_goes_on(digits: Data, tmp_path: Path) -> None:
    def stop(step: int, total: int) -> None:
        if step == 20:
            raise KeyboardInterrupt

    model, lanes = model_for("mlp", digits, width=1 / 16), [Lane(0.001, seed) for seed in range(3)]
    with pytest.raises(KeyboardInterrupt):
        train_ensemble(model, digits, Adam, PLAN, lanes, device="cuda", checkpoint=tmp_path, every=1, watch=stop)
    runs = train_ensemble(model, digits, Adam, PLAN, lanes, device="cuda", checkpoint=tmp_path)
    whole = train_ensemble(model, digits, Adam, PLAN, lanes, device="cuda")
    for run, one in zip(runs, whole, strict=True):
        assert np.allclose(run.steps["loss"], one.steps["loss"], rtol=1e-3)
