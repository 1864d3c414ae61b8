"""Evidence: reasons read alike, whichever check wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.evidence import Evidence
from convergence.verdicts import Verdict


def reason(text: str) -> str:
    return Evidence(route="r", verdict=Verdict.UNDECIDED, reason=text).reason


@pytest.mark.parametrize(
    "written, read",
    [
        ("The bound holds at every step.", "the bound holds at every step"),
        ("With mu = 1 it fails; see a[2].", "with mu = 1 it fails; see a[2]"),
        ("L is undefined", "L is undefined"),
        ("Huber's function attains it", "Huber's function attains it"),
        ("Theta is an order", "Theta is an order"),
        ("the iterates are 1, -1, ...", "the iterates are 1, -1, ..."),
        ("", ""),
    ],
)
def test_reasons_are_clauses(written: str, read: str) -> None:
    assert reason(written) == read


@given(st.text())
def test_only_blanks_one_capital_and_one_stop_are_taken_away(text: str) -> None:
    read = reason(text)
    assert read.lower() in (text.strip().lower(), text.strip().lower().removesuffix("."))
    assert reason(read) == read or read.endswith(".")
