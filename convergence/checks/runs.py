"""Rates and limits against runs on problems that satisfy every hypothesis, the hardest admissible ones among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Integer

from convergence.checks.doubts import doubt
from convergence.checks.ensembles import Ensemble, Experiment, arranged, evidence_series, run
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Limit, Rate
from convergence.errors import NumericLimit
from convergence.evidence import Evidence
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.rates import RateFit, fit_rate
from convergence.simulation.trace import Array
from convergence.verdicts import Tightness, Verdict

LEVEL = 0.01
STALLED = ("constant", "power plus floor", "geometric plus floor")
ENOUGH = 20  # recorded steps before an exact end that a rate can be fitted to
EXPLOSION = 1e3
SLOWEST = 0.1  # a limit is supported by decay of at least k^-0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """One experiment's errors and the law that was fitted to them."""

    experiment: Experiment
    errors: Array
    fit: RateFit
    claimed: Expr | None
    linear: bool

    @property
    def stalled(self) -> bool:
        """Whether runs without randomness have come back to the same positive values, to a millionth, for a decade."""
        late = self.errors[:, self.experiment.steps >= self.experiment.steps[-1] / 10]
        if self.experiment.random or not np.isfinite(late).all() or not (late > 0).all():
            return False
        return all(_recurs(run) for run in late)

    @property
    def explodes(self) -> bool:
        """Whether errors that should not grow end far above all of their first half, in most runs."""
        steps = self.experiment.steps
        with np.errstate(all="ignore"):
            half = np.median(np.nanmax(np.nan_to_num(self.errors[:, steps <= steps[-1] / 2], nan=0.0), axis=1))
            end = np.median(np.nan_to_num(self.errors[:, -1], nan=0.0))
        last = int(steps[-1])
        allowed = self.claimed is not None and _log_ratio(self.claimed, last, max(2, last // 10)) > 0
        return bool(end > max(EXPLOSION * half, EXPLOSION)) and not allowed

    @property
    def finished(self) -> int:
        """The step at which all runs are exactly at the limit, where that comes too soon for a rate; else 0."""
        exact = (self.errors == 0).all(axis=0)
        soon = int((~exact).sum()) < ENOUGH
        return int(self.experiment.steps[np.argmax(exact)]) if exact[-1] and soon and not self.experiment.random else 0

    @property
    def stays(self) -> bool:
        """Whether the runs have stalled, near enough to their start to see it, while the claimed rate falls on."""
        if self.claimed is None or not self.stalled:
            return False
        last = int(self.experiment.steps[-1])
        expected = _log_ratio(self.claimed, last, max(1, last // 10))
        return expected < -1 and bool((self.errors[:, -1] > 1e-3 * self.errors[:, 0]).all())

    @property
    def outgrows(self) -> bool:
        """Whether the error over a claimed rate still grows like k^0.1 or faster, at the last resolved steps.

        A power of k beside a geometric decay is too small for the fit, and contradicts the claim all the same. The
        greatest values of two windows are compared, since errors may oscillate.
        """
        steps, usable = self.experiment.steps, (np.isfinite(self.errors) & (self.errors > 0)).all(axis=0)
        if self.claimed is None or self.experiment.random or usable.sum() < 8:
            return False
        last = int(steps[usable][-1])
        windows = [usable & (steps > last / (1.5 * f)) & (steps <= last / f) for f in (1.0, 3.0)]
        if not all(window.any() for window in windows):
            return False
        late, early = (self._peak(window, last) for window in windows)
        return late - early > 0.1 * np.log(3.0)

    def _peak(self, window: NDArray[np.bool_], reference: int) -> float:
        """The greatest logarithm of error over claimed rate, up to a constant; the middle run's."""
        assert self.claimed is not None
        steps = self.experiment.steps[window]
        expected = np.array([_log_ratio(self.claimed, int(step), reference) for step in steps])
        return float(np.median((np.log(self.errors[:, window]) - expected).max(axis=1)))


def _log_ratio(order: Expr, step: int, reference: int) -> float:
    """The logarithm of an order at one step over that at another."""
    at = [order.xreplace({c: Integer(count) for c in COUNTERS.values()}) for count in (step, reference)]
    return float(sympy.log(at[0] / at[1]).evalf(15))


def _recurs(values: Array) -> bool:
    """Whether every later value is, to a millionth, one of the earlier ones: a fixed point or a cycle."""
    half = len(values) // 2
    earlier, later = values[:half], values[half:]
    return bool((np.abs(later[:, None] / earlier[None, :] - 1).min(axis=1) <= 1e-6).all()) if half else False


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Evidence from runs for a rate or a limit of a method, or None where the claim is of another kind.

    ``diverges`` needs one admissible problem whose runs contradict the claim significantly, corrected for the number of
    problems tried; ``supported`` needs agreement on all of at least two, unless the claim is about one.
    """
    if claim.method is None or not isinstance(claim.statement, Rate | Limit) or claim.measure in (None, "sequence"):
        return None
    try:
        ensemble = arranged(claim, resources)
        with np.errstate(over="ignore"):  # runs may overflow, and so may what is fitted to them
            fits = [fitted for item, errors in run(ensemble, resources) if (fitted := _fitted(claim, item, errors))]
    except NumericLimit as limit:
        return _nothing(str(limit))
    if not fits:
        return _nothing("none kept the hypotheses and met a positive claimed rate")
    kept = [item for item in fits if not (_shrinks(ensemble) and _hides(item))]
    if not kept:
        return _overflow()
    found = _judged(claim, ensemble, kept, resources)
    if len(kept) < len(fits) and found.verdict is not Verdict.DIVERGES:
        return _overflow()
    return _unbounded(found) if found.verdict is Verdict.SUPPORTED and _noise_is_unbounded(claim) else found


def _shrinks(ensemble: Ensemble) -> bool:
    """Whether the method's lines change from step to step: early steps may be too long, and later ones short enough."""
    lines = (*ensemble.rule.parameters.values(), *ensemble.rule.update.values())
    return any(line.free_symbols & {COUNTERS["t"], COUNTERS["k"]} for line in lines)


def _hides(item: Fitted) -> bool:
    """Whether runs overflow, or rise and fall so far that too few steps are left to see an order."""
    usable = ~np.isnan(item.errors).any(axis=0)
    steps, errors = item.experiment.steps[usable], item.errors[:, usable]
    if np.isinf(errors).any():
        return True
    median = np.median(errors, axis=0)
    return bool(median.max() > 1e3 * max(median[0], median[-1])) and _after_hump(steps, errors) is None


def _overflow() -> Evidence:
    return replace(
        _nothing(""),
        reason="runs overflow or rise too far while the method's steps still change; "
        "that says nothing about their final order",
    )


def _noise_is_unbounded(claim: Claim) -> bool:
    bounds = ("bounded_variance", "bounded_gradients", "deterministic")
    return claim.hypothesis("unbiased") is not None and not any(claim.hypothesis(name) for name in bounds)


def _unbounded(found: Evidence) -> Evidence:
    """Runs have some noise; a claim that bounds no noise is about any."""
    return replace(
        found,
        verdict=Verdict.UNDECIDED,
        tightness=Tightness.UNKNOWN,
        reason=f"no hypothesis bounds the noise, so that one level of it shows little; {found.reason}",
        decisive="a bound on the variance of the oracle among the hypotheses",
    )


def _nothing(reason: str) -> Evidence:
    return Evidence(
        route="runs",
        verdict=Verdict.UNDECIDED,
        reason=f"no runs were made: {reason}",
        decisive="a proof or a counterexample",
    )


def _vanished(step: int, lost: Fitted) -> Evidence:
    where = f"{lost.experiment.label}{lost.experiment.chosen}"
    return Evidence(
        route="runs",
        verdict=Verdict.UNDECIDED,
        reason=f"on {where} errors fall below what numbers resolve at step {step}, and the method is not linear: "
        "it may grow again from there",
        series=evidence_series(lost.experiment, lost.errors, lost.fit, lost.claimed),
        decisive="a proof, or longer runs in higher precision",
    )


def _doubted(reason: str, worst: Fitted) -> Evidence:
    return Evidence(
        route="runs",
        verdict=Verdict.UNDECIDED,
        reason=reason,
        series=evidence_series(worst.experiment, worst.errors, worst.fit, worst.claimed),
        decisive="a proof, or much longer runs",
    )


def _fitted(claim: Claim, experiment: Experiment, errors: Array) -> Fitted | None:
    claimed = _claimed(claim, experiment)
    if isinstance(claim.statement, Rate) and claimed is None:
        return None
    if isinstance(claim.statement, Limit):
        value = claim.statement.value.xreplace(dict(experiment.values))
        if not value.is_number:
            raise NumericLimit(f"the limit {value} is not a number")
        errors = np.abs(errors - float(value)) if value != 0 else errors
    usable = ~np.isnan(errors).any(axis=0)
    if usable.sum() == 0:
        return None
    steps, kept = experiment.steps[usable], errors[:, usable]
    fit = fit_rate(steps, kept, minimum=0.0, claimed=claimed)
    late = _after_hump(steps, kept)
    if late is None and fit.law == "divergence" and not _growing(steps, kept):
        late = steps >= steps[np.argmax(np.median(kept, axis=0))]
    if late is not None:
        fit = fit_rate(steps[late], kept[:, late], minimum=0.0, claimed=claimed)
    linear = claim.method is not None and kernel(claim.method).program.linear
    return Fitted(experiment=experiment, errors=errors, fit=fit, claimed=claimed, linear=linear)


def _after_hump(steps: NDArray[np.int64], errors: Array) -> NDArray[np.bool_] | None:
    """The steps from three times the one where errors that first rose 30-fold are back; None if none did, or too late.

    Steps as long as ``1/(mu k)`` drive errors up while ``k < L/(2 mu)``, and the steep fall that follows is no law.
    """
    if not np.isfinite(errors).all():
        return None
    median = np.median(errors, axis=0)
    peak = int(np.argmax(median))
    back = np.flatnonzero(median[peak:] <= median[0])
    if median[peak] <= 30 * median[0] or not back.size:
        return None
    late = steps >= 3 * steps[peak + back[0]]
    return late if late.any() and steps[-1] >= 10 * steps[late][0] else None


def _growing(steps: NDArray[np.int64], errors: Array) -> bool:
    """Whether runs overflow or still grow at the end; those that rise from a start below the noise and stay do not."""
    if not np.isfinite(errors).all():
        return True
    median = np.median(errors, axis=0)
    return bool(median[-1] > 3 * np.median(median[(steps >= steps[-1] / 20) & (steps <= steps[-1] / 5)]))


def _claimed(claim: Claim, experiment: Experiment) -> Expr | None:
    """The claimed order for the experiment's numbers; None if not positive, as ``(1 - 2 mu/L)**k`` for L = mu."""
    if not isinstance(claim.statement, Rate):
        return None
    order = claim.statement.order.xreplace(dict(experiment.values))
    late = order.xreplace({symbol: Integer(1000) for symbol in COUNTERS.values()})
    return order if late.is_number and late.is_positive else None


def _judged(claim: Claim, ensemble: Ensemble, fits: Sequence[Fitted], resources: Resources) -> Evidence:
    enough = 1 if claim.problem else 2
    answers = [_answer(item) for item in fits]
    p_values = [p for _, p in answers if p is not None]
    smallest = min(1.0, len(fits) * min(p_values)) if p_values else 1.0
    worst = _worst(fits, answers)
    verdict = _verdict(answers, smallest, len(fits) >= enough)
    unsettled = ensemble.unsettled(worst.experiment)
    if verdict is not Verdict.SUPPORTED and unsettled:
        verdict = Verdict.UNDECIDED
    vanished, lost = max(((ensemble.vanished(item.experiment, item.errors), item) for item in fits), key=lambda p: p[0])
    if vanished and verdict is not Verdict.DIVERGES:
        return _vanished(vanished, lost)
    if verdict is Verdict.SUPPORTED:
        seen = [(item.experiment, item.errors, item.fit, item.claimed) for item in fits]
        reason = doubt(claim, ensemble, seen, resources)
        if reason:
            return _doubted(reason, worst)
    return Evidence(
        route="runs",
        verdict=verdict,
        reason=_reason(verdict, fits, worst, smallest, unsettled, enough),
        figures=_figures(ensemble, fits),
        series=evidence_series(worst.experiment, worst.errors, worst.fit, worst.claimed),
        tightness=_tightness(verdict, fits),
        decisive=_decisive(verdict, worst, unsettled),
        statistics=_statistics(fits, worst, smallest),
    )


def _answer(item: Fitted) -> tuple[Verdict, float | None]:
    """The verdict on one problem, and its one-sided p-value before correction."""
    if item.explodes:
        return Verdict.DIVERGES, 0.0
    if item.finished and item.linear and item.fit.verdict in (None, Verdict.UNDECIDED) and item.fit.law != "divergence":
        return Verdict.SUPPORTED, None
    if item.claimed is not None:
        if item.stays:
            return Verdict.DIVERGES, 0.0
        if item.fit.verdict is Verdict.SUPPORTED and item.outgrows:
            return Verdict.UNDECIDED, item.fit.p_value
        return item.fit.verdict or Verdict.UNDECIDED, None if item.fit.blocked else item.fit.p_value
    return _limit_answer(item)


def _limit_answer(item: Fitted) -> tuple[Verdict, float | None]:
    """Limits: a stall contradicts, decay of at least k^-0.1 supports; 1/log k is neither."""
    fit = item.fit
    if fit.law == "divergence" or item.stalled:
        return Verdict.DIVERGES, 0.0
    if fit.interval is None:
        return Verdict.SUPPORTED if fit.law == "exact zero" else Verdict.UNDECIDED, None
    if fit.blocked:
        return Verdict.UNDECIDED, None
    moving = max(0.0, 1.0 - sum(fit.weights.get(law, 0.0) for law in STALLED))
    if moving <= LEVEL:
        return Verdict.DIVERGES, moving
    falls = np.median(np.nan_to_num(item.errors[:, -1], nan=0.0)) < 0.5 * np.median(item.errors[:, 0])
    return Verdict.SUPPORTED if falls and fit.interval[0] >= SLOWEST else Verdict.UNDECIDED, moving


def _verdict(answers: Sequence[tuple[Verdict, float | None]], smallest: float, enough: bool) -> Verdict:
    if smallest <= LEVEL:
        return Verdict.DIVERGES
    agreed = all(verdict is Verdict.SUPPORTED for verdict, _ in answers)
    return Verdict.SUPPORTED if agreed and enough else Verdict.UNDECIDED


def _worst(fits: Sequence[Fitted], answers: Sequence[tuple[Verdict, float | None]]) -> Fitted:
    """The problem that speaks most against the claim: smallest p-value, then least agreement."""
    order = {Verdict.DIVERGES: 0, Verdict.UNDECIDED: 1, Verdict.SUPPORTED: 2}

    def rank(index: int) -> tuple[int, float]:
        verdict, p = answers[index]
        return (order.get(verdict, 1), 1.0 if p is None else p)

    return fits[min(range(len(fits)), key=rank)]


def _reason(
    verdict: Verdict, fits: Sequence[Fitted], worst: Fitted, p_value: float, unsettled: float, enough: int
) -> str:
    where = f"{worst.experiment.label}{worst.experiment.chosen}"
    claimed = f", claimed {worst.fit.claimed}" if worst.fit.claimed else ""
    if verdict is Verdict.DIVERGES:
        seen = worst.fit.reason if worst.fit.law == "divergence" else f"runs follow {worst.fit.summary()}"
        seen = _seen(worst) if worst.explodes else seen
        slower = "slower than" if claimed else "a stall instead of"
        target = f"the claimed {worst.fit.claimed}" if claimed else "the claimed limit"
        return f"on {where} {seen}, {slower} {target} ({_shown(p_value)} over {len(fits)} problems)"
    if verdict is Verdict.SUPPORTED:
        return f"runs on {len(fits)} admissible problems agree; the slowest, {where}: {_seen(worst)}{claimed}"
    if unsettled:
        length = worst.experiment.steps[-1]
        return f"the method's schedule has its final form only after about {unsettled:.0e} steps; runs have {length}"
    if len(fits) < enough:
        return f"one admissible problem only, {where}: {_seen(worst)}{claimed}"
    if worst.fit.verdict is Verdict.DIVERGES:
        return f"on {where} {worst.fit.reason}, which is not significant over {len(fits)} problems"
    if worst.outgrows:
        return f"on {where} the errors still grow in proportion to the claimed {worst.fit.claimed}: a factor is missing"
    told = worst.fit.blocked or worst.fit.reason or worst.fit.summary()
    return f"on {where}: {_seen(worst) if worst.finished else told}"


def _seen(item: Fitted) -> str:
    """What the runs do, in words."""
    if item.explodes:
        return f"errors grow without end, to {np.median(item.errors[:, -1]):.3g} at step {item.experiment.steps[-1]}"
    if item.finished:
        return f"the method is exactly at the limit from step {item.finished} on, too soon for a rate to be fitted"
    return item.fit.summary()


def _shown(p_value: float) -> str:
    return f"p = {p_value:.2g}" if p_value > 1e-12 else "p < 1e-12"


def _decisive(verdict: Verdict, worst: Fitted, unsettled: float) -> str:
    if verdict is not Verdict.UNDECIDED:
        return ""
    if unsettled:
        return f"runs of about {10 * unsettled:.0e} steps, or a proof"
    return worst.fit.needed or "longer runs, other admissible problems, or a proof"


def _tightness(verdict: Verdict, fits: Sequence[Fitted]) -> Tightness:
    """A problem that is no faster than claimed makes a supported claim tight; runs never show it loose."""
    if verdict is Verdict.SUPPORTED and any(item.fit.tightness is Tightness.TIGHT for item in fits):
        return Tightness.TIGHT
    return Tightness.UNKNOWN


def _figures(ensemble: Ensemble, fits: Sequence[Fitted]) -> dict[str, str | int | float]:
    figures: dict[str, str | int | float] = {}
    for item in fits:
        name = f"{item.experiment.label}{item.experiment.chosen}"
        known = item.fit.exponent is not None or item.finished
        figures[name] = _seen(item) if known else item.fit.reason or item.fit.law
    figures["steps"] = int(fits[0].experiment.steps[-1])
    figures["runs of each problem"] = max(len(item.errors) * item.experiment.pooled for item in fits)
    if ensemble.left_out:
        figures["left out"] = "; ".join(ensemble.left_out)
    return figures


def _statistics(fits: Sequence[Fitted], worst: Fitted, p_value: float) -> dict[str, Any]:
    document = replace(worst.fit, notes=()).to_document()
    kept = ("law", "exponent", "interval", "window", "floor", "weights", "power", "seeds", "traits")
    return {
        "test": "one-sided, posterior over laws, against the claimed order" if worst.claimed is not None else "stall",
        "level": LEVEL,
        "p_value": p_value,
        "correction": f"Bonferroni over {len(fits)} problems",
        "steps": int(worst.experiment.steps[-1]),
        **{name: document[name] for name in kept},
        "seeds": len(worst.errors) * worst.experiment.pooled,
    }
