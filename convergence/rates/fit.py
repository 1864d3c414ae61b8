"""`fit_rate`: from runs to a law, its exponent, and a verdict on a claimed rate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convergence.rates.arithmetic import arithmetic, without_zeros
from convergence.rates.claimed import NotComparableError, Order, claimed_order
from convergence.rates.comparison import compare
from convergence.rates.differences import differences
from convergence.rates.evidence import LEAST_POINTS, Points
from convergence.rates.laws import LAWS, Asymptote
from convergence.rates.posterior import Mixture, posterior
from convergence.rates.ratefit import LEVEL, RateFit
from convergence.rates.series import Series, gaps, series, without_missing
from convergence.rates.thinning import HALF_DECADE, oscillation, over_periods, thinned
from convergence.verdicts import Tightness, Verdict

if TYPE_CHECKING:
    from sympy import Expr

Array = NDArray[np.float64]

EXPLOSION = 30.0  # runs that end this many times above their start, and still grow, diverge
MISFIT = 0.7  # a trend of the residuals, in the logarithm of the error, that no law may leave ...
MISFIT_SHARE = 0.25  # ... unless the runs themselves fall by much more
STILL_GROWING = 1.4  # by this factor over the last two thirds of the steps: k^0.3 or more
JACKKNIFE_SEEDS = 8
NEEDED_SPREAD = 0.1 / (2.33 + 1.28)  # a test at 1 % with power 0.9 resolves 0.1 at this standard deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The claimed order, or why it has none; None and empty where nothing was claimed."""

    order: Order | None = None
    trouble: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """What to answer as long as nothing is known."""
        return Verdict.UNDECIDED if self.order or self.trouble else None

    @property
    def grows(self) -> bool:
        """Whether the claim allows growth."""
        return self.order is not None and self.order.grows


def _claimed(claimed: str | Expr | None) -> Claimed:
    if claimed is None:
        return Claimed()
    try:
        return Claimed(order=claimed_order(claimed))
    except NotComparableError as trouble:
        return Claimed(trouble=f"the claimed rate is not of the form C exp(-c k) k^-p log(k)^q: {trouble}")


def fit_rate(
    k: ArrayLike, errors: ArrayLike, minimum: float | None = None, claimed: str | Expr | None = None
) -> RateFit:
    """Which law do these runs follow, how surely, and does it contradict a claimed rate?

    The exponent is averaged over a family of laws, noise models and starts of the asymptotic part, weighted by their
    marginal likelihood; the interval holds the truth about as often as it says, also when the law is not certain.

    Args:
        k: steps, shape (K,), counted from 1.
        errors: shape (K,) or (runs, K), not negative when the minimum is known.
        minimum: 0.0 when errors are gaps already; a number to subtract; None when unknown (differences
            ``f(k) - f(sqrt(10) k)`` are fitted, which costs half a decade; never the best value seen).
        claimed: a rate in k (or t or T), text or SymPy, up to a constant.

    Returns:
        the fit; its verdict is None without a claim.

    Raises:
        LogError: shapes that do not fit, no usable number, values below the minimum.
        ClaimError: a claim that is not an expression.

    Example:
        >>> import numpy as np
        >>> k = np.arange(1, 1001)
        >>> fit = fit_rate(k, 3.0 / k, minimum=0.0, claimed="1/k")
        >>> fit.law, round(fit.exponent, 2), str(fit.verdict)
        ('power', 1.0, 'supported')
    """
    claim = _claimed(claimed)
    data = series(k, errors)
    exploded = _explosion(data, minimum or 0.0, claim)
    if exploded is not None:
        return exploded
    clean = without_missing(data)
    fit = _fit_unknown(clean, claim) if minimum is None else _fit_gaps(gaps(clean, minimum), claim)
    return _if_alive(fit, data)


def _base(data: Series, claim: Claimed, law: str, reason: str) -> RateFit:
    return RateFit(
        law=law,
        reason=claim.trouble or reason,
        blocked=claim.trouble or reason,
        verdict=claim.verdict,
        seeds=len(data.errors),
        steps=len(data.k),
        notes=data.notes,
        claimed=None if claim.order is None else str(claim.order),
        window=(float(data.k[0]), float(data.k[-1])) if len(data.k) else None,
    )


