"""Checkpoints: whole or not there, and only taken up by the training that wrote them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import torch

from convergence.errors import TrainingError
from convergence.learning.records import replacing

Watch = Callable[[int, int], object]
"""Called after each step with the steps done and the steps planned; what it raises ends the training."""


class Resumable(Protocol):
    """A training, or several at once, between two steps."""

    identity: str
    step: int
    total: int

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to do."""
        ...

    def advance(self) -> bool:
        """One step; says whether an epoch ended."""
        ...

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        ...

    def restore(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint's content."""
        ...


def finish(training: Resumable, path: Path | None, every: int | None, watch: Watch | None) -> None:
    """Take a training to its end, from its checkpoint on if there is one.

    Args:
        training: what is to be finished.
        path: of the checkpoint, if any.
        every: steps between checkpoints; one for each epoch if None. The end is always saved.
        watch: called after each step.

    Raises:
        TrainingError: as `load`.
    """
    if path is not None and (content := load(path, training.identity)) is not None:
        training.restore(content)
    while not training.ended:
        epoch_ended = training.advance()
        due = epoch_ended if every is None else training.step % every == 0
        if path is not None and (due or training.ended):
            training.save(path)
        if watch is not None:
            watch(training.step, training.total)


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
