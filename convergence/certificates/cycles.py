"""A rate or limit is false, because one run returns to a state that it had before: a fixed point or a cycle.

Witness: as for `trajectory`, with ``"steps"`` n and ``"period"`` p instead of k. The run is exact. The state after n
+ p steps equals that after n, and no later step can differ, because the rule's lines, at the values of the cycle, do
not depend on t. So every measure of the last iterate takes its value in the cycle again and again; the least value so
far stays what it is; and averages over the run tend to averages over the cycle. If that limit is positive, the
measure does not tend to zero.

With ``"cycle"``, a memory in rationals (the iterate and, in order, the states), and ``"radius"``, the witness says that
the run tends to a cycle that it need not reach: after n steps it is within the radius of that memory, where one turn of
p steps contracts, by the lemma of `attraction`. Measures of the last iterate and averages then tend to those of the
cycle, and no later output is the minimiser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from math import isqrt
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates import attraction, exact
from convergence.certificates.document import hypotheses
from convergence.certificates.exact import Values
from convergence.certificates.functions import Instance
from convergence.certificates.iteration import STEP, THETA, G, Method, Moment, Point, evaluator, read_method, run
from convergence.certificates.modes import asked, require_slower
from convergence.certificates.separable import Separable
from convergence.certificates.trajectory import (
    MEASURES,
    assigned,
    instance_of,
    measured,
    require_admissible,
    require_fixed,
    require_inside,
)
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, kth_largest_abs, norm
from convergence.verdicts import Verdict

MAX_RUN = 2_000


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the measure stays away from zero on the cycle."""
    ask, stated = asked(claim)
    if claim.get("measure") not in MEASURES or "method" not in claim:
        raise CertificateRejected("expected a claim about a measure of a method")
    method, values = read_method(claim["method"], claim), assigned(claim, witness["values"])
    if COUNTERS["T"] in method.free:
        raise CertificateRejected("expected no horizon in the method")
    instance, start = instance_of(claim, witness, values), tuple(exact.to_fmpq(text) for text in witness["start"])
    require_fixed(claim, method, stated)
    steps, period = _whole(witness["steps"], 0), _whole(witness["period"], 1)
    if "cycle" in witness:
        positive = attracted_limit_is_positive(claim, method, instance, start, values, steps, period, witness)
    else:
        positive = limit_is_positive(claim, method, instance, start, values, steps, period)
    if not positive:
        raise CertificateRejected("the measure is not surely positive on the cycle")
    require_slower(Integer(1), ask, stated, values)
    return Verdict.REFUTED


