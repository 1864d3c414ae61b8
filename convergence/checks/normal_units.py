"""Units in which the constants of a claim are all 1: the weights of its symbols under f -> c f and under x -> s x."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

from convergence.certificates.iteration import Method
from convergence.checks.units import F, X, equations, weights_of
from convergence.claims.claim import Claim


def scalings(claim: Claim, document: Mapping[str, Any], method: Method) -> dict[str, Any] | None:
    """The weights under either scaling, as the core's `duals` reads them; None if hypotheses or method forbid one."""
    basis = equations(claim, document, method).null_space()
    for first, second in combinations(basis, 2):
        determinant = first[F] * second[X] - first[X] * second[F]
        if determinant:
            of_f = _mixed(first, second, second[X] / determinant, -first[X] / determinant)
            of_x = _mixed(first, second, -second[F] / determinant, first[F] / determinant)
            return {"f": weights_of(of_f, claim, method), "x": weights_of(of_x, claim, method)}
    return None


def _mixed(
    first: Mapping[Any, Fraction], second: Mapping[Any, Fraction], a: Fraction, b: Fraction
) -> dict[Any, Fraction]:
    return {name: a * first[name] + b * second[name] for name in first}
