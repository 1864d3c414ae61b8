"""Means of many losses, on data that ships with scikit-learn or is drawn here: what a minibatch oracle needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from math import inf, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from convergence.errors import DataError, NumericLimit
from convergence.problems.elementary import exponential
from convergence.problems.enclosures import gradient_norm
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
        return float(np.mean(np.sum(self.errors(x) ** 2, axis=-1)))

    def errors(self, x: Array) -> Array:
        """The gradient of each term minus their mean at one point, (count, d)."""
        every = self.batch_gradient(np.broadcast_to(x, (self.count, self.dimension)), [np.arange(self.count)])
        return every - self.gradient(x)

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

    Without ridge it is convex and not strongly so, and has a minimiser where no plane separates the classes.

    Attributes:
        features: a, of shape (n, d), each multiplied by its label b = +-1.
        ridge: not negative.
        minimiser: by Newton's method, or known; see `minimiser_error`.
        residual: at least the norm of the gradient there.
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
        return max(RESOLUTION * float(np.linalg.norm(self.minimiser)), 100 * self.minimiser_error)

    @property
    def minimiser_error(self) -> float:
        """A bound on ``|minimiser - x*|``; inf if it is not known that there is an x*.

        With a ridge by strong convexity. Without, let h be the least curvature at the minimiser, r the residual and R
        the largest ``|a_i|``. Along a line from there the curvature c has ``|c'| <= R c``, so that the slope at
        distance s is at least ``-r + h (1 - exp(-R s))/R``: positive beyond ``s = -log(1 - R r/h)/R``.

        Source: Bach (2010), Self-concordant analysis for logistic regression, for the inequality.
        """
        if self.ridge:
            return self.residual / self.ridge
        radius = float(np.linalg.norm(self.features, axis=-1).max())
        share = radius * self.residual / least if (least := self._least_curvature) > 0 else 1.0
        return -log1p(-share) / radius if share < 1 else inf

    @property
    def minimum_error(self) -> float:
        """A bound on ``f(minimiser) - f*``, by strong convexity, or by convexity and Cauchy and Schwarz."""
        return self.residual**2 / (2 * self.ridge) if self.ridge else self.residual * self.minimiser_error

    @property
    def _least_curvature(self) -> float:
        """A lower bound on the least eigenvalue of the Hessian at the minimiser, without the ridge."""
        p = 1 / (1 + np.exp(-rows(self.minimiser, self.features.T)))
        roots = self.features * np.sqrt(p * (1 - p))[:, None]
        return -_largest_eigenvalue(roots, -1) / self.count

    @property
    def facts(self) -> Facts:
        largest = _largest_eigenvalue(self.features)
        facts: dict[str, tuple[float, ...]] = {"convex": (), "smooth": (largest / (4 * self.count) + self.ridge,)}
        if self.ridge:
            return (
                facts | dict.fromkeys(("strongly_convex", "polyak_lojasiewicz"), (self.ridge,)) | {"bounded_below": ()}
            )
        lengths = float(np.mean(np.linalg.norm(self.features, axis=-1)))  # |sum s_i a_i|/n for weights s in (0, 1)
        return facts | {"lipschitz": (min(lengths, sqrt(largest / self.count)),), "bounded_below": ()}

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
    """The problem of given data with labels +-1; `ridge` may be 0.

    Raises:
        NumericLimit: if Newton's method does not reach ``f - f* <= 1e-12``: without ridge, where a plane separates the
            classes, or features depend on each other.
    """
    signed = np.asarray(features, dtype=float) * np.asarray(labels, dtype=float)[:, None]
    zero = np.zeros(signed.shape[1])
    draft = Logistic(features=signed, ridge=ridge, minimiser=zero, residual=0.0, minimum=0.0)
    x = _newton(draft)
    residual = gradient_norm(signed, ridge, x)
    found = Logistic(features=signed, ridge=ridge, minimiser=x, residual=residual, minimum=float(draft.value(x)))
    if not found.minimum_error <= 1e-12:
        remedy = "scale the features" if ridge else "a plane may separate the classes, so that a ridge is needed"
        raise NumericLimit(f"Newton's method stopped with a gradient of norm {residual:.2g}; {remedy}")
    return found


def known_logistic(cases: int, dimension: int, seed: int = 0) -> Logistic:
    """Logistic regression without ridge whose minimiser is drawn first, exact but for the rounding of the features.

    Each feature vector comes four times, k of them with label 1, k in {1, 2, 3}, and lies where the drawn x* gives that
    label the probability k/4: ``a.x* = log(k/(4 - k))``. So the gradient of each four is 0 there, and f* is a mean of
    entropies. For four times as many terms as `cases`, which should not be fewer than coordinates.
    """
    r = np.random.default_rng(seed)
    x, a, k = r.standard_normal(dimension), r.standard_normal((cases, dimension)), r.integers(1, 4, cases)
    a += np.outer(np.log(k / (4 - k)) - a @ x, x) / (x @ x)
    labels = np.where(np.arange(4) < k[:, None], 1.0, -1.0)
    signed = (labels[:, :, None] * a[:, None]).reshape(-1, dimension)
    entropy = -(k * np.log(k / 4) + (4 - k) * np.log(1 - k / 4)) / 4
    residual = gradient_norm(signed, 0.0, x)
    return Logistic(features=signed, ridge=0.0, minimiser=x, residual=residual, minimum=float(entropy.mean()))


def _newton(problem: Logistic) -> Array:
    """Damped Newton steps until the gradient no longer falls."""
    x = np.zeros(problem.dimension)
    size = np.linalg.norm(problem.gradient(x))
    for _ in range(100):
        p = 1 / (1 + np.exp(-problem.features @ x))
        hessian = (problem.features.T * (p * (1 - p))) @ problem.features / problem.count
        try:
            step = np.linalg.solve(hessian + problem.ridge * np.eye(problem.dimension), problem.gradient(x))
        except np.linalg.LinAlgError:
            break
        scale = 1.0
        while scale > 1e-8 and np.linalg.norm(problem.gradient(x - scale * step)) >= size:
            scale /= 2
        if scale <= 1e-8:
            break
        x = x - scale * step
        size = np.linalg.norm(problem.gradient(x))
    return x


def _largest_eigenvalue(features: Array, sign: int = 1) -> float:
    """An upper bound on that of ``sign A^T A``: the computed one, with the rounding of the product and the solver."""
    gram = features.T @ features
    rounding = 4 * (len(features) + len(gram)) * np.finfo(float).eps * float(np.trace(gram))
    return float(np.linalg.eigvalsh(sign * gram)[-1] + rounding)


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


@lru_cache(maxsize=8)
def iris(ridge: float = 0.0) -> Logistic:
    """Logistic regression on scikit-learn's iris data, the two kinds that no plane separates: 100 cases, 4 features.

    Raises:
        DataError: if scikit-learn is not installed.
    """
    data = _dataset("load_iris")
    chosen = data.target > 0
    return logistic(_standardised(data.data[chosen]), np.where(data.target[chosen] == 1, 1.0, -1.0), ridge)


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
