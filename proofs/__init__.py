"""Audited papers, one package each: every statement of a paper as a claim, by section."""
