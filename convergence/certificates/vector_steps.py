"""A claim about vectors as goals and facts: polynomials in inner products, norms and values that are not negative.

The facts are the relations in ``given``, what the hypotheses about the function say of every two points where it is
taken, and what is true of all norms. Equations between vectors define points and expectations.

Sources: Taylor, Hendrickx, Glineur (2017) for smooth and strongly convex functions; the others are definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import sympy
from sympy import Expr, Integer, Rational
from sympy.core.relational import Relational

from convergence.certificates import document, instances
from convergence.certificates.gram import Form, Sample, Vector, convexity, interpolation, slope, value
from convergence.certificates.signs import Facts, facts_of
from convergence.certificates.vector_forms import Polynomial, Space, atom, inner, of_form
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, E, Minimiser, RandomVector, has_vectors
from convergence.expressions import Vector as VectorName

MAX_POINTS = 6
MAX_FACTS = 400


@dataclass(frozen=True, slots=True)
class Fact:
    """A polynomial that is not negative (or zero, for an equation), and the words for it."""

    polynomial: Polynomial
    says: str
    is_equation: bool = False


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
        """The product of some facts, in expectation if the goals are."""
        total = self.facts[numbers[0]].polynomial
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
    facts += [fact for equation in equations for fact in _orthogonal(space.vector(equation), space)]
    named = [(kind, tuple(constants)) for kind, constants in document.hypotheses(claim)]
    facts += _of_minimisers(space)
    facts += [fact for kind, constants in named for fact in _of_function(kind, constants, dict(named), space)]
    if "smooth" in dict(named):
        facts += _of_steepness(dict(named)["smooth"][0], _samples(space), space)
    facts += _of_norms(space)
    is_mean = bool(space.random) and not any(_is_random(goal.difference, space) for goal in goals)
    if is_mean:
        facts += _of_means(space, facts, goals)
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
    named = dict(document.hypotheses(claim))
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


# --- facts


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
        yield Fact(goal.difference, f"given: {goal.says}", relation.rel_op == "==")


def _orthogonal(zero: Vector, space: Space) -> Iterator[Fact]:
    """A combination that is zero has zero products with all vectors."""
    known = {part for place in space.points.values() for part in place.parts}
    known |= {f"grad({name})" for name in space.points if name not in space.minimisers}
    for name in sorted(known | set(zero.parts)):
        yield Fact(inner(zero, Vector({name: Integer(1)})), f"<{name}, .> of an equation", True)


def _samples(space: Space) -> dict[str, Sample]:
    if len(space.points) > MAX_POINTS:
        raise CertificateRejected(f"expected at most {MAX_POINTS} points, found {len(space.points)}")
    return {name: _sample(name, place, space) for name, place in space.points.items()}


def _sample(name: str, place: Vector, space: Space) -> Sample:
    gradient = Vector({}) if name in space.minimisers else Vector({f"grad({name})": Integer(1)})
    return Sample(place, gradient, value(f"f({name})", Integer(1)))


def _of_minimisers(space: Space) -> Iterator[Fact]:
    """The function is least at a minimiser, which thereby is one of its points."""
    for name in sorted(space.minimisers):
        space.points.setdefault(name, Vector({name: Integer(1)}))
    for name in space.points:
        for lowest in [*sorted(space.minimisers), *sorted(map(str, space.infima))]:
            least = atom((lowest,)) if lowest not in space.minimisers else atom((f"f({lowest})",))
            if name != lowest:
                yield Fact(atom((f"f({name})",)) - least, f"{lowest} is least: f({name})")


def _of_function(
    kind: str, constants: tuple[Expr, ...], named: Mapping[str, tuple[Expr, ...]], space: Space
) -> Iterator[Fact]:
    samples = _samples(space)
    pairs = list(permutations(samples, 2))
    zero = Integer(0)
    match kind:
        case "convex":
            yield from _pairs(pairs, samples, "convex", lambda p, q: convexity(p, q, zero))
            if "smooth" in named:
                yield from _pairs(
                    pairs, samples, "convex and smooth", lambda p, q: interpolation(p, q, zero, named["smooth"][0])
                )
        case "strongly_convex":
            modulus = constants[0]
            yield from _pairs(pairs, samples, "strongly convex", lambda p, q: convexity(p, q, modulus))
            if "smooth" in named:
                smoothness = named["smooth"][0]
                yield from _pairs(
                    pairs,
                    samples,
                    "strongly convex and smooth",
                    lambda p, q: interpolation(p, q, modulus, smoothness),
                )
                if space.conditions.is_nonnegative(modulus):
                    yield from _pairs(
                        pairs, samples, "convex and smooth", lambda p, q: interpolation(p, q, zero, smoothness)
                    )
        case "smooth":
            yield from _of_smooth(constants[0], pairs, samples, space)
            if not named.keys() & {"convex", "strongly_convex"}:
                yield from _of_nonconvex(constants[0], pairs, samples)
        case "lipschitz":
            yield from _of_lipschitz(constants[0], pairs, samples, space)
        case "polyak_lojasiewicz":
            yield from _of_dominated(constants[0], samples, space)
        case "quadratic":
            yield from _of_quadratic(samples)


def _pairs(pairs: list[tuple[str, str]], samples: Mapping[str, Sample], word: str, form: Any) -> Iterator[Fact]:
    for first, second in pairs:
        yield Fact(of_form(form(samples[first], samples[second])), f"{word}: {first} against {second}")


def _of_smooth(
    smoothness: Expr, pairs: list[tuple[str, str]], samples: Mapping[str, Sample], space: Space
) -> Iterator[Fact]:
    def descent(p: Sample, q: Sample) -> Form:
        return (-1) * convexity(p, q, smoothness)

    yield from _pairs(pairs, samples, "smooth", descent)
    for first, second in combinations(samples, 2):
        p, q = samples[first], samples[second]
        slopes = inner(p.x - q.x, p.x - q.x).times(smoothness**2) - inner(p.g - q.g, p.g - q.g)
        yield Fact(slopes, f"smooth gradient: {first} against {second}")
    for name, sample in samples.items():
        for lowest in _lowest(space):
            gap = atom((f"f({name})",)) - atom((lowest,))
            if lowest != f"f({name})":
                steep = gap.times(2 * smoothness) - inner(sample.g, sample.g)
                yield Fact(steep, f"smooth above {lowest}: {name}")


def _of_steepness(smoothness: Expr, samples: Mapping[str, Sample], space: Space) -> Iterator[Fact]:
    """``|g_p - g_q| <= L |p - q|`` where the norm of p - q or of the change of gradients is spoken of."""
    for first, second in combinations(samples, 2):
        p, q = samples[first], samples[second]
        step, turn = (_signed(v) for v in (p.x - q.x, p.g - q.g))
        if any(known in (step, turn) for known in space.norms.values()):
            bound = space.norm_of(step).times(smoothness) - space.norm_of(turn)
            yield Fact(bound, f"smooth: norms of gradients at {first} and {second}")


def _of_nonconvex(smoothness: Expr, pairs: list[tuple[str, str]], samples: Mapping[str, Sample]) -> Iterator[Fact]:
    yield from _pairs(pairs, samples, "smooth, from below", lambda p, q: convexity(p, q, -smoothness))
    yield from _pairs(pairs, samples, "smooth, sharp", lambda p, q: interpolation(p, q, -smoothness, smoothness))


def _lowest(space: Space) -> list[str]:
    return [*(f"f({name})" for name in sorted(space.minimisers)), *sorted(map(str, space.infima))]


def _of_lipschitz(
    steepest: Expr, pairs: list[tuple[str, str]], samples: Mapping[str, Sample], space: Space
) -> Iterator[Fact]:
    for name, sample in samples.items():
        if sample.g.parts:
            yield Fact(of_form(slope(sample, steepest)), f"lipschitz: {name}")
    for first, second in pairs:
        p, q = samples[first], samples[second]
        rise = of_form(p.f - q.f)
        yield Fact(space.norm_of(_signed(p.x - q.x)).times(steepest) - rise, f"lipschitz: {first} against {second}")


def _signed(vector: Vector) -> Vector:
    """The vector or its negative, whichever has a positive leading factor, as `Space` names norms."""
    parts = {name: sympy.cancel(part) for name, part in vector.parts.items()}
    kept = Vector({name: parts[name] for name in sorted(parts) if parts[name] != 0})
    first = kept.parts[min(kept.parts)]
    if all(sympy.cancel(part / first).is_Rational for part in kept.parts.values()) and first.is_negative:
        return (-1) * kept
    return kept


def _of_dominated(modulus: Expr, samples: Mapping[str, Sample], space: Space) -> Iterator[Fact]:
    for name, sample in samples.items():
        for lowest in _lowest(space):
            gap = atom((f"f({name})",)) - atom((lowest,))
            yield Fact(inner(sample.g, sample.g) - gap.times(2 * modulus), f"gradient dominated: {name}")


def _of_quadratic(samples: Mapping[str, Sample]) -> Iterator[Fact]:
    """``f(p) - f(q) = <g_p + g_q, p - q>/2`` and ``<g_p - g_q, r - s> = <g_r - g_s, p - q>``."""
    for first, second in combinations(samples, 2):
        p, q = samples[first], samples[second]
        middle = inner(p.g + q.g, p.x - q.x).times(Rational(1, 2))
        yield Fact(of_form(p.f - q.f) - middle, f"quadratic: {first} against {second}", True)
    for one, two in combinations(list(combinations(samples, 2)), 2):
        (p, q), (r, s) = ((samples[name] for name in pair) for pair in (one, two))
        symmetric = inner(p.g - q.g, r.x - s.x) - inner(r.g - s.g, p.x - q.x)
        yield Fact(symmetric, f"quadratic: {one[0]}, {one[1]} against {two[0]}, {two[1]}", True)


def _of_norms(space: Space) -> Iterator[Fact]:
    """Norms are not negative; the inequality of Cauchy and Schwarz; the triangle inequality."""
    norms = dict(space.norms)
    for name, u in norms.items():
        yield Fact(atom((name,)), f"{name} >= 0")
        yield Fact(atom((name,)) * atom((name,)) - inner(u, u), f"{name}^2 is an inner product", True)
    for (first, u), (second, v) in combinations(norms.items(), 2):
        product = atom((first,)) * atom((second,))
        yield Fact(product - inner(u, v), f"Cauchy-Schwarz: {first}, {second}")
        yield Fact(product + inner(u, v), f"Cauchy-Schwarz, opposite: {first}, {second}")
    for name, w in norms.items():
        for (first, u), (second, v) in combinations(((n, x) for n, x in norms.items() if n != name), 2):
            for a, b in _combinations_of(w, u, v):
                bound = atom((first,)).times(space._size(a)) + atom((second,)).times(space._size(b))
                yield Fact(bound - atom((name,)), f"triangle: {name}, {first}, {second}")


def _combinations_of(w: Vector, u: Vector, v: Vector) -> Iterator[tuple[Expr, Expr]]:
    """Factors a, b that are not zero with ``w = a u + b v``."""
    a, b = sympy.Dummy("a"), sympy.Dummy("b")
    residual = w - a * u - b * v
    found = sympy.linsolve([sympy.expand(part) for part in residual.parts.values()], [a, b])
    for factors in found:
        if not any(factor.has(a, b) or factor == 0 for factor in factors):
            yield tuple(factors)


def _of_means(space: Space, facts: list[Fact], goals: tuple[Goal, ...]) -> Iterator[Fact]:
    """``E[n]^2 <= E[n^2]`` for random norms that some fact or goal speaks of."""
    for name, vector in list(space.norms.items()):
        if name in space.random:
            mean = space.mean(atom((name,)))
            yield Fact(space.mean(inner(vector, vector)) - mean * mean, f"E[{name}]^2 <= E[{name}^2]")
            expected = space.mean_of_vector(vector)
            yield Fact(space.mean(inner(vector, vector)) - inner(expected, expected), f"|E u|^2 <= E|u|^2: {name}")
