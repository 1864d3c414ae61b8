"""A small network that learns from a teacher of its own shape, so that the least loss is known. torch computes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convergence.errors import DataError
from convergence.problems.finite_sums import FiniteSum, Indices, _digest
from convergence.problems.problem import Array, Facts


@dataclass(frozen=True, kw_only=True, eq=False)
class Perceptron(FiniteSum):
    """``1/(2n) sum |net(a_i) - b_i|^2`` for ``net(a) = W2 tanh(W1 a + c1) + c2``.

    Where the targets b come from a teacher of the same shape, f* = 0, reached at the teacher and at what its symmetries
    (permutations and signs of hidden units) make of it. The distance to the nearest of these is not computed, so that
    no minimiser is named. The loss is not convex, and smooth on bounded sets only.

    Attributes:
        inputs, targets: (n, inputs) and (n, outputs).
        hidden: how many hidden units.
    """

    inputs: Array
    targets: Array
    hidden: int
    name: str = "network with a teacher"
    minimiser: Array | None = None

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of W1, c1, W2 and c2, in which order a point holds them."""
        inputs, outputs = self.inputs.shape[1], self.targets.shape[1]
        return (self.hidden, inputs), (self.hidden,), (outputs, self.hidden), (outputs,)

    @property
    def dimension(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def count(self) -> int:
        return len(self.inputs)

    @property
    def identity(self) -> str:
        return f"perceptron({self.hidden};{_digest(self.inputs, self.targets)})"

    @property
    def facts(self) -> Facts:
        return {"bounded_below": ()}

    def gap(self, x: Array) -> Array:
        return self._over(self._functions[0], x)

    def gradient(self, x: Array) -> Array:
        return self._over(self._functions[1], x)

    def term_gradient(self, x: Array, chosen: Indices) -> Array:
        flat, places = x.reshape(-1, self.dimension), np.broadcast_to(chosen, x.shape[:-1]).reshape(-1)
        data = (_torch().from_numpy(np.ascontiguousarray(part[places])) for part in (self.inputs, self.targets))
        found = self._functions[2](_torch().from_numpy(np.ascontiguousarray(flat)), *data)
        return np.asarray(found.numpy()).reshape(x.shape)

    def _over(self, function: Any, x: Array) -> Array:
        flat = _torch().from_numpy(np.ascontiguousarray(x.reshape(-1, self.dimension)))
        found = np.asarray(function(flat).numpy())
        return found.reshape((*x.shape[:-1], *found.shape[1:]))

    @cached_property
    def _functions(self) -> tuple[Any, Any, Any]:
        """Loss and gradient on all data for many points, and the gradient on one case for each point."""
        torch = _torch()
        inputs, targets = torch.from_numpy(self.inputs), torch.from_numpy(self.targets)

        def loss(x: Any, a: Any, b: Any) -> Any:
            return 0.5 * ((self._net(x, a) - b) ** 2).sum(-1).mean()

        def term(x: Any, a: Any, b: Any) -> Any:
            return loss(x, a[None], b[None])

        vmap, grad = torch.func.vmap, torch.func.grad
        every = vmap(loss, in_dims=(0, None, None))
        slopes = vmap(grad(loss), in_dims=(0, None, None))
        return lambda x: every(x, inputs, targets), lambda x: slopes(x, inputs, targets), vmap(grad(term))

    def _net(self, x: Any, a: Any) -> Any:
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        parts = [part.reshape(shape) for part, shape in zip(x.split(sizes), self.shapes, strict=True)]
        return _torch().tanh(a @ parts[0].T + parts[1]) @ parts[2].T + parts[3]


def taught(cases: int, inputs: int, hidden: int, outputs: int, seed: int = 0) -> tuple[Perceptron, Array]:
    """Gaussian inputs with a random teacher's answers, and the teacher, where the loss is 0.

    Raises:
        DataError: if torch is not installed.
    """
    r = np.random.default_rng(seed)
    draft = Perceptron(inputs=r.standard_normal((cases, inputs)), targets=np.zeros((cases, outputs)), hidden=hidden)
    teacher = np.concatenate([r.standard_normal(int(np.prod(s))) / np.sqrt(s[-1]) for s in draft.shapes])
    torch = _torch()
    answer = torch.func.vmap(draft._net, in_dims=(0, None))  # rounds as the loss does
    answers = answer(torch.from_numpy(teacher[None]), torch.from_numpy(draft.inputs))[0].numpy()
    return Perceptron(inputs=draft.inputs, targets=answers, hidden=hidden), teacher


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise DataError("this problem is computed by torch: pip install torch") from None
    return torch
