"""Worst cases of gradient descent that are attained: potentials that depend on the step at which the bound is claimed.

For steps a <= 1/L the gap after T steps is at most ``L D^2/(4 T a L + 2)``: with ``w_k = k/(2 T + 1 - k)`` and
``s_k = (2 T - k) a L + 1`` the sum of ``w_k (f(x_k) - f*)``, ``w_k a |g_k|^2/2`` and ``L (1 - w_k)/(2 s_k)`` times
``|x_k - x*|^2`` does not increase. Nor do ``f(x_k) - f* + a k |g_k|^2`` and ``2 a k (f(x_k) - f*)`` plus
``(a^2 k^2 + a k/L) |g_k|^2 + |x_k - x*|^2``, whence ``2 L Delta/(2 a k L + 1)`` for the squared gradient and
``D/(a k + 1/L)`` for its norm.
Source: Drori, Teboulle (2014), "Performance of first-order methods for smooth convex minimization: a novel approach",
Theorem 3.1, whose multipliers are w_k; Taylor, Hendrickx, Glineur (2017), Section 4.1, for the bounds on gradients.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr

from convergence.potentials.shapes import K, Proposal, T, Task, proof


def proposals(found: Task) -> Iterator[Proposal]:
    """For bounds on gradient descent with a constant step on smooth convex functions."""
    a, L = found.step, found.known("smooth")
    given = found.given
    if a is None or L is None or found.bound is None or K in a.free_symbols or not given.is_convex:
        return
    if found.windows or given.is_noisy or given.has_domain or given.is_online:
        return
    D, gap = found.known("initial_distance"), found.known("initial_gap")
    if found.kind == "gap" and D is not None:
        yield _gap(found, a, L, D)
        yield _gap_of_long_steps(found, a, L, D)
    if found.kind == "squared_gradient" and gap is not None:
        yield _gradient_from_gap(a, L, gap)
    if found.kind == "squared_gradient" and D is not None:
        yield _gradient_from_distance(a, L, D)


def _gap(found: Task, a: Expr, L: Expr, D: Expr) -> Proposal:
    weight = K / (2 * T + 1 - K)
    gained = sympy.factor(weight - weight.subs(K, K - 1))
    inverse = (2 * T - K) * a * L + 1
    limit = L * D**2 / (2 * inverse.subs(K, 0))
    potential = {
        "output": weight,
        "theta theta": L * (1 - weight) / (2 * inverse),
        "g:output g:output": weight * a / 2,
        "1": -limit,
    }
    step = {"output- output plain": weight / (2 * L), "star query plain": gained / (2 * L)}
    final = {"star output plain": (1 - weight) / (2 * L)}
    inequalities = proof(potential, base={"distance": limit / D**2}, step=step, final=final)
    horizon = {} if found.horizon else {"horizon": True}
    return Proposal(idea="a potential for each horizon", witness={**horizon, "proof": inequalities})


def _gap_of_long_steps(found: Task, a: Expr, L: Expr, D: Expr) -> Proposal:
    """The squared distance is one of ``x_k - x* - s_k g_k/L`` in part, with a share that vanishes at a = 1/L."""
    weight = K / (2 * T + 1 - K)
    inverse = (2 * T - K) * a * L + 1
    limit = L * D**2 / (2 * inverse.subs(K, 0))
    share = (a * L - 1) * (sympy.Rational(3, 2) * K + 1) / ((2 * T + 1 - K) * inverse)
    square = sympy.factor(((1 - weight) / 2 - share) / inverse)
    potential = {
        "output": weight,
        "theta theta": L * square,
        "theta g:output": 2 * share,
        "g:output g:output": weight * a / 2 - inverse * share / L,
        "1": -limit,
    }
    gained = sympy.factor(weight - weight.subs(K, K - 1))
    step = {"output- output plain": weight / (2 * L), "star query plain": gained / (2 * L)}
    final = {"star output plain": (1 - weight) / (2 * L)}
    base = {
        "start output1 plain": (weight / (2 * L)).subs(K, 1),
        "star start plain": (gained / (2 * L)).subs(K, 1),
        "distance": limit / D**2,
    }
    inequalities = proof(potential, base=base, first=1, step=step, final=final)
    horizon = {} if found.horizon else {"horizon": True}
    return Proposal(idea="a potential for each horizon", witness={**horizon, "proof": inequalities})


def _gradient_from_gap(a: Expr, L: Expr, gap: Expr) -> Proposal:
    potential = {"output": 1, "g:output g:output": a * K, "1": -gap}
    step = {"output- output plain": K / L, "output output- plain": (2 * K - 1) / (2 * L)}
    scale = 2 * L / (2 * a * K * L + 1)
    inequalities = proof(potential, base={"gap": 1}, step=step, final={"below output": scale / (2 * L)}, scale=scale)
    return Proposal(idea="gap and gradient", witness={"proof": inequalities})


def _gradient_from_distance(a: Expr, L: Expr, D: Expr) -> Proposal:
    down = 2 * a * K**2 + 2 * K / L
    potential = {"output": 2 * a * K, "g:output g:output": sympy.expand(down * a / 2), "theta theta": 1, "1": -(D**2)}
    step = {
        "output- output plain": sympy.expand(down / (2 * L)),
        "output output- plain": sympy.expand((down - 2 * a * K) / (2 * L)),
        "star query plain": a / L,
    }
    scale = (a * K + 1 / L) ** -2
    both = scale / L**2
    final = {"output star plain": both + a * K * scale / L, "star output plain": both}
    inequalities = proof(potential, base={"distance": 1}, step=step, final=final, scale=scale)
    return Proposal(idea="gap, gradient and distance", witness={"proof": inequalities})
