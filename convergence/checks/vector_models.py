"""Searching for numbers that satisfy every fact of a step and violate its goal: vectors by coordinates, and values.

At simple values of the parameters, a local solver widens the least slack of all facts and of the violated goal. With
slack on every side the coordinates may be rounded, to the smallest denominators that still do. Such numbers show that
the goal does not follow from the facts; where the class of functions allows it, they are the values and gradients of a
function, which refutes the statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Rational, Symbol

from convergence.certificates.gram import Vector
from convergence.certificates.inference import Model, model_of
from convergence.certificates.point_functions import MAX_DIMENSION
from convergence.certificates.vector_forms import Atom, Monomial, Polynomial
from convergence.certificates.vector_steps import Step, step_of
from convergence.checks.parameter_points import samples
from convergence.checks.vector_instances import Search
from convergence.errors import CertificateRejected

Array = NDArray[np.float64]

SAMPLES, POINTS, STARTS = 60, 8, 3
REACH, ITERATIONS = 5.0, 100
LEAST_SLACK = 1e-4
DENOMINATORS = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 256, 1024)
MOST_UNKNOWNS, MOST_NUMBERS, DRAWS = 60, 8, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a model must give numbers to.

    Attributes:
        vectors: basis vectors by name.
        numbers: atoms that are no inner products and no norms of basis vectors.
        monomials: of all facts and goals.
    """

    vectors: tuple[str, ...]
    numbers: tuple[str, ...]
    monomials: tuple[Monomial, ...]


def shape_of(step: Step, polynomials: Sequence[Polynomial]) -> Shape:
    """The vectors, numbers and monomials of polynomials."""
    monomials = tuple(dict.fromkeys(key for polynomial in polynomials for key in polynomial.terms))
    atoms = {name for monomial in monomials for name in monomial}
    norms = step.space.norms
    inner = {part for name in atoms if len(name) == 2 for part in name}
    inner |= {part for name in atoms if name[0] in norms for part in norms[name[0]].parts}
    numbers = sorted(name[0] for name in atoms if len(name) == 1 and name[0] not in norms)
    return Shape(vectors=tuple(sorted(inner)), numbers=tuple(numbers), monomials=monomials)


