"""Sets of hypotheses that no problem satisfies."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from scipy.optimize import linprog
from sympy import Expr

from convergence.certificates import hypotheses as core
from convergence.certificates.document import expression
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected, ClaimError
from convergence.evidence import Certificate, Evidence
from convergence.expressions import to_text
from convergence.verdicts import Verdict


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Ill-posed if the hypotheses clash; a caution where they may clash, depending on how they are read."""
    if claim.problem is not None or not claim.given:
        return None
    document = to_document(claim)
    growth = {"clash": "growth"}
    if _accepted(document, growth):
        return _ill_posed("no strongly convex function on the whole space is Lipschitz: it grows like |x|^2", growth)
    combined = _contradiction(document)
    if combined is not None:
        return _ill_posed(f"no problem satisfies the hypotheses: {_sum(document, combined)}", combined)
    return _caution(claim)


def _accepted(document: Mapping[str, Any], witness: Mapping[str, Any]) -> bool:
    try:
        return core.check(document, witness) is Verdict.ILL_POSED
    except (CertificateRejected, ClaimError, KeyError):
        return False


def _ill_posed(reason: str, witness: dict[str, Any]) -> Evidence:
    return Evidence(
        route="hypotheses",
        verdict=Verdict.ILL_POSED,
        reason=reason,
        certificate=Certificate(kind="hypotheses", witness=witness),
    )


def _caution(claim: Claim) -> Evidence | None:
    """E|g|^2 <= G^2 is about iterates alone, which may stay bounded; it is no hypothesis about every point."""
    bounded, domain = claim.hypothesis("bounded_gradients"), claim.hypothesis("bounded_domain")
    if claim.hypothesis("strongly_convex") is None or bounded is None or domain is not None:
        return None
    return Evidence(
        route="hypotheses",
        verdict=Verdict.UNDECIDED,
        reason="the gradients of a strongly convex function are unbounded, so that bounded_gradients holds only where "
        "the iterates stay bounded, which no hypothesis grants",
        figures={"caution": "bounded_gradients with strongly_convex and no bounded_domain"},
        decisive="a bounded domain, or a proof that the iterates stay bounded",
    )


# --- linear arithmetic over monomials


def _contradiction(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Multipliers of facts that add up to a contradiction, from a linear program, rounded and checked exactly."""
    try:
        facts = core.facts(document)
    except (CertificateRejected, ClaimError):
        return None
    if not 1 <= len(facts) <= core.MAX_FACTS:
        return None
    expanded = [sympy.expand(fact) for fact, _ in facts]
    positive = _positive_monomials(expanded)
    rows = [*map(_coefficients, expanded), *map(_coefficients, positive)]
    strict = [is_strict for _, is_strict in facts] + [True] * len(positive)
    multipliers = _multipliers(rows, strict)
    if multipliers is None:
        return None
    combination = [[number, str(value)] for number, value in enumerate(multipliers) if value]
    witness = {"combination": combination, "positive": [to_text(item) for item in positive]}
    return witness if _accepted(document, witness) else None


def _positive_monomials(facts: list[Expr]) -> list[Expr]:
    """Products of positive symbols that occur in facts and are no symbols themselves."""
    terms = {term.as_coeff_Mul()[1] for fact in facts for term in sympy.Add.make_args(fact)}
    return sorted((term for term in terms if not term.is_Symbol and term != 1 and core.is_positive(term)), key=str)


def _coefficients(fact: Expr) -> dict[Expr, Fraction]:
    found: dict[Expr, Fraction] = {}
    for term in sympy.Add.make_args(fact):
        number, monomial = term.as_coeff_Mul()
        if not number.is_Rational:
            number, monomial = sympy.Integer(1), term
        found[monomial] = found.get(monomial, Fraction(0)) + Fraction(int(number.p), int(number.q))
    return found


def _multipliers(rows: list[dict[Expr, Fraction]], strict: list[bool]) -> list[Fraction] | None:
    """Nonnegative numbers whose combination has no monomials and a constant <= -1, or 0 with a strict fact."""
    monomials = sorted({name for row in rows for name in row if name != 1}, key=str)
    equations = [[float(row.get(name, 0)) for row in rows] for name in monomials]
    constants = [float(row.get(sympy.Integer(1), 0)) for row in rows]
    for extra, level in ((constants, -1.0), ([-float(flag) for flag in strict], -1.0)):
        limits = [constants, extra]
        solution = linprog(
            np.ones(len(rows)), A_ub=limits, b_ub=[0.0, level], A_eq=equations or None,
            b_eq=[0.0] * len(equations) if equations else None, method="highs-ds",
        )  # fmt: skip
        if solution.status == 0:
            return [Fraction(float(value)).limit_denominator(10_000) for value in solution.x]
    return None


def _sum(document: Mapping[str, Any], witness: Mapping[str, Any]) -> str:
    """The facts of a combination, as inequalities."""
    facts = core.facts(document)
    facts += [(expression(document, text), True) for text in witness["positive"]]
    used = [facts[number] for number, _ in witness["combination"]]
    texts = [f"{to_text(fact)} {'>' if strict else '>='} 0" for fact, strict in used]
    return f"{' and '.join(texts)} exclude each other" if len(texts) > 1 else f"they imply {texts[0]}"
