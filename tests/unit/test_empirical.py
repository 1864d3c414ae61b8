"""Claims that tables of runs decide: the verdicts, what they say, what a claim file may state, and bad tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy import Rational

from convergence import audit, paper
from convergence.auditing.result import ClaimResult
from convergence.claims import from_document, load, to_document
from convergence.claims.runs import weights
from convergence.errors import ClaimError
from convergence.expressions import parse_relation, symbol
from convergence.formulas import statement_text
from convergence.verdicts import Verdict


def table(path: Path, **methods: Sequence[object]) -> Path:
    """One row for each run: method, seed, value."""
    rows = [f"{name},{seed},{value}" for name, values in methods.items() for seed, value in enumerate(values)]
    path.write_text("\n".join(["method,seed,epochs", *rows]) + "\n", encoding="utf-8")
    return path


def noisy(mean: float, seed: int, n: int = 20) -> list[float]:
    return [round(float(value), 6) for value in np.random.default_rng(seed).normal(mean, 0.5, size=n)]


def judged(path: Path, relation: str, **keys: Any) -> ClaimResult:
    compared = {"runs": str(path), "first": {"method": "a"}, "second": {"method": "b"}, "measure": "epochs"}
    entry = {"id": "claim", "empirical": compared | {"pairs": "seed", "relation": relation} | keys}
    return audit(paper("runs", [entry]))["claim"]


@pytest.mark.parametrize(
    ("relation", "verdict"),
    [
        ("first < second", Verdict.SUPPORTED),
        ("first > second", Verdict.DIVERGES),
        ("first <= 0.9*second", Verdict.SUPPORTED),
        ("first <= 0.5*second", Verdict.DIVERGES),
        ("0.6*second <= first <= 0.9*second", Verdict.SUPPORTED),
        ("0.9*second <= first <= second", Verdict.DIVERGES),
        ("first <= 0.75*second", Verdict.UNDECIDED),
        ("-6 < first - second < -4", Verdict.SUPPORTED),
    ],
)
@pytest.mark.parametrize("pairs", ["seed", None])
def test_means_of_15_and_20(tmp_path: Path, relation: str, verdict: Verdict, pairs: str | None) -> None:
    found = judged(table(tmp_path / "runs.csv", a=noisy(15, 1), b=noisy(20, 2)), relation, pairs=pairs)
    assert found.verdict is verdict, found.explanation


def test_no_difference_says_what_would_have_been_found(tmp_path: Path) -> None:
    path = table(tmp_path / "runs.csv", a=noisy(20, 1), b=noisy(20, 2))
    found = judged(path, "first < second", scale="digits, LeNet-5", needs="ImageNet and a GPU")
    assert found.verdict is Verdict.UNDECIDED
    assert found.reason.startswith("at digits, LeNet-5, 20 pairs by seed: first minus second ")
    assert "no difference shown; one of " in found.reason and found.reason.endswith(" would have been found")
    assert found.evidence[0].evidence.figures["at the paper's scale"] == "undecided; it needs ImageNet and a GPU"
    assert "runs of each method" in found.readings[0].decisive


def test_spreads_are_compared(tmp_path: Path) -> None:
    steady, wild = [10 + 0.1 * (-1) ** i * (1 + i % 3) for i in range(30)], noisy(10, 3, 30)
    path = table(tmp_path / "runs.csv", a=steady, b=[10 + 4 * (value - 10) for value in wild])
    assert judged(path, "first < second", of="spread").verdict is Verdict.SUPPORTED
    assert judged(path, "first > second", of="spread").verdict is Verdict.DIVERGES
    assert judged(path, "first < 0.9*second", of="spread").verdict is Verdict.SUPPORTED
    assert judged(path, "first < second").verdict is Verdict.UNDECIDED


def test_runs_that_never_arrive_are_ranked(tmp_path: Path) -> None:
    path = table(
        tmp_path / "runs.csv",
        a=noisy(15, 1),
        b=[value if seed % 2 else "inf" for seed, value in enumerate(noisy(20, 2))],
    )
    found = judged(path, "first < second")
    assert found.verdict is Verdict.SUPPORTED
    assert "first is below second in 20 of 20 pairs" in found.reason
    assert judged(path, "second < first").verdict is Verdict.DIVERGES
    assert judged(path, "first < second", pairs=None).verdict is Verdict.SUPPORTED


def test_one_method_against_a_number(tmp_path: Path) -> None:
    path = table(tmp_path / "runs.csv", a=noisy(15, 1))
    assert judged(path, "14 < first < 16", second=None).verdict is Verdict.SUPPORTED
    assert judged(path, "first <= 14", second=None).verdict is Verdict.DIVERGES


@pytest.mark.parametrize("n", [2, 3, 6])
def test_few_runs_never_decide(tmp_path: Path, n: int) -> None:
    """Signs of 6 pairs can be exchanged in 64 ways: no p-value is below 1/64."""
    found = judged(table(tmp_path / "runs.csv", a=[1.0] * n, b=[2.0] * n), "first < second")
    assert found.verdict is Verdict.UNDECIDED and f"{n} runs cannot show any" in found.reason
    assert judged(tmp_path / "runs.csv", "first > second").verdict is Verdict.UNDECIDED


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    path = table(tmp_path / "runs.csv", a=noisy(20, 1), b=noisy(20, 2))
    one = judged(path, "first < second").evidence[0].evidence
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *rows[::-1]]), encoding="utf-8")
    assert judged(path, "first < second").evidence[0].evidence == one


@settings(max_examples=30)
@given(a=st.fractions(-3, 3), b=st.fractions(-3, 3), c=st.fractions(-3, 3))
@example(a=Fraction(1), b=Fraction(1, 10**30), c=Fraction(10**30))
@example(a=Fraction(1), b=Fraction(1, 10**30 + 1), c=Fraction(0))
@example(a=Fraction(1), b=Fraction(0), c=Fraction(10**30 + 1))
def test_relations_are_read_as_weights(a: Fraction, b: Fraction, c: Fraction) -> None:
    names = {name: symbol(name) for name in ("first", "second")}
    (relation,) = parse_relation(f"({a})*first + ({b})*second >= {c}", names)
    if any(number and not 1 <= abs(number) * 10**30 <= 10**60 for number in (a, b, c)):
        with pytest.raises(ClaimError, match="expected numbers between 1e-30 and 1e30"):
            weights(relation)
        return
    if a == 0 and b == 0:
        return
    assert weights(relation) == (-Rational(str(a)), -Rational(str(b)), Rational(str(c)))


def test_a_claim_file_and_its_document(tmp_path: Path) -> None:
    table(tmp_path / "runs.csv", a=noisy(15, 1), b=noisy(20, 2))
    (tmp_path / "claims.toml").write_text(
        """
        [[claims]]
        id = "faster"
        [claims.empirical]
        runs = "runs.csv"
        first = { method = "a" }
        second = { method = "b" }
        pairs = "seed"
        measure = "epochs"
        relation = "first < 0.9*second"
        scale = "digits, MLP"
        needs = "ImageNet"
        """,
        encoding="utf-8",
    )
    found = load(tmp_path / "claims.toml")
    document = to_document(found["faster"])
    assert to_document(from_document(document)) == document
    assert document["empirical"]["runs"] == (tmp_path / "runs.csv").as_posix()
    assert audit(found)["faster"].verdict is Verdict.SUPPORTED
    assert statement_text(found["faster"]) == (
        "mean of epochs over runs (digits, MLP): first < 0.9*second, where first is method a and second is method b"
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"relation": "first*second < 1"}, "linear in first and second"),
        ({"relation": "1 - first/second >= 0.24"}, "write 1 - first/second >= 0.2 as first <= 0.8\\*second"),
        ({"relation": "first < 1e-40*second"}, "expected numbers between 1e-30 and 1e30"),
        ({"relation": "first == second"}, "runs never show that means are equal"),
        ({"relation": "second < 3"}, "expected a relation in first and second"),
        ({"second": None}, "expected a relation in first: first < second"),
        ({"of": "meen"}, "unknown word 'meen'; did you mean 'mean'"),
        ({"take": "lst"}, "unknown word 'lst'; did you mean 'last'"),
        ({"take": "last", "pairs": None}, "needs pairs, the column that tells one run's rows from another's"),
        ({"take": "first"}, 'expected until = "column >= number" with take = "first"'),
        ({"until": "loss <= 1"}, 'expected until = "column >= number" with take = "first"'),
        ({"take": "first", "until": "loss <= best"}, "expected a column against a number"),
        ({"first": {}}, "expected which rows a method has"),
        ({"pair": "seed"}, "unknown key 'pair'; did you mean 'pairs'"),
    ],
)
def test_what_a_claim_may_not_state(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        judged(Path("runs.csv"), **{"relation": "first < second", **keys})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"runs": "absent.csv"}, "absent.csv: no such file"),
        ({"runs": "/"}, "/: expected a file, found a folder or a device"),
        ({"measure": "epoch"}, "no column 'epoch'; did you mean 'epochs'"),
        ({"pairs": "sed"}, "no column 'sed'; did you mean 'seed'"),
        ({"first": {"method": "c"}}, "no row of first has method 'c'"),
        ({"pairs": "method"}, "20 rows of first have method a; expected one row for each run, or take = one of last, "),
    ],
)
def test_tables_that_do_not_hold_what_is_asked(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    path = table(tmp_path / "runs.csv", a=noisy(15, 1), b=noisy(20, 2))
    found = judged(path, "first < second", **keys)
    assert found.verdict is Verdict.UNDECIDED and message in found.reason


def curves(path: Path, **rates: Sequence[float]) -> Path:
    """Losses that fall by a seed's rate in each of 40 epochs; every other one was not logged."""
    rows = [
        f"{name},{seed},{epoch},{rate**epoch if epoch % 2 else ''}"
        for name, values in rates.items()
        for seed, rate in enumerate(values)
        for epoch in range(41)
    ]
    path.write_text("\n".join(["method,seed,epoch,loss", *rows]) + "\n", encoding="utf-8")
    return path


