"""From a validated document to claims: every text is parsed, every name resolved, every statement built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Rational, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from convergence.claims import statements as st
from convergence.claims.claim import Claim, Declared, Explicit, Paper, Recursion, Subject
from convergence.claims.documents import (
    STATEMENTS,
    SUBJECTS,
    ClaimTable,
    DocumentError,
    MethodTable,
    PaperDocument,
    ProblemTable,
    ReadingTable,
    SymbolTable,
    at,
    validated,
)
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.measures import MEASURES
from convergence.claims.proofs import require_steps
from convergence.claims.runs import read_runs
from convergence.claims.vectors import require_vectors
from convergence.errors import ClaimError, nearest
from convergence.expressions import (
    COUNTERS,
    Vector,
    exact,
    names_in,
    parse_expression,
    parse_rational,
    parse_relation,
    symbol,
    to_text,
)
from convergence.methods import METHODS
from convergence.methods.rule import Rule, g, rule, t, theta
from convergence.printed import Printed, parse_printed
from convergence.problems.objective import Objective

Names = Mapping[str, Symbol]


def read_paper(document: PaperDocument, path: str = "") -> Paper:
    """All claims of a document.

    Raises:
        DocumentError: for anything that has no meaning; its `path` leads to the key.
    """
    shelf = replace(_shelf(document), path=path)
    claims = []
    for index, table in enumerate(document.claims):
        with at("claims", index):
            claims.append(_read_claim(table, shelf))
    require_steps([(table.id, table.proof) for table in document.claims])
    title = document.paper.title or path
    return Paper(title=title, source=document.paper.source, claims=tuple(claims), path=path)


def from_document(document: Mapping[str, Any]) -> Claim:
    """The claim of a document that `to_document` wrote: the same statement without id, place, words or expectation.

    Raises:
        DocumentError: if the document is not valid.
    """
    table = {key: value for key, value in document.items() if key != "symbols"}
    data = {"symbols": document["symbols"], "claims": [{"id": "claim", **table}]}
    return read_paper(validated(data)).claims[0]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What the claims of one document share."""

    symbols: Mapping[str, Declared]
    methods: Mapping[str, Rule]
    problems: Mapping[str, Objective]
    path: str = ""

    @property
    def names(self) -> dict[str, Symbol]:
        return {**COUNTERS, **{name: declared.symbol for name, declared in self.symbols.items()}}


def _shelf(document: PaperDocument) -> _Shelf:
    shelf = _Shelf({name: _declared(name, table) for name, table in document.symbols.items()}, {}, {})
    methods = {}
    for name, table in document.methods.items():
        with at("methods", name):
            methods[name] = _rule(name, table, shelf.names)
    shelf = replace(shelf, methods=methods)
    problems = {}
    for name, problem in document.problems.items():
        with at("problems", name):
            problems[name] = _objective(name, problem, shelf.names)
    return replace(shelf, problems=problems)


def _declared(name: str, table: SymbolTable) -> Declared:
    with at("symbols", name):
        if name in COUNTERS:
            raise ClaimError(f"{name} is the step counter and cannot be declared")
        span = table.range and (parse_rational(table.range[0], "range"), parse_rational(table.range[1], "range"))
        if span and span[0] > span[1]:
            raise ClaimError(f"expected a range from the smaller to the larger number, found {list(table.range or ())}")
        found = symbol(name, table.domain)
        if span and isinstance(found, Vector):
            raise ClaimError(f"a {table.domain} has no range, found {list(table.range or ())}")
        return Declared(symbol=found, domain=table.domain, range=span, meaning=table.meaning)


# --- expressions


def expression(value: Any, names: Names) -> Expr:
    """Text, a number or a SymPy expression as an expression over `names`."""
    return parse_expression(value, names) if isinstance(value, str) else exact(value)


def _relations(text: str, names: Names) -> tuple[Relational, ...]:
    return parse_relation(text, names)


