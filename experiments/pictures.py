"""Curves over epochs, and the loss around a trained net."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from convergence.learning import Data, Ending
from convergence.learning.curvature import landscape
from convergence.learning.metrics import net_of
from convergence.learning.models import Model
from experiments.training import Tuned

SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "convergence"}
QUARTILES = (0.25, 0.5, 0.75)


def curves(found: Sequence[Tuned], path: Path, measure: str = "validation_loss") -> None:
    """The median over seeds, and the middle half, of a measure after each epoch."""
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
        for item in found:
            rows = [run.epochs[measure] for run in item.runs if run.ending is Ending.COMPLETED]
            if not rows:
                continue
            low, middle, high = np.quantile(np.stack(rows), QUARTILES, axis=0)
            epochs = np.arange(1, len(middle) + 1)
            (line,) = axes.plot(epochs, middle, label=item.contender.name)
            axes.fill_between(epochs, low, high, color=line.get_color(), alpha=0.15)
        axes.set(xlabel="epoch", ylabel=measure.replace("_", " "), yscale="log")
        axes.legend(fontsize="small")
        _save(figure, path)


def landscapes(found: Sequence[Tuned], model: Model, data: Data, path: Path, points: int = 15) -> None:
    """The training loss on a plane through one net of each method, directions normalised filter by filter."""
    usable = [item for item in found if item.runs[0].ending is Ending.COMPLETED]
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(3 * len(usable), 3), layout="constrained")
        for place, item in enumerate(usable, start=1):
            seen = landscape(net_of(model, item.runs[0]), data.train, points=points)
            axes = figure.add_subplot(1, len(usable), place)
            lines = axes.contour(seen.x, seen.y, np.log10(seen.loss + 1e-12), levels=12, linewidths=0.8)
            axes.clabel(lines, fontsize=6)
            axes.set(title=f"{item.contender.name} (log10 of the loss)", aspect="equal")
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasSVG(figure)
    figure.savefig(path, metadata={"Date": None})
