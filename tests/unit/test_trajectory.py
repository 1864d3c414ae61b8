"""Bounds on methods: exact violations are found and certified; theorems survive the search and forged witnesses."""

from dataclasses import replace
from fractions import Fraction

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check as accept
from convergence.certificates.matrices import is_positive_semidefinite
from convergence.certificates.separable import separable
from convergence.checks import Resources, trajectory
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.methods.transforms import quantize
from convergence.verdicts import Verdict

POSITIVE = ("L", "D", "mu", "G", "Delta", "alpha", "C")
SYMBOLS = dict.fromkeys(POSITIVE, "positive") | {"sigma": "nonnegative"}
METHODS = {
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "harmonic": {"parameters": {"alpha": "1/(mu*k)"}, "step": "alpha*g"},
    "horizon": {"parameters": {"alpha": "D/(G*sqrt(T))"}, "step": "alpha*g"},
    "number": {"parameters": {"alpha": "1/4"}, "step": "alpha*g"},
    "root": {"parameters": {"alpha": "alpha/sqrt(k)"}, "step": "alpha*g"},
}
PROBLEMS = {"bowl": {"objective": "x**2 + 2*y**2 - x*y + 2", "start": [1, 1]}}
SMOOTH = ["convex", "smooth(L)", "initial_distance(D)"]
STRONG = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"]
LIPSCHITZ = ["convex", "lipschitz(G)", "initial_distance(D)"]
NONCONVEX = ["smooth(L)", "initial_gap(Delta)"]
STOCHASTIC = ["convex", "bounded_gradients(G)", "unbiased", "initial_distance(D)"]
AVERAGED = "D**2/(2*alpha*sqrt(T)) + alpha*G**2/sqrt(T)"

TRUE = [
    (SMOOTH, "gd", "gap", "L*D**2/(4*k + 2)"),
    (SMOOTH, "gd", "gap", "2*L*D**2/(k + 4)"),
    (SMOOTH, "gd", "distance", "D"),
    (STRONG, "gd", "squared_distance", "(1 - mu/L)**(2*k)*D**2"),
    (STRONG, "gd", "gap", "L*D**2/2*(1 - mu/L)**k"),
    (LIPSCHITZ, "horizon", "best_gap", "G*D/sqrt(T)"),
    (LIPSCHITZ, "horizon", "average_iterate_gap", "G*D/sqrt(T)"),
    (STOCHASTIC, "root", "average_iterate_gap", AVERAGED + " + alpha*G**2/sqrt(T)"),
    (NONCONVEX, "gd", "best_squared_gradient_norm", "2*L*Delta/(k + 1)"),
    (NONCONVEX, "gd", "average_squared_gradient_norm", "2*L*Delta/k"),
    (["smooth(L)", "polyak_lojasiewicz(mu)", "initial_gap(Delta)"], "gd", "gap", "(1 - mu/L)**k*Delta"),
]
FALSE = [
    (SMOOTH, "gd", "gap", "L*D**2/(4*k + 4)"),
    (SMOOTH, "gd", "gap", "D**2/(4*k + 2)"),
    (SMOOTH, "nesterov", "gap", "D**2/(k + 1)**4"),
    (STRONG, "gd", "squared_distance", "(1 - mu/L)**(3*k)*D**2"),
    (STRONG, "harmonic", "distance", "D*k**(-mu/2)"),
    (LIPSCHITZ, "horizon", "gap", "G*D/(2*sqrt(T))"),
    (STOCHASTIC, "root", "gap", "D**2/(2*alpha*sqrt(T)) + alpha*G**2/(2*sqrt(T))"),
    (NONCONVEX, "gd", "best_squared_gradient_norm", "L*Delta/(k + 1)"),
    (["strongly_convex(1)", "smooth(25)", "initial_distance(D)"], "heavy_ball", "distance", "10*D*(9/10)**k"),
]


def one(given_, method, measure, bound, **changes):
    claim = {"id": "a", "given": given_, "method": method, "measure": measure, "bound": bound, **changes}
    return paper("trajectory", [claim], symbols=SYMBOLS, methods=METHODS, problems=PROBLEMS).claims[0]


@pytest.mark.parametrize("case", TRUE, ids=lambda case: f"{case[1]}: {case[3]}")
def test_theorems_survive(case):
    evidence = trajectory.check(one(*case), Resources())
    assert (evidence.verdict, evidence.certificate) == (Verdict.UNDECIDED, None)
    assert float(evidence.figures["worst ratio"]) <= 1 + 1e-9


