"""From a drawn function with vectors and noise to a certificate in exact numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence.certificates.counterexample import World
from convergence.certificates.gram import Vector
from convergence.certificates.point_functions import Point
from convergence.checks.vector_instances import Drawn, Search
from convergence.claims.statements import Holds
from convergence.errors import CertificateRejected
from convergence.expressions import Domain, RandomVector
from convergence.expressions import Vector as VectorName

HALF = fmpq(1, 2)


@dataclass(slots=True)
class Explicit:
    """A drawn function in exact numbers; it remembers where it was asked."""

    item: Drawn
    asked: dict[Point, None] = field(default_factory=dict)

    def value(self, point: Point) -> fmpq:
        """The value at a point."""
        self.asked[point] = None
        return sum((self._value(place, x) for place, x in enumerate(point)), start=_number(self.item.constant))

    def gradient(self, point: Point) -> Point:
        """The gradient at a point; 0 where an absolute value has none."""
        self.asked[point] = None
        return tuple(self._slope(place, x) for place, x in enumerate(point))

    def infimum(self) -> fmpq:
        """The value at the centre."""
        self.asked[tuple(map(_number, self.item.centre))] = None
        return _number(self.item.constant)

    def is_minimiser(self, point: Point) -> bool:
        """Whether the gradient is 0."""
        return not any(self.gradient(point))

    def require(self, hypotheses: object) -> None:
        """Nothing: the core checks the class."""

    def _value(self, place: int, x: fmpq) -> fmpq:
        bend, step = _number(self.item.bend[place]), x - _number(self.item.centre[place])
        width = _number(self.item.width)
        if self.item.shape == "quadratic":
            return bend * step**2 / 2 + _number(self.item.slope[place]) * step
        if self.item.shape != "huber":
            return bend * abs(step)
        return bend * step**2 / 2 if abs(step) <= width else bend * width * (abs(step) - width / 2)

    def _slope(self, place: int, x: fmpq) -> fmpq:
        bend, step = _number(self.item.bend[place]), x - _number(self.item.centre[place])
        width = _number(self.item.width)
        if self.item.shape == "quadratic":
            return bend * step + _number(self.item.slope[place])
        if self.item.shape != "huber":
            sign = -1 if self.item.shape == "reversed" else 1
            return sign * bend * fmpq(int(step > 0) - int(step < 0))
        return bend * max(-width, min(width, step))


def witness_of(search: Search, item: Drawn) -> dict[str, Any]:
    """The certificate's witness.

    Raises:
        CertificateRejected: if the drawn candidate cannot be evaluated exactly.
    """
    function = Explicit(item)
    outcomes = _outcomes(search, item, function)
    fixed, drawn = _named(search, outcomes)
    return {
        "values": {name.name: str(value) for name, value in item.values.items()},
        "vectors": {name: _texts(place) for name, place in fixed.items()},
        "outcomes": [
            {"probability": str(weight), "vectors": {name: _texts(place) for name, place in vectors.items()}}
            for weight, vectors in drawn
        ],
        "function": _table(search, item, function, outcomes),
    }


def _outcomes(search: Search, item: Drawn, function: Explicit) -> list[tuple[fmpq, dict[str, Point]]]:
    """Free vectors, random ones around the means that equations state, then the defined ones, in each outcome."""
    random = [name.name for name in search.free if isinstance(name, RandomVector)]
    base = {name: tuple(map(_number, place)) for name, place in item.vectors.items()}
    for name in random:
        if name in search.centred:
            base[name] = _combination(search.centred[name], search, item, function, base)
    signs = (1, -1) if random else (1,)
    outcomes = []
    for sign in signs:
        vectors = dict(base)
        for name in random:
            away = map(_number, item.deviations[name])
            vectors[name] = tuple(a + sign * b for a, b in zip(base[name], away, strict=True))
        outcomes.append((fmpq(1, len(signs)), vectors))
    return _with_defined(search, item, function, outcomes)


def _combination(vector: Vector, search: Search, item: Drawn, function: Explicit, base: Mapping[str, Point]) -> Point:
    total = (fmpq(0),) * len(item.bend)
    for name, factor in vector.parts.items():
        part = _basis(name, search, item, function, base)
        weight = _at(sympy.sympify(factor), item)
        total = tuple(a + weight * b for a, b in zip(total, part, strict=True))
    return total


def _basis(name: str, search: Search, item: Drawn, function: Explicit, base: Mapping[str, Point]) -> Point:
    if name in base:
        return base[name]
    if name.startswith("E["):
        return _basis(name[2:-1], search, item, function, base)
    place = search.step.space.points[name.removeprefix("grad(").removesuffix(")")]
    return function.gradient(_combination(place, search, item, function, base))


def _at(expression: Expr, item: Drawn) -> fmpq:
    value = expression.xreplace(dict(item.values))
    if not value.is_Rational:
        raise CertificateRejected(f"{value} is not rational")
    return _number(value)


def _with_defined(
    search: Search, item: Drawn, function: Explicit, outcomes: Sequence[tuple[fmpq, dict[str, Point]]]
) -> list[tuple[fmpq, dict[str, Point]]]:
    world = _world(item, function, outcomes)
    found = []
    for weight, vectors in outcomes:
        defined = {word: world.vector(point, vectors) for point, word in search.step.space.names.items()}
        found.append((weight, {**vectors, **defined}))
    return found


def _world(item: Drawn, function: Explicit, outcomes: Sequence[tuple[fmpq, Mapping[str, Point]]]) -> World:
    values: dict[Symbol, fmpq] = {name: _number(value) for name, value in item.values.items()}
    return World(values=values, outcomes=outcomes, function=function, dimension=len(item.bend))


def _named(
    search: Search, outcomes: Sequence[tuple[fmpq, Mapping[str, Point]]]
) -> tuple[dict[str, Point], list[tuple[fmpq, dict[str, Point]]]]:
    """Fixed and random vectors of the claim apart."""
    random = {name for name, entry in search.claim.symbols.items() if entry.domain is Domain.RANDOM_VECTOR}
    used = _used(search)
    first = outcomes[0][1]
    fixed = {name: place for name, place in first.items() if name in used - random}
    drawn = [(weight, {n: v for n, v in vectors.items() if n in used & random}) for weight, vectors in outcomes]
    return fixed, drawn


def _used(search: Search) -> set[str]:
    assert isinstance(search.claim.statement, Holds)
    relations = [*search.claim.relations, *search.claim.statement.relations]
    return {n.name for relation in relations for n in relation.free_symbols if isinstance(n, VectorName)}


def _table(
    search: Search, item: Drawn, function: Explicit, outcomes: Sequence[tuple[fmpq, Mapping[str, Point]]]
) -> dict[str, Any]:
    if item.shape == "quadratic":
        size = range(len(item.bend))
        return {
            "hessian": [[str(item.bend[i]) if i == j else "0" for j in size] for i in size],
            "centre": [str(value) for value in item.centre],
            "slope": [str(value) for value in item.slope],
            "constant": str(item.constant),
        }
    world = _world(item, function, outcomes)
    function.infimum()
    assert isinstance(search.claim.statement, Holds)
    for relation in (*search.claim.relations, *search.claim.statement.relations):
        for side in relation.args:
            _evaluate(side, world)
    triples = [(place, function.gradient(place), function.value(place)) for place in list(function.asked)]
    return {"triples": [{"x": _texts(x), "g": _texts(g), "f": str(value)} for x, g, value in triples]}


def _evaluate(side: Expr, world: World) -> None:
    """Ask the function wherever a side of a relation does."""
    for node in sympy.preorder_traversal(side):
        if node.func.__name__ in ("f", "grad"):
            for _, vectors in world.outcomes:
                world.function.gradient(world.vector(node.args[0], vectors))


def _texts(place: Point) -> list[str]:
    return [str(value) for value in place]


def _number(value: Rational) -> fmpq:
    return fmpq(int(value.p), int(value.q))
