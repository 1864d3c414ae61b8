"""What a check returns: the verdict it argues for, with everything a stranger needs to re-check it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from convergence.verdicts import Tightness, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A witness that `convergence.certificates.check` can accept for a claim; plain JSON values only.

    Attributes:
        kind: which checker reads it.
        witness: the numbers and texts that this kind needs; never the claim itself.
    """

    kind: str
    witness: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points for a log-log plot: one run, a median, a claimed or a fitted line.

    Attributes:
        role: ``run``, ``median``, ``claimed``, ``fitted`` or ``floor``.
        steps: abscissae.
        values: ordinates, of the same length.
        label: for the legend and the table behind the chart.
    """

    role: str
    steps: tuple[float, ...]
    values: tuple[float, ...]
    label: str = ""


_OPENING = re.compile(r"(?:All|At|Both|Each|Every|For|From|If|In|It|No|On|Runs|The|This|Under|When|With|Without)\b")


def _clause(text: str) -> str:
    """A reason as the tables print it: without a full stop, and without a capital that only opens a sentence."""
    text = text.strip()
    text = text[0].lower() + text[1:] if _OPENING.match(text) else text
    return text.removesuffix(".") if not text.endswith("..") else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One route's answer for one reading of a claim.

    Attributes:
        route: the check that speaks, as a short name.
        verdict: what it argues for; only a verdict with an accepted certificate may be exact (proved, refuted, ...).
        reason: one clause for the report's table; a capital or full stop of a sentence is taken away here.
        figures: named numbers and texts for the reader, in order.
        certificate: the witness, where the verdict is exact.
        series: plot data, where runs were made.
        tightness: whether a true claim could be sharper, and `better` the sharper statement.
        decisive: for undecided evidence, what would decide the claim.
        statistics: the test that decided (level, p_value, seeds, steps, power, ...), where runs decided.
    """

    route: str
    verdict: Verdict
    reason: str
    figures: Mapping[str, str | int | float] = field(default_factory=dict)
    certificate: Certificate | None = None
    series: tuple[Series, ...] = ()
    tightness: Tightness = Tightness.UNKNOWN
    better: str = ""
    decisive: str = ""
    statistics: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", _clause(self.reason))
