"""Functions given by points: smooth ones that need not be convex, runs with irrational steps, oracles with errors."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from convergence.certificates import check as certified
from convergence.certificates.interpolation import interpolated
from convergence.checks import Resources, route
from convergence.claims import Claim, paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

SYMBOLS = {"L": "positive", "D": "positive", "Delta": "positive", "G": "positive"}


def claim(**keys: Any) -> Claim:
    return paper("instances", [{"id": "x", "method": "gradient_descent", **keys}], symbols=SYMBOLS).claims[0]


def refutation(**keys: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    one = claim(**keys)
    evidence = route("worst_case")(one, Resources())
    assert evidence is not None and evidence.verdict is Verdict.REFUTED and evidence.certificate is not None
    return to_document(one), copy.deepcopy(dict(evidence.certificate.witness))


# --- smooth functions that need not be convex


def hill(x: Fraction) -> tuple[Fraction, Fraction]:
    """Value and slope of x^2/2 up to 1, then bending down to the height 1 at 2, then flat: the slope is 1-Lipschitz."""
    far, sign = abs(x), 1 if x >= 0 else -1
    if far <= 1:
        return far**2 / 2, x
    if far <= 2:
        return Fraction(1, 2) + (far - 1) - (far - 1) ** 2 / 2, sign * (2 - far)
    return Fraction(1), Fraction(0)


def table(points: list[Fraction], L: str = "1", **more: Any) -> dict[str, Any]:
    rows = [{"x": [str(x)], "g": [str(hill(x)[1])], "f": str(hill(x)[0])} for x in points]
    return {"triples": rows, "strong_convexity": f"-{L}", "smoothness": L, **more}


POINTS = st.lists(st.fractions(-3, 3, max_denominator=12), min_size=1, max_size=6, unique=True)


@given(POINTS, st.booleans())
def test_points_of_a_smooth_function_are_accepted(points: list[Fraction], minimiser: bool) -> None:
    built = interpolated(table(points, minimiser=minimiser))
    assert built.satisfies("smooth", [fmpq(1)]) and not built.satisfies("convex", [])
    lowest = min(hill(x)[0] - hill(x)[1] ** 2 / 2 for x in points)
    assert Fraction(str(built.infimum)) == (0 if minimiser else lowest) >= 0


def test_less_smoothness_than_the_function_needs_is_rejected() -> None:
    points = [Fraction(0), Fraction(1), Fraction(2)]  # the slope rises and falls by 1 over the length 1
    with pytest.raises(CertificateRejected, match="interpolation condition"):
        interpolated(table(points, L="9/10"))


# One point with f = 1/4 and slope 1 at L = 1: a step of length 1 falls by 1/2, below the minimum 0 at the minimiser.
def test_nothing_may_lie_below_the_minimiser() -> None:
    rows = [{"x": ["5"], "g": ["1"], "f": "1/4"}]
    far = {"triples": rows, "strong_convexity": "-1", "smoothness": "1"}
    with pytest.raises(CertificateRejected, match="below its value at the minimiser"):
        interpolated(far)
    free = interpolated({**far, "minimiser": False})
    assert free.infimum == fmpq(-1, 4) and free.gap((fmpq(5),)) == fmpq(1, 2)
    with pytest.raises(CertificateRejected, match="no known minimiser"):
        free.squared_distance((fmpq(5),))


@pytest.mark.parametrize(
    "row",
    [
        {"strong_convexity": "-1/2", "smoothness": "1"},  # between convex and merely smooth: not in the vocabulary
        {"strong_convexity": "-1", "smoothness": None},
        {"strong_convexity": "0", "smoothness": "1", "minimiser": False},
        {"strong_convexity": "1", "smoothness": "1"},
    ],
)
def test_other_classes_are_rejected(row: dict[str, Any]) -> None:
    with pytest.raises(CertificateRejected, match="expected 0 <= strong convexity"):
        interpolated({"triples": [{"x": ["1"], "g": ["0"], "f": "1"}], **row})


# Abbaszadehpeivasti, de Klerk, Zamani (2021): 4 L Delta/(3 k + 2) for steps 1/L, so that 4/(3 k + 3) is too good.
def test_a_bound_without_convexity_is_refuted_and_not_for_convex_functions_alone() -> None:
    keys = {"given": ["smooth(L)", "initial_gap(Delta)"], "measure": "best_squared_gradient_norm"}
    document, witness = refutation(**keys, parameters={"alpha": "1/L"}, bound="4*L*Delta/(3*k + 3)")
    assert certified(document, "trajectory", witness) is Verdict.REFUTED
    convex = {**document, "given": [*document["given"], "convex"]}
    with pytest.raises(CertificateRejected, match="does not surely satisfy convex"):
        certified(convex, "trajectory", witness)


# --- irrational steps


# Drori, Teboulle (2014): L D^2/(4 h k + 2) for steps h/L, here with h = 1/sqrt(2).
IRRATIONAL: dict[str, Any] = {
    "given": ["convex", "smooth(L)", "initial_distance(D)"],
    "parameters": {"alpha": "1/(L*sqrt(2))"},
    "measure": "gap",
}


def test_a_bound_with_irrational_steps_is_refuted_by_balls() -> None:
    document, witness = refutation(**IRRATIONAL, bound="0.99*L*D**2/(4*k/sqrt(2) + 2)")
    assert witness["precision"] > 0 and certified(document, "trajectory", witness) is Verdict.REFUTED
    true = {**document, "bound": "L*D**2/(4*k/sqrt(2) + 2)"}
    with pytest.raises(CertificateRejected, match="not surely above"):
        certified(true, "trajectory", witness)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda rows: rows[-1].update(at=0), "interpolation condition|one dimension|leaves the points"),
        (lambda rows: rows[-1].update(f="5"), "interpolation condition"),
        (lambda rows: rows[0].update(g=["2"] * len(rows[0]["g"])), "interpolation condition"),
        (lambda rows: rows.append(dict(rows[-1])), "interpolation condition"),  # balls are not surely equal
        (lambda rows: rows.pop(), "leaves the points"),
    ],
)
def test_changed_answers_are_rejected(change: Any, match: str) -> None:
    document, witness = refutation(**IRRATIONAL, bound="0.9*L*D**2/(4*k/sqrt(2) + 2)")
    change(witness["instance"]["triples"])
    with pytest.raises(CertificateRejected, match=match):
        certified(document, "trajectory", witness)


# --- errors of the oracle


INEXACT: dict[str, Any] = {
    "given": ["strongly_convex(1)", "smooth(2)", "initial_distance(1)", "gradient_error(1/4)"],
    "parameters": {"alpha": "1/2"},
    "measure": "distance",
}


# r+ = r/2 + 1/8: after one step 5/8, which 6/10 does not bound.
def test_a_bound_with_inexact_gradients_is_refuted() -> None:
    document, witness = refutation(**INEXACT, bound="(1/2)**k + 1/10")
    assert certified(document, "trajectory", witness) is Verdict.REFUTED
    for given_, match in (
        (document["given"][:-1], "expected gradient_error"),
        ([*document["given"], "deterministic"], "expected gradient_error"),
        ([*document["given"][:-1], "gradient_error(1/5)"], r"above gradient_error\(1/5\)"),
    ):
        with pytest.raises(CertificateRejected, match=match):
            certified({**document, "given": given_}, "trajectory", witness)
    with pytest.raises(CertificateRejected, match="expected 1 errors"):
        certified(document, "trajectory", {**witness, "errors": []})


def test_the_true_bound_with_inexact_gradients_is_proved() -> None:
    one = claim(**{**INEXACT, "given": [*INEXACT["given"], "k <= 3"]}, bound="(1/2)**k + (1 - (1/2)**k)/4 + 1/10**9")
    evidence = route("worst_case")(one, Resources())
    assert evidence is not None and evidence.verdict is Verdict.PROVED
