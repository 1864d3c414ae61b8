"""Claims made from claims whose truth is known: altered so that they surely become false, or surely stay what they are.

Every alteration works on the claim's document, so that a mutant is what an author could have written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sympy import Symbol

from convergence.claims.claim import Claim
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.reader import from_document
from convergence.claims.writer import to_document
from convergence.errors import ClaimError

Document = dict[str, Any]

SMALLER, LARGER = "19/20", "21/20"
NUMBERS = ("eigenvalues", "condition_number", "determinant", "trace", "strong_convexity", "smoothness", "best_step")
SCALE = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mutant:
    """An altered claim.

    Attributes:
        kind: what was altered, in words.
        truth: whether the altered claim is true.
    """

    claim: Claim
    kind: str
    truth: bool


def mutants(claim: Claim, truth: bool, sharp: Iterable[str] = ()) -> Iterator[Mutant]:
    """Every mutant whose truth is certain.

    Args:
        claim: the original; its further readings are left out.
        truth: of the original.
        sharp: what surely makes it false: ``constant`` (5 % smaller), ``exponent`` (faster by the fourth root of the
            counter), or the text of a hypothesis (dropped).

    Raises:
        ClaimError: if `sharp` names something that the claim has not.
    """
    document = to_document(claim)
    if truth:
        for name in sharp:
            yield _mutant(claim, _sharpened(document, name), _kind(name), False)
        for kind, altered in _other_numbers(document):
            yield _mutant(claim, altered, kind, False)
        for kind, altered in _weaker(document):
            yield _mutant(claim, altered, kind, True)
    for kind, altered in _same(claim, document):
        yield _mutant(claim, altered, kind, truth)


def _mutant(claim: Claim, document: Document, kind: str, truth: bool) -> Mutant:
    altered = replace(from_document(document), id=f"{claim.id}, {kind}", where=claim.where, says=claim.says)
    return Mutant(claim=altered, kind=kind, truth=truth)


def _kind(name: str) -> str:
    return {"constant": "constant x 0.95", "exponent": "exponent 1/4 faster"}.get(name, f"without {name}")


# --- surely false


def _sharpened(document: Document, name: str) -> Document:
    if name == "constant":
        return _with_statement(document, ("bound", "holds"), _smaller)
    if name == "exponent":
        return _with_statement(document, ("bound", "rate"), lambda text: _times_power(document, text, "-1/4"))
    written = to_document(from_document(document | {"given": [name]}))["given"][0]
    if written not in document["given"]:
        raise ClaimError(f"no hypothesis {name!r} among {', '.join(document['given']) or 'none'}")
    return document | {"given": [text for text in document["given"] if text != written]}


def _with_statement(document: Document, keys: tuple[str, ...], alter: Callable[[str], str]) -> Document:
    for key in keys:
        if key in document:
            return document | {key: alter(document[key])}
    raise ClaimError(f"expected one of the statements {', '.join(keys)}, found {', '.join(document)}")


def _smaller(text: str) -> str:
    left, sign, right = text.rpartition("<=")
    return f"{left}{sign} {SMALLER}*({right})".strip()


def _times_power(document: Document, text: str, power: str) -> str:
    return f"({text})*{_counter(document)}**({power})"


def _counter(document: Document) -> str:
    used = {key: value for key, value in document.items() if key != "symbols"}
    return "T" if re.search(r"\bT\b", str(used)) else "k"


def _other_numbers(document: Document) -> Iterator[tuple[str, Document]]:
    """A limit, an order, a spectrum or a threshold with other numbers; at most one value of each can be true."""
    if "limit" in document:
        yield "another limit", document | {"limit": f"{document['limit']} + 1/20"}
    if "same_order" in document:
        for power in ("-1/4", "1/4"):
            order = _times_power(document, document["same_order"], power)
            yield f"order x {_counter(document)}^({power})", document | {"same_order": order}
    for key in NUMBERS:
        if key in document:
            yield "numbers x 1.05", document | {key: _larger(document[key])}
    if "contraction" in document:
        table = document["contraction"]
        yield "factor x 1.05", document | {"contraction": table | {"factor": _larger(table["factor"])}}
    if "stable_steps" in document:
        left, sign, right = document["stable_steps"].rpartition("<")
        for factor in (SMALLER, LARGER):
            yield f"threshold x {factor}", document | {"stable_steps": f"{left}{sign} {factor}*{right.strip()}"}


def _larger(value: Any) -> Any:
    return [_larger(item) for item in value] if isinstance(value, list) else f"{LARGER}*({value})"


# --- surely as true as before


def _weaker(document: Document) -> Iterator[tuple[str, Document]]:
    if "bound" in document:
        yield "constant x 1.05", document | {"bound": f"{LARGER}*({document['bound']})"}
    if "rate" in document:
        yield "exponent 1/4 slower", document | {"rate": _times_power(document, document["rate"], "1/4")}


def _same(claim: Claim, document: Document) -> Iterator[tuple[str, Document]]:
    """Other names for the symbols, and f measured in another unit."""
    free = [name for name in document["symbols"] if name not in _own_names(document)]
    if free:
        yield "renamed", _substituted(document, {name: f"{name}_one" for name in free})
    factors = {name: factor for name, factor in _units(claim).items() if name in free}
    if factors:
        yield "f in another unit", _rescaled(document, factors)


def _own_names(document: Document) -> set[str]:
    """Names that a method gives to its parameters and states, and variables of a problem."""
    method, problem = document.get("method", {}), document.get("problem", {})
    tables = [*(method.get(key, {}) for key in ("parameters", "state", "update")), problem.get("variables", [])]
    return {name for table in tables for name in table}


def _units(claim: Claim) -> dict[str, int]:
    """How often each constant of a hypothesis carries the unit of f."""
    return {
        argument.name: int(units.f)
        for hypothesis in claim.given
        if isinstance(hypothesis, Hypothesis)
        for argument, (_, units) in zip(hypothesis.arguments, hypothesis.kind.arguments, strict=True)
        if isinstance(argument, Symbol) and units.f != 0
    }


def _rescaled(document: Document, factors: dict[str, int]) -> Document:
    """Each constant in the new unit, without the range, which was chosen in the old one."""
    symbols = {
        name: {key: value for key, value in table.items() if key != "range"} if name in factors else table
        for name, table in document["symbols"].items()
    }
    texts = {name: f"({SCALE**power}*{name})" for name, power in factors.items()}
    return _rewritten({**document, "symbols": {}}, texts) | {"symbols": symbols}


def _substituted(document: Document, names: dict[str, str]) -> Document:
    symbols = {names.get(name, name): table for name, table in document["symbols"].items()}
    return _rewritten({**document, "symbols": {}}, names) | {"symbols": symbols}


def _rewritten(value: Any, words: dict[str, str]) -> Any:
    """Every text with whole words replaced; keys stay."""
    if isinstance(value, dict):
        return {key: _rewritten(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_rewritten(item, words) for item in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"[A-Za-z]\w*", lambda match: words.get(match[0], match[0]), value)
