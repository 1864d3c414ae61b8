"""A vision transformer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convergence.errors import TrainingError
from convergence.learning.layers import image_shape, scaled

HEAD = 64  # values a head, as in ViT-B/16
DEPTH = 12


class Attention(nn.Module):
    """Self-attention with heads of 64 values."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.fed = nn.Linear(size, 3 * size)
        self.out = nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (batch, tokens, size) to the same shape."""
        batch, tokens, size = x.shape
        parts = self.fed(x).reshape(batch, tokens, 3, self.heads, size // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, tokens, size))
        return result


class Encoder(nn.Module):
    """Attention and a dense part, each after a layer normalisation and around a shortcut."""

    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(size, eps=1e-6), Attention(size, heads), nn.Dropout(dropout))
        self.dense = nn.Sequential(
            *(nn.LayerNorm(size, eps=1e-6), nn.Linear(size, 4 * size), nn.GELU(), nn.Dropout(dropout)),
            *(nn.Linear(4 * size, size), nn.Dropout(dropout)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (batch, tokens, size) to the same shape."""
        x = x + self.attention(x)
        result: Tensor = x + self.dense(x)
        return result


class VisionTransformer(nn.Module):
    """Patches and a class token through encoders; the class token is read out."""

    def __init__(self, channels: int, side: int, patch: int, classes: int, heads: int, dropout: float) -> None:
        super().__init__()
        size = HEAD * heads
        self.patches = nn.Conv2d(channels, size, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(1, 1, size))
        self.places = nn.Parameter(0.02 * torch.randn(1, (side // patch) ** 2 + 1, size))
        self.encoders = nn.Sequential(*(Encoder(size, heads, dropout) for _ in range(DEPTH)))
        self.head = nn.Sequential(nn.LayerNorm(size, eps=1e-6), nn.Linear(size, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Images (batch, channels, side, side) to logits (batch, classes)."""
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(images), -1, -1), patches], dim=1) + self.places
        result: Tensor = self.head(self.encoders(tokens)[:, 0])
        return result


def vit_b16(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """ViT-B/16; 86,567,656 parameters for ImageNet. Patches have 16 pixels a side, 4 below 128 pixels, 2 below 16.

    Source: Dosovitskiy et al. (2021), table 1.
    """
    channels, side = image_shape("vit_b16", shape, least=2)
    patch = 16 if side >= 128 else 4 if side >= 16 else 2
    if side % patch:
        raise TrainingError(f"model 'vit_b16' cuts images into patches of {patch} pixels; found a side of {side}")
    return VisionTransformer(channels, side, patch, classes, scaled(12, width), dropout)
