"""Log-log plots as inline SVG: the same audit gives the same bytes, and colours follow the page's light or dark style.

Matplotlib draws with stand-in colours, which become the page's CSS variables; identifiers are made unique to the plot.
"""

from __future__ import annotations

import re
from html import escape
from io import StringIO
from math import ceil, floor, log10
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from convergence.report.curves import Curve, Plot

INK, FAINT, RUN, MEDIAN, CLAIMED, FITTED, FLOOR, SHADE, PAPER = (f"#0102{i:02x}" for i in range(1, 10))
_VARIABLES = {
    INK: "--ink",
    FAINT: "--line",
    RUN: "--plot-run",
    MEDIAN: "--plot-median",
    CLAIMED: "--plot-claimed",
    FITTED: "--plot-fitted",
    FLOOR: "--plot-floor",
    SHADE: "--plot-shade",
    PAPER: "--paper",
}

_STYLES: dict[str, dict[str, Any]] = {
    "run": {"color": RUN, "linewidth": 0.7, "alpha": 0.55, "zorder": 2},
    "median": {"color": MEDIAN, "linewidth": 2.0, "zorder": 4},
    "claimed": {"color": CLAIMED, "linewidth": 1.8, "linestyle": (0, (6, 3)), "zorder": 5},
    "fitted": {"color": FITTED, "linewidth": 1.8, "linestyle": (0, (1.5, 1.5)), "zorder": 6},
}
_WORDS = {"median": "median of the seeds", "floor": "noise floor"}
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "convergence", "path.simplify": True, "font.size": 10}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def to_svg(plot: Plot, key: str, title: str, measure: str) -> str:
    """The plot as one ``<svg>`` element.

    Args:
        key: makes identifiers unique in the page; letters, digits and ``-``.
        title: what the picture shows, for readers who cannot see it.
        measure: the name of the vertical axis.
    """
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 3.5), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        _draw(axes, plot)
        _scale(axes, plot)
        _label(axes, measure)
        sink = StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _inlined(sink.getvalue(), key, title)


def _draw(axes: Axes, plot: Plot) -> None:
    if part := plot.fitted_part:
        axes.axvspan(*part, color=SHADE, linewidth=0, zorder=0, label="part used for the fit")
    seen: set[str] = set()
    for curve in plot.curves:
        label = None if curve.role == "run" and "run" in seen else _words(curve, plot)
        seen.add(curve.role)
        if curve.role == "floor":
            axes.axhline(curve.points[0][1], color=FLOOR, linewidth=1.2, linestyle=(0, (8, 2, 1, 2)), label=label)
        else:
            axes.plot(*zip(*curve.points, strict=True), label=label, **_STYLES.get(curve.role, _STYLES["median"]))


def _words(curve: Curve, plot: Plot) -> str:
    if curve.role == "run":
        count = len(plot.role("run")) + plot.hidden
        return f"{count} seeds" + (f" ({plot.hidden} not drawn)" if plot.hidden else "") if count > 1 else "one seed"
    label = curve.label.replace("$", "")  # a dollar would start matplotlib's own mathematics
    word = _WORDS.get(curve.role, curve.role)
    return word if not label or label == curve.role else (label if word.split()[0] in label else f"{word}: {label}")


def _scale(axes: Axes, plot: Plot) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    points = [point for curve in plot.curves if curve.role in ("run", "median") for point in curve.points]
    steps, values = [x for x, _ in points], [y for _, y in points]
    others = [y for curve in plot.curves for _, y in curve.points]
    low, high = log10(min(values)), log10(max(values))
    margin = 0.08 * max(high - low, 1)
    # a claimed line may leave the picture, by at most as much as the runs span
    bottom = max(log10(min(others)), low - max(high - low, 1)) - margin
    top = min(log10(max(others)), high + max(high - low, 1)) + margin
    axes.set_ylim(10**bottom, 10**top)
    left, right = min(steps), max(steps)
    axes.set_xlim(left, right if right > left else 10 * left)
    for axis, (start, end) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_major_locator(FixedLocator(_ticks(start, end)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_ten(value)))


def _ticks(start: float, end: float) -> list[float]:
    """Powers of ten inside a range, at most eight; the ends of a range that holds fewer than two."""
    first, last = ceil(log10(start) - 1e-9), floor(log10(end) + 1e-9)
    stride = max(1, -(-(last - first + 1) // 8))
    powers = [10.0**power for power in range(first, last + 1, stride)]
    return powers if len(powers) >= 2 else sorted({start, end, *powers})


def _power_of_ten(value: float) -> str:
    power = round(log10(value))
    exact = abs(log10(value) - power) < 1e-9
    if not exact:
        return f"{value:.3g}"
    return str(10**power) if power in (0, 1) else f"10{str(power).translate(_SUPERSCRIPTS)}"


def _label(axes: Axes, measure: str) -> None:
    axes.set_xlabel("step k", color=INK)
    axes.set_ylabel(measure.replace("$", ""), color=INK)
    axes.grid(True, color=FAINT, linewidth=0.6, zorder=1)
    axes.tick_params(colors=INK, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(INK)
    legend = axes.legend(loc="upper left", bbox_to_anchor=(0, -0.2), ncols=2, frameon=False, labelcolor=INK, fontsize=9)
    legend.set_in_layout(True)


def _inlined(svg: str, key: str, title: str) -> str:
    """Matplotlib's file as an element of a page: no prolog or metadata, no names that clash, colours by variables."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<defs>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;\"]*; | transform=\"rotate\(-0 [^\"]*\"", "", body)
    body = re.sub(r"\s(?:xmlns(?::\w+)?|version)=\"[^\"]*\"", "", body)
    body = body.replace("xlink:href", "href")
    box = re.search(r'viewBox="([^"]*)"', body)
    assert box is not None
    head = f'<svg viewBox="{box[1]}" role="img" aria-label="{escape(title)}">'
    body = head + body[body.index(">") + 1 :]
    body = _unique(body, key)
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    body = re.sub(r' (?:d|x|y|transform)="[^"]*"', _rounded, body)
    return re.sub(r"\s*\n\s*", " ", body).replace("> <", "><").strip()


def _rounded(attribute: re.Match[str]) -> str:
    """Coordinates to a tenth of a point; labels are no attributes and keep their digits."""
    return re.sub(r"(\d+\.\d)\d+", r"\1", attribute[0])


def _unique(body: str, key: str) -> str:
    """Keep the identifiers that are referred to, under names of this plot."""
    used = set(re.findall(r'(?:href="#|url\(#)([\w.-]+)', body))
    body = re.sub(r' id="([\w.-]+)"', lambda match: f' id="{key}-{match[1]}"' if match[1] in used else "", body)
    return re.sub(r'(href="#|url\(#)([\w.-]+)', rf"\1{key}-\2", body)
