"""A relation between inner products, norms and function values, as a combination of known inequalities plus squares.

Witness ``{"goals": [{"squared": false, "parts": [[[facts], multiplier], ...]}, ...]}``, one entry for each goal of
`vector_steps.step_of`: the goal is the sum of multiplier times (the product of) numbered facts, plus a quadratic form
that is positive semidefinite for all values of the parameters. Multipliers are expressions in the parameters; those of
inequalities must be provably nonnegative. With ``squared``, ``less**2 <= greater**2`` is shown for a goal
``less <= greater`` whose greater side is a sum of nonnegative multiples of norms, or of their expectations.
A strict goal also needs a positive part: strict facts, or none of them (the number 1), with a positive multiplier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr

from convergence.certificates import document
from convergence.certificates.gram import Form, require_combination
from convergence.certificates.inequalities import nonnegative
from convergence.certificates.signs import Unsupported
from convergence.certificates.vector_forms import Polynomial, to_form
from convergence.certificates.vector_steps import Goal, Step, step_of
from convergence.errors import CertificateRejected
from convergence.expressions import has_vectors, parse_expression
from convergence.verdicts import Verdict

MAX_PARTS = 60
MAX_FACTORS = 3


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Verify the combination behind every goal."""
    step = step_of(claim)
    if len(witness["goals"]) != len(step.goals):
        raise CertificateRejected(f"expected {len(step.goals)} combinations, found {len(witness['goals'])}")
    for goal, table in zip(step.goals, witness["goals"], strict=True):
        require(goal, table, step, claim)
    return Verdict.PROVED


def require(goal: Goal, table: Mapping[str, Any], step: Step, claim: Mapping[str, Any]) -> None:
    """Verify the combination behind one goal.

    Raises:
        CertificateRejected: if a multiplier may be negative, or the rest is not seen to be positive semidefinite.
    """
    if len(table["parts"]) > MAX_PARTS:
        raise CertificateRejected(f"expected at most {MAX_PARTS} facts, found {len(table['parts'])}")
    rest = to_form(squares(goal, step) if table["squared"] else goal.difference)
    parts: list[tuple[Expr, Form]] = []
    is_strict = False
    for places, text in table["parts"]:
        factor = _multiplier(text, claim)
        numbers = _numbers(places, step)
        fact = to_form(step.consequence(numbers))
        if any(step.facts[number].is_equation for number in numbers):
            rest = rest - factor * fact
        else:
            parts.append((factor, fact))
            is_strict = is_strict or (_is_strict(numbers, step) and _is_nonnegative(factor, step, strict=True))
    if goal.is_strict and not is_strict:
        raise CertificateRejected("expected a positive multiple of strict facts, or of 1, for a strict inequality")
    require_combination(rest, parts, step.conditions)


def _numbers(places: Any, step: Step) -> tuple[int, ...]:
    if len(places) > MAX_FACTORS:
        raise CertificateRejected(f"expected products of at most {MAX_FACTORS} facts, found {places}")
    for number in places:
        if type(number) is not int or not 0 <= number < len(step.facts):
            raise CertificateRejected(f"expected the number of a fact, found {number!r}")
    return tuple(places)


def _multiplier(text: str, claim: Mapping[str, Any]) -> Expr:
    names = document.names(claim)
    factor = parse_expression(text, names)
    fixed = {name for name, table in claim["symbols"].items() if table["domain"] == "infimum"}
    if has_vectors(factor) or any(name.name in fixed for name in factor.free_symbols):
        raise CertificateRejected(f"expected a multiplier in parameters alone, found {text}")
    return factor


def squares(goal: Goal, step: Step) -> Polynomial:
    """``greater**2 - less**2``, which is enough where the greater side is not negative.

    Raises:
        CertificateRejected: if the greater side is not seen to be nonnegative.
    """
    for monomial, factor in goal.greater.terms.items():
        lengths = all(name[0] in step.space.lengths for name in monomial)
        if not lengths or not _is_nonnegative(factor, step):
            raise CertificateRejected("expected nonnegative multiples of norms on the greater side")
    space = step.space
    return space.reduced(goal.greater * goal.greater) - space.reduced(goal.less * goal.less)


def _is_strict(numbers: tuple[int, ...], step: Step) -> bool:
    """Whether a product of facts that are no equations is positive."""
    return all(step.facts[number].is_strict for number in numbers)


def _is_nonnegative(factor: Expr, step: Step, *, strict: bool = False) -> bool:
    try:
        return nonnegative(step.conditions.apply(factor), step.conditions, strict=strict)
    except Unsupported:
        return False
