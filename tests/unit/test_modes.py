"""Rates and limits of methods: slow parabolas, cycles, fixed points, and concrete quadratics in both directions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check as accept
from convergence.certificates.modes import error_order
from convergence.checks import Resources, modes
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, parse_expression
from convergence.verdicts import Verdict

SYMBOLS = dict.fromkeys(("alpha", "L", "mu", "D", "c"), "positive") | {"q": "fraction"}
METHODS = {
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "twice": {"parameters": {"alpha": "2/L"}, "step": "alpha*g"},
    "harmonic": {"parameters": {"alpha": "1/(mu*k)"}, "step": "alpha*g"},
    "quarter": {"parameters": {"alpha": "1/(4*k)"}, "step": "alpha*g"},
    "half": {"parameters": {"alpha": "1/(2*k)"}, "step": "alpha*g"},
    "free": {"parameters": {"alpha": "alpha"}, "step": "alpha*g"},
    "tenth": {"parameters": {"alpha": "0.1"}, "step": "alpha*g"},
    "stairs": {"parameters": {"alpha": "0.1*0.5**floor(k/10)"}, "step": "alpha*g"},
    "geometric": {"parameters": {"alpha": "alpha*q**k"}, "step": "alpha*g"},
    "summable": {"parameters": {"alpha": "alpha/k**2"}, "step": "alpha*g"},
    "root": {"parameters": {"alpha": "1/(L*sqrt(k))"}, "step": "alpha*g"},
    "sign": {"parameters": {"alpha": "0.01"}, "step": "alpha*sign(g)"},
    "threshold": {"parameters": {"tau": "0.05"}, "step": "g/L*max(0, sign(abs(g) - tau))"},
}
BOWL = "2*x**2 + 2*y**2 - 2*x*y + 2"  # eigenvalues 2 along (1, 1) and 6 along (1, -1)
PROBLEMS = {
    "slow": {"objective": BOWL, "start": [1, 1]},
    "fast": {"objective": BOWL, "start": [1, -1]},
    "both": {"objective": BOWL, "start": [2, 1]},
    "any": {"objective": BOWL},
}
STRONG = ["strongly_convex(mu)", "smooth(L)"]
FOUR = ["strongly_convex(4)", "smooth(L)"]
SMOOTH = ["convex", "smooth(L)"]


def one(**claim):
    return paper("modes", [{"id": "a", **claim}], symbols=SYMBOLS, methods=METHODS, problems=PROBLEMS).claims[0]


def verdict(**claim):
    built = one(**claim)
    evidence = modes.check(built, Resources())
    if evidence is None:
        return None
    certificate = evidence.certificate
    assert accept(to_document(built), certificate.kind, certificate.witness) is evidence.verdict
    return evidence.verdict


FALSE = [
    {"given": STRONG, "method": "harmonic", "measure": "distance", "rate": "k**(-mu/2)"},
    {"given": FOUR, "method": "quarter", "measure": "distance", "rate": "k**(-2)"},
    {"given": STRONG, "method": "harmonic", "measure": "distance", "rate": "(1/2)**k"},
    {"given": STRONG, "method": "gd", "measure": "gap", "rate": "(1 - mu/L)**(3*k)"},
    {"given": SMOOTH, "method": "twice", "measure": "gap", "limit": 0},
    {"given": SMOOTH, "method": "free", "measure": "gap", "limit": 0},
    {"given": SMOOTH, "method": "stairs", "measure": "distance", "limit": 0},
    {"given": STRONG, "method": "stairs", "measure": "distance", "rate": "1/k"},
    {"given": SMOOTH, "method": "geometric", "measure": "gap", "limit": 0},
    {"given": STRONG, "method": "summable", "measure": "gap", "limit": 0},
    {"given": STRONG, "method": "sign", "measure": "gap", "limit": 0},
    {"given": STRONG, "method": "sign", "measure": "best_gap", "limit": 0},
    {"given": STRONG, "method": "sign", "measure": "average_squared_gradient_norm", "rate": "1/sqrt(k)"},
    {"given": STRONG, "method": "threshold", "measure": "distance", "limit": 0},
    {"given": STRONG, "method": "amgt_zero_out", "measure": "distance", "limit": 0},
]
OPEN = [
    {"given": FOUR, "method": "quarter", "measure": "distance", "rate": "1/k"},
    {"given": FOUR, "method": "quarter", "measure": "distance", "limit": 0},
    {"given": ["strongly_convex(2)"], "method": "half", "measure": "distance", "rate": "1/k"},
    {"given": STRONG, "method": "gd", "measure": "distance", "rate": "c**k"},
    {"given": SMOOTH, "method": "gd", "measure": "gap", "rate": "1/k"},
    {"given": STRONG, "method": "gd", "measure": "gap", "rate": "(1 - mu/L)**(2*k)"},
    {"given": STRONG, "method": "root", "measure": "gap", "limit": 0},
    {"given": STRONG, "method": "adam", "measure": "gap", "limit": 0},
]


@pytest.mark.parametrize("claim", FALSE, ids=lambda c: f"{c['method']} {c['measure']} {c.get('rate', 'limit')}")
def test_false_rates_and_limits_are_refuted(claim):
    assert verdict(**claim) is Verdict.REFUTED


@pytest.mark.parametrize("claim", OPEN, ids=lambda c: f"{c['method']} {c['measure']} {c.get('rate', 'limit')}")
def test_what_parabolas_do_not_refute_stays_open(claim):
    assert verdict(**claim) is None


def test_the_slow_parabola_is_shown():
    # lambda = 22/5, step 1/(4k): the factor is 1 - (11/10)/k, whose product is of the order k^(-11/10)
    assert modes.check(one(**FALSE[1]), Resources()).reason == (
        "on f(x) = (11/5) x^2 from 1, with L = 10, the measure is of the exact order k**(-11/10); claimed is O(k**(-2))"
    )


@pytest.mark.parametrize(
    ("problem", "rate", "expected"),
    [
        ("slow", "(4/5)**k", Verdict.PROVED),  # 1 - 2/10
        ("slow", "(79/100)**k", Verdict.REFUTED),
        ("slow", "k**(-9)", Verdict.PROVED),
        ("fast", "(2/5)**k", Verdict.PROVED),  # 1 - 6/10
        ("fast", "(39/100)**k", Verdict.REFUTED),
        ("both", "(4/5)**k", Verdict.PROVED),
        ("both", "(2/5)**k", Verdict.REFUTED),
        ("any", "(4/5)**k", Verdict.PROVED),
        ("any", "(2/5)**k", None),  # from some starts
        ("slow", "exp(-k/5)", Verdict.PROVED),  # exp(-0.2) = 0.8187
        ("slow", "exp(-k/4)", Verdict.REFUTED),  # exp(-0.25) = 0.7788
    ],
)
def test_concrete_quadratics_are_decided_both_ways(problem, rate, expected):
    assert verdict(problem=problem, method="tenth", measure="distance", rate=rate) is expected


@pytest.mark.parametrize(("start", "expected"), [([1, -1], Verdict.REFUTED), ([1, 1], Verdict.PROVED)])
def test_a_step_that_is_too_large_diverges_only_where_the_start_feels_it(start, expected):
    # step 0.4: the factors are 1 - 0.8 = 0.2 along (1, 1) and 1 - 2.4 = -1.4 along (1, -1)
    problem = {"objective": BOWL, "start": start}
    claim = {"problem": problem, "method": "gradient_descent", "parameters": {"alpha": "0.4"}, "measure": "gap"}
    assert verdict(**claim, limit=0) is expected


@pytest.mark.parametrize("noise", ["bounded_variance(c)", "gradient_error(c)", "bounded_gradients(c)"])
def test_other_oracles_are_not_covered_by_the_proof(noise):
    claim = one(problem="slow", method="tenth", measure="distance", rate="(4/5)**k", given=[noise])
    with pytest.raises(CertificateRejected, match="other oracles"):
        accept(to_document(claim), "geometric", {"factor": "4/5"})


@given(factor=st.integers(1, 40), scale=st.integers(1, 20), start=st.tuples(st.integers(-4, 4), st.integers(-4, 4)))
@settings(max_examples=30)
def test_multiplying_f_by_a_constant_changes_no_verdict(factor, scale, start):
    claim = {"method": "gradient_descent", "measure": "distance", "rate": f"({factor}/40)**k"}

    def found(constant):
        problem = {"objective": f"{constant}*({BOWL})", "start": list(start)}
        return verdict(**claim, problem=problem, parameters={"alpha": f"1/({10 * constant})"})

    assert found(1) is found(scale)


@pytest.mark.parametrize(
    ("rho", "order"),
    [
        ("1 - 3/(2*t)", "k**(-3/2)"),
        ("(t**2 - 2*t + 2)/(t**2 + 1)", "k**(-2)"),
        ("1/2", "(1/2)**k"),
        ("-1", "1"),
        ("(2*t + 1)/(t + 2)", "2**k*k**(-3/2)"),  # 2 (1 + 1/(2t)) (1 - 2/t + ...)
        ("1 - 1/(4*t**2)", "1"),
        ("1 - (1/3)**t", "1"),
    ],
)
def test_orders_of_products(rho, order):
    expected = parse_expression(order, {"k": COUNTERS["k"]})
    assert error_order(parse_expression(rho, {"t": COUNTERS["t"]})) == expected


@pytest.mark.parametrize(
    "rho", ["1 - 2/t", "1/t", "1 - t", "1 - 1/sqrt(t)", "0", "(t - 3)/(t + 1/2)", "1 - 2*(1/2)**t"]
)
def test_products_that_reach_zero_or_have_another_order_are_left_alone(rho):
    with pytest.raises(CertificateRejected):
        error_order(parse_expression(rho, {"t": COUNTERS["t"]}))


@given(decay=st.fractions(min_value="1/8", max_value=6, max_denominator=8).filter(lambda value: value.denominator > 1))
@settings(max_examples=30)
def test_orders_agree_with_the_product_itself(decay):
    # prod (1 - a/t) at 4k over that at k tends to 4^(-a)
    order = error_order(parse_expression(f"1 - ({decay})/t", {"t": COUNTERS["t"]}))
    product, marks = 1.0, {}
    for count in range(1, 40_001):
        product *= abs(1 - float(decay) / count)
        marks[count] = product
    assert marks[40_000] / marks[10_000] == pytest.approx(float(order.subs(COUNTERS["k"], 4)), rel=2e-3)


def test_forged_cycles_are_rejected():
    document = to_document(one(**FALSE[10]))
    good = {"values": {"mu": "1", "L": "1"}, "instance": [{"right": {"slopes": ["1"]}}], "start": ["1/200"]}
    assert accept(document, "cycles", {**good, "steps": 0, "period": 2}) is Verdict.REFUTED
    for change in ({"period": 1}, {"period": 0}, {"steps": -1}, {"start": ["1"]}, {"start": ["0"]}):
        with pytest.raises(CertificateRejected):
            accept(document, "cycles", {**good, "steps": 0, "period": 2, **change})


def test_a_method_that_changes_with_time_has_no_cycle():
    claim = one(given=STRONG, method={"step": "max(0, 3 - k)*g"}, measure="gap", limit=0)
    witness = {"values": {"mu": "1", "L": "1"}, "instance": [{"right": {"slopes": ["1"]}}], "start": ["1"]}
    for steps in range(5):
        with pytest.raises(CertificateRejected):
            accept(to_document(claim), "cycles", {**witness, "steps": steps, "period": 1})


@pytest.mark.parametrize("start", ["1/10", "0", "1/20"])
def test_only_small_gradients_are_stuck(start):
    # curvature 1: the gradient is the start itself, and the threshold is 1/20
    witness = {"values": {"mu": "1", "L": "1"}, "instance": [{"right": {"slopes": ["1"]}}], "start": [start]}
    document = to_document(one(**FALSE[13]))
    assert accept(document, "fixed_points", {**witness, "start": ["1/21"]}) is Verdict.REFUTED
    if start == "1/20":  # at the threshold itself the sign is 0
        assert accept(document, "fixed_points", witness) is Verdict.REFUTED
        return
    with pytest.raises(CertificateRejected):
        accept(document, "fixed_points", witness)
