"""What a training does, apart from its net, data, optimizer, seed and step size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from sympy import Expr, Integer, lambdify
from torch import Tensor

from convergence.errors import TrainingError
from convergence.learning.data import PARTS
from convergence.learning.streams import order
from convergence.methods.rule import t

Augment = Callable[[Tensor, torch.Generator], Tensor]
"""From a batch of inputs and a generator of the CPU to the batch that is trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, on how many examples at a time, with which step sizes, and what is measured.

    Attributes:
        epochs: passes over the training part; each visits all examples in an order of its own and leaves out the rest
            that fills no batch.
        steps: end after that many steps instead, if given.
        batch: examples a step; all of them if there are fewer.
        schedule: factor on the step size at step ``t`` = 1, 2, ..., such as ``schedules.cosine(1, 0, 1000)``.
        smoothing: of labels, in [0, 1).
        patience: end when the validation loss has not improved for that many epochs; never if None.
        evaluated: the parts whose loss and accuracy are measured after each epoch.
        full_gradient: whether the norm of the gradient over the whole training part is measured after each epoch.
        augment: what is done to a batch of inputs before it is trained on, if anything.

    Raises:
        TrainingError: for impossible settings.
    """

    epochs: int = 1
    steps: int | None = None
    batch: int = 128
    schedule: Expr = field(default_factory=lambda: Integer(1))
    smoothing: float = 0.0
    patience: int | None = None
    evaluated: tuple[str, ...] = PARTS
    full_gradient: bool = False
    augment: Augment | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of what is measured after each epoch."""
        measured = (f"{part}_{measure}" for part in self.evaluated for measure in ("loss", "accuracy"))
        whole = ("train_gradient_norm",) if self.full_gradient else ()
        return ("epoch", "step", *measured, *whole, "weight_norm")

    def __post_init__(self) -> None:
        least = {"epochs": self.epochs, "batch": self.batch, "steps": self.steps, "patience": self.patience}
        for name, value in least.items():
            if value is not None and value < 1:
                raise TrainingError(f"plan: expected {name} to be at least 1, found {value}")
        if not 0 <= self.smoothing < 1:
            raise TrainingError(f"plan: expected 0 <= smoothing < 1, found {self.smoothing}")
        if unknown := [part for part in self.evaluated if part not in PARTS]:
            raise TrainingError(f"plan: no part {unknown[0]!r} to evaluate; known: {', '.join(PARTS)}")
        if strange := self.schedule.free_symbols - {t}:
            raise TrainingError(f"plan: the schedule may use t only, found {', '.join(sorted(map(str, strange)))}")
        if self.patience is not None and "validation" not in self.evaluated:
            raise TrainingError("plan: patience needs 'validation' among the evaluated parts")

    def batch_size(self, count: int) -> int:
        """Examples a step, where the training part has `count`."""
        return min(self.batch, count)

    def epoch_steps(self, count: int) -> int:
        """Steps an epoch."""
        return count // self.batch_size(count)

    def total(self, count: int) -> int:
        """Steps in all."""
        return self.steps if self.steps is not None else self.epochs * self.epoch_steps(count)

    def indices(self, seed: int, step: int, count: int) -> Tensor:
        """The examples of one step (counted from 0) of the training with that seed."""
        epoch, place = divmod(step, self.epoch_steps(count))
        size = self.batch_size(count)
        return _order(seed, epoch, count)[place * size : (place + 1) * size]

    def ends_epoch(self, step: int, count: int) -> bool:
        """Whether an epoch, or all, ends when `step` steps are done."""
        return step % self.epoch_steps(count) == 0 or step == self.total(count)

    def factor(self, step: int) -> float:
        """The factor on the step size of one step (counted from 0)."""
        return float(_factor(self.schedule)(step + 1))


@lru_cache(maxsize=64)
def _factor(schedule: Expr) -> Callable[[int], float]:
    function: Callable[[int], float] = lambdify(t, schedule, "math")
    return function


@lru_cache(maxsize=2)  # an order of ImageNet takes 10 MB
def _order(seed: int, epoch: int, count: int) -> Tensor:
    return order(seed, epoch, count)
