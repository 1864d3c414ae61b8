"""Means of many losses, on data that ships with scikit-learn or is drawn here: what a minibatch oracle needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from convergence.errors import DataError, NumericLimit
from convergence.problems.elementary import exponential
from convergence.problems.problem import RESOLUTION, Array, Facts, Problem, rows, taken, total

Indices = NDArray[np.int64]

SERIES = 1e-3  # below this change of a margin the loss is expanded: five terms leave a relative error of 2e-11


class FiniteSum(Problem):
    """``f = (1/n) sum f_i``."""

    @property
    @abstractmethod
    def count(self) -> int:
        """The number n of terms."""

    @abstractmethod
    def term_gradient(self, x: Array, chosen: Indices) -> Array:
        """The gradients of the terms `chosen` (...) at x (..., d), one term a point."""

    def batch_gradient(self, x: Array, batch: Sequence[Indices]) -> Array:
        """The mean of the gradients of several terms, each given for every point, added one after the other."""
        sum_: Array = self.term_gradient(x, batch[0])
        for chosen in batch[1:]:
            sum_ = sum_ + self.term_gradient(x, chosen)
        return sum_ * (1 / len(batch))

    def variance(self, x: Array) -> float:
        """``(1/n) sum |grad f_i(x) - grad f(x)|^2`` at one point: the variance of a batch of one."""
        every = self.batch_gradient(np.broadcast_to(x, (self.count, self.dimension)), [np.arange(self.count)])
        return float(np.mean(np.sum((every - self.gradient(x)) ** 2, axis=-1)))

    @property
    def greatest_variance(self) -> float:
        """A bound on `variance` over all points, inf if there is none."""
        return float("inf")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeastSquares(FiniteSum):
    """``1/(2n) |A x - b|^2``; the spectrum is that of ``A^T A / n``.

    Attributes:
        matrix: A, of shape (n, d).
        target: b, of shape (n,).
        minimiser: the solution of least norm.
        spectrum: eigenvalues of the Hessian, zeros among them where A has dependent columns.
    """

    matrix: Array
    target: Array
    minimiser: Array
    spectrum: Array
    name: str = "least squares"

    @property
    def dimension(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def count(self) -> int:
        return len(self.target)

    @property
    def identity(self) -> str:
        return f"least squares({_digest(self.matrix, self.target)})"

    @property
    def facts(self) -> Facts:
        low, positive = float(self.spectrum.min()), self.spectrum[self.spectrum > 0]
        facts: dict[str, tuple[float, ...]] = {"convex": (), "quadratic": (), "bounded_below": ()}
        facts |= {"smooth": (float(self.spectrum.max()),), "polyak_lojasiewicz": (float(positive.min()),)}
        return facts | ({"strongly_convex": (low,)} if low > 0 else {})

    def gap(self, x: Array) -> Array:
        return np.asarray(np.sum(rows(x - self.minimiser, self.matrix.T) ** 2, axis=-1) / (2 * self.count))

    def gradient(self, x: Array) -> Array:
        return rows(rows(x - self.minimiser, self.matrix.T), self.matrix) / self.count

    def distance(self, x: Array) -> Array:
        _, singular_values, directions = np.linalg.svd(self.matrix, full_matrices=False)
        kept = directions[singular_values > singular_values[0] * 1e-12]
        return np.asarray(np.linalg.norm(rows(x - self.minimiser, kept.T), axis=-1))

    def term_gradient(self, x: Array, chosen: Indices) -> Array:
        row = taken(self.matrix, chosen)
        residual = total(row * x) - taken(self.target, chosen)
        return residual[..., None] * row


def least_squares(matrix: Array, target: Array) -> LeastSquares:
    """The problem of given data; eigenvalues below 1e-12 of the largest count as zero."""
    A, b = np.asarray(matrix, dtype=float), np.asarray(target, dtype=float)
    spectrum = np.linalg.eigvalsh(A.T @ A / len(b))
    spectrum = np.where(spectrum < 1e-12 * spectrum.max(), 0.0, spectrum)
    return LeastSquares(matrix=A, target=b, minimiser=np.linalg.lstsq(A, b, rcond=None)[0], spectrum=spectrum)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logistic(FiniteSum):
    """``(1/n) sum log(1 + exp(-b_i a_i.x)) + ridge/2 |x|^2``: strongly convex with constant `ridge` and no better.

    Attributes:
        features: a, of shape (n, d), each multiplied by its label b = +-1.
        ridge: positive.
        minimiser: by Newton's method; ``|x - x*| <= residual/ridge``.
        residual: norm of the gradient there, so that ``f(minimiser) - f* <= residual^2/(2 ridge)``.
        minimum: f at the minimiser.
    """

    features: Array
    ridge: float
    minimiser: Array
    residual: float
    minimum: float
    name: str = "logistic regression"

    @property
    def dimension(self) -> int:
        return int(self.features.shape[1])

    @property
    def count(self) -> int:
        return len(self.features)

    @property
    def identity(self) -> str:
        return f"logistic({_digest(self.features)};{self.ridge.hex()})"

    @property
    def resolution(self) -> float:
        return max(RESOLUTION * float(np.linalg.norm(self.minimiser)), 100 * self.residual / self.ridge)

    @property
    def minimum_error(self) -> float:
        """A bound on ``minimum - f*``, by strong convexity."""
        return self.residual**2 / (2 * self.ridge)

    @property
    def facts(self) -> Facts:
        return {
            "convex": (),
            "bounded_below": (),
            "strongly_convex": (self.ridge,),
            "polyak_lojasiewicz": (self.ridge,),
            "smooth": (float(_largest_eigenvalue(self.features)) / (4 * self.count) + self.ridge,),
        }

    @property
    def greatest_variance(self) -> float:
        """A term's gradient is ``-s a_i + ridge x`` with 0 < s < 1; the variance is at most the mean of |a_i|^2."""
        return float(np.mean(np.sum(self.features**2, axis=-1)))

    def value(self, x: Array) -> Array:
        """f itself."""
        losses = np.logaddexp(0.0, -rows(x, self.features.T))
        return np.asarray(losses.mean(axis=-1) + 0.5 * self.ridge * np.sum(x * x, axis=-1))

    def gap(self, x: Array) -> Array:
        z = x - self.minimiser
        at, change = self.features @ self.minimiser, rows(z, self.features.T)
        p = 1 / (1 + np.exp(-at))
        curvature = p * (1 - p)
        direct = np.logaddexp(0.0, -at - change) - np.logaddexp(0.0, -at) + (1 - p) * change
        series = 0.5 * curvature * change**2 * (1 + (1 - 2 * p) * change / 3 + (1 - 6 * p + 6 * p * p) * change**2 / 12)
        bregman = np.where(np.abs(change) < SERIES, series, direct).mean(axis=-1)
        return np.asarray(bregman + 0.5 * self.ridge * np.sum(z * z, axis=-1))

    def gradient(self, x: Array) -> Array:
        weight = 1 / (1 + np.exp(np.minimum(rows(x, self.features.T), 700.0)))
        return np.asarray(-rows(weight, self.features) / self.count + self.ridge * x)

    def term_gradient(self, x: Array, chosen: Indices) -> Array:
        row = taken(self.features, chosen)
        weight = 1 / (1 + exponential(np.clip(total(row * x), -700.0, 700.0)))
        return self.ridge * x - weight[..., None] * row


