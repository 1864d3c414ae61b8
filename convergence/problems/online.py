"""Online linear losses on an interval, where regret is known exactly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from convergence.problems.oracles import Stream
from convergence.problems.problem import Array, Facts, text_of


class LinearLosses(ABC):
    """Losses ``c_t x`` for x in [-radius, radius]; the best fixed point's total is ``-radius |sum c_t|``.

    Attributes:
        name: how reports call it.
        radius: half the width of the domain.
        random: whether the coefficients are drawn.
    """

    name: str
    radius: float
    random: bool = False

    @property
    @abstractmethod
    def slope(self) -> float:
        """The greatest |c_t|."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """A text that determines the losses."""

    @property
    def facts(self) -> Facts:
        """What the sequence satisfies, as claims name it."""
        slope = (self.slope,)
        return {
            "convex": (), "smooth": (0.0,), "lipschitz": slope, "bounded_gradients": slope, "online": (),
            "bounded_domain": (2 * self.radius,),
        }  # fmt: skip

    def draws(self, stream: Stream) -> Array | None:
        """The random numbers of some steps, (steps, lanes, 1)."""
        return None

    @abstractmethod
    def coefficient(self, count: int, x: Array, draws: Array) -> Array:
        """c_t in round `count` for the points (lanes, 1) that were played."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Periodic(LinearLosses):
    """The coefficients of `pattern`, again and again."""

    name: str
    pattern: Array
    radius: float = 1.0

    @property
    def slope(self) -> float:
        return float(np.abs(self.pattern).max())

    @property
    def identity(self) -> str:
        return f"periodic({text_of(self.pattern)};{self.radius.hex()})"

    def coefficient(self, count: int, x: Array, draws: Array) -> Array:
        place = np.remainder(count - 1, len(self.pattern))
        value = self.pattern[0] + 0.0 * count
        for index, coefficient in enumerate(self.pattern[1:], 1):
            value = np.where(np.equal(place, index), coefficient, value)
        return np.full_like(x, value) if isinstance(x, np.ndarray) else value


def reddi(C: float, slope: float = 1.0, radius: float = 1.0) -> Periodic:
    """``C, -1, -1`` scaled to the greatest slope: for C > 2 the best point is -radius, and Adam may drift to +radius.

    Source: Reddi, Kale & Kumar (2018), On the Convergence of Adam and Beyond, Theorem 1.
    """
    pattern = np.array([C, -1.0, -1.0]) * (slope / C)
    return Periodic(name=f"Reddi's sequence, C = {C:g}", pattern=pattern, radius=radius)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coin(LinearLosses):
    """``+slope`` with probability `heads`, else ``-slope/ratio``."""

    name: str
    greatest: float = 1.0
    heads: float = 0.5
    ratio: float = 1.0
    radius: float = 1.0
    random: bool = True

    @property
    def slope(self) -> float:
        return self.greatest

    @property
    def identity(self) -> str:
        return f"coin({text_of(np.array([self.greatest, self.heads, self.ratio, self.radius]))})"

    def draws(self, stream: Stream) -> Array | None:
        return np.where(stream.uniforms(1) < self.heads, self.greatest, -self.greatest / self.ratio)

    def coefficient(self, count: int, x: Array, draws: Array) -> Array:
        return draws


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adversary(LinearLosses):
    """The sign of the point played (+ at 0) times the slope, chosen after the move: every round costs ``slope |x|``."""

    name: str = "adversary"
    greatest: float = 1.0
    radius: float = 1.0

    @property
    def slope(self) -> float:
        return self.greatest

    @property
    def identity(self) -> str:
        return f"adversary({text_of(np.array([self.greatest, self.radius]))})"

    def coefficient(self, count: int, x: Array, draws: Array) -> Array:
        return np.where(x >= 0, self.greatest, -self.greatest)
