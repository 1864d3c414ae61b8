"""Gradient and curvature of the training loss, and the loss around a trained net."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from convergence.errors import NumericLimit
from convergence.learning.data import Examples
from convergence.learning.evaluation import chunks, evaluate, loss_of, norm, settled
from convergence.learning.streams import generator

Product = Callable[[Sequence[Tensor]], list[Tensor]]
"""From a direction, a tensor for each parameter, to the Hessian times it."""


def parameters_of(net: nn.Module) -> list[nn.Parameter]:
    """The trained parameters of a net."""
    return [parameter for parameter in net.parameters() if parameter.requires_grad]


def gradient(net: nn.Module, examples: Examples) -> list[Tensor]:
    """The gradient of the mean loss over all examples, a tensor for each trained parameter.

    The net drops nothing out and normalises by its running means.
    """
    parameters = parameters_of(net)
    total = [torch.zeros_like(parameter) for parameter in parameters]
    for loss, share in _losses(net, examples):
        found = torch.autograd.grad(loss, parameters)
        torch._foreach_add_(total, list(found), alpha=share)
    return total


def gradient_norm(net: nn.Module, examples: Examples) -> float:
    """The L2 norm of the gradient of the mean loss over all examples."""
    return norm(gradient(net, examples))


def _losses(net: nn.Module, examples: Examples) -> Iterator[tuple[Tensor, float]]:
    """The mean loss of each chunk, to be differentiated, and the chunk's share of all examples."""
    with settled(net):
        for inputs, targets in chunks(examples):
            yield loss_of(net(inputs), targets), len(targets) / len(examples)


def hessian_of(net: nn.Module, examples: Examples) -> Product:
    """The Hessian of the mean loss over all examples, by differentiating twice."""
    parameters = parameters_of(net)

    def product(direction: Sequence[Tensor]) -> list[Tensor]:
        total = [torch.zeros_like(parameter) for parameter in parameters]
        with sdpa_kernel(SDPBackend.MATH):  # the other kernels of attention cannot be differentiated twice
            for loss, share in _losses(net, examples):
                torch._foreach_add_(total, _product(loss, parameters, direction), alpha=share)
        return total

    return product


def _product(loss: Tensor, parameters: Sequence[Tensor], direction: Sequence[Tensor]) -> list[Tensor]:
    first = torch.autograd.grad(loss, parameters, create_graph=True)
    along = sum((one * other).sum() for one, other in zip(first, direction, strict=True))
    assert isinstance(along, Tensor)
    if not along.requires_grad:  # a loss that is linear in all parameters
        return [torch.zeros_like(parameter) for parameter in parameters]
    second = torch.autograd.grad(along, parameters, allow_unused=True)
    pairs = zip(second, parameters, strict=True)
    return [torch.zeros_like(parameter) if found is None else found for found, parameter in pairs]


def largest_eigenvalue(
    product: Product, parameters: Sequence[Tensor], *, seed: int = 0, tolerance: float = 1e-4, steps: int = 300
) -> float:
    """The largest eigenvalue of a symmetric operator on parameters, by implicitly restarted Lanczos (SciPy's `eigsh`).

    Args:
        product: the operator, such as ``hessian_of(net, data.train)``.
        parameters: tensors of the operator's shapes.
        seed: of the first direction.
        tolerance: relative accuracy of the eigenvalue.
        steps: restarts at most.

    Raises:
        NumericLimit: if it does not converge, or the operator is not finite.
    """
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    size = sum(parameter.numel() for parameter in parameters)

    def apply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        result = _flat(product(_shaped(vector, parameters)))
        if not np.isfinite(result).all():
            raise NumericLimit("the Hessian times a direction is not finite; the net has diverged")
        return result

    if size <= 2:  # Lanczos needs a dimension above the number of eigenvalues asked
        columns = np.stack([apply(column) for column in np.eye(size)])
        return float(np.linalg.eigvalsh((columns + columns.T) / 2)[-1])
    first = torch.randn(size, generator=generator(seed, "eigenvalue"), dtype=torch.float64).numpy()
    operator = LinearOperator((size, size), matvec=apply, dtype=np.float64)
    try:
        values = eigsh(operator, 1, which="LA", v0=first, tol=tolerance, maxiter=steps, return_eigenvectors=False)
    except ArpackError as error:
        raise NumericLimit(f"the largest eigenvalue was not found in {steps} restarts: {error}") from None
    return float(values[0])


