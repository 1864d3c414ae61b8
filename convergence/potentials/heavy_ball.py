"""The heavy ball's mean iterate: steps a <= (1 - b)/L with momentum b on smooth convex functions.

With ``z = x + b/(1 - b) (x - previous)`` a step moves z by -a/(1 - b) g, and ``|z_k - x*|^2`` plus
``2 a b/(1 - b)^2 (f(previous) - f*)`` pays for ``2 a/(1 - b)`` times the sum of gaps.
Source: Ghadimi, Feyzmahdavian, Johansson (2015), "Global convergence of the heavy-ball method for convex optimization",
Theorem 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr

from convergence.certificates.gram import vector
from convergence.certificates.iteration import THETA
from convergence.certificates.linear_methods import anywhere, output, query, same, stepped, word
from convergence.expressions import to_text
from convergence.potentials.shapes import K, Proposal, T, Task, proof, squares


def proposals(found: Task) -> Iterator[Proposal]:
    """For best and mean gaps."""
    read, D, L = _read(found), found.known("initial_distance"), found.known("smooth")
    if read is None or D is None or L is None or "iterates" not in found.reach or found.kind != "gap":
        return
    if found.given.is_noisy or found.given.has_domain or not found.given.is_convex:
        return
    a, b, previous = read
    pull, keep = a / (1 - b), a * b / (1 - b) ** 2
    limit = D**2 * (1 + keep * L)
    potential = {
        "sum": 2 * pull,
        previous: 2 * keep,
        "output": -2 * pull,
        **squares({"theta": 1 / (1 - b), previous: -b / (1 - b)}),
        "1": -limit,
    }
    facts = {"star query plain": pull / L, f"{previous}- query plain": keep / L}
    base = {"start star descent": keep, "distance": 1 + keep * L, "above output": 2 * pull}
    final = {"star output plain": pull / L, f"{previous} output plain": keep / L, "above output": 2 * keep}
    inequalities = proof(potential, base=base, step=facts, final=_divided(final, 2 * pull), scale=1 / (2 * pull))
    bound = sympy.simplify(limit / (2 * pull)) / (T if found.horizon else K)
    stated = {} if found.bound is not None else {"bound": to_text(bound)}
    yield Proposal(idea="a shifted distance", witness={**stated, "window": "iterates", "proof": inequalities})


def _divided(terms: dict[str, Expr], by: Expr) -> dict[str, Expr]:
    return {name: sympy.simplify(value / by) for name, value in terms.items()}


def _read(found: Task) -> tuple[Expr, Expr, str] | None:
    """Step and momentum of ``x + b (x - previous) - a g(x)``, both constant."""
    method = found.method
    if len(method.state) != 1:
        return None
    (state,) = method.state
    table = anywhere(method)
    after = stepped(method, table, vector("g"), K)
    momentum = sympy.simplify(-after[THETA].parts.get(word(state), sympy.Integer(0)))
    step = sympy.simplify(-after[THETA].parts.get("g", sympy.Integer(0)))
    right = same(query(method, table, K), table[THETA]) and same(after[state], table[THETA])
    if not right or not same(output(method, after, K), after[THETA]) or momentum == 0:
        return None
    constant = K not in step.free_symbols | momentum.free_symbols
    return (step, momentum, word(state)) if constant else None
