"""A claim about vectors as goals and facts: polynomials in inner products, norms and values that are not negative.

The facts are the relations in ``given``, and what `vector_facts` knows. Equations between vectors define points and
expectations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer
from sympy.core.relational import Relational

from convergence.certificates import document, instances
from convergence.certificates.gram import Vector
from convergence.certificates.signs import Facts, facts_of
from convergence.certificates.vector_facts import (
    Fact,
    of_equation,
    of_function,
    of_means,
    of_minimisers,
    of_norms,
    of_steepness,
    samples_of,
)
from convergence.certificates.vector_forms import Polynomial, Space, inner, number
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, E, Minimiser, RandomVector, has_vectors
from convergence.expressions import Vector as VectorName

MAX_FACTS = 400


@dataclass(frozen=True, slots=True)
class Goal:
    """``greater - less`` is claimed to be not negative."""

    less: Polynomial
    greater: Polynomial
    says: str
    is_strict: bool = False

    @property
    def difference(self) -> Polynomial:
        """What must not be negative."""
        return self.greater - self.less


@dataclass(frozen=True, slots=True)
class Step:
    """A claim about vectors.

    Attributes:
        goals: what must not be negative, in the order of the links of the relation; an equation is two goals.
        facts: what is known, in an order that depends on the claim alone.
        space: the vectors, points and norms.
        is_mean: whether facts count through their expectation, because the goals hold no random number.
    """

    goals: tuple[Goal, ...]
    facts: tuple[Fact, ...]
    space: Space
    is_mean: bool

    @property
    def conditions(self) -> Facts:
        """What is known about the parameters."""
        return self.space.conditions

    def consequence(self, numbers: tuple[int, ...]) -> Polynomial:
        """The product of some facts, in expectation if the goals are; 1 for none."""
        total = self.facts[numbers[0]].polynomial if numbers else number(Integer(1))
        for place in numbers[1:]:
            total = self.space.reduced(total * self.facts[place].polynomial)
        return self.space.mean(total) if self.is_mean else total


def step_of(claim: Mapping[str, Any]) -> Step:
    """The goals and facts of a claim.

    Raises:
        CertificateRejected: if it is no relation between vectors, or no polynomial in inner products, norms and values.
    """
    if "holds" not in claim:
        raise CertificateRejected("expected a claim that a relation holds")
    stated = instances.parsed_relations(claim, claim["holds"])
    given = document.relations(claim)
    if not any(has_vectors(relation) for relation in (*stated, *given)):
        raise CertificateRejected("expected a relation between vectors")
    space = Space(_conditions(claim, given))
    space.infima = frozenset(name for name in document.names(claim).values() if _domain(claim, name) == "infimum")
    space.minimisers |= {name for name in claim["symbols"] if _domain(claim, name) == "minimiser"}
    relations, equations = _defined(given, stated, space)
    goals = tuple(goal for link in relations[len(relations) - len(stated) :] for goal in _goals(link, space))
    facts = [fact for link in relations[: len(relations) - len(stated)] for fact in _stated(link, space)]
    facts += [fact for equation in equations for fact in of_equation(space.vector(equation), space)]
    named = {kind: tuple(constants) for kind, constants in document.hypotheses_by_name(claim).items()}
    facts += of_minimisers(space)
    facts += [fact for kind, constants in named.items() for fact in of_function(kind, constants, named, space)]
    if "smooth" in named:
        facts += of_steepness(named["smooth"][0], samples_of(space), space)
    facts += of_norms(space)
    is_mean = bool(space.random) and not any(_is_random(goal.difference, space) for goal in goals)
    if is_mean:
        facts += of_means(space)
    if len(facts) > MAX_FACTS:
        raise CertificateRejected(f"expected at most {MAX_FACTS} facts, found {len(facts)}")
    return Step(goals, tuple(facts), space, is_mean)


def _domain(claim: Mapping[str, Any], name: object) -> str:
    table = claim["symbols"].get(str(name))
    return str(table["domain"]) if table else ""


def _is_random(polynomial: Polynomial, space: Space) -> bool:
    return any(part in space.random for monomial in polynomial.terms for name in monomial for part in name)


def _conditions(claim: Mapping[str, Any], given: tuple[Relational, ...]) -> Facts:
    """Relations between parameters; the constants of hypotheses are not negative, and mu <= L."""
    known = document.names(claim)
    parameters = [name for name in known.values() if not isinstance(name, VectorName)]
    plain = [relation for relation in given if not has_vectors(relation)]
    named = document.hypotheses_by_name(claim)
    for kind in ("smooth", "lipschitz"):
        plain += [sympy.Ge(arguments[0], 0, evaluate=False) for arguments in [named.get(kind)] if arguments]
    if "smooth" in named and "strongly_convex" in named:
        plain.append(sympy.Le(named["strongly_convex"][0], named["smooth"][0], evaluate=False))
    return facts_of(plain, [*parameters, *COUNTERS.values()])


# --- equations that define points


def _defined(
    given: tuple[Relational, ...], stated: tuple[Relational, ...], space: Space
) -> tuple[list[Relational], list[Expr]]:
    """The relations about vectors with defined points replaced, and equations between vectors that define nothing."""
    relations = [relation for relation in given if has_vectors(relation) or relation.free_symbols & space.infima]
    relations += stated
    rest: list[Expr] = []
    last = len(relations) - len(stated)
    while (place := next((i for i in range(last) if is_vector_equation(relations[i])), None)) is not None:
        equation = relations.pop(place)
        last -= 1
        found = _solved(equation)
        if found is None:
            rest.append(equation.lhs - equation.rhs)
            continue
        name, point = found
        known = {sympy.expand(old.xreplace({name: point})): word for old, word in space.names.items()}
        space.names = known | {sympy.expand(point): name.name}
        relations = [_replaced(relation, name, point) for relation in relations]
        rest = [_replaced(old, name, point) for old in rest]
    return relations, [equation for equation in rest if not _states_mean(equation, space)]


def _replaced(expression: Any, name: VectorName, point: Expr) -> Any:
    if isinstance(expression, Relational):
        sides = [_replaced(side, name, point) for side in expression.args]
        return expression.func(*sides, evaluate=False)
    return sympy.expand(expression.xreplace({name: point}), deep=False) if expression.has(name) else expression


def is_vector_equation(relation: Relational) -> bool:
    """Whether a relation says that two vectors are equal."""
    return relation.rel_op == "==" and all(_is_vector(side) for side in relation.args)


def _is_vector(expression: Expr) -> bool:
    """Whether an expression that passed `expressions.vectors.require_kinds` is a vector; 0 is."""
    if expression.is_Add or expression.is_Mul:
        parts = [_is_vector(part) and not part.is_zero for part in expression.args]
        return any(parts)
    if isinstance(expression, E):
        return _is_vector(expression.args[0])
    return bool(expression.is_zero) or isinstance(expression, VectorName) or expression.func.__name__ == "grad"


def _solved(equation: Relational) -> tuple[VectorName, Expr] | None:
    """A name that the equation gives as a combination of others, the left side's first."""
    difference = sympy.expand(equation.lhs - equation.rhs)
    sides = [side for side in equation.args if isinstance(side, VectorName)]
    others = sorted((name for name in difference.free_symbols if isinstance(name, VectorName)), key=str)
    for name in dict.fromkeys([*sides, *others]):
        factor = difference.coeff(name, 1)
        rest = sympy.expand(difference - factor * name)
        if isinstance(name, Minimiser) or not factor.is_Rational or factor == 0 or rest.has(name):
            continue
        if isinstance(name, RandomVector) or not _mentions_random(rest):
            return name, sympy.expand(-rest / factor)
    return None


