"""What the field knows to be true and to be false: the public calibration of the audit."""

from convergence.claims import Claim, Paper
from proofs.classics import (
    acceleration,
    adaptive,
    gradient_descent,
    inequalities,
    quadratics,
    recursions,
    sequences,
    steps,
    stochastic,
    subgradient,
)
from proofs.classics.recorded import RECORDED

_THEMES = (
    gradient_descent, acceleration, subgradient, stochastic, adaptive, recursions, sequences, quadratics, inequalities,
    steps,
)  # fmt: skip


def _recorded(claim: Claim) -> Claim:
    return claim.expecting(RECORDED[claim.id]) if claim.id in RECORDED else claim


PAPER = Paper(
    title="Classics of convergence theory",
    source="true and false statements, each with its theorem",
    claims=tuple(_recorded(claim) for theme in _THEMES for claim in theme.PAPER),
)
TRUTH = {one.claim["id"]: one.truth for theme in _THEMES for one in theme.KNOWN}
"""Whether each claim is true; nothing that an audit sees carries this."""

SHARP = {one.claim["id"]: one.sharp for theme in _THEMES for one in theme.KNOWN if one.sharp}
"""What surely makes a true claim false: ``constant``, ``exponent``, or the text of a hypothesis."""

THEMES = {one.claim["id"]: theme.__name__.rpartition(".")[2] for theme in _THEMES for one in theme.KNOWN}
"""The module of each claim."""
