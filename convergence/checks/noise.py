"""Bounds in expectation: simple functions with two-point noise on which the expectation exceeds the bound.

All outcomes of the first steps are run at once in floating point; the trusted core computes the expectation again,
exactly. The noise takes one value with probability p and another with 1 - p, with mean 0, the variance that the claim
allows and any skew: signs, clipping and thresholds do not see through a skewed noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational

from convergence.certificates import expected_bound
from convergence.checks.families import (
    Candidate,
    Values,
    assignments,
    candidates,
    constants,
    listed,
    root_below,
    text_values,
    without_counters,
)
from convergence.checks.fields import Field, separable_field
from convergence.checks.lanes import Chosen, accepted, curves, inputs, points, quietly, violations, worst
from convergence.checks.resources import Budget, Resources
from convergence.checks.stated import anchored, is_fixed, used
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound
from convergence.claims.writer import to_document
from convergence.errors import NumericLimit
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.verdicts import Verdict

Array = NDArray[np.float64]

T = COUNTERS["T"]
HORIZONS = (1, 2, 3, 5)
SKEWS = tuple(Fraction(*pair) for pair in ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3)))  # sqrt((1 - p)/p)
STARTS = (Fraction(1), Fraction(0), Fraction(-1, 2))  # of the candidate's start
MAX_LANES, TABLES, REPLAYS = 1_500, 8, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """A function, a start and a noise.

    Attributes:
        candidate: the function and the start.
        up, down: the values of the noise, up >= 0 >= down.
        domain: the interval on which iterates are projected.
        horizon: T, where the method uses it.
    """

    candidate: Candidate
    up: Fraction
    down: Fraction
    domain: tuple[Fraction, Fraction] | None
    horizon: int | None

    @property
    def chance(self) -> Fraction:
        """Of `up`."""
        return -self.down / (self.up - self.down)

    @property
    def chosen(self) -> Chosen:
        """Values and horizon."""
        return self.candidate.values, self.horizon


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """A refutation with all outcomes, or what was tried; None for claims without noise."""
    bound = claim.statement.value if isinstance(claim.statement, Bound) else None
    if bound is None or claim.method is None or claim.measure not in expected_bound.MEASURES or claim.problem:
        return None
    names = {getattr(item, "name", "") for item in claim.given}
    if "unbiased" not in names or names & {"online", "deterministic", "gradient_error"} or not is_fixed(claim, bound):
        return None
    lanes = list(islice(_lanes(claim, bound, resources.seed), MAX_LANES))
    if not lanes:
        return None
    steps = 6 if resources.budget is Budget.QUICK else 9
    try:
        with quietly():
            ratios = expectations(claim, lanes, steps) / curves(bound, [lane.chosen for lane in lanes], steps)
    except NumericLimit as limit:
        return _undecided(f"no runs were made: {limit}", {})
    for _, step, lane in sorted(violations(ratios))[:REPLAYS]:
        evidence = _replayed(claim, lanes[lane], step)
        if evidence is not None:
            return evidence
    return _nothing_found(lanes, ratios)


def _undecided(reason: str, figures: Mapping[str, str | int | float]) -> Evidence:
    return Evidence(
        route="noise",
        verdict=Verdict.UNDECIDED,
        reason=reason,
        figures=dict(figures),
        decisive="a proof, or a worse function and noise",
    )


# --- instances


def _lanes(claim: Claim, bound: Expr, seed: int) -> Iterator[Noisy]:
    horizons: Sequence[int | None] = HORIZONS if T in anchored(claim) else (None,)
    tables = assignments(claim, without_counters(used(claim, bound)), seed)[:TABLES]
    by_table = [list(_noisy(claim, values)) for values in tables]
    longest = max((len(rows) for rows in by_table), default=0)
    for place, horizon in product(range(longest), horizons):  # every table has its turn before the lanes run out
        yield from (replace(rows[place], horizon=horizon) for rows in by_table if place < len(rows))


def _noisy(claim: Claim, values: Values) -> Iterator[Noisy]:
    known = constants(claim, values)
    for (candidate, height), factor, skew in product(_functions(claim, values), STARTS, SKEWS):
        size = _size(known, height)
        if size <= 0:
            continue
        start = (candidate.start[0] * factor,)
        for low, high in _domains(known):
            moved = replace(candidate, start=start if low < 0 or low == high else (abs(start[0]) * 2,))
            domain = None if low == high else (low, high)
            yield Noisy(candidate=moved, up=size * skew, down=-size / skew, domain=domain, horizon=None)


def _functions(claim: Claim, values: Values) -> Iterator[tuple[Candidate, Fraction | None]]:
    """Functions of one variable, with their greatest slope where the gradients are bounded."""
    known = constants(claim, values)
    if "bounded_gradients" not in known:
        yield from ((item, None) for item in candidates(claim, values) if len(item.start) == 1)
        return
    for share in (Fraction(3, 5), Fraction(4, 5), Fraction(0)):
        height = known["bounded_gradients"] * share
        limited = tuple(
            replace(item, arguments=(Rational(height.numerator, height.denominator),))
            if getattr(item, "name", "") == "bounded_gradients"
            else item
            for item in claim.given
        )
        if height > 0:
            found = candidates(replace(claim, given=limited), values)
            yield from ((item, height) for item in found if len(item.start) == 1)


def _size(known: Mapping[str, Fraction], height: Fraction | None) -> Fraction:
    """A standard deviation that the hypotheses allow."""
    squares = [known["bounded_variance"] ** 2] if "bounded_variance" in known else []
    squares += [known["bounded_gradients"] ** 2 - height**2] if height is not None else []
    return root_below(min(squares)) if squares and min(squares) > 0 else Fraction(0 if squares else 1)


def _domains(known: Mapping[str, Fraction]) -> list[tuple[Fraction, Fraction]]:
    """Intervals with the minimiser 0 inside or at an end; an empty one stands for the whole line."""
    width = known.get("bounded_domain", Fraction(0))
    return [(-width / 2, width / 2), (Fraction(0), width)] if width > 0 else [(Fraction(0), Fraction(0))]


# --- all outcomes of the first steps


def expectations(claim: Claim, lanes: Sequence[Noisy], steps: int) -> Array:
    """The expected measure after steps 1, 2, ..., of shape (steps, lanes), over all ``2**steps`` outcomes."""
    assert claim.method is not None and claim.measure is not None
    leaves = 2**steps
    ups = (np.arange(leaves)[:, None] >> np.arange(steps)) & 1 == 1
    chance = np.array([[float(lane.chance)] for lane in lanes])
    counts = ups.sum(axis=1)
    weights = chance**counts * (1 - chance) ** (steps - counts)
    noise = [np.array([[float(getattr(lane, side))] for lane in lanes]) for side in ("up", "down")]
    added = [np.where(ups[:, step], *noise).reshape(-1, 1) for step in range(steps)]
    field = separable_field([lane.candidate for lane in lanes], leaves)
    return _expected(claim.measure, field, _points(claim, lanes, field, added, leaves), weights)


def _points(claim: Claim, lanes: Sequence[Noisy], field: Field, added: list[Array], leaves: int) -> Array:
    assert claim.method is not None
    run = kernel(claim.method.instantiated())
    values = inputs(run, [lane.chosen for lane in lanes], leaves)
    ends = [(-np.inf, np.inf) if lane.domain is None else tuple(map(float, lane.domain)) for lane in lanes]
    low, high = (np.repeat([[end[side]] for end in ends], leaves, axis=0) for side in (0, 1))
    start = np.repeat([[float(lane.candidate.start[0])] for lane in lanes], leaves, axis=0)

    def noisy(count: int, place: Array) -> Array:
        return field.gradient(place) + added[count - 1]

    return points(run, noisy, start, values, len(added), project=lambda place: np.clip(place, low, high))


def _expected(measure: str, field: Field, places: Array, weights: Array) -> Array:
    def mean(values: Array) -> Array:
        return np.asarray((values.reshape(weights.shape) * weights).sum(axis=1))

    def of(point: Array) -> Array:
        match measure:
            case "distance":
                return np.abs(point[:, 0])
            case "squared_distance":
                return point[:, 0] ** 2
            case "gradient_norm":
                return np.abs(field.gradient(point)[:, 0])
            case "squared_gradient_norm" | "best_squared_gradient_norm" | "average_squared_gradient_norm":
                return field.gradient(point)[:, 0] ** 2
        return field.gap(point)

    if measure == "average_iterate_gap":
        means = np.cumsum(places, axis=0)[1:] / np.arange(2, len(places) + 1)[:, None, None]
        return np.array([mean(field.gap(point)) for point in means])
    table = np.array([of(point) for point in places])
    if measure.startswith("best_"):
        table = np.minimum.accumulate(table)
    found = np.array([mean(row) for row in table])
    counts = np.arange(1, len(found))[:, None]
    if "regret" in measure:
        sums = np.cumsum(found, axis=0)[:-1]
        return sums / counts if measure == "average_regret" else sums
    if measure.startswith("average_"):
        return np.asarray(np.cumsum(found, axis=0)[1:] / (counts + 1))
    return found[1:]


# --- exact replay


def _replayed(claim: Claim, lane: Noisy, step: int) -> Evidence | None:
    document = to_document(claim)
    values = text_values(lane.candidate.values)
    if T in anchored(claim) or T in getattr(claim.statement, "value", T).free_symbols:
        values["T"] = str(lane.horizon or step)
    outcomes = [[str(lane.chance), str(lane.up)], [str(1 - lane.chance), str(lane.down)]]
    witness = {"values": values, "k": step, "oracle": {"outcomes": outcomes}, **lane.candidate.witness}
    if lane.domain is not None:
        witness["domain"] = [str(end) for end in lane.domain]
    offered = accepted(document, "expected_bound", witness, (0, 256))
    return None if offered is None else _refutation(document, lane, offered)


def _refutation(document: Mapping[str, Any], lane: Noisy, witness: dict[str, Any]) -> Evidence:
    measured, limit = expected_bound.both_sides(document, witness)
    values = listed(witness["values"])
    noise = f"{lane.up} with probability {lane.chance}, else {lane.down}"
    where = f"{lane.candidate.name}, started at {witness['start'][0]}" + (f", with {values}" if values else "")
    inside = f" on the interval [{', '.join(witness['domain'])}]" if lane.domain is not None else ""
    return Evidence(
        route="noise",
        verdict=Verdict.REFUTED,
        reason=f"on {where}{inside} and noise of {noise}, the expected measure after {witness['k']} steps is "
        f"{measured}, above the bound {limit}",
        figures={
            "function": lane.candidate.name, "start": witness["start"][0], "noise": noise, "values": values or "none",
            "steps": witness["k"], "expected measure": measured, "bound": limit,
        },
        certificate=Certificate(kind="expected_bound", witness=witness),
    )  # fmt: skip


def _nothing_found(lanes: Sequence[Noisy], ratios: Array) -> Evidence | None:
    if np.isnan(ratios).all():
        return None
    greatest = worst(ratios)
    reason = (
        f"no violation in all outcomes of the first {len(ratios)} steps on {len(lanes)} functions with two-point "
        f"noise; the expectation reached {greatest:.3g} times the bound at most"
    )
    return _undecided(reason, {"instances": len(lanes), "steps": len(ratios), "worst ratio": f"{greatest:.4g}"})
