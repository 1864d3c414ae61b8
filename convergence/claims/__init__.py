"""The language of claims: statements, hypotheses, measures, readings, papers, and their files."""

from convergence.claims.claim import AS_PRINTED, Claim, Declared, Explicit, Paper, Recursion
from convergence.claims.files import load, load_all, paper
from convergence.claims.hypotheses import HYPOTHESES, Hypothesis
from convergence.claims.measures import MEASURES
from convergence.claims.reader import from_document
from convergence.claims.writer import to_document

__all__ = [
    "AS_PRINTED",
    "HYPOTHESES",
    "MEASURES",
    "Claim",
    "Declared",
    "Explicit",
    "Hypothesis",
    "Paper",
    "Recursion",
    "from_document",
    "load",
    "load_all",
    "paper",
    "to_document",
]
