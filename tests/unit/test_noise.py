"""Expectations over all outcomes of two-point noise, and errors of a given size: exact values and their rejections."""

import copy
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check, expected_bound
from convergence.checks import Resources, errors
from convergence.checks import noise as search
from convergence.claims import paper
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

SYMBOLS = dict.fromkeys(("L", "mu", "D", "G", "sigma", "delta"), "positive")
SMOOTH = ["convex", "smooth(L)", "initial_distance(D)", "unbiased", "bounded_variance(sigma)"]
DOMAIN = ["convex", "bounded_domain(D)", "unbiased", "bounded_gradients(G)"]
METHODS = {
    "sgd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "sign": {"parameters": {"alpha": "1"}, "step": "alpha*sign(g)"},
    "average": {"parameters": {"alpha": "1/(2*L)"}, "step": "alpha*g"},
}
PARABOLA = [{"right": {"slopes": ["1"]}}]
FAIR = {"outcomes": [["1/2", "1"], ["1/2", "-1"]]}
SKEWED = {"outcomes": [["1/5", "2"], ["4/5", "-1/2"]]}


def claim(**keys):
    """One claim about a noisy method."""
    table = {"id": "x", "given": SMOOTH, "method": "sgd", "measure": "squared_distance", **keys}
    return paper("noise", symbols=SYMBOLS, methods=METHODS, claims=[table]).claims[0]


def witness(oracle, start, steps, **keys):
    """On x^2/2 with L = D = sigma = 1."""
    values = {"L": "1", "D": "1", "sigma": "1"}
    return {
        "values": values,
        "instance": PARABOLA,
        "start": [start],
        "k": steps,
        "oracle": oracle,
        "precision": 0,
    } | keys


def expected(document, offered):
    """The expectation as a number."""
    return Fraction(expected_bound.both_sides(document, offered)[0].partition(" = ")[0])


@settings(deadline=None, max_examples=30)
@given(
    steps=st.integers(1, 6),
    ratio=st.sampled_from([Fraction(1), Fraction(2), Fraction(1, 3)]),
    start=st.sampled_from(["0", "1", "-1/2"]),
    inverse=st.integers(1, 4),
)
def test_the_variance_of_sgd_on_a_parabola(steps, ratio, start, inverse):
    """E x_{k+1}^2 = (1 - a)^2 E x_k^2 + a^2 sigma^2 for steps a on x^2/2, whatever the skew of the noise."""
    methods = {"sgd": {"parameters": {"alpha": f"1/({inverse}*L)"}, "step": "alpha*g"}}
    table = {"id": "x", "given": SMOOTH, "method": "sgd", "measure": "squared_distance", "bound": "L*D*sigma/k"}
    document = to_document(paper("noise", symbols=SYMBOLS, methods=methods, claims=[table]).claims[0])
    p = 1 / (1 + ratio**2)
    oracle = {"outcomes": [[str(p), str(ratio)], [str(1 - p), str(-1 / ratio)]]}
    a, second = Fraction(1, inverse), Fraction(start) ** 2
    for _ in range(steps):
        second = (1 - a) ** 2 * second + a**2
    assert expected(document, witness(oracle, start, steps)) == second


def test_signs_do_not_see_through_skewed_noise():
    """Noise 2 (p = 1/5) or -1/2 at the minimiser: the sign is -1 with probability 4/5, so that E x_1 = 3/5, E|x_1| = 1.

    From 1 the gradient is 3 or 1/2, both positive: x_2 = 0. From -1 it is 1 or -3/2: x_2 = -2 with probability 1/5.
    So E|x_2| = 4/5 * 0 + 1/5 * (1/5 * 2 + 4/5 * 0) = 2/25.
    """
    document = to_document(claim(method="sign", measure="distance", bound="L*D*sigma/50"))
    assert expected(document, witness(SKEWED, "0", 1)) == 1
    assert expected(document, witness(SKEWED, "0", 2)) == Fraction(2, 25)


