"""A rate or limit is false, because one run never moves: its start is no minimiser and each step is zero.

Witness: ``{"values": ..., "instance": ..., "start": ["1/1000"]}``, as for `trajectory`, in one dimension. While theta
stays, the gradient g stays. A state whose line is then ``s <- b s + d`` with constants b and d has the value ``d/(1 -
b) + (s_0 - d/(1 - b)) b^t`` after step t (s_0 if b = 1 and d = 0); with these, line after line, the new theta must be
the old one for every t. Bias corrections ``m/(1 - b^t)`` then are constants, by identity of rational functions of
b^t.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates import exact
from convergence.certificates.cycles import limit_measures
from convergence.certificates.exact import Values
from convergence.certificates.iteration import STEP, THETA, G, Method, read_method
from convergence.certificates.modes import asked, require_slower
from convergence.certificates.polynomials import identical
from convergence.certificates.trajectory import (
    MEASURES,
    assigned,
    instance_of,
    require_admissible,
    require_fixed,
    require_inside,
)
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, kth_largest_abs, norm
from convergence.verdicts import Verdict

_SAMPLE = fmpq(3)


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the run stays at a start where the measure is positive."""
    ask, stated = asked(claim)
    if claim.get("measure") not in MEASURES or "method" not in claim:
        raise CertificateRejected("expected a claim about a measure of a method")
    method, values = read_method(claim["method"], claim), assigned(claim, witness["values"])
    start = tuple(exact.to_fmpq(text) for text in witness["start"])
    if COUNTERS["T"] in method.free or len(start) != 1:
        raise CertificateRejected("expected one dimension, and no horizon in the method")
    instance = instance_of(claim, witness, values)
    require_admissible(claim, method, instance, start, values, 1, abs(instance.gradient(start)[0]))
    require_fixed(claim, method, stated)
    require_inside(claim, instance, [start], values)
    require_rest(method, start[0], instance.gradient, values)
    if not limit_measures(claim["measure"], instance, [start, start], [start]) > 0:
        raise CertificateRejected("the measure is not positive at the start")
    require_slower(Integer(1), ask, stated, values)
    return Verdict.REFUTED


def require_rest(method: Method, start: fmpq, gradient: Any, values: Values) -> None:
    """Reject unless every step from `start`, the gradient there given, is zero."""
    table: dict[Symbol, Expr] = {name: _number(value) for name, value in values.items()}
    table[THETA] = _number(start)
    if _settled(method.query, table) != table[THETA]:
        raise CertificateRejected("the gradient is asked elsewhere than at the iterate")
    table[G] = _number(gradient((start,))[0])
    for target, value in method.update.items():
        if target in method.state:
            table[target] = _solved(target, value, _settled(method.state[target], table), table)
        elif target != THETA:
            table[target] = _settled(value, table)
    if _settled(method.update[THETA], table) != table[THETA]:
        raise CertificateRejected("the iterate is not seen to stay where it is")
    if _settled(method.output, table) != table[THETA]:
        raise CertificateRejected("the output is not the iterate")


def _solved(name: Symbol, value: Expr, initial: Expr, table: Mapping[Symbol, Expr]) -> Expr:
    """The state after step t."""
    known = {key: item for key, item in table.items() if key != name}
    offset = _settled(value, {**known, name: Integer(0)})
    slope = _settled(value, {**known, name: Integer(1)}) - offset
    if not (offset.is_Rational and slope.is_Rational and initial.is_Rational):
        raise CertificateRejected(f"the line of {name} is not s <- b s + d with constant b and d")
    if not identical(_settled(value, known), slope * name + offset):
        raise CertificateRejected(f"the line of {name} is not linear in it")
    if slope == 1:
        if offset != 0:
            raise CertificateRejected(f"{name} grows without end")
        return initial
    limit = offset / (1 - slope)
    return limit if slope == 0 else limit + (initial - limit) * slope**STEP


def _settled(value: Expr, table: Mapping[Symbol, Expr]) -> Expr:
    """The value with everything known put in, and whatever is the same for all t replaced by its number."""
    if value.has(kth_largest_abs):
        raise CertificateRejected("a rank among coordinates is not followed here")
    if value.is_Symbol:
        return table.get(value, value)
    if not value.args:
        return value
    rebuilt = (sympy.Abs if isinstance(value, norm) else value.func)(*(_settled(part, table) for part in value.args))
    return _constant(rebuilt) if rebuilt.free_symbols == {STEP} else rebuilt


def _constant(value: Expr) -> Expr:
    try:
        candidate = _number(exact.rational(value, {STEP: _SAMPLE}))
        return candidate if identical(value, candidate) else value
    except CertificateRejected:
        return value


def _number(value: fmpq) -> Rational:
    return Rational(int(value.p), int(value.q))
