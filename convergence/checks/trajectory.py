"""Bounds on a method: search simple instances for a run that violates the bound, then replay it exactly.

The search runs all candidates at once in floating point; what it finds is only a proposal. Where nothing is found, the
evidence is undecided and names the worst ratio: runs that respect a bound for all instances do not support it much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from convergence.certificates import trajectory as core
from convergence.checks.families import (
    Candidate,
    Values,
    as_rational,
    assignments,
    candidates,
    listed,
    text_values,
    without_counters,
)
from convergence.checks.fields import Field, separable_field
from convergence.checks.lanes import Chosen, accepted, curves, inputs, points, quietly, violations
from convergence.checks.resources import Budget, Resources
from convergence.checks.stated import anchored, is_fixed, used
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound
from convergence.claims.writer import to_document
from convergence.errors import NumericLimit
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.methods.rule import Rule
from convergence.verdicts import Verdict

Array = NDArray[np.float64]

T = COUNTERS["T"]
HORIZONS = (1, 2, 3, 5, 10, 20, 50, 100)
MAX_LANES = 6_000
REPLAYS = 12


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """A refutation with the exact run, or what was tried."""
    bound = claim.statement.value if isinstance(claim.statement, Bound) else None
    if bound is None or claim.method is None or claim.measure not in core.MEASURES or not is_fixed(claim, bound):
        return None
    steps = 150 if resources.budget is Budget.QUICK else 1_000
    lanes = _lanes(claim, bound, resources.seed)
    if not lanes:
        return None
    try:
        with quietly():
            ratios = _ratios(claim, bound, lanes, steps)
    except NumericLimit:
        return None
    for _, step, lane in sorted(violations(ratios))[:REPLAYS]:
        evidence = replayed(claim, lanes[lane], step)
        if evidence is not None:
            return evidence
    return _nothing_found(lanes, ratios)


# --- the lanes of the search


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One candidate; the horizon T is None where the method does not use it."""

    candidate: Candidate
    horizon: int | None

    @property
    def chosen(self) -> Chosen:
        """Values and horizon."""
        return self.candidate.values, self.horizon


