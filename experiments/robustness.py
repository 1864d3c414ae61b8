"""Adam, AMVT and AMGT with noise on every gradient, with quantized and with sparsified updates, each tuned again.

python -m experiments.robustness --scale small --seeds 20 --noise 0.1 --out build/robustness
convergence audit build/robustness/claims.toml
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from convergence.learning import Data, parameter_count
from experiments.contenders import Contender, disturbed
from experiments.running import Device, Out, Pictures, ScaleName, Seeds, experiment, scale, started
from experiments.scales import Task
from experiments.statements import DISTURBED


def main(
    scale_name: ScaleName = "small",
    seeds: Seeds = None,
    noise: Annotated[float, typer.Option(min=0, help="Standard deviation, added to each coordinate.")] = 0.1,
    spacing: Annotated[float, typer.Option(min=0, help="Of the grid that updates are rounded to.")] = 1e-3,
    kept: Annotated[float, typer.Option(min=0, max=1, help="Share of the coordinates applied in a step.")] = 0.1,
    device: Device = None,
    pictures: Pictures = False,
    out: Out = Path("robustness"),
) -> None:
    """Disturb gradients and updates, and write runs.csv, traces, a summary and AMGT's claims about such runs."""

    def contenders(task: Task, data: Data) -> Sequence[Contender]:
        size = parameter_count(task.model, data.shape, data.classes, task.width)
        return list(disturbed(noise=noise, spacing=spacing, count=max(1, round(kept * size))).values())

    title = f"Noise {noise:g}, grid {spacing:g}, {kept:.0%} of the coordinates, {scale_name} scale"
    experiment(title, scale(scale_name), contenders, DISTURBED, seeds=seeds, device=device, pictures=pictures, out=out)


if __name__ == "__main__":
    started(main)
