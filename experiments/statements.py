"""What the two papers say about trainings, as comparisons over a table of runs, written as a claim file.

Each statement names the measure that comes closest to the paper's words; what it needs to be judged at the paper's own
scale stands beside it. `convergence audit` judges the file at the scale that was run.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from convergence.learning.records import replacing
from experiments.scales import PAPERS_NEED


class Place(Protocol):
    """Where methods were run: its name in tables, in words, what pairs runs, and whether they shared their clock."""

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> str: ...

    @property
    def pairs(self) -> str: ...

    @property
    def together(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of a paper about two methods.

    Attributes:
        id, where, says: as in a claim file.
        first, second: contenders.
        measure, relation, of: as in the ``empirical`` table of a claim file.
        needs: what judging it at the paper's scale takes.
    """

    id: str
    where: str
    says: str
    first: str
    second: str | None
    measure: str
    relation: str
    of: str
    needs: str


def said(
    paper: str,
    key: str,
    where: str,
    says: str,
    measure: str,
    relation: str = "first < second",
    second: str | None = "adam",
    *,
    first: str | None = None,
    of: str = "mean",
    needs: str = PAPERS_NEED,
) -> Statement:
    """A sentence of a paper about its own method, or `first`, against Adam, or `second`."""
    return Statement(
        id=f"{paper}-{key}", where=f"{paper.upper()}, {where}", says=says, first=first or paper, second=second,
        measure=measure, relation=relation, of=of, needs=needs,
    )  # fmt: skip


amvt = partial(said, "amvt")
amgt = partial(said, "amgt")

COMPARED: tuple[Statement, ...] = (
    amvt("fewer-epochs", "Abstract; 5.1", "fewer epochs than Adam", "epochs_to_target"),
    amvt("epochs-23", "Abstract", "23% fewer epochs than Adam", "epochs_to_target", "first <= 0.77*second"),
    amvt("epochs-sgd", "5.1", "38% fewer epochs than SGD", "epochs_to_target", "first <= 0.62*second", "momentum"),
    amvt("time", "5.4", "24% less time than Adam at least", "seconds_to_target", "first <= 0.76*second"),
    amvt("accuracy", "5.2", "more accurate than Adam", "test_accuracy", "first > second"),
    amvt("accuracy-2", "6 (3)", "2-3% more accurate than Adam", "test_accuracy", "0.02 <= first - second <= 0.03"),
    amvt("radam", "5.9", "1.2% more accurate than RAdam", "test_accuracy", "first >= second + 0.012", "radam"),
    amvt("epochs-radam", "5.9", "15% faster than RAdam", "epochs_to_target", "first <= 0.85*second", "radam"),
    amvt("gap", "5.3", "a smaller generalisation gap than Adam's", "generalisation_gap"),
    amvt("gap-sgd", "5.3", "a smaller gap than SGD's", "generalisation_gap", second="momentum"),
    amvt("norm", "5.3", "weights of an 18% smaller norm than Adam's", "weight_norm", "first <= 0.82*second"),
    amvt("sharpness", "5.8", "a largest eigenvalue 40% below Adam's", "sharpness", "first <= 0.6*second"),
    amvt("smooth", "5.1", "smoother curves than Adam's", "loss_deviation"),
    amvt("steady", "5.9", "steadier than AdaBound", "loss_deviation", second="adabound"),
    amvt("gradient-norm", "5.10", "the gradient norm falls as 1/sqrt(T)", "gradient_decay", "first >= 1/2", None),
    amgt("accuracy", "Abstract; Table 4.2", "more accurate than Adam", "test_accuracy", "first > second"),
    amgt("accuracy-sgd", "Table 4.2", "more accurate than SGD", "test_accuracy", "first > second", "momentum"),
    amgt("accuracy-rmsprop", "Table 4.2", "more accurate than RMSProp", "test_accuracy", "first > second", "rmsprop"),
    amgt("fewer-epochs", "Resource Utilization", "fewer epochs than Adam", "epochs_to_target"),
    amgt("epochs-18", "Resource Utilization", "up to 18% fewer epochs", "epochs_to_target", "first <= 0.82*second"),
    amgt("time-15", "Conclusions", "15% less time than Adam", "seconds_to_target", "first <= 0.85*second"),
    amgt("stable", "Table 4.2", "the accuracy varies less than Adam's", "test_accuracy", of="spread"),
    amgt("smooth", "Graphical Comparisons", "smoother loss curves than Adam's", "loss_deviation"),
    amgt("gradients", "Graphical Comparisons C", "steadier gradients than Adam's", "gradient_deviation"),
    amgt("gap", "Graphical Comparisons", "generalises better than Adam", "generalisation_gap"),
    amgt("flat", "Discussion", "avoids sharp minima", "sharpness"),
)  # fmt: skip
"""For the comparison of optimizers."""

