"""Random streams that depend on what a run is, and on nothing else.

A lane's key is a hash of the run's identity. Each number is a function of that key, the step, the coordinate and the
purpose, so that any of them can be drawn by itself: neither chunks nor threads change a bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.kernels.draws import filled
from convergence.kernels.machine import usable
from convergence.kernels.randomness import WORDS, index, philox, quadruple
from convergence.problems.elementary import NUMPY

BLOCK = 256  # steps that are drawn together
COMPILED = 1 << 14  # numbers that pay for a call of machine code
CHUNK = 1 << 13  # words that are computed together: they stay in the processor's cache
GROUP = 4  # words of one Philox call


def key(*identity: object) -> int:
    """128 bits from the texts that determine a run."""
    text = "\x1f".join(str(part) for part in identity)
    return int.from_bytes(sha256(text.encode()).digest()[:16], "little")


def key_words(lane_key: int) -> list[int]:
    """The key's four words of 32 bits, lowest first."""
    return [lane_key >> (32 * place) & 0xFFFFFFFF for place in range(4)]


@dataclass(frozen=True, slots=True)
class Stream:
    """The numbers of some lanes for the steps `first`, ..., `first` + `steps` - 1; purposes do not overlap.

    Two words of a lane's key are the Philox key; the counter is the step, purpose and group of coordinates, and the
    other two words.
    """

    keys: Sequence[int]
    first: int
    steps: int
    purpose: int = 0

    def normals(self, dimension: int) -> NDArray[np.float64]:
        """Standard Gaussian numbers, (steps, lanes, dimension)."""
        return self._filled("normal", dimension)

    def uniforms(self, dimension: int) -> NDArray[np.float64]:
        """Numbers from [0, 1), (steps, lanes, dimension)."""
        return self._filled("uniform", dimension)

    def students(self, dimension: int) -> NDArray[np.float64]:
        """Numbers of Student's law with 3 degrees of freedom, (steps, lanes, dimension)."""
        return self._filled("student", dimension)

    def indices(self, size: int, count: int) -> NDArray[np.int64]:
        """`size` integers from 0, ..., count - 1 for each lane, (steps, size, lanes)."""
        groups = np.arange(-(-size // GROUP), dtype=np.uint64)[None, :, None]
        words = np.stack(self._words(groups, np.array(self._keys)[:, None, None, :]), axis=2)
        found = index(words, count, NUMPY).astype(np.int64)
        return found.reshape(self.steps, -1, len(self.keys))[:, :size]

    @property
    def _keys(self) -> NDArray[np.uint64]:
        return np.array([key_words(lane) for lane in self.keys], dtype=np.uint64).T

    def _words(self, groups: Any, keys: Any) -> tuple[Any, ...]:
        """Four words for each step (first axis), group and lane."""
        steps = np.arange(self.first, self.first + self.steps, dtype=np.uint64)[:, None, None]
        shape = np.broadcast_shapes(steps.shape, groups.shape, keys[0].shape)
        counter = (steps, groups + np.uint64(self.purpose << 24), keys[2], keys[3])
        return philox(tuple(np.broadcast_to(part, shape) for part in counter), (keys[0], keys[1]), NUMPY)

    def _filled(self, kind: str, dimension: int) -> NDArray[np.float64]:
        if self.steps * len(self.keys) * dimension >= COMPILED and usable():
            return filled(kind, self._keys, self.first, self.steps, self.purpose, dimension)
        groups = np.arange(-(-dimension // GROUP), dtype=np.uint64)[None, None, :]
        calls = np.uint64(WORDS[kind] // GROUP)
        result = np.empty((self.steps, len(self.keys), groups.size, GROUP))
        lanes = max(1, CHUNK // (self.steps * groups.size))
        for begin in range(0, len(self.keys), lanes):
            keys = self._keys[:, None, begin : begin + lanes, None]
            words = [word for i in range(calls) for word in self._words(groups * calls + np.uint64(i), keys)]
            for place, values in enumerate(quadruple(kind, words, NUMPY)):
                result[:, begin : begin + lanes, :, place] = values
        return result.reshape(self.steps, len(self.keys), -1)[:, :, :dimension]
