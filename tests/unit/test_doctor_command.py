"""The command ``convergence doctor``: its table, its exit status, and where it refuses."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from convergence.auditing import calibration
from convergence.errors import ClaimError
from convergence.verdicts import Verdict

command = import_module("convergence.cli.doctor")

ROOT = Path(__file__).parents[2]


def test_a_clean_bill_of_health(monkeypatch, capsys):
    monkeypatch.chdir(ROOT / "tests")
    assert command.doctor("quick", "young*", 0, 1, True) == 0
    printed = capsys.readouterr().out
    assert "mutants: constant x 0.95" in printed and "wrong:" not in printed


def test_a_wrong_verdict_is_listed_and_ends_with_status_1(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    stated = calibration.exercises(ROOT / "proofs" / "classics", "young", altered=False)
    wrong = calibration.Graded(exercise=stated[0], verdict=Verdict.REFUTED, reason="x = [1]", seconds=0.0)
    monkeypatch.setattr(command, "graded", lambda tasks, **keys: (wrong,))
    assert command.doctor("quick", "young", 0, 1, False) == 1
    assert "wrong: young (true, found refuted): x = [1]" in capsys.readouterr().out


def test_without_a_pattern_the_fit_is_scored_too(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(command, "graded", lambda tasks, **keys: ())
    monkeypatch.setitem(command.SERIES, "quick", range(2))
    assert command.doctor("quick", None, 0, 1, False) == 0
    printed = capsys.readouterr().out
    assert "rates read off series of known law" in printed and "2 series" in printed


def test_outside_a_checkout(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ClaimError, match="not of the installed package"):
        command.doctor("quick", None, 0, 1, True)
