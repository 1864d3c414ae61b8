"""When the minimum is unknown: f(k) - f(sqrt(10) k) decays with the exponent of f(k) - f*, and needs no f*."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convergence.rates.evidence import Points
from convergence.rates.noise import cubic_residual
from convergence.rates.series import Series
from convergence.rates.thinning import HALF_DECADE, bins

Array = NDArray[np.float64]

TRUSTED = 2.5  # differences of fewer noise deviations are left out; keeping the positive ones alone would bias
FINER = 2.0  # bins of half the usual width: values are averaged, not their logarithms


def _binned(data: Series) -> tuple[Array, Array, Array]:
    """Centres, values (S, N) and counts of bins; a parabola through the bin takes its curvature out of the mean."""
    starts = bins(data.k, width=1 / FINER)
    counts = np.diff(np.append(starts, len(data.k)))
    x = np.log(data.k)
    centres = np.add.reduceat(x, starts) / counts
    values = np.add.reduceat(data.errors, starts, axis=1) / counts
    for b in np.flatnonzero(counts >= 6):
        part = slice(starts[b], starts[b] + counts[b])
        z = x[part] - centres[b]
        design = np.stack([np.ones_like(z), z, z * z], axis=1)
        values[:, b] = np.linalg.lstsq(design, data.errors[:, part].T, rcond=None)[0][0]
    return centres, values, counts.astype(float)


def _noise(x: Array, f: Array) -> Array:
    """Running median of the residuals of a local cubic, as a standard deviation per point of one run."""
    residual = np.abs(cubic_residual(x, f)) / 1.39 / 0.6745
    padded = np.pad(residual, ((0, 0), (4, 4)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=1)
    noise: Array = np.median(windows, axis=(0, 2))
    return noise


def _longest(good: NDArray[np.bool_]) -> slice:
    """The longest stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
    starts, stops = edges[::2], edges[1::2]
    if len(starts) == 0:
        return slice(0, 0)
    best = int(np.argmax(stops - starts))
    return slice(int(starts[best]), int(stops[best]))


def differences(data: Series) -> Points:
    """Logs of f(k) - f(sqrt(10) k) over the longest stretch on which they stand above the noise.

    Runs are pooled where some difference of a single run is not positive.

    Args:
        data: finite values of f.
    """
    x, f, counts = _binned(data)
    inner = int((x <= x[-1] - HALF_DECADE).sum())
    if inner < 2 or len(x) < 9:
        return Points(x=x[:0], y=f[:, :0], counts=counts[:0])
    later = np.array([np.interp(x[:inner] + HALF_DECADE, x, run) for run in f])
    fall = f[:, :inner] - later
    pooled = fall.mean(axis=0)
    stretch = _longest(pooled > TRUSTED * _noise(x, f)[:inner] / np.sqrt(len(f)))
    fall = fall[:, stretch]
    y = fall if (fall > 0).all() else pooled[None, stretch]
    return Points(x=x[stretch][::2], y=np.log(y)[:, ::2], counts=counts[stretch][::2], differences=True)