def _if_alive(fit: RateFit, data: Series) -> RateFit:
    """No verdict where runs end as nan: they failed or were stopped, and the others are a biased choice."""
    dead = np.isnan(data.errors[:, -1])
    if not dead.any():
        return fit
    alive = data.k[np.isfinite(data.errors[dead]).any(axis=0)]
    who = "every run ends" if dead.all() else f"{int(dead.sum())} of {len(dead)} runs end"
    reason = f"{who} as nan, after step {alive[-1]:g}; if they were stopped and did not fail, leave the steps after out"
    needed = "runs that do not end as nan"
    return replace(fit, blocked=reason, unsure=reason, needed=needed).judged(fit.level)


def _explosion(data: Series, minimum: float, claim: Claimed) -> RateFit | None:
    """Runs that end non-finite after growth, or far above their start."""
    finite = np.isfinite(data.errors)
    ends = [_last_values(data.k, run, ok) for run, ok in zip(data.errors - minimum, finite, strict=True)]
    overflow = np.array([bool(np.isinf(run[~np.isnan(run)][-1:]).any()) for run in data.errors])
    grown = np.array([_explodes(*values) for values in ends])
    share = float(np.mean(overflow | (grown & (not claim.grows))))
    if share == 0.0:
        return None
    reason = f"{share:.0%} of the runs diverge: they overflow or still grow, {EXPLOSION:g} times above their start"
    fit = _base(data, claim, "divergence", reason)
    if share < 0.5 or claim.trouble or claim.order is None:
        return fit
    figures = {"p_value": 0.0, "worse": 1.0, "faster": 0.0, "distance": 0.0, "spread": 0.0}
    return replace(fit, blocked="", unsure=reason, verdict=Verdict.DIVERGES, reason=reason, power=1.0, **figures)  # type: ignore[arg-type]


def _explodes(start: float, earlier: float, end: float, top: float) -> bool:
    """Whether a run ends far above its start, near its maximum, and still growing: a plateau is no explosion."""
    return start != 0 and end > EXPLOSION * abs(start) and end >= 0.3 * top and end > STILL_GROWING * earlier