ABLATED: tuple[Statement, ...] = (
    amvt("tracking", "5.7", "tracking the variance adds 0.8 to Adam", "test_accuracy", "first - second >= 0.008"),
    amgt(
        "schedule", "Ablation Study", "without the schedule 1-2% of accuracy are lost", "test_accuracy",
        "0.01 <= first - second <= 0.02", "amgt, without schedule",
    ),
    amgt(
        "threshold", "Ablation Study", "without the threshold training oscillates", "loss_deviation",
        second="amgt, without threshold",
    ),
    amgt(
        "sharp-minima", "Discussion", "thresholding avoids sharp minima", "sharpness",
        second="amgt, without threshold",
    ),
)  # fmt: skip
"""For the ablations."""

DISTURBED: tuple[Statement, ...] = (
    amgt(
        "noisy", "Abstract", "more accurate than Adam under gradient noise", "test_accuracy",
        "first > second", "adam, noisy", first="amgt, noisy",
    ),
    amgt(
        "quantized", "Abstract; Discussion", "quantized updates cost no more than 1 point", "test_accuracy",
        "first - second <= 0.01", "amgt, quantized",
    ),
    amgt(
        "sparsified", "Abstract; Discussion", "sparsified updates cost no more than 1 point", "test_accuracy",
        "first - second <= 0.01", "amgt, sparsified",
    ),
)  # fmt: skip
"""For the robustness experiment."""

SENSITIVE: tuple[Statement, ...] = (
    amvt("rates", "5.5", "less sensitive than Adam to the learning rate", "rate_range"),
    amvt(
        "rates-good", "5.5", "good performance from 1e-4 to 1e-2, read as 2 points at most", "rate_range",
        "first <= 0.02", None,
    ),
    Statement(
        id="adam-rates-drop", where="AMVT, 5.5", says="Adam loses 8% outside its best learning rates",
        first="adam", second=None, measure="rate_range", relation="first >= 0.08", of="mean", needs=PAPERS_NEED,
    ),
    amvt(
        "batches", "5.5", "stable for batches of 64 to 512, read as 2 points at most", "batch_range",
        "first <= 0.02", None,
    ),
    amvt("betas", "5.5", "accuracy varies by less than 1% over the betas", "beta_range", "first < 0.01", None),
)  # fmt: skip
"""For the sensitivity experiment."""

READINGS: Mapping[str, str] = {
    "amgt_clip, noisy": "amgt, noisy",
    "amvt_algorithm1": "amvt",
    "amgt_clip": "amgt",
    "amgt_scaled": "amgt",
}
"""Contenders that read a paper's method in another way, and the contender that they stand in for."""


def write_claims(
    statements: Collection[Statement], tasks: Iterable[tuple[Place, Collection[str]]], path: Path, title: str
) -> None:
    """A claim file beside ``runs.csv``, with the statements whose methods were run, for each task.

    Times are compared only where each training ran by itself.

    Args:
        statements: what is claimed.
        tasks: each with the names of the methods that were run on it.
        path: of the claim file.
        title: of the paper in the report.
    """
    blocks = [f"[paper]\ntitle = {_text(title)}\n"]
    for task, methods in tasks:
        for statement in statements:
            run = {statement.first, statement.second or statement.first} <= set(methods)
            if run and not (task.together and "seconds" in statement.measure):
                blocks.append("\n".join(_block(statement, task, methods)) + "\n")
    with replacing(path) as file:
        file.write("\n".join(blocks))


def _block(statement: Statement, task: Place, methods: Collection[str]) -> Iterator[str]:
    yield "[[claims]]"
    yield f"id = {_text(f'{statement.id}-{task.name}')}"
    yield f"where = {_text(statement.where)}"
    yield f"says = {_text(f'{statement.says}; here: {task.words}')}"
    yield "[claims.empirical]"
    yield from _table(statement, task)
    for other, stands_for in READINGS.items():
        if stands_for == statement.first and other in methods:
            yield "[[claims.readings]]"
            yield f"reading = {_text(other)}"
            yield "[claims.readings.empirical]"
            yield from _table(replace(statement, first=other), task)


def _table(statement: Statement, task: Place) -> Iterator[str]:
    yield 'runs = "runs.csv"'
    yield f"first = {{ task = {_text(task.name)}, method = {_text(statement.first)} }}"
    if statement.second is not None:
        yield f"second = {{ task = {_text(task.name)}, method = {_text(statement.second)} }}"
    yield f"pairs = {_text(task.pairs)}"
    for key in ("measure", "relation", "of", "needs"):
        yield f"{key} = {_text(getattr(statement, key))}"
    yield f"scale = {_text(task.words)}"


def _text(value: str) -> str:
    """A TOML string; JSON's are among them."""
    return json.dumps(value, ensure_ascii=False)
