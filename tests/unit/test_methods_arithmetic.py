"""Every rule in every arithmetic: symbols, rationals, 50 digits, NumPy and torch make the same steps."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from method_paths import DIMENSION, STEPS, played, typical
from method_references import Array
from sympy import Rational, Symbol

from convergence.kernels import EXACT, high_precision, kernel, program, trajectory
from convergence.methods import METHODS
from convergence.methods.rule import Rule, theta
from convergence.optim import as_optimizer

EPS = np.finfo(float).eps
DIGITS = high_precision(50)

ULPS = {"heavy_ball": 60, "nesterov_constant": 60, "amgt_strongly_convex": 150}
"""The rounding of an iterate is a velocity there, which goes on 1/(1 - beta) times as far; AMGT's variance is a small
difference of two moments, and with steps 1/(mu t) it is seen. Elsewhere a few."""


def precise(rule: Rule, gradients: Array, start: Array) -> Array:
    """The iterates in 50 digits, rounded."""
    remaining: Iterator[Array] = iter(gradients)
    begin = [DIGITS.number(Rational(value)) for value in start]
    states = trajectory(program(rule), lambda _: list(map(mpmath.mpf, next(remaining))), begin, STEPS, DIGITS)
    return np.array([[float(value) for value in state[theta]] for state in states])


def through_torch(rule: Rule, gradients: Array, start: Array) -> Array:
    parameter = torch.nn.Parameter(torch.tensor(start))
    optimizer = as_optimizer(rule)([parameter])
    path = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(optimizer.state[parameter].get("theta", parameter).detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=4)
@given(seed=st.integers(0, 10**6), usual=st.booleans())
def test_numpy_and_torch_are_fifty_digits_rounded(name: str, seed: int, usual: bool) -> None:
    """After eight steps, in last places of the largest iterate or of the way; compiled code has the bits of NumPy."""
    r = np.random.default_rng(seed)
    gradients, start = r.normal(size=(STEPS, DIMENSION)), r.normal(size=DIMENSION)
    rule = METHODS[name] if usual else METHODS[name].with_parameters(**typical(name))
    wanted = precise(rule, gradients, start)
    path = np.concatenate([start[None], wanted])
    size = np.maximum(np.abs(path).max(axis=0), np.abs(np.diff(path, axis=0)).sum(axis=0))
    for found in (
        played(rule, lambda count, _: gradients[count - 1], start)[:, 0],
        through_torch(rule, gradients, start),
    ):
        assert (np.abs(found - wanted) / size).max() <= ULPS.get(name, 8) * EPS


eighths = st.integers(-24, 24).filter(bool).map(lambda n: Rational(n, 8))


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=3)
@given(start=eighths, slope=eighths, shift=eighths)
def test_two_steps_on_symbols_are_two_steps_of_the_code(
    name: str, start: Rational, slope: Rational, shift: Rational
) -> None:
    """Unrolled on symbols, then filled in; run on the rationals themselves; and run on NumPy."""
    x, a, b = (Symbol(letter, real=True) for letter in "xab")
    rule, filled = METHODS[name], {x: start, a: slope, b: shift}
    symbolic = [values[theta].xreplace(filled) for values in rule.unrolled(lambda point: a * point - b, x, 2)]
    states = trajectory(program(rule), lambda point: [slope * point[0] - shift], [start], 2, EXACT)
    exact = [state[theta][0] for state in states]
    for first, second in zip(symbolic, exact, strict=True):
        assert abs(sympy.N(first - second, 60)) < 1e-50

    run = kernel(rule)
    state = run.start(np.array([[float(start)]]), ())
    for count, value in enumerate(exact, start=1):
        gradient = float(slope) * run.query(count, state, ()) - float(shift)
        state = run.step(count, gradient, state, ())
        wanted = float(sympy.N(value, 30))
        assert abs(float(state[0][0, 0]) - wanted) <= ULPS.get(name, 8) * EPS * max(abs(float(start)), abs(wanted))
