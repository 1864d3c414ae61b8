"""The report: one audit as HTML, JSON and Markdown, and the wording of claims."""

from convergence.report.formulas import hypotheses_text, statement_text

__all__ = ["hypotheses_text", "statement_text"]
