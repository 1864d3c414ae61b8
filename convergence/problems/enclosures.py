"""Numbers that are certified by balls: what floating point rounds away is counted."""

from __future__ import annotations

from flint import arb, arb_mat, ctx

from convergence.problems.problem import Array

BITS = 128


def gradient_norm(features: Array, ridge: float, x: Array) -> float:
    """An upper bound, sharp to rounding, on the norm of ``-(1/n) sum a_i/(1 + exp(a_i.x)) + ridge x``."""
    with ctx.workprec(BITS):
        a, point = arb_mat(features.tolist()), arb_mat([[value] for value in x.tolist()])
        margins = a * point
        weights = arb_mat([[1 / (1 + margins[i, 0].exp())] for i in range(len(features))])
        slopes = a.transpose() * weights
        parts = [arb(ridge) * point[j, 0] - slopes[j, 0] / len(features) for j in range(len(x))]
        norm = sum((part * part for part in parts), arb(0)).sqrt()
        return float(norm.upper()) * (1 + 2**-52)