def _lanes(claim: Claim, bound: Expr, seed: int) -> list[Lane]:
    rule = claim.method
    assert rule is not None
    horizons: Sequence[int | None] = HORIZONS if T in anchored(claim) else (None,)
    tables = assignments(claim, without_counters(used(claim, bound)), seed)
    found = [
        Lane(candidate=candidate, horizon=horizon)
        for values in tables
        for candidate in _instances(claim, values)
        for horizon in horizons
    ]
    if len(found) > MAX_LANES:
        found = found[:: len(found) // MAX_LANES + 1]
    return found


def _instances(claim: Claim, values: Values) -> list[Candidate]:
    if claim.problem is None:
        return list(candidates(claim, values))
    if not claim.problem.is_quadratic:
        return []
    d = len(claim.problem.variables)
    given = claim.problem.start
    starts = [tuple(Fraction(int(v.p), int(v.q)) for v in given)] if given else _starts(d)
    return [
        Candidate(name=f"f(x) = {claim.problem.expression}", values=values, rows=(), start=start) for start in starts
    ]


def _starts(d: int) -> list[tuple[Fraction, ...]]:
    units = [tuple(Fraction(int(i == j)) for j in range(d)) for i in range(d)]
    return [*units, (Fraction(1),) * d, tuple(Fraction((-1) ** i) for i in range(d))]


# --- one run of all lanes


def _ratios(claim: Claim, bound: Expr, lanes: list[Lane], steps: int) -> Array:
    """Measure over bound, of shape (steps, lanes); nan where the bound says nothing."""
    rule = claim.method
    assert rule is not None and claim.measure is not None
    ratios = np.full((steps, len(lanes)), np.nan)
    for d in sorted({len(lane.candidate.start) for lane in lanes}):
        chosen = [i for i, lane in enumerate(lanes) if len(lane.candidate.start) == d]
        part = [lanes[i] for i in chosen]
        given = [lane.candidate for lane in part]
        field = separable_field(given) if claim.problem is None else _quadratic_field(claim, part)
        measures = measured(claim.measure, field, _points(rule, field, part, steps))
        ratios[:, chosen] = measures / curves(bound, [lane.chosen for lane in part], steps)
    return ratios


def _points(rule: Rule, field: Field, lanes: list[Lane], steps: int) -> Array:
    run = kernel(rule.instantiated())
    start = np.array([[float(v) for v in lane.candidate.start] for lane in lanes])
    values = inputs(run, [lane.chosen for lane in lanes])
    return points(run, lambda _, place: field.gradient(place), start, values, steps)


def measured(measure: str, field: Field, points: Array) -> Array:
    """The measure after steps 1, 2, ... for points of shape (steps + 1, lanes, d); least over the usual windows."""

    def squares() -> Array:
        return np.array([(field.gradient(point) ** 2).sum(axis=-1) for point in points])

    distances = ((points - field.minimiser) ** 2).sum(axis=-1)
    match measure:
        case "gap":
            return np.array([field.gap(point) for point in points[1:]])
        case "best_gap":
            return np.minimum.accumulate([field.gap(point) for point in points])[1:]
        case "average_iterate_gap":
            return np.min([[field.gap(point) for point in means] for means in _means(points)], axis=0)
        case "distance":
            return np.sqrt(distances[1:])
        case "squared_distance":
            return distances[1:]
        case "gradient_norm":
            return np.sqrt(squares()[1:])
        case "squared_gradient_norm":
            return squares()[1:]
        case "best_squared_gradient_norm":
            return np.minimum.accumulate(squares())[1:]
    return np.min(_means(squares()), axis=0)


def _means(values: Array) -> list[Array]:
    """Means of the values after the start, before the last, and of all."""
    counts = np.arange(1, len(values)).reshape(-1, *[1] * (values.ndim - 1))
    sums = np.cumsum(values, axis=0)
    return [(sums[1:] - values[:1]) / counts, sums[:-1] / counts, sums[1:] / (counts + 1)]


# --- functions on arrays


def _quadratic_field(claim: Claim, lanes: list[Lane]) -> Field:
    problem = claim.problem
    assert problem is not None
    hessians, linears = [], []
    origin = dict.fromkeys(problem.variables, 0)
    for lane in lanes:
        values = {name: as_rational(value) for name, value in lane.candidate.values.items()}
        hessians.append(np.array(problem.hessian.subs(values).tolist(), dtype=float))
        linears.append(np.array(problem.gradient.subs(origin).subs(values).tolist(), dtype=float)[:, 0])
    H, b = np.array(hessians), np.array(linears)
    best = np.array([np.linalg.lstsq(h, -v, rcond=None)[0] for h, v in zip(H, b, strict=True)])

    def gradient(points: Array) -> Array:
        return np.einsum("nij,nj->ni", H, points) + b

    def gap(points: Array) -> Array:
        error = points - best
        return np.einsum("ni,nij,nj->n", error, H, error) / 2

    return Field(gradient, gap, best)


# --- exact replay


def replayed(claim: Claim, lane: Lane, step: int) -> Evidence | None:
    """The refutation by a lane at a step, if the trusted core accepts it."""
    document = to_document(claim)
    witness = accepted(document, "trajectory", _witness(claim, lane, step), (0, 256, 1024))
    return None if witness is None else _refutation(document, lane, step, witness)


def _witness(claim: Claim, lane: Lane, step: int) -> dict[str, Any]:
    assert isinstance(claim.statement, Bound)
    values = text_values(lane.candidate.values)
    if T in anchored(claim) | claim.statement.value.free_symbols:
        values["T"] = str(lane.horizon or step)
    found = {"values": values, "k": step, **lane.candidate.witness}
    if claim.problem is not None:
        del found["instance"]
    return found


def _refutation(document: Mapping[str, Any], lane: Lane, step: int, witness: dict[str, Any]) -> Evidence:
    measured, limit = core.both_sides(document, witness)
    values = listed(witness["values"])
    where = f"{lane.candidate.name}, started at {_point(lane.candidate.start)}" + (f", with {values}" if values else "")
    return Evidence(
        route="trajectory",
        verdict=Verdict.REFUTED,
        reason=f"on {where}, the measure after {step} steps is {measured}, above the bound {limit}",
        figures={
            "function": lane.candidate.name, "start": _point(lane.candidate.start), "values": values or "none",
            "steps": step, "measure": measured, "bound": limit,
        },
        certificate=Certificate(kind="trajectory", witness=witness),
    )  # fmt: skip


def _point(start: tuple[Fraction, ...]) -> str:
    return str(start[0]) if len(start) == 1 else f"({', '.join(map(str, start))})"


def _nothing_found(lanes: list[Lane], ratios: Array) -> Evidence | None:
    if np.all(np.isnan(ratios)):
        return None
    step, lane = np.unravel_index(int(np.nanargmax(np.where(np.isfinite(ratios), ratios, -1))), ratios.shape)
    families = len({lane.candidate.name for lane in lanes})
    worst = float(ratios[step, lane])
    return Evidence(
        route="trajectory",
        verdict=Verdict.UNDECIDED,
        reason=f"no violation in {len(lanes)} exact instances of simple functions; "
        f"the measure reached {worst:.3g} times the bound at most",
        figures={
            "instances": len(lanes), "functions": families, "steps": ratios.shape[0], "worst ratio": f"{worst:.4g}",
            "worst instance": f"{lanes[lane].candidate.name}, step {step + 1}",
        },
        decisive="a proof, or the worst case over the whole class",
    )  # fmt: skip