def _value(value: Any, names: Names, where: str) -> Expr | Printed:
    """A decimal or percentage stands for what rounds to it; anything else is exact."""
    if isinstance(value, float) or (
        isinstance(value, str) and any(mark in value for mark in ".%~") and not _names(value)
    ):
        return parse_printed(value, where)
    return expression(value, names)


def _names(text: str) -> bool:
    return any(character.isalpha() and character not in "eE" for character in text) or "(" in text or "*" in text


def _nested(value: Any, names: Names, where: str) -> Any:
    if isinstance(value, list):
        return tuple(_nested(item, names, where) for item in value)
    return _value(value, names, where)


# --- methods and problems


def _rule(name: str, table: MethodTable | Rule, names: Names) -> Rule:
    if isinstance(table, Rule):
        return table
    if table.base is not None:
        if table.state or table.update or table.step is not None:
            raise ClaimError("a method with a base takes parameters only; leave base out to write another update")
        return _overridden(_builtin(table.base), table.parameters, names)
    own = {theta.name: theta, g.name: g, "t": t, "k": t}
    parameters = {key: _fresh(key, names) for key in table.parameters}
    states = {key: _fresh(key, {}) for key in [*table.state, *table.update] if key not in (*parameters, theta.name)}
    inside = {**names, **parameters, **states, **own}
    with at("parameters"):
        inner = {**parameters, **names, "t": t, "k": t}
        values = {parameters[key]: expression(value, inner) for key, value in table.parameters.items()}
    with at("state"):
        initial = {states[key]: expression(value, inside) for key, value in table.state.items()}
    update = {}
    for key, value in table.update.items():
        with at("update", key):
            update[inside[key]] = expression(value, inside)
    with at("step"):
        step = None if table.step is None else expression(table.step, inside)
    return rule(
        name,
        step=step,
        parameters=values | _used_directly(table, names),
        state=initial,
        update=update,
        query=expression(table.query, inside),
        output=expression(table.output, inside),
    )


def _fresh(key: str, names: Names) -> Symbol:
    return names[key] if key in names else symbol(key)


def _used_directly(table: MethodTable, names: Names) -> dict[Symbol, Expr]:
    """The claim's symbols that a method uses without declaring them become parameters that stand for themselves."""
    values = [table.step, table.query, table.output, *table.state.values(), *table.update.values()]
    used = {name for value in values if isinstance(value, str) for name in names_in(value)}
    used |= {free.name for value in values if isinstance(value, Expr) for free in value.free_symbols}
    own = {*table.parameters, *table.state, *table.update, *COUNTERS}
    return {names[name]: names[name] for name in sorted(used - own) if name in names}


def _builtin(name: str) -> Rule:
    if name not in METHODS:
        raise ClaimError(f"unknown method {name!r}{nearest(name, METHODS)}")
    return METHODS[name]


def _overridden(base: Rule, parameters: Mapping[str, Any], names: Names) -> Rule:
    inner = {**{name.name: name for name in base.parameters}, **names}
    with at("parameters"):
        values = {key: expression(value, inner) for key, value in parameters.items()}
        return base.with_parameters(**values) if values else base


def _objective(name: str, table: ProblemTable | Objective, names: Names) -> Objective:
    if isinstance(table, Objective):
        return table
    with at("objective"):
        if isinstance(table.objective, str):
            found = [key for key in names_in(table.objective) if key not in names]
        else:
            found = sorted(free.name for free in exact(table.objective).free_symbols if free.name not in names)
        variables = {key: symbol(key) for key in table.variables or found}
        body = expression(table.objective, {**names, **variables})
    with at("start"):
        start = table.start and tuple(parse_rational(value, "start") for value in table.start)
    return Objective(name=name, expression=body, variables=tuple(variables.values()), start=start or None)


# --- claims


def _read_claim(table: ClaimTable, shelf: _Shelf) -> Claim:
    claim = _reading(table, table, shelf)
    others = []
    for index, reading in enumerate(table.readings):
        with at("readings", index):
            others.append(_reading(table, _merged(table, reading), shelf))
    names = [claim.reading, *(other.reading for other in others)]
    if len(set(names)) != len(names):
        raise ClaimError(f"expected a different name for each reading, found {', '.join(names)}")
    return replace(claim, others=tuple(others))


