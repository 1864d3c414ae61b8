"""The semidefinite program of a run: the Gram matrix of its unknown vectors and the values at its points.

Every row is ``<Q, Gram> + c.values - w t + constant >= 0`` with a scalar t that is maximised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from convergence.certificates.estimation import Form, Program
from convergence.certificates.linear import Vector

Array = NDArray[np.float64]

LARGEST = 1e15
"""Coefficients above this are beyond the solver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows of a program, in units in which the measure is about 1.

    Attributes:
        quadratic: one row each, over the upper triangle of the Gram matrix column by column, times sqrt 2 off the
            diagonal.
        linear: over the values.
        constants: one each.
        forms: how many of the rows, the last ones, are forms of the measure; before them come the conditions between
            two points, then the others.
        change: coefficients over the unknown vectors times this are those over the vectors of the Gram matrix.
        unit: what the measure, the values and the Gram matrix are divided by.
    """

    quadratic: Array
    linear: Array
    constants: Array
    forms: int
    change: Array
    unit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What the solver found: the optimum, the Gram matrix over the program's vectors, the values, and multipliers."""

    optimum: float
    gram: Array
    values: Array
    multipliers: Array


def descending(program: Program) -> list[tuple[int, int]]:
    """What a proof by descent uses: each node against the next, and the minimiser against every node."""
    return [(i, j) for i, j in program.pairs if i == program.count or j == i + 1 < program.count]


def neighbouring(program: Program) -> list[tuple[int, int]]:
    """The pairs of the minimiser with every node, and of consecutive nodes: a relaxation that is often exact."""
    return [(i, j) for i, j in program.pairs if program.count in (i, j) or abs(i - j) == 1]


