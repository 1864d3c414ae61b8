"""Recursions: Chung's regimes, simulated sequences, counterexamples, and the checker against tampered witnesses."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Rational

from convergence import certificates
from convergence.certificates.linear_recursion import linear, solution
from convergence.certificates.signs import Facts, by_cases
from convergence.checks import Resources
from convergence.checks.recursion import check
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.expressions import K
from convergence.rates.growth import monomial_expression
from convergence.verdicts import Tightness, Verdict

SYMBOLS = dict.fromkeys(("beta", "gamma", "mu", "c", "d", "A", "p", "s"), "positive") | {
    "r": "fraction",
    "u": "undefined",
}
LEMMA = "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2"
NONNEGATIVE = "a[k] >= 0"
rationals = st.builds(Rational, st.integers(1, 12), st.integers(1, 4))


def claim(**table):
    return paper("t", [{"id": "x", **table}], symbols=SYMBOLS)["x"]


def evidence(**table):
    found = check(claim(**table), Resources())
    if found.certificate is not None:
        document = to_document(claim(**table))
        assert certificates.check(document, "recursion", found.certificate.witness) is found.verdict
    return found


def order(beta, t):
    """Chung's rate of ``a[k+1] = (1 - beta/k) a[k] + k**(-t)``, as an exponent and a power of the logarithm."""
    return (min(beta, t - 1), 1 if beta == t - 1 else 0)


@given(beta=rationals, t=rationals, delta=st.sampled_from([0, Rational(1, 5), Rational(-1, 5)]))
@settings(deadline=None, max_examples=25)
def test_chungs_three_regimes(beta, t, delta):
    """The rate k**-(e + delta) holds exactly if delta < 0, or delta = 0 and there is no logarithm."""
    assume(t > 1)
    exponent, logarithm = order(beta, t)
    assume(exponent + delta > 0)
    found = evidence(
        recursion=f"a[k+1] <= (1 - ({beta})/k)*a[k] + k**(-({t}))",
        rate=f"k**(-({exponent + delta}))",
        given=[NONNEGATIVE],
    )
    holds = delta < 0 or (delta == 0 and not logarithm)
    assert found.verdict is (Verdict.PROVED if holds else Verdict.REFUTED)


@given(c=rationals, s=st.sampled_from(["1/2", "1", "3/4"]), t=rationals, d=rationals)
@settings(deadline=None, max_examples=12)
def test_the_leading_term_agrees_with_a_simulation(c, s, t, d):
    assume(Rational(s) != 1 or c > t)  # otherwise the start decides the constant
    text = f"a[k+1] == (1 - ({c})/(k + 20)**({s}))*a[k] + ({d})/k**({t})"
    problem = linear(to_document(claim(recursion=text, limit=0)))
    ((_, found),) = by_cases(lambda facts: solution(problem, facts), Facts())
    coefficient, monomial = found.leading
    phi, forcing = (sympy.lambdify(K, part, "math") for part in (problem.phi, problem.forcing))
    value, transient, errors = 1.0, 1.0, []
    law = sympy.lambdify(K, coefficient * monomial_expression(monomial, K), "math")
    for k in range(1, 40_001):
        if k in (4_000, 40_000):
            assume(abs(transient) <= 1e-3 * abs(law(k)))  # else the start is not forgotten yet
            errors.append(abs(value / law(k) - 1))
        value, transient = phi(k) * value + forcing(k), phi(k) * transient
    # the relative remainder is of order k**(s - 1) for s < 1: over a decade it shrinks by 0.56 (s = 3/4) in the end, by
    # less where its second term counts; with a wrong leading term it would not shrink at all
    assert errors[1] < max(0.85 * errors[0], 1e-3)


def test_the_lemma_needs_nonnegative_terms():
    """a[k] = -k satisfies the inequality: -(k+1) <= -k + beta + gamma/k**2."""
    printed = evidence(recursion=LEMMA, limit=0)
    assert printed.verdict is Verdict.REFUTED
    assert printed.certificate.witness["formula"] == "-k"
    assert printed.better == "holds with a[k] >= 0"
    assert evidence(recursion=LEMMA, limit=0, given=[NONNEGATIVE]).verdict is Verdict.PROVED


def test_the_rate_needs_a_large_contraction():
    assert evidence(recursion=LEMMA, rate="1/k", given=[NONNEGATIVE]).better == "holds where beta > 1"
    proved = evidence(recursion=LEMMA, rate="1/k", given=[NONNEGATIVE, "beta > 1"])
    assert (proved.verdict, proved.tightness) == (Verdict.PROVED, Tightness.TIGHT)
    loose = evidence(recursion=LEMMA, rate="1/sqrt(k)", given=[NONNEGATIVE, "beta > 1"])
    assert (loose.verdict, loose.tightness, loose.better) == (Verdict.PROVED, Tightness.LOOSE, "O(1/k)")


def test_an_equation_has_a_limit_of_its_own():
    text = "a[k+1] == (1 - beta/k)*a[k] + gamma/k"
    assert evidence(recursion=text, limit="gamma/beta").verdict is Verdict.PROVED
    assert evidence(recursion=text, limit="2*gamma/beta").verdict is Verdict.REFUTED


@given(r=st.integers(1, 9), d=rationals, start=rationals)
@settings(deadline=None, max_examples=15)
def test_a_geometric_recursion_stays_below_its_floor_and_start(r, d, start):
    """sup a[k] = max(start, d/r) for a[k+1] <= (1 - r) a[k] + d."""
    ratio = Rational(r, 10)
    text = f"a[k+1] <= (1 - {ratio})*a[k] + {d}"
    top = max(start, d / ratio)
    given = [NONNEGATIVE, f"a[1] <= {start}"]
    assert evidence(recursion=text, bound=str(top), given=given).verdict is Verdict.PROVED
    below = top * Rational(9, 10)
    assert evidence(recursion=text, bound=str(below), given=given).verdict is Verdict.REFUTED


