"""Which claims a theorem's proof consists of: the key ``proof`` names its steps, in the order of the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convergence.claims.documents import at
from convergence.errors import ClaimError, nearest


def require_steps(proofs: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Refuse proofs that name an unknown claim, a step twice, or a claim that is proved by way of itself.

    Args:
        proofs: the id and the steps of every claim of one document, in order.

    Raises:
        DocumentError: whose path leads to the step at fault.
    """
    steps = dict(proofs)
    for number, (claim, named) in enumerate(proofs):
        for place, step in enumerate(named):
            with at("claims", number, "proof", place):
                if step not in steps:
                    raise ClaimError(f"unknown claim {step!r}{nearest(step, set(steps) - {claim})}")
                if step in named[:place]:
                    raise ClaimError(f"the step {step!r} stands twice in this proof")
                if circle := _way(step, claim, steps):
                    raise ClaimError(f"a proof that needs what it proves: {' <- '.join((claim, *circle))}")


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
