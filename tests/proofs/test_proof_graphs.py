"""Proofs as graphs: a claim names the claims that are its steps, and a proof that cannot be one is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.claims import load, paper, to_document
from convergence.errors import ClaimError


def fact(identifier: str, holds: str = "1 + 1 == 2", **keys: object) -> dict[str, object]:
    return {"id": identifier, "holds": holds, **keys}


def test_steps_are_kept_in_order_and_stay_out_of_the_document():
    claims = paper("p", [fact("theorem", proof=["second", "first"]), fact("first"), fact("second")])
    assert claims["theorem"].proof == ("second", "first")
    assert claims["first"].proof == ()
    assert to_document(claims["theorem"]) == to_document(claims["first"])


def test_readings_have_no_proof_of_their_own():
    reading = {"reading": "as intended", "holds": "2 == 2"}
    theorem = paper("p", [fact("theorem", proof=["step"], readings=[reading]), fact("step")])["theorem"]
    assert [one.proof for one in theorem.readings] == [("step",), ()]


@pytest.mark.parametrize(
    "proof, message",
    [
        (["stepp"], r"p, claim 'theorem', proof\[0\]: unknown claim 'stepp'; did you mean 'step'\?"),
        (["step", "step"], r"claim 'theorem', proof\[1\]: the step 'step' stands twice"),
        (["theorem"], r"claim 'theorem', proof\[0\]: a proof that needs what it proves: theorem <- theorem"),
        (["step", "lemma"], r"proof\[1\]: a proof that needs what it proves: theorem <- lemma <- theorem"),
    ],
)
def test_a_proof_that_cannot_be_one(proof, message):
    with pytest.raises(ClaimError, match=message):
        paper("p", [fact("theorem", proof=proof), fact("lemma", proof=["theorem"]), fact("step")])


def test_the_message_names_file_and_line(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text('[[claims]]\nid = "a"\nholds = "1 == 1"\nproof = ["b"]\n[[claims]]\nid = "bc"\nholds = "2 == 2"\n')
    with pytest.raises(ClaimError, match=r"claims.toml, line 4, claim 'a', proof\[0\]: unknown claim 'b'"):
        load(path)


@given(st.integers(2, 8), st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_exactly_the_proofs_without_circles_are_taken(size, edges):
    edges = {(a, b) for a, b in edges if a < size and b < size}
    claims = [fact(f"c{a}", proof=[f"c{b}" for c, b in sorted(edges) if c == a]) for a in range(size)]
    left = set(range(size))
    while ends := {a for a in left if not any(b in left for c, b in edges if c == a)}:
        left -= ends  # Kahn's order: what remains lies on a circle or leads to one
    if left:
        with pytest.raises(ClaimError, match="needs what it proves"):
            paper("p", claims)
    else:
        assert len(paper("p", claims).claims) == size
