"""A bound for finitely many steps is true: for each step count, multipliers that add the conditions up to the bound.

With multipliers that are not negative, the conditions of `estimation.Program` and a residual that is a positive
semidefinite form in the unknown vectors sum to ``value - measure >= 0`` for every function of the class. Witness::

    {"values": {"L": "1", "D": "1"},
     "scalings": {"f": {"weights": {"L": "1"}, "state": {}}, "x": {"weights": {"L": "-2", "D": "1"}, "state": {}}},
     "proofs": [{"k": 1, "readings": [{"pairs": [[0, 2, "1/3"]], "conditions": [[0, "1/6"]], "forms": ["1"]}]}]}

A pair ``[i, j, multiplier]`` names two nodes of the program; conditions are numbered as the program lists them; one
weight for each form of a reading, with sum 1. T stands beside k where the claim has a horizon.

The checker takes the step counts from the claim's own relations (such as ``k <= 10``), and rebuilds each program.
Symbols may keep no freedom: they are at most two, positive, and every choice of them is carried to the witness's
values by ``f -> c f`` and ``x -> s x``, under which hypotheses, method and bound keep their meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy
from flint import fmpq, fmpq_mat
from sympy import Expr, Rational, Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, hypotheses, in_domain, names, relations
from convergence.certificates.estimation import POWERS, Form, Program, function_class, program
from convergence.certificates.iteration import STEP, Method, read_method
from convergence.certificates.linear import is_linear
from convergence.certificates.matrices import is_positive_semidefinite
from convergence.certificates.rescaling import require_invariant_hypotheses, require_same_trajectory, weight
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain
from convergence.verdicts import Verdict

MAX_STEPS = 40

UNITS: Mapping[str, tuple[int, int]] = {
    "gap": (1, 0),
    "best_gap": (1, 0),
    "average_iterate_gap": (1, 0),
    "distance": (0, 1),
    "squared_distance": (0, 2),
    "gradient_norm": (1, -1),
    "squared_gradient_norm": (2, -2),
    "best_squared_gradient_norm": (2, -2),
    "average_squared_gradient_norm": (2, -2),
}
"""Degrees of each measure in f and x."""


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.PROVED` if every step count of the claim has multipliers that prove the bound."""
    if "problem" in claim or "bound" not in claim or "method" not in claim or claim.get("measure") not in POWERS:
        raise CertificateRejected("expected a bound on a measure of a method on a class of functions")
    bound, method = expression(claim, claim["bound"]), read_method(claim["method"], claim)
    if not is_linear(method):
        raise CertificateRejected("expected a method that is linear in iterate, state and gradient")
    values = _values(claim, witness, bound, method)
    proofs = {(proof["k"], proof.get("T")): proof for proof in witness["proofs"]}
    for steps, horizon in cases(claim, bound, method):
        if (steps, horizon) not in proofs:
            raise CertificateRejected(f"no proof for {steps} steps")
        _require_case(claim, bound, method, values, steps, horizon, proofs[steps, horizon]["readings"])
    return Verdict.PROVED


def _require_case(
    claim: Mapping[str, Any],
    bound: Expr,
    method: Method,
    values: Mapping[Symbol, fmpq],
    steps: int,
    horizon: int | None,
    proofs: Sequence[Mapping[str, Any]],
) -> None:
    known = {**values} if horizon is None else {**values, COUNTERS["T"]: fmpq(horizon)}
    posed = program(claim, method, function_class(claim, known), known, steps)
    if posed.family.has_minimiser and any(x[0] != 1 for x in (*posed.run.queries, *posed.run.outputs)):
        raise CertificateRejected("expected a method that moves with the origin")
    proved = max(value_of(posed, reading, proof) for reading, proof in zip(posed.readings, proofs, strict=True))
    known |= {COUNTERS["k"]: fmpq(steps), STEP: fmpq(steps)}
    power = POWERS[claim["measure"]]
    sides = [(bound**power, Rational(int(proved.p), int(proved.q)))] + [(bound, Rational(0))] * (power - 1)
    for above, below in sides:
        if not exact.holds(sympy.Ge(above, below, evaluate=False), known):
            raise CertificateRejected(f"after {steps} steps the multipliers prove {float(proved):.9g} only")


# --- which values and steps the claim is about


