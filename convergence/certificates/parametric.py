"""Statements about quadratics with symbols, for all values that the hypotheses allow: signs by cases, nothing sampled.

A number that depends on the symbols has the interface of `algebraic.Real`; its sign comes from the hypotheses, and
where they leave it open the proof goes on in each of the three cases. So the deciders of concrete statements decide
these too.

Witness (all keys needed):
    instance: rationals for the claim's symbols that satisfy the hypotheses, so that the claim is not empty.
    eigenvalues: texts, as many as there are variables; their product of (z - value) must be det(z - H).
    critical_point: texts, one coordinate for each variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flint import arb, fmpq
from sympy import Abs, Dummy, Expr, I, Integer, Max, Min, Mul, Rational, Symbol, nan, oo, zoo

from convergence.certificates import document
from convergence.certificates.algebraic import Real
from convergence.certificates.polynomials import derivative, determinant, identical
from convergence.certificates.signs import Facts, Undetermined, Unsupported, by_cases, facts_of
from convergence.certificates.substitution import admissible
from convergence.errors import CertificateRejected


class Parametric(Real):
    """A number that depends on the claim's symbols; signs that the hypotheses leave open raise `Undetermined`."""

    def __init__(self, expression: Expr, facts: Facts) -> None:
        """`expression` over the claim's symbols, under `facts`."""
        super().__init__(self._no_ball, self._no_polynomial)
        applied = facts.apply(expression)
        if applied.has(zoo, nan, oo, I):
            raise CertificateRejected(f"{expression} is not a real number in some case")
        self.expression = _without_cases(applied, facts)
        self.facts = facts

    @staticmethod
    def _no_ball() -> arb:
        raise CertificateRejected("a number that depends on symbols has no ball")

    @staticmethod
    def _no_polynomial() -> Any:
        raise CertificateRejected("a number that depends on symbols has no minimal polynomial")

    @property
    def rational(self) -> fmpq | None:
        """The value if the expression is a rational number, else None."""
        value = self.expression
        return fmpq(int(value.p), int(value.q)) if value.is_Rational else None

    @property
    def sign(self) -> int:
        """-1, 0 or 1 for all values that the facts allow."""
        if identical(self.expression, Integer(0)):
            return 0
        return self.facts.sign(self.expression)

    def order(self, other: Real) -> int:
        """-1, 0 or 1 for all values that the facts allow."""
        return (self - other).sign

    def _with(self, expression: Expr) -> Parametric:
        return Parametric(expression, self.facts)

    def __add__(self, other: Real) -> Real:
        return self._with(self.expression + _expression(other))

    __radd__ = __add__

    def __sub__(self, other: Real) -> Real:
        return self._with(self.expression - _expression(other))

    def __rsub__(self, other: Real) -> Real:
        return self._with(_expression(other) - self.expression)

    def __mul__(self, other: Real) -> Real:
        return self._with(self.expression * _expression(other))

    __rmul__ = __mul__

    def __neg__(self) -> Real:
        return self._with(-self.expression)

    def inverse(self) -> Real:
        """The reciprocal."""
        if self.sign == 0:
            raise CertificateRejected("division by zero")
        return self._with(1 / self.expression)

    def root(self, degree: int) -> Real:
        """Not needed here."""
        raise CertificateRejected("roots of numbers that depend on symbols are not decided")


def _without_cases(expression: Expr, facts: Facts) -> Expr:
    """The expression with every abs, max and min replaced by the argument that the facts choose, innermost first."""
    if not expression.has(Abs, Max, Min):
        return expression
    arguments = [_without_cases(argument, facts) for argument in expression.args]
    if isinstance(expression, Abs):
        return arguments[0] if Parametric(arguments[0], facts).sign >= 0 else -arguments[0]
    if isinstance(expression, Max | Min):
        numbers = [Parametric(argument, facts) for argument in arguments]
        return (max(numbers) if isinstance(expression, Max) else min(numbers)).expression
    return expression.func(*arguments)


