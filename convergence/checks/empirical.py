"""Statements that only data can settle: judged on a table of runs, or listed with what would decide them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Integer, Rational

from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.runs import weights
from convergence.claims.statements import Aspect, Empirical, Runs
from convergence.evidence import Evidence
from convergence.logs.selection import matched
from convergence.statistics import Comparison, Ordering, deviations, independent, ordered, paired, serial_dependence
from convergence.statistics.samples import LARGEST, Array, sample
from convergence.verdicts import Verdict

LEVEL = 0.01
ALIKE = 0.001  # neighbours as alike as this by chance in one table of a thousand


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One inequality of a claimed relation, written as "left is at most right", with its test.

    Attributes:
        names: left and right in words.
        test: left compared with right.
    """

    names: tuple[str, str]
    test: Comparison | Ordering

    @property
    def shown(self) -> bool:
        """Whether the runs show it."""
        agrees = isinstance(self.test, Ordering) or self.test.bootstrap[1] < 0
        return self.test.less <= LEVEL and agrees

    @property
    def contradicted(self) -> float:
        """One-sided p-value of the inequality: small where the runs contradict it."""
        agrees = isinstance(self.test, Ordering) or self.test.bootstrap[0] > 0
        return self.test.greater if agrees else max(self.test.greater, 2 * LEVEL)

    def text(self) -> str:
        """What was found, in words about left and right."""
        return self.test.text(names=self.names)


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """The comparison of two methods at the scale that was run; undecided where nothing was.

    ``supported`` needs every inequality of the relation shown at the level of 1 %, by Student's test and by the
    bootstrap; ``diverges`` needs one contradicted in the same way, corrected for their number.

    Raises:
        LogError: if the table does not hold what the claim names.
    """
    if not isinstance(claim.statement, Empirical):
        return None
    if claim.statement.runs is None:
        return Evidence(
            route="empirical",
            verdict=Verdict.UNDECIDED,
            reason="no formula or number to check; only data can tell",
            decisive=claim.statement.needs,
        )
    return _judged(claim.statement.runs, claim.statement.needs, resources.seed)


def _judged(runs: Runs, needs: str, seed: int) -> Evidence:
    values = [sample(value, name) for value, name in zip(matched(runs), ("first", "second"), strict=False)]
    alike = _alike(runs, values)
    if alike <= ALIKE:
        return _dependent(runs, values, alike)
    if runs.pairs is None:
        values = [np.sort(value) for value in values]  # so that the order of rows changes no digit
    links = [_link(weights(relation), values, runs, seed) for relation in runs.relations]
    p_value = min(1.0, len(links) * min(link.contradicted for link in links))
    verdict = _verdict(links, p_value)
    worst = min(links, key=lambda link: link.contradicted) if verdict is Verdict.DIVERGES else _least_shown(links)
    return Evidence(
        route="empirical",
        verdict=verdict,
        reason=f"{_scale(runs, values)}: {worst.text()}",
        figures=_figures(runs, values, links, needs),
        decisive=_decisive(worst, needs) if verdict is Verdict.UNDECIDED else "",
        statistics=_statistics(runs, values, worst, p_value),
    )


def _alike(runs: Runs, values: Sequence[Array]) -> float:
    """The p-value of "the order of the rows means nothing"."""
    if runs.pairs is not None and len(values) > 1:
        with np.errstate(over="ignore", invalid="ignore"):  # infinite differences are ranked; of equal infinities, zero
            differences = np.nan_to_num(values[0] - values[1], nan=0.0)
        return serial_dependence(differences)
    return min(1.0, len(values) * min(serial_dependence(value) for value in values))


def _dependent(runs: Runs, values: Sequence[Array], alike: float) -> Evidence:
    """Rows such as the epochs of one run are no runs."""
    order = f"in the order of {runs.pairs}" if runs.pairs else "in the order of the table"
    return Evidence(
        route="empirical",
        verdict=Verdict.UNDECIDED,
        reason=f"{_scale(runs, values)}: {order}, neighbouring rows are alike (p = {alike:.1g}), so that they are not "
        "independent runs, and no test of a difference holds",
        decisive="a table with one row for each of several independent runs, or pairs that name them",
    )


