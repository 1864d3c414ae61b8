"""From a claim back to plain data: the document that certificates, reports and replays carry."""

from __future__ import annotations

import re
from typing import Any

from sympy import Expr
from sympy.core.relational import Relational

from convergence.claims import statements as st
from convergence.claims.claim import Claim, Declared, Explicit, Recursion
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.runs import runs_document
from convergence.expressions import to_text
from convergence.methods.rule import Rule
from convergence.printed import Printed


def to_document(claim: Claim) -> dict[str, Any]:
    """One reading of a claim as the tables of a claim file: everything that decides its verdict, and nothing else.

    The id, the place, the words and the expected verdict are left out, so that no checker can depend on them.
    """
    document: dict[str, Any] = {"given": [_hypothesis(hypothesis) for hypothesis in claim.given]}
    match claim.subject:
        case Rule():
            document["method"] = claim.subject.to_document()
        case Recursion():
            document["recursion"] = to_text(claim.subject.relation)
        case Explicit():
            document["sequence"] = to_text(claim.subject.expression)
    if claim.problem is not None:
        document["problem"] = claim.problem.to_document()
    if claim.measure is not None and claim.measure != "sequence":
        document["measure"] = claim.measure
    if claim.versus:
        document["versus"] = claim.versus
    document |= statement_document(claim.statement)
    used = _words(document)
    return {"symbols": {name: _symbol(entry) for name, entry in claim.symbols.items() if name in used}} | document


def statement_document(statement: st.Statement) -> dict[str, Any]:
    """The statement alone, under the key that a claim file uses for it."""
    match statement:
        case st.Rate(order):
            return {"rate": to_text(order)}
        case st.SameOrder(order):
            return {"same_order": to_text(order)}
        case st.Bound(value):
            return {"bound": to_text(value)}
        case st.Limit(value):
            return {"limit": to_text(value)}
        case st.Spectrum(quantity, value):
            return {quantity.value: _plain(value)}
        case st.StableSteps(_, relations):
            return {"stable_steps": _chain(relations)}
        case st.BestStep(value):
            return {"best_step": _plain(value)}
        case st.Contraction(step, value):
            return {"contraction": {"step": to_text(step), "factor": _plain(value)}}
        case st.Behaviour(steps, motion, start, _):
            words = [word.value for word in motion]
            return {"behaviour": {"step": _steps(steps), "is": words, "start": _plain(start)}}
        case st.Faster(steps, than, start, _):
            return {"faster": {"step": _steps(steps), "than": _steps(than), "start": _plain(start)}}
        case st.Fastest(value, among, start):
            return {"fastest": {"step": to_text(value), "among": _plain(among), "start": _plain(start)}}
        case st.Iterations():
            return {"iterations": _iterations(statement)}
        case st.Arithmetic(_, texts, printed, inputs):
            table = {"computed": list(texts), "printed": printed.text}
            return {"arithmetic": table | {"inputs": {name.name: value.text for name, value in inputs.items()}}}
        case st.Comparison(_, text, inputs):
            table = {"relation": text}
            return {"comparison": table | {"inputs": {name.name: value.text for name, value in inputs.items()}}}
        case st.Holds(relations):
            return {"holds": _chain(relations)}
        case st.SameMethod(other):
            return {"same_method": other.to_document()}  # type: ignore[attr-defined]
        case st.Empirical(needs, runs):
            return {"empirical": needs if runs is None else runs_document(runs) | {"needs": needs}}


def _iterations(statement: st.Iterations) -> dict[str, Any]:
    table = {"step": to_text(statement.step), "ratio": to_text(statement.ratio), "start": _plain(statement.start)}
    bounds = {"at_least": statement.at_least, "at_most": statement.at_most}
    return table | {key: value for key, value in bounds.items() if value is not None}


def _plain(value: object) -> Any:
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case Printed():
            return value.text
        case Expr():
            return to_text(value)
        case st.Definiteness():
            return value.value
    return value


def _steps(steps: Expr | tuple[Relational, ...]) -> str:
    return _chain(steps) if isinstance(steps, tuple) else to_text(steps)


def _chain(relations: tuple[Relational, ...]) -> str:
    """Links that share sides, as ``a < b`` and ``b < c``, are written ``a < b < c``."""
    text = to_text(relations[0])
    for relation in relations[1:]:
        text += f" {relation.rel_op} {to_text(relation.rhs)}"
    return text


def _hypothesis(hypothesis: Hypothesis | Relational) -> str:
    return hypothesis.text if isinstance(hypothesis, Hypothesis) else to_text(hypothesis)


def _symbol(declared: Declared) -> dict[str, Any]:
    table: dict[str, Any] = {"domain": declared.domain.value}
    if declared.range is not None:
        table["range"] = [to_text(end) for end in declared.range]
    return table


def _words(value: Any) -> set[str]:
    """Every identifier in the texts of a document."""
    if isinstance(value, dict):
        return set().union(*(_words(item) for item in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_words(item) for item in value)) if value else set()
    return set(re.findall(r"[A-Za-z]\w*", str(value)))
