"""A narrow posterior, found by climbing: where cells are too coarse, samples around the mode take their place."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from convergence.rates.evidence import Cells, Scores, Window, cell_weight, score
from convergence.rates.laws import LAWS

Array = NDArray[np.float64]

COARSE = 0.2  # a cell that holds this share of its law's mass is too large
CLIMBS = 30
SAMPLES = 64
SPREAD = 1.4  # of the samples, in standard deviations of the posterior at its mode


def _cells(law: int, centre: Array, log_mass: Array | float = 0.0) -> Cells:
    return Cells(
        law=law,
        centre=centre,
        half=np.zeros_like(centre),
        log_mass=np.broadcast_to(log_mass, (len(centre),)).astype(float),
    )


def _height(window: Window, law: int, centre: Array) -> Array:
    """Log evidence (M,) at parameters (M, d)."""
    return cell_weight(score(window, _cells(law, centre)))


def _stencil(d: int) -> Array:
    """The centre, a step each way along every axis, and diagonal steps: what a quadratic needs."""
    eye = np.eye(d)
    diagonal = [eye[i] + eye[j] for i, j in combinations(range(d), 2)]
    return np.array([np.zeros(d), *eye, *(-eye), *diagonal])


def _quadratic(values: Array, d: int) -> tuple[Array, Array]:
    """Gradient and Hessian, in units of the step, from the values on the stencil."""
    plus, minus = values[1 : 1 + d], values[1 + d : 1 + 2 * d]
    hessian = np.diag(plus + minus - 2 * values[0])
    for n, (i, j) in enumerate(combinations(range(d), 2)):
        hessian[i, j] = hessian[j, i] = values[1 + 2 * d + n] - plus[i] - plus[j] + values[0]
    return (plus - minus) / 2, hessian


def _climb(window: Window, law: int, start: Array, step: Array) -> tuple[Array, Array, Array]:
    """The mode, the step at which the last quadratic was taken, and its Hessian."""
    d, at = len(start), start
    pattern = _stencil(d)
    hessian = -np.eye(d)
    for _ in range(CLIMBS):
        values = _height(window, law, at + pattern * step)
        gradient, hessian = _quadratic(values, d)
        bent = np.linalg.eigvalsh(hessian)
        move = (
            np.linalg.solve(hessian, -gradient)
            if bent.max() < -1e-6
            else 3.0 * gradient / np.linalg.norm(gradient + 1e-12)
        )
        move *= min(1.0, 4.0 / max(float(np.abs(move).max()), 1e-12))
        tried = np.stack([at + move * step, at + 0.3 * move * step])
        heights = np.concatenate([values, _height(window, law, tried)])
        best = int(np.argmax(heights))
        gained = heights[best] - values[0]
        at = at if best == 0 else np.concatenate([at + pattern * step, tried])[best]
        small = bent.max() > -0.5 and bent.max() < -1e-6
        if gained < 0.05 and small:
            break
        step = step * (0.5 if bent.min() < -0.5 and gained < 0.5 else 1.0)
    return at, step, hessian


def _samples(law: int, mode: Array, step: Array, hessian: Array, x: Array) -> Cells:
    """Fixed normal samples around the mode, each with the prior mass over the density it was drawn with."""
    d = len(mode)
    widths = np.array([axis.high - axis.low for axis in LAWS[law].axes(x)])
    values, vectors = np.linalg.eigh(-hessian)
    deviations = 1.0 / np.sqrt(np.maximum(values, 1e-3))
    root = (vectors * deviations) * step[:, None] if d == 1 else np.diag(step) @ (vectors * deviations)
    z = np.random.default_rng(0).standard_normal((SAMPLES, d))
    centre = mode + SPREAD * z @ root.T
    log_drawn = -0.5 * (z**2).sum(axis=1) - d * np.log(SPREAD * np.sqrt(2 * np.pi)) - np.log(abs(np.linalg.det(root)))
    log_prior = np.log(LAWS[law].prior) - np.log(widths).sum()
    beyond = (np.abs(centre - mode) > widths).any(axis=1)
    return _cells(law, centre, np.where(beyond, -1e4, log_prior - log_drawn - np.log(SAMPLES)))


def polished(window: Window, scores: Scores) -> Scores:
    """The law's scores, or samples around its mode where they find more evidence than the cells did."""
    law, d = scores.cells.law, scores.cells.centre.shape[1]
    weight = cell_weight(scores)
    total = float(np.logaddexp.reduce(weight))
    best = int(np.argmax(weight))
    if d == 0 or weight[best] < total + np.log(COARSE):
        return scores
    step = np.maximum(scores.cells.half[best], 1e-6)
    sampled = score(window, _samples(law, *_climb(window, law, scores.cells.centre[best], step), window.points.x))
    return sampled if float(np.logaddexp.reduce(cell_weight(sampled))) > total else scores
