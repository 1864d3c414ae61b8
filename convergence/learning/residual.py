"""Residual nets: ResNet-18 as it is used for CIFAR, ResNet-50 and ResNet-101 as they are used for ImageNet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from convergence.learning.layers import image_shape, kaiming, scaled

Block = Callable[[int, int, int], nn.Module]


class Residual(nn.Module):
    """``relu(inner(x) + shortcut(x))``; the shortcut is a projection where the shapes differ."""

    def __init__(self, inner: nn.Module, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.inner = inner
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else _normalised(before, after, 1, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Maps (batch, before, h, h) to (batch, after, h/stride, h/stride)."""
        result: Tensor = self.relu(self.inner(x) + self.shortcut(x))
        return result


def _normalised(before: int, after: int, side: int, stride: int = 1) -> nn.Sequential:
    """A convolution with batch normalisation."""
    convolution = nn.Conv2d(before, after, side, stride=stride, padding=side // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after))


def _basic(before: int, maps: int, stride: int) -> Residual:
    """Two convolutions of 3 by 3."""
    inner = nn.Sequential(*_normalised(before, maps, 3, stride), nn.ReLU(), *_normalised(maps, maps, 3))
    return Residual(inner, before, maps, stride)


def _bottleneck(before: int, maps: int, stride: int) -> Residual:
    """1 by 1, 3 by 3 with the stride, 1 by 1 to four times the maps (torchvision's form, often called 1.5)."""
    inner = nn.Sequential(
        *(*_normalised(before, maps, 1), nn.ReLU()),
        *(*_normalised(maps, maps, 3, stride), nn.ReLU()),
        *_normalised(maps, 4 * maps, 1),
    )
    return Residual(inner, before, 4 * maps, stride)


def _stages(block: Block, depths: Sequence[int], first: int, expansion: int) -> list[nn.Module]:
    """Four stages; each but the first halves the side and doubles the maps."""
    layers: list[nn.Module] = []
    before = first
    for stage, depth in enumerate(depths):
        maps = first * 2**stage
        for position in range(depth):
            layers.append(block(before, maps, 2 if stage and not position else 1))
            before = expansion * maps
    return layers


def resnet18(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """ResNet-18 in the CIFAR form, with a stem of 3 by 3 and no pooling after it; 11,173,962 parameters for CIFAR-10.

    Source: He et al. (2016), table 1, with the stem of their section 4.2.
    """
    channels, _ = image_shape("resnet18", shape, least=8)
    first = scaled(64, width)
    net = nn.Sequential(
        *(*_normalised(channels, first, 3), nn.ReLU()),
        *_stages(_basic, (2, 2, 2, 2), first, 1),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)),
        nn.Linear(8 * first, classes),
    )
    kaiming(net)
    return net


def resnet50(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """ResNet-50; 25,557,032 parameters for ImageNet. Images below 64 pixels get the stem of the CIFAR form.

    Source: He et al. (2016), table 1.
    """
    return _deep("resnet50", (3, 4, 6, 3), shape, classes, width, dropout)


def resnet101(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """ResNet-101; 44,549,160 parameters for ImageNet. Images below 64 pixels get the stem of the CIFAR form.

    Source: He et al. (2016), table 1.
    """
    return _deep("resnet101", (3, 4, 23, 3), shape, classes, width, dropout)


def _deep(
    name: str, depths: Sequence[int], shape: tuple[int, ...], classes: int, width: float, dropout: float
) -> nn.Module:
    channels, side = image_shape(name, shape, least=8)
    first = scaled(64, width)
    stem = [*_normalised(channels, first, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    if side < 64:
        stem = [*_normalised(channels, first, 3), nn.ReLU()]
    net = nn.Sequential(
        *stem,
        *_stages(_bottleneck, depths, first, 4),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)),
        nn.Linear(32 * first, classes),
    )
    kaiming(net)
    return net
