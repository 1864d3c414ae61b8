"""Telling that a step does not follow from the inequalities that are listed for it, with numbers to redo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr

from convergence import certificates
from convergence.certificates.inference import Model, model_of
from convergence.certificates.vector_forms import polynomial_text
from convergence.certificates.vector_steps import Goal, Step, step_of
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.verdicts import Verdict


def not_inferred(document: Mapping[str, Any], witness: Mapping[str, Any], *, says: str, route: str) -> Evidence | None:
    """Undecided evidence: the facts hold and a goal fails; None if the core does not accept the numbers.

    Args:
        document: the claim's.
        witness: of a certificate of the kind ``inference``.
        says: the relation as the claim states it.
        route: of the evidence.
    """
    try:
        certificates.check(document, "inference", witness)
    except CertificateRejected:
        return None
    step = step_of(document)
    model = model_of(document, step, witness)
    goal = next(goal for goal in step.goals if model.fails(goal))
    where = ", ".join(f"{name} = {value}" for name, value in _assigned(witness).items())
    return Evidence(
        route=route,
        verdict=Verdict.UNDECIDED,
        reason=f"{says} does not follow from the inequalities that are listed for it: all hold for {where}, where "
        f"it would read {_sides(goal, model)}; no function with these values and gradients is shown",
        figures={**_assigned(witness), **_listed(step, model), "violated": _violated(goal, model)},
        certificate=Certificate(kind="inference", witness=witness),
        decisive="a function of the class that violates the relation, or more of what the hypotheses say",
    )


def _assigned(witness: Mapping[str, Any]) -> dict[str, str]:
    places = {name: coordinates(place) for name, place in witness["vectors"].items()}
    return {**witness["values"], **places, **witness["numbers"]}


def coordinates(place: Sequence[str]) -> str:
    """A vector by its coordinates; one of them stands by itself."""
    return place[0] if len(place) == 1 else f"({', '.join(place)})"


def _listed(step: Step, model: Model) -> dict[str, str]:
    """Every fact with its left side's value."""
    found = {}
    for place, fact in enumerate(step.facts):
        polynomial = step.consequence((place,))
        if not polynomial.terms:
            continue
        sign = "=" if fact.is_equation else ">" if fact.is_strict else ">="
        found[fact.says] = f"{polynomial_text(polynomial)} = {_shown(model.value(polynomial))} {sign} 0"
    return found


def _violated(goal: Goal, model: Model) -> str:
    sign = ">" if goal.is_strict else ">="
    return f"{polynomial_text(goal.difference)} = {_shown(model.value(goal.difference))}, not {sign} 0"


def _sides(goal: Goal, model: Model) -> str:
    sign = "<" if goal.is_strict else "<="
    return f"{_shown(model.value(goal.less))} {sign} {_shown(model.value(goal.greater))}"


def _shown(value: Expr) -> str:
    return str(value) if value.is_Rational else str(value.evalf(6))
