"""Relations between symbols: proofs that survive random points, counterexamples that are exact."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

from convergence import certificates
from convergence.certificates.forms import is_semidefinite
from convergence.certificates.inequalities import at_most, is_identity, nonnegative
from convergence.certificates.signs import Facts, facts_of
from convergence.checks import Resources
from convergence.checks.relation import check
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.expressions import symbol
from convergence.verdicts import Verdict

SYMBOLS = {
    "x": "real",
    "y": "real",
    "p": "positive",
    "q": "positive",
    "i": "natural",
    "r": "fraction",
    "u": "undefined",
}
small = st.fractions(-4, 4, max_denominator=3).map(lambda value: Rational(value.numerator, value.denominator))


def claim(**table):
    return paper("t", [{"id": "c", **table}], symbols=SYMBOLS)["c"]


def evidence(**table):
    found = check(claim(**table), Resources())
    if found.certificate is not None:
        kind, witness = found.certificate.kind, found.certificate.witness
        assert certificates.check(to_document(claim(**table)), kind, witness) is found.verdict
    return found


@given(c=small, shift=st.sampled_from(["0", "1/7", "-1/7"]))
@settings(deadline=None, max_examples=20)
def test_a_square_is_nonnegative_and_a_square_less_something_is_not(c, shift):
    found = evidence(holds=f"(x - ({c})*y)**2 + ({shift})*(1 + y**2) >= 0")
    assert found.verdict is (Verdict.REFUTED if shift.startswith("-") else Verdict.PROVED)


@given(scale=st.fractions("1/4", 2, max_denominator=8).map(lambda f: Rational(f.numerator, f.denominator)))
@settings(deadline=None, max_examples=15)
def test_youngs_inequality_needs_its_constant(scale):
    """x y <= s x**2/eta + eta y**2/2 holds exactly for s >= 1/2."""
    found = evidence(holds=f"x*y <= ({scale})*x**2/p + p*y**2/2")
    assert found.verdict is (Verdict.PROVED if scale >= Rational(1, 2) else Verdict.REFUTED)


@given(a=small, b=small, c=small, d=small)
@settings(deadline=None, max_examples=60)
def test_what_is_proved_holds_at_points(a, b, c, d):
    """Random cubics in a nonnegative and a bounded symbol: a proof must survive every point that is tried."""
    s, t = symbol("s", "nonnegative"), symbol("t", "positive")
    facts = facts_of([t <= 2, s >= t / 2], [s, t])
    expression = a * s**2 + b * s * t + c * t**2 + d * s + 1
    proved = nonnegative(expression, facts)
    for x, y in (
        (1, 2),
        (3, 2),
        (Rational(1, 4), Rational(1, 2)),
        (10, Rational(1, 10)),
        (Rational(1, 10), Rational(1, 5)),
    ):
        if proved:
            assert expression.subs({s: x, t: y}) >= 0


@given(st.lists(small, min_size=6, max_size=6))
@settings(deadline=None, max_examples=60)
def test_quadratic_forms_agree_with_their_eigenvalues(values):
    x, y = symbol("x"), symbol("y")
    a, b, c, d, e, f = values
    matrix = sympy.Matrix([[a, b / 2, d / 2], [b / 2, c, e / 2], [d / 2, e / 2, f]])
    polynomial = a * x**2 + b * x * y + c * y**2 + d * x + e * y + f
    if sympy.total_degree(polynomial, x, y) == 2 and polynomial.free_symbols == {x, y}:
        assert is_semidefinite(polynomial, Facts()) is bool(matrix.is_positive_semidefinite)


def test_the_rounded_root_is_an_upper_bound_and_no_identity():
    given_ = ["p <= i"]
    assert evidence(holds="sqrt(1 - p/i) <= 1 - p/(2*i)", given=given_).verdict is Verdict.PROVED
    assert evidence(holds="sqrt(1 - p/i) == 1 - p/(2*i)", given=given_).verdict is Verdict.REFUTED
    assert evidence(holds="1 - p/(2*i) <= sqrt(1 - p/i)", given=given_).verdict is Verdict.REFUTED


def test_a_missing_hypothesis_shows_in_the_counterexample():
    found = evidence(holds="1 - 2/k <= 1 - p/k")
    assert found.verdict is Verdict.REFUTED
    assert Rational(found.figures["p"]) > 2
    assert evidence(holds="1 - 2/k <= 1 - p/k", given=["p <= 2"]).verdict is Verdict.PROVED


def test_strict_and_weak_relations_differ():
    assert evidence(holds="p < q", given=["p <= q"]).verdict is Verdict.REFUTED
    assert evidence(holds="p <= q", given=["p < q"]).verdict is Verdict.PROVED
    assert evidence(holds="0 < r < 1").verdict is Verdict.PROVED


def test_sides_that_may_be_undefined_prove_nothing():
    assert evidence(holds="1/x <= 1/x").verdict is Verdict.UNDECIDED
    assert evidence(holds="sqrt(x) <= sqrt(x) + 1").verdict is not Verdict.PROVED


def test_classical_bounds():
    p, r = symbol("p", "positive"), symbol("r", "fraction")
    facts = facts_of([r < 1], [p, r])
    assert at_most(sympy.log(1 + p), p, facts)
    assert at_most(1 - r, sympy.exp(-r), facts)
    assert not at_most(sympy.exp(-r), 1 - r, facts)
    assert at_most((1 + p) ** r, 1 + r * p, facts)
    assert not at_most(1 + r * p, (1 + p) ** r, facts)


def test_identities_are_rational():
    x = symbol("x", "positive")
    assert is_identity(1 / x - 1 / (x + 1) - 1 / (x * (x + 1)))
    assert not is_identity(1 / x - 1 / (x + 1) - 1 / (x * (x + 2)))


def test_a_contradiction_within_one_paper_is_inconsistent():
    assert evidence(holds="p == q", versus="Table 2").verdict is Verdict.INCONSISTENT


@pytest.mark.parametrize(
    ("table", "kind", "witness", "message"),
    [
        ({"holds": "p <= q"}, "relation", {}, "cannot see"),
        ({"holds": "p <= p"}, "assignment", {"values": {"p": "1"}}, "holds at these values"),
        ({"holds": "p <= q"}, "assignment", {"values": {"p": "2"}}, "no value"),
        ({"holds": "p <= q"}, "assignment", {"values": {"p": "2", "q": "-1"}}, "not positive"),
        ({"holds": "p <= q", "given": ["p <= 1"]}, "assignment", {"values": {"p": "2", "q": "1"}}, "hypothesis"),
        ({"holds": "p <= q", "given": ["convex"]}, "assignment", {"values": {"p": "2", "q": "1"}}, "relations"),
        ({"holds": "u <= q"}, "assignment", {"values": {"u": "2", "q": "1"}}, "undefined"),
        ({"holds": "u <= u + q"}, "relation", {}, "undefined"),
        ({"holds": "i >= 2"}, "assignment", {"values": {"i": "3/2"}}, "not natural"),
        ({"holds": "r <= 1/2"}, "assignment", {"values": {"r": "1"}}, "not fraction"),
        ({"holds": "sqrt(x) >= 1"}, "assignment", {"values": {"x": "-1"}}, "."),
    ],
)
def test_the_checker_rejects(table, kind, witness, message):
    with pytest.raises(CertificateRejected, match=message):
        certificates.check(to_document(claim(**table)), kind, witness)
