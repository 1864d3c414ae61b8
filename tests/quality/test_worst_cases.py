"""Worst cases of the literature: what is true is never refuted, what is false never proved, and 5 % less is refuted."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr
from worst_cases import RESULTS, Result

from convergence.certificates import check as certified
from convergence.certificates.estimation import function_class, program
from convergence.certificates.iteration import STEP, THETA, G, Method, read_method
from convergence.checks import Resources, route
from convergence.claims import Claim, paper, to_document
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS
from convergence.verdicts import Verdict
from convergence.worst_case import upper

STEPS = 3
"""For PEPit; the horizon of the subgradient method makes its step rational at T = 3."""

TIGHT = [result for result in RESULTS if result.tight]


def few(results: list[Result], every: int) -> list[Any]:
    """All results; those besides every so many are slow ones."""
    return [
        pytest.param(result, id=result.name, marks=[] if place % every == 0 else pytest.mark.slow)
        for place, result in enumerate(results)
    ]


def verdict(claim: Claim) -> Verdict:
    """What the route says and the core confirms."""
    evidence = route("worst_case")(claim, Resources())
    if evidence is None or evidence.certificate is None:
        return Verdict.UNDECIDED
    accepted = certified(to_document(claim), evidence.certificate.kind, evidence.certificate.witness)
    assert accepted is evidence.verdict
    return accepted


def first_steps(result: Result) -> str:
    return "T <= 3" if "T" in result.bound else "k <= 4"


def test_the_table_is_large() -> None:
    assert len(RESULTS) >= 60
    assert len({result.name for result in RESULTS}) == len(RESULTS)


@pytest.mark.parametrize("result", few(RESULTS, 6))
def test_a_true_bound_is_never_refuted(result: Result) -> None:
    assert verdict(result.claim()) in (Verdict.UNDECIDED, Verdict.PROVED)
    assert verdict(result.claim("1 + 1/10000", first_steps(result))) in (Verdict.UNDECIDED, Verdict.PROVED)


@pytest.mark.parametrize("result", few(TIGHT, 6))
def test_five_percent_less_is_refuted(result: Result) -> None:
    assert verdict(result.claim("0.95")) is Verdict.REFUTED


@pytest.mark.parametrize("result", few(TIGHT, 6))
def test_a_little_less_is_never_proved(result: Result) -> None:
    assert verdict(result.claim("1 - 1/10000", first_steps(result))) in (Verdict.UNDECIDED, Verdict.REFUTED)


# Gradient descent on smooth convex functions has multipliers (k + 1)/(2 N - k), which rounding finds exactly.
def test_the_exact_constant_is_proved() -> None:
    first = RESULTS[0]
    assert verdict(first.claim("1", "k <= 6")) is Verdict.PROVED
    assert verdict(first.claim("1 - 1/10**9", "k == 6")) is not Verdict.PROVED


@pytest.mark.slow
def test_how_many_bounds_are_proved_for_ten_steps() -> None:
    proved = [r for r in RESULTS if "T" not in r.bound and verdict(r.claim("1 + 1/10**6", "k <= 10")) is Verdict.PROVED]
    assert len(proved) >= 45


# --- PEPit as an oracle


@pytest.mark.parametrize("result", few([r for r in RESULTS if "polyak" not in str(r.given)], 20))
def test_agrees_with_pepit(result: Result) -> None:
    """The claimed bound is the computed worst case (tight results), or not below it; every symbol is 1."""
    claim = result.claim()
    steps = 1 if result.measure == "average_iterate_gap" else STEPS
    bound = float(claim.statement.value.subs(dict.fromkeys(claim.statement.value.free_symbols, 1) | counted(steps)))
    found = pepit(claim, result, steps)
    if result.tight:
        assert found == pytest.approx(bound, rel=2e-3)
    else:
        assert found <= bound * (1 + 1e-4)


def counted(steps: int) -> dict[Expr, int]:
    return dict.fromkeys(COUNTERS.values(), steps)


def pepit(claim: Claim, result: Result, steps: int) -> float:
    """The measure's worst case, with the rule run on PEPit's points and L = D = Delta = G = delta = 1."""
    from PEPit import PEP, Point
    from PEPit.functions import (
        ConvexFunction,
        ConvexLipschitzFunction,
        SmoothConvexFunction,
        SmoothFunction,
        SmoothStronglyConvexFunction,
    )

    problem = PEP()
    named = {text.partition("(")[0]: text for text in result.given}
    document = to_document(claim)
    if "strongly_convex" in named:
        mu = number(claim.constant("strongly_convex"))
        f = problem.declare_function(SmoothStronglyConvexFunction, mu=mu, L=1)
    elif "lipschitz" in named:
        f = problem.declare_function(ConvexLipschitzFunction, M=1)
    elif "convex" in named:
        f = problem.declare_function(SmoothConvexFunction if "smooth" in named else ConvexFunction, L=1)
    else:
        f = problem.declare_function(SmoothFunction, L=1)
    star = f.stationary_point()
    start = problem.set_initial_point()
    if "initial_distance" in named:
        problem.set_initial_condition((start - star) ** 2 <= 1)
    if "initial_gap" in named:
        problem.set_initial_condition(f(start) - f(star) <= 1)

    def answer(point: Any) -> Any:
        exactly = f.gradient(point)
        if "gradient_error" not in named:
            return exactly
        error = Point()
        problem.add_constraint(error**2 <= 1)
        return exactly + error

    points = [start, *outputs(read_method(document["method"], document), start, answer, steps)]
    if "convex" not in named and "strongly_convex" not in named:
        for point in [*points, *[x for x, *_ in f.list_of_points]]:
            problem.add_constraint(f(point) - f(star) - f.gradient(point) ** 2 / 2 >= 0)
    metrics = {
        "gap": lambda: [f(points[-1]) - f(star)],
        "best_gap": lambda: [f(point) - f(star) for point in points],
        "average_iterate_gap": lambda: [f(points[-1]) - f(star)],
        "distance": lambda: [(points[-1] - star) ** 2],
        "gradient_norm": lambda: [f.gradient(points[-1]) ** 2],
        "squared_gradient_norm": lambda: [f.gradient(points[-1]) ** 2],
        "best_squared_gradient_norm": lambda: [f.gradient(point) ** 2 for point in points],
        "average_squared_gradient_norm": lambda: [sum(f.gradient(p) ** 2 for p in points[:-1]) / steps],
    }
    for metric in metrics[result.measure]():
        problem.set_performance_metric(metric)
    found = float(problem.solve(verbose=0, solver="CLARABEL"))
    return found**0.5 if result.measure in ("distance", "gradient_norm") else found


def outputs(method: Method, start: Any, answer: Any, steps: int) -> list[Any]:
    """The rule in PEPit's arithmetic: sums of points with numbers before them."""
    found = []
    theta, state = start, {}
    for name, value in method.state.items():
        state[name] = combined(value, {THETA: start}, start)
    for step in range(1, steps + 1):
        table = {**state, THETA: theta, **dict.fromkeys(counted(steps), steps), STEP: step}
        table[G] = answer(combined(method.query, table, start))
        for target, value in method.update.items():
            table[target] = combined(value, table, start)
        theta, state = table[THETA], {name: table[name] for name in state}
        found.append(combined(method.output, table, start))
    return found


