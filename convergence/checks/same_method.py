"""Two descriptions of one method: search a relation between their states, else gradients that tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, permutations, product
from typing import Any

from convergence.certificates import same_method as core
from convergence.certificates.iteration import Method, read_method
from convergence.certificates.trajectory import shown
from convergence.checks.families import assignments, text_values, without_counters
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import SameMethod
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected, ClaimError
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS
from convergence.methods.rule import Rule
from convergence.verdicts import Verdict

MAX_RELATIONS = 400
GRADIENTS = (
    ("1",),
    ("1", "-2"),
    ("1", "1"),
    ("1", "3"),
    ("2", "-1", "1"),
    ("1", "1", "1", "1"),
    ("3", "1/2", "-2", "1"),
)
STARTS = ("1", "0")


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Proved, refuted (or inconsistent, if another place of the paper is named), or undecided."""
    if not isinstance(claim.statement, SameMethod) or claim.method is None:
        return None
    document = to_document(claim)
    first, second = (read_method(document[key], document) for key in ("method", "same_method"))
    return _proof(document, first, second) or _difference(claim, document, first, second, resources) or _open()


def _proof(document: Mapping[str, Any], first: Method, second: Method) -> Evidence | None:
    for relation in islice(_relations(first, second), MAX_RELATIONS):
        if _accepted(document, {"state": relation}) is Verdict.PROVED:
            shown = ", ".join(f"{name} = {text}" for name, text in relation.items() if name != text)
            return Evidence(
                route="same_method",
                verdict=Verdict.PROVED,
                reason="both rules compute the same iterates for all gradients"
                + (f", with {shown} in the other's terms" if shown else ""),
                figures={"relation": shown or "the same state"},
                certificate=Certificate(kind="same_method", witness={"state": relation}),
            )
    return None


def _relations(first: Method, second: Method) -> Iterator[dict[str, str]]:
    """The second state as the first one under other names, then scaled, then as an earlier iterate."""
    mine, other = ([name.name.removeprefix("state ") for name in method.state] for method in (first, second))
    if set(other) <= set(mine):
        yield {name: name for name in other}
    if len(other) <= 4 and len(mine) <= 5:
        yield from (dict(zip(other, row, strict=True)) for row in permutations(mine, len(other)))
    if len(other) == 1:
        for name, factor in product(mine, _factors(first)):
            yield {other[0]: f"({name})*({factor})"}
        for name, factor, sign in product(mine, ["1", *_factors(first)], "+-"):
            yield {other[0]: f"theta {sign} ({name})*({factor})"}
            yield {other[0]: f"(theta - {name})*({sign}{factor})"}


def _factors(method: Method) -> list[str]:
    single = [
        f"({base})**({sign}1)" for name in method.parameters for base in (name, f"1 - {name}") for sign in ("", "-")
    ]
    return ["-1", *single, *(f"{a}*{b}" for a, b in product(single, single) if a < b)]


def _accepted(document: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict | None:
    try:
        return core.check(document, witness)
    except (CertificateRejected, ClaimError, ArithmeticError):
        return None


def _difference(
    claim: Claim, document: Mapping[str, Any], first: Method, second: Method, resources: Resources
) -> Evidence | None:
    used = _symbols(claim)
    horizon = {"T": "10"} if COUNTERS["T"] in used else {}
    for values in assignments(claim, without_counters(used), resources.seed, limit=6):
        oracles: list[dict[str, Any]] = [{"gradients": list(gradients)} for gradients in GRADIENTS]
        oracles += [{"curvature": "1", "steps": steps} for steps in (1, 2, 3)]
        for oracle, start, precision in product(oracles, STARTS, (0, 256)):
            witness = {**oracle, "start": start, "values": text_values(values) | horizon, "precision": precision}
            verdict = _accepted(document, witness)
            if verdict is not None:
                return _told_apart(document, first, second, witness, verdict)
    return None


def _symbols(claim: Claim) -> set[Any]:
    assert claim.method is not None and isinstance(claim.statement, SameMethod)
    other = claim.statement.other
    assert isinstance(other, Rule)
    used = set(claim.method.given) | set(other.given)
    return used | {name for relation in claim.relations for name in relation.free_symbols}


def _told_apart(
    document: Mapping[str, Any], first: Method, second: Method, witness: dict[str, Any], verdict: Verdict
) -> Evidence:
    one, two = (shown(point[0]) for point in core.outputs(document, first, second, witness))
    gradients = f"gradients {', '.join(witness['gradients'])}" if "gradients" in witness else "the gradients of x^2/2"
    values = ", ".join(f"{name} = {text}" for name, text in witness["values"].items())
    return Evidence(
        route="same_method",
        verdict=verdict,
        reason=f"from {witness['start']} with {gradients}{' and ' + values if values else ''}, one returns "
        f"{one} and the other {two}",
        figures={"gradients": gradients, "start": witness["start"], "first": one, "second": two},
        certificate=Certificate(kind="same_method", witness=witness),
    )


def _open() -> Evidence:
    return Evidence(
        route="same_method",
        verdict=Verdict.UNDECIDED,
        reason="no relation between the two states was found that proves it, and no gradients that tell them apart",
        decisive="a relation between the states of the two rules",
    )
