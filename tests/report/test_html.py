"""The page: well formed, without network or scripts, every text literal, the same bytes for the same audit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page
from report_examples import audit_of, example_audit, example_paper, power_law, runs
from sympy import Symbol

from convergence.auditing import Audit, ClaimResult, Judged, PaperResult, ReadingResult
from convergence.claims import Claim, Paper
from convergence.claims.statements import Empirical, Rate
from convergence.evidence import Certificate, Evidence, Series
from convergence.expressions import K
from convergence.report.html import to_html
from convergence.verdicts import Verdict

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'</style></math>"


@pytest.fixture(scope="module")
def text() -> str:
    return to_html(example_audit())


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.faults == []


def test_identifiers_are_unique_and_every_fragment_has_its_target(page: Page) -> None:
    assert len(set(page.identifiers)) == len(page.identifiers)
    values = [value for _, attributes in page.elements for value in attributes.values()]
    fragments = {value[1:] for value in values if re.fullmatch(r"#[\w-]+", value)}
    labels = {attributes["for"] for tag, attributes in page.elements if tag == "label"}
    assert fragments
    assert fragments | labels <= set(page.identifiers)


def test_nothing_comes_from_the_network_and_nothing_runs(text: str, page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form"} & page.tags
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action", "style", "clip-path"):
            assert "//" not in attributes.get(name, ""), (tag, name)
    assert not re.search(r"@import|url\((?!#)", text)
    policies = [a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "script-src" not in policies[0]


def test_the_same_audit_gives_the_same_bytes() -> None:
    assert to_html(example_audit()) == to_html(example_audit())


def test_the_bytes_do_not_depend_on_the_hash_seed(text: str) -> None:
    code = (
        "import hashlib; from report_examples import example_audit; from convergence.report.html import to_html; "
        "print(hashlib.sha256(to_html(example_audit()).encode()).hexdigest())"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": path}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == sha256(text.encode()).hexdigest()


def test_every_verdict_is_a_word_with_a_sign(page: Page) -> None:
    for words in "✓ proved", "✗ refuted", "∅ ill-posed", "≠ inconsistent", "↗ diverges", "≈ supported", "? undecided":
        assert words in page.text


def test_summary_then_what_diverges_then_the_paper(page: Page) -> None:
    parts = ("30 claims; 5 with a verdict against them", "What diverges", "made for tests")
    places = [page.text.index(words) for words in parts]
    assert places == sorted(places)


def test_a_claim_shows_all_that_a_reviewer_needs(text: str, page: Page) -> None:
    for words in (
        "a(k) = -k satisfies the recursion for every k >= 1 and does not tend to 0",
        "certificate accepted by the exact checker",
        "convergence check certificates/thirty-lemma-0-0.json",
        "with nonnegative terms",
        "Tightness loose: O(1/k^2)",
        "Expected by its authors ill-posed",
        "The numbers behind the plot",
        "fitted k^-0.50 [0.47, 0.53]",
        "part used for the fit",
        "noise floor",
        "6 seeds",
        "Would decide it a proof or a counterexample",
    ):
        assert words in page.text, words
    assert 'href="certificates/thirty-lemma-0-0.json"' in text
    assert page.text.count("-10") >= 1
    assert {"math", "mfrac", "msub", "msup", "munderover", "svg", "details"} <= page.tags


def test_claims_can_be_filtered_without_scripts(page: Page) -> None:
    picks = [a["id"] for tag, a in page.elements if tag == "input"]
    assert picks == ["show-all", *(f"show-{verdict.value}" for verdict in Verdict)]
    claims = [a for tag, a in page.elements if tag == "article" and "claim" in a.get("class", "").split()]
    assert [a["data-verdict"] for a in claims if a["id"] == "claim-lemma"] == ["refuted"]


def hostile_audit(words: str) -> Audit:
    """An audit whose every text, and a symbol, is `words`."""
    named = Symbol(words or "x")
    texts = {"where": words, "says": words, "reading": words, "versus": words, "needs": words}
    claim = Claim(id=words, statement=Rate(named / K), measure="gap", **texts)
    empirical = Claim(id=words + "2", statement=Empirical(words), needs=words)
    evidence = Evidence(
        route=words,
        verdict=Verdict.DIVERGES,
        reason=words + "!",
        figures={words: words, "number": float("nan")},
        certificate=Certificate(kind=words, witness={words: words}),
        series=(Series(role="run", steps=(1, 10, 100), values=(1, 0.1, 0.02), label=words),
                Series(role="median", steps=(1, 10, 100), values=(1, 0.1, 0.01), label=words),
                Series(role="fitted", steps=(1, 100), values=(1, 0.01), label=words)),
        statistics={words: [words, {words: float("inf")}], "level": 0.01},
        better=words,
        decisive=words,
    )  # fmt: skip
    judged = Judged(evidence=evidence, rejected=words, replay=words, certificate_file=words)
    results = [
        ReadingResult(
            claim=each, verdict=Verdict.DIVERGES, reason=words, better=words, decisive=words, evidence=(judged,)
        )
        for each in (claim, empirical)
    ]
    paper = Paper(title=words, source=words, path=words, claims=(claim, empirical))
    audit = audit_of(PaperResult(paper=paper, claims=tuple(ClaimResult(readings=(result,)) for result in results)))
    return replace(audit, versions={words: words}, statistics={words: words}, budget=words)


@pytest.fixture(scope="module")
def allowed() -> set[str]:
    """The elements of a page whose texts are harmless."""
    return Page(to_html(hostile_audit("harmless"))).tags


def test_hostile_texts_are_shown_and_never_read_as_markup(allowed: set[str]) -> None:
    page = Page(to_html(hostile_audit(HOSTILE)))
    assert page.faults == []
    assert page.tags <= allowed
    assert page.text.count(HOSTILE) >= 20
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


PIECES = ["<", ">", "&", '"', "'", "</", "<!--", "]]>", "{{", "{%", "$", "\\", "a", " ", "\n", "\x00", "\x1b", "\u202e"]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join) | st.text(min_size=1, max_size=20))
def test_any_text_is_only_text(allowed: set[str], words: str) -> None:
    page = Page(to_html(hostile_audit(words)))
    assert page.faults == []
    assert page.tags <= allowed
    assert len(set(page.identifiers)) == len(page.identifiers)


def test_claims_with_like_ids_have_different_anchors() -> None:
    first, second = (replace(example_paper()["lemma"], id=name) for name in ("a b", "a-b"))
    page = Page(to_html(example_audit(Paper(title="t", claims=(first, second)))))
    assert {"claim-a-b", "claim-a-b--2"} <= set(page.identifiers)
    assert len(set(page.identifiers)) == len(page.identifiers)


def test_an_audit_with_nothing_against_says_so() -> None:
    calm = example_paper()["spectrum"]
    assert "No claim has a verdict against it." in Page(to_html(example_audit(Paper(title="t", claims=(calm,))))).text


def many(count: int) -> Audit:
    """An audit of that many claims, each with a plot of twenty seeds."""
    judged = runs(Verdict.DIVERGES, 0.5)
    judged = replace(judged, evidence=replace(judged.evidence, series=power_law(0.5, seeds=20)))
    model = example_paper()["noisy-theorem"]
    claims = [replace(model, id=f"claim-{number}") for number in range(count)]
    results = [
        ClaimResult(readings=(ReadingResult(claim=c, verdict=Verdict.DIVERGES, reason="slower", evidence=(judged,)),))
        for c in claims
    ]
    return audit_of(PaperResult(paper=Paper(title="many", claims=tuple(claims)), claims=tuple(results)))


def test_a_plot_costs_little() -> None:
    plain, plotted = many(1), many(3)
    growth = (len(to_html(plotted).encode()) - len(to_html(plain).encode())) / 2
    assert growth < 40_000


@pytest.mark.slow
def test_a_page_of_150_plots_is_under_two_megabytes() -> None:
    assert len(to_html(many(150)).encode()) < 2_000_000
