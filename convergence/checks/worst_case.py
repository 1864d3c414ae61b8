"""Bounds of linear methods against the hardest convex function of their class, found by semidefinite programming.

The solver only proposes. A bound is refuted by a rational instance that the trusted core accepts; a bound that no step
count tried exceeds stays undecided, with the solver's worst cases as figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from itertools import product
from typing import Any

from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence import worst_case as hard
from convergence.certificates import check as certified
from convergence.certificates import exact
from convergence.certificates.iteration import Method, read_method
from convergence.checks.resources import Budget, Resources
from convergence.claims.claim import Claim, Declared
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.statements import Bound
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS, Domain
from convergence.verdicts import Tightness, Verdict

MEASURES = {
    "gap": ("gap", 1),
    "distance": ("squared_distance", 2),
    "squared_distance": ("squared_distance", 1),
    "gradient_norm": ("squared_gradient_norm", 2),
    "squared_gradient_norm": ("squared_gradient_norm", 1),
}
"""What the program maximises for each measure, and the power of the measure that this is."""

UNDERSTOOD = frozenset(
    {"convex", "strongly_convex", "smooth", "lipschitz", "bounded_below", "initial_distance", "initial_gap"}
    | {"deterministic", "unbiased", "bounded_variance", "bounded_gradients"}
)
STEPS = {Budget.QUICK: (1, 2, 3, 4, 6), Budget.FULL: (1, 2, 3, 4, 5, 7, 9, 12, 16)}
ASSIGNMENTS = {Budget.QUICK: 6, Budget.FULL: 24}
MARGIN = 1e-5

Values = Mapping[Symbol, fmpq]


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Look for a function of the class that violates the claimed bound."""
    if not _is_ours(claim):
        return None
    document = to_document(claim)
    method = read_method(document["method"], document)
    if not hard.is_linear(method):
        return None
    trials: list[_Trial] = []
    for values in _assignments(claim, ASSIGNMENTS[resources.budget]):
        for steps in STEPS[resources.budget]:
            trial = _tried(claim, method, values, steps)
            if trial is None:
                continue
            trials.append(trial)
            if trial.ratio > 1 + MARGIN and (witness := _witness(claim, document, method, trial)) is not None:
                return _refutation(claim, trial, witness)
    return _nothing_found(trials)


