"""Bounds for finitely many steps, proved by multipliers: what the core accepts, and everything that it must not."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check as certified
from convergence.certificates.duals import balances, cases, residual, value_of
from convergence.certificates.estimation import Form, Program, function_class, program
from convergence.certificates.iteration import read_method
from convergence.certificates.linear import is_linear, unrolled
from convergence.checks import Resources, route
from convergence.claims import Claim, paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict
from convergence.worst_case import upper

SYMBOLS = {"L": "positive", "D": "positive", "Delta": "positive", "G": "positive", "kappa": "fraction", "r": "real"}
CONVEX = ["convex", "smooth(L)", "initial_distance(D)"]
GD: dict[str, Any] = {"method": "gradient_descent", "parameters": {"alpha": "1/L"}, "measure": "gap"}

# One step of 1/L from distance D: f(x_1) - f* <= L D^2/6, by f* >= f_0 + ..., f* >= f_1 + ..., f_0 >= f_1 + ....
ONE: dict[str, Any] = {"given": [*CONVEX, "k == 1"], "bound": "L*D**2/6", **GD}


def claim(**keys: Any) -> Claim:
    return paper("duals", [{"id": "x", **keys}], symbols=SYMBOLS).claims[0]


def proof(**keys: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claim's document and the witness of its proof."""
    one = claim(**keys)
    evidence = route("worst_case")(one, Resources())
    assert evidence is not None and evidence.verdict is Verdict.PROVED, evidence
    assert evidence.certificate is not None and evidence.certificate.kind == "duals"
    return to_document(one), copy.deepcopy(dict(evidence.certificate.witness))


def posed(steps: int, measure: str = "gap", given: list[str] | None = None, **keys: Any) -> Program:
    table = {**GD, "parameters": {"alpha": "1"}, **keys}
    numbers = ["convex", "smooth(1)", "initial_distance(1)"] if given is None else given
    document = to_document(claim(**{**table, "measure": measure}, given=numbers, bound="1"))
    method = read_method(document["method"], document)
    return program(document, method, function_class(document, {}), {}, steps)


def rejects(document: dict[str, Any], witness: dict[str, Any], match: str) -> None:
    with pytest.raises(CertificateRejected, match=match):
        certified(document, "duals", witness)


# --- what is proved


def test_the_tight_constant_is_proved_and_nothing_below_it() -> None:
    document, witness = proof(**ONE)
    assert certified(document, "duals", witness) is Verdict.PROVED
    rejects({**document, "bound": "L*D**2*(1 - 1/10**12)/6"}, witness, "prove 0.16666")


@pytest.mark.parametrize(
    "keys",
    [
        {"given": [*CONVEX, "k <= 3"], "bound": "2*L*D**2/(k + 1)**2", **GD, "method": "nesterov"},
        {"given": [*CONVEX, "k < 4"], "bound": "L*D", **GD, "measure": "gradient_norm"},
        {"given": ["smooth(L)", "initial_gap(Delta)", "k <= 3"], "bound": "Delta", **GD},
        {
            "given": ["smooth(L)", "initial_gap(Delta)", "polyak_lojasiewicz(L/10)", "k <= 3"],
            "bound": "(9/10)**k*Delta",
            **GD,
        },
        {
            "given": ["convex", "lipschitz(G)", "initial_distance(D)", "3 <= T <= 3"],
            "bound": "G*D*(1 + 1/10**9)",
            **{**GD, "parameters": {"alpha": "D/(G*sqrt(T + 1))"}},
        },
        {
            "given": ["strongly_convex(1)", "smooth(4)", "initial_distance(1)", "gradient_error(1/k)", "k <= 2"],
            "bound": "1",
            **{**GD, "parameters": {"alpha": "1/4"}, "measure": "distance"},
        },
    ],
)
def test_bounds_of_many_classes_are_proved(keys: dict[str, Any]) -> None:
    document, witness = proof(**keys)
    assert certified(document, "duals", witness) is Verdict.PROVED


# --- what is not


def test_a_claim_about_every_step_is_not_proved() -> None:
    document, witness = proof(**ONE)
    rejects({**document, "given": CONVEX}, witness, "at most 40 steps")
    rejects({**document, "given": [*CONVEX, "k <= 2"], "bound": "L*D**2"}, witness, "no proof for 2 steps")
    rejects({**document, "given": [*CONVEX, "k >= 1"]}, witness, "at most 40 steps")


