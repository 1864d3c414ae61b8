"""Optimizers compared as they should be: tuned alike, chosen on validation data, judged on fresh seeds.

    python -m experiments.comparison --scale small --seeds 20 --out build/comparison
    convergence audit build/comparison/claims.toml
    convergence fit build/comparison/traces/digits-mlp/amvt.csv --x step --y gradient_norm --by seed --minimum 0

What is finished is kept below the folder: run again after an interruption, and it goes on with the same bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.contenders import chosen
from experiments.running import Device, Out, Pictures, ScaleName, Seeds, experiment, scale, started
from experiments.statements import COMPARED

Methods = Annotated[str | None, typer.Option(help="Names, separated by commas; the scale's own if left out.")]


def main(
    scale_name: ScaleName = "small",
    seeds: Seeds = None,
    methods: Methods = None,
    device: Device = None,
    pictures: Pictures = True,
    out: Out = Path("comparison"),
) -> None:
    """Compare optimizers, and write runs.csv, traces, a summary and the papers' claims about such runs."""
    size = scale(scale_name)
    contenders = chosen(methods.split(",") if methods else size.methods)
    title = f"Comparison of optimizers, {scale_name} scale"
    experiment(
        title, size, lambda task, data: contenders, COMPARED, seeds=seeds, device=device, pictures=pictures, out=out
    )


if __name__ == "__main__":
    started(main)
