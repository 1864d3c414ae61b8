"""Claim files: what the documentation shows loads, every kind survives a round trip, and errors say where and what."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.claims import HYPOTHESES, MEASURES, Paper, load, load_all, paper, to_document
from convergence.claims.documents import STATEMENTS, ClaimTable
from convergence.errors import ClaimError
from convergence.expressions import FUNCTIONS, Domain
from convergence.methods import METHODS
from convergence.verdicts import Verdict

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "claim-files.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


def read(text: str, folder: Path, name: str = "claims.toml") -> Paper:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path)


def error_of(text: str, folder: Path) -> str:
    """The message about a file, without the folder."""
    with pytest.raises(ClaimError) as caught:
        read(text, folder)
    return str(caught.value).replace(f"{folder}/", "")


def again(document: dict[str, object]) -> dict[str, object]:
    """The document of the claim that a document describes."""
    tables = dict(document)
    symbols = tables.pop("symbols")
    (claim,) = paper("again", [{"id": "again", **tables}], symbols=symbols)
    return to_document(claim)


# --- the documentation


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_of_the_guide_is_a_claim_file(number: int, tmp_path: Path) -> None:
    assert read(BLOCKS[number], tmp_path).claims


def test_the_guide_shows_every_statement() -> None:
    shown = {key for block in BLOCKS for claim in tomllib.loads(block)["claims"] for key in claim}
    assert not set(STATEMENTS) - shown
    assert not set(ClaimTable.model_fields) - shown - {"needs", "reading"}


def test_the_guide_names_the_whole_vocabulary() -> None:
    words = set(re.findall(r"\w+", GUIDE))
    known = {
        *HYPOTHESES,
        *MEASURES,
        *FUNCTIONS,
        *(word for domain in Domain for word in domain.split()),
        *(v for verdict in Verdict for v in verdict.split("-")),
    }
    assert not known - words
    assert {"gradient_descent", "heavy_ball", "nesterov", "adam"} <= set(METHODS)


def test_the_guide_runs_in_python() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    definitions, _, call = block.rpartition("print(")
    names: dict[str, object] = {}
    exec(definitions, names)
    assert [claim.id for claim in names["PAPER"]] == ["weight-decay"]  # type: ignore[attr-defined]
    assert call.startswith("audit(PAPER)")


# --- round trips

EVERY_CLAIM = [
    pytest.param(reading, id=f"{claim.id}-{position}")
    for block in BLOCKS
    for claim in paper("guide", tomllib.loads(block)["claims"], **{
        key: value for key, value in tomllib.loads(block).items() if key in ("symbols", "methods", "problems")
    })
    for position, reading in enumerate(claim.readings)
]  # fmt: skip


@pytest.mark.parametrize("claim", EVERY_CLAIM)
def test_documents_survive_a_round_trip(claim) -> None:  # type: ignore[no-untyped-def]
    document = to_document(claim)
    assert again(document) == document


def test_documents_of_the_papers_survive_a_round_trip() -> None:
    for source in load_all([ROOT / "proofs", ROOT / "examples"]):
        for claim in source:
            for reading in claim.readings:
                document = to_document(reading)
                assert again(document) == document, f"{claim.id}, {reading.reading}"


def test_documents_hold_nothing_that_no_verdict_may_depend_on() -> None:
    named = {"where": "Theorem 1", "says": "something", "expects": "proved", "reading": "as printed"}
    (plain,) = paper("p", [{"id": "a", "sequence": "1/k", "limit": 0}])
    (dressed,) = paper("another title", [{"id": "b", "sequence": "1/k", "limit": 0, **named}])
    assert to_document(plain) == to_document(dressed)


@given(st.sampled_from(sorted(HYPOTHESES)), st.integers(1, 9))
def test_hypotheses_survive_a_round_trip(name: str, value: int) -> None:
    arguments = f"({value}*mu)" if HYPOTHESES[name].arguments else ""
    table = {"id": "a", "given": [name + arguments], "method": "gradient_descent", "measure": "gap", "rate": "1/k"}
    (claim,) = paper("p", [table], symbols={"mu": "positive"})
    document = to_document(claim)
    assert document["given"] == (
        [f"{name}({value}*mu)"] if arguments and value > 1 else [name + ("(mu)" * bool(arguments))]
    )
    assert again(document) == document


# --- readings


def test_a_reading_inherits_and_replaces() -> None:
    (claim,) = paper(
        "p",
        [
            {
                "id": "a",
                "where": "Lemma 1",
                "recursion": "a[k+1] <= a[k]",
                "given": ["a[k] >= 0"],
                "limit": 0,
                "readings": [
                    {"reading": "bounded", "rate": 1},
                    {"reading": "explicit", "sequence": "1/k", "given": [], "limit": 0},
                ],
            }
        ],
    )
    printed, bounded, explicit = claim.readings
    assert [reading.reading for reading in claim.readings] == ["as printed", "bounded", "explicit"]
    assert to_document(bounded)["recursion"] == to_document(printed)["recursion"] == "a[k + 1] <= a[k]"
    assert (to_document(bounded)["rate"], to_document(bounded)["given"]) == ("1", ["a[k] >= 0"])
    assert "recursion" not in to_document(explicit) and to_document(explicit)["given"] == []
    assert bounded.where == "Lemma 1" and bounded.id == "a"


def test_a_missing_second_statement_is_named() -> None:
    with pytest.raises(
        ClaimError,
        match=r"p, claim 'a', readings\[0\]: expected exactly one statement .* found rate "
        "and limit",
    ):
        paper("p", [{"id": "a", "sequence": "1/k", "limit": 0, "readings": [{"reading": "b", "rate": 1, "limit": 0}]}])


# --- errors, each with its exact text

GOOD = """[symbols]
L = "positive"

