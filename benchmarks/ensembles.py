"""Coordinate updates per second of ensembles: python benchmarks/ensembles.py [rounds] [part of a case's name ...].

1,024 lanes, float64, one thread. Peers run in the same process, in turns; medians of processor time are compared. The
results are compared first: exactly the same recursion where there is no noise, the same distribution where there is.

* ours: the compiled ensemble; numpy: the same with NumPy (the rule lambdified, vectorised over lanes).
* vmap: optax (AMVT: the same lines by hand) on one lane, vmapped over lanes, in a jitted scan.
* whole: the same on the whole (lanes, d) array: the fastest JAX program that we know.
* torch: a loop with torch.optim on one lane, times 1,024.
"""

# ruff: noqa: E402 - threads and precision are set before JAX is loaded
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_ENABLE_X64"] = "1"
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # JAX takes every core that it sees

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from convergence.methods import METHODS
from convergence.methods.modules import clipped_gradient
from convergence.problems.finite_sums import logistic
from convergence.problems.oracles import Additive, Exact, Minibatch, Noise
from convergence.problems.quadratics import diagonal, log_spaced, rotated
from convergence.simulation import Group, simulate

LANES = 1024
ADAM = {"b1": 0.9, "b2": 0.999, "eps": 1e-8}


def amvt(rate: float = 0.001, b3: float = 0.99) -> optax.GradientTransformation:
    """AMVT with merged roots, as ours runs it."""

    def init(x):
        return jnp.zeros_like(x), jnp.zeros_like(x), jnp.zeros_like(x), jnp.zeros((), x.dtype)

    def update(g, state, x=None):
        m, v, s, t = state
        m, v, t = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g, t + 1
        s = b3 * s + (1 - b3) * (g - m) ** 2
        scale = rate / jnp.sqrt(v / (1 - 0.999**t) + 1e-8 + s / (1 - b3**t))
        return -scale * m / (1 - 0.9**t), (m, v, s, t)

    return optax.GradientTransformation(init, update)


RULES: dict[str, tuple[object, Callable[[], optax.GradientTransformation] | None]] = {
    "adam": (METHODS["adam"], partial(optax.adam, 0.001, **ADAM)),
    "amvt": (METHODS["amvt"], amvt),
    "clipped adam": (
        clipped_gradient(1.0)(METHODS["adam"]),
        lambda: optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.001, **ADAM)),
    ),
    "lamb": (METHODS["lamb"], partial(optax.lamb, 0.001, b1=0.9, b2=0.999, eps=1e-6, weight_decay=0.01)),
}


@dataclass
class Case:
    name: str
    rule: str
    problem: object
    oracle: object
    starts: np.ndarray
    steps: int
    gradient: Callable  # of points and a random key, for JAX
    rowwise: bool = False  # whether the rule has a norm, so that the whole array would be one vector


def quadratic_case(rule: str, d: int, noise: bool, steps: int) -> Case:
    r = np.random.default_rng(0)
    spectrum, minimiser = log_spaced(0.1, 1.0, d), r.normal(size=d)
    level = 1.0
    deviation = level / np.sqrt(d)

    def gradient(x, key):
        g = jnp.asarray(spectrum) * (x - jnp.asarray(minimiser))
        return g + deviation * jax.random.normal(key, x.shape, x.dtype) if noise else g

    oracle = Additive(law=Noise.GAUSSIAN, level=level) if noise else Exact()
    name = f"{rule}, d = {d}, {'Gaussian noise' if noise else 'no noise'}"
    starts = 10 * r.normal(size=(LANES, d))  # nothing arrives at the minimiser
    norm = rule in ("clipped adam", "lamb")
    return Case(name, rule, diagonal(spectrum, minimiser), oracle, starts, steps, gradient, rowwise=norm)


def dense_case(d: int, steps: int) -> Case:
    r = np.random.default_rng(0)
    problem = rotated(log_spaced(0.1, 1.0, d), minimiser=r.normal(size=d))
    H, minimiser = jnp.asarray(problem.hessian), jnp.asarray(problem.minimiser)
    starts = r.normal(size=(LANES, d))
    return Case(f"adam, dense, d = {d}", "adam", problem, Exact(), starts, steps, lambda x, key: (x - minimiser) @ H)


def logistic_case(d: int, batch: int, steps: int) -> Case:
    r = np.random.default_rng(0)
    data = r.normal(size=(1000, d))
    problem = logistic(data, np.sign(data[:, 0] + 0.3 * data[:, 1]), 0.1)
    A = jnp.asarray(problem.features)

    def gradient(x, key):
        chosen = jax.random.randint(key, (*x.shape[:-1], batch), 0, len(A))
        rows = A[chosen]
        weight = jax.nn.sigmoid(-jnp.einsum("...bd,...d->...b", rows, x))
        return 0.1 * x - jnp.einsum("...b,...bd->...d", weight, rows) / batch

    oracle = Minibatch(problem=problem, size=batch)
    starts = r.normal(size=(LANES, d))
    name = f"adam, logistic, d = {d}, minibatches of {batch}"
    return Case(name, "adam", problem, oracle, starts, steps, gradient)


