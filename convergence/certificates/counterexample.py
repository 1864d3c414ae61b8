"""A function, vectors and noise in rational numbers that satisfy all hypotheses and violate a claim about vectors.

Witness: ``values`` of the parameters; ``vectors``, the coordinates of every vector that is not random; ``outcomes``,
each with a ``probability`` and the random ``vectors``; and ``function``, as `point_functions` reads it.
A relation without expectation between random vectors must hold in every outcome. Everything is read from the claim but
these numbers; square roots, from norms, are compared by rigorous enclosures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.certificates import document, exact, instances
from convergence.certificates.point_functions import Point, PointFunction, dot, point, point_function
from convergence.certificates.vector_steps import is_vector_equation
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain, E, Minimiser, RandomVector, Vector, f, grad, has_vectors, norm
from convergence.expressions import dot as inner_product
from convergence.verdicts import Verdict

MAX_OUTCOMES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that a witness fixes.

    Attributes:
        values: of the parameters, and of the infimum.
        outcomes: probability and vectors by name, the fixed ones included.
        function: the claim's function.
    """

    values: Mapping[Symbol, fmpq]
    outcomes: Sequence[tuple[fmpq, Mapping[str, Point]]]
    function: PointFunction
    dimension: int

    def satisfies(self, relation: Relational) -> bool:
        """Whether a relation is true in every outcome."""
        return all(self.satisfies_in(relation, vectors) for _, vectors in self.outcomes)

    def satisfies_in(self, relation: Relational, vectors: Mapping[str, Point]) -> bool:
        """Whether a relation is true in one outcome."""
        if is_vector_equation(relation):
            left, right = (self.vector(side, vectors) for side in relation.args)
            return left == right
        sides = [self.number(side, vectors) for side in relation.args]
        return exact.holds(relation.func(*sides, evaluate=False), self.values)

    def number(self, expression: Expr, vectors: Mapping[str, Point]) -> Expr:
        """A number with its vectors replaced by what they are."""
        if not has_vectors(expression):
            return expression
        match expression:
            case f():
                return _rational(self.function.value(self.vector(expression.args[0], vectors)))
            case inner_product():
                return _rational(dot(*(self.vector(part, vectors) for part in expression.args)))
            case norm():
                place = self.vector(expression.args[0], vectors)
                return sympy.sqrt(_rational(dot(place, place)))
            case E():
                drawn = [(weight, self.number(expression.args[0], found)) for weight, found in self.outcomes]
                return sympy.Add(*(_rational(weight) * value for weight, value in drawn))
        if expression.is_Add or expression.is_Mul or expression.is_Pow or isinstance(expression, sympy.Abs):
            return expression.func(*(self.number(part, vectors) for part in expression.args))
        raise CertificateRejected(f"no rule for {expression}")

    def vector(self, expression: Expr, vectors: Mapping[str, Point]) -> Point:
        """The coordinates of a vector."""
        if expression.is_zero:
            return (fmpq(0),) * self.dimension
        if isinstance(expression, Vector):
            return vectors[expression.name]
        if isinstance(expression, grad):
            return self.function.gradient(self.vector(expression.args[0], vectors))
        if isinstance(expression, E):
            return self._mean([self.vector(expression.args[0], found) for _, found in self.outcomes])
        if expression.is_Add:
            parts = [self.vector(part, vectors) for part in expression.args]
            return tuple(sum(column, start=fmpq(0)) for column in zip(*parts, strict=True))
        if expression.is_Mul:
            return self._multiple(expression, vectors)
        raise CertificateRejected(f"expected a combination of vectors, found {expression}")

    def _multiple(self, expression: Expr, vectors: Mapping[str, Point]) -> Point:
        parts = [part for part in expression.args if is_vector(part)]
        if len(parts) != 1:
            raise CertificateRejected(f"expected a number times a vector, found {expression}")
        rest = sympy.Mul(*(self.number(part, vectors) for part in expression.args if part is not parts[0]))
        factor = exact.rational(rest, self.values)
        return tuple(factor * part for part in self.vector(parts[0], vectors))

    def _mean(self, places: Sequence[Point]) -> Point:
        weights = [weight for weight, _ in self.outcomes]
        columns = zip(*places, strict=True)
        return tuple(sum((w * v for w, v in zip(weights, column, strict=True)), start=fmpq(0)) for column in columns)


