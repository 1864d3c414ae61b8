"""Both papers' methods with their modules switched one by one, each tuned like the others.

python -m experiments.ablation --scale small --seeds 20 --out build/ablation
convergence audit build/ablation/claims.toml
"""

from __future__ import annotations

from pathlib import Path

from experiments.contenders import ablations
from experiments.running import Device, Out, Pictures, ScaleName, Seeds, experiment, scale, started
from experiments.statements import ABLATED


def main(
    scale_name: ScaleName = "small",
    seeds: Seeds = None,
    device: Device = None,
    pictures: Pictures = False,
    out: Out = Path("ablation"),
) -> None:
    """Switch modules one by one, and write runs.csv, traces, a summary and the papers' claims about such runs."""
    experiment(
        f"Ablation of AMVT and AMGT, {scale_name} scale",
        scale(scale_name),
        lambda task, data: list(ablations(task.plan(data).total(len(data.train))).values()),
        ABLATED,
        seeds=seeds,
        device=device,
        pictures=pictures,
        out=out,
    )


if __name__ == "__main__":
    started(main)
