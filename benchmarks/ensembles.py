"""Coordinate updates per second of the NumPy kernels: python benchmarks/ensembles.py [steps].

Adam and gradient descent on a quadratic, d = 10, 1,024 lanes, float64, one thread; medians of five interleaved runs.
"""

import statistics
import sys
import time

import numpy as np

from convergence.methods import METHODS
from convergence.problems.oracles import Additive, Exact, Noise
from convergence.problems.quadratics import diagonal, log_spaced
from convergence.simulation import Group, recorded_steps, simulate

LANES, DIMENSION = 1024, 10


def seconds(name: str, noise: bool, steps: int) -> float:
    problem = diagonal(log_spaced(0.1, 1.0, DIMENSION))
    oracle = Additive(law=Noise.GAUSSIAN, level=1.0) if noise else Exact()
    lanes = Group(problem=problem, oracle=oracle, starts=np.ones((LANES, DIMENSION)))
    began = time.perf_counter()
    simulate(METHODS[name], [lanes], recorded_steps(steps), ["gap"])
    return time.perf_counter() - began


def main(steps: int) -> None:
    cases = [(name, noise) for name in ("gradient_descent", "adam") for noise in (False, True)]
    times: dict[tuple[str, bool], list[float]] = {case: [] for case in cases}
    for _ in range(5):
        for case in cases:
            times[case].append(seconds(*case, steps))
    for (name, noise), found in times.items():
        rate = steps * LANES * DIMENSION / statistics.median(found) / 1e6
        print(f"{name:18s} {'Gaussian noise' if noise else 'no noise':15s} {rate:7.1f} million coordinate updates/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
