"""The difference between two methods: its size, its interval, and the size that would have been found."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb, frexp, inf, isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.optimize import brentq

from convergence.statistics.samples import Array, finite, pair

POWER = 0.9
RESAMPLES = 10_000
BATCH = 4_000_000  # numbers that the bootstrap holds at once
MOST_RUNS = 100_000  # more are not worth naming as what would decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """First minus second, with Student's test.

    Attributes:
        runs: pairs, or the smaller sample where runs are not paired.
        difference: mean of first minus mean of second.
        error: its standard error.
        freedom: degrees of freedom (Welch's where runs are not paired).
        deviation: of the differences, or pooled; in the unit of the measure.
        level: error level of every statement below.
        bootstrap: bias-corrected and accelerated interval of 10,000 resamples, at confidence ``1 - level``.
        resolution: the least one-sided p-value that any exchange of signs or labels can give with so few runs.
    """

    runs: int
    difference: float
    error: float
    freedom: float
    deviation: float
    level: float
    bootstrap: tuple[float, float]
    resolution: float

    @property
    def greater(self) -> float:
        """One-sided p-value of "first is at most second": small where first is greater."""
        return max(self._tail(1.0), self.resolution)

    @property
    def less(self) -> float:
        """One-sided p-value of "first is at least second": small where first is less."""
        return max(self._tail(-1.0), self.resolution)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of "no difference"."""
        return min(1.0, 2 * min(self.greater, self.less))

    @property
    def interval(self) -> tuple[float, float]:
        """Student's interval of the difference, at confidence ``1 - level``."""
        reach = float(stats.t.isf(self.level / 2, self.freedom)) * self.error if self.error else 0.0
        return self.difference - reach, self.difference + reach

    @property
    def cohens_d(self) -> float:
        """The difference in standard deviations; infinite where runs do not vary."""
        if self.deviation:
            return self.difference / self.deviation
        return float(np.copysign(inf, self.difference)) if self.difference else 0.0

    @property
    def detectable(self) -> float:
        """The least true difference that this many runs of this spread find with probability 0.9."""
        return _noncentrality(self.freedom, self.level) * self.error if self.error else 0.0

    @property
    def shown(self) -> bool:
        """Whether Student's test and the bootstrap both find a difference."""
        low, high = self.bootstrap
        return self.p_value <= self.level and not low <= 0 <= high

    def within(self, margin: float) -> bool:
        """Whether the difference is shown to be less than a margin, by two one-sided tests at `level`."""
        reach = float(stats.t.isf(self.level, self.freedom)) * self.error if self.error else 0.0
        return self.resolution <= self.level and abs(self.difference) + reach < margin

    @property
    def runs_needed(self) -> int | None:
        """Runs of each method that would show a difference of this size with probability 0.9; None if too many."""
        if not self.deviation or not self.difference:
            return None
        per_run = self.error * sqrt(self.runs)  # the error of a single run's difference

        def found(runs: int) -> bool:
            freedom = self.freedom * (runs - 1) / (self.runs - 1)
            return _noncentrality(freedom, self.level) * per_run / sqrt(runs) <= abs(self.difference)

        ratio = _noncentrality(1e6, self.level) * per_run / abs(self.difference)
        guess = ceil(min(ratio, MOST_RUNS) ** 2)
        return next((n for n in range(max(3, guess), min(guess + 60, MOST_RUNS)) if found(n)), None)

    def text(self, unit: str = "", names: tuple[str, str] = ("first", "second")) -> str:
        """The comparison in plain words, as ``first minus second 0.3 epochs [-0.9, 1.5], no difference shown; ...``."""
        low, high = self.interval
        unit = f" {unit}" if unit else ""
        shown = f"{names[0]} minus {names[1]} {self.difference:.3g}{unit} [{low:.3g}, {high:.3g}]"
        if self.shown:
            return f"{shown}, a difference at the level {self.level:g} (p = {self.p_value:.2g}, {self.runs} runs)"
        if self.resolution > self.level / 2:
            return f"{shown}, no difference shown; {self.runs} runs cannot show any at the level {self.level:g}"
        if not self.deviation:
            return f"{shown}: no difference in any of {self.runs} runs"
        return f"{shown}, no difference shown; one of {self.detectable:.3g} would have been found"

    def _tail(self, side: float) -> float:
        if not self.error:
            return 0.0 if side * self.difference > 0 else 1.0
        return float(stats.t.sf(side * self.difference / self.error, self.freedom))


def paired(first: ArrayLike, second: ArrayLike, *, level: float = 0.01, seed: int = 0) -> Comparison:
    """Compare values that belong together, as those of one seed.

    Args:
        first, second: one value for each run, in the same order of seeds.
        level: error level.
        seed: of the bootstrap.

    Raises:
        LogError: for fewer than two pairs, unequal lengths, missing or infinite values.
    """
    unit, (left, right) = _in_units(*pair(finite(first, "first"), finite(second, "second")))
    differences = left - right
    n, deviation = len(differences), _deviation(differences)
    return Comparison(
        runs=n,
        difference=unit * float(differences.mean()),
        error=unit * deviation / sqrt(n),
        freedom=n - 1,
        deviation=unit * deviation,
        level=level,
        bootstrap=_bootstrap((differences,), unit, level, seed),
        resolution=2.0**-n,
    )


def independent(first: ArrayLike, second: ArrayLike, *, level: float = 0.01, seed: int = 0) -> Comparison:
    """Compare runs that have nothing in common (Welch's test).

    Args:
        first, second: one value for each run.
        level: error level.
        seed: of the bootstrap.

    Raises:
        LogError: for fewer than two runs of a method, missing or infinite values.
    """
    unit, (left, right) = _in_units(finite(first, "first"), finite(second, "second"))
    squares = [_deviation(values) ** 2 for values in (left, right)]
    degrees = [len(left) - 1, len(right) - 1]
    shares = [square / (degree + 1) for square, degree in zip(squares, degrees, strict=True)]
    spread = sum(share**2 / degree for share, degree in zip(shares, degrees, strict=True))
    pooled = sum(square * degree for square, degree in zip(squares, degrees, strict=True)) / sum(degrees)
    return Comparison(
        runs=min(degrees) + 1,
        difference=unit * float(left.mean() - right.mean()),
        error=unit * sqrt(sum(shares)),
        freedom=sum(shares) ** 2 / spread if spread else min(degrees),
        deviation=unit * sqrt(pooled),
        level=level,
        bootstrap=_bootstrap((left, right), unit, level, seed),
        resolution=1 / comb(len(left) + len(right), len(left)),
    )


def _in_units(left: Array, right: Array) -> tuple[float, tuple[Array, Array]]:
    """A power of two above all values, and the values in it, so that no square under- or overflows."""
    unit = 2.0 ** frexp(max(float(np.abs(left).max()), float(np.abs(right).max())))[1]
    return unit, (left / unit, right / unit)


def _deviation(values: Array) -> float:
    """The standard deviation of values below 1; 0 where they differ by no more than their rounding."""
    return float(values.std(ddof=1)) if float(np.ptp(values)) > 4 * np.finfo(float).eps else 0.0


def _bootstrap(samples: tuple[Array, ...], unit: float, level: float, seed: int) -> tuple[float, float]:
    def difference(*values: Array, axis: int = -1) -> Array:
        means = [value.mean(axis=axis) for value in values]
        return means[0] - means[1] if len(means) == 2 else means[0]

    if not any(_deviation(values) for values in samples):
        point = unit * float(difference(*samples))
        return point, point
    found = stats.bootstrap(
        samples,
        difference,
        n_resamples=RESAMPLES,
        batch=max(1, BATCH // max(len(values) for values in samples)),
        confidence_level=1 - level,
        method="percentile" if min(len(values) for values in samples) < 3 else "BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return unit * float(found.low), unit * float(found.high)


def _noncentrality(freedom: float, level: float) -> float:
    """The true difference, in standard errors, that a two-sided t-test finds with probability 0.9."""
    critical = float(stats.t.isf(level / 2, freedom))

    def missing(effect: float) -> float:
        found = float(stats.nct.sf(critical, freedom, effect))
        return (found if isfinite(found) else 1.0) - POWER

    high = critical + 1.0
    while missing(high) < 0:
        high *= 2
    return float(brentq(missing, 0.0, high, xtol=1e-6))
