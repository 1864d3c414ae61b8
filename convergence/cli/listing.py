"""The commands ``list``, ``schema`` and ``check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

OPEN = (
    "; the goal does not follow from the inequalities that are listed for it, which decides nothing about the statement"
)


def listing(paths: Sequence[Path]) -> None:
    """Print a table of the claims at the paths: statement, hypotheses, method."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from convergence.claims import load_all
    from convergence.formulas import hypotheses_text, statement_text

    console = Console(width=None if sys.stdout.isatty() else 160)
    for paper in load_all(paths):
        table = Table(title=escape(paper.title), title_justify="left")
        for column in ("claim", "place", "reading", "statement", "given", "method", "proof"):
            table.add_column(column, overflow="fold")
        for claim in paper:
            for reading in claim.readings:
                method = reading.method.name if reading.method else ""
                statement, given = statement_text(reading), hypotheses_text(reading)
                proof = ", ".join(reading.proof)
                table.add_row(*map(escape, (claim.id, claim.where, reading.reading, statement, given, method, proof)))
        console.print(table)


def schema(kind: str) -> None:
    """Print the JSON schema of claim files or reports."""
    if kind == "claims":
        from convergence.claims.documents import PaperDocument as Document
    else:
        from convergence.report import ReportDocument as Document  # type: ignore[assignment]
    print(json.dumps(Document.model_json_schema(), indent=1))


def check(files: Sequence[Path]) -> int:
    """Re-check certificate files; prints one line each and returns the exit status."""
    from convergence.certificates.files import recheck
    from convergence.errors import CertificateRejected
    from convergence.verdicts import Verdict

    rejected = 0
    for file in files:
        try:
            verdict = recheck(file)
            print(f"{file}: accepted: {verdict}{OPEN if verdict is Verdict.UNDECIDED else ''}")
        except CertificateRejected as error:
            rejected = 1
            print(f"{file}: rejected: {error}")
    return rejected
