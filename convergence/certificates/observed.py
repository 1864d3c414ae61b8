"""Functions through the points of a run whose steps are not rational: gradients and values are given, points follow.

An instance whose triples have no ``x`` first tells gradient and value at each query, in order; then at other points,
which ``"at"`` names: 0 is the start, n the output of step n. The method itself visits the points, as balls, and every
two of them must surely satisfy the conditions of the class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flint import fmpq
from sympy import Symbol

from convergence.certificates.interpolation import Interpolated, through, vector
from convergence.certificates.iteration import Method, Point, evaluator, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A function with the start, the outputs, and every point that the run visits."""

    function: Interpolated
    points: tuple[Point, ...]
    visited: tuple[Point, ...]


def is_observed(table: Any) -> bool:
    """Whether an instance leaves its points to the run."""
    return isinstance(table, Mapping) and "triples" in table and all("x" not in row for row in table["triples"])


def observed(
    method: Method,
    table: Mapping[str, Any],
    start: Point,
    values: Mapping[Symbol, fmpq],
    steps: int,
    precision: int,
    errors: Sequence[Point],
) -> Observed:
    """The function of a table along the run of `steps` steps; `errors` are added to the gradients.

    Raises:
        CertificateRejected: if no function of the class surely passes through the points.
    """
    slopes = [vector(row["g"]) for row in table["triples"]]
    answers = [tuple(map(sum, zip(g, e, strict=True))) for g, e in zip(slopes, errors, strict=False)] or slopes
    moments = list(islice(run(method, lambda step, _: answers[step - 1], start, values, evaluator(precision)), steps))
    places = [moment.query for moment in moments]
    points = (start, *(moment.output for moment in moments))
    places += [points[int(row["at"])] for row in table["triples"][steps:]]
    return Observed(
        function=through(places, table),
        points=points,
        visited=(*places, *points, *(moment.theta for moment in moments)),
    )
