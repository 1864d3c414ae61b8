"""Relations between inner products, norms, gradients and function values: a proof, or a function that violates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import sympy
from sympy import Expr, Rational

from convergence import certificates
from convergence.certificates.counterexample import World, world_of
from convergence.certificates.inequality import require, squares
from convergence.certificates.vector_forms import polynomial_text, to_form
from convergence.certificates.vector_steps import Goal, Step, is_vector_equation, step_of
from convergence.checks.multipliers import combinations, has_norms
from convergence.checks.resources import Resources
from convergence.checks.spare_hypotheses import unneeded
from convergence.checks.vector_inference import coordinates, not_inferred
from convergence.checks.vector_instances import QUICK, THOROUGH, Search, search_of, violations
from convergence.checks.vector_models import function_of, models
from convergence.checks.vector_witness import witness_of
from convergence.claims import to_document
from convergence.claims.claim import Claim
from convergence.claims.statements import Holds
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import f, grad, to_text
from convergence.verdicts import Verdict

ROUTE = "inequality"


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide a relation between vectors; None for other claims."""
    if not claim.has_vectors:
        return None
    document = to_document(claim)
    try:
        step = step_of(document)
    except CertificateRejected as reason:
        return _undecided(f"The relation is beyond what is decided here: {reason}.")
    search = search_of(claim, step)
    found = _violated(search, document, resources.seed, QUICK) or _combined(document, step, resources.seed)
    found = found or _violated(search, document, resources.seed, THOROUGH)
    found = found or _modelled(search, document, resources.seed)
    return found or _undecided("The relation is neither proved nor violated by any function tried.")


def _combined(document: Mapping[str, Any], step: Step, seed: int) -> Evidence | None:
    """A proof, if every goal has one."""
    tables = []
    for goal in step.goals:
        table = _table(document, step, goal, seed)
        if table is None:
            return None
        tables.append(table)
    return _proved(step, {"goals": tables}, unneeded(document, step, tables))


def _violated(search: Search, document: Mapping[str, Any], seed: int, effort: tuple[int, int]) -> Evidence | None:
    """A function that satisfies the hypotheses and violates the relation."""
    for item in violations(search, seed, effort):
        try:
            return _refuted(search.claim, document, witness_of(search, item))
        except CertificateRejected:
            continue
    return None


def _refuted(claim: Claim, document: Mapping[str, Any], witness: dict[str, Any]) -> Evidence:
    verdict = certificates.check(document, "counterexample", witness)
    return Evidence(
        route=ROUTE,
        verdict=verdict,
        reason=_story(claim, document, witness),
        figures=_numbers(witness),
        certificate=Certificate(kind="counterexample", witness=witness),
    )


def _modelled(search: Search, document: Mapping[str, Any], seed: int) -> Evidence | None:
    """Numbers that violate the relation: those of a function, which refute it, or else of the facts alone."""
    accepted = None
    assert isinstance(search.claim.statement, Holds)
    says = " and ".join(map(to_text, search.claim.statement.relations))
    for witness in models(search, document, seed):
        try:
            return _refuted(search.claim, document, function_of(document, witness))
        except CertificateRejected:
            accepted = accepted or not_inferred(document, witness, says=says, route=ROUTE)
    return accepted


def _story(claim: Claim, document: Mapping[str, Any], witness: Mapping[str, Any]) -> str:
    """Both sides of the first link that fails, at the point where it does."""
    assert isinstance(claim.statement, Holds)
    world = world_of(document, witness)
    for relation in claim.statement.relations:
        for _, vectors in world.outcomes:
            if not world.satisfies_in(relation, vectors):
                break
        else:
            continue
        if is_vector_equation(relation):
            sides = [str(list(map(str, world.vector(side, vectors)))) for side in relation.args]
        else:
            sides = [_value(world.number(side, vectors), world) for side in relation.args]
        sign = "=" if relation.rel_op == "==" else relation.rel_op
        used = bool(document["given"]) or relation.has(f, grad)
        return f"{to_text(relation)} would read {sides[0]} {sign} {sides[1]} for {_where(witness, with_function=used)}."
    return "The relation fails."


