"""Hypotheses that a proof does not use: without them the trusted core still accepts its combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convergence.certificates.inequality import require
from convergence.certificates.vector_steps import Step, step_of
from convergence.errors import CertificateRejected, ClaimError

Table = Mapping[str, Any]


def unneeded(document: Mapping[str, Any], step: Step, tables: Sequence[Table]) -> tuple[str, ...]:
    """The hypotheses that can be left out, all of them together, the last ones first.

    Args:
        document: the claim's.
        step: its goals and facts, which the tables count.
        tables: the combination behind every goal.
    """
    kept, spare = list(document["given"]), []
    for text in reversed(document["given"]):
        rest = [other for other in kept if other != text]
        if _proves({**document, "given": rest}, step, tables):
            kept = rest
            spare.append(text)
    return tuple(reversed(spare))


def _proves(document: Mapping[str, Any], step: Step, tables: Sequence[Table]) -> bool:
    """Whether the combination is a proof of the same goals under other hypotheses."""
    try:
        other = step_of(document)
        if [goal.difference.terms for goal in other.goals] != [goal.difference.terms for goal in step.goals]:
            return False
        for goal, table in zip(other.goals, tables, strict=True):
            require(goal, _renumbered(table, step, other), other, document)
    except (CertificateRejected, ClaimError):
        return False
    return True


def _renumbered(table: Table, step: Step, other: Step) -> Table:
    """The table with the numbers that its facts have among other facts.

    Raises:
        CertificateRejected: if one of them is not among these.
    """
    parts = [[[_place(step, number, other) for number in numbers], text] for numbers, text in table["parts"]]
    return {**table, "parts": parts}


def _place(step: Step, number: int, other: Step) -> int:
    fact = step.facts[number]
    for place, candidate in enumerate(other.facts):
        if (candidate.polynomial.terms, candidate.is_equation, candidate.is_strict) == (
            fact.polynomial.terms,
            fact.is_equation,
            fact.is_strict,
        ):
            return place
    raise CertificateRejected(f"[{fact.says}] is not known")
