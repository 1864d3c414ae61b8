"""The trusted core: it accepts or rejects proofs and counterexamples, and never searches.

It imports nothing of this package but expressions, printed numbers, verdicts and errors, and computes in rationals and
balls. The claim is always read from the claim's own document, never from the certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from convergence.errors import CertificateRejected, ClaimError, nearest
from convergence.verdicts import Verdict

KINDS = (
    "arithmetic",
    "comparison",
    "undefined",
    "hypotheses",
    "rescaling",
    "same_method",
    "growth",
    "recursion",
    "relation",
    "assignment",
    "inequality",
    "counterexample",
    "inference",
    "trajectory",
    "regret_bound",
    "regret_growth",
    "expected_bound",
    "noise_floor",
    "duals",
    "modes",
    "cycles",
    "fixed_points",
    "geometric",
    "spectrum",
    "steps",
    "potential",
)
"""Every kind of certificate; the module of that name holds its checker."""


def check(claim: Mapping[str, Any], kind: str, witness: Mapping[str, Any]) -> Verdict:
    """What a certificate establishes about a claim.

    Args:
        claim: the document of one reading, as `convergence.claims.to_document` writes it.
        kind: one of `KINDS`.
        witness: plain JSON values, as the kind's module documents them.

    Raises:
        CertificateRejected: if the certificate does not establish a verdict; the message says which condition failed.
    """
    if kind not in KINDS:
        raise CertificateRejected(f"unknown kind of certificate {kind!r}{nearest(str(kind), KINDS)}")
    checker = import_module(f"convergence.certificates.{kind}")
    try:
        verdict: Verdict = checker.check(claim, witness)
    except CertificateRejected:
        raise
    except (ClaimError, KeyError, TypeError, ValueError, IndexError, ArithmeticError, AttributeError) as error:
        raise CertificateRejected(f"malformed {kind} certificate: {type(error).__name__}: {error}") from error
    return verdict
