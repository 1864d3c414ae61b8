"""Online losses: regret in exact games, regret that provably grows with every round, and claims no game refutes."""

import copy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

from convergence.certificates import check, drift, online, regret_bound
from convergence.certificates.exact import to_fmpq
from convergence.certificates.iteration import read_method
from convergence.checks import Resources
from convergence.checks import online as search
from convergence.claims import paper
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.methods import METHODS
from convergence.methods.rule import t
from convergence.problems.online import Periodic
from convergence.simulation import OnlineGroup, simulate_online
from convergence.verdicts import Verdict

SYMBOLS = {"D": {"domain": "positive", "range": ["1/2", 4]}, "G": {"domain": "positive", "range": ["1/2", 4]}}
ONLINE = ["convex", "online", "bounded_domain(D)", "bounded_gradients(G)"]
SHORT_MEMORY = {"alpha": "D/(4*sqrt(t))", "beta1": "0", "beta2": "1/10"}
UNIT = {"D": "2", "G": "1"}  # the domain [-1, 1] and slopes up to 1
REDDI = {
    "values": UNIT,
    "losses": ["1", "-3/7", "-3/7"],
    "after": 300,
    "slack": {"m": "1/1000", "v": "1/1000"},
}


def claim(**keys):
    """One claim about average regret, as the checks read it."""
    table = {"id": "x", "given": ONLINE, "measure": "average_regret", **keys}
    return paper("regret", symbols=SYMBOLS, claims=[table]).claims[0]


def descent(alpha, **keys):
    """Gradient descent with a step size."""
    return claim(method="gradient_descent", parameters={"alpha": alpha}, **keys)


def short_memory(**keys):
    """Adam without momentum and with beta2 = 1/10, against which Reddi, Kale & Kumar's example was made."""
    return claim(**{"method": "adam", "parameters": SHORT_MEMORY, "rate": "1/sqrt(k)"} | keys)


# --- finite games


def game_of(alpha, losses, start, rounds, **keys):
    """A witness."""
    return {"values": UNIT, "losses": losses, "start": start, "k": rounds, "precision": 0} | keys


def test_regret_of_a_game_by_hand():
    """Step 1/2 on [-1, 1] from 1 against 1, -1, -1, ...: plays 1, 1/2, 1, 1 (stopped at the end), 1/2, ...

    Three rounds cost 1 - 1/2 - 1 = -1/2; the best point is 1 with total -1, so that the regret is 1/2.
    """
    document = to_document(descent("1/2", measure="regret", bound="D*G*k/13"))
    assert regret_bound.both_sides(document, game_of("1/2", ["1", "-1", "-1"], "1", 3)) == (
        "1/2 = 0.5",
        "0.461538461538",
    )
    assert check(document, "regret_bound", game_of("1/2", ["1", "-1", "-1"], "1", 3)) is Verdict.REFUTED


def test_a_bound_that_the_game_meets_exactly_is_not_refuted():
    """The first round from the wrong end costs D G; a bound of D G/sqrt(k) is met, and smaller ones fail."""
    first = game_of("D/(G*sqrt(t))", ["1"], "1", 1)
    with pytest.raises(CertificateRejected, match="not surely above"):
        check(to_document(descent("D/(G*sqrt(t))", bound="D*G/sqrt(k)")), "regret_bound", first)
    smaller = to_document(descent("D/(G*sqrt(t))", bound="9999/10000*D*G/sqrt(k)"))
    assert check(smaller, "regret_bound", first) is Verdict.REFUTED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"losses": ["2"]}, "bounded_gradients"),
        ({"losses": []}, "losses"),
        ({"start": "11/10"}, "start"),
        ({"k": 0}, "steps"),
        ({"values": {"D": "2"}}, "no value"),
        ({"values": {"D": "2", "G": "5"}}, "range"),
        ({"losses": ["-1"]}, "not surely above"),
    ],
)
def test_every_entry_of_a_game_is_checked(change, reason):
    """A changed witness of a true refutation is rejected, with the condition that fails."""
    document = to_document(descent("D/(G*sqrt(t))", bound="D*G/(4*sqrt(k))"))
    witness = game_of("", ["1"], "1", 1)
    assert check(document, "regret_bound", witness) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match=reason):
        check(document, "regret_bound", witness | change)