def _values(claim: Mapping[str, Any], witness: Mapping[str, Any], bound: Expr, method: Method) -> dict[Symbol, fmpq]:
    """The values of the witness, which stand for all."""
    known = names(claim)
    values = {known[name]: exact.to_fmpq(text) for name, text in witness["values"].items()}
    free = _free(claim, bound, method)
    if set(values) != free:
        raise CertificateRejected(f"expected values of {', '.join(sorted(map(str, free)))}")
    domains = [Domain(claim["symbols"][name.name]["domain"]) for name in values]
    if not all(
        domain is Domain.POSITIVE and in_domain(v, domain) for v, domain in zip(values.values(), domains, strict=True)
    ):
        raise CertificateRejected("expected positive symbols only")
    if values:
        _require_scalings(claim, witness["scalings"], bound, method, list(values))
    return values


def _free(claim: Mapping[str, Any], bound: Expr, method: Method) -> set[Symbol]:
    stated = [argument for _, arguments in hypotheses(claim) for argument in arguments]
    found = set(bound.free_symbols | method.free).union(*(argument.free_symbols for argument in stated))
    return found - set(COUNTERS.values())


def _require_scalings(
    claim: Mapping[str, Any], scalings: Mapping[str, Any], bound: Expr, method: Method, symbols: Sequence[Symbol]
) -> None:
    known, rows = names(claim), []
    for place, of in enumerate(("f", "x")):
        f, x = fmpq(int(of == "f")), fmpq(int(of == "x"))
        given = {known[name]: exact.to_fmpq(text) for name, text in scalings[of]["weights"].items()}
        table = {**dict.fromkeys(COUNTERS.values(), fmpq(0)), **{name: given.get(name, fmpq(0)) for name in symbols}}
        require_invariant_hypotheses(claim, table, f, x)
        require_same_trajectory(method, scalings[of]["state"], table, f, x)
        found = weight(bound, table)
        if found is not None and found != UNITS[claim["measure"]][place]:
            raise CertificateRejected(f"the bound has weight {found}, expected {UNITS[claim['measure']][place]}")
        rows.append([table[name] for name in symbols])
    if fmpq_mat(rows).rank() != len(symbols):
        raise CertificateRejected("the scalings do not reach every choice of the symbols")


def cases(claim: Mapping[str, Any], bound: Expr, method: Method) -> list[tuple[int, int | None]]:
    """Every number of steps, with its horizon if there is one, that the claim is about.

    k counts steps up to the horizon; a bound that names T alone is about the last step.

    Raises:
        CertificateRejected: if the claim's relations leave none, infinitely many, or more steps than `MAX_STEPS`.
    """
    arguments = [argument for _, values in hypotheses(claim) for argument in values]
    used = frozenset().union(bound.free_symbols, method.free, *(argument.free_symbols for argument in arguments))
    limits = [item for item in relations(claim) if item.free_symbols <= set(COUNTERS.values())]
    found: list[tuple[int, int | None]]
    if COUNTERS["T"] in used:
        horizons = range(1, _last(limits, {COUNTERS["T"]}) + 1)
        counted = bool(bound.free_symbols & {COUNTERS["k"], STEP})
        found = [(steps, T) for T in horizons for steps in (range(1, T + 1) if counted else (T,))]
    else:
        found = [(steps, None) for steps in range(1, _last(limits, {COUNTERS["k"], STEP}) + 1)]
    about = [case for case in found if all(_meets(limit, *case) for limit in limits)]
    if not about:
        raise CertificateRejected("the claim is about no number of steps")
    return about


