"""Gradient and Hessian of any expression, compared with what is stated: by identities, and at a point that refutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Symbol

from convergence.certificates import document, exact
from convergence.certificates.algebraic import Real, algebraic
from convergence.certificates.polynomials import derivative, identical, is_rational_function
from convergence.certificates.stated import Stated, matches, stated
from convergence.certificates.substitution import Values, substituted
from convergence.errors import CertificateRejected
from convergence.printed import Printed


def stated_values(claim: Mapping[str, Any], texts: Any, values: Values) -> Any:
    """Nested lists of stated texts as values, with the claim's symbols replaced."""
    if isinstance(texts, list):
        return [stated_values(claim, text, values) for text in texts]
    value = stated(claim, texts)
    return value if isinstance(value, Printed) else substituted(value, values)


def objective(claim: Mapping[str, Any], values: Values) -> tuple[Expr, tuple[Symbol, ...]]:
    """The objective at the values, and its variables."""
    expression = substituted(document.expression(claim, claim["problem"]["objective"]), values)
    return expression, tuple(document.variables(claim).values())


def derivatives(claim: Mapping[str, Any], quantity: str, values: Values) -> list[Expr]:
    """The entries of the gradient, or of the Hessian row by row."""
    expression, variables = objective(claim, values)
    gradient = [derivative(expression, variable) for variable in variables]
    if quantity == "gradient":
        return gradient
    return [derivative(entry, variable) for entry in gradient for variable in variables]


def entries(quantity: str, texts: Any, size: int) -> list[Any] | None:
    """The stated entries as one list, or None if there are too many or too few."""
    rows = [texts] if quantity == "gradient" else texts
    expected = 1 if quantity == "gradient" else size
    if len(rows) != expected or any(len(row) != size for row in rows):
        return None
    return [entry for row in rows for entry in row]


def derivatives_hold(
    claim: Mapping[str, Any], quantity: str, texts: Any, values: Values, point: Sequence[Any] | None
) -> bool:
    """Whether the gradient or Hessian is as stated.

    Args:
        claim: the claim's document.
        quantity: ``gradient`` or ``hessian``.
        texts: the stated entries.
        values: of the claim's symbols.
        point: where expressions that are not rational functions may differ.

    Raises:
        CertificateRejected: if neither an identity nor the point decides.
    """
    actual = derivatives(claim, quantity, values)
    found = entries(quantity, texts, len(claim["problem"]["variables"]))
    if found is None:
        return False
    pairs = list(zip(actual, stated_values(claim, found, values), strict=True))
    verdicts = [_entry_holds(left, right) for left, right in pairs]
    if all(verdicts):
        return True
    if any(verdict is False for verdict in verdicts):
        return False
    if point is None:
        raise CertificateRejected("the expressions are not proved equal; a point where they differ would refute")
    place = dict(zip(document.variables(claim).values(), map(exact.to_fmpq, point), strict=True))
    if any(_differ_at(left, right, place) for left, right in pairs):
        return False
    raise CertificateRejected("the expressions agree at the point")


def _entry_holds(actual: Expr, value: Stated) -> bool | None:
    if isinstance(value, Printed):
        return None if actual.free_symbols else matches(algebraic(actual), value)
    if identical(actual, value):
        return True
    return False if is_rational_function(actual) and is_rational_function(value) else None


def _differ_at(actual: Expr, value: Stated, place: Mapping[Symbol, fmpq]) -> bool:
    if isinstance(value, Printed):
        found = exact.rational(actual, place)
        return not Real.of(found).inside(value)
    return not exact.holds(sympy.Eq(actual, value, evaluate=False), place)
