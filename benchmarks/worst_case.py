"""Worst cases against PEPit with the same solver, in one run: ``python benchmarks/worst_case.py [steps ...]``.

Both build their program from the method and solve it with Clarabel; values are compared before times. Processor times,
medians of interleaved rounds. Then the time to certify: exact upper and lower values, and the gap between them.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb

from convergence.certificates import trajectory
from convergence.certificates.estimation import function_class, program
from convergence.certificates.iteration import read_method
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.worst_case import maximise, number, proposals, rows, upper

ROUNDS = 5
AIMS = {10: 8.0, 20: 4.0}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A method on a class; the start is at distance 1 and L = 1."""

    name: str
    method: str
    mu: float
    measure: str
    expected: Callable[[int], float]

    def document(self) -> dict[str, Any]:
        """The claim that the tool reads."""
        family = "convex" if self.mu == 0 else f"strongly_convex({self.mu})"
        table = {
            "id": "x",
            "method": self.method,
            "parameters": {"alpha": "1"},
            "given": [family, "smooth(1)", "initial_distance(1)"],
            "measure": self.measure,
            "bound": "1/10**9",
        }
        return to_document(paper("benchmark", [table]).claims[0])


CASES = (
    Case(
        name="gradient descent, convex", method="gradient_descent", mu=0, measure="gap",
        expected=lambda N: 1 / (4 * N + 2),
    ),
    Case(
        name="gradient descent, strongly convex", method="gradient_descent", mu=0.1, measure="squared_distance",
        expected=lambda N: 0.9 ** (2 * N),
    ),
    Case(name="Nesterov, convex", method="nesterov", mu=0, measure="gap", expected=lambda N: 2 / (N * N + 7 * N + 4)),
)  # fmt: skip


def ours(case: Case, steps: int) -> float:
    """The worst case from the claim's document."""
    document = case.document()
    method = read_method(document["method"], document)
    posed = program(document, method, function_class(document, {}), {}, steps)
    found = maximise(rows(posed, posed.readings[0], case.expected(steps)))
    assert found is not None
    return found.optimum


def pepit(case: Case, steps: int) -> float:
    """The same by PEPit."""
    from PEPit import PEP
    from PEPit.functions import SmoothConvexFunction, SmoothStronglyConvexFunction

    problem = PEP()
    if case.mu == 0:
        f = problem.declare_function(SmoothConvexFunction, L=1)
    else:
        f = problem.declare_function(SmoothStronglyConvexFunction, mu=case.mu, L=1)
    star = f.stationary_point()
    x = previous = problem.set_initial_point()
    problem.set_initial_condition((x - star) ** 2 <= 1)
    for t in range(1, steps + 1):
        y = x + (t - 1) / (t + 2) * (x - previous) if case.method == "nesterov" else x
        x, previous = y - f.gradient(y), x
    problem.set_performance_metric(f(x) - f(star) if case.measure == "gap" else (x - star) ** 2)
    return float(problem.solve(verbose=0, solver="CLARABEL"))


def timed(run: Callable[[Case, int], float], case: Case, steps: int) -> tuple[float, float]:
    """Seconds of processor time, and the value."""
    began = time.process_time()
    value = run(case, steps)
    return time.process_time() - began, value


def certified(case: Case, steps: int) -> tuple[float, float, float]:
    """Seconds, and exact upper and lower values."""
    began = time.process_time()
    document = case.document()
    method = read_method(document["method"], document)
    posed = program(document, method, function_class(document, {}), {}, steps)
    unit = case.expected(steps)
    top = upper(posed, posed.readings[0], unit)
    assert top is not None
    lower = 0.0
    for short in (1e-6, 1e-5):
        for found in proposals(posed, posed.readings[0], unit, number(top.value) * (1 - short), method, {}):
            try:
                measures, _ = trajectory.sides(document, {"values": {}, **found, "k": steps, "precision": 0})
            except CertificateRejected:
                continue
            lower = max(lower, min(float(arb(value).lower()) for value in measures))
        if lower:
            break
    return time.process_time() - began, number(top.value), lower


def main(counts: list[int]) -> None:
    """Print values, times and ratios."""
    for steps in counts:
        for case in CASES:
            rounds = [(timed(ours, case, steps), timed(pepit, case, steps)) for _ in range(ROUNDS + 1)][1:]
            mine, theirs = (statistics.median(pair[side][0] for pair in rounds) for side in (0, 1))
            difference = abs(rounds[0][0][1] / rounds[0][1][1] - 1)
            print(
                f"N = {steps:2d} {case.name:34s} values differ by {difference:.1e}; {1e3 * mine:7.1f} ms, "
                f"PEPit {1e3 * theirs:7.1f} ms: {theirs / mine:5.1f} times faster (aim {AIMS.get(steps, 1.0)})",
                flush=True,
            )
    for steps in (count for count in counts if count <= 10):
        for case in CASES:
            seconds, high, low = certified(case, steps)
            print(
                f"N = {steps:2d} {case.name:34s} certified in {seconds:.2f} s: at least {low:.9g}, at most {high:.9g} "
                f"(relative gap {high / low - 1 if low else float('inf'):.1e}, absolute {high - low:.1e})",
                flush=True,
            )


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [5, 10, 20])
