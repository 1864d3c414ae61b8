"""A bound in expectation is false: on a function of one variable, the expectation is computed over all outcomes.

Witness: as for `trajectory`, with an ``oracle`` (see `oracles`), and where the claim has a bounded domain the interval
on which iterates are projected::

    {"values": {"L": "1", "sigma": "1", ...}, "instance": [{"right": {"slopes": ["1"]}}], "start": ["0"], "k": 3,
     "oracle": {"outcomes": [["1/2", "1"], ["1/2", "-1"]]}, "domain": ["-1", "1"], "precision": 0}

In exact arithmetic, runs that meet in the same memory go on as one; so a method that lives on a lattice is followed for
long. Expectations of a least value are those of the least value of each run, which are below the least expectation, so
that both readings are violated; regret counts the points before each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from flint import arb, fmpq
from sympy import Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, hypotheses_by_name
from convergence.certificates.exact import Values
from convergence.certificates.iteration import (
    STEP,
    THETA,
    Evaluate,
    Method,
    Number,
    Point,
    begin,
    evaluator,
    read_method,
    step,
    working,
)
from convergence.certificates.oracles import Oracle, oracle, require_gradients
from convergence.certificates.separable import Separable
from convergence.certificates.trajectory import (
    COMPARISON_BITS,
    assigned,
    instance_of,
    measured,
    require_admissible,
    require_counters,
    require_fixed,
    shown,
    steps_of,
    surely_greater,
)
from convergence.certificates.trajectory import MEASURES as SINGLE
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS
from convergence.verdicts import Verdict

MAX_WORK = 30_000  # steps over all runs
MAX_BITS = 20_000
MEASURES = (*SINGLE, "regret", "average_regret")

_OF_POINTS = {
    "average_squared_gradient_norm": "squared_gradient_norm",
    "best_squared_gradient_norm": "squared_gradient_norm",
    "best_gap": "gap",
    "regret": "gap",
    "average_regret": "gap",
}


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the expectation exceeds the claimed bound."""
    values, limit = _sides(claim, witness)
    if not surely_greater(values, limit):
        raise CertificateRejected(f"the expectation is not surely above the bound after {witness['k']} steps")
    return Verdict.REFUTED


