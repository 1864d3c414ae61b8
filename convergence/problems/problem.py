"""What a problem is: a function with its gradient, its minimum, and the hypotheses that it satisfies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
RESOLUTION = 1e-10
"""The part of its length by which an iterate must differ from a minimiser to say something."""

Facts = Mapping[str, tuple[float, ...]]
"""Hypotheses by name, with the numbers that they hold for; the names are those of claims."""


class Problem(ABC):
    """A function on R^d whose constants are known; points have shape (..., d), values shape (...).

    A gradient or gap that is written with operators, NumPy's elementwise functions, `total` and `product` alone can be
    recorded, and then runs as machine code too (`convergence.kernels.tape`).

    Attributes:
        name: how reports call it.
        minimiser: a point of least value, or None where there is none or it is not known.
        facts: what the function satisfies, with the sharpest constants that are known.
    """

    name: str
    minimiser: Array | None

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The number d of coordinates."""

    @property
    @abstractmethod
    def facts(self) -> Facts:
        """Hypotheses by name, with their constants."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """A text that two problems share exactly when they are the same function."""

    @abstractmethod
    def gap(self, x: Array) -> Array:
        """``f(x) - f*``, computed without subtracting nearly equal numbers where that is possible."""

    @abstractmethod
    def gradient(self, x: Array) -> Array:
        """The gradient, or a subgradient where there is none."""

    def distance(self, x: Array) -> Array:
        """Distance to the nearest minimiser; nan where no minimiser is known."""
        if self.minimiser is None:
            return np.full(x.shape[:-1], np.nan)
        distance: Array = np.linalg.norm(x - self.minimiser, axis=-1)
        return distance

    @property
    def resolution(self) -> float:
        """The distance to the minimiser below which floating point iterates say nothing.

        They stall near x at about ``1e-16 |x|`` divided by the step's contraction: six digits are left for that.
        """
        return 0.0 if self.minimiser is None else RESOLUTION * float(np.linalg.norm(self.minimiser))

    def rounded(self, x: Array) -> NDArray[np.bool_]:
        """Lanes that are lost to rounding in the same way beside a minimiser other than `minimiser`."""
        return np.zeros(x.shape[:-1], dtype=bool)


def total(values: Array) -> Array:
    """The sum over the last axis, one term after the other, so that its bits do not depend on the array's layout."""
    running: Array = np.add.accumulate(values, axis=-1)
    return running[..., -1]


def product(x: Array, matrix: Array) -> Array:
    """``x @ matrix``, each sum in the order of its terms: slower than `rows`, with the same bits everywhere."""
    if not isinstance(x, np.ndarray):
        return np.matmul(x, matrix)
    result: Array = x[..., 0, None] * matrix[0]
    for k in range(1, len(matrix)):
        result += x[..., k, None] * matrix[k]
    return result


def taken(array: Array, chosen: NDArray[np.int64]) -> Array:
    """``array[chosen]``: entries of a vector, or rows of a matrix."""
    result: Array = array[chosen] if isinstance(chosen, np.ndarray) else chosen.entries_of(array)
    return result


def rows(x: Array, matrix: Array) -> Array:
    """``x @ matrix`` with each row computed by itself, so that its bits do not depend on the number of rows."""
    product: Array = np.matmul(x[..., None, :], matrix)[..., 0, :]
    return product


def text_of(values: Array) -> str:
    """Digits that determine an array, for identities."""
    return ",".join(value.hex() for value in np.ravel(values).tolist())
