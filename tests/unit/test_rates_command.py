import json
from pathlib import Path

import numpy as np
import pytest

from convergence.cli.fit import fit, judged_together
from convergence.errors import ClaimError, LogError
from convergence.rates import RateFit, fit_rate
from convergence.rates.picture import text_picture
from convergence.verdicts import Verdict

K = np.arange(1, 1001)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    rows = [f"{k},{s},{1 / k * np.exp(0.2 * random.standard_normal()):.9g}" for s in range(10) for k in K]
    path = tmp_path / "gap.csv"
    path.write_text("step,seed,gap\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize(("claimed", "status"), [(None, 0), ("1/k", 0), ("1/sqrt(k)", 0), ("1/k**2", 1), ("k**k", 3)])
def test_exit_status(log: Path, claimed: str | None, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit([log], minimum=0.0, claimed=claimed) == status
    assert "power" in capsys.readouterr().out


def test_json_and_nothing_else(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit([log], minimum=0.0, claimed="1/k", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["y"] == "gap"
    assert document["groups"][0]["fit"]["verdict"] == "supported"
    assert len(document["groups"][0]["runs"]) == 10


@pytest.mark.parametrize("name", ["a.svg", "a.png"])
def test_pictures(log: Path, tmp_path: Path, name: str) -> None:
    fit([log], minimum=0.0, plot=tmp_path / name)
    assert (tmp_path / name).stat().st_size > 5000


def test_svg_is_deterministic(log: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        fit([log], minimum=0.0, plot=tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_picture_in_the_terminal(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit([log], minimum=0.0, plot="-")
    assert "•" in capsys.readouterr().out


def test_a_picture_of_nothing() -> None:
    assert text_picture(np.array([1.0, 2.0]), np.array([[0.0, -1.0]])) == "(nothing positive to draw)"


def test_messages(log: Path) -> None:
    with pytest.raises(LogError, match=r"ends in \.svg, \.png, \.pdf"):
        fit([log], plot="a.gif")
    with pytest.raises(ClaimError):
        fit([log], claimed="1/(k")
    with pytest.raises(LogError, match="below the minimum"):
        fit([log], minimum=0.5)


def test_several_groups_are_judged_together() -> None:
    # Holm over two: 0.008 > 0.01/2, so neither is flagged
    one = RateFit(law="power", exponent=0.9, interval=(0.8, 1.0), verdict=Verdict.DIVERGES, p_value=0.008, worse=0.5,
                  faster=0.0, distance=0.0, spread=0.05, claimed="k^-1")  # fmt: skip
    assert [f.verdict for f in judged_together([one, one])] == [Verdict.UNDECIDED] * 2
    assert judged_together([one])[0].verdict is Verdict.DIVERGES


def test_markup_in_names_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("step,solver,loss\n" + "\n".join(f"{k},[red]x[/red],{1 / k}" for k in range(1, 50)))
    assert fit([path], minimum=0.0) == 0
    assert "[red]x[/red]" in capsys.readouterr().out


def test_the_example_of_the_docstring() -> None:
    result = fit_rate(K, 3.0 / K, minimum=0.0, claimed="1/k")
    assert (result.law, round(result.exponent or 0, 2), str(result.verdict)) == ("power", 1.0, "supported")


def rows(path: Path, header: str, lines: list[str]) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_a_claimed_decimal_exponent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = np.unique(np.round(np.geomspace(1, 1e6, 200)))
    path = rows(tmp_path / "log.csv", "step,loss", [f"{k:g},{3 * k**-1.23:.17g}" for k in steps])
    assert fit([path], minimum=0.0, claimed="k**-1.23") == 0
    out = capsys.readouterr().out
    assert "k^-1.23" in out
    assert "supported (tight)" in out
    assert "oscillations" not in out  # steps spaced by ratios are as they should be
    assert fit([path], minimum=0.0, claimed="k**-1.73") == 1


def test_a_run_that_turns_nan_supports_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{k},{s},{1 / k if s or k < 300 else 'nan'}" for s in range(5) for k in K]
    assert fit([rows(tmp_path / "log.csv", "step,seed,loss", lines)], minimum=0.0, claimed="1/k") == 3
    out = " ".join(capsys.readouterr().out.split())
    assert "1 of 5 runs end as nan, after step 299" in out
    assert "(tight)" not in out


def test_a_run_that_turns_infinite_beside_good_ones_supports_nothing(tmp_path: Path) -> None:
    lines = [f"{k},{s},{1 / k if s or k < 300 else 'inf'}" for s in range(5) for k in K]
    assert fit([rows(tmp_path / "log.csv", "step,seed,loss", lines)], minimum=0.0, claimed="1/k") == 3


def test_a_run_that_was_stopped_early_shortens_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{k},{s},{1 / k}" for s in range(5) for k in K if s or k <= 300]
    assert fit([rows(tmp_path / "log.csv", "step,seed,loss", lines)], minimum=0.0, claimed="1/k") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "runs end at different steps, 300 to 1000: those up to 300 are used; leave short runs out to use more" in out
    assert "up to step 300" in out


def test_overflow_is_called_divergence_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{k},{1 / k if k < 300 else 'inf'}" for k in K]
    assert fit([rows(tmp_path / "log.csv", "step,loss", lines)], minimum=0.0, claimed="1/k") == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "100% of the runs diverge" in out
    assert "slower than" not in out
    assert "(unknown)" not in out


def test_a_cut_off_line_is_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps({"step": int(k), "loss": 1 / k}) for k in K.tolist()) + '\n{"step": 10')
    assert fit([path], minimum=0.0) == 0
    assert "the last line of log.jsonl is cut off" in " ".join(capsys.readouterr().out.split())


def test_steps_that_come_in_no_pattern_are_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = np.sort(np.random.default_rng(0).choice(10_000, 800, replace=False)) + 1
    fit([rows(tmp_path / "log.csv", "step,loss", [f"{k},{1 / k}" for k in steps])], minimum=0.0)
    assert "oscillations were not looked for" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("lines", [["1,2.0"], [f"{k},2.0" for k in K], [f"{k},{1 / k}" for k in K[:5]]])
def test_too_little_is_undecided(tmp_path: Path, lines: list[str]) -> None:
    assert fit([rows(tmp_path / "log.csv", "epoch,train_loss", lines)], minimum=0.0, claimed="1/k") == 3


def test_a_seed_of_its_own_for_every_row_is_one_run(tmp_path: Path) -> None:
    path = rows(tmp_path / "log.csv", "step,seed,loss", [f"{k},{k + 17},{1 / k}" for k in K])
    assert fit([path], minimum=0.0, claimed="1/k") == 0


def test_one_infinite_value_in_between_is_no_divergence() -> None:
    errors = 1.0 / K
    errors[0] = np.inf
    assert fit_rate(K, errors, minimum=0.0, claimed="1/k").verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("text", "message"),
    [("step,loss\n", "no column holds a number"), ("1,0.5\n2,0.25\n3,0.1\n", "put names of columns above it")],
)
def test_what_is_no_table(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(LogError, match=message):
        fit([tmp_path / "log.csv"])