def combined(value: Expr, table: dict[Any, Any], start: Any) -> Any:
    """An expression that is linear in points."""
    points = [name for name in table if name in value.free_symbols and not isinstance(table[name], int | float)]
    total = 0 * start
    for name in points:
        total = total + number(value.diff(name), table) * table[name]
    return total


def number(value: Expr, table: dict[Any, Any] | None = None) -> float:
    """Every symbol that is no counter is 1."""
    steps = {name: known for name, known in (table or {}).items() if isinstance(known, int | float)}
    return float(value.subs(steps).subs(dict.fromkeys(value.free_symbols, 1)))


# --- proofs against instances, drawn without the solver


RULES = {
    "steps": {"parameters": {"alpha": "{a}"}, "step": "alpha*g"},
    "shrinking": {"parameters": {"alpha": "{a}/k"}, "step": "alpha*g"},
    "momentum": {"parameters": {"alpha": "{a}", "beta": "{b}"}, "state": {"m": "0"}, "update": {"m": "beta*m + g"},
                 "step": "alpha*m"},
    "ahead": {"parameters": {"alpha": "{a}", "beta": "{b}"}, "state": {"previous": "theta"},
              "query": "theta + beta*(theta - previous)",
              "update": {"next": "theta + beta*(theta - previous) - alpha*g", "previous": "theta", "theta": "next"}},
    "exponential average": {"parameters": {"alpha": "{a}", "beta": "{b}"}, "state": {"m": "0"},
                            "update": {"m": "beta*m + (1 - beta)*g"}, "step": "alpha*m"},
    "mean": {"parameters": {"alpha": "{a}"}, "state": {"mean": "theta"},
             "update": {"next": "theta - alpha*g", "mean": "mean + (next - mean)/k", "theta": "next"},
             "output": "mean"},
}  # fmt: skip
CLASSES = {
    "convex": (["convex", "smooth(1)", "initial_distance(1)"], 0, 1),
    "strongly convex": (["strongly_convex(1/4)", "smooth(1)", "initial_distance(1)"], Fraction(1, 4), 1),
    "smooth": (["smooth(1)", "initial_gap(1)"], -1, 1),
    "dominated": (["smooth(1)", "polyak_lojasiewicz(1/4)", "initial_gap(1)"], Fraction(1, 4), 1),
    "kinks": (["convex", "lipschitz(1)", "initial_distance(1)"], 0, 8),
}
MEASURES = ("gap", "best_gap", "average_iterate_gap", "squared_distance", "squared_gradient_norm",
            "best_squared_gradient_norm", "average_squared_gradient_norm")  # fmt: skip


