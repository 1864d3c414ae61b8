"""Many nets of one shape side by side: their parameters as rows of matrices, their gradients at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel
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

    @property
    def one_by_one(self) -> bool:
        """Whether lanes are computed in turn.

        Convolutions of a CPU are: stacked, they become one grouped convolution, which is no faster and whose rounding
        depends on the number of groups.
        """
        convolves = any(isinstance(layer, nn.Conv2d) for layer in self.net.modules())
        return convolves and self.parts[0].device.type == "cpu"

    def _forward(self, values: Sequence[Tensor], inputs: Tensor) -> Tensor:
        """The logits of one net."""
        result: Tensor = functional_call(self.net, dict(zip(self.names, values, strict=True)), (inputs,))
        return result

    def gradients(self, smoothing: float) -> Gradients:
        """Losses and gradients of all nets."""
        if self.one_by_one:
            return self._gradients_in_turn(smoothing)
        return self._gradients_at_once(smoothing)

    def _gradients_at_once(self, smoothing: float) -> Gradients:
        """One graph for all nets, traced for the shapes of its first call, without the cost of building it anew."""
        forward = vmap(self._forward)

        def total(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
            losses = lane_losses(forward(values, inputs), targets, smoothing)
            return losses.sum(), losses

        def both(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, list[Tensor]]:
            gradients, (_, losses) = grad_and_value(total, has_aux=True)(values, inputs, targets)
            return losses, [gradient.reshape(len(gradient), -1) for gradient in gradients]

        traced: dict[torch.Size, Gradients] = {}

        def run_traced(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, list[Tensor]]:
            if inputs.shape not in traced:
                with sdpa_kernel(SDPBackend.MATH):  # the other kernels of attention know no lanes
                    traced[inputs.shape] = make_fx(both)(values, inputs, targets)
            return traced[inputs.shape](values, inputs, targets)

        return run_traced

    def _gradients_in_turn(self, smoothing: float) -> Gradients:
        def one(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
            leaves = [value.detach().requires_grad_() for value in values]
            loss = lane_losses(self._forward(leaves, inputs)[None], targets[None], smoothing)[0]
            return (loss.detach(), *torch.autograd.grad(loss, leaves))

        def in_turn(values: list[Tensor], inputs: Tensor, targets: Tensor) -> tuple[Tensor, list[Tensor]]:
            lanes = [one([value[lane] for value in values], inputs[lane], targets[lane]) for lane in range(len(inputs))]
            losses, *gradients = (torch.stack(column) for column in zip(*lanes, strict=True))
            return losses, [gradient.reshape(len(gradient), -1) for gradient in gradients]

        return in_turn

    def logits(self, values: list[Tensor], inputs: Tensor) -> Tensor:
        """The logits (lanes, batch, ...) of all nets for the same inputs (batch, ...)."""
        if self.one_by_one:
            count = len(values[0])
            return torch.stack([self._forward([value[lane] for value in values], inputs) for lane in range(count)])
        with sdpa_kernel(SDPBackend.MATH):
            result: Tensor = vmap(self._forward, in_dims=(0, None))(values, inputs)
        return result

    def state(self, values: list[Tensor], lane: int) -> dict[str, Tensor]:
        """The parameters of one net, on the CPU."""
        pairs = zip(self.names, values, strict=True)
        return {name: value[lane].detach().to("cpu", copy=True) for name, value in pairs}


def lane_losses(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """The mean cross entropy of each lane (lanes,), of logits (lanes, batch, ..., classes)."""
    flat = cross_entropy(
        logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), reduction="none", label_smoothing=smoothing
    )
    return flat.view(len(logits), -1).mean(dim=1)


def row_norms(tensors: Sequence[Tensor]) -> Tensor:
    """The L2 norm in each lane (lanes,) of all tensors (lanes, ...) together.

    Row by row: torch sums a row of a matrix in an order that depends on how many rows there are.
    """
    total = torch.zeros(len(tensors[0]), dtype=tensors[0].dtype, device=tensors[0].device)
    for tensor in tensors:
        rows = tensor.detach().reshape(len(tensor), -1).contiguous().unbind()
        total += torch.stack(torch._foreach_norm(rows)).square()
    return total.sqrt()


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
