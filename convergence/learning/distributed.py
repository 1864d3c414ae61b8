"""One large net in several processes under ``torchrun``: each works on a share of every batch, gradients are averaged.

``torchrun --nproc_per_node 2 -m convergence.learning.distributed digits mlp --epochs 3 --out run.csv``
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import distributed

from convergence.errors import ConvergenceError, TrainingError, nearest


@contextmanager
def process_group() -> Iterator[str]:
    """While it is open, this process is one of those that ``torchrun`` started; gives its device.

    One process works on one GPU through NCCL where there are GPUs, on the CPU through gloo where there are none.

    Raises:
        TrainingError: outside ``torchrun``, and where there are fewer GPUs than processes.
    """
    if "LOCAL_RANK" not in os.environ:
        raise TrainingError("not started by torchrun; expected torchrun --nproc_per_node 2 -m …")
    local = int(os.environ["LOCAL_RANK"])
    gpus = torch.cuda.device_count()
    if gpus and local >= gpus:
        raise TrainingError(f"process {local} of this machine has no GPU of its own; there are {gpus}")
    device = f"cuda:{local}" if gpus else "cpu"
    if gpus:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if gpus else "gloo")
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def main(
    data: Annotated[str, typer.Argument(help="A name that load_data knows, such as digits or images:PATH.")],
    model: Annotated[str, typer.Argument(help="A name of MODELS.")],
    optimizer: Annotated[str, typer.Option(help="A name of convergence.methods.METHODS.")] = "adam",
    lr: Annotated[float, typer.Option(min=0)] = 1e-3,
    epochs: Annotated[int, typer.Option(min=1)] = 1,
    batch: Annotated[int, typer.Option(min=1, help="Examples a step, of all processes together.")] = 128,
    width: Annotated[float, typer.Option(help="Factor on the net's hidden sizes.")] = 1.0,
    dropout: Annotated[float, typer.Option(min=0)] = 0.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    checkpoint: Annotated[Path | None, typer.Option(help="A file to save to and resume from.")] = None,
    out: Annotated[Path, typer.Option(help="The table of the run.")] = Path("run.csv"),
) -> None:
    """Train one net in all processes; the first writes its table."""
    from convergence.learning import Plan, load_data, model_for, train, write_runs
    from convergence.methods import METHODS
    from convergence.optim import as_optimizer

    if optimizer not in METHODS:
        raise TrainingError(f"no optimizer {optimizer!r}{nearest(optimizer, METHODS)}")
    with process_group() as device:
        loaded = load_data(data)
        net = model_for(model, loaded, width=width, dropout=dropout)
        run = train(
            net, loaded, as_optimizer(METHODS[optimizer]), Plan(epochs=epochs, batch=batch),
            lr=lr, seed=seed, device=device, checkpoint=checkpoint,
        )  # fmt: skip
        if distributed.get_rank() == 0:
            write_runs([run], out, optimizer=optimizer, data_name=data, model=model)


if __name__ == "__main__":
    try:
        typer.run(main)
    except ConvergenceError as error:
        raise SystemExit(f"convergence.learning.distributed: {error}") from None
