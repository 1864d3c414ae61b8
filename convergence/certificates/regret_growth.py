"""A rate or limit of the regret is false: losses against which the regret provably grows faster. See `online`.

Witness of the first form: ``{"values": ..., "losses": [...], "after": n, "slack": {"v": "1/1000"}}``.

Lemma 1 (pinned at the wrong end). Let the losses c_1, ..., c_P repeat, with S = c_1 + ... + c_P > 0, so that -R is
the best fixed point, and let the iterate move by d_t = lambda(t) h(t) before projection, as `drift` encloses it, with
lambda not increasing and of the exact order t^(-p), p <= 1, and with the sum of d over each late period at least delta
times lambda at its first step, delta > 0. With y = R - x, ``y_{t+1} <= max(y_t - d_t, 0)``, so that y_t is at most the
greatest sum of -d over a stretch that ends before t, once the first point is forgotten (the sum of lambda diverges).
Whole periods lower such a sum. So y tends to 0 if p > 0; and if p = 0, y at place i of the period is in the end at
most Y_i, the greatest of 0 and the sums of -h over fewer than P steps before i. The regret per period in the end is
at least ``sum of c_i (2R - y_i) >= 2 R S - sum of max(c_i, 0) Y_i``, and where that is positive the regret is at least
a positive multiple of k from some k on. With S < 0 the same holds mirrored.

Witness of the second form: ``{"values": ..., "adversary": "1"}``, the greatest slope G.

Lemma 2 (the adversary). Let c_t = G sign(x_t), with + at 0, and let the rule's states depend on |c_t| alone and its
displacement be odd in c_t, of length s_t. Then ``|x_t| + |x_{t+1}| >= min(s_t, R)``, since the iterate moves by s_t
unless it is stopped at an end; and round t costs G |x_t|, so that the regret after k rounds is at least
``G/2 (min(s_1, R) + ... + min(s_{k-1}, R))``. If s is bounded, min(s_t, R) is at least a positive multiple of s_t.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import arb, fmpq
from sympy import Dummy, Expr, Integer, Rational, Symbol

from convergence.certificates import drift, exact, online
from convergence.certificates.drift import BITS, Driven
from convergence.certificates.growth import Ask
from convergence.certificates.iteration import STEP, G, working
from convergence.certificates.modes import asked, satisfied
from convergence.certificates.polynomials import identical
from convergence.certificates.trajectory import assigned
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS
from convergence.verdicts import Verdict

K, T = COUNTERS["k"], COUNTERS["T"]
MAX_AFTER = 60_000


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the regret surely grows faster than claimed."""
    regret = lower_order(claim, witness)
    if not violated(claim, witness["values"], regret):
        raise CertificateRejected(f"a regret of the order of {regret} satisfies the claim")
    return Verdict.REFUTED


def violated(claim: Mapping[str, Any], values: Mapping[str, str], regret: Expr) -> bool:
    """Whether a regret that is at least a positive multiple of an expression in k violates the rate or limit."""
    ask, stated = asked(claim)
    fixed = stated.xreplace(_numbers(assigned(claim, values))).xreplace({T: K, STEP: K})
    return not satisfied(regret / K if claim["measure"] == "average_regret" else regret, ask, fixed)


