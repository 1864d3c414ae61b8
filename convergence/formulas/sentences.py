"""What a claim says, as sentences that mix words and formulas; rendered as HTML with MathML or as plain text.

Every formula is built from the claim's SymPy objects; nothing here reads the author's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import escape
from string import Formatter

from sympy import Basic, Expr
from sympy.core.relational import Relational
from sympy.matrices import MatrixBase

from convergence.claims import statements as st
from convergence.claims.claim import Claim, Declared, Explicit, Recursion
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.runs import runs_sentence
from convergence.claims.writer import to_document
from convergence.expressions import Domain
from convergence.formulas.arithmetic import source_formula
from convergence.formulas.layout import (
    AT_MOST,
    EQUALS,
    MINUS,
    TENDS,
    TIMES,
    Binding,
    Fenced,
    Node,
    Power,
    Row,
    Table,
    Word,
    fenced,
    flat,
    joined,
    name,
    number,
    operator,
    relation,
    to_mathml,
    to_plain,
)
from convergence.formulas.measures import F_STAR, GRADIENT, F, counter, measured
from convergence.formulas.printer import Formula, chained, order, relation_sign, symbol_name
from convergence.methods.rule import Rule
from convergence.printed import Printed

Sentence = tuple[str | Node, ...]
write = Formula()

_RANDOM = frozenset({"unbiased", "bounded_variance", "bounded_gradients"})


def statement_text(claim: Claim) -> str:
    """The statement of one reading as one line of ASCII text, such as ``f(x_k) - f* <= L/k for every k >= 1``."""
    return plain(statement(claim))


def hypotheses_text(claim: Claim) -> str:
    """The hypotheses of one reading as one line of ASCII text, separated by semicolons."""
    return "; ".join(plain(sentence) for sentence in hypotheses(claim))


def plain(sentence: Sentence) -> str:
    """A sentence as ASCII text."""
    return "".join(part if isinstance(part, str) else to_plain(part) for part in sentence)


def markup(sentence: Sentence) -> str:
    """A sentence as HTML; words are escaped and formulas are MathML."""
    return "".join(escape(part) if isinstance(part, str) else to_mathml(part) for part in sentence)


def inline(sentence: Sentence) -> Sentence:
    """The same with slanted fractions, for running text."""
    return tuple(part if isinstance(part, str) else flat(part) for part in sentence)


def statement(claim: Claim) -> Sentence:
    """What one reading claims."""
    match claim.statement:
        case st.Rate(value):
            return _trajectory(claim, EQUALS, order("O", write(value)), value)
        case st.SameOrder(value):
            return _trajectory(claim, EQUALS, order("Θ", write(value)), value)
        case st.Bound(value):
            bounded = _trajectory(claim, AT_MOST, write(value), value)
            explicit = claim.subject.expression.free_symbols if isinstance(claim.subject, Explicit) else set()
            names = value.free_symbols | explicit
            return (*bounded, " for every ", relation(counter(names), relation_sign(">="), number(1)))
        case st.Limit(value):
            return _trajectory(claim, TENDS, write(value), value)
        case st.Spectrum(quantity, value):
            return _spectrum(quantity, value)
        case st.Arithmetic() | st.Comparison():
            return _numbers(claim.statement)
        case st.Holds(relations):
            return (chained(relations),)
        case st.SameMethod(other):
            subject = claim.method.name if claim.method else "the method"
            return (f"{subject} and {getattr(other, 'name', 'the other method')} compute the same iterates",)
        case st.Empirical(_, st.Runs() as runs):
            return (runs_sentence(runs),)
        case st.Empirical(needs):
            return (
                ("a statement about measurements; it needs ", needs) if needs else ("a statement about measurements",)
            )
    return _steps_statement(claim)


def _trajectory(claim: Claim, sign: Node, right: Node, value: Expr) -> Sentence:
    match claim.subject:
        case Recursion():
            term = write(claim.subject.relation.lhs.func(claim.subject.index))
            held = (write(claim.subject.relation), " for every ", _from_first(claim.subject))
            return ("every sequence with ", *held, " has ", relation(term, sign, right))
        case Explicit():
            return (relation(write(claim.subject.expression), sign, right),)
    return (relation(measured(claim.measure or "", counter(value.free_symbols), random=is_random(claim)), sign, right),)


def _from_first(recursion: Recursion) -> Node:
    return relation(symbol_name(recursion.index), relation_sign(">="), number(recursion.first))


def is_random(claim: Claim) -> bool:
    """Whether the claim bounds an expectation."""
    return any(claim.hypothesis(word) for word in _RANDOM) and claim.hypothesis("deterministic") is None


_QUANTITIES: Mapping[st.Quantity, str] = {
    st.Quantity.GRADIENT: "the gradient is ",
    st.Quantity.HESSIAN: "the Hessian is ",
    st.Quantity.EIGENVALUES: "the eigenvalues of the Hessian are ",
    st.Quantity.CONDITION_NUMBER: "the condition number is ",
    st.Quantity.DETERMINANT: "the determinant of the Hessian is ",
    st.Quantity.TRACE: "the trace of the Hessian is ",
    st.Quantity.LEADING_MINORS: "the leading minors of the Hessian are ",
    st.Quantity.CRITICAL_POINTS: "the critical points are ",
    st.Quantity.MINIMISER: "the minimiser is ",
    st.Quantity.MINIMUM: "the minimum is ",
    st.Quantity.STRONG_CONVEXITY: "the constant of strong convexity is ",
    st.Quantity.SMOOTHNESS: "the constant of smoothness is ",
    st.Quantity.DEFINITENESS: "the Hessian is ",
}


def _spectrum(quantity: st.Quantity, value: object) -> Sentence:
    if isinstance(value, st.Definiteness):
        return (_QUANTITIES[quantity], value.value)
    if quantity is st.Quantity.HESSIAN and isinstance(value, tuple):
        return (_QUANTITIES[quantity], Table(tuple(tuple(map(values, row)) for row in value)))
    listed = quantity in (st.Quantity.EIGENVALUES, st.Quantity.LEADING_MINORS, st.Quantity.CRITICAL_POINTS)
    if listed and isinstance(value, tuple):
        return (_QUANTITIES[quantity], joined(tuple(map(values, value))))
    return (_QUANTITIES[quantity], values(value))


def values(value: object) -> Node:
    """An expression, a printed number, a word, or nested tuples of them, which are points and matrices."""
    match value:
        case tuple():
            return Fenced(joined(tuple(map(values, value))))
        case Printed():
            return _verbatim(value.text)
        case Basic() | MatrixBase():
            return write(value)
    return name(str(value))


def _numbers(claimed: st.Arithmetic | st.Comparison) -> Sentence:
    if isinstance(claimed, st.Comparison):
        return (chained(claimed.relations), *_inputs(claimed.inputs))
    computed = tuple(source_formula(text) for text in claimed.texts)
    sign, printed = _printed(claimed.printed.text)
    if len(computed) > 1:
        words = (" span ", printed) if sign is EQUALS else (" are all ", relation(sign, printed))
        return ("the values ", joined(computed), *words, *_inputs(claimed.inputs))
    return (relation(*computed, sign, printed), *_inputs(claimed.inputs))


def _printed(text: str) -> tuple[Node, Node]:
    """The relation and the number that a printed number such as ``<2%`` or ``~33%`` stands for."""
    match = re.match(r"(<=|>=|<|>|~|about )\s*", text)
    if match is None:
        return EQUALS, _verbatim(text)
    sign = operator("\u2248", " ~ ") if match[1] in ("~", "about ") else relation_sign(match[1])
    return sign, _verbatim(text[match.end() :])


def _verbatim(text: str) -> Node:
    return Word(text, text, "mtext")


def _inputs(inputs: Mapping[Basic, Printed]) -> Iterator[str | Node]:
    for position, (symbol, printed) in enumerate(inputs.items()):
        yield ", " if position else " with the printed numbers "
        yield relation(write(symbol), *_printed(printed.text))


def _steps_statement(claim: Claim) -> Sentence:
    method = claim.method.name.replace("_", " ") if claim.method else "gradient descent"
    match claim.statement:
        case st.StableSteps(_, relations):
            return (f"{method} converges from every start exactly when ", chained(relations))
        case st.BestStep(value):
            return (f"the constant step with which {method} contracts fastest is ", values(value))
        case st.Contraction(step, value):
            return ("with step ", write(step), f" each iteration of {method} contracts by the factor ", values(value))
        case st.Behaviour(steps, motion, start, _):
            words = " or ".join(_MOTIONS.get(word, word.value) for word in motion)
            return ("with ", *_steps(steps), f" {method} {words}", *_start(start))
        case st.Faster(steps, than, start, _):
            return ("", *_steps(steps), " contracts faster than ", *_steps(than), *_start(start))
        case st.Fastest(value, among, start):
            listed = joined(tuple(map(write, among)))
            return ("among the steps ", listed, " the step ", write(value), " contracts fastest", *_start(start))
        case st.Iterations(step, ratio, at_least, at_most, start):
            times = _times(at_least, at_most)
            falls = ("with step ", write(step), " the distance falls to ", write(ratio), f" of its start {times}")
            return (*falls, *_start(start))
    return (type(claim.statement).__name__,)


_MOTIONS = {st.Motion.MONOTONE: "converges monotonically"}


def _times(at_least: int | None, at_most: int | None) -> str:
    if at_least is not None and at_most is not None:
        return f"after {at_least} to {at_most} iterations" if at_least != at_most else f"after {at_most} iterations"
    return f"within {at_most} iterations" if at_most is not None else f"after at least {at_least or 0} iterations"


def _steps(steps: Expr | tuple[Relational, ...]) -> Sentence:
    return ("every step ", chained(steps)) if isinstance(steps, tuple) else ("step ", write(steps))


def _start(start: tuple[Expr, ...] | str) -> Sentence:
    if isinstance(start, str):
        return (f", from {start} start",)
    return (", from ", values(start))


# --- hypotheses, symbols, problems


def hypotheses(claim: Claim) -> tuple[Sentence, ...]:
    """Every hypothesis of one reading, in order."""
    return tuple(_hypothesis(hypothesis) for hypothesis in claim.given)


def _hypothesis(hypothesis: Hypothesis | Relational) -> Sentence:
    if isinstance(hypothesis, Relational):
        return (write(hypothesis),)
    if hypothesis.name in _SPELLED:
        return _SPELLED[hypothesis.name](*map(write, hypothesis.arguments))
    filled = dict(zip((key for key, _ in hypothesis.kind.arguments), hypothesis.arguments, strict=True))
    parts: list[str | Node] = []
    for words, key, _, _ in Formatter().parse(hypothesis.kind.says):
        parts += [words] if words else []
        parts += [write(filled[key])] if key else []
    return tuple(parts)


def _size(body: Node) -> Node:
    return Fenced(body, "\u2016", "\u2016", ("||", "||"))


def _mean_square(body: Node) -> Node:
    return Row((name("𝔼", "E"), Power(_size(body), number(2))))


_ORACLE = name("g")
_ERROR = Row((_ORACLE, MINUS, GRADIENT), Binding.SUM)
_GAP = Fenced(Row((F, MINUS, F_STAR), Binding.SUM))

_SPELLED: Mapping[str, Callable[..., Sentence]] = {
    "polyak_lojasiewicz": lambda mu: (
        relation(Power(_size(GRADIENT), number(2)), relation_sign(">="), _product(number(2), mu, _GAP)),
        " everywhere (f is not constant)",
    ),
    "bounded_variance": lambda sigma: (relation(_mean_square(_ERROR), AT_MOST, _square(sigma)),),
    "bounded_gradients": lambda G: (relation(_mean_square(_ORACLE), AT_MOST, _square(G)), " at every iterate"),
    "gradient_error": lambda delta: (relation(_size(_ERROR), AT_MOST, delta),),
}
"""Hypotheses whose words are formulas."""


def _square(node: Node) -> Node:
    return Power(fenced(node, Binding.ATOM), number(2))


def _product(*factors: Node) -> Node:
    return joined(tuple(fenced(factor, Binding.PRODUCT) for factor in factors), TIMES)


def subject(claim: Claim) -> Sentence:
    """The method with its parameters, or nothing."""
    if claim.method is None:
        return ()
    parts: list[str | Node] = [claim.method.name]
    for position, (symbol, value) in enumerate(claim.method.parameters.items()):
        if value != symbol:
            parts += [" with " if position == 0 else ", ", relation(write(symbol), EQUALS, write(value))]
    return tuple(parts)


def other_method(claim: Claim) -> Claim | None:
    """For a claim that two methods are the same, the claim with the other method as its subject."""
    match claim.statement:
        case st.SameMethod(Rule() as other):
            return replace(claim, subject=other)
    return None


def problem(claim: Claim) -> Sentence:
    """The concrete objective with its start, or nothing."""
    if claim.problem is None:
        return ()
    function = Row((name("f"), Fenced(joined(tuple(map(write, claim.problem.variables))))))
    formula = relation(function, EQUALS, Formula(late=claim.problem.variables)(claim.problem.expression))
    return (formula, *((" from ", values(claim.problem.start)) if claim.problem.start else ()))


def symbols(claim: Claim) -> tuple[Sentence, ...]:
    """The symbols that one reading uses, with their domains and meanings; its method's own parameters are left out."""
    document = to_document(claim)
    rest = {key: part for key, part in document.items() if key not in ("symbols", "method", "same_method")}
    used = set(re.findall(r"[A-Za-z]\w*", str(rest)))
    for about in (claim, other_method(claim)):
        used |= {symbol.name for symbol in about.method.given} if about and about.method else set()
    return tuple(_symbol(claim.symbols[word]) for word in document["symbols"] if word in used)


def _symbol(declared: Declared) -> Sentence:
    symbol, zero = write(declared.symbol), number(0)
    says: Mapping[Domain, Sentence] = {
        Domain.REAL: (symbol, " real"),
        Domain.POSITIVE: (relation(symbol, relation_sign(">"), zero),),
        Domain.NONNEGATIVE: (relation(symbol, relation_sign(">="), zero),),
        Domain.INTEGER: (symbol, " a whole number"),
        Domain.NATURAL: (symbol, " = 1, 2, 3, ..."),
        Domain.UNIT: (relation(zero, relation_sign("<="), symbol, relation_sign("<"), number(1)),),
        Domain.FRACTION: (relation(zero, relation_sign("<"), symbol, relation_sign("<"), number(1)),),
        Domain.VECTOR: (symbol, " a vector"),
        Domain.RANDOM_VECTOR: (symbol, " a random vector"),
        Domain.MINIMISER: (symbol, " a minimiser of ", name("f")),
        Domain.INFIMUM: (symbol, " the infimum of ", name("f")),
        Domain.UNDEFINED: (symbol, " (the paper does not say what it is)"),
    }
    return (*says[declared.domain], *((f": {declared.meaning}",) if declared.meaning else ()))
