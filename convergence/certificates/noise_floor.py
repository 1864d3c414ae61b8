"""A rate or limit is false in expectation, or under errors: on a function of one variable, noise keeps the method away.

Every witness has ``values``, the ``oracle`` (see `oracles`; ``{"error": "1/10"}`` is the same error in every step), and
one of four reasons. All runs start at the minimiser 0, and x_k is the iterate after k steps.

``{"curvature": "2", "reason": "recursion"}``. Lemma 1. On ``curvature x^2/2`` a rule without memory that is linear in
theta and g moves by ``x_{k+1} = rho(k) x_k - b(k) noise``, and E x_{k+1}^2 is ``rho(k)^2 E x_k^2 + b(k)^2 variance``.
`linear_recursion` finds the order of such a recursion.

``{"curvature": "2", "reason": "horizon"}``, for the mean squared gradient of a method whose steps depend on the horizon
T alone. By Lemma 1 with constants rho, b and ``phi = rho^2 < 1``, E x_t^2 is ``b^2 variance (1 - phi^t)/(1 - phi)``.
The mean over the points before, after or around T steps is at least ``b^2 variance/(1 - phi) (T - 1/(1 - phi))/(T +
1)``.

``{"curvature": "2", "reason": "fresh"}``. Lemma 2. If the last step's gradient enters the iterate as ``b(k) g`` and
nowhere else, then ``E x_k^2 >= b(k)^2 variance``, since the noise of a step is independent of everything before it.

``{"instance": [...], "radius": "1/4", "reason": "bias"}``. Lemma 3. Let ``theta <- theta - a(t) psi(g)`` with a(t) > 0
of the exact order t^(-p), p <= 1, and ``|psi(g)| <= K + L |g|`` for some K and L. If ``s(x) = E psi(f'(x) + noise)`` is
at most -c < 0 for all |x| <= radius, then E|x_k| does not tend to 0: if it were at most a small epsilon from some step
on, the probability of |x_k| > radius were at most epsilon/radius, so that E x_k would grow by at least a(t) c/2 in
every step, without end, and E|x_k| >= |E x_k|. The same with the other sign. On a convex f an expected gap that tends
to 0 would take E|x_k| with it; so would gradients where f is strongly convex.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flint import arb, fmpq
from sympy import Abs, Expr, Integer, Max, Min, Pow, Rational, Symbol, sign

from convergence.certificates import drift, exact, growth, scale
from convergence.certificates.asymptotics import Asymptotics
from convergence.certificates.document import hypotheses_by_name
from convergence.certificates.exact import Values
from convergence.certificates.inequalities import nonnegative
from convergence.certificates.iteration import STEP, THETA, G, Method, read_method, working
from convergence.certificates.linear_recursion import Linear, judge
from convergence.certificates.modes import asked, require_slower
from convergence.certificates.oracles import Oracle, constant_error, oracle, require_gradients
from convergence.certificates.polynomials import identical
from convergence.certificates.separable import Separable, separable
from convergence.certificates.signs import Facts, Undetermined, Unsupported, by_cases
from convergence.certificates.trajectory import assigned, require_admissible, require_fixed
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, kth_largest_abs, norm
from convergence.verdicts import Verdict

K, T = COUNTERS["k"], COUNTERS["T"]
BITS = 256

SQUARED = ("gap", "squared_distance", "squared_gradient_norm")
"""Measures that are multiples of x^2 on a parabola."""

MEAN = "average_squared_gradient_norm"
LAST = (*SQUARED, "distance", "gradient_norm")


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the expected measure surely violates the claimed rate or limit."""
    ask, stated = asked(claim)
    horizon = witness["reason"] == "horizon"
    measures = (MEAN,) if horizon else LAST
    if claim.get("measure") not in measures or "method" not in claim or "problem" in claim:
        raise CertificateRejected(f"expected a claim about {', '.join(measures)} of a method on a class of functions")
    method, values = read_method(claim["method"], claim), assigned(claim, witness["values"])
    if (T in method.free) != horizon or method.output != THETA:
        raise CertificateRejected("expected a method that returns its iterate, and a horizon for that reason alone")
    require_fixed(claim, method, stated)
    instance = _instance(claim, witness)
    found = _oracle(claim, witness, values)
    _require_instance(claim, method, instance, found, values)
    match witness["reason"]:
        case "recursion" | "horizon" | "fresh" if "error" in witness["oracle"]:
            raise CertificateRejected("expected noise of mean 0")
        case "recursion":
            _require_recursion(claim, method, instance, found, values, ask, stated)
        case "horizon":
            require_slower(
                mean_square(method, instance.sides[0][1].slopes[0], found.variance, values), ask, stated, values
            )
        case "fresh":
            _require_noise(claim, found)
            require_slower(fresh(method, values) ** 2, ask, stated, values)
        case "bias":
            require_bias(claim, method, instance, found, values, exact.to_fmpq(witness["radius"]))
            require_slower(Integer(1), ask, stated, values)
        case other:
            raise CertificateRejected(f"expected a reason of recursion, horizon, fresh or bias, found {other!r}")
    return Verdict.REFUTED


