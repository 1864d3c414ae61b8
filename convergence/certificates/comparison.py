"""A relation between printed numbers: is it true, or false, for all values that round to them?

Witness: ``{"answer": "true"}`` or ``{"answer": "false"}``; bisection excludes every value that would say otherwise. The
outermost millionth of each interval is set aside, so that ``95.8 < 95.9`` is true although both could come from 95.85.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import fmpq
from sympy import Symbol
from sympy.core.relational import Relational

from convergence.certificates.arithmetic import printed_inputs
from convergence.certificates.exact import holds
from convergence.certificates.intervals import excluded, printed_box, relation
from convergence.errors import CertificateRejected
from convergence.expressions import parse_relation
from convergence.printed import Printed
from convergence.verdicts import Verdict

_NEGATED = {"<=": sympy.Gt, "<": sympy.Ge, ">=": sympy.Lt, ">": sympy.Le}
_MARGIN = fmpq(1, 2_000_000)


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved or inconsistent, as the witness says.

    Raises:
        CertificateRejected: if bisection cannot exclude the contrary.
    """
    table = claim["comparison"]
    inputs = printed_inputs(table)
    links = parse_relation(table["relation"], {name.name: name for name in inputs})
    if witness["answer"] == "true" and always_true(links, inputs):
        return Verdict.PROVED
    if witness["answer"] == "false" and always_false(links, inputs):
        return Verdict.INCONSISTENT
    raise CertificateRejected("the printed digits leave the relation open")


def always_true(links: tuple[Relational, ...], inputs: Mapping[Symbol, Printed]) -> bool:
    """Whether every link is true for all values that round to the inputs."""
    if not inputs:
        return all(holds(link, {}) for link in links)
    box = _inner(inputs)
    return all(
        link.rel_op in _NEGATED and excluded([relation(_NEGATED[link.rel_op](link.lhs, link.rhs, evaluate=False))], box)
        for link in links
    )


def always_false(links: tuple[Relational, ...], inputs: Mapping[Symbol, Printed]) -> bool:
    """Whether the links are never true together."""
    if not inputs:
        return not all(holds(link, {}) for link in links)
    return excluded([relation(link) for link in links], _inner(inputs))


def _inner(inputs: Mapping[Symbol, Printed]) -> dict[Symbol, tuple[fmpq, fmpq]]:
    box = printed_box(inputs)
    return {name: (low + _MARGIN * (high - low), high - _MARGIN * (high - low)) for name, (low, high) in box.items()}
