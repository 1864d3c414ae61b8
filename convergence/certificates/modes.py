"""A rate or limit is false, because one parabola of the class is reached too slowly.

On ``f(x) = lambda x^2/2`` in one dimension a rule without memory that is linear in theta and g multiplies the error by
``rho(t)`` in step t. Witness::

    {"values": {"mu": "4", "L": "8"}, "curvature": "22/5", "start": "1"}

Lemma 1. If rho is a rational function of t with ``|rho(t)| = r (1 - a/t + O(1/t^2))``, r > 0, and neither zero nor
infinite at t = 1, 2, ..., then ``|rho(1) ... rho(k)|`` is of the exact order ``r^k k^(-a)``: the logarithm of a
factor is ``log r - a/t + O(1/t^2)``, and the sum of the last terms converges. So the claimed order is compared with
this one.

Lemma 2. If ``rho(t) = 1 - u(t)`` with 0 <= u(t) and ``sum of u(t) <= s < 1``, then ``|x_k| >= (1 - s) |x_0|`` for all
k, since ``(1 - u_1)...(1 - u_k) >= 1 - u_1 - ... - u_k``: the method stalls. Accepted are u(t) = c q^t, c
q^floor(t/m), c (t + n)^(-p) with 0 < q < 1, p > 1, n >= 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates import exact, growth
from convergence.certificates.exact import Values
from convergence.certificates.iteration import STEP, THETA, G, Method, read_method
from convergence.certificates.polynomials import identical, polynomial
from convergence.certificates.separable import separable
from convergence.certificates.signs import Facts, Undetermined, Unsupported
from convergence.certificates.trajectory import assigned, require_admissible, require_fixed
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS
from convergence.verdicts import Verdict

POWER: Mapping[str, int] = {
    "gap": 2,
    "distance": 1,
    "squared_distance": 2,
    "gradient_norm": 1,
    "squared_gradient_norm": 2,
}
"""The measures of the last iterate, as powers of the error on a parabola."""

MAX_ROOT = 100_000


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the parabola's exact order violates the claim."""
    ask, stated = asked(claim)
    if claim.get("measure") not in POWER or "method" not in claim or "problem" in claim:
        raise CertificateRejected("expected a claim about the last iterate of a method on a class of functions")
    method, values = read_method(claim["method"], claim), assigned(claim, witness["values"])
    curvature, start = exact.to_fmpq(witness["curvature"]), (exact.to_fmpq(witness["start"]),)
    if start[0] == 0 or method.state or COUNTERS["T"] in method.free:
        raise CertificateRejected("expected a start that is no minimiser, and a rule without memory and horizon")
    instance = separable([{"right": {"slopes": [str(curvature)]}}])
    rho = factor(method, curvature, values)
    steepest = curvature * abs(start[0]) if never_expands(rho) else None
    require_admissible(claim, method, instance, start, values, 1, steepest)
    require_fixed(claim, method, stated)
    error = error_order(rho)
    require_slower(error ** POWER[claim["measure"]], ask, stated, values)
    return Verdict.REFUTED


def asked(claim: Mapping[str, Any]) -> tuple[growth.Ask, Expr]:
    """A rate, or the limit zero.

    Raises:
        CertificateRejected: for any other statement. A claim of the same order is read as the rate that it contains.
    """
    ask, stated = growth.stated_order(claim)
    if ask is growth.Ask.LIMIT and stated != 0:
        raise CertificateRejected("expected the limit 0")
    return (growth.Ask.RATE if ask is growth.Ask.SAME_ORDER else ask), stated


def require_slower(order: Expr, ask: growth.Ask, stated: Expr, values: Values) -> None:
    """Reject unless a sequence of exactly this order violates the rate or limit at these values."""
    known = {name: Rational(int(value.p), int(value.q)) for name, value in values.items()}
    fixed = stated.xreplace(known).xreplace({COUNTERS["T"]: COUNTERS["k"], STEP: COUNTERS["k"]})
    if satisfied(order, ask, fixed):
        raise CertificateRejected(f"an error of order {order} satisfies the claim")


def satisfied(order: Expr, ask: growth.Ask, stated: Expr) -> bool:
    """Whether a sequence of an exact order satisfies a rate or limit without parameters."""
    counter: Symbol = COUNTERS["k"]
    if stated.free_symbols - {counter} or order.free_symbols - {counter}:
        raise CertificateRejected("expected a value for every parameter")
    try:
        return growth.decide(order, ask, stated, counter, Facts())
    except (Unsupported, Undetermined) as reason:
        raise CertificateRejected(str(reason)) from None


def factor(method: Method, curvature: fmpq, values: Values) -> Expr:
    """rho(t), by which a step multiplies theta when g = curvature * query.

    Raises:
        CertificateRejected: if the rule has a memory or is not linear in theta.
    """
    slope = Rational(int(curvature.p), int(curvature.q))
    known = {name: Rational(int(value.p), int(value.q)) for name, value in values.items()}
    table: dict[Symbol, Expr] = {G: slope * method.query}
    for target, value in method.update.items():
        table[target] = value.xreplace(table)
    moved = table[THETA].xreplace(known)
    rho = moved.xreplace({THETA: Integer(1)})
    if (
        method.output != THETA
        or method.query != THETA
        or moved.free_symbols - {THETA, STEP}
        or rho.free_symbols - {STEP}
    ):
        raise CertificateRejected("expected a rule without memory whose only unknowns are theta and t")
    if not identical(moved, THETA * rho):
        raise CertificateRejected("the step is not linear in theta")
    return rho