def _mentions_random(expression: Expr) -> bool:
    if isinstance(expression, E):
        return False
    return isinstance(expression, RandomVector) or any(_mentions_random(part) for part in expression.args)


def _states_mean(equation: Expr, space: Space) -> bool:
    """Use an equation for the expectation of one random basis vector."""
    combination = space.vector(equation)
    for name, factor in combination.parts.items():
        drawn = name.removeprefix("E[").removesuffix("]")
        if name != f"E[{drawn}]" or drawn not in space.random or not factor.is_Rational:
            continue
        mean = (-1 / factor) * (combination - Vector({name: factor}))
        space.means = {key: _with_mean(old, name, mean) for key, old in space.means.items()} | {drawn: mean}
        return True
    return not combination.parts


def _with_mean(vector: Vector, name: str, mean: Vector) -> Vector:
    factor = vector.parts.get(name)
    return vector if factor is None else vector - Vector({name: factor}) + factor * mean


# --- relations


def _goals(relation: Relational, space: Space) -> Iterator[Goal]:
    """``less <= greater``; equations between vectors hold if the difference has no length."""
    left, right = relation.args
    text = str(relation)
    if is_vector_equation(relation):
        difference = space.vector(left - right)
        yield Goal(inner(difference, difference), Polynomial(), text)
        return
    if relation.rel_op in (">", ">="):
        left, right = right, left
    for less, greater in [(left, right), (right, left)] if relation.rel_op == "==" else [(left, right)]:
        for plain in _without_absolute_values(less, space):
            yield Goal(space.number(plain), space.number(greater), text, relation.rel_op in "<>")


def _without_absolute_values(less: Expr, space: Space) -> Iterator[Expr]:
    """``|a| <= b`` says that ``a <= b`` and ``-a <= b``; so does every nonnegative multiple of |a|."""
    less = sympy.expand(less)
    found = next((node for node in less.atoms(sympy.Abs) if has_vectors(node)), None)
    if found is None:
        yield less
        return
    factor = less.coeff(found, 1)
    if has_vectors(factor) or (less - factor * found).has(found) or not space.conditions.is_nonnegative(factor):
        raise CertificateRejected(f"expected {found} on the smaller side of a relation")
    for sign in (1, -1):
        yield from _without_absolute_values(less.xreplace({found: sign * found.args[0]}), space)


def _stated(relation: Relational, space: Space) -> Iterator[Fact]:
    goals = list(_goals(relation, space))
    for goal in goals[:1] if relation.rel_op == "==" else goals:
        yield Fact(goal.difference, f"given: {goal.says}", relation.rel_op == "==", goal.is_strict)
