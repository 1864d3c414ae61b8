"""Worst cases of linear methods: published tight constants, PEPit as an oracle, and exact refutations."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check as certified
from convergence.certificates.estimation import function_class, program
from convergence.certificates.interpolation import interpolated
from convergence.certificates.iteration import read_method
from convergence.certificates.linear import is_linear
from convergence.checks import Resources, route
from convergence.claims import Claim, paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Tightness, Verdict
from convergence.worst_case import chained, maximise, rows, upper

SYMBOLS = {
    "L": {"domain": "positive", "range": [0.5, 8]},
    "mu": {"domain": "positive", "range": [0.1, 0.4]},
    "D": "positive",
}
CONVEX = ["convex", "smooth(L)", "initial_distance(D)"]
UNIT = ["convex", "smooth(1)", "initial_distance(1)"]
STRONG = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"]


def claim(**keys: Any) -> Claim:
    return paper("worst cases", [{"id": "x", **keys}], symbols=SYMBOLS).claims[0]


def method_of(name: str, **parameters: object) -> Any:
    return posed(name, 1, "gap", parameters=parameters, method_only=True)


def posed(name: str, steps: int, measure: str, given: list[str] = UNIT, method_only: bool = False, **keys: Any) -> Any:
    document = to_document(claim(method=name, measure=measure, bound="1/k", given=given, **keys))
    method = read_method(document["method"], document)
    return method if method_only else program(document, method, function_class(document, {}), {}, steps)


def worst(name: str, steps: int, measure: str, given: list[str] = UNIT, **parameters: object) -> float:
    built = posed(name, steps, measure, given, parameters=parameters)
    found = maximise(rows(built, built.readings[0], 1.0))
    assert found is not None
    return found.optimum


# Drori, Teboulle (2014): L D^2/(4 N + 2) for step 1/L; L = D = 1 here.
@pytest.mark.parametrize("steps", [1, 2, 5, 10])
def test_gradient_descent_on_smooth_convex_functions(steps: int) -> None:
    assert worst("gradient_descent", steps, "gap", alpha="1") == pytest.approx(1 / (4 * steps + 2), rel=1e-6)


# Nesterov (2004), Theorem 2.1.15: the factor (L - mu)/(L + mu) for step 2/(L + mu), squared for squared distances.
@pytest.mark.parametrize("steps", [1, 3])
def test_gradient_descent_on_strongly_convex_functions(steps: int) -> None:
    given = ["strongly_convex(1/4)", "smooth(1)", "initial_distance(1)"]
    found = worst("gradient_descent", steps, "squared_distance", given, alpha="8/5")
    assert found == pytest.approx((0.75 / 1.25) ** (2 * steps), rel=1e-5)


@settings(max_examples=8)
@given(st.sampled_from(["nesterov", "heavy_ball", "averaged_gradient_descent"]), st.integers(1, 4), st.integers(1, 9))
def test_agrees_with_pepit(name: str, steps: int, tenths: int) -> None:
    alpha = f"{tenths}/10"
    parameters = {"alpha": alpha} | ({"beta": "1/4"} if name == "heavy_ball" else {})
    assert worst(name, steps, "gap", **parameters) == pytest.approx(_pepit(name, steps, tenths / 10), rel=1e-4)


def _pepit(name: str, steps: int, alpha: float) -> float:
    from PEPit import PEP
    from PEPit.functions import SmoothConvexFunction

    problem = PEP()
    function = problem.declare_function(SmoothConvexFunction, L=1)
    star = function.stationary_point()
    x = previous = average = problem.set_initial_point()
    problem.set_initial_condition((x - star) ** 2 <= 1)
    for t in range(1, steps + 1):
        if name == "nesterov":
            y = x + (t - 1) / (t + 2) * (x - previous)
            x, previous = y - alpha * function.gradient(y), x
        else:
            beta = 0.25 if name == "heavy_ball" else 0.0
            x, previous = x - alpha * function.gradient(x) + beta * (x - previous), x
        average = average + (x - average) / t
    problem.set_performance_metric(function(average if name.startswith("averaged") else x) - function(star))
    return float(problem.solve(verbose=0, solver="CLARABEL"))


def test_what_is_linear() -> None:
    assert is_linear(method_of("nesterov"))
    assert is_linear(method_of("heavy_ball"))
    assert not is_linear(method_of("adam"))
    assert not is_linear(method_of("sign_descent"))


STEP = {"alpha": "1/L"}
# (method, parameters, measure, hypotheses, tight bound)
TIGHT = [
    ("gradient_descent", STEP, "gap", CONVEX, "L*D**2/(4*k + 2)"),
    ("gradient_descent", STEP, "gradient_norm", CONVEX, "L*D/(k + 1)"),
    ("gradient_descent", {"alpha": "2/(L + mu)"}, "distance", STRONG, "D*((L - mu)/(L + mu))**k"),
    ("gradient_descent", STEP, "distance", STRONG, "D*(1 - mu/L)**k"),
]


@pytest.mark.parametrize(("method", "parameters", "measure", "hypotheses", "bound"), TIGHT)
def test_a_tight_bound_stands_and_five_percent_less_is_refuted(
    method: str, parameters: dict[str, str], measure: str, hypotheses: list[str], bound: str
) -> None:
    keys = {"method": method, "parameters": parameters, "measure": measure, "given": hypotheses}
    stands = route("worst_case")(claim(**keys, bound=bound), Resources())
    assert stands is not None and (stands.verdict, stands.tightness) == (Verdict.UNDECIDED, Tightness.TIGHT)
    false = claim(**keys, bound=f"0.95*({bound})")
    refuted = route("worst_case")(false, Resources())
    assert refuted is not None and refuted.certificate is not None
    assert certified(to_document(false), refuted.certificate.kind, refuted.certificate.witness) is Verdict.REFUTED


def test_the_checker_rejects_points_that_no_function_passes_through() -> None:
    # f = x^2/2 at 1 and at 2; a value of 3 at 2 would need more curvature than L = 1 allows.
    table = {"strong_convexity": "0", "smoothness": "1"}
    good = {"x": ["1"], "g": ["1"], "f": "1/2"}
    assert interpolated({**table, "triples": [good, {"x": ["2"], "g": ["2"], "f": "2"}]}).is_smooth
    with pytest.raises(CertificateRejected, match="interpolation condition"):
        interpolated({**table, "triples": [good, {"x": ["2"], "g": ["2"], "f": "3"}]})


def test_the_guide_to_worst_cases_says_what_happens() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "worst-cases.md").read_text(encoding="utf-8")
    stated = tomllib.loads(guide.split("```toml\n")[1].split("```")[0])
    verdicts = []
    for one in paper("guide", stated["claims"], symbols=stated["symbols"]).claims:
        evidence = route("worst_case")(one, Resources())
        assert evidence is not None and evidence.certificate is not None
        verdicts.append(certified(to_document(one), evidence.certificate.kind, evidence.certificate.witness))
    assert verdicts == [Verdict.PROVED, Verdict.REFUTED]
    names: dict[str, Any] = {}
    exec(guide.split("```python\n")[1].split("```")[0], names)
    assert names["upper"](names["posed"], names["reading"], 0.05).value == fmpq(1, 24)


# The chain of small programs is a relaxation: never below the worst case, and here equal to it.
@pytest.mark.parametrize("name", ["gradient_descent", "nesterov", "momentum"])
def test_a_chain_of_programs_bounds_the_worst_case_from_above(name: str) -> None:
    parameters = {"alpha": "1"} | ({"beta": "1/4"} if name == "momentum" else {})
    built = posed(name, 6, "gap", parameters=parameters)
    whole = maximise(rows(built, built.readings[0], 0.05))
    linked = chained(built, built.readings[0], 0.05)
    assert whole is not None and linked is not None
    assert linked.optimum >= whole.optimum * (1 - 1e-6)
    if name != "momentum":
        assert linked.optimum == pytest.approx(whole.optimum, rel=1e-5)


# Drori, Teboulle (2014) again, at a length at which only the chain is used.
def test_long_runs_are_certified() -> None:
    built = posed("gradient_descent", 30, "gap", parameters={"alpha": "1"})
    found = upper(built, built.readings[0], 1 / 122)
    assert found is not None
    assert fmpq(1, 122) <= found.value <= fmpq(1, 122) * (1 + fmpq(1, 10**4))