def _value(number: Expr, world: World) -> str:
    names = {name: Rational(int(value.p), int(value.q)) for name, value in world.values.items()}
    value = sympy.nsimplify(number.xreplace(names))
    return str(value) if value.is_Rational and len(str(value)) < 16 else str(value.evalf(6))


def _where(witness: Mapping[str, Any], *, with_function: bool) -> str:
    values = [f"{name} = {value}" for name, value in witness["values"].items()]
    vectors = [f"{name} = {coordinates(place)}" for name, place in witness["vectors"].items()]
    outcomes = witness["outcomes"]
    random = [
        f"{name} = {' or '.join(coordinates(row['vectors'][name]) for row in outcomes)} with equal probability"
        for name in outcomes[0]["vectors"]
    ]
    functions = [_function(witness["function"])] if with_function else []
    return ", ".join([*values, *vectors, *random, *functions])


def _function(table: Mapping[str, Any]) -> str:
    if "triples" in table:
        return "f with " + "; ".join(
            f"f({coordinates(row['x'])}) = {row['f']}, gradient {coordinates(row['g'])}" for row in table["triples"]
        )
    total = Rational(table["constant"])
    for place, (centre, slope) in enumerate(zip(table["centre"], table["slope"], strict=True)):
        name = sympy.Symbol("x" if len(table["centre"]) == 1 else f"x{place + 1}")
        step = name - Rational(centre)
        total += Rational(table["hessian"][place][place]) * step**2 / 2 + Rational(slope) * step
    return f"f = {to_text(total)}"


def _numbers(witness: Mapping[str, Any]) -> dict[str, str | int | float]:
    figures: dict[str, str | int | float] = dict(witness["values"])
    figures |= {name: coordinates(place) for name, place in witness["vectors"].items()}
    return figures | {"f": _function(witness["function"])}


def _undecided(reason: str) -> Evidence:
    return Evidence(
        route=ROUTE,
        verdict=Verdict.UNDECIDED,
        reason=reason,
        decisive="multipliers of the listed inequalities, or a function of the class that violates the relation",
    )


def _table(document: Mapping[str, Any], step: Step, goal: Goal, seed: int) -> dict[str, Any] | None:
    """A combination for one goal that the core accepts."""
    if has_norms(to_form(goal.greater)):
        ways: tuple[bool, ...] = (True, False)
    else:
        ways = (False, True) if has_norms(to_form(goal.less)) else (False,)
    for squared in ways:
        try:
            form = to_form(squares(goal, step) if squared else goal.difference)
        except CertificateRejected:
            continue
        widths = (True,) if has_norms(form) else (False, True) if step.space.norms else (False,)
        for wide, rich in product(widths, (True,) if goal.is_strict else (False, True)):
            for combination in combinations(step, form, seed, rich=rich, wide=wide, strict=goal.is_strict):
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


def _proved(step: Step, witness: Mapping[str, Any], spare: Sequence[str]) -> Evidence:
    used = [part for table in witness["goals"] for part in table["parts"]]
    how = " + ".join(f"({factor}) * [{_words(step, places)}]" for places, factor in used)
    sides = "squares of the sides" if any(table["squared"] for table in witness["goals"]) else "sides"
    return Evidence(
        route=ROUTE,
        verdict=Verdict.PROVED,
        reason=(f"The {sides} differ by {how} plus squares" if used else "The sides are equal, or differ by squares")
        + (f"; not needed: {', '.join(spare)}" if spare else ""),
        figures={_words(step, places): _inequality(step, places) for places, _ in used}
        | ({"not needed": ", ".join(spare)} if spare else {}),
        certificate=Certificate(kind="inequality", witness=witness),
    )


def _words(step: Step, places: Sequence[int]) -> str:
    return " times ".join(step.facts[place].says for place in places) or "1 > 0"


def _inequality(step: Step, places: Sequence[int]) -> str:
    facts = [step.facts[place] for place in places]
    sign = "=" if any(fact.is_equation for fact in facts) else ">" if all(fact.is_strict for fact in facts) else ">="
    return f"{polynomial_text(step.consequence(tuple(places)))} {sign} 0"
