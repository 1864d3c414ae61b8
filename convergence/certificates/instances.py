"""Instances of a claim's symbols: rational values that satisfy every domain and every hypothesis, checked exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.certificates import document, exact
from convergence.certificates.signs import Facts, facts_of
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain, Vector, parse_relation

MAX_VALUE = 10**6  # larger exponents make powers that no memory holds
COUNTER_SYMBOLS = frozenset(COUNTERS.values())


def counter_of(*expressions: Expr) -> Symbol:
    """The one counter that expressions use.

    Raises:
        CertificateRejected: if there are several; k if there is none.
    """
    used = sorted({name for item in expressions for name in item.free_symbols & COUNTER_SYMBOLS}, key=str)
    if len(used) > 1:
        raise CertificateRejected(f"expected one counter, found {', '.join(map(str, used))}")
    return used[0] if used else COUNTERS["k"]


def relations_only(claim: Mapping[str, Any], sequences: frozenset[str] = frozenset()) -> tuple[Relational, ...]:
    """The hypotheses as relations; a named hypothesis would restrict the instances in a way that is not checked here.

    Raises:
        CertificateRejected: if a hypothesis is not a relation.
    """
    names = [text for text in claim["given"] if not any(mark in text for mark in "<>=")]
    if names:
        raise CertificateRejected(f"expected hypotheses that are relations, found {names[0]!r}")
    return document.relations(claim, sequences)


def given_relations(claim: Mapping[str, Any], sequences: frozenset[str] = frozenset()) -> tuple[Relational, ...]:
    """The hypotheses that are relations; a proof may leave the others out."""
    return document.relations(claim, sequences)


def symbols_of(claim: Mapping[str, Any]) -> list[Symbol]:
    """The claim's own symbols.

    Raises:
        CertificateRejected: if one of them is undefined, or a vector.
    """
    for name, table in claim["symbols"].items():
        if Domain(table["domain"]) is Domain.UNDEFINED:
            raise CertificateRejected(f"the symbol {name} is undefined")
    known = document.names(claim)
    for name in claim["symbols"]:
        if isinstance(known[name], Vector):
            raise CertificateRejected(f"the symbol {name} is a vector")
    return [known[name] for name in claim["symbols"]]


def facts(claim: Mapping[str, Any], *, counters: bool = False, sequences: frozenset[str] = frozenset()) -> Facts:
    """What the claim's domains and hypotheses say about its parameters (and its counters, if asked)."""
    relations = [relation for relation in given_relations(claim, sequences) if not _mentions_sequence(relation)]
    if not counters:
        relations = [relation for relation in relations if not relation.free_symbols & COUNTER_SYMBOLS]
    symbols = symbols_of(claim) + (sorted(COUNTER_SYMBOLS, key=str) if counters else [])
    return facts_of(relations, symbols)


def _mentions_sequence(relation: Relational) -> bool:
    return bool(relation.atoms(sympy.core.function.AppliedUndef))


def values(claim: Mapping[str, Any], given: Mapping[str, str]) -> dict[Symbol, fmpq]:
    """Rational values of the claim's symbols and counters that lie in their domains.

    Raises:
        CertificateRejected: if a name is unknown, or a value leaves its domain.
    """
    symbols_of(claim)
    known = document.names(claim)
    found = {}
    for name, text in given.items():
        if name not in known:
            raise CertificateRejected(f"unknown symbol {name!r}")
        value = exact.to_fmpq(text)
        domain = Domain.NATURAL if name in COUNTERS else Domain(claim["symbols"][name]["domain"])
        if max(abs(value.p), value.q) > MAX_VALUE:
            raise CertificateRejected(f"expected a value of {name} with numerator and denominator up to {MAX_VALUE}")
        if not document.in_domain(value, domain):
            raise CertificateRejected(f"{name} = {value} is not {domain.value}")
        found[known[name]] = value
    return found


def satisfying(
    claim: Mapping[str, Any], given: Mapping[str, str], relations: tuple[Relational, ...]
) -> dict[Symbol, fmpq]:
    """`values`, after checking that they satisfy the relations.

    Raises:
        CertificateRejected: if a relation fails, or a symbol of it has no value.
    """
    found = values(claim, given)
    for relation in relations:
        if not exact.holds(relation, found):
            raise CertificateRejected(f"the hypothesis {relation} fails")
    return found


def substituted(expression: Expr, found: Mapping[Symbol, fmpq]) -> Expr:
    """An expression with rational values for some of its symbols."""
    return expression.subs({name: Rational(int(value.p), int(value.q)) for name, value in found.items()})


def lower_bounds_on(counter: Symbol, relations: tuple[Relational, ...]) -> bool:
    """Whether every relation that mentions the counter only asks it to be large, so that it holds in the end."""
    for relation in relations:
        if not relation.free_symbols & COUNTER_SYMBOLS:
            continue
        difference = relation.lhs - relation.rhs if relation.rel_op in (">", ">=") else relation.rhs - relation.lhs
        if relation.rel_op == "==" or relation.free_symbols & COUNTER_SYMBOLS != {counter}:
            return False
        slope = sympy.expand(difference).coeff(counter, 1)
        if not slope.is_positive or counter in sympy.expand(difference - slope * counter).free_symbols:
            return False
    return True


def parsed_relations(claim: Mapping[str, Any], text: str) -> tuple[Relational, ...]:
    """The links of a relation over the claim's names."""
    return parse_relation(text, document.names(claim))
