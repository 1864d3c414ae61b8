"""A quick look at a proposal in floating point, so that the exact core is asked only about what may be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Symbol

from convergence.certificates.gram import Form, Product, constant
from convergence.certificates.potential import Inequality, Proof, proofs
from convergence.certificates.signs import Facts
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

POINTS = 5
TRIALS = 400
TOLERANCE = 1e-7
STEPS = (1, 2, 3, 5, 9, 20, 150)

Values = dict[Symbol, float]


def plausible(document: Mapping[str, Any], witness: Mapping[str, Any]) -> bool:
    """Whether no inequality of the proposal fails at a few values of its symbols."""
    try:
        return all(_holds(item) for proof in proofs(document, witness) for item in _inequalities(proof))
    except (CertificateRejected, ArithmeticError, TypeError, ValueError):
        return False


def _inequalities(proof: Proof) -> Iterator[Inequality]:
    if not proof.recursion:
        own, claimed = proof.bounds()
        yield Inequality(goal=constant(claimed - own), parts=(), facts=proof.facts)
    yield from proof.inequalities()


def _holds(item: Inequality) -> bool:
    numbers: list[Expr] = [*item.goal.terms.values()]
    for factor, fact in item.parts:
        numbers += [factor, *fact.terms.values()]
    numbers = [item.facts.apply(sympy.sympify(value)) for value in numbers]
    if any(value.has(sympy.zoo, sympy.nan, sympy.oo) for value in numbers):
        return False
    symbols = sorted(set().union(*(value.free_symbols for value in numbers)), key=str)
    evaluate = sympy.lambdify(symbols, numbers, "numpy")
    for values in _sampled(item.facts, tuple(symbols)):
        with np.errstate(all="ignore"):
            found = [complex(value) for value in evaluate(*(values[name] for name in symbols))]
        if any(value.imag != 0 or not np.isfinite(value.real) for value in found):
            return False
        if not _combines(item, [value.real for value in found]):
            return False
    return True


def _combines(item: Inequality, numbers: Sequence[float]) -> bool:
    """Multipliers, what is left of values and constants, and the least eigenvalue, relative to the largest term."""
    rest: dict[Product, float] = {}
    size: dict[Product, float] = {}
    place = 0

    def take(form: Form, factor: float) -> None:
        nonlocal place
        for key in form.terms:
            rest[key] = rest.get(key, 0.0) + factor * numbers[place]
            size[key] = size.get(key, 0.0) + abs(factor * numbers[place])
            place += 1

    take(item.goal, 1.0)
    for _, fact in item.parts:
        factor = numbers[place]
        place += 1
        if factor < -TOLERANCE * max(map(abs, numbers)):
            return False
        take(fact, -factor)
    linear = all(abs(rest[key]) <= TOLERANCE * size[key] for key in rest if len(key) == 1)
    return linear and rest.get((), 0.0) >= -TOLERANCE * size.get((), 0.0) and _is_semidefinite(rest, size)


def _is_semidefinite(rest: Mapping[Product, float], size: Mapping[Product, float]) -> bool:
    names = sorted({name for key in rest if len(key) == 2 for name in key})
    matrix: NDArray[np.float64] = np.zeros((len(names), len(names)))
    scale = np.full(len(names), 1e-9 * max(size.values(), default=1.0) + 1e-300)
    for key, value in rest.items():
        if len(key) == 2:
            i, j = names.index(key[0]), names.index(key[1])
            matrix[i, j] += value / 2
            matrix[j, i] += value / 2
            if i == j:
                scale[i] = max(size[key], scale[i])
    weights = 1 / np.sqrt(scale)
    return not names or bool(np.linalg.eigvalsh(matrix * np.outer(weights, weights))[0] >= -TOLERANCE * len(names))


def _sampled(facts: Facts, symbols: tuple[Symbol, ...]) -> Iterator[Values]:
    """Values that satisfy the facts, in the same order every time."""
    rows = tuple(facts.constraints)
    names = tuple(sorted({*symbols, *(name for row, _ in rows for name in row.free_symbols)}, key=str))
    yield from _points(rows, names)


@cache
def _points(rows: tuple[tuple[Expr, bool], ...], names: tuple[Symbol, ...]) -> list[Values]:
    random = Random(1)
    conditions = sympy.lambdify(names, [row for row, _ in rows], "numpy") if rows else None
    counters = set(COUNTERS.values())
    found: list[Values] = []
    for _ in range(TRIALS):
        values = {name: _drawn(name, name in counters, random) for name in names}
        with np.errstate(all="ignore"):
            met = conditions is None or all(
                value > 0 or (value == 0 and not strict)
                for value, (_, strict) in zip(conditions(*values.values()), rows, strict=True)
            )
        if met:
            found.append(values)
        if len(found) == POINTS:
            break
    return found


def _drawn(name: Symbol, counter: bool, random: Random) -> float:
    if counter:
        return float(random.choice(STEPS))
    size = float(np.exp(random.uniform(-1.5, 1.5)))
    if name.is_integer:
        return float(np.ceil(size))
    return size if name.is_nonnegative else size * random.choice((-1.0, 1.0))
