"""The language of points, gradients and expectations: vectors, the functions of them, and which goes where.

A vector is a SymPy symbol of its own class, so that sums and multiples are SymPy's. What would make no sense for
vectors (a product of two, a comparison with a number) is refused on the syntax tree, before SymPy sees it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import sympy
from sympy import Basic, Expr, Function, Symbol

from convergence.errors import ClaimError


class Vector(Symbol):  # type: ignore[misc]
    """A vector of any dimension, the same for all vectors of a claim."""


class RandomVector(Vector):
    """A vector that is drawn at random."""


class Minimiser(Vector):
    """A point where the claim's function is least."""


class f(Function):  # type: ignore[misc]  # noqa: N801
    """The value of the claim's function at a point."""

    nargs = 1
    is_real = True


class grad(Function):  # type: ignore[misc]  # noqa: N801
    """The gradient of the claim's function at a point; where it has none and is convex, a subgradient."""

    nargs = 1


class dot(Function):  # type: ignore[misc]  # noqa: N801
    """The inner product of two vectors."""

    nargs = 2
    is_real = True

    @classmethod
    def eval(cls, first: Expr, second: Expr) -> Expr | None:
        """0 if a vector is 0."""
        return sympy.S.Zero if first.is_zero or second.is_zero else None


class E(Function):  # type: ignore[misc]
    """The expectation over all random vectors of a claim."""

    nargs = 1

    @classmethod
    def eval(cls, value: Expr) -> Expr | None:
        """A number is its own expectation."""
        return value if value.is_number else None


VECTOR_FUNCTIONS: Mapping[str, tuple[type[Function], int, int]] = MappingProxyType(
    {"f": (f, 1, 1), "grad": (grad, 1, 1), "dot": (dot, 2, 2), "E": (E, 1, 1)}
)
"""What a text may call where vectors are declared; elsewhere these are ordinary names."""


def has_vectors(expression: Basic) -> bool:
    """Whether an expression or relation speaks of vectors or of the claim's function."""
    return bool(expression.has(Vector, f, grad, dot, E))


# --- which goes where


@dataclass(frozen=True, slots=True)
class Kind:
    """What a part of a text is: a vector or a number, random or not. A literal 0 may stand for either."""

    is_vector: bool = False
    is_random: bool = False
    is_zero: bool = False

    def __str__(self) -> str:
        """In words."""
        return ("random " if self.is_random else "") + ("vector" if self.is_vector else "number")


def require_kinds(tree: ast.expr, symbols: Mapping[str, Symbol]) -> None:
    """Check that vectors and numbers stand where they may, all over a text.

    Raises:
        ClaimError: for the first part that is not what its place needs, with what was found.
    """
    if not isinstance(tree, ast.Compare):
        _require(tree, _kind(tree, symbols), vector=False, place="here")
        return
    sides = [(side, _kind(side, symbols)) for side in (tree.left, *tree.comparators)]
    for (left, first), operator, (right, second) in zip(sides, tree.ops, sides[1:], strict=False):
        _require_alike(left, first, right, second, "compared")
        if first.is_vector or second.is_vector:
            _require_equation(left, first, operator, right, second)


def _require_equation(left: ast.expr, first: Kind, operator: ast.cmpop, right: ast.expr, second: Kind) -> None:
    if not isinstance(operator, ast.Eq):
        raise ClaimError(f"vectors can only be equal (==), found {_text(left)} and {_text(right)} in an inequality")
    if first.is_random != second.is_random and not (first.is_zero or second.is_zero):
        fixed, drawn = (right, left) if first.is_random else (left, right)
        raise ClaimError(f'{_text(drawn)} is random and {_text(fixed)} is not: declare it as "random vector"')


def _kind(node: ast.expr, symbols: Mapping[str, Symbol]) -> Kind:
    match node:
        case ast.Constant():
            return Kind(is_zero=node.value == 0)
        case ast.Name(id=name):
            found = symbols.get(name)
            return Kind(isinstance(found, Vector), isinstance(found, RandomVector))
        case ast.UnaryOp(operand=operand):
            return _kind(operand, symbols)
        case ast.BinOp():
            return _kind_of_operation(node, symbols)
        case ast.Call(func=ast.Name(id=name)):
            return _kind_of_call(name, node.args, symbols)
    return Kind()


def _kind_of_operation(node: ast.BinOp, symbols: Mapping[str, Symbol]) -> Kind:
    left, right = _kind(node.left, symbols), _kind(node.right, symbols)
    both = Kind(left.is_vector or right.is_vector, left.is_random or right.is_random)
    match node.op:
        case ast.Add() | ast.Sub():
            _require_alike(node.left, left, node.right, right, "added")
            return replace(both, is_zero=left.is_zero and right.is_zero)
        case ast.Mult():
            if left.is_vector and right.is_vector:
                pair = f"{_text(node.left)} and {_text(node.right)}"
                raise ClaimError(f"{pair} are vectors: write dot(u, v) for their inner product")
        case ast.Div():
            _require(node.right, right, vector=False, place="as a divisor")
        case ast.Pow():
            _require(node.left, left, vector=False, place="as a base (write norm(u)**2 for a squared norm)")
            _require(node.right, right, vector=False, place="as an exponent")
    return both


def _kind_of_call(name: str, arguments: list[ast.expr], symbols: Mapping[str, Symbol]) -> Kind:
    kinds = [_kind(argument, symbols) for argument in arguments]
    random = any(kind.is_random for kind in kinds)
    if name == "E" and len(kinds) == 1:
        return replace(kinds[0], is_random=False)
    takes_vectors = name in ("f", "grad", "dot", "norm")
    for argument, kind in zip(arguments, kinds, strict=True):
        _require(argument, kind, vector=takes_vectors, place=f"in {name}(...)")
    return Kind(name == "grad", random)


def _require(node: ast.expr, kind: Kind, *, vector: bool, place: str) -> None:
    if kind.is_vector != vector and not (vector and kind.is_zero):
        expected, found = ("a vector", "a number") if vector else ("a number", "a vector")
        raise ClaimError(f"expected {expected} {place}, found {_text(node)}, which is {found}")


def _require_alike(left: ast.expr, first: Kind, right: ast.expr, second: Kind, done: str) -> None:
    if first.is_vector != second.is_vector and not (first.is_zero or second.is_zero):
        vector, number = (left, right) if first.is_vector else (right, left)
        raise ClaimError(f"a vector and a number cannot be {done}: {_text(vector)} is a vector, {_text(number)} is not")


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return repr(text if len(text) <= 40 else text[:37] + "...")
