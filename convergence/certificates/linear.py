"""Methods that are linear in iterate, state and gradient: their points as exact combinations of start and gradients.

Run coordinate by coordinate, a linear rule maps the unit vectors of a basis (start, first gradient, second gradient,
...) to the coefficients of every point in that basis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from flint import arb, fmpq
from sympy import Expr, Symbol

from convergence.certificates.iteration import THETA, G, Method, Number, evaluator, run, working
from convergence.expressions import kth_largest_abs, norm

Vector = tuple[fmpq, ...]


def is_linear(method: Method) -> bool:
    """Whether every expression is, as written, linear and homogeneous in the iterate, the state and the gradient.

    Norms and ranks over coordinates are not, even those of constants: they depend on the dimension.
    """
    carried = frozenset({THETA, G, *method.state, *method.update})
    values = (*method.state.values(), *method.update.values(), method.query, method.output)
    return all(_is_linear(value, carried) and not value.has(norm, kth_largest_abs) for value in values)


def _is_linear(node: Expr, carried: frozenset[Symbol]) -> bool:
    if node.is_zero or node in carried:
        return True
    if node.is_Add:
        return all(_is_linear(term, carried) for term in node.args)
    if not node.is_Mul:
        return False
    moving = [factor for factor in node.args if factor.free_symbols & carried]
    return len(moving) == 1 and _is_linear(moving[0], carried)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Coefficients over (start, gradient 1, ..., gradient N): where gradients were asked, and each step's output."""

    start: Vector
    queries: tuple[Vector, ...]
    outputs: tuple[Vector, ...]


def unrolled(method: Method, values: Mapping[Symbol, fmpq], steps: int, precision: int = 0) -> Run:
    """The run of `steps` steps.

    Args:
        method: a linear method.
        values: the claim's symbols.
        steps: how many.
        precision: 0 for the exact coefficients; otherwise rational numbers near them, by balls of that many bits, which
            prove nothing.

    Raises:
        CertificateRejected: if an exact coefficient is not rational at these values.
    """
    start = unit(0, steps + 1)
    with working(precision):
        moments = run(method, lambda step, _: unit(step, steps + 1), start, values, evaluator(precision))
        visited = list(islice(moments, steps))
    return Run(
        start=start,
        queries=tuple(tuple(map(_middle, moment.query)) for moment in visited),
        outputs=tuple(tuple(map(_middle, moment.output)) for moment in visited),
    )


def _middle(value: Number) -> fmpq:
    if isinstance(value, fmpq):
        return value
    mantissa, exponent = arb(value).mid().man_exp()
    return fmpq(int(mantissa)) * fmpq(2) ** int(exponent)


def unit(place: int, size: int) -> Vector:
    """A vector of the basis."""
    return tuple(fmpq(int(place == index)) for index in range(size))
