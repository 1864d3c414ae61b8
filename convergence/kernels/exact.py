"""Runs of a rule on a concrete objective in rationals, or in balls that contain the true iterates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from flint import fmpq
from sympy import Rational, Symbol

from convergence.certificates.exact import to_fmpq
from convergence.certificates.iteration import Evaluate, Moment, Point, evaluator, read_method, run, working
from convergence.errors import CertificateRejected, NumericLimit
from convergence.expressions import Domain
from convergence.methods.rule import Rule
from convergence.problems.objective import Objective

MAX_STEPS = 100_000


def exact_run(
    rule: Rule,
    objective: Objective,
    start: Sequence[Rational | int | str],
    steps: int,
    values: Mapping[Symbol, Rational] | None = None,
    precision: int = 0,
) -> tuple[Moment, ...]:
    """What the rule does in its first steps.

    Args:
        rule: the method, with numbers or symbols as parameters.
        objective: the function; it may use the symbols of `values` too.
        start: one exact number a variable.
        steps: how many steps, at most 100,000.
        values: for every symbol of the claim that rule or objective use, horizon T included.
        precision: 0 for rationals, else the bits of the balls, 16 to 4096.

    Raises:
        NumericLimit: if a value is not rational (at precision 0), leaves the reals or is missing.
    """
    if not 0 <= steps <= MAX_STEPS:
        raise NumericLimit(f"expected at most {MAX_STEPS} steps, found {steps}")
    given = {name: to_fmpq(value) for name, value in (values or {}).items()}
    claim = {"symbols": {name.name: {"domain": Domain.REAL.value} for name in (*given, *rule.given)}}
    try:
        method = read_method(rule.to_document(), claim)
        by_name = {name.name: value for name, value in given.items()}
        known = {name: by_name[name.name] for name in method.free if name.name in by_name}
        evaluate = evaluator(precision)
        slope = gradient_of(objective, given, evaluate)
        moments = run(method, lambda _, x: slope(x), tuple(map(to_fmpq, start)), known, evaluate)
        with working(precision):
            return tuple(islice(moments, steps))
    except CertificateRejected as error:
        raise NumericLimit(f"method {rule.name!r} on {objective.name!r}: {error}") from None


def gradient_of(objective: Objective, values: Mapping[Symbol, fmpq], evaluate: Evaluate) -> Callable[[Point], Point]:
    """The objective's gradient in an exact arithmetic."""

    def gradient(point: Point) -> Point:
        known = {**values, **dict(zip(objective.variables, point, strict=True))}
        return tuple(evaluate(part, known) for part in objective.gradient)

    return gradient
