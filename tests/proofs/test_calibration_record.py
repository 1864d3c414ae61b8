"""The recorded calibration: it is of today's statements, nothing in it is wrong, and every report shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from convergence import audit
from convergence.auditing import calibration
from convergence.auditing.calibration import Graded, Outcome, exercises
from convergence.auditing.record import Calibration, calibration_of, fingerprint, recorded, write
from convergence.claims import paper
from convergence.report import document, html, markdown
from convergence.verdicts import Verdict

FOLDER = Path(__file__).parents[2] / "proofs" / "classics"
MADE_UP = Calibration(
    version="1.2",
    day="2026-01-31",
    budget="quick",
    fingerprint="",
    groups={"sums": {"right": 3, "undecided": 1, "wrong": 0}, "mutants: renamed": {"right": 4}},
    fit=("42 series",),
)
SENTENCE = (
    "version 1.2 was run on 8 statements of known truth (2026-01-31, quick budget): 7 right, 1 undecided, 0 wrong"
)


def test_the_record_is_of_the_statements_that_stand_here_today():
    found = recorded()
    assert found is not None, "no record in the package; make one with convergence doctor --record"
    assert found.fingerprint == fingerprint(exercises(FOLDER)), (
        "the classics changed since the record was made; make another with convergence doctor --record"
    )


def test_nothing_in_the_record_is_wrong():
    found = recorded()
    assert found is not None
    assert found.count(Outcome.WRONG) == 0
    stated = exercises(FOLDER)
    assert sum(found.count(outcome) for outcome in Outcome) == len(stated)
    sizes = {group: sum(outcomes.values()) for group, outcomes in found.groups.items()}
    assert sizes == Counter(task.group for task in stated)


def test_the_fingerprint_is_of_statements_and_truths_in_any_order():
    tasks = exercises(FOLDER, "young*", altered=False)
    assert fingerprint(tasks) == fingerprint(tasks[::-1])
    renamed = [replace(task, claim=replace(task.claim, id="x", says="", where="")) for task in tasks]
    assert fingerprint(renamed) == fingerprint(tasks)
    assert fingerprint([replace(tasks[0], truth=not tasks[0].truth), *tasks[1:]]) != fingerprint(tasks)
    assert fingerprint(tasks[1:]) != fingerprint(tasks)


def test_figures_are_counted_by_kind_and_survive_the_file(tmp_path):
    tasks = exercises(FOLDER, "young*", altered=False)
    verdicts = [Verdict.PROVED if task.truth else Verdict.UNDECIDED for task in tasks]
    grades = [
        Graded(exercise=task, verdict=verdict, reason="", seconds=0.0)
        for task, verdict in zip(tasks, verdicts, strict=True)
    ]
    made = calibration_of(grades, "quick", ["a line"])
    assert made.groups == {"inequalities": {"right": 1, "undecided": 1, "wrong": 0}}
    (tmp_path / "convergence" / "auditing").mkdir(parents=True)
    path = write(made, tmp_path)
    assert path.name == "calibration.json"
    assert '"right": 1' in path.read_text()


def test_every_report_shows_the_figures(monkeypatch):
    for module in (document, html, markdown):
        monkeypatch.setattr(module, "recorded", lambda: MADE_UP)
    result = audit(paper("p", [{"id": "a", "holds": "1 == 1"}]))
    assert SENTENCE in html.to_html(result)
    assert '<th scope="row">mutants: renamed</th><td>4</td><td>0</td><td>0</td>' in html.to_html(result)
    assert SENTENCE.split(" (")[0] in markdown.to_markdown(result)
    shown = document.to_document(result)["calibration"]
    assert shown["summary"] == SENTENCE
    assert shown["groups"] == MADE_UP.groups


def test_without_a_record_reports_are_whole(monkeypatch):
    for module in (document, html, markdown):
        monkeypatch.setattr(module, "recorded", lambda: None)
    result = audit(paper("p", [{"id": "a", "holds": "1 == 1"}]))
    assert "Calibration" not in html.to_html(result) + markdown.to_markdown(result)
    assert document.to_document(result)["calibration"] is None


def test_a_run_that_was_stopped_goes_on_with_the_same_verdicts(tmp_path, monkeypatch):
    from convergence.auditing import run
    from convergence.auditing.store import Store

    tasks = exercises(FOLDER, "young*", altered=False)
    store = Store(tmp_path / "kept")
    whole = calibration.graded(tasks)
    calibration.graded(tasks[:1], kept=store)
    asked = []
    monkeypatch.setattr(calibration, "searched", lambda *task: asked.append(task) or run.examine(*task))
    resumed = calibration.graded(tasks, kept=store)
    assert len(asked) == len(tasks) - 1
    assert [(one.verdict, one.reason) for one in resumed] == [(one.verdict, one.reason) for one in whole]
