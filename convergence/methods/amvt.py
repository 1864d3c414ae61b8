"""Adaptive Momentum with Variance Tracking, in each reading of its Steps 6 and 7.

Section 3.2 of the paper has lost fraction bars and roots in its Step 6; Algorithm 1 of the same paper prints the whole
formula. Step 7 moves along the corrected first moment, Algorithm 1 along the uncorrected one.
"""

from __future__ import annotations

from sympy import Expr, Rational, Symbol, sqrt

from convergence.expressions import symbol
from convergence.methods.adaptive import (
    ADAM_DEFAULTS,
    ADAM_ESTIMATES,
    ADAM_MOMENTS,
    corrected,
    epsilon,
    m_hat,
    moving_average,
    s,
    s_hat,
    v,
    v_hat,
)
from convergence.methods.first_order import alpha, m
from convergence.methods.rule import Rule, g, rule

beta3 = symbol("beta3", "unit")
a = symbol("a")

STEP_6 = alpha * (1 + s_hat / (v_hat + epsilon)) ** Rational(-1, 2) / sqrt(v_hat + epsilon)
STEP_6_AS_PRINTED = alpha * (v_hat + epsilon) * (1 + s_hat * v_hat + epsilon) ** Rational(-1, 2)
STEP_6_BY_PRECEDENCE = alpha * v_hat + epsilon * (1 + s_hat * v_hat + epsilon) ** Rational(-1, 2)


def variance_tracking(name: str, *, scale: Expr = STEP_6, direction: Symbol = m_hat, source: str = "") -> Rule:
    """AMVT with ``theta <- theta - scale*direction``; the three moments are the same in all readings."""
    return rule(
        name,
        parameters=ADAM_DEFAULTS | {beta3: 0.99},
        state={m: 0, v: 0, s: 0},
        update=ADAM_MOMENTS
        | {s: moving_average(s, (g - m) ** 2, beta3)}
        | ADAM_ESTIMATES
        | {s_hat: corrected(s, beta3), a: scale},
        step=a * direction,
        source=source,
    )


amvt = variance_tracking("amvt", source="AMVT, 3.2, with Step 6 as Algorithm 1 (h) states it")
amvt_algorithm1 = variance_tracking("amvt_algorithm1", direction=m, source="AMVT, Algorithm 1")
amvt_step6_as_printed = variance_tracking(
    "amvt_step6_as_printed", scale=STEP_6_AS_PRINTED, source="AMVT, 3.2, Step 6 with its sums grouped as printed"
)
amvt_step6_by_precedence = variance_tracking(
    "amvt_step6_by_precedence",
    scale=STEP_6_BY_PRECEDENCE,
    source="AMVT, 3.2, Step 6 by operator precedence",
)
