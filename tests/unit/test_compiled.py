"""Compiled ensembles: the bits of NumPy for every rule, problem, oracle and measure, for any threads and blocks."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.errors import NumericLimit
from convergence.expressions import symbol
from convergence.kernels import machine
from convergence.methods import METHODS
from convergence.methods.rule import g, rule, t
from convergence.problems.finite_sums import known_logistic, least_squares, logistic
from convergence.problems.kinked import kinked, self_similar
from convergence.problems.online import Adversary, Coin, Periodic, reddi
from convergence.problems.oracles import Additive, Exact, Minibatch, Misled, Noise
from convergence.problems.profiles import Absolute, Dented, FlatPower, Huber, SmoothedAbsolute, Tail
from convergence.problems.quadratics import diagonal, log_spaced, nesterov_worst, rotated
from convergence.problems.separable import separable
from convergence.simulation import Group, OnlineGroup, Reason, recorded_steps, simulate, simulate_online
from convergence.simulation.measuring import AVERAGE, BEST, LOCAL

EVERY = (*LOCAL, *BEST, *AVERAGE)
STEPS = recorded_steps(300)  # beyond one block of 256 steps
QUADRATIC = diagonal(log_spaced(0.1, 1.0, 5), minimiser=np.arange(5.0))
NOISY = Additive(law=Noise.GAUSSIAN, level=0.5)
DATA = np.random.default_rng(0).normal(size=(40, 5))
SUMS = (
    logistic(DATA, np.sign(DATA[:, 0] + 0.3 * DATA[:, 1]), 0.1),
    least_squares(DATA, DATA[:, 0]),
    known_logistic(12, 5),
)

PROBLEMS = (
    rotated(log_spaced(0.1, 1.0, 5)),
    rotated(log_spaced(1e-8, 1.0, 5)),  # two products with the eigenvectors
    rotated(log_spaced(0.1, 1.0, 19)),
    diagonal(log_spaced(0.1, 1.0, 1)),
    nesterov_worst(1.0, 5),
    separable("Huber", Huber(width=0.1), 5),
    separable("smoothed absolute value", SmoothedAbsolute(width=0.1), 5, ridge=0.2, scale=2.0),
    separable("absolute value", Absolute(), 5),
    separable("flat", FlatPower(p=10), 5),
    kinked(0.1, 1.0, 5, 1.0),
)


def lanes_of(problem, oracle, lanes=11, **changes):
    starts = np.random.default_rng(1).normal(size=(lanes, problem.dimension))
    return Group(problem=problem, oracle=oracle, starts=starts, **changes)


def assert_same(first, second):
    for name, table in first.measures.items():
        assert np.array_equal(table, second.measures[name], equal_nan=True), name
    assert first.stops == second.stops


def both(method, group, measures=EVERY, steps=STEPS, **keywords):
    (compiled,) = simulate(method, [group], steps, measures, compiled=True, **keywords)
    (interpreted,) = simulate(method, [group], steps, measures, compiled=False)
    assert_same(compiled, interpreted)
    return compiled


@pytest.mark.parametrize("name", METHODS)
def test_every_rule_has_the_bits_of_numpy(name):
    method = METHODS[name]
    both(method, lanes_of(QUADRATIC, NOISY, values=dict.fromkeys(method.given, 0.25)))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_every_problem_has_the_bits_of_numpy(problem):
    both(METHODS["adam"], lanes_of(problem, Exact()), LOCAL)


@pytest.mark.parametrize("law", Noise)
def test_every_law_of_noise_has_the_bits_of_numpy(law):
    both(METHODS["adam"], lanes_of(QUADRATIC, Additive(law=law, level=0.5)), ["gap"])


@pytest.mark.parametrize("size", [1, 8])
@pytest.mark.parametrize("problem", SUMS, ids=["logistic", "least squares", "without ridge"])
def test_minibatches_have_the_bits_of_numpy(problem, size):
    both(METHODS["adam"], lanes_of(problem, Minibatch(problem=problem, size=size)), LOCAL)


def test_rules_that_draw_and_projections_have_the_bits_of_numpy():
    from convergence.methods.modules import quantized

    both(quantized(0.01)(METHODS["adam"]), lanes_of(QUADRATIC, NOISY))
    both(METHODS["gradient_descent"], lanes_of(QUADRATIC, NOISY, radius=1.0))


@pytest.mark.parametrize(
    "losses",
    [
        reddi(3.0),
        Adversary(greatest=2.0, radius=0.5),
        Coin(name="coin", heads=0.25, ratio=2.0),
        Periodic(name="constant", pattern=np.array([1.0])),
        Periodic(name="five", pattern=np.array([1.0, -0.5, 0.25, 1.0, -2.0]), radius=2.0),
    ],
    ids=lambda losses: losses.name,
)
@pytest.mark.parametrize("name", ["subgradient", "adam", "amsgrad", "nadam", "averaged_gradient_descent"])
def test_online_losses_have_the_bits_of_numpy(losses, name):
    method, steps = METHODS[name], recorded_steps(600)
    group = OnlineGroup(
        losses=losses, starts=np.linspace(-0.3, 0.3, 9)[:, None], values=dict.fromkeys(method.given, 0.25)
    )
    measures = ["regret", "average_regret"]
    first, second = (simulate_online(method, group, steps, measures, compiled=choice) for choice in (True, False))
    assert_same(first, second)
    assert np.isfinite(first.measures["regret"]).all()


def test_online_runs_that_fail_are_the_same():
    from sympy import sqrt

    method = rule("fails", step=g * sqrt(100 - t))
    group = OnlineGroup(losses=reddi(3.0), starts=np.zeros((3, 1)))
    first, second = (simulate_online(method, group, STEPS, ["regret"], compiled=choice) for choice in (True, False))
    assert_same(first, second)
    assert first.stops[0].reason is Reason.DIVERGED and first.stops[0].step == 101


@settings(max_examples=8, deadline=None)
@given(lanes=st.integers(1, 30), threads=st.integers(1, 4), cut=st.integers(1, 29), seed=st.integers(0, 9))
def test_the_same_bits_for_any_threads_and_any_part(lanes, threads, cut, seed):
    group, measures = lanes_of(QUADRATIC, NOISY, lanes), ["gap", "best_gap", "regret"]
    steps = np.array([3, 255, 256, 257, 600])
    (whole,) = simulate(METHODS["adam"], [group], steps, measures, seed, compiled=True, threads=threads)
    first, end = min(cut, lanes) - 1, lanes
    (part,) = simulate(METHODS["adam"], [group.part(first, end)], steps, measures, seed, compiled=True)
    for name in measures:
        assert np.array_equal(whole.measures[name][first:end], part.measures[name])
    (sparse,) = simulate(METHODS["adam"], [group], steps[-1:], measures, seed, compiled=True)
    assert np.array_equal(whole.measures["gap"][:, -1:], sparse.measures["gap"])


def test_hyperparameters_may_differ_between_lanes():
    alpha, b1 = symbol("step", "positive"), symbol("b1", "unit")
    method = METHODS["adam"].with_parameters(alpha=alpha / t ** symbol("power", "nonnegative"), beta1=b1)
    columns = {alpha: np.linspace(0.001, 0.1, 11), b1: np.linspace(0.0, 0.99, 11), symbol("power", "nonnegative"): 0.3}
    both(method, lanes_of(QUADRATIC, NOISY, values=columns))


def test_every_stop_reason_is_the_same():
    steps = recorded_steps(3000)
    quarter = diagonal(np.ones(2))
    diverging = METHODS["gradient_descent"].with_parameters(alpha=3)
    stops = both(diverging, lanes_of(quarter, Exact()), ["gap"], steps).stops
    assert {stop.reason for stop in stops} == {Reason.DIVERGED}
    exact = METHODS["gradient_descent"].with_parameters(alpha=1)
    assert both(exact, lanes_of(quarter, Exact()), ["gap"], steps).stops[0].reason is Reason.AT_MINIMISER
    half = METHODS["gradient_descent"].with_parameters(alpha=0.5)
    assert both(half, lanes_of(QUADRATIC, Exact()), ["gap"], steps).stops[0].reason is Reason.FLOOR
    huge = diagonal(np.array([1e200]))
    starts = np.array([[1e200], [0.0]])
    first, second = both(exact, Group(problem=huge, oracle=Exact(), starts=starts), ["gap"]).stops
    assert (first.reason, first.step) == (Reason.DIVERGED, 1)
    assert second.reason is Reason.AT_MINIMISER


def test_subnormal_numbers_are_zero_in_both():
    """0.9 times the least subnormal number rounds to itself: without flushing, coordinates would stay there."""
    tiny = np.array([5e-324])
    assert 0.9 * tiny[0] == tiny[0]
    with machine.flushed():
        assert (0.9 * tiny == 0).all() and (np.array([1e-300]) * 1e-10 == 0).all()
    assert (0.9 * tiny > 0).all()  # the caller's numbers are as before
    method = METHODS["gradient_descent"].with_parameters(alpha=0.1)
    group = lanes_of(diagonal(np.array([1.0, 1e-3])), NOISY)
    quiet = replace(group, oracle=Exact(), starts=np.array([[1e-300, 1.0], [1.0, 2.0]]))
    both(method, quiet, ["distance"], np.array([1, 100, 900]))


@pytest.mark.parametrize(
    "group",
    [
        lanes_of(separable("dented", Dented(), 5), Exact()),
        lanes_of(separable("tail", Tail(q=0.5), 5), Exact()),
        lanes_of(self_similar(0.1, 1.0, 5), Exact()),
        lanes_of(QUADRATIC, Misled(size=lambda count: 1 / count, text="1/k")),
        lanes_of(SUMS[0], Exact()),
        lanes_of(SUMS[0], Minibatch(problem=SUMS[0], size=33)),
    ],
    ids=lambda group: f"{group.problem.name}, {group.oracle.identity[:9]}",
)
def test_what_cannot_be_compiled_runs_on_numpy(group):
    with pytest.raises(NumericLimit):
        simulate(METHODS["adam"], [group], STEPS, ["gap"], compiled=True)
    assert np.isfinite(simulate(METHODS["adam"], [group], STEPS, ["gap"])[0].measures["gap"]).all()


def test_rules_without_machine_code_run_on_numpy():
    from convergence.methods.modules import sparsified

    method = sparsified(2)(METHODS["gradient_descent"])
    with pytest.raises(NumericLimit, match="kth"):
        simulate(method, [lanes_of(QUADRATIC, NOISY)], STEPS, ["gap"], compiled=True)


def test_work_that_numpy_finishes_sooner_is_not_compiled(monkeypatch):
    def fail(text):
        raise AssertionError("compiled")

    monkeypatch.setattr(machine, "_compiled", fail)
    simulate(METHODS["adam"], [lanes_of(QUADRATIC, NOISY)], np.array([5]), ["gap"])


def test_what_the_compiler_refuses_runs_on_numpy(monkeypatch):
    def refuse(text):
        raise RuntimeError("LLVM refuses")

    monkeypatch.setattr(machine, "_object", refuse)
    method = METHODS["adam"].with_parameters(alpha=0.41)  # no other test has it
    (trace,) = simulate(method, [lanes_of(diagonal(np.ones(5)), Exact(), 2000)], np.array([500]), ["gap"])
    assert np.isfinite(trace.measures["gap"]).all()


def test_large_work_is_compiled(monkeypatch):
    from convergence.simulation import runs

    made = []
    monkeypatch.setattr(runs, "Compiled", lambda *arguments: made.append(arguments) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        simulate(METHODS["adam"], [lanes_of(QUADRATIC, NOISY, 2000)], np.array([2000]), ["gap"])
    assert made


# --- the cache on disk


def test_code_is_kept_and_harmed_files_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVERGENCE_CACHE", str(tmp_path))
    text = "define void @f(ptr %a, ptr %b) {\n store i64 42, ptr %a\n ret void\n}\n"
    made = machine._object(text)
    (kept,) = (tmp_path / "kernels").iterdir()
    monkeypatch.setattr(machine, "_compiled", lambda text: b"made again")
    assert machine._object(text) == made
    kept.write_bytes(kept.read_bytes()[:-1])
    assert machine._object(text) == b"made again"


def test_warming_compiles_what_runs_need(tmp_path, monkeypatch):
    from convergence.simulation import warm

    monkeypatch.setenv("CONVERGENCE_CACHE", str(tmp_path))
    groups = [lanes_of(QUADRATIC, NOISY), lanes_of(separable("tail", Tail(q=0.5), 5), NOISY)]
    method = METHODS["adam"].with_parameters(alpha=0.37)  # no other test has it
    assert warm(method, groups, ["best_gap"]) == 1
    monkeypatch.setattr(machine, "_compiled", lambda text: pytest.fail("compiled again"))
    simulate(method, groups[:1], STEPS, ["best_gap"], compiled=True)


def test_code_is_unloaded_with_its_last_reference():
    import gc
    import weakref

    loaded = machine.function.__wrapped__("define void @h(ptr %a, ptr %b) {\n ret void\n}\n", "h")
    engine = weakref.ref(loaded.engine)
    loaded(0, 0)
    del loaded
    gc.collect()
    assert engine() is None


def test_the_text_of_a_kernel_is_always_the_same():
    from convergence.kernels import kernel
    from convergence.simulation.compiled import recorded

    group = lanes_of(QUADRATIC, NOISY)
    texts = {recorded(kernel(METHODS["amvt"]), group, {}).text for _ in range(2)}
    kernel.cache_clear()
    assert texts == {recorded(kernel(METHODS["amvt"]), group, {}).text}


# --- checkpoints


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("killed", [1, 7, 40])
def test_an_interrupted_ensemble_goes_on_to_the_same_bits(tmp_path, monkeypatch, compiled, killed):
    from convergence.simulation import lanes

    method = METHODS["adam"].with_parameters(alpha=0.05)
    groups = [lanes_of(QUADRATIC, NOISY), lanes_of(SUMS[1], Minibatch(problem=SUMS[1], size=2), 3)]
    measures = ["gap", "squared_distance", "average_iterate_gap"]
    whole = simulate(method, groups, STEPS, measures)
    monkeypatch.setattr(lanes, "PATIENCE", -1.0)
    seen, record = [], lanes.Lanes.record

    def killed_there(self, output, count):
        seen.append(count)
        if len(seen) == killed:
            raise KeyboardInterrupt
        record(self, output, count)

    monkeypatch.setattr(lanes.Lanes, "record", killed_there)
    with pytest.raises(KeyboardInterrupt):
        simulate(method, groups, STEPS, measures, checkpoints=tmp_path, compiled=compiled)
    monkeypatch.setattr(lanes.Lanes, "record", record)
    resumed = simulate(method, groups, STEPS, measures, checkpoints=tmp_path, compiled=not compiled)
    for first, second in zip(whole, resumed, strict=True):
        assert_same(first, second)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])  # a file that was cut short counts as none
    for first, second in zip(whole, simulate(method, groups, STEPS, measures, checkpoints=tmp_path), strict=True):
        assert_same(first, second)


def test_a_finished_ensemble_is_read(tmp_path, monkeypatch):
    group = lanes_of(QUADRATIC, NOISY)
    (first,) = simulate(METHODS["adam"], [group], STEPS, ["gap"], checkpoints=tmp_path)
    from convergence.simulation import runs

    monkeypatch.setattr(runs, "Interpreted", lambda *arguments: 1 / 0)
    (second,) = simulate(METHODS["adam"], [group], STEPS, ["gap"], checkpoints=tmp_path, compiled=False)
    assert_same(first, second)


def test_a_piecewise_rule_lets_through_what_is_not_a_number():
    from sympy import Piecewise

    method = rule("test", step=Piecewise((g / 10, g > 1), (g / 3, g < -2), (0, True)))
    starts = np.array([[3.0, -3.0, 0.5], [np.nan, 1.0, 2.0]])
    both(method, Group(problem=diagonal(np.ones(3)), oracle=Exact(), starts=starts), ["gap"], np.array([1, 5]))


@pytest.mark.parametrize("name", ["amvt_algorithm1", "adam"])
def test_truths_that_are_found_before_a_norm_and_used_after_it(name):
    """Where an iterate lies beyond a kink is asked before the projection and again for the regret."""
    both(METHODS[name], lanes_of(kinked(0.0, 1.0, 24, 1.0), NOISY, radius=0.707), ["regret", "gap"])


def test_the_page_runs():
    page = (Path(__file__).resolve().parents[2] / "docs" / "kernels.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(block, "docs/kernels.md", "exec"), {})
