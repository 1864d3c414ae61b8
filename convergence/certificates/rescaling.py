"""A claimed rate or bound that depends on the units of f and x, and so cannot be a theorem.

Under ``f -> tau^a f, x -> tau^b x`` a constant of weight w becomes ``tau^w`` times itself. The witness gives a, b and
the weights of the claim's symbols and of the method's state::

    {"f": "1", "x": "0", "weights": {"mu": "1", "L": "1"}, "state": {}}

The checker recomputes every weight: constants of hypotheses have those of `HYPOTHESES`, numbers and symbols below 1
have none, relations and the method's own lines must be homogeneous. Then tau times an instance is an instance, for
every tau > 0, and the method draws the same trajectory on it. It accepts if the statement collapses under this:

* every term of it has a factor such as ``k**(-e)`` or ``exp(-e)`` whose exponent e grows with a power of tau while
  all other factors grow at most like one: letting tau -> infinity, the measure would have to be zero (a bound) or
  fall faster than every such factor (a rate, or a bound up to a constant that nothing fixes) for each instance; or
* every term has a factor ``(c - p)**e``, e > 0, where p grows with tau: at some tau it is zero, and so would be the
  measure.

Terms of unlike units alone do not make a bound false (``G D <= (G^2 + D^2)/2``), and are not enough here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sympy
from flint import fmpq
from sympy import Add, Expr, Mul, Symbol

from convergence.certificates import exact
from convergence.certificates.document import expression, hypotheses, names, relations
from convergence.certificates.iteration import STEP, THETA, G, Method, read_method
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain, kth_largest_abs, norm
from convergence.verdicts import Verdict

Weights = Mapping[Symbol, fmpq]

HYPOTHESES: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        "strongly_convex": ((1, -2),),
        "smooth": ((1, -2),),
        "lipschitz": ((1, -1),),
        "polyak_lojasiewicz": ((1, -2),),
        "initial_distance": ((0, 1),),
        "initial_gap": ((1, 0),),
        "bounded_domain": ((0, 1),),
        "bounded_variance": ((1, -1),),
        "bounded_gradients": ((1, -1),),
        "gradient_error": ((1, -1),),
        "convex": (),
        "quadratic": (),
        "bounded_below": (),
        "unbiased": (),
        "deterministic": (),
        "online": (),
    }
)
"""Degrees in f and x of each argument of each hypothesis."""

_DIMENSIONLESS = frozenset({Domain.UNIT, Domain.FRACTION, Domain.NATURAL, Domain.INTEGER, Domain.UNDEFINED})


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.ILL_POSED` if the rescaling changes nothing but the statement, which collapses."""
    if "problem" in claim or "method" not in claim or claim.get("measure", "sequence") == "sequence":
        raise CertificateRejected("expected a claim about a method on a class of functions")
    stated = expression(claim, claim["rate"] if "rate" in claim else claim["bound"])
    method = read_method(claim["method"], claim)
    f, x = exact.to_fmpq(witness["f"]), exact.to_fmpq(witness["x"])
    weights = _weights(claim, witness["weights"])
    _require_invariant_class(claim, weights, f, x)
    require_same_trajectory(method, witness["state"], weights, f, x)
    fixed = _require_anchored(claim, method, stated, weights)
    if not collapses(stated, weights, fixed):
        raise CertificateRejected("the statement does not collapse under this rescaling")
    return Verdict.ILL_POSED


def _weights(claim: Mapping[str, Any], texts: Mapping[str, str]) -> dict[Symbol, fmpq]:
    known = names(claim)
    weights = dict.fromkeys(COUNTERS.values(), fmpq(0))
    for name, table in claim["symbols"].items():
        weights[known[name]] = exact.to_fmpq(texts.get(name, "0"))
        if weights[known[name]] != 0 and Domain(table["domain"]) in _DIMENSIONLESS:
            raise CertificateRejected(f"the domain of {name} is not closed under rescaling")
    return weights


def require_invariant_hypotheses(claim: Mapping[str, Any], weights: Weights, f: fmpq, x: fmpq) -> None:
    """Reject unless every constant of a hypothesis has the weight that ``f -> tau^f f, x -> tau^x x`` gives it."""
    for name, arguments in hypotheses(claim):
        for argument, (of_f, of_x) in zip(arguments, HYPOTHESES[name], strict=True):
            _require(weight(argument, weights), of_f * f + of_x * x, f"{name}({argument})")


def _require_invariant_class(claim: Mapping[str, Any], weights: Weights, f: fmpq, x: fmpq) -> None:
    require_invariant_hypotheses(claim, weights, f, x)
    for relation in relations(claim):
        weight(Add(relation.lhs, Mul(-1, relation.rhs, evaluate=False), evaluate=False), weights)


