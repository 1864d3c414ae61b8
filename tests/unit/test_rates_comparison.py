"""What of a posterior decides about a claim, on posteriors made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.rates.claimed import Order
from convergence.rates.comparison import compare
from convergence.rates.laws import LAWS
from convergence.rates.posterior import Mixture

POWER = next(i for i, law in enumerate(LAWS) if law.name == "power")
LOGARITHM = next(i for i, law in enumerate(LAWS) if law.log_power == 1.0)


def mixture(*parts: tuple[float, int, float, float]) -> Mixture:
    """From (weight, law, exponent, deviation); local slopes are the exponents."""
    weight, law, theta, sd = (np.array(column) for column in zip(*parts, strict=True))
    return Mixture(
        weight=weight / weight.sum(), law=law.astype(np.intp), theta=theta, sd=sd, slope=theta,
        start=np.zeros(len(law), dtype=np.intp), parameters=np.full((len(law), 3), np.nan), degrees=1e6,
    )  # fmt: skip


@given(p=st.floats(0.3, 3.0), below=st.floats(0.0, 0.8))
def test_exponents_within_the_margin_are_not_slower(p: float, below: float) -> None:
    short = below * 0.03 * max(1.0, p)
    found = compare(mixture((1.0, POWER, p - short, 1e-4)), Order(power=p), 10.0)
    assert found.slower == pytest.approx(0.0, abs=1e-6)


@given(p=st.floats(0.3, 3.0), more=st.floats(1.2, 20.0))
def test_exponents_beyond_the_margin_are(p: float, more: float) -> None:
    found = compare(mixture((1.0, POWER, p - more * 0.03 * max(1.0, p), 1e-4)), Order(power=p), 10.0)
    assert found.slower == pytest.approx(1.0, abs=1e-6)


@given(p=st.floats(0.3, 3.0))
def test_an_exponent_worse_by_a_tenth_is_worse_and_the_claimed_one_is_not(p: float) -> None:
    assert compare(mixture((1.0, POWER, p - 0.1, 1e-3)), Order(power=p), 10.0).worse == pytest.approx(1.0, abs=1e-6)
    assert compare(mixture((1.0, POWER, p, 1e-3)), Order(power=p), 10.0).worse == pytest.approx(0.0, abs=1e-6)


def test_distance_is_a_tenth_at_least_and_more_for_loose_claims() -> None:
    assert compare(mixture((1.0, POWER, 0.98, 0.01)), Order(power=1.0), 10.0).distance == pytest.approx(0.1)
    assert compare(mixture((1.0, POWER, 1.5, 0.01)), Order(power=1.0), 10.0).distance == pytest.approx(0.6, abs=1e-3)


def test_a_tail_counts_as_worse_and_not_as_spread() -> None:
    # 5 % lie far below: the 16 % quantile is within the core, at about one deviation
    found = compare(mixture((0.95, POWER, 1.0, 0.01), (0.05, POWER, 0.5, 0.01)), Order(power=1.0), 10.0)
    assert found.worse == pytest.approx(0.05, abs=1e-3)
    assert found.spread < 0.015


def test_claims_without_a_logarithm_halve_the_odds_of_logarithms() -> None:
    # a logarithm with exponent 1.2 agrees with the claim, the power 0.8 does not: odds 1 to 1, then 1 to 2
    both = mixture((0.5, POWER, 0.8, 1e-3), (0.5, LOGARITHM, 1.2, 1e-3))
    assert compare(both, Order(power=1.0), 10.0).slower == pytest.approx(2 / 3, abs=1e-3)
    named = compare(both, Order(power=1.0, log_power=1.0), 10.0)
    assert named.slower == pytest.approx(1 / 6, abs=1e-3)  # odds 5 to 1 for the logarithm that the claim names