def test_all_readings_of_averages_by_hand():
    """Steps 1/2 from 1 with fair noise: E x_1^2 = 1/4 + 1/4 = 1/2, E x_2^2 = 1/8 + 1/4 = 3/8.

    The mean squared gradient is at least (1/2 + 3/8)/2 = 7/16 (without the start); E f(x_0) + E f(x_1) = 1/2 + 1/4.
    """
    keys = {"method": "average", "given": ["smooth(L)", *SMOOTH[2:]]}
    mean = to_document(claim(measure="average_squared_gradient_norm", bound="L*D*sigma/k**3", **keys))
    assert expected(mean, witness(FAIR, "1", 2)) == Fraction(7, 16)
    regret = to_document(claim(measure="regret", bound="L*D*sigma/k**3", **keys))
    assert expected(regret, witness(FAIR, "1", 2)) == Fraction(3, 4)
    best = to_document(claim(measure="best_gap", bound="L*D*sigma/k**4", **keys))
    # x_1 = 0 or 1, x_2 = +-1/2 or 0 or 1: least gaps 0, 0, 0, 1/2 with probability 1/4 each
    assert expected(best, witness(FAIR, "1", 2)) == Fraction(1, 8)


def test_the_mean_iterate_by_hand():
    """Step 1/2 from 0, fair noise: x_1 = +-1/2, x_2 = x_1/2 +- 1/2. Three windows are meant, the least counts.

    Of x_0, x_1 the mean is +-1/4: E gap = 1/32; of x_1, x_2 it is +-3/8 +- 1/4: E gap = (9/64 + 1/16)/2 = 13/128;
    of all three 2/3 of that, E gap = 13/288.
    """
    document = to_document(claim(method="average", measure="average_iterate_gap", bound="L*D*sigma/k**5"))
    assert expected(document, witness(FAIR, "0", 2)) == min(Fraction(1, 32), Fraction(13, 128), Fraction(13, 288))


def test_too_many_outcomes_are_rejected():
    """Runs in balls never meet, so that 2**15 of them are too many; in rationals they meet on a lattice."""
    document = to_document(claim(bound="L*D*sigma/k**5"))
    with pytest.raises(CertificateRejected, match="at most"):
        check(document, "expected_bound", witness(FAIR, "0", 15, precision=64))
    assert check(document, "expected_bound", witness(FAIR, "0", 200)) is Verdict.REFUTED


GOOD = witness(SKEWED, "0", 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"oracle": {"outcomes": [["1/5", "4"], ["4/5", "-1"]]}}, "bounded_variance"),
        ({"oracle": {"outcomes": [["1/5", "2"], ["4/5", "1/2"]]}}, "mean 0"),
        ({"oracle": {"outcomes": [["1/5", "2"], ["3/5", "-2/3"]]}}, "add up to 1"),
        ({"oracle": {"outcomes": [["-1/5", "-3"], ["6/5", "-1/2"]]}}, "probabilities"),
        ({"oracle": {"outcomes": []}}, "outcomes"),
        ({"oracle": {"errors": ["1"]}}, "gradient_error"),
        ({"oracle": {}}, "outcomes of noise, or errors"),
        ({"start": ["2"]}, "initial_distance"),
        ({"start": ["0", "0"]}, "one variable"),
        ({"instance": [{"right": {"slopes": ["2"]}}]}, "smooth"),
        ({"k": 0}, "steps"),
        ({"values": {"L": "1", "D": "1"}}, "no value"),
    ],
)
def test_every_entry_of_an_expectation_is_checked(change, reason):
    """A changed witness of a true refutation is rejected, with the condition that fails."""
    document = to_document(claim(method="sign", measure="distance", bound="D*L*sigma/2"))
    assert check(document, "expected_bound", GOOD) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match=reason):
        check(document, "expected_bound", copy.deepcopy(GOOD) | change)


@pytest.mark.parametrize("word", ["unbiased", "deterministic"])
def test_noise_needs_the_word_unbiased(word):
    """Without `unbiased`, or with `deterministic`, the gradient is the gradient."""
    given = [name for name in SMOOTH if name != "unbiased"] if word == "unbiased" else [*SMOOTH, word]
    document = to_document(claim(method="sign", measure="distance", bound="D*L*sigma/2", given=given))
    with pytest.raises(CertificateRejected):
        check(document, "expected_bound", GOOD)


