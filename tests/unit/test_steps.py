"""Constant steps on quadratics: known ranges and counterexamples, and agreement with runs in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convergence.certificates import check as certified
from convergence.certificates.algebraic import Real
from convergence.certificates.settings import Setting
from convergence.certificates.steps import motions
from convergence.checks import Resources, route
from convergence.claims import Claim, paper, to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Evidence
from convergence.verdicts import Tightness, Verdict

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED

FIRST = "2*x**2 + 2*y**2 - 2*x*y + 2"  # eigenvalues 2 along (1, 1) and 6 along (1, -1)
SECOND = "x**2 + 2*y**2 - 2*x*y + 2"  # eigenvalues 3 - sqrt(5) and 3 + sqrt(5)
FLAT = "(x - y)**2"  # eigenvalues 0 and 4
SADDLE = "x**2 - y**2"  # eigenvalues 2 and -2
BALL = "(x - 1)**2 + (y - 2)**2"  # both eigenvalues 2


def claim(objective: str, symbols: dict[str, Any] | None = None, identifier: str = "a", **keys: Any) -> Claim:
    table = {"id": identifier, "problem": "p", **keys}
    return paper("steps", [table], problems={"p": {"objective": objective}}, symbols=symbols or {}).claims[0]


def evidence(objective: str, **keys: Any) -> Evidence:
    """What the route finds; an exact verdict has a certificate for which the core returns the same."""
    stated = claim(objective, **keys)
    found = route("steps")(stated, Resources())
    assert found is not None
    if found.verdict is UNDECIDED:
        assert found.certificate is None and found.reason and found.decisive
    else:
        assert found.certificate is not None
        assert certified(to_document(stated), found.certificate.kind, found.certificate.witness) is found.verdict
    return found


def verdict(objective: str, **keys: Any) -> Verdict:
    return evidence(objective, **keys).verdict


def behaves(objective: str, step: str, words: str | list[str], start: Any = "every", **keys: Any) -> Verdict:
    return verdict(objective, behaviour={"step": step, "is": words, "start": start}, **keys)


@pytest.mark.parametrize(
    ("objective", "steps", "expected"),
    [
        (FIRST, "0 < eta < 1/3", PROVED),  # 2/L with L = 6
        (FIRST, "0 < anything < 1/3", PROVED),
        (FIRST, "1/3 > eta > 0", PROVED),
        (FIRST, "0 < 3*eta < 1", PROVED),
        (FIRST, "1/eta > 3", PROVED),
        (FIRST, "eta**2 < eta/3", PROVED),
        (FIRST, "0 < eta <= 1/3", REFUTED),  # at 1/3 the factor along (1, -1) is -1
        (FIRST, "0 < eta < 1/6", REFUTED),
        (FIRST, "1/100 < eta < 1/3", REFUTED),
        (FIRST, "0 < eta < 0.34", REFUTED),
        (FIRST, "eta < 1/3", UNDECIDED),  # true of positive steps
        (SECOND, "0 < eta < 2/(3 + sqrt(5))", PROVED),
        (SECOND, "0 < eta < (3 - sqrt(5))/2", PROVED),  # the same number
        (SECOND, "0 < eta < 2/4.83", REFUTED),
        (FLAT, "0 < eta < 1/2", PROVED),  # to a minimiser, which depends on the start
        (FLAT, "0 < eta < 1/4", REFUTED),
        (SADDLE, "0 < eta < 1", REFUTED),
        ("x**2", "0 < eta < 1", PROVED),
        ("x + y", "0 < eta < 1", UNDECIDED),
        ("3", "0 < eta < 1", UNDECIDED),
        ("x**4", "0 < eta < 1", UNDECIDED),
    ],
)
def test_stable_steps_of_gradient_descent(objective: str, steps: str, expected: Verdict) -> None:
    keys = {} if objective != "3" else {"problem": {"objective": "3", "variables": ["x"]}}
    assert verdict(objective if objective != "3" else FIRST, stable_steps=steps, **keys) is expected


@pytest.mark.parametrize(
    ("method", "beta", "steps", "expected"),
    [
        # z^2 - (1 + beta - alpha L) z + beta: stable for alpha < 2 (1 + beta)/L
        ("heavy_ball", "1/2", "0 < alpha < 1/2", PROVED),
        ("heavy_ball", "1/2", "0 < eta < 1/2", PROVED),
        ("heavy_ball", "1/2", "0 < alpha < 1/3", REFUTED),
        ("heavy_ball", "9/10", "0 < alpha < 19/30", PROVED),
        ("heavy_ball", "1", "0 < alpha < 2/3", REFUTED),  # without damping no step converges
        # z^2 - (1 + beta)(1 - alpha L) z + beta (1 - alpha L): stable for alpha < 2 (1 + beta)/(L (1 + 2 beta))
        ("nesterov", "1/2", "0 < alpha < 1/4", PROVED),
        ("nesterov", "1/2", "0 < alpha < 1/3", REFUTED),
        ("nesterov", "0", "0 < alpha < 1/3", PROVED),
        ("nesterov", "(k - 1)/(k + 2)", "0 < alpha < 1/3", UNDECIDED),
    ],
)
def test_stable_steps_of_momentum_methods(method: str, beta: str, steps: str, expected: Verdict) -> None:
    assert verdict(FIRST, method=method, parameters={"beta": beta}, stable_steps=steps) is expected


@pytest.mark.parametrize(
    ("step", "words", "start", "expected"),
    [
        ("0.4", "diverges", "every", REFUTED),  # from (1, 1) the factor is 1 - 0.8 = 0.2
        ("0.4", "diverges", "almost every", PROVED),
        ("0.4", "diverges", "some", PROVED),
        ("0.4", "converges", "some", PROVED),
        ("0.4", "converges", "almost every", REFUTED),
        ("0.4", ["diverges", "converges"], "every", PROVED),
        ("1", "diverges", [1, 1], REFUTED),  # the factor is -1
        ("1", "cycles", [1, 1], PROVED),
        ("1", "oscillates", [1, 1], PROVED),
        ("1", "converges", [1, 1], REFUTED),
        ("0.5", "oscillates", [1, 1], REFUTED),  # at the minimiser after one step
        ("0.5", "monotone", [1, 1], PROVED),
        ("0.5", "diverges", [1, "0.999"], PROVED),
        ("0.1", "monotone", "every", PROVED),
        ("0.3", "monotone", "every", REFUTED),  # 1 - 0.3*6 < 0
        ("0.3", "monotone", [1, 1], PROVED),
        ("0.3", "oscillates", "almost every", PROVED),
        ("1/3", "cycles", "almost every", PROVED),
        ("1/3", "cycles", "every", REFUTED),
        ("1/3", ["cycles", "converges"], "every", PROVED),
        ("0", "converges", "every", REFUTED),
        ("0", "cycles", "every", REFUTED),  # it stays where it is
        ("-0.1", "diverges", "every", PROVED),
        ("5", ["diverges", "oscillates"], [0, 0], REFUTED),  # a start at the minimiser stays there
        ("5", ["converges"], [0, 0], PROVED),
        ("0 < eta < 1/3", "converges", "every", PROVED),
        ("0 < eta <= 1/3", "converges", "every", REFUTED),
        ("0 < eta <= 1/6", "monotone", "every", PROVED),
        ("0 < eta < 1/3", "monotone", "every", REFUTED),
        ("eta > 1/3", "diverges", "every", REFUTED),
        ("eta > 1/3", "diverges", "almost every", PROVED),
        ("eta >= 1/3", "diverges", "almost every", REFUTED),  # at 1/3 it cycles
        ("eta > 1", "diverges", "every", PROVED),
        ("1/3 < eta < 1", "diverges", "some", PROVED),
        ("eta < 1/3", "converges", "every", UNDECIDED),  # true of positive steps
        ("1 < eta < 1/2", "converges", "every", UNDECIDED),  # no step at all
    ],
)
def test_behaviour_on_the_first_quadratic(step: str, words: Any, start: Any, expected: Verdict) -> None:
    assert behaves(FIRST, step, words, start) is expected


@pytest.mark.parametrize(
    ("objective", "step", "words", "start", "expected"),
    [
        (SECOND, "1/3", "monotone", "every", REFUTED),
        (SECOND, "0.3", "converges", "every", PROVED),
        (SECOND, "0.4", "converges", "every", REFUTED),  # 2/(3 + sqrt(5)) = 0.382
        (SECOND, "2/(3 + sqrt(5))", "cycles", "almost every", PROVED),
        (SECOND, "0.4", "diverges", [1, 1], PROVED),  # irrational eigenvectors: every rational start but 0 has both
        (FLAT, "0.1", "converges", "every", PROVED),
        (FLAT, "0.6", "diverges", [1, 1], REFUTED),  # (1, 1) is a minimiser
        (FLAT, "0.6", "diverges", [1, 0], PROVED),
        (FLAT, "0.6", "diverges", "every", PROVED),  # every start that is no minimiser
        (SADDLE, "0.1", "diverges", "almost every", PROVED),
        (SADDLE, "0.1", "diverges", "every", REFUTED),
        (SADDLE, "0.1", "converges", [1, 0], REFUTED),  # to a saddle
        (SADDLE, "0.1", ["diverges", "cycles"], [0, 0], REFUTED),
        (BALL, "1/2", "monotone", "every", PROVED),  # one step
        (BALL, "1/2", "oscillates", "some", REFUTED),
    ],
)
def test_behaviour_elsewhere(objective: str, step: str, words: Any, start: Any, expected: Verdict) -> None:
    assert behaves(objective, step, words, start) is expected


@pytest.mark.parametrize(
    ("objective", "stated", "expected"),
    [
        (FIRST, {"best_step": "1/4"}, PROVED),
        (FIRST, {"best_step": "0.3"}, PROVED),  # a printed number: from 0.25 to 0.35
        (FIRST, {"best_step": "3/10"}, REFUTED),
        (SECOND, {"best_step": "0.33"}, PROVED),
        (SECOND, {"best_step": "1/3"}, PROVED),
        (FLAT, {"best_step": "1/4"}, PROVED),
        (SADDLE, {"best_step": "1/4"}, UNDECIDED),
        (FIRST, {"best_step": "1/4", "method": "heavy_ball"}, UNDECIDED),
        (FIRST, {"contraction": {"step": "1/4", "factor": "1/2"}}, PROVED),
        (FIRST, {"contraction": {"step": "1/4", "factor": "2/3"}}, REFUTED),
        (SECOND, {"contraction": {"step": "1/3", "factor": "sqrt(5)/3"}}, PROVED),
        (SECOND, {"contraction": {"step": "1/3", "factor": "0.75"}}, PROVED),
        (FIRST, {"contraction": {"step": 1, "factor": 5}}, PROVED),
        # z^2 - (5/4 - lambda/4) z + 1/4 has complex roots of modulus 1/2 for 1 < lambda < 9
        (
            FIRST,
            {"contraction": {"step": "1/4", "factor": "1/2"}, "method": "heavy_ball", "parameters": {"beta": "1/4"}},
            PROVED,
        ),
        (FIRST, {"faster": {"step": "1/6 < eta < 1/3", "than": "0 < eta < 1/6"}}, REFUTED),
        (FIRST, {"faster": {"step": "1/6 < eta < 1/4", "than": "0 < eta < 1/6"}}, PROVED),
        (FIRST, {"faster": {"step": "1/6 <= eta < 1/4", "than": "0 < eta <= 1/6"}}, REFUTED),  # 1/6 against itself
        (FIRST, {"faster": {"step": "1/6 <= eta < 1/4", "than": "0 < eta < 1/6"}}, PROVED),
        (FIRST, {"faster": {"step": "0.1", "than": "0.3"}}, REFUTED),  # both 0.8
        (FIRST, {"faster": {"step": "0.3", "than": "0.1", "start": [1, 1]}}, PROVED),  # 0.4 against 0.8
        (FIRST, {"faster": {"step": "1/4", "than": "1/4 < eta"}}, PROVED),
        (FIRST, {"faster": {"step": "1/4 < eta", "than": "1/4"}}, REFUTED),
        (SECOND, {"faster": {"step": "1/3", "than": "0 < eta < 1/3"}}, PROVED),
        (SECOND, {"faster": {"step": "1/3", "than": "0 < eta <= 1/3"}}, REFUTED),
        (FIRST, {"fastest": {"step": "0.3", "among": ["0.01", "0.1", "0.3", "0.4", "1"]}}, REFUTED),
        (FIRST, {"fastest": {"step": "0.25", "among": ["0.01", "0.1", "0.25", "0.3"]}}, PROVED),
        (FIRST, {"fastest": {"step": "0.4", "among": ["0.1", "0.3", "0.4"], "start": [1, 1]}}, PROVED),
        (FIRST, {"fastest": {"step": "0.4", "among": ["0.1", "0.4"], "start": [0, 0]}}, UNDECIDED),
    ],
)
def test_speed(objective: str, stated: dict[str, Any], expected: Verdict) -> None:
    assert verdict(objective, **stated) is expected


@pytest.mark.parametrize(
    ("objective", "table", "expected"),
    [
        # 0.8**30 = 0.00124 > 0.001 >= 0.8**31 = 0.00099
        (FIRST, {"step": "0.1", "ratio": "0.001", "start": [1, 1], "at_least": 31, "at_most": 31}, PROVED),
        (FIRST, {"step": "0.1", "ratio": "0.001", "start": [1, 1], "at_most": 30}, REFUTED),
        (FIRST, {"step": "0.1", "ratio": "0.001", "start": [1, 1], "at_least": 32}, REFUTED),
        (FIRST, {"step": "0.1", "ratio": "4/5", "start": [1, 1], "at_most": 1}, PROVED),  # equality counts
        (FIRST, {"step": "0.1", "ratio": "16/25", "start": [1, 1], "at_least": 2, "at_most": 2}, PROVED),
        (FIRST, {"step": "0.5", "ratio": "1/1000", "start": [1, 1], "at_most": 1}, PROVED),  # at the minimiser
        # every start: 0.4**k along (1, -1) to 0.8**k along (1, 1), 0.4**8 = 0.00066
        (FIRST, {"step": "0.1", "ratio": "0.001", "start": "every", "at_least": 8, "at_most": 31}, PROVED),
        (FIRST, {"step": "0.1", "ratio": "0.001", "start": "every", "at_least": 9}, REFUTED),
        (FIRST, {"step": "0.4", "ratio": "0.1", "start": "every", "at_most": 10**6}, REFUTED),
        (FIRST, {"step": "0.4", "ratio": "0.1", "start": [1, 1], "at_most": 2}, PROVED),
        (FIRST, {"step": "0.4", "ratio": "0.1", "start": [0, 0], "at_most": 2}, UNDECIDED),
        (SECOND, {"step": "0.001", "ratio": "0.001", "start": [2, 2], "at_least": 9004, "at_most": 9004}, PROVED),
        (SECOND, {"step": "1e-9", "ratio": "1e-9", "start": [2, 2], "at_least": 10**9}, PROVED),
        (SECOND, {"step": "1e-9", "ratio": "1e-9", "start": [2, 2], "at_most": 10**10}, REFUTED),
        (SADDLE, {"step": "0.1", "ratio": "0.1", "start": [1, 0], "at_most": 100}, UNDECIDED),
    ],
)
def test_iterations(objective: str, table: dict[str, Any], expected: Verdict) -> None:
    assert verdict(objective, iterations=table) is expected


def test_counterexamples_are_concrete() -> None:
    cycle = evidence(FIRST, behaviour={"step": 1, "is": "diverges", "start": [1, 1]})
    assert cycle.reason.startswith("from (1, 1) at step 1: the iterates are (1, 1), (-1, -1), (1, 1)")
    small = evidence(FIRST, stable_steps="0 < eta < 1/6")
    assert small.certificate is not None and small.certificate.witness == {"step": "1/4"}
    assert "converges from every start exactly for 0 < eta < 1/3" in small.reason
    tie = evidence(FIRST, fastest={"step": "0.3", "among": ["0.1", "0.3"]})
    assert tie.figures["factor at step 1/10"] == tie.figures["factor at step 3/10"] == "4/5"
    assert "the best step is 1/4 with factor 1/2" in tie.reason
    assert evidence(FIRST, stable_steps="0 < eta < 1/3").tightness is Tightness.TIGHT


def test_hypotheses() -> None:
    steps = {"stable_steps": "0 < eta < 1/4"}
    assert verdict(FIRST, given=["convex", "smooth(6)"], **steps) is REFUTED
    assert verdict(FIRST, given=["smooth(5)"], **steps) is UNDECIDED  # this objective is no instance
    assert verdict(FIRST, given=["bounded_variance(1)"], **steps) is UNDECIDED  # no gradient descent
    assert verdict(FIRST, given=["bounded_variance(1)"], stable_steps="0 < eta < 1/3") is UNDECIDED


SYMBOLS = {"l": "positive", "m": "positive", "c": "positive", "s": "real"}
AXES = "(l*x**2 + m*y**2)/2"
TILTED = "c*(x**2 - x*y + y**2) + x"  # eigenvalues c and 3 c


@pytest.mark.parametrize(
    ("objective", "stated", "expected"),
    [
        ("c*x**2", {"stable_steps": "0 < eta < 1/c"}, PROVED),
        ("c*x**2", {"stable_steps": "0 < eta < 2/c"}, REFUTED),
        ("c*x**2", {"stable_steps": "0 < eta < 2", "given": ["c == 1/2"]}, PROVED),
        ("c*x**2", {"stable_steps": "0 < eta < 2", "given": ["c < 1/2"]}, REFUTED),
        ("s*x**2", {"stable_steps": "0 < eta < 1/s"}, UNDECIDED),  # 1/s means nothing for s = 0
        (AXES, {"stable_steps": "0 < eta < 2/m", "given": ["l <= m"]}, PROVED),
        (AXES, {"stable_steps": "0 < eta < 2/m"}, REFUTED),
        (AXES, {"stable_steps": "0 < eta < 2/max(l, m)"}, PROVED),
        (AXES, {"stable_steps": "0 < eta < 2/min(l, m)"}, REFUTED),
        (AXES, {"stable_steps": "0 < eta < 2/l", "given": ["l <= m"]}, REFUTED),
        (AXES, {"best_step": "2/(l + m)"}, PROVED),
        (AXES, {"best_step": "1/m", "given": ["l <= m"]}, REFUTED),
        (AXES, {"contraction": {"step": "2/(l + m)", "factor": "(m - l)/(m + l)"}, "given": ["l <= m"]}, PROVED),
        (AXES, {"contraction": {"step": "2/(l + m)", "factor": "(m - l)/(m + l)"}}, REFUTED),  # negative for m < l
        (AXES, {"contraction": {"step": "2/(l + m)", "factor": "abs(m - l)/(m + l)"}}, PROVED),
        (AXES, {"contraction": {"step": "1/m", "factor": "1 - l/m"}, "given": ["l <= m"]}, PROVED),
        (AXES, {"behaviour": {"step": "1/m", "is": "monotone", "start": "every"}, "given": ["l <= m"]}, PROVED),
        (AXES, {"behaviour": {"step": "2/m", "is": "cycles", "start": "almost every"}, "given": ["l < m"]}, PROVED),
        (AXES, {"behaviour": {"step": "eta > 2/m", "is": "diverges", "start": "almost every"}}, PROVED),
        (AXES, {"behaviour": {"step": "eta > 2/m", "is": "diverges", "start": "every"}}, REFUTED),
        (AXES, {"faster": {"step": "2/(l + m)", "than": "eta > 2/(l + m)"}}, PROVED),
        (TILTED, {"stable_steps": "0 < eta < 2/(3*c)"}, PROVED),
        (TILTED, {"best_step": "1/(2*c)"}, PROVED),
        (TILTED, {"best_step": "1/(3*c)"}, REFUTED),
        (TILTED, {"best_step": "1/(2*c)", "given": ["c > 1", "c < 1"]}, UNDECIDED),  # about nothing
    ],
)
def test_symbols_of_the_claim(objective: str, stated: dict[str, Any], expected: Verdict) -> None:
    assert verdict(objective, symbols=SYMBOLS, **stated) is expected


@pytest.mark.parametrize(
    "change",
    [
        {"eigenvalues": ["l", "l"]},
        {"eigenvalues": ["l"]},
        {"eigenvalues": ["x", "m"]},
        {"critical_point": ["1", "0"]},
        {"critical_point": ["0"]},
        {"instance": {"l": "2", "m": "1"}},
        {"instance": {}},
    ],
)
def test_a_family_is_not_proved_from_a_wrong_witness(change: dict[str, Any]) -> None:
    stated = to_document(claim(AXES, SYMBOLS, best_step="2/(l + m)", given=["l <= m"]))
    witness = {"instance": {"l": "1", "m": "2"}, "eigenvalues": ["l", "m"], "critical_point": ["0", "0"]}
    assert certified(stated, "steps", witness) is PROVED
    with pytest.raises(CertificateRejected):
        certified(stated, "steps", witness | change)


@pytest.mark.parametrize(
    "witness",
    [
        {"step": "1/5"},
        {"step": "-1"},
        {"step": "1/0"},
        {"step": {"polynomial": ["-1", "0", "9"], "root": 1}},  # reducible: 9 z^2 - 1
        {"step": {"polynomial": ["-2", "0", "9"], "root": 7}},
        {"step": {"polynomial": [], "root": 0}},
        {"step": None},
        {"values": {"c": "1"}},
    ],
)
def test_a_witness_that_shows_nothing_is_rejected(witness: dict[str, Any]) -> None:
    with pytest.raises(CertificateRejected):
        certified(to_document(claim(FIRST, stable_steps="0 < eta < 1/3")), "steps", witness)


def test_wrong_eigenvalues_prove_no_false_statement() -> None:
    """1/l would be the best step if both eigenvalues were l."""
    stated = to_document(claim(AXES, SYMBOLS, best_step="1/l", given=["l <= m"]))
    witness = {"instance": {"l": "1", "m": "2"}, "eigenvalues": ["l", "l"], "critical_point": ["0", "0"]}
    with pytest.raises(CertificateRejected, match="not the eigenvalues"):
        certified(stated, "steps", witness)


def test_a_double_root_on_the_unit_circle_grows_linearly() -> None:
    """Undamped, alpha*lambda = 4: z^2 + 2 z + 1 and x = 1, -3, 5, -7, ..."""
    undamped = {"method": "heavy_ball", "parameters": {"beta": "1"}}
    assert behaves("x**2", "2", "diverges", **undamped) is PROVED
    assert behaves("x**2", "2", "cycles", **undamped) is REFUTED
    assert behaves("x**2", "1", "cycles", **undamped) is PROVED  # z^2 + 1 and x = 1, -1, -1, 1, ...


@pytest.mark.parametrize("step", ["alpha*g + theta/10", "alpha*g + 1/10", "alpha*g**2", "alpha*(g + theta)"])
def test_methods_that_leave_a_minimiser_are_not_decided(step: str) -> None:
    """Weight decay pulls BALL's iterates from (1, 2) to the origin, although its own part contracts."""
    method = {"parameters": {"alpha": "0.1"}, "step": step}
    assert behaves(BALL, "1/10", "converges", method=method) is UNDECIDED


