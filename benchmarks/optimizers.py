"""The step time and the state of rule optimizers against torch's own foreach Adam, in one run, in random order.

On one CPU thread, times are those of the processor, which other programs disturb less.

python benchmarks/optimizers.py [--size 1000000] [--rounds 60] [--threads 1] [--device cpu]
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Mapping
from statistics import median

import torch

from convergence.methods import METHODS
from convergence.optim import as_optimizer

LAYERS = (0.5, 0.25, 0.125, 0.1, 0.02, 0.004, 0.001)
"""Shares of the parameters that the tensors have; the last tensor has the rest."""


def parameters(size: int, device: str) -> list[torch.nn.Parameter]:
    """Tensors of a net with that many parameters, and a gradient for each."""
    sizes = [int(share * size) for share in LAYERS]
    sizes.append(size - sum(sizes))
    made = [torch.nn.Parameter(torch.randn(count, device=device)) for count in sizes]
    for parameter in made:
        parameter.grad = torch.randn_like(parameter)
    return made


def optimizers(size: int, device: str) -> Mapping[str, torch.optim.Optimizer]:
    """What is compared; the first is the reference."""
    compared = {"torch Adam (foreach)": torch.optim.Adam(parameters(size, device), foreach=True)}
    for name in ("adam", "adamw", "amvt", "amvt_algorithm1", "amgt", "amgt_zero_out", "amgt_clip", "momentum", "lamb"):
        compared[name] = as_optimizer(METHODS[name])(parameters(size, device))
    return compared


def seconds(optimizer: torch.optim.Optimizer, clock: Callable[[], float]) -> float:
    """The time of one step."""
    start = clock()
    optimizer.step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - start


def state_bytes(optimizer: torch.optim.Optimizer) -> int:
    """The size of the tensors that an optimizer keeps."""
    kept = [value for state in optimizer.state.values() for value in state.values() if isinstance(value, torch.Tensor)]
    return sum(value.numel() * value.element_size() for value in kept)


def main() -> None:
    """Print the median time of a step, the median of its ratio to the reference's, and the state's size."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--size", type=int, default=1_000_000)
    reader.add_argument("--rounds", type=int, default=60)
    reader.add_argument("--threads", type=int, default=1)
    reader.add_argument("--device", default="cpu")
    options = reader.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.device == "cpu" and options.threads == 1 else time.perf_counter
    compared = optimizers(options.size, options.device)
    rounds: list[dict[str, float]] = []
    for number in range(options.rounds):
        names = random.Random(number).sample(sorted(compared), len(compared))
        rounds.append({name: seconds(compared[name], clock) for name in names})
    reference = next(iter(compared))
    print(f"{options.size:,} parameters in {len(LAYERS) + 1} tensors, float32, {options.threads} thread(s)")
    for name, optimizer in compared.items():
        times = [entry[name] for entry in rounds[5:]]
        ratios = [entry[name] / entry[reference] for entry in rounds[5:]]
        size = state_bytes(optimizer) / options.size
        print(f"{name:24s} {1e3 * median(times):8.3f} ms   {median(ratios):5.2f} x   {size:5.1f} bytes/parameter")


if __name__ == "__main__":
    main()
