"""What a claim's statement asks of an instance: the symbols to fix, and a bound's values step by step."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Symbol

from convergence.certificates import exact
from convergence.checks.families import Values, as_fmpq, as_rational, without_counters
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

Array = NDArray[np.float64]

K, T, STEP = COUNTERS["k"], COUNTERS["T"], COUNTERS["t"]
SLOW = 50  # steps at which a bound without a NumPy form is evaluated


def used(claim: Claim, stated: Expr) -> set[Symbol]:
    """Every symbol that an instance must fix."""
    return anchored(claim) | stated.free_symbols | {name for item in claim.relations for name in item.free_symbols}


def anchored(claim: Claim) -> set[Symbol]:
    """The symbols that hypotheses, the method or the problem fix before the statement is read."""
    found = {
        free for item in claim.given for argument in getattr(item, "arguments", ()) for free in argument.free_symbols
    }
    found |= claim.method.given if claim.method is not None else set()
    if claim.problem is not None:
        found |= claim.problem.expression.free_symbols - set(claim.problem.variables)
    return found


def is_fixed(claim: Claim, stated: Expr) -> bool:
    """Whether nothing in the statement could be chosen after the instance."""
    return not without_counters(stated.free_symbols) - anchored(claim)


def curve(bound: Expr, values: Values, horizon: int | None, steps: int) -> Array:
    """The bound at steps 1, 2, ..., nan where it says nothing; with a horizon only the last step counts."""
    fixed = bound.subs({name: as_rational(value) for name, value in values.items()})
    found = np.full(steps, np.nan)
    counts = np.arange(1, steps + 1) if horizon is None else np.array([horizon])
    counts = counts[counts <= steps]
    for count, value in zip(counts, _values(fixed, counts), strict=True):
        found[count - 1] = value
    if np.any(found > 0):
        found[~(found > 0)] = np.nan  # a logarithm at k = 1, say, is no point that anybody means
    elif np.any(found <= 0):
        found[found <= 0] = 1e-12
    return found


def _values(fixed: Expr, counts: NDArray[np.int64]) -> list[float]:
    try:
        found = np.broadcast_to(_compiled(fixed)(*[counts.astype(float)] * 3), counts.shape)
        return [float(value) for value in found]
    except Exception:
        return [_value(fixed, int(count)) if count <= SLOW else float("nan") for count in counts]


@lru_cache(maxsize=1_024)
def _compiled(fixed: Expr) -> Callable[..., Any]:
    """The same for every horizon and every route."""
    function: Callable[..., Any] = sympy.lambdify([K, STEP, T], fixed, "numpy")
    return function


def _value(fixed: Expr, count: int) -> float:
    try:
        return float(exact.ball(fixed, dict.fromkeys((K, STEP, T), as_fmpq(Fraction(count))), 64))
    except CertificateRejected:
        return float("nan")
