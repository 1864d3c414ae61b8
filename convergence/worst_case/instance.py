"""Rational instances from the Gram matrix: points, gradients and values whose measure exceeds a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from flint import fmpq
from sympy import Symbol

from convergence.certificates.estimation import Form, Program
from convergence.certificates.iteration import Method, Point, evaluator, run
from convergence.errors import CertificateRejected
from convergence.worst_case.program import Array, Solution, most_slack, rows

DENOMINATORS = (4, 10, 100, 1_000, 10_000, 10**6, 10**9, 10**13)
"""What the vectors of a proposal are rounded to, coarsest first, so that a reader can redo the instance."""

_RANK = 1e-9


def proposals(
    program: Program,
    forms: Sequence[Form],
    unit: float,
    target: float,
    method: Method,
    values: Mapping[Symbol, fmpq],
    denominators: Sequence[int] = DENOMINATORS,
) -> Iterator[dict[str, Any]]:
    """Instances and starts whose measure, the least of the forms, is meant to exceed `target`, in ever finer rounding.

    Every condition is given as much slack as possible, so that rounding keeps it true; the exact checker decides.
    """
    found = most_slack(rows(program, forms, unit), target)
    if found is not None:
        for denominator in denominators:
            yield _rounded(found, program, method, values, denominator)


def _rounded(
    found: Solution, program: Program, method: Method, values: Mapping[Symbol, fmpq], denominator: int
) -> dict[str, Any]:
    """Vectors from the Gram matrix, rounded; the points are then recomputed exactly by the method itself."""
    vectors = _vectors(found.gram)
    basis = [tuple(fmpq(round(entry * denominator), denominator) for entry in column) for column in vectors.T]
    steps = len(program.run.queries)
    slopes = [_combined(node.g, basis) for node in program.nodes[: program.count]]
    heights = [fmpq(round(value * denominator), denominator) for value in found.values]
    triples = [
        {**where, "g": _texts(g), "f": str(f)}
        for where, g, f in zip(_places(program, method, basis, values), slopes, heights, strict=True)
    ]
    mu, L = program.family.strong_convexity, program.family.smoothness
    table: dict[str, Any] = {"strong_convexity": str(mu), "smoothness": None if L is None else str(L)}
    if not program.family.has_minimiser:
        table["minimiser"] = False
    answer: dict[str, Any] = {"instance": {"triples": triples, **table}, "start": _texts(basis[0])}
    answers = basis[1 : steps + 1]
    if any(answer != slope for answer, slope in zip(answers, slopes, strict=False)):
        answer["errors"] = [
            _texts(tuple(a - s for a, s in zip(told, slope, strict=True)))
            for told, slope in zip(answers, slopes, strict=False)
        ]
    return answer


def _places(
    program: Program, method: Method, basis: Sequence[Point], values: Mapping[Symbol, fmpq]
) -> list[dict[str, Any]]:
    """Where the nodes are: exact points where the steps are rational, else the numbers of outputs."""
    steps, others = len(program.run.queries), program.nodes[len(program.run.queries) : program.count]
    try:
        moments = list(islice(run(method, lambda step, _: basis[step], basis[0], values, evaluator(0)), steps))
    except CertificateRejected:
        outputs = [program.run.start, *program.run.outputs]
        known = [node.x[: steps + 1] for node in others]
        return [{} for _ in range(steps)] + [{"at": outputs.index(x) if x in outputs else -1} for x in known]
    points = [moment.query for moment in moments] + [_combined(node.x, basis) for node in others]
    return [{"x": _texts(x)} for x in points]


def _combined(coefficients: Sequence[fmpq], basis: Sequence[Point]) -> Point:
    return tuple(
        sum((c * vector[i] for c, vector in zip(coefficients, basis, strict=True) if c), start=fmpq(0))
        for i in range(len(basis[0]))
    )


def _vectors(gram: Array) -> Array:
    """Columns whose inner products are the Gram matrix, in as few dimensions as its rank."""
    eigenvalues, eigenvectors = np.linalg.eigh(gram)
    kept = eigenvalues > _RANK * max(eigenvalues.max(), 1e-300)
    found: Array = np.sqrt(eigenvalues[kept])[:, None] * eigenvectors[:, kept].T
    return found


def _texts(point: Sequence[fmpq]) -> list[str]:
    return [str(entry) for entry in point]
