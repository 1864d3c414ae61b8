"""What the search for worst cases found, as evidence for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from flint import fmpq
from sympy import Symbol

from convergence.certificates.estimation import Program
from convergence.evidence import Certificate, Evidence, Series
from convergence.verdicts import Tightness, Verdict
from convergence.worst_case import number

TIGHT, LOOSE, CLOSE, ROUNDING = 0.9999, 0.99, 1e-5, 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One step count at one choice of the symbols: the program, and the solver's worst case over the claimed bound.

    `whole` says whether the program covers the class, and not only a part of it for which conditions are known.
    """

    values: Mapping[Symbol, fmpq]
    steps: int
    posed: Program
    bound: float
    ratio: float
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """Exact values of the worst case after some steps.

    Attributes:
        upper: what the measure's power never exceeds, by accepted multipliers.
        lower: what the measure of an accepted instance is at least, if one was found.
        bound: the claimed bound.
        power: the power of the measure that `upper` is about.
        proof: the multipliers, as the core reads them.
    """

    values: Mapping[Symbol, fmpq]
    steps: int
    upper: fmpq
    lower: float | None
    bound: float
    power: int
    proof: Mapping[str, Any]

    @property
    def most(self) -> float:
        """What the measure never exceeds."""
        return float(number(self.upper) ** (1 / self.power))

    @property
    def shown(self) -> str:
        """Both values and the share of the claimed bound."""
        exactly = f" = {self.upper}" if self.power == 1 and len(str(self.upper)) < 16 else ""
        low = "" if self.lower is None else f"at least {self.lower:.9g}, "
        return f"{low}at most {self.most:.9g}{exactly} ({self.most / self.bound:.7f} of the bound)"


def of_instance(trial: Trial, witness: Mapping[str, Any], nearby: Sequence[Trial]) -> Evidence:
    """A bound refuted by a function through the points of the witness; `nearby` are other step counts, for a plot."""
    shown = ", ".join(f"{name} = {value}" for name, value in trial.values.items())
    errors = witness.get("errors", [])
    return Evidence(
        route="worst_case",
        verdict=Verdict.REFUTED,
        reason=f"after k = {trial.steps} steps{' with ' if shown else ''}{shown} the hardest function of the class "
        f"exceeds the bound {trial.bound:.6g} by the factor {trial.ratio:.6g}",
        figures={
            "k": trial.steps,
            **{str(name): str(value) for name, value in trial.values.items()},
            "claimed bound": trial.bound,
            "worst case over the bound (solver)": trial.ratio,
            "start": _point(witness["start"]),
            **{
                f"point {place}": f"{_place(row)}gradient {_point(row['g'])}, f - f* = {_decimal(row['f'])}"
                for place, row in enumerate(witness["instance"]["triples"], start=1)
            },
            **{f"error of gradient {place}": _point(error) for place, error in enumerate(errors, start=1)},
        },
        certificate=Certificate(kind="trajectory", witness=witness),
        series=_curves([(one.steps, one.ratio * one.bound, one.bound) for one in nearby], "hardest function (solver)"),
    )


def of_multipliers(found: Sequence[Certified], witness: Mapping[str, Any]) -> Evidence:
    """A bound proved for every number of steps that the claim is about."""
    closest = max(found, key=lambda one: one.most / one.bound)
    ratio = closest.most / closest.bound
    steps = f"k = {found[0].steps}" if len(found) == 1 else f"k = {found[0].steps} to {found[-1].steps}"
    return Evidence(
        route="worst_case",
        verdict=Verdict.PROVED,
        reason=f"multipliers of the class's conditions prove the bound for {steps} (closest: {ratio:.7f} of it)",
        figures={"programs": len(found), **{f"worst case at k = {one.steps}": one.shown for one in found}},
        certificate=Certificate(kind="duals", witness=witness),
        tightness=Tightness.TIGHT if ratio > TIGHT else Tightness.LOOSE if ratio < LOOSE else Tightness.UNKNOWN,
        better=f"{ceil(1000 * ratio) / 1000:g} of the bound holds for these steps" if ratio < LOOSE else "",
    )


