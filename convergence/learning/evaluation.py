"""Loss and accuracy of a net on one part of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from convergence.learning.data import Examples

CHUNK = 1000  # examples at a time


def loss_of(logits: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """The mean cross entropy in nats, of logits (..., classes) and targets (...), with smoothed labels if asked."""
    return cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), label_smoothing=smoothing)


def correct(logits: Tensor, targets: Tensor) -> Tensor:
    """How many targets have the greatest logit."""
    return (logits.argmax(dim=-1) == targets).sum()


@contextmanager
def settled(net: nn.Module) -> Iterator[None]:
    """While it is open, the net drops nothing out and normalises by its running means."""
    training = net.training
    net.eval()
    try:
        yield
    finally:
        net.train(training)


@contextmanager
def judging(net: nn.Module) -> Iterator[None]:
    """While it is open, the net is settled and no gradient is kept."""
    with settled(net), torch.no_grad():
        yield


def chunks(examples: Examples, size: int = CHUNK) -> Iterator[tuple[Tensor, Tensor]]:
    """All examples in order, some at a time."""
    for start in range(0, len(examples), size):
        yield examples.batch(torch.arange(start, min(start + size, len(examples))))


def evaluate(net: nn.Module, examples: Examples) -> tuple[float, float]:
    """Mean loss (nats for each target) and accuracy on all examples; the perplexity of text is the loss's exponential.

    Sums over chunks are in float64.
    """
    loss, right, count = 0.0, 0, 0
    with judging(net):
        for inputs, targets in chunks(examples):
            logits = net(inputs)
            loss += float(loss_of(logits, targets)) * targets.numel()
            right += int(correct(logits, targets))
            count += targets.numel()
    return loss / count, right / count


@torch.no_grad()
def norm(tensors: Sequence[Tensor]) -> float:
    """The L2 norm of all tensors together."""
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(tensors)))))
