"""The last calibration of this version, kept in the package: every report says how often the tool is right.

``convergence doctor --record`` writes it. A test compares its fingerprint with the statements that stand in
``proofs/classics`` today, so that the figures are never of other statements.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

from convergence.auditing.calibration import Exercise, Graded, Outcome, counts
from convergence.claims.writer import to_document

PLACE = Path("convergence") / "auditing" / "calibration.json"
"""Where the record stands in a checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How the audit did on statements of known truth.

    Attributes:
        version: of this package.
        day: in ISO format.
        budget: of the audit.
        fingerprint: of the statements and their truths.
        groups: how many verdicts were right, undecided and wrong, by theme and kind of mutant.
        fit: lines on how often the fit of rates is right on series of known law.
    """

    version: str
    day: str
    budget: str
    fingerprint: str
    groups: Mapping[str, Mapping[str, int]]
    fit: Sequence[str] = ()

    def count(self, outcome: Outcome) -> int:
        """How many verdicts had the outcome."""
        return sum(found.get(outcome.value, 0) for found in self.groups.values())

    @property
    def sentence(self) -> str:
        """The figures in one sentence."""
        figures = ", ".join(f"{self.count(outcome)} {outcome.value}" for outcome in Outcome)
        total = sum(self.count(outcome) for outcome in Outcome)
        return (
            f"version {self.version} was run on {total} statements of known truth "
            f"({self.day}, {self.budget} budget): {figures}"
        )


def fingerprint(tasks: Iterable[Exercise]) -> str:
    """A digest of statements and their truths; words, places and the order do not enter."""
    lines = sorted(json.dumps([to_document(task.claim), task.truth], sort_keys=True) for task in tasks)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def calibration_of(grades: Sequence[Graded], budget: str, fit: Sequence[str] = ()) -> Calibration:
    """The figures of a finished run, dated today."""
    table = {group: {outcome.value: found[outcome] for outcome in Outcome} for group, found in counts(grades).items()}
    return Calibration(
        version=version("convergence-audit"),
        day=date.today().isoformat(),
        budget=budget,
        fingerprint=fingerprint(grade.exercise for grade in grades),
        groups=table,
        fit=tuple(fit),
    )


def write(calibration: Calibration, checkout: Path) -> Path:
    """Write the record into a checkout and return its place."""
    path = checkout / PLACE
    path.write_text(json.dumps(asdict(calibration), indent=1) + "\n", encoding="utf-8")
    return path


@cache
def recorded() -> Calibration | None:
    """The record that came with this version, or None."""
    path = Path(__file__).with_name(PLACE.name)
    return Calibration(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