def of_values(trials: Sequence[Trial], found: Sequence[Certified], finite: bool) -> Evidence:
    """No verdict: how close the hardest functions come, with exact values after the first steps."""
    worst = max(trials, key=lambda trial: trial.ratio, default=None)
    ratio = 0.0 if worst is None else worst.ratio
    return Evidence(
        route="worst_case",
        verdict=Verdict.UNDECIDED,
        reason=_words(trials, found),
        figures={
            **({} if worst is None else {"closest to the bound": ratio, "at k": worst.steps}),
            "programs solved": len(trials),
            **{f"worst case at k = {one.steps}": one.shown for one in found},
            **_trend(found),
        },
        series=_curves([(one.steps, one.most, one.bound) for one in found], "hardest function (certified)"),
        tightness=Tightness.TIGHT if TIGHT < ratio <= 1 + CLOSE else Tightness.UNKNOWN,
        decisive="multipliers without rounding, in every reading of the measure" if finite else "a proof for every k",
    )


def _words(trials: Sequence[Trial], found: Sequence[Certified]) -> str:
    worst = max(trials, key=lambda trial: trial.ratio, default=None)
    if worst is None:
        return f"no condition is known that suffices for the class{_certified(found)}"
    if worst.ratio > 1 + CLOSE:
        return f"the solver finds a violation by the factor {worst.ratio:.6g} at k = {worst.steps}, not made exact"
    steps = ", ".join(str(count) for count in sorted({trial.steps for trial in trials}))
    hardest = "the hardest functions of the class" if worst.whole else "the hardest functions of a part of the class"
    return (
        f"{hardest} stay within the bound for k = {steps} "
        f"(closest: {worst.ratio:.6f} of it at k = {worst.steps}){_certified(found)}"
    )


def _certified(found: Sequence[Certified]) -> str:
    """For which step counts exact multipliers prove the bound, in words."""
    proved = [one.steps for one in found if one.most <= one.bound * (1 + ROUNDING)]
    if not proved:
        return "; not a proof for all k"
    shown = ", ".join(f"{name} = {value}" for name, value in found[0].values.items())
    return f"; certified for k = {', '.join(map(str, proved))}{' at ' if shown else ''}{shown}, not for all k"


def _trend(found: Sequence[Certified]) -> dict[str, str]:
    """How the share of the bound changes over the steps."""
    shares = [one.most / one.bound for one in found]
    if len(shares) < 3 or min(shares) <= 0:
        return {}
    steps = list(pairwise(shares))
    if all(abs(after / before - 1) < CLOSE for before, after in steps):
        return {"share of the bound": "constant over these steps"}
    if all(after < before for before, after in steps):
        return {"share of the bound": "falls with every step"}
    if all(after > before for before, after in steps):
        return {"share of the bound": "rises with every step"}
    return {"share of the bound": "rises and falls"}


def _curves(points: Sequence[tuple[int, float, float]], label: str) -> tuple[Series, ...]:
    """The worst case and the claimed bound, if there are two steps at least."""
    if len(points) < 2:
        return ()
    steps = tuple(float(count) for count, _, _ in points)
    return (
        Series(role="run", steps=steps, values=tuple(worst for _, worst, _ in points), label=label),
        Series(role="claimed", steps=steps, values=tuple(bound for _, _, bound in points), label="claimed bound"),
    )


def _place(row: Mapping[str, Any]) -> str:
    """The point of a triple, where it is rational."""
    return f"x = {_point(row['x'])}, " if "x" in row else ""


def _point(coordinates: Sequence[str]) -> str:
    return f"({', '.join(map(_decimal, coordinates))})"


def _decimal(text: str) -> str:
    """A rational as a finite decimal, if it is one."""
    value = Fraction(text)
    digits = Context(prec=60, traps=[Inexact])
    try:
        return str(digits.divide(Decimal(value.numerator), Decimal(value.denominator)))
    except Inexact:
        return text