def _instance(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Separable:
    table = witness["instance"] if witness["reason"] == "bias" else [{"right": {"slopes": [witness["curvature"]]}}]
    instance = separable(table)
    if len(instance.sides) != 1 or not instance.is_smooth:
        raise CertificateRejected("expected a differentiable function of one variable")
    return instance


def _oracle(claim: Mapping[str, Any], witness: Mapping[str, Any], values: Values) -> Oracle:
    table = witness["oracle"]
    return constant_error(claim, table["error"], values) if "error" in table else oracle(claim, table, values, 0)


def _require_instance(
    claim: Mapping[str, Any], method: Method, instance: Separable, found: Oracle, values: Values
) -> None:
    if "bounded_domain" in hypotheses_by_name(claim):
        raise CertificateRejected("a projection could act")
    require_admissible(claim, method, instance, (fmpq(0),), values, 1)
    largest = [side.largest for side in instance.sides[0]]
    steepest = [value for value in largest if value is not None]
    if len(steepest) == 2:
        require_gradients(claim, found, max(steepest), values)
    elif "bounded_gradients" in hypotheses_by_name(claim):
        raise CertificateRejected("expected a Lipschitz function where gradients are bounded")


def _number(value: fmpq) -> Rational:
    return Rational(int(value.p), int(value.q))


def _line(method: Method, values: Values) -> Expr:
    """The new iterate over the old one, ``g``, ``t`` and the old states."""
    known: dict[Symbol, Expr] = {name: _number(value) for name, value in values.items()}
    for target, line in method.update.items():
        if line.has(kth_largest_abs):
            raise CertificateRejected("a rank among coordinates is not followed here")
        plain = line.replace(lambda node: isinstance(node, norm), lambda node: Abs(node.args[0]))
        known[target] = plain.xreplace(known)
    return known[THETA]


def _require_noise(claim: Mapping[str, Any], found: Oracle) -> None:
    if claim["measure"] not in SQUARED or not found.variance > 0:
        raise CertificateRejected("expected a measure that is a square, and noise")


# --- Lemma 1


def _require_recursion(
    claim: Mapping[str, Any],
    method: Method,
    instance: Separable,
    found: Oracle,
    values: Values,
    ask: growth.Ask,
    stated: Expr,
) -> None:
    _require_noise(claim, found)
    fixed = stated.xreplace({name: _number(value) for name, value in values.items()}).xreplace({T: K, STEP: K})
    problem = recursion(method, instance.sides[0][1].slopes[0], found.variance, values)
    if not nonnegative(problem.forcing, Facts(((K - 1, False),)), strict=True):
        raise CertificateRejected("the noise is not seen to act in every step")
    try:
        answers = [
            answer for _, answer in by_cases(lambda case: judge(problem, ask, fixed.subs(K, K - 1), case), Facts())
        ]
    except (Unsupported, Undetermined) as reason:
        raise CertificateRejected(str(reason)) from None
    if any(answers):
        raise CertificateRejected("the expected square satisfies the claim")


def recursion(method: Method, curvature: fmpq, variance: fmpq, values: Values) -> Linear:
    """``a[k] = E x_{k-1}^2``, from Lemma 1.

    Raises:
        CertificateRejected: if the rule has a memory or is not linear.
    """
    line = _line(method, values)
    if method.state or method.query != THETA or line.free_symbols - {THETA, G, STEP, T}:
        raise CertificateRejected("expected a rule without memory")
    kept, moved = (line.xreplace({THETA: Integer(a), G: Integer(b)}) for a, b in ((1, 0), (0, 1)))
    if not identical(line, kept * THETA + moved * G):
        raise CertificateRejected("the rule is not linear in theta and g")
    phi, forcing = (kept + moved * _number(curvature)) ** 2, moved**2 * _number(variance)
    phi, forcing = (part.xreplace({STEP: K, T: K}) for part in (phi, forcing))
    return Linear(None, phi.expand(), forcing.expand(), True, True, False, (), ())


def mean_square(method: Method, curvature: fmpq, variance: fmpq, values: Values) -> Expr:
    """A lower bound in k = T on the mean squared gradient over T steps, for all large T.

    Raises:
        CertificateRejected: if the steps depend on more than T, or the squares are not seen to settle.
    """
    found = recursion(method, curvature, variance, values)
    settling = (1 - found.phi).expand()
    if not variance > 0 or any(STEP in line.free_symbols for line in method.update.values()):
        raise CertificateRejected("expected noise, and steps that depend on the horizon alone")
    try:
        falls = scale.lead(Asymptotics(K, Facts()).expand(settling), Facts())[0] > 0
    except (Unsupported, Undetermined) as reason:
        raise CertificateRejected(str(reason)) from None
    if not falls:
        raise CertificateRejected("the squares are not seen to settle within the horizon")
    return _number(curvature) ** 2 * found.forcing / settling * (K - 1 / settling) / (K + 1)


# --- Lemma 2


def fresh(method: Method, values: Values) -> Expr:
    """b(k) of Lemma 2.

    Raises:
        CertificateRejected: if the gradient enters the iterate in another way.
    """
    line = _line(method, values)
    rest = line.xreplace({G: Integer(0)})
    factor = line.xreplace({G: Integer(1)}) - rest
    others = {name: Integer(0) for name in line.free_symbols - {G, STEP}}
    plain = factor.xreplace(others)
    if plain.free_symbols - {STEP} or not identical(line, rest + plain * G):
        raise CertificateRejected("the last gradient does not enter the iterate as a multiple of itself")
    return plain.xreplace({STEP: K})


# --- Lemma 3


def require_bias(
    claim: Mapping[str, Any], method: Method, instance: Separable, found: Oracle, values: Values, radius: fmpq
) -> None:
    """Reject unless Lemma 3 applies."""
    slopes = [slope for side in instance.sides[0] for slope in side.slopes]
    if min(slopes) < 0 or ("gradient" in claim["measure"] and min(slopes) <= 0):
        raise CertificateRejected("expected a convex function, and a strongly convex one for gradients")
    if method.state or method.query != THETA:
        raise CertificateRejected("expected a rule without memory")
    decay, psi = drift.split(THETA - _line(method, values))
    if psi.free_symbols - {G} or sum((factor.power for factor in decay), start=fmpq(0)) > 1:
        raise CertificateRejected("expected theta - a(t) psi(g) with steps a(t) whose sum diverges")
    require_linear_growth(psi)
    with working(BITS):
        push = mean_push(instance, psi, found, radius)
        if not (push > 0 or push < 0):
            raise CertificateRejected("the method is not seen to be driven away from the minimiser")


def mean_push(instance: Separable, psi: Expr, found: Oracle, radius: fmpq) -> arb:
    """A ball around ``E psi(f'(x) + noise)`` for all |x| <= radius, in the arithmetic of `working`."""
    left, right = instance.sides[0]
    if radius <= 0 or any(side.cuts and radius > side.cuts[0] for side in (left, right)):
        raise CertificateRejected("expected a positive radius within the first pieces of the function")
    slopes = arb(-left.slopes[0] * radius).union(arb(right.slopes[0] * radius))
    total = arb(0)
    for chance, value in found.at(1):
        total = total + arb(chance) * exact.ball(psi, {G: slopes + arb(value)}, BITS)
    return total


def require_linear_growth(psi: Expr) -> None:
    """Reject unless the tree shows that ``|psi(g)| <= K + L |g|`` for some K and L."""
    if _growth(psi) > 1:
        raise CertificateRejected(f"{psi} may grow faster than g")


def _growth(node: Expr) -> int:
    """0 for bounded, 1 for at most linear, 2 for anything else."""
    if G not in node.free_symbols or isinstance(node, sign):
        return 0
    if node == G:
        return 1
    if isinstance(node, Abs | Max | Min) or node.is_Add:
        return max(_growth(part) for part in node.args)
    if node.is_Mul:
        return min(2, sum(_growth(part) for part in node.args))
    if isinstance(node, Pow) and node.exp.is_Rational and node.exp < 0 and _floor(node.base):
        return 0
    return 2


def _floor(node: Expr) -> bool:
    """Whether the tree shows that a node is at least a positive number."""
    if node.is_Rational:
        return bool(node > 0)
    if isinstance(node, Max):
        return any(_floor(part) for part in node.args)
    if node.is_Add:
        return any(map(_floor, node.args)) and all(_floor(part) or isinstance(part, Abs) for part in node.args)
    return False