def logistic(features: Array, labels: Array, ridge: float) -> Logistic:
    """The problem of given data with labels +-1.

    Raises:
        NumericLimit: if Newton's method does not reach ``f - f* <= 1e-12``.
    """
    signed = np.asarray(features, dtype=float) * np.asarray(labels, dtype=float)[:, None]
    zero = np.zeros(signed.shape[1])
    draft = Logistic(features=signed, ridge=ridge, minimiser=zero, residual=0.0, minimum=0.0)
    x = _newton(draft)
    residual = float(np.linalg.norm(draft.gradient(x)))
    if not residual**2 / (2 * ridge) <= 1e-12:
        raise NumericLimit(f"Newton's method stopped with a gradient of norm {residual:.2g}; scale the features")
    return Logistic(features=signed, ridge=ridge, minimiser=x, residual=residual, minimum=float(draft.value(x)))


def _newton(problem: Logistic) -> Array:
    """Damped Newton steps until the gradient no longer falls."""
    x = np.zeros(problem.dimension)
    size = np.linalg.norm(problem.gradient(x))
    for _ in range(100):
        p = 1 / (1 + np.exp(-problem.features @ x))
        hessian = (problem.features.T * (p * (1 - p))) @ problem.features / problem.count
        step = np.linalg.solve(hessian + problem.ridge * np.eye(problem.dimension), problem.gradient(x))
        scale = 1.0
        while scale > 1e-8 and np.linalg.norm(problem.gradient(x - scale * step)) >= size:
            scale /= 2
        if scale <= 1e-8:
            break
        x = x - scale * step
        size = np.linalg.norm(problem.gradient(x))
    return x


def _largest_eigenvalue(features: Array) -> float:
    """An upper bound on that of ``A^T A``: the computed one and the rounding of the product and the solver together."""
    gram = features.T @ features
    rounding = 4 * (len(features) + len(gram)) * np.finfo(float).eps * float(np.trace(gram))
    return float(np.linalg.eigvalsh(gram)[-1] + rounding)


@lru_cache(maxsize=8)
def breast_cancer(ridge: float = 0.01) -> Logistic:
    """Logistic regression on scikit-learn's breast cancer data: 569 cases, 30 standardised features.

    Raises:
        DataError: if scikit-learn is not installed.
    """
    data = _dataset("load_breast_cancer")
    return logistic(_standardised(data.data), np.where(data.target == 1, 1.0, -1.0), ridge)


@lru_cache(maxsize=8)
def digits(ridge: float = 0.01) -> Logistic:
    """Logistic regression on scikit-learn's digits, odd or even: 1,797 images of 64 pixels in [0, 1].

    Raises:
        DataError: if scikit-learn is not installed.
    """
    data = _dataset("load_digits")
    return logistic(data.data / 16.0, np.where(data.target % 2 == 1, 1.0, -1.0), ridge)


def _dataset(name: str):  # type: ignore[no-untyped-def]
    try:
        from sklearn import datasets
    except ImportError:
        raise DataError("this problem's data ships with scikit-learn: pip install scikit-learn") from None
    return getattr(datasets, name)()


def _standardised(features: Array) -> Array:
    return np.asarray((features - features.mean(axis=0)) / features.std(axis=0))


def _digest(*arrays: Array) -> str:
    return sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()
