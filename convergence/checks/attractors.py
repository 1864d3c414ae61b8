"""Cycles that attract runs, on kinked functions of one variable: found in floating point, solved exactly.

The functions have two curvatures that alternate, as the one on which Polyak's heavy ball cycles (Lessard, Recht &
Packard, 2016). Everything here proposes; the trusted core decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from convergence.certificates import attraction
from convergence.certificates.exact import to_fmpq
from convergence.certificates.iteration import Method
from convergence.certificates.matrices import identity
from convergence.certificates.separable import separable
from convergence.checks.families import Candidate, Values, as_fmpq, as_fraction, constants
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected, NumericLimit
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.methods.rule import Rule

Array = NDArray[np.float64]

RATIOS = tuple(Fraction(*pair) for pair in ((6, 5), (3, 2), (2, 1), (3, 1), (5, 1), (10, 1)))
STARTS = tuple(Fraction(33 + 7 * place, 30) * sign for place in range(24) for sign in (1, -1))
STEPS = 1_200
MAX_PERIOD = 12
MAX_TURNS = 128
PROPOSALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinked:
    """Curvature `first` for 0 < x < 1, `second` up to `end` > 1, `first` beyond, and `left` for x < 0."""

    first: Fraction
    second: Fraction
    left: Fraction
    end: Fraction

    def row(self, unit: Fraction) -> dict[str, Any]:
        """The function stretched by `unit`, as the core reads it."""
        right = {"slopes": [self.first, self.second, self.first], "cuts": [unit, unit * self.end]}
        return {"right": right, "left": {"slopes": [self.left]}}

    def name(self, unit: Fraction) -> str:
        """For the reader."""
        left = f", {self.left} for x < 0" if self.left != self.first else ""
        return f"the function with f'' = {self.second} for {unit} < x < {unit * self.end}, {self.first} elsewhere{left}"


def kinked(claim: Claim, values: Values) -> tuple[Kinked, ...]:
    """Functions with the least and the greatest curvature of the claim's class; none where it has no two."""
    known, names = constants(claim, values), {getattr(item, "name", "") for item in claim.given}
    high = known.get("smooth")
    low = max(known.get("strongly_convex", Fraction(0)), known.get("polyak_lojasiewicz", Fraction(0)))
    if high is None or "quadratic" in names or names & {"lipschitz", "bounded_gradients", "bounded_domain"}:
        return ()
    low = low or high / 100
    if not 0 < low < high:
        return ()
    return tuple(
        Kinked(first=first, second=second, left=left, end=end)
        for (first, second), left, end in product(((high, low), (low, high)), (high, low), RATIOS)
    )


def proposals(claim: Claim, method: Method, values: Values) -> Iterator[tuple[Candidate, Mapping[str, Any]]]:
    """Instances with what the core must be told about the cycle that their runs tend to."""
    rule, shapes = claim.method, kinked(claim, values)
    exact = {name: as_fmpq(value) for name, value in values.items()}
    if rule is None or not shapes or COUNTERS["T"] in method.free:
        return
    try:
        attraction.require_affine(method)
        attraction.query_of(method, exact)
        lanes = [(shape, start) for shape in shapes for start in STARTS]
        paths = _run(rule, lanes, values)
    except (CertificateRejected, NumericLimit, ArithmeticError):
        return
    unit = _unit(claim, values)
    for lane, period in islice(_periodic(paths), PROPOSALS):
        shape, start = lanes[lane]
        found = _cycle(method, shape, exact, paths[:, lane], period)
        if found is not None:
            candidate = Candidate(name=shape.name(unit), values=values, rows=(shape.row(unit),), start=(start * unit,))
            yield candidate, _stretched(found, unit)


def _unit(claim: Claim, values: Values) -> Fraction:
    """How much functions and starts are stretched, so that the longest start is admissible."""
    known, farthest = constants(claim, values), max(STARTS)
    unit = known["initial_distance"] / farthest if "initial_distance" in known else Fraction(1)
    while "initial_gap" in known and unit**2 * farthest**2 * known["smooth"] / 2 > known["initial_gap"] > 0:
        unit /= 2
    return unit or Fraction(1)


