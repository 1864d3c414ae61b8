"""Values that a statement prints: exact expressions, and decimals that stand for whatever rounds to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sympy import Expr

from convergence.certificates import document, exact
from convergence.certificates.algebraic import PRECISIONS, Real, algebraic
from convergence.errors import CertificateRejected
from convergence.printed import Printed, parse_printed

Stated: TypeAlias = Expr | Printed | Real
"""Exact expressions, printed numbers, and numbers that are known already."""


def stated(claim: Mapping[str, Any], text: object) -> Expr | Printed:
    """A value of a statement: a decimal or a percentage stands for what rounds to it, anything else is exact."""
    written = str(text)
    if any(mark in written for mark in ".%~") and not _SPELLED.search(written):
        return parse_printed(written)
    return document.expression(claim, written)


_SPELLED = re.compile(r"[A-DF-Za-df-z(*]")
"""A letter other than an exponent's e, a bracket or a product: then the text is an expression."""


def matches(actual: Real, value: Stated) -> bool:
    """Whether a number is what is stated.

    Raises:
        CertificateRejected: if the stated number is not algebraic and too close to tell.
    """
    if isinstance(value, Printed):
        return actual.inside(value)
    if isinstance(value, Real):
        return actual == value
    try:
        return actual == algebraic(value)
    except CertificateRejected:
        return _order_by_balls(actual, value) == 0


def compare(actual: Real, value: Stated) -> int:
    """-1, 0 or 1 as a number is below, equal to (or printed as) or above what is stated."""
    if isinstance(value, Printed):
        if actual.inside(value):
            return 0
        return -1 if value.lower is not None and actual <= Real.of(value.lower) else 1
    if isinstance(value, Real):
        return (actual - value).sign
    try:
        return (actual - algebraic(value)).sign
    except CertificateRejected:
        return _order_by_balls(actual, value)


def _order_by_balls(actual: Real, value: Expr) -> int:
    for precision in PRECISIONS[:-1]:
        found, expected = actual.ball(precision), exact.ball(value, {}, precision)
        if found < expected or found > expected:
            return -1 if found < expected else 1
    raise CertificateRejected(f"cannot tell whether a number equals {value}")


def multiset_matches(actual: Sequence[Real], values: Sequence[Stated]) -> bool:
    """Whether the stated values can be assigned one to one to the numbers, each to one that it may stand for."""
    if len(actual) != len(values):
        return False
    allowed = [[place for place, number in enumerate(actual) if matches(number, value)] for value in values]
    taken: dict[int, int] = {}

    def assign(value: int, seen: set[int]) -> bool:
        for place in allowed[value]:
            if place not in seen:
                seen.add(place)
                if place not in taken or assign(taken[place], seen):
                    taken[place] = value
                    return True
        return False

    return all(assign(value, set()) for value in range(len(values)))
