"""Exact properties of a concrete objective: derivatives, eigenvalues, critical points, minimum, constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from convergence import certificates
from convergence.certificates import derivatives, spectrum, univariate
from convergence.certificates.algebraic import Real
from convergence.certificates.quadratics import Quadratic, quadratic
from convergence.checks.exact_text import instances, listed, point, shown
from convergence.checks.family_spectrum import proposal
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Definiteness, Quantity, Spectrum
from convergence.claims.writer import statement_document, to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import to_text
from convergence.verdicts import Tightness, Verdict

KIND = "spectrum"
MAX_POINTS = 60
_COORDINATES = ("0", "1", "-1", "1/2", "2", "-2", "3", "-1/2", "1/4", "-3")


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide the claim exactly, or say why not; None if it states no property of an objective."""
    statement = claim.statement
    if not isinstance(statement, Spectrum) or claim.problem is None:
        return None
    document = to_document(claim)
    reason = "the statement is not decided by exact algebra"
    for index, witness in enumerate(_witnesses(claim, document, statement.quantity)):
        try:
            verdict = certificates.check(document, KIND, witness)
        except CertificateRejected as error:
            reason = str(error) if index == 0 else reason
        else:
            return _decided(claim, statement, document, witness, verdict)
    decisive = "an exact formula for the quantity, or values of the symbols for which the statement fails"
    return Evidence(route=KIND, verdict=Verdict.UNDECIDED, reason=_sentence(claim, reason), decisive=decisive)


def _witnesses(claim: Claim, document: Mapping[str, Any], quantity: Quantity) -> Iterator[dict[str, Any]]:
    """Nothing first; then values of the symbols; then points where a function that is no quadratic may fail."""
    yield {}
    settings: list[dict[str, Any]] = [{"values": values} for values in instances(claim, document)] or [{}]
    if document["symbols"]:
        yield from settings
        if (witness := proposal(claim, settings[0].get("values", {}))) is not None:
            yield witness
    if _is_quadratic(document, settings[0]) and quantity not in (Quantity.GRADIENT, Quantity.HESSIAN):
        return
    for setting in settings[:4]:
        for coordinates in _points(claim):
            yield setting | {"point": list(coordinates)}


def _is_quadratic(document: Mapping[str, Any], setting: Mapping[str, Any]) -> bool:
    try:
        _problem(document, setting)
    except CertificateRejected:
        return False
    return True


def _problem(document: Mapping[str, Any], setting: Mapping[str, Any]) -> Quadratic:
    return quadratic(document, certificates.substitution.admissible(document, setting.get("values", {})))


def _points(claim: Claim) -> Iterator[tuple[str, ...]]:
    """The points that the claim itself names, then a small grid."""
    assert claim.problem is not None and isinstance(claim.statement, Spectrum)
    named = claim.statement.value if claim.statement.quantity is Quantity.CRITICAL_POINTS else (claim.statement.value,)
    size = len(claim.problem.variables)
    for coordinates in named if isinstance(named, tuple) else ():
        if isinstance(coordinates, tuple) and len(coordinates) == size:
            yield tuple(_text(value) for value in coordinates)
    places = sorted(product(range(len(_COORDINATES)), repeat=min(size, 3)), key=sum)[:MAX_POINTS]
    yield from (tuple(_COORDINATES[i] for i in (*place, *(0,) * (size - len(place)))) for place in places)


def _text(value: object) -> str:
    return str(getattr(value, "lower", value))


# --- words


def _decided(
    claim: Claim, statement: Spectrum, document: Mapping[str, Any], witness: Mapping[str, Any], verdict: Verdict
) -> Evidence:
    stated = statement_document(statement)[statement.quantity.value]
    figures: dict[str, str | int | float] = dict(witness.get("values", {}))
    actual = _actual(claim, statement.quantity, document, witness)
    if actual:
        figures[statement.quantity.value.replace("_", " ")] = actual
    figures["stated"] = _plain(stated)
    tightness, better = _tightness(statement, document, verdict)
    return Evidence(
        route=KIND,
        verdict=verdict,
        reason=_reason(statement.quantity, actual, _plain(stated), witness, verdict),
        figures=figures,
        certificate=Certificate(kind=KIND, witness=dict(witness)),
        tightness=tightness,
        better=better,
    )


def _reason(quantity: Quantity, actual: str, stated: str, witness: Mapping[str, Any], verdict: Verdict) -> str:
    name = quantity.value.replace("_", " ")
    verb = "are" if quantity in _PLURAL else "is"
    values = [f"{key} = {value}" for key, value in witness.get("values", {}).items()]
    where = f" for {listed(values)}" if values else ""
    if "point" in witness:
        return f"the stated {name} {stated} fails{where} at the point {point(witness['point'])}"
    if verdict is Verdict.PROVED:
        return f"the {name} {verb} {actual or stated}, exactly" + (f"; stated: {stated}" if actual != stated else "")
    return f"the {name} {verb} {actual}{where}; stated: {stated}"


_PLURAL = (Quantity.EIGENVALUES, Quantity.LEADING_MINORS, Quantity.CRITICAL_POINTS)


