"""What the search for a potential needs to know of a claim, and how a proposal is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from convergence.certificates import document as documents
from convergence.certificates.gram import vector
from convergence.certificates.iteration import STEP, THETA, Method, read_method
from convergence.certificates.linear_methods import (
    anywhere,
    is_plain,
    output,
    query,
    require_equivariant,
    same,
    stepped,
    word,
)
from convergence.certificates.potential import conditions
from convergence.certificates.potential_measures import MEASURES, SQUARES, WINDOWS
from convergence.certificates.potential_setting import Setting, setting
from convergence.expressions import COUNTERS, to_text

K, T = COUNTERS["k"], COUNTERS["T"]
HALF = Rational(1, 2)
Terms = Mapping[str, Expr | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proof to try: in words, and as the certificate that the core reads."""

    idea: str
    witness: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Momentum:
    """``x_k = y - a g(y)`` with ``y = x_(k-1) + b (x_(k-1) - x_(k-2))``; `previous` is the state x_(k-2)."""

    step: Expr
    weight: Expr
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A claim about a measure of a linear method on a class of functions.

    Attributes:
        document: the claim's.
        measure: its measure.
        bound: the claimed bound, None for a rate or a limit.
        method, given: the method and the named hypotheses.
        step: a for ``x_k = x_(k-1) - a g``, which may depend on k; None for any other method.
        momentum: for methods with two iterates.
        horizon: whether the claim or its method name T.
    """

    document: Mapping[str, Any]
    measure: str
    bound: Expr | None
    method: Method
    given: Setting
    step: Expr | None
    momentum: Momentum | None
    horizon: bool

    def known(self, name: str) -> Expr | None:
        """The argument of a hypothesis, or None."""
        return self.given.given.get(name)

    @property
    def kind(self) -> str:
        """What is measured at each point."""
        return MEASURES[self.measure]

    @property
    def is_root(self) -> bool:
        """Whether the measure is the root of what is measured."""
        return self.measure in SQUARES

    @property
    def windows(self) -> tuple[str, ...]:
        """The first of the windows that a sum may be over, one for each group that has to be proved together."""
        return tuple(group[0] for group in WINDOWS.get(self.measure, ()))

    @property
    def reach(self) -> tuple[str, ...]:
        """Every window in which a sum would prove the statement."""
        return tuple(window for group in WINDOWS.get(self.measure, ()) for window in group if len(group) == 1)

    @property
    def noise(self) -> Expr | None:
        """The size of the error of every gradient, where it has the mean zero."""
        return self.known("bounded_variance") if "unbiased" in self.given.given else None

    @property
    def steepest(self) -> tuple[str, Expr] | None:
        """The fact that bounds the oracle's answer, and the bound."""
        for name, fact in (("bounded_gradients", "oracle query"), ("lipschitz", "slope query")):
            if name in self.given.given:
                return fact, self.given.given[name]
        return None


def task(document: Mapping[str, Any], measure: str) -> Task:
    """The task of a claim's document.

    Raises:
        CertificateRejected: if it is not about a linear method that commutes with translations, or a hypothesis is
            not understood.
    """
    method = read_method(document["method"], document)
    require_equivariant(method)
    facts = conditions(document)
    given = setting(document, facts)
    plain = is_plain(method)
    bound = documents.expression(document, document["bound"]).subs(STEP, K) if "bound" in document else None
    stated = next(
        documents.expression(document, document[key]) for key in ("bound", "rate", "limit") if key in document
    )
    return Task(
        document=document,
        measure=measure,
        bound=bound,
        method=method,
        given=given,
        step=_step(method) if plain else None,
        momentum=None if plain else _momentum(method),
        horizon=T in method.free | stated.free_symbols,
    )


def _step(method: Method) -> Expr:
    after = stepped(method, anywhere(method), vector("g"), K)[THETA]
    return sympy.simplify(-after.parts.get("g", Integer(0)))


def _momentum(method: Method) -> Momentum | None:
    """Read off one step, for methods whose only state is the iterate before."""
    if len(method.state) != 1:
        return None
    (state,) = method.state
    table = anywhere(method)
    asked, after = query(method, table, K), stepped(method, table, vector("g"), K)
    weight = -asked.parts.get(word(state), Integer(0))
    step = -after[THETA].parts.get("g", Integer(0))
    right = same(after[state], table[THETA]) and same(after[THETA], asked - step * vector("g"))
    if not right or not same(output(method, after, K), after[THETA]):
        return None
    return Momentum(step=sympy.simplify(step), weight=sympy.simplify(weight), previous=word(state))


def written(terms: Terms) -> dict[str, str]:
    """Expressions as the certificate has them; zeros are left out."""
    return {words: to_text(sympy.sympify(value)) for words, value in terms.items() if value != 0}


def proof(
    potential: Terms,
    *,
    step: Terms,
    final: Terms,
    factor: Expr | int = 1,
    scale: Expr | int = 1,
    base: Terms | None = None,
    first: int = 0,
    late: Expr | int | None = None,
) -> dict[str, Any]:
    """The potential with its inequalities: `factor` belongs to the step, `scale` to the final inequality."""
    start = (
        {"late": to_text(sympy.sympify(late))} if late is not None else {"first": first, "base": written(base or {})}
    )
    return {
        "potential": written(potential),
        **start,
        "step": {"factor": to_text(sympy.sympify(factor)), "facts": written(step)},
        "final": {"factor": to_text(sympy.sympify(scale)), "facts": written(final)},
    }


def added(*terms: Terms) -> dict[str, Expr]:
    """Sums of coefficients, word by word."""
    total: dict[str, Expr] = {}
    for part in terms:
        for words, value in part.items():
            total[words] = total.get(words, Integer(0)) + value
    return total


def at_start(terms: Terms) -> dict[str, Expr]:
    """The facts of every step as those of step 1."""
    renamed = {words.replace("query", "query1").replace("theta-", "start"): value for words, value in terms.items()}
    return {words: sympy.sympify(value).subs(K, 1) for words, value in renamed.items()}


def times(factor: Expr | int, terms: Terms) -> dict[str, Expr]:
    """All coefficients times a factor."""
    return {words: sympy.sympify(factor) * value for words, value in terms.items()}


def squares(parts: Mapping[str, Expr]) -> dict[str, Expr]:
    """|sum of c v|^2, word by word."""
    names = list(parts)
    return {
        f"{first} {second}": sympy.expand((1 if i == j else 2) * parts[first] * parts[second])
        for i, first in enumerate(names)
        for j, second in enumerate(names)
        if i <= j
    }
