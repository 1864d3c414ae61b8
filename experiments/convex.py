"""Any method on a convex problem, many seeds, one CSV of its runs.

    python -m experiments.convex quadratic --method adam --alpha "0.1/sqrt(k)" --noise 0.1 --seeds 20 --out runs.csv
    convergence fit runs.csv --x step --y gap --by seed --minimum 0 --claimed "1/sqrt(k)"

The log is written below a temporary name and renamed, so that a run that is cut short leaves no half log behind.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from convergence.errors import ClaimError, ConvergenceError, nearest
from convergence.expressions import COUNTERS, parse_expression
from convergence.methods import METHODS
from convergence.methods.rule import Rule
from convergence.problems.finite_sums import FiniteSum, breast_cancer, digits
from convergence.problems.oracles import Additive, Exact, Minibatch, Noise, Oracle
from convergence.problems.problem import Problem
from convergence.problems.quadratics import log_spaced, nesterov_worst, power_law, rotated
from convergence.simulation import Group, Trace, recorded_steps, simulate

PROBLEMS: Mapping[str, Callable[[], Problem]] = {
    "quadratic": lambda: rotated(log_spaced(0.01, 1.0, 20)),
    "ill-conditioned": lambda: rotated(power_law(1.0, 2.0, 100)),
    "nesterov": lambda: nesterov_worst(1.0, 100),
    "breast-cancer": breast_cancer,
    "digits": digits,
}
MEASURES = ("gap", "distance", "gradient_norm", "average_iterate_gap", "best_squared_gradient_norm")


def runs(problem: Problem, rule: Rule, oracle: Oracle, seeds: int, steps: int, seed: int) -> Trace:
    """All seeds of a method on a problem, each from a start one unit away from the minimiser."""
    directions = np.random.default_rng(seed).standard_normal((seeds, problem.minimiser.size))
    starts = problem.minimiser + directions / np.linalg.norm(directions, axis=1, keepdims=True)
    group = Group(problem=problem, oracle=oracle, starts=starts)
    return simulate(rule, [group], recorded_steps(steps), MEASURES, seed)[0]


def oracle(problem: Problem, noise: float, batch: int) -> Oracle:
    """Minibatches of a data problem, Gaussian noise of a given sigma, or the gradient itself.

    Raises:
        ClaimError: if minibatches are asked of a problem that is no finite sum.
    """
    if batch and not isinstance(problem, FiniteSum):
        raise ClaimError(f"--batch needs a data problem (breast-cancer, digits), found {problem.name}")
    if isinstance(problem, FiniteSum) and batch:
        return Minibatch(problem=problem, size=batch)
    return Additive(law=Noise.GAUSSIAN, level=noise) if noise else Exact()


def write(trace: Trace, path: Path) -> None:
    """One row for each seed and recorded step."""
    part = path.with_suffix(path.suffix + ".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["seed", "step", *MEASURES])
        for lane in range(len(trace.stops)):
            for column, step in enumerate(trace.steps):
                table.writerow([lane, step, *(repr(float(trace.measures[name][lane, column])) for name in MEASURES)])
    part.replace(path)


def main(
    problem: Annotated[str, typer.Argument(help=f"One of {', '.join(PROBLEMS)}.")],
    method: Annotated[str, typer.Option(help="A name of convergence.methods.METHODS.")] = "gradient_descent",
    alpha: Annotated[str | None, typer.Option(help="Step size, an expression in k; default: the method's own.")] = None,
    noise: Annotated[float, typer.Option(min=0, help="Sigma of Gaussian noise added to the gradient.")] = 0.0,
    batch: Annotated[int, typer.Option(min=0, help="Minibatch size, for data problems; 0 takes all.")] = 0,
    seeds: Annotated[int, typer.Option(min=1)] = 10,
    steps: Annotated[int, typer.Option(min=10)] = 10_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    out: Annotated[Path, typer.Option()] = Path("runs.csv"),
) -> None:
    """Run a method and write its log."""
    for name, table in ((problem, PROBLEMS), (method, METHODS)):
        if name not in table:
            raise ClaimError(f"unknown name {name!r}{nearest(name, table)}")
    rule = METHODS[method]
    if alpha is not None:
        rule = rule.with_parameters(alpha=parse_expression(alpha, COUNTERS))
    chosen = PROBLEMS[problem]()
    trace = runs(chosen, rule, oracle(chosen, noise, batch), seeds, steps, seed)
    write(trace, out)
    stops = sorted({str(stop.reason) for stop in trace.stops})
    typer.echo(f"{out}: {seeds} runs of {rule.name} on {problem}, {steps} steps; {'; '.join(stops)}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except ConvergenceError as error:
        raise SystemExit(f"experiments.convex: {error}") from None
