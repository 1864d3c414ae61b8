"""Printed numbers: computations and comparisons, with every rounding allowed that the printed digits allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import fmpq
from sympy import Symbol

from convergence.certificates.comparison import always_false, always_true
from convergence.certificates.exact import ball
from convergence.certificates.intervals import Constraint, excluded, halves, printed_box, rounds_to
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Arithmetic, Comparison
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.printed import Printed
from convergence.verdicts import Verdict

MAX_POINTS = 400


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Whether the printed numbers of the claim agree with each other."""
    match claim.statement:
        case Arithmetic():
            return _arithmetic(claim.statement)
        case Comparison():
            return _comparison(claim.statement)
    return None


def _arithmetic(statement: Arithmetic) -> Evidence:
    constraints = [rounds_to(expression, statement.printed) for expression in statement.computed]
    box = printed_box(statement.inputs)
    try:
        shown, figures = _computation(statement)
        point = _satisfying_point(constraints, box)
        nothing = point is None and excluded(constraints, box)
    except CertificateRejected as error:
        return _undecided(", ".join(statement.texts), {}, str(error))
    if point is not None:
        values = {name.name: str(value) for name, value in point.items()}
        figures |= {f"{name}, for example": value for name, value in values.items()}
        return Evidence(
            route="arithmetic",
            verdict=Verdict.PROVED,
            reason=f"the numbers agree: {shown}",
            figures=figures,
            certificate=Certificate(kind="arithmetic", witness={"values": values}),
        )
    if nothing:
        return Evidence(
            route="arithmetic",
            verdict=Verdict.INCONSISTENT,
            reason=f"the numbers disagree, however they were rounded: {shown}",
            figures=figures,
            certificate=Certificate(kind="arithmetic"),
        )
    return _undecided(shown, figures, "bisection of the inputs' intervals did not settle it")


def _comparison(statement: Comparison) -> Evidence:
    shown = f"{statement.text}{_with(statement.inputs)}"
    for answer, decide, verdict in (
        ("true", always_true, Verdict.PROVED),
        ("false", always_false, Verdict.INCONSISTENT),
    ):
        if decide(statement.relations, statement.inputs):
            return Evidence(
                route="arithmetic",
                verdict=verdict,
                reason=f"the printed numbers make it {answer}: {shown}",
                certificate=Certificate(kind="comparison", witness={"answer": answer}),
            )
    return _undecided(shown, {}, "the printed digits leave it open")


def _undecided(shown: str, figures: dict[str, str], why: str) -> Evidence:
    return Evidence(
        route="arithmetic",
        verdict=Verdict.UNDECIDED,
        reason=f"{shown}: {why}",
        figures=figures,
        decisive="more printed digits",
    )


def _satisfying_point(
    constraints: Sequence[Constraint], box: Mapping[Symbol, tuple[fmpq, fmpq]]
) -> dict[Symbol, fmpq] | None:
    """A point of the box that satisfies every constraint: centres and corners of ever smaller boxes."""
    pending = [dict(box)]
    for _ in range(MAX_POINTS):
        if not pending:
            return None
        current = pending.pop(0)
        if any(constraint.excludes(current) for constraint in constraints):
            continue
        for point in _candidates(current):
            if all(constraint.holds(point) for constraint in constraints):
                return point
        if any(high > low for low, high in current.values()):
            pending += halves(current)
    return None


def _candidates(box: Mapping[Symbol, tuple[fmpq, fmpq]]) -> list[dict[Symbol, fmpq]]:
    centre = {name: (low + high) / 2 for name, (low, high) in box.items()}
    corners: list[dict[Symbol, fmpq]] = [{}]
    for name, ends in list(box.items())[:6]:
        corners = [{**corner, name: end} for corner in corners for end in ends]
    return [centre, *({**centre, **corner} for corner in corners)]


def _computation(statement: Arithmetic) -> tuple[str, dict[str, str]]:
    figures = {}
    parts = []
    for text, expression in zip(statement.texts, statement.computed, strict=True):
        low, high = _span(expression, statement.inputs)
        value = _decimal(low) if _decimal(low) == _decimal(high) else f"{_decimal(low)} to {_decimal(high)}"
        figures[text] = value
        parts.append(f"{text} is {value}")
    return f"{', '.join(parts)}{_with(statement.inputs)}; {statement.printed.text} is printed", figures


def _span(expression: object, inputs: Mapping[Symbol, Printed]) -> tuple[float, float]:
    """Least and greatest value at the corners of the inputs' box: a description, not a proof."""
    values = []
    for point in _candidates(printed_box(inputs)):
        values.append(float(ball(expression, point, 128).mid()))
    return min(values), max(values)


def _decimal(value: float) -> str:
    return f"{value:.6g}"


def _with(inputs: Mapping[Symbol, Printed]) -> str:
    return f" with {', '.join(f'{name} = {printed.text}' for name, printed in inputs.items())}" if inputs else ""
