"""Seeds a second: an ensemble against a plain loop with torch.optim, one seed at a time, in one run.

The plain loop is as lean as torch allows: no records, no checks. Both take the same batches. Rounds alternate, and the
ratio is the median over rounds, and that of the best rounds. The ensemble's time has its trace in it, which is told.

python benchmarks/learning.py [--seeds 20] [--batch 32] [--epochs 10] [--rounds 5] [--model mlp] [--width 0.25]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from convergence.learning import Data, Lane, Model, Plan, load_data, model_for, train, train_ensemble
from convergence.learning.ensembles import _Ensemble
from convergence.optim import Adam


def plain(model: Model, data: Data, plan: Plan, seeds: int, **settings: Any) -> None:
    """The loop that everybody writes."""
    count = len(data.train)
    for seed in range(seeds):
        net = model(seed)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, **settings)
        for step in range(plan.total(count)):
            inputs, targets = data.train.batch(plan.indices(seed, step, count))
            optimizer.zero_grad()
            cross_entropy(net(inputs), targets).backward()
            optimizer.step()


def own(model: Model, data: Data, plan: Plan, seeds: int) -> None:
    """`train`, one seed at a time."""
    for seed in range(seeds):
        train(model, data, Adam, plan, lr=1e-3, seed=seed, device="cpu")


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, which other programs disturb less than the wall clock; there is one thread."""
    start = time.process_time()
    work()
    return time.process_time() - start


def tracing(model: Model, data: Data, plan: Plan, lanes: list[Lane]) -> float:
    """The first step of an ensemble, less its second."""
    training = _Ensemble(model, data, Adam, plan, lanes, "cpu")
    return seconds(training.advance) - seconds(training.advance)


def main() -> None:
    """Print seeds a second and ratios to each peer."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--seeds", type=int, default=20)
    reader.add_argument("--batch", type=int, default=32)
    reader.add_argument("--epochs", type=int, default=10)
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--model", default="mlp")
    reader.add_argument("--width", type=float, default=0.25)
    reader.add_argument("--data", default="digits")
    options = reader.parse_args()
    torch.set_num_threads(1)
    data = load_data(options.data)
    model = model_for(options.model, data, width=options.width)
    plan = Plan(epochs=options.epochs, batch=options.batch, evaluated=())
    lanes = [Lane(1e-3, seed) for seed in range(options.seeds)]
    ways: dict[str, Callable[[], object]] = {
        "ensemble": lambda: train_ensemble(model, data, Adam, plan, lanes, device="cpu"),
        "torch.optim.Adam": lambda: plain(model, data, plan, options.seeds),
        "torch.optim.Adam, fused": lambda: plain(model, data, plan, options.seeds, fused=True),
        "train, one at a time": lambda: own(model, data, plan, options.seeds),
    }
    traced = tracing(model, data, plan, lanes)
    rounds = [{name: seconds(way) for name, way in ways.items()} for _ in range(options.rounds)]
    size = sum(parameter.numel() for parameter in model(0).parameters())
    print(f"{options.model} with {size:,} parameters on {options.data}, {options.seeds} seeds, batch {options.batch},")
    print(f"{plan.total(len(data.train))} steps a seed, 1 thread; trace {traced:.2f} s, paid once by an ensemble")
    for name in ways:
        times = [each[name] for each in rounds]
        ratio = median(each[name] / each["ensemble"] for each in rounds)
        best = min(times) / min(each["ensemble"] for each in rounds)
        speed = options.seeds / median(times)
        print(f"{name:26s} {speed:8.2f} seeds/s   {ratio:5.2f} x the ensemble's time, {best:5.2f} x in the best rounds")


if __name__ == "__main__":
    main()