def lower_order(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Expr:
    """An expression in k of which the regret is at least a positive multiple, for all large k."""
    found = _game(claim, witness)
    if T in found.method.free:
        raise CertificateRejected("expected no horizon in the method")
    rule = drift.driven(found.method, found.values)
    if "adversary" in witness:
        return against_adversary(rule, found.losses.steepest)
    after = witness["after"]
    if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= MAX_AFTER:
        raise CertificateRejected(f"expected at most {MAX_AFTER} steps before the period, found {after!r}")
    slack = {name: exact.to_fmpq(witness["slack"][name.name.removeprefix("state ")]) for name in rule.states}
    with working(BITS):
        if not regret_per_period(rule, found.losses, after, slack) > 0:
            raise CertificateRejected("the regret is not seen to grow with every period")
    return K


def _game(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> online.Game:
    adversary = [witness["adversary"]] if "adversary" in witness else witness["losses"]
    pattern = online.coefficients(adversary)
    if "adversary" in witness and not pattern[0] > 0:
        raise CertificateRejected("expected an adversary with a positive slope")
    return online.game(claim, witness, pattern, 1)


def _numbers(values: Mapping[Symbol, fmpq]) -> dict[Symbol, Rational]:
    return {name: Rational(int(value.p), int(value.q)) for name, value in values.items()}


# --- Lemma 1


def regret_per_period(rule: Driven, losses: online.LinearLosses, after: int, slack: Mapping[Symbol, fmpq]) -> arb:
    """A lower bound, in the end, on the regret of one period; in an arithmetic of `BITS` bits.

    Raises:
        CertificateRejected: if the iterate is not seen to be driven to the wrong end.
    """
    pattern, total = losses.pattern, sum(losses.pattern, start=fmpq(0))
    side = 1 if total > 0 else -1
    pushes = [side * ball for ball in drift.displacements(rule, pattern, after, slack)]
    if rule.power > 1 or total == 0:
        raise CertificateRejected("steps that may end, or losses without a best point")
    advance = arb(0)
    for place, push in enumerate(pushes):
        least = push.lower()
        advance = advance + (least * rule.ratio(after + 1, after + 1 + place).lower() if least > 0 else least)
    if not advance > 0:
        raise CertificateRejected("the iterate is not seen to be driven to the wrong end in every period")
    gain = arb(2 * losses.radius * abs(total))
    if rule.decay:
        return gain
    for cost, back in zip(pattern, _setbacks(pushes), strict=True):
        gain = gain - arb(max(side * cost, fmpq(0))) * back
    return gain


def _setbacks(pushes: Sequence[arb]) -> list[arb]:
    """Y_i of Lemma 1, for the point that is played at place i of the period."""
    found = []
    for place in range(len(pushes)):
        greatest = total = arb(0)
        for length in range(1, len(pushes)):
            total = total - pushes[(place - length) % len(pushes)].lower()
            greatest = greatest.max(total)
        found.append(greatest)
    return found


# --- Lemma 2


def against_adversary(rule: Driven, slope: fmpq) -> Expr:
    """The sum of the displacements' lengths, up to a factor, as a sum of an expression in t.

    Raises:
        CertificateRejected: if the lemma does not apply, or the lengths are not seen to be bounded.
    """
    size = Rational(int(slope.p), int(slope.q))
    known: dict[Symbol, Expr] = {}
    for name, line in rule.states.items():
        known[name] = _state(rule, name, line, size)
    if rule.displacement.free_symbols & set(rule.old.values()):
        raise CertificateRejected("the displacement uses a state from before the step")
    forth, back = (rule.displacement.xreplace({**known, G: value}) for value in (size, -size))
    if not identical(forth, -back):
        raise CertificateRejected("the displacement is not odd in the gradient")
    length = back * sympy.Mul(*(_power(factor) for factor in rule.decay))
    if not satisfied(length.xreplace({STEP: K}), Ask.RATE, Integer(1)):
        raise CertificateRejected("the displacements are not bounded")
    index = Dummy("i", integer=True, positive=True)
    return sympy.Sum(length.xreplace({STEP: index}), (index, 1, K - 1))


def _state(rule: Driven, name: Symbol, line: Expr, size: Rational) -> Expr:
    """The state after step t, where its line is ``s <- b s + d`` with constants, the same for both gradients."""
    lines = [line.xreplace({G: value}) for value in (size, -size)]
    old = rule.old[name]
    offset, whole = (lines[0].xreplace({old: Integer(value)}) for value in (0, 1))
    slope = whole - offset
    initial = Rational(int(rule.initial[name].p), int(rule.initial[name].q))
    if not (offset.is_Rational and slope.is_Rational) or not all(
        identical(value, slope * old + offset) for value in lines
    ):
        raise CertificateRejected(f"the line of {name} is not s <- b s + d with constants that ignore signs")
    if slope == 1:
        return initial + offset * STEP
    limit = offset / (1 - slope)
    return limit + (initial - limit) * slope**STEP


def _power(factor: drift.Decay) -> Expr:
    slope, offset, power = (
        Rational(int(value.p), int(value.q)) for value in (factor.slope, factor.offset, factor.power)
    )
    return (slope * STEP + offset) ** (-power)
