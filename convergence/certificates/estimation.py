"""Performance estimation: a run of a linear method on an unknown function of a class, as finitely many conditions.

Unknown are the start (relative to the minimiser), the gradients at the points of the run, and the values there, as
differences to the infimum. Every function of the class satisfies the conditions; the inner products enter linearly.

Conditions between two points: ``f_i >= f_j + <g_j, dx> + (|dg|^2/L + mu |dx|^2 - 2 mu/L <dg, dx>)/(2 (1 - mu/L))`` with
dx = x_i - x_j, dg = g_i - g_j; without smoothness, the last term is ``mu/2 |dx|^2``; mu = -L without convexity.
The minimiser is the point with x = g = f = 0. Without one, ``f_i >= |g_i|^2/(2 L)`` says that nothing lies below the
infimum: a step of length 1/L along the gradient falls by so much.

Source: Taylor, Hendrickx, Glineur (2017), "Smooth strongly convex interpolation and exact worst-case performance of
first-order methods", Theorem 4; for mu = -L the same with f + L/2 |x|^2 in place of f.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from flint import fmpq
from sympy import Symbol

from convergence.certificates import exact
from convergence.certificates.document import hypotheses_by_name
from convergence.certificates.iteration import STEP, Method
from convergence.certificates.linear import Run, Vector, unit, unrolled
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

Values = Mapping[Symbol, fmpq]

ZERO = fmpq(0)

POWERS: Mapping[str, int] = {
    "gap": 1,
    "best_gap": 1,
    "average_iterate_gap": 1,
    "distance": 2,
    "squared_distance": 1,
    "gradient_norm": 2,
    "squared_gradient_norm": 1,
    "best_squared_gradient_norm": 1,
    "average_squared_gradient_norm": 1,
}
"""The measures that are linear in values and inner products, with the power of the measure that is."""

UNDERSTOOD = frozenset(
    {"convex", "strongly_convex", "smooth", "lipschitz", "quadratic", "polyak_lojasiewicz", "bounded_below"}
    | {"initial_distance", "initial_gap", "bounded_gradients", "gradient_error", "deterministic"}
)
"""Hypotheses under which a run is that of the method as written, with exact gradients or errors of a given size."""


_BOUNDED = frozenset({"initial_distance", "initial_gap", "bounded_below", "strongly_convex", "polyak_lojasiewicz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionClass:
    """What the hypotheses say about the function and the oracle, in numbers; None says nothing.

    Attributes:
        strong_convexity: mu >= 0; -L for functions that are smooth but need not be convex.
        smoothness: L.
        lipschitz: a bound on every gradient.
        answers: a bound on every answer of the oracle.
        dominance: m in ``|grad f|^2 >= 2 m (f - f*)``.
        distance, gap: how far the start may be, in x and in f.
        has_minimiser: whether a minimiser exists.
    """

    strong_convexity: fmpq
    smoothness: fmpq | None
    lipschitz: fmpq | None = None
    answers: fmpq | None = None
    dominance: fmpq | None = None
    distance: fmpq | None = None
    gap: fmpq | None = None
    has_minimiser: bool = True


def function_class(claim: Mapping[str, Any], values: Values) -> FunctionClass:
    """The class of a claim at given values of its symbols.

    Raises:
        CertificateRejected: if a hypothesis changes the setting, or the class has no known conditions.
    """
    named = hypotheses_by_name(claim)
    if unknown := set(named) - UNDERSTOOD:
        raise CertificateRejected(f"no conditions are known for {', '.join(sorted(unknown))}")
    constants = {
        name: exact.rational(arguments[0], values)
        for name, arguments in named.items()
        if arguments and name != "gradient_error"
    }
    if not named.keys() & _BOUNDED:
        raise CertificateRejected("nothing says that the function is bounded below")
    if any(value < 0 for value in constants.values()):
        raise CertificateRejected("expected constants of hypotheses that are not negative")
    L = constants.get("smooth")
    mu = constants.get("strongly_convex", fmpq(0))
    if not named.keys() & {"convex", "strongly_convex"}:
        if L is None:
            raise CertificateRejected("expected a function that is convex or smooth")
        mu = -L
    if L is not None and not (L > 0 and mu < L):
        raise CertificateRejected("expected 0 <= strong convexity < smoothness")
    return FunctionClass(
        strong_convexity=mu,
        smoothness=L,
        lipschitz=constants.get("lipschitz"),
        answers=constants.get("bounded_gradients"),
        dominance=constants.get("polyak_lojasiewicz"),
        distance=constants.get("initial_distance"),
        gap=constants.get("initial_gap"),
        has_minimiser="initial_distance" in named or mu > 0,
    )


def errors(claim: Mapping[str, Any], values: Values, steps: int) -> tuple[fmpq, ...] | None:
    """The largest error of the gradient in each step, or None if the oracle is exact."""
    named = hypotheses_by_name(claim)
    if "gradient_error" not in named:
        return None
    size = named["gradient_error"][0]
    found = [exact.rational(size, {**values, COUNTERS["k"]: fmpq(t), STEP: fmpq(t)}) for t in range(1, steps + 1)]
    if any(value < 0 for value in found):
        raise CertificateRejected("expected errors that are not negative")
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """``constant + sum of c f_i + sum of w |v|^2`` over values f_i and vectors v in the span of the basis."""

    constant: fmpq = ZERO
    values: tuple[tuple[int, fmpq], ...] = ()
    squares: tuple[tuple[fmpq, Vector], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A point of the run: coefficients of the point and of the gradient there."""

    x: Vector
    g: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The conditions on a run, and what is measured after it.

    Attributes:
        run: the points over the start and the oracle's answers alone.
        nodes: the queries, then every other point whose value or gradient matters; last the minimiser, if there is one.
        count: how many of the nodes have an unknown value: all but the minimiser.
        conditions: forms that are at least 0, besides the conditions between every two nodes.
        readings: what the measure may mean; in each reading it is the least of the forms.
    """

    run: Run
    nodes: tuple[Node, ...]
    count: int
    family: FunctionClass
    conditions: tuple[Form, ...]
    readings: tuple[tuple[Form, ...], ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Every two nodes, in both orders."""
        return list(permutations(range(len(self.nodes)), 2))

    @property
    def basis(self) -> int:
        """The number of unknown vectors."""
        return len(self.nodes[0].x)


