"""Searching for functions, vectors and noise that violate a relation between vectors.

Many candidates are evaluated at once in floats: separable quadratics, absolute values and Huber functions, whose
curvatures are the ends of what the class allows or between them; small rational vectors, some in units of a
parameter; noise of two equally likely outcomes. Everything drawn is rational, so that a violation can be checked.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.certificates.gram import Vector
from convergence.certificates.vector_steps import Step, is_vector_equation
from convergence.checks.parameter_points import samples
from convergence.claims.claim import Claim
from convergence.claims.statements import Holds
from convergence.expressions import Domain, E, Minimiser, RandomVector, dot, f, grad, has_vectors, norm
from convergence.expressions import Vector as VectorName

Array = NDArray[np.float64]

QUICK, THOROUGH = (30, 12), (60, 250)  # values of the parameters, candidates for each
TOLERANCE, MARGIN = 1e-9, 2e-7
MOST = 12
_STEPS = tuple(Rational(p, q) for p, q in ((0, 1), (1, 1), (-1, 1), (1, 2), (-1, 2), (2, 1), (-2, 1), (1, 4), (3, 1)))
_MIXES = (Rational(0), Rational(1), Rational(0), Rational(1), Rational(1, 2), Rational(1, 4), Rational(3, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One function with vectors and noise, in rational numbers.

    Attributes:
        values: of the parameters.
        shape: ``quadratic``, ``absolute`` (slope `bend`), ``huber`` (curvature `bend` within `width`), or ``reversed``:
            values of an absolute value with gradients of the wrong sign, for claims that assume nothing.
        bend: of each coordinate.
        centre, slope, constant: of the function; the slope is added for quadratics only.
        vectors: of the free names; random ones have a mean and a deviation, which is added or subtracted.
    """

    values: Mapping[Symbol, Rational]
    shape: str
    bend: tuple[Rational, ...]
    width: Rational
    centre: tuple[Rational, ...]
    slope: tuple[Rational, ...]
    constant: Rational
    vectors: Mapping[str, tuple[Rational, ...]]
    deviations: Mapping[str, tuple[Rational, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is drawn for a claim.

    Attributes:
        free: names of vectors that no equation defines.
        centred: random names whose expectation an equation states, with that expectation.
        parameters: symbols that are numbers.
    """

    claim: Claim
    step: Step
    free: tuple[VectorName, ...]
    centred: Mapping[str, Vector]
    parameters: tuple[Symbol, ...]


def search_of(claim: Claim, step: Step) -> Search:
    """What to draw for a claim."""
    assert isinstance(claim.statement, Holds)
    everything = [*claim.relations, *claim.statement.relations]
    names = {name for relation in everything for name in relation.free_symbols}
    names |= {name for entry in claim.given for part in getattr(entry, "arguments", ()) for name in part.free_symbols}
    vectors = sorted((name for name in names if isinstance(name, VectorName)), key=str)
    defined = set(step.space.names.values())
    return Search(
        claim=claim,
        step=step,
        free=tuple(name for name in vectors if name.name not in defined),
        centred=step.space.means,
        parameters=tuple(sorted((n for n in names if _is_parameter(n, claim)), key=str)),
    )


def _is_parameter(name: Symbol, claim: Claim) -> bool:
    if isinstance(name, VectorName):
        return False
    declared = claim.symbols.get(name.name)
    return declared is None or declared.domain is not Domain.INFIMUM


def drawn(search: Search, seed: int, effort: tuple[int, int]) -> Iterator[Drawn]:
    """Candidates, the same for the same seed."""
    stream = random.Random(f"instances:{seed}")
    points = samples(search.step.conditions, search.parameters, seed, effort[0])
    for point in points:
        point = {name: search.step.conditions.values.get(name, value) for name, value in point.items()}
        fixed = {name: sympy.sympify(value).xreplace(dict(point)) for name, value in point.items()}
        if not all(value.is_Rational for value in fixed.values()):
            continue
        for index in range(effort[1]):
            yield _draw(search, fixed, stream, dimension=1 if index % 3 else 2)


def _draw(search: Search, values: Mapping[Symbol, Rational], stream: random.Random, dimension: int) -> Drawn:
    units = [Rational(1), Rational(1), *(abs(value) for value in values.values())]
    shape, bend, width, slope = _function(search, values, stream, dimension)

    def vector() -> tuple[Rational, ...]:
        unit = stream.choice(units)
        return tuple(unit * stream.choice(_STEPS) for _ in range(dimension))

    vectors = {name.name: vector() for name in search.free}
    centre = next((vectors[n.name] for n in search.free if isinstance(n, Minimiser)), vector())
    vectors |= {name.name: centre for name in search.free if isinstance(name, Minimiser)}
    return Drawn(
        values=values,
        shape=shape,
        bend=bend,
        width=width,
        centre=centre,
        slope=slope,
        constant=stream.choice((Rational(0), Rational(0), Rational(1), Rational(-1))),
        vectors=vectors,
        deviations={name.name: vector() for name in search.free if isinstance(name, RandomVector)},
    )


def _function(
    search: Search, values: Mapping[Symbol, Rational], stream: random.Random, dimension: int
) -> tuple[str, tuple[Rational, ...], Rational, tuple[Rational, ...]]:
    """Shape, bends, width and slope of a function that the hypotheses (nearly always) allow."""
    given = {h.name: tuple(_at(part, values) for part in h.arguments) for h in search.claim.given if hasattr(h, "name")}
    minimal = any(isinstance(name, Minimiser) for name in search.free) or bool(search.step.space.infima)
    least, most = _curvatures(given, stream)
    least = max(least, Rational(0)) if minimal else least
    unit = stream.choice([Rational(1), *(abs(value) for value in values.values())])
    bends = tuple(least + stream.choice(_MIXES) * (most - least) for _ in range(dimension))
    zero = (Rational(0),) * dimension
    slope = zero if minimal else tuple(unit * stream.choice(_STEPS) for _ in range(dimension))
    if "lipschitz" in given:
        steepest = given["lipschitz"][0]
        if "smooth" in given or stream.random() < (0.0 if minimal else 0.5):
            return "quadratic", zero, Rational(1), (steepest * stream.choice((1, -1)), *zero[1:])
        return "absolute", (steepest, *zero[1:]), Rational(1), zero
    if not set(given) - {"bounded_below"} and stream.random() < 0.3:
        return "reversed", tuple(unit for _ in range(dimension)), Rational(1), zero
    if "smooth" in given and stream.random() < 0.3 and least <= 0 <= most:
        return "huber", tuple(most for _ in range(dimension)), unit * stream.choice(_STEPS[1:2] + _STEPS[3:4]), zero
    if "smooth" not in given and stream.random() < 0.3 and least <= 0:
        return "absolute", tuple(unit for _ in range(dimension)), Rational(1), zero
    return "quadratic", bends, Rational(1), slope


def _at(expression: Expr, values: Mapping[Symbol, Rational]) -> Rational:
    value = expression.xreplace(dict(values))
    return value if value.is_Rational else Rational(1)


def _curvatures(given: Mapping[str, tuple[Rational, ...]], stream: random.Random) -> tuple[Rational, Rational]:
    most = given["smooth"][0] if "smooth" in given else None
    if "strongly_convex" in given:
        least = given["strongly_convex"][0]
    elif "polyak_lojasiewicz" in given:
        least = given["polyak_lojasiewicz"][0]
    elif "convex" in given or "bounded_below" in given:
        least = Rational(0)
    else:
        least = -most if most is not None else Rational(-8)
    if most is None:
        most = max(least, Rational(0)) + stream.choice((0, 1, 8, 64))
    return (least, most) if least <= most else (Rational(0), Rational(0))


# --- evaluating many at once


class Batch:
    """Many drawn candidates as arrays over (outcome, candidate, coordinate)."""

    def __init__(self, search: Search, batch: Sequence[Drawn]) -> None:
        self.search = search
        self.batch = batch
        size = max(len(item.bend) for item in batch)
        self.size = size
        self.values = {name: np.array([float(item.values[name]) for item in batch]) for name in search.parameters}
        self.bend, self.centre, self.slope = (
            np.array([_padded(getattr(item, key), size) for item in batch]) for key in ("bend", "centre", "slope")
        )
        self.width = np.array([float(item.width) for item in batch])[:, None]
        self.constant = np.array([float(item.constant) for item in batch])
        self.shapes = np.array([item.shape for item in batch])
        self.vectors: dict[str, Array] = {}
        for name in search.free:
            place = np.array([_padded(item.vectors[name.name], size) for item in batch])
            if isinstance(name, RandomVector):
                away = np.array([_padded(item.deviations[name.name], size) for item in batch])
                self.vectors[name.name] = np.stack([place + away, place - away])
            else:
                self.vectors[name.name] = np.stack([place, place])
        self._centre_on_means()

    def _centre_on_means(self) -> None:
        for name, mean in self.search.centred.items():
            if name in self.vectors:
                own = self.vectors[name]
                target = self._combination(mean)
                self.vectors[name] = own - own.mean(axis=0, keepdims=True) + target.mean(axis=0, keepdims=True)

    def _combination(self, vector: Vector) -> Array:
        total = np.zeros((2, len(self.batch), self.size))
        for name, factor in vector.parts.items():
            weight = self._scalar(sympy.sympify(factor))[None, :, None]
            total = total + weight * self._basis(name)
        return total

    def _basis(self, name: str) -> Array:
        if name in self.vectors:
            return self.vectors[name]
        if name.startswith("E["):
            mean = self._basis(name[2:-1]).mean(axis=0, keepdims=True)
            return np.broadcast_to(mean, (2, len(self.batch), self.size)).copy()
        place = self.search.step.space.points[name.removeprefix("grad(").removesuffix(")")]
        return self.gradient(self._combination(place))

    def _scalar(self, expression: Expr) -> Array:
        names = sorted(expression.free_symbols, key=str)
        function = sympy.lambdify(names, expression, "numpy")
        values = function(*(self.values.get(name, self.constant) for name in names))
        return np.broadcast_to(np.asarray(values, dtype=float), (len(self.batch),))

    def value(self, place: Array) -> Array:
        """The function at points, one for each outcome and candidate."""
        step = place - self.centre
        curved = 0.5 * self.bend * step**2 + self.slope * step
        sharp = self.bend * np.abs(step)
        inside = np.abs(step) <= self.width
        huber = np.where(inside, 0.5 * self.bend * step**2, self.bend * self.width * (np.abs(step) - self.width / 2))
        return np.sum(self._by_shape(curved, sharp, huber), axis=-1) + self.constant

    def gradient(self, place: Array) -> Array:
        """Its gradients."""
        step = place - self.centre
        huber = self.bend * np.clip(step, -self.width, self.width)
        signs = np.where(self.shapes == "reversed", -1.0, 1.0)[None, :, None]
        return self._by_shape(self.bend * step + self.slope, signs * self.bend * np.sign(step), huber)

    def _by_shape(self, quadratic: Array, absolute: Array, huber: Array) -> Array:
        shapes = self.shapes[None, :, None]
        found: Array = np.where(shapes == "quadratic", quadratic, np.where(shapes == "huber", huber, absolute))
        return found

    def number(self, expression: Expr) -> Array:
        """A number for each outcome and candidate."""
        if not has_vectors(expression):
            return np.broadcast_to(self._scalar(expression), (2, len(self.batch)))
        match expression:
            case f():
                return self.value(self.vector(expression.args[0]))
            case dot():
                return np.sum(np.multiply(*(self.vector(part) for part in expression.args)), axis=-1)
            case norm():
                return np.sqrt(np.sum(self.vector(expression.args[0]) ** 2, axis=-1))
            case E():
                mean = self.number(expression.args[0]).mean(axis=0, keepdims=True)
                return np.broadcast_to(mean, (2, len(self.batch)))
        parts = [self.number(part) for part in expression.args]
        if expression.is_Add:
            return np.sum(parts, axis=0)
        if expression.is_Mul:
            return np.prod(parts, axis=0)
        if isinstance(expression, sympy.Abs):
            return np.abs(parts[0])
        if expression.is_Pow:
            with np.errstate(all="ignore"):
                return np.power(parts[0], parts[1])
        raise NotImplementedError(str(expression))

    def vector(self, expression: Expr) -> Array:
        """A vector for each outcome and candidate."""
        if expression.is_zero:
            return np.zeros((2, len(self.batch), self.size))
        if isinstance(expression, VectorName):
            return self.named(expression)
        if isinstance(expression, grad):
            return self.gradient(self.vector(expression.args[0]))
        if isinstance(expression, E):
            mean = self.vector(expression.args[0]).mean(axis=0, keepdims=True)
            return np.broadcast_to(mean, (2, len(self.batch), self.size))
        if expression.is_Add:
            return np.sum([self.vector(part) for part in expression.args], axis=0)
        if expression.is_Mul:
            total = np.ones((2, len(self.batch), self.size))
            for part in expression.args:
                is_vector = is_vector_equation(sympy.Eq(part, 0, evaluate=False))
                total = total * (self.vector(part) if is_vector else self.number(part)[..., None])
            return total
        raise NotImplementedError(str(expression))

    def named(self, name: VectorName) -> Array:
        """A declared vector, drawn or defined."""
        if name.name not in self.vectors:
            point = next(point for point, word in self.search.step.space.names.items() if word == name.name)
            self.vectors[name.name] = self.vector(point)
        return self.vectors[name.name]

    def slack(self, relation: Relational) -> Array:
        """How far each candidate is from violating a relation, relative to the size of its sides."""
        if is_vector_equation(relation):
            apart = self.vector(relation.lhs) - self.vector(relation.rhs)
            size = np.abs(self.vector(relation.lhs)).max(axis=(0, 2)) + 1e-12
            return -np.abs(apart).max(axis=(0, 2)) / size
        left, right = self.number(relation.lhs), self.number(relation.rhs)
        size = np.abs(left) + np.abs(right) + 1e-12
        gap = (right - left) / size if relation.rel_op in ("<", "<=") else (left - right) / size
        if relation.rel_op == "==":
            gap = -np.abs(gap)
        return gap.min(axis=0)


def _padded(values: Sequence[Rational], size: int) -> list[float]:
    return [float(value) for value in values] + [0.0] * (size - len(values))


def violations(search: Search, seed: int, effort: tuple[int, int]) -> Iterator[Drawn]:
    """Candidates that seem to satisfy all hypotheses and to violate the claim, the simplest first."""
    claim = search.claim
    assert isinstance(claim.statement, Holds)
    batch = list(drawn(search, seed, effort))
    if any(_is_strict(relation) for relation in claim.statement.relations):
        batch += [_at_rest(item) for item in batch[:: effort[1]]]
    if not batch:
        return
    arrays = Batch(search, batch)
    with np.errstate(all="ignore"):
        allowed = np.ones(len(batch), dtype=bool)
        for relation in claim.relations:
            allowed &= arrays.slack(relation) >= (TOLERANCE if _is_strict(relation) else -TOLERANCE)
        gap = np.min([arrays.slack(link) - MARGIN * _is_strict(link) for link in claim.statement.relations], axis=0)
    wrong = np.flatnonzero(allowed & (gap < -MARGIN / 2))
    simple = sorted(wrong, key=lambda place: (len(batch[place].bend), _complexity(batch[place]), gap[place]))
    for place in simple[:MOST]:
        yield batch[place]


def _at_rest(item: Drawn) -> Drawn:
    """The same function without a slope or noise, with every vector at its centre: what is strict becomes equal."""
    zero = (Rational(0),) * len(item.bend)
    return replace(
        item,
        centre=zero,
        slope=zero,
        vectors=dict.fromkeys(item.vectors, zero),
        deviations=dict.fromkeys(item.deviations, zero),
    )


def _is_strict(relation: Relational) -> bool:
    return relation.rel_op in "<>"


def _complexity(item: Drawn) -> int:
    numbers = [*item.values.values(), *item.bend, *item.slope, *(v for place in item.vectors.values() for v in place)]
    return sum(len(str(value)) for value in numbers)
