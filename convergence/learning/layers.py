"""What several models share: sizes under a width factor, starting values, and images of a size that a net can take."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convergence.errors import TrainingError


def scaled(size: int, width: float) -> int:
    """The size of a layer under a width factor, at least 1."""
    return max(1, round(size * width))


def image_shape(model: str, shape: tuple[int, ...], least: int = 1) -> tuple[int, int]:
    """The channels and the side of square images.

    Raises:
        TrainingError: for data that are no square images, or smaller ones than `least`.
    """
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] < least:
        raise TrainingError(
            f"model {model!r} takes square images, (channels, side, side) with a side of at least {least}; "
            f"found data of shape {shape}"
        )
    return shape[0], shape[1]


def kaiming(module: nn.Module) -> None:
    """Starting values for deep nets with rectifiers, scaled by what leaves a layer.

    Source: He et al. (2015), equation 14; linear layers as in Simonyan & Zisserman (2015).
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.01)
            nn.init.zeros_(layer.bias)


class Enlarged(nn.Module):
    """Images repeated by the greatest whole factor that fits into `side` pixels, then padded to it with zeros.

    28 pixels become 32 by a margin of 2, 8 pixels become 32 by repeating each four times.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        """Images (..., h, h) as (..., side, side)."""
        factor = self.side // images.shape[-1]
        if factor > 1:
            images = images.repeat_interleave(factor, dim=-1).repeat_interleave(factor, dim=-2)
        margin = self.side - images.shape[-1]
        before, after = margin // 2, margin - margin // 2
        return torch.nn.functional.pad(images, (before, after, before, after)) if margin > 0 else images
