"""The report: one audit as HTML, JSON and Markdown."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convergence.report.document import ReportDocument, to_document
    from convergence.report.files import write

_HOMES = {"ReportDocument": "document", "to_document": "document", "write": "files"}

__all__ = ["ReportDocument", "to_document", "write"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'convergence.report' has no attribute {name!r}")
    return getattr(import_module(f"convergence.report.{_HOMES[name]}"), name)
