"""The semidefinite program: a Gram matrix of start and gradients, values at the points, interpolation conditions.

Every condition is ``<Q, Gram> + c.values + constant >= 0``. The minimiser is 0 with gradient and value 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionClass:
    """Convex functions with curvature between `strong_convexity` and `smoothness` (None: not smooth), gradients at most
    `lipschitz` (None: unbounded)."""

    strong_convexity: float
    smoothness: float | None
    lipschitz: float | None


@dataclass(frozen=True, slots=True)
class Term:
    """``<Q, Gram> + c.values + constant``."""

    Q: Array
    c: Array
    constant: float = 0.0

    def __add__(self, other: Term) -> Term:
        return Term(self.Q + other.Q, self.c + other.c, self.constant + other.constant)

    def times(self, factor: float) -> Term:
        """Scaled."""
        return Term(self.Q * factor, self.c * factor, self.constant * factor)


@dataclass(frozen=True, slots=True)
class Node:
    """A point of the program: coefficient vectors of x and g over the basis, and the place of f among the values."""

    x: Array
    g: Array
    place: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The optimum, the Gram matrix and the values."""

    optimum: float
    gram: Array
    values: Array


def inner(first: Array, second: Array, count: int) -> Term:
    """The inner product of two vectors of the basis' span."""
    outer = np.outer(first, second)
    return Term((outer + outer.T) / 2, np.zeros(count))


def value(node: Node, count: int, basis: int) -> Term:
    """f at a point."""
    c = np.zeros(count)
    if node.place is not None:
        c[node.place] = 1.0
    return Term(np.zeros((basis, basis)), c)


def interpolation(nodes: Sequence[Node], family: FunctionClass, count: int, basis: int) -> list[Term]:
    """The conditions between every two points, each ``>= 0``."""
    return [
        _condition(first, second, family, count, basis) for first in nodes for second in nodes if first is not second
    ]


def _condition(first: Node, second: Node, family: FunctionClass, count: int, basis: int) -> Term:
    step, turn = first.x - second.x, first.g - second.g
    rise = value(first, count, basis) + value(second, count, basis).times(-1) + inner(second.g, step, count).times(-1)
    mu = family.strong_convexity
    if family.smoothness is None:
        return rise + inner(step, step, count).times(-mu / 2)
    L = family.smoothness
    curvature = (
        inner(turn, turn, count).times(1 / L)
        + inner(step, step, count).times(mu)
        + inner(turn, step, count).times(-2 * mu / L)
    )
    return rise + curvature.times(-1 / (2 * (1 - mu / L)))


def maximise(goal: Term, conditions: Sequence[Term]) -> Solution | None:
    """The largest value of the goal, or None if the solver does not report an optimum."""
    return _solve(goal, conditions, [0.0] * len(conditions), with_slack=False)


def most_slack(conditions: Sequence[Term], weights: Sequence[float]) -> Solution | None:
    """A point at which every condition holds with as much slack (times its weight, at most 1) as possible."""
    size = conditions[0].Q.shape[0]
    nothing = Term(np.zeros((size, size)), np.zeros(conditions[0].c.size))
    return _solve(nothing, conditions, weights, with_slack=True)


def _solve(goal: Term, conditions: Sequence[Term], weights: Sequence[float], *, with_slack: bool) -> Solution | None:
    import clarabel
    from scipy import sparse

    size, count = goal.Q.shape[0], goal.c.size
    triangle = size * (size + 1) // 2
    variables = triangle + count + int(with_slack)
    rows = np.array(
        [
            [*_svec(term.Q), *term.c, *([-weight] if with_slack else [])]
            for term, weight in zip(conditions, weights, strict=True)
        ]
    )
    constants = np.array([term.constant for term in conditions])
    if with_slack:
        cap = np.zeros((1, variables))
        cap[0, -1] = -1.0
        rows, constants = np.vstack([rows, cap]), np.append(constants, 1.0)
    psd = np.hstack([np.eye(triangle), np.zeros((triangle, variables - triangle))])
    objective = -np.array([*_svec(goal.Q), *goal.c, *([1.0] if with_slack else [])])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix((variables, variables)),
        objective,
        sparse.csc_matrix(np.vstack([-rows, -psd])),
        np.concatenate([constants, np.zeros(triangle)]),
        [clarabel.NonnegativeConeT(len(constants)), clarabel.PSDTriangleConeT(size)],
        settings,
    )
    found = solver.solve()
    if str(found.status) not in ("Solved", "AlmostSolved"):
        return None
    x: Any = np.array(found.x)
    optimum = float(-objective @ x) + goal.constant
    return Solution(optimum=optimum, gram=_unsvec(x[:triangle], size), values=x[triangle : triangle + count])


def _svec(matrix: Array) -> Array:
    """Upper triangle column by column, off-diagonal entries times sqrt 2: inner products are preserved."""
    rows, columns = np.tril_indices(matrix.shape[0])
    entries = matrix[columns, rows]
    return np.where(rows == columns, entries, entries * np.sqrt(2.0))


def _unsvec(vector: Array, size: int) -> Array:
    matrix = np.zeros((size, size))
    rows, columns = np.tril_indices(size)
    matrix[columns, rows] = np.where(rows == columns, vector, vector / np.sqrt(2.0))
    return matrix + np.triu(matrix, 1).T
