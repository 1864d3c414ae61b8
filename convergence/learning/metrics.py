"""What the papers report of a training, as functions of its run."""

from __future__ import annotations

import numpy as np
from torch import nn

from convergence.errors import TrainingError, nearest
from convergence.learning.models import Model
from convergence.learning.records import Array, Ending, Run


def net_of(model: Model, run: Run) -> nn.Module:
    """The trained net of a run, on the CPU.

    Raises:
        TrainingError: if the training became non-finite.
    """
    if run.ending is Ending.NON_FINITE:
        raise TrainingError(f"seed {run.seed} at lr {run.lr:g} became non-finite and left no net")
    net = model(run.seed)
    net.load_state_dict(dict(run.state))
    return net


def column(run: Run, name: str) -> Array:
    """What was measured after each epoch.

    Raises:
        TrainingError: if nothing of that name was.
    """
    if name not in run.epochs:
        raise TrainingError(f"no {name!r} was measured after epochs{nearest(name, run.epochs)}")
    return run.epochs[name]


def generalisation_gap(run: Run, measure: str = "accuracy", part: str = "test") -> float:
    """How much better the last epoch is on the training part: the gap of accuracy, or of loss, positive as a rule."""
    train, other = (float(run.final[f"{name}_{measure}"]) for name in ("train", part))
    return train - other if measure == "accuracy" else other - train


def best(run: Run, name: str) -> float:
    """The best value of a column over all epochs: the largest accuracy, the smallest of everything else; or nan."""
    values = column(run, name)[np.isfinite(column(run, name))]
    if not values.size:
        return float("nan")
    return float(values.max() if name.endswith("accuracy") else values.min())


def epochs_to(run: Run, name: str, target: float) -> float:
    """The first epoch after which a column is as good as the target, inf if there is none.

    Accuracies have to rise to it, everything else has to fall to it.
    """
    place = _reached(run, name, target)
    return float("inf") if place is None else float(run.epochs["epoch"][place])


def seconds_to(run: Run, name: str, target: float) -> float:
    """The seconds of training, without evaluations, until a column is as good as the target; inf if it never is."""
    place = _reached(run, name, target)
    if place is None:
        return float("inf")
    done = run.steps["step"] <= run.epochs["step"][place]
    return float(run.steps["seconds"][done].sum())


def _reached(run: Run, name: str, target: float) -> int | None:
    values = column(run, name)
    good = values >= target if name.endswith("accuracy") else values <= target
    return int(np.argmax(good)) if good.any() else None


def spread_over_epochs(run: Run, name: str = "validation_accuracy", share: float = 0.5) -> float:
    """The standard deviation of a column over the last share of the epochs, nan for fewer than two.

    The AMGT paper's convergence stability is the variance of loss and accuracy over training epochs; it prints a sigma
    without saying over which epochs. Over all of them, it is mostly the rise from the start.
    """
    values = column(run, name)
    last = values[len(values) - max(1, round(share * len(values))) :]
    return float(np.std(last, ddof=1)) if len(last) > 1 else float("nan")


def gradient_spread(run: Run) -> Array:
    """The standard deviation of the gradient norms of batches within each epoch, (epochs,); nan for single steps.

    The second meaning of stability in the AMGT paper (figure 4.4). An epoch cut short by the plan is one, too.
    """
    ends = run.epochs["step"].astype(int)
    starts = np.concatenate([[0], ends[:-1]])
    norms = run.steps["gradient_norm"]
    parts = [norms[start:end] for start, end in zip(starts, ends, strict=True)]
    return np.array([np.std(part, ddof=1) if len(part) > 1 else np.nan for part in parts])


def perplexity(run: Run, part: str = "test") -> float:
    """The exponential of the last loss, for text."""
    return float(np.exp(run.final[f"{part}_loss"]))
