"""Data sets as three parts, and how parts are made: fixed, stratified, scaled by what training may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convergence.errors import DataError


class Examples(Protocol):
    """One part of a data set."""

    def __len__(self) -> int:
        """How many examples there are."""
        ...

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs (batch, *shape) and targets of some examples; `indices` is int64, on the CPU."""
        ...

    def to(self, device: torch.device | str) -> Examples:
        """The same examples, given out on another device."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InMemory:
    """Examples that fit into memory.

    Attributes:
        inputs: (n, *shape), floats, or int64 words.
        targets: (n,) classes or (n, places) words, int64.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs and targets of some examples; `indices` may have any shape, which leads in both."""
        places = indices.to(self.inputs.device).reshape(-1)
        inputs, targets = self.inputs.index_select(0, places), self.targets.index_select(0, places)
        return inputs.view(*indices.shape, *inputs.shape[1:]), targets.view(*indices.shape, *targets.shape[1:])

    def to(self, device: torch.device | str) -> InMemory:
        """The same examples on another device."""
        return InMemory(inputs=self.inputs.to(device), targets=self.targets.to(device))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Data:
    """A data set.

    Attributes:
        name: what it is called.
        shape: of one input.
        classes: how many classes, or words, there are.
        train, validation, test: its parts. Choices, such as that of a learning rate, are made on the second; the
            third is for what is reported.
        identity: a digest of the content of all parts, in their order: equal only for the same data in the same split.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    train: Examples
    validation: Examples
    test: Examples
    identity: str

    def to(self, device: torch.device | str) -> Data:
        """The same data, given out on another device."""
        parts = {part: getattr(self, part).to(device) for part in PARTS}
        return replace(self, **parts)


PARTS = ("train", "validation", "test")


def digest(*arrays: NDArray[np.generic]) -> str:
    """A digest of arrays: their types, shapes and content."""
    state = sha256()
    for array in arrays:
        state.update(f"{array.dtype.str}{array.shape}".encode())
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()


def parted(labels: NDArray[np.int64], share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of two parts in which all classes have the same shares; the second has about `share` of all.

    Raises:
        DataError: if a class has too few examples to be in both.
    """
    from sklearn.model_selection import train_test_split

    try:
        first, second = train_test_split(np.arange(len(labels)), test_size=share, random_state=seed, stratify=labels)
    except ValueError as error:
        raise DataError(f"the classes cannot be split into parts with a share of {share:g}: {error}") from None
    return np.sort(first), np.sort(second)


def images(
    name: str,
    pixels: NDArray[np.generic],
    labels: NDArray[np.int64],
    *,
    test: NDArray[np.int64] | None = None,
    validation: float = 0.2,
    seed: int = 0,
) -> Data:
    """Images in memory as data: split, then scaled to mean 0 and variance 1 over the training part of each channel.

    Args:
        name: what the data set is called.
        pixels: (n, channels, side, side).
        labels: (n,), 0 to classes - 1.
        test: the places of the published test part; a stratified share like `validation` if there is none.
        validation: the share that the validation part has of all that is not in a published test part.
        seed: of the split.
    """
    rest = np.arange(len(labels))
    if test is None:
        rest, test = parted(labels, validation, seed)
        validation /= 1 - validation
    else:
        rest = np.setdiff1d(rest, test)
    inside, outside = parted(labels[rest], validation, seed + 1)
    places = dict(zip(PARTS, (rest[inside], rest[outside], test), strict=True))
    seen = pixels[places["train"]].astype(np.float64)
    mean, deviation = seen.mean(axis=(0, 2, 3)), seen.std(axis=(0, 2, 3))
    scaled = {part: _scaled(pixels[where], mean, deviation) for part, where in places.items()}
    parts = {part: InMemory(inputs=scaled[part], targets=torch.from_numpy(labels[places[part]])) for part in PARTS}
    contents = [array.numpy() for part in parts.values() for array in (part.inputs, part.targets)]
    return Data(
        name=name, shape=tuple(pixels.shape[1:]), classes=int(labels.max()) + 1, identity=digest(*contents), **parts
    )


def _scaled(pixels: NDArray[np.generic], mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> Tensor:
    centred = (pixels.astype(np.float64) - mean[:, None, None]) / np.where(deviation > 0, deviation, 1.0)[:, None, None]
    return torch.from_numpy(centred.astype(np.float32))
