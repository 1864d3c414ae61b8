"""What a function with known constants must satisfy to be an instance of a claim's hypotheses.

A noise of zero satisfies every bound on the noise, so that a claim about a stochastic method speaks about its
deterministic runs too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flint import fmpq
from sympy import Expr

from convergence.certificates import exact
from convergence.certificates.document import hypotheses
from convergence.certificates.exact import Values
from convergence.certificates.iteration import Number, Point
from convergence.errors import CertificateRejected


class Instance(Protocol):
    """A function with a known minimiser, minimum and class."""

    def gradient(self, point: Point) -> Point:
        """The gradient, or a subgradient where the function has a kink."""

    def gap(self, point: Point) -> Number:
        """f - f*."""

    def squared_distance(self, point: Point) -> Number:
        """To the minimiser."""

    def satisfies(self, name: str, constants: list[fmpq]) -> bool:
        """Whether a hypothesis about the function surely holds with these constants."""


_FUNCTION = frozenset(
    {"convex", "strongly_convex", "smooth", "lipschitz", "quadratic", "polyak_lojasiewicz", "bounded_below", "online"}
)


def require_hypotheses(
    claim: Mapping[str, Any], instance: Instance, start: Point, values: Values, steepest: fmpq | None = None
) -> None:
    """Reject unless every hypothesis of the claim surely holds for the function, the start and the exact oracle.

    ``bounded_gradients(G)`` is accepted for functions that are G-Lipschitz, and where every gradient of the whole run
    is known to have a length of at most `steepest` <= G. For ``bounded_domain(D)`` the caller must check that the run
    stays where no projection acts.
    """
    for name, arguments in hypotheses(claim):
        if name == "gradient_error" and is_nonnegative(arguments[0]):
            continue
        constants = [exact.rational(argument, values) for argument in arguments]
        if not _holds(name, constants, instance, start, steepest):
            raise CertificateRejected(f"the instance does not surely satisfy {name}({', '.join(map(str, constants))})")


def is_nonnegative(node: Expr) -> bool:
    """Whether the tree shows it: numbers and symbols that are not negative, their sums, products and powers."""
    if node.is_Rational or node.is_Symbol:
        return bool(node.is_nonnegative)
    if node.is_Add or node.is_Mul:
        return all(is_nonnegative(argument) for argument in node.args)
    return bool(node.is_Pow) and is_nonnegative(node.base)


def _holds(name: str, constants: list[fmpq], instance: Instance, start: Point, steepest: fmpq | None) -> bool:
    if name in _FUNCTION:
        return instance.satisfies(name, constants)
    match name:
        case "unbiased" | "deterministic":
            return True
        case "bounded_variance":
            return bool(constants[0] >= 0)
        case "bounded_gradients":
            along = steepest is not None and bool(0 <= steepest <= constants[0])
            return along or instance.satisfies("lipschitz", constants)
        case "initial_distance":
            return bool(constants[0] >= 0 and instance.squared_distance(start) <= constants[0] ** 2)
        case "initial_gap":
            return bool(instance.gap(start) <= constants[0])
        case "bounded_domain":
            return bool(constants[0] > 0)
    return False
