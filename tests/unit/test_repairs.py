"""Repairs: a claim that fails is printed with the weakest change under which it is proved, and with no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence import audit
from convergence.auditing import ReadingResult
from convergence.auditing.candidates import candidates
from convergence.auditing.repairs import repairs
from convergence.certificates import check
from convergence.checks import Resources
from convergence.claims import paper, to_document
from convergence.report import to_document as to_data
from convergence.report.files import certificates
from convergence.report.html import to_html
from convergence.report.markdown import to_markdown
from convergence.verdicts import Verdict

SYMBOLS = {
    "beta": {"domain": "positive", "range": ["1/4", 3]}, "gamma": "positive", "mu": "positive", "x": "real",
    "D": "positive", "L": "positive", "eta": "positive", "f": "real", "f_next": "real", "s": "nonnegative",
    "rho": "fraction",
}  # fmt: skip
PROBLEMS = {"p": {"objective": "2*u**2 + 2*v**2 - 2*u*v + 2", "variables": ["u", "v"]}}


def found(**keys: Any) -> ReadingResult:
    return audit(paper("p", [{"id": "c", **keys}], symbols=SYMBOLS, problems=PROBLEMS))["c"].readings[0]


CHUNG = {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "given": ["a[k] >= 0"]}
DESCENT = {"given": ["f_next <= f - eta*s + L*eta**2/2*s"], "holds": "f_next <= f - eta/2*s"}
GRADIENT = {"method": "gradient_descent", "given": ["convex", "smooth(L)", "initial_distance(D)"]}
EXAMPLES = [
    # a[k] = -k satisfies the recursion; with a[k] >= 0 the limit is 0 (Chung)
    ({"recursion": CHUNG["recursion"], "limit": 0}, "true if a_k >= 0"),
    # Chung: O(1/k) for beta > 1; at beta = 1 a logarithm is missing, so that beta >= 1 is not enough
    (CHUNG | {"rate": "1/k"}, "true if beta > 1"),
    # beta = 1: the sums of (k + 1) gamma/k^2 grow like log(k)
    ({"recursion": "a[k+1] <= (1 - 1/k)*a[k] + gamma/k**2", "given": ["a[k] >= 0"], "rate": "1/k"},
     "true as O(log(k + 1)/k)"),
    # beta = 1/2: k^(-1/2) of the homogeneous part stays
    ({"recursion": "a[k+1] <= (1 - 1/(2*k))*a[k] + gamma/k**2", "given": ["a[k] >= 0"], "rate": "1/k"},
     "true as O(1/sqrt(k))"),
    ({"recursion": "a[k+1] <= rho*a[k]", "given": ["a[k] >= 0"], "rate": "rho**(2*k)"}, "true as O(rho^k)"),
    ({"recursion": "a[k+1] <= rho*a[k] + gamma", "given": ["a[k] >= 0"], "limit": 0}, "true as: it stays bounded"),
    # k^(-mu/2) <= k^(-1/2) for all k exactly if mu >= 1
    ({"sequence": "k**(-mu/2)", "rate": "1/sqrt(k)"}, "true if mu >= 1"),
    # the quadratic eta - L eta^2/2 >= eta/2 exactly if L eta <= 1
    (DESCENT, "true if L*eta <= 1"),
    # longer steps than 2/L expand distances; with 1/L the distance never grows
    (GRADIENT | {"parameters": {"alpha": "21/(10*L)"}, "measure": "distance", "bound": "D"}, "true with the step 1/L"),
    # with the step 1/L the gap is at most L D^2/(4 k + 2), which is exact; of L D^2/(c k) all with c <= 4 are true
    (GRADIENT | {"parameters": {"alpha": "1/L"}, "measure": "gap", "bound": "L*D**2/(16*k)"},
     "true is: f(x_k) - f* <= L*D^2/(4*k) for every k >= 1"),
    ({"holds": "exp(-x) <= 1 - x"}, "true is: e^(-x) >= 1 - x"),
    ({"problem": "p", "eigenvalues": [2, 5]}, "true is: the eigenvalues of the Hessian are 2, 6"),
    ({"problem": "p", "trace": 9}, "true is: the trace of the Hessian is 8"),
    ({"problem": "p", "definiteness": "indefinite"}, "true is: the Hessian is positive definite"),
    ({"problem": "p", "best_step": "1/6"},
     "true is: the constant step with which gradient descent contracts fastest is 1/4"),
    ({"problem": "p", "stable_steps": "0 < step < 1/2"},
     "true is: gradient descent converges from every start exactly when 0 < step < 1/3"),
]  # fmt: skip


@pytest.mark.parametrize("keys, says", EXAMPLES, ids=[says for _, says in EXAMPLES])
def test_the_repair_of_a_false_statement(keys: dict[str, Any], says: str) -> None:
    result = found(**keys)
    assert result.verdict is Verdict.REFUTED
    assert says in [repair.says for repair in result.repairs]
    for repair in result.repairs:
        certificate = repair.proof.evidence.certificate
        assert certificate is not None
        assert check(repair.document, certificate.kind, certificate.witness) is Verdict.PROVED


@pytest.mark.parametrize("keys", [{"holds": "x*x >= 0"}, {"empirical": "data"}, {"sequence": "1/k", "limit": 0}])
def test_what_does_not_fail_is_not_repaired(keys: dict[str, Any]) -> None:
    assert found(**keys).repairs == ()


def test_hypotheses_that_contradict_each_other_repair_nothing() -> None:
    # every range that would make k^(-mu/2) fast enough leaves no mu below 1
    result = found(sequence="k**(-mu/2)", given=["mu < 1"], rate="1/sqrt(k)")
    assert result.verdict is Verdict.REFUTED
    assert [repair for repair in result.repairs if repair.kind == "hypothesis"] == []


def test_a_rate_that_grows_is_no_repair_of_one_that_falls() -> None:
    result = found(sequence="k**(-mu/2)", given=["mu < 1"], rate="1/sqrt(k)")
    assert "k^(1/4)" not in str([repair.says for repair in result.repairs])


@settings(max_examples=25)
@given(st.fractions("1/8", 4, max_denominator=8), st.sampled_from(["1/2", "3/4", "1", "3/2", "2"]))
def test_repairs_are_true_for_every_contraction(beta, power):
    """a[k+1] = (1 - beta/k) a[k] + 1/k^2 has the order of k^(-min(beta, 1)), with a logarithm at beta = 1."""
    claims = paper("p", [{"id": "c", "recursion": f"a[k+1] <= (1 - {beta}/k)*a[k] + 1/k**2", "given": ["a[k] >= 0"],
                          "rate": f"1/k**({power})"}])  # fmt: skip
    result = audit(claims)["c"].readings[0]
    for repair in result.repairs:
        exponent = {"O(1/sqrt(k))": 0.5, "O(1/k)": 1.0}.get(repair.says.removeprefix("true as "))
        if exponent is not None:
            assert exponent <= min(float(beta), 1) and not (exponent == beta == 1)


def test_candidates_change_the_document_and_never_the_claim() -> None:
    claim = paper("p", [{"id": "c", **CHUNG, "rate": "1/k"}], symbols=SYMBOLS)["c"]
    document = to_document(claim)
    before = repr(document)
    kinds = {candidate.kind for candidate in candidates(claim, document, {})}
    assert kinds == {"hypothesis", "rate"}
    assert repr(document) == before
    assert all(candidate.document != document for candidate in candidates(claim, document, {}))


def test_a_range_that_allows_the_counterexample_is_not_tried() -> None:
    claim = paper("p", [{"id": "c", **CHUNG, "rate": "1/k"}], symbols=SYMBOLS)["c"]
    says = [candidate.says for candidate in candidates(claim, to_document(claim), {"beta": "1"})]
    assert "true if beta > 1" in says and "true if beta >= 1" not in says


def test_without_evidence_against_a_claim_nothing_is_tried() -> None:
    claim = paper("p", [{"id": "c", **CHUNG, "rate": "1/k"}], symbols=SYMBOLS)["c"]
    assert repairs(to_document(claim), (), Resources()) == ()


def test_repairs_are_in_every_report_with_their_certificates() -> None:
    result = audit(paper("p", [{"id": "c", **CHUNG, "rate": "1/k"}], symbols=SYMBOLS))
    (repair,) = result["c"].readings[0].repairs
    place = repair.proof.certificate_file
    assert place.endswith("-0-repair-hypothesis.json") and place in certificates(result)
    assert '"beta > 1"' in certificates(result)[place]
    assert f'<a href="{place}">certificate</a>' in to_html(result)
    assert "  - repaired: true if beta &#62; 1" in to_markdown(result)
    data = to_data(result)["papers"][0]["claims"][0]["readings"][0]["repairs"]
    assert [(one["kind"], one["says"], one["proof"]["verdict"]) for one in data] == [
        ("hypothesis", "true if beta > 1", "proved")
    ]
    assert "repair     true if beta > 1" in result["c"].explanation
