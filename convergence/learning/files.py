"""Trees of image files, as ImageNet comes: ``train/CLASS/*.JPEG`` and ``val/CLASS/*.JPEG``."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from convergence.errors import DataError
from convergence.learning.data import Data, digest, parted

ENDINGS = (".jpeg", ".jpg", ".png", ".webp")
THREADS = 8  # decoding releases the interpreter's lock
SAMPLE = 1000  # training images that the mean and variance of a channel are taken from
WHERE = "ImageNet has to be fetched by hand from https://image-net.org (ILSVRC 2012) and unpacked into train/ and val/"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageFiles:
    """Images that are read when they are asked for: the short side resized to 8/7 of `side`, then the middle.

    Attributes:
        paths, labels: of each image.
        side: of the square that is cut out, in pixels.
        mean, deviation: of each channel, subtracted and divided by; (3,).
        device: where batches are put.
    """

    paths: Sequence[Path]
    labels: Tensor
    side: int
    mean: Tensor
    deviation: Tensor
    device: torch.device | str = "cpu"

    def __len__(self) -> int:
        return len(self.paths)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The images (batch, 3, side, side) and their labels.

        Raises:
            DataError: if a file is no image.
        """
        with ThreadPoolExecutor(THREADS) as threads:
            read = list(threads.map(lambda place: _pixels(self.paths[place], self.side), indices.tolist()))
        pixels = (torch.stack(read) - self.mean[:, None, None]) / self.deviation[:, None, None]
        return pixels.to(self.device), self.labels[indices].to(self.device)

    def to(self, device: torch.device | str) -> ImageFiles:
        """The same files, with batches on another device."""
        return replace(self, device=device)


def image_tree(path: Path | str, side: int = 224, validation: float = 0.05, seed: int = 0) -> Data:
    """A tree with ``train`` and ``val``, each with a folder for each class; ``val`` is the test part.

    A stratified share of ``train`` is for validation. The identity is that of names and sizes of files, since reading
    all of ImageNet takes hours.

    Args:
        path: the folder that holds ``train`` and ``val``.
        side: of the images, in pixels.
        validation: the share of ``train`` that choices are made on.
        seed: of the split.

    Raises:
        DataError: if Pillow is not installed, or the tree is not there.
    """
    _pillow()
    root = Path(path)
    found = {part: _listed(root / part) for part in ("train", "val")}
    names = sorted({file.parent.name for file in found["train"]})
    strange = sorted({file.parent.name for file in found["val"]} - set(names))
    if strange:
        raise DataError(f"{root}: val has classes that train has not: {', '.join(strange[:5])}")
    number = {name: place for place, name in enumerate(names)}
    labels = {part: np.array([number[file.parent.name] for file in files]) for part, files in found.items()}
    inside, outside = parted(labels["train"], validation, seed)
    sizes = np.array([file.stat().st_size for files in found.values() for file in files])
    relative = np.array([str(file.relative_to(root)) for files in found.values() for file in files])
    mean, deviation = _statistics([found["train"][place] for place in inside], side, seed)

    def part(name: str, places: np.ndarray) -> ImageFiles:
        files = [found[name][place] for place in places]
        chosen = torch.from_numpy(labels[name][places])
        return ImageFiles(paths=files, labels=chosen, side=side, mean=mean, deviation=deviation)

    return Data(
        name=root.name,
        shape=(3, side, side),
        classes=len(names),
        train=part("train", inside),
        validation=part("train", outside),
        test=part("val", np.arange(len(found["val"]))),
        identity=digest(relative, sizes, inside, np.array([side])),
    )


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise DataError("reading image files needs Pillow, which is not installed: pip install pillow") from None
    return Image


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; {WHERE}")
    files = sorted(file for file in folder.glob("*/*") if file.suffix.lower() in ENDINGS)
    if not files:
        raise DataError(f"{folder}: expected images in folders of their classes, such as {folder}/dog/1.jpeg")
    return files


def _pixels(path: Path, side: int) -> Tensor:
    """One image, (3, side, side), in [0, 1]."""
    library = _pillow()
    try:
        with library.open(path) as opened:
            image = opened.convert("RGB")
    except OSError as error:
        raise DataError(f"{path}: not readable as an image: {error}") from None
    scale = round(side * 8 / 7) / min(image.size)
    width, height = (max(side, round(length * scale)) for length in image.size)
    left, top = (width - side) // 2, (height - side) // 2
    cut = image.resize((width, height), library.Resampling.BILINEAR).crop((left, top, left + side, top + side))
    return torch.from_numpy(np.asarray(cut, dtype=np.float32) / 255).permute(2, 0, 1)


def _statistics(files: Sequence[Path], side: int, seed: int) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each channel over a sample of training images."""
    chosen = np.random.default_rng(seed).permutation(len(files))[:SAMPLE]
    total, squares = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for place in chosen:
        pixels = _pixels(files[place], side).double()
        total += pixels.mean(dim=(1, 2))
        squares += pixels.square().mean(dim=(1, 2))
    mean = total / len(chosen)
    deviation = (squares / len(chosen) - mean**2).clamp_min(1e-12).sqrt()
    return mean.float(), deviation.float()