def _expression(number: Real) -> Expr:
    if isinstance(number, Parametric):
        return number.expression
    if number.rational is None:
        raise CertificateRejected("an irrational number among numbers that depend on symbols")
    return Rational(int(number.rational.p), int(number.rational.q))


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """A quadratic with symbols, with the interface of `quadratics.Quadratic` that statements need.

    Attributes:
        eigenvalues: all of them, in increasing order.
        modes: the distinct ones that are not zero.
        critical_point: where the gradient vanishes.
        minimum: the value there, or None if some eigenvalue is negative.
    """

    eigenvalues: list[Real]
    modes: list[Real] = field(default_factory=list)
    critical_point: tuple[Real, ...] = ()
    minimum: Real | None = None

    @property
    def dimension(self) -> int:
        """The number of variables."""
        return len(self.eigenvalues)

    @property
    def is_singular(self) -> bool:
        """Whether some eigenvalue is zero."""
        return any(value.sign == 0 for value in self.eigenvalues)

    @property
    def is_convex(self) -> bool:
        """Whether no eigenvalue is negative."""
        return self.eigenvalues[0].sign >= 0

    @property
    def has_minimiser(self) -> bool:
        """Whether it is convex; it has a critical point."""
        return self.is_convex

    def active(self, point: Sequence[fmpq]) -> list[int]:
        """Not decided: which eigenvectors a start excites may depend on the symbols."""
        raise CertificateRejected("a single start of an objective with symbols is not decided")


def holds_in_every_case(
    claim: Mapping[str, Any], witness: Mapping[str, Any], decide: Callable[[Family, Facts], bool]
) -> bool:
    """Whether a statement about the claim's family is true for all admissible values of its symbols.

    Raises:
        CertificateRejected: if the witness does not describe the family, or a sign is not decided.
    """
    admissible(claim, witness["instance"])
    eigenvalues = [_read(claim, text) for text in witness["eigenvalues"]]
    point = [_read(claim, text) for text in witness["critical_point"]]
    function = _checked(claim, eigenvalues, point)
    known = document.names(claim)
    facts = facts_of(document.relations(claim), [known[name] for name in claim["symbols"]])
    try:
        cases = by_cases(lambda case: decide(_family(eigenvalues, point, function, case), case), facts)
        return all(answer for _, answer in cases)
    except (Unsupported, Undetermined) as error:
        raise CertificateRejected(str(error)) from None


def _read(claim: Mapping[str, Any], text: str) -> Expr:
    """An expression of the claim's symbols alone."""
    expression = document.expression(claim, text)
    if expression.free_symbols - {document.names(claim)[name] for name in claim["symbols"]}:
        raise CertificateRejected(f"expected an expression of the claim's symbols, found {text}")
    return expression


def _checked(claim: Mapping[str, Any], eigenvalues: Sequence[Expr], point: Sequence[Expr]) -> Expr:
    """The objective's value at its critical point, after checking Hessian, eigenvalues and gradient there."""
    variables = tuple(document.variables(claim).values())
    objective = document.expression(claim, claim["problem"]["objective"])
    gradient = [derivative(objective, variable) for variable in variables]
    hessian = [[derivative(entry, variable) for variable in variables] for entry in gradient]
    entries = [entry for row in hessian for entry in row]
    if not all(identical(derivative(entry, variable), Integer(0)) for entry in entries for variable in variables):
        raise CertificateRejected("the objective is not a quadratic")
    here = dict.fromkeys(variables, Integer(0))
    _require_eigenvalues([[entry.xreplace(here) for entry in row] for row in hessian], eigenvalues)
    place = dict(zip(variables, point, strict=True))
    if not all(identical(slope.xreplace(place), Integer(0)) for slope in gradient):
        raise CertificateRejected("the gradient does not vanish at the given point")
    return objective.xreplace(place)


def _require_eigenvalues(hessian: Sequence[Sequence[Expr]], eigenvalues: Sequence[Expr]) -> None:
    z: Symbol = Dummy("z")
    shifted = [[(z if i == j else 0) - entry for j, entry in enumerate(row)] for i, row in enumerate(hessian)]
    product = Mul(*(z - value for value in eigenvalues))
    if len(eigenvalues) != len(hessian) or not identical(determinant(shifted), product):
        raise CertificateRejected("the given numbers are not the eigenvalues")


def _family(eigenvalues: Sequence[Expr], point: Sequence[Expr], least: Expr, facts: Facts) -> Family:
    ordered: list[Real] = sorted(Parametric(value, facts) for value in eigenvalues)
    modes: list[Real] = []
    for value in ordered:
        if value.sign != 0 and not any(value == mode for mode in modes):
            modes.append(value)
    bounded = ordered[0].sign >= 0
    return Family(
        eigenvalues=ordered,
        modes=modes,
        critical_point=tuple(Parametric(coordinate, facts) for coordinate in point),
        minimum=Parametric(least, facts) if bounded else None,
    )
