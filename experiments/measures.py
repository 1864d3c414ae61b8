"""What is reported of a run, as one row of a table."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from convergence.errors import NumericLimit
from convergence.learning import Data, Ending, InMemory, Run
from convergence.learning.curvature import sharpness
from convergence.learning.metrics import column, generalisation_gap, net_of, seconds_to, spread_over_epochs
from experiments.scales import Task

MEASURES = {
    "epochs_to_target": "epochs until the validation accuracy first reaches the target, interpolated; inf if never",
    "seconds_to_target": "seconds of training until then",
    "test_accuracy": "at the end",
    "test_loss": "at the end",
    "train_loss": "at the end",
    "generalisation_gap": "training accuracy minus test accuracy at the end",
    "loss_deviation": "standard deviation of the validation loss over the second half of the epochs",
    "gradient_deviation": "standard deviation of the batch gradients' norm over the second half of the steps, "
    "divided by their mean",
    "gradient_decay": "p of the fit C T^-p to the mean squared norm of the batch gradients of the first T steps, "
    "over the last half of the steps",
    "weight_norm": "L2 norm of all parameters at the end",
    "sharpness": "largest eigenvalue of the Hessian of the loss over training examples at the end, to 1 %",
    "seconds_per_step": "median over the steps",
}
"""Columns, and what they mean. A run that became non-finite has infinite losses and accuracy 0."""

WORST = {"test_accuracy": 0.0, "gradient_decay": -inf}
OF_SOLUTIONS = ("generalisation_gap", "loss_deviation", "gradient_deviation", "weight_norm", "sharpness")
"""Missing where a run never reaches the target: a net that has not learnt is flat, steady and general to no merit."""


def row(run: Run, task: Task, data: Data) -> dict[str, float]:
    """All measures of one run."""
    seconds = float(np.median(run.steps["seconds"]))
    if run.ending is Ending.NON_FINITE:
        failed = {name: WORST.get(name, inf) for name in MEASURES}
        return failed | dict.fromkeys(OF_SOLUTIONS, nan) | {"seconds_per_step": seconds}
    found = _measured(run, task, data, seconds)
    return found | (dict.fromkeys(OF_SOLUTIONS, nan) if found["epochs_to_target"] == inf else {})


def _measured(run: Run, task: Task, data: Data, seconds: float) -> dict[str, float]:
    return {
        "epochs_to_target": crossing(run.epochs["epoch"], column(run, "validation_accuracy"), task.target),
        "seconds_to_target": seconds_to(run, "validation_accuracy", task.target),
        "test_accuracy": run.final["test_accuracy"],
        "test_loss": run.final["test_loss"],
        "train_loss": run.final["train_loss"],
        "generalisation_gap": generalisation_gap(run),
        "loss_deviation": spread_over_epochs(run, "validation_loss"),
        "gradient_deviation": _relative_deviation(late(run.steps["gradient_norm"])),
        "gradient_decay": decay(run.steps["gradient_norm"]),
        "weight_norm": run.final["weight_norm"],
        "sharpness": _sharpness(net_of(task.net(data), run), data, task.curvature),
        "seconds_per_step": seconds,
    }


def _sharpness(net: nn.Module, data: Data, count: int) -> float:
    inputs, targets = data.train.batch(torch.arange(min(count, len(data.train))))
    try:
        return sharpness(net, InMemory(inputs=inputs, targets=targets), tolerance=1e-2)
    except NumericLimit:
        return inf


def crossing(at: NDArray[np.float64], values: NDArray[np.float64], target: float) -> float:
    """Where values first reach a target, interpolated from the place before; inf if they never do."""
    reached = np.flatnonzero(values >= target)
    if not reached.size:
        return inf
    place = int(reached[0])
    before, low = (float(at[place - 1]), float(values[place - 1])) if place else (0.0, 0.0)
    return before + (float(at[place]) - before) * (target - low) / (float(values[place]) - low)


def late(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The second half."""
    return values[len(values) // 2 :]


def averaged_square(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean squared norm of the first T gradients, for every T: what theorems on nonconvex problems bound."""
    return np.cumsum(norms**2) / np.arange(1, len(norms) + 1)


def decay(norms: NDArray[np.float64]) -> float:
    """The exponent p of ``C T^-p``, by least squares in logarithms; theorems on nonconvex problems promise 1/2."""
    means = averaged_square(norms)
    steps = np.arange(1, len(means) + 1)
    usable = (steps > len(steps) // 2) & (means > 0)
    if usable.sum() < 2:
        return nan
    return -float(np.polyfit(np.log(steps[usable]), np.log(means[usable]), 1)[0])


def _relative_deviation(values: NDArray[np.float64]) -> float:
    mean = float(values.mean())
    return float(values.std()) / mean if mean > 0 else 0.0
