"""Rules that torch does not have, against the pytorch-optimizer package, step by step in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, sqrt

from convergence.methods import METHODS
from convergence.methods.averages import lookahead
from convergence.methods.rule import Rule
from convergence.optim import AdaBelief, AdaBound, as_optimizer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pytorch_optimizer as foreign

EPS = torch.finfo(torch.float64).eps
SETTINGS = settings(max_examples=15)
STEPS = 12


def started(seed: int) -> list[torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((3, 2), (4,))
    return [torch.nn.Parameter(torch.randn(s, generator=generator, dtype=torch.float64)) for s in shapes]


def largest_gap(
    ours: torch.optim.Optimizer,
    mine: list[torch.nn.Parameter],
    theirs: torch.optim.Optimizer,
    other: list[torch.nn.Parameter],
    seed: int,
) -> float:
    """The largest difference over all steps, in units of the last place of the largest iterate so far.

    The units are those of the whole path, since without copying iterates over every step's rounding remains.
    """
    generator = torch.Generator().manual_seed(seed)
    gap, size = 0.0, 0.0
    for _ in range(STEPS):
        for a, b in zip(mine, other, strict=True):
            a.grad = torch.randn(a.shape, generator=generator, dtype=torch.float64)
            b.grad = a.grad.clone()
        ours.step()
        theirs.step()
        size = max(size, *(float(parameter.detach().abs().max()) for parameter in mine))
        gap = max(gap, *(float((a - b).detach().abs().max()) for a, b in zip(mine, other, strict=True)))
    return gap / (EPS * size)


BETAS = st.tuples(st.floats(0, 0.99), st.floats(0.5, 0.9999))


@SETTINGS
@given(lr=st.floats(1e-4, 0.5), betas=BETAS, eps=st.sampled_from([1e-12, 1e-8, 1e-4]), seed=st.integers(0, 1000))
def test_adabelief(lr: float, betas: tuple[float, float], eps: float, seed: int) -> None:
    """Both add epsilon to the variance before it is kept, and again to the root, as the paper's algorithm does."""
    mine, other = started(seed), started(seed)
    theirs = foreign.AdaBelief(other, lr=lr, betas=betas, eps=eps)
    assert largest_gap(AdaBelief(mine, lr=lr, betas=betas, eps=eps), mine, theirs, other, seed) <= 4 * STEPS


_BOUND = METHODS["adabound"]
_RAISED = {sqrt(name): sqrt(name + Rational(1, 10**15)) for name in _BOUND.state if name.name == "v"}
_RaisedAdaBound = as_optimizer(
    _BOUND.rewritten("1e-15 under the root", {name: value.subs(_RAISED) for name, value in _BOUND.update.items()})
)


@SETTINGS
@given(
    lr=st.floats(1e-4, 0.5),
    final=st.floats(1e-3, 0.5),
    gamma=st.floats(1e-4, 1.0),
    betas=BETAS,
    seed=st.integers(0, 1000),
)
def test_adabound(lr: float, final: float, gamma: float, betas: tuple[float, float], seed: int) -> None:
    """They add 1e-15 to v under its root. The lower end, final (1 - 1/(gamma t + 1)), and the correction 1 - beta2^t
    cancel: their roundings are 1/gamma and 1/(1 - beta2) times as large."""
    mine, other = started(seed), started(seed)
    ours = _RaisedAdaBound(mine, lr=lr, final=final, gamma=gamma, betas=betas)
    theirs = foreign.AdaBound(other, lr=lr, final_lr=final, gamma=gamma, betas=betas)
    assert largest_gap(ours, mine, theirs, other, seed) <= 4 * STEPS * (1 + 1 / gamma + 1 / (1 - betas[1]))


BASES: dict[str, tuple[Rule, Callable[..., torch.optim.Optimizer]]] = {
    "adam": (METHODS["adam"], torch.optim.Adam),
    "gradient_descent": (METHODS["gradient_descent"], torch.optim.SGD),
    "adabelief": (METHODS["adabelief"], lambda p, lr: foreign.AdaBelief(p, lr=lr, eps=1e-8)),
}


@pytest.mark.parametrize("base", BASES)
@SETTINGS
@given(lr=st.floats(1e-4, 0.1), period=st.integers(1, 6), pull=st.floats(0.1, 0.9), seed=st.integers(0, 1000))
def test_lookahead_over_any_method(base: str, lr: float, period: int, pull: float, seed: int) -> None:
    rule, wrapped = BASES[base]
    mine, other = started(seed), started(seed)
    theirs = foreign.Lookahead(wrapped(other, lr=lr), k=period, alpha=pull)
    ours = as_optimizer(lookahead(rule, period=period, pull=pull))(mine, lr=lr)
    assert largest_gap(ours, mine, theirs, other, seed) <= 4 * STEPS


def test_differences_are_in_the_defaults() -> None:
    """They take 1e-16 as AdaBelief's epsilon where the paper's table and our rule have 1e-8, and scale the end of
    AdaBound's bounds with a schedule of lr, which our rule leaves alone (lr after a schedule over lr at the start)."""
    mine, other = started(0), started(0)
    assert largest_gap(AdaBelief(mine, lr=0.1), mine, foreign.AdaBelief(other, lr=0.1), other, 0) > 1e6
    mine, other = started(0), started(0)
    ours, theirs = AdaBound(mine, lr=0.1, gamma=1.0), foreign.AdaBound(other, lr=0.1, gamma=1.0)
    ours.param_groups[0]["lr"] = theirs.param_groups[0]["lr"] = 0.05
    assert largest_gap(ours, mine, theirs, other, 0) > 1e6
