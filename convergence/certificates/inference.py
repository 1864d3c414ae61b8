"""Numbers that satisfy every listed inequality of a step and violate its goal: the inference fails, not the statement.

Witness ``{"values": parameters, "vectors": basis vectors, "numbers": function values and other atoms}``. Vectors are
given by their coordinates, so that their inner products belong to vectors that exist. No function need have these
gradients and values: what is accepted says only that the goal does not follow from the facts of `vector_steps.step_of`,
so that the verdict is undecided. Where facts count in expectation, each of them holds in expectation by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence.certificates import document, exact
from convergence.certificates.counterexample import parameter_values
from convergence.certificates.gram import Vector
from convergence.certificates.point_functions import Point, dot, point
from convergence.certificates.vector_forms import Atom, Polynomial, Space
from convergence.certificates.vector_steps import Goal, Step, step_of
from convergence.errors import CertificateRejected
from convergence.expressions import has_vectors
from convergence.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Numbers for everything that a step speaks of."""

    space: Space
    values: Mapping[Symbol, fmpq]
    vectors: Mapping[str, Point]
    numbers: Mapping[str, fmpq]

    def value(self, polynomial: Polynomial) -> Expr:
        """The value of a polynomial; a sum of rational multiples of roots if it contains norms."""
        terms = []
        for monomial, factor in polynomial.terms.items():
            size = _rational(exact.rational(factor, self.values))
            terms.append(sympy.Mul(size, *(self._atom(name) for name in monomial)))
        return sympy.Add(*terms)

    def fails(self, goal: Goal) -> bool:
        """Whether a goal is violated."""
        return not self._holds(self.value(goal.difference), strict=goal.is_strict)

    def satisfies(self, polynomial: Polynomial, *, is_equation: bool, is_strict: bool) -> bool:
        """Whether a fact holds."""
        value = self.value(polynomial)
        return exact.holds(sympy.Eq(value, 0, evaluate=False), {}) if is_equation else self._holds(value, is_strict)

    def combination(self, vector: Vector) -> Point:
        """The coordinates of a combination of basis vectors."""
        total = (fmpq(0),) * len(next(iter(self.vectors.values()), ()))
        for name, factor in vector.parts.items():
            weight = exact.rational(sympy.sympify(factor), self.values)
            total = tuple(a + weight * b for a, b in zip(total, self.vectors[name], strict=True))
        return total

    def _atom(self, name: Atom) -> Expr:
        if len(name) == 2:
            return _rational(dot(self.vectors[name[0]], self.vectors[name[1]]))
        if name[0] in self.space.norms:
            place = self.combination(self.space.norms[name[0]])
            return sympy.sqrt(_rational(dot(place, place)))
        return _rational(self.numbers[name[0]])

    @staticmethod
    def _holds(value: Expr, strict: bool) -> bool:
        relation = sympy.Gt if strict else sympy.Ge
        return exact.holds(relation(value, 0, evaluate=False), {})


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Check every listed inequality, then that a goal fails."""
    step = step_of(claim)
    model = model_of(claim, step, witness)
    for number, fact in enumerate(step.facts):
        consequence = step.consequence((number,))
        if not model.satisfies(consequence, is_equation=fact.is_equation, is_strict=fact.is_strict):
            raise CertificateRejected(f"the listed inequality [{fact.says}] fails")
    if not any(model.fails(goal) for goal in step.goals):
        raise CertificateRejected("every goal holds here")
    return Verdict.UNDECIDED


def model_of(claim: Mapping[str, Any], step: Step, witness: Mapping[str, Any]) -> Model:
    """The numbers of a witness, inside the domains of the claim and the relations between its parameters.

    Raises:
        CertificateRejected: if a parameter is not what the claim asks for, or the vectors have several dimensions.
    """
    values = parameter_values(claim, witness["values"])
    for relation in document.relations(claim):
        if not has_vectors(relation) and not relation.free_symbols & step.space.infima:
            _require(exact.holds(relation, values), str(relation))
    for expression, strict in step.conditions.constraints:
        relation = (sympy.Gt if strict else sympy.Ge)(expression, 0, evaluate=False)
        if expression.free_symbols & set(values):
            _require(exact.holds(relation, values), str(relation))
    vectors = {name: point(place) for name, place in witness["vectors"].items()}
    if len({len(place) for place in vectors.values()}) > 1:
        raise CertificateRejected("expected vectors of one dimension")
    numbers = {name: exact.to_fmpq(value) for name, value in witness["numbers"].items()}
    return Model(space=step.space, values=values, vectors=vectors, numbers=numbers)


def _require(holds: bool, says: str) -> None:
    if not holds:
        raise CertificateRejected(f"the parameters violate {says}")


def _rational(value: fmpq) -> Expr:
    return Rational(int(value.p), int(value.q))