def test_an_algebraic_step_refutes() -> None:
    stated = claim(SECOND, stable_steps="0 < eta <= 2/(3 + sqrt(5))")
    # 2/(3 + sqrt(5)) is the smaller root of z^2 - 3 z + 1
    assert certified(to_document(stated), "steps", {"step": {"polynomial": ["1", "-3", "1"], "root": 0}}) is REFUTED


# --- random quadratics against runs in fractions

BASES = [((1, 1), (1, -1)), ((2, 1), (1, -2)), ((1, 0), (0, 1)), ((3, 1), (1, -3))]
positive = st.fractions(min_value=Fraction(1, 4), max_value=8, max_denominator=4)
spectra = st.tuples(positive, positive, st.sampled_from(BASES))
small_steps = st.fractions(min_value=Fraction(1, 16), max_value=4, max_denominator=16)


def quadratic_of(low: Fraction, high: Fraction, basis: Any) -> tuple[list[list[Fraction]], str]:
    """H = sum of eigenvalue v v^T/|v|^2, and its objective."""
    h = [[Fraction(0)] * 2 for _ in range(2)]
    for eigenvalue, v in zip((low, high), basis, strict=True):
        size = v[0] ** 2 + v[1] ** 2
        for i in range(2):
            for j in range(2):
                h[i][j] += eigenvalue * v[i] * v[j] / size
    return h, f"({h[0][0] / 2})*x**2 + ({h[0][1]})*x*y + ({h[1][1] / 2})*y**2"