def program(
    claim: Mapping[str, Any], method: Method, family: FunctionClass, values: Values, steps: int, precision: int = 0
) -> Program:
    """The program of a claim after `steps` steps; with a `precision`, one near it that proves nothing.

    Raises:
        CertificateRejected: if the measure is no such form, or an exact coefficient is not rational.
    """
    run = unrolled(method, values, steps, precision)
    slack = errors(claim, values, steps)
    measure = claim.get("measure", "")
    points = _points(measure, run, family)
    extra = tuple(dict.fromkeys(point for point in points if point not in run.queries))
    size = steps + 1 + len(extra) + (0 if slack is None else steps)
    queries = [_query(run, step, slack, size) for step in range(1, steps + 1)]
    others = [Node(x=_long(x, size), g=unit(steps + 1 + place, size)) for place, x in enumerate(extra)]
    nodes = (*queries, *others)
    places = {point: place for place, point in reversed(list(enumerate((*run.queries, *extra))))}
    readings = _readings(measure, run, nodes, places, size)
    conditions = (
        *_of_start(family, run, places, size),
        *_of_class(family, nodes),
        *_of_oracle(family, slack, steps, size),
    )
    zero = (fmpq(0),) * size
    star = (Node(x=zero, g=zero),) if family.has_minimiser else ()
    return Program(
        run=run,
        nodes=(*nodes, *star),
        count=len(nodes),
        family=family,
        conditions=conditions,
        readings=readings,
    )


def _query(run: Run, step: int, slack: Sequence[fmpq] | None, size: int) -> Node:
    """The answer of the oracle is a vector of the basis; the gradient is that without the error, another one."""
    answer = unit(step, size)
    if slack is not None:
        error = unit(size - len(slack) + step - 1, size)
        answer = tuple(a - e for a, e in zip(answer, error, strict=True))
    return Node(x=_long(run.queries[step - 1], size), g=answer)