def _merged(claim: ClaimTable, reading: ReadingTable) -> ReadingTable:
    """A reading inherits what it does not state; a statement or a subject of its own replaces the claim's."""
    stated = reading.model_fields_set
    dropped = {key for group in (STATEMENTS, SUBJECTS) if stated & set(group) for key in group}
    kept = {key: getattr(claim, key) for key in ReadingTable.model_fields if key not in stated | dropped | {"reading"}}
    return reading.model_copy(update=kept)


def _reading(claim: ClaimTable, table: ReadingTable, shelf: _Shelf) -> Claim:
    problem = _problem(table, shelf)
    method = _method(table, shelf)
    subject = _subject(table, method, shelf)
    names = shelf.names | ({variable.name: variable for variable in problem.variables} if problem else {})
    statement = _statement(table, _Context(names, problem, shelf))
    measure = _measure(table, subject, statement)
    found = Claim(
        id=claim.id,
        statement=statement,
        subject=subject,
        problem=problem,
        measure=measure,
        given=_given(table.given or [], shelf.names, subject),
        symbols=shelf.symbols,
        where=table.where or "",
        says=table.says or "",
        reading=table.reading,
        versus=claim.versus,
        expects=claim.expects if table is claim else None,
        needs=claim.needs,
        proof=tuple(claim.proof) if table is claim else (),
    )
    require_vectors(found)
    return found


def _problem(table: ReadingTable, shelf: _Shelf) -> Objective | None:
    with at("problem"):
        if table.problem is None or isinstance(table.problem, Objective):
            return table.problem
        if isinstance(table.problem, ProblemTable):
            return _objective("problem", table.problem, shelf.names)
        if table.problem not in shelf.problems:
            raise ClaimError(f"unknown problem {table.problem!r}{nearest(table.problem, shelf.problems)}")
        return shelf.problems[table.problem]


def _method(table: ReadingTable, shelf: _Shelf) -> Rule | None:
    with at("method"):
        found = None if table.method is None else _named_rule(table.method, shelf)
    if table.parameters:
        if found is None:
            raise DocumentError(("parameters",), "parameters need a method to belong to")
        return _overridden(found, table.parameters, shelf.names)
    return found


def _named_rule(method: str | MethodTable | Rule, shelf: _Shelf) -> Rule:
    if not isinstance(method, str):
        return _rule("method", method, shelf.names)
    known = {**METHODS, **shelf.methods}
    if method not in known:
        raise ClaimError(f"unknown method {method!r}{nearest(method, known)}")
    return known[method]


def _subject(table: ReadingTable, method: Rule | None, shelf: _Shelf) -> Subject:
    stated = [key for key in SUBJECTS if getattr(table, key) is not None]
    if len(stated) > 1:
        raise ClaimError(f"a claim is about one of method, recursion and sequence; found {' and '.join(stated)}")
    if table.recursion is not None:
        with at("recursion"):
            return _recursion(table.recursion, shelf.names)
    if table.sequence is not None:
        with at("sequence"):
            return Explicit(expression=expression(table.sequence, shelf.names))
    return method


def _recursion(text: str, names: Names) -> Recursion:
    sequence = text.partition("[")[0].strip()
    symbol(sequence)  # the name must be a plain one
    relations = parse_relation(text, names, frozenset({sequence}))
    relation, index = relations[0], COUNTERS["k"]
    left = relation.lhs
    if len(relations) != 1 or not isinstance(left, AppliedUndef) or left.args[0] != index + 1:
        raise ClaimError(f"expected one inequality of the form {sequence}[k+1] <= ..., found {text!r}")
    used = {call.args[0] for call in relation.rhs.atoms(AppliedUndef)}
    if used - {index, index - 1}:
        raise ClaimError(f"expected only {sequence}[k] and {sequence}[k-1] on the right, found {text!r}")
    if relation.rel_op not in ("<=", "=="):
        raise ClaimError(f"expected <= or == in a recursion, found {relation.rel_op}")
    return Recursion(relation=relation, name=sequence, index=index)


