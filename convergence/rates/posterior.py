"""The exponent's distribution after the data: a mixture over laws, with atoms at zero and infinity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from convergence.rates.evidence import KEPT, Points, Scores, explain, windows_of
from convergence.rates.laws import LAWS, Asymptote
from convergence.rates.polish import polished

Array = NDArray[np.float64]

LEAST_ERROR = 0.004  # model error of an exponent, in units of max(1, |exponent|): measured on series with known truth
CHANGE_ERROR = 0.012  # model error of an exponent per unit by which the law bends on the way to it
CLOSE = 12.0  # in log evidence: laws further behind are not polished
ENOUGH = 0.9995  # of the mass is kept
END = 0.25  # the current slope is taken over the last quarter of an e-fold of k


ASYMPTOTES = np.array([list(Asymptote).index(law.asymptote) for law in LAWS])


def student(z: Array, degrees: float) -> Array:
    """The t distribution, by Wallace's normal approximation (off by less than 0.003 from 5 degrees on; fast)."""
    root = np.sqrt(degrees * np.log1p(z * z / degrees)) * (8 * degrees + 1) / (8 * degrees + 3)
    result: Array = ndtr(np.copysign(root, z))
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Components of the posterior, heaviest first; all arrays are (C,).

    Attributes:
        weight: probabilities, summing to 1.
        law: index into `laws.LAWS`.
        theta, sd: the coefficient and its standard deviation.
        slope: the local exponent at the end of the runs.
        start: first point of the window.
        parameters: (C, 3) the nonlinear parameters, padded with nan.
        degrees: degrees of freedom of the t distribution of theta.
    """

    weight: Array
    law: NDArray[np.intp]
    theta: Array
    sd: Array
    slope: Array
    start: NDArray[np.intp]
    parameters: Array
    degrees: float

    def having(self, asymptote: Asymptote) -> NDArray[np.bool_]:
        """Which components tend to that asymptote."""
        which: NDArray[np.bool_] = ASYMPTOTES[self.law] == list(Asymptote).index(asymptote)
        return which

    def widened(self, factor: float) -> Mixture:
        """The same mixture with every standard deviation multiplied."""
        return replace(self, sd=self.sd * factor)

    def laws(self) -> dict[str, float]:
        """The weight of each law by name, heaviest first."""
        total: dict[str, float] = {}
        for index, weight in zip(self.law, self.weight, strict=True):
            name = LAWS[index].name
            total[name] = total.get(name, 0.0) + float(weight)
        return dict(sorted(total.items(), key=lambda item: -item[1]))

    def below(self, value: float | Array) -> Array:
        """(C,) probability under each component that the asymptotic exponent is below ``value``."""
        z = (np.asarray(value, dtype=float) - self.theta) / np.maximum(self.sd, 1e-12)
        smooth = student(z, self.degrees)
        zero = np.where(np.asarray(value) > 0, 1.0, 0.0)
        result: Array = np.where(self.having(Asymptote.THETA), smooth, np.where(self.having(Asymptote.ZERO), zero, 0.0))
        return result

    def quantile(self, level: float) -> float:
        """The exponent below which the mixture has probability ``level``; 0 and infinity are atoms."""
        low, high = -50.0, 200.0
        zero, infinite = (float(self.weight[self.having(a)].sum()) for a in (Asymptote.ZERO, Asymptote.INFINITE))
        if 1.0 - infinite < level:
            return float("inf")
        theta = self.having(Asymptote.THETA)
        mean, sd, weight = self.theta[theta], np.maximum(self.sd[theta], 1e-12), self.weight[theta]
        for _ in range(40):
            middle = 0.5 * (low + high)
            below = float(weight @ student((middle - mean) / sd, self.degrees)) + (zero if middle > 0 else 0.0)
            low, high = (middle, high) if below < level else (low, middle)
        return 0.0 if abs(high) < 1e-9 else 0.5 * (low + high)


def _flatten(scores: Scores, start: int, points: Points, top: float) -> tuple[Array, ...]:
    """The components above the kept weight: log weight, law, theta, sd, slope, its change, start, parameters."""
    j, r, m = np.nonzero(scores.log_weight > top + np.log(KEPT))
    law = LAWS[scores.cells.law]
    theta, sd = scores.theta[j, m], scores.sd[j, r, m]
    parameters = np.full((len(j), 3), np.nan)
    parameters[:, : scores.cells.centre.shape[1]] = scores.cells.centre[m]
    ends = np.array([points.x[start], points.x[start] + END, points.x[-1] - END, points.x[-1]])
    o, u = law.shape(ends, scores.cells.centre)
    first, last = ((theta * (u[m, i + 1] - u[m, i]) - (o[m, i + 1] - o[m, i])) / END for i in (0, 2))
    index = np.full(len(j), scores.cells.law)
    change = theta - first if law.asymptote is Asymptote.THETA else np.zeros(len(j))
    return scores.log_weight[j, r, m], index, theta, sd, last, change, np.full(len(j), start), parameters


def posterior(points: Points) -> Mixture:
    """Average over laws, noise models, windows.

    Args:
        points: at least `evidence.LEAST_POINTS` of them.
    """
    explained = [(window, explain(window)) for window in windows_of(points)]
    top = max(float(s.log_weight.max()) for _, scores in explained for s in scores)
    explained = [
        (w, [polished(w, s) if s.log_weight.max() > top - CLOSE else s for s in scores]) for w, scores in explained
    ]
    top = max(float(s.log_weight.max()) for _, scores in explained for s in scores)
    parts = [_flatten(s, window.start, points, top) for window, scores in explained for s in scores]
    columns = [np.concatenate([part[i] for part in parts]) for i in range(8)]
    order = np.argsort(columns[0])[::-1]
    mass = np.cumsum(np.exp(columns[0][order] - columns[0][order[0]]))
    order = order[: int(np.searchsorted(mass, ENOUGH * mass[-1])) + 1]
    log_weight, law, theta, sd, slope, change, start, parameters = (column[order] for column in columns)
    weight = np.exp(log_weight - log_weight[0])
    floor = LEAST_ERROR * np.maximum(1.0, np.abs(theta))
    return Mixture(
        weight=weight / weight.sum(),
        law=law,
        theta=theta,
        sd=np.hypot(np.maximum(sd, floor), CHANGE_ERROR * np.abs(change)),
        slope=slope,
        start=start,
        parameters=parameters,
        degrees=float(max(len(points.x) - 2, 1) + (len(points.y) - 1) * (len(points.x) - 1)),
    )
