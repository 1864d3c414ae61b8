"""What a log-log plot and the table behind it show: points with logarithms, thinned so that pages stay small."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log10

from convergence.evidence import Series

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of each plot is drawn: points on a curve, runs, rows of the table."""

    points: int = 80
    runs: int = 12
    rows: int = 12

    @classmethod
    def for_plots(cls, count: int) -> Detail:
        """Less detail for more plots, so that a report of any size can be mailed."""
        if count <= 20:
            return cls()
        return cls(points=40, runs=8, rows=8) if count <= 80 else cls(points=20, runs=4, rows=5)


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: its role, its label and its points in order of steps."""

    role: str
    label: str
    points: tuple[Point, ...]

    def at(self, step: float) -> float | None:
        """The value at a step, on the straight line of the plot between its neighbours; None outside the curve."""
        steps = [x for x, _ in self.points]
        place = bisect_left(steps, step)
        if place == len(steps) or (place == 0 and steps[0] != step):
            return None
        if steps[place] == step:
            return self.points[place][1]
        (x0, y0), (x1, y1) = self.points[place - 1 : place + 1]
        return float(10 ** (log10(y0) + log10(y1 / y0) * log10(step / x0) / log10(x1 / x0)))


@dataclass(frozen=True, slots=True)
class Plot:
    """The curves of one piece of evidence; `hidden` runs are not drawn."""

    curves: tuple[Curve, ...]
    hidden: int = 0

    def role(self, role: str) -> tuple[Curve, ...]:
        """The curves of one role."""
        return tuple(curve for curve in self.curves if curve.role == role)

    @property
    def fitted_part(self) -> tuple[float, float] | None:
        """The steps between which the fit was made."""
        steps = [x for curve in self.role("fitted") for x, _ in curve.points]
        return (min(steps), max(steps)) if steps and min(steps) < max(steps) else None


def plot_of(series: Sequence[Series], detail: Detail) -> Plot | None:
    """What is to be drawn; None if no run or median has two points that logarithms can take."""
    curves = [Curve(each.role, each.label, thinned(_positive(each), detail.points)) for each in series]
    curves = [curve for curve in curves if len(curve.points) >= 2 or (curve.role == "floor" and curve.points)]
    if not any(curve.role in ("run", "median") for curve in curves):
        return None
    runs = [curve for curve in curves if curve.role == "run"]
    kept = {id(curve) for curve in runs[: detail.runs]}
    shown = tuple(curve for curve in curves if curve.role != "run" or id(curve) in kept)
    return Plot(shown, hidden=len(runs) - len(kept))


def _positive(series: Series) -> tuple[Point, ...]:
    pairs = zip(map(float, series.steps), map(float, series.values), strict=False)
    return tuple(sorted((x, y) for x, y in pairs if x > 0 and y > 0 and isfinite(x) and isfinite(y)))


def thinned(points: tuple[Point, ...], most: int) -> tuple[Point, ...]:
    """At most that many points, spread evenly over the logarithm of the step; both ends stay."""
    if len(points) <= most:
        return points
    low, high = log10(points[0][0]), log10(points[-1][0])
    steps = [x for x, _ in points]
    wanted = [low + (high - low) * i / (most - 1) for i in range(most)]
    places = {min(bisect_left(steps, 10**x * (1 - 1e-12)), len(points) - 1) for x in wanted}
    return tuple(points[place] for place in sorted(places | {0, len(points) - 1}))[:most]


def legend(plot: Plot) -> list[tuple[str, str]]:
    """What each kind of line in a plot is, as (role, words); the shaded part of the fit has the role ``part``."""
    words = [("part", "part used for the fit")] if plot.fitted_part else []
    if runs := plot.role("run"):
        hidden = f" ({plot.hidden} not drawn)" if plot.hidden else ""
        count = len(runs) + plot.hidden
        words.append(("run", f"{count} seeds{hidden}" if count > 1 else runs[0].label or "one seed"))
    return words + [(curve.role, _legend_words(curve)) for curve in plot.curves if curve.role != "run"]


_WORDS = {"median": "median of the seeds", "floor": "noise floor"}


def _legend_words(curve: Curve) -> str:
    word = _WORDS.get(curve.role, curve.role)
    if not curve.label or curve.label == curve.role:
        return word
    return curve.label if word.split()[0] in curve.label else f"{word}: {curve.label}"


def table_rows(plot: Plot, rows: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head and rows of the table behind a plot: steps against median, fit, claim and the spread of the runs."""
    runs = plot.role("run")
    lines = [curve for curve in plot.curves if curve.role != "run"]
    base = next(iter((*plot.role("median"), *runs)))
    head = ("k", *(curve.label or curve.role for curve in lines), *(("runs, least", "runs, largest") if runs else ()))
    body = []
    for step, _ in thinned(base.points, rows):
        values = [curve.points[0][1] if curve.role == "floor" else curve.at(step) for curve in lines]
        seen = [value for value in (curve.at(step) for curve in runs) if value is not None]
        ends = [min(seen, default=None), max(seen, default=None)] if runs else []
        body.append((_number(step), *map(_number, values), *map(_number, ends)))
    return head, body


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