def error_order(rho: Expr) -> Expr:
    """The exact order of ``|rho(1) ... rho(k)|`` in k, by lemma 1 or lemma 2.

    Raises:
        CertificateRejected: if neither applies.
    """
    if _stalls(sympy.expand(1 - rho)):
        return Integer(1)
    numerator, denominator = _coefficients(rho)
    degree = len(denominator) - 1
    if len(numerator) != len(denominator) or not all(_no_natural_root(part) for part in (numerator, denominator)):
        raise CertificateRejected(f"the factor {rho} vanishes, tends to zero or has no limit")
    ratio = numerator[0] / denominator[0]
    shift = (numerator[1] / numerator[0] - denominator[1] / denominator[0]) if degree else fmpq(0)
    size = abs(ratio)
    return Rational(int(size.p), int(size.q)) ** COUNTERS["k"] * COUNTERS["k"] ** Rational(int(shift.p), int(shift.q))


def never_expands(rho: Expr) -> bool:
    """Whether |rho(t)| <= 1 at all t = 1, 2, ..., seen for stalling and for linear over linear functions.

    The latter are monotone beyond their pole, so that their values at 1 and at infinity bound all others.
    """
    if _stalls(sympy.expand(1 - rho)):
        return True
    numerator, denominator = _coefficients(rho)
    if not len(numerator) == len(denominator) <= 2:
        return False
    if len(denominator) == 2 and -denominator[1] / denominator[0] >= 1:
        return False
    first, last = sum(numerator) / sum(denominator), numerator[0] / denominator[0]
    return bool(max(abs(first), abs(last)) <= 1)


def _coefficients(rho: Expr) -> tuple[list[fmpq], list[fmpq]]:
    """Numerator and denominator of rho in t, highest power first."""
    above, below = sympy.fraction(sympy.together(rho))
    if not identical(rho * below, above):
        raise CertificateRejected(f"{rho} is not a rational function of t")
    return _dense(above), _dense(below)


def _dense(part: Expr) -> list[fmpq]:
    sparse = polynomial(part, [STEP])
    if not sparse:
        raise CertificateRejected("the factor is zero: the first step reaches the minimiser")
    degree = max(exponents[0] for exponents in sparse)
    return [sparse.get((power,), fmpq(0)) for power in range(degree, -1, -1)]


def _no_natural_root(coefficients: list[fmpq]) -> bool:
    """Whether a polynomial vanishes at no t = 1, 2, ...; beyond Cauchy's bound it has no roots."""
    if len(coefficients) == 2:
        root = -coefficients[1] / coefficients[0]
        return bool(root.q != 1 or root < 1)
    bound = 1 + max((abs(value / coefficients[0]) for value in coefficients[1:]), default=fmpq(0))
    if bound > MAX_ROOT:
        raise CertificateRejected("roots of the factor may be too large to check")
    return all(_at(coefficients, count) != 0 for count in range(1, int(bound.p // bound.q) + 2))


def _at(coefficients: list[fmpq], count: int) -> fmpq:
    result = fmpq(0)
    for value in coefficients:
        result = result * count + value
    return result


def _stalls(loss: Expr) -> bool:
    """Whether ``loss`` = u(t) is one of the summable forms of lemma 2, with a sum below 1."""
    if STEP not in loss.free_symbols:
        return False
    scale, rest = loss.as_independent(STEP, as_Add=False)
    if not scale.is_Rational or scale <= 0 or not rest.is_Pow:
        return False
    total = _total(rest.base, rest.exp)
    return total is not None and scale * total < 1


def _total(base: Expr, exponent: Expr) -> Rational | None:
    """An upper bound on the sum over t = 1, 2, ... of ``base**exponent``."""
    if base.is_Rational and base > 0:
        steps = _geometric(exponent)
        if steps is None:
            return None
        length, sense = steps
        ratio = base if sense > 0 else 1 / base
        if ratio >= 1:
            return None
        return ratio / (1 - ratio) if length == 1 else length / (1 - ratio)
    shift = base - STEP
    if shift.is_Rational and shift >= 0 and exponent.is_Rational and exponent < -1:
        return -exponent / (-exponent - 1)  # 1 + the integral of t^exponent from 1
    return None


def _geometric(exponent: Expr) -> tuple[Rational, int] | None:
    """For ``t`` or ``floor(t/m)``, up to sign: how many steps share an exponent, and the sign."""
    sense = -1 if exponent.could_extract_minus_sign() else 1
    inner = sense * exponent
    if inner == STEP:
        return Integer(1), sense
    if isinstance(inner, sympy.floor):
        length = STEP / inner.args[0]
        return (length, sense) if length.is_Integer and length > 0 else None
    return None
