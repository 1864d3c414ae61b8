"""Eigenvalues and critical point of a quadratic with symbols, proposed for proofs for all values of the symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Matrix

from convergence.claims.claim import Claim
from convergence.errors import ClaimError
from convergence.expressions import parse_expression, to_text
from convergence.problems.objective import Objective

MAX_DIMENSION = 4


def proposal(claim: Claim, instance: Mapping[str, str]) -> dict[str, Any] | None:
    """A witness for `certificates.parametric`, or None where no formula for the eigenvalues is found.

    Args:
        claim: a claim about a quadratic with symbols.
        instance: values of the symbols that satisfy the hypotheses.
    """
    problem = claim.problem
    if problem is None or len(problem.variables) > MAX_DIMENSION or not problem.is_quadratic:
        return None
    eigenvalues, point = _eigenvalues(problem), _critical_point(problem)
    if eigenvalues is None or point is None:
        return None
    texts = {
        "eigenvalues": [to_text(value) for value in eigenvalues],
        "critical_point": [to_text(value) for value in point],
    }
    known = {name: declared.symbol for name, declared in claim.symbols.items()}
    try:
        for text in (*texts["eigenvalues"], *texts["critical_point"]):
            parse_expression(text, known)
    except ClaimError:
        return None
    return {"instance": dict(instance), **texts}


def _eigenvalues(problem: Objective) -> list[Expr] | None:
    """Diagonal entries, or the roots of a characteristic polynomial that splits into linear factors."""
    hessian = problem.hessian.applyfunc(sympy.expand)
    if hessian.is_diagonal():
        return list(hessian.diagonal())
    z = sympy.Dummy("z")
    _, factors = sympy.factor_list((z * sympy.eye(hessian.rows) - hessian).det(method="berkowitz"))
    found: list[Expr] = []
    for factor, multiplicity in factors:
        linear = sympy.Poly(factor, z)
        if linear.degree() == 0:
            continue
        if linear.degree() != 1:
            return None
        slope, constant = linear.all_coeffs()
        found += [sympy.cancel(-constant / slope)] * multiplicity
    return found


def _critical_point(problem: Objective) -> list[Expr] | None:
    origin = dict.fromkeys(problem.variables, sympy.Integer(0))
    slope: Matrix = problem.gradient.applyfunc(lambda entry: sympy.expand(entry.xreplace(origin)))
    if slope.is_zero_matrix:
        return [sympy.Integer(0)] * len(problem.variables)
    if sympy.expand(problem.hessian.det()) == 0:
        return None
    return [sympy.cancel(entry) for entry in problem.hessian.LUsolve(-slope)]
