"""Elementary functions with the same bits everywhere: in NumPy and in machine code.

Each is written once, with operators on doubles and on their bits as 64-bit words. NumPy's own differ between
processors.
"""

from __future__ import annotations

from math import factorial, log
from typing import Any, Protocol

import numpy as np

Word = Any  # 64-bit unsigned integers
Real = Any  # doubles


class Bits(Protocol):
    """What operators cannot say, for one kind of arrays."""

    def word(self, value: int) -> Any:
        """A constant."""

    def real(self, bits: Word) -> Real:
        """The doubles with these bits."""

    def bits(self, value: Real) -> Word:
        """The bits of doubles."""

    def sqrt(self, value: Real) -> Real:
        """The square root."""

    def where(self, mask: Word, yes: Real, no: Real) -> Real:
        """`yes` where the word is not zero."""


class NumpyBits:
    """Arrays of NumPy."""

    def word(self, value: int) -> Any:
        """A constant."""
        return np.uint64(value)

    def real(self, bits: Word) -> Real:
        """The doubles with these bits."""
        return bits.view(np.float64)

    def bits(self, value: Real) -> Word:
        """The bits of doubles."""
        return value.view(np.uint64)

    def sqrt(self, value: Real) -> Real:
        """The square root."""
        return np.sqrt(value)

    def where(self, mask: Word, yes: Real, no: Real) -> Real:
        """`yes` where the word is not zero."""
        return np.where(mask != 0, yes, no)


NUMPY = NumpyBits()

ONE = 0x3FF0000000000000  # the bits of 1.0
INTEGERS = 0x4330000000000000  # those of 2^52: a double from there to 2^53 has an integer in its low bits
_ROOT = 0x3FE6A09E667F3BCD  # those of sqrt(1/2)
_SHIFT = 64 << 52


def logarithm(value: Real, on: Bits, scale: float = 1.0, terms: int = 9) -> Real:
    """`scale` times the natural logarithm of doubles in [2^-64, 1].

    With x = 2^k z and z from sqrt(1/2) to sqrt(2), log z = 2 artanh(s) for s = (z - 1)/(z + 1), |s| < 0.172: of log z,
    six terms of the series leave 6e-11, nine 1e-15.
    """
    raised = on.bits(value) + on.word(_SHIFT)
    power = (raised - on.word(_ROOT)) >> on.word(52)
    z = on.real(raised - (power << on.word(52)))
    k = on.real(power | on.word(INTEGERS)) - (2.0**52 + 64)
    s = (z - 1.0) / (z + 1.0)
    return k * (scale * log(2)) + s * polynomial(s * s, [2 * scale / (2 * i + 1) for i in range(terms)])


def exponential(value: Real, on: Bits = NUMPY) -> Real:
    """The exponential of doubles from -700 to 700, to about 2^-51 of its size; not a number where the value is none.

    With x = n log 2 + r, n an integer and |r| <= 0.35: 2^n times fourteen terms of the series, which leave 5e-18.
    """
    if on is NUMPY and not isinstance(value, np.ndarray | np.floating):
        return np.exp(value)  # of a recorded array: recorded under that name, and compiled from this definition
    shifter = 1.5 * 2.0**52  # adding it rounds to an integer, which its low bits then hold
    shifted = value * (1 / log(2)) + shifter
    n = shifted - shifter
    r = (value - n * _LOG_2_HIGH) - n * _LOG_2_LOW
    series = polynomial(r, [1 / factorial(i) for i in range(14)])
    return on.real(on.bits(series) + (on.bits(shifted) << on.word(52)))


_LOG_2_HIGH = float.fromhex("0x1.62e42feep-1")  # 33 bits: its product with n is exact
_LOG_2_LOW = float.fromhex("0x1.a39ef35793c76p-33")  # the rest


def polynomial(x: Real, coefficients: list[float]) -> Real:
    """Horner's rule, constant coefficient first."""
    value = coefficients[-1] * x + coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        value = value * x + coefficient
    return value
