"""Audits the convergence claims of optimization papers.

Everything public is imported on first use, so that ``import convergence`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convergence.auditing import Audit, audit
    from convergence.claims import Claim, Paper, load, load_all, paper
    from convergence.errors import CertificateRejected, ClaimError, ConvergenceError, LogError
    from convergence.evidence import Evidence
    from convergence.rates import RateFit, fit_rate
    from convergence.verdicts import Tightness, Verdict

_HOMES = {
    "Audit": "auditing",
    "CertificateRejected": "errors",
    "Claim": "claims",
    "ClaimError": "errors",
    "ConvergenceError": "errors",
    "Evidence": "evidence",
    "LogError": "errors",
    "Paper": "claims",
    "RateFit": "rates",
    "Tightness": "verdicts",
    "Verdict": "verdicts",
    "audit": "auditing",
    "fit_rate": "rates",
    "load": "claims",
    "load_all": "claims",
    "paper": "claims",
}

__all__ = [
    "Audit",
    "CertificateRejected",
    "Claim",
    "ClaimError",
    "ConvergenceError",
    "Evidence",
    "LogError",
    "Paper",
    "RateFit",
    "Tightness",
    "Verdict",
    "audit",
    "fit_rate",
    "load",
    "load_all",
    "paper",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'convergence' has no attribute {name!r}")
    return getattr(import_module(f"convergence.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
