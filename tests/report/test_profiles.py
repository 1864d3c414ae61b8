"""Pictures of counterexamples: the certificate's own function and run, exact, small, and only where there is one."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page
from report_examples import audit_of

import convergence
from convergence.auditing import ClaimResult, Judged, PaperResult, ReadingResult
from convergence.certificates import check as accept
from convergence.claims import Claim, Paper, paper, to_document
from convergence.evidence import Certificate, Evidence
from convergence.report.html import to_html
from convergence.report.profile_plots import profile_to_svg
from convergence.report.profiles import MOST_MARKS, MOST_POINTS, Profile, legend, profile_of, table_rows
from convergence.verdicts import Verdict

HUBER = [{"right": {"slopes": ["1", "0"], "cuts": ["1/3"]}}]
ONE_STEP = {"values": {"L": "1", "D": "1"}, "instance": HUBER, "start": ["1"], "k": 1, "precision": 0}


def gradient_descent(bound: str) -> Claim:
    """The last iterate's gap with the step 1/L, for a smooth convex function."""
    table: dict[str, Any] = {
        "id": "false",
        "given": ["convex", "smooth(L)", "initial_distance(D)"],
        "method": "gradient_descent",
        "parameters": {"alpha": "1/L"},
        "measure": "gap",
        "bound": bound,
    }
    return paper("profiles", [table], symbols={"L": "positive", "D": "positive"}).claims[0]


FALSE = gradient_descent("L*D**2/(4*k + 4)")


def profile(witness: dict[str, Any], claim: Claim = FALSE, points: int = MOST_POINTS) -> Profile:
    """Of a certificate that the core accepts."""
    assert accept(to_document(claim), "trajectory", witness) is Verdict.REFUTED
    found = profile_of(to_document(claim), Certificate(kind="trajectory", witness=witness), points)
    assert found is not None
    return found


def test_hubers_function_with_its_iterates() -> None:
    # f' = x up to 1/3 and 1/3 beyond: f(x) = x/3 - 1/18 there, so f(1) = 5/18; then 1 - 1/3 = 2/3 and f(2/3) = 1/6
    found = profile(ONE_STEP)
    assert [(mark.name, mark.x, mark.height) for mark in found.marks] == [
        ("0", fmpq(1), fmpq(5, 18)),
        ("1", fmpq(2, 3), fmpq(1, 6)),
    ]
    assert found.minimiser == 0
    assert table_rows(found) == (
        ("k", "x", "f(x) − f*"),
        [("0", "1", "5/18 = 0.277778"), ("1", "2/3 = 0.666667", "1/6 = 0.166667")],
    )
    assert legend(found)[1] == ("mark", "iterates: the start (0) and step 1")


@given(st.integers(2, MOST_POINTS))
def test_the_curve_is_hubers_and_has_its_corners(points: int) -> None:
    curve = profile(ONE_STEP, points=points).curve
    assert len(curve) <= max(points, 4)  # two ends and two corners; -1/3 is outside
    assert sorted(x for x, _ in curve) == [x for x, _ in curve]
    assert {0, 1 / 3} <= {x for x, _ in curve}
    assert -1 / 3 < curve[0][0] < 0
    assert curve[-1][0] > 1
    for x, height in curve:
        assert height == pytest.approx(x * x / 2 if abs(x) <= 1 / 3 else abs(x) / 3 - 1 / 18, rel=1e-12)


def test_a_run_in_balls_is_the_same_run() -> None:
    exactly, balls = profile(ONE_STEP), profile(ONE_STEP | {"precision": 128})
    for ball, rational in zip(balls.marks, exactly.marks, strict=True):
        assert ball.place == pytest.approx(rational.place, rel=1e-15)


@pytest.mark.parametrize(
    ("steps", "names", "words"),
    [
        (11, range(12), "the start (0) and steps 1 to 11"),
        (40, [*range(11), 40], "the start (0), steps 1 to 10, and 40"),
        (300, range(12), "the start (0) and the first 11 of 300 steps"),
    ],
)
def test_long_runs_show_their_beginning(steps: int, names: range | list[int], words: str) -> None:
    # the parabola's iterate after one step of 1/L is the minimiser; half the curvature halves the distance instead
    witness = ONE_STEP | {"instance": [{"right": {"slopes": ["1/2"]}}], "k": steps}
    found = profile(witness, gradient_descent("L*D**2*8**(-k)"))  # f = x^2/4 = 4^-(k + 1) is above 8^-k from k = 3 on
    assert [mark.name for mark in found.marks] == [str(name) for name in names]
    assert len(found.marks) == MOST_MARKS
    assert found.marks[2].height == fmpq(1, 4**3)
    assert legend(found)[1] == ("mark", f"iterates: {words}")


POINTS = {
    "triples": [{"x": ["1"], "g": ["1/3"], "f": "5/18"}, {"x": ["2/3"], "g": ["1/3"], "f": "1/6"}],
    "strong_convexity": "0",
    "smoothness": "1",
}