def test_bounded_gradients_count_the_noise():
    """On 3/5 |x| noise of 4/5 gives E|g|^2 = 9/25 + 16/25 = 1 = G^2, and not more."""
    document = to_document(claim(method="sign", measure="gap", bound="D*G/20", given=DOMAIN))
    fair = {"outcomes": [["1/2", "4/5"], ["1/2", "-4/5"]]}
    offered = witness(fair, "0", 1, values={"D": "2", "G": "1"}, domain=["-1", "1"])
    offered["instance"] = [{"right": {"slopes": ["0"], "jump": "3/5"}}]
    assert expected(document, offered) == Fraction(3, 5)  # x_1 = +-1
    assert check(document, "expected_bound", offered) is Verdict.REFUTED
    steep = [{"right": {"slopes": ["0"], "jump": "61/100"}}]
    with pytest.raises(CertificateRejected, match="bounded_gradients"):
        check(document, "expected_bound", offered | {"instance": steep, "start": ["1"]})


@pytest.mark.parametrize("domain", [["-1", "2"], ["1/2", "5/2"], ["-2", "0"]])
def test_domains_have_the_stated_diameter_and_hold_minimiser_and_start(domain):
    """Projection on [-1, 1] keeps x_1 at 1 where the step leads to 2."""
    document = to_document(claim(method="sign", measure="distance", bound="D*G/20", given=DOMAIN))
    fair = {"outcomes": [["1/2", "4/5"], ["1/2", "-4/5"]]}
    offered = witness(fair, "1/2", 2, values={"D": "2", "G": "1"}, domain=["-1", "1"])
    offered["instance"] = [{"right": {"slopes": ["0"], "jump": "3/5"}}]
    # the noise decides the sign: x_1 = -1/2 or 1 (stopped); x_2 = -1 or 1/2 from -1/2, 0 or 1 from 1
    assert expected(document, offered) == (1 + Fraction(1, 2) + 0 + 1) / 4
    with pytest.raises(CertificateRejected):
        check(document, "expected_bound", offered | {"domain": domain})


def test_errors_are_an_adversarys():
    """With step 1/L an error e moves the iterate to -e/L: an error of -delta leads to delta/L, and holds it there."""
    given = ["convex", "smooth(L)", "initial_distance(D)", "gradient_error(delta)"]
    document = to_document(claim(given=given, measure="distance", bound="D*delta/(2*L)"))
    offered = witness({"errors": ["-1", "-1"]}, "0", 2, values={"L": "1", "D": "1", "delta": "1"})
    assert expected(document, offered) == 1
    assert check(document, "expected_bound", offered) is Verdict.REFUTED
    for longer in (["-1", "-2"], ["-1"], ["-1", "-1", "-1"]):
        with pytest.raises(CertificateRejected):
            check(document, "expected_bound", offered | {"oracle": {"errors": longer}})


@pytest.mark.parametrize("word", ["bounded_variance(sigma)", "bounded_gradients(G)", "deterministic", "unbiased"])
def test_errors_are_those_of_claims_that_say_nothing_else_of_the_answers(word):
    """E |g - f'|^2 <= sigma^2 bounds an error, too: 10 is too large for it, whatever delta is."""
    given = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)", "gradient_error(delta)", word]
    document = to_document(claim(given=given, bound="2*D**2"))
    values = {"delta": "100"} | dict.fromkeys(document["symbols"].keys() - {"delta"}, "1")
    offered = witness({"errors": ["-10"]}, "1", 1, values=values)
    with pytest.raises(CertificateRejected, match=r"nothing else about|returns the gradient itself"):
        check(document, "expected_bound", offered)