def _sentence(claim: Claim, reason: str) -> str:
    assert claim.problem is not None and isinstance(claim.statement, Spectrum)
    return f"{claim.statement.quantity.value.replace('_', ' ')} of {to_text(claim.problem.expression)}: {reason}"


def _plain(stated: Any) -> str:
    if isinstance(stated, list):
        return f"({', '.join(map(_plain, stated))})"
    return str(stated)


def _actual(claim: Claim, quantity: Quantity, document: Mapping[str, Any], witness: Mapping[str, Any]) -> str:
    """The true value, in words; empty where it is not known."""
    try:
        values = certificates.substitution.admissible(document, witness.get("values", {}))
    except CertificateRejected:
        values = {}
    try:
        if quantity in (Quantity.GRADIENT, Quantity.HESSIAN):
            entries = [to_text(entry) for entry in _derivatives(claim, quantity)]
            size = len(document["problem"]["variables"])
            rows = [point(entries[start : start + size]) for start in range(0, len(entries), size)]
            return rows[0] if quantity is Quantity.GRADIENT else point(rows)
        return _ACTUAL[quantity](quadratic(document, values)) if "eigenvalues" not in witness else ""
    except CertificateRejected:
        return _univariate(document, quantity, values)


def _derivatives(claim: Claim, quantity: Quantity) -> list[Any]:
    assert claim.problem is not None
    return list(claim.problem.gradient if quantity is Quantity.GRADIENT else claim.problem.hessian)


def _univariate(document: Mapping[str, Any], quantity: Quantity, values: Mapping[Any, Any]) -> str:
    expression, variables = derivatives.objective(document, values)
    try:
        function = univariate.coefficients(expression, variables[0]) if len(variables) == 1 else None
    except CertificateRejected:
        return ""
    if function is None:
        return ""
    if quantity is Quantity.CRITICAL_POINTS:
        return listed([shown(x) for x in univariate.critical_points(function)] or ["none"])
    lowest = univariate.minimisers(function)
    if quantity is Quantity.MINIMUM:
        return shown(univariate.value(function, lowest[0])) if lowest else "missing: the function is unbounded below"
    return listed([shown(x) for x in lowest] or ["missing"]) if quantity is Quantity.MINIMISER else ""


def _critical(problem: Quadratic) -> str:
    if problem.critical_point is None:
        return "none: the gradient vanishes nowhere"
    where = point(problem.critical_point)
    return f"infinitely many, {where} among them" if problem.is_singular else where


def _minimiser(problem: Quadratic) -> str:
    if not problem.has_minimiser:
        return "missing: the function is unbounded below"
    return _critical(problem)


def _condition(problem: Quadratic) -> str:
    sizes = sorted(abs(value) for value in problem.eigenvalues)
    return "infinite: an eigenvalue is zero" if problem.is_singular else shown(sizes[-1] / sizes[0])


def _word(problem: Quadratic) -> Definiteness:
    signs = [value.sign for value in problem.eigenvalues]
    counts = (signs.count(-1), signs.count(0), signs.count(1))
    order = ("positive definite", "negative definite", "positive semidefinite", "negative semidefinite", "indefinite")
    return Definiteness(next(word for word in order if spectrum.SIGNS[word](*counts)))


def _trace(problem: Quadratic) -> Real:
    total = Real.of(0)
    for index, row in enumerate(problem.hessian):
        total = total + Real.of(row[index])
    return total


_ACTUAL: Mapping[Quantity, Callable[[Quadratic], str]] = {
    Quantity.EIGENVALUES: lambda problem: listed([shown(value) for value in problem.eigenvalues]),
    Quantity.CONDITION_NUMBER: _condition,
    Quantity.DETERMINANT: lambda problem: str(problem.matrix.det()),
    Quantity.TRACE: lambda problem: shown(_trace(problem)),
    Quantity.LEADING_MINORS: lambda problem: listed([shown(value) for value in spectrum.minors(problem)]),
    Quantity.CRITICAL_POINTS: _critical,
    Quantity.MINIMISER: _minimiser,
    Quantity.MINIMUM: lambda problem: (
        "missing: the function is unbounded below" if problem.minimum is None else str(problem.minimum)
    ),
    Quantity.STRONG_CONVEXITY: lambda problem: shown(problem.eigenvalues[0]),
    Quantity.SMOOTHNESS: lambda problem: shown(spectrum.smoothness(problem)),
    Quantity.DEFINITENESS: lambda problem: _word(problem).value,
}


def _tightness(statement: Spectrum, document: Mapping[str, Any], verdict: Verdict) -> tuple[Tightness, str]:
    if verdict is not Verdict.PROVED:
        return Tightness.UNKNOWN, ""
    if statement.quantity is Quantity.DEFINITENESS:
        if document["symbols"]:
            return Tightness.UNKNOWN, ""
        word = _word(_problem(document, {}))
        return (Tightness.TIGHT, "") if word is statement.value else (Tightness.LOOSE, word.value)
    return Tightness.TIGHT, ""
