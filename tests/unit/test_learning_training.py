"""One training: what it computes, that it repeats, that it can be killed, and what it leaves behind."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy
from trainings import equal, few_digits

from convergence.errors import TrainingError
from convergence.learning import (
    CropsAndFlips,
    Data,
    Ending,
    InMemory,
    Plan,
    Run,
    load_data,
    model_for,
    train,
    write_runs,
)
from convergence.learning.evaluation import evaluate
from convergence.learning.streams import order
from convergence.learning.text import text
from convergence.logs import read_logs
from convergence.methods.modules import clipped_gradient
from convergence.methods.rule import t
from convergence.methods.schedules import cosine
from convergence.optim import AMVT, Adam, Momentum, Nesterov


@pytest.fixture(scope="module")
def digits() -> Data:
    """A fifth of the training digits."""
    return few_digits(200)


SMALL = Plan(epochs=2, batch=50, schedule=cosine(1, 0, 10))


def small(data: Data, **changes: float):  # type: ignore[no-untyped-def]
    return model_for("mlp", data, width=1 / 32, **changes)


def test_it_is_the_loop_that_everybody_writes(digits: Data) -> None:
    run = train(small(digits), digits, torch.optim.Adam, SMALL, lr=0.01, seed=3, device="cpu")
    net = small(digits)(3)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses, norms = [], []
    for step in range(8):
        places = order(3, step // 4, 200)[step % 4 * 50 : (step % 4 + 1) * 50]
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * (1 + math.cos(math.pi * (step + 1) / 10)) / 2
        optimizer.zero_grad()
        loss = cross_entropy(net(digits.train.inputs[places]), digits.train.targets[places])  # type: ignore[attr-defined]
        loss.backward()
        losses.append(loss.item())
        norms.append(math.sqrt(sum(float(p.grad.double().square().sum()) for p in net.parameters())))
        optimizer.step()
    assert run.ending is Ending.COMPLETED
    assert run.steps["step"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert run.steps["loss"].tolist() == losses
    assert np.allclose(run.steps["gradient_norm"], norms, rtol=1e-5)
    assert all(torch.equal(run.state[name], value) for name, value in net.state_dict().items())
    assert run.epochs["epoch"].tolist() == [1, 2]
    assert run.epochs["step"].tolist() == [4, 8]
    with torch.no_grad():
        logits = net(digits.test.inputs)  # type: ignore[attr-defined]
    targets = digits.test.targets  # type: ignore[attr-defined]
    assert run.final["test_loss"] == pytest.approx(float(cross_entropy(logits, targets)), rel=1e-6)
    assert run.final["test_accuracy"] == float((logits.argmax(1) == targets).double().mean())
    size = math.sqrt(sum(float(value.double().square().sum()) for value in run.state.values()))
    assert run.final["weight_norm"] == pytest.approx(size, rel=1e-6)


@settings(max_examples=5)
@given(st.integers(0, 2**31), st.sampled_from([Adam, AMVT, Nesterov]), st.floats(0, 0.5), st.floats(0, 0.3))
def test_equal_arguments_give_equal_bits(digits: Data, seed: int, optimizer: type, dropout: float, soft: float) -> None:
    plan = replace(SMALL, smoothing=soft)
    model = small(digits, dropout=dropout)
    before = torch.get_rng_state()
    runs = [train(model, digits, optimizer, plan, lr=0.01, seed=seed, device="cpu") for _ in range(2)]
    assert equal(*runs)
    assert not equal(runs[0], train(model, digits, optimizer, plan, lr=0.01, seed=seed + 1, device="cpu"))
    assert torch.equal(torch.get_rng_state(), before)


def test_what_the_rule_returns_is_evaluated(digits: Data) -> None:
    """Nesterov's parameters stand at the place it looks ahead to; results are of its iterate."""
    run = train(small(digits), digits, Nesterov, SMALL, lr=0.1, device="cpu")
    net = small(digits)(0)
    net.load_state_dict(dict(run.state))
    assert evaluate(net, digits.test)[0] == run.final["test_loss"]


# --- endings


class Stopped(Exception):
    """What the tests stop trainings with."""


