"""What the two papers say about trainings, as comparisons over a table of runs, written as a claim file.

Each statement names the measure that comes closest to the paper's words; what it needs to be judged at the paper's own
scale stands beside it. `convergence audit` judges the file at the scale that was run.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from convergence.learning.records import replacing
from experiments.scales import PAPERS_NEED

LESS = "first < second"


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
    relation: str = "first < second"
    of: str = "mean"
    needs: str = PAPERS_NEED


def _amvt(key: str, where: str, says: str, measure: str, relation: str, second: str = "adam", **more: str) -> Statement:
    return Statement(
        id=f"amvt-{key}", where=f"AMVT, {where}", says=says, first="amvt", second=second,
        measure=measure, relation=relation, **more,
    )  # fmt: skip


def _amgt(key: str, where: str, says: str, measure: str, relation: str, second: str = "adam", **more: str) -> Statement:
    return Statement(
        id=f"amgt-{key}", where=f"AMGT, {where}", says=says, first="amgt", second=second,
        measure=measure, relation=relation, **more,
    )  # fmt: skip


COMPARED: tuple[Statement, ...] = (
    _amvt("fewer-epochs", "Abstract; 5.1", "fewer epochs than Adam", "epochs_to_target", "first < second"),
    _amvt("epochs-23", "Abstract", "23% fewer epochs than Adam", "epochs_to_target", "first <= 0.77*second"),
    _amvt("epochs-sgd", "5.1", "38% fewer epochs than SGD", "epochs_to_target", "first <= 0.62*second", "momentum"),
    _amvt("time", "5.4", "24% less time than Adam at least", "seconds_to_target", "first <= 0.76*second"),
    _amvt("accuracy", "5.2", "more accurate than Adam", "test_accuracy", "first > second"),
    _amvt("accuracy-2", "6 (3)", "2-3% more accurate than Adam", "test_accuracy", "0.02 <= first - second <= 0.03"),
    _amvt("radam", "5.9", "1.2% more accurate than RAdam", "test_accuracy", "first >= second + 0.012", "radam"),
    _amvt("epochs-radam", "5.9", "15% faster than RAdam", "epochs_to_target", "first <= 0.85*second", "radam"),
    _amvt("gap", "5.3", "a smaller generalisation gap than Adam's", "generalisation_gap", "first < second"),
    _amvt("gap-sgd", "5.3", "a smaller gap than SGD's", "generalisation_gap", "first < second", "momentum"),
    _amvt("norm", "5.3", "weights of an 18% smaller norm than Adam's", "weight_norm", "first <= 0.82*second"),
    _amvt("sharpness", "5.8", "a largest eigenvalue 40% below Adam's", "sharpness", "first <= 0.6*second"),
    _amvt("smooth", "5.1", "smoother curves than Adam's", "loss_deviation", "first < second"),
    _amvt("steady", "5.9", "steadier than AdaBound", "loss_deviation", "first < second", "adabound"),
    Statement(
        id="amvt-gradient-norm", where="AMVT, 5.10", says="the gradient norm falls as 1/sqrt(T)",
        first="amvt", second=None, measure="gradient_decay", relation="first >= 1/2",
    ),
    _amgt("accuracy", "Abstract; Table 4.2", "more accurate than Adam", "test_accuracy", "first > second"),
    _amgt("accuracy-sgd", "Table 4.2", "more accurate than SGD", "test_accuracy", "first > second", "momentum"),
    _amgt("accuracy-rmsprop", "Table 4.2", "more accurate than RMSProp", "test_accuracy", "first > second", "rmsprop"),
    _amgt("fewer-epochs", "Resource Utilization", "fewer epochs than Adam", "epochs_to_target", "first < second"),
    _amgt("epochs-18", "Resource Utilization", "up to 18% fewer epochs", "epochs_to_target", "first <= 0.82*second"),
    _amgt("time-15", "Conclusions", "15% less time than Adam", "seconds_to_target", "first <= 0.85*second"),
    _amgt("stable", "Table 4.2", "the accuracy varies less than Adam's", "test_accuracy", LESS, of="spread"),
    _amgt("smooth", "Graphical Comparisons", "smoother loss curves than Adam's", "loss_deviation", "first < second"),
    _amgt("gradients", "Graphical Comparisons C", "steadier gradients than Adam's", "gradient_deviation", LESS),
    _amgt("gap", "Graphical Comparisons", "generalises better than Adam", "generalisation_gap", "first < second"),
    _amgt("flat", "Discussion", "avoids sharp minima", "sharpness", "first < second"),
)  # fmt: skip
"""For the comparison of optimizers."""

ABLATED: tuple[Statement, ...] = (
    _amvt("tracking", "5.7", "tracking the variance adds 0.8 to Adam", "test_accuracy", "first - second >= 0.008"),
    _amgt(
        "schedule", "Ablation Study", "without the schedule 1-2% of accuracy are lost", "test_accuracy",
        "0.01 <= first - second <= 0.02", "amgt, without schedule",
    ),
    _amgt(
        "threshold", "Ablation Study", "without the threshold training oscillates", "loss_deviation",
        "first < second", "amgt, without threshold",
    ),
    _amgt(
        "sharp-minima", "Discussion", "thresholding avoids sharp minima", "sharpness",
        "first < second", "amgt, without threshold",
    ),
)  # fmt: skip
"""For the ablations."""

DISTURBED: tuple[Statement, ...] = (
    Statement(
        id="amgt-noisy", where="AMGT, Abstract", says="more accurate than Adam under gradient noise",
        first="amgt, noisy", second="adam, noisy", measure="test_accuracy", relation="first > second",
    ),
    _amgt(
        "quantized", "Abstract; Discussion", "quantized updates cost no more than 1 point", "test_accuracy",
        "first - second <= 0.01", "amgt, quantized",
    ),
    _amgt(
        "sparsified", "Abstract; Discussion", "sparsified updates cost no more than 1 point", "test_accuracy",
        "first - second <= 0.01", "amgt, sparsified",
    ),
)  # fmt: skip
"""For the robustness experiment."""

SENSITIVE: tuple[Statement, ...] = (
    _amvt("rates", "5.5", "less sensitive than Adam to the learning rate", "rate_range", "first < second"),
    Statement(
        id="amvt-rates-good", where="AMVT, 5.5", says="good performance from 1e-4 to 1e-2, read as 2 points at most",
        first="amvt", second=None, measure="rate_range", relation="first <= 0.02",
    ),
    Statement(
        id="adam-rates-drop", where="AMVT, 5.5", says="Adam loses 8% outside its best learning rates",
        first="adam", second=None, measure="rate_range", relation="first >= 0.08",
    ),
    Statement(
        id="amvt-batches", where="AMVT, 5.5", says="stable for batches of 64 to 512, read as 2 points at most",
        first="amvt", second=None, measure="batch_range", relation="first <= 0.02",
    ),
    Statement(
        id="amvt-betas", where="AMVT, 5.5", says="accuracy varies by less than 1% over the betas",
        first="amvt", second=None, measure="beta_range", relation="first < 0.01",
    ),
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
