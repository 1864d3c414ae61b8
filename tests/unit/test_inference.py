"""What steps follow from: exact numbers where it is not the listed inequalities, hypotheses that a proof can spare."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from convergence import audit
from convergence.auditing.judge import examined, judged
from convergence.certificates import check
from convergence.certificates.files import packed
from convergence.checks import inequality
from convergence.checks.resources import Resources
from convergence.claims import paper, to_document
from convergence.claims.claim import Claim
from convergence.cli.listing import OPEN
from convergence.cli.listing import check as recheck
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.verdicts import Verdict

SYMBOLS = {"G": "positive", "L": "positive", "x": "vector", "x_star": "minimiser"}


def claim(holds: str) -> Claim:
    table = {"id": "step", "given": ["convex", "lipschitz(G)", "smooth(L)"], "holds": holds}
    return paper("p", [table], symbols=SYMBOLS).claims[0]


HALF = claim("f(x) - f(x_star) <= G/2*norm(x - x_star)")
WHOLE = claim("f(x) - f(x_star) <= G*norm(x - x_star)")
# G = L = 1, x = 4, x* = 0, f(x) - f* = 3: 3 <= 4 = G |x - x*|, but 3 > 2; convex and smooth: 3 <= <g, x> - 1/2 and
# 3 >= 1/2 with g = 1; smooth: 3 <= L |x|^2/2 = 8, and f* >= f(x) - <g, x> - 8.
WITNESS: dict[str, Any] = {
    "values": {"G": "1", "L": "1"},
    "vectors": {"grad(x)": ["1"], "x": ["4"], "x_star": ["0"]},
    "numbers": {"f(x)": "3", "f(x_star)": "0"},
}


def test_numbers_that_violate_the_goal_are_accepted_and_decide_nothing() -> None:
    assert check(to_document(HALF), "inference", WITNESS) is Verdict.UNDECIDED


def test_numbers_do_not_count_where_the_goal_holds() -> None:
    with pytest.raises(CertificateRejected, match="every goal holds here"):
        check(to_document(WHOLE), "inference", WITNESS)


@pytest.mark.parametrize(
    ("place", "value", "match"),
    [
        (("numbers", "f(x)"), "4", "convex and smooth: x_star against x"),
        (("vectors", "grad(x)"), ["2"], "lipschitz: x"),
        (("vectors", "x_star"), ["0", "0"], "vectors of one dimension"),
        (("values", "G"), "-1", "G = -1 is not positive"),
        (("numbers", "f(x)"), "1/0", "malformed|rational"),
    ],
)
def test_numbers_that_violate_a_fact_are_rejected(place: tuple[str, str], value: Any, match: str) -> None:
    witness = copy.deepcopy(WITNESS)
    witness[place[0]][place[1]] = value
    with pytest.raises(CertificateRejected, match=match):
        check(to_document(HALF), "inference", witness)


def test_the_reason_says_that_the_inference_fails() -> None:
    evidence = inequality.check(HALF, Resources())
    assert evidence is not None
    assert evidence.verdict is Verdict.UNDECIDED
    assert evidence.certificate is not None
    assert evidence.certificate.kind == "inference"
    assert "does not follow from the inequalities that are listed for it" in evidence.reason
    assert check(to_document(HALF), "inference", evidence.certificate.witness) is Verdict.UNDECIDED
    assert "violated" in evidence.figures
    assert audit(HALF)["step"].verdict is Verdict.UNDECIDED


def test_an_accepted_failure_of_the_inference_contradicts_no_proof() -> None:
    document = to_document(HALF)
    open_ = Evidence(
        route="inequality",
        verdict=Verdict.UNDECIDED,
        reason="it does not follow",
        certificate=Certificate(kind="inference", witness=WITNESS),
    )
    item = examined(open_, document)
    assert item.accepted
    assert judged(HALF, [item]).verdict is Verdict.UNDECIDED
    proof = inequality.check(WHOLE, Resources())
    assert proof is not None
    assert judged(WHOLE, [item, examined(proof, to_document(WHOLE))]).verdict is Verdict.PROVED


def test_the_command_says_what_is_established(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    file = tmp_path / "open.json"
    file.write_text(json.dumps(packed(to_document(HALF), Verdict.UNDECIDED, "inference", WITNESS)))
    assert recheck([file]) == 0
    assert capsys.readouterr().out == f"{file}: accepted: undecided{OPEN}\n"


@pytest.mark.parametrize(
    ("given", "holds", "spare"),
    [
        # the descent lemma alone gives it
        (["convex", "smooth(L)"], "f(y) <= f(x) + dot(grad(x), y - x) + L/2*norm(y - x)**2", "convex"),
        (["convex", "smooth(L)"], "dot(grad(x) - grad(y), x - y) >= 0", "smooth(L)"),
        # cocoercivity fails for -x^2/2, and for |x|
        (["convex", "smooth(L)"], "norm(grad(x) - grad(y))**2 <= L*dot(grad(x) - grad(y), x - y)", None),
        (
            ["norm(x) <= L", "norm(y) <= G"],
            "norm(x + y)**2 <= 2*norm(x)**2 + 2*norm(y)**2",
            "norm(x) <= L, norm(y) <= G",
        ),
    ],
)
def test_a_proof_names_the_hypotheses_that_it_does_not_need(given: list[str], holds: str, spare: str | None) -> None:
    table = {"id": "step", "given": given, "holds": holds}
    evidence = inequality.check(paper("p", [table], symbols=SYMBOLS | {"y": "vector"}).claims[0], Resources())
    assert evidence is not None
    assert evidence.verdict is Verdict.PROVED
    assert evidence.figures.get("not needed") == spare
    assert evidence.reason.endswith(f"; not needed: {spare}") is (spare is not None)


@pytest.mark.parametrize(
    ("given", "holds", "repair"),
    [
        (["smooth(L)", "y == x - alpha*grad(x)"], "f(y) <= f(x) - alpha/2*norm(grad(x))**2", "true if L*alpha <= 1"),
        (["smooth(L)"], "dot(grad(x) - grad(y), x - y) >= 0", "true if convex"),
        (["convex"], "mu*norm(x - y)**2 <= dot(grad(x) - grad(y), x - y)", "true if strongly_convex(mu)"),
    ],
)
def test_a_missing_hypothesis_of_a_vector_step_is_a_repair(given: list[str], holds: str, repair: str) -> None:
    table = {"id": "step", "given": given, "holds": holds}
    symbols = SYMBOLS | {"y": "vector", "mu": "positive", "alpha": "positive"}
    result = audit(paper("p", [table], symbols=symbols))["step"]
    assert result.verdict is Verdict.REFUTED
    assert [found.says for found in result.readings[0].repairs] == [repair]
