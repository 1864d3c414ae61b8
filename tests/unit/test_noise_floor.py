"""Noise and errors that keep a method from the minimiser: three lemmas, their conditions, true claims that survive."""

import copy

import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check, noise_floor
from convergence.certificates.iteration import G, read_method, working
from convergence.certificates.oracles import Oracle
from convergence.certificates.separable import separable
from convergence.checks import Resources
from convergence.checks import noise_floor as search
from convergence.claims import paper
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.expressions import parse_expression
from convergence.verdicts import Verdict

SYMBOLS = dict.fromkeys(("mu", "L", "D", "G", "sigma", "delta"), "positive")
STRONG = ["strongly_convex(mu)", "smooth(L)", "unbiased", "bounded_variance(sigma)", "mu <= L"]
ERRORS = ["strongly_convex(mu)", "smooth(L)", "gradient_error(delta)", "mu <= L"]
METHODS = {
    "constant": {"parameters": {"alpha": "1/(2*L)"}, "step": "alpha*g"},
    "harmonic": {"parameters": {"alpha": "1/(mu*k)"}, "step": "alpha*g"},
    "quarter": {"parameters": {"alpha": "1/(4*mu*k)"}, "step": "alpha*g"},
    "root": {"parameters": {"alpha": "1/(L*sqrt(k))"}, "step": "alpha*g"},
    "known": {"parameters": {"alpha": "1/(L*sqrt(T))"}, "step": "alpha*g"},
    "mixed": {"parameters": {"alpha": "1/(L*sqrt(T + k))"}, "step": "alpha*g"},
    "summable": {"parameters": {"alpha": "1/(L*k**2)"}, "step": "alpha*sign(g)"},
    "sign": {"parameters": {"alpha": "1/sqrt(k)"}, "step": "alpha*sign(g)"},
    "clip": {"parameters": {"alpha": "1/(L*k)", "c": "sigma/2"}, "step": "alpha*g*c/max(c, norm(g))"},
    "threshold": {"parameters": {"alpha": "1/(L*k)"}, "step": "alpha*g*max(0, sign(abs(g) - sigma))"},
    "square": {"parameters": {"alpha": "1/(L*k)"}, "step": "alpha*g*abs(g)"},
    "decayed": {"parameters": {"alpha": "1/(L*k)"}, "step": "alpha*(sign(g) + theta)"},
    "heavy": {"parameters": {"alpha": "1/(4*L)"}, "state": {"m": 0}, "update": {"m": "m/2 + g"}, "step": "alpha*m"},
}


def claim(**keys):
    """One claim about a noisy method."""
    table = {"id": "x", "given": STRONG, "measure": "squared_distance", **keys}
    return paper("floors", symbols=SYMBOLS, methods=METHODS, claims=[table]).claims[0]


UNIT = {"mu": "1", "L": "1", "sigma": "1"}
FAIR = {"outcomes": [["1/2", "1"], ["1/2", "-1"]]}
SKEWED = {"outcomes": [["1/5", "2"], ["4/5", "-1/2"]]}
PARABOLA = [{"right": {"slopes": ["1"]}}]
RECURSION = {"values": UNIT, "oracle": FAIR, "curvature": "1", "reason": "recursion"}
FRESH = RECURSION | {"reason": "fresh"}
BIAS = {"values": UNIT, "oracle": SKEWED, "instance": PARABOLA, "radius": "1/4", "reason": "bias"}


@pytest.mark.parametrize(
    ("keys", "witness"),
    [
        # E x_{k+1}^2 = E x_k^2/4 + 1/4: it tends to 1/3
        ({"method": "constant", "limit": 0}, RECURSION),
        ({"method": "constant", "measure": "gap", "rate": "1/k"}, RECURSION),
        # (1 - 1/k)^2 a + 1/k^2: a[k] = 1/(k - 1)
        ({"method": "harmonic", "rate": "1/k**2"}, RECURSION),
        # Chung with 2/4 < 1: k^(-1/2)
        ({"method": "quarter", "rate": "1/k"}, RECURSION),
        # (1 - k^(-1/2))^2 a + 1/k: a ~ k^(-1/2)/2
        ({"method": "root", "measure": "squared_gradient_norm", "rate": "k**(-3/4)"}, RECURSION),
        # the last step adds noise of variance 1/16 to whatever was there
        ({"method": "heavy", "limit": 0}, FRESH),
        ({"method": "heavy", "measure": "gap", "rate": "1/k"}, FRESH),
        # the sign is -1 with probability 4/5 for |x| < 1/2
        ({"method": "sign", "limit": 0}, BIAS),
        ({"method": "sign", "measure": "distance", "rate": "k**(-1/4)"}, BIAS),
        # clipped to 1/2: 1/5 * 1/2 - 4/5 * 1/2 < 0
        ({"method": "clip", "measure": "gap", "limit": 0}, BIAS | {"radius": "1/64"}),
        # kept where |g| <= 1 = sigma: the 2 is seen as 0
        ({"method": "threshold", "measure": "gradient_norm", "limit": 0}, BIAS),
    ],
    ids=str,
)
def test_false_claims_are_refuted(keys, witness):
    """Each by the lemma that its derivation names; the search finds a refutation, too."""
    built = claim(**keys)
    assert check(to_document(built), "noise_floor", witness) is Verdict.REFUTED
    evidence = search.check(built, Resources())
    assert check(to_document(built), "noise_floor", evidence.certificate.witness) is evidence.verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    "keys",
    [
        {"method": "harmonic", "rate": "1/k"},
        {"method": "harmonic", "limit": 0},
        {"method": "harmonic", "measure": "gap", "rate": "log(k + 1)/k"},
        {"method": "quarter", "rate": "1/sqrt(k)", "given": [*STRONG, "mu == L"]},
        {"method": "root", "rate": "1/sqrt(k)"},
        {"method": "constant", "rate": "1"},
        {"method": "constant", "limit": 0, "given": [*STRONG, "deterministic"]},
        {"method": "constant", "limit": 0, "given": STRONG[:2]},
    ],
    ids=str,
)
def test_true_claims_survive(keys):
    """Chung (1954); and methods without noise."""
    built = claim(**keys)
    assert search.check(built, Resources()) is None
    for witness in (RECURSION, FRESH, BIAS):
        with pytest.raises(CertificateRejected):
            check(to_document(built), "noise_floor", witness)


