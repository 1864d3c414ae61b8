"""Reading the parts of a claim's document that checkers need, through the one safe door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flint import fmpq
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain, below_one, parse_expression, parse_relation, symbol
from convergence.verdicts import Verdict


def names(claim: Mapping[str, Any]) -> dict[str, Symbol]:
    """Every name that the claim's expressions may use: counters and declared symbols."""
    declared = {name: symbol(name, table["domain"]) for name, table in claim["symbols"].items()}
    return {**COUNTERS, **declared}


def variables(claim: Mapping[str, Any]) -> dict[str, Symbol]:
    """The variables of the claim's problem, in order."""
    return {name: symbol(name) for name in claim["problem"]["variables"]}


def expression(claim: Mapping[str, Any], text: str) -> Expr:
    """An expression over the claim's names and its problem's variables."""
    local = variables(claim) if "problem" in claim else {}
    return parse_expression(text, {**names(claim), **local})


def relations(claim: Mapping[str, Any], sequences: frozenset[str] = frozenset()) -> tuple[Relational, ...]:
    """Hypotheses that are relations, and the bounds below 1 that domains add."""
    known = names(claim)
    texts = [text for text in claim["given"] if any(mark in text for mark in "<>=")]
    found = [relation for text in texts for relation in parse_relation(text, known, sequences)]
    ends = [known[name] < 1 for name, table in claim["symbols"].items() if below_one(Domain(table["domain"]))]
    return (*found, *ends)


def hypotheses(claim: Mapping[str, Any]) -> list[tuple[str, list[Expr]]]:
    """Names and arguments of the hypotheses that are no relations."""
    found = []
    for text in claim["given"]:
        if any(mark in text for mark in "<>="):
            continue
        name, _, rest = text.strip().partition("(")
        arguments = [part for part in rest.rstrip().removesuffix(")").split(",") if part.strip()]
        found.append((name.strip(), [parse_expression(part, names(claim)) for part in arguments]))
    return found


def hypotheses_by_name(claim: Mapping[str, Any]) -> dict[str, list[Expr]]:
    """The same by name.

    Raises:
        CertificateRejected: if a hypothesis is given twice: one of its arguments would be lost.
    """
    found: dict[str, list[Expr]] = {}
    for name, arguments in hypotheses(claim):
        if name in found:
            raise CertificateRejected(f"the hypothesis {name} is given twice")
        found[name] = arguments
    return found


def in_domain(value: fmpq, domain: Domain) -> bool:
    """Whether a value may be given to a symbol of the domain; nothing may be given to an undefined one."""
    match domain:
        case Domain.POSITIVE:
            return bool(value > 0)
        case Domain.NONNEGATIVE:
            return bool(value >= 0)
        case Domain.INTEGER:
            return bool(value.q == 1)
        case Domain.NATURAL:
            return bool(value.q == 1 and value >= 1)
        case Domain.UNIT:
            return bool(0 <= value < 1)
        case Domain.FRACTION:
            return bool(0 < value < 1)
    return domain is Domain.REAL


def against(claim: Mapping[str, Any]) -> Verdict:
    """The verdict of a violated statement: a contradiction where it compares two places of one paper."""
    return Verdict.INCONSISTENT if claim.get("versus") else Verdict.REFUTED
