"""The log-log picture of a fit: to a file, or in characters for a terminal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.rates.ratefit import RateFit

Array = NDArray[np.float64]

MOST_DRAWN = 500
MOST_RUNS = 30
MARKS = "·•"


def _drawable(k: Array, errors: Array) -> tuple[Array, Array]:
    """At most `MOST_DRAWN` steps, evenly spaced in log k."""
    if len(k) <= MOST_DRAWN:
        return k, errors
    index = np.unique(np.round(np.geomspace(1, len(k), MOST_DRAWN)).astype(int) - 1)
    return k[index], errors[:, index]


def _line(k: Array, errors: Array, fit: RateFit) -> tuple[Array, Array] | None:
    """The fitted slope through the middle of the window, where the law has one."""
    if fit.exponent is None or math.isinf(fit.exponent) or fit.window is None:
        return None
    inside = (k >= fit.window[0]) & (k <= fit.window[1]) & (errors > 0).all(axis=0)
    if inside.sum() < 2:
        return None
    x, y = np.log(k[inside]), np.log(errors[:, inside]).mean(axis=0)
    level = np.mean(y + fit.exponent * x)
    return k[inside], np.exp(level - fit.exponent * x)


def save_picture(path: Path, k: Array, errors: Array, fit: RateFit, title: str = "") -> None:
    """Draw runs, their median, the fitted slope and the floor; the suffix of ``path`` chooses the format.

    Args:
        path: ``.svg``, ``.png`` or another format of matplotlib.
        k: (K,) steps.
        errors: (runs, K), positive where it is to be drawn.
        fit: what to draw beside them.
        title: above the axes.
    """
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "convergence", "svg.fonttype": "none"}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, *_drawable(k, errors), fit)
        axes.set(xscale="log", yscale="log", xlabel="step k", ylabel="error", title=title or fit.summary())
        axes.legend(fontsize="small")
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw(axes: Any, k: Array, errors: Array, fit: RateFit) -> None:
    positive = np.where(errors > 0, errors, np.nan)
    for run in positive[:MOST_RUNS]:
        axes.plot(k, run, color="0.75", linewidth=0.7)
    axes.plot(k, np.nanmedian(np.where(np.isfinite(positive), positive, 0.0), axis=0), color="C0", label="median")
    line = _line(k, errors, fit)
    if line is not None:
        axes.plot(*line, color="C1", linestyle="--", label=fit.summary())
    if fit.floor is not None and fit.floor > 0 and fit.law != "constant":
        axes.axhline(fit.floor, color="C3", linewidth=0.8, linestyle=":", label=f"floor {fit.floor:.3g}")
    if fit.window is not None:
        axes.axvspan(fit.window[0], fit.window[1], color="C0", alpha=0.06, label="part used")


def text_picture(k: Array, errors: Array, width: int = 72, height: int = 18) -> str:
    """The median run in characters, both axes logarithmic."""
    middle = np.nanmedian(errors, axis=0)
    ok = np.isfinite(middle) & (middle > 0)
    if ok.sum() < 2:
        return "(nothing positive to draw)"
    x, y = np.log10(k[ok]), np.log10(middle[ok])
    column = np.round((x - x[0]) / max(float(np.ptp(x)), 1e-12) * (width - 1)).astype(int)
    row = np.round((y.max() - y) / max(float(np.ptp(y)), 1e-12) * (height - 1)).astype(int)
    canvas = [[" "] * width for _ in range(height)]
    for c, r in zip(column, row, strict=True):
        canvas[r][c] = MARKS[1] if canvas[r][c] != " " else MARKS[0]
    edges = {0: f"{10 ** y.max():.1e}", height - 1: f"{10 ** y.min():.1e}"}
    lines = [f"{edges.get(i, ''):>9} |{''.join(line).rstrip()}" for i, line in enumerate(canvas)]
    foot = f"{k[ok][0]:g}".ljust(width - 8) + f"{k[ok][-1]:g}"
    return "\n".join([*lines, f"{'':>9} +{'-' * width}", f"{'':>11}{foot}"])