def require_same_trajectory(method: Method, texts: Mapping[str, str], weights: Weights, f: fmpq, x: fmpq) -> None:
    """Reject unless the method draws the same trajectory in the new units; `texts` are the weights of its state."""
    table = dict(weights) | {THETA: x, STEP: fmpq(0)}
    by_name = {symbol.name.removeprefix("state "): symbol for symbol in method.state}
    table |= {by_name[name]: exact.to_fmpq(text) for name, text in texts.items()}
    for name, value in method.state.items():
        _require(weight(value, table), table[name], f"the start of {name}")
    _require(weight(method.query, table), x, "the query")
    table[G] = f - x
    for name, value in method.update.items():
        found = weight(value, table)
        if name == THETA or name in method.state:
            _require(found, table[name], f"the update of {name}")
        else:
            table[name] = fmpq(0) if found is None else found
    _require(weight(method.output, table), x, "the output")


def _require(found: fmpq | None, expected: fmpq, what: str) -> None:
    if found is not None and found != expected:
        raise CertificateRejected(f"{what} has weight {found}, expected {expected}")


def _require_anchored(claim: Mapping[str, Any], method: Method, stated: Expr, weights: Weights) -> frozenset[Symbol]:
    """The symbols that hypotheses or the method fix; any other constant may absorb a rescaling."""
    stated_by = [free for _, arguments in hypotheses(claim) for argument in arguments for free in argument.free_symbols]
    fixed = frozenset(stated_by) | method.free | frozenset(COUNTERS.values())
    for name in stated.free_symbols - fixed:
        if weights[name] != 0:
            raise CertificateRejected(f"{name} is fixed by no hypothesis and no parameter")
    return fixed


# --- weights


def weight(node: Expr, weights: Weights) -> fmpq | None:
    """The weight of a homogeneous expression; None for zero, which has every weight.

    Raises:
        CertificateRejected: if it is not homogeneous.
    """
    if node.is_zero:
        return None
    if node.is_number:
        return fmpq(0)
    if node.is_Symbol:
        if node not in weights:
            raise CertificateRejected(f"no weight for {node}")
        return weights[node]
    if node.is_Mul:
        parts = [weight(argument, weights) for argument in node.args]
        return None if None in parts else sum((part for part in parts if part is not None), start=fmpq(0))
    if node.is_Pow and node.exp.is_Rational:
        base = weight(node.base, weights)
        return None if base is None else base * fmpq(int(node.exp.p), int(node.exp.q))
    if node.is_Add or isinstance(node, sympy.Max | sympy.Min):
        return _common([weight(argument, weights) for argument in node.args], node)
    if isinstance(node, sympy.Abs | norm):
        return weight(node.args[0], weights)
    if isinstance(node, kth_largest_abs):
        _require(weight(node.args[1], weights), fmpq(0), f"the rank in {node}")
        return weight(node.args[0], weights)
    if isinstance(node, sympy.sign):
        weight(node.args[0], weights)
        return fmpq(0)
    if isinstance(node, sympy.Sum | sympy.Product):
        return _repeated(node, weights)
    for argument in node.args:
        _require(weight(argument, weights), fmpq(0), f"{argument} in {node.func.__name__}")
    return fmpq(0)


def _common(parts: list[fmpq | None], node: Expr) -> fmpq | None:
    found = {part for part in parts if part is not None}
    if len(found) > 1:
        raise CertificateRejected(f"{node} adds or compares terms of unlike weights")
    return next(iter(found), None)


def _repeated(node: Expr, weights: Weights) -> fmpq | None:
    inside = dict(weights)
    for index, *ends in node.limits:
        for end in ends:
            _require(weight(end, inside), fmpq(0), f"the limit {end}")
        inside[index] = fmpq(0)
    body = weight(node.function, inside)
    if isinstance(node, sympy.Product):
        _require(body, fmpq(0), "the factor of a product")
        return fmpq(0)
    return body


# --- collapse as tau tends to infinity, at a fixed counter >= 2


def collapses(stated: Expr, weights: Weights, fixed: frozenset[Symbol]) -> bool:
    """Whether the statement's value falls faster than any power of tau, or is zero at some tau.

    The exponents and bases that make it so must be over `fixed` symbols; other constants are bounded factors.
    """
    terms = [Mul.make_args(term) for term in Add.make_args(stated)]
    if all(any(_falls(factor, weights) and factor.free_symbols <= fixed for factor in term) for term in terms):
        return all(_falls(factor, weights) or _moderate(factor, weights) for term in terms for factor in term)
    bases = [{_zero_base(factor, weights) for factor in term if factor.free_symbols <= fixed} for term in terms]
    shared = set.intersection(*bases) - {None}
    return bool(shared) and all(
        _zero_base(factor, weights) in shared or _defined(factor, weights) for term in terms for factor in term
    )


