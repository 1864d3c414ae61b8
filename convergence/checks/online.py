"""Regret: online linear losses on an interval against which a method's regret is larger, or grows faster, than stated.

The losses are searched in floating point, all lanes at once: every short sequence of extreme losses, random ones, an
adversary that looks at the point played, and a rare large loss among small ones that point the other way (Reddi, Kale &
Kumar, 2018), with its period and its drift free. The trusted core plays them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from convergence.certificates import regret_bound, regret_growth
from convergence.certificates.online import MEASURES
from convergence.checks.families import Values, assignments, constants, listed, text_values, without_counters
from convergence.checks.lanes import Chosen, accepted, curves, inputs, quietly, violations
from convergence.checks.resources import Budget, Resources
from convergence.checks.stated import anchored, is_fixed, used
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound, Limit, Rate, SameOrder
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected, NumericLimit
from convergence.evidence import Certificate, Evidence
from convergence.expressions import COUNTERS
from convergence.kernels import kernel
from convergence.methods.rule import Rule
from convergence.verdicts import Verdict

Array = NDArray[np.float64]
Document = Mapping[str, Any]

T = COUNTERS["T"]
HORIZONS = (1, 2, 3, 5, 10, 20, 50, 100)
SIGNS = 6  # rounds of which every sequence of signs is played
RANDOM, LENGTH = 16, 24  # sequences, and their period
STARTS = (Fraction(1), Fraction(0), Fraction(1, 3))  # of the radius
PERIODS = (2, 3, 4, 5, 8, 12, 20, 30, 50, 100, 200, 400)
DRIFTS = tuple(Fraction(*pair) for pair in ((1, 200), (1, 50), (1, 20), (1, 10), (1, 4), (1, 2), (1, 1), (2, 1)))
FAR = 10**8  # a step so late that schedules hardly change from there
SETTLED = 12_000  # steps after which states of slow averages are periodic
ATTEMPT = ((60, 1e-3), (1_000, 1e-3), (6_000, 1e-4), (25_000, 1e-6))  # steps before the period, share of slack
CLEAR, ENOUGH = 1e-3, 0.02  # shares of drift in all movement
REPLAYS, CHOSEN, TABLES = 6, 4, 6


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """A refutation with the exact game, or what was tried; None for claims that are not about regret online."""
    if claim.method is None or claim.measure not in MEASURES or claim.problem is not None:
        return None
    if claim.hypothesis("online") is None or claim.hypothesis("bounded_domain") is None:
        return None
    stated = _stated(claim)
    if stated is None or not is_fixed(claim, stated):
        return None
    found = _bound if isinstance(claim.statement, Bound) else _growth
    tables = assignments(claim, without_counters(used(claim, stated)), resources.seed)
    try:
        with quietly():
            return found(claim, stated, [row for row in tables if _radius(claim, row) > 0], resources)
    except NumericLimit as limit:
        return _undecided(f"the search met a limit: {limit}", {})


def _stated(claim: Claim) -> Expr | None:
    match claim.statement:
        case Bound(value=stated) | Rate(order=stated) | SameOrder(order=stated) | Limit(value=stated):
            return stated
    return None


def _radius(claim: Claim, values: Values) -> Fraction:
    return constants(claim, values).get("bounded_domain", Fraction(0)) / 2


def _steepest(claim: Claim, values: Values) -> Fraction:
    known = constants(claim, values)
    return min((known[name] for name in ("lipschitz", "bounded_gradients") if name in known), default=Fraction(1))


def _undecided(reason: str, figures: Mapping[str, str | int | float]) -> Evidence:
    return Evidence(
        route="online",
        verdict=Verdict.UNDECIDED,
        reason=reason,
        figures=dict(figures),
        decisive="a proof, or other losses",
    )


def patterns(seed: int) -> list[tuple[Fraction, ...]]:
    """One period each, with greatest absolute value 1: all short sequences of signs, rare large losses, random ones."""
    signs = [tuple(map(Fraction, row)) for row in product((1, -1), repeat=SIGNS)]
    random = np.random.default_rng(seed).choice([-1, 1], (RANDOM, LENGTH))
    spikes = [spiked(period, drift) for period in (2, 3, 4, 5, 8, 12, 20) for drift in DRIFTS[2:]]
    return [*signs, *spikes, *(tuple(Fraction(int(value)) for value in row) for row in random)]


def spiked(period: int, drift: Fraction) -> tuple[Fraction, ...]:
    """A loss of 1, and then ``period - 1`` losses whose sum is ``-1/(1 + drift)``.

    Source: Reddi, Kale & Kumar (2018), On the Convergence of Adam and Beyond, Theorems 1 and 2.
    """
    return (Fraction(1), *[-1 / ((1 + drift) * (period - 1))] * (period - 1))


# --- bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    """A game to play; no losses for the adversary."""

    values: Values
    losses: tuple[Fraction, ...]
    start: Fraction
    horizon: int | None

    @property
    def chosen(self) -> Chosen:
        """Values and horizon."""
        return self.values, self.horizon


def _bound(claim: Claim, bound: Expr, tables: list[Values], resources: Resources) -> Evidence | None:
    steps = 150 if resources.budget is Budget.QUICK else 1_000
    lanes = list(_lanes(claim, tables, resources.seed))
    if not lanes:
        return None
    losses, regret = _played(claim, lanes, steps)
    measured = regret / np.arange(1, steps + 1)[:, None] if claim.measure == "average_regret" else regret
    ratios = measured / curves(bound, [lane.chosen for lane in lanes], steps)
    document = to_document(claim)
    for _, rounds, lane in sorted(violations(ratios), key=itemgetter(1, 2))[:REPLAYS]:  # short games first
        evidence = _replayed(document, lanes[lane], losses[:, lane], rounds, claim)
        if evidence is not None:
            return evidence
    if np.isnan(ratios).all():
        return None
    worst = float(np.nanmax(ratios))
    figures: dict[str, str | int | float] = {"games": len(lanes), "rounds": steps, "worst ratio": f"{worst:.4g}"}
    return _undecided(
        f"no violation in {len(lanes)} games of linear losses; the regret reached {worst:.3g} times the bound", figures
    )


def _lanes(claim: Claim, tables: list[Values], seed: int) -> Iterator[_Lane]:
    horizons: Sequence[int | None] = HORIZONS if T in anchored(claim) else (None,)
    shapes = [(), *patterns(seed)] if len(horizons) == 1 else [(), *patterns(seed)[:: len(horizons)]]
    for values, shape, start, horizon in product(tables[:TABLES], shapes, STARTS, horizons):
        slope, radius = _steepest(claim, values), _radius(claim, values)
        yield _Lane(values=values, losses=tuple(slope * part for part in shape), start=start * radius, horizon=horizon)


def _played(claim: Claim, lanes: list[_Lane], steps: int) -> tuple[Array, Array]:
    """Coefficients and regrets of all lanes, each of shape (steps, lanes)."""
    assert claim.method is not None
    run = kernel(claim.method.instantiated())
    values = inputs(run, [lane.chosen for lane in lanes])
    radius = np.array([[float(_radius(claim, lane.values))] for lane in lanes])
    slope = np.array([[float(_steepest(claim, lane.values))] for lane in lanes])
    table = np.array([_repeated(lane.losses, steps) for lane in lanes])
    state = run.start(np.array([[float(lane.start)] for lane in lanes]), values)
    cost = total = np.zeros_like(radius)
    losses, regrets = np.empty((steps, len(lanes))), np.empty((steps, len(lanes)))
    for count in range(1, steps + 1):
        loss = table[:, count - 1 : count]
        loss = np.where(np.isnan(loss), np.where(state[0] >= 0, slope, -slope), loss)
        cost, total = cost + loss * state[0], total + loss
        after = run.step(count, loss, state, values)
        state = (np.clip(after[0], -radius, radius), *(np.broadcast_to(part, radius.shape) for part in after[1:]))
        losses[count - 1], regrets[count - 1] = loss[:, 0], (cost + radius * np.abs(total))[:, 0]
    return losses, regrets


def _repeated(losses: tuple[Fraction, ...], steps: int) -> Array:
    return np.resize([float(value) for value in losses], steps) if losses else np.full(steps, np.nan)


def _replayed(document: Document, lane: _Lane, losses: Array, rounds: int, claim: Claim) -> Evidence | None:
    pattern = lane.losses or tuple(_steepest(claim, lane.values) * int(np.sign(value)) for value in losses[:rounds])
    values = text_values(lane.values)
    if T in anchored(claim) or "T" in str(document.get("bound")):
        values["T"] = str(lane.horizon or rounds)
    witness = {
        "values": values, "losses": [str(value) for value in pattern], "start": str(lane.start), "k": rounds,
    }  # fmt: skip
    precisions = (0, 256, 1024) if rounds <= 30 else (256, 1024)
    offered = accepted(document, "regret_bound", witness, precisions)
    return None if offered is None else _above(document, offered, pattern[:rounds])


def _above(document: Document, witness: dict[str, Any], losses: tuple[Fraction, ...]) -> Evidence:
    regret, limit = regret_bound.both_sides(document, witness)
    shown = _shown(witness)
    return Evidence(
        route="online",
        verdict=Verdict.REFUTED,
        reason=f"against the losses c_t x on an interval around 0 with c = {_sequence(losses)}, from {witness['start']}"
        f"{shown}, the claimed measure of regret after {witness['k']} rounds is {regret}, above the bound {limit}",
        figures={
            "losses": _sequence(losses),
            "start": witness["start"],
            "rounds": witness["k"],
            "measure": regret,
            "bound": limit,
        },
        certificate=Certificate(kind="regret_bound", witness=witness),
    )


def _shown(witness: Mapping[str, Any]) -> str:
    values = listed(witness["values"])
    return f", with {values}" if values else ""


def _sequence(losses: Sequence[Fraction]) -> str:
    """The first losses, equal neighbours counted."""
    parts: list[list[Any]] = []
    for value in losses:
        if parts and parts[-1][0] == value:
            parts[-1][1] += 1
        else:
            parts.append([value, 1])
    text = ", ".join(str(value) if count == 1 else f"{value} ({count} times)" for value, count in parts[:12])
    return text + (", ..." if len(parts) > 12 else "")


# --- rates and limits


def _growth(claim: Claim, _: Expr, tables: list[Values], resources: Resources) -> Evidence | None:
    assert claim.method is not None
    document, tried = to_document(claim), 0
    tables = [row for row in tables if _limited(document, row)]
    for values in tables[:TABLES]:
        tried += 1
        witness: dict[str, Any] = {"values": text_values(values), "adversary": str(_steepest(claim, values))}
        if _accepted(document, witness):
            return _faster(document, witness, "an adversary that charges the greatest slope for the sign of the point")
    for values in tables[: 1 if resources.budget is Budget.QUICK else TABLES]:
        for found in driven_away(claim.method, values, _steepest(claim, values)):
            tried += 1
            for witness in _attempts(found, values):
                if _accepted(document, witness):
                    return _faster(document, witness, f"the losses c_t x with c = {_sequence(found.losses)}, repeated,")
    reason = f"no losses were found against which the regret provably grows faster; {tried} were tried in full"
    return _undecided(reason, {"losses tried": tried}) if tried else None


def _limited(document: Document, values: Values) -> bool:
    """Whether a regret that grows with every round violates the claim; none grows faster."""
    try:
        return regret_growth.violated(document, text_values(values), COUNTERS["k"])
    except CertificateRejected:
        return False


def _accepted(document: Document, witness: Mapping[str, Any]) -> bool:
    try:
        return regret_growth.check(document, witness) is Verdict.REFUTED
    except (CertificateRejected, ArithmeticError, ValueError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """Losses of one period against which a run drifts away from the best point.

    Attributes:
        losses: c_1, c_2, ...
        sizes: the greatest value of each state in the end, by name and in order.
    """

    losses: tuple[Fraction, ...]
    sizes: Mapping[str, float]


def driven_away(rule: Rule, values: Values, slope: Fraction) -> list[Driven]:
    """Rare large losses whose best fixed point is one end, while a run drifts to the other; the clearest first."""
    run = kernel(rule.instantiated())
    if T in run.program.inputs or run.program.random or not slope > 0:
        return []
    shapes = [tuple(slope * part for part in spiked(*choice)) for choice in product(PERIODS, DRIFTS)]
    periods = np.array([len(shape) for shape in shapes])
    numbers = run.values({name: np.array([[float(values[name])]]) for name in run.program.inputs})
    losses = [np.array([[float(shape[place])] for shape in shapes]) for place in (0, 1)]
    state = run.start(np.zeros((len(shapes), 1)), numbers)
    drift = moved = np.zeros(len(shapes))
    sizes = np.zeros((len(state) - 1, len(shapes)))
    for step in range(SETTLED + max(PERIODS)):
        loss = np.where((step % periods == 0)[:, None], *losses)
        origin = np.zeros_like(loss)
        after = run.step(FAR + step, loss, (origin, *state[1:]), numbers)
        state = tuple(np.broadcast_to(part, loss.shape) for part in after)
        counts = (step >= SETTLED) & (step < SETTLED + periods)
        drift = drift + counts * state[0][:, 0]
        moved = moved + counts * np.abs(state[0][:, 0])
        if step >= SETTLED and len(sizes):
            sizes = np.maximum(sizes, np.abs([part[:, 0] for part in state[1:]]))
    share = np.where(np.isfinite(drift) & (moved > 0), drift / moved, 0.0)
    order = sorted(
        np.flatnonzero(share > CLEAR), key=lambda lane: (-min(float(share[lane]), ENOUGH), int(periods[lane]))
    )
    names = [name.name for name in run.program.state]
    return [Driven(losses=shapes[lane], sizes=dict(zip(names, sizes[:, lane], strict=True))) for lane in order[:CHOSEN]]


def _attempts(found: Driven, values: Values) -> Iterator[dict[str, Any]]:
    """Witnesses with more and more steps before the period; earlier states move later ones, which get more slack."""
    for after, slack in ATTEMPT:
        places = enumerate(found.sizes.items())
        yield {
            "values": text_values(values),
            "losses": [str(value) for value in found.losses],
            "after": after - after % len(found.losses),
            "slack": {name: str(_rounded(max(size, 1e-6) * slack * 8**place)) for place, (name, size) in places},
        }


def _rounded(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10**12) if np.isfinite(value) else Fraction(0)


def _faster(document: Document, witness: dict[str, Any], losses: str) -> Evidence:
    order = str(regret_growth.lower_order(document, witness)).replace("_i", "i")
    return Evidence(
        route="online",
        verdict=Verdict.REFUTED,
        reason=f"against {losses} on an interval around 0{_shown(witness)}, the regret is at least a positive multiple "
        f"of {order} for all large k",
        figures={"losses": losses, "regret is at least of the order": order},
        certificate=Certificate(kind="regret_growth", witness=witness),
    )
