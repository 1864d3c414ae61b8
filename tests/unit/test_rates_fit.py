import json
import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.errors import ClaimError, LogError
from convergence.rates import RateFit, fit_rate
from convergence.rates.ratefit import power_at
from convergence.verdicts import Tightness, Verdict

K = np.arange(1.0, 1001.0)
LONG = np.unique(np.round(np.geomspace(1, 1e5, 400)))


def noisy(values: np.ndarray, runs: int = 10, size: float = 0.2, seed: int = 0) -> np.ndarray:
    return values * np.exp(size * np.random.default_rng(seed).standard_normal((runs, len(values))))


@pytest.mark.parametrize(
    ("values", "law", "exponent"),
    [
        (K**-1.0, "power", 1.0),
        (np.log(K + 1) / K, "power with log factor", 1.0),
        (1 / K + 0.02, "power plus floor", 0.0),
        (K**-0.5 + 5 / K**2, "two powers", 0.5),
        ((K + 30) ** -1.5, "shifted power", 1.5),
        (0.97**K, "geometric", math.inf),
        (0.97**K + 1e-4, "geometric plus floor", 0.0),
        (np.exp(-(K**0.4)), "stretched exponential", math.inf),
        (np.full(1000, 3.0), "constant", 0.0),
        (np.sqrt(K), "power", -0.5),
    ],
)
def test_laws_without_noise(values: np.ndarray, law: str, exponent: float) -> None:
    fit = fit_rate(K, values, minimum=0.0)
    assert law in list(fit.weights)[:2]
    assert fit.exponent == pytest.approx(exponent, abs=0.03)
    assert fit.verdict is None


def test_inverse_logarithm_is_not_a_power() -> None:
    fit = fit_rate(LONG, 1 / np.log(LONG + 2), minimum=0.0, claimed="k**(-1/4)")
    assert fit.interval is not None
    assert fit.interval[0] <= 0.0
    assert fit.verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("values", "claimed", "verdict", "tightness"),
    [
        (K**-1.0, "1/k", Verdict.SUPPORTED, Tightness.TIGHT),
        (K**-1.0, "1/sqrt(k)", Verdict.SUPPORTED, Tightness.LOOSE),
        (K**-0.5, "1/k", Verdict.DIVERGES, Tightness.UNKNOWN),
        (1 / K + 0.02, "1/k", Verdict.DIVERGES, Tightness.UNKNOWN),
        (0.97**K, "1/k**2", Verdict.SUPPORTED, Tightness.LOOSE),
        (0.97**K, "0.97**k", Verdict.SUPPORTED, Tightness.TIGHT),
        (0.97**K, "0.9**k", Verdict.DIVERGES, Tightness.UNKNOWN),
        (K**-1.0, "0.9**k", Verdict.DIVERGES, Tightness.UNKNOWN),
        (np.sqrt(K), "sqrt(k)", Verdict.SUPPORTED, Tightness.TIGHT),
        (K**1.0, "sqrt(k)", Verdict.DIVERGES, Tightness.UNKNOWN),
    ],
)
def test_verdicts_on_clear_runs(values: np.ndarray, claimed: str, verdict: Verdict, tightness: Tightness) -> None:
    fit = fit_rate(K, noisy(values), minimum=0.0, claimed=claimed)
    assert (fit.verdict, fit.tightness) == (verdict, tightness), fit.reason


def test_a_log_factor_is_not_called_a_power() -> None:
    fit = fit_rate(K, np.log(K + 1) / K, minimum=0.0, claimed="1/k")
    assert fit.verdict is not Verdict.SUPPORTED
    long = fit_rate(LONG, np.log(LONG + 1) / LONG, minimum=0.0, claimed="log(k)/k")
    assert long.verdict is Verdict.SUPPORTED


def test_runs_that_have_not_begun_to_decay_are_undecided() -> None:
    fit = fit_rate(K, 1 / (1 + K / 3000) ** 2, minimum=0.0, claimed="1/k")
    assert fit.verdict is Verdict.UNDECIDED
    assert "not halved" in fit.reason


def test_one_noisy_run_is_undecided_and_says_what_would_decide() -> None:
    fit = fit_rate(K[:60], noisy(1 / K[:60], runs=1, size=0.5), minimum=0.0, claimed="1/k")
    assert fit.verdict is Verdict.UNDECIDED
    assert "seeds" in fit.needed
    assert fit.power is not None
    assert fit.power < 0.9


