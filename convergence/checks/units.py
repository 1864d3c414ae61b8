"""Units: does a claim survive f -> c f and x -> s x, which change nothing but the names of its numbers?

The weights under which hypotheses, relations and method are invariant are the null space of a small linear system. A
statement that collapses in one of its directions is ill-posed. A bound whose terms have unlike units is only
suspicious, since such bounds can be true: the evidence is then undecided and says what does not match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpq, fmpq_mat
from sympy import Expr, Symbol

from convergence.certificates import rescaling as core
from convergence.certificates.document import hypotheses
from convergence.certificates.iteration import STEP, THETA, G, Method, read_method
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.measures import MEASURES
from convergence.claims.statements import Bound, Rate
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected, ClaimError
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS, Domain, kth_largest_abs, norm, to_text
from convergence.verdicts import Verdict

F, X = "weight of f", "weight of x"
Unknown = Any  # a symbol, or F or X
Form = Mapping[Unknown, Fraction]

_DIMENSIONLESS = (Domain.UNIT, Domain.FRACTION, Domain.NATURAL, Domain.INTEGER, Domain.UNDEFINED)


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Ill-posed with the rescaling, undecided where units do not match, or nothing to say."""
    stated = _stated(claim)
    if stated is None or claim.method is None or claim.problem is not None or claim.measure in (None, "sequence"):
        return None
    document = to_document(claim)
    try:
        method = read_method(document["method"], document)
        system = equations(claim, document, method)
    except (CertificateRejected, ClaimError):
        return None
    for direction in _directions(system.null_space()):
        witness = _witness(direction, claim, method)
        try:
            core.check(document, witness)
        except CertificateRejected:
            continue
        return _ill_posed(stated, direction, witness)
    return _mismatch(claim, system) if isinstance(claim.statement, Bound) else None


def _stated(claim: Claim) -> Expr | None:
    match claim.statement:
        case Rate(order):
            return order
        case Bound(value):
            return value
    return None


# --- the linear system


@dataclass(slots=True)
class _System:
    """Homogeneous linear equations between weights."""

    equations: list[Form] = field(default_factory=list)
    forms: dict[Symbol, Form] = field(default_factory=dict)

    def copy(self) -> _System:
        return _System(list(self.equations), dict(self.forms))

    def equal(self, first: Form | None, second: Form | None) -> None:
        """Two weights agree; None stands for zero, which has every weight."""
        if first is not None and second is not None:
            self.equations.append(_minus(first, second))

    def form(self, node: Expr) -> Form | None:
        """The weight of an expression, with the equations that make it homogeneous."""
        if node.is_zero:
            return None
        if node.is_number:
            return {}
        if node.is_Symbol:
            return self.forms.get(node, {node: Fraction(1)})
        if node.is_Mul:
            parts = [self.form(argument) for argument in node.args]
            return None if None in parts else _total([part for part in parts if part is not None])
        if node.is_Pow and node.exp.is_Rational:
            base = self.form(node.base)
            return (
                None
                if base is None
                else {name: value * Fraction(int(node.exp.p), int(node.exp.q)) for name, value in base.items()}
            )
        if node.is_Add or isinstance(node, sympy.Max | sympy.Min):
            return self._alike([self.form(argument) for argument in node.args])
        if isinstance(node, sympy.Abs | norm | sympy.sign | kth_largest_abs):
            inner = self.form(node.args[0])
            return {} if isinstance(node, sympy.sign) else inner
        return self._call(node)

    def _alike(self, parts: list[Form | None]) -> Form | None:
        known = [part for part in parts if part is not None]
        for part in known[1:]:
            self.equal(known[0], part)
        return known[0] if known else None

    def _call(self, node: Expr) -> Form | None:
        if isinstance(node, sympy.Sum | sympy.Product):
            for index, *ends in node.limits:
                self.forms[index] = {}
                for end in ends:
                    self.equal(self.form(end), {})
            body = self.form(node.function)
            if isinstance(node, sympy.Sum):
                return body
            self.equal(body, {})
            return {}
        for argument in node.args:
            self.equal(self.form(argument), {})
        return {}

    def null_space(self) -> list[dict[Unknown, Fraction]]:
        """A basis of the weights that satisfy all equations."""
        unknowns: list[Unknown] = [F, X]
        unknowns += sorted({name for row in self.equations for name in row} - {F, X}, key=str)
        table = [[row.get(name, Fraction(0)) for name in unknowns] for row in self.equations if any(row.values())]
        if not table:
            return [{name: Fraction(int(name == one)) for name in unknowns} for one in unknowns]
        entries = [fmpq(value.numerator, value.denominator) for row in table for value in row]
        reduced, rank = fmpq_mat(len(table), len(unknowns), entries).rref()
        pivots = [next(j for j in range(len(unknowns)) if reduced[i, j] != 0) for i in range(rank)]
        basis = []
        for free in (j for j in range(len(unknowns)) if j not in pivots):
            vector = dict.fromkeys(unknowns, Fraction(0)) | {unknowns[free]: Fraction(1)}
            for i, pivot in enumerate(pivots):
                entry = -reduced[i, free]
                vector[unknowns[pivot]] = Fraction(int(entry.p), int(entry.q))
            basis.append(vector)
        return basis


def _minus(first: Form, second: Form) -> Form:
    return _total([first, {name: -value for name, value in second.items()}])


def _total(forms: list[Form]) -> Form:
    result: dict[Unknown, Fraction] = {}
    for form in forms:
        for name, value in form.items():
            result[name] = result.get(name, Fraction(0)) + value
    return result


