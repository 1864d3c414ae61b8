"""Log-log plots as inline SVG: the same audit gives the same bytes, and colours follow the page's light or dark style.

Matplotlib draws with stand-in colours, which become the page's CSS variables; identifiers are made unique to the plot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from io import StringIO
from math import ceil, floor, log10
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

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
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "convergence", "path.simplify": True, "font.size": 11}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def to_svg(plot: Plot, key: str, title: str) -> str:
    """The plot as one ``<svg>`` element; its legend and the name of its vertical axis stand beside it in the page.

    Args:
        key: makes identifiers unique in the page; letters, digits and ``-``.
        title: what the picture shows, for readers who cannot see it.
    """

    def draw(axes: Axes) -> None:
        _draw(axes, plot)
        _scale(axes, plot)

    return picture(draw, "step k", key, title)


def picture(draw: Callable[[Axes], None], horizontal: str, key: str, title: str) -> str:
    """One ``<svg>`` element of what `draw` puts on empty axes, in the colours of this module.

    Args:
        draw: curves, limits and ticks.
        horizontal: the name of the horizontal axis.
        key: makes identifiers unique in the page; letters, digits and ``-``.
        title: what the picture shows, for readers who cannot see it.
    """
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 3.2))
        FigureCanvasSVG(figure)
        figure.subplots_adjust(left=0.105, right=0.965, bottom=0.15, top=0.975)
        axes = figure.add_subplot()
        draw(axes)
        _label(axes, horizontal)
        sink = StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _inlined(sink.getvalue(), key, title)


def _draw(axes: Axes, plot: Plot) -> None:
    """Logarithms on plain axes, so that values near the ends of floating point can be drawn too."""
    if part := plot.fitted_part:
        axes.axvspan(log10(part[0]), log10(part[1]), color=SHADE, linewidth=0, zorder=0)
    for curve in plot.curves:
        steps, values = _logarithms(curve)
        if curve.role == "floor":
            axes.axhline(values[0], color=FLOOR, linewidth=1.2, linestyle=(0, (8, 2, 1, 2)))
        else:
            axes.plot(steps, values, **_STYLES.get(curve.role, _STYLES["median"]))


def _logarithms(curve: Curve) -> tuple[list[float], list[float]]:
    return [log10(x) for x, _ in curve.points], [log10(y) for _, y in curve.points]


def _scale(axes: Axes, plot: Plot) -> None:
    steps, values = _spread([curve for curve in plot.curves if curve.role in ("run", "median")])
    _, all_values = _spread(plot.curves)
    low, high = min(values), max(values)
    span = max(high - low, 1)
    beyond = max(0.3 * span, 2)  # a claimed line that goes further leaves the picture
    bottom, top = max(min(all_values), low - beyond) - 0.08 * span, min(max(all_values), high + beyond) + 0.08 * span
    axes.set_ylim(bottom, top)
    axes.set_xlim(min(steps), max(steps) if max(steps) > min(steps) else min(steps) + 1)
    for axis, (start, end) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_major_locator(FixedLocator(_ticks(start, end)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_ten(value)))


def _spread(curves: Iterable[Curve]) -> tuple[list[float], list[float]]:
    pairs = [_logarithms(curve) for curve in curves]
    return [x for steps, _ in pairs for x in steps], [y for _, values in pairs for y in values]


def _ticks(start: float, end: float) -> list[float]:
    """Whole powers inside a range, evenly, at most eight; the ends of a range that holds fewer than two."""
    first, last = ceil(start - 1e-9), floor(end + 1e-9)
    stride = next((stride for stride in (1, 2, 5, 10, 20, 50) if last - first <= 7 * stride), 100)
    powers = [float(power) for power in range(first, last + 1) if power % stride == 0]
    return powers if len(powers) >= 2 else sorted({start, end, *powers})


def _power_of_ten(power: float) -> str:
    whole = round(power)
    if abs(power - whole) > 1e-9:
        return f"{10**power:.3g}" if abs(power) < 300 else ""
    return str(10**whole) if whole in (0, 1) else f"10{str(whole).translate(_SUPERSCRIPTS)}"


def _label(axes: Axes, horizontal: str) -> None:
    axes.set_xlabel(horizontal, color=INK)
    axes.grid(True, color=FAINT, linewidth=0.6, zorder=1)
    axes.tick_params(colors=INK, length=0, pad=5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(INK)


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
    return _short(body)


def _short(body: str) -> str:
    """Without what the page's style says once for all plots, and without groups, which carry nothing here."""
    for style in ("font-size: 11px; ", "; fill: var(--ink)", "fill: none; ", "; stroke-linecap: square"):
        body = body.replace(style, "")
    body = re.sub(r' clip-path="[^"]*" style="stroke: var\(--line\)[^"]*"', ' class="grid"', body)
    body = re.sub(r'<path d="[^"]*" style="fill: none"/>|</?g(?: clip-path="[^"]*")? */?>|<defs>\s*</defs>', "", body)
    return re.sub(r"\s+", " ", body).replace("> <", "><").replace(' "', '"').strip()


def _rounded(attribute: re.Match[str]) -> str:
    """Coordinates to a tenth of a point; labels are no attributes and keep their digits."""
    return re.sub(r"(\d+\.\d)\d+", r"\1", attribute[0])


def _unique(body: str, key: str) -> str:
    """Keep the identifiers that are referred to, under names of this plot."""
    used = set(re.findall(r'(?:href="#|url\(#)([\w.-]+)', body))
    body = re.sub(r' id="([\w.-]+)"', lambda match: f' id="{key}-{match[1]}"' if match[1] in used else "", body)
    return re.sub(r'(href="#|url\(#)([\w.-]+)', rf"\1{key}-\2", body)
