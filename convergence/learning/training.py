"""One training of one net: a function of the net, the data, the optimizer, the plan, the seed and the step size."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields
from math import inf, isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from convergence.learning import checkpoints
from convergence.learning.checkpoints import Watch
from convergence.learning.curvature import gradient_norm, parameters_of
from convergence.learning.data import Data
from convergence.learning.evaluation import evaluate, loss_of, norm
from convergence.learning.models import Model
from convergence.learning.plan import Plan
from convergence.learning.records import STEP, Ending, Run, table
from convergence.learning.streams import generator, number, seeded
from convergence.learning.world import world
from convergence.optim import RuleOptimizer
from convergence.simulation.streams import key


def default_device() -> str:
    """``cuda`` where there is such a device, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train(
    model: Model,
    data: Data,
    optimizer: Callable[..., Optimizer],
    plan: Plan,
    *,
    lr: float,
    seed: int = 0,
    device: str | None = None,
    checkpoint: Path | str | None = None,
    every: int | None = None,
    watch: Watch | None = None,
) -> Run:
    """Train a net.

    All that is random follows from the seed: the starting values, the order of the examples, dropout, augmentation.
    On a CPU with a fixed number of threads, equal arguments give equal bits (but for the clock), also when the
    training was interrupted and goes on from its checkpoint. Under ``torch.distributed`` every process works on a share
    of each batch, the first writes the checkpoint, and all return the same run; see `convergence.learning.distributed`.

    Args:
        model: from a seed to a net; `model_for` makes it from a name.
        data: what it is trained and evaluated on.
        optimizer: called as ``optimizer(parameters, lr=lr)``: a class of `convergence.optim` or ``torch.optim``, or a
            ``functools.partial`` of one.
        plan: how long, in which batches, with which schedule.
        lr: the step size that the plan's schedule multiplies.
        seed: of everything random.
        device: such as ``cuda`` or ``cpu``; `default_device` if None.
        checkpoint: a file that the training is saved to, and resumed from if it exists.
        every: steps between checkpoints; one for each epoch if None.
        watch: called after each step.

    Raises:
        TrainingError: if the checkpoint is that of another training.
    """
    device = device or default_device()
    training = _Training(model(seed).to(device), data.to(device), optimizer, plan, lr, seed)
    checkpoints.finish(training, None if checkpoint is None else Path(checkpoint), every, watch)
    return training.run()


