"""Quadratics with a spectrum that is chosen, so that every constant is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from convergence.problems.problem import Array, Facts, Problem, product, rows, text_of, total

ONE_PRODUCT = 1e6  # condition number up to which the Hessian itself is used


@dataclass(frozen=True, kw_only=True, eq=False)
class Quadratic(Problem):
    """``f(x) = 1/2 (x - x*)^T Q diag(spectrum) Q^T (x - x*)``.

    Attributes:
        name: how reports call it.
        spectrum: the eigenvalues, of any sign.
        minimiser: the stationary point x*; a minimiser if no eigenvalue is negative.
        rotation: orthogonal Q with eigenvectors as columns, or None for the identity.
    """

    name: str
    spectrum: Array
    minimiser: Array
    rotation: Array | None = None

    @property
    def dimension(self) -> int:
        return len(self.spectrum)

    @property
    def identity(self) -> str:
        rotation = "" if self.rotation is None else text_of(self.rotation)
        return f"quadratic({text_of(self.spectrum)};{text_of(self.minimiser)};{rotation})"

    @cached_property
    def hessian(self) -> Array | None:
        """The Hessian, where one product with it keeps ten digits of the gradient along every eigenvector, else None.

        Where eigenvalues are far apart, products with the eigenvectors keep the small ones exact.
        """
        low, high = float(np.abs(self.spectrum).min()), float(np.abs(self.spectrum).max())
        if self.rotation is None or low * ONE_PRODUCT < high:
            return None
        return (self.rotation * self.spectrum) @ self.rotation.T

    @property
    def facts(self) -> Facts:
        low, high = float(self.spectrum.min()), float(np.abs(self.spectrum).max())
        facts: dict[str, tuple[float, ...]] = {"quadratic": (), "smooth": (high,)}
        if low >= 0:
            facts |= {"convex": (), "bounded_below": ()}
        if low > 0:
            facts["strongly_convex"] = (low,)
        if low >= 0 and high > 0:
            facts["polyak_lojasiewicz"] = (float(self.spectrum[self.spectrum > 0].min()),)
        return facts

    def gap(self, x: Array) -> Array:
        z = self._eigen(x)
        return 0.5 * total(self.spectrum * z * z)

    def gradient(self, x: Array) -> Array:
        if self.rotation is None:
            return self.spectrum * (x - self.minimiser)
        if self.hessian is not None:
            return product(x - self.minimiser, self.hessian)
        return product(self.spectrum * product(x - self.minimiser, self.rotation), self.rotation.T)

    def distance(self, x: Array) -> Array:
        z = np.where(self.spectrum == 0, 0.0, self._eigen(x))
        return np.asarray(np.linalg.norm(z, axis=-1))

    def _eigen(self, x: Array) -> Array:
        z = x - self.minimiser
        return z if self.rotation is None else rows(z, self.rotation)


def diagonal(spectrum: Array, minimiser: Array | None = None, name: str = "quadratic") -> Quadratic:
    """A quadratic whose eigenvectors are the coordinates."""
    values = np.asarray(spectrum, dtype=float)
    return Quadratic(name=name, spectrum=values, minimiser=_or_zero(minimiser, len(values)))


def rotated(
    spectrum: Array, seed: int = 0, minimiser: Array | None = None, name: str = "rotated quadratic"
) -> Quadratic:
    """A quadratic whose eigenvectors are drawn uniformly from the orthogonal group."""
    values = np.asarray(spectrum, dtype=float)
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))
    rotation = q * np.sign(np.diag(r))
    return Quadratic(name=name, spectrum=values, minimiser=_or_zero(minimiser, len(values)), rotation=rotation)


def nesterov_worst(L: float, dimension: int) -> Quadratic:
    """``L/4 (1/2 (x_1^2 + sum (x_i - x_{i+1})^2 + x_d^2) - x_1) - f*``, hard for first-order methods.

    The Hessian is ``L/4`` times the second difference matrix, with eigenvalues ``2 - 2 cos(j pi/(d + 1))`` and sines as
    eigenvectors. Methods that start at 0 see one more coordinate with each step.

    Source: Nesterov (2004), Introductory Lectures on Convex Optimization, 2.1.2.
    """
    j = np.arange(1, dimension + 1)
    spectrum = L * np.sin(j * np.pi / (2 * (dimension + 1))) ** 2
    rotation = np.sqrt(2 / (dimension + 1)) * np.sin(np.outer(j, j) * np.pi / (dimension + 1))
    minimiser = 1.0 - j / (dimension + 1)
    name = "Nesterov's worst function"
    return Quadratic(name=name, spectrum=spectrum, minimiser=minimiser, rotation=rotation)


def log_spaced(low: float, high: float, dimension: int) -> Array:
    """Eigenvalues from `low` to `high`, equal ratios apart; both ends are exact."""
    if dimension == 1:
        return np.array([low])
    values = low * (high / low) ** (np.arange(dimension) / (dimension - 1))
    values[0], values[-1] = low, high
    return values


def power_law(largest: float, exponent: float, dimension: int) -> Array:
    """Eigenvalues ``largest * i**-exponent``."""
    return np.asarray(largest * np.arange(1.0, dimension + 1) ** -exponent)


def marchenko_pastur(ratio: float, dimension: int, scale: float = 1.0) -> Array:
    """Quantiles of the Marchenko-Pastur law: eigenvalues of ``A^T A/n``, entries of variance `scale`, d/n <= 1."""
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    # with v = middle - half*cos(phi) the density becomes smooth: its mass is summed on a fine grid of angles
    phi = (np.arange(200_000) + 0.5) * np.pi / 200_000
    v = (high + low) / 2 - (high - low) / 2 * np.cos(phi)
    mass = np.cumsum(np.sin(phi) ** 2 / v)
    return np.asarray(scale * np.interp((np.arange(dimension) + 0.5) / dimension, mass / mass[-1], v))


def drawn_spectrum(samples: int, dimension: int, seed: int = 0) -> Array:
    """Eigenvalues of ``A^T A/n`` for a drawn A (n, d) of standard Gaussian entries, from the least to the greatest.

    Where n < d, d - n of them are 0.
    """
    data = np.random.default_rng(seed).standard_normal((samples, dimension))
    values = np.linalg.svd(data, compute_uv=False)[::-1] ** 2 / samples
    return np.concatenate([np.zeros(dimension - len(values)), values])


def singular(nonzero: Array, zeros: int) -> Array:
    """A spectrum with that many directions in which the function is constant."""
    return np.concatenate([np.zeros(zeros), np.asarray(nonzero, dtype=float)])


def _or_zero(point: Array | None, dimension: int) -> Array:
    return np.zeros(dimension) if point is None else np.asarray(point, dtype=float)
