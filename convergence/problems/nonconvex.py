"""Functions with saddles: wells along coordinates, and the factorisation of a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from convergence.problems.problem import Array, Facts, Problem, text_of, total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wells(Problem):
    """``sum_i bowls_i/2 x_i^2 + wells_i/4 (x_i^2 - 1)^2``: minima 0 at -1 or 1 in every coordinate with a well.

    The origin is a strict saddle point or a local maximum; its Hessian is ``diag(bowls - wells)``. A coordinate has a
    bowl or a well, not both. The curvature has no upper bound, so that the function is smooth on bounded sets only.

    Attributes:
        name: how reports call it.
        bowls, wells: not negative, one a coordinate; one of the two is positive.
    """

    name: str
    bowls: Array
    wells: Array

    @property
    def dimension(self) -> int:
        return len(self.bowls)

    @property
    def minimiser(self) -> Array | None:  # type: ignore[override]
        return np.where(self.wells > 0, 1.0, 0.0)

    @property
    def identity(self) -> str:
        return f"wells({text_of(self.bowls)};{text_of(self.wells)})"

    @property
    def facts(self) -> Facts:
        return {"bounded_below": ()}

    def gap(self, x: Array) -> Array:
        depth = x * x - 1
        return total(0.5 * self.bowls * x * x + 0.25 * self.wells * depth * depth)

    def gradient(self, x: Array) -> Array:
        return self.bowls * x + self.wells * x * (x * x - 1)

    def distance(self, x: Array) -> Array:
        """To the nearest of all minimisers: signs do not matter."""
        off = np.where(self.wells > 0, np.abs(x) - 1, x)
        return np.sqrt(total(off * off))


def saddle(bowls: Array, wells: Array) -> Wells:
    """A strict saddle at the origin with eigenvalues `bowls` and ``-wells``, between ``2^len(wells)`` minimisers."""
    up, down = np.asarray(bowls, dtype=float), np.asarray(wells, dtype=float)
    return Wells(
        name=f"saddle with {len(down)} descending directions",
        bowls=np.concatenate([up, np.zeros_like(down)]),
        wells=np.concatenate([np.zeros_like(up), down]),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Factorisation(Problem):
    """``1/2 |U V^T - M|^2`` over U (m, rank) and V (n, rank), written one after the other row by row.

    The minimum is half the sum of the squares of the singular values of M beyond `rank`, and every other stationary
    point is a saddle. Minimisers form a manifold (``U A, V A^-T`` for invertible A): the distance to it has no formula,
    so that no minimiser is named. The function is of fourth degree: smooth on bounded sets only.

    Attributes:
        target: M, (m, n).
        rank: at most the smaller of m and n.

    Source: Eckart & Young (1936) for the minimum; Baldi & Hornik (1989) for the saddles.
    """

    target: Array
    rank: int
    name: str = "matrix factorisation"
    minimiser: Array | None = None

    @property
    def dimension(self) -> int:
        return int(sum(self.target.shape) * self.rank)

    @property
    def identity(self) -> str:
        return f"factorisation({self.target.shape};{text_of(self.target)};{self.rank})"

    @property
    def facts(self) -> Facts:
        return {"bounded_below": ()}

    @cached_property
    def minimum(self) -> float:
        """The least value, f*."""
        return 0.5 * float(np.sum(np.linalg.svd(self.target, compute_uv=False)[self.rank :] ** 2))

    def value(self, x: Array) -> Array:
        """f itself."""
        U, V = self._factors(x)
        return np.asarray(0.5 * np.sum((U @ np.swapaxes(V, -1, -2) - self.target) ** 2, axis=(-1, -2)))

    def gap(self, x: Array) -> Array:
        """``f - f*``; where M has a larger rank it is a difference, and rounding may leave it a little below 0."""
        return self.value(x) - self.minimum if self.rank < min(self.target.shape) else self.value(x)

    def gradient(self, x: Array) -> Array:
        U, V = self._factors(x)
        residual = U @ np.swapaxes(V, -1, -2) - self.target
        parts = (residual @ V, np.swapaxes(residual, -1, -2) @ U)
        return np.concatenate([part.reshape(*x.shape[:-1], -1) for part in parts], axis=-1)

    def _factors(self, x: Array) -> tuple[Array, Array]:
        m, n = self.target.shape
        cut = m * self.rank
        return x[..., :cut].reshape(*x.shape[:-1], m, self.rank), x[..., cut:].reshape(*x.shape[:-1], n, self.rank)


def factorisation(singular_values: Array, shape: tuple[int, int], rank: int, seed: int = 0) -> Factorisation:
    """The problem of a matrix with these singular values and random singular vectors."""
    values, r = np.asarray(singular_values, dtype=float), np.random.default_rng(seed)
    left, right = (np.linalg.qr(r.standard_normal((size, len(values))))[0] for size in shape)
    return Factorisation(target=(left * values) @ right.T, rank=rank)