def test_supported_prints_its_power() -> None:
    fit = fit_rate(K, noisy(1 / K), minimum=0.0, claimed="1/k")
    assert fit.power is not None
    assert fit.power >= 0.9
    assert f"power {fit.power:.2f}" in fit.reason


@pytest.mark.parametrize("tail", [np.inf, 1e9])
def test_explosion_diverges(tail: float) -> None:
    values = 1.1 ** K[:400]
    values[-5:] = tail * values[-5:] if math.isinf(tail) else values[-5:]
    fit = fit_rate(K[:400], values, claimed="1/k")
    assert (fit.law, fit.verdict) == ("divergence", Verdict.DIVERGES)
    assert "diverge" in fit.reason


def test_a_few_exploding_runs_are_undecided() -> None:
    errors = np.tile(1 / K, (5, 1))
    errors[0, -3:] = np.inf
    fit = fit_rate(K, errors, minimum=0.0, claimed="1/k")
    assert fit.verdict is Verdict.UNDECIDED
    assert "20% of the runs diverge" in fit.reason


def test_growth_that_is_claimed_is_no_divergence() -> None:
    assert fit_rate(K, noisy(K), minimum=0.0, claimed="k").verdict is Verdict.SUPPORTED


def test_exact_zero_supports_every_decay() -> None:
    fit = fit_rate(K, np.where(K < 50, 1 / K, 0.0), minimum=0.0, claimed="1/k**3")
    assert (fit.law, fit.verdict, fit.tightness) == ("exact zero", Verdict.SUPPORTED, Tightness.LOOSE)


def test_a_rounding_floor_is_not_a_stall() -> None:
    values = (1.3 + 0.97**K) - 1.3
    fit = fit_rate(K, values, minimum=0.0, claimed="0.97**k")
    assert "rounding floor" in fit.traits
    assert fit.verdict is not Verdict.DIVERGES


@pytest.mark.parametrize("k", [K[:1], K[:5], np.arange(500.0, 510.0)])
def test_too_little_data(k: np.ndarray) -> None:
    fit = fit_rate(k, 1 / k, minimum=0.0, claimed="1/k")
    assert (fit.law, fit.verdict) == ("undetermined", Verdict.UNDECIDED)
    assert "usable steps" in fit.reason


def test_a_constant_with_unknown_minimum_says_so() -> None:
    fit = fit_rate(K, np.full(1000, 2.0), claimed="1/k")
    assert fit.verdict is Verdict.UNDECIDED
    assert "never change" in fit.reason


def test_unknown_minimum_needs_no_minimum() -> None:
    known = fit_rate(K, 1 / K, minimum=0.0)
    unknown = fit_rate(K, 5.0 + 1 / K)
    assert unknown.exponent == pytest.approx(known.exponent, abs=0.02)
    assert unknown.floor == pytest.approx(5.0, abs=1e-3)
    assert "minimum unknown" in unknown.traits


def test_the_best_value_seen_is_not_the_minimum() -> None:
    # f - min f would bend k**-1 to a slope of -5 at the end; the differences do not
    fit = fit_rate(K, 1 / K, claimed="1/k**2")
    assert fit.verdict is Verdict.DIVERGES


def test_an_oscillation_is_averaged_out() -> None:
    fit = fit_rate(
        np.arange(1.0, 3001.0), (1.2 + np.cos(np.arange(1.0, 3001.0) / 2)) / np.arange(1.0, 3001.0), minimum=0.0
    )
    assert "oscillating" in fit.traits
    assert fit.exponent == pytest.approx(1.0, abs=0.05)


def test_claims_of_another_form_are_undecided() -> None:
    fit = fit_rate(K, 1 / K, minimum=0.0, claimed="k**k")
    assert fit.verdict is Verdict.UNDECIDED
    assert "not of the form" in fit.reason


def test_a_claim_that_is_no_expression_is_an_error() -> None:
    with pytest.raises(ClaimError):
        fit_rate(K, 1 / K, claimed="1/k +")


def test_negative_errors_are_an_error() -> None:
    with pytest.raises(LogError, match="cannot be negative"):
        fit_rate(K, 1 / K - 0.5, minimum=0.0)


def test_sympy_claims() -> None:
    k = sympy.Symbol("k")
    assert fit_rate(K, 1 / K, minimum=0.0, claimed=1 / k).verdict is Verdict.SUPPORTED


