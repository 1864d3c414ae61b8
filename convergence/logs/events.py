"""TensorBoard event files, every point of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.errors import LogError

Array = NDArray[np.float64]


def scalars(path: Path) -> dict[str, tuple[Array, Array]]:
    """Tag -> (steps, values) of one event file.

    Raises:
        LogError: when TensorBoard is not installed or the file holds no scalar.
    """
    try:
        from tensorboard.backend.event_processing import event_file_loader
        from tensorboard.util import tensor_util
    except ImportError:
        raise LogError(
            f"{path}: reading event files needs TensorBoard; pip install 'convergence-audit[tensorboard]'"
        ) from None
    # the accumulator keeps a random sample of 10,000 points a tag by default; the loader under it keeps all
    found: dict[str, list[tuple[float, float]]] = {}
    for event in event_file_loader.EventFileLoader(str(path)).Load():
        for value in event.summary.value if event.HasField("summary") else ():
            number = _scalar(value, tensor_util)
            if number is not None:
                found.setdefault(value.tag, []).append((float(event.step), number))
    if not found:
        raise LogError(f"{path}: the event file holds no scalars")
    arrays = {tag: np.array(points) for tag, points in found.items()}
    return {tag: (points[:, 0], points[:, 1]) for tag, points in arrays.items()}


def _scalar(value: Any, tensor_util: Any) -> float | None:
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if value.HasField("tensor"):
        array = tensor_util.make_ndarray(value.tensor)
        return float(array) if array.size == 1 and array.dtype.kind in "fiu" else None
    return None
