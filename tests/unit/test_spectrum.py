"""Properties of concrete objectives: exact values, known counterexamples, agreement with numpy on random quadratics."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convergence.certificates import check as certified
from convergence.checks import Resources, route
from convergence.claims import Claim, paper, to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Evidence
from convergence.verdicts import Tightness, Verdict

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
INCONSISTENT = Verdict.INCONSISTENT
NAMES = ("x", "y", "z", "w")

FIRST = "2*x**2 + 2*y**2 - 2*x*y + 2"  # eigenvalues 2 and 6
SECOND = "x**2 + 2*y**2 - 2*x*y + 2"  # eigenvalues 3 - sqrt(5) and 3 + sqrt(5)
FLAT = "(x - y)**2"  # eigenvalues 0 and 4; every (a, a) is a minimiser
SADDLE = "x**2 - y**2"


def claim(objective: str, symbols: dict[str, Any] | None = None, **keys: Any) -> Claim:
    used = keys.pop("variables", None)
    problem = {"objective": objective} | ({"variables": used} if used else {})
    return paper(
        "spectra", [{"id": "a", "problem": "p", **keys}], problems={"p": problem}, symbols=symbols or {}
    ).claims[0]


def evidence(objective: str, **keys: Any) -> Evidence:
    """What the route finds; an exact verdict has a certificate for which the core returns the same."""
    stated = claim(objective, **keys)
    found = route("spectrum")(stated, Resources())
    assert found is not None
    if found.verdict is UNDECIDED:
        assert found.certificate is None and found.reason and found.decisive
    else:
        assert found.certificate is not None
        assert certified(to_document(stated), found.certificate.kind, found.certificate.witness) is found.verdict
    return found


def verdict(objective: str, **keys: Any) -> Verdict:
    return evidence(objective, **keys).verdict


@pytest.mark.parametrize(
    ("objective", "stated", "expected"),
    [
        (FIRST, {"gradient": ["4*x - 2*y", "4*y - 2*x"]}, PROVED),
        (FIRST, {"gradient": ["4*x - 2*y", "4*y + 2*x"]}, REFUTED),
        (FIRST, {"gradient": ["4*x - 2*y"]}, REFUTED),
        (FIRST, {"hessian": [[4, -2], [-2, 4]]}, PROVED),
        (SECOND, {"hessian": [[2, 2], [-2, 4]]}, REFUTED),
        (FIRST, {"eigenvalues": [6, 2]}, PROVED),
        (FIRST, {"eigenvalues": [2, 2]}, REFUTED),
        (FIRST, {"eigenvalues": [2]}, REFUTED),
        ("x**2 + y**2", {"eigenvalues": [2, 2]}, PROVED),
        ("x**2 + y**2", {"eigenvalues": [2]}, REFUTED),  # a multiset
        (SECOND, {"eigenvalues": ["3 - sqrt(5)", "3 + sqrt(5)"]}, PROVED),
        (SECOND, {"eigenvalues": ["4/(3 + sqrt(5))", "sqrt(14 + 6*sqrt(5))"]}, PROVED),
        (SECOND, {"eigenvalues": [1.17, 4.83]}, REFUTED),
        (SECOND, {"eigenvalues": ["5.24", "0.76"]}, PROVED),
        (SECOND, {"eigenvalues": ["5.23", "0.76"]}, REFUTED),  # 5.236 does not round to 5.23
        (SECOND, {"eigenvalues": ["3 - sqrt(5)", "pi"]}, REFUTED),
        (FIRST, {"condition_number": 3}, PROVED),
        (SECOND, {"condition_number": "(7 + 3*sqrt(5))/2"}, PROVED),  # (3 + sqrt 5)^2/4
        (SECOND, {"condition_number": "6.85"}, PROVED),
        (FLAT, {"condition_number": 4}, REFUTED),
        (SADDLE, {"condition_number": 1}, PROVED),
        (FIRST, {"determinant": 12}, PROVED),
        (FIRST, {"determinant": 14}, REFUTED),
        (FIRST, {"trace": 8}, PROVED),
        (SECOND, {"leading_minors": [2, 4]}, PROVED),
        (SECOND, {"leading_minors": [2]}, PROVED),
        (SECOND, {"leading_minors": [2, 5]}, REFUTED),
        (SECOND, {"leading_minors": [2, 4, 1]}, REFUTED),
        (FIRST, {"critical_points": [[0, 0]]}, PROVED),
        (FIRST, {"critical_points": [[0, 0], [1, 1]]}, REFUTED),
        (FLAT, {"critical_points": [[0, 0]]}, REFUTED),
        ("x**2 + y", {"critical_points": [[0, 0]]}, REFUTED),
        ("x**2 + y", {"critical_points": []}, PROVED),
        ("x**2 - x + y**2/3 - y/5", {"minimiser": ["1/2", "3/10"]}, PROVED),
        ("x**2 - 2*x/3 + y**2", {"minimiser": ["0.33", "0.0"]}, PROVED),
        ("x**2 - 2*x/3 + y**2", {"minimiser": ["0.34", "0.0"]}, REFUTED),
        (SADDLE, {"minimiser": [0, 0]}, REFUTED),
        (FLAT, {"minimiser": [1, 1]}, UNDECIDED),  # one of many
        (FLAT, {"minimiser": [1, 0]}, REFUTED),
        (FIRST, {"minimum": 2}, PROVED),
        ("x**2 + x", {"minimum": "-1/4"}, PROVED),
        (SADDLE, {"minimum": 0}, REFUTED),
        ("x**2 + y", {"minimum": 0}, REFUTED),
        (FLAT, {"minimum": 0}, PROVED),
        (FIRST, {"strong_convexity": 2}, PROVED),
        (FIRST, {"strong_convexity": 3}, REFUTED),
        (FIRST, {"strong_convexity": 1}, UNDECIDED),  # true as a bound, false as an equality
        (FLAT, {"strong_convexity": "1/100"}, REFUTED),
        (FIRST, {"smoothness": 6}, PROVED),
        (FIRST, {"smoothness": 5}, REFUTED),
        (FIRST, {"smoothness": 7}, UNDECIDED),
        ("x**2 - 3*y**2", {"smoothness": 6}, PROVED),  # the gradient's Lipschitz constant ignores signs
        (SECOND, {"smoothness": "5.24"}, PROVED),
        (FIRST, {"definiteness": "positive definite"}, PROVED),
        (FIRST, {"definiteness": "indefinite"}, REFUTED),
        (FLAT, {"definiteness": "positive definite"}, REFUTED),
        (FLAT, {"definiteness": "positive semidefinite"}, PROVED),
        (SADDLE, {"definiteness": "indefinite"}, PROVED),
        ("-x**2", {"definiteness": "negative definite"}, PROVED),
        ("x + y", {"definiteness": "negative semidefinite"}, PROVED),  # the zero matrix
    ],
)
def test_quadratics(objective: str, stated: dict[str, Any], expected: Verdict) -> None:
    assert verdict(objective, **stated) is expected


@pytest.mark.parametrize(
    ("objective", "stated", "expected"),
    [
        ("x**4 - 2*x**2", {"critical_points": [[0], [1], [-1]]}, PROVED),
        ("x**4 - 2*x**2", {"critical_points": [[0]]}, REFUTED),
        ("x**4 - 2*x**2", {"minimum": -1}, PROVED),
        ("x**4 - 2*x**2", {"minimum": 0}, REFUTED),
        ("x**4 - 2*x**2", {"minimiser": [1]}, UNDECIDED),  # -1 is another
        ("x**4 - 2*x**2", {"minimiser": [0]}, REFUTED),
        ("x**4 - 4*x", {"minimiser": [1]}, PROVED),
        ("x**3", {"minimum": 0}, REFUTED),
        ("x**4 - x", {"minimiser": ["0.63"]}, PROVED),  # 4**(-1/3) = 0.62996
        ("x**4 - 2*x**2", {"definiteness": "positive definite"}, REFUTED),
        ("exp(x) + x**2*y", {"gradient": ["exp(x) + 2*x*y", "x**2"]}, PROVED),
        ("exp(x) + x**2*y", {"gradient": ["exp(x) + 2*y", "x**2"]}, REFUTED),
        ("sqrt(1 + x**2)", {"gradient": ["x/sqrt(1 + x**2)"]}, PROVED),
        ("sqrt(1 + x**2)", {"hessian": [["1/(1 + x**2)**(3/2)"]]}, PROVED),
        ("log(1 + exp(x))", {"gradient": ["1/(1 + exp(-x))"]}, UNDECIDED),
        ("log(1 + exp(x))", {"gradient": ["exp(x)/(1 + exp(x))"]}, PROVED),
        ("100*(y - x**2)**2 + (1 - x)**2", {"minimiser": [0, 0]}, REFUTED),  # the slope at the origin is (-2, 0)
        ("100*(y - x**2)**2 + (1 - x)**2", {"minimum": 1}, REFUTED),
        ("100*(y - x**2)**2 + (1 - x)**2", {"minimum": 0}, UNDECIDED),
        ("x**2*y**2 + x**2 + y**2", {"definiteness": "positive definite"}, REFUTED),
        ("x**4 + y**2", {"strong_convexity": 1}, REFUTED),  # no curvature at x = 0
        ("x**4 + y**2", {"smoothness": 20}, REFUTED),
        ("x**4 + y**2", {"eigenvalues": [2, 2]}, UNDECIDED),
        ("sqrt(2)*x**2", {"eigenvalues": ["2*sqrt(2)"]}, UNDECIDED),
        ("abs(x)", {"gradient": ["1"]}, UNDECIDED),
    ],
)
def test_other_functions(objective: str, stated: dict[str, Any], expected: Verdict) -> None:
    assert verdict(objective, **stated) is expected


@pytest.mark.parametrize(
    ("objective", "stated", "expected"),
    [
        ("c*x**2 + y**2", {"gradient": ["2*c*x", "2*y"]}, PROVED),
        ("c*x**2 + y**2", {"gradient": ["c*x", "2*y"]}, REFUTED),
        ("c*x**2 + y**2", {"eigenvalues": [2, "2*c"]}, PROVED),
        ("c*x**2 + y**2", {"eigenvalues": [2, "c"]}, REFUTED),
        ("c*x**2 + y**2", {"determinant": "4*c", "given": ["c > 3"]}, PROVED),
        ("c*(x**2 - x*y + y**2)", {"eigenvalues": ["c", "3*c"]}, PROVED),
        ("c*(x**2 - x*y + y**2)", {"leading_minors": ["2*c", "3*c**2"]}, PROVED),
        ("c*x**2 + y**2", {"strong_convexity": 3, "given": ["c > 2"]}, REFUTED),
        ("c*x**2 + y**2", {"condition_number": "c", "given": ["c >= 1"]}, PROVED),
        ("c*x**2 + y**2", {"condition_number": "c"}, REFUTED),  # 1/c for c < 1
        ("c*x**2 + y**2", {"smoothness": "max(2, 2*c)"}, PROVED),
        ("c*x**2 + y**2", {"definiteness": "positive definite"}, PROVED),
        ("c*x**2 - y**2", {"definiteness": "indefinite"}, PROVED),
        ("(c - 1)*x**2 + y**2", {"definiteness": "positive semidefinite"}, REFUTED),
        ("(c - 1)*x**2 + y**2", {"definiteness": "positive semidefinite", "given": ["c >= 1"]}, PROVED),
        ("c*x**2 - 2*x + y**2", {"minimiser": ["1/c", 0]}, PROVED),
        ("c*x**2 - 2*x + y**2", {"critical_points": [["1/c", 0]]}, PROVED),
        ("c*x**2 - 2*x + y**2", {"minimum": "-1/c"}, PROVED),
        ("c*x**2 - 2*x + y**2", {"minimum": "1/c"}, REFUTED),
        ("c*x**2 + y**2", {"determinant": 4, "given": ["c == 1"]}, UNDECIDED),  # no identity, no counterexample
    ],
)
def test_symbols_of_the_claim(objective: str, stated: dict[str, Any], expected: Verdict) -> None:
    assert verdict(objective, symbols={"c": "positive"}, **stated) is expected


def test_the_reason_names_the_true_value() -> None:
    found = evidence(SECOND, eigenvalues=[1.17, 4.83])
    assert found.reason == (
        "the eigenvalues are 3 - sqrt(5) = 0.763932 and 3 + sqrt(5) = 5.236068; stated: (1.17, 4.83)"
    )
    assert found.figures["eigenvalues"] == "3 - sqrt(5) = 0.763932 and 3 + sqrt(5) = 5.236068"


def test_a_weaker_word_is_true_and_loose() -> None:
    found = evidence(FIRST, definiteness="positive semidefinite")
    assert (found.verdict, found.tightness, found.better) == (PROVED, Tightness.LOOSE, "positive definite")


def test_a_contradiction_of_another_place_is_inconsistent() -> None:
    stated = claim(FIRST, trace=9)
    assert certified(to_document(stated) | {"versus": "Table 2"}, "spectrum", {}) is INCONSISTENT


def test_a_refutation_needs_an_instance_of_the_hypotheses() -> None:
    assert verdict(FIRST, trace=9, given=["convex", "smooth(6)"]) is REFUTED
    assert verdict(FIRST, trace=9, given=["smooth(5)"]) is UNDECIDED
    assert verdict(FIRST, trace=9, given=["bounded_variance(1)"]) is UNDECIDED
    assert verdict(FIRST, trace=8, given=["smooth(5)"]) is PROVED


def test_another_statement_is_not_this_routes() -> None:
    assert route("spectrum")(claim(FIRST, best_step="1/4"), Resources()) is None


@pytest.mark.parametrize(
    "witness", [{"values": {"c": "1"}}, {"values": {}}, {"values": {"c": "-1"}}, {"values": {"d": "1"}}, {"values": 3}]
)
def test_a_witness_that_shows_nothing_is_rejected(witness: dict[str, Any]) -> None:
    stated = claim("c*x**2", {"c": "positive"}, smoothness="2*c")
    with pytest.raises(CertificateRejected):
        certified(to_document(stated), "spectrum", witness)


# --- random quadratics against numpy

entries = st.integers(-4, 4)


@st.composite
def symmetric(draw: st.DrawFn) -> list[list[int]]:
    size = draw(st.integers(1, 4))
    lower = [[draw(entries) for _ in range(row + 1)] for row in range(size)]
    return [[lower[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]


def objective_of(matrix: list[list[int]], scale: Fraction = Fraction(1)) -> str:
    pairs = [(i, j) for i in range(len(matrix)) for j in range(len(matrix))]
    return " + ".join(f"({scale * matrix[i][j] / 2})*{NAMES[i]}*{NAMES[j]}" for i, j in pairs)


def problem_of(matrix: list[list[int]]) -> dict[str, Any]:
    return {"variables": list(NAMES[: len(matrix)])}


@settings(max_examples=25)
@given(symmetric())
def test_eigenvalues_to_nine_digits_are_numpys(matrix: list[list[int]]) -> None:
    found = np.linalg.eigvalsh(np.array(matrix, dtype=float))
    printed = [f"{value:.9f}" for value in found]
    assert verdict(objective_of(matrix), eigenvalues=printed, **problem_of(matrix)) is PROVED
    assert (
        verdict(objective_of(matrix), eigenvalues=[*printed[:-1], f"{found[-1] + 1e-8:.9f}"], **problem_of(matrix))
        is REFUTED
    )


@settings(max_examples=25)
@given(symmetric())
def test_definiteness_is_that_of_numpys_signs(matrix: list[list[int]]) -> None:
    eigenvalues = np.linalg.eigvalsh(np.array(matrix, dtype=float))
    low, high = (round(float(value), 9) for value in (eigenvalues[0], eigenvalues[-1]))
    truth = {
        "positive definite": low > 0,
        "positive semidefinite": low >= 0,
        "negative definite": high < 0,
        "negative semidefinite": high <= 0,
        "indefinite": low < 0 < high,
    }
    for word, true in truth.items():
        assert verdict(objective_of(matrix), definiteness=word, **problem_of(matrix)) is (PROVED if true else REFUTED)


@settings(max_examples=25)
@given(symmetric(), st.lists(st.integers(-3, 3), min_size=4, max_size=4), st.integers(-5, 5))
def test_minimiser_and_minimum_of_a_shifted_square(matrix: list[list[int]], shift: list[int], least: int) -> None:
    """f = |A (x - shift)|^2 + least, with A invertible, has the minimiser `shift` and the minimum `least`."""
    assume(round(float(np.linalg.det(np.array(matrix, dtype=float)))) != 0)
    names = NAMES[: len(matrix)]
    rows = [
        " + ".join(f"({entry})*({v} - ({s}))" for entry, v, s in zip(row, names, shift, strict=False)) for row in matrix
    ]
    objective = " + ".join(f"({row})**2" for row in rows) + f" + ({least})"
    point = shift[: len(matrix)]
    assert verdict(objective, minimiser=point, variables=list(names)) is PROVED
    assert verdict(objective, minimum=least, variables=list(names)) is PROVED
    assert verdict(objective, minimiser=[point[0] + 1, *point[1:]], variables=list(names)) is REFUTED
    assert verdict(objective, minimum=least - 1, variables=list(names)) is REFUTED


@settings(max_examples=25)
@given(symmetric(), st.fractions(min_value=Fraction(1, 9), max_value=9, max_denominator=9))
def test_scaling_f_scales_its_constants(matrix: list[list[int]], scale: Fraction) -> None:
    array = np.array(matrix, dtype=float)
    size = float(np.abs(np.linalg.eigvalsh(array)).max())
    stated = f"{size:.3f}"
    one = verdict(objective_of(matrix), smoothness=stated, **problem_of(matrix))
    # a printed number stands for an interval, so compare with an exact one: the trace
    trace = int(np.trace(array))
    for value in (trace, trace + 1):
        before = verdict(objective_of(matrix), trace=value, **problem_of(matrix))
        after = verdict(objective_of(matrix, scale), trace=str(scale * value), **problem_of(matrix))
        assert before is after is (PROVED if value == trace else REFUTED)
    assert one is PROVED