class _Training:
    """The state of a training between two steps."""

    def __init__(
        self, net: nn.Module, data: Data, optimizer: Callable[..., Optimizer], plan: Plan, lr: float, seed: int
    ) -> None:
        self.net, self.data, self.plan, self.lr, self.seed = net, data, plan, lr, seed
        self.parameters = parameters_of(net)
        self.optimizer = optimizer(self.parameters, lr=lr)
        self.world = world()
        self.identity = identity(net, data, self.optimizer, plan, lr, seed, self.world.size)
        if isinstance(self.optimizer, RuleOptimizer):
            self.optimizer.seed = rounding_seed(self.optimizer, seed)
        self.noisy = draws(net)
        self.shared = self.world.together(net)
        self.total = plan.total(len(data.train))
        self.step = 0
        self.ending: Ending | None = None
        self.step_rows: list[list[float]] = []
        self.epoch_rows: list[list[float]] = []

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.ending is not None

    def advance(self) -> bool:
        """One step, and what follows at the end of an epoch; says whether an epoch ended."""
        start = time.perf_counter()
        loss, size = self._gradients()
        if not (isfinite(loss) and isfinite(size)):
            self.step_rows.append([self.step + 1, loss, size, time.perf_counter() - start])
            self.ending = Ending.NON_FINITE
            return True
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr * self.plan.factor(self.step)
        self.optimizer.step()
        self.step += 1
        self.step_rows.append([self.step, loss, size, time.perf_counter() - start])
        ended = self.plan.ends_epoch(self.step, len(self.data.train))
        if ended:
            self._evaluate()
            self.ending = ending(self.step, self.total, self.plan, self.epoch_rows)
        return ended

    def _gradients(self) -> tuple[float, float]:
        """The loss of the next batch and the norm of its gradient, which the parameters hold afterwards."""
        indices = self.plan.indices(self.seed, self.step, len(self.data.train))
        inputs, targets = self.data.train.batch(self.world.share(indices))
        place = (self.step, self.world.rank) if self.world.rank else (self.step,)
        if self.plan.augment is not None:
            inputs = self.plan.augment(inputs, generator(self.seed, "augment", *place))
        self.net.train()
        self.optimizer.zero_grad(set_to_none=True)
        with seeded(self.seed, "noise", *place) if self.noisy else nullcontext():
            loss = loss_of(self.shared(inputs), targets, self.plan.smoothing)
            loss.backward()  # type: ignore[no-untyped-call]
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        return float(self.world.mean(loss.detach())), norm(gradients)

    def _evaluate(self) -> None:
        """A row of what the optimizer returns, measured on the plan's parts."""
        with returned(self.optimizer):
            measured = [
                number for part in self.plan.evaluated for number in evaluate(self.net, getattr(self.data, part))
            ]
            if self.plan.full_gradient:
                measured.append(gradient_norm(self.net, self.data.train))
            size = norm(self.parameters)
        epoch = self.step / self.plan.epoch_steps(len(self.data.train))
        self.epoch_rows.append([epoch, self.step, *measured, size])

    def save(self, path: Path) -> None:
        """Write a checkpoint, in the first process."""
        if self.world.rank == 0:
            checkpoints.save(path, self.identity, self.content())
        self.world.wait()

    def content(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "ending": None if self.ending is None else self.ending.name,
            "step_rows": torch.tensor(self.step_rows, dtype=torch.float64),
            "epoch_rows": torch.tensor(self.epoch_rows, dtype=torch.float64),
        }

    def restore(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.net.load_state_dict(content["net"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.step = content["step"]
        self.ending = None if content["ending"] is None else Ending[content["ending"]]
        self.step_rows, self.epoch_rows = content["step_rows"].tolist(), content["epoch_rows"].tolist()

    def run(self) -> Run:
        """The result, with the net as the optimizer returns it."""
        assert self.ending is not None
        state: dict[str, Tensor] = {}
        if self.ending is not Ending.NON_FINITE:
            with returned(self.optimizer):
                state = {name: value.detach().to("cpu", copy=True) for name, value in self.net.state_dict().items()}
        return Run(
            seed=self.seed,
            lr=self.lr,
            ending=self.ending,
            steps=table(self.step_rows, STEP),
            epochs=table(self.epoch_rows, self.plan.columns),
            state=state,
        )


def ending(step: int, total: int, plan: Plan, epochs: Sequence[Sequence[float]]) -> Ending | None:
    """Why a training ends after an epoch, None if it goes on; `epochs` holds the rows of all epochs so far."""
    if step >= total:
        return Ending.COMPLETED
    if plan.patience is None:
        return None
    place = plan.columns.index("validation_loss")
    losses = [row[place] if isfinite(row[place]) else inf for row in epochs]
    return Ending.PATIENCE if len(losses) - 1 - losses.index(min(losses)) >= plan.patience else None


def returned(optimizer: Optimizer) -> Any:
    """While it is open, parameters hold what the optimizer's rule returns, such as its average."""
    return optimizer.returned() if isinstance(optimizer, RuleOptimizer) else nullcontext()


def rounding_seed(optimizer: RuleOptimizer, seed: int) -> int:
    """The seed of stochastic rounding in the training with a seed, by an optimizer with another."""
    return number(seed, "rounding", optimizer.seed)


def draws(net: nn.Module) -> bool:
    """Whether a net draws random numbers while it is trained."""
    rates = [m.p for m in net.modules() if isinstance(m, nn.modules.dropout._DropoutNd)]
    rates += [m.dropout for m in net.modules() if isinstance(m, nn.RNNBase)]
    return any(rate > 0 for rate in rates)


def identity(net: nn.Module, data: Data, optimizer: Optimizer, plan: Plan, *lanes: object) -> str:
    """A digest of everything that determines a training."""
    shapes = [(name, tuple(value.shape), str(value.dtype)) for name, value in net.state_dict().items()]
    rule = (optimizer.rule.signature, optimizer.norms, optimizer.seed) if isinstance(optimizer, RuleOptimizer) else ()
    groups = [_settings(group) for group in optimizer.param_groups]
    augment = getattr(plan.augment, "__qualname__", None) or repr(plan.augment)
    planned = [(item.name, getattr(plan, item.name)) for item in fields(plan) if item.name != "augment"]
    optimized = (type(optimizer).__name__, rule, groups)
    return f"{key(net, shapes, data.identity, optimized, planned, augment, lanes):032x}"


def _settings(group: Mapping[str, Any]) -> list[tuple[str, object]]:
    """What an optimizer does with a group of parameters, but for the step size, which the plan sets."""
    shapes = [tuple(parameter.shape) for parameter in group["params"]]
    return sorted((name, shapes if name == "params" else value) for name, value in group.items() if name != "lr")
