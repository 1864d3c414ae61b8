"""Counter-based random numbers: Philox-4x32-10, and exact maps from its words to uniform and Gaussian numbers.

Every function is written once, over arrays of 64-bit words and of doubles, with operators alone: it runs on NumPy's
arrays and on vectors of machine code, and gives the same bits on both. A word holds 32 random bits.

Source: Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3; Box & Muller (1958).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, pi

from convergence.problems.elementary import INTEGERS, ONE, Bits, Real, Word, exponential, logarithm, polynomial

LOW = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10


def philox(counter: tuple[Word, ...], key: tuple[Word, Word], on: Bits) -> tuple[Word, ...]:
    """Four random words for four counter words and two key words; only their 32 low bits count, here and there."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    low, half = on.word(LOW), on.word(32)
    m0, m1 = map(on.word, MULTIPLIERS)
    for count in range(ROUNDS):
        p0, p1 = (c0 & low) * m0, (c2 & low) * m1
        c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ k0, p1, (p0 >> half) ^ c3 ^ k1, p0
        if count < ROUNDS - 1:
            k0, k1 = k0 + on.word(WEYL[0]), k1 + on.word(WEYL[1])
    return c0 & low, c1 & low, c2 & low, c3 & low


def uniform(word: Word, on: Bits) -> Real:
    """Multiples of 2^-32 in [0, 1)."""
    return on.real((word << on.word(20)) | on.word(ONE)) - 1.0


def index(word: Word, count: int, on: Bits) -> Real:
    """Integers 0, ..., count - 1 as doubles; their probabilities differ by less than 2^-32."""
    return on.real(((word * on.word(count)) >> on.word(32)) | on.word(INTEGERS)) - 2.0**52


def gaussian_pair(first: Word, second: Word, on: Bits) -> tuple[Real, Real]:
    """Two independent standard Gaussian numbers, by Box and Muller; none is beyond 6.7.

    Series are cut where they are ten times finer than the steps of 2^-32 between words.
    """
    radius = on.sqrt(logarithm(_positive(first, on), on, scale=-2.0, terms=6))
    a, b = _direction(second, on, terms=6)
    return radius * a, radius * b


def student(first: Word, second: Word, on: Bits) -> Real:
    """A number of Student's law with 3 degrees of freedom, by Bailey's polar method.

    Source: Bailey (1994), Polar generation of random variates with the t-distribution.
    """
    squared = 3.0 * (exponential(logarithm(_positive(first, on), on) * (-2 / 3), on) - 1.0)
    return on.sqrt(squared) * _direction(second, on)[0]


def pair(kind: str, words: Sequence[Word], on: Bits) -> list[Real]:
    """Two numbers of a kind, from half as many words as `WORDS` says."""
    match kind:
        case "normal":
            return list(gaussian_pair(words[0], words[1], on))
        case "uniform":
            return [uniform(word, on) for word in words]
    return [student(words[i], words[i + 1], on) for i in (0, 2)]


def quadruple(kind: str, words: Sequence[Word], on: Bits) -> list[Real]:
    """Four numbers of a kind, from as many words as `WORDS` says."""
    half = WORDS[kind] // 2
    return [*pair(kind, words[:half], on), *pair(kind, words[half:], on)]


WORDS = {"normal": 4, "uniform": 4, "student": 8}
"""How many words four numbers need."""


def _positive(word: Word, on: Bits) -> Real:
    """Multiples of 2^-32 in (0, 1]."""
    return 2.0 - on.real((word << on.word(20)) | on.word(ONE))


def _direction(word: Word, on: Bits, terms: int = 8) -> tuple[Real, Real]:
    """A point of the unit circle: 29 bits are an angle x from 0 to pi/4, three bits choose one of the eight octants.

    Sine and cosine are Taylor sums; six terms leave 7e-12, eight 2e-16.
    """
    low = word & on.word(2**29 - 1)
    x = (on.real(low | on.word(INTEGERS)) - (2.0**52 - 0.5)) * (pi / 4 * 2.0**-29)
    square = x * x
    sine = x * polynomial(square, [(-1) ** i / factorial(2 * i + 1) for i in range(terms)])
    cosine = polynomial(square, [(-1) ** i / factorial(2 * i) for i in range(terms + 1)])
    swap = word & on.word(1 << 29)
    a, b = on.where(swap, sine, cosine), on.where(swap, cosine, sine)
    a = on.real(on.bits(a) ^ ((word & on.word(1 << 30)) << on.word(33)))
    b = on.real(on.bits(b) ^ ((word & on.word(1 << 31)) << on.word(32)))
    return a, b
