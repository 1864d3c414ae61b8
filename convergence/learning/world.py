"""The processes that train one net together: only this one, unless ``torch.distributed`` says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from convergence.errors import TrainingError


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Attributes: rank: the number of this process; size: how many there are."""

    rank: int
    size: int

    def share(self, indices: Tensor) -> Tensor:
        """The examples of a batch that this process works on.

        Raises:
            TrainingError: if the batch does not divide, so that a mean of means would be no mean.
        """
        if len(indices) % self.size:
            raise TrainingError(f"a batch of {len(indices)} does not divide among {self.size} processes")
        return indices[self.rank :: self.size]

    def together(self, net: nn.Module) -> nn.Module:
        """The net, with gradients averaged over all processes when they are computed."""
        return net if self.size == 1 else DistributedDataParallel(net)

    def mean(self, value: Tensor) -> Tensor:
        """The mean over all processes."""
        if self.size > 1:
            value = value.detach().clone()
            distributed.all_reduce(value)
            value /= self.size
        return value

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            distributed.barrier()


def world() -> World:
    """The processes of this training."""
    if distributed.is_available() and distributed.is_initialized():
        return World(rank=distributed.get_rank(), size=distributed.get_world_size())
    return World(rank=0, size=1)
