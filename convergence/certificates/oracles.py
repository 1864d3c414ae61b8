"""What a method sees instead of the derivative of a function of one variable: noise of finitely many values, or errors.

A witness says ``{"outcomes": [["1/5", "2"], ["4/5", "-1/2"]]}``, independent noise that takes the value 2 with
probability 1/5 in every step, or ``{"errors": ["1/10", "-1/20"]}``, what is added in step 1, 2, ... Noise must have
mean 0 where the claim says ``unbiased`` and a variance that ``bounded_variance`` and ``bounded_gradients`` allow; an
error may not exceed ``gradient_error``. Without the word ``unbiased`` there is no noise, and where the claim says more
about the answers than their error there are no errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq
from sympy import Expr

from convergence.certificates import exact
from convergence.certificates.document import hypotheses_by_name
from convergence.certificates.exact import Values
from convergence.certificates.iteration import STEP, Number, Point
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

MAX_OUTCOMES = 4
_ABOUT_ANSWERS = frozenset({"deterministic", "online", "unbiased", "bounded_variance", "bounded_gradients"})

Outcomes = tuple[tuple[fmpq, fmpq], ...]
"""Probabilities, and what is added to the derivative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """The same noise in every step, or one error a step.

    Attributes:
        outcomes: of the noise; empty if there are errors.
        errors: of step 1, 2, ...
    """

    outcomes: Outcomes = ()
    errors: tuple[fmpq, ...] = ()

    def at(self, count: int) -> Outcomes:
        """What may happen in a step."""
        return self.outcomes or ((fmpq(1), self.errors[count - 1]),)

    @property
    def variance(self) -> fmpq:
        """Of the noise, whose mean is 0."""
        return sum((chance * value * value for chance, value in self.outcomes), start=fmpq(0))


def oracle(claim: Mapping[str, Any], table: Mapping[str, Any], values: Values, steps: int) -> Oracle:
    """The oracle of a witness, if the claim allows it; `require_gradients` checks what depends on the run.

    Raises:
        CertificateRejected: if a hypothesis does not allow it.
    """
    if ("outcomes" in table) == ("errors" in table):
        raise CertificateRejected("expected outcomes of noise, or errors")
    given = hypotheses_by_name(claim)
    if "deterministic" in given or "online" in given:
        raise CertificateRejected("the claim's oracle returns the gradient itself")
    if "errors" in table:
        errors = tuple(exact.to_fmpq(text) for text in table["errors"])
        require_errors(claim, [(error,) for error in errors], values, steps)
        return Oracle(errors=errors)
    return _noise(given, [(exact.to_fmpq(chance), exact.to_fmpq(value)) for chance, value in table["outcomes"]], values)


def require_errors(claim: Mapping[str, Any], errors: Sequence[Point], values: Values, steps: int) -> None:
    """Reject unless these are errors, one a step, that the claim allows."""
    size = _allowed_error(claim)
    if len(errors) != steps:
        raise CertificateRejected(f"expected {steps} errors, found {len(errors)}")
    for count, error in enumerate(errors, 1):
        _require_small(size, error, {**values, STEP: fmpq(count), COUNTERS["k"]: fmpq(count)})


def _allowed_error(claim: Mapping[str, Any]) -> Expr:
    given = hypotheses_by_name(claim)
    if "gradient_error" not in given or given.keys() & _ABOUT_ANSWERS:
        raise CertificateRejected("expected gradient_error, and nothing else about what the oracle returns")
    return given["gradient_error"][0]


def constant_error(claim: Mapping[str, Any], text: str, values: Values) -> Oracle:
    """The same error in every step, where the claim allows it in every step.

    Raises:
        CertificateRejected: if it does not, or its allowed size depends on the step.
    """
    error = exact.to_fmpq(text)
    _require_small(_allowed_error(claim), (error,), values)
    return Oracle(outcomes=((fmpq(1), error),))


def _require_small(size: Expr, error: Point, known: Values) -> None:
    total = sum((entry * entry for entry in error), start=fmpq(0))
    square = sympy.Rational(int(total.p), int(total.q))
    for above, below in ((size, sympy.Integer(0)), (size**2, square)):
        if not exact.holds(sympy.Ge(above, below, evaluate=False), known):
            raise CertificateRejected(f"an error of {', '.join(map(str, error))} is above gradient_error({size})")


def _noise(given: Mapping[str, Any], outcomes: Sequence[tuple[fmpq, fmpq]], values: Values) -> Oracle:
    if "unbiased" not in given or "gradient_error" in given:
        raise CertificateRejected("expected an unbiased oracle without further errors")
    total = sum((chance for chance, _ in outcomes), start=fmpq(0))
    mean = sum((chance * value for chance, value in outcomes), start=fmpq(0))
    positive = all(chance > 0 for chance, _ in outcomes)
    if not 1 <= len(outcomes) <= MAX_OUTCOMES or not positive or total != 1 or mean != 0:
        raise CertificateRejected(
            f"expected up to {MAX_OUTCOMES} outcomes with probabilities that add up to 1, and mean 0"
        )
    found = Oracle(outcomes=tuple(outcomes))
    if "bounded_variance" in given and found.variance > exact.rational(given["bounded_variance"][0], values) ** 2:
        raise CertificateRejected(f"a variance of {found.variance} is above bounded_variance")
    return found


def require_gradients(claim: Mapping[str, Any], found: Oracle, steepest: Number, values: Values) -> None:
    """Reject noise with which ``E|g|^2 <= G^2`` is not sure where the derivative is at most `steepest`."""
    given = hypotheses_by_name(claim)
    if "bounded_gradients" not in given:
        return
    limit = exact.rational(given["bounded_gradients"][0], values)
    biased = sum((chance * value for chance, value in found.outcomes), start=fmpq(0)) != 0
    if found.errors or biased or not (limit >= 0 and steepest * steepest + found.variance <= limit * limit):
        raise CertificateRejected("gradient and noise together are above bounded_gradients")