# --- peers: each returns a function that runs all steps and gives the last points


def ours(case: Case, compiled: bool, threads: int = 1) -> Callable[[], np.ndarray]:
    rule, _ = RULES[case.rule]
    group = Group(problem=case.problem, oracle=case.oracle, starts=case.starts)
    steps = np.array([case.steps])  # the peers record nothing else

    def run() -> np.ndarray:
        (trace,) = simulate(rule, [group], steps, ["gap"], compiled=compiled, threads=threads)
        return trace.measures["gap"][:, -1]

    return run


def jax_program(case: Case, over_lanes: bool) -> Callable[[], np.ndarray]:
    _, make = RULES[case.rule]
    optimizer = make()

    def body(carry, key):
        x, state = carry
        updates, state = optimizer.update(case.gradient(x, key), state, x)
        return (optax.apply_updates(x, updates), state), None

    def run(x, key):
        keys = jax.random.split(key, case.steps)
        return jax.lax.scan(body, (x, optimizer.init(x)), keys)[0][0]

    starts = jnp.asarray(case.starts)
    if over_lanes:
        compiled = jax.jit(jax.vmap(run))
        keys = jax.random.split(jax.random.key(0), LANES)
    else:
        compiled, keys = jax.jit(run), jax.random.key(0)
    return lambda: np.asarray(case.problem.gap(np.asarray(compiled(starts, keys))))


def torch_loop(case: Case) -> Callable[[], np.ndarray]:
    """One lane; its time counts LANES times."""
    spectrum, minimiser = (torch.tensor(part) for part in (case.problem.spectrum, case.problem.minimiser))
    noise = isinstance(case.oracle, Additive)
    torch.set_num_threads(1)

    def run():
        x = torch.tensor(case.starts[0], requires_grad=True)
        optimizer = torch.optim.Adam([x], lr=0.001)
        for _ in range(case.steps):
            x.grad = spectrum * (x.detach() - minimiser)
            if noise:
                x.grad += torch.randn_like(x) / len(minimiser) ** 0.5
            optimizer.step()
        return case.problem.gap(x.detach().numpy()[None])

    return run


def peers(case: Case) -> dict[str, Callable[[], np.ndarray]]:
    found = {"ours": ours(case, True), "numpy": ours(case, False), "vmap": jax_program(case, True)}
    if not case.rowwise:
        found["whole"] = jax_program(case, False)
    if case.rule == "adam" and hasattr(case.problem, "spectrum") and case.problem.rotation is None:
        found["torch"] = torch_loop(case)
    return found


def agree(case: Case, results: dict[str, np.ndarray]) -> str:
    """Nothing, or who differs from ours: at all without noise, in the mean gap beyond five standard errors with it."""
    mine, wrong = results["ours"], []
    for name, other in results.items():
        if isinstance(case.oracle, Exact):
            same = np.allclose(other, mine[: len(other)], rtol=1e-8, atol=1e-13)
        elif len(other) == 1:
            same = True
        else:
            same = abs(other.mean() - mine.mean()) < 5 * np.hypot(other.std(), mine.std()) / np.sqrt(LANES)
        if not same or (name == "numpy" and not np.array_equal(other, mine)):
            wrong.append(name)
    return ", ".join(wrong)


def measured(case: Case, rounds: int) -> None:
    runs = peers(case)
    began = time.process_time()
    results = {"ours": runs["ours"]()}
    first = time.process_time() - began
    results |= {name: run() for name, run in runs.items() if name != "ours"}
    wrong = agree(case, results)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.process_time()
            run()
            seconds[name].append((time.process_time() - began) * (LANES if name == "torch" else 1))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    work = case.steps * case.starts.size / 1e6
    print(f"{case.name}{f'   DIFFERS: {wrong}' if wrong else ''}")
    for name, value in median.items():
        ratio = "" if name == "ours" else f"   ours is {value / median['ours']:8.1f} times faster"
        print(f"    {name:6s} {work / value:9.2f} million coordinate updates/s{ratio}")
    print(f"    the first run, which compiles, took {first - median['ours']:.2f} s more", flush=True)


def cases() -> list[Case]:
    found = [
        quadratic_case(rule, d, noise, 6000 if d == 10 else 1200)
        for rule in ("adam", "amvt")
        for noise in (True, False)
        for d in (10, 100)
    ]
    found += [quadratic_case(rule, 10, noise, 1000) for rule in ("clipped adam", "lamb") for noise in (True, False)]
    return [*found, dense_case(100, 400), logistic_case(30, 8, 2000)]


def main(rounds: int, wanted: list[str]) -> None:
    for case in cases():
        if all(part in case.name for part in wanted):
            measured(case, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, sys.argv[2:])
