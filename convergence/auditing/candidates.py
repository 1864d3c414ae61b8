"""Weaker claims next to a claim that fails: what an author could have meant, or could still say.

A candidate is a claim's document with one thing changed: a hypothesis more, a slower rate, a larger constant, another
average of the iterates, the exact number. Nothing here knows whether a candidate is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sympy
from sympy import Expr

from convergence.claims.claim import Claim, Explicit, Recursion
from convergence.claims.reader import from_document
from convergence.claims.statements import Definiteness, Motion, Quantity, Rate, Spectrum, StableSteps
from convergence.errors import ConvergenceError
from convergence.expressions import COUNTERS, Domain, to_text
from convergence.formulas import printer, statement_text
from convergence.formulas.layout import to_plain
from convergence.problems.objective import Objective
from convergence.rates import growth

Document = dict[str, Any]

THRESHOLDS = ("p <= 2", "p < 2", "p <= 1", "p < 1", "p >= 1/2", "p > 1/2", "p >= 1", "p > 1", "p >= 2", "p > 2")
"""Ranges of one parameter, wider ones before those that they include."""

SLOWER = (
    "({rate})**(1/4)", "({rate})**(1/3)", "({rate})**(1/2)",
    "({rate})*{n}", "({rate})*{n}**(3/4)", "({rate})*{n}**(1/2)", "({rate})*{n}**(1/3)", "({rate})*{n}**(1/4)",
    "({rate})*log({n} + 1)",
)  # fmt: skip
LARGER = ("8", "4", "2", "3/2", "5/4")
MEASURES: Mapping[str, tuple[str, ...]] = {
    "gap": ("best_gap", "average_iterate_gap"),
    "squared_gradient_norm": ("best_squared_gradient_norm", "average_squared_gradient_norm"),
    "distance": ("squared_distance",),
    "regret": ("average_regret",),
}
MEASURE_WORDS = {
    "best_gap": "for the best iterate so far",
    "average_iterate_gap": "for the averaged iterate",
    "best_squared_gradient_norm": "for the smallest gradient so far",
    "average_squared_gradient_norm": "for the mean over the iterates",
    "squared_distance": "for the squared distance",
    "average_regret": "for the regret per round",
}
REVERSED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}
MOST_PAIRS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A changed claim.

    Attributes:
        kind: what is changed: ``hypothesis``, ``measure``, ``step``, ``rate``, ``constant`` or
            ``statement``.
        says: what is true then, in words, such as ``true if beta > 1``.
    """

    kind: str
    says: str
    document: Document


def candidates(claim: Claim, document: Document, instance: Mapping[str, Any]) -> Iterator[Candidate]:
    """Weaker claims. Hypotheses that ask least come first; rates and constants are ladders, the weakest first.

    Args:
        instance: values of symbols, as texts, for which the claim fails: a range that allows them is no remedy.
    """
    yield from _with_hypotheses(claim, document, instance)
    yield from _of_other_measures(document)
    yield from _with_other_steps(claim, document)
    for kind, altered in _restated(claim, document):
        if altered != document and (says := _said(altered)):
            yield Candidate(kind=kind, says=says, document=altered)


def _said(document: Document) -> str:
    """The altered statement in words; empty if the alteration is no claim, or an order that says nothing."""
    try:
        altered = from_document(document)
    except ConvergenceError:
        return ""
    if not isinstance(altered.statement, Rate):
        return f"true is: {statement_text(altered)}"
    order = altered.statement.order
    if not order.free_symbols & set(COUNTERS.values()):
        return "true as: it stays bounded" if document["rate"] == "1" else ""
    return f"true as {to_plain(printer.order('O', printer.Formula()(order)))}"


# --- one hypothesis more, or two


def _with_hypotheses(claim: Claim, document: Document, instance: Mapping[str, Any]) -> Iterator[Candidate]:
    values = {name: value for name, value in instance.items() if name in claim.symbols}
    signs = [text for text in _signs(claim, document) if not _allows(text, values)]
    ranges = [text for text in _ranges(claim, document) if not _allows(text, values)]
    functions = [text for text in _function_classes(claim) if text not in document["given"]]
    for text in (*signs, *functions, *ranges):
        yield _given(document, text)
    pairs = [*((sign, text) for sign in signs for text in ranges), *combinations(functions, 2)]
    for first, second in pairs[:MOST_PAIRS]:
        yield _given(document, first, second)


def _given(document: Document, *texts: str) -> Candidate:
    words = " and ".join(text.replace("[k]", "_k").replace("**", "^") for text in texts)
    given = [*document["given"], *texts]
    return Candidate(kind="hypothesis", says=f"true if {words}", document=document | {"given": given})


