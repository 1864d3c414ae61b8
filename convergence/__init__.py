"""Audits the convergence claims of optimization papers."""