@pytest.mark.parametrize("placed", [True, False], ids=["points given", "points visited by the run"])
def test_points_of_an_unknown_function(placed: bool) -> None:
    rows = [dict(row) for row in POINTS["triples"]]
    if not placed:
        rows = [{"g": row["g"], "f": row["f"]} for row in rows]
        rows[1]["at"] = 1
    found = profile(ONE_STEP | {"instance": POINTS | {"triples": rows}})
    assert found.curve == ()
    assert found.minimiser == 0
    assert [(mark.x, mark.height, mark.slope) for mark in found.marks] == [
        (fmpq(1), fmpq(5, 18), fmpq(1, 3)),
        (fmpq(2, 3), fmpq(1, 6), fmpq(1, 3)),
    ]
    assert table_rows(found)[0] == ("point", "x", "f(x) − f*", "slope")
    assert table_rows(found)[1][1] == ("2", "2/3 = 0.666667", "1/6 = 0.166667", "1/3 = 0.333333")
    ElementTree.fromstring(profile_to_svg(found, "p", "points"))


@pytest.mark.parametrize(
    ("kind", "witness"),
    [
        ("geometric", ONE_STEP),
        ("trajectory", {}),
        ("trajectory", ONE_STEP | {"start": ["1", "1"], "instance": HUBER * 2}),
        ("trajectory", ONE_STEP | {"instance": HUBER * 2}),
        ("trajectory", ONE_STEP | {"instance": 7}),
        ("trajectory", ONE_STEP | {"instance": {"triples": []}}),
        ("trajectory", ONE_STEP | {"start": ["one"]}),
        ("trajectory", ONE_STEP | {"start": [str(10**400)]}),
        ("trajectory", ONE_STEP | {"k": "many"}),
        ("trajectory", ONE_STEP | {"precision": -3}),
    ],
)
def test_what_cannot_be_drawn_has_no_picture(kind: str, witness: dict[str, Any]) -> None:
    assert profile_of(to_document(FALSE), Certificate(kind=kind, witness=witness)) is None


def test_claims_without_a_method_have_no_picture() -> None:
    assert profile_of({}, Certificate(kind="trajectory", witness=ONE_STEP)) is None


def page_of(accepted: bool) -> str:
    certificate = Certificate(kind="trajectory", witness=ONE_STEP)
    evidence = Evidence(route="counterexample", verdict=Verdict.REFUTED, reason="false", certificate=certificate)
    judged = Judged(evidence=evidence, accepted=accepted, rejected="" if accepted else "not accepted")
    reading = ReadingResult(claim=FALSE, verdict=Verdict.REFUTED, reason="false", evidence=(judged,))
    results = (ClaimResult(readings=(reading,)),)
    return to_html(audit_of(PaperResult(paper=Paper(title="t", claims=(FALSE,)), claims=results)))


def test_the_page_shows_the_function_and_the_numbers_behind_it() -> None:
    page = Page(page_of(accepted=True))
    assert page.faults == []
    labels = [attributes["aria-label"] for tag, attributes in page.elements if tag == "svg"]
    assert labels == ["false: the function of the counterexample, f(x) − f* against x"]
    assert "The function of the counterexample: f(x) − f* against x" in page.text
    assert "5/18 = 0.277778" in page.text
    assert len(set(page.identifiers)) == len(page.identifiers)


def test_the_audit_of_a_false_claim_has_its_picture() -> None:
    page = Page(to_html(convergence.audit(Paper(title="t", claims=(FALSE,)))))
    assert "false: the function of the counterexample, f(x) − f* against x" in [
        attributes.get("aria-label") for tag, attributes in page.elements if tag == "svg"
    ]
    assert {"f(x) − f*", "5/18 = 0.277778"} <= {text.strip() for text in page.texts}


def test_only_accepted_counterexamples_are_drawn() -> None:
    assert "svg" not in Page(page_of(accepted=False)).tags


def test_the_picture_is_small_and_always_the_same() -> None:
    pictures = [profile_to_svg(profile(ONE_STEP), "p-1", '"><b>') for _ in range(2)]
    assert pictures[0] == pictures[1]
    assert ElementTree.fromstring(pictures[0]).get("aria-label") == '"><b>'
    assert len(pictures[0]) < 12_000
    assert "#0102" not in pictures[0]
    assert {"var(--plot-median)", "var(--plot-claimed)", "var(--plot-floor)"} <= set(
        re.findall(r"var\([^)]*\)", pictures[0])
    )
    assert page_of(accepted=True) == page_of(accepted=True)


@settings(max_examples=20, deadline=None)
@given(st.fractions(-(10**9), 10**9, max_denominator=10**9).filter(bool))
def test_any_start_can_be_drawn(start: Any) -> None:
    witness = ONE_STEP | {"values": {"L": "1", "D": str(abs(start))}, "start": [str(start)]}
    certificate = Certificate(kind="trajectory", witness=witness)
    found = profile_of(to_document(FALSE), certificate)
    assert found is not None
    assert found.marks[0].place[0] == float(start)
    ElementTree.fromstring(profile_to_svg(found, "p", "any start"))
