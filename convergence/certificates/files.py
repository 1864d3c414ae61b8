"""Certificates as JSON files that a stranger can re-check without any solver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convergence.certificates import check
from convergence.errors import CertificateRejected, ClaimError
from convergence.verdicts import Verdict

FORMAT = "convergence certificate 1"
_KEYS = ("format", "claim", "verdict", "kind", "witness")


def packed(claim: Mapping[str, Any], verdict: Verdict, kind: str, witness: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a certificate file: the claim's document, the verdict and the witness."""
    return {"format": FORMAT, "claim": claim, "verdict": verdict.value, "kind": kind, "witness": witness}


def recheck(path: str | Path) -> Verdict:
    """Read a certificate file and check it.

    Raises:
        ClaimError: if the file cannot be read or is no certificate file.
        CertificateRejected: if the trusted core does not accept it for the verdict that the file states.
    """
    content = _read(Path(path))
    verdict = check(content["claim"], content["kind"], content["witness"])
    if verdict.value != content["verdict"]:
        raise CertificateRejected(f"the file says {content['verdict']}, the certificate shows {verdict}")
    return verdict


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClaimError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ClaimError(f"{path}: not a JSON file: {error}") from None
    if not isinstance(content, dict) or sorted(content) != sorted(_KEYS) or content["format"] != FORMAT:
        raise ClaimError(f"{path}: expected a certificate file with format {FORMAT!r} and the keys {', '.join(_KEYS)}")
    return content
