"""From a claim to runs: which problems, which numbers for its symbols, how many steps and seeds, and plot data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Symbol

from convergence.checks.resources import Budget, Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound, Limit, Rate
from convergence.errors import NumericLimit
from convergence.evidence import Series
from convergence.expressions import COUNTERS, K, T
from convergence.kernels import kernel
from convergence.methods.rule import Rule
from convergence.problems.online import Adversary, Coin, LinearLosses, Periodic, reddi
from convergence.problems.problem import Problem
from convergence.problems.quadratics import Quadratic
from convergence.rates import RateFit
from convergence.simulation import Group, OnlineGroup, Trace, recorded_steps, simulate, simulate_online
from convergence.simulation.instances import Instance, constants, instances
from convergence.simulation.schedules import settled_after
from convergence.simulation.trace import Array
from convergence.simulation.values import Values, assignments

SCALES = (1.0, 0.1, 0.01, 0.001)
RECORDS = 40  # a decade: averages inside the fit's bins
PLOTTED = 10  # seeds
HORIZONS = 8  # a decade
WELLS = ("gap", "best_gap", "average_iterate_gap", "distance", "squared_distance", "regret", "average_regret")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Experiment:
    """Runs on one problem with one choice of numbers.

    Attributes:
        label: of the problem and its oracle.
        values: numbers for the claim's symbols.
        steps: at which errors are read.
        group: what is run.
        slope: greatest admissible norm of the gradient along the runs.
        pooled: how many runs are averaged into one curve.
    """

    label: str
    values: Values
    steps: NDArray[np.int64]
    group: Group | OnlineGroup
    slope: float = inf
    pooled: int = 1

    @property
    def random(self) -> bool:
        """Whether repeating a run with another stream changes it."""
        return self.group.losses.random if isinstance(self.group, OnlineGroup) else self.group.oracle.random

    @property
    def chosen(self) -> str:
        """The numbers in words, or nothing."""
        parts = [f"{name.name} = {sympy.nsimplify(value)}" for name, value in self.values.items()]
        return f" ({', '.join(parts)})" if parts else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ensemble:
    """All runs for one claim.

    Attributes:
        rule: the method.
        measure: what is read.
        experiments: one a problem and choice of numbers.
        left_out: why choices of numbers were left out.
        settled: for each choice, the step after which the method's schedules have their final form.
    """

    rule: Rule
    measure: str
    experiments: tuple[Experiment, ...]
    left_out: tuple[str, ...]
    settled: Mapping[int, float]

    def unsettled(self, experiment: Experiment) -> float:
        """The step after which the schedules are final, if that is beyond a quarter of the run; else 0."""
        step = self.settled[id(experiment.values)]
        return step if step > experiment.steps[-1] else 0.0

    def vanished(self, experiment: Experiment, errors: Array) -> int:
        """The step at which runs of a method that is not linear fell below the resolution of numbers; 0 if none did.

        What a linear method does there is what it did before; an adaptive one may start to grow again, unseen.
        """
        lost = np.isnan(errors).any(axis=0)
        return int(experiment.steps[np.argmax(lost)]) if lost.any() and not kernel(self.rule).program.linear else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is run; random runs are averaged in groups of `pooled`, since claims are about expectations."""

    steps: int
    seeds: int
    pooled: int
    starts: int
    choices: int
    problems: int

    @classmethod
    def of(cls, resources: Resources) -> Plan:
        """The plan of a budget; it depends on nothing else, so that runs can be repeated."""
        if resources.budget is Budget.QUICK:
            return cls(steps=10_000, seeds=40, pooled=4, starts=4, choices=2, problems=6)
        return cls(steps=200_000, seeds=80, pooled=8, starts=8, choices=3, problems=7)


