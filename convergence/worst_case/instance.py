"""From a linear run to the hardest value over a class, and to a rational instance that exceeds a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from flint import fmpq
from sympy import Symbol

from convergence.certificates.iteration import Method, evaluator, run
from convergence.worst_case.linear import Coefficients, Run
from convergence.worst_case.program import (
    Array,
    FunctionClass,
    Node,
    Solution,
    Term,
    inner,
    interpolation,
    maximise,
    most_slack,
    value,
)

DENOMINATORS = (4, 10, 100, 1_000, 10_000, 10**6, 10**9, 10**13)
"""What the vectors of a proposal are rounded to, coarsest first, so that a reader can redo the instance."""

_RANK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How far the start may be: ``|x_0 - x*| <= distance`` or ``f(x_0) - f* <= gap``; None does not limit."""

    distance: float | None = None
    gap: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A run over a class of functions, with what is measured after it.

    Attributes:
        measure: ``gap``, ``squared_distance`` or ``squared_gradient_norm`` of the output.
        expected: the measure's rough size; the program is scaled so that its answer is near 1.
    """

    run: Run
    family: FunctionClass
    start: Start
    measure: str
    expected: float = 1.0


def hardest(setting: Setting) -> float | None:
    """The largest value of the measure over the class as the solver reports it; None if it finds no finite one."""
    layout = _layout(setting)
    found = maximise(layout.goal, layout.conditions)
    return None if found is None else found.optimum * setting.expected


def proposals(
    setting: Setting, target: float, method: Method, values: Mapping[Symbol, fmpq]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Rational instances whose measure is meant to exceed `target`, with their starts, in ever finer rounding.

    Every condition is given as much slack as possible, so that rounding keeps it true; the exact checker decides.
    """
    layout = _layout(setting)
    beyond = replace(layout.goal, constant=-target / setting.expected)
    found = most_slack([*layout.conditions, beyond], [*layout.weights, 0.0])
    if found is not None:
        yield from (_rounded(found, setting, method, values, denominator) for denominator in DENOMINATORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    conditions: tuple[Term, ...]
    weights: tuple[float, ...]
    goal: Term


def _layout(setting: Setting) -> _Layout:
    """Points: the queries, the start if its value is limited, and the output if its value is measured."""
    places = [*setting.run.queries]
    if setting.start.gap is not None and setting.run.start not in places:
        places.append(setting.run.start)
    if setting.measure != "squared_distance" and setting.run.output not in places:
        places.append(setting.run.output)
    basis = len(setting.run.queries) + 1 + (len(places) - len(setting.run.queries))
    count = len(places)
    nodes = tuple(Node(_embedded(x, basis), _unit(index + 1, basis), index) for index, x in enumerate(places))
    star = Node(np.zeros(basis), np.zeros(basis), None)
    conditions = interpolation([*nodes, star], setting.family, count, basis)
    weights = [1.0] * len(conditions)
    limits = _limits(setting, nodes, places, count, basis)
    return _Layout(
        conditions=(*conditions, *limits),
        weights=(*weights, *([1.0] * len(limits))),
        goal=_goal(setting, nodes, places, count, basis),
    )


def _limits(
    setting: Setting, nodes: Sequence[Node], places: Sequence[Coefficients], count: int, basis: int
) -> list[Term]:
    found = []
    if setting.start.distance is not None:
        x0 = _embedded(setting.run.start, basis)
        found.append(replace(inner(x0, x0, count).times(-1), constant=setting.start.distance**2 / setting.expected))
    if setting.start.gap is not None:
        node = nodes[places.index(setting.run.start)]
        found.append(replace(value(node, count, basis).times(-1), constant=setting.start.gap / setting.expected))
    if setting.family.lipschitz is not None:
        bound = setting.family.lipschitz**2 / setting.expected
        found += [replace(inner(node.g, node.g, count).times(-1), constant=bound) for node in nodes]
    return found


def _goal(setting: Setting, nodes: Sequence[Node], places: Sequence[Coefficients], count: int, basis: int) -> Term:
    if setting.measure == "squared_distance":
        x = _embedded(setting.run.output, basis)
        return inner(x, x, count)
    node = nodes[places.index(setting.run.output)]
    return value(node, count, basis) if setting.measure == "gap" else inner(node.g, node.g, count)


def _embedded(coefficients: Coefficients, basis: int) -> Array:
    vector = np.zeros(basis)
    vector[: len(coefficients)] = [float(Fraction(int(c.p), int(c.q))) for c in coefficients]
    return vector


def _unit(place: int, basis: int) -> Array:
    vector = np.zeros(basis)
    vector[place] = 1.0
    return vector


# --- rounding


def _rounded(
    found: Solution, setting: Setting, method: Method, values: Mapping[Symbol, fmpq], denominator: int
) -> tuple[dict[str, Any], list[str]]:
    """Vectors from the Gram matrix, rounded; the points are then recomputed exactly by the method itself."""
    vectors = _vectors(found.gram * setting.expected)
    start = tuple(_rational(entry, denominator) for entry in vectors[:, 0])
    gradients = [tuple(_rational(entry, denominator) for entry in column) for column in vectors.T[1:]]
    steps = len(setting.run.queries)
    moments = list(islice(run(method, lambda step, _: gradients[step - 1], start, values, evaluator(0)), steps))
    points = [moment.query for moment in moments]
    others = [start] if setting.start.gap is not None and setting.run.start not in setting.run.queries else []
    others += [moments[-1].output] if len(points) + len(others) < len(gradients) else []
    triples = [
        {"x": _texts(x), "g": _texts(g), "f": str(_rational(f, denominator))}
        for x, g, f in zip([*points, *others], gradients, found.values * setting.expected, strict=True)
    ]
    return {"triples": triples}, _texts(start)


def _vectors(gram: Array) -> Array:
    """Columns whose inner products are the Gram matrix, in as few dimensions as its rank."""
    eigenvalues, eigenvectors = np.linalg.eigh(gram)
    kept = eigenvalues > _RANK * max(eigenvalues.max(), 1e-300)
    return np.sqrt(eigenvalues[kept])[:, None] * eigenvectors[:, kept].T


def _rational(entry: float, denominator: int) -> fmpq:
    return fmpq(round(entry * denominator), denominator)


def _texts(point: Sequence[fmpq]) -> list[str]:
    return [str(entry) for entry in point]
