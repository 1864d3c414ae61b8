"""How often the fit is right on series of known truth; the full count is `python benchmarks/fit.py`."""

from __future__ import annotations

import pytest

from convergence.rates.score import Score, measured, score

FAST = range(1000, 1036)  # two of each family
FULL = range(2000, 2360)


def printed(result: Score) -> str:
    return "\n".join(result.lines())


def test_a_fast_subset() -> None:
    # 36 series, about 150 claims: at the goal of 1 % more than 5 wrong verdicts have probability 0.004
    answers, readings = measured(FAST)
    wrong = [(a.trial, a.family, a.claimed, str(a.verdict), a.reason) for a in answers if a.wrong]
    result = score(answers, readings)
    assert len(wrong) <= 5, wrong
    assert result.coverage >= 0.85, printed(result)
    assert result.found_half >= 0.75, printed(result)


@pytest.mark.slow
def test_the_full_score() -> None:
    result = score(*measured(FULL))
    assert result.false_alarms <= 0.01, printed(result)
    assert result.wrong <= 0.015, printed(result)
    assert result.coverage >= 0.93, printed(result)
    assert result.found_half >= 0.85, printed(result)