def _is_ours(claim: Claim) -> bool:
    named = {hypothesis.name for hypothesis in claim.given if isinstance(hypothesis, Hypothesis)}
    return (
        isinstance(claim.statement, Bound)
        and claim.method is not None
        and claim.problem is None
        and claim.measure in MEASURES
        and named <= UNDERSTOOD
        and bool(named & {"convex", "strongly_convex"})
        and bool(named & {"initial_distance", "initial_gap"})
        and not ("smooth" in named and named & {"lipschitz", "bounded_gradients"})
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One step count at one assignment: the program, its value over the claimed bound, and the bound."""

    values: Values
    steps: int
    setting: hard.Setting
    bound: float
    ratio: float


def _tried(claim: Claim, method: Method, values: Values, steps: int) -> _Trial | None:
    known = {**values, COUNTERS["k"]: fmpq(steps), COUNTERS["T"]: fmpq(steps), COUNTERS["t"]: fmpq(steps)}
    kind, power = MEASURES[claim.measure or ""]
    assert isinstance(claim.statement, Bound)
    try:
        bound = float(exact.ball(claim.statement.value, known, 128).mid())
        if bound <= 0:
            return None
        setting = hard.Setting(
            run=hard.unrolled(method, known, steps),
            family=_family(claim, values),
            start=hard.Start(
                distance=_constant(claim, "initial_distance", values), gap=_constant(claim, "initial_gap", values)
            ),
            measure=kind,
            expected=bound**power,
        )
    except CertificateRejected:
        return None
    found = hard.hardest(setting)
    if found is None or found <= 0:
        return None
    return _Trial(values=values, steps=steps, setting=setting, bound=bound, ratio=float(found ** (1 / power) / bound))


def _family(claim: Claim, values: Values) -> hard.FunctionClass:
    slope = _constant(claim, "lipschitz", values)
    return hard.FunctionClass(
        strong_convexity=_constant(claim, "strongly_convex", values) or 0.0,
        smoothness=_constant(claim, "smooth", values),
        lipschitz=_constant(claim, "bounded_gradients", values) if slope is None else slope,
    )


def _constant(claim: Claim, name: str, values: Values) -> float | None:
    argument = claim.constant(name)
    return None if argument is None else _number(exact.rational(argument, values))


def _number(value: fmpq) -> float:
    return float(Rational(int(value.p), int(value.q)))


# --- assignments of numbers to the claim's symbols


def _assignments(claim: Claim, most: int) -> Iterator[Values]:
    """Numbers for every symbol, in their domains and ranges, that satisfy the relations and give a class."""
    used = [entry for entry in claim.symbols.values() if entry.symbol in _free(claim)]
    found = 0
    choices = [tuple(enumerate(_choices(entry))) for entry in used]
    for ranked in sorted(product(*choices), key=lambda choice: sum(rank for rank, _ in choice)):
        choice = [number for _, number in ranked]
        values = {entry.symbol: exact.to_fmpq(number) for entry, number in zip(used, choice, strict=True)}
        if found < most and _is_admissible(claim, values):
            found += 1
            yield values


def _free(claim: Claim) -> set[Symbol]:
    assert isinstance(claim.statement, Bound) and claim.method is not None
    expressions: list[Expr] = [claim.statement.value]
    expressions += [part for item in claim.given if isinstance(item, Hypothesis) for part in item.arguments]
    found = set().union(*(expression.free_symbols for expression in expressions))
    return found | set(claim.method.given) | set().union(*(relation.free_symbols for relation in claim.relations))


def _choices(entry: Declared) -> Sequence[Rational]:
    squares = (Rational(1), Rational(4), Rational(1, 4))  # steps such as 1/sqrt(L) stay rational
    if entry.range is not None:
        low, high = entry.range
        return tuple(dict.fromkeys((*(s for s in squares if low <= s <= high), high, low, (low + high) / 2)))
    match entry.domain:
        case Domain.NATURAL | Domain.INTEGER:
            return (Rational(1), Rational(2), Rational(5))
        case Domain.UNIT | Domain.FRACTION:
            return (Rational(1, 2), Rational(9, 10))
    return (*squares[:1], Rational(1, 10), *squares[1:])


def _is_admissible(claim: Claim, values: Values) -> bool:
    try:
        related = all(exact.holds(r, values) for r in claim.relations if r.free_symbols <= set(values))
        mu, L = _constant(claim, "strongly_convex", values), _constant(claim, "smooth", values)
    except CertificateRejected:
        return False
    return related and (L is None or (mu or 0.0) < L)


# --- answers


def _witness(claim: Claim, document: Mapping[str, Any], method: Method, trial: _Trial) -> Mapping[str, Any] | None:
    """The coarsest rational instance that the trusted core accepts, or None."""
    power = MEASURES[claim.measure or ""][1]
    target = (trial.bound * (1 + (trial.ratio - 1) / 2)) ** power
    known = {**trial.values, COUNTERS["t"]: fmpq(trial.steps), COUNTERS["T"]: fmpq(trial.steps)}
    values = {name.name: str(value) for name, value in trial.values.items()}
    if any(COUNTERS["T"] in expression.free_symbols for expression in _counted(claim)):
        values["T"] = str(trial.steps)
    for instance, start in hard.proposals(trial.setting, target, method, known):
        table = instance | _class_of(claim, trial.values)
        witness = {"values": values, "instance": table, "start": start, "k": trial.steps, "precision": 0}
        try:
            certified(document, "trajectory", witness)
        except CertificateRejected:
            continue
        return witness
    return None


def _counted(claim: Claim) -> tuple[Expr, ...]:
    assert isinstance(claim.statement, Bound) and claim.method is not None
    return (claim.statement.value, *claim.method.parameters.values(), *claim.method.update.values())


def _class_of(claim: Claim, values: Values) -> dict[str, Any]:
    mu, L = claim.constant("strongly_convex"), claim.constant("smooth")
    return {
        "strong_convexity": "0" if mu is None else str(exact.rational(mu, values)),
        "smoothness": None if L is None else str(exact.rational(L, values)),
    }


def _refutation(claim: Claim, trial: _Trial, witness: Mapping[str, Any]) -> Evidence:
    shown = ", ".join(f"{name} = {value}" for name, value in trial.values.items())
    return Evidence(
        route="worst_case",
        verdict=Verdict.REFUTED,
        reason=f"after k = {trial.steps} steps with {shown} the hardest function of the class exceeds the bound "
        f"{trial.bound:.6g} by the factor {trial.ratio:.6g}",
        figures={
            "k": trial.steps,
            **{str(name): str(value) for name, value in trial.values.items()},
            "claimed bound": trial.bound,
            "worst case over the bound (solver)": trial.ratio,
            "start": _point(witness["start"]),
            **{
                f"point {place}": f"x = {_point(row['x'])}, gradient {_point(row['g'])}, f - f* = {_decimal(row['f'])}"
                for place, row in enumerate(witness["instance"]["triples"], start=1)
            },
        },
        certificate=Certificate(kind="trajectory", witness=witness),
    )


def _point(coordinates: Sequence[str]) -> str:
    return f"({', '.join(map(_decimal, coordinates))})"


def _decimal(number: str) -> str:
    """A rational as a finite decimal, if it is one."""
    value = Fraction(number)
    digits = Context(prec=60, traps=[Inexact])
    try:
        return str(digits.divide(Decimal(value.numerator), Decimal(value.denominator)))
    except Inexact:
        return number


def _nothing_found(trials: Sequence[_Trial]) -> Evidence | None:
    if not trials:
        return None
    worst = max(trials, key=lambda trial: trial.ratio)
    steps = ", ".join(str(count) for count in sorted({trial.steps for trial in trials}))
    if worst.ratio > 1 + MARGIN:
        reason = f"the solver finds a violation by the factor {worst.ratio:.6g} at k = {worst.steps}, not made exact"
    else:
        reason = (
            f"the hardest functions of the class stay within the bound for k = {steps} "
            f"(closest: {worst.ratio:.6f} of it at k = {worst.steps}); not a proof for all k"
        )
    return Evidence(
        route="worst_case",
        verdict=Verdict.UNDECIDED,
        reason=reason,
        figures={"closest to the bound": worst.ratio, "at k": worst.steps, "programs solved": len(trials)},
        tightness=Tightness.TIGHT if 0.9999 < worst.ratio <= 1 + MARGIN else Tightness.UNKNOWN,
        decisive="a proof for every k",
    )
