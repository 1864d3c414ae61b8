"""The functions that a text may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sympy
from sympy import Expr, Function, Symbol

from convergence.errors import ClaimError


class norm(Function):  # type: ignore[misc]  # noqa: N801
    """Euclidean norm over all coordinates of an expression that is written for one coordinate."""

    nargs = 1
    is_nonnegative = True
    is_real = True

    @classmethod
    def eval(cls, coordinate: Expr) -> Expr | None:
        """0 where every coordinate is 0."""
        return sympy.S.Zero if coordinate.is_zero else None


class kth_largest_abs(Function):  # type: ignore[misc]  # noqa: N801
    """The k-th largest absolute value over all coordinates."""

    nargs = 2
    is_nonnegative = True
    is_real = True


def sum_of(body: Expr, index: Expr, first: Expr, last: Expr) -> Expr:
    """The sum of a body over an index; both ends are included."""
    return sympy.Sum(body, _range(index, first, last))


def product_of(body: Expr, index: Expr, first: Expr, last: Expr) -> Expr:
    """The product of a body over an index; both ends are included."""
    return sympy.Product(body, _range(index, first, last))


def _range(index: Expr, first: Expr, last: Expr) -> tuple[Expr, Expr, Expr]:
    if not isinstance(index, Symbol):
        raise ClaimError(f"sum and product take (body, index, first, last) with a name as index, found {index}")
    return (index, first, last)


def least_of(*values: Expr) -> Expr:
    """The least of several values."""
    return _settled(sympy.Min(*values))


def greatest_of(*values: Expr) -> Expr:
    """The greatest of several values."""
    return _settled(sympy.Max(*values))


def _settled(value: Expr) -> Expr:
    """SymPy turns min(max(0, x), max(1, x)) into max(x, min(0, 1)) and leaves that be; here it becomes max(x, 0)."""
    if not isinstance(value, sympy.Min | sympy.Max):
        return value
    again = value.func(*map(_settled, value.args))
    return value if again == value else _settled(again)


FUNCTIONS: Mapping[str, tuple[Callable[..., Expr], int, int]] = MappingProxyType(
    {
        "sqrt": (sympy.sqrt, 1, 1),
        "exp": (sympy.exp, 1, 1),
        "log": (sympy.log, 1, 1),
        "ln": (sympy.log, 1, 1),
        "abs": (sympy.Abs, 1, 1),
        "sign": (sympy.sign, 1, 1),
        "sin": (sympy.sin, 1, 1),
        "cos": (sympy.cos, 1, 1),
        "tanh": (sympy.tanh, 1, 1),
        "floor": (sympy.floor, 1, 1),
        "factorial": (sympy.factorial, 1, 1),
        "min": (least_of, 1, 12),
        "max": (greatest_of, 1, 12),
        "sum": (sum_of, 4, 4),
        "product": (product_of, 4, 4),
        "norm": (norm, 1, 1),
        "kth_largest_abs": (kth_largest_abs, 2, 2),
    }
)
"""Every function that a text may call, with its least and greatest number of arguments."""
