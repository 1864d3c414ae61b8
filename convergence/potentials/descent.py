"""The gap itself falls: with a squared distance it gives 1/k for convex functions, with squared gradients their sum.

``2 a k (f(x_k) - f*) + |x_k - x*|^2`` does not increase for constant steps a <= 1/L; ``f(x_k) - f* + c sum |g_i|^2``
does not for ``c = a (1 - a L/2)``.
Source: Bansal, Gupta (2019), "Potential-function proofs for gradient methods"; Nesterov (2004), (1.2.15).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr, Integer

from convergence.expressions import to_text
from convergence.potentials.shapes import HALF, K, Proposal, T, Task, Terms, proof


def proposals(found: Task) -> Iterator[Proposal]:
    """For gradient descent on smooth functions."""
    if found.step is None or found.known("smooth") is None or found.given.has_domain:
        return
    if found.windows and found.kind == "squared_gradient":
        yield from _sums_of_gradients(found)
    if found.given.is_convex and not found.windows and K not in found.step.free_symbols and not found.given.is_noisy:
        yield from _gap_and_distance(found)


def _gap_and_distance(found: Task) -> Iterator[Proposal]:
    a, L, D = found.step, found.known("smooth"), found.known("initial_distance")
    assert a is not None and L is not None
    if found.kind not in ("gap", "squared_gradient"):
        return
    gap = found.kind == "gap"
    scale = 1 / (2 * a * K) if gap else L / (a * K)
    final: Terms = {} if gap else {"below output": Integer(1)}
    for limit, base, late in _limits(found, D):
        potential = {"output": 2 * a * K, "theta theta": 1, "1": -limit}
        facts = {"output output- descent": a * K, "star query convex": a}
        inequalities = proof(potential, base=base, step=facts, final=final, scale=scale, late=late)
        bound = limit * scale
        stated = {} if found.bound is not None else {"bound": to_text(sympy.sqrt(bound) if found.is_root else bound)}
        yield Proposal(idea="gap and distance", witness={**stated, "proof": inequalities})


def _limits(found: Task, D: Expr | None) -> Iterator[tuple[Expr, Terms, Expr | None]]:
    """What the potential is at most, with the facts at the start or the k after which it is so."""
    if D is not None:
        yield D**2, {"distance": 1}, None
    if found.bound is None and not found.horizon:
        yield sympy.Symbol("C_start", positive=True), {}, K


def _sums_of_gradients(found: Task) -> Iterator[Proposal]:
    a, L, sigma = found.step, found.known("smooth"), found.noise
    assert a is not None and L is not None
    last = T if found.horizon else K
    if K in a.free_symbols:
        return
    fall = sympy.factor(a * (1 - a * L / 2))
    noise = L * a**2 * sigma**2 / 2 if sigma is not None else Integer(0)
    if found.given.is_noisy and sigma is None:
        return
    for limit, base in _gap_at_start(found):
        potential = {"output": 1, "sum": fall, "g:output g:output": -fall, "1": -limit - noise * K}
        facts: dict[str, Expr | int] = {"output output- descent": HALF}
        if sigma is not None:
            facts["variance query"] = L * a**2 / 2
        bound = sympy.simplify((limit + noise * last) / (fall * last))
        stated = {} if found.bound is not None else {"bound": to_text(bound)}
        own = {window: _ended(window, potential, fall, L, base, facts) for window in ("start", "iterates", "all")}
        yield Proposal(idea="descent", witness={**stated, "window": "start", "proof": own})


def _ended(window: str, potential: Terms, fall: Expr, L: Expr, base: Terms, facts: Terms) -> dict[str, Any]:
    """The sum up to x_k ends with a gradient that the next step would pay for; the one up to x_(k-1) does not."""
    if window == "start":
        final: Terms = {"above output": 1 / fall}
        return proof({**potential, "g:output g:output": 0}, base=base, step=facts, final=final, scale=1 / fall)
    final = {"below output": 1, "above output": sympy.factor(1 / fall - 2 * L)}
    return proof(potential, base=base, step=facts, final=final, scale=1 / fall)


def _gap_at_start(found: Task) -> Iterator[tuple[Expr, Terms]]:
    gap, D, L = found.known("initial_gap"), found.known("initial_distance"), found.known("smooth")
    if gap is not None:
        yield gap, {"gap": 1}
    if D is not None and L is not None:
        yield L * D**2 / 2, {"start star descent": HALF, "distance": L / 2}
