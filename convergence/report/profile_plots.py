"""Pictures of functions of one variable, in the style of the other plots but on linear axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from convergence.report.plots import CLAIMED, FLOOR, MEDIAN, picture
from convergence.report.profiles import Mark, Profile

_ASPECT = 2.3  # width of the plotted part by its height
_TANGENT = 0.05  # half the length of a tangent, as a part of the width
_NEAR = 0.03  # marks closer than this part of the width share one name


def profile_to_svg(profile: Profile, key: str, title: str) -> str:
    """The function as one ``<svg>`` element; its vertical axis is f(x) - f*.

    Args:
        key: makes identifiers unique in the page; letters, digits and ``-``.
        title: what the picture shows, for readers who cannot see it.
    """
    return picture(lambda axes: _draw(axes, profile), "x", key, title)


def _draw(axes: Axes, profile: Profile) -> None:
    low, high, top = _frame(profile)
    axes.set_xlim(low, high)
    axes.set_ylim(-0.08 * top, 1.12 * top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}".replace("-", "−")))
    places = [mark.place for mark in profile.marks]
    if profile.curve:
        axes.plot(*zip(*profile.curve, strict=True), color=MEDIAN, linewidth=1.8, zorder=3)
    for mark in profile.marks:
        _tangent(axes, mark, high - low, 1.2 * top)
    axes.plot(*zip(*places, strict=True), "o", markersize=5.5, color=CLAIMED, zorder=5)
    if profile.minimiser is not None:
        axes.plot([profile.minimiser], [0], "D", markersize=5, fillstyle="none", color=FLOOR, zorder=4)
    _name(axes, profile.marks, high - low, 1.2 * top)


def _frame(profile: Profile) -> tuple[float, float, float]:
    """Left and right end and the largest height; never empty."""
    points = [*profile.curve, *(mark.place for mark in profile.marks)]
    places = [x for x, _ in points] + ([] if profile.minimiser is None else [profile.minimiser])
    low, high = min(places), max(places)
    margin = 0 if profile.curve else (0.12 * (high - low) or 1.0)
    return low - margin, high + margin, max(y for _, y in points) or 1.0


def _tangent(axes: Axes, mark: Mark, width: float, height: float) -> None:
    """A short line through the mark, of the same length on paper for every slope."""
    if mark.slope is None:
        return
    (x, y), slope = mark.place, float(mark.slope)
    half = _TANGENT * width / hypot(1, slope * width / height / _ASPECT)
    axes.plot([x - half, x + half], [y - half * slope, y + half * slope], color=MEDIAN, linewidth=1.8, zorder=3)


def _name(axes: Axes, marks: Sequence[Mark], width: float, height: float) -> None:
    """The marks' names above them, except where an earlier one is too near."""
    named: list[tuple[float, float]] = []
    for mark in marks:
        x, y = mark.place
        if all(hypot((x - a) / width, (y - b) / height / _ASPECT) >= _NEAR for a, b in named):
            named.append((x, y))
            axes.annotate(mark.name, (x, y), xytext=(0, 7), textcoords="offset points", ha="center")
