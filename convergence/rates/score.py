"""How often the fit is right on series of known truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from convergence.rates.claimed import Order
from convergence.rates.fit import fit_rate
from convergence.rates.ratefit import RateFit
from convergence.rates.trials import Trial, trial
from convergence.verdicts import Verdict

RESOLVED = 5.0  # an oracle can tell what lies this many of its deviations away
SHIFTS = (-0.25, 0.0, 0.1, 0.25, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One claim about one trial: the exponent it adds to the truth, and what was answered."""

    family: str
    shift: float
    resolvable: bool
    verdict: Verdict
    claimed: str
    trial: int
    reason: str

    @property
    def wrong(self) -> bool:
        """Whether the answer is not allowed: a true claim contradicted, a false one supported."""
        bad = Verdict.DIVERGES if self.shift <= 0 else Verdict.SUPPORTED
        return self.verdict is bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a fit without a claim said: whether the interval covers, and the name is right (None: not to be judged)."""

    family: str
    covers: bool | None
    named: bool | None
    trial: int
    said: str


def claims_of(order: Order) -> Iterable[tuple[float, Any]]:
    """Shifts and SymPy expressions of claims about a series of that order."""
    from sympy import Float, Symbol, exp, log

    k = Symbol("k", positive=True)
    if order.decay:
        for share, shift in ((1.0, 0.0), (0.7, 0.0), (1.5, 0.5)):
            yield shift, exp(-Float(share * order.decay) * k)
        yield 0.0, 1 / k
    elif math.isinf(order.power):
        yield 0.0, k**-2
    elif order.power == 0.0 and not order.log_power:
        yield from ((p, k ** -Float(p)) for p in (0.25, 0.5, 1.0))
    else:
        if order.log_power > 0:
            yield 0.01, k ** -Float(order.power)
        for shift in SHIFTS:
            if order.power + shift > 0.05:
                yield shift, k ** -Float(order.power + shift) * log(k + 1) ** Float(order.log_power)


def _covers(fit: RateFit, order: Order) -> bool | None:
    if fit.interval is None or fit.law == "undetermined":
        return None
    truth = math.inf if order.decay or math.isinf(order.power) else order.power
    low, high = fit.interval
    return low - 1e-9 <= truth <= high + 1e-9


def answers(number: int, one: Trial) -> list[Answer]:
    """The verdicts on every claim about a trial."""
    given = []
    for shift, claim in claims_of(one.curve.order):
        fit = fit_rate(one.k, one.errors, minimum=one.minimum, claimed=claim)
        resolvable = one.minimum is not None and one.oracle * RESOLVED < max(abs(shift), 0.1)
        verdict = fit.verdict or Verdict.UNDECIDED
        given.append(
            Answer(family=one.curve.family, shift=shift, resolvable=resolvable, verdict=verdict, claimed=str(claim),
                   trial=number, reason=fit.reason)
        )  # fmt: skip
    return given


def reading(number: int, one: Trial) -> Reading:
    """What the fit says of a trial without being told a claim."""
    fit = fit_rate(one.k, one.errors, minimum=one.minimum)
    tellable = one.minimum is not None and one.oracle < 0.05 and bool(one.curve.names)
    named = fit.law in one.curve.names if tellable else None
    covers = _covers(fit, one.curve.order)
    return Reading(family=one.curve.family, covers=covers, named=named, trial=number, said=fit.summary())


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares over many trials; names say of what."""

    false_alarms: float
    wrong: float
    coverage: float
    worst_family: tuple[str, float]
    found_quarter: float
    found_half: float
    supported: float
    named: float
    trials: int
    claims: int

    def lines(self) -> tuple[str, ...]:
        """The figures with their goals, one a line."""
        name, share = self.worst_family
        return (
            f"true claims flagged as diverging      {self.false_alarms:7.2%}   goal <= 0.5 %",
            f"wrong verdicts                        {self.wrong:7.2%}   goal <= 1 %",
            f"95 % interval covers                  {self.coverage:7.2%}   goal >= 95 %",
            f"  in the worst family ({name}) {share:.0%}   goal >= 85 %",
            f"exponents wrong by 0.25 found         {self.found_quarter:7.2%}   goal >= 85 %",
            f"exponents wrong by 0.5 found          {self.found_half:7.2%}   goal >= 93 %",
            f"true claims supported                 {self.supported:7.2%}   goal >= 70 %",
            *((f"law named correctly                   {self.named:7.2%}   goal >= 90 %",) * (self.named >= 0)),
            f"{self.trials} series, {self.claims} claims",
        )


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values) if values else math.nan


def score(given: Sequence[Answer], readings: Sequence[Reading]) -> Score:
    """Shares over the answers and readings of many trials."""
    covered = [one for one in readings if one.covers is not None]
    families = sorted({one.family for one in covered})
    by_family = {f: _share(bool(one.covers) for one in covered if one.family == f) for f in families}
    worst = min(by_family.items(), key=lambda item: item[1], default=("none", math.nan))

    def found(shift: float, verdict: Verdict) -> float:
        return _share(a.verdict is verdict for a in given if a.shift == shift and a.resolvable)

    return Score(
        false_alarms=_share(a.verdict is Verdict.DIVERGES for a in given if a.shift <= 0),
        wrong=_share(a.wrong for a in given),
        coverage=_share(bool(one.covers) for one in covered),
        worst_family=worst,
        found_quarter=found(0.25, Verdict.DIVERGES),
        found_half=found(0.5, Verdict.DIVERGES),
        supported=found(0.0, Verdict.SUPPORTED),
        named=_share(bool(one.named) for one in readings if one.named is not None),
        trials=len(readings),
        claims=len(given),
    )


def measured(numbers: Iterable[int], draw: Callable[[int], Trial] = trial) -> tuple[list[Answer], list[Reading]]:
    """Answers and readings of the trials with these numbers."""
    given: list[Answer] = []
    readings: list[Reading] = []
    for number in numbers:
        one = draw(number)
        given += answers(number, one)
        readings.append(reading(number, one))
    return given, readings
