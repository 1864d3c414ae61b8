"""The language of vectors in claim files: what is read, what is refused with which words, and how it is printed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.checks import ROUTES, route
from convergence.checks.resources import Resources
from convergence.claims import to_document
from convergence.claims.claim import Claim
from convergence.claims.documents import DocumentError, validated
from convergence.claims.reader import from_document, read_paper
from convergence.claims.statements import Holds
from convergence.errors import ClaimError
from convergence.expressions import Domain, E, Vector, f, grad, parse_expression, parse_relation, symbol, to_text
from convergence.formulas.layout import to_mathml, to_plain
from convergence.formulas.printer import chained
from convergence.verdicts import Verdict

NAMES = {
    "alpha": symbol("alpha", "positive"),
    "x": symbol("x", Domain.VECTOR),
    "y": symbol("y", Domain.VECTOR),
    "g": symbol("g", Domain.RANDOM_VECTOR),
    "x_star": symbol("x_star", Domain.MINIMISER),
}
SYMBOLS = {
    "alpha": "positive", "L": "positive", "x": "vector", "y": "vector", "g": "random vector", "x_star": "minimiser",
    "f_star": "infimum",
}  # fmt: skip


def claim_of(given: list[str], holds: str, **more: Any) -> Claim:
    table = {"id": "claim", "given": given, "holds": holds, **more}
    return read_paper(validated({"symbols": SYMBOLS, "claims": [table]})).claims[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("norm(alpha) <= 1", "expected a vector in norm(...), found 'alpha', which is a number"),
        ("f(alpha) <= 1", "expected a vector in f(...), found 'alpha', which is a number"),
        ("sqrt(x) <= 1", "expected a number in sqrt(...), found 'x', which is a vector"),
        ("x <= y", "vectors can only be equal (==), found 'x' and 'y' in an inequality"),
        ("x == alpha", "a vector and a number cannot be compared: 'x' is a vector, 'alpha' is not"),
        ("x + alpha == y", "a vector and a number cannot be added: 'x' is a vector, 'alpha' is not"),
        ("x*y <= 1", "'x' and 'y' are vectors: write dot(u, v) for their inner product"),
        (
            "x**2 <= 1",
            "expected a number as a base (write norm(u)**2 for a squared norm), found 'x', which is a vector",
        ),
        ("alpha/x <= 1", "expected a number as a divisor, found 'x', which is a vector"),
        ("alpha**x <= 1", "expected a number as an exponent, found 'x', which is a vector"),
        ("dot(x) <= 1", "dot takes 2 arguments"),
        ("x == g", "'g' is random and 'x' is not"),
        ("y == x - alpha*g", 'declare it as "random vector"'),
        ("norm(x, y) <= 1", "norm takes 1 arguments"),
    ],
)
def test_ill_typed_relations_are_refused(text: str, message: str) -> None:
    with pytest.raises(ClaimError) as caught:
        parse_relation(text, NAMES)
    assert message in str(caught.value)
    assert text in str(caught.value)


def test_an_expression_is_a_number() -> None:
    with pytest.raises(ClaimError, match="expected a number here, found 'x \\+ y', which is a vector"):
        parse_expression("x + y", NAMES)


def test_without_vectors_the_functions_are_ordinary_names() -> None:
    with pytest.raises(ClaimError, match=r"unknown function 'dot'; known: .*; dot needs vectors"):
        parse_expression("dot(a, a)", {"a": symbol("a")})
    assert parse_expression("2*E + f", {"E": symbol("E"), "f": symbol("f")}).free_symbols == {symbol("E"), symbol("f")}


def test_errors_name_claim_and_key() -> None:
    with pytest.raises(DocumentError) as caught:
        claim_of(["norm(x) <= alpha"], "norm(alpha) <= 1")
    assert caught.value.path == ("claims", 0, "holds")
    with pytest.raises(DocumentError) as caught:
        claim_of(["smooth(L)", "x <= y"], "norm(x) <= 1")
    assert caught.value.path == ("claims", 0, "given", 1)


def test_hypotheses_about_an_oracle_are_stated_as_relations() -> None:
    with pytest.raises(DocumentError, match=r"unbiased is about a method; .*such as \"E\(g\) == grad\(x\)\"") as caught:
        claim_of(["smooth(L)", "unbiased"], "norm(x) <= 1")
    assert caught.value.path == ("claims", 0, "given", 1)


def test_vectors_have_no_range_and_no_method() -> None:
    table = {"symbols": {"x": {"domain": "vector", "range": [0, 1]}}, "claims": [{"id": "c", "holds": "norm(x) >= 0"}]}
    with pytest.raises(DocumentError, match="a vector has no range"):
        read_paper(validated(table))
    with pytest.raises(DocumentError, match="without a method"):
        claim_of([], "norm(x) >= 0", method="gradient_descent")


VECTORS = st.sampled_from(["x", "y", "x_star", "grad(x)", "grad(x - alpha*y)", "E(g)"])
COMBINATIONS = st.builds("{}*{} - {}".format, st.sampled_from(["2", "alpha", "1/alpha"]), VECTORS, VECTORS)
NUMBERS = st.one_of(
    st.builds("dot({}, {})".format, COMBINATIONS, VECTORS),
    st.builds("norm({})**2".format, COMBINATIONS),
    st.builds("f({})".format, COMBINATIONS),
    st.builds("E(norm(g - {})**2)".format, COMBINATIONS),
)


@given(left=NUMBERS, right=NUMBERS)
def test_relations_survive_a_round_trip(left: str, right: str) -> None:
    relation = parse_relation(f"{left} <= alpha*({right})", NAMES)[0]
    assert parse_relation(to_text(relation), NAMES)[0] == relation
    claim = claim_of(["smooth(L)"], f"{left} <= alpha*({right})")
    document = to_document(claim)
    assert to_document(from_document(document)) == document


def test_vectors_are_printed_as_papers_write_them() -> None:
    relations = parse_relation("E(norm(g - grad(x))**2) <= dot(x, y) + f(x_star)", NAMES)
    assert to_plain(chained(relations)) == "E[||g - nabla f(x)||^2] <= <x, y> + f(x_star)"
    mathml = to_mathml(chained(relations))
    assert "<mo>∇</mo>" in mathml
    assert "⟨" in mathml
    assert "‖" in mathml


def test_functions_and_domains() -> None:
    assert isinstance(NAMES["g"], Vector)
    assert parse_expression("E(3)", NAMES) == 3
    assert parse_expression("f(x)", NAMES) == f(NAMES["x"])
    relation = parse_relation("E(g) == grad(x)", NAMES)[0]
    assert relation.lhs == E(NAMES["g"])
    assert relation.rhs == grad(NAMES["x"])


ODD = [
    ([], "norm(x)**3 >= 0"),
    ([], "norm(x)/norm(y) <= alpha"),
    ([], "sqrt(norm(x)) <= 1 + norm(x)"),
    ([], "exp(norm(x)) >= 1"),
    ([], "norm(norm(x)*y) <= norm(x)*norm(y)"),
    ([], "f(0*x) <= f(x_star)"),
    ([], "min(norm(x), norm(y)) <= norm(x)"),
    (["x == y", "y == x"], "f(x) == f(y)"),
    (["x == 2*x"], "norm(x) <= 0"),
    (["alpha == 1/alpha"], "alpha*norm(x) == norm(x)"),
    (["alpha <= 0"], "norm(x) <= -1"),
    (["E(norm(g)**3) <= 1", "norm(g) <= norm(x)"], "E(f(g)) <= f(E(g)) + E(norm(g)*f(g))"),
    (["quadratic", "polyak_lojasiewicz(alpha)", "lipschitz(L)"], "f(x) - f_star <= norm(grad(x))"),
    (["smooth(alpha**L)"], "f(y) <= f(x) + dot(grad(x), y - x) + alpha**L/2*norm(x - y)**2"),
    (["smooth(L/k)"], "f(y) <= f(x) + dot(grad(x), y - x) + L/(2*k)*norm(x - y)**2"),
    ([], "norm(x) < norm(y) < norm(x)"),
    ([], "alpha <= L"),
    (["grad(x) == grad(y)", "convex"], "f(x) - f(y) == dot(grad(x), x - y)"),
    (["grad(x) == alpha*(x - y)"], "dot(grad(x), x - y) >= 0"),
]  # fmt: skip


@pytest.mark.parametrize(("hypotheses", "holds"), ODD)
def test_every_route_is_safe_on_odd_claims(hypotheses: list[str], holds: str) -> None:
    """No route raises."""
    claim = claim_of(hypotheses, holds)
    for name in ROUTES:
        if name not in ("runs", "expectation", "empirical"):
            route(name)(claim, Resources())


@pytest.mark.parametrize(
    ("hypotheses", "holds", "verdict"),
    [
        ([], "norm(x) < norm(y)", Verdict.REFUTED),
        (["grad(x) == grad(y)", "convex"], "f(x) - f(y) == dot(grad(x), x - y)", Verdict.PROVED),
        (["grad(x) == alpha*(x - y)"], "dot(grad(x), x - y) >= 0", Verdict.PROVED),
        (["smooth(L/k)"], "f(y) <= f(x) + dot(grad(x), y - x) + L/(2*k)*norm(x - y)**2", Verdict.PROVED),
        (["x == y"], "f(x) == f(y)", Verdict.PROVED),
        (["E(g) == 0*x", "convex"], "f(x) <= E(f(x + g))", Verdict.PROVED),
        (["convex"], "f(x) <= E(f(x + g))", Verdict.REFUTED),
    ],
)
def test_verdicts_of_small_claims(hypotheses: list[str], holds: str, verdict: Verdict) -> None:
    found = route("inequality")(claim_of(hypotheses, holds), Resources())
    assert found is not None
    assert found.verdict is verdict


def test_claims_without_vectors_are_left_to_others() -> None:
    claim = claim_of([], "alpha <= alpha + L")
    assert isinstance(claim.statement, Holds)
    assert route("inequality")(claim, Resources()) is None