def _run(rule: Rule, lanes: list[tuple[Kinked, Fraction]], values: Values) -> Array:
    """Queries and memories of the last steps, of shape (steps, lanes, 1 + memory), on functions of unit 1."""
    compiled = kernel(rule.instantiated())
    numbers = compiled.values({name: np.array([[float(values[name])]]) for name in compiled.program.inputs})
    first, second, left, end = (
        np.array([[float(getattr(shape, part))] for shape, _ in lanes]) for part in ("first", "second", "left", "end")
    )
    start = np.array([[float(place)] for _, place in lanes])
    state, kept = compiled.start(start, numbers), []
    with np.errstate(all="ignore"):
        for count in range(1, STEPS + 1):
            x = compiled.query(count, state, numbers)
            beyond = np.maximum(x - end, 0.0) + np.clip(x, 0.0, 1.0)
            slope = first * beyond + second * np.clip(x - 1.0, 0.0, end - 1.0) + left * np.minimum(x, 0.0)
            before = state
            state = tuple(np.broadcast_to(part, start.shape) for part in compiled.step(count, slope, state, numbers))
            kept.append(np.hstack([np.broadcast_to(part, start.shape) for part in (x, *before)]))
    return np.array(kept)


def _periodic(paths: Array) -> Iterator[tuple[int, int]]:
    """Lanes that repeat themselves away from the minimiser, each with its period; one of every kind of cycle."""
    last = paths[-1]
    seen: set[tuple[float, ...]] = set()
    large = np.abs(paths[-MAX_PERIOD:, :, 0]).max(axis=0)
    for period in range(1, MAX_PERIOD + 1):
        back = np.abs(last - paths[-1 - period]).max(axis=1)
        for lane in np.flatnonzero((back <= 1e-9 * large) & (large > 1e-3) & (large < 1e6)):
            key = tuple(np.round(np.sort(paths[-period:, lane, 0]), 6))
            if key not in seen and not any(set(key) == set(other) for other in seen):
                seen.add(key)
                yield int(lane), period


def _cycle(
    method: Method, shape: Kinked, values: Mapping[Any, fmpq], path: Array, period: int
) -> dict[str, Any] | None:
    """The exact cycle beside a run, a number of steps after which the run is near, and the radius of nearness."""
    instance = separable([_texts(shape.row(Fraction(1)))])
    size = path.shape[1] - 1
    try:
        first = last = attraction.Affine(matrix=identity(size), offset=fmpq_mat(size, 1))
        for place in path[-period:, 0]:
            piece = attraction.piece_at(instance, to_fmpq(str(Fraction(float(place)))))
            last = attraction.step_on(method, piece, values).after(last)
        memory = (first.matrix - last.matrix).solve(last.offset)
        cycle = [memory[i, 0] for i in range(size)]
        turns = _turns(last.matrix)
        if turns is None:
            return None
        turn = attraction.turn(method, instance, cycle, period * turns, values)
    except (CertificateRejected, ZeroDivisionError, ArithmeticError):
        return None
    ends = [as_fraction(end) for end in (turn.reach, turn.clear) if end is not None]
    radius = Fraction(int(min(ends, default=Fraction(1)) / 2 * 2**20), 2**20)
    steps = _arrival(path, cycle, float(radius) / 2, period)
    if radius <= 0 or steps is None:
        return None
    return {"steps": steps, "period": period * turns, "cycle": [as_fraction(v) for v in cycle], "radius": radius}


def _turns(matrix: fmpq_mat) -> int | None:
    """How many turns contract in the greatest absolute row sum."""
    power = matrix
    for count in range(1, MAX_TURNS + 1):
        if attraction.size(power) < fmpq(9, 10):
            return count
        power = power * matrix
        if attraction.size(power) > 10**12:
            return None
    return None


def _arrival(path: Array, cycle: list[fmpq], radius: float, period: int) -> int | None:
    """The first step after which the run is near the memory for good."""
    target = np.array([float(as_fraction(value)) for value in cycle])
    near = np.abs(path[:, 1:] - target).max(axis=1) <= radius
    for step in np.flatnonzero(near):
        if near[step::period].all():
            return int(step)
    return None


def _texts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {side: {name: [str(value) for value in row[side][name]] for name in row[side]} for side in row}


def _stretched(found: Mapping[str, Any], unit: Fraction) -> dict[str, Any]:
    """The same cycle on the stretched function, whose gradients grow with it, as texts."""
    return {
        "steps": found["steps"],
        "period": found["period"],
        "cycle": [str(value * unit) for value in found["cycle"]],
        "radius": str(found["radius"] * unit),
    }