def is_vector(expression: Expr) -> bool:
    """Whether a factor is a vector."""
    return is_vector_equation(sympy.Eq(expression, 0, evaluate=False)) and not expression.is_zero


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Check every hypothesis, then that the relation fails."""
    if "holds" not in claim:
        raise CertificateRejected("expected a claim that a relation holds")
    world = world_of(claim, witness)
    for relation in document.relations(claim):
        if not world.satisfies(relation):
            raise CertificateRejected(f"the hypothesis {relation} fails")
    if all(world.satisfies(relation) for relation in instances.parsed_relations(claim, claim["holds"])):
        raise CertificateRejected("the relation holds here")
    return document.against(claim)


def world_of(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> World:
    """What a witness fixes, inside the domains and hypotheses of the claim.

    Raises:
        CertificateRejected: if a value, a vector or the function is not what the claim asks for.
    """
    values = parameter_values(claim, witness["values"])
    hypotheses = {
        name: [exact.rational(argument, values) for argument in arguments]
        for name, arguments in document.hypotheses_by_name(claim).items()
    }
    function = point_function(witness["function"], hypotheses)
    fixed = {name: point(place) for name, place in witness["vectors"].items()}
    outcomes = [(exact.to_fmpq(row["probability"]), row["vectors"]) for row in witness["outcomes"]]
    if not 1 <= len(outcomes) <= MAX_OUTCOMES or any(weight <= 0 for weight, _ in outcomes):
        raise CertificateRejected(f"expected 1 to {MAX_OUTCOMES} outcomes of positive probability")
    if sum((weight for weight, _ in outcomes), start=fmpq(0)) != 1:
        raise CertificateRejected("the probabilities do not sum to 1")
    drawn = [(weight, {**fixed, **{name: point(place) for name, place in row.items()}}) for weight, row in outcomes]
    dimension = len(next(iter(drawn[0][1].values()), (fmpq(0),)))
    _require_vectors(claim, fixed, drawn, function)
    for name in _of_domain(claim, Domain.INFIMUM):
        values[document.names(claim)[name]] = function.infimum()
    return World(values=values, outcomes=drawn, function=function, dimension=dimension)


def _of_domain(claim: Mapping[str, Any], domain: Domain) -> list[str]:
    return [name for name, table in claim["symbols"].items() if Domain(table["domain"]) is domain]


def parameter_values(claim: Mapping[str, Any], given: Mapping[str, str]) -> dict[Symbol, fmpq]:
    """Rational values of the parameters and counters, inside their domains.

    Raises:
        CertificateRejected: if one is outside of its domain.
    """
    known = document.names(claim)
    found = {}
    for name, text in given.items():
        value = exact.to_fmpq(text)
        domain = Domain.NATURAL if name in COUNTERS else Domain(claim["symbols"][name]["domain"])
        if max(abs(value.p), value.q) > instances.MAX_VALUE or not document.in_domain(value, domain):
            raise CertificateRejected(f"{name} = {value} is not {domain.value}, or too large")
        found[known[name]] = value
    return found


def _require_vectors(
    claim: Mapping[str, Any],
    fixed: Mapping[str, Point],
    drawn: Sequence[tuple[fmpq, Mapping[str, Point]]],
    function: PointFunction,
) -> None:
    """Every vector has coordinates of one dimension, only random ones depend on the outcome, minimisers minimise."""
    known = document.names(claim)
    vectors = {name: known[name] for name in claim["symbols"] if isinstance(known[name], Vector)}
    random = {name for name, symbol in vectors.items() if isinstance(symbol, RandomVector)}
    if set(fixed) != set(vectors) - random or any(set(found) != set(vectors) for _, found in drawn):
        raise CertificateRejected("expected the coordinates of every vector, the random ones in each outcome")
    if len({len(place) for _, found in drawn for place in found.values()}) > 1:
        raise CertificateRejected("expected vectors of one dimension")
    for name, symbol in vectors.items():
        if isinstance(symbol, Minimiser) and not function.is_minimiser(fixed[name]):
            raise CertificateRejected(f"{name} is not seen to minimise the function")


def _rational(value: fmpq) -> Expr:
    return Rational(int(value.p), int(value.q))