def _long(vector: Vector, size: int) -> Vector:
    return (*vector, *(fmpq(0),) * (size - len(vector)))


# --- what is measured


def _windows(points: Sequence[Vector]) -> tuple[Sequence[Vector], ...]:
    """Without the start, without the last output, and with both."""
    return (points[1:], points[:-1], points)


def _mean(window: Sequence[Vector]) -> Vector:
    return tuple(sum(column, start=fmpq(0)) / len(window) for column in zip(*window, strict=True))


def _points(measure: str, run: Run, family: FunctionClass) -> list[Vector]:
    """Points whose value or gradient the measure or the hypothesis on the start needs."""
    visited = [run.start, *run.outputs]
    if measure not in POWERS:
        raise CertificateRejected(f"{measure} is not linear in values and inner products")
    if "distance" in measure and not family.has_minimiser:
        raise CertificateRejected("a distance needs a minimiser")
    if "gradient" in measure and family.smoothness is None:
        raise CertificateRejected("a gradient norm needs a smooth class")
    if "distance" in measure:
        needed = []
    elif measure == "average_iterate_gap":
        needed = [_mean(window) for window in _windows(visited)]
    else:
        needed = visited if measure.startswith(("best", "average")) else visited[-1:]
    return [*needed, run.start] if family.gap is not None else needed


def _readings(
    measure: str, run: Run, nodes: Sequence[Node], places: Mapping[Vector, int], size: int
) -> tuple[tuple[Form, ...], ...]:
    visited = [run.start, *run.outputs]

    def value(point: Vector) -> Form:
        return Form(values=((places[point], fmpq(1)),))

    def slopes(window: Iterable[Vector]) -> Form:
        square = [nodes[places[point]].g for point in window]
        return Form(squares=tuple((fmpq(1, len(square)), g) for g in square))

    match measure:
        case "distance" | "squared_distance":
            return ((Form(squares=((fmpq(1), _long(visited[-1], size)),)),),)
        case "gradient_norm" | "squared_gradient_norm":
            return ((slopes(visited[-1:]),),)
        case "best_gap":
            return tuple(tuple(map(value, window)) for window in _windows(visited))
        case "best_squared_gradient_norm":
            return tuple(tuple(slopes([point]) for point in window) for window in _windows(visited))
        case "average_squared_gradient_norm":
            return tuple((slopes(window),) for window in _windows(visited))
        case "average_iterate_gap":
            return tuple((value(_mean(window)),) for window in _windows(visited))
    return ((value(visited[-1]),),)


# --- conditions besides those between two points


def _of_start(family: FunctionClass, run: Run, places: Mapping[Vector, int], size: int) -> list[Form]:
    found = []
    if family.distance is not None:
        found.append(Form(constant=family.distance**2, squares=((fmpq(-1), _long(run.start, size)),)))
    if family.gap is not None:
        found.append(Form(constant=family.gap, values=((places[run.start], fmpq(-1)),)))
    return found


def _of_class(family: FunctionClass, nodes: Sequence[Node]) -> list[Form]:
    found = []
    for place, node in enumerate(nodes):
        value, L = ((place, fmpq(1)),), family.smoothness
        if not family.has_minimiser or family.strong_convexity < 0:
            found.append(Form(values=value, squares=() if L is None else ((-1 / (2 * L), node.g),)))
        if family.lipschitz is not None:
            found.append(Form(constant=family.lipschitz**2, squares=((fmpq(-1), node.g),)))
        if family.dominance:
            fall = ((place, fmpq(-1)),)
            found.append(Form(values=fall, squares=((1 / (2 * family.dominance), node.g),)))
    return found


def _of_oracle(family: FunctionClass, slack: Sequence[fmpq] | None, steps: int, size: int) -> list[Form]:
    found = []
    if family.answers is not None:
        limit = family.answers**2
        found += [Form(constant=limit, squares=((fmpq(-1), unit(step, size)),)) for step in range(1, steps + 1)]
    for step, error in enumerate(slack or ()):
        found.append(Form(constant=error**2, squares=((fmpq(-1), unit(size - steps + step, size)),)))
    return found
