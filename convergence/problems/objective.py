"""A concrete objective, given as one SymPy expression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Expr, Matrix, Rational, Symbol

from convergence.errors import ClaimError
from convergence.expressions import to_text


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A function of named variables, with an optional starting point; derivatives are derived from the expression.

    Attributes:
        name: how claims call it.
        expression: the function; names that are not variables are symbols of the claim.
        variables: the coordinates, in the order of points, gradients and starts.
        start: a starting point of exact numbers, or None.

    Raises:
        ClaimError: if there is no variable, or the start has another dimension.
    """

    name: str
    expression: Expr
    variables: tuple[Symbol, ...]
    start: tuple[Rational, ...] | None = None

    def __post_init__(self) -> None:
        if not self.variables:
            raise ClaimError(f"problem {self.name!r}: expected an objective with at least one variable")
        if self.start is not None and len(self.start) != len(self.variables):
            raise ClaimError(
                f"problem {self.name!r}: expected a start with {len(self.variables)} coordinates "
                f"({', '.join(v.name for v in self.variables)}), found {len(self.start)}"
            )

    @cached_property
    def gradient(self) -> Matrix:
        """Column of partial derivatives."""
        return Matrix([sympy.diff(self.expression, variable) for variable in self.variables])

    @cached_property
    def hessian(self) -> Matrix:
        """Matrix of second derivatives."""
        return sympy.hessian(self.expression, self.variables)

    @cached_property
    def is_quadratic(self) -> bool:
        """Whether the objective is a polynomial of degree at most two in its variables."""
        return (
            bool(self.expression.is_polynomial(*self.variables))
            and sympy.Poly(self.expression, *self.variables).total_degree() <= 2
        )

    def to_document(self) -> dict[str, object]:
        """The problem as text, as a claim file's ``[problems.name]`` table holds it."""
        document: dict[str, object] = {
            "objective": to_text(self.expression),
            "variables": [variable.name for variable in self.variables],
        }
        if self.start is not None:
            document["start"] = [to_text(value) for value in self.start]
        return document
