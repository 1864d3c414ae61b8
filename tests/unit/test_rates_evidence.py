import numpy as np
import pytest
from scipy.special import stdtr

from convergence.rates.evidence import Points, explain, first_cells, score, windows_of
from convergence.rates.laws import LAWS, Asymptote
from convergence.rates.noise import cubic_residual, misfit, noise_models, ripple
from convergence.rates.polish import polished
from convergence.rates.posterior import posterior, student

X = np.log(np.unique(np.round(np.geomspace(1, 1000, 36))))


def points(y: np.ndarray) -> Points:
    return Points(x=X, y=np.atleast_2d(y), counts=np.ones_like(X))


@pytest.mark.parametrize("index", range(len(LAWS)), ids=lambda i: f"{i}-{LAWS[i].name}")
def test_first_cells_hold_the_prior(index: int) -> None:
    cells = first_cells(index, X)
    assert np.exp(cells.log_mass).sum() == pytest.approx(LAWS[index].prior)
    o, u = LAWS[index].shape(X, cells.centre)
    assert o.shape == u.shape == (len(cells.centre), len(X))
    assert np.isfinite(o).all()
    assert np.isfinite(u).all()


@pytest.mark.parametrize("index", [i for i, law in enumerate(LAWS) if law.axes(X)])
def test_splitting_keeps_the_mass(index: int) -> None:
    cells = first_cells(index, X)
    left, halves = cells.split(np.array([0]))
    total = np.exp(left.log_mass).sum() + np.exp(halves.log_mass).sum()
    assert total == pytest.approx(np.exp(cells.log_mass).sum())
    assert len(halves.centre) == 2 ** cells.centre.shape[1]


@pytest.mark.parametrize("index", [i for i, law in enumerate(LAWS) if law.asymptote is Asymptote.THETA])
def test_the_coefficient_is_the_exponent_for_large_k(index: int) -> None:
    # u grows like x, and o like log_power * log x, far beyond every bend
    law = LAWS[index]
    centre = first_cells(index, X).centre[:1]
    far = np.array([300.0, 600.0])
    o, u = law.shape(far, centre)
    assert (u[0, 1] - u[0, 0]) / 300.0 == pytest.approx(1.0, abs=1e-6)
    if law.gaps:
        assert o[0, 1] - o[0, 0] == pytest.approx(law.log_power * np.log(2.0), abs=0.02)


def test_white_noise_gives_ordinary_least_squares() -> None:
    y = -1.3 * X + 0.5 * np.random.default_rng(0).standard_normal(len(X))
    window = next(windows_of(points(y)))
    scores = score(window, first_cells(0, X))
    slope = np.polyfit(X, y, 1)[0]
    # the first noise model is white; with noise this large the misfit beside it is nothing
    assert scores.theta[0, 0] == pytest.approx(-slope, abs=0.02)


def test_whitening_whitens() -> None:
    noise = noise_models(X, np.ones_like(X))
    for whiten, log_det in zip(noise.whiten, noise.log_det, strict=True):
        covariance = np.linalg.inv(whiten.T @ whiten)
        assert np.linalg.slogdet(covariance)[1] == pytest.approx(log_det, rel=1e-4, abs=1e-4)
        assert np.diagonal(covariance).max() <= 1.03


def test_misfit_dies_out() -> None:
    size = np.sqrt(np.diagonal(misfit(X)))
    assert size[0] == pytest.approx(0.044)
    assert (np.diff(size) < 0).all()


def test_a_cubic_leaves_no_residual() -> None:
    assert cubic_residual(X, (X**3 - 2 * X)[None]) == pytest.approx(0.0, abs=1e-8)


def test_ripples_are_found_and_noise_is_not() -> None:
    assert ripple(X, (-X + 0.2 * np.sin(5 * X))[None]) == pytest.approx(5.0, abs=0.4)
    assert ripple(X, (-X + 0.2 * np.random.default_rng(1).standard_normal(len(X)))[None]) == 0.0


@pytest.mark.parametrize("degrees", [5.0, 20.0, 200.0])
def test_the_approximation_of_t(degrees: float) -> None:
    z = np.linspace(-8, 8, 161)
    assert np.abs(student(z, degrees) - stdtr(degrees, z)).max() < 0.003


def test_weights_sum_to_one_and_atoms_have_quantiles() -> None:
    mixture = posterior(points(np.log(np.exp(-X) + 0.02)))
    assert mixture.weight.sum() == pytest.approx(1.0)
    assert mixture.quantile(0.5) == 0.0
    assert posterior(points(-0.02 * np.exp(X))).quantile(0.5) == np.inf


def test_climbing_finds_the_mode_between_cells() -> None:
    # k**-1.186 (1 + (k/47)**-1.96): its bend lies across the edge of the best first cells
    y = -1.186 * X + np.logaddexp(0.0, -1.96 * (X - np.log(47.0)))
    window = next(windows_of(points(y)))
    bends = next(
        s for s in explain(window) if s.cells.law == next(i for i, w in enumerate(LAWS) if w.name == "two powers")
    )
    after = polished(window, bends)
    best = np.unravel_index(np.argmax(after.log_weight), after.log_weight.shape)
    assert after.theta[best[0], best[2]] == pytest.approx(1.186, abs=0.01)
