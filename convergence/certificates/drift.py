"""Rules whose displacement does not look at the iterate, driven by periodic gradients: enclosed for all late steps.

With gradients c_1, ..., c_P that repeat, states that do not depend on the iterate follow the gradients alone. Let X be
a box that holds them after n steps, n a multiple of P. If P steps map X into itself, in ball arithmetic in which every
``b^t`` with 0 < b < 1 and every ``(a t + b)^(-q)`` is replaced by the interval from 0 to its value at n + 1, then by
induction the images of X hold the states after every later step. So the displacement in step t > n is
``lambda(t) h(t)`` with lambda(t) a product of ``(a t + b)^(-q)``, a, q > 0, b >= 0, and h(t) in a ball that depends on
t mod P only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import arb, fmpq
from sympy import Dummy, Expr, Integer, Mul, Rational, Symbol

from convergence.certificates import exact
from convergence.certificates.exact import Values
from convergence.certificates.iteration import STEP, THETA, G, Method, Number
from convergence.errors import CertificateRejected
from convergence.expressions import kth_largest_abs, norm

BITS = 192

Box = Mapping[Symbol, arb]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """``(slope t + offset)^(-power)`` for t >= 1; slope, power > 0."""

    slope: fmpq
    offset: fmpq
    power: fmpq

    def ratio(self, first: int, later: int) -> arb:
        """Its value at `later`, divided by that at `first`."""
        base = arb((self.slope * first + self.offset) / (self.slope * later + self.offset))
        return base ** arb(self.power)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """A rule in one dimension as what its gradients make of it, with the values of all other symbols put in.

    Attributes:
        initial: the states before step 1.
        states: each state's new value, over the old states (`old`), new states, ``g`` and ``t``.
        old: for each state, the symbol of its value before the step.
        decay: the factors of lambda(t).
        displacement: the displacement of the iterate divided by lambda(t), over the same symbols.
    """

    initial: Mapping[Symbol, fmpq]
    states: Mapping[Symbol, Expr]
    old: Mapping[Symbol, Symbol]
    decay: tuple[Decay, ...]
    displacement: Expr

    @property
    def power(self) -> fmpq:
        """The exponent p with lambda(t) of the exact order t^(-p)."""
        return sum((factor.power for factor in self.decay), start=fmpq(0))

    def ratio(self, first: int, later: int) -> arb:
        """lambda(later)/lambda(first)."""
        result = arb(1)
        for factor in self.decay:
            result = result * factor.ratio(first, later)
        return result


def driven(method: Method, values: Values) -> Driven:
    """A rule of which states and displacement depend on the gradients and t alone.

    Raises:
        CertificateRejected: for any other rule.
    """
    fixed = {name: Rational(int(value.p), int(value.q)) for name, value in values.items()}
    old: dict[Symbol, Symbol] = {name: Dummy(f"old {name}", real=True) for name in method.state}
    known: dict[Symbol, Expr] = dict(old)
    states: dict[Symbol, Expr] = {}
    for target, line in method.update.items():
        value = _one_dimensional(line.xreplace(fixed)).xreplace(known)
        if target in old:
            states[target], known[target] = value, target
        else:
            known[target] = value
    displacement = known[THETA] - THETA
    followed = {name: line for name, line in states.items() if THETA not in line.free_symbols}
    if THETA in displacement.free_symbols or method.query != THETA or followed.keys() != states.keys():
        raise CertificateRejected("a state or the displacement depends on the iterate")
    initial = {name: exact.rational(value, values) for name, value in method.state.items()}
    decay, rest = split(displacement)
    allowed = {*states, *old.values(), G, STEP}
    if any(line.free_symbols - allowed for line in (*states.values(), rest)):
        raise CertificateRejected("expected a value for every symbol of the rule, and no randomness of its own")
    return Driven(initial=initial, states=states, old=old, decay=decay, displacement=rest)


def _one_dimensional(line: Expr) -> Expr:
    if line.has(kth_largest_abs):
        raise CertificateRejected("a rank among coordinates is not followed here")
    return line.replace(lambda node: isinstance(node, norm), lambda node: sympy.Abs(node.args[0]))


def split(value: Expr) -> tuple[tuple[Decay, ...], Expr]:
    """The factors ``(a t + b)^(-q)`` that all terms have in common, and the rest.

    Raises:
        CertificateRejected: if the terms have different ones.
    """
    parts = [_factored(term) for term in sympy.Add.make_args(value)]
    common = parts[0][0]
    if any(decay != common for decay, _ in parts):
        raise CertificateRejected("the terms of a displacement decay differently")
    return common, sympy.Add(*(rest for _, rest in parts))


def _factored(term: Expr) -> tuple[tuple[Decay, ...], Expr]:
    found: list[Decay] = []
    rest: list[Expr] = []
    for factor in Mul.make_args(term):
        decay = decaying_power(factor)
        if decay is None:
            rest.append(factor)
        else:
            found.append(decay)
    return tuple(sorted(found, key=str)), Mul(*rest)


def decaying_power(node: Expr) -> Decay | None:
    """The node as ``(a t + b)^(-q)`` with a, q > 0 and b >= 0."""
    base, exponent = node.as_base_exp()
    if not exponent.is_Rational or exponent >= 0:
        return None
    line = _line(base)
    if line is None or line[0] <= 0 or line[1] < 0:
        return None
    return Decay(slope=line[0], offset=line[1], power=-exact.rational(exponent))


def _line(node: Expr) -> tuple[fmpq, fmpq] | None:
    """a and b of ``a t + b``."""
    if node.free_symbols != {STEP}:
        return None
    offset, slope = node.xreplace({STEP: Integer(0)}), node.xreplace({STEP: Integer(1)})
    if not (offset.is_Rational and slope.is_Rational) or sympy.expand(node - (slope - offset) * STEP - offset) != 0:
        return None
    return exact.rational(slope - offset), exact.rational(offset)


def vanishing(node: Expr) -> Expr | None:
    """The node itself, if it is positive and falls to 0 as t grows: a geometric sequence or a `decaying_power`."""
    if not node.is_Pow or node.free_symbols != {STEP}:
        return None
    if node.base.is_Rational and node.base > 0:
        line = _line(node.exp)
        return node if line is not None and (line[0] > 0 > node.base - 1 or line[0] < 0 < node.base - 1) else None
    return node if decaying_power(node) is not None else None


def late(value: Expr, first: int) -> tuple[Expr, dict[Symbol, arb]]:
    """The expression with its vanishing parts replaced by symbols, and for each the interval of its values.

    Raises:
        CertificateRejected: if it depends on t in another way.
    """
    intervals: dict[Symbol, arb] = {}

    def replaced(node: Expr) -> Expr:
        if STEP not in node.free_symbols:
            return node
        if vanishing(node) is not None:
            name = Dummy(nonnegative=True)
            intervals[name] = arb(0).union(exact.ball(node, {STEP: fmpq(first)}, BITS))
            return name
        if not node.args:
            raise CertificateRejected(f"{value} depends on t in a way that is not followed for ever")
        return node.func(*(replaced(part) for part in node.args))

    return replaced(value), intervals


def states_after(rule: Driven, pattern: Sequence[fmpq], steps: int) -> dict[Symbol, arb]:
    """Balls around the states after a number of steps from the initial ones."""
    state: dict[Symbol, Number] = dict(rule.initial)
    for count in range(1, steps + 1):
        state = moved(rule.states, rule, state, pattern[(count - 1) % len(pattern)], {STEP: fmpq(count)})
    return {name: arb(value) for name, value in state.items()}


def moved(
    lines: Mapping[Symbol, Expr], rule: Driven, state: Mapping[Symbol, Number], gradient: fmpq, known: Box
) -> dict[Symbol, Number]:
    """The states after one more step."""
    table: dict[Symbol, Number] = {**known, G: gradient, **{rule.old[name]: value for name, value in state.items()}}
    for name, line in lines.items():
        table[name] = exact.ball(line, table, BITS)
    return {name: table[name] for name in lines}


def displacements(rule: Driven, pattern: Sequence[fmpq], after: int, slack: Mapping[Symbol, fmpq]) -> list[arb]:
    """Balls that hold the displacement divided by lambda, for each place in the period, in every step after `after`.

    Args:
        rule: the rule.
        pattern: the gradients of one period.
        after: a multiple of the period.
        slack: by how much the box exceeds the states after that many steps.

    Raises:
        CertificateRejected: if a period is not seen to map the box into itself.
    """
    if after % len(pattern) or any(value < 0 for value in slack.values()):
        raise CertificateRejected("expected whole periods, and slack that is not negative")
    lines: dict[Symbol, Expr] = {}
    intervals: dict[Symbol, arb] = {}
    for name, line in rule.states.items():
        lines[name], found = late(line, after + 1)
        intervals |= found
    displacement, found = late(rule.displacement, after + 1)
    intervals |= found
    first = {name: _widened(ball, slack[name]) for name, ball in states_after(rule, pattern, after).items()}
    result, state = [], dict(first)
    for gradient in pattern:
        following = moved(lines, rule, state, gradient, intervals)
        table = {**intervals, **following, G: arb(gradient), **{rule.old[key]: value for key, value in state.items()}}
        result.append(exact.ball(displacement, table, BITS))
        state = following
    if not all(first[name].contains(state[name]) for name in first):
        raise CertificateRejected("a period is not seen to map the box of states into itself")
    return result


def _widened(ball: arb, slack: fmpq) -> arb:
    reach = arb(slack)
    return (ball - reach).union(ball + reach)
