"""Several processes train one net as one process does."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from convergence.errors import TrainingError
from convergence.learning import Plan, load_data, model_for, train, write_runs
from convergence.learning.distributed import process_group
from convergence.learning.world import World, world
from convergence.optim import Adam


def test_alone_there_is_one_process() -> None:
    alone = world()
    assert (alone.rank, alone.size) == (0, 1)
    assert torch.equal(alone.share(torch.arange(5)), torch.arange(5))
    net = torch.nn.Linear(2, 2)
    assert alone.together(net) is net


def test_shares_are_disjoint_and_cover_the_batch() -> None:
    shares = [World(rank=rank, size=3).share(torch.arange(12)) for rank in range(3)]
    assert sorted(torch.cat(shares).tolist()) == list(range(12))
    assert {len(share) for share in shares} == {4}


def test_batches_that_do_not_divide_are_refused() -> None:
    with pytest.raises(TrainingError, match="a batch of 10 does not divide among 3 processes"):
        World(rank=0, size=3).share(torch.arange(10))


def test_outside_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with pytest.raises(TrainingError, match="not started by torchrun"), process_group():
        pass


def torchrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command = [*launcher, "-m", "convergence.learning.distributed", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_two_processes_train_as_one_and_resume(tmp_path: Path) -> None:
    settings = ["digits", "mlp", "--width", "0.125", "--batch", "64", "--lr", "0.01", "--seed", "3"]
    checkpoint = ["--checkpoint", str(tmp_path / "training.pt")]
    done = torchrun(*settings, "--epochs", "2", *checkpoint, "--out", str(tmp_path / "two.csv"))
    assert done.returncode == 0, done.stderr
    data = load_data("digits")
    run = train(
        model_for("mlp", data, width=0.125), data, Adam, Plan(epochs=2, batch=64), lr=0.01, seed=3, device="cpu"
    )
    write_runs([run], tmp_path / "one.csv", optimizer="adam", data_name="digits", model="mlp")
    one, two = rows(tmp_path / "one.csv"), rows(tmp_path / "two.csv")
    assert len(one) == len(two) == 32
    for expected, found in zip(one, two, strict=True):
        assert expected.keys() == found.keys()
        for name in expected.keys() - {"seconds", "optimizer", "data_name", "model", "method"}:
            assert (expected[name] == "") == (found[name] == "")
            if expected[name]:
                assert float(found[name]) == pytest.approx(float(expected[name]), rel=1e-4), name
    again = torchrun(*settings, "--epochs", "2", *checkpoint, "--out", str(tmp_path / "again.csv"))
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "two.csv").read_text()  # clock included: nothing ran


@pytest.mark.slow
def test_bad_input_is_said_without_a_traceback_of_ours(tmp_path: Path) -> None:
    done = torchrun("digits", "mlp", "--batch", "33", "--out", str(tmp_path / "run.csv"))
    assert done.returncode != 0
    assert "convergence.learning.distributed: a batch of 33 does not divide among 2 processes" in done.stderr
    assert not (tmp_path / "run.csv").exists()
