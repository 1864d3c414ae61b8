"""One step shrinks the squared distance or the gap by a factor, up to noise and errors of the gradient.

With step a and both constants, ``|x - a g|^2 <= r |x|^2`` with ``r = (1 - a mu)^2`` for a <= 2/(L + mu) and
``(a L - 1)^2`` for larger steps; ``f(x - a g) - f* <= (1 - 2 mu c)(f(x) - f*)`` with ``c = a (1 - a L/2)`` from the
Polyak-Lojasiewicz inequality, and with the squares above under strong convexity.
Source: Polyak (1987), Theorem 1.4.3; Taylor, Hendrickx, Glineur (2018), "Exact worst-case convergence rates of the
proximal gradient method", Theorem 3.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr, Integer

from convergence.expressions import to_text
from convergence.potentials.shapes import HALF, K, Proposal, Task, Terms, added, at_start, proof, times


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """``u[k] <= factor u[k-1] + forcing`` by the facts, for a u that is one part of the potential.

    Attributes:
        part: the words of u.
        late: the k from which the factor is of the right sign, for steps that shrink.
        split: where the facts divide by it, with the facts where it is zero.
    """

    part: str
    factor: Expr
    facts: Terms
    forcing: Expr
    idea: str
    split: tuple[Expr, Terms] | None = None


def proposals(found: Task) -> Iterator[Proposal]:
    """For gradient descent."""
    if found.step is None or found.windows:
        return
    for step in (*_of_distances(found), *_of_gaps(found), *_of_gradients(found)):
        for final, scale in _measured(found, step.part):
            yield from _bounded(found, step, final, scale)
            if found.bound is None:
                yield from _of_order(found, step, final, scale)
    yield from _with_errors(found)


def _of_distances(found: Task) -> Iterator[Step]:
    a, mu, L, sigma = found.step, found.given.modulus, found.known("smooth"), found.noise
    assert a is not None
    noise: Terms = {"variance query": a**2} if sigma is not None else {}
    forcing = a**2 * sigma**2 if sigma is not None else Integer(0)
    domain = {"projection": Integer(1)} if found.given.has_domain else {}
    if found.given.is_convex and L is not None and not found.given.has_domain:
        both = {"star query full": a**2 / 2, "query star full": a**2 / 2}
        rest = sympy.factor(a - a**2 * (L + mu) / 2)
        short = {"star query convex": rest, "query star convex": rest}
        factor = (1 - a * mu) ** 2
        yield Step(
            part="theta theta", factor=factor, facts=added(both, short, noise), forcing=forcing, idea="contraction"
        )
        long = {"star query descent": -rest, "query star descent": -rest}
        factor = (a * L - 1) ** 2
        yield Step(
            part="theta theta", factor=factor, facts=added(both, long, noise), forcing=forcing, idea="contraction"
        )
    if found.given.is_convex and found.steepest is not None:
        fact, steepest = found.steepest
        facts = {"star query convex": a, "query star convex": a, fact: a**2, **domain}
        forcing = a**2 * steepest**2
        yield Step(part="theta theta", factor=1 - 2 * a * mu, facts=facts, forcing=forcing, idea="contraction")


def _of_gaps(found: Task) -> Iterator[Step]:
    a, L, sigma = found.step, found.known("smooth"), found.noise
    assert a is not None
    mu = found.known("polyak_lojasiewicz") or found.known("strongly_convex")
    if L is None or found.given.has_domain:
        return
    fall = sympy.factor(a * (1 - a * L / 2))
    noise: Terms = {"variance query": L * a**2 / 2} if sigma is not None else {}
    forcing = L * a**2 * sigma**2 / 2 if sigma is not None else Integer(0)
    descent: Terms = {"output output- descent": HALF}
    if mu is not None:
        growth = {"growth query": fall}
        factor = 1 - 2 * mu * fall
        yield Step(part="output", factor=factor, facts=added(descent, growth, noise), forcing=forcing, idea="descent")
        if found.given.is_convex and sigma is None:
            yield from _squared_factors(a, mu, L)
    yield Step(part="output", factor=Integer(1), facts=added(descent, noise), forcing=forcing, idea="descent")


def _squared_factors(a: Expr, mu: Expr, L: Expr) -> Iterator[Step]:
    """Interpolation inequalities along the step and from the minimiser to both of its ends."""
    for root in (1 - a * mu, a * L - 1):
        weights = {"output- output full": root, "star output- full": root * (1 - root), "star output full": 1 - root}
        at_equality = {
            "output star descent": HALF,
            "star output- full": L * a**2 / 2,
            "output- star full": L * a**2 / 2,
        }
        facts = times(1 / (2 * (L - mu)), weights)
        split = (L - mu, at_equality)
        yield Step(part="output", factor=root**2, facts=facts, forcing=Integer(0), idea="contraction", split=split)


def _of_gradients(found: Task) -> Iterator[Step]:
    a, mu, L = found.step, found.given.modulus, found.known("smooth")
    assert a is not None
    if L is None or not found.given.is_convex or found.given.is_noisy or found.given.has_domain:
        return
    rest = sympy.factor(1 / a - (L + mu) / 2)
    both = {"output output- full": HALF, "output- output full": HALF}
    short = {"output output- convex": rest, "output- output convex": rest}
    long = {"output output- descent": -rest, "output- output descent": -rest}
    part = "g:output g:output"
    for factor, facts in (((1 - a * mu) ** 2, short), ((a * L - 1) ** 2, long)):
        yield Step(part=part, factor=factor, facts=added(both, facts), forcing=Integer(0), idea="contraction")


def _measured(found: Task, part: str) -> Iterator[tuple[Terms, Expr]]:
    """Facts and a factor that bound the measure by a multiple of u."""
    L, mu = found.known("smooth"), found.known("strongly_convex")
    match part, found.kind:
        case ("theta theta", "squared_distance") | ("output", "gap") | ("g:output g:output", "squared_gradient"):
            yield {}, Integer(1)
        case ("theta theta", "gap") if L is not None:
            yield {"output star descent": HALF}, L / 2
        case ("theta theta", "squared_gradient") if L is not None:
            yield {"output star descent": L, "below output": Integer(1)}, L**2
        case ("output", "squared_gradient") if L is not None:
            yield {"below output": Integer(1)}, 2 * L
        case ("output", "squared_distance") if mu is not None:
            yield {"output star convex": 1 / mu}, 2 / mu


def _started(found: Task, part: str) -> Iterator[tuple[Terms, Expr]]:
    """Facts at the start, and what they say u is at most."""
    D, gap, L = found.known("initial_distance"), found.known("initial_gap"), found.known("smooth")
    mu = found.known("strongly_convex")
    match part:
        case "theta theta":
            if D is not None:
                yield {"distance": 1}, D**2
            if gap is not None and mu is not None:
                yield {"gap": 2 / mu, "start star convex": 1 / mu}, 2 * gap / mu
            if found.given.has_domain:
                yield {"diameter start": 1}, found.given.constant("bounded_domain") ** 2
        case "output":
            if gap is not None:
                yield {"gap": 1}, gap
            if D is not None and L is not None:
                yield {"start star descent": HALF, "distance": L / 2}, L * D**2 / 2
        case "g:output g:output" if L is not None:
            if gap is not None:
                yield {"below start": 1, "gap": 2 * L}, 2 * L * gap
            if D is not None:
                yield {"below start": 1, "start star descent": L, "distance": L**2}, L**2 * D**2


def _bounded(found: Task, step: Step, final: Terms, scale: Expr) -> Iterator[Proposal]:
    """The largest u for which the measure is at most the claimed bound, and what the steps themselves give."""
    starts = list(_started(found, step.part))
    if found.bound is not None:
        bound = found.bound**2 if found.is_root else found.bound
        for base, _ in starts:
            yield _falling(step, bound / scale, base, 0, final, scale)
        if step.part == "theta theta" and K in step.factor.free_symbols:
            for base in ({}, *(base for base, _ in starts)):
                yield _falling(step, bound / scale, _first_step(step, base), 1, final, scale)
    if step.forcing == 0 and K not in step.factor.free_symbols:
        root, power = (step.factor.base, 2 * K) if step.factor.is_Pow else (step.factor, K)
        for base, limit in starts:
            own = _falling(step, root**power * limit, base, 0, final, scale)
            bound = sympy.sqrt(scale * limit) * root ** (power / 2) if found.is_root else scale * limit * root**power
            yield replace(own, witness={**own.witness, "bound": to_text(bound)})


def _falling(step: Step, limit: Expr, base: Terms, first: int, final: Terms, scale: Expr) -> Proposal:
    """u is at most the limit, which may depend on k."""

    def attempt(facts: Terms) -> dict[str, Any]:
        potential = {step.part: Integer(1), "1": -limit}
        return proof(potential, base=base, first=first, step=facts, factor=step.factor, final=final, scale=scale)

    witness: dict[str, Any] = {"proof": attempt(step.facts)}
    if step.split is not None:
        nonzero, at_zero = step.split
        witness |= {"split": to_text(nonzero), "at zero": attempt(at_zero)}
    return Proposal(idea=step.idea, witness=witness)


def _first_step(step: Step, base: Terms) -> Terms:
    """The facts of step 1, where the factor may be negative, and those of the start times the factor if it is not."""
    return added(at_start(step.facts), times(step.factor.subs(K, 1), base))


def _of_order(found: Task, step: Step, final: Terms, scale: Expr) -> Iterator[Proposal]:
    """The recursion that every step satisfies, from the k on where its factor is not negative."""
    for late in _beginnings(found):
        inequalities = proof({step.part: 1}, late=late, step=step.facts, factor=step.factor, final=final, scale=scale)
        forcing = to_text(step.forcing)
        yield Proposal(idea="recursion", witness={"recursion": {"forcing": forcing}, "proof": inequalities})


def _beginnings(found: Task) -> Iterator[Expr]:
    """Expressions that are positive once the steps are short enough, and all factors lie between 0 and 1."""
    a, L, mu = found.step, found.known("smooth"), found.given.modulus
    assert a is not None
    yield K
    if K in a.free_symbols:
        pace = sympy.simplify(1 / a)
        yield sympy.expand(pace - (L if L is not None else 2 * mu))


def _with_errors(found: Task) -> Iterator[Proposal]:
    """``|x_k| <= r |x_(k-1)| + a delta``, squared with the weights at which Young's inequality is sharp."""
    a, delta, bound = found.step, found.known("gradient_error"), found.bound
    mu, L = found.given.modulus, found.known("smooth")
    if delta is None or bound is None or L is None or found.measure != "distance" or not found.given.is_convex:
        return
    assert a is not None
    before = bound.subs(K, K - 1)
    for root, kind in ((1 - a * mu, "convex"), (a * L - 1, "descent")):
        if sympy.simplify(root) == 0:
            continue
        weight = a * delta / (root * before)
        rest = sympy.factor((a - a**2 * (L + mu) / 2) * (1 if kind == "convex" else -1))
        both = {"star query full": a**2 / 2, "query star full": a**2 / 2}
        shrink = times(1 + weight, added(both, {f"star query {kind}": rest, f"query star {kind}": rest}))
        facts = added(shrink, {"error query": a**2 * (1 + 1 / weight)})
        potential = {"theta theta": 1, "1": -(bound**2)}
        factor = root**2 * (1 + weight)
        inequalities = proof(potential, base={"distance": 1}, step=facts, factor=factor, final={})
        at_equality = {**both, "error query": a**2, "query star reversed e:query": 2 * a / L}
        at_zero = proof(potential, base={"distance": 1}, step=at_equality, factor=0, final={})
        yield Proposal(idea="contraction with errors", witness={"proof": inequalities})
        yield Proposal(
            idea="contraction with errors",
            witness={
                "split": to_text(sympy.numer(sympy.together(root))),
                "proof": inequalities,
                "at zero": at_zero,
            },
        )
