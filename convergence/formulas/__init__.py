"""Claims and methods on a page: MathML and plain text, both derived from the SymPy objects."""

from convergence.formulas.sentences import hypotheses_text, statement_text

__all__ = ["hypotheses_text", "statement_text"]
