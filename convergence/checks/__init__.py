"""Routes to evidence, one file each, all with the signature ``check(claim, resources) -> Evidence | None``.

A check returns None where it has nothing to say. Its exact verdicts count only once the certificate is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from convergence.checks.resources import Budget, Resources
from convergence.claims.claim import Claim
from convergence.evidence import Evidence

ROUTES = (
    "arithmetic",
    "undefined",
    "hypotheses",
    "units",
    "same_method",
    "spectrum",
    "steps",
    "modes",
    "trajectory",
    "online",
    "noise",
    "errors",
    "noise_floor",
    "growth",
    "recursion",
    "relation",
    "inequality",
    "potential",
    "worst_case",
    "falsification",
    "runs",
    "expectation",
    "empirical",
)
"""Modules of this package, in order of trust and cost; the first exact answer ends the search."""

Check = Callable[[Claim, Resources], Evidence | None]


def route(name: str) -> Check:
    """The check of a route."""
    check: Check = import_module(f"convergence.checks.{name}").check
    return check


__all__ = ["ROUTES", "Budget", "Check", "Resources", "route"]
