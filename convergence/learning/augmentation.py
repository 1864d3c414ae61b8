"""What the papers do to images before they are trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

from convergence.errors import TrainingError


@dataclass(frozen=True, slots=True, kw_only=True)
class CropsAndFlips:
    """Random crops of images padded with zeros, half of them mirrored: the usual augmentation for CIFAR.

    Attributes:
        margin: pixels that are added on each side before an image of the old size is cut out.

    Raises:
        TrainingError: for a negative margin.
    """

    margin: int = 4

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise TrainingError(f"expected a margin of at least 0, found {self.margin}")

    def __call__(self, images: Tensor, source: Generator) -> Tensor:
        """Images (batch, channels, height, width), each shifted and mirrored by itself."""
        count, channels, height, width = images.shape
        shifts = torch.randint(0, 2 * self.margin + 1, (2, count, 1), generator=source)
        mirrored = torch.rand((count, 1), generator=source) < 0.5
        across = torch.arange(width).expand(count, width)
        rows = (torch.arange(height) + shifts[0]).to(images.device)
        columns = (torch.where(mirrored, width - 1 - across, across) + shifts[1]).to(images.device)
        padded = pad(images, (self.margin,) * 4)
        by_rows = padded.gather(2, rows[:, None, :, None].expand(-1, channels, -1, padded.shape[3]))
        return by_rows.gather(3, columns[:, None, None, :].expand(-1, channels, height, -1))
