"""What a linear method does along an eigenvector of a quadratic's Hessian, derived from the method's own update.

Along the eigenvalue lambda the gradient is lambda times the query's distance from a critical point. An update that is
linear with constant coefficients and that stays where it is at a critical point becomes a matrix with entries in
Q[alpha, lambda], where alpha is the step size; with at most one state variable that is a recurrence of second order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx, fmpz_poly
from sympy import Dummy, Expr, Integer, Symbol

from convergence.certificates import document
from convergence.certificates.algebraic import Real, real_roots
from convergence.certificates.components import Component, Descent, component
from convergence.certificates.polynomials import polynomial
from convergence.certificates.quadratics import Quadratic
from convergence.certificates.substitution import Values, substituted
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, parse_expression, symbol

_RING = fmpq_mpoly_ctx.get(("alpha", "mode"), Ordering.lex)
ALPHA, MODE = _RING.gens()

MPoly = Any  # fmpq_mpoly


@dataclass(frozen=True, kw_only=True)
class LinearMethod:
    """The component along an eigenvector: ``x[0] = 1, x[1] = first``, and the recurrence if there is a state.

    Attributes:
        first, trace, determinant: polynomials in the step size and the eigenvalue.
    """

    first: MPoly
    trace: MPoly | None = None
    determinant: MPoly | None = None

    @property
    def is_gradient_descent(self) -> bool:
        """Whether ``x[k] = (1 - alpha*lambda)**k``."""
        return self.trace is None and bool(self.first == 1 - ALPHA * MODE)

    def component(self, step: Real, mode: Real) -> Component:
        """The component at a step size along an eigenvalue."""
        if self.is_gradient_descent:
            return Descent.along(step, mode)
        if self.trace is None:
            return component(_at(self.first, step, mode), None, None)
        return component(*(_at(part, step, mode) for part in (self.first, self.trace, self.determinant)))

    def thresholds(self, problem: Quadratic) -> list[Real]:
        """Step sizes, in increasing order, between which no component along a mode changes its behaviour."""
        factors = [factor for factor, _ in problem.characteristic.factor()[1] if factor[0] != 0]
        eliminated = [_eliminated(condition, factor) for condition in self._conditions() for factor in factors]
        product = fmpz_poly([1])
        for found in eliminated:
            if found.degree() > 0:
                product = product * _radical(found)
        return real_roots(product) if product.degree() > 0 else []

    def _conditions(self) -> list[MPoly]:
        """Polynomials whose signs decide every fact of a component."""
        x, trace, det = self.first, self.trace, self.determinant
        found = [x, x - 1, x + 1]
        if trace is not None and det is not None:
            found += [trace, det, det - 1, trace * trace - 4 * det, 1 - trace + det, 1 + trace + det]
            found += [x * x - trace * x + det, 2 * x - trace]
        return found


GRADIENT_DESCENT = LinearMethod(first=1 - ALPHA * MODE)


def linear_method(claim: Mapping[str, Any], values: Values, step: str | None) -> LinearMethod:
    """The claim's method, gradient descent if it names none, with the step size left open.

    Args:
        claim: the claim's document.
        values: of the claim's symbols.
        step: the name that the statement gives to the step size, or None.

    Raises:
        CertificateRejected: if it is not linear with constant coefficients, or has more than one state variable.
    """
    if "recursion" in claim or "sequence" in claim:
        raise CertificateRejected("the claim is about a sequence, not about a method")
    if "method" not in claim:
        return GRADIENT_DESCENT
    return _Derivation.of(claim, values, step).method()


@dataclass(frozen=True, kw_only=True)
class _Derivation:
    """The method's texts as expressions in theta, the state, the gradient and the step size."""

    alpha: Symbol
    theta: Symbol
    gradient: Symbol
    state: dict[Symbol, Expr]
    update: dict[Symbol, Expr]
    query: Expr

    @classmethod
    def of(cls, claim: Mapping[str, Any], values: Values, step: str | None) -> _Derivation:
        table = claim["method"]
        theta, gradient, alpha = symbol("theta"), symbol("g"), Dummy("alpha")
        own = {name: symbol(name) for name in (*table["parameters"], *table["state"], *table["update"], "theta", "g")}
        known = {**document.names(claim), **own}
        parameters = _parameters(claim, table, values, _step_parameter(table, step), alpha)

        def read(text: str) -> Expr:
            return substituted(substituted(parse_expression(text, known), parameters), values)

        if parse_expression(table["output"], known) != theta:
            raise CertificateRejected("the method returns something other than its last iterate")
        return cls(
            alpha=alpha,
            theta=theta,
            gradient=gradient,
            state={own[name]: read(text) for name, text in table["state"].items()},
            update={own[name]: read(text) for name, text in table["update"].items()},
            query=read(table["query"]),
        )

    def method(self) -> LinearMethod:
        """The recurrence of a component."""
        if len(self.state) > 1:
            raise CertificateRejected("methods with more than one state variable beside the iterate are not decided")
        mode = Dummy("mode")
        new = self._stepped(mode)
        self._require_rest()
        names = (self.theta, *self.state)
        rows = [_linear(new[name], names, self.alpha, mode) for name in names]
        start = [_RING.constant(1), *(self._initial(value) for value in self.state.values())]
        first = sum((entry * value for entry, value in zip(rows[0], start, strict=True)), start=_RING.constant(0))
        if not self.state:
            return LinearMethod(first=first)
        (a, b), (c, d) = rows
        return LinearMethod(first=first, trace=a + d, determinant=a * d - b * c)

    def _stepped(self, mode: Expr) -> dict[Symbol, Expr]:
        known: dict[Symbol, Expr] = {self.gradient: mode * self.query}
        for target, value in self.update.items():
            known[target] = value.xreplace(known)
        return {name: known.get(name, name) for name in (self.theta, *self.state)}

    def _initial(self, value: Expr) -> MPoly:
        """The state's value at the start 1, measured from a critical point."""
        return _linear(value, (self.theta,), self.alpha, Dummy("mode"))[0]

    def _require_rest(self) -> None:
        """At a critical point, with the initial state, the gradient is zero and nothing moves."""
        one = {self.theta: Integer(1)}
        rest = one | {name: value.xreplace(one) for name, value in self.state.items()}
        moved = self._stepped(Integer(0))
        still = all(_vanishes(moved[name].xreplace(rest) - rest[name], self.alpha) for name in rest)
        if not still or not _vanishes(self.query.xreplace(rest) - 1, self.alpha):
            raise CertificateRejected("the method does not stay at a critical point")