def models(search: Search, document: Mapping[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """Witnesses that seem to satisfy every fact and to violate a goal; simple parameters and low dimensions first."""
    step = search.step
    facts = [(step.consequence((place,)), fact.is_equation) for place, fact in enumerate(step.facts)]
    polynomials = [*(polynomial for polynomial, _ in facts), *(goal.difference for goal in step.goals)]
    shape = shape_of(step, polynomials)
    stream = np.random.default_rng([seed, 3])
    drawn = samples(step.conditions, search.parameters, seed, SAMPLES)
    for point in sorted(drawn, key=_distance)[:POINTS]:
        values = _values(step, point)
        if values is None:
            continue
        for dimension in _dimensions(shape):
            system = System(step, shape, polynomials, values, dimension)
            if system.restrict([is_equation for _, is_equation in facts], stream):
                yield from system.at_rest(len(facts))
                yield from system.solutions(len(facts), stream)


def _distance(point: Mapping[Symbol, Rational]) -> float:
    """How far values are from 1, and from simple."""
    return sum(abs(log(abs(float(value)) or 1e-3)) + log(value.q) for value in point.values())


def _values(step: Step, point: Mapping[Symbol, Rational]) -> dict[Symbol, Rational] | None:
    fixed = {name: step.conditions.values.get(name, value) for name, value in point.items()}
    found = {name: sympy.sympify(value).xreplace(dict(point)) for name, value in fixed.items()}
    return found if all(value.is_Rational for value in found.values()) else None


def _dimensions(shape: Shape) -> list[int]:
    most = min(MAX_DIMENSION, max(1, len(shape.vectors)))
    if len(shape.numbers) > MOST_NUMBERS:
        return []
    return [size for size in dict.fromkeys((1, 2, most)) if size <= most and size * len(shape.vectors) <= MOST_UNKNOWNS]


class System:
    """Facts and goals at fixed parameters, as functions of coordinates and numbers."""

    def __init__(
        self,
        step: Step,
        shape: Shape,
        polynomials: Sequence[Polynomial],
        values: Mapping[Symbol, Rational],
        dimension: int,
    ) -> None:
        self.shape, self.values, self.dimension = shape, values, dimension
        self.count = len(shape.vectors) * dimension
        self.size = self.count + len(shape.numbers)
        rows = [[polynomial.terms.get(key, 0) for key in shape.monomials] for polynomial in polynomials]
        self.rows = np.array([[float(sympy.sympify(c).xreplace(dict(values))) for c in row] for row in rows])
        self.rows /= np.maximum(np.abs(self.rows).sum(axis=1, keepdims=True), 1e-12)
        self.norms = {name: self._weights(vector) for name, vector in step.space.norms.items() if self._has(vector)}
        self.kept: list[int] = []

    def _has(self, vector: Vector) -> bool:
        return set(vector.parts) <= set(self.shape.vectors)

    def _weights(self, vector: Vector) -> Array:
        parts = {name: float(sympy.sympify(c).xreplace(dict(self.values))) for name, c in vector.parts.items()}
        return np.array([parts.get(name, 0.0) for name in self.shape.vectors])

    def restrict(self, equations: Sequence[bool], stream: np.random.Generator) -> bool:
        """Keep the facts that vectors do not satisfy by themselves; False if one of them is an equation."""
        drawn = np.array([self.evaluated(stream.uniform(-2, 2, self.size))[0] for _ in range(DRAWS)])
        low, high = drawn.min(axis=0), drawn.max(axis=0)
        self.kept = [place for place in range(len(equations)) if low[place] < -1e-9]
        return not any(
            is_equation and max(high[place], -low[place]) > 1e-9 for place, is_equation in enumerate(equations)
        )

    def evaluated(self, unknowns: Array) -> tuple[Array, Array]:
        """All polynomials, and their derivatives."""
        vectors = unknowns[: self.count].reshape(len(self.shape.vectors), self.dimension)
        known = {name: self._atom(name, vectors, unknowns) for key in self.shape.monomials for name in key}
        values = np.ones(len(self.shape.monomials))
        slopes = np.zeros((len(self.shape.monomials), self.size))
        for place, monomial in enumerate(self.shape.monomials):
            for name in monomial:
                value, slope = known[name]
                slopes[place] = slopes[place] * value + values[place] * slope
                values[place] *= value
        return self.rows @ values, self.rows @ slopes

    def _atom(self, name: Atom, vectors: Array, unknowns: Array) -> tuple[float, Array]:
        slope = np.zeros(self.size)
        turned = slope[: self.count].reshape(vectors.shape)
        if len(name) == 2:
            i, j = (self.shape.vectors.index(part) for part in name)
            turned[i] += vectors[j]
            turned[j] += vectors[i]
            return float(vectors[i] @ vectors[j]), slope
        if name[0] in self.norms:
            weights = self.norms[name[0]]
            place = weights @ vectors
            length = max(float(np.linalg.norm(place)), 1e-9)
            turned += np.outer(weights, place / length)
            return length, slope
        index = self.count + self.shape.numbers.index(name[0])
        slope[index] = 1.0
        return float(unknowns[index]), slope

    def at_rest(self, goals_from: int) -> Iterator[dict[str, Any]]:
        """All vectors zero and all numbers 0 or 1, where a strict goal may fail by being an equation."""
        for numbers in product((0, 1), repeat=len(self.shape.numbers)):
            unknowns = np.append(np.zeros(self.count), numbers)
            values, _ = self.evaluated(unknowns)
            if values[goals_from:].min() <= 0 <= values[self.kept].min(initial=0.0):
                yield self._witness(unknowns, 1)

    def solutions(self, goals_from: int, stream: np.random.Generator) -> Iterator[dict[str, Any]]:
        """Rounded solutions, for each goal that is violated with slack."""
        for goal, _ in product(range(goals_from, len(self.rows)), range(STARTS)):
            found = self._widest(goal, stream.uniform(-1, 1, self.size))
            if found is None:
                continue
            for denominator in DENOMINATORS:
                rounded = np.round(found * denominator)
                values, _ = self.evaluated(rounded / denominator)
                if values[goal] < 0 and (not self.kept or values[self.kept].min() >= -1e-12):
                    yield self._witness(rounded, denominator)
                    break

    def _widest(self, goal: int, start: Array) -> Array | None:
        """Unknowns that make the least slack largest; None where it is not positive."""
        from scipy.optimize import minimize

        def slacks(point: Array) -> Array:
            values, _ = self.evaluated(point[:-1])
            return np.append(values[self.kept], -values[goal]) - point[-1]

        def turned(point: Array) -> Array:
            _, slopes = self.evaluated(point[:-1])
            rows = np.vstack([slopes[self.kept], -slopes[goal]])
            return np.hstack([rows, -np.ones((len(rows), 1))])

        last = np.append(np.zeros(self.size), -1.0)
        depth = float(slacks(np.append(start, 0.0)).min())
        solution = minimize(
            lambda point: -point[-1], np.append(start, depth), jac=lambda point: last, method="SLSQP",
            bounds=[(-REACH, REACH)] * self.size + [(None, 1.0)],
            constraints=[{"type": "ineq", "fun": slacks, "jac": turned}], options={"maxiter": ITERATIONS},
        )  # fmt: skip
        found: Array = solution.x[:-1]
        if not np.isfinite(found).all() or slacks(np.append(found, LEAST_SLACK)).min() < 0:
            return None
        return self._triangular(found)

    def _triangular(self, unknowns: Array) -> Array:
        """The same with the vectors turned, so that the first have few coordinates that are not zero."""
        vectors = unknowns[: self.count].reshape(len(self.shape.vectors), self.dimension)
        if len(vectors) < self.dimension:
            return unknowns
        _, upper = np.linalg.qr(vectors.T)
        return np.concatenate([upper.T.ravel(), unknowns[self.count :]])

    def _witness(self, rounded: Array, denominator: int) -> dict[str, Any]:
        texts = [str(Rational(int(value), denominator)) for value in rounded]
        rows = [texts[i * self.dimension : (i + 1) * self.dimension] for i in range(len(self.shape.vectors))]
        return {
            "values": {name.name: str(value) for name, value in self.values.items()},
            "vectors": dict(zip(self.shape.vectors, rows, strict=True)),
            "numbers": dict(zip(self.shape.numbers, texts[self.count :], strict=True)),
        }


# --- from numbers to a function


def function_of(document: Mapping[str, Any], witness: Mapping[str, Any]) -> dict[str, Any]:
    """The witness of a counterexample: points, gradients and values of a model, if they are those of a function.

    Raises:
        CertificateRejected: if the step has random vectors, or the model does not say where a vector is.
    """
    step = step_of(document)
    if step.space.random or step.space.infima:
        raise CertificateRejected("expected a step without random vectors and infima")
    zero = ["0"] * len(next(iter(witness["vectors"].values()), ["0"]))
    points = [part for place in step.space.points.values() for part in place.parts]
    missing = [name for name in (*document["symbols"], *points) if name not in witness["vectors"]]
    full = {**witness, "vectors": {**witness["vectors"], **dict.fromkeys(missing, zero)}}
    model = model_of(document, step, full)
    defined = {word: step.space.vector(point) for point, word in step.space.names.items()}
    vectors = {name for name, table in document["symbols"].items() if table["domain"] in ("vector", "minimiser")}
    places = {name: model.combination(defined[name]) if name in defined else model.vectors[name] for name in vectors}
    return {
        "values": witness["values"],
        "vectors": {name: _texts(place) for name, place in places.items()},
        "outcomes": [{"probability": "1", "vectors": {}}],
        "function": {"triples": _triples(step, model)},
    }


def _triples(step: Step, model: Model) -> list[dict[str, Any]]:
    zero = _texts(model.combination(Vector({})))
    found = []
    for name, place in step.space.points.items():
        gradient = model.vectors.get(f"grad({name})")
        slope = zero if gradient is None else _texts(gradient)
        found.append({"x": _texts(model.combination(place)), "g": slope, "f": str(model.numbers.get(f"f({name})", 0))})
    return found


def _texts(place: Sequence[object]) -> list[str]:
    return [str(value) for value in place]
