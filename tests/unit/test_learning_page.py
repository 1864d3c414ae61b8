"""The page on learning runs as it stands, and its tables are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convergence.learning import DATA, MODELS, parameter_count
from convergence.logs import read_logs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "learning.md").read_text(encoding="utf-8")
SHAPES = {
    "MNIST": ((1, 28, 28), 10),
    "CIFAR-10": ((3, 32, 32), 10),
    "ImageNet": ((3, 224, 224), 1000),
    "10,000 words": ((35,), 10_000),
}


def test_the_code_runs_and_logs_read_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("convergence.learning.training.default_device", lambda: "cpu")
    monkeypatch.setattr("convergence.learning.ensembles.default_device", lambda: "cpu")
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)
    groups = read_logs([tmp_path / "adam.csv"], x="step", y="train_loss", by="seed").groups
    assert [len(group.runs) for group in groups] == [5, 5]  # a group for each step size


def test_every_model_and_data_set_is_on_the_page() -> None:
    named = set(re.findall(r"`([\w:]+)`", PAGE))
    assert set(MODELS) | set(DATA) <= named


def test_the_numbers_of_parameters() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| .* \| ([\d,]+)(?: and ([\d,]+))? \((.*)\) \|$", PAGE, re.MULTILINE)
    counted = 0
    for names, first, second, place in rows:
        shape, classes = SHAPES[place]
        for name, number in zip(re.findall(r"\w+", names), filter(None, (first, second)), strict=True):
            assert parameter_count(name, shape, classes) == int(number.replace(",", "")), name
            counted += 1
    assert counted == len(MODELS)
