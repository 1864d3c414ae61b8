"""How the steps of a proof fared: the graph of claims that a theorem's key ``proof`` spans.

What the steps are worth does not change the theorem's own verdict, which is that of its statement: a false step may
lead to a true theorem, and true steps to a false one.
"""

from __future__ import annotations

from dataclasses import dataclass

from convergence.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a proof.

    Attributes:
        id: of the claim that is the step.
        says: the step in words.
        readings: name and verdict of each of its readings, the first reading first; none if it was left out of the
            audit.
    """

    id: str
    says: str = ""
    readings: tuple[tuple[str, Verdict], ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The first reading's verdict; None if the step was left out of the audit."""
        return self.readings[0][1] if self.readings else None

    @property
    def fails(self) -> bool:
        """Whether the verdict is against the step."""
        return self.verdict is not None and self.verdict.against

    @property
    def proved(self) -> str | None:
        """The name of the first reading that is proved."""
        return next((name for name, verdict in self.readings if verdict is Verdict.PROVED), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """The steps of one proof, in its order.

    Attributes:
        conclusion: the verdict on what is to be proved.
    """

    steps: tuple[Step, ...]
    conclusion: Verdict

    @property
    def complete(self) -> bool:
        """Whether every step is proved in its first reading."""
        return all(step.verdict is Verdict.PROVED for step in self.steps)

    @property
    def first_failure(self) -> Step | None:
        """The first step, in the order of the proof, whose verdict is against it."""
        return next((step for step in self.steps if step.fails), None)

    @property
    def sentence(self) -> str:
        """What the steps say about the proof, in one sentence."""
        if self.complete:
            return self._all_proved()
        failed = self.first_failure
        return self._unfinished() if failed is None else self._failed(failed)

    def _all_proved(self) -> str:
        words = "the only step is proved" if len(self.steps) == 1 else f"all {len(self.steps)} steps are proved"
        return f"{words}; what fails is the way from there to the statement" if self.conclusion.against else words

    def _unfinished(self) -> str:
        proved = sum(step.verdict is Verdict.PROVED for step in self.steps)
        open_ = next(step for step in self.steps if step.verdict is not Verdict.PROVED)
        word = open_.verdict or "not part of this audit"
        return f"no step fails, {proved} of {len(self.steps)} are proved; the first that is not: {open_.id} ({word})"

    def _failed(self, failed: Step) -> str:
        place = f"step {self.steps.index(failed) + 1} of {len(self.steps)}"
        words = f"the first step that fails is {failed.id} ({place}): {failed.verdict}"
        if failed.proved is not None:
            words += f', but proved in the reading "{failed.proved}"'
        if all(step.proved is not None for step in self.steps):
            words += "; each step has a reading that is proved"
        return words
