"""Random numbers for NumPy's ensembles, computed by machine code: the bits of `convergence.kernels.randomness`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convergence.kernels.assembly import LANES, WORD, Code, VectorBits
from convergence.kernels.machine import aligned, function
from convergence.kernels.randomness import WORDS, philox, quadruple

GROUP = 4  # words of one Philox call, and numbers of one group


def filled(
    kind: str, keys: NDArray[np.uint64], first: int, steps: int, purpose: int, dimension: int
) -> NDArray[np.float64]:
    """Numbers of a kind, (steps, lanes, dimension), for keys of four words, (4, lanes), and steps from `first` on."""
    lanes, groups = keys.shape[1], -(-dimension // GROUP)
    blocks = -(-lanes // LANES)
    wide = np.pad(keys, ((0, 0), (0, blocks * LANES - lanes)), mode="edge")
    words = aligned(np.moveaxis(wide.reshape(4, blocks, LANES), 0, 1))
    result = aligned(np.empty((steps, blocks, groups * GROUP, LANES)))
    pointers = np.array([words.ctypes.data, result.ctypes.data], dtype=np.uint64)
    numbers = np.array([steps, blocks, groups, first, purpose], dtype=np.int64)
    _filler(kind)(pointers.ctypes.data, numbers.ctypes.data)
    turned = np.moveaxis(result, 3, 2).reshape(steps, blocks * LANES, groups * GROUP)
    return np.ascontiguousarray(turned[:, :lanes, :dimension])


@cache
def _filler(kind: str) -> Callable[..., None]:
    """The compiled loop of a kind."""
    code = Code()
    on = VectorBits(code)
    keys, result = (_entry(code, "ptr", "%pointers", i) for i in range(2))
    steps, blocks, groups, first, purpose = (_entry(code, "i64", "%numbers", i) for i in range(5))
    calls = WORDS[kind] // GROUP
    with code.loop("0", blocks) as block:
        start = code.value(f"mul i64 {block}, {4 * LANES}")
        key = [code.load(code.address(keys, start, str(LANES * i)), WORD) for i in range(4)]
        with code.loop("0", steps) as step, code.loop("0", groups) as group:
            count = code.value(f"add i64 {step}, {first}")
            words: list[Any] = []
            for call in range(calls):
                number = code.value(f"add i64 {code.value(f'mul i64 {group}, {calls}')}, {call}")
                tag = code.value(f"add i64 {number}, {code.value(f'shl i64 {purpose}, 24')}")
                counter = (code.same_word(count), code.same_word(tag), key[2], key[3])
                words += philox(counter, (key[0], key[1]), on)
            row = code.value(f"add i64 {code.value(f'mul i64 {step}, {blocks}')}, {block}")
            place = code.value(f"add i64 {code.value(f'mul i64 {row}, {groups}')}, {group}")
            far = code.value(f"mul i64 {place}, {GROUP * LANES}")
            for i, value in enumerate(quadruple(kind, words, on)):
                code.store(value, code.address(result, far, str(LANES * i)))
    return function(code.module, "run")


def _entry(code: Code, kind: str, base: str, place: int) -> str:
    address = code.value(f"getelementptr {kind}, ptr {base}, i64 {place}")
    return code.value(f"load {kind}, ptr {address}")
