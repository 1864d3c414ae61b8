"""Where symbols live, and the counters that need no declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sympy import Symbol

from convergence.errors import ClaimError, nearest
from convergence.expressions.vectors import Minimiser, RandomVector, Vector

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class Domain(StrEnum):
    """Where a symbol lives; the value is the word that a claim file uses."""

    REAL = "real"
    POSITIVE = "positive"
    NONNEGATIVE = "nonnegative"
    INTEGER = "integer"
    NATURAL = "natural"  # 1, 2, 3, ...
    UNIT = "unit"  # 0 <= x < 1, as a decay rate
    FRACTION = "fraction"  # 0 < x < 1
    VECTOR = "vector"
    RANDOM_VECTOR = "random vector"
    MINIMISER = "minimiser"  # a point where the claim's function is least
    INFIMUM = "infimum"  # the infimum of the claim's function
    UNDEFINED = "undefined"  # the paper uses it and never says what it is


_ASSUMPTIONS: Mapping[Domain, dict[str, bool]] = MappingProxyType(
    {
        Domain.REAL: {"real": True},
        Domain.POSITIVE: {"positive": True},
        Domain.NONNEGATIVE: {"nonnegative": True},
        Domain.INTEGER: {"integer": True},
        Domain.NATURAL: {"integer": True, "positive": True},
        Domain.UNIT: {"nonnegative": True},
        Domain.FRACTION: {"positive": True},
        Domain.INFIMUM: {"real": True},
        Domain.UNDEFINED: {},
    }
)
_VECTORS: Mapping[Domain, type[Vector]] = MappingProxyType(
    {Domain.VECTOR: Vector, Domain.RANDOM_VECTOR: RandomVector, Domain.MINIMISER: Minimiser}
)


def symbol(name: str, domain: Domain | str = Domain.REAL) -> Symbol:
    """The SymPy symbol of a name in a domain, with the assumptions that the domain justifies.

    Raises:
        ClaimError: if the name is not a plain identifier or the domain is unknown.
    """
    if not _NAME.fullmatch(name):
        raise ClaimError(f"expected a name of letters, digits and _ (at most 40), found {name[:60]!r}")
    try:
        known = Domain(domain)
    except ValueError:
        raise ClaimError(f"unknown domain {domain!r} of symbol {name!r}{nearest(str(domain), list(Domain))}") from None
    return _VECTORS[known](name) if known in _VECTORS else Symbol(name, **_ASSUMPTIONS[known])


def below_one(domain: Domain) -> bool:
    """Whether the domain bounds its symbols by 1, which SymPy's assumptions cannot say."""
    return domain in (Domain.UNIT, Domain.FRACTION)


K = symbol("k", Domain.NATURAL)
T = symbol("T", Domain.NATURAL)
COUNTERS: Mapping[str, Symbol] = MappingProxyType({"k": K, "T": T, "t": symbol("t", Domain.NATURAL)})
"""``k`` and ``t`` count steps from 1; ``T`` is a horizon that is fixed in advance."""
