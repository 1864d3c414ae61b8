"""Orders of growth: against closed forms, against 60-digit arithmetic, and the checker against tampered witnesses."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Sum, exp, log

from convergence import certificates
from convergence.certificates import scale
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.signs import Facts, Undetermined, by_cases, facts_of
from convergence.checks import Resources
from convergence.checks.growth import check
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, K, symbol
from convergence.rates.growth import monomial_expression
from convergence.verdicts import Tightness, Verdict

SYMBOLS = {"p": "positive", "q": "positive", "mu": "positive", "rho": "unit", "u": "undefined"}
rationals = st.builds(Rational, st.integers(1, 12), st.integers(1, 4))


def claim(**table):
    return paper("t", [{"id": "x", **table}], symbols=SYMBOLS)["x"]


def verdict(**table):
    return check(claim(**table), Resources()).verdict


def leading(expression):
    """The numeric leading coefficient and the monomial of an expression without parameters."""
    ((_, (_, coefficient, monomial)),) = by_cases(
        lambda facts: scale.lead(Asymptotics(K, facts).expand(expression), facts), Facts()
    )
    return coefficient, monomial_expression(monomial, K)


@given(a=rationals, b=rationals)
@settings(deadline=None, max_examples=25)
def test_a_power_is_of_the_order_of_another_exactly_if_it_is_not_larger(a, b):
    expected = Verdict.PROVED if a >= b else Verdict.REFUTED
    assert verdict(sequence=f"k**(-({a}))", rate=f"k**(-({b}))") is expected


@given(a=rationals)
@settings(deadline=None, max_examples=20)
def test_p_series_grow_as_their_integrals(a):
    order = {-1: f"T**(1 - {a})", 0: "log(T)", 1: "1"}[int(sympy.sign(a - 1))]
    evidence = check(claim(sequence=f"sum(i**(-({a})), i, 1, T)", same_order=order), Resources())
    assert evidence.verdict is Verdict.PROVED
    slower = check(claim(sequence=f"sum(i**(-({a})), i, 1, T)", rate=f"({order})/log(T + 1)"), Resources())
    assert slower.verdict is Verdict.REFUTED


@given(c=rationals)
@settings(deadline=None, max_examples=20)
def test_products_decay_as_powers_and_vanish_at_whole_numbers(c):
    expected = Verdict.REFUTED if c.is_Integer else Verdict.PROVED
    assert verdict(sequence=f"product(1 - ({c})/i, i, 1, k)", same_order=f"k**(-({c}))") is expected
    assert verdict(sequence=f"product(1 - ({c})/i, i, 1, k)", rate=f"k**(-({c}))") is Verdict.PROVED


@given(
    a=st.integers(-3, 3),
    b=st.fractions(-2, 2, max_denominator=3),
    c=st.integers(1, 5),
    d=st.integers(-4, 4).filter(bool),
    e=st.sampled_from([Rational(1, 2), Rational(-1, 2), Integer(1)]),
)
@settings(deadline=None, max_examples=40)
def test_leading_terms_agree_with_high_precision(a, b, c, d, e):
    b = Rational(b.numerator, b.denominator)
    expression = (K + c) ** (b + Rational(1, 2)) - K ** (b + Rational(1, 2)) + d * K**a * log(K + c) ** 2 / (1 + K**e)
    coefficient, monomial = leading(expression * exp(d * K**e))
    value = sympy.lambdify(K, expression * exp(d * K**e) / monomial, "mpmath")
    with mpmath.workdps(120):
        near, far = (abs(value(mpmath.mpf(10) ** n) / mpmath.mpmathify(coefficient.evalf(60)) - 1) for n in (9, 12))
    assert far < near or far < mpmath.mpf(10) ** -6


@given(s=st.fractions(-2, 3, max_denominator=3), n=st.integers(0, 2))
@settings(deadline=None, max_examples=30)
def test_sums_agree_with_high_precision(s, n):
    index = symbol("i", "integer")
    s = Rational(s.numerator, s.denominator)
    body = index ** (-s) * log(index) ** n
    expansion = Asymptotics(K, Facts()).expand(Sum(body, (index, 1, K)))
    growing = sum(
        (c * monomial_expression(m, K) for c, m in expansion.terms if not c.atoms(sympy.Dummy)), start=Integer(0)
    )
    with mpmath.workdps(40):
        summand, main = sympy.lambdify(index, body, "mpmath"), sympy.lambdify(K, growing, "mpmath")
        partial = [mpmath.fsum(summand(mpmath.mpf(j)) for j in range(1, end + 1)) for end in (200, 400, 800)]
        gaps = [value - main(mpmath.mpf(end)) for value, end in zip(partial, (200, 400, 800), strict=True)]
    rest = sympy.lambdify(K, monomial_expression(expansion.rest, K), "mpmath")
    if expansion.rest.growth(Facts()) < 0:  # what is left is a constant and a remainder no larger than it should be
        for before, after, end in zip(gaps, gaps[1:], (200, 400), strict=False):
            assert abs(after - before) <= rest(mpmath.mpf(end)) / 2 + mpmath.mpf(10) ** -9
    else:
        sizes = [abs(gap) / rest(mpmath.mpf(end)) for gap, end in zip(gaps, (200, 400, 800), strict=True)]
        assert sizes[2] <= 1.5 * sizes[0] + mpmath.mpf(1) / 100


def test_cancellation_is_expanded_and_not_guessed():
    assert leading(sympy.sqrt(K + 1) - sympy.sqrt(K)) == (Rational(1, 2), 1 / sympy.sqrt(K))
    with pytest.raises(CertificateRejected, match="cancel"):
        leading(sympy.sin(K) - sympy.sin(K) / 2)


def test_what_symbolic_limits_get_wrong():
    """Two limits that computer algebra has returned wrongly for symbolic exponents."""
    assert verdict(sequence="exp(k**p)*exp(-k**q)", limit=0) is Verdict.REFUTED
    assert verdict(sequence="exp(k**p)*exp(-k**q)", limit=0, given=["p < q"]) is Verdict.PROVED
    assert verdict(sequence="(3*k**(p - q) + 1/k)/(k**(5/2) + 3*k**q)", limit=0, given=["p < 1"]) is Verdict.PROVED


def test_the_condition_is_named():
    evidence = check(claim(sequence="sum(i**(-p), i, 1, T)", rate="1"), Resources())
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.better == "holds iff p > 1"
    assert evidence.figures["p"] == "1"


def test_tightness_and_the_better_order():
    loose = check(claim(sequence="k**(-p)*log(k)", rate="1/k", given=["p > 1"]), Resources())
    assert (loose.tightness, loose.better) == (Tightness.LOOSE, "O(log(k)/k**p)")
    assert check(claim(sequence="3/k + 1/k**2", rate="1/k"), Resources()).tightness is Tightness.TIGHT


@pytest.mark.parametrize(
    ("sequence", "bound", "expected"),
    [
        ("sum(1/i**2, i, 1, T)", "pi**2/6", Verdict.PROVED),  # the limit itself
        ("sum(1/i**2, i, 1, T)", "1.644", Verdict.REFUTED),  # pi**2/6 = 1.6449...
        ("sum(1/i, i, 1, T)", "1 + log(T)", Verdict.PROVED),
        ("sum(1/i, i, 1, T)", "log(T) + 0.57", Verdict.REFUTED),  # Euler's constant is 0.5772...
        ("product(1 - 1/(2*i), i, 1, k)", "1/sqrt(k)", Verdict.PROVED),
        ("product(1 - 1/(2*i), i, 1, k)", "1/(2*sqrt(k))", Verdict.REFUTED),  # it tends to 1/sqrt(pi k)
    ],
)
def test_bounds_at_every_step(sequence, bound, expected):
    evidence = check(claim(sequence=sequence, bound=bound), Resources())
    assert evidence.verdict is expected
    assert (
        certificates.check(to_document(claim(sequence=sequence, bound=bound)), "growth", evidence.certificate.witness)
        is expected
    )


def test_a_contradiction_within_one_paper_is_inconsistent():
    assert verdict(sequence="1/sqrt(k)", rate="1/k", versus="Theorem 2") is Verdict.INCONSISTENT


@pytest.mark.parametrize(
    ("table", "witness", "message"),
    [
        ({"sequence": "k**(-p)", "rate": "1/k"}, {}, "fails where"),
        ({"sequence": "k**(-p)", "rate": "1/k"}, {"values": {"p": "2"}}, "holds at these values"),
        ({"sequence": "k**(-p)", "rate": "1/k"}, {"values": {"p": "-1"}}, "not positive"),
        ({"sequence": "k**(-p)", "rate": "1/k"}, {"values": {}}, "value for every parameter"),
        ({"sequence": "k**(-p)", "rate": "1/k", "given": ["p > 1"]}, {"values": {"p": "1/2"}}, "hypothesis"),
        ({"sequence": "k**(-p)", "rate": "1/k", "given": ["convex"]}, {"values": {"p": "1/2"}}, "relations"),
        ({"sequence": "k**(-p)", "rate": "1/T"}, {"values": {"p": "1/2"}}, "one counter"),
        ({"sequence": "u/k", "rate": "1/k"}, {}, "undefined"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": "1.6"}, {"rule": "telescoping"}, "does not apply"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": "1.6"}, {"rule": "limit"}, "does not apply"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": "1.6"}, {"rule": "limit", "through": "2"}, "cannot see"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": "1.6"}, {"values": {"T": "3"}}, "holds at these values"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": "1.6"}, {"values": {"T": "1/2"}}, "not natural"),
        ({"sequence": "sum(1/i**2, i, 1, T)", "bound": "2"}, {"values": {}, "eventually": True}, "stay above"),
    ],
)
def test_the_checker_rejects(table, witness, message):
    with pytest.raises(CertificateRejected, match=message):
        certificates.check(to_document(claim(**table)), "growth", witness)


@given(p=st.fractions(-3, 3, max_denominator=4), q=st.fractions(-3, 3, max_denominator=4))
@settings(deadline=None, max_examples=60)
def test_signs_are_never_wrong(p, q):
    """Whatever sign linear arithmetic finds for an expression under hypotheses, points that satisfy them confirm it."""
    a, b = symbol("a"), symbol("b")
    relations = [a > b, b >= 1, a + b <= 7]
    facts = facts_of(relations, [a, b])
    expression = Rational(p.numerator, p.denominator) * a + Rational(q.numerator, q.denominator) * b + 1
    try:
        sign = facts.sign(expression)
    except Undetermined:
        return
    for x, y in ((2, 1), (4, 3), (6, 1), (Rational(7, 2), Rational(10, 3)), (Rational(11, 10), 1)):
        assert sympy.sign(expression.subs({a: x, b: y})) == sign


def test_counters_are_not_parameters():
    assert set(COUNTERS) == {"k", "T", "t"}
    assert verdict(sequence="k", rate="T") is Verdict.UNDECIDED
