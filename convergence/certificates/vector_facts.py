"""What is known about vectors: polynomials in inner products, norms and values that are not negative.

Hypotheses about the function speak of every two points where it is taken; the others are true of all norms.

Sources: Taylor, Hendrickx, Glineur (2017) for smooth and strongly convex functions; the others are definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from convergence.certificates.gram import Form, Sample, Vector, convexity, interpolation, slope, value
from convergence.certificates.vector_forms import Polynomial, Space, atom, inner, of_form
from convergence.errors import CertificateRejected

MAX_POINTS = 6


@dataclass(frozen=True, slots=True)
class Fact:
    """A polynomial that is not negative (positive if strict, zero for an equation), and the words for it."""

    polynomial: Polynomial
    says: str
    is_equation: bool = False
    is_strict: bool = False


def of_equation(zero: Vector, space: Space) -> Iterator[Fact]:
    """A combination that is zero has zero products with all vectors."""
    known = {part for place in space.points.values() for part in place.parts}
    known |= {f"grad({name})" for name in space.points if name not in space.minimisers}
    for name in sorted(known | set(zero.parts)):
        yield Fact(inner(zero, Vector({name: Integer(1)})), f"<{name}, .> of an equation", True)


def samples_of(space: Space) -> dict[str, Sample]:
    """Every point where the function is taken, with the gradient and the value there.

    Raises:
        CertificateRejected: if there are too many.
    """
    if len(space.points) > MAX_POINTS:
        raise CertificateRejected(f"expected at most {MAX_POINTS} points, found {len(space.points)}")
    return {name: _sample(name, place, space) for name, place in space.points.items()}


def _sample(name: str, place: Vector, space: Space) -> Sample:
    gradient = Vector({}) if name in space.minimisers else Vector({f"grad({name})": Integer(1)})
    return Sample(place, gradient, value(f"f({name})", Integer(1)))


def of_minimisers(space: Space) -> Iterator[Fact]:
    """The function is least at a minimiser, which thereby is one of its points."""
    for name in sorted(space.minimisers):
        space.points.setdefault(name, Vector({name: Integer(1)}))
    for name in space.points:
        for lowest in [*sorted(space.minimisers), *sorted(map(str, space.infima))]:
            least = atom((lowest,)) if lowest not in space.minimisers else atom((f"f({lowest})",))
            if name != lowest:
                yield Fact(atom((f"f({name})",)) - least, f"{lowest} is least: f({name})")


def of_function(
    kind: str, constants: tuple[Expr, ...], named: Mapping[str, tuple[Expr, ...]], space: Space
) -> Iterator[Fact]:
    """What a hypothesis says of the points, given all `named` hypotheses with their constants."""
    samples = samples_of(space)
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


def of_steepness(smoothness: Expr, samples: Mapping[str, Sample], space: Space) -> Iterator[Fact]:
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


def of_norms(space: Space) -> Iterator[Fact]:
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


def of_means(space: Space) -> Iterator[Fact]:
    """``E[n]^2 <= E[n^2]`` for random norms, and ``|E u|^2 <= E|u|^2``."""
    for name, vector in list(space.norms.items()):
        if name in space.random:
            mean = space.mean(atom((name,)))
            yield Fact(space.mean(inner(vector, vector)) - mean * mean, f"E[{name}]^2 <= E[{name}^2]")
            expected = space.mean_of_vector(vector)
            yield Fact(space.mean(inner(vector, vector)) - inner(expected, expected), f"|E u|^2 <= E|u|^2: {name}")
