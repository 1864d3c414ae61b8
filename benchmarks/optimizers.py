"""The step time of rule optimizers against torch's own foreach Adam, in one run, interleaved.

python benchmarks/optimizers.py [--size 1000000] [--rounds 60] [--threads 1] [--device cpu]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
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


def seconds(optimizer: torch.optim.Optimizer, device: str) -> float:
    """The time of one step."""
    start = time.perf_counter()
    optimizer.step()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Print the median time of a step and the median of its ratio to the reference's."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--size", type=int, default=1_000_000)
    reader.add_argument("--rounds", type=int, default=60)
    reader.add_argument("--threads", type=int, default=1)
    reader.add_argument("--device", default="cpu")
    options = reader.parse_args()
    torch.set_num_threads(options.threads)
    compared = optimizers(options.size, options.device)
    rounds = [{name: seconds(each, options.device) for name, each in compared.items()} for _ in range(options.rounds)]
    reference = next(iter(compared))
    print(f"{options.size:,} parameters in {len(LAYERS) + 1} tensors, float32, {options.threads} thread(s)")
    for name in compared:
        times = [entry[name] for entry in rounds[5:]]
        ratios = [entry[name] / entry[reference] for entry in rounds[5:]]
        print(f"{name:24s} {1e3 * median(times):8.3f} ms   {median(ratios):5.2f} x")


if __name__ == "__main__":
    main()