def test_logs_with_many_rows_for_each_run(tmp_path: Path) -> None:
    """0.8^epoch is below 0.1 first at 11 (0.8^11 = 0.086), 0.9^epoch at 23 (0.9^23 = 0.089, 0.9^21 = 0.109)."""
    slow = [0.9 + 1e-4 * (5 * seed % 12) for seed in range(12)]
    path = curves(tmp_path / "log.csv", a=[0.8 - 1e-4 * (7 * seed % 12) for seed in range(12)], b=slow)
    first = {"measure": "epoch", "take": "first", "until": "loss <= 0.1"}
    assert judged(path, "10.9 <= first <= 11.1", second=None, **first).verdict is Verdict.SUPPORTED
    assert judged(path, "first <= 0.5*second", **first).verdict is Verdict.SUPPORTED
    assert judged(path, "first > second", **first).verdict is Verdict.DIVERGES
    for take in ("last", "least", "greatest", "mean"):
        assert judged(path, "first < second", measure="loss", take=take).verdict is Verdict.SUPPORTED
    late = judged(path, "first < second", **(first | {"until": "loss <= 0.01"}))
    assert "first is below second in 12 of 12 pairs" in late.reason  # 0.9^40 = 0.015: the slow ones never arrive


def test_a_mean_too_large_for_floating_point_is_ranked(tmp_path: Path) -> None:
    rows = [f"{name},{seed},{value}" for name, value in (("a", 1), ("b", 1e308)) for seed in range(9) for _ in range(2)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["method,seed,loss", *rows]) + "\n", encoding="utf-8")
    found = judged(path, "first < second", measure="loss", take="mean")
    assert found.verdict is Verdict.SUPPORTED and "first is below second in 9 of 9 pairs" in found.reason


