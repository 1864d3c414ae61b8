"""The parts of a statement about constant steps: objective, method, steps, starts; with or without open symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from typing import Any

from sympy import Integer

from convergence.certificates import document
from convergence.certificates.algebraic import Real, algebraic
from convergence.certificates.components import Component, Descent
from convergence.certificates.document import hypotheses
from convergence.certificates.dynamics import GRADIENT_DESCENT, LinearMethod, linear_method
from convergence.certificates.exact import to_fmpq
from convergence.certificates.parametric import Family, Parametric
from convergence.certificates.quadratics import Quadratic, quadratic
from convergence.certificates.signs import Facts
from convergence.certificates.stated import Stated, stated
from convergence.certificates.step_sets import StepSet, distinct, read_open_steps, read_steps
from convergence.certificates.substitution import Values, substituted
from convergence.errors import CertificateRejected
from convergence.printed import Printed

HARMLESS = frozenset(
    {
        "convex",
        "strongly_convex",
        "smooth",
        "quadratic",
        "polyak_lojasiewicz",
        "bounded_below",
        "deterministic",
        "lipschitz",
        "initial_distance",
        "initial_gap",
    }
)
"""Hypotheses that leave the method as it is, so that a proof may ignore them."""

KEYS = ("stable_steps", "best_step", "contraction", "behaviour", "faster", "fastest", "iterations")


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """A statement about constant steps at given values of the claim's symbols.

    Attributes:
        claim: the claim's document.
        values: of the claim's symbols.
        key: which of `KEYS` is stated; `table` is what is stated.
        problem: the objective.
        method: the method, with its step left open.
    """

    claim: Mapping[str, Any]
    values: Values
    key: str
    table: Any
    problem: Quadratic | Family
    method: LinearMethod

    @classmethod
    def of(cls, claim: Mapping[str, Any], values: Values) -> Setting:
        """Read the claim's document.

        Raises:
            CertificateRejected: if it is not about constant steps of a linear method on a quadratic.
        """
        key = _key(claim)
        problem = quadratic(claim, values)
        if problem.critical_point is None:
            raise CertificateRejected("the objective has no critical point")
        if not problem.modes:
            raise CertificateRejected("the objective is constant")
        method = linear_method(claim, values, _step_name(claim, key, claim[key], values))
        return cls(claim=claim, values=values, key=key, table=claim[key], problem=problem, method=method)

    @property
    def quadratic(self) -> Quadratic:
        """The objective, where its coefficients are numbers.

        Raises:
            CertificateRejected: if they depend on symbols.
        """
        if isinstance(self.problem, Quadratic):
            return self.problem
        raise CertificateRejected("this is not decided for an objective with symbols")

    def number(self, text: str) -> Real:
        """An exact number of the statement."""
        return algebraic(substituted(document.expression(self.claim, text), self.values))

    def value(self, text: str) -> Stated:
        """An exact or rounded value of the statement."""
        found = stated(self.claim, text)
        return found if isinstance(found, Printed) else substituted(found, self.values)

    def steps(self, text: str) -> StepSet:
        """A set of steps of the statement."""
        return read_steps(self.claim, text, self.values)

    @cached_property
    def thresholds(self) -> list[Real]:
        """Steps between which no fact about a component changes."""
        return distinct([*self.method.thresholds(self.quadratic), Real.of(0)])

    def components(self, step: Real) -> list[Component]:
        """One component for each of the problem's modes."""
        return [self.method.component(step, mode) for mode in self.problem.modes]

    def starts(self, start: Any) -> Iterator[tuple[int, ...]]:
        """The sets of modes that a start may excite; ``every`` and ``some`` range over all of them."""
        modes = range(len(self.problem.modes))
        if isinstance(start, list):
            yield tuple(self.problem.active([to_fmpq(value) for value in start]))
        elif start == "almost every":
            yield tuple(modes)
        elif start in ("every", "some"):
            yield from chain.from_iterable(combinations(modes, size) for size in range(1, len(modes) + 1))
        else:
            raise CertificateRejected(f"unknown start {start!r}")

    def factor(self, step: Real, start: Any = "every") -> Real:
        """The asymptotic contraction factor from the worst of the starts.

        Raises:
            CertificateRejected: if the start is critical, or only some start is meant.
        """
        if start == "some":
            raise CertificateRejected("a contraction factor from some start is not one number")
        active = max(self.starts(start), key=len)
        if not active:
            raise CertificateRejected("the start is a critical point")
        components = self.components(step)
        return max(components[index].radius for index in active)


def _key(claim: Mapping[str, Any]) -> str:
    """Which statement is made, after checking that no hypothesis changes the method."""
    for name, _ in hypotheses(claim):
        if name not in HARMLESS:
            raise CertificateRejected(f"the hypothesis {name} changes what the method does")
    for key in KEYS:
        if key in claim:
            return key
    raise CertificateRejected("the claim says nothing about constant steps")


def _step_name(claim: Mapping[str, Any], key: str, table: Any, values: Values) -> str | None:
    texts = [table] if key == "stable_steps" else [table.get("step"), table.get("than")] if key in _SETS else []
    names = [read_steps(claim, text, values).name for text in texts if text is not None]
    return next((name for name in names if name is not None), None)


_SETS = ("behaviour", "faster")


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenSetting(Setting):
    """A statement about gradient descent on a family of quadratics, under facts about the claim's symbols."""

    facts: Facts

    @classmethod
    def of_family(cls, claim: Mapping[str, Any], family: Family, facts: Facts) -> OpenSetting:
        """Read the claim's document, with the claim's symbols left open."""
        key = _key(claim)
        if not family.modes:
            raise CertificateRejected("the objective is constant in some case")
        if not linear_method(claim, {}, None).is_gradient_descent:
            raise CertificateRejected("with symbols in the objective, only gradient descent is decided")
        return cls(
            claim=claim, values={}, key=key, table=claim[key], problem=family, method=GRADIENT_DESCENT, facts=facts
        )

    def number(self, text: str) -> Real:
        """An exact number of the statement, which may depend on the symbols."""
        return Parametric(document.expression(self.claim, text), self.facts)

    def value(self, text: str) -> Stated:
        """An exact value of the statement."""
        if isinstance(stated(self.claim, text), Printed):
            raise CertificateRejected("a rounded number is not compared with one that depends on symbols")
        return self.number(text)

    def steps(self, text: str) -> StepSet:
        """A set of steps of the statement."""
        return read_open_steps(self.claim, text, lambda expression: Parametric(expression, self.facts))

    @cached_property
    def thresholds(self) -> list[Real]:
        """0, and 1/mode and 2/mode for every mode."""
        inverses = [mode.inverse() for mode in self.problem.modes]
        return distinct([Parametric(Integer(0), self.facts), *inverses, *(inverse + inverse for inverse in inverses)])

    def components(self, step: Real) -> list[Component]:
        """One geometric component for each mode."""
        return [Descent.along(step, mode) for mode in self.problem.modes]
