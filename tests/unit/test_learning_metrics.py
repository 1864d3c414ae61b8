"""Measures of trained nets against values that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from trainings import few_digits

from convergence.errors import NumericLimit, TrainingError
from convergence.learning import Data, Ending, InMemory, Plan, Run, model_for, train
from convergence.learning.curvature import (
    filter_normalised,
    gradient,
    gradient_norm,
    hessian_of,
    landscape,
    largest_eigenvalue,
    parameters_of,
    sharpness,
)
from convergence.learning.evaluation import evaluate
from convergence.learning.metrics import (
    best,
    epochs_to,
    generalisation_gap,
    gradient_spread,
    net_of,
    perplexity,
    seconds_to,
    spread_over_epochs,
)
from convergence.optim import Adam, Momentum


@pytest.fixture(scope="module")
def digits() -> Data:
    return few_digits(60)


# --- curvature


@settings(max_examples=20)
@given(st.integers(1, 12), st.floats(-3, 3), st.floats(0.1, 5), st.integers(0, 2**16))
def test_the_largest_eigenvalue_of_a_known_spectrum(size: int, least: float, width: float, seed: int) -> None:
    """``Q diag(s) Q^T`` has the spectrum s, whatever its signs; the largest is asked, not the largest in size."""
    source = torch.Generator().manual_seed(seed)
    frame, _ = torch.linalg.qr(torch.randn(size, size, generator=source, dtype=torch.float64))
    spectrum = torch.linspace(least, least + width, size, dtype=torch.float64)
    matrix = frame @ torch.diag(spectrum) @ frame.T

    def product(direction: list[Tensor]) -> list[Tensor]:
        (vector,) = direction
        return [(matrix @ vector.reshape(-1)).reshape(vector.shape)]

    found = largest_eigenvalue(product, [torch.zeros(1, size, dtype=torch.float64)], tolerance=1e-10)
    assert found == pytest.approx(float(spectrum[-1]), abs=1e-7)


def test_the_hessian_of_softmax_regression(digits: Data) -> None:
    """At zero all classes have probability 1/10: the Hessian is ``(I/10 - 11^T/100) x (X^T X/n)``.

    Its largest eigenvalue is that of the second moment of the inputs, with a one added for the bias, over ten.
    """
    inputs = digits.train.inputs.flatten(1).double()  # type: ignore[attr-defined]
    extended = torch.cat([inputs, torch.ones(len(inputs), 1, dtype=torch.float64)], dim=1)
    expected = float(torch.linalg.eigvalsh(extended.T @ extended / len(inputs))[-1]) / 10
    net = model_for("logistic", digits)(0)
    assert sharpness(net, digits.train, tolerance=1e-6) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["mlp", "lenet5", "resnet18", "vit_b16"])
def test_hessian_products_are_differences_of_gradients(digits: Data, name: str) -> None:
    few = InMemory(inputs=digits.train.inputs[:4].double(), targets=digits.train.targets[:4])  # type: ignore[attr-defined]
    net = model_for(name, digits, width=1 / 64)(1).double()
    source = torch.Generator().manual_seed(0)
    with torch.no_grad():  # biases of zero put rectifiers on their kinks
        for parameter in parameters_of(net):
            parameter += 0.1 * torch.randn(parameter.shape, generator=source, dtype=torch.float64)
    direction = [torch.randn(p.shape, generator=source, dtype=torch.float64) for p in parameters_of(net)]
    product = hessian_of(net, few)(direction)
    step = 1e-6
    with torch.no_grad():
        for parameter, along in zip(parameters_of(net), direction, strict=True):
            parameter += step * along
    after = gradient(net, few)
    with torch.no_grad():
        for parameter, along in zip(parameters_of(net), direction, strict=True):
            parameter -= 2 * step * along
    before = gradient(net, few)
    scale = max(float(part.abs().max()) for part in product)
    for part, high, low in zip(product, after, before, strict=True):
        assert torch.allclose(part, (high - low) / (2 * step), atol=1e-4 * scale)


def test_chunks_do_not_change_the_gradient(digits: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    net = model_for("mlp", digits, width=1 / 16)(0)
    whole, product = gradient_norm(net, digits.train), sharpness(net, digits.train)
    monkeypatch.setattr("convergence.learning.evaluation.chunks.__defaults__", (7,))
    assert gradient_norm(net, digits.train) == pytest.approx(whole, rel=1e-5)
    assert sharpness(net, digits.train) == pytest.approx(product, rel=1e-3)
    assert net.training


def test_a_net_that_has_diverged_has_no_curvature(digits: Data) -> None:
    net = model_for("mlp", digits, width=1 / 16)(0)
    nn.init.constant_(next(net.parameters()), math.nan)
    with pytest.raises(NumericLimit, match="the net has diverged"):
        sharpness(net, digits.train)


# --- landscape


def test_directions_have_the_norms_of_the_filters(digits: Data) -> None:
    net = model_for("lenet5", digits)(0)
    for parameter, part in zip(net.parameters(), filter_normalised(list(net.parameters()), 0, 0), strict=True):
        if parameter.dim() == 1:
            assert not part.any()
            continue
        norms = parameter.detach().flatten(1).norm(dim=1)
        assert torch.allclose(part.flatten(1).norm(dim=1), norms, rtol=1e-5)


def test_the_landscape_is_the_loss_and_leaves_the_net_alone(digits: Data) -> None:
    net = model_for("mlp", digits, width=1 / 16)(0)
    before = [parameter.detach().clone() for parameter in net.parameters()]
    seen = landscape(net, digits.train, points=3, reach=0.5)
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))
    assert (seen.x.tolist(), seen.y.tolist(), seen.loss.shape) == ([-0.5, 0, 0.5], [-0.5, 0, 0.5], (3, 3))
    assert seen.loss[1, 1] == evaluate(net, digits.train)[0]
    one, other = (filter_normalised(list(net.parameters()), 0, number) for number in (0, 1))
    with torch.no_grad():
        for parameter, first, second in zip(net.parameters(), one, other, strict=True):
            parameter += 0.5 * first - 0.5 * second
    assert seen.loss[0, 2] == pytest.approx(evaluate(net, digits.train)[0], rel=1e-6)


def test_rescaled_nets_have_the_same_landscape(digits: Data) -> None:
    """Filters ten times as large under an input ten times as small: the same function, the same picture."""
    net, scaled = model_for("logistic", digits)(0), model_for("logistic", digits)(0)
    with torch.no_grad():
        for first, second in zip(net.parameters(), scaled.parameters(), strict=True):
            if first.dim() == 2:
                first.copy_(torch.randn(first.shape, generator=torch.Generator().manual_seed(0)))
                second.copy_(10 * first)
    smaller = InMemory(inputs=digits.train.inputs / 10, targets=digits.train.targets)  # type: ignore[attr-defined]
    one, other = landscape(net, digits.train, points=3), landscape(scaled, smaller, points=3)
    assert np.allclose(one.loss, other.loss, rtol=1e-4)


# --- functions of a run


def made(**columns: list[float]) -> Run:
    """A run of four epochs of two steps, with what is given measured after each."""
    epochs = {"epoch": [1.0, 2.0, 3.0, 4.0], "step": [2.0, 4.0, 6.0, 8.0], **columns}
    steps = {
        "step": np.arange(1.0, 9.0),
        "loss": np.ones(8),
        "gradient_norm": np.array([1.0, 3.0, 2.0, 2.0, 5.0, 1.0, 0.0, 4.0]),
        "seconds": np.full(8, 0.5),
    }
    tables = {name: np.array(column) for name, column in epochs.items()}
    return Run(seed=0, lr=0.1, ending=Ending.COMPLETED, steps=steps, epochs=tables, state={})


RUN = made(
    train_accuracy=[0.5, 0.75, 1.0, 1.0],
    test_accuracy=[0.25, 0.5, 0.75, 0.5],
    train_loss=[2.0, 1.0, 0.5, 0.25],
    test_loss=[2.0, math.nan, 1.0, 1.5],
)


def test_gaps_and_bests() -> None:
    assert generalisation_gap(RUN) == 0.5
    assert generalisation_gap(RUN, "loss") == 1.25
    assert best(RUN, "test_accuracy") == 0.75
    assert best(RUN, "test_loss") == 1.0
    assert perplexity(RUN) == pytest.approx(math.exp(1.5))


def test_the_way_to_a_target() -> None:
    assert epochs_to(RUN, "train_accuracy", 0.75) == 2
    assert epochs_to(RUN, "train_loss", 0.5) == 3
    assert epochs_to(RUN, "train_loss", 0.1) == math.inf
    assert seconds_to(RUN, "train_accuracy", 0.75) == 4 * 0.5
    assert seconds_to(RUN, "test_loss", 0.0) == math.inf


def test_stability_in_both_meanings() -> None:
    """The last two test accuracies, 0.75 and 0.5, deviate by 0.125 from their mean: sigma^2 = 2*0.125^2/(2 - 1)."""
    assert spread_over_epochs(RUN, "test_accuracy") == pytest.approx(math.sqrt(2) * 0.125)
    assert spread_over_epochs(RUN, "train_accuracy", share=1.0) == pytest.approx(np.std([0.5, 0.75, 1, 1], ddof=1))
    assert math.isnan(spread_over_epochs(RUN, "train_accuracy", share=0.1))
    assert gradient_spread(RUN) == pytest.approx([math.sqrt(2), 0.0, math.sqrt(8), math.sqrt(8)])


def test_columns_that_were_not_measured() -> None:
    with pytest.raises(TrainingError, match="no 'test_acuracy' was measured after epochs; did you mean"):
        best(RUN, "test_acuracy")


def test_the_net_of_a_run(digits: Data) -> None:
    model = model_for("mlp", digits, width=1 / 16)
    run = train(model, digits, Adam, Plan(epochs=2, batch=20), lr=0.01, seed=2, device="cpu")
    assert evaluate(net_of(model, run), digits.test)[0] == run.final["test_loss"]
    lost = train(model, digits, Momentum, Plan(epochs=2, batch=20), lr=1e30, device="cpu")
    with pytest.raises(TrainingError, match="seed 0 at lr 1e"):
        net_of(model, lost)
