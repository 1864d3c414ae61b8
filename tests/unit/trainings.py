"""Data on which a training takes a moment, and what it means that two trainings are the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from convergence.learning import Data, InMemory, Run, load_data


def few_digits(count: int) -> Data:
    """The digits, of which the first `count` are trained on."""
    data = load_data("digits")
    few = InMemory(inputs=data.train.inputs[:count], targets=data.train.targets[:count])  # type: ignore[attr-defined]
    return replace(data, train=few, identity="few digits")


def equal(one: Run, other: Run) -> bool:
    """The same bits everywhere but on the clock."""
    steps = all(np.array_equal(one.steps[name], other.steps[name]) for name in one.steps if name != "seconds")
    epochs = all(np.array_equal(one.epochs[name], other.epochs[name], equal_nan=True) for name in one.epochs)
    states = one.state.keys() == other.state.keys()
    return steps and epochs and states and all(torch.equal(one.state[name], other.state[name]) for name in one.state)
