"""How the modules of this folder write down what the field knows: a claim, and apart from it whether it is true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from convergence.claims import Paper, paper

SYMBOLS = {
    "mu": {"domain": "positive", "range": ["1/2", 2], "meaning": "strong convexity, or the constant of the inequality"},
    "L": {"domain": "positive", "range": [2, 60], "meaning": "smoothness"},
    "D": {"domain": "positive", "range": ["1/2", 4], "meaning": "distance from the start, or diameter of the domain"},
    "G": {"domain": "positive", "range": ["1/2", 4], "meaning": "bound on gradients"},
    "Delta": {"domain": "positive", "range": ["1/2", 4], "meaning": "gap at the start"},
    "sigma": {"domain": "positive", "range": ["1/4", 2], "meaning": "standard deviation of the noise"},
    "delta": {"domain": "positive", "range": ["1/8", 1], "meaning": "error of the gradient"},
}
"""The letters of all modules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A claim and its truth.

    Attributes:
        claim: with the keys of a claim file; it never says whether it is true.
        sharp: what surely makes a true claim false: ``constant`` (5 % smaller), ``exponent`` (faster by k^(1/4)), or
            the text of a hypothesis that is dropped.
    """

    claim: dict[str, Any]
    truth: bool
    sharp: tuple[str, ...] = ()


def true(id: str, where: str, says: str, *, sharp: Iterable[str] = (), **keys: Any) -> Known:
    """A statement that the field has proved."""
    return Known(claim={"id": id, "where": where, "says": says, **keys}, truth=True, sharp=tuple(sharp))


def false(id: str, where: str, says: str, **keys: Any) -> Known:
    """A statement for which the field knows a counterexample."""
    return Known(claim={"id": id, "where": where, "says": says, **keys}, truth=False)


def theme(title: str, known: Iterable[Known], **tables: Any) -> Paper:
    """The claims of one module as a paper, with the common symbols."""
    symbols = SYMBOLS | tables.pop("symbols", {})
    return paper(title, claims=[one.claim for one in known], symbols=symbols, **tables)
