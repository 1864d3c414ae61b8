"""From the solver's numbers to exact ones: multipliers for an upper value, points for a lower one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np
from flint import fmpq

from convergence.certificates.duals import balances, value_of
from convergence.certificates.estimation import Form, Program
from convergence.errors import CertificateRejected
from convergence.worst_case.chained import chained
from convergence.worst_case.program import Solution, descending, maximise, neighbouring, number, rows

SPREADS = (1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)
"""How far inside the multipliers are kept, closest to the optimum first."""

LONG = 24
"""Points from which on only conditions between neighbours are used: the value may then be above the worst case."""

_SMALL = (60, 1_000, 20_000)
_COMMON = 2**50
_ZERO, _CLOSE, _SHARP = 1e-6, 1e-8, 1e-12

Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upper:
    """A value that the measure never exceeds, in one reading, with the multipliers that prove it."""

    value: fmpq
    proof: Mapping[str, Any]


def upper(program: Program, reading: Sequence[Form], unit: float) -> Upper | None:
    """The least value found that rational multipliers prove; None if there are none.

    Args:
        program: the run and its class.
        reading: the forms of which the measure is the least.
        unit: a rough size of the measure.
    """
    if program.count > LONG:
        return next(_along_chain(program, reading, unit), None)
    best = maximise(rows(program, reading, unit))
    if best is None:
        return None
    least: Upper | None = None
    for found in chain(_simple(program, reading, unit), _inside(program, reading, unit)):
        if least is None or found.value < least.value:
            least = found
        if number(least.value) <= best.optimum * (1 + _CLOSE):
            break
    return least


def _simple(program: Program, reading: Sequence[Form], unit: float) -> Iterator[Upper]:
    """The fractions with small denominators next to optimal multipliers, which often are such; first on few pairs."""
    for pairs in (descending(program), neighbouring(program), program.pairs):
        best = maximise(rows(program, reading, unit, pairs), tolerance=_SHARP)
        if best is None:
            continue
        rough = np.where(best.multipliers < _ZERO, 0.0, best.multipliers)
        for most in _SMALL:
            accepted = _accepted(program, reading, pairs, [_near(value, most) for value in rough])
            if accepted is not None:
                yield accepted


def _inside(program: Program, reading: Sequence[Form], unit: float) -> Iterator[Upper]:
    """Multipliers kept away from zero and from a singular residual, so that rounding does no harm."""
    table = rows(program, reading, unit)
    for spread in SPREADS:
        inside = maximise(table, spread, tolerance=_SHARP)
        if (accepted := _rounded(program, reading, program.pairs, inside)) is not None:
            yield accepted
            return


def _along_chain(program: Program, reading: Sequence[Form], unit: float) -> Iterator[Upper]:
    """The same with the conditions between neighbours only, for long runs."""
    for spread in SPREADS:
        inside = chained(program, reading, unit, spread)
        if (accepted := _rounded(program, reading, neighbouring(program), inside)) is not None:
            yield accepted


def _rounded(program: Program, reading: Sequence[Form], pairs: Pairs, found: Solution | None) -> Upper | None:
    if found is None:
        return None
    return _accepted(
        program, reading, pairs, [fmpq(max(0, round(value * _COMMON)), _COMMON) for value in found.multipliers]
    )


def _near(value: float, most: int) -> fmpq:
    near = Fraction(float(value)).limit_denominator(most)
    return fmpq(near.numerator, near.denominator)


def _accepted(program: Program, reading: Sequence[Form], pairs: Pairs, multipliers: Sequence[fmpq]) -> Upper | None:
    proof = _proof(program, reading, pairs, multipliers)
    try:
        return None if proof is None else Upper(value=value_of(program, reading, proof), proof=proof)
    except CertificateRejected:
        return None


def _proof(
    program: Program, reading: Sequence[Form], pairs: Pairs, multipliers: Sequence[fmpq]
) -> dict[str, Any] | None:
    """The multipliers with the forms' weights made to sum to 1, and the values made to cancel."""
    others = len(program.conditions)
    between = defaultdict(fmpq, zip(pairs, multipliers[: len(pairs)], strict=True))
    conditions = dict(enumerate(multipliers[len(pairs) : len(pairs) + others]))
    forms = list(multipliers[len(pairs) + others :])
    forms[-1] += 1 - sum(forms, start=fmpq(0))
    weighted = [*zip(forms, reading, strict=True), *((conditions[m], program.conditions[m]) for m in conditions)]
    if forms[-1] < 0 or not _repair(program, between, conditions, balances(program, between, weighted)):
        return None
    return {
        "pairs": [[i, j, str(value)] for (i, j), value in between.items() if value],
        "conditions": [[place, str(value)] for place, value in conditions.items() if value],
        "forms": [str(value) for value in forms],
    }


def _repair(
    program: Program, between: dict[tuple[int, int], fmpq], conditions: dict[int, fmpq], rests: Sequence[fmpq]
) -> bool:
    """Make every value cancel: through the minimiser, else through the infimum and the limit on the start's value."""
    if program.family.has_minimiser:
        star = program.count
        for place, rest in enumerate(rests):
            pair = (place, star) if rest < 0 else (star, place)
            between[pair] += abs(rest)
        return True
    floors = {form.values[0][0]: m for m, form in enumerate(program.conditions) if _is(form, 1)}
    tops = {form.values[0][0]: m for m, form in enumerate(program.conditions) if _is(form, -1) and form.constant}
    if not tops:
        return not any(rest > 0 for rest in rests) and _lift(conditions, floors, rests)
    start, top = next(iter(tops.items()))
    moved = [fmpq(0) if place == start else max(rest, fmpq(0)) for place, rest in enumerate(rests)]
    for place, rest in enumerate(moved):
        if rest:
            between[start, place] += rest
    left = [rest - away for rest, away in zip(rests, moved, strict=True)]
    left[start] += sum(moved, start=fmpq(0))
    conditions[top] += max(left[start], fmpq(0))
    left[start] = min(left[start], fmpq(0))
    return _lift(conditions, floors, left)


def _is(form: Form, sign: int) -> bool:
    return len(form.values) == 1 and form.values[0][1] == sign


def _lift(conditions: dict[int, fmpq], floors: Mapping[int, int], rests: Sequence[fmpq]) -> bool:
    for place, rest in enumerate(rests):
        if rest:
            conditions[floors[place]] -= rest
    return True
