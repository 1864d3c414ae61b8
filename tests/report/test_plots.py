"""Plots: deterministic, small, in the page's own colours, with the numbers behind them."""

from __future__ import annotations

import re
from math import inf, nan
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_examples import power_law

from convergence.evidence import Series
from convergence.report.curves import Curve, Detail, Plot, legend, plot_of, table_rows, thinned
from convergence.report.plots import to_svg


def drawn(series: tuple[Series, ...], detail: Detail | None = None) -> Plot:
    plot = plot_of(series, detail or Detail())
    assert plot is not None
    return plot


def svg(plot: Plot, key: str = "p") -> str:
    return to_svg(plot, key, "a plot")


def test_the_same_plot_gives_the_same_bytes() -> None:
    assert svg(drawn(power_law(0.5))) == svg(drawn(power_law(0.5)))


def test_the_picture_is_one_element_in_the_pages_colours() -> None:
    picture = svg(drawn(power_law(0.5)))
    assert ElementTree.fromstring(picture).tag == "svg"
    assert "#0102" not in picture
    assert {"var(--ink)", "var(--plot-run)", "var(--plot-median)", "var(--plot-claimed)", "var(--plot-fitted)",
            "var(--plot-floor)", "var(--plot-shade)"} <= set(re.findall(r"var\([^)]*\)", picture))  # fmt: skip
    assert "<style" not in picture
    assert "http" not in picture
    assert "<metadata" not in picture
    assert len(picture) < 25_000


def test_legend_keeps_the_digits_of_the_fit() -> None:
    assert legend(drawn(power_law(0.5))) == [
        ("part", "part used for the fit"),
        ("run", "6 seeds"),
        ("median", "median of the seeds"),
        ("claimed", "claimed 1/k"),
        ("fitted", "fitted k^-0.50 [0.47, 0.53]"),
        ("floor", "noise floor"),
    ]


def test_identifiers_belong_to_the_plot() -> None:
    picture = svg(drawn(power_law(0.5)), "claim-7-0")
    identifiers = set(re.findall(r' id="([^"]*)"', picture))
    used = set(re.findall(r'(?:href="#|url\(#)([\w.-]+)', picture))
    assert identifiers == used
    assert all(name.startswith("claim-7-0-") for name in identifiers)


def test_a_title_is_text() -> None:
    picture = to_svg(drawn(power_law(0.5)), "p", '"><script>alert(1)</script>')
    assert ElementTree.fromstring(picture).get("aria-label") == '"><script>alert(1)</script>'
    assert "<script" not in picture


def test_points_without_logarithms_are_left_out() -> None:
    series = Series(role="median", steps=(0, 1, 2, 3, 4, 5), values=(1, 0, -1, nan, 0.5, 0.25), label="")
    assert drawn((series,)).curves[0].points == ((4.0, 0.5), (5.0, 0.25))
    assert plot_of((Series(role="run", steps=(1, 2), values=(0, inf), label=""),), Detail()) is None
    assert plot_of((), Detail()) is None


def test_only_so_many_runs_are_drawn_and_the_legend_says_so() -> None:
    plot = drawn(power_law(0.5, seeds=20), Detail(runs=5))
    assert (len(plot.role("run")), plot.hidden) == (5, 15)
    assert legend(plot)[1] == ("run", "20 seeds (15 not drawn)")


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=300, unique=True), st.integers(2, 50))
def test_thinning_keeps_both_ends_and_the_order(steps: list[int], most: int) -> None:
    points = tuple((float(step), 1.0 / step) for step in sorted(steps))
    kept = thinned(points, most)
    assert len(kept) <= most or len(kept) == len(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert list(kept) == sorted(set(kept))


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.floats(1, 1e9), st.floats(1e-300, 1e300)), min_size=2, max_size=6, unique_by=lambda p: p[0]),
)
def test_any_positive_points_can_be_drawn(points: list[tuple[float, float]]) -> None:
    steps, values = zip(*sorted(points), strict=True)
    ElementTree.fromstring(svg(drawn((Series(role="median", steps=steps, values=values, label=""),))))


def test_the_table_reads_lines_between_their_points() -> None:
    # the line through (1, 1) and (100, 1/100) is 1/k, so at k = 10 it is 1/10
    claimed = Curve("claimed", "claimed", ((1.0, 1.0), (100.0, 0.01)))
    assert claimed.at(10.0) == pytest.approx(0.1, rel=1e-12)
    assert claimed.at(101.0) is None
    assert claimed.at(0.5) is None
    median = Curve("median", "median", ((1.0, 2.0), (10.0, 1.0), (1000.0, 0.5)))
    head, rows = table_rows(Plot((median, claimed)), 8)
    assert head == ("k", "median", "claimed")
    assert rows == [("1", "2", "1"), ("10", "1", "0.1"), ("1000", "0.5", "")]


def test_more_plots_have_less_detail() -> None:
    sizes = [Detail.for_plots(count).points * Detail.for_plots(count).runs for count in (1, 50, 150)]
    assert sizes == sorted(sizes, reverse=True)
