"""The result of a fit, and the verdict that its figures carry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scipy.special import ndtr, ndtri

from convergence.verdicts import Tightness, Verdict

LEVEL = 0.01
POWER = 0.9
WORSE_AT_MOST = 0.025  # what lies below a 95 % interval
LOOSE = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFit:
    """The law that runs follow, and what it says about a claimed one.

    Attributes:
        law: the likeliest law.
        exponent: median of p in k**-p; 0 for a stall, inf for exponential decay, None where nothing was fitted.
        interval: 95 %, likewise.
        verdict: None where nothing was claimed.
        tightness: of the claim.
        reason: one sentence for the verdict.
        window: first and last step that the law rests on.
        floor: the level the runs stall at, in the units of the errors (for an unknown minimum: the minimum).
        weights: probability of each law.
        traits: other things seen: oscillating, rounding floor, underflow, exact zero.
        decay: c of exp(-c k), where the law is geometric.
        seeds, steps: how many runs, and steps in each.
        level: of the test, for one claim.
        p_value: one-sided, of "slower than claimed"; None where nothing was claimed or could be tested.
        worse: probability of an exponent worse than claimed by 0.1.
        faster: probability of one better by 0.1.
        power: probability that an exponent worse by 0.1 would have been caught.
        distance, spread: from an exponent worse by 0.1 to the claimed one (to the median, where that is better), and
            its standard deviation; they give power.
        blocked: why no verdict may be given whatever the figures say; empty where one may.
        needed: what would decide.
        unsure: why the law or the exponent is uncertain.
        notes: what was done to the data before the fit.
        claimed: the claimed order, in words.
    """

    law: str
    exponent: float | None = None
    interval: tuple[float, float] | None = None
    verdict: Verdict | None = None
    tightness: Tightness = Tightness.UNKNOWN
    reason: str = ""
    window: tuple[float, float] | None = None
    floor: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    traits: tuple[str, ...] = ()
    decay: float | None = None
    seeds: int = 1
    steps: int = 0
    level: float = LEVEL
    p_value: float | None = None
    worse: float | None = None
    faster: float | None = None
    power: float | None = None
    distance: float | None = None
    spread: float | None = None
    blocked: str = ""
    needed: str = ""
    unsure: str = ""
    notes: tuple[str, ...] = ()
    claimed: str | None = None

    def judged(self, level: float = LEVEL) -> RateFit:
        """The same fit, decided at another level (that of `multiplicity.holm`, for one claim among several).

        ``diverges`` needs a p-value of at most ``level``; ``supported`` needs a probability of at most 2.5 % that the
        exponent is worse by 0.1 (the 95 % interval excludes it), and power of at least 0.9 at ``level``; all else is
        ``undecided``.
        """
        if self.verdict is None:
            return self
        if self.blocked or self.p_value is None or self.worse is None:
            reason = self.blocked or self.reason
            return replace(self, level=level, verdict=Verdict.UNDECIDED, tightness=Tightness.UNKNOWN, reason=reason)
        power = power_at(level, self.distance or 0.0, self.spread or 0.0)
        verdict = Verdict.UNDECIDED
        if self.p_value <= level:
            verdict = Verdict.DIVERGES
        elif self.worse <= WORSE_AT_MOST and power >= POWER:
            verdict = Verdict.SUPPORTED
        decided = replace(self, level=level, power=power, verdict=verdict, tightness=self._tightness(verdict))
        needed = self.needed if verdict is Verdict.UNDECIDED else ""
        return replace(decided, reason=decided._reason(), needed=needed)

    def _tightness(self, verdict: Verdict) -> Tightness:
        if verdict is not Verdict.SUPPORTED or self.faster is None:
            return Tightness.UNKNOWN
        if self.faster >= LOOSE:
            return Tightness.LOOSE
        return Tightness.TIGHT if self.faster <= 0.025 else Tightness.UNKNOWN

    def _reason(self) -> str:
        seen = self.summary()
        if self.law in ("divergence", "exact zero") and self.verdict is not Verdict.UNDECIDED:
            return f"{self.unsure}; claimed {self.claimed}"
        if self.verdict is Verdict.DIVERGES:
            return f"runs follow {seen}, slower than the claimed {self.claimed} (p = {self.p_value:.2g})"
        if self.verdict is Verdict.SUPPORTED:
            more = "; a faster rate than claimed" if self.tightness is Tightness.LOOSE else ""
            return f"runs follow {seen} up to step {self._last()}; claimed {self.claimed}, power {self.power:.2f}{more}"
        return f"{self.unsure or 'the exponent is not known well enough'}: runs follow {seen}, claimed {self.claimed}"

    def _last(self) -> str:
        return f"{self.window[1]:g}" if self.window else "?"

    def summary(self) -> str:
        """Law and exponent in one phrase."""
        if self.interval is None or self.exponent is None:
            return f"{self.law}"
        low, high = self.interval
        if math.isinf(self.exponent) and self.decay is not None:
            return f"{self.law} (exp(-{self.decay:.4g} k))"
        if low == high:
            return f"{self.law}"
        return f"{self.law} with exponent {self.exponent:.3f} in [{low:.3f}, {high:.3f}]"

    def to_document(self) -> dict[str, Any]:
        """Values that JSON can hold; infinite numbers become the text ``"inf"``."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def power_at(level: float, distance: float, spread: float) -> float:
    """Probability that a one-sided test at ``level`` tells apart what lies ``distance`` away, at that ``spread``."""
    if math.isinf(distance) or spread <= 0.0:
        return 1.0 if distance > 0 else 0.0
    return float(ndtr(distance / spread + ndtri(level)))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Verdict | Tightness) else value
