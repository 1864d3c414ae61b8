"""report.json: valid under its schema, complete, and finite."""

from __future__ import annotations

import json

from report_examples import example_audit
from test_html import hostile_audit

from convergence.claims.reader import from_document
from convergence.claims.writer import to_document as claim_document
from convergence.report import ReportDocument, to_document
from convergence.report.document import figure, plain
from convergence.verdicts import Verdict


def test_the_document_is_valid_under_its_own_schema() -> None:
    document = json.loads(json.dumps(to_document(example_audit()), allow_nan=False))
    assert ReportDocument.model_validate(document).model_dump(mode="json") == document


def test_the_schema_names_what_the_report_holds() -> None:
    schema = ReportDocument.model_json_schema()
    parts = {name: set(part["properties"]) for name, part in schema["$defs"].items() if "properties" in part}
    claim, reading, evidence = (parts[f"{name}Document"] for name in ("Claim", "Reading", "Evidence"))
    assert {"id", "where", "says", "verdict", "tightness", "reason", "readings", "evidence"} <= claim
    assert {"reading", "verdict", "tightness", "reason", "statement", "hypotheses", "evidence"} <= reading
    assert {"route", "verdict", "reason", "figures", "certificate", "accepted", "replay", "statistics"} <= evidence
    assert {"papers", "seed", "versions", "statistics", "summary"} <= set(schema["properties"])


def test_claims_have_their_readings_and_evidence() -> None:
    claims = {claim["id"]: claim for claim in to_document(example_audit())["papers"][0]["claims"]}
    lemma = claims["lemma"]
    assert lemma["verdict"] == "refuted"
    assert [reading["verdict"] for reading in lemma["readings"]] == ["refuted", "proved"]
    (evidence,) = lemma["evidence"]
    assert evidence["accepted"] is True
    assert evidence["certificate"]["file"] == "certificates/thirty-lemma-0-0.json"
    assert evidence["figures"]["a[10]"] == "-10"
    series = claims["noisy-average"]["readings"][0]["evidence"][0]["series"]
    assert [curve["role"] for curve in series] == ["run"] * 6 + ["median", "claimed", "fitted", "floor"]


def test_summary_counts_every_claim_once() -> None:
    summary = to_document(example_audit())["summary"]
    assert summary["claims"] == 30
    assert sum(summary["verdicts"].values()) == 30
    assert summary["against"] == 5
    assert set(summary["verdicts"]) == {verdict.value for verdict in Verdict}


def test_a_reading_carries_the_claim_that_its_certificate_is_checked_for() -> None:
    for claim in to_document(example_audit())["papers"][0]["claims"]:
        for reading in claim["readings"]:
            assert claim_document(from_document(reading["claim"])) == reading["claim"]


def test_numbers_that_are_not_finite_are_null_or_text() -> None:
    document = to_document(hostile_audit("x"))
    evidence = document["papers"][0]["claims"][0]["evidence"][0]
    assert evidence["figures"]["number"] == "nan"
    assert evidence["statistics"]["x"] == ["x", {"x": None}]
    json.dumps(document, allow_nan=False)


def test_values_of_other_libraries_become_plain() -> None:
    import numpy
    import sympy

    assert plain({1: (numpy.float64(0.5), numpy.arange(2), sympy.Rational(1, 3), {"b", "a"}, None, True)}) == {
        "1": [0.5, [0, 1], "1/3", ["a", "b"], None, True]
    }
    assert plain(float("inf")) is None
    assert plain(1 << 20_000) == "a whole number of 20001 bits"
    assert figure(float("-inf")) == "-inf"
    assert figure(True) == "True"


def test_the_same_audit_gives_the_same_document() -> None:
    assert json.dumps(to_document(example_audit())) == json.dumps(to_document(example_audit()))