@pytest.mark.parametrize("missing", ["online", "bounded_domain(D)"])
def test_games_need_their_hypotheses(missing):
    """Losses that change are instances of claims that allow them, on a bounded domain."""
    document = to_document(descent("1/2", given=[name for name in ONLINE if name != missing], bound="D*G/(4*sqrt(k))"))
    with pytest.raises(CertificateRejected, match=r"expected online|no value|fixed by"):
        check(document, "regret_bound", game_of("", ["1"], "1", 1))


def test_strong_convexity_excludes_linear_losses():
    """A linear loss is not strongly convex, so that logarithmic regret is not refuted by linear games."""
    document = to_document(descent("1/t", given=[*ONLINE, "strongly_convex(G)"], bound="D*G/(4*sqrt(k))"))
    with pytest.raises(CertificateRejected, match="strongly_convex"):
        check(document, "regret_bound", game_of("", ["1"], "1", 1))


@settings(deadline=None, max_examples=60)
@given(
    signs=st.lists(st.sampled_from(["1", "-1", "1/3", "-2/5"]), min_size=1, max_size=8),
    start=st.sampled_from(["1", "-1", "0", "1/3"]),
    rounds=st.integers(1, 25),
)
def test_zinkevichs_bound_survives_every_game(signs, start, rounds):
    """Zinkevich (2003), Theorem 1: the mean regret is at most 3 D G/(2 sqrt(k))."""
    document = to_document(descent("D/(G*sqrt(t))", bound="3/2*D*G/sqrt(k)"))
    with pytest.raises(CertificateRejected, match="not surely above"):
        check(document, "regret_bound", game_of("", signs, start, rounds, precision=128))


# --- regret that grows with every round


def test_adams_average_regret_does_not_vanish():
    """Reddi, Kale & Kumar (2018), Theorem 1, with a drift of 1/7 in three rounds of slope 1."""
    assert check(to_document(short_memory()), "regret_growth", REDDI) is Verdict.REFUTED
    limit = claim(method="adam", parameters=SHORT_MEMORY, limit=0)
    assert check(to_document(limit), "regret_growth", REDDI) is Verdict.REFUTED


def test_the_certified_regret_is_the_regret_of_a_run():
    """The run ends at the wrong end of [-1, 1]: each period of 3 rounds costs 2 R S = 2/7, S = 1 - 6/7."""
    losses = Periodic(name="three", pattern=np.array([1, -3 / 7, -3 / 7]))
    rule = short_memory().method.with_parameters(alpha=Rational(1, 2) / t ** Rational(1, 2))
    trace = simulate_online(rule, OnlineGroup(losses=losses, starts=np.zeros((1, 1))), np.array([90_000]), ["regret"])
    assert trace.measures["regret"][0, 0] == pytest.approx(30_000 * 2 / 7, rel=0.02)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"losses": ["1", "-1/2", "-1/2"]}, "best point"),  # no drift: every point is as good
        ({"losses": ["1", "-1/100", "-1/100"]}, "wrong end"),  # the large loss wins: the run goes to the right end
        ({"losses": ["3/2", "-3/7", "-3/7"]}, "bounded_gradients"),
        ({"after": 301}, "whole periods"),
        ({"after": -3}, "at most"),
        ({"after": 10**9}, "at most"),
        ({"slack": {"m": "1/1000", "v": "-1"}}, "negative"),
        ({"slack": {"m": "1/1000", "v": "100"}}, "finite"),
        ({"slack": {"m": "1/1000"}}, "malformed"),
        ({"values": {"D": "2", "G": "9"}}, "range"),
    ],
)
def test_every_entry_of_a_drift_is_checked(change, reason):
    """A changed witness is rejected, with the condition that fails."""
    assert check(to_document(short_memory()), "regret_growth", REDDI) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match=reason):
        check(to_document(short_memory()), "regret_growth", copy.deepcopy(REDDI) | change)


