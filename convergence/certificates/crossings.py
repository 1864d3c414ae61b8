"""When gradient descent's distance first falls to a fraction of its initial value: closed forms, decided by balls.

``distance(k)**2 = sum of weight[i] * ratio[i]**(2 k)``. It never increases if no ratio exceeds 1 in absolute value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, fmpq

from convergence.certificates.algebraic import PRECISIONS, Real
from convergence.certificates.exact import whole_power
from convergence.certificates.quadratics import Quadratic
from convergence.errors import CertificateRejected

MAX_STEPS = 10**15
MAX_SCAN = 3_000

Weights = Sequence[Any]  # fmpq, or Real


def weights(problem: Quadratic, start: Sequence[fmpq]) -> list[Real]:
    """The squared distance to the minimisers along each mode, at a start.

    The moments ``g.H^j.g`` of the start's gradient g are sums of ``mode**2 * weight * mode**j``; Lagrange's polynomials
    single out each mode.
    """
    modes = problem.modes
    moments = [Real.of(value) for value in problem.moments(start, len(modes))]
    found = []
    for index, mode in enumerate(modes):
        numerator, denominator = [Real.of(1)], Real.of(1)
        for other in (*modes[:index], *modes[index + 1 :]):
            numerator = _times_linear(numerator, other)
            denominator = denominator * (mode - other)
        total = Real.of(0)
        for coefficient, moment in zip(numerator, moments, strict=True):
            total = total + coefficient * moment
        found.append(total / (denominator * mode * mode))
    active = problem.active(start)
    return [weight if place in active else Real.of(0) for place, weight in enumerate(found)]


def _times_linear(coefficients: Sequence[Real], root: Real) -> list[Real]:
    """The polynomial times (z - root), lowest power first."""
    shifted = [Real.of(0), *coefficients]
    return [high - root * low for high, low in zip(shifted, [*coefficients, Real.of(0)], strict=True)]


def within(ratios: Sequence[Real], weight: Weights, ratio: fmpq, at_least: int | None, at_most: int | None) -> bool:
    """Whether the first step with ``distance(k) <= ratio * distance(0)`` is in the range.

    Raises:
        CertificateRejected: if the start is a minimiser, or balls cannot tell.
    """
    excited = [(r, w if isinstance(w, Real) else Real.of(w)) for r, w in zip(ratios, weight, strict=True)]
    excited = [(r, w) for r, w in excited if w.sign != 0]
    if not excited:
        raise CertificateRejected("the start is a minimiser")
    if any((abs(r) - Real.of(1)).sign > 0 for r, _ in excited):
        first = _first_by_scanning(excited, ratio)
        return first is not None and (at_least or 0) <= first and (at_most is None or first <= at_most)
    early = at_least is not None and at_least > 0 and _has_fallen(excited, ratio, at_least - 1)
    if early:
        return False
    return _has_fallen(excited, ratio, at_most) if at_most is not None else _ever_falls(excited, ratio)


def _ever_falls(excited: Sequence[tuple[Real, Real]], ratio: fmpq) -> bool:
    """Whether a distance that never increases ever falls far enough: what does not shrink must be small enough."""
    stuck = Real.of(0)
    for r, w in excited:
        if (abs(r) - Real.of(1)).sign == 0:
            stuck = stuck + w
    margin = Real.of(ratio * ratio) * _total(excited) - stuck
    if margin.sign == 0 and any((abs(r) - Real.of(1)).sign < 0 and r.sign != 0 for r, _ in excited):
        return False  # approached, never reached
    return margin.sign >= 0


def _first_by_scanning(excited: Sequence[tuple[Real, Real]], ratio: fmpq) -> int | None:
    """The first step that is close enough, or None if there is none; the squared distance is convex in the step."""
    growing = Real.of(0)
    for r, w in excited:
        if (abs(r) - Real.of(1)).sign >= 0:
            growing = growing + w
    if (growing - Real.of(ratio * ratio) * _total(excited)).sign > 0:
        return None
    for count in range(MAX_SCAN):
        if _has_fallen(excited, ratio, count):
            return count
    raise CertificateRejected(f"the distance does not fall far enough within {MAX_SCAN} steps")


def _has_fallen(excited: Sequence[tuple[Real, Real]], ratio: fmpq, count: int) -> bool:
    """Whether ``distance(count) <= ratio * distance(0)``."""
    if count > MAX_STEPS:
        raise CertificateRejected(f"expected at most {MAX_STEPS} steps, found {count}")
    for precision in PRECISIONS[:-1]:
        margin = _margin(excited, ratio, count, precision)
        if margin > 0 or margin < 0:
            return bool(margin > 0)
    if count > 64:
        raise CertificateRejected(f"cannot tell whether the distance is reached exactly at step {count}")
    exact = Real.of(ratio * ratio) * _total(excited)
    for r, w in excited:
        exact = exact - w * r.power(2 * count)
    return exact.sign >= 0


def _margin(excited: Sequence[tuple[Real, Real]], ratio: fmpq, count: int, precision: int) -> arb:
    # a power of n loses about log2(n) bits, so ask for them
    bits = precision + 2 * count.bit_length()
    total = arb(0)
    for r, w in excited:
        total += w.ball(bits) * (arb(ratio * ratio) - whole_power(r.ball(bits), 2 * count))
    return total


def _total(excited: Sequence[tuple[Real, Real]]) -> Real:
    total = Real.of(0)
    for _, weight in excited:
        total = total + weight
    return total
