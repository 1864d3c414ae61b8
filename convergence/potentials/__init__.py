"""Proposals of potentials: proofs of bounds for every step count, which only the trusted core accepts."""

from __future__ import annotations

from collections.abc import Iterator

from convergence.potentials import acceleration, contraction, descent, heavy_ball, horizons, sums
from convergence.potentials.shapes import Proposal, Task, task

__all__ = ["Proposal", "Task", "proposals", "task"]


def proposals(found: Task) -> Iterator[Proposal]:
    """Every proof that the known shapes suggest, simplest first; none of them need be right."""
    for family in (contraction, descent, sums, acceleration, heavy_ball, horizons):
        yield from family.proposals(found)
