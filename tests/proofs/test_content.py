"""The content: every statement that the inventory of the two papers lists is there, and every file of claims loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convergence.claims import Paper, load, load_all
from convergence.claims.statements import Empirical
from convergence.verdicts import Verdict

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for path in (ROOT / "proofs").glob("am?t/*.py") if path.name != "__init__.py")
EXAMPLES = ("adam", "gradient_descent", "heavy_ball", "nesterov", "sgd")

# What the inventory numbers that is no claim, and why.
OMITTED = {
    "amvt-010": "a definition: the stochastic gradient; its noise term is written twice and nothing is claimed of it",
    "amvt-041": "a definition: regret against one function; the claims about it are amvt-037 to amvt-039",
}


def numbered(paper: str, *ranges: tuple[int, int]) -> set[str]:
    """The inventory's rows, from inclusive ranges of numbers."""
    return {f"{paper}-{number:03}" for first, last in ranges for number in range(first, last + 1)}


ROWS = {
    "amvt": numbered(
        "amvt", (0, 10), (12, 14), (20, 23), (25, 25), (27, 39), (41, 45), (47, 47), (49, 49), (51, 62), (64, 87)
    ),
    "amgt": numbered(
        "amgt", (89, 94), (97, 109), (111, 116), (118, 129), (131, 144), (146, 160),
        (162, 172), (174, 175), (177, 210), (212, 215),
    ),
}  # fmt: skip


def row(identifier: str) -> str:
    """The inventory's row of a claim: ``amgt-120a-decrease`` belongs to ``amgt-120``."""
    match = re.match(r"(am[gv]t-\d{3})[a-z]?-[a-z]", identifier)
    assert match, f"{identifier} does not begin with a row of the inventory"
    return match[1]


@pytest.fixture(scope="module")
def papers() -> dict[str, Paper]:
    return {name: load(ROOT / "proofs" / name) for name in ROWS}


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_a_claim_or_omitted_with_a_reason(name: str, papers: dict[str, Paper]) -> None:
    covered = {row(claim.id) for claim in papers[name]}
    assert covered == ROWS[name] - set(OMITTED)


def test_the_inventory_has_192_rows() -> None:
    assert {name: len(rows) for name, rows in ROWS.items()} == {"amvt": 75, "amgt": 117}
    assert set(OMITTED) <= ROWS["amvt"] | ROWS["amgt"]


@pytest.mark.parametrize("name", ROWS)
def test_claims_say_what_and_where(name: str, papers: dict[str, Paper]) -> None:
    for claim in papers[name]:
        assert row(claim.id).startswith(name)
        for reading in claim.readings:
            assert reading.where and reading.says, f"{claim.id}, {reading.reading}"


@pytest.mark.parametrize("name", ROWS)
def test_most_claims_are_more_than_empirical(name: str, papers: dict[str, Paper]) -> None:
    checkable = [claim for claim in papers[name] if not isinstance(claim.statement, Empirical)]
    assert len(checkable) >= 0.85 * len(papers[name].claims)


def test_the_folder_holds_both_papers(papers: dict[str, Paper]) -> None:
    found = {source.title: len(source.claims) for source in load_all([ROOT / "proofs"])}
    assert {paper.title: len(paper.claims) for paper in papers.values()}.items() <= found.items()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_section_can_be_audited_by_itself(path: Path, papers: dict[str, Paper]) -> None:
    section = load(path)
    whole = papers[path.parent.name]
    assert section.claims and all(whole[claim.id] == claim for claim in section)


def test_the_examples_are_five_files() -> None:
    assert sorted(path.stem for path in (ROOT / "examples").glob("*.toml")) == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_say_of_every_claim_whether_it_is_true(name: str) -> None:
    path = ROOT / "examples" / f"{name}.toml"
    comments = re.findall(r"^# (True|False)\b[^\n]*\n(?:#[^\n]*\n)*\[\[claims\]\]", path.read_text(), re.MULTILINE)
    assert len(comments) == len(load(path).claims)
    assert {"True", "False"} == set(comments)


def test_recorded_verdicts_are_of_the_first_reading(papers: dict[str, Paper]) -> None:
    for paper in papers.values():
        for claim in paper:
            assert claim.expects is None or claim.expects in Verdict
            assert all(other.expects is None for other in claim.others)
