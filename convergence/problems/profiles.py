"""Functions of one variable with minimum 0, whose curvature and slope are known; sums of them are problems."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import cos, inf, pi, sqrt, tau

import numpy as np

from convergence.problems.problem import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(ABC):
    """An even function ``phi`` of one variable with infimum 0.

    Every subclass has ``curvature``, the exact range of phi'' (inf where the slope jumps), ``slope``, the supremum of
    |phi'|, and ``attained``, whether ``phi(0) = 0`` is the minimum.
    """

    @property
    @abstractmethod
    def curvature(self) -> tuple[float, float]:
        """Least and greatest second derivative."""

    @property
    def slope(self) -> float:
        """The supremum of the absolute value of the derivative."""
        return inf

    @property
    def attained(self) -> bool:
        """Whether 0 is the only minimiser; otherwise the infimum 0 is approached at infinity."""
        return True

    def nearest(self, u: Array) -> Array:
        """The minimiser nearest to each place; 0 where no other is known."""
        return np.zeros_like(u)

    @abstractmethod
    def value(self, u: Array) -> Array:
        """phi, elementwise."""

    @abstractmethod
    def derivative(self, u: Array) -> Array:
        """phi', elementwise; 0 at 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absolute(Profile):
    """``|u|``."""

    @property
    def curvature(self) -> tuple[float, float]:
        return (0.0, inf)

    @property
    def slope(self) -> float:
        return 1.0

    def value(self, u: Array) -> Array:
        return np.abs(u)

    def derivative(self, u: Array) -> Array:
        return np.sign(u)


@dataclass(frozen=True, slots=True, kw_only=True)
class Huber(Profile):
    """``u^2/2`` up to `width`, linear beyond."""

    width: float

    @property
    def curvature(self) -> tuple[float, float]:
        return (0.0, 1.0)

    @property
    def slope(self) -> float:
        return self.width

    def value(self, u: Array) -> Array:
        a = np.abs(u)
        return np.where(a <= self.width, 0.5 * u * u, self.width * (a - 0.5 * self.width))

    def derivative(self, u: Array) -> Array:
        return np.clip(u, -self.width, self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothedAbsolute(Profile):
    """``sqrt(u^2 + width^2) - width``."""

    width: float

    @property
    def curvature(self) -> tuple[float, float]:
        return (0.0, 1.0 / self.width)

    @property
    def slope(self) -> float:
        return 1.0

    def value(self, u: Array) -> Array:
        return u * u / (_hypotenuse(u, self.width) + self.width)

    def derivative(self, u: Array) -> Array:
        return u / _hypotenuse(u, self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatPower(Profile):
    """``|u|^p / p`` up to 1, linear beyond: convex, smooth, and so flat at 0 that gradients fade slowly.

    Gradient flow decays as ``time**(-p/(p - 2))``, which tends to 1/time as p grows.
    """

    p: float

    @property
    def curvature(self) -> tuple[float, float]:
        return (0.0, self.p - 1.0)

    @property
    def slope(self) -> float:
        return 1.0

    def value(self, u: Array) -> Array:
        a = np.abs(u)
        return np.where(a <= 1, _power(np.minimum(a, 1.0), self.p) / self.p, a - 1 + 1 / self.p)

    def derivative(self, u: Array) -> Array:
        return np.sign(u) * _power(np.minimum(np.abs(u), 1.0), self.p - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ripple(Profile):
    """``bowl u^2/2 + height (1 - cos(frequency u))``: smooth, with its minimum at 0 only."""

    bowl: float
    height: float
    frequency: float

    @property
    def curvature(self) -> tuple[float, float]:
        wave = self.height * self.frequency**2
        return (self.bowl - wave, self.bowl + wave)

    def value(self, u: Array) -> Array:
        return 0.5 * self.bowl * u * u + 2 * self.height * np.square(np.sin(0.5 * self.frequency * u))

    def derivative(self, u: Array) -> Array:
        return self.bowl * u + self.height * self.frequency * np.sin(self.frequency * u)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave(Profile):
    """``1 - cos(u)``: bounded and smooth, with saddles between the minimisers ``2 pi n``."""

    @property
    def curvature(self) -> tuple[float, float]:
        return (-1.0, 1.0)

    @property
    def slope(self) -> float:
        return 1.0

    @property
    def attained(self) -> bool:
        return False

    def nearest(self, u: Array) -> Array:
        return np.asarray(tau * np.round(u / tau))

    def value(self, u: Array) -> Array:
        return 2 * np.square(np.sin(0.5 * u))

    def derivative(self, u: Array) -> Array:
        return np.sin(u)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail(Profile):
    """``(1 + u^2)^(-q/2)``: falls towards its infimum 0 at infinity, and gradients fade slowly.

    phi'' = q (1 + u^2)^(-q/2 - 2) ((q + 1) u^2 - 1) is least at 0, -q, and greatest where the third derivative is 0,
    at u^2 = 3/(q + 1).
    Along gradient flow the squared slope decays as ``time**(-2(q + 1)/(q + 2))``, almost 1/time for small q.
    """

    q: float

    @property
    def curvature(self) -> tuple[float, float]:
        square = 3 / (self.q + 1)
        return (-self.q, 2 * self.q * (1 + square) ** (-self.q / 2 - 2))

    @property
    def slope(self) -> float:
        square = 1 / (self.q + 1)  # where phi'' = 0
        return float(self.q * sqrt(square) * (1 + square) ** (-self.q / 2 - 1))

    @property
    def attained(self) -> bool:
        return False

    def value(self, u: Array) -> Array:
        return np.asarray((1 + u * u) ** (-self.q / 2))

    def derivative(self, u: Array) -> Array:
        return np.asarray(-self.q * u * (1 + u * u) ** (-self.q / 2 - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dented(Profile):
    """``u^2 + 3 sin(u)^2``: not convex, yet ``phi'^2 >= phi/16``, the Polyak-Lojasiewicz inequality with 1/32.

    Source: Karimi, Nutini & Schmidt (2016), 2.2.
    """

    @property
    def curvature(self) -> tuple[float, float]:
        return (-4.0, 8.0)

    def value(self, u: Array) -> Array:
        return u * u + 3 * np.square(np.sin(u))

    def derivative(self, u: Array) -> Array:
        return 2 * u + 3 * np.sin(2 * u)


def _hypotenuse(u: Array, width: float) -> Array:
    """``sqrt(u^2 + width^2)`` without overflow."""
    a = np.abs(u)
    longer = np.maximum(a, width)
    ratio = np.minimum(a, width) / longer
    return longer * np.sqrt(1 + ratio * ratio)


def _power(a: Array, exponent: float) -> Array:
    """``a^exponent`` for a >= 0; products where the exponent is a whole number, in an order that is always the same."""
    if exponent != int(exponent) or not 1 <= exponent <= 64:
        return a**exponent
    result, square, rest = None, a, int(exponent)
    while rest:
        if rest & 1:
            result = square if result is None else result * square
        square, rest = square * square, rest >> 1
    assert result is not None
    return result


def false_minimum(profile: Ripple) -> float:
    """The local minimiser of a `Ripple` beside the global one, by Newton's method from one wavelength away.

    It exists where the wave is steep enough.

    Raises:
        ValueError: if it does not.
    """
    u = tau / profile.frequency
    for _ in range(60):
        curvature = profile.bowl + profile.height * profile.frequency**2 * cos(profile.frequency * u)
        u -= float(profile.derivative(np.asarray(u))) / curvature
    if not pi < profile.frequency * u < tau + 1e-9 or curvature <= 0:
        raise ValueError("this ripple has no local minimum beside its global one")
    return u
