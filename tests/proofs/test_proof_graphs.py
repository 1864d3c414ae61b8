"""Proofs as graphs: a claim names the claims that are its steps, and a proof that cannot be one is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence import audit
from convergence.auditing import Audit, ClaimResult
from convergence.claims import load, load_all, paper, to_document
from convergence.cli.listing import listing
from convergence.errors import ClaimError
from convergence.report import to_document as to_data
from convergence.report.html import to_html
from convergence.report.markdown import to_markdown


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


# --- what the steps say about the proof


def proof_of(steps: list[dict[str, object]], conclusion: str = "2 == 2") -> ClaimResult:
    """The audited theorem of a paper whose steps are relations between numbers."""
    theorem = fact("theorem", conclusion, proof=[step["id"] for step in steps])
    return audit(paper("p", [theorem, *steps]))["theorem"]


OPEN = {"id": "open", "empirical": "data"}
SLIP = fact("slip", "1 == 2", readings=[{"reading": "repaired", "holds": "1 == 1"}])
EXAMPLES = [
    ([fact("a")], "2 == 2", "the only step is proved"),
    ([fact("a"), fact("b")], "2 == 2", "all 2 steps are proved"),
    ([fact("a"), fact("b")], "2 == 3", "all 2 steps are proved; what fails is the way from there to the statement"),
    ([fact("a"), OPEN], "2 == 2", "no step fails, 1 of 2 are proved; the first that is not: open (undecided)"),
    ([OPEN, fact("b", "1 == 2")], "2 == 2", "the first step that fails is b (step 2 of 2): refuted"),
    (
        [fact("a"), SLIP, fact("c", "1 == 3")],
        "2 == 2",
        'the first step that fails is slip (step 2 of 3): refuted, but proved in the reading "repaired"',
    ),
    (
        [fact("a"), SLIP],
        "2 == 2",
        'the first step that fails is slip (step 2 of 2): refuted, but proved in the reading "repaired"; '
        "each step has a reading that is proved",
    ),
]


@pytest.mark.parametrize("steps, conclusion, sentence", EXAMPLES)
def test_the_sentence_on_a_proof(steps, conclusion, sentence):
    result = proof_of(steps, conclusion)
    assert result.proof is not None
    assert result.proof.sentence == sentence
    assert f"proof      {sentence}" in result.explanation


@given(st.lists(st.sampled_from(["1 == 1", "1 == 2"]), min_size=1, max_size=4), st.sampled_from(["2 == 2", "2 == 3"]))
def test_steps_never_change_the_verdict_on_the_theorem(truths, conclusion):
    result = proof_of([fact(f"s{i}", truth) for i, truth in enumerate(truths)], conclusion)
    assert result.proof is not None
    assert result.verdict is audit(paper("p", [fact("theorem", conclusion)]))["theorem"].verdict
    assert result.proof.complete == ("1 == 2" not in truths)
    failing = result.proof.first_failure
    assert (failing and failing.id) == next((f"s{i}" for i, truth in enumerate(truths) if truth == "1 == 2"), None)


def test_a_step_outside_the_audit_is_named():
    whole = paper("p", [fact("theorem", proof=["a", "b"]), fact("a"), fact("b")])
    part = replace(whole, claims=(whole["theorem"], whole["a"]))
    result = audit(part)["theorem"]
    assert result.proof is not None
    assert (
        result.proof.sentence == "no step fails, 1 of 2 are proved; the first that is not: b (not part of this audit)"
    )


# --- where a reader sees it


@pytest.fixture(scope="module")
def shown() -> Audit:
    claims = [fact("theorem", proof=["a<b", "slip", "open"]), fact("a<b"), SLIP, OPEN]
    return audit(paper("p", claims))


def test_the_page_links_every_step_and_marks_the_first_failure(shown):
    text = to_html(shown)
    list_ = text[text.index("<ol>") : text.index("</ol>")]
    assert [part.split('"')[0] for part in list_.split('<a href="#')[1:]] == ["claim-a-b", "claim-slip", "claim-open"]
    marked = list_[list_.index('class="first-failure"') :]
    assert marked.index("claim-slip") < marked.index("</li>")
    assert "repaired: " in marked and "✓" in marked


def test_markdown_lists_the_steps(shown):
    lines = to_markdown(shown).splitlines()
    start = next(
        i for i, line in enumerate(lines) if line.startswith("Proof of **theorem** (✓ proved): the first step")
    )
    assert lines[start + 2 : start + 5] == [
        "1. a&#60;b: ✓ proved",
        "2. slip: ✗ refuted; repaired: ✓ proved",
        "3. open: ? undecided",
    ]


def test_the_data_hold_the_graph(shown):
    claims = {claim["id"]: claim for claim in to_data(shown)["papers"][0]["claims"]}
    proof = claims["theorem"]["proof"]
    assert claims["slip"]["proof"] is None
    assert [step["id"] for step in proof["steps"]] == ["a<b", "slip", "open"]
    assert proof["first_failure"] == "slip" and not proof["complete"]
    assert proof["steps"][1] == {
        "id": "slip",
        "verdict": "refuted",
        "readings": {"as printed": "refuted", "repaired": "proved"},
    }


def test_the_listing_names_the_steps(tmp_path, capsys):
    path = tmp_path / "claims.toml"
    path.write_text('[[claims]]\nid = "a"\nholds = "1 == 1"\nproof = ["b"]\n[[claims]]\nid = "b"\nholds = "2 == 2"\n')
    listing([path])
    printed = capsys.readouterr().out
    head, row = (next(line for line in printed.splitlines() if word in line) for word in ("method", "1 = 1"))
    assert head.rstrip("┃ ").endswith("proof")
    assert row.rstrip("│ ").endswith(" b")


def files(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text)


THEOREM = '[[claims]]\nid = "theorem"\nholds = "2 == 2"\nproof = ["lemmas/second", "lemmas/first"]\n'
LEMMAS = '[[claims]]\nid = "first"\nholds = "1 == 1"\n[[claims]]\nid = "second"\nholds = "1 == 2"\n'


def test_steps_may_be_in_another_file_of_the_audit(tmp_path):
    files(tmp_path, lemmas=LEMMAS, main=THEOREM)
    proof = audit(load_all([tmp_path]))["theorem"].proof
    assert [(step.id, step.verdict.value) for step in proof.steps] == [
        ("lemmas/second", "refuted"),
        ("lemmas/first", "proved"),
    ]
    alone = audit(load_all([tmp_path / "main.toml"]))["theorem"].proof
    assert [step.verdict for step in alone.steps] == [None, None]
    assert "lemmas/second (not part of this audit)" in alone.sentence


def test_files_of_the_same_name_in_other_folders_are_others(tmp_path):
    for folder, holds in (("a", "1 == 1"), ("b", "1 == 2")):
        (tmp_path / folder).mkdir()
        files(tmp_path / folder, lemmas=f'[[claims]]\nid = "first"\nholds = "{holds}"\n')
        files(tmp_path / folder, main=f'[[claims]]\nid = "{folder}"\nholds = "2 == 2"\nproof = ["lemmas/first"]\n')
    found = audit(load_all([tmp_path / "a", tmp_path / "b"]))
    assert [found[name].proof.steps[0].verdict.value for name in "ab"] == ["proved", "refuted"]


def test_links_that_lead_nowhere_or_back_are_errors(tmp_path):
    files(tmp_path, lemmas=LEMMAS.replace('"first"', '"firsts"'), main=THEOREM)
    with pytest.raises(ClaimError, match=r"claim 'theorem': unknown step 'lemmas/first'; did you mean 'lemmas/firsts'"):
        load_all([tmp_path])
    files(tmp_path, lemmas=LEMMAS + 'proof = ["main/theorem"]\n')
    with pytest.raises(ClaimError, match="needs what it proves: second <- theorem <- second"):
        load_all([tmp_path])
