"""Statements that a table of runs decides: which rows, which column, and the relation that is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sympy import Poly, Rational
from sympy.core.relational import Relational

from convergence.claims.documents import RunsTable, at
from convergence.claims.statements import Aspect, Empirical, Runs
from convergence.errors import ClaimError, nearest
from convergence.expressions import parse_relation, symbol

FIRST, SECOND = symbol("first"), symbol("second")


def read_runs(value: str | RunsTable, path: str) -> Empirical:
    """The statement of an ``empirical`` key.

    Args:
        value: what would decide it, or the table of runs.
        path: the claim file, from which the table's place is meant.

    Raises:
        ClaimError: for a relation that is not linear in ``first`` and ``second``, or an unknown aspect.
    """
    if isinstance(value, str):
        return Empirical(value)
    with at("relation"):
        relations = parse_relation(value.relation, {name.name: name for name in (FIRST, SECOND)})
        for relation in relations:
            weights(relation)
        used = set().union(*(relation.free_symbols for relation in relations))
        if FIRST not in used or (SECOND in used) != (value.second is not None):
            raise ClaimError(f"expected a relation in first{' and second' if value.second else ''}: {value.relation}")
    if value.of not in list(Aspect):
        raise ClaimError(f"unknown aspect {value.of!r}{nearest(value.of, list(Aspect))}")
    runs = Runs(
        table=(Path(path).parent / value.runs).as_posix(),
        first=_texts(value.first),
        second=None if value.second is None else _texts(value.second),
        measure=value.measure,
        pairs=value.pairs,
        relations=relations,
        text=value.relation,
        aspect=Aspect(value.of),
        scale=value.scale,
    )
    return Empirical(value.needs, runs)


def weights(relation: Relational) -> tuple[Rational, Rational, Rational]:
    """The numbers (a, b, c) with which a relation says ``a*first + b*second + c <= 0``.

    Raises:
        ClaimError: if it is an equation, or not linear with rational numbers.
    """
    if relation.rel_op not in ("<", "<=", ">", ">="):
        raise ClaimError(f"expected <, <=, > or >=, found {relation.rel_op}; runs never show that means are equal")
    side = relation.lhs - relation.rhs if relation.rel_op in ("<", "<=") else relation.rhs - relation.lhs
    try:
        terms = dict(Poly(side, FIRST, SECOND).terms())
    except Exception:
        terms = {}
    linear = [terms.pop(powers, Rational(0)) for powers in ((1, 0), (0, 1), (0, 0))]
    if terms or not all(number.is_Rational for number in linear) or not any(linear[:2]):
        raise ClaimError(
            f"expected a relation that is linear in first and second, found {relation}; "
            "write 1 - first/second >= 0.2 as first <= 0.8*second"
        )
    return linear[0], linear[1], linear[2]


def runs_document(runs: Runs) -> dict[str, Any]:
    """The comparison as the table of a claim file."""
    table: dict[str, Any] = {"runs": runs.table, "first": dict(runs.first), "measure": runs.measure}
    optional = {"second": runs.second and dict(runs.second), "pairs": runs.pairs, "scale": runs.scale}
    table |= {key: value for key, value in optional.items() if value}
    return table | {"relation": runs.text, "of": runs.aspect.value}


def runs_sentence(runs: Runs) -> str:
    """The comparison in words, such as ``mean of epochs: first < second, where first is method amvt, ...``."""
    roles = [("first", runs.first), ("second", runs.second)]
    who = " and ".join(f"{role} is {rows(table)}" for role, table in roles if table is not None)
    where = f" ({runs.scale})" if runs.scale else ""
    return f"{runs.aspect} of {runs.measure} over runs{where}: {runs.text}, where {who}"


def rows(selection: Mapping[str, str]) -> str:
    """A selection of rows in words."""
    return ", ".join(f"{column} {value}" for column, value in selection.items())


def _texts(selection: Mapping[str, str | int | float]) -> dict[str, str]:
    if not selection:
        raise ClaimError('expected which rows a method has, such as { method = "adam" }, found none')
    return {column: str(value) for column, value in selection.items()}
