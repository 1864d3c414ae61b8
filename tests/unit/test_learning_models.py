"""Nets have the published numbers of parameters, take the data they say they take, and follow their seed."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from convergence.errors import TrainingError
from convergence.learning import MODELS, build, parameter_count
from convergence.learning.layers import Enlarged

MNIST, CIFAR, IMAGENET = (1, 28, 28), (3, 32, 32), (3, 224, 224)


def dense(before: int, after: int) -> int:
    return before * after + after


def convolution(before: int, after: int, side: int, bias: bool = True) -> int:
    return before * after * side**2 + bias * after


def normalised(before: int, after: int, side: int) -> int:
    """A convolution without bias and the two numbers of batch normalisation for each map."""
    return convolution(before, after, side, bias=False) + 2 * after


def basic(before: int, after: int) -> int:
    shortcut = normalised(before, after, 1) if before != after else 0
    return normalised(before, after, 3) + normalised(after, after, 3) + shortcut


def bottleneck(before: int, maps: int) -> int:
    shortcut = normalised(before, 4 * maps, 1) if before != 4 * maps else 0
    return normalised(before, maps, 1) + normalised(maps, maps, 3) + normalised(maps, 4 * maps, 1) + shortcut


def resnet50_count() -> int:
    total, before = normalised(3, 64, 7), 64
    for maps, depth in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for _ in range(depth):
            total += bottleneck(before, maps)
            before = 4 * maps
    return total + dense(2048, 1000)


def vgg16_count() -> int:
    maps = [3, 64, 64, 128, 128, 256, 256, 256, *[512] * 6]
    convolutions = sum(convolution(a, b, 3) for a, b in pairwise(maps))
    return convolutions + dense(49 * 512, 4096) + dense(4096, 4096) + dense(4096, 1000)


def vit_count() -> int:
    size, norm = 768, 2 * 768
    encoder = 2 * norm + dense(size, 3 * size) + dense(size, size) + dense(size, 4 * size) + dense(4 * size, size)
    return convolution(3, size, 16) + size + 197 * size + 12 * encoder + norm + dense(size, 1000)


def lstm_count() -> int:
    """Embedding, twice four gates with two matrices and torch's two biases, and the words' logits."""
    return 10_000 * 650 + 2 * 4 * (2 * 650 * 650 + 2 * 650) + dense(650, 10_000)


def test_derived_counts() -> None:
    lenet = convolution(1, 6, 5) + convolution(6, 16, 5) + dense(400, 120) + dense(120, 84) + dense(84, 10)
    small = convolution(1, 32, 3) + convolution(32, 64, 3) + dense(64 * 12 * 12, 128) + dense(128, 10)
    eighteen = normalised(3, 64, 3) + 2 * basic(64, 64) + dense(512, 10)
    eighteen += sum(basic(maps // 2, maps) + basic(maps, maps) for maps in (128, 256, 512))
    assert parameter_count("lenet5", MNIST, 10) == lenet == 61_706
    assert parameter_count("cnn", MNIST, 10) == small == 1_199_882
    assert parameter_count("resnet18", CIFAR, 10) == eighteen == 11_173_962
    assert parameter_count("resnet50", IMAGENET, 1000) == resnet50_count() == 25_557_032
    assert parameter_count("vgg16", IMAGENET, 1000) == vgg16_count() == 138_357_544
    assert parameter_count("vit_b16", IMAGENET, 1000) == vit_count() == 86_567_656
    assert parameter_count("lstm", (35,), 10_000) == lstm_count() == 19_780_400
    assert parameter_count("mlp", MNIST, 10) == dense(784, 256) + dense(256, 128) + dense(128, 10) == 235_146
    assert parameter_count("logistic", MNIST, 10) == dense(784, 10)


def test_resnet101_is_fifty_with_seventeen_more_blocks() -> None:
    more = 17 * bottleneck(1024, 256)
    assert parameter_count("resnet101", IMAGENET, 1000) == resnet50_count() + more == 44_549_160


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"lstm"}))
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32)])
def test_every_net_takes_small_images(name: str, shape: tuple[int, int, int]) -> None:
    net = build(name, shape, 7, width=1 / 32, seed=3).eval()
    images = torch.randn(2, *shape)
    assert net(images).shape == (2, 7)
    alone = net(images[:1])
    assert torch.allclose(alone, net(images)[:1], atol=1e-5)  # examples do not mix
    net(images).square().sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_the_language_model_sees_no_later_word() -> None:
    net = build("lstm", (6,), 11, width=0.02, seed=0).eval()
    words = torch.arange(6).reshape(1, 6)
    changed = words.clone()
    changed[0, 4] = 9
    before, after = net(words), net(changed)
    assert before.shape == (1, 6, 11)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.equal(before[:, 4], after[:, 4])


def test_starting_values_follow_the_seed_and_leave_torch_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (build("mlp", (1, 8, 8), 10, width=0.1, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    pairs = list(zip(first.parameters(), again.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert not any(torch.equal(a, c) for a, _, c in pairs)


def test_small_images_are_repeated_and_padded() -> None:
    digits = torch.arange(64.0).reshape(1, 1, 8, 8)
    large = Enlarged(32)(digits)
    assert large.shape == (1, 1, 32, 32)
    assert torch.equal(large[..., ::4, ::4], digits)
    mnist = Enlarged(32)(torch.ones(1, 1, 28, 28))
    assert mnist.sum() == 28 * 28
    assert mnist[0, 0, 2:30, 2:30].sum() == 28 * 28


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet81", MNIST, 10), "no model 'resnet81'; did you mean 'resnet18'?"),
        (("resnet18", (64,), 10), "model 'resnet18' takes square images"),
        (("cnn", (1, 4, 4), 10), "a side of at least 6; found data of shape (1, 4, 4)"),
        (("lstm", MNIST, 10), "model 'lstm' takes rows of words, (places,); found data of shape (1, 28, 28)"),
        (("vit_b16", (1, 30, 30), 10), "patches of 4 pixels; found a side of 30"),
    ],
)
def test_what_a_net_cannot_take_is_said(arguments: tuple[str, tuple[int, ...], int], message: str) -> None:
    with pytest.raises(TrainingError) as error:
        build(*arguments)
    assert message in str(error.value)


@pytest.mark.parametrize(("width", "dropout"), [(0.0, 0.0), (1.0, 1.0), (1.0, -0.1)])
def test_impossible_settings(width: float, dropout: float) -> None:
    with pytest.raises(TrainingError, match="expected width > 0 and 0 <= dropout < 1"):
        build("mlp", MNIST, 10, width=width, dropout=dropout)
