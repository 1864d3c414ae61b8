"""Printed numbers: do some values that round to the inputs give results that round to what is printed?

Witness: ``{"values": {name: rational}}`` exhibits such values and proves that the numbers agree; ``{}`` asks the
checker to exclude every value of the inputs' box, which shows that the printed numbers are inconsistent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Symbol

from convergence.certificates.exact import to_fmpq
from convergence.certificates.intervals import Constraint, excluded, printed_box, rounds_to
from convergence.errors import CertificateRejected
from convergence.expressions import parse_expression, symbol
from convergence.printed import Printed, parse_printed
from convergence.verdicts import Verdict


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved or inconsistent, as the witness asks.

    Raises:
        CertificateRejected: if the exhibited values fail, or bisection cannot exclude the box.
    """
    table = claim["arithmetic"]
    inputs = printed_inputs(table)
    names = {name.name: name for name in inputs}
    printed = parse_printed(table["printed"])
    constraints = [rounds_to(parse_expression(text, names), printed) for text in table["computed"]]
    if "values" in witness:
        return _exhibited(constraints, inputs, witness["values"])
    if not excluded(constraints, printed_box(inputs)):
        raise CertificateRejected("some values of the inputs may agree with what is printed")
    return Verdict.INCONSISTENT


def printed_inputs(table: Mapping[str, Any]) -> dict[Symbol, Printed]:
    """The printed numbers that names in the table stand for."""
    return {symbol(name): parse_printed(text) for name, text in table["inputs"].items()}


def _exhibited(
    constraints: Sequence[Constraint], inputs: Mapping[Symbol, Printed], values: Mapping[str, object]
) -> Verdict:
    point = {name: to_fmpq(values[name.name]) for name in inputs}
    for name, printed in inputs.items():
        if not rounds_to(name, printed).holds(point):
            raise CertificateRejected(f"{name} = {point[name]} does not round to {printed.text}")
    for constraint in constraints:
        if not constraint.holds(point):
            raise CertificateRejected(f"{constraint.expression} is not in its interval at {point}")
    return Verdict.PROVED
