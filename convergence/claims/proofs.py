"""Which claims a theorem's proof consists of: the key ``proof`` names its steps, in the order of the proof.

A step ``id`` is a claim of the same file, ``file/id`` one of the file of that name, without its ending, beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from convergence.claims.claim import Paper
from convergence.claims.documents import at
from convergence.errors import ClaimError, nearest


def require_steps(proofs: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Refuse proofs that name an unknown claim, a step twice, or a claim that is proved by way of itself.

    What they name of other files is left to `require_links`.

    Args:
        proofs: the id and the steps of every claim of one document, in order.

    Raises:
        DocumentError: whose path leads to the step at fault.
    """
    steps = dict(proofs)
    for number, (claim, named) in enumerate(proofs):
        for place, step in enumerate(named):
            with at("claims", number, "proof", place):
                if step not in steps and "/" not in step:
                    raise ClaimError(f"unknown claim {step!r}{nearest(step, set(steps) - {claim})}")
                if step in named[:place]:
                    raise ClaimError(f"the step {step!r} stands twice in this proof")
                if circle := _way(step, claim, steps):
                    raise ClaimError(f"a proof that needs what it proves: {' <- '.join((claim, *circle))}")


def place_of(paper: Paper, step: str) -> str:
    """The file, without its ending, and the id of a step that a claim of a paper names."""
    here = Path(paper.path or paper.title)
    file, _, name = step.rpartition("/")
    return f"{here.with_name(file) if file else here.with_suffix('')}/{name}"


def require_links(papers: Sequence[Paper]) -> None:
    """Refuse proofs that name an unknown claim of another of these papers, or what they prove by way of it.

    Files that are not among them are not looked for: the steps there are no part of the audit.

    Raises:
        ClaimError: which names the claim and the step.
    """
    steps = {
        place_of(paper, claim.id): tuple(place_of(paper, step) for step in claim.proof)
        for paper in papers
        for claim in paper
    }
    files = {place.rpartition("/")[0] for place in steps}
    for paper in papers:
        for claim in paper:
            for step in (step for step in claim.proof if "/" in step):
                where, own = place_of(paper, step), place_of(paper, claim.id)
                if where not in steps and where.rpartition("/")[0] in files:
                    known = {place.removeprefix(f"{Path(where).parent.parent}/") for place in steps}
                    raise ClaimError(f"{paper.path}, claim {claim.id!r}: unknown step {step!r}{nearest(step, known)}")
                if circle := _way(where, own, steps):
                    chain = " <- ".join(Path(place).name for place in (own, *circle))
                    raise ClaimError(f"{paper.path}, claim {claim.id!r}: a proof that needs what it proves: {chain}")


def _way(start: str, goal: str, steps: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A shortest chain of steps from `start` to `goal`, both included; empty if there is none."""
    chains: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while chains:
        chain, *chains = chains
        if chain[-1] == goal:
            return chain
        for step in steps.get(chain[-1], ()):
            if step not in seen:
                seen.add(step)
                chains.append((*chain, step))
    return ()