@pytest.mark.parametrize(
    ("keys", "witness", "change", "reason"),
    [
        ({"method": "constant"}, RECURSION, {"curvature": "2"}, "smooth"),
        (
            {"method": "constant"},
            RECURSION,
            {"oracle": {"outcomes": [["1/2", "2"], ["1/2", "-2"]]}},
            "bounded_variance",
        ),
        ({"method": "constant"}, RECURSION, {"oracle": {"outcomes": [["1", "0"]]}}, "noise"),
        ({"method": "constant"}, RECURSION, {"oracle": {"errors": []}}, "gradient_error"),
        ({"method": "constant"}, RECURSION, {"oracle": {"error": "1"}}, "gradient_error"),
        ({"method": "constant"}, RECURSION, {"reason": "belief"}, "reason"),
        ({"method": "constant"}, RECURSION, {"values": {"mu": "1"}}, "no value"),
        ({"method": "constant", "measure": "distance"}, RECURSION, {}, "square"),
        ({"method": "heavy"}, RECURSION, {}, "without memory"),
        ({"method": "sign"}, FRESH, {}, "multiple"),
        ({"method": "sign"}, BIAS, {"oracle": FAIR}, "driven away"),
        ({"method": "sign"}, BIAS, {"radius": "1/2"}, "sign"),
        ({"method": "sign"}, BIAS, {"radius": "0"}, "radius"),
        ({"method": "sign"}, BIAS, {"instance": [{"right": {"slopes": ["1", "0"], "cuts": ["1"]}}]}, "strongly_convex"),
        ({"method": "summable"}, BIAS, {}, "diverges"),
        ({"method": "square"}, BIAS, {}, "faster than g"),
        ({"method": "decayed"}, BIAS, {}, "psi"),
        ({"method": "heavy"}, BIAS, {}, "without memory"),
        ({"method": "constant"}, BIAS, {}, "driven away"),
    ],
    ids=str,
)
def test_every_condition_is_checked(keys, witness, change, reason):
    """A changed witness, or a rule to which a lemma does not apply, is rejected."""
    document = to_document(claim(**{"limit": 0} | keys))
    with pytest.raises(CertificateRejected, match=reason):
        check(document, "noise_floor", copy.deepcopy(witness) | change)


def test_an_error_in_every_step_moves_the_rest_point():
    """With the error -delta gradient descent rests at delta/mu; errors that may vanish prove nothing."""
    witness = {"values": {"mu": "1", "L": "1", "delta": "1"}, "instance": PARABOLA, "radius": "1/4", "reason": "bias"}
    witness["oracle"] = {"error": "-1"}
    document = to_document(claim(method="constant", given=ERRORS, measure="distance", limit=0))
    assert check(document, "noise_floor", witness) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match="above gradient_error"):
        check(document, "noise_floor", witness | {"oracle": {"error": "-2"}})
    vanishing = [ERRORS[0], ERRORS[1], "gradient_error(delta/k)", "mu <= L"]
    document = to_document(claim(method="constant", given=vanishing, measure="distance", limit=0))
    with pytest.raises(CertificateRejected):
        check(document, "noise_floor", witness)


HORIZON = {"values": {"L": "2", "sigma": "1"}, "oracle": FAIR, "curvature": "2", "reason": "horizon"}
NONCONVEX = ["smooth(L)", "bounded_below", "unbiased", "bounded_variance(sigma)"]


