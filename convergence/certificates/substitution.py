"""A concrete instance of a claim: rational values for all its symbols, checked, and put in place of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Rational, Symbol

from convergence.certificates import document
from convergence.certificates.exact import holds, to_fmpq
from convergence.errors import CertificateRejected
from convergence.expressions import Domain

Values = Mapping[Symbol, Expr]


def admissible(claim: Mapping[str, Any], values: Mapping[str, Any]) -> dict[Symbol, Rational]:
    """The values of the claim's declared symbols, by symbol.

    Args:
        claim: the claim's document.
        values: name to rational; one for each declared symbol.

    Raises:
        CertificateRejected: if a symbol is missing or unknown, or a value violates a domain or a relation.
    """
    known, tables = document.names(claim), claim["symbols"]
    if set(values) != set(tables):
        raise CertificateRejected(f"expected values for {sorted(tables)}, found {sorted(values)}")
    exact = {known[name]: to_fmpq(value) for name, value in values.items()}
    for name, table in tables.items():
        if not document.in_domain(exact[known[name]], Domain(table["domain"])):
            raise CertificateRejected(f"{name} = {exact[known[name]]} is outside its domain {table['domain']}")
    for relation in document.relations(claim):
        if not holds(relation, exact):
            raise CertificateRejected(f"the values violate the hypothesis {relation}")
    return {symbol: Rational(int(value.p), int(value.q)) for symbol, value in exact.items()}


def substituted(expression: Expr, values: Values) -> Expr:
    """The expression at the values; everything stays exact.

    Raises:
        CertificateRejected: if it is not finite and real there.
    """
    result = expression.xreplace(dict(values))
    if result.has(sympy.zoo, sympy.nan, sympy.oo, sympy.S.NegativeInfinity, sympy.I):
        raise CertificateRejected(f"{expression} is not a real number at the given values")
    return result