def both_sides(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[str, str]:
    """Expectation and bound as a reader wants to see them."""
    values, limit = _sides(claim, witness)
    return shown(min(values, key=lambda value: float(arb(value)))), shown(limit)


def _sides(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[list[Number], arb]:
    if claim.get("measure") not in MEASURES or "bound" not in claim or "method" not in claim or "problem" in claim:
        raise CertificateRejected("expected a bound on a measure of a method on a class of functions")
    bound, method = expression(claim, claim["bound"]), read_method(claim["method"], claim)
    steps, values = steps_of(witness), assigned(claim, witness["values"])
    instance, start = instance_of(claim, witness, values), tuple(exact.to_fmpq(value) for value in witness["start"])
    if not isinstance(instance, Separable) or len(start) != 1:
        raise CertificateRejected("expected a function of one variable")
    require_fixed(claim, method, bound)
    require_counters(claim, method, bound, values, steps)
    tree = Tree(
        claim=claim,
        method=method,
        instance=instance,
        values=values,
        oracle=oracle(claim, witness["oracle"], values, steps),
        domain=_domain(claim, witness, values, start[0]),
        precision=witness["precision"],
    )
    with working(witness["precision"]):
        found = tree.expected(start, steps)
    return found, exact.ball(bound, {**values, COUNTERS["k"]: fmpq(steps), STEP: fmpq(steps)}, COMPARISON_BITS)


def _domain(
    claim: Mapping[str, Any], witness: Mapping[str, Any], values: Values, start: fmpq
) -> tuple[fmpq, fmpq] | None:
    given = hypotheses_by_name(claim)
    if "bounded_domain" not in given:
        return None
    low, high = (exact.to_fmpq(text) for text in witness["domain"])
    if high - low != exact.rational(given["bounded_domain"][0], values) or not low <= 0 <= high:
        raise CertificateRejected("expected an interval of the domain's diameter that holds the minimiser 0")
    if not low <= start <= high:
        raise CertificateRejected("the start is outside the domain")
    return low, high


@dataclass(frozen=True, slots=True)
class Path:
    """The memory of one run, with what its measure remembers: the sum of its outputs and its least value."""

    memory: tuple[Number, ...]
    output: Number
    total: Number
    least: Number


Runs = list[tuple[Path, fmpq]]
"""Runs with their probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All runs of a method with an oracle of finitely many outcomes, from one start."""

    claim: Mapping[str, Any]
    method: Method
    instance: Separable
    values: Values
    oracle: Oracle
    domain: tuple[fmpq, fmpq] | None
    precision: int

    def expected(self, start: Point, steps: int) -> list[Number]:
        """The expectation of the measure after some steps, in every reading of its window."""
        evaluate, names = evaluator(self.precision), (THETA, *self.method.state)
        memory = begin(self.method, start, self.values, evaluate)
        first = self._of(start[0])
        path = Path(tuple(memory[name][0] for name in names), start[0], fmpq(0), first)
        runs: Runs = [(path, fmpq(1))]
        means, steepest, work = [first], fmpq(0), 0
        for count in range(1, steps + 1):
            work += len(runs) * len(self.oracle.at(count))
            if work > MAX_WORK:
                raise CertificateRejected(f"expected at most {MAX_WORK} steps over all runs")
            following: Runs = []
            for (path, chance), (share, error) in product(runs, self.oracle.at(count)):
                after, slope = self._after(path, names, count, error, evaluate)
                steepest = _larger(steepest, slope)
                following.append((after, chance * share))
            runs = _merged(following) if self.precision == 0 else following
            means.append(_mean(runs, lambda item: self._of(item.output)))
        self._require(start, steepest, steps)
        return self._read(runs, means, start[0])

    def _after(
        self, path: Path, names: Sequence[Symbol], count: int, error: fmpq, evaluate: Evaluate
    ) -> tuple[Path, Number]:
        memory = {name: (value,) for name, value in zip(names, path.memory, strict=True)}
        slopes: list[Number] = []

        def answer(_: int, query: Point) -> Point:
            slopes.append(self.instance.gradient(query)[0])
            return (slopes[0] + error,)

        moment = step(self.method, memory, count, answer, self.values, evaluate, self._projected)
        (output,) = moment.output
        if isinstance(output, fmpq) and output.q.bit_length() > MAX_BITS:
            raise CertificateRejected(f"an iterate has more than {MAX_BITS} bits; balls would do")
        if self.domain is not None and not self.domain[0] <= output <= self.domain[1]:
            raise CertificateRejected("an output is not surely in the domain")
        least = self._of(output) if "best" in self.claim["measure"] else fmpq(0)
        return Path(
            tuple(({**moment.state, THETA: moment.theta})[name][0] for name in names),
            output,
            path.total + output if self.claim["measure"] == "average_iterate_gap" else fmpq(0),
            _smaller(path.least, least),
        ), abs(slopes[0])

    def _projected(self, point: Point) -> Point:
        if self.domain is None:
            return point
        (value,), (low, high) = point, self.domain
        return (max(low, min(high, value)) if isinstance(value, fmpq) else value.max(arb(low)).min(arb(high)),)

    def _of(self, output: Number) -> Number:
        """The measure of one point, or of what is averaged or minimised."""
        measure = self.claim["measure"]
        if measure == "average_iterate_gap":
            return fmpq(0)
        return measured(_OF_POINTS.get(measure, measure), self.instance, [(output,)])[0]

    def _require(self, start: Point, steepest: Number, steps: int) -> None:
        largest = [side.largest for side in self.instance.sides[0] if side.largest is not None]
        above = steepest if isinstance(steepest, fmpq) else arb(steepest).upper().fmpq()
        if len(largest) == 2:
            above = min(above, max(largest))
        require_admissible(self.claim, self.method, self.instance, start, self.values, steps, above)
        require_gradients(self.claim, self.oracle, above, self.values)

    def _read(self, runs: Runs, means: Sequence[Number], start: fmpq) -> list[Number]:
        steps = len(means) - 1
        match self.claim["measure"]:
            case "average_iterate_gap":
                windows: list[tuple[Callable[[Path], Number], int]] = [
                    (lambda path: path.total, steps),
                    (lambda path: path.total + start - path.output, steps),
                    (lambda path: path.total + start, steps + 1),
                ]
                return [self._gap_of_means(runs, part, count) for part, count in windows]
            case "best_gap" | "best_squared_gradient_norm":
                return [_mean(runs, lambda path: path.least)]
            case "average_squared_gradient_norm":
                return [sum(part, start=fmpq(0)) / len(part) for part in (means[1:], means[:-1], means)]
            case "regret":
                return [sum(means[:-1], start=fmpq(0))]
            case "average_regret":
                return [sum(means[:-1], start=fmpq(0)) / steps]
        return [means[-1]]

    def _gap_of_means(self, runs: Runs, total: Callable[[Path], Number], count: int) -> Number:
        return _mean(runs, lambda path: self.instance.gap((total(path) / count,)))


def _mean(runs: Runs, value: Callable[[Path], Number]) -> Number:
    return sum((chance * value(path) for path, chance in runs), start=fmpq(0))


def _merged(runs: Runs) -> Runs:
    """Runs that met go on as one."""
    found: dict[Path, fmpq] = {}
    for path, chance in runs:
        found[path] = found.get(path, fmpq(0)) + chance
    return list(found.items())


def _larger(first: Number, second: Number) -> Number:
    if isinstance(first, fmpq) and isinstance(second, fmpq):
        return max(first, second)
    return arb(first).max(arb(second))


def _smaller(first: Number, second: Number) -> Number:
    if isinstance(first, fmpq) and isinstance(second, fmpq):
        return min(first, second)
    return arb(first).min(arb(second))