def test_no_hypothesis_is_lost_beside_another_of_its_name():
    """The smaller of two bounds on the variance, or on an error, is not met."""
    noisy = ["convex", "smooth(L)", "initial_distance(D)", "unbiased", "bounded_variance(sigma/9)"]
    document = to_document(claim(given=[*noisy, "bounded_variance(sigma)"], bound="D**2 + sigma**2/9"))
    with pytest.raises(CertificateRejected, match="bounded_variance is given twice"):
        check(document, "expected_bound", witness(FAIR, "1", 1))
    exact = ["convex", "smooth(L)", "initial_distance(D)", "gradient_error(0)", "gradient_error(delta)"]
    document = to_document(claim(given=exact, bound="D**2"))
    values = {"L": "1", "D": "1", "delta": "1"}
    run = {"values": values, "instance": PARABOLA, "start": ["1"], "k": 1, "precision": 0, "errors": [["2"]]}
    with pytest.raises(CertificateRejected, match="gradient_error is given twice"):
        check(document, "trajectory", run)


FALSE = [
    {"measure": "squared_distance", "bound": "sigma**2/(2*L**2) + D**2/k"},
    {"method": "sign", "measure": "distance", "bound": "D/k"},
    {"method": "sign", "measure": "gap", "bound": "D*G/(10*k)", "given": DOMAIN},
]
TRUE = [
    {"measure": "squared_distance", "bound": "sigma**2/L**2*k + D**2"},
    {"measure": "gap", "bound": "L*D**2/2 + sigma**2*k/(2*L)"},
]


@pytest.mark.parametrize("keys", FALSE, ids=str)
def test_the_search_refutes_what_is_false(keys):
    """Every hit is accepted by the trusted core."""
    built = claim(**keys)
    evidence = search.check(built, Resources())
    assert evidence.verdict is Verdict.REFUTED
    assert check(to_document(built), evidence.certificate.kind, evidence.certificate.witness) is Verdict.REFUTED


@pytest.mark.parametrize("keys", TRUE, ids=str)
def test_the_search_says_what_it_tried_of_true_claims(keys):
    """E x_{k+1}^2 <= E x_k^2 + sigma^2/L^2 for steps 1/L, since x - f'(x)/L does not expand for convex L-smooth f."""
    evidence = search.check(claim(**keys), Resources())
    assert evidence.verdict is Verdict.UNDECIDED
    assert evidence.certificate is None and evidence.figures and evidence.decisive


ERRORS = ["strongly_convex(mu)", "smooth(L)", "mu <= L", "initial_distance(D)", "gradient_error(delta)"]


@pytest.mark.parametrize(
    ("given", "bound", "expected_verdict"),
    [
        # |x_{k+1}| <= (1 - mu/L) |x_k| + delta/L, so that (1 - mu/L)^k D + delta/mu is never exceeded
        (ERRORS, "(1 - mu/L)**k*D + delta/mu", Verdict.UNDECIDED),
        (ERRORS, "(1 - mu/L)**k*D + delta/(2*mu)", Verdict.REFUTED),
        # with errors delta/k^2 the first step alone moves by delta/L
        ([*ERRORS[:-1], "gradient_error(delta/k**2)"], "(1 - mu/L)**k*D + delta/(2*L*k)", Verdict.REFUTED),
        ([*ERRORS[:-1], "gradient_error(delta/k**2)"], "(1 - mu/L)**k*D + delta/mu", Verdict.UNDECIDED),
    ],
)
def test_the_search_for_errors(given, bound, expected_verdict):
    """An adversary of the allowed size refutes what is false, and says what it tried otherwise."""
    built = claim(given=given, measure="distance", bound=bound)
    evidence = errors.check(built, Resources())
    assert evidence.verdict is expected_verdict and evidence.figures
    if evidence.certificate is not None:
        witness = evidence.certificate.witness
        assert check(to_document(built), "expected_bound", witness) is Verdict.REFUTED
        size = Fraction(witness["oracle"]["errors"][0])
        mutant = witness | {"oracle": {"errors": [str(3 * size), *witness["oracle"]["errors"][1:]]}}
        with pytest.raises(CertificateRejected, match="above gradient_error"):
            check(to_document(built), "expected_bound", mutant)


def test_claims_without_noise_are_left_alone():
    """Other routes run deterministic methods."""
    assert search.check(claim(given=["convex", "smooth(L)"], bound="L*D*sigma"), Resources()) is None
    assert search.check(claim(given=[*SMOOTH, "online"], bound="L*D*sigma"), Resources()) is None
