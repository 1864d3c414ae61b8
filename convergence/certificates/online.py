"""Online linear losses ``c_t x`` on the interval [-R, R], 2R the diameter of the claim's domain: a game in rationals.

In round t the player plays the iterate x_t, the loss c_t is revealed, the rule takes its step with the gradient c_t,
and the iterate is projected. The regret after k rounds is ``sum of c_t x_t + R |sum of c_t|``. Such losses are convex,
G-Lipschitz for G >= |c_t|, and have a gradient with every Lipschitz constant, so that they are instances of the
hypotheses that `LinearLosses.satisfies` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from flint import arb, fmpq
from sympy import Expr

from convergence.certificates import exact
from convergence.certificates.document import expression, hypotheses_by_name
from convergence.certificates.exact import Values
from convergence.certificates.iteration import THETA, Method, Moment, Number, Point, evaluator, read_method, run
from convergence.certificates.trajectory import assigned, require_admissible, require_fixed
from convergence.errors import CertificateRejected

MAX_PERIOD = 2_000
MAX_BITS = 20_000
MEASURES = ("regret", "average_regret")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearLosses:
    """The coefficients of one period, repeated for ever.

    Attributes:
        pattern: c_1, c_2, ...
        radius: R, half the diameter of the domain.
    """

    pattern: tuple[fmpq, ...]
    radius: fmpq

    @property
    def steepest(self) -> fmpq:
        """The greatest |c_t|."""
        return max(abs(value) for value in self.pattern)

    def gradient(self, point: Point) -> Point:
        """Unused: the gradient depends on the round."""
        raise CertificateRejected("losses that change have no gradient of their own")

    def gap(self, point: Point) -> Number:
        """Unused: each round has another loss."""
        raise CertificateRejected("losses that change have no gap")

    def squared_distance(self, point: Point) -> Number:
        """The greatest squared distance to any point of the domain."""
        return (2 * self.radius) ** 2

    def satisfies(self, name: str, constants: Sequence[fmpq]) -> bool:
        """Whether each loss does, on the domain."""
        if name in ("smooth", "lipschitz"):
            return bool(constants[0] >= (0 if name == "smooth" else self.steepest))
        return name in ("convex", "bounded_below", "online")


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """A claim's method against losses.

    Attributes:
        stated: the claimed bound, order or limit.
        values: of the claim's symbols.
    """

    method: Method
    losses: LinearLosses
    stated: Expr
    values: Values


def game(claim: Mapping[str, Any], witness: Mapping[str, Any], pattern: Sequence[fmpq], rounds: int) -> Game:
    """The claim's method and admissible losses.

    Args:
        claim: about the regret of a method.
        witness: has the ``values`` of the claim's symbols.
        pattern: c_1, c_2, ... of one period.
        rounds: the counter at which relations with a counter are read.

    Raises:
        CertificateRejected: if the claim is another one, or the losses leave its hypotheses.
    """
    if claim.get("measure") not in MEASURES or "method" not in claim or "problem" in claim:
        raise CertificateRejected("expected a claim about the regret of a method")
    given = hypotheses_by_name(claim)
    if "online" not in given or "bounded_domain" not in given or not 1 <= len(pattern) <= MAX_PERIOD:
        raise CertificateRejected(f"expected online, bounded_domain, and 1 to {MAX_PERIOD} losses")
    method, values = read_method(claim["method"], claim), assigned(claim, witness["values"])
    if method.output != THETA:
        raise CertificateRejected("expected a method that plays its iterate")
    losses = LinearLosses(pattern=tuple(pattern), radius=exact.rational(given["bounded_domain"][0], values) / 2)
    stated = expression(claim, next(claim[key] for key in ("bound", "rate", "limit", "same_order") if key in claim))
    require_admissible(claim, method, losses, (fmpq(0),), values, rounds)
    require_fixed(claim, method, stated)
    return Game(method=method, losses=losses, stated=stated, values=values)


def coefficients(texts: Sequence[str]) -> tuple[fmpq, ...]:
    """The losses of a witness."""
    return tuple(exact.to_fmpq(text) for text in texts)


def played(found: Game, start: fmpq, precision: int) -> Iterator[tuple[Number, Number]]:
    """The point played and the loss's coefficient in round 1, 2, ..., for ever.

    Raises:
        CertificateRejected: for a start outside the domain, or a value that does not exist in this arithmetic.
    """
    radius = found.losses.radius
    if not -radius <= start <= radius:
        raise CertificateRejected("the start is outside the domain")
    pattern, point = found.losses.pattern, start
    moments: Iterator[Moment] = run(
        found.method,
        lambda count, _: (pattern[(count - 1) % len(pattern)],),
        (start,),
        found.values,
        evaluator(precision),
        project=lambda place: tuple(_clipped(value, radius) for value in place),
    )
    for coefficient, moment in zip(cycle(pattern), moments, strict=False):
        yield point, coefficient
        point = moment.theta[0]
        if isinstance(point, fmpq) and point.q.bit_length() > MAX_BITS:
            raise CertificateRejected(f"an iterate has more than {MAX_BITS} bits; balls would do")


def _clipped(value: Number, radius: fmpq) -> Number:
    if isinstance(value, fmpq):
        return max(-radius, min(radius, value))
    return arb(value).max(arb(-radius)).min(arb(radius))