def test_a_loss_that_is_not_finite_ends_it(digits: Data) -> None:
    run = train(small(digits), digits, Momentum, replace(SMALL, epochs=50), lr=1e30, device="cpu")
    assert run.ending is Ending.NON_FINITE
    assert np.isfinite(run.steps["loss"][:-1]).all()
    assert not np.isfinite([run.steps["loss"][-1], run.steps["gradient_norm"][-1]]).all()
    assert len(run.steps["loss"]) < 200
    assert run.state == {}
    assert all(math.isnan(value) for value in run.final.values())


def test_non_finite_from_the_first_step(digits: Data) -> None:
    poisoned = InMemory(inputs=digits.train.inputs * math.nan, targets=digits.train.targets)  # type: ignore[attr-defined]
    run = train(small(digits), replace(digits, train=poisoned), Adam, SMALL, lr=0.01, device="cpu")
    assert run.ending is Ending.NON_FINITE
    assert run.steps["step"].tolist() == [1]
    assert len(run.epochs["epoch"]) == 0


def test_patience(digits: Data) -> None:
    """A step size of zero never improves: the first epoch is best, and two more are waited for."""
    run = train(small(digits), digits, Adam, Plan(epochs=9, batch=100, patience=2), lr=0.0, device="cpu")
    assert run.ending is Ending.PATIENCE
    assert run.epochs["epoch"].tolist() == [1, 2, 3]


def test_a_plan_in_steps_ends_within_an_epoch(digits: Data) -> None:
    run = train(small(digits), digits, Adam, Plan(steps=6, batch=50), lr=0.01, device="cpu")
    assert run.ending is Ending.COMPLETED
    assert run.epochs["epoch"].tolist() == [1, 1.5]
    assert len(run.steps["step"]) == 6


def test_batches_larger_than_the_data(digits: Data) -> None:
    run = train(small(digits), digits, Adam, Plan(epochs=3, batch=10**6), lr=0.01, device="cpu")
    assert len(run.steps["step"]) == 3


def test_the_full_gradient(digits: Data) -> None:
    """With all examples in each batch, the gradient after a step is that of the batch before the next."""
    plan = Plan(epochs=3, batch=200, full_gradient=True)
    run = train(small(digits), digits, Adam, plan, lr=0.01, device="cpu")
    assert np.allclose(run.epochs["train_gradient_norm"][:-1], run.steps["gradient_norm"][1:], rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "expected epochs to be at least 1, found 0"),
        ({"batch": 0}, "expected batch to be at least 1"),
        ({"smoothing": 1.0}, "expected 0 <= smoothing < 1"),
        ({"evaluated": ("dev",)}, "no part 'dev' to evaluate; known: train, validation, test"),
        ({"evaluated": (), "patience": 3}, "patience needs 'validation' among the evaluated parts"),
        ({"schedule": t * cosine(1, 0, 9).subs(t, 2) + __import__("sympy").Symbol("z")}, "may use t only, found z"),
    ],
)
def test_impossible_plans(settings: dict[str, object], message: str) -> None:
    with pytest.raises(TrainingError) as error:
        Plan(**settings)  # type: ignore[arg-type]
    assert message in str(error.value)


# --- checkpoints


def stop_at(place: int):  # type: ignore[no-untyped-def]
    def watch(step: int, total: int) -> None:
        if step == place:
            raise Stopped

    return watch


@pytest.mark.parametrize(
    "optimizer", [Adam, Nesterov, torch.optim.Adam, partial(AMVT, modules=[clipped_gradient(0.5)])]
)
def test_interrupted_after_any_step_it_goes_on_with_the_same_bits(digits: Data, tmp_path: Path, optimizer) -> None:  # type: ignore[no-untyped-def]
    model = small(digits, dropout=0.2)
    arguments = (model, digits, optimizer, SMALL)
    whole = train(*arguments, lr=0.01, seed=1, device="cpu")
    for place in range(1, 9):
        for every in (1, 3):
            path = tmp_path / f"{place}-{every}.pt"
            with pytest.raises(Stopped):
                train(*arguments, lr=0.01, seed=1, device="cpu", checkpoint=path, every=every, watch=stop_at(place))
            steps: list[int] = []
            resumed = train(
                *arguments, lr=0.01, seed=1, device="cpu", checkpoint=path, every=every,
                watch=lambda step, total: steps.append(step),  # noqa: B023
            )  # fmt: skip
            assert equal(resumed, whole)
            assert steps == list(range((8 if place == 8 else place - place % every) + 1, 9))


