"""Sums of gaps against squared distances: subgradients, averages, projections and regret.

``2 a (f(x) - f*) <= |x - x*|^2 - |x - a g - x*|^2 + a^2 |g|^2`` adds up, with the weight 1/(2 a) where steps change.
Source: Nesterov (2004), Theorem 3.2.2; Zinkevich (2003), Theorem 1; Hazan, Agarwal, Kale (2007), Theorem 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr, Integer

from convergence.expressions import to_text
from convergence.potentials.shapes import HALF, K, Proposal, T, Task, Terms, added, at_start, proof, times


def proposals(found: Task) -> Iterator[Proposal]:
    """For (projected) gradient and subgradient descent on convex functions."""
    if found.step is None or not found.windows or found.kind != "gap" or not found.given.is_convex:
        return
    smooth = found.known("smooth") is not None and not found.given.has_domain and not found.given.is_online
    for window in found.windows:
        if K not in found.step.free_symbols:
            yield from _with_constant_steps(found, window)
            if smooth and window == "iterates":
                yield from _smooth(found, window)
        yield from _with_any_steps(found, window)


def _paid(found: Task) -> tuple[Terms, Expr] | None:
    """Facts, times a^2, that bound the oracle's squared answer."""
    if found.steepest is not None:
        return {found.steepest[0]: Integer(1)}, found.steepest[1] ** 2
    return None


def _with_constant_steps(found: Task, window: str) -> Iterator[Proposal]:
    a, D, paid = found.step, found.known("initial_distance") or found.known("bounded_domain"), _paid(found)
    assert a is not None
    if D is None or paid is None:
        return
    fact, squared = paid
    domain: Terms = {"projection": 1} if found.given.has_domain else {}
    base: Terms = {"diameter start": 1} if found.given.has_domain else {"distance": 1}
    step = added({"star query convex": a}, times(a**2, fact), domain)
    limit = D**2 + K * a**2 * squared
    potential: dict[str, Expr | int] = {"sum": 2 * a, "theta theta": 1, "1": -limit}
    final: dict[str, Expr | int] = {}
    total = limit / (2 * a)
    if window == "iterates":
        potential["output"] = -2 * a
        base = {**base, "above output": 2 * a}
        final = {"star output convex": HALF, "slope output": a / 2}
        total = total + a * squared / 2
    yield _proposal(found, window, proof(potential, base=base, step=step, final=final, scale=1 / (2 * a)), total)


def _smooth(found: Task, window: str) -> Iterator[Proposal]:
    """On smooth functions the step itself pays for the gradient."""
    a, D, sigma, L = found.step, found.known("initial_distance"), found.noise, found.known("smooth")
    assert a is not None and L is not None
    if D is None or (found.given.is_noisy and sigma is None):
        return
    noise: Terms = {"variance query": a**2 + L * a**3} if sigma is not None else {}
    limit = D**2 + (K * (a**2 + L * a**3) * sigma**2 if sigma is not None else 0)
    potential: Terms = {"sum": 2 * a, "theta theta": 1, "1": -limit}
    step = added({"output output- descent": a, "star query convex": a}, noise)
    yield _proposal(
        found, window, proof(potential, base={"distance": 1}, step=step, final={}, scale=1 / (2 * a)), limit / (2 * a)
    )


def _with_any_steps(found: Task, window: str) -> Iterator[Proposal]:
    """The sum itself, with the squared distance over 2 a; what the weight gains is paid by the domain's diameter."""
    a, paid, mu = found.step, _paid(found), found.given.modulus
    assert a is not None
    if paid is None or (found.given.is_noisy and "unbiased" not in found.given.given):
        return
    weight = sympy.simplify(1 / (2 * a))
    gained = sympy.simplify(weight - sympy.simplify(weight.subs(K, K - 1)) - mu / 2)
    D, distance = found.known("bounded_domain"), found.known("initial_distance")
    kept = sympy.simplify((weight - mu / 2).subs(K, 1))
    for diameter in (gained, Integer(0)) if D is not None else (Integer(0),):
        facts = added({"star query convex": HALF}, times(a / 2, paid[0]))
        if D is not None:
            facts = added(facts, {"projection": weight, "diameter theta-": diameter})
        base = at_start(facts)
        base["diameter start" if D is not None else "distance"] = kept
        radius = D if D is not None else distance if distance is not None else Integer(0)
        for total in _totals(
            found, a, paid[1], kept * radius**2, (weight - weight.subs(K, 1)) * _diameter(diameter, D)
        ):
            yield _summed(found, window, weight, facts, base, total, a, paid[1])


def _diameter(weight: Expr, D: Expr | None) -> Expr:
    """The squared diameter, where it is used at all."""
    return D**2 if D is not None and weight != 0 else Integer(0)


def _summed(
    found: Task, window: str, weight: Expr, step: Terms, base: Terms, total: Expr, a: Expr, squared: Expr
) -> Proposal:
    potential: dict[str, Expr | int] = {"sum": 1, "theta theta": weight, "1": -total}
    final: dict[str, Expr | int] = {}
    if window == "iterates":
        potential["output"] = -1
        base = {**base, "above start": 1}
        final = {"star output convex": HALF, "slope output": a / 2}
        total = total + a * squared / 2
    return _proposal(found, window, proof(potential, base=base, step=step, final=final, first=1), total)


def _totals(found: Task, a: Expr, squared: Expr, start: Expr, gained: Expr) -> Iterator[Expr]:
    """Upper bounds on the sum: the claim's own, and the sum of the steps by its integral."""
    if found.bound is not None:
        yield found.bound * (1 if found.measure == "regret" else K)
    size, rest = a.as_independent(K, as_Add=False)
    base, exponent = rest.as_base_exp()
    if base == K and exponent == -1:
        yield start + gained + size * squared / 2 * (1 + sympy.log(K))
    elif base == K and exponent.is_Rational and -1 < exponent < 0:
        yield start + gained + size * squared / 2 * K ** (1 + exponent) / (1 + exponent)


def _proposal(found: Task, window: str, inequalities: dict[str, Any], total: Expr) -> Proposal:
    count = Integer(1) if found.measure == "regret" else K
    bound = sympy.simplify(total / count)
    if found.horizon:
        bound = bound.subs(K, T)
    stated = {} if found.bound is not None else {"bound": to_text(bound)}
    return Proposal(idea="sum of gaps", witness={**stated, "window": window, "proof": inequalities})
