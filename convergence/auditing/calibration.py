"""How often the audit is right on statements of known truth, and on mutants of them."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from convergence.auditing.examine import searched
from convergence.auditing.mutants import mutants
from convergence.auditing.run import audit
from convergence.auditing.store import Store
from convergence.checks import Budget
from convergence.claims.claim import Claim, Paper
from convergence.claims.files import load
from convergence.errors import ClaimError, nearest
from convergence.verdicts import Verdict

CLASSICS = Path("proofs") / "classics"
ORIGINAL = "as stated"


class Outcome(StrEnum):
    """What a verdict is worth."""

    RIGHT = "right"
    UNDECIDED = "undecided"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exercise:
    """A claim of known truth.

    Attributes:
        group: the theme, or the kind of mutant.
        original: the id of the statement that it was made from.
    """

    claim: Claim
    truth: bool
    group: str
    original: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graded:
    """An exercise with the audit's verdict."""

    exercise: Exercise
    verdict: Verdict
    reason: str
    seconds: float

    @property
    def outcome(self) -> Outcome:
        """Right is proof or support of a true claim, and any verdict against a false one."""
        if self.verdict is Verdict.UNDECIDED:
            return Outcome.UNDECIDED
        return Outcome.RIGHT if self.verdict.against is not self.exercise.truth else Outcome.WRONG


def classics_folder(start: Path) -> Path:
    """The classics of the checkout that holds `start`.

    Raises:
        ClaimError: outside a checkout.
    """
    for folder in (start, *start.parents):
        if (folder / CLASSICS / "__init__.py").is_file():
            return folder / CLASSICS
    raise ClaimError(
        f"{start}: no folder {CLASSICS} here or above; the calibration is content of a checkout of this project, "
        "and not of the installed package"
    )


def exercises(folder: Path, only: str | None = None, altered: bool = True) -> tuple[Exercise, ...]:
    """The statements of a folder of classics, and their mutants.

    Args:
        folder: a package with a ``PAPER``, and with ``TRUTH``, ``SHARP`` and ``THEMES`` by claim id.
        only: a pattern that the statement's id must match.
        altered: whether mutants are made.

    Raises:
        ClaimError: if a claim has no truth, or none matches.
    """
    paper = load(folder)
    module = importlib.import_module(f"{folder.resolve().parent.name}.{folder.resolve().name}")
    _require_truth(paper, module.TRUTH)
    chosen = [claim for claim in paper if only is None or fnmatchcase(claim.id, only)]
    if not chosen:
        raise ClaimError(f"no statement matches {only!r}{nearest(only or '', [claim.id for claim in paper])}")
    found = [_original(claim, module.TRUTH, module.THEMES) for claim in chosen]
    if altered:
        found += [item for claim in chosen for item in _altered(claim, module.TRUTH, module.SHARP)]
    return tuple(found)


def _require_truth(paper: Paper, truth: Mapping[str, bool]) -> None:
    missing = [claim.id for claim in paper if claim.id not in truth]
    if missing:
        raise ClaimError(f"{paper.title}: nothing says whether these are true: {', '.join(missing)}")


def _original(claim: Claim, truth: Mapping[str, bool], themes: Mapping[str, str]) -> Exercise:
    return Exercise(claim=claim, truth=truth[claim.id], group=themes[claim.id], original=claim.id)


def _altered(claim: Claim, truth: Mapping[str, bool], sharp: Mapping[str, Sequence[str]]) -> Iterator[Exercise]:
    for mutant in mutants(claim, truth[claim.id], sharp.get(claim.id, ())):
        group = "mutants: a hypothesis dropped" if mutant.kind.startswith("without ") else f"mutants: {mutant.kind}"
        yield Exercise(claim=mutant.claim, truth=mutant.truth, group=group, original=claim.id)


def graded(
    tasks: Sequence[Exercise],
    *,
    budget: Budget | str = Budget.QUICK,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[Claim], None] | None = None,
    kept: Store | None = None,
) -> tuple[Graded, ...]:
    """Audit all exercises together, in order; `kept` is where a run that was stopped goes on."""
    claims = tuple(replace(task.claim, others=(), expects=None) for task in tasks)
    paper = Paper(title="calibration", claims=claims)
    result = audit(paper, budget=budget, seed=seed, jobs=jobs, progress=progress, examination=searched, kept=kept)
    return tuple(
        Graded(exercise=task, verdict=found.verdict, reason=found.reason, seconds=found.readings[0].seconds)
        for task, found in zip(tasks, result, strict=True)
    )


def counts(grades: Iterable[Graded]) -> dict[str, Counter[Outcome]]:
    """Outcomes by group, in order of appearance."""
    table: dict[str, Counter[Outcome]] = {}
    for grade in grades:
        table.setdefault(grade.exercise.group, Counter())[grade.outcome] += 1
    return table
