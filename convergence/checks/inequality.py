"""Relations between inner products, norms, gradients and function values: a proof, or a function that violates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr

from convergence.certificates.inequality import require, squares
from convergence.certificates.vector_forms import Polynomial, atom_text, to_form
from convergence.certificates.vector_steps import Goal, Step, step_of
from convergence.checks.multipliers import combinations
from convergence.checks.resources import Resources
from convergence.claims import to_document
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import to_text
from convergence.verdicts import Verdict

ROUTE = "inequality"
Combination = Sequence[tuple[tuple[int, ...], Expr]]


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide a relation between vectors; None for other claims."""
    if not claim.has_vectors:
        return None
    document = to_document(claim)
    try:
        step = step_of(document)
    except CertificateRejected as reason:
        return _undecided(f"The relation is beyond what is decided here: {reason}.")
    tables = [_table(document, step, goal, resources.seed) for goal in step.goals]
    if all(table is not None for table in tables):
        witness = {"goals": tables}
        return _proved(step, witness)
    return _undecided("The relation is neither proved nor violated by any function tried.")


def _undecided(reason: str) -> Evidence:
    return Evidence(
        route=ROUTE,
        verdict=Verdict.UNDECIDED,
        reason=reason,
        decisive="multipliers of the listed inequalities, or a function of the class that violates the relation",
    )


def _table(document: Mapping[str, Any], step: Step, goal: Goal, seed: int) -> dict[str, Any] | None:
    """A combination for one goal that the core accepts."""
    for squared in (False, True):
        try:
            form = to_form(squares(goal, step) if squared else goal.difference)
        except CertificateRejected:
            continue
        for rich in (False, True):
            for combination in combinations(step, form, seed, rich=rich):
                parts = [[list(facts), to_text(factor)] for facts, factor in combination]
                table = {"squared": squared, "parts": parts}
                if _accepted(goal, table, step, document):
                    return table
    return None


def _accepted(goal: Goal, table: Mapping[str, Any], step: Step, document: Mapping[str, Any]) -> bool:
    try:
        require(goal, table, step, document)
    except CertificateRejected:
        return False
    return True


def _proved(step: Step, witness: Mapping[str, Any]) -> Evidence:
    used = [part for table in witness["goals"] for part in table["parts"]]
    how = " + ".join(f"({factor}) * [{_words(step, places)}]" for places, factor in used)
    squared = "The squares of both sides differ by" if any(t["squared"] for t in witness["goals"]) else "It is"
    return Evidence(
        route=ROUTE,
        verdict=Verdict.PROVED,
        reason=f"{squared} {how} plus squares." if used else "The two sides are equal, or differ by squares.",
        figures={_words(step, places): _inequality(step, places) for places, _ in used},
        certificate=Certificate(kind="inequality", witness=witness),
    )


def _words(step: Step, places: Sequence[int]) -> str:
    return " times ".join(step.facts[place].says for place in places)


def _inequality(step: Step, places: Sequence[int]) -> str:
    sign = "=" if any(step.facts[place].is_equation for place in places) else ">="
    return f"{polynomial_text(step.consequence(tuple(places)))} {sign} 0"


def polynomial_text(polynomial: Polynomial) -> str:
    """A polynomial in inner products, norms and values as text."""
    terms = [
        "*".join([f"({to_text(value)})", *map(atom_text, monomial)]) for monomial, value in polynomial.terms.items()
    ]
    return " + ".join(terms) or "0"
