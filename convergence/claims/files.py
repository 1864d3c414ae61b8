"""Loading claims from TOML files, Python modules and folders of them."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from convergence.claims.claim import Claim, Paper
from convergence.claims.documents import DocumentError, validated
from convergence.claims.lines import line_of
from convergence.claims.proofs import require_links
from convergence.claims.reader import read_paper
from convergence.errors import ClaimError

MAX_FILE_BYTES = 4_000_000


def load(path: str | Path) -> Paper:
    """The one paper at a path: a TOML claim file, a Python module, or a package with a ``PAPER``.

    Raises:
        ClaimError: if there is none or more than one; `load_all` takes folders of several papers.
    """
    papers = load_all([path])
    if len(papers) != 1:
        titles = ", ".join(paper.title for paper in papers)
        raise ClaimError(f"{path}: expected one paper, found {len(papers)} ({titles}); load_all reads them all")
    return papers[0]


def load_all(paths: Iterable[str | Path]) -> tuple[Paper, ...]:
    """Every paper at the paths, in order; a folder holds TOML files, modules and packages of claims.

    Raises:
        ClaimError: if a path does not exist or holds no claims, a claim is not valid, or a proof names a step of
            another of these papers that is not there.
    """
    papers = tuple(paper for path in paths for paper in _papers(Path(path)))
    require_links(papers)
    return papers


def paper(title: str, claims: Iterable[Mapping[str, Any]], *, source: str = "", **tables: Any) -> Paper:
    """A paper written in Python, with the keys of a claim file (``symbols``, ``methods``, ``problems``).

    Raises:
        ClaimError: as for a file; the message names the key.
    """
    data = {"paper": {"title": title, "source": source}, "claims": [dict(claim) for claim in claims], **tables}
    try:
        return read_paper(validated(data))
    except DocumentError as error:
        raise ClaimError(f"{title}, {_place(error.path, data)}: {error}") from None


def read_toml(path: Path) -> Paper:
    """The paper of a TOML claim file.

    Raises:
        ClaimError: with file, line and key of whatever is wrong.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ClaimError(f"{path}: not valid TOML: {error}") from None
    try:
        return read_paper(validated(data), str(path))
    except DocumentError as error:
        raise ClaimError(f"{path}, line {line_of(text, error.path)}, {_place(error.path, data)}: {error}") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ClaimError(f"{path}: expected at most {MAX_FILE_BYTES} bytes, found {path.stat().st_size}")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ClaimError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ClaimError(f"{path}: expected UTF-8 text") from None


def _place(path: tuple[str | int, ...], data: Mapping[str, Any]) -> str:
    """The key's place in words, with the claim's id instead of its number."""
    parts: list[str] = []
    for position, part in enumerate(path):
        if isinstance(part, int) and position and path[position - 1] == "claims":
            claims = data.get("claims", [])
            found = claims[part] if part < len(claims) and isinstance(claims[part], dict) else {}
            identifier = found.get("id", part + 1)
            parts = [f"claim {identifier!r}"]
        elif isinstance(part, int):
            parts[-1:] = [f"{parts[-1]}[{part}]"] if parts else [str(part)]
        else:
            parts.append(part)
    return ", ".join(parts) or "the document"


def _papers(path: Path) -> list[Paper]:
    if path.suffix == ".toml" and path.is_file():
        return [read_toml(path)]
    if path.suffix == ".py" and path.is_file():
        return [_module_paper(_imported(path), path)]
    if path.is_dir():
        return _folder(path)
    if path.exists():
        raise ClaimError(f"{path}: expected a .toml or .py file or a folder of them")
    raise ClaimError(f"{path}: no such file or folder")


def _folder(path: Path) -> list[Paper]:
    if (path / "__init__.py").is_file():
        module = _imported(path)
        if isinstance(getattr(module, "PAPER", None), Paper):
            return [_module_paper(module, path)]
    found = []
    for child in sorted(path.iterdir()):
        if child.name.startswith((".", "_")):
            continue
        if child.is_dir() and ((child / "__init__.py").is_file() or any(child.glob("*.toml"))):
            found += _folder(child)
        elif child.suffix == ".toml":
            found.append(read_toml(child))
        elif child.suffix == ".py" and "PAPER" in child.read_text(encoding="utf-8"):
            found.append(_module_paper(_imported(child), child))
    if not found:
        raise ClaimError(f"{path}: no claims here; expected .toml claim files or Python modules with a PAPER")
    return found


def _module_paper(module: ModuleType, path: Path) -> Paper:
    found = getattr(module, "PAPER", None)
    if isinstance(found, Paper):
        return found if found.path else replace(found, path=str(path))
    claims = tuple(value for value in vars(module).values() if isinstance(value, Claim))
    if claims:
        return Paper(title=(module.__doc__ or path.stem).strip().splitlines()[0], claims=claims, path=str(path))
    raise ClaimError(f"{path}: expected a variable PAPER of type convergence.Paper, or claims")


def _imported(path: Path) -> ModuleType:
    """Import a module of a checkout under its full package name, without installing it."""
    resolved = path.resolve()
    parts = [resolved.stem if resolved.is_file() else resolved.name]
    root = resolved.parent
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(".".join(parts))
    except ClaimError:
        raise
    except Exception as error:
        raise ClaimError(f"{path}: importing it raised {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(root))
    if resolved not in (Path(module.__file__ or "").resolve(), Path(module.__file__ or "").resolve().parent):
        raise ClaimError(f"{path}: another module named {'.'.join(parts)!r} is already imported from {module.__file__}")
    return module
