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
    """One value for each whole period of an oscillation: the means of log k and of the log errors."""
    label = np.floor((data.k - data.k[0]) / period)
    starts = np.flatnonzero(np.diff(label, prepend=-1.0) > 0)
    counts = np.diff(np.append(starts, len(data.k)))
    k = np.exp(np.add.reduceat(np.log(data.k), starts) / counts)
    errors = np.exp(np.add.reduceat(np.log(data.errors), starts, axis=1) / counts)
    return Series(k=k[:-1], errors=errors[:, :-1], notes=data.notes)  # the last period is rarely whole


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
    return float(len(k) / peak * (k[1] - k[0])) if strong else 0.0