def _signs(claim: Claim, document: Document) -> list[str]:
    """Terms of a sequence, and real symbols, that could be meant to be nonnegative."""
    if isinstance(claim.subject, Recursion):
        return [text for text in (f"{claim.subject.name}[k] >= 0",) if text not in document["given"]]
    return [f"{name} >= 0" for name in _names(claim, document, Domain.REAL)] if "holds" in document else []


def _ranges(claim: Claim, document: Document) -> list[str]:
    """Ranges of the positive parameters of a recursion, a sequence or a formula, then of two of them together."""
    if not (isinstance(claim.subject, Recursion | Explicit) or "holds" in document):
        return []
    names = _names(claim, document, Domain.POSITIVE)
    single = [text.replace("p", name) for name in names for text in THRESHOLDS]
    pairs = combinations(names, 2) if "holds" in document else ()
    return [*(f"{p}*{q} <= {end}" for p, q in pairs for end in (2, 1)), *single]


def _names(claim: Claim, document: Document, domain: Domain) -> list[str]:
    """The symbols of a domain that stand in the statement, its subject or its relations."""
    own = [document.get(key) for key in ("recursion", "sequence", "rate", "bound", "limit", "same_order", "holds")]
    relations = [text for text in document["given"] if claim.has_vectors or any(mark in text for mark in "<>=")]
    words = {word for text in (*own, *relations) for word in re.findall(r"[A-Za-z]\w*", str(text or ""))}
    sequence = claim.subject.name if isinstance(claim.subject, Recursion) else ""
    return [name for name, entry in claim.symbols.items() if entry.domain is domain and name in words - {sequence}]


def _allows(relation: str, values: Mapping[str, Any]) -> bool:
    """Whether a relation between symbols holds at the values for which the claim fails."""
    left, sign, right = _sides(relation)
    try:
        side = sympy.prod([sympy.Rational(str(values[name])) for name in left.split("*")])
    except (KeyError, TypeError, ValueError):
        return False
    return bool(sympy.Rel(side, sympy.Rational(right), sign))


def _function_classes(claim: Claim) -> list[str]:
    """Classes of functions, and starts, with a constant where the claim's symbols offer the letter of the field."""
    if claim.problem is not None or not (claim.method or claim.has_vectors):
        return []
    words = (("smooth", "L"), ("strongly_convex", "mu"), ("bounded_gradients", "G"))
    starts = (("initial_distance", "D"), ("initial_gap", "Delta")) if claim.method else ()
    offered = [(word, letter) for word, letter in (*words, *starts) if letter in claim.symbols]
    return ["convex", *(f"{word}({letter})" for word, letter in offered if claim.hypothesis(word) is None)]


# --- another measure


def _of_other_measures(document: Document) -> Iterator[Candidate]:
    for measure in MEASURES.get(document.get("measure", ""), ()):
        yield Candidate(kind="measure", says=f"true {MEASURE_WORDS[measure]}", document=document | {"measure": measure})


# --- another step size


def _with_other_steps(claim: Claim, document: Document) -> Iterator[Candidate]:
    """The step sizes of the textbooks, as far as the hypotheses have the constants that they need."""
    method = document.get("method")
    if method is None or claim.problem is not None:
        return
    texts = " ".join(method["update"].values())
    steps = [name for name in method["parameters"] if re.search(rf"(?<!\w){name}\*g(?!\w)", texts)]
    if len(steps) != 1:
        return
    for value in _textbook_steps(claim):
        parameters = method["parameters"] | {steps[0]: to_text(value)}
        if parameters != method["parameters"]:
            altered = document | {"method": method | {"parameters": parameters}}
            says = f"true with the step {to_plain(printer.Formula()(value))}"
            yield Candidate(kind="step", says=says, document=altered)


def _textbook_steps(claim: Claim) -> Iterator[Expr]:
    k = COUNTERS["k"]
    if (smoothness := claim.constant("smooth")) is not None:
        yield 1 / smoothness
    if (convexity := claim.constant("strongly_convex")) is not None:
        yield 1 / (convexity * k)
    slope, length = (
        next((found for word in words if (found := claim.constant(word)) is not None), None)
        for words in (("lipschitz", "bounded_gradients"), ("initial_distance", "bounded_domain"))
    )
    if slope is not None and length is not None:
        yield length / (slope * sympy.sqrt(k))


# --- a weaker or another statement


def _restated(claim: Claim, document: Document) -> Iterator[tuple[str, Document]]:
    counter = "T" if re.search(r"\bT\b", str({**document, "symbols": {}})) else "k"
    if "rate" in document:
        yield from (("rate", altered) for altered in _slower(document, counter))
    if "same_order" in document:
        yield "statement", _without(document, "same_order") | {"rate": document["same_order"]}
    if isinstance(claim.subject, Explicit) and {"rate", "same_order"} & set(document):
        yield from (("statement", altered) for altered in _own_order(claim.subject, claim, document, counter))
    if "bound" in document:
        yield from (("constant", document | {"bound": f"{factor}*({document['bound']})"}) for factor in LARGER)
    if "limit" in document and document["limit"] == "0":
        yield "statement", _without(document, "limit") | {"rate": "1"}
    if "holds" in document:
        yield from _relaxed(claim, document)
    if "behaviour" in document:
        yield from (("statement", altered) for altered in _other_motions(document))
    if claim.problem is not None:
        yield from (("statement", altered) for altered in _exact_numbers(claim, claim.problem, document))


