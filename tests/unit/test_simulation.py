"""Ensembles: measures against their definitions, the same bits for any chunking, and every stop reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.errors import ClaimError
from convergence.expressions import T, symbol
from convergence.methods import METHODS
from convergence.methods.rule import g, rule, t, theta
from convergence.problems.online import Adversary, Coin, Periodic, reddi
from convergence.problems.oracles import Additive, Exact, Noise
from convergence.problems.profiles import Huber, Wave
from convergence.problems.quadratics import diagonal, log_spaced, rotated
from convergence.problems.separable import separable
from convergence.simulation import Group, OnlineGroup, Reason, recorded_steps, simulate, simulate_online
from convergence.simulation.measuring import AVERAGE, BEST, LOCAL
from convergence.simulation.streams import Stream

EVERY = (*LOCAL, *BEST, *AVERAGE)
SPECTRUM = log_spaced(0.2, 1.0, 4)


def group(lanes=3, law=Noise.GAUSSIAN, problem=None, numbers=(), **changes):
    chosen = problem or diagonal(SPECTRUM, minimiser=np.arange(4.0))
    oracle = Additive(law=law, level=0.5) if law else Exact()
    starts = np.tile(np.linspace(1, 2, chosen.dimension), (lanes, 1))
    return Group(problem=chosen, oracle=oracle, starts=starts, lanes=numbers, **changes)


def test_groups_that_end_early_leave_the_others_alone():
    """The first group stands at its minimiser; the second runs to the end, with the bits that it has alone."""
    problem = diagonal(SPECTRUM, minimiser=np.zeros(4))
    steps = recorded_steps(200)
    groups = [
        Group(problem=problem, oracle=Exact(), starts=starts)
        for starts in (np.zeros((2, 4)), np.ones((3, 4)), np.zeros((1, 4)))
    ]
    method = METHODS["gradient_descent"].with_parameters(alpha=0.01)
    together = simulate(method, groups, steps, ["gap"], compiled=False)
    for one, trace in zip(groups, together, strict=True):
        (alone,) = simulate(method, [one], steps, ["gap"], compiled=False)
        assert np.array_equal(alone.measures["gap"], trace.measures["gap"], equal_nan=True)
        assert alone.stops == trace.stops


def test_measures_are_what_they_say():
    """Recomputed here from every iterate of the same run, recorded one step at a time."""
    steps = np.arange(1, 41)
    problem = diagonal(SPECTRUM, minimiser=np.arange(4.0))
    method = METHODS["gradient_descent"].with_parameters(alpha=0.5)
    (trace,) = simulate(method, [group(1)], steps, EVERY)
    x, path = np.linspace(1, 2, 4), [np.linspace(1, 2, 4)]
    noise = Additive(law=Noise.GAUSSIAN, level=0.5).draws(Stream(group(1).keys(method, 0), 1, 40), 4)
    for row in noise[:, 0]:
        x = x - 0.5 * (problem.gradient(x) + row)
        path.append(x)
    gaps = np.array([float(problem.gap(x)) for x in path])
    slopes = np.array([float(np.sum(problem.gradient(x) ** 2)) for x in path])
    counts = np.arange(1, 41)
    means = np.cumsum(path[1:], axis=0) / counts[:, None]
    wanted = {
        "gap": gaps[1:],
        "distance": [np.linalg.norm(x - problem.minimiser) for x in path[1:]],
        "squared_distance": [np.sum((x - problem.minimiser) ** 2) for x in path[1:]],
        "gradient_norm": np.sqrt(slopes[1:]),
        "squared_gradient_norm": slopes[1:],
        "best_gap": np.minimum.accumulate(gaps[1:]),
        "best_squared_gradient_norm": np.minimum.accumulate(slopes[1:]),
        "average_squared_gradient_norm": np.cumsum(slopes[1:]) / counts,
        "average_iterate_gap": problem.gap(means),
        "regret": np.cumsum(gaps[:-1]),
        "average_regret": np.cumsum(gaps[:-1]) / counts,
    }
    assert set(wanted) == set(EVERY)
    for name, values in wanted.items():
        assert np.allclose(trace.measures[name][0], values, rtol=1e-12), name


@settings(max_examples=4, deadline=None)
@given(cut=st.integers(1, 5), law=st.sampled_from([*Noise, None]), seed=st.integers(0, 99))
@pytest.mark.parametrize("name", ["adam", "gradient_descent", "nesterov", "amvt"])
def test_the_same_bits_for_any_chunking(name, cut, law, seed):
    method, steps = METHODS[name], recorded_steps(300)
    for problem in (None, rotated(SPECTRUM), separable("Huber", Huber(width=0.1), 4)):
        whole = group(6, law, problem)
        parts = [
            Group(problem=whole.problem, oracle=whole.oracle, starts=whole.starts[a:b], lanes=tuple(range(a, b)))
            for a, b in ((0, cut), (cut, 6))
        ]
        (together,) = simulate(method, [whole], steps, ["gap", "average_squared_gradient_norm"], seed)
        apart = [simulate(method, [part], steps, ["gap", "average_squared_gradient_norm"], seed)[0] for part in parts]
        mixed = simulate(method, [*parts[::-1], group(2, Noise.SKEWED)], steps, ["gap"], seed)
        for name_ in ("gap", "average_squared_gradient_norm"):
            assert np.array_equal(together.measures[name_], np.concatenate([p.measures[name_] for p in apart]))
        assert np.array_equal(together.measures["gap"], np.concatenate([p.measures["gap"] for p in mixed[1::-1]]))


def test_streams_depend_on_what_a_run_is():
    steps, method = recorded_steps(50), METHODS["gradient_descent"]
    (first,) = simulate(method, [group(2)], steps, ["gap"])
    (again,) = simulate(method, [group(2)], steps, ["gap"])
    (other,) = simulate(method, [group(2)], steps, ["gap"], seed=1)
    (longer,) = simulate(method, [group(2)], np.append(steps, 900), ["gap"])
    assert np.array_equal(first.measures["gap"], again.measures["gap"])
    assert np.array_equal(first.measures["gap"], longer.measures["gap"][:, :-1])
    assert not np.array_equal(first.measures["gap"], other.measures["gap"])
    assert not np.array_equal(first.measures["gap"][0], first.measures["gap"][1])


def test_values_may_differ_between_lanes():
    eta = symbol("eta", "positive")
    method = rule("descent", step=eta * g / T, parameters={eta: eta, T: T})
    both = group(2, None, values={eta: 0.5, T: np.array([1.0, 10.0])})
    (trace,) = simulate(method, [both], np.array([1, 5]), ["distance"])
    for lane, horizon in enumerate((1.0, 10.0)):
        single = group(1, None, values={eta: 0.5, T: horizon})
        (alone,) = simulate(method, [single], np.array([1, 5]), ["distance"])
        assert np.array_equal(trace.measures["distance"][lane], alone.measures["distance"][0])


def stop_of(alpha, start, minimiser=0.0, steps=5000):
    problem = diagonal(np.ones(1), minimiser=np.array([minimiser]))
    lanes = Group(problem=problem, oracle=Exact(), starts=np.array([[start]]))
    method = METHODS["gradient_descent"].with_parameters(alpha=alpha)
    (trace,) = simulate(method, [lanes], recorded_steps(steps), ["gap"])
    return trace, trace.stops[0]


def test_every_stop_reason():
    trace, stop = stop_of(3, 1.0)  # doubles each step: x = 2^k overflows at k = 1024
    assert (stop.reason, stop.step) == (Reason.DIVERGED, 1024)
    assert np.isinf(trace.measures["gap"][0, trace.steps >= 1024]).all()
    trace, stop = stop_of(1, 1.0)
    assert (stop.reason, stop.step) == (Reason.AT_MINIMISER, 1)
    assert (trace.measures["gap"] == 0).all()
    trace, stop = stop_of(0.5, 1.0, minimiser=3.0)
    assert stop.reason is Reason.FLOOR
    assert np.isnan(trace.measures["gap"][0, -1])
    assert np.nanmin(trace.measures["gap"]) > 1e-20  # nothing is reported below the resolution
    trace, stop = stop_of(0.001, 1.0, steps=100)
    assert (stop.reason, stop.step) == (Reason.COMPLETED, 100)
    assert str(stop) == "all steps were made (step 100)"


def test_not_finite_from_the_first_step():
    problem = diagonal(np.array([1e200]))
    lanes = Group(problem=problem, oracle=Exact(), starts=np.array([[1e200], [0.0]]))
    (trace,) = simulate(METHODS["gradient_descent"], [lanes], recorded_steps(10), ["gap"])
    assert (trace.stops[0].reason, trace.stops[0].step) == (Reason.DIVERGED, 1)
    assert np.isinf(trace.measures["gap"][0]).all()
    assert trace.stops[1].reason is Reason.AT_MINIMISER


def test_gaps_of_a_minimiser_at_zero_have_no_floor():
    problem = diagonal(np.ones(1))
    method = METHODS["gradient_descent"].with_parameters(alpha=0.5)
    lanes = Group(problem=problem, oracle=Exact(), starts=np.ones((1, 1)))
    (trace,) = simulate(method, [lanes], np.array([1, 100, 400]), ["gap"])
    assert trace.measures["gap"][0].tolist() == [0.5 * 0.25**k for k in (1, 100, 400)]


def test_minimisers_away_from_zero_have_a_floor_that_is_not_measured():
    """Beside 2 pi n the gradient of 1 - cos(x) is never below 1e-16 or so, unlike beside 0."""
    problem = separable("cosine", Wave(), 1)
    method = METHODS["gradient_descent"].with_parameters(alpha=0.5)
    lanes = Group(problem=problem, oracle=Exact(), starts=np.array([[1.0], [1 + 6 * np.pi]]))
    (trace,) = simulate(
        method, [lanes], np.array([1, 20, 200]), ["squared_gradient_norm", "best_squared_gradient_norm"]
    )
    for table in trace.measures.values():
        near, away = table
        assert np.isfinite(near).all() and 0 < near[-1] < 1e-100
        assert away[:2] == pytest.approx(near[:2], rel=1e-6) and np.isnan(away[-1])


def test_projection_keeps_iterates_in_the_ball():
    lanes = group(3, problem=diagonal(SPECTRUM, minimiser=np.full(4, 9.0)), radius=1.0)
    (trace,) = simulate(METHODS["gradient_descent"], [lanes], recorded_steps(400), ["distance"])
    assert trace.measures["distance"].min() >= 18 - 1 - 1e-12  # |x*| = 18


def test_groups_must_share_a_dimension_and_measures_must_exist():
    with pytest.raises(ClaimError, match="one dimension"):
        simulate(METHODS["adam"], [group(), group(problem=diagonal(np.ones(2)))], recorded_steps(5), ["gap"])
    with pytest.raises(ClaimError, match="'gaps' cannot be measured on runs; did you mean 'gap'"):
        simulate(METHODS["adam"], [group()], recorded_steps(5), ["gaps"])


def test_recorded_steps_are_first_last_and_a_dozen_a_decade():
    steps = recorded_steps(10_000)
    assert steps[0] == 1 and steps[-1] == 10_000 and (np.diff(steps) > 0).all()
    assert np.sum(steps > 1000) == 12
    assert recorded_steps(1).tolist() == [1]


# --- online


def brute_force(losses, alpha, rounds):
    """Projected gradient descent with steps alpha/sqrt(t) and its regret, round by round, on a grid of fixed points."""
    x, cost, slopes, found = 0.0, 0.0, [], []
    for count in range(1, rounds + 1):
        c = float(losses.coefficient(count, np.array([[x]]), np.zeros((1, 1)))[0, 0])
        cost, slopes = cost + c * x, [*slopes, c]
        best = min(sum(slopes) * point for point in (-losses.radius, losses.radius))
        found.append(cost - best)
        x = min(losses.radius, max(-losses.radius, x - alpha / count**0.5 * c))
    return found


@pytest.mark.parametrize(
    "losses",
    [reddi(3.0), Adversary(greatest=2.0, radius=0.5), Periodic(name="p", pattern=np.array([1.0, -0.5]), radius=2.0)],
    ids=lambda losses: losses.name,
)
def test_regret_is_that_of_its_definition(losses):
    method = rule("online", step=g / (2 * t ** (theta / theta / 2)))
    steps = np.arange(1, 61)
    trace = simulate_online(
        method, OnlineGroup(losses=losses, starts=np.zeros((1, 1))), steps, ["regret", "average_regret"]
    )
    assert np.allclose(trace.measures["regret"][0], brute_force(losses, 0.5, 60), rtol=1e-12, atol=1e-12)
    assert np.allclose(trace.measures["average_regret"], trace.measures["regret"] / steps)


def test_online_lanes_have_their_own_coins_for_any_chunking():
    losses, steps = Coin(name="coin"), recorded_steps(600)
    whole = simulate_online(METHODS["adam"], OnlineGroup(losses=losses, starts=np.zeros((4, 1))), steps, ["regret"])
    part = OnlineGroup(losses=losses, starts=np.zeros((2, 1)), lanes=(2, 3))
    assert np.array_equal(
        whole.measures["regret"][2:], simulate_online(METHODS["adam"], part, steps, ["regret"]).measures["regret"]
    )
    assert not np.array_equal(whole.measures["regret"][0], whole.measures["regret"][1])
    with pytest.raises(ClaimError, match="regret"):
        simulate_online(METHODS["adam"], part, steps, ["gap"])
