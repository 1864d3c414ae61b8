"""Sums over coordinates of one profile, with weights and a quadratic bowl."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from convergence.problems.problem import RESOLUTION, Array, Facts, Problem, text_of, total
from convergence.problems.profiles import Dented, Profile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Separable(Problem):
    """``f(x) = sum_i weights_i phi((x_i - c_i)/scale) + ridge/2 |x - c|^2`` with infimum 0.

    Attributes:
        name: how reports call it.
        profile: phi.
        weights: positive, one a coordinate.
        centre: c; the minimiser where phi has one.
        scale: positive.
        ridge: not negative.
    """

    name: str
    profile: Profile
    weights: Array
    centre: Array
    scale: float = 1.0
    ridge: float = 0.0

    @property
    def dimension(self) -> int:
        return len(self.weights)

    @property
    def minimiser(self) -> Array | None:  # type: ignore[override]
        return self.centre if self.profile.attained else None

    @property
    def identity(self) -> str:
        numbers = text_of(np.array([self.scale, self.ridge]))
        return f"separable({self.profile!r};{text_of(self.weights)};{text_of(self.centre)};{numbers})"

    @property
    def facts(self) -> Facts:
        low, high = (bound * self.weights / self.scale**2 + self.ridge for bound in self._curvature)
        facts: dict[str, tuple[float, ...]] = {"bounded_below": ()}
        least = float(low.min())
        if isfinite(float(high.max())):
            facts["smooth"] = (max(abs(least), float(high.max())),)
        if least >= 0:
            facts["convex"] = ()
        if least > 0:
            facts |= {"strongly_convex": (least,), "polyak_lojasiewicz": (least,)}
        if isinstance(self.profile, Dented) and self.ridge == 0:
            facts["polyak_lojasiewicz"] = (float(self.weights.min()) / self.scale**2 / 32,)
        if self.ridge == 0 and isfinite(self.profile.slope):
            facts["lipschitz"] = (self.profile.slope / self.scale * float(np.linalg.norm(self.weights)),)
        return facts

    @property
    def _curvature(self) -> tuple[float, float]:
        return self.profile.curvature

    def gap(self, x: Array) -> Array:
        z = x - self.centre
        value = total(self.weights * self.profile.value(z / self.scale))
        return value + 0.5 * self.ridge * total(z * z) if self.ridge else value

    def gradient(self, x: Array) -> Array:
        z = x - self.centre
        slope = self.weights / self.scale * self.profile.derivative(z / self.scale)
        return slope + self.ridge * z if self.ridge else slope

    def rounded(self, x: Array) -> NDArray[np.bool_]:
        z = (x - self.centre) / self.scale
        nearest = self.profile.nearest(z)
        lost = np.linalg.norm(z - nearest, axis=-1) < RESOLUTION * np.linalg.norm(nearest, axis=-1)
        return np.asarray(lost)


def separable(
    name: str,
    profile: Profile,
    dimension: int,
    weight: float = 1.0,
    scale: float = 1.0,
    ridge: float = 0.0,
    centre: Array | None = None,
) -> Separable:
    """The sum with equal weights."""
    place = np.zeros(dimension) if centre is None else np.asarray(centre, dtype=float)
    return Separable(
        name=name, profile=profile, weights=np.full(dimension, weight), centre=place, scale=scale, ridge=ridge
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rosenbrock(Problem):
    """``sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2``: a curved valley, bounded below."""

    size: int = 2
    name: str = "Rosenbrock"

    @property
    def dimension(self) -> int:
        return self.size

    @property
    def minimiser(self) -> Array | None:  # type: ignore[override]
        return np.ones(self.size)

    @property
    def identity(self) -> str:
        return f"rosenbrock({self.size})"

    @property
    def facts(self) -> Facts:
        return {"bounded_below": ()}

    def gap(self, x: Array) -> Array:
        bend, pull = x[..., 1:] - x[..., :-1] ** 2, 1 - x[..., :-1]
        return np.asarray(np.sum(100 * bend**2 + pull**2, axis=-1))

    def gradient(self, x: Array) -> Array:
        bend, pull = x[..., 1:] - x[..., :-1] ** 2, 1 - x[..., :-1]
        result = np.zeros_like(x)
        result[..., :-1] = -400 * bend * x[..., :-1] - 2 * pull
        result[..., 1:] += 200 * bend
        return result
