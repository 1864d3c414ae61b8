"""Methods that are linear in iterate, state and gradient, step by step with symbolic coefficients.

A method that commutes with translations may be studied with the minimiser at the origin: then iterates, states and
gradients are vectors, and one step maps them linearly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Integer, Symbol

from convergence.certificates.gram import Vector, vector
from convergence.certificates.iteration import STEP, THETA, G, Method
from convergence.certificates.polynomials import identical
from convergence.errors import CertificateRejected

Table = Mapping[Symbol, Vector]


def combination(value: Expr, table: Table) -> Vector:
    """An expression that is linear in the table's symbols, as a combination of their vectors.

    Raises:
        CertificateRejected: if it is not linear and homogeneous in them.
    """
    used = [name for name in table if value.has(name)]
    slopes = [value.diff(name) for name in used]
    if any(slope.has(*used) for slope in slopes):
        raise CertificateRejected(f"{value} is not linear in the iterate, the state and the gradient")
    rest = value - sum((slope * name for slope, name in zip(slopes, used, strict=True)), start=Integer(0))
    if not identical(sympy.expand(rest), Integer(0)):
        raise CertificateRejected(f"{value} has a part without iterate, state and gradient")
    total = Vector()
    for slope, name in zip(slopes, used, strict=True):
        total = total + slope * table[name]
    return Vector({name: number for name, part in total.parts.items() if (number := sympy.cancel(part)) != 0})


def word(name: Symbol) -> str:
    """How a certificate calls the iterate or a state."""
    return name.name.removeprefix("state ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a gradient is asked, and the state, the iterate among it, before or after a step."""

    query: Vector
    table: Table


def carried(method: Method) -> tuple[Symbol, ...]:
    """The iterate and the states."""
    return (THETA, *method.state)


def anywhere(method: Method) -> Table:
    """A state about which nothing is known: one basis vector for each of its parts."""
    return {name: vector(word(name)) for name in carried(method)}


def at_start(method: Method) -> Table:
    """The state before the first step, in terms of the start."""
    start = {THETA: vector(word(THETA))}
    return start | {name: combination(value.subs(STEP, 0), start) for name, value in method.state.items()}


def query(method: Method, table: Table, number: Expr) -> Vector:
    """Where step `number` asks for the gradient."""
    return combination(method.query.subs(STEP, number), table)


def stepped(method: Method, table: Table, gradient: Vector, number: Expr) -> Table:
    """The state after step `number` (1, 2, ...)."""
    running = {**table, G: gradient}
    for target, value in method.update.items():
        running[target] = combination(value.subs(STEP, number), running)
    return {name: running[name] for name in carried(method)}


def output(method: Method, table: Table, number: Expr) -> Vector:
    """What the method returns after step `number`."""
    return combination(method.output.subs(STEP, number), table)


def points(method: Method) -> tuple[Symbol, ...]:
    """The iterate, and the states that move with the start and so are points, too."""
    start = {THETA: vector("one")}
    moved = {name: combination(value.subs(STEP, 0), start) for name, value in method.state.items()}
    return (THETA, *(name for name, kind in moved.items() if kind.parts))


def require_equivariant(method: Method) -> None:
    """Reject a method that does not commute with translations.

    Every state is a point, which moves with the start, or a difference of points, which does not: its value before
    the first step says which.
    """
    start = {THETA: vector("one")}
    kinds = {name: combination(value.subs(STEP, 0), start) for name, value in method.state.items()}
    for name, kind in kinds.items():
        if kind.parts.get("one", Integer(0)) not in (0, 1):
            raise CertificateRejected(f"the state {word(name)} is neither a point nor a difference of points")
    table = {**start, **kinds}
    after = stepped(method, table, Vector(), STEP)
    points = [*((after[name], table[name]) for name in table)]
    points += [(query(method, table, STEP), start[THETA]), (output(method, after, STEP), start[THETA])]
    if not all(same(found, expected) for found, expected in points):
        raise CertificateRejected("the method does not commute with translations")


def is_plain(method: Method) -> bool:
    """Whether every step is ``theta - a*g`` with the gradient at the iterate, which is also the output."""
    if method.state or set(method.update) != {THETA}:
        return False
    table = anywhere(method)
    moved = stepped(method, table, vector("g"), STEP)[THETA] - table[THETA]
    return (
        set(moved.parts) <= {"g"}
        and same(query(method, table, STEP), table[THETA])
        and same(output(method, table, STEP), table[THETA])
    )


def same(first: Vector, second: Vector) -> bool:
    """Whether two combinations are identical."""
    return all(identical(number, Integer(0)) for number in (first - second).parts.values())
