"""Examinations kept in a folder, so that a long audit that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import convergence
from convergence.auditing.result import Examined
from convergence.checks import Resources


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of examinations by content: the claim's document, seed, budget and this package's source.

    The files are pickles for the same machine and user; do not read a store that someone else wrote.
    """

    folder: Path

    def key(self, document: Mapping[str, Any], resources: Resources) -> str:
        """The name under which an examination is kept; it changes with anything that could change the result."""
        content = json.dumps([document, resources.seed, resources.budget.value, _source()], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def get(self, key: str) -> Examined | None:
        """What was kept under the name, if anything."""
        try:
            found = pickle.loads((self.folder / key).read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return found if isinstance(found, Examined) else None

    def put(self, key: str, examined: Examined) -> None:
        """Keep an examination."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{key}.part"
        part.write_bytes(pickle.dumps(examined))
        part.replace(self.folder / key)


@cache
def _source() -> str:
    """A digest of every module of this package."""
    root = Path(convergence.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
