"""A claim that uses a symbol of which its paper never says what it is.

Witness: ``{"symbol": "C1"}``. The checker requires that the claim declares the symbol ``undefined`` and that a text
of the claim uses it: its statement, hypotheses, method, problem, recursion or sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from convergence.errors import CertificateRejected, ClaimError
from convergence.expressions import Domain, names_in
from convergence.verdicts import Verdict

_NO_TEXTS = frozenset({"symbols", "measure", "versus", "method", "same_method", "problem", "empirical"})
_WORDS = frozenset({"is", "start", "inputs", "printed"})


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.ILL_POSED` if the claim uses the symbol and declares it undefined."""
    name = witness["symbol"]
    if claim["symbols"].get(name, {}).get("domain") != Domain.UNDEFINED:
        raise CertificateRejected(f"the claim does not declare {name!r} undefined")
    if not any(name in _names(text) for text in _texts(claim)):
        raise CertificateRejected(f"the claim does not use {name!r}")
    return Verdict.ILL_POSED


def _names(text: str) -> tuple[str, ...]:
    try:
        return names_in(text)
    except ClaimError:
        return ()


def _texts(claim: Mapping[str, Any]) -> Iterator[str]:
    """Every text in which the claim's symbols are visible; names of the claim's own variables hide them."""
    for key in ("method", "same_method"):
        if key in claim:
            yield from _method_texts(claim[key])
    hidden = frozenset(claim.get("problem", {}).get("variables", ()))
    for text in (*_inner(claim, _NO_TEXTS), *([claim["problem"]["objective"]] if "problem" in claim else [])):
        if not set(_names(text)) & hidden & set(claim["symbols"]):
            yield text


def _method_texts(table: Mapping[str, Any]) -> Iterator[str]:
    """Values of parameters; and the rule's lines, as far as no parameter or state hides the claim's symbol."""
    for name, text in table["parameters"].items():
        yield _without(text, set(table["parameters"]) - {name})
    own = {*table["parameters"], *table["state"], *table["update"]}
    for text in (*table["state"].values(), *table["update"].values(), table["query"], table["output"]):
        yield _without(text, own)


def _without(text: str, hidden: set[str]) -> str:
    return " + ".join(sorted(set(_names(text)) - hidden)) or "0"


def _inner(value: Any, skipped: frozenset[str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in skipped and key not in _WORDS:
                yield from _inner(item, frozenset())
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _inner(item, frozenset())
    else:
        yield str(value)