def _falls(factor: Expr, weights: Weights) -> bool:
    """``b**e`` or ``exp(e)`` that falls like the exponential of a power of tau."""
    if isinstance(factor, sympy.exp):
        return _grows(Mul(-1, factor.args[0]), weights)
    if not factor.is_Pow:
        return False
    if _above_one(factor.base):
        return _grows(Mul(-1, factor.exp), weights)
    below_one = factor.base.is_Rational and 0 < factor.base < 1
    return below_one and _grows(factor.exp, weights)


def _grows(exponent: Expr, weights: Weights) -> bool:
    """A sum of positive terms, none of which falls with tau, and one of which grows."""
    terms = Add.make_args(sympy.expand(exponent))
    found = [part for term in terms if (part := _weight_or_none(term, weights)) is not None]
    positive = len(found) == len(terms) and all(_sign(term) == 1 for term in terms)
    return positive and all(part >= 0 for part in found) and any(part > 0 for part in found)


def _weight_or_none(node: Expr, weights: Weights) -> fmpq | None:
    try:
        return weight(node, weights)
    except CertificateRejected:
        return None


def _above_one(base: Expr) -> bool:
    """Whether it exceeds 1 once every counter is at least 2."""
    terms = Add.make_args(base)
    counters = [term for term in terms if term in COUNTERS.values()]
    rest = [term for term in terms if term not in COUNTERS.values()]
    if not all(term.is_Rational for term in rest):
        return False
    return bool(2 * len(counters) + sum(rest) > 1)


def _sign(node: Expr) -> int:
    """1 or -1 where the tree shows it for positive symbols and counters >= 2; 0 otherwise."""
    if node.is_Rational:
        return int(bool(node > 0)) - int(bool(node < 0))
    if node.is_Symbol:
        return int(bool(node.is_positive))
    if node.is_Mul:
        result = 1
        for argument in node.args:
            result *= _sign(argument)
        return result
    if node.is_Pow or isinstance(node, sympy.exp):
        return 1 if isinstance(node, sympy.exp) or _sign(node.base) == 1 else 0
    if node.is_Add:
        signs = {_sign(argument) for argument in node.args}
        return signs.pop() if len(signs) == 1 else 0
    if isinstance(node, sympy.log):
        return int(_above_one(node.args[0]))
    return 0


def _moderate(factor: Expr, weights: Weights) -> bool:
    """Whether it grows at most like a power of tau."""
    if _weight_or_none(factor, weights) is not None or factor.is_zero:
        return True
    if factor.is_Add or factor.is_Mul:
        return all(_moderate(argument, weights) for argument in factor.args)
    if factor.is_Pow and factor.exp.is_Rational:
        if factor.exp > 0:
            return _moderate(factor.base, weights)
        return _sign(factor.base) == 1 and _is_sum_of_monomials(factor.base, weights)
    return (
        isinstance(factor, sympy.log) and _sign(factor.args[0]) == 1 and _is_sum_of_monomials(factor.args[0], weights)
    )


def _is_sum_of_monomials(node: Expr, weights: Weights) -> bool:
    return all(_weight_or_none(term, weights) is not None for term in Add.make_args(node))


def _zero_base(factor: Expr, weights: Weights) -> Expr | None:
    """``c - p`` in a factor ``(c - p)**e`` with e > 0, c > 0 of weight 0 and p > 0 of positive weights."""
    if not factor.is_Pow or _sign(factor.exp) != 1 or _weight_or_none(factor.exp, weights) != 0:
        return None
    terms = Add.make_args(factor.base)
    signs, found = [_sign(term) for term in terms], [_weight_or_none(term, weights) for term in terms]
    above = [part for sign, part in zip(signs, found, strict=True) if sign == 1]
    below = [part for sign, part in zip(signs, found, strict=True) if sign == -1]
    if 0 in signs or not above or not below:
        return None
    fits = all(part == 0 for part in above) and all(part is not None and part > 0 for part in below)
    return factor.base if fits else None


def _defined(factor: Expr, weights: Weights) -> bool:
    """Whether it has a finite value at every tau."""
    return _moderate(factor, weights) or (factor.is_Pow and _sign(factor.base) == 1) or isinstance(factor, sympy.exp)