[methods.gd]
parameters = { alpha = "1/L" }
step = "alpha*g"

[problems.p]
objective = "x**2 + y**2"
start = [1, 1]

[[claims]]
id = "first"
given = ["convex", "smooth(L)"]
method = "gd"
measure = "gap"
bound = "L/k"

[[claims]]
id = "second"
problem = "p"
eigenvalues = [2, 2]
"""

# one replacement in the file above, and the message
ERRORS = [
    ('L = "positive"', 'L = "positiv"', "claims.toml, line 2, symbols, L, domain: Input should be 'real', 'positive', "
     "'nonnegative', 'integer', 'natural', 'unit', 'fraction', 'vector', 'random vector', 'minimiser', 'infimum' or "
     "'undefined', found 'positiv'"),
    ('L = "positive"', 'L = { domain = "positive", rnge = [1, 2] }', "claims.toml, line 2, symbols, L, rnge: unknown "
    "key 'rnge'; did you mean 'range'?"),
    ('L = "positive"', 'L = { domain = "positive", range = [2, 1] }', "claims.toml, line 2, symbols, L: expected a "
    "range from the smaller to the larger number, found [2, 1]"),
    ('L = "positive"', 'k = "positive"', "claims.toml, line 2, symbols, k: k is the step counter and cannot be "
    "declared"),
    ('L = "positive"', 'L = ', "claims.toml: not valid TOML: Invalid value (at line 2, column 5)"),
    ('"alpha*g"', '"alhpa*g"', "claims.toml, line 6, methods, gd, step: in 'alhpa*g': unknown symbol 'alhpa'; did you "
    "mean 'alpha'?"),
    ('"alpha*g"', '"alpha*g" # \nquary = "theta"', "claims.toml, line 7, methods, gd, quary: unknown key 'quary'; did "
    "you mean 'query'?"),
    ('start = [1, 1]', 'start = [1]', "claims.toml, line 8, problems, p: problem 'p': expected a start with 2 "
    "coordinates (x, y), found 1"),
    ('start = [1, 1]', 'start = ["a", 1]', "claims.toml, line 10, problems, p, start: in 'a': unknown symbol 'a'"),
    ('"x**2 + y**2"', '"x^2 + y^2"', "claims.toml, line 9, problems, p, objective: in 'x^2 + y^2': only + - * / ** "
    "are allowed; write ** for powers"),
    ('"smooth(L)"', '"smoth(L)"', "claims.toml, line 14, claim 'first', given[1]: unknown hypothesis 'smoth'; did you "
    "mean 'smooth'?"),
    ('"smooth(L)"', '"smooth"', "claims.toml, line 14, claim 'first', given[1]: hypothesis smooth: expected arguments "
    "(L), found none"),
    ('"smooth(L)"', '"smooth(M)"', "claims.toml, line 14, claim 'first', given[1]: in 'M': unknown symbol 'M'; known: "
    "L, T, k, t"),
    ('method = "gd"', 'method = "gdd"', "claims.toml, line 15, claim 'first', method: unknown method 'gdd'; did you "
    "mean 'gd'?"),
    ('method = "gd"', 'method = "gd"\nparameters = { alpa = 1 }', "claims.toml, line 16, claim 'first', parameters: "
    "method 'gd' has no parameter 'alpa'; did you mean 'alpha'?"),
    ('measure = "gap"', 'measure = "gaps"', "claims.toml, line 16, claim 'first', measure: unknown measure 'gaps'; "
    "did you mean 'gap'?"),
    ('measure = "gap"\n', '', "claims.toml, line 12, claim 'first': a rate, bound or limit needs a measure, such as "
    "measure = \"gap\", "
     "and a subject: a method, a recursion or a sequence"),
    ('bound = "L/k"', 'buond = "L/k"', "claims.toml, line 17, claim 'first', buond: unknown key 'buond'; did you mean "
    "'bound'?"),
    ('bound = "L/k"', '', "claims.toml, line 12, claim 'first': expected exactly one statement (such as rate, bound, "
    "limit, eigenvalues, arithmetic), found none"),
    ('bound = "L/k"', 'bound = "L/k"\nrate = "1/k"', "claims.toml, line 12, claim 'first': expected exactly one "
    "statement (such as rate, bound, limit, "
     "eigenvalues, arithmetic), found rate and bound"),
    ('bound = "L/k"', 'bound = "L/(k"', "claims.toml, line 17, claim 'first', bound: cannot read 'L/(k': '(' was "
    "never closed"),
    ('bound = "L/k"', 'bound = "L < k"', "claims.toml, line 17, claim 'first', bound: expected an expression, found a "
    "comparison: 'L < k'"),
    ('bound = "L/k"', 'bound = "lambda*L"', "claims.toml, line 17, claim 'first', bound: lambda is a reserved word: "
    "write lambda_ in 'lambda*L'"),
    ('problem = "p"', 'problem = "q"', "claims.toml, line 21, claim 'second', problem: unknown problem 'q'; known: p"),
    ('problem = "p"\n', '', "claims.toml, line 21, claim 'second', eigenvalues: eigenvalues is about a concrete "
    "problem: add problem = "
     "\"name\" and a [problems.name] table"),
    ('eigenvalues = [2, 2]', 'eigenvalues = 2', "claims.toml, line 22, claim 'second', eigenvalues: Input should be a "
    "valid list, found 2"),
    ('eigenvalues = [2, 2]', 'eigenvalues = ["z"]', "claims.toml, line 22, claim 'second', eigenvalues: in 'z': "
    "unknown symbol 'z'; known: L, T, k, t, x, y"),
    ('eigenvalues = [2, 2]', 'definiteness = "definite"', "claims.toml, line 22, claim 'second', definiteness: "
    "unknown definiteness 'definite'; did you mean 'indefinite'?"),
    ('eigenvalues = [2, 2]', 'stable_steps = "1/2"', "claims.toml, line 22, claim 'second', stable_steps: expected "
    "relations such as \"0 < eta < 1/3\", found '1/2'"),
    ('eigenvalues = [2, 2]', 'stable_steps = "0 < a < b"', "claims.toml, line 22, claim 'second', stable_steps: "
    "expected relations in one step size, "
     "such as \"0 < eta < 1/3\", found '0 < a < b'"),
    ('eigenvalues = [2, 2]', 'behaviour = { step = 1, is = "explodes" }', "claims.toml, line 22, claim 'second', "
    "behaviour: unknown behaviour 'explodes'; "
     "known: converges, cycles, diverges, monotone, oscillates"),
    ('eigenvalues = [2, 2]', 'behaviour = { step = 1, is = "cycles", start = "any" }', "claims.toml, line 22, claim "
    "'second', behaviour: expected a point, "
     "\"every\", \"some\" or \"almost every\" as start, found 'any'"),
    ('eigenvalues = [2, 2]', 'behaviour = { step = 1 }', "claims.toml, line 22, claim 'second', behaviour: the key "
    "'is' is missing"),
    ('eigenvalues = [2, 2]', 'iterations = { step = 0.1, ratio = 2 }', "claims.toml, line 22, claim 'second', "
    "iterations: expected a ratio between 0 and 1, found 2"),
    ('eigenvalues = [2, 2]', 'arithmetic = { computed = "1/3", printed = "a third" }', "claims.toml, line 22, claim "
    "'second', arithmetic: printed: expected a "
     "printed number such as \"1.17\", \"42%\", \"24-31%\", \"<2%\" or \"1/3\", found 'a third'"),
    ('id = "second"', 'id = "first"', "claims.toml: two claims have the id 'first'; ids must be unique"),
    ('id = "second"\n', '', "claims.toml, line 19, claim 2: the key 'id' is missing"),
    ('id = "second"', 'id = "second"\nexpects = "maybe"', "claims.toml, line 21, claim 'second', expects: Input "
    "should be 'proved', 'refuted', "
     "'ill-posed', 'inconsistent', 'diverges', 'supported' or 'undecided', found 'maybe'"),
    ('[[claims]]\nid = "second"', '[[claim]]\nid = "second"', "claims.toml, line 19, claim: unknown key 'claim'; did "
    "you mean 'claims'?"),
]  # fmt: skip


def test_the_file_without_errors_loads(tmp_path: Path) -> None:
    assert [claim.id for claim in read(GOOD, tmp_path)] == ["first", "second"]


@pytest.mark.parametrize(("old", "new", "message"), ERRORS)
def test_errors_say_where_and_what(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert GOOD.count(old) == 1
    assert error_of(GOOD.replace(old, new), tmp_path) == message


RECURSIONS = [
    ("a[k] <= a[k-1]", "expected one inequality of the form a[k+1] <= ..., found 'a[k] <= a[k-1]'"),
    ("a[k+1] >= a[k]", "expected <= or == in a recursion, found >="),
    ("a[k+1] <= a[k+2]", "expected only a[k] and a[k-1] on the right, found 'a[k+1] <= a[k+2]'"),
    ("a[k+1] <= b[k]", "in 'a[k+1] <= b[k]': Subscript is not allowed"),
    ("[k+1] <= 0", "expected a name of letters, digits and _ (at most 40), found ''"),
    ("a[k+1]", "expected a comparison (<=, <, >=, >, ==), found 'a[k+1]'"),
]


@pytest.mark.parametrize(("recursion", "message"), RECURSIONS)
def test_recursions_have_one_form(recursion: str, message: str) -> None:
    with pytest.raises(ClaimError) as caught:
        paper("p", [{"id": "a", "recursion": recursion, "limit": 0}])
    assert str(caught.value).startswith(f"p, claim 'a', recursion: {message}")


def test_two_subjects_are_one_too_many() -> None:
    with pytest.raises(
        ClaimError, match="a claim is about one of method, recursion and sequence; found method and sequence"
    ):
        paper("p", [{"id": "a", "method": "adam", "sequence": "1/k", "limit": 0}])


def test_two_readings_need_two_names() -> None:
    with pytest.raises(ClaimError, match="expected a different name for each reading, found as printed, as printed"):
        paper("p", [{"id": "a", "sequence": "1/k", "limit": 0, "readings": [{"rate": 1}]}])


def test_parameters_need_a_method() -> None:
    with pytest.raises(ClaimError, match="p, claim 'a', parameters: parameters need a method to belong to"):
        paper("p", [{"id": "a", "sequence": "1/k", "limit": 0, "parameters": {"alpha": 1}}])


def test_paths_without_claims(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
    for name, message in [
        ("missing.toml", "no such file or folder"),
        ("notes.txt", "expected a .toml or .py file or a folder of them"),
        ("empty.py", "expected a variable PAPER of type convergence.Paper, or claims"),
        ("latin.toml", "expected UTF-8 text"),
    ]:
        with pytest.raises(ClaimError) as caught:
            load(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {message}"


def test_unknown_claims_of_a_paper_are_named(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match=r"no claim 'frist'; did you mean 'first'\?"):
        read(GOOD, tmp_path)["frist"]


def test_one_paper_is_expected_by_load(tmp_path: Path) -> None:
    read('[paper]\ntitle = "A"\n' + GOOD, tmp_path, "a.toml")
    read('[paper]\ntitle = "B"\n' + GOOD, tmp_path, "b.toml")
    assert [one.title for one in load_all([tmp_path])] == ["A", "B"]
    with pytest.raises(ClaimError, match=r"expected one paper, found 2 \(A, B\); load_all reads them all"):
        load(tmp_path)
