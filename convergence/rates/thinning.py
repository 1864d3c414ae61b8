"""Thinning to about 12 points a decade: a run's neighbours in log k say the same thing many times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convergence.rates.evidence import Points
from convergence.rates.noise import cubic_residual
from convergence.rates.series import Series

Array = NDArray[np.float64]

PER_DECADE = 12.0
MOST_POINTS = 60.0
OSCILLATION_SHARE = 0.4
HALF_DECADE = 0.5 * np.log(10.0)


def bins(k: Array, width: float = 1.0) -> NDArray[np.intp]:
    """Indices at which bins start, equal in log k.

    Args:
        k: steps, increasing.
        width: in units of the usual one, a twelfth of a decade.
    """
    x = np.log(k)
    decades = max((x[-1] - x[0]) / np.log(10.0), 1e-9)
    step = width * np.log(10.0) / min(PER_DECADE, MOST_POINTS / decades)
    label = np.floor((x - x[0]) / step + 1e-9)
    starts = np.flatnonzero(np.diff(label, prepend=-1.0) > 0)
    return starts.astype(np.intp)


def over_periods(data: Series, period: float) -> Series:
    """One value for each whole period of an oscillation: the mean error along a smooth trend, divided out first.

    Means of errors, not of their logarithms, which dive where an oscillation comes near zero. Steps at the edge of
    a period count with the share of them that lies inside.
    """
    x = np.log(data.k)
    z = np.stack([np.ones_like(x), x, x * x, x * x * x], axis=1)
    trend = z @ np.linalg.lstsq(z, np.log(data.errors).T, rcond=None)[0]
    flat = np.exp(np.log(data.errors) - trend.T)
    middle = 0.5 * (data.k[1:] + data.k[:-1])
    limits = np.concatenate([[data.k[0] - (middle[0] - data.k[0])], middle, [data.k[-1] + (data.k[-1] - middle[-1])]])
    edges = np.arange(limits[0], limits[-1] + 0.01 * period, period)

    def mean(values: Array) -> Array:
        total = np.append(0.0, np.cumsum(values * np.diff(limits)))
        return np.asarray(np.diff(np.interp(edges, limits, total)) / period)

    centre = mean(x)
    at = np.interp(centre, x, np.arange(len(x)))
    levels = np.stack([np.interp(at, np.arange(len(x)), column) for column in trend.T])
    errors = np.exp(levels) * np.stack([mean(run) for run in flat])
    return Series(k=np.exp(centre), errors=errors, notes=data.notes)


def thinned(data: Series) -> Points:
    """Mean log errors over bins of log k; a straight trend inside a bin does not bias its mean.

    Args:
        data: positive, finite.
    """
    starts = bins(data.k)
    counts = np.diff(np.append(starts, len(data.k))).astype(float)
    x = np.add.reduceat(np.log(data.k), starts) / counts
    y = np.add.reduceat(np.log(data.errors), starts, axis=1) / counts
    return Points(x=x, y=winsorised(x, y), counts=counts)


def winsorised(x: Array, y: Array) -> Array:
    """Pull single points that stand out by more than 6 local deviations back to that distance."""
    if len(x) < 9:
        return y
    residual = cubic_residual(x, y)
    padded = np.pad(np.abs(residual), ((0, 0), (4, 4)), mode="reflect")
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 9, axis=1), axis=2)
    excess = np.abs(residual) - 6 * np.maximum(local / 0.6745, 0.02)
    result = y.copy()
    result[:, 2:-2] -= np.where(excess > 0, np.sign(residual) * excess, 0.0)
    return result


def oscillation(data: Series) -> float:
    """The period in steps of a strong oscillation in the second half of the runs, 0 where there is none.

    Needs equally spaced steps and six periods; the peak must hold 40 % of the power left by a parabola.
    """
    half = len(data.k) // 2
    k = data.k[half:][-4096:]
    if len(k) < 32 or np.ptp(np.diff(k)) > 1e-9 * (k[-1] - k[0]):
        return 0.0
    y = np.log(data.errors[:, max(half, len(data.k) - 4096) :])
    z = np.linspace(-1, 1, len(k))
    basis = np.linalg.qr(np.stack([np.ones_like(z), z, z**2], axis=1))[0]
    return max((_peak(k, part, basis) for part in (y.mean(axis=0, keepdims=True), y[:8])), default=0.0)


def _peak(k: Array, y: Array, basis: Array) -> float:
    """The period that holds enough of the power of these rows, 0 if none does."""
    y = y - (y @ basis) @ basis.T
    power = (np.abs(np.fft.rfft(y * np.hanning(len(k)), axis=1)) ** 2).mean(axis=0)
    peak = int(np.argmax(power[6:]) + 6)
    share = power[max(peak - 2, 0) : peak + 3].sum() / max(power.sum(), 1e-300)
    strong = share > OSCILLATION_SHARE and y.std() > 0.02 and peak < len(k) // 2 - 2
    return float(len(k) / (peak + _vertex(power[peak - 1 : peak + 2])) * (k[1] - k[0])) if strong else 0.0


def _vertex(around: Array) -> float:
    """Where between its neighbours a peak has its top: the parabola through the logarithms of three values."""
    left, top, right = np.log(np.maximum(around, 1e-300))
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
