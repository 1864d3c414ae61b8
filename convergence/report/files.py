"""Writing a report to a folder: every file appears whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convergence.auditing import Audit, Judged, ReadingResult
from convergence.certificates.files import FORMAT, packed
from convergence.claims.writer import to_document as claim_document
from convergence.errors import ConvergenceError
from convergence.report.document import CERTIFICATE_PLACE, to_document
from convergence.report.markdown import to_markdown


def write(audit: Audit, folder: str | Path) -> None:
    """Write ``index.html``, ``report.json``, ``report.md`` and ``certificates/*.json`` into a folder.

    The folder is created where it is missing; files of an earlier report are replaced, each in one step, and
    certificates of an earlier report that this one does not have are removed.

    Raises:
        ConvergenceError: if something cannot be written there; the message names the path and what to do.
    """
    from convergence.report.html import to_html  # jinja2 and matplotlib are loaded only where a page is drawn

    texts = {
        **certificates(audit),
        "report.json": _json(to_document(audit)),
        "report.md": to_markdown(audit),
        "index.html": to_html(audit),
    }
    root = Path(folder)
    try:
        for name, text in texts.items():
            _replace(root / name, text)
        _remove_others(root, texts)
    except OSError as error:
        place = error.filename or root
        raise ConvergenceError(
            f"report folder {str(root)!r}: cannot write {str(place)!r}: {error.strerror}; "
            "choose a folder that you may write to with --out"
        ) from None


def _remove_others(root: Path, texts: Mapping[str, str]) -> None:
    """Remove the certificates of an earlier report; files of any other kind stay."""
    for path in (root / "certificates").glob("*.json"):
        if path.relative_to(root).as_posix() not in texts and _is_certificate(path):
            path.unlink()


def _is_certificate(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(100).startswith(_json({"format": FORMAT}).removesuffix("\n}\n"))


def certificates(audit: Audit) -> Mapping[str, str]:
    """Every accepted certificate as the text of its file, by its place in the report's folder."""
    return dict(_certificates(audit))


def _certificates(audit: Audit) -> Iterator[tuple[str, str]]:
    for reading, document, item in _claimed(audit):
        certificate = item.evidence.certificate
        if not item.certificate_file or certificate is None:
            continue
        if not CERTIFICATE_PLACE.fullmatch(item.certificate_file):
            raise ConvergenceError(
                f"claim {reading.claim.id!r}: expected a certificate's place such as certificates/name.json, "
                f"found {item.certificate_file!r}"
            )
        content = packed(document, item.evidence.verdict, certificate.kind, certificate.witness)
        yield item.certificate_file, _json(content)


def _claimed(audit: Audit) -> Iterator[tuple[ReadingResult, Mapping[str, Any], Judged]]:
    """All evidence, each with the document of the claim that it is about."""
    for reading in (reading for claim in audit for reading in claim.readings):
        document = claim_document(reading.claim)
        yield from ((reading, document, item) for item in reading.evidence)
        yield from ((reading, repair.document, repair.proof) for repair in reading.repairs)


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _replace(path: Path, text: str) -> None:
    """Write beside the target, then rename over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
