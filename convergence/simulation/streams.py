"""Random streams that depend on what a run is, and on nothing else.

A lane's key is a hash of the run's identity; block b of `BLOCK` steps starts at the Philox counter (0, 0, purpose, b).
Any lane and any block can be drawn by itself, so that neither chunks nor workers change a bit.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.random import Generator, Philox

BLOCK = 256


def key(*identity: object) -> int:
    """128 bits from the texts that determine a run."""
    text = "\x1f".join(str(part) for part in identity)
    return int.from_bytes(sha256(text.encode()).digest()[:16], "little")


def generator(lane_key: int, block: int, purpose: int = 0) -> Generator:
    """The stream of one lane for one block of steps; different purposes do not overlap."""
    words = np.array([lane_key & (2**64 - 1), lane_key >> 64], dtype=np.uint64)
    counter = np.array([0, 0, purpose, block], dtype=np.uint64)
    return Generator(Philox(key=words, counter=counter))
