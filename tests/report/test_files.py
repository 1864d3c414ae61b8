"""Writing the report: whole files or none, certificates that re-check, and clear errors."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from report_examples import example_audit
from test_html import hostile_audit

import convergence
from convergence import ConvergenceError
from convergence.certificates.files import recheck
from convergence.report import ReportDocument, files, write

ARITHMETIC = {"id": "sum", "arithmetic": {"computed": "9/12 - 1/3", "printed": "42%"}}


def test_a_report_is_a_page_data_and_markdown_with_certificates(tmp_path: Path) -> None:
    write(example_audit(), tmp_path / "new" / "report")
    root = tmp_path / "new" / "report"
    found = sorted(path.relative_to(root).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    certificates = [name for name in found if name.startswith("certificates/")]
    assert [name for name in found if name not in certificates] == ["index.html", "report.json", "report.md"]
    assert "certificates/thirty-lemma-0-0.json" in certificates
    ReportDocument.model_validate(json.loads((root / "report.json").read_text(encoding="utf-8")))


def test_certificates_of_a_real_audit_are_accepted_again(tmp_path: Path) -> None:
    audit = convergence.audit(convergence.paper("numbers", [ARITHMETIC]))
    write(audit, tmp_path)
    (certificate,) = (tmp_path / "certificates").glob("*.json")
    assert recheck(certificate) is audit["sum"].verdict
    link = audit["sum"].evidence[0].certificate_file
    assert f'href="{link}"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_writing_twice_gives_the_same_bytes_and_leaves_no_traces(tmp_path: Path) -> None:
    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    write(example_audit(), tmp_path)
    first = content()
    write(example_audit(), tmp_path)
    assert content() == first
    assert not [name for name in first if name.endswith(".part")]


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("in the way", encoding="utf-8")
    with pytest.raises(ConvergenceError, match=r"report folder '.*report': cannot write .*; choose a folder .* --out"):
        write(example_audit(), tmp_path / "report")
    assert (tmp_path / "report").read_text(encoding="utf-8") == "in the way"


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(example_audit(), tmp_path)
    before = (tmp_path / "index.html").read_bytes()

    def full(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ConvergenceError, match="No space left on device"):
        write(example_audit(), tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".part"]


def test_certificates_of_an_earlier_report_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write(example_audit(), tmp_path)
    folder = tmp_path / "certificates"
    kept = {path.name: path.read_text() for path in folder.iterdir()}
    stale = next(iter(kept.values()))
    (folder / "of-a-claim-that-is-gone.json").write_text(stale)
    (folder / "mine.json").write_text('{"format": "something else"}')
    (folder / "notes.txt").write_text(stale)
    write(example_audit(), tmp_path)
    assert {path.name for path in folder.iterdir()} == {*kept, "mine.json", "notes.txt"}


PLACES = ["../outside.json", "/etc/x.json", "certificates/../../x.json", "certificates/.hidden.json", "x.txt"]


@pytest.mark.parametrize("place", PLACES)
def test_certificates_stay_inside_the_folder(tmp_path: Path, place: str) -> None:
    audit = example_audit()
    paper = audit.papers[0]
    claims = []
    for claim in paper.claims:
        readings = tuple(
            replace(reading, evidence=tuple(replace(item, certificate_file=place) for item in reading.evidence))
            for reading in claim.readings
        )
        claims.append(replace(claim, readings=readings))
    astray = replace(audit, papers=(replace(paper, claims=tuple(claims)),))
    with pytest.raises(ConvergenceError, match="expected a certificate's place such as"):
        write(astray, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_text_that_utf8_cannot_hold_is_replaced(tmp_path: Path) -> None:
    audit = hostile_audit("lone \ud800 surrogate")
    files._replace(tmp_path / "report.md", "lone \ud800 surrogate")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == "lone ? surrogate"
    assert "\ud800" not in files.to_markdown(audit)