def _without(document: Document, *keys: str) -> Document:
    return {key: value for key, value in document.items() if key not in keys}


def _slower(document: Document, counter: str) -> Iterator[Document]:
    return (document | {"rate": pattern.format(rate=document["rate"], n=counter)} for pattern in SLOWER)


def _own_order(sequence: Explicit, claim: Claim, document: Document, counter: str) -> Iterator[Document]:
    """An explicit sequence's own order, as far as it is known without cases."""
    order = growth.order_text(sequence.expression, COUNTERS[counter], growth.parameters_of(claim))
    if order and order not in ("0", document["sequence"]):
        yield _without(document, "same_order") | {"rate": order}


def _relaxed(claim: Claim, document: Document) -> Iterator[tuple[str, Document]]:
    left, sign, right = _sides(document["holds"])
    if sign == "==":
        yield from (("statement", document | {"holds": f"{left} {other} {right}"}) for other in ("<=", ">="))
    if sign == "<":
        yield "statement", document | {"holds": f"{left} <= {right}"}
    signed = claim.has_vectors or set(re.findall(r"[A-Za-z]\w*", right)) & set(_names(claim, document, Domain.REAL))
    if sign == "<=" and not signed:
        yield from (("constant", document | {"holds": f"{left} <= {factor}*({right})"}) for factor in LARGER)
    if sign in REVERSED:
        yield "statement", document | {"holds": f"{left} {REVERSED[sign]} {right}"}


def _sides(holds: str) -> tuple[str, str, str]:
    """Left side, sign and right side; nothing for chains of several relations."""
    parts = re.split(r"\s*(<=|>=|==|<|>)\s*", holds)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")


def _other_motions(document: Document) -> Iterator[Document]:
    table = document["behaviour"]
    if table["start"] == "every":
        yield document | {"behaviour": table | {"start": "almost every"}}
    yield from (
        document | {"behaviour": table | {"is": [word.value]}} for word in Motion if [word.value] != table["is"]
    )


def _exact_numbers(claim: Claim, problem: Objective, document: Document) -> Iterator[Document]:
    """The true value of what the statement names, where it can be read off a constant Hessian."""
    hessian = sympy.hessian(problem.expression, problem.variables)
    if isinstance(claim.statement, Spectrum):
        quantity = claim.statement.quantity
        if quantity is Quantity.DEFINITENESS:
            yield from (document | {quantity.value: word.value} for word in Definiteness)
        elif quantity in _EXACT and not hessian.free_symbols:
            yield document | {quantity.value: _EXACT[quantity](hessian)}
    if isinstance(claim.statement, StableSteps) and not hessian.free_symbols:
        largest = _eigenvalues(hessian)[-1]
        yield document | {"stable_steps": f"0 < {claim.statement.step} < {to_text(2 / largest)}"}
    if "best_step" in document and not hessian.free_symbols:
        values = _eigenvalues(hessian)
        yield document | {"best_step": to_text(sympy.radsimp(2 / (values[0] + values[-1])))}
    if "fastest" in document:
        table = document["fastest"]
        yield from (document | {"fastest": table | {"step": step}} for step in table["among"])


def _eigenvalues(hessian: Any) -> list[Expr]:
    return sorted((value for value, count in hessian.eigenvals().items() for _ in range(count)), key=float)


def _texts(values: Any) -> list[str]:
    return [to_text(sympy.nsimplify(value)) for value in values]


_EXACT: Mapping[Quantity, Callable[[Any], Any]] = {
    Quantity.HESSIAN: lambda hessian: [_texts(hessian.row(i)) for i in range(hessian.rows)],
    Quantity.DETERMINANT: lambda hessian: to_text(hessian.det()),
    Quantity.TRACE: lambda hessian: to_text(hessian.trace()),
    Quantity.EIGENVALUES: lambda hessian: [to_text(value) for value in _eigenvalues(hessian)],
    Quantity.STRONG_CONVEXITY: lambda hessian: to_text(_eigenvalues(hessian)[0]),
    Quantity.SMOOTHNESS: lambda hessian: to_text(_eigenvalues(hessian)[-1]),
    Quantity.LEADING_MINORS: lambda hessian: _texts(hessian[:n, :n].det() for n in range(1, hessian.rows + 1)),
}
