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
HALF_DECADE = 0.5 * np.log(10.0)


def bins(k: Array, period: float = 0.0, width: float = 1.0) -> NDArray[np.intp]:
    """Indices at which bins start: equal in log k, at least one period of an oscillation wide.

    Args:
        k: steps, increasing.
        period: in steps.
        width: in units of the usual one, a twelfth of a decade.
    """
    x = np.log(k)
    decades = max((x[-1] - x[0]) / np.log(10.0), 1e-9)
    step = width * np.log(10.0) / min(PER_DECADE, MOST_POINTS / decades)
    label = np.floor((x - x[0]) / step + 1e-9)
    if period > 0:
        label = np.minimum(label, np.floor((k - k[0]) / period))
    starts = np.flatnonzero(np.diff(label, prepend=-1.0) > 0)
    return starts.astype(np.intp)


def thinned(data: Series, period: float = 0.0) -> Points:
    """Mean log errors over bins of log k; a straight trend inside a bin does not bias its mean.

    Args:
        data: positive, finite.
        period: of an oscillation, in steps; each bin then holds at least one.
    """
    starts = bins(data.k, period)
    counts = np.diff(np.append(starts, len(data.k))).astype(float)
    if period > 0 and len(counts) > 1 and (data.k[-1] - data.k[starts[-1]]) < 0.7 * period:
        starts, counts = starts[:-1], np.append(counts[:-2], counts[-2] + counts[-1])
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
    y = np.log(data.errors[: min(8, len(data.errors)), half:][:, -4096:])
    z = np.linspace(-1, 1, len(k))
    basis = np.linalg.qr(np.stack([np.ones_like(z), z, z**2], axis=1))[0]
    y = y - (y @ basis) @ basis.T
    power = (np.abs(np.fft.rfft(y * np.hanning(len(k)), axis=1)) ** 2).mean(axis=0)
    peak = int(np.argmax(power[6:]) + 6)
    around = power[max(peak - 2, 0) : peak + 3].sum() / max(power.sum(), 1e-300)
    return float(len(k) / peak * (k[1] - k[0])) if around > 0.4 and y.std() > 0.03 and peak < len(k) // 2 - 2 else 0.0