KILLED = """
import sys
from convergence.learning import Plan, load_data, model_for, train
from convergence.optim import AMVT
data = load_data("digits")
train(model_for("mlp", data, width=0.1), data, AMVT, Plan(epochs=40, batch=32), lr=1e-3, seed=5, device="cpu",
      checkpoint=sys.argv[1], every=1, watch=lambda step, total: print(step, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2, 50, 333])
def test_killed_in_the_middle_it_goes_on_with_the_same_bits(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "training.pt"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == steps:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    data = load_data("digits")
    model, plan = model_for("mlp", data, width=0.1), Plan(epochs=40, batch=32)
    whole = train(model, data, AMVT, plan, lr=1e-3, seed=5, device="cpu")
    first: list[int] = []
    resumed = train(
        model, data, AMVT, plan, lr=1e-3, seed=5, device="cpu", checkpoint=path, watch=lambda s, n: first.append(s)
    )
    assert first[0] > steps  # it did not begin anew
    assert equal(resumed, whole)


def test_a_finished_training_is_not_repeated(digits: Data, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "training.pt"
    first = train(small(digits), digits, Adam, SMALL, lr=0.01, device="cpu", checkpoint=path)
    again = train(small(digits), digits, Adam, SMALL, lr=0.01, device="cpu", checkpoint=path, watch=stop_at(8))
    assert equal(first, again)
    assert np.array_equal(first.steps["seconds"], again.steps["seconds"])
    assert [file.name for file in path.parent.iterdir()] == ["training.pt"]


def without_memory(parameters: Iterable[nn.Parameter], lr: float) -> Adam:
    """Adam with a setting that is made after it was constructed."""
    optimizer = Adam(parameters, lr=lr)
    optimizer.param_groups[0]["beta1"] = 0.0
    return optimizer


def with_settings_of_groups(parameters: Iterable[nn.Parameter], lr: float) -> Adam:
    """Adam with another memory for matrices."""
    parameters = list(parameters)
    groups = [[each for each in parameters if (each.dim() > 1) is matrix] for matrix in (True, False)]
    return Adam([{"params": groups[0], "beta1": 0.5}, {"params": groups[1]}], lr=lr)


@pytest.mark.parametrize(
    "change",
    [
        {"lr": 0.02},
        {"seed": 1},
        {"plan": replace(SMALL, batch=40)},
        {"optimizer": AMVT},
        {"optimizer": partial(Adam, betas=(0.8, 0.99))},
        {"optimizer": without_memory},
        {"optimizer": with_settings_of_groups},
        {"width": 1 / 16},
        {"identity": "other digits"},
    ],
)
def test_another_trainings_checkpoint_is_refused(digits: Data, tmp_path: Path, change: dict[str, object]) -> None:
    asked: dict[str, object] = {"lr": 0.01, "seed": 0, "plan": SMALL, "optimizer": Adam, "width": 1 / 32}

    def run(**settings: object) -> Run:
        data = replace(digits, identity=settings.pop("identity", "few digits"))
        model = model_for("mlp", data, width=settings.pop("width"))  # type: ignore[arg-type]
        path = tmp_path / "training.pt"
        return train(
            model, data, settings.pop("optimizer"), settings.pop("plan"), checkpoint=path, device="cpu", **settings
        )  # type: ignore[arg-type]

    run(**asked)
    with pytest.raises(TrainingError, match="the checkpoint of another training"):
        run(**(asked | change))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04cut off"])
def test_a_broken_checkpoint_is_refused(digits: Data, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "training.pt"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"not readable as a checkpoint .*; remove it to begin anew"):
        train(small(digits), digits, Adam, SMALL, lr=0.01, device="cpu", checkpoint=path)


@pytest.mark.parametrize("name", ["resnet18", "lstm"])
def test_running_means_and_recurrences_resume(digits: Data, tmp_path: Path, name: str) -> None:
    """Batch normalisation keeps buffers; the language model draws dropout between its layers."""
    data, plan = digits, Plan(steps=4, batch=8, evaluated=("validation",))
    if name == "lstm":
        (tmp_path / "words.txt").write_text("the cat sat on a mat and a dog ran off\n" * 40)
        data = text(tmp_path / "words.txt", places=5)
    arguments = (model_for(name, data, width=1 / 64, dropout=0.1), data, Adam, plan)
    whole = train(*arguments, lr=0.01, seed=1, device="cpu")
    assert whole.ending is Ending.COMPLETED
    path = tmp_path / "training.pt"
    with pytest.raises(Stopped):
        train(*arguments, lr=0.01, seed=1, device="cpu", checkpoint=path, every=2, watch=stop_at(3))
    assert equal(train(*arguments, lr=0.01, seed=1, device="cpu", checkpoint=path), whole)


def test_a_language_model_learns_what_follows(tmp_path: Path) -> None:
    """Words in a fixed circle: everything but the first word of a row can be known, so the loss falls towards 0."""
    path = tmp_path / "circle.txt"
    path.write_text("a b c d e f g\n" * 100)
    data = text(path, places=8)
    run = train(model_for("lstm", data, width=0.03), data, Adam, Plan(epochs=25, batch=8), lr=0.01, device="cpu")
    assert run.final["test_loss"] < 0.1 < math.log(data.classes)
    assert run.final["test_accuracy"] > 0.95


# --- augmentation


@settings(max_examples=20)
@given(st.integers(0, 3), st.integers(0, 2**31))
def test_crops_are_cut_out_of_padded_images(margin: int, seed: int) -> None:
    images = torch.arange(1.0, 1 + 5 * 2 * 4 * 4).reshape(5, 2, 4, 4)
    changed = CropsAndFlips(margin=margin)(images, torch.Generator().manual_seed(seed))
    padded = torch.nn.functional.pad(images, (margin,) * 4)
    for before, after in zip(padded, changed, strict=True):
        places = range(2 * margin + 1)
        cuts = [before[:, y : y + 4, x : x + 4] for y in places for x in places]
        assert any(torch.equal(after, cut) or torch.equal(after, cut.flip(2)) for cut in cuts)


def test_half_of_the_images_are_mirrored() -> None:
    """Of 400 fair coins, 200 +- 5 standard deviations of 10 show heads, but once in a million seeds."""
    images = torch.arange(3.0).expand(400, 1, 3, 3)
    changed = CropsAndFlips(margin=0)(images, torch.Generator().manual_seed(0))
    assert 150 < int((changed[:, 0, 0, 0] == 2).sum()) < 250


def test_negative_margins() -> None:
    with pytest.raises(TrainingError, match="expected a margin of at least 0, found -1"):
        CropsAndFlips(margin=-1)


# --- logs


def test_logs_read_what_was_written(digits: Data, tmp_path: Path) -> None:
    runs = [train(small(digits), digits, Adam, SMALL, lr=0.01, seed=seed, device="cpu") for seed in (4, 5)]
    path = tmp_path / "adam.csv"
    write_runs(runs, path, optimizer="adam", data_name="digits")
    write_runs(runs, tmp_path / "amvt.csv", optimizer="amvt", data_name="digits")
    read = read_logs([tmp_path])
    assert [group.name for group in read.groups] == [
        "data_name=digits, optimizer=adam, method=lr 0.01",
        "data_name=digits, optimizer=amvt, method=lr 0.01",
    ]
    assert (read.x, read.y) == ("step", "train_loss")
    found = read.groups[0].runs
    assert [run.k.tolist() for run in found] == [[4, 8], [4, 8]]
    assert [run.values.tolist() for run in found] == [run.epochs["train_loss"].tolist() for run in runs]
    each = read_logs([path], x="step", y="loss").groups[0].runs
    assert [run.values.tolist() for run in each] == [run.steps["loss"].tolist() for run in runs]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["adam.csv", "amvt.csv"]


def test_a_run_that_became_non_finite_ends_in_nan(digits: Data, tmp_path: Path) -> None:
    run = train(small(digits), digits, Momentum, SMALL, lr=1e30, device="cpu")
    write_runs([run], tmp_path / "runs.csv")
    values = read_logs([tmp_path / "runs.csv"], y="loss").groups[0].runs[0].values
    assert values.tolist()[:-1] == run.steps["loss"].tolist()[:-1]
    assert not np.isfinite(values[-1]) or not np.isfinite(run.steps["gradient_norm"][-1])


def test_a_failed_write_leaves_the_old_file(digits: Data, tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("old")

    def broken():  # type: ignore[no-untyped-def]
        raise Stopped
        yield

    with pytest.raises(Stopped):
        write_runs(broken(), path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["runs.csv"]
