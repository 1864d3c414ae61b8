"""Score and speed of the fit: ``python benchmarks/fit.py [FIRST LAST] [foreign]`` prints the figures with their goals.

``foreign`` takes runs of optimizers and other series from outside the fit's laws (`convergence.rates.foreign`).
"""

from __future__ import annotations

import sys
import time

import numpy as np

from convergence.rates import fit_rate
from convergence.rates.foreign import foreign
from convergence.rates.score import measured, score
from convergence.rates.trials import trial


def milliseconds(points: int = 100, repeats: int = 30) -> tuple[float, float]:
    """Wall and processor time of a fit of one run."""
    k = np.arange(1.0, points + 1)
    errors = np.exp(0.2 * np.random.default_rng(0).standard_normal(points)) / k
    fit_rate(k, errors, minimum=0.0, claimed="1/k")
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        fit_rate(k, errors, minimum=0.0, claimed="1/k")
    return 1e3 * (time.perf_counter() - wall) / repeats, 1e3 * (time.process_time() - processor) / repeats


def main() -> None:
    """Print the score of the trials FIRST to LAST (2000 to 2180) and the time per fit."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()] or [2000, 2180]
    draw = foreign if "foreign" in sys.argv[1:] else trial
    print("\n".join(score(*measured(range(*numbers), draw)).lines()))
    wall, processor = milliseconds()
    print(f"one run of 100 points: {wall:.0f} ms ({processor:.0f} ms of processor time)   goal <= 50 ms")


if __name__ == "__main__":
    main()
