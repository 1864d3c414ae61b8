"""Averaging over laws: the probability of each law given the points, and what it says about the exponent.

Given a law's nonlinear parameters, a noise model and the ratio between common misfit and noise, the level and the
coefficient theta of `laws.Law` are a generalised least-squares problem with a closed-form marginal likelihood.
Nonlinear parameters live in cells that carry prior mass; cells that hold posterior mass are split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from convergence.rates.laws import LAWS, Asymptote, Law
from convergence.rates.noise import DISCREPANCY, Noise, cubic_residual, noise_models, ripple

Array = NDArray[np.float64]

COMMON_MISFIT = (
    (0.0, 0.7),
    (0.1, 0.25),
    (1.0, 0.05),
)  # variance shared by all seeds, in units of one seed's, and prior
OVERLAP = 0.6  # cells shrink by this when split, not by half, so that a search can cross the edge of a first cell
HOPELESS = (80.0, 60.0, 40.0, 30.0, 15.0, 10.0)  # at each round, laws this far (in log evidence) behind are left alone
WINDOWS = ((0.0, 0.8), (0.45, 0.2))  # where the law begins, as a share of the log range, and prior
LEAST_POINTS = 6
LATER_POINTS = 30  # shorter series are not cut
KEPT = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A thinned series.

    Attributes:
        x: log k, (N,).
        y: logs of the errors, (S, N).
        counts: steps behind each point, (N,).
        differences: whether y are logs of f(k) - f(sqrt(10) k) instead.
    """

    x: Array
    y: Array
    counts: Array
    differences: bool = False

    def slice(self, start: int, stop: int | None = None) -> Points:
        """The points from ``start`` up to ``stop``."""
        part = slice(start, stop)
        return replace(self, x=self.x[part], y=self.y[:, part], counts=self.counts[part])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Boxes in the parameter space of one law: centres and half-widths (M, d), logarithms of the prior mass (M,)."""

    law: int
    centre: Array
    half: Array
    log_mass: Array

    def split(self, chosen: NDArray[np.intp]) -> tuple[Cells, Cells]:
        """(the cells that are left, the halves in every direction of the chosen ones)."""
        stay = np.ones(len(self.centre), dtype=bool)
        stay[chosen] = False
        d = self.centre.shape[1]
        signs = np.array(list(product((-OVERLAP, OVERLAP), repeat=d)))
        half = np.repeat(self.half[chosen] * OVERLAP, len(signs), axis=0)
        centre = (self.centre[chosen][:, None, :] + signs * self.half[chosen][:, None, :]).reshape(-1, d)
        mass = np.repeat(self.log_mass[chosen] - d * np.log(2.0), len(signs))
        left = replace(self, centre=self.centre[stay], half=self.half[stay], log_mass=self.log_mass[stay])
        return left, replace(self, centre=centre, half=half, log_mass=mass)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Cells with, for every noise model and misfit ratio (J, R, M): log weight, and theta's mean (J, M) and sd."""

    cells: Cells
    log_weight: Array
    theta: Array
    sd: Array

    def select(self, index: NDArray[np.intp], cells: Cells) -> Scores:
        """The scores of the cells at ``index``, which are ``cells``."""
        return Scores(
            cells=cells,
            log_weight=self.log_weight[:, :, index],
            theta=self.theta[:, index],
            sd=self.sd[:, :, index],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """What the seeds' differences say about the noise: (J,) squares and log-determinant term, and their number."""

    squares: Array
    log_norm: Array
    degrees: int
    seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The points that the laws explain, whitened, and the log evidence of those before them."""

    points: Points
    noise: Noise
    scatter: Scatter
    log_prior: float
    start: int


def first_cells(index: int, x: Array) -> Cells:
    """The law's cells before any data: a regular grid with equal masses."""
    axes = LAWS[index].axes(x)
    grids = [np.linspace(a.low, a.high, 2 * a.cells + 1)[1::2] for a in axes]
    centre = np.array(list(product(*grids)), dtype=float)  # (1, 0) where the law has no parameter
    half = np.array([(a.high - a.low) / (2 * a.cells) for a in axes])
    mass = np.full(len(centre), np.log(LAWS[index].prior) - np.log(len(centre)))
    return Cells(law=index, centre=centre, half=np.broadcast_to(half, centre.shape).copy(), log_mass=mass)


def scatter_of(points: Points, noise: Noise) -> Scatter:
    """The seeds' deviations from their mean, each with a level of its own."""
    seeds, n = points.y.shape
    deviations = points.y - points.y.mean(axis=0)
    white = noise.whiten @ deviations.T
    ones = noise.whiten.sum(axis=2)
    a = (ones**2).sum(axis=1)
    along = np.einsum("jn,jns->js", ones, white)
    squares = (white**2).sum(axis=(1, 2)) - (along**2).sum(axis=1) / a
    log_norm = -0.5 * (seeds - 1) * (noise.log_det + np.log(a))
    return Scatter(squares=np.maximum(squares, 0.0), log_norm=log_norm, degrees=(seeds - 1) * (n - 1), seeds=seeds)


def _theta_prior(law: Law, theta: Array) -> Array:
    """Log density before data: exponents are a few units at most, e-folds are spread over decades."""
    if law.efolds:
        return np.where(theta > law.least, -np.log(6.0 * (np.abs(theta) + 0.3)), -40.0)
    if law.asymptote is Asymptote.ZERO:
        return -0.5 * ((theta - 1.0) / 1.0) ** 2 - 0.92
    return -np.log(np.pi * 1.2 * (1 + ((theta - 1.0) / 1.2) ** 2))


def _gls(window: Window, law: Law, o: Array, u: Array) -> tuple[Array, Array, Array]:
    """Per noise model and cell: residual squares, theta, and the information on theta (all (J, M))."""
    whiten = window.noise.whiten
    ones = whiten.sum(axis=2)
    a = (ones**2).sum(axis=1)[:, None]
    mean = window.points.y.mean(axis=0)
    level = mean.mean()
    r = whiten @ ((mean - level)[:, None] - o.T)
    wu = whiten @ u.T
    d = np.einsum("jn,jnm->jm", ones, r)
    g = np.einsum("jnm,jnm->jm", r, r) - d**2 / a
    if law.flat:
        return np.maximum(g, 0.0), np.zeros_like(g), np.ones_like(g)
    b = np.einsum("jn,jnm->jm", ones, wu)
    c = np.maximum(np.einsum("jnm,jnm->jm", wu, wu) - b**2 / a, 1e-12)
    e = np.einsum("jnm,jnm->jm", wu, r) - b * d / a
    return np.maximum(g - e**2 / c, 0.0), -e / c, c


def score(window: Window, cells: Cells) -> Scores:
    """The posterior weights of cells (not normalised), and theta with its standard deviation."""
    law, scatter = LAWS[cells.law], window.scatter
    o, u = law.shape(window.points.x, cells.centre)
    squares, theta, info = _gls(window, law, o, u)
    n = len(window.points.x)
    ratio = np.array([r for r, _ in COMMON_MISFIT]) if scatter.seeds > 1 else np.zeros(1)
    kappa = (1.0 / scatter.seeds + ratio)[None, :, None]
    dim = 1 if law.flat else 2
    degrees = n - dim + scatter.degrees
    rss = (squares[:, None, :] + n * DISCREPANCY**2) / kappa + scatter.squares[:, None, None]
    ones = (window.noise.whiten.sum(axis=2) ** 2).sum(axis=1)
    log_info = np.log(ones)[:, None] + (0.0 if law.flat else np.log(info))
    log_ml = (
        -0.5 * window.noise.log_det[:, None, None]
        - 0.5 * (n - dim) * np.log(kappa)
        - 0.5 * log_info[:, None, :]
        + scatter.log_norm[:, None, None]
        + gammaln(degrees / 2)
        - 0.5 * degrees * np.log(np.pi * rss)
    )
    prior = window.log_prior + cells.log_mass + (0.0 if law.flat else _theta_prior(law, theta)[:, None, :])
    misfit = np.log([p for _, p in COMMON_MISFIT])[None, :, None] if scatter.seeds > 1 else 0.0
    weight = log_ml + prior + misfit + window.noise.log_prior[:, None, None]
    sd = np.sqrt(rss / degrees * kappa / info[:, None, :])
    return Scores(cells=cells, log_weight=weight, theta=theta, sd=np.zeros_like(sd) if law.flat else sd)


def _merge(left: Scores, right: Scores) -> Scores:
    cells = Cells(
        law=left.cells.law,
        centre=np.concatenate([left.cells.centre, right.cells.centre]),
        half=np.concatenate([left.cells.half, right.cells.half]),
        log_mass=np.concatenate([left.cells.log_mass, right.cells.log_mass]),
    )
    return Scores(
        cells=cells,
        log_weight=np.concatenate([left.log_weight, right.log_weight], axis=2),
        theta=np.concatenate([left.theta, right.theta], axis=1),
        sd=np.concatenate([left.sd, right.sd], axis=2),
    )


def cell_weight(scores: Scores) -> Array:
    """Log weight (M,) of each cell, summed over noise models and misfit ratios."""
    peak = scores.log_weight.max()
    weight: Array = peak + np.log(np.exp(scores.log_weight - peak).sum(axis=(0, 1)) + 1e-300)
    return weight


def _refine(window: Window, scores: Scores, top: float) -> Scores:
    """Split the best two cells of the law, the best two never split, and any with one percent of all posterior mass.

    The never split are asked so that a second mode, coarse still, is not passed over for ever finer parts of the first.
    """
    if scores.cells.centre.shape[1] == 0:
        return scores
    weight = cell_weight(scores)
    order = np.argsort(weight)[::-1]
    coarse = order[scores.cells.log_mass[order] > scores.cells.log_mass.max() - 0.1]
    heavy = np.flatnonzero(weight > top + np.log(0.01))
    chosen = np.unique(np.concatenate([order[:2], coarse[:2], heavy[:12]])).astype(np.intp)
    left, halves = scores.cells.split(chosen)
    stay = np.ones(len(weight), dtype=bool)
    stay[chosen] = False
    return _merge(scores.select(np.flatnonzero(stay), left), score(window, halves))


def noise_size(points: Points) -> Array:
    """Deviation (N,) of one run's points around a smooth curve."""
    if len(points.x) < LEAST_POINTS:
        return np.full(len(points.x), DISCREPANCY)
    inner = np.median(np.abs(cubic_residual(points.x, points.y)), axis=0) / 0.94
    return np.pad(inner, 2, mode="edge")


def _before(points: Points) -> float:
    """Log evidence of the points before the window: a straight line of their own, correlated noise of their own."""
    noise = noise_models(points.x, points.counts)
    window = Window(points=points, noise=noise, scatter=scatter_of(points, noise), log_prior=0.0, start=0)
    weight = score(window, first_cells(0, points.x)).log_weight
    # 1.6: the prior of their level, spread over five e-folds
    return float(np.logaddexp.reduce(weight, axis=None) - np.log(LAWS[0].prior) - 1.6)


def windows_of(points: Points) -> Iterator[Window]:
    """Each start of the asymptotic part that leaves enough points on both sides."""
    span = points.x[-1] - points.x[0]
    for share, prior in WINDOWS:
        start = int(np.searchsorted(points.x, points.x[0] + share * span))
        if start and (len(points.x) < LATER_POINTS or len(points.x) - start < LEAST_POINTS + 2):
            continue
        part = points.slice(start)
        yield Window(
            points=part,
            noise=noise_models(part.x, part.counts, noise_size(part), len(part.y), ripple(part.x, part.y)),
            scatter=scatter_of(part, noise_models(part.x, part.counts)),
            log_prior=float(np.log(prior)) + (_before(points.slice(0, start)) if start else 0.0),
            start=start,
        )


def explain(window: Window) -> list[Scores]:
    """Every law's scores on one window, refined where the weight is."""
    differences = window.points.differences
    laws = [i for i, law in enumerate(LAWS) if (law.differences if differences else law.gaps)]
    scores = [score(window, first_cells(i, window.points.x)) for i in laws]
    for hopeless in HOPELESS:
        weights = [float(cell_weight(s).max()) for s in scores]
        top = float(np.logaddexp.reduce([np.logaddexp.reduce(cell_weight(s)) for s in scores]))
        scores = [_refine(window, s, top) if w > top - hopeless else s for s, w in zip(scores, weights, strict=True)]
    return scores