def test_symbols_that_no_scaling_reaches_are_not_proved() -> None:
    document, witness = proof(**ONE)
    other = to_document(claim(**{**ONE, "bound": "L*D**2/6*(1 + kappa)"}))
    rejects(other, {**witness, "values": {"L": "1", "D": "1", "kappa": "1/2"}}, "positive symbols only")
    rejects({**document, "bound": "L**2*D**2/6"}, witness, "weight 2, expected 1")
    rejects({**document, "bound": "L*D**2*D/6"}, witness, "weight 3, expected 2|weight 1, expected 0")


def test_scalings_must_keep_method_and_hypotheses() -> None:
    document, witness = proof(**ONE)
    constant = to_document(claim(**{**ONE, "parameters": {"alpha": "1"}}))
    rejects(constant, witness, "weight")
    for scaling, name in (("f", "L"), ("x", "L"), ("x", "D")):
        changed = copy.deepcopy(witness)
        changed["scalings"][scaling]["weights"][name] = "7"
        rejects(document, changed, "weight")


@pytest.mark.parametrize("hypothesis", ["unbiased", "bounded_variance(L)", "bounded_domain(D)", "online"])
def test_hypotheses_that_change_the_run_are_not_ignored(hypothesis: str) -> None:
    document, witness = proof(**ONE)
    rejects({**document, "given": [*document["given"], hypothesis]}, witness, "no conditions are known|has weight")


def test_a_method_that_knows_where_the_origin_is_is_not_proved() -> None:
    rule = {"parameters": {"alpha": "1/L"}, "step": "alpha*(g + L/10*theta)"}
    table = {"id": "x", **ONE, "method": "own"}
    table.pop("parameters")
    decayed = paper("duals", [table], symbols=SYMBOLS, methods={"own": rule}).claims[0]
    evidence = route("worst_case")(decayed, Resources())
    assert evidence is None or evidence.verdict is not Verdict.PROVED
    _, witness = proof(**ONE)
    rejects(to_document(decayed), witness, "moves with the origin|weight")


def test_functions_that_nothing_bounds_below_have_no_program() -> None:
    with pytest.raises(CertificateRejected, match="bounded below"):
        function_class(to_document(claim(**GD, given=["convex", "smooth(1)"], bound="1")), {})


def test_every_window_counts_for_a_proof() -> None:
    _, witness = proof(**ONE)
    best = to_document(claim(**{**ONE, "measure": "best_gap"}))
    rejects(best, witness, "zip|malformed|prove")  # with the start alone the best gap is L D^2/2


MULTIPLIERS = st.sampled_from(["0", "-1/3", "1/3", "1", "2", "1/1000000"])


@settings(max_examples=60)
@given(st.data())
def test_changed_multipliers_prove_no_less_than_the_worst_case(data: st.DataObject) -> None:
    """L D^2/6 is attained, so no multipliers whatever may prove a smaller number."""
    program_ = posed(1)
    found = upper(program_, program_.readings[0], 1 / 6)
    assert found is not None and found.value == fmpq(1, 6)
    changed = copy.deepcopy(dict(found.proof))
    row = data.draw(st.sampled_from([*changed["pairs"], *changed["conditions"]]))
    row[-1] = data.draw(MULTIPLIERS)
    with suppress(CertificateRejected):
        assert value_of(program_, program_.readings[0], changed) >= fmpq(1, 6)


def test_measures_that_a_class_does_not_have_are_rejected() -> None:
    with pytest.raises(CertificateRejected, match="needs a minimiser"):
        posed(1, "distance", ["smooth(1)", "initial_gap(1)"])
    with pytest.raises(CertificateRejected, match="needs a smooth class"):
        posed(1, "gradient_norm", ["convex", "lipschitz(1)", "initial_distance(1)"])


