"""Random numbers of a training, keyed by what they are for: the same on any device, in any order, resumed or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator, Tensor

from convergence.simulation.streams import key


def number(seed: int, purpose: str, *place: int) -> int:
    """A 63-bit seed for one purpose (``"init"``, ``"order"``, ``"noise"``) at one place, such as an epoch."""
    return key("learning", purpose, seed, *place) & (2**63 - 1)


def generator(seed: int, purpose: str, *place: int) -> Generator:
    """A generator of the CPU for one purpose at one place."""
    return Generator().manual_seed(number(seed, purpose, *place))


def order(seed: int, epoch: int, count: int) -> Tensor:
    """The order in which an epoch (counted from 0) visits `count` examples, int64 of shape (count,)."""
    return torch.randperm(count, generator=generator(seed, "order", epoch))


@contextmanager
def seeded(seed: int, purpose: str, *place: int) -> Iterator[None]:
    """While it is open, torch's own generators follow a keyed seed; what they were before comes back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(number(seed, purpose, *place))
        yield
