"""Reasons not to support a claim although all runs agree with it: what runs of this length cannot have seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from sympy import Expr

from convergence.checks.ensembles import Ensemble, Experiment, run
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.errors import ClaimError
from convergence.rates import RateFit
from convergence.rates.claimed import NotComparableError, Order, claimed_order
from convergence.simulation import Group
from convergence.simulation.trace import Array

PLAIN = 4  # exponents that occur in theorems have denominators up to this
GREATEST = 12
PROBED = 3  # means of runs from the minimiser


def doubt(
    claim: Claim,
    ensemble: Ensemble,
    seen: Iterable[tuple[Experiment, Array, RateFit, Expr | None]],
    resources: Resources,
) -> str:
    """The first reason not to believe runs that agree with a claim, or nothing."""
    kept = list(seen)
    unsettled = max((ensemble.unsettled(experiment) for experiment, *_ in kept), default=0.0)
    if unsettled:
        return (
            f"the method's schedule has its final form only after about {unsettled:.0e} steps; "
            f"runs have {kept[0][0].steps[-1]}"
        )
    for experiment, errors, fit, claimed in kept:
        plain = _plainer(fit, claimed)
        if plain is not None:
            where = f"{experiment.label}{experiment.chosen}"
            return f"on {where} runs follow {fit.summary()}: they cannot tell the claimed {fit.claimed} from {plain}"
        if _hardest_unknown(claim) and _barely(experiment, errors, claimed):
            return f"runs hardly beat the claimed {fit.claimed}, and the hardest function of the class is unknown"
    return _leaves(ensemble, [experiment for experiment, *_ in kept], resources)


def _hardest_unknown(claim: Claim) -> bool:
    """Whether the class is that of a Polyak-Lojasiewicz inequality alone."""
    other = ("convex", "strongly_convex", "quadratic")
    return claim.hypothesis("polyak_lojasiewicz") is not None and not any(claim.hypothesis(name) for name in other)


def _barely(experiment: Experiment, errors: Array, claimed: Expr | None) -> bool:
    """Whether a claimed geometric decay is more than four fifths of what runs show."""
    order = _order(claimed)
    usable = np.flatnonzero((np.isfinite(errors) & (errors > 0)).all(axis=0))
    if order is None or not order.decay or len(usable) < 2:
        return False
    first, last = usable[len(usable) // 2], usable[-1]
    fall = float(np.median(np.log(errors[:, first] / errors[:, last])))
    return bool(order.decay * float(experiment.steps[last] - experiment.steps[first]) > 0.8 * fall)


def _order(claimed: Expr | None) -> Order | None:
    try:
        return None if claimed is None else claimed_order(claimed)
    except (ClaimError, NotComparableError, ValueError, ArithmeticError):
        return None


def _plainer(fit: RateFit, claimed: Expr | None) -> str | None:
    """A slower power with a plain exponent, or without the logarithm, that the runs admit as well."""
    order = _order(claimed)
    if order is None or fit.interval is None or order.decay or order.power <= 0:
        return None
    if order.log_power < 0 and fit.interval[0] <= order.power:
        return f"k^-{order.power:.4g}"
    below = max(value for value in _exponents() if value <= order.power + 1e-9)
    if abs(float(below) - order.power) > 1e-9 and below > 0 and fit.interval[0] <= float(below):
        return f"k^-{float(below):.4g}"
    return None


def _exponents() -> set[Fraction]:
    return {Fraction(top, bottom) for bottom in range(1, PLAIN + 1) for top in range(GREATEST * bottom + 1)}


def _leaves(ensemble: Ensemble, experiments: list[Experiment], resources: Resources) -> str:
    """Whether random runs that start at the minimiser are farther from it at the end than before.

    Steps so short that noise has not yet shown in runs from elsewhere show it there: a method that is driven away
    without end does not tend to the minimiser.
    """
    started = [moved for experiment in experiments if (moved := _at_minimiser(experiment)) is not None]
    if not started:
        return ""
    for experiment, errors in run(replace(ensemble, experiments=tuple(started)), resources):
        if _rises(experiment, errors):
            where = f"{experiment.label}{experiment.chosen}"
            return (
                f"on {where} runs that start at the minimiser are driven away by the noise, farther and farther, "
                f"up to step {experiment.steps[-1]}"
            )
    return ""


def _at_minimiser(experiment: Experiment) -> Experiment | None:
    group = experiment.group
    if not experiment.random or not isinstance(group, Group) or group.problem.minimiser is None:
        return None
    single = all(np.ndim(value) == 0 for value in group.values.values())  # else lanes have horizons of their own
    lanes = min(len(group.starts), PROBED * experiment.pooled) if single else len(group.starts)
    starts = np.broadcast_to(np.asarray(group.problem.minimiser), (lanes, group.starts.shape[1]))
    return replace(experiment, group=replace(group, starts=np.array(starts)))


def _rises(experiment: Experiment, errors: Array) -> bool:
    """Whether the mean over the last factor 1.5 of steps exceeds that over a window 3 times earlier by a tenth."""
    last = experiment.steps[-1]
    late, early = (
        errors[:, (experiment.steps > last / (1.5 * factor)) & (experiment.steps <= last / factor)] for factor in (1, 3)
    )
    if not late.size or not early.size or not np.isfinite(late).all() or not np.isfinite(early).all():
        return False
    return bool(late.mean() > 1.1 * early.mean())