def _link(numbers: tuple[Rational, Rational, Rational], values: Sequence[Array], runs: Runs, seed: int) -> Link:
    """``a*first + b*second + c <= 0`` as ``left <= right``, with first on the left if its weight is positive."""
    first = values[0]
    second = values[1] if len(values) > 1 else np.zeros_like(first)
    if runs.aspect is Aspect.SPREAD:
        first, second = deviations(first), deviations(second)
    terms = [(numbers[0], first, "first"), (numbers[1], second, "second")]
    (a, left, one), (b, right, other) = terms if numbers[0] >= 0 else terms[::-1]
    left, right = _scaled(left, float(a)) + float(numbers[2]), _scaled(right, float(-b))
    return Link(names=(_side(a, one, numbers[2]), _side(-b, other, Integer(0))), test=_test(left, right, runs, seed))


def _test(left: Array, right: Array, runs: Runs, seed: int) -> Comparison | Ordering:
    are_paired = runs.pairs is not None or runs.second is None
    if max(np.abs(left).max(), np.abs(right).max()) > LARGEST:
        return ordered(left, right, are_paired=are_paired)
    return (paired if are_paired else independent)(left, right, level=LEVEL, seed=seed)


@np.errstate(over="ignore")
def _scaled(values: Array, factor: float) -> Array:
    """Multiples, with zero times infinity as zero; what is too large becomes infinite, and is ranked."""
    return factor * values if factor else np.zeros_like(values)


def _side(factor: Rational, name: str, constant: Rational) -> str:
    """A multiple of a method's value plus a constant, such as ``0.76 second`` and ``first - 2``."""
    if factor == 0:
        return f"{float(constant):g}"
    multiple = name if factor == 1 else f"{float(factor):g} {name}"
    if constant == 0:
        return multiple
    shift = f"{'+' if constant > 0 else '-'} {abs(float(constant)):g}"
    return f"({multiple} {shift})"


def _verdict(links: Sequence[Link], p_value: float) -> Verdict:
    if p_value <= LEVEL:
        return Verdict.DIVERGES
    return Verdict.SUPPORTED if all(link.shown for link in links) else Verdict.UNDECIDED


def _least_shown(links: Sequence[Link]) -> Link:
    return max(links, key=lambda link: link.test.less)


def _scale(runs: Runs, values: Sequence[Array]) -> str:
    """What was run: ``at digits, LeNet-5, 20 pairs by seed``."""
    count = " and ".join(dict.fromkeys(str(len(value)) for value in values))
    kind = f"{count} pairs by {runs.pairs}" if runs.pairs and len(values) > 1 else f"{count} runs"
    return f"at {runs.scale}, {kind}" if runs.scale else f"on {kind}"


def _decisive(worst: Link, needs: str) -> str:
    if isinstance(worst.test, Ordering):
        return needs or "runs that reach the target, or a later end"
    runs = worst.test.runs_needed
    more = f"about {runs} runs of each method, if the difference is what it seems" if runs else "many more runs"
    return f"{more}; at the paper's scale {needs}" if needs else more


def _figures(runs: Runs, values: Sequence[Array], links: Sequence[Link], needs: str) -> dict[str, str | int | float]:
    figures: dict[str, str | int | float] = {}
    for name, value in zip(("first", "second"), values, strict=False):
        who = ", ".join((runs.first if name == "first" else runs.second or {}).values())
        figures[f"{name} ({who})"] = _summary(value)
    for number, link in enumerate(links, start=1):
        place = f", inequality {number}" if len(links) > 1 else ""
        figures[f"{link.names[0]} against {link.names[1]}{place}"] = link.text()
        if isinstance(link.test, Comparison):
            low, high = link.test.bootstrap
            figures[f"bootstrap of 10,000, 99 %{place}"] = f"[{low:.4g}, {high:.4g}]"
            figures[f"Cohen's d{place}"] = f"{link.test.cohens_d:.3g}"
    if needs:
        figures["at the paper's scale"] = f"undecided; it needs {needs}"
    return figures


def _summary(value: Array) -> str:
    infinite = int((np.abs(value) > LARGEST).sum())
    if infinite:
        return f"lower median {np.quantile(value, 0.5, method='lower'):.4g}; {infinite} of {len(value)} infinite"
    return f"mean {value.mean():.4g}, standard deviation {value.std(ddof=1):.3g}, {len(value)} runs"


def _statistics(runs: Runs, values: Sequence[Array], worst: Link, p_value: float) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "test": "one-sided, exact signs" if isinstance(worst.test, Ordering) else "one-sided, Student, with bootstrap",
        "level": LEVEL,
        "p_value": p_value,
        "correction": f"Bonferroni over {len(runs.relations)} inequalities",
        "seeds": min(len(value) for value in values),
    }
    if isinstance(worst.test, Comparison):
        low, high = worst.test.interval
        found |= {"difference": worst.test.difference, "interval": [low, high], "detectable": worst.test.detectable}
    return found
