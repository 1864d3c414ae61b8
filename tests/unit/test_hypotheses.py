"""Hypotheses that nothing satisfies, and symbols that nothing defines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.certificates import check as accept
from convergence.checks import Resources, hypotheses, undefined
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

SYMBOLS = {
    "mu": "positive", "L": "positive", "G": "positive", "D": "positive", "alpha": "positive", "beta": "unit",
    "n": "natural", "mu0": "nonnegative", "C": "undefined", "m": "undefined",
}  # fmt: skip
METHODS = {
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "momentum": {"parameters": {"alpha": "1/L"}, "state": {"m": "0"}, "update": {"m": "m/2 + g"}, "step": "alpha*m"},
    "unknown": {"parameters": {"alpha": "C"}, "step": "alpha*g"},
}


def one(*given_, **changes):
    claim = {"id": "a", "method": "gd", "measure": "gap", "rate": "1/k", "given": list(given_), **changes}
    if "recursion" in changes or "problem" in changes:
        claim = {"id": "a", **changes}
    return paper("hypotheses", [claim], symbols=SYMBOLS, methods=METHODS).claims[0]


CLASHES = [
    ["strongly_convex(mu)", "lipschitz(G)"],
    ["strongly_convex(mu)", "smooth(L)", "mu > L"],
    ["strongly_convex(3)", "smooth(2)"],
    ["strongly_convex(mu)", "smooth(mu/2)"],
    ["strongly_convex(2*mu)", "smooth(L)", "L < mu"],
    ["smooth(L)", "alpha <= 1/L", "alpha > 2/L"],
    ["beta > 1"],
    ["n < 1"],
    ["convex", "smooth(-1)"],
    ["alpha == 2", "alpha < 1"],
    ["mu < L", "L < G", "G < mu"],
]
POSSIBLE = [
    ["strongly_convex(mu0)", "lipschitz(G)"],  # mu0 may be 0
    ["strongly_convex(mu)", "lipschitz(G)", "bounded_domain(D)"],
    ["strongly_convex(mu)", "smooth(L)", "mu >= L"],  # mu = L
    ["strongly_convex(mu)", "smooth(mu)"],
    ["L > 1", "L < 2", "alpha < 2/L"],
    ["smooth(L)", "lipschitz(G)", "convex"],
    ["polyak_lojasiewicz(3)", "smooth(2)"],  # a constant function
    ["k >= 2", "n >= 1", "beta >= 0"],
]


@pytest.mark.parametrize("given_", CLASHES, ids=" and ".join)
def test_clashes_are_found_and_certified(given_):
    claim = one(*given_)
    evidence = hypotheses.check(claim, Resources())
    assert evidence.verdict is Verdict.ILL_POSED
    assert accept(to_document(claim), "hypotheses", evidence.certificate.witness) is Verdict.ILL_POSED


@pytest.mark.parametrize("given_", POSSIBLE, ids=" and ".join)
def test_possible_hypotheses_pass(given_):
    assert hypotheses.check(one(*given_), Resources()) is None


def test_gradients_that_are_bounded_at_iterates_are_a_caution_only():
    evidence = hypotheses.check(one("strongly_convex(mu)", "bounded_gradients(G)"), Resources())
    assert (evidence.verdict, evidence.certificate) == (Verdict.UNDECIDED, None)
    assert (
        hypotheses.check(one("strongly_convex(mu)", "bounded_gradients(G)", "bounded_domain(D)"), Resources()) is None
    )


positive = st.fractions(min_value="1/9", max_value=9, max_denominator=9)


@given(modulus=positive, smoothness=positive)
def test_strong_convexity_above_smoothness_is_the_clash(modulus, smoothness):
    # m |x - y|^2 <= <f'(x) - f'(y), x - y> <= l |x - y|^2: empty exactly when m > l
    found = hypotheses.check(one(f"strongly_convex({modulus})", f"smooth({smoothness})"), Resources())
    assert (found is not None) == (modulus > smoothness)


@given(numbers=st.lists(st.tuples(st.integers(0, 12), positive), max_size=4))
def test_no_combination_refutes_consistent_hypotheses(numbers):
    document = to_document(one("strongly_convex(mu)", "smooth(L)", "alpha <= 1/L"))
    witness = {"combination": [[number, str(value)] for number, value in numbers], "positive": []}
    with pytest.raises(CertificateRejected):
        accept(document, "hypotheses", witness)


def test_negative_multipliers_are_rejected():
    document = to_document(one("mu < L"))
    with pytest.raises(CertificateRejected, match="not negative"):
        accept(document, "hypotheses", {"combination": [[0, "-1"], [0, "1"]], "positive": []})


def test_growth_needs_the_whole_space():
    document = to_document(one("strongly_convex(mu)", "lipschitz(G)", "bounded_domain(D)"))
    with pytest.raises(CertificateRejected, match="bounded_domain"):
        accept(document, "hypotheses", {"clash": "growth"})


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": "C/k"},
        {"given": ["smooth(C)"]},
        {"method": "unknown"},
        {"rate": "1/k", "given": ["C <= L"]},
        {"recursion": "a[k+1] <= (1 - C)*a[k]", "limit": 0},
    ],
    ids=str,
)
def test_an_undefined_symbol_is_ill_posed(changes):
    claim = one(**changes)
    evidence = undefined.check(claim, Resources())
    assert evidence.verdict is Verdict.ILL_POSED
    assert evidence.reason == "the statement uses C, which is nowhere defined"
    assert accept(to_document(claim), "undefined", evidence.certificate.witness) is Verdict.ILL_POSED


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": "L/k"},
        {"method": "momentum"},  # its own state m hides the symbol
        {"problem": {"objective": "C**2 + L**2", "variables": ["C", "L"]}, "determinant": 4},
    ],
    ids=str,
)
def test_symbols_that_are_not_used_do_not_matter(changes):
    claim = one(**changes)
    assert undefined.check(claim, Resources()) is None
    for name in ("C", "m", "L", "absent"):
        with pytest.raises(CertificateRejected):
            accept(to_document(claim), "undefined", {"symbol": name})
