"""report.md: literal texts, whole tables, objections first."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_examples import example_audit
from test_html import HOSTILE, hostile_audit

from convergence.report.markdown import code, literal, to_markdown


def test_counts_then_objections_then_every_claim() -> None:
    text = to_markdown(example_audit())
    assert "30 claims of 1 paper; **5** with a verdict against them." in text
    assert "| ✗ refuted | 2 |" in text
    parts = ("# Convergence audit", "## What diverges", "## Thirty statements about descent")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "- **lemma** (Lemma 2.1), as printed: **✗ refuted**. a(k) = -k satisfies the recursion" in text
    assert "  - claimed: <code>every sequence with a&#91;k + 1&#93; &#60;= (1 - beta/k)&#42;a&#91;k&#93;" in text
    assert "  - replay: <code>convergence check certificates/thirty-lemma-0-0.json</code>" in text
    assert "| … with nonnegative terms |" in text
    assert text.endswith(".\n")


def cells(line: str) -> int:
    return line.count("|") - 1


MARKS = ["a | b", "`x`", "# not a heading", "[link](javascript:x)", "@someone", "~~no~~", "a\nb"]


@pytest.mark.parametrize("words", [HOSTILE, *MARKS])
def test_hostile_texts_are_literal(words: str) -> None:
    text = to_markdown(hostile_audit(words))
    assert not re.search(r"<(?!/?code>)", text)
    assert "](" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {cells(row) for row in rows} == {3, 5}
    assert not re.search(r"@someone|~~no~~|`x`", text)


@given(st.text(max_size=60))
def test_literal_text_is_one_line_without_marks(words: str) -> None:
    found = literal(words)
    assert "\n" not in found
    assert not set(found) & set("|<>`*_[]\\~$@!")
    visible = "".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in words)
    assert unescape(found) == " ".join(visible.split())


def test_code_of_nothing_is_nothing() -> None:
    assert code("") == ""


def test_the_same_audit_gives_the_same_text() -> None:
    assert to_markdown(example_audit()) == to_markdown(example_audit())