def test_a_box_that_a_period_leaves_is_rejected():
    """With beta2 = 99/100 the second moment still grows after 30 steps."""
    document = to_document(short_memory(parameters=SHORT_MEMORY | {"beta2": "99/100"}))
    with pytest.raises(CertificateRejected, match="map the box"):
        check(document, "regret_growth", REDDI | {"after": 30})


def test_a_regret_of_the_order_k_is_not_refuted():
    """Regret grows at most with every round, so that O(k) is true of everything."""
    document = to_document(short_memory(measure="regret", rate="k"))
    with pytest.raises(CertificateRejected, match="satisfies the claim"):
        check(document, "regret_growth", REDDI)


@settings(deadline=None, max_examples=25)
@given(
    beta1=st.sampled_from(["0", "1/2", "9/10"]),
    beta2=st.sampled_from(["1/10", "9/10", "99/100"]),
    signs=st.lists(st.sampled_from([Fraction(1), Fraction(-1, 3), Fraction(2, 5)]), min_size=2, max_size=4),
    extra=st.integers(0, 40),
)
def test_enclosures_hold_the_displacements_of_exact_runs(beta1, beta2, signs, extra):
    """Whatever box is accepted, the displacement of a later step lies in the ball of its place in the period."""
    document = to_document(
        claim(method="adam", parameters={"alpha": "1/t", "beta1": beta1, "beta2": beta2}, rate="1/sqrt(k)")
    )
    rule = drift.driven(read_method(document["method"], document), {})
    pattern = [to_fmpq(str(value)) for value in signs]
    after = 840  # a multiple of every length; 0.99**840 is far below the slack
    slack = dict.fromkeys(rule.states, to_fmpq("1/100"))
    balls = drift.displacements(rule, pattern, after, slack)
    count = after + 1 + extra
    old = drift.states_after(rule, pattern, count - 1)
    new = drift.states_after(rule, pattern, count)
    place = (count - 1) % len(pattern)
    table = {**new, **{rule.old[name]: value for name, value in old.items()}}
    table |= {drift.G: pattern[place], drift.STEP: to_fmpq(count)}
    assert rule.power == 1
    assert balls[place].contains(drift.exact.ball(rule.displacement, table, 192))


def test_constant_steps_of_the_domains_width_are_refuted_by_the_adversary():
    """x_{t+1} = -x_t or an end: every two rounds cost at least R G, so that the mean regret stays above G R/2."""
    document = to_document(descent("D/G", rate="1/sqrt(k)"))
    assert check(document, "regret_growth", {"values": UNIT, "adversary": "1"}) is Verdict.REFUTED
    for bad in ("0", "-1", "2"):
        with pytest.raises(CertificateRejected):
            check(document, "regret_growth", {"values": UNIT, "adversary": bad})


@pytest.mark.parametrize(("rate", "refuted"), [("1/k", True), ("log(k + 1)/k", True), ("1/sqrt(k)", False)])
def test_the_adversary_shows_the_square_root_and_no_more(rate, refuted):
    """Steps D/(G sqrt(t)) add up to 2 D sqrt(k)/G: the mean regret is at least of the order 1/sqrt(k)."""
    witness = {"values": UNIT, "adversary": "1"}
    for method, parameters in (("gradient_descent", {"alpha": "D/(G*sqrt(t))"}), ("adagrad_norm", {"alpha": "D"})):
        document = to_document(claim(method=method, parameters=parameters, rate=rate))
        if refuted:
            assert check(document, "regret_growth", witness) is Verdict.REFUTED
        else:
            with pytest.raises(CertificateRejected, match="satisfies the claim"):
                check(document, "regret_growth", witness)


