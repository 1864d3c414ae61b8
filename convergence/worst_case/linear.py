"""Iterates of a linear method as exact combinations of the start and the gradients that it was given.

Run coordinate by coordinate, a linear rule maps the unit vectors of a basis (start, first gradient, second gradient,
...) to the coefficients of every iterate in that basis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from flint import fmpq
from sympy import Expr, Symbol

from convergence.certificates.iteration import THETA, G, Method, evaluator, run

Coefficients = tuple[fmpq, ...]


def is_linear(method: Method) -> bool:
    """Whether every expression is linear and homogeneous in the iterate, the state and the gradient."""
    carried = tuple(dict.fromkeys((THETA, G, *method.state, *method.update)))
    values = (*method.state.values(), *method.update.values(), method.query, method.output)
    return all(_is_linear(value, carried) for value in values)


def _is_linear(value: Expr, carried: tuple[Symbol, ...]) -> bool:
    used = [name for name in carried if value.has(name)]
    slopes = [value.diff(name) for name in used]
    if any(slope.has(*used) for slope in slopes):
        return False
    rest = value - sum(slope * name for slope, name in zip(slopes, used, strict=True))
    return bool(rest.expand() == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Coefficients over (start, gradient 1, ..., gradient N): where gradients were asked, and the last output."""

    start: Coefficients
    queries: tuple[Coefficients, ...]
    output: Coefficients


def unrolled(method: Method, values: Mapping[Symbol, fmpq], steps: int) -> Run:
    """The run of `steps` steps.

    Raises:
        CertificateRejected: if a coefficient is not rational at these values.
    """
    size = steps + 1

    def unit(place: int) -> Coefficients:
        return tuple(fmpq(int(place == index)) for index in range(size))

    moments = list(islice(run(method, lambda step, _: unit(step), unit(0), values, evaluator(0)), steps))
    return Run(start=unit(0), queries=tuple(m.query for m in moments), output=moments[-1].output)
