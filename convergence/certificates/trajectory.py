"""A bound is false: one instance, one start and one step at which the measure exceeds it, recomputed exactly.

Witness::

    {"values": {"L": "1", "D": "1"},            # the claim's symbols, rationals as text; T where there is a horizon
     "instance": [{"right": {"slopes": ["1"]}}], # see `functions.separable` and `interpolation.interpolated`;
                                                # left out where the claim names a problem
     "start": ["1"], "k": 3, "precision": 0,     # 0: exact rationals; otherwise bits of the balls
     "errors": [["1/10"], ...]}                  # only with ``gradient_error``: what the oracle adds, step by step

The checker requires that the values lie in their domains, ranges and relations, that the function satisfies every
hypothesis by its construction, and that the start does; then it iterates the claim's own method and compares. The
bound is read for all instances, so that each of its symbols must be fixed by a hypothesis, the method or the problem:
a constant that is free elsewhere (``C``) could be chosen afterwards, and then nothing is refuted. Averages are
ambiguous about whether the start or the last iterate counts; every usual window must violate the bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from flint import arb, fmpq
from sympy import Expr, Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, hypotheses, in_domain, names, relations
from convergence.certificates.exact import Values
from convergence.certificates.functions import Instance, require_hypotheses
from convergence.certificates.interpolation import Interpolated, interpolated
from convergence.certificates.iteration import STEP, Method, Number, Point, evaluator, read_method, run, working
from convergence.certificates.observed import is_observed, observed
from convergence.certificates.oracles import require_errors
from convergence.certificates.quadratic_form import quadratic_form
from convergence.certificates.separable import Separable, separable
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain
from convergence.verdicts import Verdict

MAX_STEPS = 20_000
COMPARISON_BITS = 512

MEASURES = (
    "gap",
    "average_iterate_gap",
    "best_gap",
    "distance",
    "squared_distance",
    "gradient_norm",
    "squared_gradient_norm",
    "best_squared_gradient_norm",
    "average_squared_gradient_norm",
)
"""The measures that a single deterministic run can violate."""


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the run violates the claimed bound."""
    measures, limit = sides(claim, witness)
    if not surely_greater(measures, limit):
        raise CertificateRejected(f"the measure is not surely above the bound after {witness['k']} steps")
    return Verdict.REFUTED