@settings(max_examples=25)
@given(spectra, st.one_of(small_steps, st.sampled_from(["low", "high"])))
def test_the_stable_range_separates_steps(spectrum: Any, step: Any) -> None:
    low, high, _ = spectrum
    _, objective = quadratic_of(*spectrum)
    exact = {"low": 2 / low, "high": 2 / high}.get(step, step)
    largest = max(low, high)
    assert verdict(objective, stable_steps=f"0 < eta < 2/({largest})") is PROVED
    assert behaves(objective, str(exact), "converges") is (PROVED if exact < 2 / largest else REFUTED)
    assert verdict(objective, stable_steps=f"0 < eta < {exact}") is (PROVED if exact == 2 / largest else REFUTED)


@settings(max_examples=25)
@given(spectra, small_steps, st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
def test_words_describe_runs_in_fractions(spectrum: Any, step: Fraction, start: tuple[int, int]) -> None:
    assume(start != (0, 0))
    low, high, basis = spectrum
    h, objective = quadratic_of(*spectrum)
    x = [Fraction(value) for value in start]
    sizes, signs = [], []
    for _ in range(40):
        sizes.append(x[0] ** 2 + x[1] ** 2)
        signs.append(
            [
                (sum(a * b for a, b in zip(v, x, strict=True)) > 0)
                - (sum(a * b for a, b in zip(v, x, strict=True)) < 0)
                for v in basis
            ]
        )
        x = [x[i] - step * (h[i][0] * x[0] + h[i][1] * x[1]) for i in range(2)]
    factors = [1 - step * value for value, sign in zip((low, high), signs[0], strict=True) if sign]
    assume(all(abs(abs(factor) - 1) > Fraction(1, 5) or abs(factor) == 1 for factor in factors))
    flips = any(a[i] * b[i] < 0 for a, b in pairwise(signs) for i in range(2))
    truth = {
        "converges": sizes[-1] < sizes[0] / 10**4,
        "diverges": sizes[-1] > sizes[0] * 100,
        "monotone": sizes[-1] < sizes[0] / 10**4 and not flips,
        "oscillates": flips,
        "cycles": sizes[0] / 10**4 <= sizes[-1] <= sizes[0] * 100,
    }
    for word, true in truth.items():
        assert behaves(objective, str(step), word, [str(value) for value in start]) is (PROVED if true else REFUTED), (
            word
        )


@settings(max_examples=25)
@given(spectra, st.lists(small_steps, min_size=2, max_size=5, unique=True))
def test_the_fastest_step_is_the_one_of_least_factor(spectrum: Any, steps: list[Fraction]) -> None:
    low, high, _ = spectrum
    _, objective = quadratic_of(*spectrum)
    factors = [max(abs(1 - step * low), abs(1 - step * high)) for step in steps]
    for step, factor in zip(steps, factors, strict=True):
        unique = sum(other <= factor for other in factors) == 1
        stated = {"step": str(step), "among": [str(value) for value in steps]}
        assert verdict(objective, fastest=stated) is (PROVED if unique else REFUTED)
        assert verdict(objective, contraction={"step": str(step), "factor": str(factor)}) is PROVED


@settings(max_examples=25)
@given(spectra, small_steps, small_steps, small_steps, small_steps)
def test_comparisons_of_ranges_agree_with_a_grid(
    spectrum: Any, a: Fraction, first_width: Fraction, c: Fraction, second_width: Fraction
) -> None:
    low, high, _ = spectrum
    _, objective = quadratic_of(*spectrum)
    b, d = a + first_width / 8, c + second_width / 8
    found = verdict(objective, faster={"step": f"{a} < eta < {b}", "than": f"{c} < eta < {d}"})

    def grid(left: Fraction, right: Fraction) -> list[Fraction]:
        kinks = [1 / low, 1 / high, 2 / (low + high)]
        inner = [left + (right - left) * Fraction(i, 400) for i in range(1, 400)]
        return inner + [kink for kink in kinks if left < kink < right]

    def factor(step: Fraction) -> Fraction:
        return max(abs(1 - step * low), abs(1 - step * high))

    slowest, fastest = max(map(factor, grid(a, b))), min(map(factor, grid(c, d)))
    width = (b - a + d - c) * max(low, high) / 400
    assert found in (PROVED, REFUTED)
    if slowest >= fastest:
        assert found is REFUTED
    elif fastest - slowest > width:
        assert found is PROVED


@settings(max_examples=25)
@given(
    spectra,
    st.fractions(min_value=Fraction(1, 20), max_value=Fraction(19, 20), max_denominator=20),
    st.sampled_from([(1, 0), (0, 1), (2, 1), (3, -1)]),
)
def test_iteration_counts_are_those_of_a_run(spectrum: Any, share: Fraction, start: tuple[int, int]) -> None:
    low, high, _ = spectrum
    h, objective = quadratic_of(*spectrum)
    step = share * 2 / max(low, high)
    ratio, count, x = Fraction(1, 50), 0, [Fraction(value) for value in start]
    goal = ratio**2 * (x[0] ** 2 + x[1] ** 2)
    while x[0] ** 2 + x[1] ** 2 > goal and count < 60:
        x = [x[i] - step * (h[i][0] * x[0] + h[i][1] * x[1]) for i in range(2)]
        count += 1
    assume(count < 60)
    table = {"step": str(step), "ratio": "1/50", "start": list(start)}
    assert verdict(objective, iterations=table | {"at_least": count, "at_most": count}) is PROVED
    assert verdict(objective, iterations=table | {"at_most": count - 1}) is REFUTED
    assert verdict(objective, iterations=table | {"at_least": count + 1}) is REFUTED


# --- momentum against numpy's roots and against runs in fractions

betas = st.sampled_from([Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(9, 10), Fraction(1)])


def run_of(method: str, beta: Fraction, step: Fraction, mode: Fraction, count: int) -> list[Fraction]:
    previous = x = Fraction(1)
    found = [x]
    for _ in range(count):
        ahead = x + beta * (x - previous)
        new = ahead - step * mode * (ahead if method == "nesterov" else x)
        previous, x = x, new
        found.append(x)
    return found


@settings(max_examples=50)
@given(st.sampled_from(["heavy_ball", "nesterov"]), betas, small_steps, positive)
def test_one_component_of_a_momentum_method(method: str, beta: Fraction, step: Fraction, mode: Fraction) -> None:
    table = {"step": "1", "is": "converges", "start": "every"}
    stated = claim(f"({mode / 2})*x**2", method=method, parameters={"beta": str(beta)}, behaviour=table)
    setting = Setting.of(to_document(stated), {})
    (component,) = setting.components(Real.of(str(step)))
    run = run_of(method, beta, step, mode, 60)
    shrink = 1 - step * mode
    polynomial = (
        [1, -(1 + beta - step * mode), beta] if method == "heavy_ball" else [1, -(1 + beta) * shrink, beta * shrink]
    )
    largest = max(abs(np.roots([float(value) for value in polynomial])))
    radius = float(component.radius.ball().mid())
    if run[1] ** 2 + float(polynomial[1]) * run[1] + float(polynomial[2]) != 0:
        assert radius == pytest.approx(largest, abs=1e-6)
    facts = motions([component], has_minimiser=True)
    if largest < 0.8:
        assert facts["converges"] and abs(run[-1]) < Fraction(1, 100)
    if facts["diverges"] and radius > 1.2:
        assert max(map(abs, run[-4:])) > 100
    if any(value < 0 for value in run):
        assert not facts["monotone"] and not component.keeps_sign
    if component.oscillates and not facts["converges"]:
        assert facts["diverges"] or facts["cycles"]


# --- what must not matter


@settings(max_examples=20)
@given(spectra, positive, small_steps, st.sampled_from(["converges", "diverges", "oscillates", "monotone", "cycles"]))
def test_scaling_f_and_renaming_change_no_verdict(spectrum: Any, scale: Fraction, step: Fraction, word: str) -> None:
    _, objective = quadratic_of(*spectrum)
    table = {"step": str(step), "is": word, "start": [2, 1]}
    before = verdict(objective, behaviour=table)
    scaled = {**table, "step": str(step / scale)}
    assert verdict(f"({scale})*({objective}) + 7", behaviour=scaled, identifier="renamed") is before
    before = verdict(objective, stable_steps=f"0 < eta < {step}")
    assert verdict(f"({scale})*({objective})", stable_steps=f"0 < h < {step / scale}", identifier="b") is before


def test_another_statement_is_not_this_routes() -> None:
    assert route("steps")(claim(FIRST, trace=8), Resources()) is None
