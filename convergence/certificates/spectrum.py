"""Exact properties of a concrete objective: its derivatives, eigenvalues, critical points, minimum and constants.

Witness, every key optional:
    values: rationals for the claim's symbols, for a refutation of a claim that has symbols.
    point: rational coordinates at which a statement about a function that is no quadratic fails.
    instance, eigenvalues, critical_point: for a proof for all values of the symbols; see `parametric`.

Without symbols the statement is decided from the claim alone. With symbols a proof is an identity in them.

What equality means: eigenvalues are compared as multisets; ``leading_minors`` may list the first few;
``condition_number`` is the ratio of the extreme absolute eigenvalues; ``critical_points`` must list all of them. A
``minimiser`` that is one of several, a ``strong_convexity`` below the best constant and a ``smoothness`` above it are
true as bounds and false as equalities: they are not decided.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from flint import fmpq, fmpq_mat
from sympy import Expr, Symbol

from convergence.certificates import document, exact, univariate
from convergence.certificates.algebraic import Real, algebraic
from convergence.certificates.derivatives import derivatives, derivatives_hold, objective, stated_values
from convergence.certificates.document import hypotheses
from convergence.certificates.parametric import Family, Parametric, holds_in_every_case
from convergence.certificates.polynomials import derivative, determinant, identical
from convergence.certificates.quadratics import Quadratic, quadratic
from convergence.certificates.signs import Facts
from convergence.certificates.stated import Stated, compare, matches, multiset_matches, stated
from convergence.certificates.substitution import Values, admissible, substituted
from convergence.errors import CertificateRejected
from convergence.printed import Printed
from convergence.verdicts import Verdict

SIGNS: Mapping[str, Callable[[int, int, int], bool]] = {
    "positive definite": lambda negative, zero, positive: negative == zero == 0,
    "positive semidefinite": lambda negative, zero, positive: negative == 0,
    "indefinite": lambda negative, zero, positive: negative > 0 and positive > 0,
    "negative semidefinite": lambda negative, zero, positive: positive == 0,
    "negative definite": lambda negative, zero, positive: positive == zero == 0,
}
"""What each word says of the numbers of negative, zero and positive eigenvalues."""


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved, refuted or inconsistent; see the module for the witness.

    Raises:
        CertificateRejected: if the claim is no such statement, or this does not decide it.
    """
    if claim["symbols"] and "values" not in witness:
        holds = _holds_for_the_family(claim, witness) if "eigenvalues" in witness else _holds_identically(claim)
        if not holds:
            raise CertificateRejected("the statement is not proved for all values of the claim's symbols")
        return Verdict.PROVED
    values = admissible(claim, witness.get("values", {}))
    if decide(claim, values, witness.get("point")):
        if claim["symbols"]:
            raise CertificateRejected("the statement holds at these values; this neither proves nor refutes it")
        return Verdict.PROVED
    require_hypotheses(claim, values)
    return document.against(claim)


def statement(claim: Mapping[str, Any]) -> tuple[str, Any]:
    """The quantity and the texts that are stated for it."""
    for quantity in (*_DECIDERS, "gradient", "hessian"):
        if quantity in claim:
            return quantity, claim[quantity]
    raise CertificateRejected("the claim states no property of an objective")


def decide(claim: Mapping[str, Any], values: Values, point: Sequence[Any] | None = None) -> bool:
    """Whether the statement is true at given values of the claim's symbols.

    Raises:
        CertificateRejected: if that is not decided here; the message says why.
    """
    quantity, texts = statement(claim)
    if quantity in ("gradient", "hessian"):
        return derivatives_hold(claim, quantity, texts, values, point)
    value = texts if quantity == "definiteness" else stated_values(claim, texts, values)
    try:
        problem = quadratic(claim, values)
    except CertificateRejected:
        return univariate_or_local(claim, quantity, value, values, point)
    return _DECIDERS[quantity](problem, value)


def require_hypotheses(claim: Mapping[str, Any], values: Values) -> None:
    """Check that the objective satisfies every hypothesis about functions.

    Raises:
        CertificateRejected: if one is violated or cannot be checked on a concrete objective.
    """
    for name, arguments in hypotheses(claim):
        if name == "deterministic":
            continue
        if name not in _HYPOTHESES:
            raise CertificateRejected(f"the hypothesis {name} is not checked on a concrete objective")
        constant = algebraic(substituted(arguments[0], values)) if arguments else Real.of(0)
        if not _HYPOTHESES[name](quadratic(claim, values), constant):
            raise CertificateRejected(f"the objective violates the hypothesis {name}")


_HYPOTHESES: Mapping[str, Callable[[Quadratic, Real], bool]] = {
    "quadratic": lambda problem, _: True,
    "convex": lambda problem, _: problem.is_convex,
    "strongly_convex": lambda problem, mu: problem.eigenvalues[0] >= mu,
    "smooth": lambda problem, constant: smoothness(problem) <= constant,
    "polyak_lojasiewicz": lambda problem, mu: (
        problem.has_minimiser and all(value >= mu for value in problem.eigenvalues if value.sign != 0)
    ),
    "bounded_below": lambda problem, _: problem.has_minimiser,
}