def test_a_violated_bound_is_found_at_its_first_step():
    found = evidence(recursion="a[k+1] <= a[k]/2 + 1", bound="19/10", given=[NONNEGATIVE, "a[1] <= 1"])
    # From 1: 3/2, 7/4, 15/8, 31/16 = 1.9375 > 1.9.
    assert found.verdict is Verdict.REFUTED
    assert found.figures["step"] == 5


def test_steps_with_a_negative_factor_are_honest():
    """With beta = 3 the first factors are -2 and -1/2: the sequence starts from zeros, and decays as 1/k only."""
    found = evidence(recursion="a[k+1] <= (1 - 3/k)*a[k] + 1/k**2", rate="1/k**2", given=[NONNEGATIVE])
    assert found.verdict is Verdict.REFUTED
    terms = [Rational(text) for text in found.certificate.witness["start"]]
    for k, (now, after) in enumerate(pairwise(terms), 1):
        assert 0 <= after <= (1 - Rational(3, k)) * now + Rational(1, k**2)


@pytest.mark.parametrize(
    "recursion",
    ["a[k+1] <= a[k]**2", "a[k+1] <= a[k] + a[k-1]", "a[k+1] <= max(a[k], 1)", "a[k+1] <= (1 - 1/(k - 1))*a[k]"],
)
def test_other_recursions_are_left_undecided(recursion):
    assert evidence(recursion=recursion, limit=0, given=[NONNEGATIVE]).verdict is Verdict.UNDECIDED


def test_a_contradiction_within_one_paper_is_inconsistent():
    found = evidence(recursion=LEMMA, rate="1/k**2", given=[NONNEGATIVE], versus="Section 5")
    assert found.verdict is Verdict.INCONSISTENT


VALUES = {"beta": "1/2", "gamma": "1"}


@pytest.mark.parametrize(
    ("table", "witness", "message"),
    [
        ({"limit": 0}, {}, "nothing bounds it from below"),
        ({"limit": 0, "given": [NONNEGATIVE]}, {"values": VALUES, "start": ["1"]}, "holds at these values"),
        ({"limit": 0, "given": [NONNEGATIVE]}, {"values": VALUES, "formula": "-k"}, "nonnegative"),
        ({"limit": 0, "given": [NONNEGATIVE]}, {"values": VALUES, "formula": "1"}, "satisfies the recursion"),
        ({"limit": 0, "given": [NONNEGATIVE]}, {"values": VALUES, "falling": "0"}, "bounded from below"),
        ({"limit": 0, "given": ["a[1] >= 1"]}, {"values": VALUES, "falling": "0"}, "does not satisfy"),
        ({"limit": 0}, {"values": VALUES, "formula": "1/k"}, "does not violate|satisfies the recursion"),
        ({"rate": "1/k", "given": [NONNEGATIVE]}, {}, "fails where"),
        ({"rate": "1/k", "given": [NONNEGATIVE]}, {"values": {"beta": "1/2"}}, "value for every parameter"),
        ({"rate": "1/k", "given": [NONNEGATIVE, "beta > 1"]}, {"values": VALUES, "start": ["1"]}, "hypothesis"),
        ({"rate": "1/k", "given": [NONNEGATIVE]}, {"values": VALUES, "start": ["1", "5"]}, "satisfy the recursion"),
        ({"rate": "1/k", "given": [NONNEGATIVE]}, {"values": VALUES, "start": ["-1"]}, "negative"),
        ({"rate": "1/k", "given": [NONNEGATIVE]}, {"values": VALUES, "start": []}, "first terms"),
        ({"rate": "1/T", "given": [NONNEGATIVE]}, {}, "only counter"),
        ({"rate": "u/k", "given": [NONNEGATIVE]}, {}, "undefined"),
        ({"same_order": "1/k", "given": [NONNEGATIVE]}, {}, "no lower bound"),
        ({"limit": 1, "given": [NONNEGATIVE]}, {}, "no limit but zero"),
        ({"bound": "1", "given": [NONNEGATIVE]}, {}, "a\\[1\\]"),
        ({"bound": "1", "given": [NONNEGATIVE, "a[1] <= 1"]}, {}, "every step"),
        ({"bound": "9", "given": [NONNEGATIVE, "a[1] <= 1"]}, {"values": VALUES, "start": ["1"]}, "does not exceed"),
        ({"limit": 0, "given": [NONNEGATIVE, "k >= 2"]}, {}, "bounds the counter"),
    ],
)
def test_the_checker_rejects(table, witness, message):
    with pytest.raises(CertificateRejected, match=message):
        certificates.check(to_document(claim(recursion=LEMMA, **table)), "recursion", witness)


def test_the_slow_regime_holds_for_every_exponent():
    """c/k**s with 0 < s < 1 and forcing d/k**p: the law is (d/c) k**(s - p)."""
    text = "a[k+1] <= (1 - c/k**s)*a[k] + d/k**p"
    assert evidence(recursion=text, rate="k**(s - p)", given=[NONNEGATIVE, "s < 1"]).verdict is Verdict.PROVED
    assert evidence(recursion=text, rate="k**(-p)", given=[NONNEGATIVE, "s < 1"]).verdict is Verdict.REFUTED