def test_epochs_of_one_run_are_no_runs(tmp_path: Path) -> None:
    """A hundred epochs of one run each would otherwise show a difference with p < 1e-20."""
    path = tmp_path / "log.csv"
    rows = [
        f"{name},0,{epoch},{level + 1 / (epoch + 1)}" for name, level in (("a", 0.0), ("b", 0.1)) for epoch in range(99)
    ]
    noise = np.random.default_rng(0).normal(scale=0.001, size=len(rows)).cumsum()
    rows = [
        f"{row.rsplit(',', 1)[0]},{float(row.rsplit(',', 1)[1]) + step}" for row, step in zip(rows, noise, strict=True)
    ]
    path.write_text("\n".join(["method,seed,epoch,loss", *rows]) + "\n", encoding="utf-8")
    for pairs in ("epoch", None):
        found = judged(path, "first < second", measure="loss", pairs=pairs)
        assert found.verdict is Verdict.UNDECIDED and "not independent runs" in found.reason


def test_a_run_that_ends_in_nan_is_not_cut_short(tmp_path: Path) -> None:
    path = curves(tmp_path / "log.csv", a=[0.8] * 12, b=[0.9] * 12)
    with path.open("a", encoding="utf-8") as file:
        file.write("a,3,41,nan\n")
    found = judged(path, "first < second", measure="loss", take="last")
    assert found.verdict is Verdict.UNDECIDED and "first: 1 of 12 values are missing or not numbers" in found.reason