def equations(claim: Claim, document: Mapping[str, Any], method: Method) -> _System:
    """The equations that hypotheses, domains, relations and the method's lines state."""
    system = _System(forms={name: {} for name in COUNTERS.values()})
    for entry in claim.symbols.values():
        if entry.domain in _DIMENSIONLESS:
            system.forms[entry.symbol] = {}
    for name, arguments in hypotheses(document):
        for argument, (f, x) in zip(arguments, core.HYPOTHESES[name], strict=True):
            system.equal(system.form(argument), {F: Fraction(f), X: Fraction(x)})
    for relation in claim.relations:
        system.equal(system.form(relation.lhs), system.form(relation.rhs))
    length: Form = {X: Fraction(1)}
    system.forms |= {THETA: length, STEP: {}, G: {F: Fraction(1), X: Fraction(-1)}}
    for target, value in method.state.items():
        system.equal(system.form(value), {target: Fraction(1)})
    system.equal(system.form(method.query), length)
    for target, value in method.update.items():
        found = system.form(value)
        if target == THETA or target in method.state:
            system.equal(found, system.form(target))
        else:
            system.forms[target] = found or {}
    system.equal(system.form(method.output), length)
    return system


# --- from directions to evidence


def _directions(basis: list[dict[Unknown, Fraction]]) -> Iterator[dict[Unknown, Fraction]]:
    """Both senses of every basis vector and of every sum and difference of two."""
    pairs = [_combined(a, b, sense) for i, a in enumerate(basis) for b in basis[:i] for sense in (1, -1)]
    for vector in (*basis, *pairs):
        yield vector
        yield {name: -value for name, value in vector.items()}


def _combined(a: Mapping[Unknown, Fraction], b: Mapping[Unknown, Fraction], sense: int) -> dict[Unknown, Fraction]:
    return {name: a[name] + sense * b[name] for name in a}


def _witness(direction: Mapping[Unknown, Fraction], claim: Claim, method: Method) -> dict[str, Any]:
    return {"f": str(direction[F]), "x": str(direction[X]), **weights_of(direction, claim, method)}


def weights_of(direction: Mapping[Unknown, Fraction], claim: Claim, method: Method) -> dict[str, dict[str, str]]:
    """The weights of the claim's symbols and of the method's state in one direction, as text."""
    symbols = {name: entry.symbol for name, entry in claim.symbols.items()}
    weights = {name: str(direction[s]) for name, s in symbols.items() if direction.get(s)}
    state = {name.name.removeprefix("state "): str(direction.get(name, 0)) for name in method.state}
    return {"weights": weights, "state": state}


def _ill_posed(stated: Expr, direction: Mapping[Unknown, Fraction], witness: dict[str, Any]) -> Evidence:
    factor = sympy.Symbol("c", positive=True)
    scale = {
        s: factor ** sympy.Rational(w.numerator, w.denominator) * s
        for s, w in direction.items()
        if isinstance(s, Symbol) and w
    }
    changed = stated.subs(scale, simultaneous=True)
    constants = ", ".join(f"{name} becomes {_power(Fraction(text))}{name}" for name, text in witness["weights"].items())
    return Evidence(
        route="units",
        verdict=Verdict.ILL_POSED,
        reason=f"{_transformation(direction)} keeps hypotheses and iterates ({constants}), "
        f"but turns {to_text(stated)} into {to_text(changed)} for every c > 0",
        figures={"f is multiplied by": _power(direction[F]).rstrip(" ") or "1",
                 "x is multiplied by": _power(direction[X]).rstrip(" ") or "1",
                 "statement": to_text(stated), "rescaled statement": to_text(changed)},
        certificate=Certificate(kind="rescaling", witness=witness),
    )  # fmt: skip


def _transformation(direction: Mapping[Unknown, Fraction]) -> str:
    parts = [f"{name} by {_power(direction[key]).rstrip()}" for name, key in (("f", F), ("x", X)) if direction[key]]
    return f"multiplying {' and '.join(parts)}" if parts else "renaming the parameters"


def _power(exponent: Fraction) -> str:
    if exponent == 0:
        return ""
    if exponent == 1:
        return "c "
    return f"c^{exponent} " if exponent.denominator == 1 and exponent > 0 else f"c^({exponent}) "


def _mismatch(claim: Claim, system: _System) -> Evidence | None:
    """Undecided, if no choice of units for the free constants makes both sides scale alike."""
    assert isinstance(claim.statement, Bound) and claim.measure is not None
    units = MEASURES[claim.measure].units
    measure = {F: Fraction(int(units.f)), X: Fraction(int(units.x))}
    joined = system.copy()
    joined.equal(joined.form(claim.statement.value), measure)
    if _freedom(joined) == _freedom(system):
        return None
    return Evidence(
        route="units",
        verdict=Verdict.UNDECIDED,
        reason=f"the measure {claim.measure} and the bound {to_text(claim.statement.value)} scale differently when "
        "f or x is multiplied by a constant",
        decisive="an instance, rescaled, that violates the bound; or the normalisation that the statement assumes",
    )


def _freedom(system: _System) -> int:
    """The dimension of the rescalings of f and x that the equations allow."""
    vectors = [[vector[F], vector[X]] for vector in system.null_space()]
    if not vectors:
        return 0
    entries = [fmpq(value.numerator, value.denominator) for row in vectors for value in row]
    return int(fmpq_mat(len(vectors), 2, entries).rank())
