"""Claim files with any key, value or type broken: a paper or a `ClaimError`, nothing else."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.claims.documents import DocumentError, validated
from convergence.claims.reader import from_document, read_paper
from convergence.claims.writer import to_document
from convergence.errors import ClaimError

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.toml"))
DOCUMENTS = [tomllib.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES]

HOSTILE = st.one_of(
    st.sampled_from(
        (
            *(None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", " ", "k", "x", "9**9**9", "1/0"),
            *("foo(", "a[k+1]", "__import__('os')", "<script>", "\x00", "L" * 5000, "((((" * 100, "0.5", "42%"),
            *("every", "theta", "g", "k >= ", [], {}, [1, 2], ["x"], {"a": 1}, [[1], [2]], {"step": "0"}),
            *("smooth(L, L)", "smooth()", "strongly_convex", "lambda"),
        )
    ),
    st.integers(-5, 5),
    st.text(max_size=12),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, child in children for place in places(child, (*path, key))]


def mutated(document: dict[str, Any], place: tuple[Any, ...], change: str, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    parent: Any = result
    for key in place[:-1]:
        parent = parent[key]
    match change:
        case "replace":
            parent[place[-1]] = value
        case "remove":
            del parent[place[-1]]
        case "add" if isinstance(parent, dict):
            parent[str(value)[:20]] = value
        case "rename" if isinstance(parent, dict):
            parent[f"{place[-1]}x"] = parent.pop(place[-1])
    return result


@settings(max_examples=600)
@given(st.data())
def test_a_broken_file_is_a_claim_error(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(DOCUMENTS))
    place = data.draw(st.sampled_from(places(document)))
    change = data.draw(st.sampled_from(["replace", "remove", "add", "rename"]))
    broken = mutated(document, place, change, data.draw(HOSTILE))
    try:
        paper = read_paper(validated(broken))
    except DocumentError as error:
        assert str(error)
        assert "Traceback" not in str(error)
        return
    except ClaimError as error:
        assert str(error)
        return
    for claim in paper:
        for reading in claim.readings:
            assert to_document(from_document(to_document(reading))) == to_document(reading)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_reading_survives_the_way_to_its_document_and_back(path: Path) -> None:
    for claim in read_paper(validated(tomllib.loads(path.read_text(encoding="utf-8")))):
        for reading in claim.readings:
            assert to_document(from_document(to_document(reading))) == to_document(reading)
