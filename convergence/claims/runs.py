"""Statements that a table of runs decides: which rows, which column, and the relation that is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from sympy import Poly, PolynomialError, Rational
from sympy.core.relational import Relational

from convergence.claims.documents import RunsTable, at
from convergence.claims.statements import Aspect, Empirical, Runs, Take
from convergence.errors import ClaimError, nearest
from convergence.expressions import names_in, parse_relation, symbol, to_text

FIRST, SECOND = symbol("first"), symbol("second")
SMALLEST = Rational(1, 10**30)


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
    take = _word(Take, value.take)
    if value.pairs is None and take is not Take.ONLY:
        raise ClaimError(f"take = {value.take!r} needs pairs, the column that tells one run's rows from another's")
    if (value.until is not None) is not (take is Take.FIRST):
        raise ClaimError('expected until = "column >= number" with take = "first", and without it neither')
    runs = Runs(
        table=(Path(path).parent / value.runs).as_posix(),
        first=_texts(value.first),
        second=None if value.second is None else _texts(value.second),
        measure=value.measure,
        pairs=value.pairs,
        relations=relations,
        text=value.relation,
        aspect=_word(Aspect, value.of),
        scale=value.scale,
        take=take,
        until=None if value.until is None else _condition(value.until),
    )
    return Empirical(value.needs, runs)


Word = TypeVar("Word", bound=StrEnum)


def _word(kind: type[Word], value: str) -> Word:
    if value not in list(kind):
        raise ClaimError(f"unknown word {value!r}{nearest(value, list(kind))}")
    return kind(value)


def _condition(text: str) -> Relational:
    """A column against a number."""
    names = names_in(text)
    relations = parse_relation(text, {name: symbol(name) for name in names})
    sides = (relations[0].lhs, relations[0].rhs)
    if len(names) != 1 or len(relations) != 1 or not sides[0].is_Symbol or not sides[1].is_Rational:
        raise ClaimError(f'expected a column against a number, such as "accuracy >= 0.9", found {text!r}')
    return relations[0]


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
    except PolynomialError:
        terms = {}
    linear = [terms.pop(powers, Rational(0)) for powers in ((1, 0), (0, 1), (0, 0))]
    if not all(number == 0 or SMALLEST <= abs(number) <= 1 / SMALLEST for number in linear if number.is_Rational):
        raise ClaimError(f"expected numbers between 1e-30 and 1e30, found {relation}")
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
    if runs.until is not None:
        table["until"] = to_text(runs.until)
    return table | {"relation": runs.text, "of": runs.aspect.value, "take": runs.take.value}


def runs_sentence(runs: Runs) -> str:
    """The comparison in words, such as ``mean of epochs: first < second, where first is method amvt, ...``."""
    roles = [("first", runs.first), ("second", runs.second)]
    who = " and ".join(f"{role} is {rows(table)}" for role, table in roles if table is not None)
    where = f" ({runs.scale})" if runs.scale else ""
    return f"{runs.aspect} of {measured(runs)} over runs{where}: {runs.text}, where {who}"


def measured(runs: Runs) -> str:
    """What is measured of a run, in words."""
    if runs.until is not None:
        return f"{runs.measure} when first {to_text(runs.until)}"
    return runs.measure if runs.take is Take.ONLY else f"the run's {runs.take} {runs.measure}"


def rows(selection: Mapping[str, str]) -> str:
    """A selection of rows in words."""
    return ", ".join(f"{column} {value}" for column, value in selection.items())


def _texts(selection: Mapping[str, str | int | float]) -> dict[str, str]:
    if not selection:
        raise ClaimError('expected which rows a method has, such as { method = "adam" }, found none')
    return {column: str(value) for column, value in selection.items()}
