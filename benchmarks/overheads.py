"""What AMVT and AMGT cost in a training, against Adam: time of an iteration and memory, as evidence for the papers.

    python -m benchmarks.overheads --out build/overheads
    convergence audit build/overheads/claims.toml

An iteration is forward, backward and update of one net on one batch, on one thread; on a CPU its time is that of the
processor, which other programs disturb less. In each round all methods take one iteration in random order; rounds are
the pairs that are compared. Memory is counted, not sampled: parameters, gradients, the optimizer's state, and what
autograd keeps of the forward pass.
"""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor, nn

from convergence.learning import build, load_data
from convergence.learning.evaluation import loss_of
from convergence.learning.records import replacing
from experiments.contenders import chosen
from experiments.running import started
from experiments.statements import amgt, amvt, write_claims

METHODS = ("adam", "amsgrad", "amvt", "amgt", "momentum")
WARM = 5
ELSEWHERE = "the papers' nets and GPUs; the share of the optimizer in an iteration depends on both"
IN_ALL = "bytes_in_all"

_amvt, _amgt = partial(amvt, needs=ELSEWHERE), partial(amgt, needs=ELSEWHERE)

STATEMENTS = (
    _amvt("step-5-7", "5.4", "5-7% more time for an iteration than Adam", "seconds",
          "1.05*second <= first <= 1.07*second"),
    _amvt("step-7", "5.4", "at most 7% more time", "seconds", "first <= 1.07*second"),
    _amvt("memory-2", "5.4", "less than 2% more memory", IN_ALL, "first < 1.02*second"),
    _amvt("state-50", "5.11 (3)", "about 50% more state than Adam", "bytes_of_state",
          "1.45*second <= first <= 1.55*second"),
    _amgt("step-1.8-3.2", "Time Complexity", "1.8-3.2% more time than Adam", "seconds",
          "1.018*second <= first <= 1.032*second"),
    _amgt("step-adam", "below Table 4.3", "5-10% more time than Adam", "seconds",
          "1.05*second <= first <= 1.1*second"),
    _amgt("step-amsgrad", "below Table 4.3", "5-10% more than AMSGrad", "seconds",
          "1.05*second <= first <= 1.1*second", "amsgrad"),
    _amgt("memory-33", "Memory Complexity", "about 33% more memory, up to 34%", IN_ALL,
          "1.32*second <= first <= 1.34*second"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """What is trained; `together` is false, since each iteration is timed by itself."""

    name: str
    words: str
    pairs: str = "round"
    together: bool = False


class Timed:
    """One method on its own copy of the net."""

    def __init__(self, method: str, model: str, data: str, batch: int, device: str) -> None:
        examples = load_data(data)
        (contender,) = chosen([method])
        self.net = build(model, examples.shape, examples.classes).to(device)
        self.optimizer = contender.make(self.net.parameters(), lr=1e-3)
        self.inputs, self.targets = examples.to(device).train.batch(torch.arange(batch))

    def iteration(self) -> float:
        """Seconds of forward, backward and update."""
        clock = time.perf_counter if self.inputs.is_cuda else time.process_time
        start = clock()
        self.optimizer.zero_grad(set_to_none=True)
        loss_of(self.net(self.inputs), self.targets).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.inputs.is_cuda:
            torch.cuda.synchronize()
        return clock() - start

    def memory(self) -> dict[str, float]:
        """Bytes of the optimizer's state, and of all that a training holds."""
        values = [value for state in self.optimizer.state.values() for value in state.values()]
        state = _bytes([value for value in values if isinstance(value, Tensor)])
        parameters = [parameter.detach() for parameter in self.net.parameters()]
        return {
            "bytes_of_state": state,
            IN_ALL: 2 * _bytes(parameters) + state + kept_for_backward(self.net, self.inputs),
        }


def kept_for_backward(net: nn.Module, inputs: Tensor) -> float:
    """Bytes that autograd keeps of a forward pass, parameters left out."""
    kept: dict[int, Tensor] = {}
    own = {parameter.data_ptr() for parameter in net.parameters()}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        net(inputs)
    return _bytes(list(kept.values()))


def _bytes(tensors: list[Tensor]) -> float:
    return float(sum(tensor.numel() * tensor.element_size() for tensor in tensors))


def measured(timed: Mapping[str, Timed], rounds: int) -> dict[str, list[float]]:
    """Seconds of an iteration of each method in each round; the first rounds warm up and are left out."""
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(rounds + WARM):
        for name in random.Random(number).sample(sorted(timed), len(timed)):
            taken = timed[name].iteration()
            if number >= WARM:
                seconds[name].append(taken)
    return seconds


def main(
    model: Annotated[str, typer.Option(help="A name of convergence.learning.MODELS.")] = "mlp",
    data: Annotated[str, typer.Option(help="What it is trained on.")] = "mnist5000",
    batch: Annotated[int, typer.Option(min=1)] = 128,
    rounds: Annotated[int, typer.Option(min=2)] = 200,
    device: Annotated[str, typer.Option()] = "cpu",
    out: Annotated[Path, typer.Option()] = Path("overheads"),
) -> None:
    """Time iterations and count memory, and write runs.csv and the papers' claims about them."""
    torch.set_num_threads(1)
    timed = {name: Timed(name, model, data, batch, device) for name in METHODS}
    seconds = measured(timed, rounds)
    memory = {name: each.memory() for name, each in timed.items()}
    where = Net(name=f"{data}-{model}", words=f"{data}, {model}, batches of {batch}, one thread of {device}")
    with replacing(out / "runs.csv") as file:
        table = csv.writer(file)
        table.writerow(["task", "method", "round", "seconds", "bytes_of_state", IN_ALL])
        for name, values in seconds.items():
            for number, value in enumerate(values):
                table.writerow([where.name, name, number, repr(value), *memory[name].values()])
    write_claims(STATEMENTS, [(where, METHODS)], out / "claims.toml", f"Overheads, {where.words}")
    reference = np.array(seconds["adam"])
    for name, values in seconds.items():
        ratio, held = np.median(np.array(values) / reference), memory[name][IN_ALL] / memory["adam"][IN_ALL]
        typer.echo(f"{name:10s} {1e3 * np.median(values):8.3f} ms {ratio:6.3f} x Adam's   memory {held:6.3f} x")


if __name__ == "__main__":
    started(main)
