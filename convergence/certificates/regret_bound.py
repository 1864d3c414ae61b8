"""A bound on the regret is false: a finite game in which the regret exceeds it, played exactly.

Witness::

    {"values": {"D": "2", "G": "1"}, "losses": ["1", "-1/3", "-1/3"],   # c_1, c_2, ..., repeated; see `online`
     "start": "1", "k": 30, "precision": 256}                           # 0: exact rationals; else bits of the balls

The bound is read for every instance, as `trajectory` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from flint import arb, fmpq

from convergence.certificates import exact, online
from convergence.certificates.iteration import STEP, Number, working
from convergence.certificates.trajectory import COMPARISON_BITS, require_counters, shown, steps_of, surely_greater
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS
from convergence.verdicts import Verdict


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """`Verdict.REFUTED` if the regret exceeds the claimed bound."""
    regret, limit = _sides(claim, witness)
    if not surely_greater([regret], limit):
        raise CertificateRejected(f"the regret is not surely above the bound after {witness['k']} rounds")
    return Verdict.REFUTED


def both_sides(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[str, str]:
    """Regret and bound as a reader wants to see them."""
    regret, limit = _sides(claim, witness)
    return shown(regret), shown(limit)


def _sides(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[Number, arb]:
    if "bound" not in claim:
        raise CertificateRejected("expected a bound")
    rounds = steps_of(witness)
    found = online.game(claim, witness, online.coefficients(witness["losses"]), rounds)
    require_counters(claim, found.method, found.stated, found.values, rounds)
    with working(witness["precision"]):
        regret = _regret(found, exact.to_fmpq(witness["start"]), rounds, witness["precision"])
        if claim["measure"] == "average_regret":
            regret = regret / rounds
    counted = {**found.values, COUNTERS["k"]: fmpq(rounds), STEP: fmpq(rounds)}
    return regret, exact.ball(found.stated, counted, COMPARISON_BITS)


def _regret(found: online.Game, start: fmpq, rounds: int, precision: int) -> Number:
    cost, total = fmpq(0), fmpq(0)
    for point, coefficient in islice(online.played(found, start, precision), rounds):
        cost, total = cost + coefficient * point, total + coefficient
    return cost + found.losses.radius * abs(total)
