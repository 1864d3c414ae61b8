"""Models of the noise along a run: correlated in log k, and smaller where many steps were averaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LENGTHS = (0.2, 0.6, 2.0, 6.0)  # correlation lengths in log k: a twelfth of a decade to several decades
SMOOTH = (1.0, 3.0)
CAPS = (10.0, 100.0, 1000.0)
NUGGET = 0.02
DISCREPANCY = 0.003  # relative misfit that no law is expected to beat: the true law is never exactly in the family
EARLY_MISFIT, LATE_MISFIT = 0.04, 0.004  # relative: real runs have corrections that no short list of laws contains
RIPPLE_SHARE, RIPPLE_SIZE = 0.6, 300.0
MISFIT_DECAY, MISFIT_LENGTH = 0.3, 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """A stack of J noise models on N points.

    Attributes:
        whiten: (J, N, N), lower triangular; ``whiten @ y`` has covariance sigma**2 times the identity.
        log_det: (J,), the logarithm of the determinant of each covariance.
        log_prior: (J,), probability before data.
    """

    whiten: Array
    log_det: Array
    log_prior: Array


def misfit(x: Array) -> Array:
    """Covariance (N, N) of what even the right law gets wrong: smooth in log k, and dying out as the run settles."""
    root = np.sqrt(3.0) * np.abs(x[:, None] - x[None, :]) / MISFIT_LENGTH
    size = EARLY_MISFIT * np.exp(-MISFIT_DECAY * (x - x[0])) + LATE_MISFIT
    return np.asarray((1 + root) * np.exp(-root) * np.outer(size, size))


def ripple(x: Array, y: Array) -> float:
    """The angular frequency in log k of a strong ripple around a smooth curve; 0 where there is none.

    Needs three periods; the ripple must hold 60 % of what a cubic leaves of the mean over runs.
    """
    span = float(x[-1] - x[0])
    if len(x) < 12:
        return 0.0
    z = (x - x[0]) / span * 2 - 1
    smooth = np.linalg.qr(np.stack([z**i for i in range(4)], axis=1))[0]
    mean = y.mean(axis=0)
    left = mean - smooth @ (smooth.T @ mean)
    frequencies = np.arange(3.0, 0.4 * len(x), 0.25) * 2 * np.pi / span
    held = np.array([_held(smooth, x, w, left) for w in frequencies])
    if len(held) == 0 or left.std() < 0.01 or held.max() < RIPPLE_SHARE:
        return 0.0
    return float(frequencies[int(held.argmax())])


def _held(smooth: Array, x: Array, frequency: float, left: Array) -> float:
    """Share of the squares in ``left`` that a wave of that frequency holds, beside the smooth part."""
    wave = np.stack([np.cos(frequency * x), np.sin(frequency * x)], axis=1)
    basis = np.linalg.qr(wave - smooth @ (smooth.T @ wave))[0]
    return float(((basis.T @ left) ** 2).sum() / max((left**2).sum(), 1e-300))


def noise_models(x: Array, counts: Array, size: Array | None = None, runs: int = 1, frequency: float = 0.0) -> Noise:
    """The noise models for points at ``x = log k`` of which each is the mean of ``counts`` steps.

    Args:
        x: log k, (N,).
        counts: steps behind each point, (N,).
        size: deviation of one run's points around a smooth curve, (N,); `misfit` is then added to each model.
        runs: how many of them share the misfit.
        frequency: of a ripple in log k, 0 for none; every model then has one of unknown size and phase.

    White; white with variance falling as steps are averaged (down to a tenth, hundredth, thousandth); exponentially
    correlated, and smooth deviations (Matern 3/2) with a white part.
    """
    gap = np.abs(x[:, None] - x[None, :])
    scale = counts / counts.min()
    eye = np.eye(len(x))
    kernels = [eye]
    priors = [0.2]
    if scale.max() > 2:
        kernels += [np.diag(1 / np.minimum(scale, cap)) for cap in CAPS]
        priors += [0.08, 0.08, 0.04]
    kernels += [np.exp(-gap / length) for length in LENGTHS]
    priors += [0.2, 0.2, 0.15, 0.1]
    root = np.sqrt(3.0) * gap
    kernels += [(1 + root / s) * np.exp(-root / s) + NUGGET * eye for s in SMOOTH]
    priors += [0.05, 0.05]
    variances = np.array([np.diagonal(kernel) for kernel in kernels])
    if frequency > 0:
        kernels = [kernel + RIPPLE_SIZE * np.cos(frequency * (x[:, None] - x[None, :])) for kernel in kernels]
    stacked = np.stack(kernels) + 1e-10 * eye
    if size is not None:
        unit = np.median(size / np.sqrt(variances), axis=1)[:, None, None]
        stacked = stacked + misfit(x) * runs / np.maximum(unit, DISCREPANCY) ** 2
    lower = np.linalg.cholesky(stacked)
    whiten = np.linalg.inv(lower)
    log_det = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    prior = np.asarray(priors)
    return Noise(whiten=np.tril(whiten), log_det=log_det, log_prior=np.log(prior / prior.sum()))


def cubic_residual(x: Array, y: Array) -> Array:
    """Each inner point minus the cubic through its two neighbours on each side; (S, N - 4).

    Smooth curves leave almost nothing; independent noise of deviation s leaves about 1.4 s.
    """
    n = len(x)
    at, total = x[2:-2], y[:, 2:-2].copy()
    around = (0, 1, 3, 4)
    for i in around:
        weight = np.ones_like(at)
        for j in around:
            if j != i:
                weight *= (at - x[j : n - 4 + j]) / (x[i : n - 4 + i] - x[j : n - 4 + j])
        total -= weight * y[:, i : n - 4 + i]
    return total