def sharpness(net: nn.Module, examples: Examples, *, seed: int = 0, tolerance: float = 1e-3) -> float:
    """The largest eigenvalue of the Hessian of the mean loss over all examples."""
    return largest_eigenvalue(hessian_of(net, examples), parameters_of(net), seed=seed, tolerance=tolerance)


def _flat(tensors: Sequence[Tensor]) -> NDArray[np.float64]:
    return torch.cat([tensor.detach().reshape(-1).double().cpu() for tensor in tensors]).numpy()


def _shaped(vector: NDArray[np.float64], like: Sequence[Tensor]) -> list[Tensor]:
    parts = torch.split(torch.from_numpy(np.array(vector).reshape(-1)), [tensor.numel() for tensor in like])
    return [part.reshape(tensor.shape).to(tensor) for part, tensor in zip(parts, like, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Landscape:
    """The loss on a plane through a net.

    Attributes:
        x, y: places along both directions, (points,); the net is at (0, 0), and 1 is as long as its filters.
        loss: (points, points), in nats; the row is y, the column x.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    loss: NDArray[np.float64]


def landscape(net: nn.Module, examples: Examples, *, seed: int = 0, points: int = 21, reach: float = 1.0) -> Landscape:
    """The loss around a net, along two random directions that are scaled filter by filter to the net's weights.

    That makes pictures of nets comparable whose weights differ in scale only. Parameters of one dimension (biases, and
    those of normalisations) stay as they are.

    Args:
        net: it is put back as it was.
        examples: what the loss is averaged over.
        seed: of the directions.
        points: on each side of the grid; an odd number has the net in it.
        reach: the grid goes from -reach to reach.

    Source: Li et al. (2018), Visualizing the loss landscape of neural nets, section 4.
    """
    parameters = parameters_of(net)
    first, second = (filter_normalised(parameters, seed, number) for number in (0, 1))
    places = np.linspace(-reach, reach, points)
    start = [parameter.detach().clone() for parameter in parameters]
    loss = np.zeros((points, points))
    try:
        for row, y in enumerate(places):
            for column, x in enumerate(places):
                _put(parameters, start, first, second, float(x), float(y))
                loss[row, column] = evaluate(net, examples)[0]
    finally:
        _put(parameters, start, first, second, 0.0, 0.0)
    return Landscape(x=places, y=places, loss=loss)


def filter_normalised(parameters: Sequence[Tensor], seed: int, number: int) -> list[Tensor]:
    """A random direction in which each filter (row of a matrix) has the norm of the net's filter."""
    source = generator(seed, "landscape", number)
    directions = []
    for parameter in parameters:
        drawn = torch.randn(parameter.shape, generator=source).to(parameter)
        if parameter.dim() <= 1:
            directions.append(torch.zeros_like(drawn))
            continue
        inner = tuple(range(1, parameter.dim()))
        norms = torch.linalg.vector_norm(parameter.detach(), dim=inner, keepdim=True)
        directions.append(drawn * norms / torch.linalg.vector_norm(drawn, dim=inner, keepdim=True))
    return directions


@torch.no_grad()
def _put(
    parameters: Sequence[Tensor],
    start: Sequence[Tensor],
    first: Sequence[Tensor],
    second: Sequence[Tensor],
    x: float,
    y: float,
) -> None:
    for parameter, origin, one, other in zip(parameters, start, first, second, strict=True):
        parameter.copy_(origin if x == y == 0 else origin + x * one + y * other)