def test_runs_without_partner_or_value_are_not_left_out(tmp_path: Path) -> None:
    path = table(tmp_path / "runs.csv", a=noisy(15, 1), b=noisy(20, 2, 19))
    assert "1 of 20 runs of first have no partner in second (seed 19, ...)" in judged(path, "first < second").reason
    for cell in ("", "failed", "nan"):
        path = table(tmp_path / "runs.csv", a=[*noisy(15, 1, 19), cell], b=noisy(20, 2))
        assert "first: 1 of 20 values are missing or not numbers" in judged(path, "first < second").reason


CELLS = st.sampled_from(["", "nan", "inf", "-inf", "1e308", "-1e308", "1e-320", "0", "1", "1.5", "x", "None"])


@settings(max_examples=25)
@given(
    first=st.lists(CELLS, min_size=1, max_size=9),
    second=st.lists(CELLS, min_size=1, max_size=9),
    relation=st.sampled_from(["first < second", "0.5*second - 1 <= first <= 2*second", "-first > 1e20*second"]),
    pairs=st.sampled_from(["seed", None]),
    of=st.sampled_from(["mean", "spread"]),
)
@example(first=["inf"] * 4, second=["inf", "inf", "-inf", "-inf"], relation="first < second", pairs="seed", of="mean")
def test_any_table_has_an_answer(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[str],
    second: list[str],
    relation: str,
    pairs: str | None,
    of: str,
) -> None:
    path = table(tmp_path_factory.mktemp("runs") / "runs.csv", a=first, b=second)
    found = judged(path, relation, pairs=pairs, of=of)
    assert "defect" not in found.reason, found.reason


GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_the_claims_of_the_guide_are_valid(tmp_path: Path, block: str) -> None:
    (tmp_path / "claims.toml").write_text(block, encoding="utf-8")
    (claim,) = load(tmp_path / "claims.toml").claims
    assert to_document(from_document(to_document(claim))) == to_document(claim)


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_code_of_the_guide_does_what_it_says(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(block, {})
    first, _, third = capsys.readouterr().out.splitlines()
    assert first.split(" (p")[0] in block  # what the guide says is printed
    assert third.endswith("(('ours', 'adam'), ('ours', 'sgd'), ('adam', 'sgd'))")
