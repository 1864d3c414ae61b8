"""Streams: Philox's published numbers, laws of what is made from them, the same bits from NumPy and machine code."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from convergence.kernels.randomness import philox
from convergence.problems.elementary import NUMPY, exponential, logarithm
from convergence.simulation import streams
from convergence.simulation.streams import Stream, key

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "lane", "wanted"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_words(counter, lane, wanted):
    """The known answers of Random123, the reference of Salmon et al. (2011)."""
    words = philox(*(tuple(np.array([word], dtype=np.uint64) for word in part) for part in (counter, lane)), NUMPY)
    assert tuple(int(word[0]) for word in words) == wanted


def numbers(kind, d=8):
    return getattr(Stream([key("a"), key("b")], 1, 60_000), kind)(d).ravel()


@pytest.mark.parametrize(
    ("kind", "law"), [("normals", stats.norm), ("uniforms", stats.uniform), ("students", stats.t(3))]
)
def test_numbers_have_their_law(kind, law):
    """Kolmogorov's distance of n numbers is beyond 1.95/sqrt(n) once in a thousand; streams are fixed."""
    sample = numbers(kind)
    assert stats.kstest(sample, law.cdf).statistic < 1.95 / np.sqrt(len(sample))


def test_gaussian_numbers_are_not_correlated():
    table = Stream([key("a"), key("b")], 1, 60_000).normals(8).reshape(60_000, 16)
    for columns in (table, table**2, table[1:] * table[:-1]):
        correlation = np.corrcoef(columns.T) - np.eye(16)
        assert np.abs(correlation).max() < 6 / np.sqrt(len(columns))
    assert np.abs(numbers("normals")).max() < 6.7


def test_indices_are_uniform():
    found = Stream([key("a")], 1, 60_000).indices(3, 7).ravel()
    assert stats.chisquare(np.bincount(found, minlength=7)).pvalue > 1e-3
    assert set(found) == set(range(7))


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(["normals", "uniforms", "students"]),
    lanes=st.integers(1, 19),
    d=st.integers(1, 13),
    first=st.integers(1, 2**31),
    steps=st.integers(1, 9),
    purpose=st.integers(0, 3),
)
def test_machine_code_and_parts_give_the_same_bits(kind, lanes, d, first, steps, purpose):
    keys = [key(lane) for lane in range(lanes)]
    found = {}
    for limit in (0, 10**9):
        streams.COMPILED, before = limit, streams.COMPILED
        try:
            found[limit] = getattr(Stream(keys, first, steps, purpose), kind)(d)
        finally:
            streams.COMPILED = before
    assert np.array_equal(found[0], found[10**9])
    alone = getattr(Stream(keys[-1:], first + steps - 1, 1, purpose), kind)(1)
    assert alone[0, 0, 0] == found[0][-1, -1, 0]


def test_elementary_functions_are_accurate():
    r = np.random.default_rng(0)
    for function, exact, points in (
        (exponential, mpmath.exp, r.uniform(-700, 700, 300)),
        (lambda x: logarithm(x, NUMPY), mpmath.log, r.uniform(0, 1, 300) ** 8 + 1e-18),
    ):
        with mpmath.workdps(40):
            wanted = [exact(mpmath.mpf(point)) for point in points]
            errors = [abs(float(value / want - 1)) for value, want in zip(function(points), wanted, strict=True)]
        assert max(errors) < 3e-15
    assert np.isnan(exponential(np.array([np.nan]))[0])
