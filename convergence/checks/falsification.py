"""Bounds on deterministic runs: a global search for the function of one variable that violates a bound most.

The families are those of `families` with their numbers free: three curvatures on either side of the minimiser (the
class's own limits included), two cuts, a jump where the class allows one, the start, and the claim's symbols. Every
point of the search satisfies the hypotheses by construction, up to rounding. Differential evolution maximises measure
over bound, all members of a generation being run at once; the best ones are rounded to short rationals and replayed
exactly as certificates of the kind ``trajectory``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, differential_evolution
from sympy import Expr

from convergence.certificates import trajectory as core
from convergence.checks.families import Candidate, Values, assignments, without_counters
from convergence.checks.fields import Field
from convergence.checks.lanes import inputs, points, quietly
from convergence.checks.resources import Budget, Resources
from convergence.checks.shapes import Class, Shape, field_of, index_of
from convergence.checks.stated import anchored, curve, is_fixed, used
from convergence.checks.trajectory import Lane, measured, replayed
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound
from convergence.errors import NumericLimit
from convergence.evidence import Evidence
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.verdicts import Verdict

Array = NDArray[np.float64]

T = COUNTERS["T"]
HORIZONS = (1, 2, 3, 5, 10, 20)
TABLES = 40
FREE = 9  # numbers of a member: values, horizon, three curvatures and the left one, two cuts and the start
MEMBERS = 8  # of a generation, for each free number
SAMPLED = 12  # generations' worth of random members, of which the best begin
ENOUGH = 1.02  # a ratio at which the search stops
LARGE, MEAN_SHARE = 1e6, 0.1


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """A refutation with the exact run, or how far the search came; None for other claims."""
    bound = claim.statement.value if isinstance(claim.statement, Bound) else None
    if bound is None or claim.method is None or claim.problem is not None or claim.measure not in core.MEASURES:
        return None
    if not is_fixed(claim, bound) or claim.hypothesis("quadratic") or claim.hypothesis("online"):
        return None
    if resources.budget is Budget.QUICK and kernel(claim.method).program.linear:
        return None  # the worst case over the whole class is known for these
    tables = assignments(claim, without_counters(used(claim, bound)), resources.seed)[:TABLES]
    allowed = [(values, found) for values in tables if not (found := Class.of(claim, values)).is_empty]
    if not allowed:
        return None
    steps, generations = (40, 40) if resources.budget is Budget.QUICK else (300, 800)
    horizons = HORIZONS if T in anchored(claim) else (None,)
    search = Search(claim=claim, bound=bound, allowed=allowed, horizons=horizons, steps=steps)
    try:
        with quietly():
            best, ratio, evaluations = search.evolved(generations, resources.seed)
    except NumericLimit as limit:
        return _undecided(f"the search met a limit: {limit}", {})
    for places in (1, 2, 3, 5, 8) if ratio > 1 else ():
        evidence = replayed(claim, *search.rounded(best, places))
        if evidence is not None:
            return replace(evidence, route="falsification")
    reason = f"a global search over functions of one variable reached {ratio:.3g} times the bound at most"
    return _undecided(reason, {"runs": evaluations, "steps": steps, "worst ratio": f"{ratio:.4g}"})


def _undecided(reason: str, figures: Mapping[str, str | int | float]) -> Evidence:
    return Evidence(
        route="falsification",
        verdict=Verdict.UNDECIDED,
        reason=reason,
        figures=dict(figures),
        decisive="a proof, or the worst case over the whole class",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One claim's search; members are points of the unit cube, as columns.

    Attributes:
        allowed: choices of values, each with its class.
        horizons: choices of T; None where the method does not use it.
        steps: of each run.
        limits: the bound's values for choices that were met.
    """

    claim: Claim
    bound: Expr
    allowed: Sequence[tuple[Values, Class]]
    horizons: Sequence[int | None]
    steps: int
    limits: dict[tuple[int, int | None], Array] = field(default_factory=dict)

    def evolved(self, generations: int, seed: int) -> tuple[Array, float, int]:
        """The best member, its ratio and how many runs were made."""
        random = np.random.default_rng(seed)
        found = differential_evolution(
            lambda members: -self.violation(members),
            [(0.0, 1.0)] * FREE,
            maxiter=generations,
            init=self._first(random),
            tol=1e-4,
            rng=random,
            polish=False,
            vectorized=True,
            updating="deferred",
            callback=self._is_enough,
        )
        best = np.asarray(found.x)
        return best, float(self.ratios(best).max()), (int(found.nfev) + SAMPLED) * MEMBERS * FREE

    def _is_enough(self, intermediate_result: OptimizeResult) -> bool:
        """Whether the best ratio so far ends the search; what is maximised is never below that ratio."""
        best = intermediate_result
        return bool(-best.fun > ENOUGH and self.ratios(best.x).max() > ENOUGH)

    def _first(self, random: np.random.Generator) -> Array:
        """The first generation: the best of a larger sample, so that all choices of values are tried."""
        sample = random.random((FREE, SAMPLED * MEMBERS * FREE))
        return np.asarray(sample[:, np.argsort(-self.violation(sample))[: MEMBERS * FREE]].T)

    def violation(self, members: Array) -> Array:
        """What is maximised: the greatest ratio, and a little of the mean, where the first step is the same for all."""
        ratios = np.minimum(self.ratios(members), LARGE)
        return np.asarray(ratios.max(axis=0) + MEAN_SHARE * ratios.mean(axis=0))

    def ratios(self, members: Array) -> Array:
        """Measure over bound at steps 1, 2, ..., of shape (steps, members); 0 where nothing is said."""
        columns = members.reshape(FREE, -1).T
        choices = [self._choice(column) for column in columns]
        shapes = [
            Shape.of(column[2:], self.allowed[table][1]) for column, (table, _) in zip(columns, choices, strict=True)
        ]
        start = np.array([[shape.start] for shape in shapes])
        measures = self._measures(field_of(shapes), start, choices)
        limits = np.stack([self._limit(*choice) for choice in choices], axis=1)
        return np.nan_to_num(measures / limits, nan=0.0, posinf=0.0, neginf=0.0)

    def rounded(self, member: Array, places: int) -> tuple[Lane, int]:
        """The member in rationals with denominators of some digits, and the step of its greatest ratio."""
        table, horizon = self._choice(member)
        step = int(np.argmax(self.ratios(member)[:, 0])) + 1
        values, allowed = self.allowed[table]
        rows, start = Shape.of(member[2:], allowed).rounded(allowed, places)
        name = "a function found by a global search"
        candidate = Candidate(name=name, values=values, rows=rows, start=start)
        return Lane(candidate=candidate, horizon=horizon), step

    def _choice(self, member: Array) -> tuple[int, int | None]:
        return index_of(member[0], len(self.allowed)), self.horizons[index_of(member[1], len(self.horizons))]

    def _limit(self, table: int, horizon: int | None) -> Array:
        if (table, horizon) not in self.limits:
            self.limits[table, horizon] = curve(self.bound, self.allowed[table][0], horizon, self.steps)
        return self.limits[table, horizon]

    def _measures(self, functions: Field, start: Array, choices: Sequence[tuple[int, int | None]]) -> Array:
        assert self.claim.method is not None and self.claim.measure is not None
        run = kernel(self.claim.method.instantiated())
        values = inputs(run, [(self.allowed[table][0], horizon) for table, horizon in choices])
        places = points(run, lambda _, place: functions.gradient(place), start, values, self.steps)
        return measured(self.claim.measure, functions, places)