def _step_parameter(table: Mapping[str, Any], step: str | None) -> str:
    wanted = [name for name in ("alpha", "eta") if name in table["parameters"]]
    if step is not None and step in table["parameters"]:
        return step
    if len(wanted) != 1:
        raise CertificateRejected("expected a method with one parameter named alpha or eta, the step size")
    return wanted[0]


def _parameters(
    claim: Mapping[str, Any], table: Mapping[str, Any], values: Values, step: str, alpha: Symbol
) -> dict[Symbol, Expr]:
    """The value of every parameter in terms of the step size."""
    names = {name: symbol(name) for name in table["parameters"]}
    known = {**document.names(claim), **names}
    found = {names[name]: parse_expression(text, known) for name, text in table["parameters"].items()}
    for name, variable in names.items():
        if found[variable] == variable and name in claim["symbols"]:  # a symbol of the claim, used under its own name
            found[variable] = document.names(claim)[name].xreplace(dict(values))
    found[names[step]] = alpha
    for _ in found:
        found = {name: value.xreplace(found) for name, value in found.items()}
    found = {name: substituted(value, values) for name, value in found.items()}
    counters = set(COUNTERS.values())
    if any(value.free_symbols & counters for value in found.values()):
        raise CertificateRejected("the method's coefficients change with the step number")
    return found


def _linear(expression: Expr, names: tuple[Symbol, ...], alpha: Symbol, mode: Symbol) -> list[MPoly]:
    """Coefficients of a linear form in the names, as polynomials in the step size and the eigenvalue."""
    found = [_RING.constant(0) for _ in names]
    for exponents, coefficient in polynomial(expression, (*names, alpha, mode)).items():
        powers, rest = exponents[: len(names)], exponents[len(names) :]
        if sum(powers) != 1:
            raise CertificateRejected("the method's update is not linear in its iterates and gradients")
        place = powers.index(1)
        found[place] = found[place] + _RING.from_dict({rest: coefficient})
    return found


def _vanishes(expression: Expr, alpha: Symbol) -> bool:
    return all(coefficient == 0 for coefficient in polynomial(expression, (alpha,)).values())


def _at(value: MPoly, step: Real, mode: Real) -> Real:
    result = Real.of(0)
    for (i, j), coefficient in value.to_dict().items():
        result = result + Real.of(fmpq(coefficient)) * step.power(int(i)) * mode.power(int(j))
    return result


def _eliminated(condition: MPoly, factor: fmpz_poly) -> fmpz_poly:
    """A polynomial in the step size that vanishes where the condition does for a root of the factor; zero: nowhere."""
    in_mode = _RING.from_dict({(0, power): fmpq(int(c)) for power, c in enumerate(factor.coeffs()) if c != 0})
    result = condition.resultant(in_mode, "mode") if condition.degrees()[1] > 0 else condition
    terms = {int(key[0]): value for key, value in result.to_dict().items()}
    if any(key[1] for key in result.to_dict()):
        raise CertificateRejected("an eigenvalue was not eliminated")
    scale = 1
    for value in terms.values():
        scale *= int(value.q)
    return fmpz_poly([int((terms.get(i, fmpq(0)) * scale).p) for i in range(max(terms, default=-1) + 1)])


def _radical(polynomial: fmpz_poly) -> fmpz_poly:
    result = fmpz_poly([1])
    for factor, _ in polynomial.factor()[1]:
        result = result * factor
    return result