def _last_values(k: Array, run: Array, finite: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Start, value at a third of the steps, end and maximum of the finite part; medians of three where possible."""
    values, steps = run[finite], k[finite]
    if len(values) == 0:
        return 0.0, 0.0, 0.0, 0.0
    third = int(np.searchsorted(steps, steps[-1] / 3))
    earlier = float(np.median(values[max(third - 1, 0) : third + 2]))
    return float(np.median(values[:3])), earlier, float(np.median(values[-3:])), float(np.abs(values).max())


def _fit_gaps(data: Series, claim: Claimed) -> RateFit:
    found = arithmetic(data)
    if found.exact_zero:
        return _exact_zero(data, claim)
    clean = without_zeros(found.data) if len(found.data.k) else found.data
    traits = (found.kind,) if found.kind else ()
    if len(clean.k) < LEAST_POINTS:
        return _too_short(clean, claim, traits)
    period = oscillation(clean)
    points = thinned(over_periods(clean, period) if period else clean)
    return _fit_points(points, clean, claim, (*traits, *(("oscillating",) if period else ())))


def _fit_unknown(data: Series, claim: Claimed) -> RateFit:
    if len(data.k) < LEAST_POINTS:
        return _too_short(data, claim, ())
    if np.ptp(data.errors) == 0.0:
        return _base(data, claim, "constant", "the values never change, and the minimum is unknown")
    points = differences(data)
    note = "the minimum is unknown: differences f(k) - f(sqrt(10) k) were fitted"
    noted = Series(k=data.k, errors=data.errors, notes=(*data.notes, note))
    fit = _fit_points(points, noted, claim, ("minimum unknown",))
    return replace(fit, floor=_minimum(data, fit))


def _minimum(data: Series, fit: RateFit) -> float | None:
    """f* from the last decade of a power law: f(k) - f* = (f(k) - f(10 k)) / (1 - 10**-p)."""
    if fit.exponent is None or fit.exponent <= 0.0:
        return None
    x, mean = np.log(data.k), data.errors.mean(axis=0)
    late, early = mean[x >= x[-1] - 0.1].mean(), mean[np.abs(x - x[-1] + np.log(10.0)) <= 0.1].mean()
    return float(late - (early - late) / (10.0**fit.exponent - 1.0)) if np.isfinite(early) else None


def _too_short(data: Series, claim: Claimed, traits: tuple[str, ...]) -> RateFit:
    reason = f"{len(data.k)} usable steps; a rate needs at least {LEAST_POINTS} over half a decade"
    return replace(_base(data, claim, "undetermined", reason), traits=traits, needed="a longer run, logged more often")


def _exact_zero(data: Series, claim: Claimed) -> RateFit:
    """Every run ends at exactly zero, and not by rounding: any decaying rate holds with room to spare."""
    step = float(data.k[np.flatnonzero((data.errors > 0).any(axis=0))[-1]]) if data.errors.any() else float(data.k[0])
    reason = f"every run is exactly zero after step {step:g}"
    fit = replace(_base(data, claim, "exact zero", reason), exponent=np.inf, interval=(np.inf, np.inf), floor=0.0)
    fit = replace(fit, unsure=reason)
    if claim.order is None:
        return fit
    figures = {"p_value": 1.0, "worse": 0.0, "faster": 1.0, "distance": np.inf, "spread": 0.0}
    return replace(fit, blocked="", **figures).judged(LEVEL)  # type: ignore[arg-type]


def _fit_points(points: Points, data: Series, claim: Claimed, traits: tuple[str, ...]) -> RateFit:
    if len(points.x) < LEAST_POINTS or points.x[-1] - points.x[0] < HALF_DECADE:
        return _too_short(Series(k=np.exp(points.x), errors=points.y, notes=data.notes), claim, traits)
    mixture = _guarded(posterior(points), points)
    fit = _described(_base(data, claim, "", ""), mixture, points, traits)
    if misfit := _misfit(mixture, points):
        fit = replace(fit, blocked=fit.blocked or misfit, unsure=misfit)
    if claim.order is None:
        return fit
    comparison = compare(mixture, claim.order, float(points.x[-1]))
    return replace(
        fit,
        p_value=_tempered(1.0 - comparison.slower, len(points.x)),
        worse=comparison.worse,
        faster=comparison.faster,
        distance=comparison.distance,
        spread=comparison.spread,
        blocked=_blocked(points, claim.order) or misfit,
        needed=_needed(comparison.spread, points, float(data.k[-1])),
    ).judged(LEVEL)


def _tempered(p_value: float, points: int) -> float:
    """The p-value in view of how much stands behind the averaging: 1.5-fold at 12 points, a sixth at 52.

    On series of known truth that are long, the plain probability flags a third as many true claims as it says, and
    half of those lie within the margin of `comparison`.
    """
    return float(np.clip(p_value * 1.5 * (12.0 / points) ** 1.5, 0.0, 1.0))


def _blocked(points: Points, order: Order) -> str:
    """Reasons against any verdict: runs that have not begun to decay say nothing about their decay."""
    if order.grows or order == Order():
        return ""
    y = points.y.mean(axis=0)
    if y[:3].max() - np.median(y[-3:]) < np.log(2.0):
        return "the error has not halved since the start: no decay to compare with the claim yet"
    return ""


def _misfit(mixture: Mixture, points: Points) -> str:
    """A reason against any verdict where even the likeliest law leaves a trend in the later half of the runs."""
    law, start = LAWS[int(mixture.law[0])], int(mixture.start[0])
    x, y = points.x[start:], points.y[:, start:].mean(axis=0)
    o, u = law.shape(x, mixture.parameters[:1, : len(law.axes(points.x))])
    residual = y - (o[0] - mixture.theta[0] * u[0])
    late = x >= 0.5 * (x[0] + x[-1])
    if late.sum() < 4 or not np.isfinite(residual[late]).all():
        return ""
    drift = float(np.polyfit(x[late], residual[late], 1)[0] * np.ptp(x[late]))
    if abs(drift) <= max(MISFIT, MISFIT_SHARE * float(np.ptp(y[late]))):
        return ""
    return f"no law here describes the runs: {law.name} misses their later half by a factor {np.exp(abs(drift)):.2g}"


def _guarded(mixture: Mixture, points: Points) -> Mixture:
    """Widen the deviations to the scatter of the slopes of single runs, where there are enough runs."""
    seeds, start = len(points.y), int(mixture.start[0])
    if seeds < JACKKNIFE_SEEDS or LAWS[int(mixture.law[0])].asymptote is not Asymptote.THETA:
        return mixture
    counts = np.minimum(points.counts[start:] / points.counts[start:].min(), 1000.0)
    scatter = min(_slope_scatter(points.x[start:], points.y[:, start:], w) for w in (np.ones_like(counts), counts))
    return mixture.widened(max(1.0, scatter / float(mixture.sd[0])))


def _slope_scatter(x: Array, y: Array, weights: Array) -> float:
    """Standard error of the mean over runs of their weighted least-squares slopes."""
    z = weights * (x - np.average(x, weights=weights))
    slopes = y @ z / (x @ z)
    return float(slopes.std(ddof=1) / np.sqrt(len(y)))


def _described(fit: RateFit, mixture: Mixture, points: Points, traits: tuple[str, ...]) -> RateFit:
    weights = {name: round(weight, 6) for name, weight in mixture.laws().items() if weight > 1e-6}
    law = next(iter(weights))
    best = LAWS[int(mixture.law[0])]
    return replace(
        fit,
        law=law,
        exponent=mixture.quantile(0.5),
        interval=(mixture.quantile(0.025), mixture.quantile(0.975)),
        window=(float(np.exp(points.x[int(mixture.start[0])])), float(fit.window[1] if fit.window else np.nan)),
        floor=_floor(mixture, points),
        weights=weights,
        traits=traits,
        decay=float(mixture.theta[0] / np.exp(points.x[-1])) if best.name == "geometric" else None,
        unsure=_unsure(weights, mixture),
        tightness=Tightness.UNKNOWN,
    )


def _floor(mixture: Mixture, points: Points) -> float | None:
    """The level that the likeliest law tends to, where that is not zero."""
    law, start = LAWS[int(mixture.law[0])], int(mixture.start[0])
    if law.name not in ("power plus floor", "geometric plus floor", "constant"):
        return None
    dims = len(law.axes(points.x))
    far = np.append(points.x[start:], points.x[-1] + 20.0)
    o, u = law.shape(far, mixture.parameters[:1, :dims])
    shape = o[0] - mixture.theta[0] * u[0]
    level = np.mean(points.y[:, start:].mean(axis=0) - shape[:-1])
    return float(np.exp(level + shape[-1]))


def _unsure(weights: dict[str, float], mixture: Mixture) -> str:
    likely = [f"{name} ({weight:.0%})" for name, weight in weights.items() if weight > 0.05][:3]
    if len(likely) > 1:
        return "the law is not certain: " + ", ".join(likely)
    width = mixture.quantile(0.975) - mixture.quantile(0.025)
    return f"the exponent is known to {width / 2:.2f} only" if np.isfinite(width) and width > 0.1 else ""


def _needed(spread: float, points: Points, last: float) -> str:
    """How many seeds or steps bring the standard deviation down: it falls with the root of the number of seeds and
    with the log range to the power 3/2 (noise correlated in log k)."""
    ratio = spread / NEEDED_SPREAD
    if not np.isfinite(ratio) or ratio <= 1.0:
        return "ten times longer runs, to tell the laws apart"
    seeds = int(np.ceil(len(points.y) * ratio**2))
    steps = last * float(np.exp((points.x[-1] - points.x[0]) * (ratio ** (2 / 3) - 1)))
    longer = f" or about {steps:.1g} steps" if steps < 1e12 else ""
    return f"about {seeds} seeds{longer} (to resolve an exponent to 0.1)"
