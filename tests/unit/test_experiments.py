"""The experiments at a tiny scale: resumed runs are the same, their tables are audited, their measures are right."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from convergence import audit, load
from convergence.errors import ClaimError
from convergence.learning import Ending, Lane, Run, load_data
from convergence.logs import read_logs
from convergence.verdicts import Verdict
from experiments import ablation, comparison, convex, robustness, sensitivity
from experiments.contenders import METHODS_COMPARED, ablations, chosen, disturbed
from experiments.measures import OF_SOLUTIONS, averaged_square, crossing, decay, row
from experiments.running import scale
from experiments.scales import SCALES
from experiments.statements import ABLATED, COMPARED, DISTURBED, SENSITIVE, write_claims
from experiments.training import TUNING, Setting, screen, trained, tuned


def files(folder: Path) -> dict[str, bytes]:
    """What an experiment leaves, without what the clock decides."""
    return {
        path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.suffix in (".md", ".toml", ".svg")
    }


def test_a_comparison_goes_on_with_the_same_bits_and_is_audited(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    comparison.main("tiny", seeds=3, methods="adam,amvt", device="cpu", pictures=False, out=one)
    rows = (one / "runs.csv").read_bytes()
    comparison.main("tiny", seeds=3, methods="adam,amvt", device="cpu", pictures=False, out=one)
    assert (one / "runs.csv").read_bytes() == rows  # kept runs, even their clock
    comparison.main("tiny", seeds=3, methods="adam", device="cpu", pictures=False, out=other)
    comparison.main("tiny", seeds=3, methods="adam,amvt", device="cpu", pictures=False, out=other)
    assert files(one) == files(other)
    result = audit(load(one / "claims.toml"))
    found = result["amvt-accuracy-digits-mlp"]
    assert found.verdict is Verdict.UNDECIDED and "3 runs cannot show any" in found.reason
    assert "it needs ImageNet" in str(found.evidence[0].evidence.figures["at the paper's scale"])
    assert "| amvt |" in (one / "summary.md").read_text(encoding="utf-8")
    log = read_logs([one / "traces" / "digits-mlp" / "amvt.csv"], x="step", y="gradient_norm", by="seed")
    assert [len(group.runs) for group in log.groups] == [3]


def test_tuning_takes_the_best_on_validation_data_and_fresh_seeds(tmp_path: Path) -> None:
    task = SCALES["tiny"].tasks[0]
    data = task.loaded()
    with screen() as progress:
        setting = Setting(task=task, data=data, plan=task.plan(data), device="cpu", folder=tmp_path, progress=progress)
        (adam,) = chosen(["adam"])
        found = tuned(setting, adam, (1e-5, 3e-2), 2, range(2))
        tried = trained(setting, adam, [Lane(3e-2, TUNING), Lane(3e-2, TUNING + 1)], "again")
    assert found.lr == 3e-2 and found.at_edge and found.losses[3e-2] < found.losses[1e-5]
    assert found.losses[3e-2] == pytest.approx(np.mean([run.final["validation_loss"] for run in tried]))
    assert [run.seed for run in found.runs] == [0, 1]


def run(**changes: object) -> Run:
    """Two epochs of two steps, without a net."""
    epochs = {"epoch": [1.0, 2.0], "step": [2.0, 4.0], "validation_accuracy": [0.4, 0.8]}
    epochs |= {name: [0.5, 0.25] for name in ("train_loss", "validation_loss", "test_loss", "weight_norm")}
    epochs |= {"train_accuracy": [0.5, 0.9], "test_accuracy": [0.5, 0.7]}
    steps = {"step": [1.0, 2.0, 3.0, 4.0], "seconds": [1.0] * 4, "gradient_norm": [4.0, 2.0, 2.0, 1.0]}
    kept = {
        name: {key: np.array(value) for key, value in table.items()} for name, table in (("e", epochs), ("s", steps))
    }
    plain = {"seed": 0, "lr": 0.1, "ending": Ending.COMPLETED, "steps": kept["s"], "epochs": kept["e"], "state": {}}
    return Run(**(plain | changes))  # type: ignore[arg-type]


def test_measures_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.measures.net_of", lambda model, run: None)
    monkeypatch.setattr("experiments.measures._sharpness", lambda net, data, count: 3.0)
    data = load_data("digits")
    found = row(run(), replace(SCALES["tiny"].tasks[0], target=0.6), data)
    assert found["epochs_to_target"] == pytest.approx(1.5)  # from 0.4 after epoch 1 half of the way to 0.8
    assert found["seconds_to_target"] == 4 and found["seconds_per_step"] == 1
    assert found["generalisation_gap"] == pytest.approx(0.2)
    assert found["gradient_deviation"] == pytest.approx(0.5 / 1.5)  # 2 and 1
    assert found["sharpness"] == 3.0


def test_nets_that_have_not_learnt_have_no_merits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.measures.net_of", lambda model, run: None)
    monkeypatch.setattr("experiments.measures._sharpness", lambda net, data, count: 3.0)
    data = load_data("digits")
    task = SCALES["tiny"].tasks[0]
    late = row(run(), replace(task, target=0.9), data)
    assert late["epochs_to_target"] == inf and all(np.isnan(late[name]) for name in OF_SOLUTIONS)
    lost = row(run(ending=Ending.NON_FINITE), task, data)
    assert lost["test_accuracy"] == 0 and lost["test_loss"] == inf and np.isnan(lost["sharpness"])


def test_crossings_and_decay() -> None:
    epochs = np.arange(1.0, 4.0)
    assert crossing(epochs, np.array([0.2, 0.6, 0.9]), 0.6) == 2.0
    assert crossing(epochs, np.array([0.5, 0.6, 0.9]), 0.25) == 0.5
    assert crossing(epochs, np.array([0.5, nan, 0.9]), 0.95) == inf
    assert averaged_square(np.array([1.0, 3.0])).tolist() == [1.0, 5.0]
    norms = np.sqrt(np.arange(1, 4001) ** 0.5 - np.arange(4000) ** 0.5)  # their squares sum to T^(1/2)
    assert decay(norms) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("name", SCALES)
def test_scales_name_methods_that_exist(name: str) -> None:
    assert chosen(SCALES[name].methods)[0].name == "adam"


def test_every_contender_takes_a_step() -> None:
    import torch

    contenders = {**METHODS_COMPARED, **ablations(100), **disturbed(noise=0.1, spacing=1e-3, count=2)}
    for contender in contenders.values():
        parameter = torch.nn.Parameter(torch.ones(4))
        optimizer = contender.make([parameter], lr=0.1)
        for _ in range(3):
            parameter.grad = torch.full_like(parameter, 0.5)
            optimizer.step()
        assert bool(parameter.isfinite().all()), contender.name


def test_statements_are_valid_claims(tmp_path: Path) -> None:
    """Every statement of every experiment, for a task whose trainings ran one by one, so that times count."""
    task = SCALES["paper"].tasks[0]
    everything = (*COMPARED, *ABLATED, *DISTURBED, *SENSITIVE)
    names = {name for each in everything for name in (each.first, each.second) if name}
    write_claims(everything, [(task, sorted(names))], tmp_path / "claims.toml", "all")
    paper = load(tmp_path / "claims.toml")
    assert len(paper.claims) == len(everything)
    known = {**METHODS_COMPARED, **ablations(100), **disturbed(noise=0.1, spacing=1e-3, count=2)}
    assert names <= set(known)
    together = SCALES["tiny"].tasks[0]
    write_claims(everything, [(together, sorted(names))], tmp_path / "claims.toml", "all")
    assert not any("seconds" in each.statement.runs.measure for each in load(tmp_path / "claims.toml").claims)  # type: ignore[union-attr]


def test_sensitivity_is_the_range_of_each_seed() -> None:
    sweeps = {
        "rate": {"0.1": [0.5, 0.9], "0.2": [0.7, 0.6]},
        "batch": {"32": [0.0, 0.0], "64": [0.8, 0.8], "128": [0.9, 0.8]},
        "beta": {},
    }
    first, second = sensitivity.ranges(sweeps, 2)
    assert (first["rate_range"], second["rate_range"]) == pytest.approx((0.2, 0.3))
    assert (first["batch_range"], second["batch_range"]) == pytest.approx((0.1, 0.0))  # 32 is no claimed batch
    assert np.isnan(first["beta_range"])


@pytest.mark.parametrize("script", [ablation, comparison, convex, robustness, sensitivity])
def test_scripts_have_valid_options(script: ModuleType) -> None:
    app = typer.Typer()
    app.command()(script.main)
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0 and "--seeds" in shown.stdout and "--out" in shown.stdout


def test_errors() -> None:
    with pytest.raises(ClaimError, match="no scale 'smal'; did you mean 'small'"):
        scale("smal")
    with pytest.raises(ClaimError, match="no method 'adamm'; did you mean 'adam"):
        chosen(["adamm"])
