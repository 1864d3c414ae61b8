"""Does the expectation of an error stay below an explicit bound?

Under the claim ``X = e/B >= 0`` has mean at most 1, so for every bet ``0 <= l <= 1`` the product over independent runs
of ``1 - l + l X`` has mean at most 1, whatever the tails of X. A mixture of such products over bets and checkpoints has
mean at most 1 too, and reaches 1/level with probability at most level (Markov; Ville when runs are added one by one).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convergence.errors import LogError
from convergence.rates.ratefit import LEVEL
from convergence.verdicts import Tightness, Verdict

Array = NDArray[np.float64]

BETS = np.array([1.0, 0.95, 0.85, 0.7, 0.55, 0.4, 0.28, 0.2, 0.13, 0.08, 0.05, 0.03, 0.015])
BET_WEIGHTS = np.array([6.0, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1])
CHECKPOINTS = 6
EXCESSES = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
FOUND = 0.8
RESAMPLES = 200
CONVINCING = 2.0  # supported: an excess by this factor would have been found
CARRIED = 0.5  # a run that holds this share of a mean makes the mean unknowable
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundTest:
    """What runs say about ``E[e_k] <= B(k)``.

    Attributes:
        verdict, tightness, reason: as in a report.
        p_value: valid for every law of nonnegative errors.
        checkpoints: indices into k at which the bound was tested.
        ratios: mean of e/B at each.
        seeds, level: of the test.
        power: probability that an excess by the factor 2 would have been found.
        excess: the smallest tried factor that would have been found with probability 0.8, inf if none.
    """

    verdict: Verdict
    tightness: Tightness
    reason: str
    p_value: float
    checkpoints: tuple[int, ...]
    ratios: tuple[float, ...]
    seeds: int
    level: float
    power: float
    excess: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundViolation:
    """The first place at which a run without randomness exceeds its bound by more than rounding."""

    run: int
    index: int
    error: float
    bound: float


def _checked(errors: ArrayLike, bound: ArrayLike) -> tuple[Array, Array]:
    values, limits = np.atleast_2d(np.asarray(errors, dtype=float)), np.asarray(bound, dtype=float)
    if limits.ndim != 1 or values.shape[1] != len(limits) or len(limits) == 0:
        raise LogError(
            "expected errors of shape (runs, K) and a bound of shape (K,) with K >= 1; "
            f"found {np.shape(errors)} and {np.shape(bound)}"
        )
    if not (limits > 0).all():
        index = int(np.flatnonzero(~(limits > 0))[0])
        raise LogError(f"a bound must be positive; found {limits[index]:g} at index {index}; leave that step out")
    return values, limits


def wealth(ratios: Array) -> Array:
    """(M,) mixture over bets of the product over runs, for e/B of shape (S, M)."""
    with np.errstate(divide="ignore"):  # the bet 1 is ruined by a run with e = 0
        growth = np.log(1.0 - BETS[:, None, None] + BETS[:, None, None] * ratios[None])
    total = growth.sum(axis=1)
    weights = np.log(BET_WEIGHTS / BET_WEIGHTS.sum())[:, None]
    mixed: Array = np.exp(np.minimum(np.logaddexp.reduce(total + weights, axis=0), 600.0))
    return mixed


def _p_value(ratios: Array) -> float:
    return float(min(1.0, 1.0 / max(float(wealth(ratios).mean()), 1e-300)))


def _found(ratios: Array, factor: float, level: float) -> float:
    """Share of resampled sets of runs, scaled to exceed the bound by ``factor`` at each checkpoint, that are caught."""
    scaled = factor * ratios / np.maximum(ratios.mean(axis=0), 1e-300)
    random = np.random.default_rng(0)
    picks = random.integers(0, len(ratios), size=(RESAMPLES, len(ratios)))
    return float(np.mean([_p_value(scaled[pick]) <= level for pick in picks]))


def bound_test(errors: ArrayLike, bound: ArrayLike, level: float = LEVEL) -> BoundTest:
    """Test ``E[e_k] <= B(k)`` with independent runs; valid for every law of nonnegative errors.

    Args:
        errors: (runs, K), nonnegative; inf for a run that overflowed.
        bound: (K,), positive.
        level: probability of contradicting a bound that holds.

    Raises:
        LogError: shapes that do not fit, a bound that is not positive, negative or missing errors.

    Source: Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting.
    """
    values, limits = _checked(errors, bound)
    if np.isnan(values).any() or (values < -ROUNDING * np.abs(limits)).any():
        raise LogError("errors must be nonnegative and present at every step; found a negative or missing value")
    last = len(limits) - 1
    checkpoints = np.unique(np.round(np.geomspace(1, last + 1, CHECKPOINTS)).astype(int) - 1)
    ratios = np.minimum(np.maximum(values[:, checkpoints], 0.0) / limits[checkpoints], 1e200)
    p_value = _p_value(ratios)
    powers = {factor: _found(ratios, factor, level) for factor in EXCESSES}
    excess = next((factor for factor, power in powers.items() if power >= FOUND), float("inf"))
    verdict, reason = _decided(ratios, p_value, excess, level)
    return BoundTest(
        verdict=verdict,
        tightness=_tightness(ratios, verdict),
        reason=reason,
        p_value=p_value,
        checkpoints=tuple(int(i) for i in checkpoints),
        ratios=tuple(float(r) for r in ratios.mean(axis=0)),
        seeds=len(values),
        level=level,
        power=powers[CONVINCING],
        excess=excess,
    )


def _error_of_mean(ratios: Array) -> Array:
    if len(ratios) < 2:
        return np.full(ratios.shape[1], np.inf)
    error: Array = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
    return error


def _decided(ratios: Array, p_value: float, excess: float, level: float) -> tuple[Verdict, str]:
    mean = ratios.mean(axis=0)
    worst = float(mean.max())
    if p_value <= level:
        return Verdict.DIVERGES, f"the mean error exceeds the bound, up to {worst:.3g} times (p = {p_value:.2g})"
    seen = f"not contradicted by {len(ratios)} runs: the mean error reaches {worst:.3g} times the bound"
    found = f"an excess by a factor {excess:g} would have been found with probability {FOUND}"
    if excess > CONVINCING:
        return Verdict.UNDECIDED, f"{seen}, but {found}; more runs would decide"
    if (ratios.max(axis=0) > CARRIED * ratios.sum(axis=0)).any():
        return Verdict.UNDECIDED, f"{seen}, but one run carries more than half of a mean; more runs would decide"
    if (mean > 1.0).any() or (mean + 2.5 * _error_of_mean(ratios) > 1.25).any():
        return Verdict.UNDECIDED, f"{seen}, too close to it; more runs would decide"
    return Verdict.SUPPORTED, f"{seen}; {found}"


def _tightness(ratios: Array, verdict: Verdict) -> Tightness:
    if verdict is not Verdict.SUPPORTED:
        return Tightness.UNKNOWN
    mean, error = ratios.mean(axis=0), _error_of_mean(ratios)
    if (mean + 3 * error < 0.5).all():
        return Tightness.LOOSE
    return Tightness.TIGHT if (mean > 0.8).any() else Tightness.UNKNOWN


def bound_violation(errors: ArrayLike, bound: ArrayLike) -> BoundViolation | None:
    """The first step at which a run without randomness exceeds its bound beyond rounding, or None.

    Args:
        errors: (K,) or (runs, K).
        bound: (K,), positive.
    """
    values, limits = _checked(errors, bound)
    finite = values[np.isfinite(values)]
    noise = 1e-13 * float(np.abs(finite).max()) if len(finite) else 0.0
    above = ~(values <= limits * (1 + ROUNDING) + noise)
    if not above.any():
        return None
    index = int(np.flatnonzero(above.any(axis=0))[0])
    run = int(np.flatnonzero(above[:, index])[0])
    return BoundViolation(run=run, index=index, error=float(values[run, index]), bound=float(limits[index]))
