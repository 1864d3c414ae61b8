"""Hypotheses that nothing satisfies: a claim about the empty class.

Witness ``{"clash": "growth"}``: an m-strongly convex function on the whole space, m > 0, is not Lipschitz. With a
subgradient s at x, f(y) - f(x) >= <s, y - x> + m/2 |y - x|^2, and the right side exceeds G |y - x| for y far from x.

Witness ``{"combination": [[number of a fact, multiplier], ...], "positive": ["1/L", ...]}``: a nonnegative
combination of facts that are each >= 0 or > 0 whose sum is a number that cannot be so. Facts, in this order: the two
sides of every relation, the domains of the symbols, what the named hypotheses imply (l >= m for an m-strongly convex
function with an l-Lipschitz gradient, since m |x-y|^2 <= <f'(x) - f'(y), x - y> <= l |x-y|^2; l, G, D, Delta >= 0),
and then the expressions of `positive`, which must be products of powers of positive symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import fmpq
from sympy import Add, Expr, Integer, Mul, Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, hypotheses, names
from convergence.certificates.polynomials import identical
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain, below_one, parse_relation
from convergence.verdicts import Verdict

Fact = tuple[Expr, bool]
"""An expression that is > 0 if the flag is set, otherwise >= 0."""

MAX_FACTS = 200
_NOT_NEGATIVE = frozenset(
    {"smooth", "lipschitz", "initial_distance", "initial_gap", "bounded_domain", "gradient_error"}
)


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.ILL_POSED` if the hypotheses contradict each other."""
    if "recursion" in claim or "sequence" in claim or "problem" in claim:
        raise CertificateRejected("expected a claim about a class of functions")
    if witness.get("clash") == "growth":
        _require_growth_clash(claim)
    else:
        _require_contradiction(claim, witness)
    return Verdict.ILL_POSED


def _require_growth_clash(claim: Mapping[str, Any]) -> None:
    given = dict(hypotheses(claim))
    if "bounded_domain" in given or "strongly_convex" not in given or "lipschitz" not in given:
        raise CertificateRejected("expected strongly_convex and lipschitz, and no bounded_domain")
    modulus = given["strongly_convex"][0]
    if not is_positive(modulus):
        raise CertificateRejected(f"the modulus {modulus} is not surely positive")


def is_positive(node: Expr) -> bool:
    """Whether it is a product of powers of positive numbers and symbols, or a sum of such."""
    if node.is_Rational:
        return bool(node > 0)
    if node.is_Symbol:
        return bool(node.is_positive)
    if node.is_Mul or node.is_Add:
        return all(is_positive(argument) for argument in node.args)
    return bool(node.is_Pow) and is_positive(node.base)


def facts(claim: Mapping[str, Any]) -> list[Fact]:
    """What relations, domains and hypotheses say, in the order that the witness numbers."""
    found = [
        fact for relation in _relations(claim) for fact in _of_relation(relation.lhs, relation.rhs, relation.rel_op)
    ]
    for name, table in claim["symbols"].items():
        found += _of_domain(names(claim)[name], Domain(table["domain"]))
    named = hypotheses(claim)
    found += [(arguments[0], False) for name, arguments in named if name in _NOT_NEGATIVE]
    given = dict(named)
    if "strongly_convex" in given and "smooth" in given:
        found.append((given["smooth"][0] - given["strongly_convex"][0], False))
    if len(found) > MAX_FACTS:
        raise CertificateRejected(f"expected at most {MAX_FACTS} facts")
    return found


def _relations(claim: Mapping[str, Any]) -> list[Any]:
    """Relations without a counter: those with one may hold for some steps only."""
    texts = [text for text in claim["given"] if any(mark in text for mark in "<>=")]
    parsed = [relation for text in texts for relation in parse_relation(text, names(claim))]
    return [relation for relation in parsed if not relation.free_symbols & set(COUNTERS.values())]


def _of_relation(left: Expr, right: Expr, operator: str) -> list[Fact]:
    above = Add(left, Mul(-1, right))
    match operator:
        case ">" | ">=":
            return [(above, operator == ">")]
        case "<" | "<=":
            return [(-above, operator == "<")]
    return [(above, False), (-above, False)]


def _of_domain(name: Symbol, domain: Domain) -> list[Fact]:
    found: list[Fact] = []
    if domain in (Domain.POSITIVE, Domain.FRACTION):
        found.append((name, True))
    if domain in (Domain.NONNEGATIVE, Domain.UNIT):
        found.append((name, False))
    if domain is Domain.NATURAL:
        found.append((name - 1, False))
    if below_one(domain):
        found.append((1 - name, True))
    return found


def _require_contradiction(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> None:
    known = facts(claim)
    for text in witness.get("positive", []):
        extra = expression(claim, text)
        if not is_positive(extra):
            raise CertificateRejected(f"{extra} is not surely positive")
        known.append((extra, True))
    total, strict = Integer(0), False
    for number, text in witness["combination"]:
        multiplier = exact.to_fmpq(text)
        if multiplier < 0 or not isinstance(number, int) or not 0 <= number < len(known):
            raise CertificateRejected("expected numbers of facts and multipliers that are not negative")
        fact, is_strict = known[number]
        total += sympy.Rational(int(multiplier.p), int(multiplier.q)) * fact
        strict = strict or (is_strict and multiplier > 0)
    constant = _constant(total)
    if not (constant < 0 or (constant == 0 and strict)):
        raise CertificateRejected(f"the combination is {total}, which is no contradiction")


def _constant(total: Expr) -> fmpq:
    """The number that an expression is identical to.

    Raises:
        CertificateRejected: if it is not seen to be a number.
    """
    expanded = sympy.expand(total)
    if not expanded.is_Rational or not identical(total, expanded):
        raise CertificateRejected(f"{total} is not seen to be a number")
    return exact.rational(expanded)
