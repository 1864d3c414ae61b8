import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convergence.errors import LogError
from convergence.rates.arithmetic import arithmetic, binary_quantum, decimal_quantum, without_zeros
from convergence.rates.series import gaps, series, without_missing
from convergence.rates.thinning import bins, oscillation, thinned

K = np.arange(1.0, 1001.0)


def test_steps_are_sorted_and_duplicates_averaged() -> None:
    data = series([3, 1, 2, 2], [30.0, 10.0, 20.0, 22.0])
    assert data.k.tolist() == [1, 2, 3]
    assert data.errors.tolist() == [[10.0, 21.0, 30.0]]
    assert any("sorted" in note for note in data.notes)
    assert any("averaged" in note for note in data.notes)


def test_step_zero_is_left_out_with_a_note() -> None:
    data = series([0, 1, 2], [9.0, 1.0, 0.5])
    assert data.k.tolist() == [1, 2]
    assert "not positive" in data.notes[0]


@pytest.mark.parametrize(
    ("k", "errors", "message"),
    [
        ([1, 2], [1.0, 2.0, 3.0], r"expected k of shape \(K,\)"),
        ([[1, 2]], [1.0, 2.0], r"expected k of shape \(K,\)"),
        ([0, -1], [1.0, 2.0], "no step is a positive number"),
        ([1, 2], [np.nan, np.nan], "every error is missing"),
        (["a", "b"], [1.0, 2.0], "k must be numbers"),
    ],
)
def test_messages(k: object, errors: object, message: str) -> None:
    with pytest.raises(LogError, match=message):
        series(k, errors)  # type: ignore[arg-type]


def test_errors_below_the_minimum_are_refused_with_their_place() -> None:
    with pytest.raises(LogError, match=r"run 0 at step 2 has 0.5, below the minimum 1"):
        gaps(series([1, 2, 3], [3.0, 0.5, 2.0]), 1.0)


def test_a_gap_below_zero_by_rounding_is_zero() -> None:
    assert gaps(series([1, 2], [1.0, -1e-15]), 0.0).errors[0, 1] == 0.0


def test_runs_without_a_common_step_are_refused() -> None:
    with pytest.raises(LogError, match="no step in common"):
        without_missing(series([1, 2], [[1.0, np.nan], [np.nan, 1.0]]))


@given(
    hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=1, min_side=1, max_side=30), elements=st.floats(-5, 50)),
)
@settings(deadline=None)
def test_clean_steps_are_positive_and_increase(k: np.ndarray) -> None:
    if not (k > 0).any():
        with pytest.raises(LogError):
            series(k, np.ones_like(k))
        return
    data = series(k, np.ones_like(k))
    assert (data.k > 0).all()
    assert (np.diff(data.k) > 0).all()
    assert (data.errors == 1.0).all()


def test_rounding_of_a_subtraction_is_a_binary_quantum() -> None:
    values = (1.3 + 1 / K**5) - 1.3
    quantum = binary_quantum(values[values > 0])
    assert quantum == 2.0**-52  # the unit in the last place of numbers in [1, 2)


@pytest.mark.parametrize("values", [0.5 ** K[:60], 1 / K, np.exp(-0.01 * K), 3.0 * 2.0 ** -K[:40]])
def test_clean_series_have_no_quantum(values: np.ndarray) -> None:
    assert binary_quantum(values) is None
    assert decimal_quantum(values) is None


def test_printed_decimals_are_a_decimal_quantum() -> None:
    assert decimal_quantum(np.round(np.exp(-0.01 * K[:500]), 4)) == pytest.approx(1e-4)


def test_a_rounding_floor_is_cut() -> None:
    found = arithmetic(series(K, (1.3 + np.exp(-0.1 * K)) - 1.3))
    assert found.kind == "rounding floor"
    assert 250 < found.data.k[-1] < 330  # exp(-0.1 k) reaches 128 * 2**-52 at k = 312


def test_an_exact_zero_is_no_rounding() -> None:
    found = arithmetic(series(K, np.where(K < 50, 1 / K, 0.0)))
    assert found.exact_zero
    assert found.kind is None


def test_zeros_after_a_long_fall_are_rounding() -> None:
    found = arithmetic(series(K, np.where(K < 400, np.exp(-0.1 * K) * (1 + 0.1 * np.sin(K)), 0.0)))
    assert found.kind == "rounding floor"
    assert found.data.k[-1] == 399


def test_underflow_is_cut() -> None:
    found = arithmetic(series(K, np.exp(-0.7 * K)))
    assert found.kind == "underflow"
    assert found.data.errors.min() >= 1e-290


def test_single_zeros_are_left_out() -> None:
    data = without_zeros(series([1, 2, 3], [1.0, 0.0, 0.5]))
    assert data.k.tolist() == [1, 3]
    assert "exactly zero" in data.notes[0]


def test_thinning_keeps_a_power_law_exactly() -> None:
    # the mean of log e over a bin is -p times the mean of log k: no bias, whatever the bin
    points = thinned(series(K, K**-1.7))
    assert points.y[0] == pytest.approx(-1.7 * points.x)
    assert points.counts.sum() == len(K)
    assert len(points.x) < 40


@given(st.integers(1, 6))
@settings(deadline=None)
def test_about_twelve_points_a_decade(decades: int) -> None:
    k = np.unique(np.round(np.geomspace(1, 10.0**decades, 4000)))
    assert len(bins(k)) <= 12 * decades + 1


def test_the_period_of_an_oscillation() -> None:
    values = K**-1.0 * (1.5 + np.cos(2 * np.pi * K / 10))
    assert oscillation(series(K, values)) == pytest.approx(10, rel=0.05)


def test_noise_is_no_oscillation() -> None:
    noise = np.exp(0.3 * np.random.default_rng(0).standard_normal(len(K)))
    assert oscillation(series(K, noise / K)) == 0.0
