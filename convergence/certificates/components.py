"""How the component of a linear method's iterates along one eigenvector moves, from 1 at step 0: all facts are exact.

The component is a geometric sequence, or it satisfies ``x[k+2] = trace*x[k+1] - determinant*x[k]`` and no shorter
recurrence, so that both roots of ``z**2 - trace*z + determinant`` take part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from convergence.certificates.algebraic import Real

ONE = Real.of(1)
HALF = Real.of("1/2")


@dataclass(frozen=True, eq=False)
class Geometric:
    """``x[k] = ratio**k``."""

    ratio: Real

    @cached_property
    def radius(self) -> Real:
        """The asymptotic factor per step."""
        return abs(self.ratio)

    @cached_property
    def _size(self) -> int:
        return (self.radius - ONE).sign

    @property
    def converges(self) -> bool:
        """Whether it tends to zero."""
        return self._size < 0

    @property
    def unbounded(self) -> bool:
        """Whether it is unbounded."""
        return self._size > 0

    @property
    def cycles(self) -> bool:
        """Whether it stays bounded and tends to nothing."""
        return self._size == 0 and self.ratio.sign < 0

    @property
    def oscillates(self) -> bool:
        """Whether it changes sign again and again."""
        return self.ratio.sign < 0

    @property
    def keeps_sign(self) -> bool:
        """Whether it never becomes negative."""
        return self.ratio.sign >= 0


@dataclass(frozen=True, eq=False)
class Descent(Geometric):
    """``x[k] = (1 - step*mode)**k``; its facts compare the mode with 1/step and 2/step, which are simpler numbers.

    Attributes:
        step, mode: the step size and the eigenvalue.
    """

    step: Real
    mode: Real

    @classmethod
    def along(cls, step: Real, mode: Real) -> Descent:
        """Gradient descent along an eigenvector."""
        return cls(ONE - step * mode, step, mode)

    @cached_property
    def _flip(self) -> int:
        """The sign of the ratio."""
        if self.step.sign == 0:
            return 1
        return -self.step.sign * self.mode.order(self.step.inverse())

    @cached_property
    def _size(self) -> int:
        product = self.step.sign * self.mode.sign
        if product <= 0:
            return -product
        return self.step.sign * self.mode.order(Real.of(2) / self.step)

    @cached_property
    def radius(self) -> Real:
        """The asymptotic factor per step."""
        return -self.ratio if self._flip < 0 else self.ratio

    @property
    def cycles(self) -> bool:
        """Whether it stays bounded and tends to nothing."""
        return self._size == 0 and self._flip < 0

    @property
    def oscillates(self) -> bool:
        """Whether it changes sign again and again."""
        return self._flip < 0

    @property
    def keeps_sign(self) -> bool:
        """Whether it never becomes negative."""
        return self._flip >= 0


@dataclass(frozen=True, eq=False)
class SecondOrder:
    """``x[0] = 1, x[1] = first``, then the recurrence with both roots taking part."""

    first: Real
    trace: Real
    determinant: Real

    @cached_property
    def _discriminant(self) -> Real:
        return self.trace * self.trace - Real.of(4) * self.determinant

    @cached_property
    def _is_complex(self) -> bool:
        return self._discriminant.sign < 0

    @cached_property
    def _is_double(self) -> bool:
        return self._discriminant.sign == 0

    @cached_property
    def _dominant(self) -> Real:
        """The real root of larger modulus, the positive one of two opposite roots."""
        spread = self._discriminant.root(2)
        return (self.trace + (spread if self.trace.sign >= 0 else -spread)) * HALF

    @cached_property
    def _other(self) -> Real:
        return self.trace - self._dominant

    @cached_property
    def radius(self) -> Real:
        """The asymptotic factor per step: the largest modulus of the roots."""
        return self.determinant.root(2) if self._is_complex else abs(self._dominant)

    @cached_property
    def _size(self) -> int:
        return (self.determinant - ONE).sign if self._is_complex else (self.radius - ONE).sign

    @property
    def converges(self) -> bool:
        """Whether it tends to zero."""
        return self._size < 0

    @property
    def unbounded(self) -> bool:
        """Whether it is unbounded; a double root on the circle grows linearly."""
        return self._size > 0 or (self._size == 0 and self._is_double)

    @property
    def cycles(self) -> bool:
        """Whether it stays bounded and tends to nothing."""
        if self._size != 0 or self._is_double:
            return False
        return self._is_complex or self._dominant.sign < 0 or self.trace.sign == 0

    @property
    def oscillates(self) -> bool:
        """Whether it changes sign again and again."""
        if self._is_complex:
            return True
        if self.trace.sign == 0:  # x[2j] = c**j and x[2j+1] = c**j * first, with c >= 0
            return not self._is_double and self.first.sign < 0
        return self.trace.sign < 0

    @property
    def keeps_sign(self) -> bool:
        """Whether it never becomes negative.

        With roots r1 > r2 >= 0 the sequence A r1**k + B r2**k starts positive and changes sign at most once, namely
        when A < 0, that is first < r2. With r1 > -r2 > 0 it lies between its first two values, divided by r1**k.
        """
        if self._is_complex or self.trace.sign < 0:
            return False
        if self._is_double:
            return self.first >= self._dominant
        if self.trace.sign > 0 and self._other.sign >= 0:
            return self.first > self._other
        return self.first.sign >= 0


Component = Geometric | SecondOrder


def component(first: Real, trace: Real | None, determinant: Real | None) -> Component:
    """The component with the shortest recurrence that it satisfies."""
    if trace is None or determinant is None:
        return Geometric(first)
    if (first * first - trace * first + determinant).sign == 0:
        return Geometric(first)
    return SecondOrder(first, trace, determinant)