def least_bound(claim: Claim, steps: int) -> fmpq | None:
    """The largest, over the measure's readings, of the values that multipliers prove."""
    document = to_document(claim)
    posed = program(document, read_method(document["method"], document), function_class(document, {}), {}, steps)
    found = [upper(posed, reading, 0.3) for reading in posed.readings]
    return None if any(one is None for one in found) else max(one.value for one in found if one is not None)


def drawn_side(random: Random, low: Fraction, high: Fraction, kinked: bool) -> dict[str, Any]:
    """One side of a function of one variable, see `certificates.separable`."""
    if kinked:
        return {"slopes": ["0"], "cuts": [], "jump": str(Fraction(random.randint(1, 8), 8))}
    pieces = random.randint(1, 3)
    cuts = sorted(random.sample(range(1, 17), pieces - 1))
    slopes = [low + (high - low) * Fraction(random.randint(0, 8), 8) for _ in range(pieces)]
    return {"slopes": [str(slope) for slope in slopes], "cuts": [str(Fraction(cut, 8)) for cut in cuts]}


@settings(max_examples=12)
@given(
    st.sampled_from(sorted(RULES)), st.sampled_from(sorted(CLASSES)), st.sampled_from(MEASURES), st.integers(1, 3),
    st.sampled_from(["1/2", "1", "7/4"]), st.sampled_from(["1/3", "4/5"]), st.integers(0, 10**6),
)  # fmt: skip
def test_no_drawn_instance_contradicts_a_proof(
    name: str, family: str, measure: str, steps: int, a: str, b: str, seed: int
) -> None:
    parameters = {key: text.format(a=a, b=b) for key, text in RULES[name]["parameters"].items()}
    given_, low, high = CLASSES[family]

    def claim(bound: str) -> Claim:
        table = {"id": "x", "method": "own", "measure": measure, "given": [*given_, f"k == {steps}"], "bound": bound}
        return paper("drawn", [table], methods={"own": {**RULES[name], "parameters": parameters}}).claims[0]

    try:
        bound = least_bound(claim("1"), steps)
    except CertificateRejected:  # a gradient norm without smoothness
        return
    if bound is None or verdict(claim(f"{bound}*(1 + 1/10**9)")) is not Verdict.PROVED:
        return
    document, random = to_document(claim(f"{bound}*(1 + 1/10**9)")), Random(seed)
    for _ in range(40):
        side = drawn_side(random, Fraction(low), Fraction(high), family == "kinks")
        start = str(Fraction(random.randint(1, 24), 8))
        witness = {"values": {}, "instance": [{"right": side}], "start": [start], "k": steps, "precision": 0}
        with suppress(CertificateRejected):
            assert certified(document, "trajectory", witness) is not Verdict.REFUTED, (document, witness)
