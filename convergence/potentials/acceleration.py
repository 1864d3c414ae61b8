"""Nesterov's method: ``2 a t_k^2 (f(x_k) - f*) + |x_(k-1) + t_k (x_k - x_(k-1)) - x*|^2`` does not increase.

With weights ``b_k = (t_(k-1) - 1)/t_k`` and ``t_k = (k + q)/b``; and with constant weights, for strongly convex
functions, the gap plus ``mu/2 |x_k + (1/q - 1)(x_k - x_(k-1)) - x*|^2``, q = sqrt(a mu), shrinks by 1 - q.
Source: Nesterov (1983); Beck, Teboulle (2009), Lemma 4.1; Bansal, Gupta (2019), Section 5.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr, Integer

from convergence.expressions import to_text
from convergence.potentials.shapes import HALF, K, Momentum, Proposal, Task, proof, squares, times


def proposals(found: Task) -> Iterator[Proposal]:
    """For methods with two iterates on smooth convex functions."""
    found_momentum = found.momentum
    if found_momentum is None or found.windows or found.known("smooth") is None or not found.given.is_convex:
        return
    if found.kind != "gap" or found.given.is_noisy or found.given.has_domain:
        return
    if K in found_momentum.weight.free_symbols:
        yield from _growing(found, found_momentum)
    else:
        yield from _constant(found, found_momentum)


def _weights(weight: Expr) -> Iterator[Expr]:
    """t_k for ``b_k = (k - p)/(k + q)``: ``t_k = (k + q)/(p + q - 1)``."""
    above, below = sympy.fraction(sympy.cancel(weight))
    parts = [part.as_poly(K) for part in (above, below)]
    if any(part is None or part.degree() != 1 for part in parts):
        return
    (slope, shift), (other, offset) = (part.all_coeffs() for part in parts)
    if slope != other:
        return
    p, q = -shift / slope, offset / slope
    if (p + q - 1).is_positive:
        yield (K + q) / (p + q - 1)


def _growing(found: Task, momentum: Momentum) -> Iterator[Proposal]:
    a, L, D = momentum.step, found.known("smooth"), found.known("initial_distance")
    assert L is not None
    if K in a.free_symbols:
        return
    for t in _weights(momentum.weight):
        before, unit = t.subs(K, K - 1), t.subs(K, 1)
        spare = sympy.expand(unit**2 - unit)
        facts = {
            "output- query convex": a * (t**2 - t),
            "star query convex": a * t,
            "output query descent": a * t**2,
            "above output-": 2 * a * sympy.expand(before**2 - t**2 + t),
        }
        base = {
            "start query1 convex": a * spare,
            "star query1 convex": a * unit,
            "output query1 descent": a * unit**2,
            "start star descent": a * spare,
        }
        distance = squares({"theta": t, momentum.previous: 1 - t})
        limits = [(D**2 * (1 + a * L * spare), {**base, "distance": 1 + a * L * spare}, None)] if D is not None else []
        if found.bound is None:
            limits.append((sympy.Symbol("C_start", positive=True), {}, K - 1))
        for limit, started, late in limits:
            potential = {"output": 2 * a * t**2, **distance, "1": -limit}
            inequalities = proof(
                potential, base=started, first=1, step=facts, final={}, scale=1 / (2 * a * t**2), late=late
            )
            stated = {} if found.bound is not None else {"bound": to_text(limit / (2 * a * t**2))}
            yield Proposal(idea="acceleration", witness={**stated, "proof": inequalities})


def _constant(found: Task, momentum: Momentum) -> Iterator[Proposal]:
    a, L, mu = momentum.step, found.known("smooth"), found.known("strongly_convex")
    D, gap = found.known("initial_distance"), found.known("initial_gap")
    if mu is None or L is None or K in a.free_symbols:
        return
    q = sympy.sqrt(a * mu)
    lead = 1 / q
    facts = {
        "output- query convex": (1 - q) / 2,
        "star query convex": q / 2,
        "output query descent": HALF,
    }
    distance = times(mu / 2, squares({"theta": lead, momentum.previous: 1 - lead}))
    starts: list[tuple[Expr, dict[str, Expr | int]]] = []
    if D is not None:
        starts.append(((L + mu) * D**2 / 2, {"start star descent": HALF, "distance": (L + mu) / 2}))
    if gap is not None:
        starts.append((2 * gap, {"start star convex": HALF, "gap": Integer(2)}))
    for limit, base in starts:
        stated = found.bound if found.bound is not None else limit * (1 - q) ** K
        potential = {"output": 1, **distance, "1": -stated}
        inequalities = proof(potential, base=base, step=facts, factor=1 - q, final={})
        written = {} if found.bound is not None else {"bound": to_text(stated)}
        yield Proposal(idea="acceleration", witness={**written, "proof": inequalities})
    if found.bound is None:
        inequalities = proof({"output": 1, **distance}, late=K, step=facts, factor=1 - q, final={})
        yield Proposal(idea="recursion", witness={"recursion": {"forcing": "0"}, "proof": inequalities})
