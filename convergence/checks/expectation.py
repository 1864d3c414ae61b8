"""Explicit bounds against runs: in expectation where the oracle is random, step by step where nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer

from convergence.checks.ensembles import Ensemble, Experiment, arranged, evidence_series, run
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound
from convergence.errors import NumericLimit
from convergence.evidence import Evidence, Series
from convergence.expressions import COUNTERS
from convergence.rates import BoundTest, bound_test, bound_violation
from convergence.rates.ratefit import RateFit
from convergence.simulation.trace import Array
from convergence.verdicts import Verdict

LEVEL = 0.01
SMALLEST = 1e-200  # of a bound that runs in floating point are compared with: ratios must not overflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """One problem's runs against the bound there.

    Attributes:
        p_value: of "the bound holds"; 0 where runs without randomness exceed it.
        ratio: the greatest mean of error over bound.
        step: where it is reached.
    """

    experiment: Experiment
    errors: Array
    limits: Array
    p_value: float
    ratio: float
    step: int
    test: BoundTest | None


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """``diverges`` if runs exceed the bound on an admissible problem, else undecided; None for other claims.

    Runs cannot show that a bound holds for every instance: "not contradicted" is all they say in its favour.
    """
    if claim.method is None or not isinstance(claim.statement, Bound) or claim.measure in (None, "sequence"):
        return None
    try:
        ensemble = arranged(claim, resources)
        tests = [found for item, errors in run(ensemble, resources) if (found := _tested(claim, item, errors))]
    except NumericLimit as limit:
        return _undecided(f"no runs were made: {limit}")
    missing = "no run kept the hypotheses and met a bound that is a positive number"
    return _judged(ensemble, tests) if tests else _undecided(missing)


def _undecided(reason: str) -> Evidence:
    return Evidence(
        route="expectation", verdict=Verdict.UNDECIDED, reason=reason, decisive="a proof or a counterexample"
    )


def _tested(claim: Claim, experiment: Experiment, errors: Array) -> Tested | None:
    assert isinstance(claim.statement, Bound)
    limits = _bound(claim.statement.value.xreplace(dict(experiment.values)), experiment.steps)
    usable = (limits > SMALLEST) & np.isfinite(limits) & ~np.isnan(errors).any(axis=0)
    if not usable.any():
        return None
    kept, bounds = np.maximum(errors[:, usable], 0.0), limits[usable]
    means = kept.mean(axis=0) / bounds
    top = int(np.argmax(means))
    step, ratio = int(experiment.steps[usable][top]), float(means[top])
    if experiment.random:
        test = bound_test(kept, bounds, LEVEL)
        p_value = test.p_value
    else:
        test, p_value = None, 0.0 if bound_violation(kept, bounds * (1 + 1e-6)) else 1.0
    return Tested(
        experiment=experiment, errors=errors, limits=limits, p_value=p_value, ratio=ratio, step=step, test=test
    )


def _bound(value: Expr, steps: NDArray[np.int64]) -> Array:
    found = []
    for step in steps:
        number = value.xreplace({symbol: Integer(int(step)) for symbol in COUNTERS.values()})
        found.append(float(number.evalf(17)) if number.is_number and number.is_extended_real else np.nan)
    return np.array(found)


def _judged(ensemble: Ensemble, tests: Sequence[Tested]) -> Evidence:
    worst = min(tests, key=lambda item: (item.p_value, -item.ratio))
    p_value = min(1.0, worst.p_value * len(tests))
    exceeded = p_value <= LEVEL
    return Evidence(
        route="expectation",
        verdict=Verdict.DIVERGES if exceeded else Verdict.UNDECIDED,
        reason=_reason(worst, tests, p_value, exceeded),
        figures=_figures(ensemble, tests),
        series=_series(worst),
        decisive="" if exceeded else "a proof, or a search for a worse problem",
        statistics={
            "test": "betting, for every law of nonnegative errors" if worst.test else "none: runs without randomness",
            "level": LEVEL,
            "p_value": p_value,
            "correction": f"Bonferroni over {len(tests)} problems",
            "seeds": len(worst.errors) * worst.experiment.pooled,
            "steps": int(worst.experiment.steps[-1]),
            "power": worst.test.power if worst.test else 1.0,
        },
    )


def _reason(worst: Tested, tests: Sequence[Tested], p_value: float, exceeded: bool) -> str:
    where = f"{worst.experiment.label}{worst.experiment.chosen}"
    what = "the mean error" if worst.test else "the error"
    if exceeded:
        sure = f" (p = {p_value:.2g} over {len(tests)} problems)" if worst.test else ""
        return f"on {where} {what} at step {worst.step} is {worst.ratio:.3g} times the bound{sure}"
    top = max(tests, key=lambda item: item.ratio)
    return (
        f"not contradicted by runs on {len(tests)} problems: the error reaches {top.ratio:.3g} times the bound, "
        f"on {top.experiment.label}{top.experiment.chosen} at step {top.step}"
    )


def _figures(ensemble: Ensemble, tests: Sequence[Tested]) -> dict[str, str | int | float]:
    figures: dict[str, str | int | float] = {
        f"{item.experiment.label}{item.experiment.chosen}": f"error/bound at most {item.ratio:.4g}, at step {item.step}"
        for item in tests
    }
    if ensemble.left_out:
        figures["left out"] = "; ".join(ensemble.left_out)
    return figures


def _series(worst: Tested) -> tuple[Series, ...]:
    shown = evidence_series(worst.experiment, worst.errors, RateFit(law=""), None)
    steps = worst.experiment.steps.astype(float)
    keep = np.isfinite(worst.limits) & (worst.limits > 0)
    line = Series(
        role="claimed",
        steps=tuple(steps[keep].tolist()),
        values=tuple(worst.limits[keep].tolist()),
        label="claimed bound",
    )
    return (*shown, line)
