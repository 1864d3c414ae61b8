"""Two descriptions of one method."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.certificates import check as accept
from convergence.checks import Resources, same_method
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

SYMBOLS = {"alpha": "positive", "beta": "unit", "L": "positive"}
ALPHA = {"alpha": "alpha", "beta": "beta"}
METHODS = {
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "gd again": {"parameters": {"a": "2/(L + L)"}, "update": {"u": "a*g", "theta": "theta - u"}},
    "mean": {"parameters": ALPHA, "state": {"m": "0"}, "update": {"m": "beta*m + (1 - beta)*g"}, "step": "alpha*m"},
    "scaled sum": {
        "parameters": ALPHA,
        "state": {"v": "0"},
        "update": {"v": "beta*v + g"},
        "step": "alpha*(1 - beta)*v",
    },
    "sum": {"parameters": ALPHA, "state": {"v": "0"}, "update": {"v": "beta*v + g"}, "step": "alpha*v"},
    "late": {"parameters": ALPHA, "state": {"v": "1"}, "update": {"v": "beta*v + g"}, "step": "alpha*v"},
    "two points": {
        "parameters": ALPHA,
        "state": {"p": "theta"},
        "update": {"n": "theta - alpha*g + beta*(theta - p)", "p": "theta", "theta": "n"},
    },
    "ahead": {
        "parameters": ALPHA,
        "state": {"v": "0"},
        "update": {"v": "beta*v + g"},
        "step": "alpha*v",
        "query": "theta - v",
    },
}


def one(first, second, **changes):
    claim = {"id": "a", "method": first, "same_method": second, **changes}
    return paper("methods", [claim], symbols=SYMBOLS, methods=METHODS).claims[0]


def certified(claim):
    evidence = same_method.check(claim, Resources())
    if evidence.certificate is not None:
        assert accept(to_document(claim), "same_method", evidence.certificate.witness) is evidence.verdict
    return evidence


@pytest.mark.parametrize(
    "pair",
    [("gd", "gd again"), ("mean", "scaled sum"), ("scaled sum", "mean"), ("sum", "two points"), ("two points", "sum"),
     ("adam", "adam"), ("amgt", "amgt"), ("amvt", "amvt")],
)  # fmt: skip
def test_equal_recursions_are_proved_equal(pair):
    assert certified(one(*pair)).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    "pair",
    [("mean", "sum"), ("sum", "late"), ("gd", "sum"), ("amgt", "amgt_as_printed"), ("amgt_clip", "amgt_zero_out"),
     ("nesterov", "heavy_ball"), ("averaged_gradient_descent", "gradient_descent")],
)  # fmt: skip
def test_different_recursions_are_told_apart(pair):
    assert certified(one(*pair)).verdict is Verdict.REFUTED
    assert certified(one(*pair, versus="Section 3")).verdict is Verdict.INCONSISTENT


def test_a_different_query_shows_on_a_parabola():
    # as functions of the gradients the iterates agree, but the gradients are asked elsewhere
    evidence = certified(one("sum", "ahead"))
    assert evidence.verdict is Verdict.REFUTED
    assert "the gradients of x^2/2" in evidence.reason
    with pytest.raises(CertificateRejected, match="query"):
        accept(to_document(one("sum", "ahead")), "same_method", {"state": {"v": "v"}})


def test_the_reason_shows_the_gradients():
    # beta = 1/2: the mean is g/2, the sum is g, so that theta is 1 - 1/2 against 1 - 1
    assert certified(one("mean", "sum")).reason == (
        "from 1 with gradients 1 and alpha = 1, beta = 1/2, one returns 1/2 = 0.5 and the other 0"
    )


@given(gradients=st.lists(st.integers(-5, 5).map(str), min_size=1, max_size=5), start=st.integers(-3, 3).map(str))
def test_no_gradients_tell_equal_methods_apart(gradients, start):
    document = to_document(one("mean", "scaled sum"))
    witness = {"gradients": gradients, "start": start, "values": {"alpha": "1", "beta": "1/3"}, "precision": 0}
    with pytest.raises(CertificateRejected, match="do not surely differ"):
        accept(document, "same_method", witness)


@given(factor=st.fractions(min_value=-3, max_value=3, max_denominator=5))
def test_no_scaled_state_proves_different_methods(factor):
    with pytest.raises(CertificateRejected):
        accept(to_document(one("mean", "sum")), "same_method", {"state": {"v": f"({factor})*m"}})


def test_values_outside_their_domain_are_rejected():
    witness = {"gradients": ["1"], "start": "1", "values": {"alpha": "1", "beta": "3/2"}, "precision": 0}
    with pytest.raises(CertificateRejected, match="outside its domain"):
        accept(to_document(one("mean", "sum")), "same_method", witness)
