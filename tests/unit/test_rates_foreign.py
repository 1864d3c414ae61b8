"""Series from outside the fit's laws, and the averaging of oscillations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.rates.foreign import FOREIGN, foreign
from convergence.rates.series import Series
from convergence.rates.thinning import oscillation, over_periods


@pytest.mark.parametrize("number", range(len(FOREIGN)))
def test_trials_are_reproducible_and_well_formed(number: int) -> None:
    one, again = foreign(number), foreign(number)
    assert np.array_equal(one.errors, again.errors)
    assert one.errors.shape[1] == len(one.k)
    assert (one.errors > 0).all()
    assert one.curve.settled <= one.k[-1]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_continua_have_the_exponent_they_are_said_to(number: int) -> None:
    # f - f* = sum of s**(p-1) weights over curvatures s, which is Gamma(p) k**-p in the limit, free of noise
    for seed in range(number, number + 140, 14):
        one = foreign(seed)
        late = one.k >= max(one.curve.settled, 0.2 * one.k[-1])
        if len(one.errors) > 1 or late.sum() < 3:
            continue
        slope = -np.polyfit(np.log(one.k[late]), np.log(one.errors[0, late]), 1)[0]
        assert slope == pytest.approx(one.curve.order.power, abs=0.05 * max(1.0, one.curve.order.power))


@settings(deadline=None)
@given(period=st.floats(5.0, 25.0), depth=st.floats(0.2, 0.9), p=st.floats(0.3, 2.0))
def test_whole_periods_leave_the_envelope(period: float, depth: float, p: float) -> None:
    k = np.arange(1.0, 1001.0)
    wave = 1 + depth * np.cos(2 * np.pi * k / period)
    averaged = over_periods(Series(k=k, errors=(k**-p * wave)[None, :]), period)
    late = averaged.k > 5 * period
    level = np.log(averaged.errors[0, late]) + p * np.log(averaged.k[late])
    assert np.ptp(level) < 0.08


@settings(deadline=None)
@given(period=st.floats(6.0, 40.0))
def test_the_period_is_found_within_two_percent(period: float) -> None:
    k = np.arange(1.0, 1001.0)
    data = Series(k=k, errors=(1 + 0.5 * np.cos(2 * np.pi * k / period))[None, :] / k)
    assert oscillation(data) == pytest.approx(period, rel=0.02)