def _last(limits: Sequence[Any], counters: set[Symbol]) -> int:
    """The largest value that a relation such as ``k <= 10`` allows."""
    found = []
    for limit in limits:
        small, large = (limit.lhs, limit.rhs) if limit.rel_op in ("<", "<=", "==") else (limit.rhs, limit.lhs)
        if small in counters and large.is_Rational:
            found.append(int(large.p // large.q))
    if not found or min(found) > MAX_STEPS:
        raise CertificateRejected(f"expected a relation that allows at most {MAX_STEPS} steps")
    return min(found)


def _meets(limit: Any, steps: int, horizon: int | None) -> bool:
    known = {COUNTERS["k"]: fmpq(steps), STEP: fmpq(steps)} | (
        {} if horizon is None else {COUNTERS["T"]: fmpq(horizon)}
    )
    return not limit.free_symbols <= set(known) or exact.holds(limit, known)


# --- one proof


def value_of(posed: Program, reading: Sequence[Form], proof: Mapping[str, Any]) -> fmpq:
    """The value that the multipliers prove the measure never to exceed, in one of its readings.

    Raises:
        CertificateRejected: if a multiplier is negative, the values do not cancel or the residual is not semidefinite.
    """
    between = {(int(i), int(j)): exact.to_fmpq(text) for i, j, text in proof["pairs"]}
    weighted = list(_weighted(posed, reading, proof))
    if any(i == j or not (0 <= i < len(posed.nodes) and 0 <= j < len(posed.nodes)) for i, j in between):
        raise CertificateRejected("expected pairs of two different nodes")
    if any(factor < 0 for factor in (*between.values(), *(factor for factor, _ in weighted))):
        raise CertificateRejected("expected multipliers that are not negative")
    for place, rest in enumerate(balances(posed, between, weighted)):
        if rest != 0:
            raise CertificateRejected(f"the values of node {place} do not cancel")
    if not is_positive_semidefinite(residual(posed, between, weighted)):
        raise CertificateRejected("the residual is not positive semidefinite")
    return sum((factor * form.constant for factor, form in weighted), start=fmpq(0))


def _weighted(posed: Program, reading: Sequence[Form], proof: Mapping[str, Any]) -> Iterator[tuple[fmpq, Form]]:
    """The forms that enter besides the pairs, with their multipliers."""
    weights = [exact.to_fmpq(text) for text in proof["forms"]]
    if sum(weights, start=fmpq(0)) != 1:
        raise CertificateRejected("expected weights of the measure's forms with sum 1")
    yield from zip(weights, reading, strict=True)
    for place, text in proof["conditions"]:
        if not isinstance(place, int) or not 0 <= place < len(posed.conditions):
            raise CertificateRejected(f"no condition {place!r}")
        yield exact.to_fmpq(text), posed.conditions[place]


def balances(
    posed: Program, between: Mapping[tuple[int, int], fmpq], weighted: Sequence[tuple[fmpq, Form]]
) -> list[fmpq]:
    """The coefficient of every unknown value in the sum of the measure and the conditions."""
    found = [fmpq(0)] * len(posed.nodes)
    for (i, j), factor in between.items():
        found[i] += factor
        found[j] -= factor
    for factor, form in weighted:
        for place, coefficient in form.values:
            found[place] += factor * coefficient
    return found[: posed.count]


def residual(
    posed: Program, between: Mapping[tuple[int, int], fmpq], weighted: Sequence[tuple[fmpq, Form]]
) -> fmpq_mat:
    """Minus the quadratic part of that sum, as a symmetric matrix over the basis."""
    size, mu, L = len(posed.nodes), posed.family.strong_convexity, posed.family.smoothness
    X = fmpq_mat([list(node.x) for node in posed.nodes])
    G = fmpq_mat([list(node.g) for node in posed.nodes])
    spread, lean = _laplacian(size, between), _leaning(size, between)
    h = fmpq(1, 2) if L is None else 1 / (2 * (1 - mu / L))
    total = _symmetric(G.transpose() * lean * X) + h * mu * (X.transpose() * spread * X)
    if L is not None:
        total += h / L * (G.transpose() * spread * G) - 2 * h * mu / L * _symmetric(G.transpose() * spread * X)
    squares = [(-factor * weight, vector) for factor, form in weighted for weight, vector in form.squares if factor]
    if squares:
        V = fmpq_mat([list(vector) for _, vector in squares])
        total += V.transpose() * fmpq_mat([[w * v for v in vector] for w, vector in squares])
    return total


def _laplacian(size: int, between: Mapping[tuple[int, int], fmpq]) -> fmpq_mat:
    """W with ``a.W.b = sum of m_ij (a_i - a_j)(b_i - b_j)``."""
    rows = [[fmpq(0)] * size for _ in range(size)]
    for (i, j), factor in between.items():
        rows[i][i] += factor
        rows[j][j] += factor
        rows[i][j] -= factor
        rows[j][i] -= factor
    return fmpq_mat(rows)


def _leaning(size: int, between: Mapping[tuple[int, int], fmpq]) -> fmpq_mat:
    """M with ``a.M.b = sum of m_ij a_j (b_i - b_j)``."""
    rows = [[fmpq(0)] * size for _ in range(size)]
    for (i, j), factor in between.items():
        rows[j][i] += factor
        rows[j][j] -= factor
    return fmpq_mat(rows)


def _symmetric(matrix: fmpq_mat) -> fmpq_mat:
    return (matrix + matrix.transpose()) / 2
