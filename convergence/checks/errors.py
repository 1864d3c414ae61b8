"""Bounds under gradient errors of a given size: an adversary that points away from the minimiser, or to one side.

Runs are made in floating point, all lanes at once; the trusted core plays the errors again, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from convergence.certificates import expected_bound, trajectory
from convergence.checks.families import Candidate, assignments, candidates, listed, text_values, without_counters
from convergence.checks.fields import separable_field
from convergence.checks.lanes import accepted, curves, inputs, points, quietly, violations, worst
from convergence.checks.resources import Budget, Resources
from convergence.checks.stated import is_fixed, used
from convergence.checks.trajectory import measured
from convergence.claims.claim import Claim
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.statements import Bound
from convergence.claims.writer import to_document
from convergence.errors import NumericLimit
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.verdicts import Verdict

Array = NDArray[np.float64]

ERROR = "gradient_error"
T = COUNTERS["T"]
STARTS = (Fraction(1), Fraction(0), Fraction(1, 3))
DIRECTIONS = ("away from the minimiser", "to the right", "to the left and right in turn")
MAX_LANES, TABLES, REPLAYS = 3_000, 12, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Misled:
    """A function, a start, and where the errors point."""

    candidate: Candidate
    direction: str


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """A refutation with the errors of every step, or what was tried; None for claims without errors."""
    bound = claim.statement.value if isinstance(claim.statement, Bound) else None
    if bound is None or claim.method is None or claim.measure not in trajectory.MEASURES or claim.problem:
        return None
    names = {getattr(item, "name", "") for item in claim.given}
    if ERROR not in names or names & {"unbiased", "online", "deterministic", "bounded_domain"}:
        return None
    if not is_fixed(claim, bound) or T in claim.method.given | bound.free_symbols:
        return None
    lanes = list(islice(_lanes(claim, bound, resources.seed), MAX_LANES))
    steps = 60 if resources.budget is Budget.QUICK else 300
    try:
        with quietly():
            errors, ratios = _played(claim, bound, lanes, steps) if lanes else (np.zeros((0, 0)), np.zeros((0, 0)))
    except NumericLimit:
        return None
    for _, step, lane in sorted(violations(ratios))[:REPLAYS]:
        evidence = _replayed(claim, lanes[lane], errors[:step, lane])
        if evidence is not None:
            return evidence
    return _nothing_found(lanes, ratios)


def _lanes(claim: Claim, bound: Expr, seed: int) -> Iterator[Misled]:
    for values in assignments(claim, without_counters(used(claim, bound)), seed)[:TABLES]:
        for item, start, direction in product(candidates(claim, values), STARTS, DIRECTIONS):
            if len(item.start) == 1:
                yield Misled(candidate=replace(item, start=(item.start[0] * start,)), direction=direction)


def _played(claim: Claim, bound: Expr, lanes: Sequence[Misled], steps: int) -> tuple[Array, Array]:
    """Errors and ratios of measure and bound, each of shape (steps, lanes)."""
    assert claim.method is not None and claim.measure is not None
    run = kernel(claim.method.instantiated())
    chosen = [(lane.candidate.values, None) for lane in lanes]
    field = separable_field([lane.candidate for lane in lanes])
    sizes, errors = curves(_size(claim), chosen, steps), np.empty((steps, len(lanes)))

    def misled(count: int, place: Array) -> Array:
        errors[count - 1] = -sizes[count - 1] * _signs(lanes, count, place)
        return field.gradient(place) + errors[count - 1][:, None]

    start = np.array([[float(lane.candidate.start[0])] for lane in lanes])
    places = points(run, misled, start, inputs(run, chosen), steps)
    return errors, measured(claim.measure, field, places) / curves(bound, chosen, steps)


def _size(claim: Claim) -> Expr:
    return next(item.arguments[0] for item in claim.given if isinstance(item, Hypothesis) and item.name == ERROR)


def _signs(lanes: Sequence[Misled], count: int, place: Array) -> Array:
    """The direction in which each lane's error pushes the iterate."""
    fixed = {DIRECTIONS[1]: 1.0, DIRECTIONS[2]: 1.0 if count % 2 else -1.0}
    return np.array(
        [fixed.get(lane.direction, 1.0 if x >= 0 else -1.0) for lane, x in zip(lanes, place[:, 0], strict=True)]
    )


def _replayed(claim: Claim, lane: Misled, errors: Array) -> Evidence | None:
    document = to_document(claim)
    witness: dict[str, Any] = {
        "values": text_values(lane.candidate.values),
        "k": len(errors),
        "oracle": {"errors": [str(_below(float(value))) for value in errors]},
        **lane.candidate.witness,
    }
    precisions = (0, 256) if len(errors) <= 30 else (256,)
    offered = accepted(document, "expected_bound", witness, precisions)
    return None if offered is None else _refutation(document, lane, offered)


def _below(value: float) -> Fraction:
    """A short rational that is not larger in size than what the float stands for."""
    plain = Fraction(value).limit_denominator(10**4)
    return (
        plain if abs(float(plain) - value) < 1e-13 * abs(value) else Fraction(int(value * (1 - 1e-12) * 2**40), 2**40)
    )


def _refutation(document: Mapping[str, Any], lane: Misled, witness: dict[str, Any]) -> Evidence:
    value, limit = expected_bound.both_sides(document, witness)
    values = listed(witness["values"])
    where = f"{lane.candidate.name}, started at {witness['start'][0]}" + (f", with {values}" if values else "")
    return Evidence(
        route="errors",
        verdict=Verdict.REFUTED,
        reason=f"on {where} and gradient errors of the allowed size that push {lane.direction}, the measure after "
        f"{witness['k']} steps is {value}, above the bound {limit}",
        figures={
            "function": lane.candidate.name, "start": witness["start"][0], "errors": lane.direction,
            "values": values or "none", "steps": witness["k"], "measure": value, "bound": limit,
        },
        certificate=Certificate(kind="expected_bound", witness=witness),
    )  # fmt: skip


def _nothing_found(lanes: Sequence[Misled], ratios: Array) -> Evidence | None:
    if not ratios.size or np.isnan(ratios).all():
        return None
    greatest = worst(ratios)
    return Evidence(
        route="errors",
        verdict=Verdict.UNDECIDED,
        reason=f"no violation in {len(lanes)} runs of {len(ratios)} steps with gradient errors of the allowed size; "
        f"the measure reached {greatest:.3g} times the bound at most",
        figures={"runs": len(lanes), "steps": len(ratios), "worst ratio": f"{greatest:.4g}"},
        decisive="a proof, or worse errors",
    )