@given(log_scale=st.floats(-30, 30), p=st.sampled_from([0.5, 1.0, 1.5]))
@settings(deadline=None, max_examples=8)
def test_scaling_the_errors_changes_nothing(log_scale: float, p: float) -> None:
    base = noisy(K**-p, runs=3)
    plain = fit_rate(K, base, minimum=0.0, claimed="1/k")
    scaled = fit_rate(K, math.exp(log_scale) * base, minimum=0.0, claimed="1/k")
    assert scaled.verdict is plain.verdict
    assert scaled.exponent == pytest.approx(plain.exponent, abs=1e-4)


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=6)
def test_the_order_of_runs_and_steps_changes_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    errors = noisy(1 / K[:200], runs=4, seed=seed)
    order = random.permutation(200)
    plain = fit_rate(K[:200], errors, minimum=0.0, claimed="1/k")
    mixed = fit_rate(K[:200][order], errors[random.permutation(4)][:, order], minimum=0.0, claimed="1/k")
    assert mixed.verdict is plain.verdict
    assert mixed.exponent == pytest.approx(plain.exponent, abs=1e-6)


def test_the_document_is_json_and_decides_again() -> None:
    fit = fit_rate(K, 0.97**K, minimum=0.0, claimed="1/k")
    document = json.loads(json.dumps(fit.to_document(), allow_nan=False))
    assert document["exponent"] == "inf"
    assert document["verdict"] == "supported"
    assert {"law", "interval", "p_value", "power", "needed", "unsure", "seeds", "steps", "level"} <= set(document)


def test_a_stricter_level_takes_a_verdict_back() -> None:
    fit = RateFit(law="power", exponent=0.9, interval=(0.8, 1.0), verdict=Verdict.DIVERGES, p_value=0.004, worse=0.5,
                  faster=0.0, distance=0.0, spread=0.05, claimed="k^-1")  # fmt: skip
    assert fit.judged(0.01).verdict is Verdict.DIVERGES
    assert fit.judged(0.001).verdict is Verdict.UNDECIDED


def test_power_by_hand() -> None:
    # the test rejects below claimed - 2.326 s; at 0.1 = 3.61 s below it does so with probability Phi(1.28) = 0.9
    assert power_at(0.01, 0.1, 0.1 / 3.608) == pytest.approx(0.9, abs=1e-3)
    assert power_at(0.01, math.inf, 0.0) == 1.0


def test_runs_that_end_as_nan_get_no_verdict() -> None:
    errors = 1 / K
    errors[800:] = np.nan
    fit = fit_rate(K, errors, minimum=0.0, claimed="1/k")
    assert fit.verdict is Verdict.UNDECIDED
    assert fit.reason.startswith("every run ends as nan, after step 800;")
    assert fit.tightness is Tightness.UNKNOWN
    assert fit.exponent == pytest.approx(1.0, abs=0.02)


def test_nan_in_between_is_left_out() -> None:
    errors = 1 / K
    errors[100:110] = np.nan
    assert fit_rate(K, errors, minimum=0.0, claimed="1/k").verdict is Verdict.SUPPORTED


def test_one_run_that_ends_as_nan_is_enough_for_no_verdict() -> None:
    errors = np.tile(1 / K, (3, 1))
    errors[0, 700:] = np.nan
    fit = fit_rate(K, errors, minimum=0.0, claimed="1/k")
    assert fit.verdict is Verdict.UNDECIDED
    assert fit.reason.startswith("1 of 3 runs end as nan, after step 700;")
    assert fit.steps == 700
    assert any("lack a value" in note for note in fit.notes)


@pytest.mark.parametrize("rows", [10**6, pytest.param(10**7, marks=pytest.mark.slow)])
def test_many_rows(rows: int) -> None:
    k = np.arange(1.0, rows + 1)
    fit = fit_rate(k, k**-0.5, minimum=0.0, claimed="1/sqrt(k)")
    assert fit.verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("power", [0.5, 0.7, 1.0])
def test_a_law_that_misses_the_runs_condemns_nothing(power: float) -> None:
    """A geometric transient and then a power, as of SGD with falling steps: no floor, and no law here in between."""
    k = np.unique(np.round(np.geomspace(60, 10_000, 30)))
    noise = np.exp(0.02 * np.random.default_rng(0).standard_normal((40, len(k))))
    errors = (30.0 * np.exp(-(k - 60.0) / 4.0) + 0.05 * (k / 60.0) ** -power) * noise
    fit = fit_rate(k, errors, minimum=0.0, claimed=f"k**-{power}")
    assert fit.verdict is not Verdict.DIVERGES