def both_sides(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[str, str]:
    """Measure and bound as a reader wants to see them: exact where short, else with twelve digits."""
    measures, limit = sides(claim, witness)
    smallest = min(measures, key=lambda value: float(arb(value)))
    return shown(smallest), shown(limit)


def shown(value: Number) -> str:
    """A number as a reader wants to see it."""
    if isinstance(value, fmpq) and len(str(value)) <= 24:
        return str(value) if value.q == 1 else f"{value} = {float(value):.6g}"
    whole = arb(value).unique_fmpz() if arb(value).is_exact() else None
    return str(whole) if whole is not None else arb(value).str(12, radius=False)


def sides(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[list[Number], arb]:
    """The measure in each of its readings, and the claimed bound, for an admissible instance.

    Raises:
        CertificateRejected: if the witness is no instance of the claim.
    """
    if claim.get("measure") not in MEASURES or "bound" not in claim or "method" not in claim:
        raise CertificateRejected("expected a bound on a measure of a method")
    bound, method = expression(claim, claim["bound"]), read_method(claim["method"], claim)
    steps = steps_of(witness)
    values = assigned(claim, witness["values"])
    start = tuple(exact.to_fmpq(value) for value in witness["start"])
    errors, precision = oracle_errors(claim, witness, values, steps, len(start)), witness["precision"]
    with working(precision):
        if "problem" not in claim and is_observed(witness["instance"]):
            seen = observed(method, witness["instance"], start, values, steps, precision, errors)
            instance: Instance = seen.function
            require_inside(claim, instance, seen.visited, values)
            measures = measured(claim["measure"], instance, seen.points)
        else:
            instance = instance_of(claim, witness, values)
            measures = measure_after(claim, method, instance, start, values, steps, precision, errors)
    require_admissible(claim, method, instance, start, values, steps)
    require_fixed(claim, method, bound)
    require_counters(claim, method, bound, values, steps)
    return measures, exact.ball(bound, {**values, COUNTERS["k"]: fmpq(steps), STEP: fmpq(steps)}, COMPARISON_BITS)


def steps_of(witness: Mapping[str, Any]) -> int:
    """The number of steps of a witness."""
    steps = witness["k"]
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= MAX_STEPS:
        raise CertificateRejected(f"expected 1 to {MAX_STEPS} steps, found {steps!r}")
    return steps


def assigned(claim: Mapping[str, Any], texts: Mapping[str, str]) -> dict[Symbol, fmpq]:
    """Values of the claim's symbols, each in its domain and in its range if it has one.

    A horizon T has a value where a bound speaks about it; a rate or limit speaks about all of them.

    Raises:
        CertificateRejected: for a value outside, or a name that the claim does not use.
    """
    known = names(claim)
    counted = {} if claim.keys() & {"rate", "limit", "same_order"} else {"T": {"domain": "natural"}}
    values = {}
    for name, text in texts.items():
        table = {**counted, **claim["symbols"]}.get(name)
        if table is None:
            raise CertificateRejected(f"the claim has no symbol {name!r}")
        value = exact.to_fmpq(text)
        ends = [exact.to_fmpq(str(end)) for end in table.get("range", [])]
        if not in_domain(value, Domain(table["domain"])) or (ends and not ends[0] <= value <= ends[1]):
            raise CertificateRejected(f"{name} = {value} is outside its domain or range")
        values[known[name]] = value
    return values


def instance_of(claim: Mapping[str, Any], witness: Mapping[str, Any], values: Values) -> Instance:
    """The claim's own problem, or the function of the witness where the claim is about a class."""
    if "problem" in claim:
        return quadratic_form(claim, values)
    table = witness["instance"]
    return interpolated(table) if isinstance(table, Mapping) else separable(table)


def require_admissible(
    claim: Mapping[str, Any],
    method: Method,
    instance: Instance,
    start: Point,
    values: Values,
    steps: int,
    steepest: fmpq | None = None,
) -> None:
    """Reject unless relations, hypotheses and the problem's start are respected."""
    known = {**values, COUNTERS["k"]: fmpq(steps), STEP: fmpq(steps)}
    for relation in relations(claim):
        if relation.free_symbols <= set(known) and not exact.holds(relation, known):
            raise CertificateRejected(f"the values violate {relation}")
        if not relation.free_symbols <= set(known) and not _is_idle(relation.free_symbols, claim, method):
            raise CertificateRejected(f"no value for a symbol of {relation}")
    stated = claim.get("problem", {}).get("start")
    if stated is not None and [exact.to_fmpq(str(value)) for value in stated] != list(start):
        raise CertificateRejected("the start is not the problem's")
    require_hypotheses(claim, instance, start, values, steepest)


def _is_idle(free: set[Symbol], claim: Mapping[str, Any], method: Method) -> bool:
    """Whether a relation only says that an unused symbol lies below 1, as its domain does."""
    return len(free) == 1 and not free & method.free and not free & _stated(claim)


def _stated(claim: Mapping[str, Any]) -> set[Symbol]:
    statement = next((claim[key] for key in ("bound", "rate", "limit", "same_order") if key in claim), "0")
    return set(expression(claim, statement).free_symbols) | _anchors(claim)


def _anchors(claim: Mapping[str, Any]) -> set[Symbol]:
    found = {free for _, arguments in hypotheses(claim) for argument in arguments for free in argument.free_symbols}
    if "problem" in claim:
        found |= expression(claim, claim["problem"]["objective"]).free_symbols
    return found


def require_fixed(claim: Mapping[str, Any], method: Method, stated: Expr) -> None:
    """Reject a statement with a constant that nothing fixes: it could be chosen after the instance."""
    loose = stated.free_symbols - set(COUNTERS.values()) - method.free - _anchors(claim)
    if loose:
        raise CertificateRejected(f"{', '.join(sorted(map(str, loose)))} is fixed by no hypothesis and no parameter")


def require_counters(claim: Mapping[str, Any], method: Method, bound: Expr, values: Values, steps: int) -> None:
    """k counts steps up to the horizon; a bound that names T alone is about the last step."""
    horizon, counters = values.get(COUNTERS["T"]), bound.free_symbols & {COUNTERS["k"], STEP}
    if horizon is None and COUNTERS["T"] in bound.free_symbols | method.free:
        raise CertificateRejected("expected a value of the horizon T")
    last_only = COUNTERS["T"] in bound.free_symbols and not counters
    if horizon is not None and (steps > horizon or (last_only and steps != horizon)):
        raise CertificateRejected(f"the bound says nothing about step {steps} at the horizon {horizon}")


def measure_after(
    claim: Mapping[str, Any],
    method: Method,
    instance: Instance,
    start: Point,
    values: Values,
    steps: int,
    precision: int,
    errors: Sequence[Point] = (),
) -> list[Number]:
    """The measure after `steps` steps, in each reading of its window; `errors` are added to the gradients."""

    def answer(step: int, point: Point) -> Point:
        exactly = instance.gradient(point)
        return tuple(g + e for g, e in zip(exactly, errors[step - 1], strict=True)) if errors else exactly

    moments = islice(run(method, answer, start, values, evaluator(precision)), steps)
    points = [start]
    visited = [start]
    for moment in moments:
        points.append(moment.output)
        visited += [moment.query, moment.theta]
    require_inside(claim, instance, [*points, *visited], values)
    return measured(claim["measure"], instance, points)


def oracle_errors(
    claim: Mapping[str, Any], witness: Mapping[str, Any], values: Values, steps: int, size: int
) -> list[Point]:
    """What the oracle adds to the gradient in each step, nothing where the witness names no errors.

    Raises:
        CertificateRejected: if the claim does not allow them.
    """
    if "errors" not in witness:
        return []
    found = [tuple(exact.to_fmpq(entry) for entry in row) for row in witness["errors"]]
    if any(len(error) != size for error in found):
        raise CertificateRejected(f"expected errors of {size} coordinates")
    require_errors(claim, found, values, steps)
    return found


def require_inside(claim: Mapping[str, Any], instance: Instance, points: Sequence[Point], values: Values) -> None:
    """Within half the domain's diameter of the minimiser, no projection changes anything."""
    for name, arguments in hypotheses(claim):
        if name != "bounded_domain":
            continue
        radius = exact.rational(arguments[0], values) / 2
        if not all(instance.squared_distance(point) <= radius * radius for point in points):
            raise CertificateRejected("an iterate leaves the ball in which no projection acts")


def measured(measure: str, instance: Instance, points: Sequence[Point]) -> list[Number]:
    """The measure of the last of the points (the start is the first), in every reading of which points count."""
    if "gradient" in measure and isinstance(instance, Separable | Interpolated) and not instance.is_smooth:
        raise CertificateRejected("a gradient norm needs a differentiable instance")

    def slope(point: Point) -> Number:
        return sum((value * value for value in instance.gradient(point)), start=fmpq(0))

    windows = (points[1:], points[:-1], points)
    match measure:
        case "gap":
            return [instance.gap(points[-1])]
        case "best_gap":
            return [instance.gap(point) for point in points]
        case "average_iterate_gap":
            return [instance.gap(_mean(window)) for window in windows]
        case "distance":
            return [_root(instance.squared_distance(points[-1]))]
        case "squared_distance":
            return [instance.squared_distance(points[-1])]
        case "gradient_norm":
            return [_root(slope(points[-1]))]
        case "squared_gradient_norm":
            return [slope(points[-1])]
        case "best_squared_gradient_norm":
            return [slope(point) for point in points]
        case "average_squared_gradient_norm":
            squares = [slope(point) for point in points]
            return [sum(part, start=fmpq(0)) / len(part) for part in (squares[1:], squares[:-1], squares)]
    raise CertificateRejected(f"{measure} has no exact evaluation here")


def _mean(points: Sequence[Point]) -> Point:
    return tuple(sum(values, start=fmpq(0)) / len(points) for values in zip(*points, strict=True))


def _root(value: Number) -> Number:
    with working(COMPARISON_BITS):
        return arb(value).sqrt()


def surely_greater(values: Sequence[Number], limit: arb) -> bool:
    """Whether every one of the values is above the limit, balls included."""
    with working(COMPARISON_BITS):
        return all(bool(arb(value) > limit) for value in values)