def rows(
    program: Program,
    forms: Sequence[Form],
    unit: float,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> Rows:
    """The rows of the program with the least of some forms as its measure.

    Args:
        program: the run and its class.
        forms: the measure is the least of these.
        unit: what the measure is divided by.
        pairs: the conditions between two nodes that are used; all of them by default.
    """
    change = np.eye(program.basis)[:, _used(program)]
    points, slopes = (matrix([getattr(node, name) for node in program.nodes]) @ change for name in ("x", "g"))
    first, second = np.array(program.pairs if pairs is None else pairs, dtype=int).reshape(-1, 2).T
    others = [*program.conditions, *forms]
    linear = np.zeros((len(first) + len(others), len(program.nodes)))
    linear[np.arange(len(first)), first] += 1.0
    linear[np.arange(len(first)), second] -= 1.0
    for place, form in enumerate(others, start=len(first)):
        for index, coefficient in form.values:
            linear[place, index] += number(coefficient)
    between = _between(program, points, slopes, first, second)
    return Rows(
        quadratic=np.vstack([between, *(_square(form, change) for form in others)]),
        linear=linear[:, : program.count],
        constants=np.array([0.0] * len(first) + [number(form.constant) / unit for form in others]),
        forms=len(forms),
        change=change,
        unit=unit,
    )


def number(value: fmpq) -> float:
    """The nearest float, also where numerator and denominator are too large for floats."""
    return int(value.p) / int(value.q)


def matrix(vectors: Sequence[Vector]) -> Array:
    """Rational vectors as rows of floats."""
    return np.array([[number(entry) for entry in vector] for vector in vectors])


def _used(program: Program) -> NDArray[np.bool_]:
    """Unknown vectors on which some row depends: without a minimiser, the start may be none of them."""
    used = np.ones(program.basis, dtype=bool)
    used[0] = program.family.has_minimiser or any(node.x[0] != 1 for node in program.nodes)
    return used


def _between(program: Program, points: Array, slopes: Array, first: Array, second: Array) -> Array:
    """The quadratic part of ``f_i - f_j - <g_j, dx> - curvature``."""
    step, turn = points[first] - points[second], slopes[first] - slopes[second]
    mu = number(program.family.strong_convexity)
    total = -_products(slopes[second], step)
    if program.family.smoothness is None:
        return total - mu / 2 * _products(step, step) if mu else total
    L = number(program.family.smoothness)
    h = 1 / (2 * (1 - mu / L))
    total -= h / L * _products(turn, turn)
    return total - h * mu * _products(step, step - 2 / L * turn) if mu else total


def _products(left: Array, right: Array) -> Array:
    """``<u, v>`` for each two rows, over the triangle of the Gram matrix."""
    columns, rows_ = np.tril_indices(left.shape[1])
    diagonal = rows_ == columns
    crossed = left[:, rows_] * right[:, columns]
    swapped = left[:, columns] * right[:, rows_]
    found: Array = np.where(diagonal, crossed, (crossed + swapped) * np.sqrt(0.5))
    return found


def _square(form: Form, change: Array) -> Array:
    size = change.shape[1]
    total = np.zeros((1, size * (size + 1) // 2))
    for weight, vector in form.squares:
        v = matrix([vector]) @ change
        total += number(weight) * _products(v, v)
    return total


def maximise(found: Rows, spread: float = 0.0, tolerance: float = 1e-8) -> Solution | None:
    """The largest value of the least form, or None if the solver reports no optimum.

    Args:
        found: the rows.
        spread: keeps the multipliers at least this large, and the eigenvalues of the residual, at the price of about
            as much in the value.
        tolerance: what the solver aims at; where it ends at its own wider one, the answer still counts.
    """
    weights = np.zeros(len(found.constants))
    weights[len(weights) - found.forms :] = 1.0
    return _solve(found, weights, found.constants, spread, tolerance)


def most_slack(found: Rows, target: float) -> Solution | None:
    """A point with the measure above the target at which every row holds with as much slack (at most 1) as possible."""
    constants = found.constants.copy()
    constants[len(constants) - found.forms :] -= target / found.unit
    weights = np.ones(len(constants))
    weights[len(weights) - found.forms :] = 0.0
    return _solve(found, weights, constants, 0.0, 1e-8)


def _solve(found: Rows, weights: Array, constants: Array, spread: float, tolerance: float) -> Solution | None:
    """Maximise t; solved for the multipliers, from which Gram matrix and values follow as the solver's duals.

    Where t is a slack, a last row says that it is at most 1.
    """
    import clarabel
    from scipy import sparse

    (count, triangle), values = found.quadratic.shape, found.linear.shape[1]
    if not all(np.all(np.abs(part) < LARGEST) for part in (found.quadratic, found.linear, constants)):
        return None
    capped = not weights[len(weights) - found.forms :].any()
    table = np.hstack([found.linear, -weights[:, None]])
    free = sparse.csc_matrix(np.vstack([table, [[0.0] * values + [-1.0]]]) if capped else table)
    everything = np.append(constants, 1.0) if capped else constants
    size = found.change.shape[1]
    columns, rows_ = np.tril_indices(size)
    quadratic = sparse.vstack([sparse.csc_matrix(found.quadratic), sparse.csc_matrix((int(capped), triangle))])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix((len(everything), len(everything))),
        everything,
        sparse.csc_matrix(sparse.vstack([free.T, -sparse.identity(len(everything)), quadratic.T])),
        np.concatenate([[0.0] * values, [-1.0], [-spread] * len(everything), -spread * (rows_ == columns)]),
        [clarabel.ZeroConeT(values + 1), clarabel.NonnegativeConeT(len(everything)), clarabel.PSDTriangleConeT(size)],
        settings,
    )
    answer = solver.solve()
    if str(answer.status) not in ("Solved", "AlmostSolved"):
        return None
    duals: Any = np.array(answer.z)
    if not np.all(np.isfinite(duals)):
        return None
    return Solution(
        optimum=float(duals[values]) * found.unit,
        gram=found.change @ _full(duals[-triangle:], size) @ found.change.T * found.unit,
        values=duals[:values] * found.unit,
        multipliers=np.array(answer.x)[:count],
    )


def _full(vector: Array, size: int) -> Array:
    """The symmetric matrix of a triangle."""
    matrix_ = np.zeros((size, size))
    columns, rows_ = np.tril_indices(size)
    matrix_[rows_, columns] = np.where(rows_ == columns, vector, vector / np.sqrt(2.0))
    return matrix_ + np.triu(matrix_, 1).T