@settings(deadline=None, max_examples=30)
@given(
    name=st.sampled_from(["amsgrad_uncorrected", "amsgrad", "adagrad", "gradient_descent"]),
    losses=st.lists(st.sampled_from(["1", "-1", "1/3", "-1/3", "-3/7"]), min_size=1, max_size=6),
    slack=st.sampled_from(["1/1000", "1/10", "1"]),
)
def test_methods_with_vanishing_regret_are_never_refuted(name, losses, slack):
    """AMSGrad, AdaGrad and gradient descent have a regret of the order sqrt(k) with these steps."""
    alpha = "D" if name == "adagrad" else "D/sqrt(t)"
    document = to_document(claim(method=name, parameters={"alpha": alpha}, rate="1/sqrt(k)"))
    states = dict.fromkeys(METHODS[name].to_document()["state"], slack)
    witness = {"values": UNIT, "losses": losses, "after": 30 * len(losses), "slack": states}
    with pytest.raises(CertificateRejected):
        check(document, "regret_growth", witness)


# --- the search


@pytest.mark.parametrize(
    "known_false",
    [
        claim(method="adam", parameters={"alpha": "D/sqrt(t)"}, limit=0),
        short_memory(),
        claim(method="rmsprop", parameters={"alpha": "D/sqrt(t)", "rho": "9/10"}, rate="1/sqrt(k)"),
        claim(method="nadam", parameters={"alpha": "D/sqrt(t)", "beta2": "9/10", "beta1": "1/2"}, limit=0),
        descent("D/G", rate="1/sqrt(k)"),
        descent("D/(G*sqrt(t))", bound="D*G/(4*sqrt(k))"),
        descent("D/(G*sqrt(t))", measure="regret", bound="D*G*sqrt(k)*9/10"),
    ],
    ids=lambda item: f"{item.method.name} {item.statement}",
)
def test_the_search_refutes_what_is_false(known_false):
    """Every hit is accepted by the trusted core."""
    evidence = search.check(known_false, Resources())
    assert evidence.verdict is Verdict.REFUTED
    certificate = evidence.certificate
    assert check(to_document(known_false), certificate.kind, certificate.witness) is Verdict.REFUTED


@pytest.mark.parametrize(
    "known_true",
    [
        descent("D/(G*sqrt(t))", bound="3/2*D*G/sqrt(k)"),
        descent("D/(G*sqrt(t))", rate="1/sqrt(k)"),
        claim(method="adagrad_norm", parameters={"alpha": "D"}, measure="regret", rate="sqrt(k)"),
        claim(method="amsgrad_uncorrected", parameters={"alpha": "D/sqrt(t)"}, rate="1/sqrt(k)"),
    ],
    ids=lambda item: f"{item.method.name} {item.statement}",
)
def test_the_search_says_what_it_tried_of_true_claims(known_true):
    """Nothing found is no support; the figures say how much was tried."""
    evidence = search.check(known_true, Resources())
    assert evidence.verdict is Verdict.UNDECIDED
    assert evidence.certificate is None and evidence.figures and evidence.decisive


def test_other_claims_are_left_alone():
    """No hypotheses of a game, no opinion."""
    assert search.check(descent("1/2", given=["convex"], bound="1/k"), Resources()) is None
    assert search.check(claim(sequence="1/k", rate="1/k", measure="sequence", given=[]), Resources()) is None
    assert online.MEASURES == ("regret", "average_regret")


def test_no_horizon_may_be_chosen_for_an_order_of_regret():
    """Every regret is O(T); with T = 1 that would be O(1), and false."""
    document = to_document(descent("D/G", measure="regret", rate="T"))
    with pytest.raises(CertificateRejected, match="no symbol 'T'"):
        check(document, "regret_growth", {"values": UNIT | {"T": "1"}, "adversary": "1"})
