"""Quotients by multiplications have the bits of the processor's division."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.kernels import quotient
from convergence.kernels.assembly import LANES, Code
from convergence.kernels.machine import aligned, flushed, function


def divider():
    """A loop over vectors of eight: ``out = a / b``, and the text of its code."""
    code = Code()
    a, b, out = (
        code.value(f"load ptr, ptr {code.value(f'getelementptr ptr, ptr %pointers, i64 {i}')}") for i in range(3)
    )
    count = code.value("load i64, ptr %numbers")
    with code.loop("0", count) as place:
        far = code.value(f"mul i64 {place}, {LANES}")
        value = quotient.quotient(code.load(code.address(a, far)), code.load(code.address(b, far)))
        code.store(value, code.address(out, far))
    return code.module


def divided(a, b):
    a, b = (aligned(np.resize(values, -(-len(a) // LANES) * LANES)) for values in (a, b))
    out = aligned(np.zeros_like(a))
    pointers = np.array([values.ctypes.data for values in (a, b, out)], dtype=np.uint64)
    numbers = np.array([len(a) // LANES], dtype=np.int64)
    with flushed(), np.errstate(all="ignore"):
        function(divider(), "run")(pointers.ctypes.data, numbers.ctypes.data)
        expected = a / b
    return out, expected


def assert_same_bits(a, b):
    """For every number; which bits say that there is none is the processor's choice."""
    found, expected = divided(a, b)
    known = ~np.isnan(expected)
    assert (known == ~np.isnan(found)).all()
    assert (found.view(np.uint64)[known] == expected.view(np.uint64)[known]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_bits(seed):
    bits = np.random.default_rng(seed).integers(0, 2**64, (2, 40_000), dtype=np.uint64)
    assert_same_bits(*bits.view(np.float64))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.integers(-1000, 1000))
def test_significands_without_extremes(seed, scale):
    a, b = np.random.default_rng(seed).uniform(1, 2, (2, 40_000))
    assert_same_bits(a * 2.0**scale, -b)


def nearest_to_midpoints(divisors):
    """Numerators a, integers of 53 bits, with a/b nearest to the middle of two doubles: 2^k a = m b + 1 or m b - 1."""
    found = []
    for b in divisors:
        for shift, offset in ((53, 1), (53, -1), (54, 1), (54, -1)):
            m = offset * -pow(b, -1, 2**shift) % 2**shift  # b m = -offset, modulo 2^shift
            a = (m * b + offset) >> shift
            if m % 2 and 2**52 <= a < 2**53:
                found.append((a, b))
    return np.array(found, dtype=float).T


@settings(max_examples=20, deadline=None)
@given(first=st.integers(2**51, 2**52 - 101), below=st.one_of(st.just(0), st.integers(0, 2**29)))
def test_quotients_beside_midpoints(first, below):
    """Odd divisors anywhere, and just below a power of two, where the last correction has the least room."""
    divisors = [2 * (first + i) + 1 for i in range(100)] + [2**53 - 1 - 2 * (below + i) for i in range(100)]
    a, b = nearest_to_midpoints(divisors)
    assert len(a) > 20
    for sign in (1.0, -1.0):
        assert_same_bits(sign * a, b)
        assert_same_bits(np.ldexp(a, -60), sign * b)


def test_the_largest_significands():
    b = 2.0 - np.arange(1, 5000) * 2.0**-52
    for a in np.random.default_rng(0).uniform(1, 2, 50):
        assert_same_bits(np.full(len(b), a), b)
        assert_same_bits(np.nextafter(b * a, np.inf), b)


def test_numbers_at_the_ends():
    ends = [
        0.0,
        5e-324,
        2.0**-1022,
        2.0**-1021,
        2.0**-895,
        1e-270,
        1e-150,
        1.0,
        3.0,
        2.0 - 2.0**-52,
        2.0**895,
        2.0**1021,
    ]
    ends += [2.0**1022, np.nextafter(2.0**1022, 0), np.nextafter(2.0**1022, np.inf), 1.7e308, np.inf, np.nan]
    ends += [-value for value in ends]
    assert_same_bits(*map(np.ravel, np.meshgrid(ends, ends)))


@pytest.mark.parametrize("present", [frozenset(), frozenset({"avx512f"})])
def test_other_processors_divide(monkeypatch, present):
    monkeypatch.setattr(quotient, "features", lambda: present)
    assert "fdiv" in divider() and "rcp14" not in divider()
    assert_same_bits(np.array([1.0, 2.0]), np.array([3.0, 7.0]))