# --- the algebra of one proof


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(["nesterov", "gradient_descent", "momentum"]), st.integers(1, 3))
def test_the_identity_holds_on_random_vectors(seed: int, method: str, steps: int) -> None:
    """Measure + multipliers times conditions = values, constants and minus the residual, whatever the unknowns are."""
    parameters = {"alpha": "1"} | ({"beta": "1/2"} if method == "momentum" else {})
    built = posed(steps, method=method, parameters=parameters)
    random = np.random.default_rng(seed)
    vectors, values = random.standard_normal((built.basis, 3)), random.standard_normal(built.count)
    between = {pair: fmpq(int(random.integers(0, 5)), 3) for pair in built.pairs}
    weighted = [(fmpq(int(random.integers(0, 5)), 7), form) for form in (*built.conditions, *built.readings[0])]
    total = sum(float(m) * condition(built, i, j, vectors, values) for (i, j), m in between.items())
    total += sum(float(m) * form_value(form, vectors, values) for m, form in weighted)
    S = np.array([[float(entry) for entry in row] for row in residual(built, between, weighted).tolist()])
    constants = sum(float(m * form.constant) for m, form in weighted)
    rests = np.array([float(rest) for rest in balances(built, between, weighted)])
    assert total == pytest.approx(constants + rests @ values - np.trace(S @ vectors @ vectors.T), abs=1e-9)


def condition(built: Program, i: int, j: int, vectors: Any, values: Any) -> float:
    """``f_i - f_j - <g_j, dx> - |dg|^2/2``, the condition for mu = 0 and L = 1."""
    x, g = ([np.array([float(c) for c in getattr(n, name)]) @ vectors for n in built.nodes] for name in ("x", "g"))
    f = [*values, 0.0]
    return float(f[i] - f[j] - g[j] @ (x[i] - x[j]) - (g[i] - g[j]) @ (g[i] - g[j]) / 2)


def form_value(form: Form, vectors: Any, values: Any) -> float:
    squares = sum(float(w) * float(np.sum((np.array([float(c) for c in v]) @ vectors) ** 2)) for w, v in form.squares)
    return float(form.constant) + sum(float(c) * values[i] for i, c in form.values) + squares


def test_cases_follow_the_claims_own_relations() -> None:
    def found(given: list[str], bound: str, alpha: str = "1/L") -> list[tuple[int, int | None]]:
        document = to_document(claim(**{**GD, "parameters": {"alpha": alpha}}, given=given, bound=bound))
        method = read_method(document["method"], document)
        return cases(document, claim(**GD, given=given, bound=bound).statement.value, method)

    assert found(["k <= 3"], "L/k") == [(1, None), (2, None), (3, None)]
    assert found(["2 <= k < 4"], "L/k") == [(2, None), (3, None)]
    assert found(["5 >= k", "k == 4"], "1") == [(4, None)]
    assert found(["T <= 2"], "L/T") == [(1, 1), (2, 2)]
    assert found(["T <= 2"], "L/k", alpha="1/(L*T)") == [(1, 1), (1, 2), (2, 2)]
    with pytest.raises(CertificateRejected, match="about no number of steps"):
        found(["k <= 3", "k >= 4"], "L/k")
    with pytest.raises(CertificateRejected):
        found(["k <= 3"], "L/T")
    with pytest.raises(CertificateRejected):
        found(["k <= 41"], "L/k")


# --- linear methods


def test_a_run_as_combinations_of_start_and_gradients() -> None:
    document = to_document(
        claim(**{**GD, "method": "momentum", "parameters": {"alpha": "1", "beta": "1/2"}}, given=CONVEX, bound="1")
    )
    method = read_method(document["method"], document)
    run = unrolled(method, {}, 3)
    # b_1 = g_1, b_2 = g_1/2 + g_2, b_3 = g_1/4 + g_2/2 + g_3, and x_3 = x_0 - b_1 - b_2 - b_3.
    assert run.outputs[-1] == (fmpq(1), fmpq(-7, 4), fmpq(-3, 2), fmpq(-1))
    assert run.queries[1] == (fmpq(1), fmpq(-1), fmpq(0), fmpq(0))


@pytest.mark.parametrize(
    ("step", "linear"),
    [
        ("g", True),
        ("g*norm(g)", False),
        ("g*norm(1)", False),
        ("g*norm(L)/L", False),
        ("g**2", False),
        ("g + 1", False),
        ("g*theta", False),
        ("(g + 2*theta)/k", True),
    ],
)
def test_what_is_linear(step: str, linear: bool) -> None:
    table = {"id": "x", "method": "own", "measure": "gap", "given": CONVEX, "bound": "1"}
    one = paper("duals", [table], symbols=SYMBOLS, methods={"own": {"step": step}}).claims[0]
    document = to_document(one)
    assert is_linear(read_method(document["method"], document)) is linear