@pytest.mark.parametrize("case", FALSE, ids=lambda case: f"{case[1]}: {case[3]}")
def test_violations_are_found_and_certified(case):
    claim = one(*case)
    evidence = trajectory.check(claim, Resources())
    assert evidence.verdict is Verdict.REFUTED
    assert accept(to_document(claim), "trajectory", evidence.certificate.witness) is Verdict.REFUTED


def test_heavy_ball_needs_a_function_that_is_no_parabola():
    # on parabolas of curvature 1 to 25 the factor is 2/3; Lessard, Recht & Packard (2016), section 4.6, make it cycle
    parameters = {"alpha": "1/9", "beta": "4/9"}
    claim = one(FALSE[-1][0], "heavy_ball", "distance", "100*D*(9/10)**k", parameters=parameters)
    evidence = trajectory.check(claim, Resources())
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.certificate.witness["instance"][0]["right"]["slopes"] == ["25", "1", "25"]


def test_the_reason_can_be_redone_by_hand():
    # Huber, curvature 1 up to 1/3, from 1: the gradient is 1/3, x_1 = 2/3, f = 1/3 (2/3 - 1/6) = 1/6 > 1/8
    assert trajectory.check(one(*FALSE[0]), Resources()).reason == (
        "on Huber's function with curvature 1 up to |x| = 1/3, started at 1, with L = 1, D = 1, "
        "the measure after 1 steps is 1/6 = 0.166667, above the bound 0.125000000000"
    )


@given(
    steps=st.integers(1, 8),
    slope=st.integers(1, 9),
    radius=st.fractions(min_value="1/4", max_value=4, max_denominator=4),
)
def test_the_worst_huber_function_meets_the_classical_bound_exactly(steps, slope, radius):
    # x_k = D (1 - k/(2k+1)) = D (k+1)/(2k+1) and f = L h (x - h/2) with h = D/(2k+1): L D^2/(4k+2)
    claim = one(SMOOTH, "gd", "gap", "L*D**2/(4*k + 2)*99/100")
    side = {"slopes": [str(slope), "0"], "cuts": [str(radius / (2 * steps + 1))]}
    witness = {
        "values": {"L": str(slope), "D": str(radius)}, "instance": [{"right": side}], "start": [str(radius)],
        "k": steps, "precision": 0,
    }  # fmt: skip
    assert accept(to_document(claim), "trajectory", witness) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match="not surely above"):
        accept(to_document(one(SMOOTH, "gd", "gap", "L*D**2/(4*k + 2)")), "trajectory", witness)


numbers = st.fractions(min_value=0, max_value=6, max_denominator=6).map(str)
sides = st.fixed_dictionaries(
    {"slopes": st.lists(numbers, min_size=1, max_size=2), "cuts": st.lists(numbers, max_size=1)}
)


@given(
    case=st.sampled_from(TRUE), side=sides, jump=numbers, start=numbers, steps=st.integers(1, 5),
    values=st.fixed_dictionaries({name: numbers for name in POSITIVE if name != "C"}),
)  # fmt: skip
@settings(max_examples=200)
def test_no_witness_refutes_a_theorem(case, side, jump, start, steps, values):
    claim = one(*case)
    if "T" in case[3] or "T" in str(METHODS[case[1]]):
        values = {**values, "T": str(steps)}
    document = to_document(claim)
    used = {name: value for name, value in values.items() if name in document["symbols"] or name == "T"}
    witness = {
        "values": used,
        "instance": [{"right": {**side, "jump": jump}}],
        "start": [start],
        "k": steps,
        "precision": 256,
    }
    with pytest.raises(CertificateRejected):
        accept(document, "trajectory", witness)


HUBER = {"right": {"slopes": ["1", "0"], "cuts": ["1/3"]}}
GOOD = {"values": {"L": "1", "D": "1"}, "instance": [HUBER], "start": ["1"], "k": 1, "precision": 0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": ["2"]}, "initial_distance"),
        ({"values": {"L": "1/2", "D": "1"}}, "smooth"),
        ({"values": {"L": "-1", "D": "1"}}, "outside its domain"),
        ({"values": {"L": "1"}}, "no value for D"),
        ({"instance": [{"right": {"slopes": ["1", "-1"], "cuts": ["1/3"]}}]}, "positive on this side"),
        ({"instance": [{"right": {"slopes": ["1"], "jump": "1"}}]}, "smooth"),
        ({"k": 0}, "steps"),
        ({"k": True}, "steps"),
        ({"precision": 8}, "precision"),
        ({"start": ["1/2", "1/2"]}, "malformed"),
    ],
    ids=str,
)
def test_forged_witnesses_are_rejected(change, message):
    document = to_document(one(*FALSE[0]))
    assert accept(document, "trajectory", GOOD) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match=message):
        accept(document, "trajectory", {**GOOD, **change})