def _given(texts: list[Any], names: Names, subject: Subject) -> tuple[Hypothesis | Relational, ...]:
    sequences = frozenset({subject.name}) if isinstance(subject, Recursion) else frozenset()
    found: list[Hypothesis | Relational] = []
    for index, text in enumerate(texts):
        with at("given", index):
            if isinstance(text, Hypothesis | Relational):
                found.append(text)
            elif not isinstance(text, str):
                raise ClaimError(f'expected a hypothesis such as "smooth(L)" or a relation, found {text!r}')
            elif any(mark in text for mark in "<>="):
                found += parse_relation(text, names, sequences)
            else:
                found.append(read_hypothesis(text, names))
    return tuple(found)


def read_hypothesis(text: str, names: Names) -> Hypothesis:
    """A hypothesis such as ``smooth(L)`` or ``convex``."""
    name, bracket, rest = text.strip().partition("(")
    if bracket and not rest.endswith(")"):
        raise ClaimError(f"expected a hypothesis such as smooth(L), found {text!r}")
    arguments = [part for part in rest[:-1].split(",") if part.strip()] if bracket else []
    return Hypothesis(name.strip(), tuple(parse_expression(argument, names) for argument in arguments))


def _measure(table: ReadingTable, subject: Subject, statement: st.Statement) -> str | None:
    if table.measure is not None:
        if table.measure not in MEASURES:
            raise DocumentError(("measure",), f"unknown measure {table.measure!r}{nearest(table.measure, MEASURES)}")
        return table.measure
    if isinstance(subject, Recursion | Explicit):
        return "sequence"
    if isinstance(statement, st.Rate | st.SameOrder | st.Bound | st.Limit):
        raise DocumentError(
            (),
            'a rate, bound or limit needs a measure, such as measure = "gap", and a subject: '
            "a method, a recursion or a sequence",
        )
    return None


# --- statements


@dataclass(frozen=True, slots=True)
class _Context:
    names: dict[str, Symbol]
    problem: Objective | None
    shelf: _Shelf

    def expression(self, value: Any) -> Expr:
        return expression(value, self.names)

    def steps(self, value: Any) -> tuple[Expr | tuple[Relational, ...], Symbol | None]:
        """A single step, or relations in one undeclared name."""
        if not isinstance(value, str) or not any(mark in value for mark in "<>="):
            return self.expression(value), None
        used = {name.name for name in self.problem.expression.free_symbols} if self.problem else set()
        names = [name for name in names_in(value) if name not in used]
        if len(names) != 1:
            raise ClaimError(f'expected relations in one step size, such as "0 < eta < 1/3", found {value!r}')
        step = symbol(names[0])
        return _relations(value, {**self.names, names[0]: step}), step

    def start(self, value: Any) -> tuple[Rational, ...] | str:
        if isinstance(value, str):
            if value not in ("every", "some", "almost every"):
                raise ClaimError(f'expected a point, "every", "some" or "almost every" as start, found {value!r}')
            return value
        if value is not None:
            return tuple(parse_rational(part, "start") for part in value)
        return self.problem.start if self.problem and self.problem.start else "every"


def _statement(table: ReadingTable, context: _Context) -> st.Statement:
    stated = [key for key in STATEMENTS if getattr(table, key) is not None]
    if len(stated) != 1:
        found = " and ".join(stated) or "none"
        raise ClaimError(
            f"expected exactly one statement (such as rate, bound, limit, eigenvalues, arithmetic), found {found}"
        )
    key = stated[0]
    with at(key):
        if key in NEEDS_PROBLEM and context.problem is None:
            raise ClaimError(f'{key} is about a concrete problem: add problem = "name" and a [problems.name] table')
        return (
            _BUILDERS[key](getattr(table, key), context)
            if key in _BUILDERS
            else _spectrum(key, getattr(table, key), context)
        )