@pytest.mark.parametrize(("rate", "refuted"), [("1/T", True), ("T**(-2/3)", True), ("1/sqrt(T)", False)])
def test_steps_that_know_the_horizon(rate, refuted):
    """Steps 1/(L sqrt(T)) on L x^2/2: E x_t^2 settles at about sigma^2/(2 L^2 sqrt(T)) after sqrt(T) steps."""
    keys = {"method": "known", "given": NONCONVEX, "measure": "average_squared_gradient_norm", "rate": rate}
    built = claim(**keys)
    if refuted:
        assert check(to_document(built), "noise_floor", HORIZON) is Verdict.REFUTED
        assert search.check(built, Resources()).verdict is Verdict.REFUTED
    else:
        assert search.check(built, Resources()) is None
        with pytest.raises(CertificateRejected, match="satisfies the claim"):
            check(to_document(built), "noise_floor", HORIZON)
    for method in ("constant", "root", "mixed"):
        with pytest.raises(CertificateRejected, match="horizon"):
            check(to_document(claim(**keys | {"method": method})), "noise_floor", HORIZON)


@pytest.mark.parametrize("horizon", [4, 100, 2500])
def test_the_mean_square_is_a_lower_bound(horizon):
    """Against the sum of E x_t^2 itself, phi = (1 - 1/sqrt(T))^2 and b^2 = 1/(4 T), for the three windows."""
    document = to_document(claim(method="known", given=NONCONVEX, measure="average_squared_gradient_norm", rate="1/T"))
    method = read_method(document["method"], document)
    values = {name: fmpq(2) for name in method.free if str(name) == "L"}
    lower = float(noise_floor.mean_square(method, fmpq(2), fmpq(1), values).subs(noise_floor.K, horizon))
    squares = [0.0]
    for _ in range(horizon):
        squares.append((1 - horizon**-0.5) ** 2 * squares[-1] + 1 / (4 * horizon))
    for window in (squares[1:], squares[:-1], squares):
        assert lower <= 4 * sum(window) / len(window)


@settings(deadline=None, max_examples=80)
@given(
    place=st.fractions(-1, 1, max_denominator=32),
    skew=st.sampled_from([fmpq(2), fmpq(1, 2), fmpq(3)]),
    name=st.sampled_from(["sign(g)", "min(1, max(-1, g))", "g/max(1, abs(g))", "g*max(0, sign(abs(g) - 1/10))"]),
)
def test_mean_pushes_hold_the_mean_at_every_place(place, skew, name):
    """The ball for |x| <= r contains E psi(x + noise) at every such x."""
    psi = parse_expression(name, {"g": G})
    p = 1 / (1 + skew**2)
    oracle = Oracle(outcomes=((p, skew), (1 - p, -1 / skew)))
    radius = fmpq(1, 8)
    x = fmpq(place.numerator, place.denominator) * radius
    with working(256):
        ball = noise_floor.mean_push(separable(PARABOLA), psi, oracle, radius)
        single = sum(
            (arb(chance) * noise_floor.exact.ball(psi, {G: arb(x + value)}, 256) for chance, value in oracle.outcomes),
            start=arb(0),
        )
    assert ball.overlaps(single) and ball.upper() >= single.lower() and ball.lower() <= single.upper()


@settings(deadline=None, max_examples=20)
@given(power=st.sampled_from(["k", "sqrt(k)", "k**(2/3)"]), curvature=st.sampled_from(["1", "3/2", "2"]))
def test_the_recursion_is_that_of_the_second_moment(power, curvature):
    """rho = 1 - curvature a(k) and forcing a(k)^2, at k = 1, ..., 5."""
    document = to_document(claim(method="harmonic", parameters={"alpha": f"1/{power}"}, limit=0))
    found = noise_floor.recursion(read_method(document["method"], document), fmpq(curvature), fmpq(1), {})
    for count in range(1, 6):
        a = 1 / parse_expression(power, {"k": noise_floor.K}).subs(noise_floor.K, count)
        assert (found.phi.subs(noise_floor.K, count) - (1 - a * parse_expression(curvature, {})) ** 2).equals(0)
        assert (found.forcing.subs(noise_floor.K, count) - a**2).equals(0)


@pytest.mark.parametrize(
    ("given", "keys", "witness"),
    [
        # noise of variance 1/T^2 after k = T steps: E x^2 is of the order 1/k^2
        (["bounded_variance(sigma/T)", "unbiased"], {"method": "constant", "rate": "1/k"}, RECURSION),
        (["gradient_error(delta/T)"], {"method": "constant", "rate": "1/k"}, BIAS | {"oracle": {"error": "1"}}),
        # a step 1/(L sqrt(T)) is no constant
        (
            ["bounded_variance(sigma)", "unbiased"],
            {"method": "known", "measure": "average_squared_gradient_norm", "rate": "1/sqrt(k)"},
            RECURSION | {"reason": "horizon"},
        ),
    ],
    ids=str,
)
def test_no_horizon_may_be_chosen_for_a_rate(given, keys, witness):
    document = to_document(claim(given=["strongly_convex(mu)", "smooth(L)", *given], **keys))
    values = {**dict.fromkeys(document["symbols"], "1"), "T": "1"}
    with pytest.raises(CertificateRejected, match="no symbol 'T'"):
        check(document, "noise_floor", witness | {"values": values})