def test_a_constant_that_nothing_fixes_cannot_be_refuted():
    claim = one(SMOOTH, "gd", "gap", "C/k**9")
    assert trajectory.check(claim, Resources()) is None
    with pytest.raises(CertificateRejected, match="C is fixed by no hypothesis"):
        accept(to_document(claim), "trajectory", GOOD | {"values": {"L": "1", "D": "1", "C": "1/1000"}})


def test_ranges_and_relations_bind_the_search():
    symbols = SYMBOLS | {"alpha": {"domain": "positive", "range": ["1/10", "1"]}}
    claim = {
        "id": "a", "given": ["convex", "smooth(L)", "initial_distance(D)", "alpha <= 1/L"],
        "method": {"parameters": {"alpha": "alpha"}, "step": "alpha*g"}, "measure": "gap",
        "bound": "D**2/(2*alpha*k)",
    }  # fmt: skip
    assert trajectory.check(paper("p", [claim], symbols=symbols).claims[0], Resources()).verdict is Verdict.UNDECIDED
    claim["given"] = ["convex", "smooth(L)", "initial_distance(D)", "alpha == 3/L"]
    evidence = trajectory.check(paper("p", [claim], symbols=symbols).claims[0], Resources())
    assert evidence.verdict is Verdict.REFUTED
    assert Fraction(evidence.certificate.witness["values"]["alpha"]) <= 1


def test_a_concrete_quadratic_is_run_from_its_own_start():
    # Hessian ((2, -1), (-1, 4)), step 1/4: e_1 = ((1 - 1/4 (2 - 1)), (1 - 1/4 (4 - 1))) = (3/4, 1/4), |e|^2 = 5/8
    assert trajectory.check(one([], "number", "squared_distance", "5/8", problem="bowl"), Resources()).verdict is (
        Verdict.UNDECIDED
    )
    refuted = trajectory.check(one([], "number", "squared_distance", "5/8 - 1/1000", problem="bowl"), Resources())
    assert refuted.verdict is Verdict.REFUTED
    assert refuted.figures["measure"] == "5/8 = 0.625"


def test_multiplying_f_by_a_constant_changes_no_verdict():
    for case in (*TRUE[:5], *FALSE[:5]):
        given_, method, measure, bound = case
        if method in ("nesterov",):
            continue
        scaled = [item.replace("(L)", "(3*L)").replace("(mu)", "(3*mu)") for item in given_]
        table = dict(METHODS[method])
        swap = lambda text: text.replace("L", "(3*L)").replace("mu", "(3*mu)")  # noqa: E731
        table["parameters"] = {name: swap(value) for name, value in table["parameters"].items()}
        other = one(scaled, table, measure, swap(bound))
        assert trajectory.check(one(*case), Resources()).verdict is trajectory.check(other, Resources()).verdict


@given(rows=st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=3, max_size=3))
def test_gram_matrices_are_positive_semidefinite_and_no_less(rows):
    factor = fmpq_mat(3, 3, [fmpq(value) for row in rows for value in row])
    gram = factor.transpose() * factor
    assert is_positive_semidefinite(gram)
    smaller = gram - fmpq_mat(3, 3, [fmpq(int(i == j == 0)) for i in range(3) for j in range(3)]) * (gram[0, 0] + 1)
    assert not is_positive_semidefinite(smaller)


@given(side=sides, jump=numbers, point=numbers, other=numbers)
def test_derivative_and_value_of_a_side_fit_together(side, jump, point, other):
    # f(y) - f(x) lies between f'(x)(y - x) and f'(y)(y - x) where f' is monotone, as with slopes >= 0
    try:
        function = separable([{"right": {**side, "jump": jump}}])
    except CertificateRejected:
        return
    x, y = sorted(fmpq(int(Fraction(v).numerator), int(Fraction(v).denominator)) for v in (point, other))
    if x == 0:
        return
    rise = function.gap((y,)) - function.gap((x,))
    assert function.gradient((x,))[0] * (y - x) <= rise <= function.gradient((y,))[0] * (y - x)


def test_methods_that_draw_random_numbers_are_not_run_as_if_they_drew_zeros():
    claim = one(SMOOTH, "gd", "gap", "D**2/(4*k + 2)")
    rounded = replace(claim, subject=claim.method.precondition(quantize(1), "rounded"))
    assert trajectory.check(claim, Resources()).verdict is Verdict.REFUTED
    assert trajectory.check(rounded, Resources()) is None