def smoothness(problem: Quadratic | Family) -> Real:
    """The Lipschitz constant of the gradient: the largest absolute eigenvalue."""
    return max(abs(problem.eigenvalues[0]), abs(problem.eigenvalues[-1]))


# --- quadratics


def _condition_number(problem: Quadratic | Family, value: Stated) -> bool:
    if problem.is_singular:
        return False  # infinite, and every stated number is finite
    sizes = sorted(abs(eigenvalue) for eigenvalue in problem.eigenvalues)
    return matches(sizes[-1] / sizes[0], value)


def minors(problem: Quadratic) -> list[Real]:
    """The leading principal minors of H, from the first entry to the determinant."""
    blocks = [[row[:size] for row in problem.hessian[:size]] for size in range(1, problem.dimension + 1)]
    return [Real.of(fmpq_mat(len(b), len(b), [entry for row in b for entry in row]).det()) for b in blocks]


def _leading_minors(problem: Quadratic, values: Sequence[Stated]) -> bool:
    actual = minors(problem)
    return 0 < len(values) <= len(actual) and all(map(matches, actual[: len(values)], values))


def _same_point(point: Sequence[fmpq], values: Sequence[Stated]) -> bool:
    return len(point) == len(values) and all(matches(Real.of(x), v) for x, v in zip(point, values, strict=True))


def _critical_points(problem: Quadratic, points: Sequence[Sequence[Stated]]) -> bool:
    critical = problem.critical_point
    if critical is None or problem.is_singular:
        return critical is None and not points  # a singular system has none or infinitely many
    return len(points) == 1 and _same_point(critical, points[0])


def _minimiser(problem: Quadratic, values: Sequence[Stated]) -> bool:
    if not problem.has_minimiser or len(values) != problem.dimension:
        return False
    if not problem.is_singular:
        return _same_point(problem.critical_point or (), values)
    if any(isinstance(value, Printed) and not value.is_exact for value in values):
        raise CertificateRejected("the minimiser is not unique, and the coordinates are rounded")
    point = [algebraic(_exact(value)) for value in values]
    if all(_along(row, point, b).sign == 0 for row, b in zip(problem.hessian, problem.linear, strict=True)):
        raise CertificateRejected("the point is a minimiser, and not the only one")
    return False


def _exact(value: Stated) -> Expr:
    return value.lower if isinstance(value, Printed) else value


def _along(row: Sequence[fmpq], point: Sequence[Real], constant: fmpq) -> Real:
    result = Real.of(constant)
    for entry, coordinate in zip(row, point, strict=True):
        result = result + Real.of(entry) * coordinate
    return result


def _minimum(problem: Quadratic, value: Stated) -> bool:
    return problem.minimum is not None and matches(Real.of(problem.minimum), value)


def _strong_convexity(problem: Quadratic | Family, value: Stated) -> bool:
    order = compare(problem.eigenvalues[0], value)
    if order > 0:
        raise CertificateRejected("true as a lower bound on the curvature, but the best constant is larger")
    return order == 0


def _smoothness(problem: Quadratic | Family, value: Stated) -> bool:
    order = compare(smoothness(problem), value)
    if order < 0:
        raise CertificateRejected("true as an upper bound on the curvature, but the best constant is smaller")
    return order == 0


def _definiteness(problem: Quadratic | Family, word: str) -> bool:
    signs = [value.sign for value in problem.eigenvalues]
    return SIGNS[word](signs.count(-1), signs.count(0), signs.count(1))


_DECIDERS: Mapping[str, Callable[[Quadratic, Any], bool]] = {
    "eigenvalues": lambda problem, values: multiset_matches(problem.eigenvalues, values),
    "condition_number": _condition_number,
    "determinant": lambda problem, value: matches(Real.of(problem.matrix.det()), value),
    "trace": lambda problem, value: matches(Real.of(sum(r[i] for i, r in enumerate(problem.hessian))), value),
    "leading_minors": _leading_minors,
    "critical_points": _critical_points,
    "minimiser": _minimiser,
    "minimum": _minimum,
    "strong_convexity": _strong_convexity,
    "smoothness": _smoothness,
    "definiteness": _definiteness,
}


# --- functions that are no quadratics


def univariate_or_local(
    claim: Mapping[str, Any], quantity: str, value: Any, values: Values, point: Sequence[Any] | None
) -> bool:
    """A polynomial in one variable is decided; otherwise a point may refute, through derivatives there.

    Raises:
        CertificateRejected: if neither decides.
    """
    expression, variables = objective(claim, values)
    if len(variables) == 1 and quantity in univariate.DECIDERS:
        try:
            return univariate.DECIDERS[quantity](univariate.coefficients(expression, variables[0]), value)
        except CertificateRejected:
            if point is None:
                raise
    if point is None:
        raise CertificateRejected("the objective is not a quadratic with rational coefficients")
    place = dict(zip(variables, map(exact.to_fmpq, point), strict=True))
    if quantity not in _LOCAL or not _LOCAL[quantity](expression, variables, place, value):
        raise CertificateRejected("the point does not refute the statement")
    return False