def _spectrum(key: str, value: Any, context: _Context) -> st.Spectrum:
    quantity = st.Quantity(key)
    if quantity is st.Quantity.DEFINITENESS:
        try:
            return st.Spectrum(quantity, st.Definiteness(value))
        except ValueError:
            raise ClaimError(f"unknown definiteness {value!r}{nearest(value, list(st.Definiteness))}") from None
    return st.Spectrum(quantity, _nested(value, context.names, key))


def _stable_steps(value: str, context: _Context) -> st.StableSteps:
    relations, step = context.steps(value)
    if step is None:
        raise ClaimError(f'expected relations such as "0 < eta < 1/3", found {value!r}')
    return st.StableSteps(step, relations)


def _behaviour(table: Any, context: _Context) -> st.Behaviour:
    words = [table.is_] if isinstance(table.is_, str) else table.is_
    for word in words:
        if word not in list(st.Motion):
            raise ClaimError(f"unknown behaviour {word!r}{nearest(word, list(st.Motion))}")
    steps, step = context.steps(table.step)
    return st.Behaviour(steps, tuple(st.Motion(word) for word in words), context.start(table.start), step)


def _faster(table: Any, context: _Context) -> st.Faster:
    (steps, first), (than, second) = context.steps(table.step), context.steps(table.than)
    if first and second and first != second:
        raise ClaimError(f"expected one name for the step size, found {first} and {second}")
    return st.Faster(steps, than, context.start(table.start) if table.start else "every", first or second)


def _fastest(table: Any, context: _Context) -> st.Fastest:
    among = tuple(context.expression(value) for value in table.among)
    start = context.start(table.start) if table.start else "every"
    return st.Fastest(context.expression(table.step), among, start)


def _iterations(table: Any, context: _Context) -> st.Iterations:
    ratio = parse_rational(table.ratio, "ratio")
    if not 0 < ratio < 1:
        raise ClaimError(f"expected a ratio between 0 and 1, found {table.ratio}")
    return st.Iterations(
        context.expression(table.step), ratio, table.at_least, table.at_most, context.start(table.start)
    )


def _inputs(table: Any) -> dict[Symbol, Printed]:
    return {symbol(name): parse_printed(value, f"inputs.{name}") for name, value in table.inputs.items()}


def _arithmetic(table: Any, context: _Context) -> st.Arithmetic:
    inputs = _inputs(table)
    computed = table.computed if isinstance(table.computed, list) else [table.computed]
    names = {name.name: name for name in inputs}
    values = tuple(expression(value, names) for value in computed)
    texts = tuple(value if isinstance(value, str) else to_text(exact(value)) for value in computed)
    return st.Arithmetic(values, texts, parse_printed(table.printed, "printed"), inputs)


def _comparison(table: Any, context: _Context) -> st.Comparison:
    inputs = _inputs(table)
    return st.Comparison(_relations(table.relation, {name.name: name for name in inputs}), table.relation, inputs)


_BUILDERS: Mapping[str, Callable[[Any, _Context], st.Statement]] = {
    "rate": lambda value, context: st.Rate(context.expression(value)),
    "same_order": lambda value, context: st.SameOrder(context.expression(value)),
    "bound": lambda value, context: st.Bound(context.expression(value)),
    "limit": lambda value, context: st.Limit(context.expression(value)),
    "stable_steps": _stable_steps,
    "best_step": lambda value, context: st.BestStep(_value(value, context.names, "best_step")),
    "contraction": lambda table, context: st.Contraction(
        context.expression(table.step), _value(table.factor, context.names, "factor")
    ),
    "behaviour": _behaviour,
    "faster": _faster,
    "fastest": _fastest,
    "iterations": _iterations,
    "arithmetic": _arithmetic,
    "comparison": _comparison,
    "holds": lambda value, context: st.Holds(_relations(value, context.names)),
    "same_method": lambda value, context: st.SameMethod(_named_rule(value, context.shelf)),
    "empirical": lambda value, context: read_runs(value, context.shelf.path),
}

NEEDS_PROBLEM = (
    *st.Quantity,
    "stable_steps",
    "best_step",
    "contraction",
    "behaviour",
    "faster",
    "fastest",
    "iterations",
)
