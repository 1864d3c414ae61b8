"""Exact numbers in words, and concrete instances to try: what the checks of exact statements share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import sympy
from flint import fmpq
from sympy import Rational

from convergence.certificates import substitution
from convergence.certificates.algebraic import Real
from convergence.claims.claim import Claim
from convergence.errors import CertificateRejected
from convergence.expressions import Domain, to_text

MAX_INSTANCES = 48

_CANDIDATES: Mapping[Domain, tuple[str, ...]] = {
    Domain.REAL: ("1", "2", "1/2", "-1", "3", "0", "-3/2"),
    Domain.POSITIVE: ("1", "2", "1/2", "3", "1/10", "7"),
    Domain.NONNEGATIVE: ("1", "2", "1/2", "0", "3"),
    Domain.INTEGER: ("1", "2", "0", "-1", "3"),
    Domain.NATURAL: ("1", "2", "3", "5"),
    Domain.UNIT: ("1/2", "9/10", "0", "1/10"),
    Domain.FRACTION: ("1/2", "9/10", "1/10"),
    Domain.UNDEFINED: (),
}


def decimal(number: Real, digits: int = 7) -> str:
    """A decimal approximation with that many significant digits, without trailing zeros."""
    value = sympy.Float(str(number.ball(192).mid().str(40, radius=False)), 40)
    return f"{float(value):.{digits}g}"


def shown(number: Real) -> str:
    """The exact number, with a decimal where it is not a short fraction: ``1/3``, ``3 - sqrt(5) = 0.763932``."""
    try:
        value, radical = number.rational, _radical(number)
    except CertificateRejected:  # of a degree that is not worked out; the decimal is enclosed by a ball
        return decimal(number)
    if value is not None:
        text = str(value)
        return text if len(text) <= 7 else f"{text} = {decimal(number)}" if len(text) <= 24 else decimal(number)
    return f"{radical} = {decimal(number)}" if radical else f"{decimal(number)} (of degree {_degree(number)})"


def _degree(number: Real) -> int:
    return int(number.minimal[0].degree())


def _radical(number: Real) -> str | None:
    """``a + sqrt(b)`` or ``a - sqrt(b)`` for a number of degree two."""
    polynomial, index = number.minimal
    if polynomial.degree() != 2:
        return None
    c, b, a = (int(coefficient) for coefficient in polynomial.coeffs())
    middle, spread = Rational(-b, 2 * a), to_text(sympy.sqrt(Rational(b * b - 4 * a * c, 4 * a * a)))
    sign = "-" if (index == 0) == (a > 0) else "+"
    if middle == 0:
        return f"-{spread}" if sign == "-" else spread
    return f"{middle} {sign} {spread}"


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def point(coordinates: Sequence[object]) -> str:
    """``(1, 1/2)``."""
    return f"({', '.join(map(str, coordinates))})"


def instances(claim: Claim, document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Simple rational values of the claim's symbols that satisfy its domains and relations."""
    names = list(document["symbols"])
    if not names:
        return
    choices = [_choices(claim, name) for name in names]
    for values in islice(product(*choices), MAX_INSTANCES):
        found = dict(zip(names, values, strict=True))
        try:
            substitution.admissible(document, found)
        except CertificateRejected:
            continue
        yield found


def _choices(claim: Claim, name: str) -> tuple[str, ...]:
    declared = claim.symbols[name]
    usual = _CANDIDATES.get(declared.domain, ())
    if declared.range is None:
        return usual
    low, high = declared.range
    inside = [low + (high - low) * Rational(share) for share in ("1/2", "1/4", "3/4")]
    return (*(to_text(value) for value in (*inside, low, high)), *usual)


def rational(value: fmpq) -> Rational:
    """A flint rational as SymPy's."""
    return Rational(int(value.p), int(value.q))
