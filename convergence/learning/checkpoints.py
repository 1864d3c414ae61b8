"""Checkpoints: whole or not there, and only taken up by the training that wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from convergence.errors import TrainingError
from convergence.learning.records import replacing


def save(path: Path, identity: str, content: Mapping[str, Any]) -> None:
    """Write a checkpoint in one piece: it is complete under a temporary name before it takes the old one's place.

    Args:
        path: of the checkpoint.
        identity: of the training that may take it up.
        content: tensors, numbers, texts, lists and dictionaries.
    """
    with replacing(path, "wb") as file:
        torch.save({"identity": identity, "content": dict(content)}, file)


def load(path: Path, identity: str) -> dict[str, Any] | None:
    """The content of a checkpoint, None if there is none yet.

    Raises:
        TrainingError: if the file is no checkpoint, or that of another training.
    """
    if not path.exists():
        return None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        kept, content = found["identity"], found["content"]
    except (RuntimeError, EOFError, UnpicklingError, KeyError, TypeError, OSError) as error:
        what = type(error).__name__
        raise TrainingError(f"{path}: not readable as a checkpoint ({what}); remove it to begin anew") from None
    if kept != identity:
        raise TrainingError(
            f"{path}: the checkpoint of another training (other net, data, optimizer, plan, seed or step size); "
            "remove it to begin anew, or name another file"
        )
    return dict(content)
