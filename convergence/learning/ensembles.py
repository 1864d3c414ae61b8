"""Many seeds and step sizes of one small net at once: what `train` would give one by one, in much less time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from convergence.errors import TrainingError
from convergence.learning import checkpoints
from convergence.learning.checkpoints import Watch
from convergence.learning.curvature import parameters_of
from convergence.learning.data import Data, InMemory
from convergence.learning.evaluation import chunks, judging
from convergence.learning.lanes import Stepper, needs_each, rule_of
from convergence.learning.models import Model
from convergence.learning.plan import Plan
from convergence.learning.records import STEP, Ending, Run, table
from convergence.learning.stacking import Stack, lane_losses, require_stackable, row_norms
from convergence.learning.streams import generator, order
from convergence.learning.training import default_device, ending, identity, rounding_seed

WHOLE = 250  # examples at a time for a full gradient, which are copied for each lane


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """One training of an ensemble: its step size and its seed."""

    lr: float
    seed: int


def train_ensemble(
    model: Model,
    data: Data,
    optimizer: Callable[..., Optimizer],
    plan: Plan,
    lanes: Sequence[Lane],
    *,
    chunk: int | None = None,
    device: str | None = None,
    checkpoint: Path | str | None = None,
    every: int | None = None,
    watch: Watch | None = None,
) -> tuple[Run, ...]:
    """Train one small net with many seeds and step sizes at once; the runs come in the order of the lanes.

    Each lane draws its own starting values, orders and noise, as `train` would with its seed, and its run equals that
    of `train` up to rounding. A lane's bits depend neither on the other lanes, nor on their order, nor on `chunk`.

    Args:
        model, data, optimizer, plan, device, every, watch: as for `train`; the optimizer is one of
            `convergence.optim`, the net has no dropout, no running means and no recurrent layers, and the data are in
            memory.
        lanes: the seeds and step sizes.
        chunk: how many lanes are trained at a time; all if None.
        checkpoint: a folder with a file for each chunk.

    Raises:
        TrainingError: for nets that cannot be stacked, data that are not in memory and checkpoints that cannot be read.
        OptimizerError: for optimizers that are no rules.
    """
    if not isinstance(data.train, InMemory):
        raise TrainingError(f"an ensemble needs data in memory, found {type(data.train).__name__}; train one at a time")
    device = device or default_device()
    data = data.to(device)
    ordered = sorted(range(len(lanes)), key=lambda place: lanes[place])
    size = chunk or max(1, len(lanes))
    runs: dict[int, Run] = {}
    for start in range(0, len(ordered), size):
        places = ordered[start : start + size]
        training = _Ensemble(model, data, optimizer, plan, [lanes[place] for place in places], device)
        path = None if checkpoint is None else Path(checkpoint) / f"{training.identity[:16]}.pt"
        checkpoints.finish(training, path, every, watch)
        runs |= zip(places, training.runs(), strict=True)
    return tuple(runs[place] for place in range(len(lanes)))


class _Ensemble:
    """The state of many trainings between two steps."""

    def __init__(
        self,
        model: Model,
        data: Data,
        optimizer: Callable[..., Optimizer],
        plan: Plan,
        lanes: Sequence[Lane],
        device: str,
    ) -> None:
        nets = [model(lane.seed) for lane in lanes]
        require_stackable(nets[0])
        self.data, self.plan, self.lanes = data, plan, tuple(lanes)
        template = rule_of(optimizer(parameters_of(nets[0]), lr=lanes[0].lr))
        self.stack = Stack(nets, each=needs_each(template), device=device)
        seeds = [rounding_seed(template, lane.seed) for lane in lanes]
        self.stepper = Stepper(template, self.stack, [lane.lr for lane in lanes], seeds)
        self.gradients = self.stack.gradients(plan.smoothing)
        self.unsmoothed = self.gradients if plan.smoothing == 0 else self.stack.gradients(0.0)
        self.identity = identity(nets[0], data, template, plan, *lanes)
        self.count = len(data.train)
        self.total = plan.total(self.count)
        self.step = 0
        self.orders: tuple[int, Tensor] | None = None
        self.rows: list[Tensor] = []
        self.seconds: list[float] = []
        self.epochs: list[list[list[float]]] = [[] for _ in lanes]
        self.endings: list[Ending | None] = [None] * len(lanes)
        self.states: list[dict[str, Tensor]] = [{} for _ in lanes]

    @property
    def ended(self) -> bool:
        """Whether all lanes have ended."""
        return None not in self.endings

    def advance(self) -> bool:
        """One step of all lanes, and what follows at the end of an epoch; says whether an epoch ended."""
        start = time.perf_counter()
        inputs, targets = self.data.train.batch(self._indices())
        if self.plan.augment is not None:
            inputs = self._augmented(inputs)
        losses, gradients = self.gradients(self.stack.views, inputs, targets)
        matrices = self.stack.like_parts(gradients)
        self.rows.append(torch.stack([losses, row_norms(matrices)]))
        self.stepper.advance(matrices, self.plan.factor(self.step))
        self.step += 1
        self.seconds.append((time.perf_counter() - start) / len(self.lanes))
        ended = self.plan.ends_epoch(self.step, self.count)
        if ended:
            self._evaluate()
        return ended

    def _indices(self) -> Tensor:
        """The examples of the next step, (lanes, batch)."""
        epoch, place = divmod(self.step, self.plan.epoch_steps(self.count))
        if self.orders is None or self.orders[0] != epoch:
            self.orders = (epoch, torch.stack([order(lane.seed, epoch, self.count) for lane in self.lanes]))
        size = self.plan.batch_size(self.count)
        return self.orders[1][:, place * size : (place + 1) * size]

    def _augmented(self, inputs: Tensor) -> Tensor:
        assert self.plan.augment is not None
        sources = [generator(lane.seed, "augment", self.step) for lane in self.lanes]
        changed = [self.plan.augment(batch, source) for batch, source in zip(inputs, sources, strict=True)]
        return torch.stack(changed)

    def _evaluate(self) -> None:
        """A row for each lane that goes on, its ending if it ends here, and then its net."""
        values = self.stepper.returned(self.plan.factor(self.step - 1))
        measured = [one.tolist() for part in self.plan.evaluated for one in self._measures(values, part)]
        if self.plan.full_gradient:
            measured.append(row_norms(self._full_gradient(values)).tolist())
        measured.append(row_norms(values).tolist())
        finite = torch.stack(self.rows).isfinite().all(dim=1).all(dim=0).tolist()
        epoch = self.step / self.plan.epoch_steps(self.count)
        for lane in [lane for lane, found in enumerate(self.endings) if found is None]:
            if not finite[lane]:
                self.endings[lane] = Ending.NON_FINITE
                continue
            self.epochs[lane].append([epoch, self.step, *(column[lane] for column in measured)])
            self.endings[lane] = ending(self.step, self.total, self.plan, self.epochs[lane])
            if self.endings[lane] is not None:
                self.states[lane] = self.stack.state(values, lane)

    def _measures(self, values: list[Tensor], part: str) -> tuple[Tensor, Tensor]:
        """Losses and accuracies (lanes,) on one part."""
        losses = torch.zeros(len(self.lanes), dtype=torch.float64)
        right = torch.zeros(len(self.lanes), dtype=torch.float64)
        count = 0
        with judging(self.stack.net):
            for inputs, targets in chunks(getattr(self.data, part)):
                logits = self.stack.logits(values, inputs)
                shared = targets.expand(len(self.lanes), *targets.shape)
                losses += lane_losses(logits, shared, 0.0).double().cpu() * targets.numel()
                right += (logits.argmax(dim=-1) == shared).flatten(1).sum(dim=1).cpu()
                count += targets.numel()
        return losses / count, right / count

    def _full_gradient(self, values: list[Tensor]) -> list[Tensor]:
        """The gradients of the mean loss over the whole training part, (lanes, numbers)."""
        total = [torch.zeros(len(value), value[0].numel(), device=value.device) for value in values]
        for inputs, targets in chunks(self.data.train, WHOLE):
            shared = (tensor.expand(len(self.lanes), *tensor.shape).contiguous() for tensor in (inputs, targets))
            _, found = self.unsmoothed(values, *shared)
            torch._foreach_add_(total, found, alpha=len(inputs) / self.count)
        return total

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        checkpoints.save(path, self.identity, self.content())

    def content(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "parts": self.stack.parts,
            "stepper": self.stepper.content(),
            "step": self.step,
            "rows": self.rows,
            "seconds": self.seconds,
            "epochs": self.epochs,
            "endings": [None if found is None else found.name for found in self.endings],
            "states": self.states,
        }

    def restore(self, content: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        for part, kept in zip(self.stack.parts, content["parts"], strict=True):
            part.copy_(kept)
        self.stepper.restore(content["stepper"])
        self.step = content["step"]
        self.rows = [row.to(self.stack.parts[0].device) for row in content["rows"]]
        self.seconds, self.epochs, self.states = content["seconds"], content["epochs"], content["states"]
        self.endings = [None if found is None else Ending[found] for found in content["endings"]]

    def runs(self) -> tuple[Run, ...]:
        """The result of each lane."""
        rows = torch.stack(self.rows).double().cpu().numpy()
        return tuple(self._run(lane, rows[:, :, lane]) for lane in range(len(self.lanes)))

    def _run(self, lane: int, rows: np.ndarray) -> Run:
        found = self.endings[lane]
        assert found is not None
        if found is Ending.NON_FINITE:
            last = int(np.argmax(~np.isfinite(rows).all(axis=1))) + 1
        else:
            last = int(self.epochs[lane][-1][1])
        steps = np.arange(1.0, last + 1)[:, None]
        return Run(
            seed=self.lanes[lane].seed,
            lr=self.lanes[lane].lr,
            ending=found,
            steps=table(np.hstack([steps, rows[:last], np.array(self.seconds[:last])[:, None]]), STEP),
            epochs=table(self.epochs[lane], self.plan.columns),
            state=self.states[lane],
        )
