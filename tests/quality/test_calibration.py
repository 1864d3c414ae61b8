"""Verdicts on statements that the field knows to be true or false: none may be wrong."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from convergence.auditing.calibration import Exercise, Graded, Outcome, exercises, graded
from convergence.verdicts import Verdict

FOLDER = Path(__file__).parents[2] / "proofs" / "classics"
EXACT = ("recursions", "sequences", "quadratics", "inequalities")
"""Themes that are decided without runs."""

SLOW = ("roots-*", "chung-fast*", "chung-critical*")
OF_METHODS = (
    "gd-gap-too-small", "gd-contraction-squared", "gd-step-two-over-L", "gd-without-smoothness", "nesterov-too-small",
    "subgradient-too-small", "sgd-step-too-small",
)  # fmt: skip


def listed(grades: tuple[Graded, ...], outcome: Outcome) -> list[str]:
    return [f"{g.exercise.claim.id}: {g.verdict}: {g.reason}" for g in grades if g.outcome is outcome]


@pytest.mark.parametrize(
    "truth, verdict, outcome",
    [
        (True, Verdict.PROVED, Outcome.RIGHT),
        (True, Verdict.SUPPORTED, Outcome.RIGHT),
        (True, Verdict.DIVERGES, Outcome.WRONG),
        (True, Verdict.ILL_POSED, Outcome.WRONG),
        (False, Verdict.REFUTED, Outcome.RIGHT),
        (False, Verdict.ILL_POSED, Outcome.RIGHT),
        (False, Verdict.SUPPORTED, Outcome.WRONG),
        (False, Verdict.UNDECIDED, Outcome.UNDECIDED),
    ],
)
def test_what_a_verdict_is_worth(truth: bool, verdict: Verdict, outcome: Outcome) -> None:
    claim = exercises(FOLDER, "young", altered=False)[0].claim
    exercise = Exercise(claim=claim, truth=truth, group="", original="")
    assert Graded(exercise=exercise, verdict=verdict, reason="", seconds=0.0).outcome is outcome


def test_no_wrong_verdict_on_a_sample() -> None:
    stated = exercises(FOLDER, altered=False)
    fast = [
        task
        for task in stated
        if (task.group in EXACT and not any(fnmatchcase(task.original, pattern) for pattern in SLOW))
        or task.original in OF_METHODS
    ]
    grades = graded(fast)
    assert not listed(grades, Outcome.WRONG)
    assert sum(grade.outcome is Outcome.RIGHT for grade in grades) >= 0.9 * len(grades), listed(
        grades, Outcome.UNDECIDED
    )


@pytest.mark.slow
def test_no_wrong_verdict_at_all() -> None:
    grades = graded(exercises(FOLDER), jobs=2)
    assert not listed(grades, Outcome.WRONG)
