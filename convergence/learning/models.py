"""The registry of models, and their starting values from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

import torch
from torch import nn

from convergence.errors import TrainingError, nearest
from convergence.learning.attention import vit_b16
from convergence.learning.convolutional import cnn, lenet5, vgg16
from convergence.learning.data import Data
from convergence.learning.layers import scaled
from convergence.learning.recurrent import lstm
from convergence.learning.residual import resnet18, resnet50, resnet101
from convergence.learning.streams import seeded

Build = Callable[[tuple[int, ...], int, float, float], nn.Module]
"""From the shape of one example, the number of classes, a width factor and a dropout rate to a net."""


def logistic(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """Multinomial logistic regression, the convex case; it has no hidden width. Starts at zero."""
    linear = nn.Linear(prod(shape), classes)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(nn.Flatten(), nn.Dropout(dropout), linear)


def mlp(shape: tuple[int, ...], classes: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """Two hidden layers of 256 and 128 rectifiers; 235,146 parameters for MNIST."""
    first, second = scaled(256, width), scaled(128, width)
    return nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(prod(shape), first), nn.ReLU(), nn.Dropout(dropout)),
        *(nn.Linear(first, second), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(second, classes),
    )


_BUILDS: tuple[Callable[..., nn.Module], ...] = (
    *(logistic, mlp, lenet5, cnn, vgg16),
    *(resnet18, resnet50, resnet101, vit_b16, lstm),
)
MODELS: Mapping[str, Build] = MappingProxyType({build.__name__: build for build in _BUILDS})
"""Every model by its name."""


def build(
    name: str, shape: tuple[int, ...], classes: int, *, width: float = 1.0, dropout: float = 0.0, seed: int = 0
) -> nn.Module:
    """A net with the starting values that its seed determines, on the CPU.

    Args:
        name: one of `MODELS`.
        shape: of one example, without the batch: (channels, side, side), or (places,) for text.
        classes: how many there are to tell apart; for text the size of the vocabulary.
        width: factor on all hidden sizes; 1 is the published net.
        dropout: rate, at the places where the published net has it.
        seed: of the starting values.

    Raises:
        TrainingError: for an unknown name, or data that the model cannot take.
    """
    if name not in MODELS:
        raise TrainingError(f"no model {name!r}{nearest(name, MODELS)}")
    if not width > 0 or not 0 <= dropout < 1:
        raise TrainingError(f"model {name!r}: expected width > 0 and 0 <= dropout < 1, found {width} and {dropout}")
    with seeded(seed, "init"):
        return MODELS[name](shape, classes, width, dropout)


def parameter_count(name: str, shape: tuple[int, ...], classes: int, width: float = 1.0) -> int:
    """The number of trained parameters, counted without allocating them."""
    with torch.device("meta"):
        net = build(name, shape, classes, width=width)
    return sum(parameter.numel() for parameter in net.parameters())


Model = Callable[[int], nn.Module]
"""From a seed to a net with starting values."""


def model_for(name: str, data: Data, *, width: float = 1.0, dropout: float = 0.0) -> Model:
    """The model of that name, fitted to the shape and the classes of the data; see `build`."""

    def made(seed: int) -> nn.Module:
        return build(name, data.shape, data.classes, width=width, dropout=dropout, seed=seed)

    return made
