"""Gradient descent with a constant step on the claim's own quadratic: rates and limits decided exactly.

With the error e and ``M = I - a H``, e_k = M^k e_0, where M and H are symmetric and commute. Each measure is
``m_k = e_0.M^(2k) W e_0`` with W = H/2 (gap), I (squared distance) or H^2 (squared gradient norm).

Witness of a refutation, ``{"steps": n}``: m_(k+1)/m_k never decreases, because m_k is a sum of positive multiples of
k-th powers (Cauchy and Schwarz). So m_k >= m_n q^(k-n) for k >= n, with q = m_(n+1)/m_n.

Witness of a proof, ``{"factor": r}``: if ``r^2 I - M^2`` is positive semidefinite on the span of e_0, M e_0, M^2 e_0,
... then m_k <= r^(2k) m_0. Without a start in the problem, it must be positive semidefinite everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flint import fmpq, fmpq_mat
from sympy import Rational, Symbol

from convergence.certificates import exact
from convergence.certificates.document import hypotheses
from convergence.certificates.iteration import THETA, G, Method, read_method
from convergence.certificates.matrices import identity, is_positive_semidefinite
from convergence.certificates.modes import POWER, asked, satisfied
from convergence.certificates.polynomials import identical
from convergence.certificates.quadratic_form import QuadraticForm, quadratic_form
from convergence.certificates.trajectory import require_admissible, require_fixed
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS
from convergence.verdicts import Verdict

MAX_STEPS = 2_000
_NOISY = frozenset({"bounded_variance", "bounded_gradients", "gradient_error", "unbiased", "bounded_domain", "online"})


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved by a contraction, refuted by a ratio that no later step goes below."""
    ask, stated = asked(claim)
    if claim.get("measure") not in POWER or "method" not in claim or "problem" not in claim:
        raise CertificateRejected("expected a claim about the last iterate of a method on a concrete problem")
    if "same_order" in claim and "factor" in witness:
        raise CertificateRejected("an upper bound does not show the order")
    form, method = quadratic_form(claim, {}), read_method(claim["method"], claim)
    matrix = identity(len(form.minimiser)) - step_of(method) * form.hessian
    start = [exact.to_fmpq(str(value)) for value in claim["problem"].get("start") or []]
    half = Rational(1, 2) if POWER[claim["measure"]] == 1 else 1
    if "factor" in witness:
        _require_exact_oracle(claim)
        factor = exact.to_fmpq(witness["factor"])
        require_contraction(matrix, form, start, factor)
        order, wanted = power_of(factor * factor, half), True
    else:
        if not start:
            raise CertificateRejected("a refutation needs the problem's start")
        require_admissible(claim, method, form, tuple(start), {}, 1)
        require_fixed(claim, method, stated)
        order, wanted = power_of(ratio(claim["measure"], form, matrix, start, witness["steps"]), half), False
    if (
        satisfied(order, ask, stated.xreplace({COUNTERS["T"]: COUNTERS["k"], COUNTERS["t"]: COUNTERS["k"]}))
        is not wanted
    ):
        raise CertificateRejected(f"an error of order {order} does not decide the claim")
    return Verdict.PROVED if wanted else Verdict.REFUTED


def _require_exact_oracle(claim: Mapping[str, Any]) -> None:
    """A noisy oracle draws other trajectories, about which the contraction says nothing."""
    noisy = [name for name, _ in hypotheses(claim) if name in _NOISY]
    if noisy:
        raise CertificateRejected(f"the claim allows other oracles than the gradient: {', '.join(noisy)}")


def step_of(method: Method) -> fmpq:
    """The constant a of ``theta <- theta - a g``.

    Raises:
        CertificateRejected: if the rule is anything else.
    """
    table: dict[Symbol, Any] = {}
    for target, value in method.update.items():
        table[target] = value.xreplace(table)
    moved = table[THETA]
    step = -moved.xreplace({THETA: THETA - THETA, G: G / G})
    if (
        not step.is_Rational
        or method.query != THETA
        or method.output != THETA
        or not identical(moved, THETA - step * G)
    ):
        raise CertificateRejected("expected gradient descent with a constant rational step")
    return exact.rational(step)


def power_of(base: fmpq, exponent: Rational) -> Any:
    """``base**(exponent k)``."""
    return Rational(int(base.p), int(base.q)) ** (exponent * COUNTERS["k"])


def require_contraction(matrix: fmpq_mat, form: QuadraticForm, start: Sequence[fmpq], factor: fmpq) -> None:
    """Reject unless |M v| <= factor |v| for every v that the run can reach."""
    size = len(form.minimiser)
    if factor < 0:
        raise CertificateRejected("expected a factor that is not negative")
    slack = factor * factor * identity(size) - matrix * matrix
    if start:
        basis = krylov(matrix, column(value - best for value, best in zip(start, form.minimiser, strict=True)))
        slack = basis.transpose() * slack * basis
    if not is_positive_semidefinite(slack):
        raise CertificateRejected(f"the error does not surely shrink by {factor} in each step")


def column(values: Any) -> fmpq_mat:
    """A column of rationals."""
    entries = list(values)
    return fmpq_mat(len(entries), 1, entries)


def krylov(matrix: fmpq_mat, vector: fmpq_mat) -> fmpq_mat:
    """Columns e, M e, ..., M^(d-1) e, which span everything that powers of M make of e."""
    size, columns = matrix.nrows(), [vector]
    for _ in range(size - 1):
        columns.append(matrix * columns[-1])
    return fmpq_mat(size, size, [columns[j][i, 0] for i in range(size) for j in range(size)])


def ratio(measure: str, form: QuadraticForm, matrix: fmpq_mat, start: Sequence[fmpq], steps: Any) -> fmpq:
    """m_(n+1)/m_n of the squared measure."""
    if not isinstance(steps, int) or isinstance(steps, bool) or not 0 <= steps <= MAX_STEPS:
        raise CertificateRejected(f"expected 0 to {MAX_STEPS} steps, found {steps!r}")
    error = column(value - best for value, best in zip(start, form.minimiser, strict=True))
    for _ in range(steps):
        error = matrix * error
    weight = {"gap": form.hessian}.get(measure, form.hessian * form.hessian)
    weight = identity(len(start)) if "distance" in measure else weight
    before, after = (squared(weight, vector) for vector in (error, matrix * error))
    if before == 0:
        raise CertificateRejected("the run has reached the minimiser")
    return after / before


def squared(weight: fmpq_mat, vector: fmpq_mat) -> fmpq:
    """v.W v, for a column v."""
    return (vector.transpose() * weight * vector)[0, 0]