def _whole(value: object, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_RUN:
        raise CertificateRejected(f"expected a whole number from {least} to {MAX_RUN}, found {value!r}")
    return value


def limit_is_positive(
    claim: Mapping[str, Any],
    method: Method,
    instance: Instance,
    start: Point,
    values: Values,
    steps: int,
    period: int,
) -> bool:
    """Whether the measure's values come back to, or tend to, something positive; rejects if there is no cycle."""
    moments = list(islice(run(method, lambda _, x: instance.gradient(x), start, values, evaluator(0)), steps + period))
    cycle = moments[steps:]
    before = _memory(moments[steps - 1]) if steps else _start(method, start, values)
    if before != _memory(cycle[-1]):
        raise CertificateRejected(f"the state after {steps + period} steps is not that after {steps}")
    previous = before
    for moment in cycle:
        _require_timeless(method, previous, moment, values)
        previous = _memory(moment)
    points = [start, *(moment.output for moment in moments)]
    steepest = max(sum(value * value for value in moment.gradient) for moment in moments)
    require_admissible(claim, method, instance, start, values, 1, _root_above(fmpq(steepest)))
    require_inside(claim, instance, [*points, *(moment.query for moment in moments)], values)
    return bool(limit_measures(claim["measure"], instance, points, [moment.output for moment in cycle]) > 0)


def attracted_limit_is_positive(
    claim: Mapping[str, Any],
    method: Method,
    instance: Instance,
    start: Point,
    values: Values,
    steps: int,
    period: int,
    witness: Mapping[str, Any],
) -> bool:
    """Whether the measure on the cycle that the run tends to is positive; rejects if it does not surely tend to it."""
    if not isinstance(instance, Separable) or len(start) != 1 or len(witness["cycle"]) != 1 + len(method.state):
        raise CertificateRejected("expected a separable function of one variable, and a value for iterate and states")
    if any(name == "bounded_domain" for name, _ in hypotheses(claim)):
        raise CertificateRejected("a projection could act near the cycle")
    cycle, radius = [exact.to_fmpq(text) for text in witness["cycle"]], exact.to_fmpq(witness["radius"])
    turn = attraction.turn(method, instance, cycle, period, values)
    inside = all(end is None or radius < end for end in (turn.reach, turn.clear))
    if not (radius > 0 and inside and turn.contraction < 1):
        raise CertificateRejected("a turn of the cycle is not seen to contract within the radius")
    moments = list(islice(run(method, lambda _, x: instance.gradient(x), start, values, evaluator(0)), steps))
    memory = _memory(moments[-1]) if moments else _start(method, start, values)
    if not attraction.approaches(memory, method, cycle, radius):
        raise CertificateRejected(f"the memory after {steps} steps is not within the radius of the cycle")
    require_admissible(claim, method, instance, start, values, 1)
    points = [start, *(moment.output for moment in moments)]
    return bool(limit_measures(claim["measure"], instance, points, turn.outputs) > 0)


def _root_above(square: fmpq) -> fmpq:
    """The root of a rational, or a rational slightly above it."""
    scaled = int(square.p) * 4**32 // int(square.q)
    root = isqrt(scaled)
    return fmpq(root if root * root == scaled and scaled * int(square.q) == int(square.p) * 4**32 else root + 1, 2**32)


def _memory(moment: Moment) -> dict[Symbol, Point]:
    return {**moment.state, THETA: moment.theta}


def _start(method: Method, start: Point, values: Values) -> dict[Symbol, Point]:
    evaluate = evaluator(0)
    found = {THETA: start}
    for name, value in method.state.items():
        found[name] = tuple(evaluate(value, {**values, THETA: coordinate}) for coordinate in start)
    return found


def limit_measures(measure: str, instance: Instance, points: Sequence[Point], cycle: Sequence[Point]) -> Any:
    """What the measure comes back to, or tends to, when a run through `points` goes round `cycle` for ever."""
    if measure.startswith("best_"):
        return min(measured(measure, instance, points))
    if measure == "average_iterate_gap":
        return instance.gap(tuple(sum(column, start=fmpq(0)) / len(cycle) for column in zip(*cycle, strict=True)))
    if measure == "average_squared_gradient_norm":
        return max(measured("squared_gradient_norm", instance, [point]) for point in cycle)[0]
    return max(measured(measure, instance, [point])[0] for point in cycle)


def _require_timeless(method: Method, before: Mapping[Symbol, Point], moment: Moment, values: Values) -> None:
    """Reject unless every line of the step has its value at every t, not only at the t of this step."""
    lines = [*method.update.values(), method.query, method.output]
    if not any(STEP in line.free_symbols for line in lines):
        return
    if len(moment.theta) != 1 or any(line.has(norm, kth_largest_abs) for line in lines):
        raise CertificateRejected("a rule that depends on t is followed in one dimension only, without norms")
    fixed = {name: _number(value) for name, value in values.items()}
    table = {**fixed, **{name: _number(point[0]) for name, point in before.items()}, G: _number(moment.gradient[0])}
    _require_number(method.query.xreplace(table), moment.query[0])
    for target, value in method.update.items():
        table[target] = value.xreplace(table)
        if not table[target].is_Rational:
            raise CertificateRejected(f"the value of {target} depends on t")
    after = {**fixed, **{name: table[name] for name in method.state}, THETA: table[THETA]}
    _require_number(method.output.xreplace(after), moment.output[0])


def _require_number(value: Expr, expected: fmpq) -> None:
    if not value.is_Rational or exact.rational(value) != expected:
        raise CertificateRejected(f"{value} depends on t")


def _number(value: fmpq) -> Rational:
    return sympy.Rational(int(value.p), int(value.q))