def _curvature(expression: Expr, variables: Sequence[Symbol], place: Mapping[Symbol, fmpq]) -> Quadratic:
    """The second-order part of the objective at a rational point where all second derivatives are rational."""
    rows = [[exact.rational(derivative(derivative(expression, v), w), place) for w in variables] for v in variables]
    zero = (fmpq(0),) * len(variables)
    return Quadratic(hessian=tuple(map(tuple, rows)), linear=zero, constant=fmpq(0))


def _not_stationary(
    expression: Expr, variables: Sequence[Symbol], place: Mapping[Symbol, fmpq], value: Sequence[Stated]
) -> bool:
    """The stated point, which is the given one, has a slope."""
    if not _same_point([place[variable] for variable in variables], value):
        return False
    if any(isinstance(coordinate, Printed) and not coordinate.is_exact for coordinate in value):
        return False
    slopes = [derivative(expression, variable) for variable in variables]
    return any(not exact.holds(sympy.Eq(slope, 0, evaluate=False), place) for slope in slopes)


def _lower(expression: Expr, variables: Sequence[Symbol], place: Mapping[Symbol, fmpq], value: Stated) -> bool:
    """The objective is smaller at the point than the stated minimum."""
    least = _exact(value)
    return least is not None and exact.holds(sympy.Lt(expression, least, evaluate=False), place)


_LOCAL: Mapping[str, Callable[..., bool]] = {
    "minimiser": _not_stationary,
    "critical_points": lambda f, xs, place, points: any(_not_stationary(f, xs, place, point) for point in points),
    "minimum": _lower,
    "definiteness": lambda f, xs, place, word: not _definiteness(_curvature(f, xs, place), word),
    "strong_convexity": lambda f, xs, place, mu: compare(_curvature(f, xs, place).eigenvalues[0], mu) < 0,
    "smoothness": lambda f, xs, place, constant: compare(smoothness(_curvature(f, xs, place)), constant) > 0,
}


# --- all values of the claim's symbols


def _holds_for_the_family(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> bool:
    quantity, texts = statement(claim)

    def decided(family: Family, facts: Facts) -> bool:
        if quantity == "definiteness":
            return _definiteness(family, texts)
        if quantity in _FAMILY_DECIDERS:
            return _FAMILY_DECIDERS[quantity](family, _open_values(claim, texts, facts))
        raise CertificateRejected(f"{quantity} of an objective with symbols is not decided")

    return holds_in_every_case(claim, witness, decided)


def _open_values(claim: Mapping[str, Any], texts: Any, facts: Facts) -> Any:
    """Nested lists of stated texts as numbers that depend on the symbols."""
    if isinstance(texts, list):
        return [_open_values(claim, text, facts) for text in texts]
    return Parametric(_formula(claim, texts), facts)


def _family_point(family: Family, values: Sequence[Real]) -> bool:
    return len(values) == family.dimension and all(map(operator.eq, family.critical_point, values))


_FAMILY_DECIDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "condition_number": _condition_number,
    "strong_convexity": _strong_convexity,
    "smoothness": _smoothness,
    "minimum": lambda family, value: family.minimum is not None and family.minimum == value,
    "minimiser": lambda family, values: family.eigenvalues[0].sign > 0 and _family_point(family, values),
    "critical_points": lambda family, points: (
        not family.is_singular and len(points) == 1 and _family_point(family, points[0])
    ),
}


def _holds_identically(claim: Mapping[str, Any]) -> bool:
    quantity, texts = statement(claim)
    if quantity in ("gradient", "hessian"):
        return derivatives_hold(claim, quantity, texts, {}, None)
    size = len(claim["problem"]["variables"])
    flat = derivatives(claim, "hessian", {})
    rows = [flat[size * i : size * (i + 1)] for i in range(size)]
    match quantity:
        case "trace":
            return identical(sympy.Add(*(rows[i][i] for i in range(size))), _formula(claim, texts))
        case "determinant":
            return identical(determinant(rows), _formula(claim, texts))
        case "leading_minors":
            blocks = [[row[:k] for row in rows[:k]] for k in range(1, len(texts) + 1)]
            return 0 < len(texts) <= size and all(
                identical(determinant(block), _formula(claim, text)) for block, text in zip(blocks, texts, strict=True)
            )
        case "eigenvalues":
            return len(texts) == size and _factorised(rows, [_formula(claim, text) for text in texts])
    raise CertificateRejected(f"{quantity} of an objective with symbols is not decided by an identity")


def _formula(claim: Mapping[str, Any], text: str) -> Expr:
    value = stated(claim, text)
    if isinstance(value, Printed):
        raise CertificateRejected("a rounded number is no formula")
    return value


def _factorised(rows: Sequence[Sequence[Expr]], values: Sequence[Expr]) -> bool:
    """det(z - H) = product of (z - value)."""
    z = sympy.Dummy("z")
    shifted = [[(z if i == j else 0) - entry for j, entry in enumerate(row)] for i, row in enumerate(rows)]
    return identical(determinant(shifted), sympy.Mul(*(z - value for value in values)))