def arranged(claim: Claim, resources: Resources) -> Ensemble:
    """The runs for a claim about a method.

    Raises:
        NumericLimit: if no problem can be arranged; the message says why.
    """
    rule, plan = claim.method, Plan.of(resources)
    if rule is None or claim.measure is None:
        raise NumericLimit("the claim is not about a measure of a method")
    needed = frozenset(kernel(rule).program.inputs)
    choices = assignments(claim, needed | _stated(claim), plan.choices)
    experiments: list[Experiment] = []
    trouble: list[str] = []
    for rank, values in enumerate(choices):
        limit = plan.problems if rank == 0 else max(2, plan.problems // 2)
        try:
            experiments += _experiments(claim, rule, values, plan, limit, resources.seed)
        except NumericLimit as reason:
            trouble.append(str(reason))
    if not experiments:
        raise NumericLimit(trouble[0] if trouble else "no admissible problem")
    settled = {id(e.values): settled_after(rule, e.values, plan.steps) for e in experiments}
    return Ensemble(
        rule=rule,
        measure=claim.measure,
        experiments=tuple(experiments),
        left_out=tuple(dict.fromkeys(trouble)),
        settled=settled,
    )


def _stated(claim: Claim) -> frozenset[Symbol]:
    match claim.statement:
        case Rate(order=value) | Limit(value=value) | Bound(value=value):
            return frozenset(value.free_symbols - set(COUNTERS.values()))
    return frozenset()


def _experiments(claim: Claim, rule: Rule, values: Values, plan: Plan, limit: int, seed: int) -> list[Experiment]:
    if claim.hypothesis("online"):
        return _online(claim, rule, values, plan)
    found = []
    for instance in _instances(claim, rule, values, plan, limit, seed):
        lanes = plan.seeds if instance.oracle.random or kernel(rule).program.random else plan.starts
        if T in kernel(rule).program.inputs:
            lanes = max(plan.starts, lanes // 3)
        group = _group(instance, rule, values, plan, lanes)
        steps = _horizons(plan) if T in kernel(rule).program.inputs else recorded_steps(plan.steps, RECORDS)
        slope = constants(claim, values).slope if not claim.hypothesis("lipschitz") else inf
        pooled = plan.pooled if lanes == plan.seeds else 1
        found.append(
            Experiment(label=instance.label, values=values, steps=steps, group=group, slope=slope, pooled=pooled)
        )
    return found


def _horizons(plan: Plan) -> NDArray[np.int64]:
    steps = recorded_steps(plan.steps // 4, HORIZONS)  # each horizon is a run of its own
    return steps[steps >= 8]


def _instances(claim: Claim, rule: Rule, values: Values, plan: Plan, limit: int, seed: int) -> tuple[Instance, ...]:
    wanted = constants(claim, values)
    if claim.problem is not None:
        return (_concrete(claim, wanted),)
    wells = claim.measure in WELLS and not wanted.convex
    usable: tuple[Instance, ...] = ()
    for scale in SCALES:
        found = instances(wanted, scale, plan.steps, wells)
        if claim.measure in ("distance", "squared_distance"):
            found = tuple(item for item in found if item.problem.minimiser is not None)
        if not found:
            raise NumericLimit("no admissible problem of this package has a minimiser to measure the distance to")
        usable = usable or found[:limit]
        if _moves(claim, rule, values, found[:limit], plan, seed):
            return found[:limit]
    return usable


def _moves(claim: Claim, rule: Rule, values: Values, found: Sequence[Instance], plan: Plan, seed: int) -> bool:
    """Whether the runs leave their start within a hundredth of their length, on some problem."""
    steps = np.array([1, plan.steps // 100])
    groups = [_group(item, rule, values, plan, 2) for item in found]
    for trace in simulate(rule, groups, steps, ["gap"], seed):
        gap = trace.measures["gap"]
        if (~(gap[:, -1] > 0.5 * gap[:, 0])).any():
            return True
    return False


def _group(instance: Instance, rule: Rule, values: Values, plan: Plan, lanes: int) -> Group:
    starts = np.tile(instance.start, (lanes, 1))
    if not instance.oracle.random:
        starts = starts * _variations(lanes, len(instance.start))
    given: dict[Symbol, float | Array] = {name: float(value) for name, value in values.items()}
    if T in kernel(rule).program.inputs:
        horizons = _horizons(plan)
        given[T] = np.repeat(horizons.astype(float), lanes)
        starts = np.tile(starts, (len(horizons), 1))
    return Group(
        problem=instance.problem,
        oracle=instance.oracle,
        starts=starts,
        values=given,
        radius=instance.radius,
        label=instance.label,
    )


def _variations(lanes: int, dimension: int) -> Array:
    """Factors of the starting point: ones, then signs and lengths in [0.7, 1], which keep every demand on the start."""
    random = np.random.default_rng(0)
    factors = random.choice([-1.0, 1.0], (lanes, dimension)) * random.uniform(0.7, 1.0, (lanes, dimension))
    factors[0] = 1.0
    return factors


def _concrete(claim: Claim, wanted: object) -> Instance:
    """The claim's own problem, if it is a quadratic with a least value."""
    from convergence.problems.oracles import Additive, Exact, Noise

    objective = claim.problem
    if objective is None or not objective.is_quadratic or objective.expression.free_symbols - set(objective.variables):
        raise NumericLimit("runs on a concrete problem need a quadratic without further symbols")
    hessian = np.array(objective.hessian.tolist(), dtype=float)
    solution = sympy.linsolve(list(objective.gradient), *objective.variables)
    spectrum, rotation = np.linalg.eigh(hessian)
    if not solution or spectrum[0] < -1e-12 * abs(spectrum[-1]):
        raise NumericLimit("the problem has no minimum")
    point = next(iter(solution)).xreplace({name: sympy.Integer(0) for name in objective.variables})
    problem: Problem = Quadratic(
        name=objective.name,
        spectrum=np.maximum(spectrum, 0.0),
        minimiser=np.array(point, dtype=float),
        rotation=rotation,
    )
    start = objective.start
    place = np.array(start, dtype=float) if start else np.array(point, dtype=float) + 1.0
    sigma = getattr(wanted, "sigma", 0.0)
    oracle = Additive(law=Noise.GAUSSIAN, level=sigma) if sigma else Exact()
    return Instance(problem=problem, oracle=oracle, start=place, radius=getattr(wanted, "radius", None))


# --- online losses


def _online(claim: Claim, rule: Rule, values: Values, plan: Plan) -> list[Experiment]:
    if claim.measure not in ("regret", "average_regret"):
        raise NumericLimit(f"online losses have a regret, and no {claim.measure}")
    if T in kernel(rule).program.inputs:
        raise NumericLimit("online runs with a horizon fixed in advance are not supported")
    wanted = constants(claim, values)
    if wanted.mu or wanted.sigma:
        raise NumericLimit("online losses here are linear and exact")
    radius, slope = wanted.radius or 1.0, wanted.slope if wanted.slope < inf else 1.0
    steps = recorded_steps(plan.steps, RECORDS)
    found = []
    for losses in _sequences(slope, radius):
        lanes = 4 * plan.seeds if losses.random else 1
        given = {name: float(value) for name, value in values.items()}
        group = OnlineGroup(losses=losses, starts=np.zeros((lanes, 1)), values=given)
        pooled = 4 * plan.pooled if losses.random else 1
        found.append(Experiment(label=losses.name, values=values, steps=steps, group=group, pooled=pooled))
    return found


def _sequences(slope: float, radius: float) -> tuple[LinearLosses, ...]:
    return (
        reddi(3.0, slope, radius),
        Adversary(greatest=slope, radius=radius),
        Coin(name="fair coin", greatest=slope, radius=radius),
        Coin(name="rare large losses", greatest=slope, heads=0.11, ratio=10.0, radius=radius),
        Periodic(name="constant loss", pattern=np.array([slope]), radius=radius),
    )


# --- running


def run(ensemble: Ensemble, resources: Resources) -> Iterator[tuple[Experiment, Array]]:
    """Each experiment's errors, (runs, K); experiments whose runs leave the hypotheses are left out."""
    classes = [item for item in ensemble.experiments if isinstance(item.group, Group)]
    by_size: dict[int, list[Experiment]] = {}
    for item in classes:
        by_size.setdefault(item.group.starts.shape[1], []).append(item)
    for items in by_size.values():
        yield from _run_groups(ensemble, items, resources.seed)
    for item in ensemble.experiments:
        if isinstance(item.group, OnlineGroup):
            trace = simulate_online(ensemble.rule, item.group, item.steps, [ensemble.measure], resources.seed)
            yield item, _envelope(_pooled(trace.measures[ensemble.measure], item), trace.steps, ensemble.measure)


def _run_groups(ensemble: Ensemble, items: list[Experiment], seed: int) -> Iterator[tuple[Experiment, Array]]:
    limited = any(item.slope < inf for item in items)
    measures = dict.fromkeys([ensemble.measure, *(["gradient_norm"] if limited else [])])
    groups = [item.group for item in items if isinstance(item.group, Group)]
    for item, trace in zip(items, simulate(ensemble.rule, groups, items[0].steps, measures, seed), strict=True):
        if limited and bool((trace.measures["gradient_norm"] > item.slope * (1 + 1e-9)).any()):
            continue
        yield item, _read(trace, ensemble, item)


def _read(trace: Trace, ensemble: Ensemble, item: Experiment) -> Array:
    table = trace.measures[ensemble.measure]
    if T not in kernel(ensemble.rule).program.inputs:
        return _pooled(table, item)
    horizons = len(item.steps)
    own = table.reshape(horizons, -1, horizons)
    return np.stack([own[index, :, index] for index in range(horizons)], axis=1)


def _pooled(table: Array, item: Experiment) -> Array:
    """Means over groups of runs; inf or nan in one is inf or nan in the mean."""
    averaged: Array = table.reshape(-1, item.pooled, table.shape[1]).mean(axis=1)
    return averaged


def _envelope(table: Array, steps: NDArray[np.int64], measure: str) -> Array:
    """The greatest regret so far, which has the same order as an upper bound; tiny where regret was never positive."""
    table = table * (steps if measure == "average_regret" else 1)
    regret = np.maximum.accumulate(np.where(np.isnan(table), np.inf, table), axis=1)
    regret = np.maximum(regret, 1e-12)
    return np.asarray(regret / steps if measure == "average_regret" else regret)


# --- plots


def evidence_series(experiment: Experiment, errors: Array, fit: RateFit, claimed: Expr | None) -> tuple[Series, ...]:
    """Single runs, their median, the claimed and the fitted line, and the floor, at a dozen steps a decade."""
    steps = experiment.steps
    shown = np.unique(np.searchsorted(steps, recorded_steps(int(steps[-1]), 12)).clip(0, len(steps) - 1))
    k = steps[shown].astype(float)
    median = np.median(errors, axis=0)[shown]
    found = [_series("run", k, row[shown], f"run {index + 1}") for index, row in enumerate(errors[:PLOTTED])]
    found.append(_series("median", k, median, "median"))
    start = fit.window[0] if fit.window else k[0]
    anchor = int(np.searchsorted(k, start).clip(0, len(k) - 1))
    if claimed is not None:
        found.append(_series("claimed", k, _through(_curve(claimed, k), median, anchor), f"claimed {fit.claimed}"))
    if fit.exponent is not None and np.isfinite(fit.exponent):
        found.append(_series("fitted", k, _through(k**-fit.exponent, median, anchor), f"fitted {fit.summary()}"))
    if fit.floor:
        found.append(_series("floor", k, np.full_like(k, fit.floor), "floor"))
    return tuple(series for series in found if series.steps)


def _curve(claimed: Expr, k: Array) -> Array:
    body = claimed.xreplace({T: K, COUNTERS["t"]: K})
    return np.array([float(sympy.re(body.xreplace({K: sympy.Integer(int(step))}).evalf(15))) for step in k])


def _through(curve: Array, median: Array, anchor: int) -> Array:
    with np.errstate(all="ignore"):
        scaled: Array = curve * (median[anchor] / curve[anchor])
    return scaled


def _series(role: str, k: Array, values: Array, label: str) -> Series:
    keep = np.isfinite(values) & (values > 0)
    return Series(role=role, steps=tuple(k[keep].tolist()), values=tuple(values[keep].tolist()), label=label)
