"""Many nets of one shape side by side: their parameters as rows of matrices, their gradients at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.functional import cross_entropy

from convergence.errors import TrainingError

Gradients = Callable[[list[Tensor], Tensor, Tensor], tuple[Tensor, list[Tensor]]]
"""From parameters (lanes, *shape), inputs and targets (lanes, batch, ...) to losses (lanes,) and gradients."""


class Stack:
    """The parameters of many nets.

    Attributes:
        net: one of the nets, for its structure.
        views: each parameter of all nets, (lanes, *shape); views of `parts`.
        parts: the same as the rule sees them, (lanes, numbers): one matrix with a row for each net, or one matrix for
            each parameter, for rules with a norm of their own for each.
    """

    def __init__(self, nets: Sequence[nn.Module], *, each: bool, device: str) -> None:
        self.net = nets[0].to(device)
        self.names = [name for name, _ in self.net.named_parameters()]
        stacked, _ = stack_module_state(list(nets))
        found = [stacked[name].detach().to(device) for name in self.names]
        self.shapes = [tensor.shape[1:] for tensor in found]
        rows = [tensor.reshape(len(nets), -1) for tensor in found]
        self.parts = [row.contiguous() for row in rows] if each else [torch.cat(rows, dim=1)]
        self.views = self.seen(self.parts)

    def seen(self, parts: list[Tensor]) -> list[Tensor]:
        """Matrices of the rule as parameters of the net."""
        if len(parts) == len(self.shapes):
            columns = parts
        else:
            ends = [0, *accumulate(shape.numel() for shape in self.shapes)]
            columns = [parts[0][:, start:end] for start, end in pairwise(ends)]
        return [part.view(len(part), *shape) for part, shape in zip(columns, self.shapes, strict=True)]

    def like_parts(self, rows: list[Tensor]) -> list[Tensor]:
        """Gradients of the parameters, as matrices of the rule."""
        return rows if len(self.parts) == len(rows) else [torch.cat(rows, dim=1)]

    def gradients(self, smoothing: float) -> Gradients:
        """Losses and gradients of all nets at once, traced for the shapes of its first call."""
        forward = vmap(lambda values, inputs: functional_call(self.net, _named(self.names, values), (inputs,)))

        def total(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
            losses = lane_losses(forward(values, inputs), targets, smoothing)
            return losses.sum(), losses

        def both(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, list[Tensor]]:
            gradients, (_, losses) = grad_and_value(total, has_aux=True)(values, inputs, targets)
            return losses, [gradient.reshape(len(gradient), -1) for gradient in gradients]

        traced: dict[torch.Size, Gradients] = {}

        def run_traced(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, list[Tensor]]:
            if inputs.shape not in traced:
                traced[inputs.shape] = make_fx(both)(values, inputs, targets)
            return traced[inputs.shape](values, inputs, targets)

        return run_traced

    def logits(self, values: list[Tensor], inputs: Tensor) -> Tensor:
        """The logits (lanes, batch, ...) of all nets for the same inputs (batch, ...)."""
        forward = vmap(
            lambda parameters, shared: functional_call(self.net, _named(self.names, parameters), (shared,)),
            in_dims=(0, None),
        )
        result: Tensor = forward(values, inputs)
        return result

    def state(self, values: list[Tensor], lane: int) -> dict[str, Tensor]:
        """The parameters of one net, on the CPU."""
        return {name: value[lane].detach().to("cpu", copy=True) for name, value in _named(self.names, values).items()}


def _named(names: Sequence[str], values: Sequence[Tensor]) -> dict[str, Tensor]:
    return dict(zip(names, values, strict=True))


def lane_losses(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """The mean cross entropy of each lane (lanes,), of logits (lanes, batch, ..., classes)."""
    flat = cross_entropy(
        logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), reduction="none", label_smoothing=smoothing
    )
    return flat.view(len(logits), -1).mean(dim=1)


def row_norms(tensors: Sequence[Tensor]) -> Tensor:
    """The L2 norm in each lane (lanes,) of all tensors (lanes, ...) together."""
    norms = [torch.linalg.vector_norm(tensor.reshape(len(tensor), -1), dim=1) for tensor in tensors]
    return torch.linalg.vector_norm(torch.stack(norms), dim=0)


def require_stackable(net: nn.Module) -> None:
    """Raise unless a net can be one of many.

    Raises:
        TrainingError: for nets with dropout, running means or recurrent layers.
    """
    for name, layer in net.named_modules():
        drops = isinstance(layer, nn.modules.dropout._DropoutNd) and layer.p > 0
        if drops or isinstance(layer, nn.RNNBase) or any(True for _ in layer.buffers(recurse=False)):
            raise TrainingError(
                f"an ensemble takes nets without dropout, running means and recurrent layers; found "
                f"{type(layer).__name__} at {name or 'the top'!r}: train these one at a time"
            )
