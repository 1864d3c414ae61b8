"""Two descriptions of a method: the same iterates for all gradients, or gradients on which they differ.

Witness of a proof: the other rule's state in terms of the first one's, ``{"state": {"velocity": "m/(1 - beta1)"}}``,
where names are those of the first rule, its parameters included, and ``theta``. By induction over steps: the relation
must hold before step 1, and if it holds before a step, queries are equal, and for every gradient it holds after the
step, iterates and outputs being equal. Equality is identity of rational functions; roots and other functions count as
further variables. Parameters at which a denominator of the relation vanishes are limits of others, and so are the
iterates there.

Witness of a difference: ``{"gradients": ["1", "-2"], "start": "1", "values": {...}, "precision": 0}``. Both rules
read these gradients in one dimension, as a stochastic oracle may return them, and their outputs surely differ after
the last step. With ``"curvature": "1", "steps": 3`` instead of gradients, both are run on the parabola ``curvature
x^2/2``, each asking for gradients where it wants to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from flint import arb
from sympy import Expr, Symbol

from convergence.certificates import exact
from convergence.certificates.document import names, relations
from convergence.certificates.iteration import THETA, Method, Point, evaluator, read_method, run, working
from convergence.certificates.polynomials import identical
from convergence.certificates.trajectory import assigned
from convergence.errors import CertificateRejected
from convergence.expressions import parse_expression
from convergence.verdicts import Verdict

MAX_GRADIENTS = 50


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved by a relation between states; refuted, or inconsistent with another place, by a difference."""
    if "method" not in claim or "same_method" not in claim:
        raise CertificateRejected("expected a claim that two methods are the same")
    first, second = read_method(claim["method"], claim), read_method(claim["same_method"], claim)
    if "state" in witness:
        _require_same(claim, first, second, witness["state"])
        return Verdict.PROVED
    if not differ(*outputs(claim, first, second, witness)):
        raise CertificateRejected("the outputs do not surely differ on these gradients")
    return Verdict.INCONSISTENT if claim.get("versus") else Verdict.REFUTED


# --- proof


def _require_same(claim: Mapping[str, Any], first: Method, second: Method, texts: Mapping[str, str]) -> None:
    relation = _relation(claim, first, second, texts)
    for name, value in second.state.items():
        _require_identical(relation[name].xreplace(dict(first.state)), value, f"the start of {name}")
    _require_identical(first.query, second.query.xreplace(relation), "the query")
    mine, other = _after(first, {}), _after(second, relation)
    _require_identical(mine[THETA], other[THETA], "the iterate")
    later = {name: mine[name] for name in (THETA, *first.state)}
    for name in second.state:
        _require_identical(relation[name].xreplace(later), other[name], f"the state {name}")
    reached = {name: relation[name].xreplace(later) for name in second.state} | {THETA: later[THETA]}
    _require_identical(first.output.xreplace(later), second.output.xreplace(reached), "the output")


def _relation(claim: Mapping[str, Any], first: Method, second: Method, texts: Mapping[str, str]) -> dict[Symbol, Expr]:
    """The second rule's state in terms of the first one's."""
    own = {name: Symbol(f"parameter {name}", real=True) for name in first.parameters}
    states = {name.name.removeprefix("state "): name for name in first.state}
    known = {**names(claim), **own, **states, "theta": THETA}
    values = {own[name]: value for name, value in first.parameters.items()}
    found = {}
    for name in second.state:
        found[name] = parse_expression(texts[name.name.removeprefix("state ")], known).xreplace(values)
    return found


def _after(method: Method, relation: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
    """Every assigned name after a step, in terms of theta, g, t and the first rule's state before it."""
    table: dict[Symbol, Expr] = dict(relation)
    for target, value in method.update.items():
        table[target] = value.xreplace(table)
    return table


def _require_identical(left: Expr, right: Expr, what: str) -> None:
    if not identical(left, right):
        raise CertificateRejected(f"{what}: {left} and {right} are not seen to be equal")


# --- difference


def outputs(claim: Mapping[str, Any], first: Method, second: Method, witness: Mapping[str, Any]) -> tuple[Point, Point]:
    """What both rules return after the witness's gradients.

    Raises:
        CertificateRejected: if the values of the claim's symbols are not allowed, or a run fails.
    """
    values = assigned(claim, witness["values"])
    for relation in relations(claim):
        if relation.free_symbols & set(values) and not exact.holds(relation, values):
            raise CertificateRejected(f"the values violate {relation}")
    gradient, steps = _oracle(witness)
    start = (exact.to_fmpq(witness["start"]),)
    evaluate = evaluator(witness["precision"])

    def after(method: Method) -> Point:
        return list(islice(run(method, gradient, start, values, evaluate), steps))[-1].output

    with working(witness["precision"]):
        return after(first), after(second)


def _oracle(witness: Mapping[str, Any]) -> tuple[Callable[[int, Point], Point], int]:
    """The gradient at a step and a point, and the number of steps."""
    if "curvature" in witness:
        curvature, steps = exact.to_fmpq(witness["curvature"]), witness["steps"]
        if not isinstance(steps, int) or not 1 <= steps <= MAX_GRADIENTS:
            raise CertificateRejected(f"expected 1 to {MAX_GRADIENTS} steps")
        return lambda _, point: (curvature * point[0],), steps
    gradients = [exact.to_fmpq(text) for text in witness["gradients"]]
    if not 1 <= len(gradients) <= MAX_GRADIENTS:
        raise CertificateRejected(f"expected 1 to {MAX_GRADIENTS} gradients")
    return lambda count, _: (gradients[count - 1],), len(gradients)


def differ(first: Point, second: Point) -> bool:
    """Whether two points of rationals or balls surely differ."""
    with working(1024):
        return any(bool(arb(a - b) > 0) or bool(arb(a - b) < 0) for a, b in zip(first, second, strict=True))
