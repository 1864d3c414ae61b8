"""Convolutional nets without shortcuts: LeNet-5, a small one, VGG-16."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from convergence.learning.layers import Enlarged, image_shape, kaiming, scaled


def lenet5(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """LeNet-5 in its common form: rectifiers, maxima, all maps connected; 61,706 parameters for MNIST.

    Images smaller than 32 pixels are repeated and padded to 32, so that it takes 28 as well as 8.

    Source: LeCun et al. (1998), Gradient-based learning applied to document recognition, section II.
    """
    channels, side = image_shape("lenet5", shape)
    first, second, third, fourth = (scaled(size, width) for size in (6, 16, 120, 84))
    after = ((max(side, 32) - 4) // 2 - 4) // 2
    return nn.Sequential(
        Enlarged(32),
        *(nn.Conv2d(channels, first, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(first, second, 5), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(second * after**2, third), nn.ReLU(), nn.Dropout(dropout)),
        *(nn.Linear(third, fourth), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(fourth, classes),
    )


def cnn(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """The small net of PyTorch's MNIST example: two convolutions, two dense layers; 1,199,882 parameters for MNIST."""
    channels, side = image_shape("cnn", shape, least=6)
    first, second, dense = (scaled(size, width) for size in (32, 64, 128))
    return nn.Sequential(
        *(nn.Conv2d(channels, first, 3), nn.ReLU()),
        *(nn.Conv2d(first, second, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout)),
        nn.Flatten(),
        *(nn.Linear(second * ((side - 4) // 2) ** 2, dense), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(dense, classes),
    )


def vgg16(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """VGG-16, configuration D without batch normalisation; 138,357,544 parameters for ImageNet.

    From 224 pixels on the last maps are brought to 7 by 7 and two dense layers of 4,096 follow, as in the paper;
    smaller images leave one value a map and one dense layer, as is usual for CIFAR.

    Source: Simonyan & Zisserman (2015), table 1, column D.
    """
    channels, side = image_shape("vgg16", shape, least=8)
    maps = [scaled(size, width) for size in (64, 128, 256, 512, 512)]
    layers: list[nn.Module] = [] if side >= 32 else [Enlarged(32)]
    for depth, (before, after) in zip((2, 2, 3, 3, 3), pairwise([channels, *maps]), strict=True):
        for fed in (before, *[after] * (depth - 1)):
            layers += [nn.Conv2d(fed, after, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    if side < 224:
        net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps[-1], classes))
    else:
        dense = scaled(4096, width)
        net = nn.Sequential(
            *(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten()),
            *(nn.Linear(49 * maps[-1], dense), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Linear(dense, dense), nn.ReLU(), nn.Dropout(dropout)),
            nn.Linear(dense, classes),
        )
    kaiming(net)
    return net
