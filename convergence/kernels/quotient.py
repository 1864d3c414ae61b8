"""Quotients by multiplications, with the bits of the processor's division.

A divider works on eight doubles for 16 cycles, and a rule that divides by a root waits for it twice. A processor with
AVX-512 estimates 1/b to 14 bits, and multiplies and adds two vectors a cycle with one rounding ("fused").

Why the bits are right. Let 1 <= b < 2 without loss of generality. ``e = 1 - b y`` of the estimate is at most 2^-14,
and ``y (1 + e + e^2)`` is 1/b but for e^3, a part of 2^-42; one more correction leaves ``|y - 1/b| <= 2^-54 (1 +
2^-29)``, where 2^-54 is half of the last place. q = a y is corrected once, to 2^-83 beside its rounding, so that it is
one of the two neighbours of a/b, and ``r = a - b q`` has no error. The last step rounds ``q + r y``, which differs
from a/b = q + r/b by ``d = |r| |y - 1/b|``. That changes the rounding only if a midpoint m/2^53 of two neighbours (m
odd) is as near to a/b as d. But ``|a/b - m/2^53| >= 2^-105/b``, because ``2^53 a - m b`` counts units of 2^-52 and is
not zero. With ``|r| <= b (2^-53 + distance to the midpoint)``, d is smaller than the distance if ``b^2 (1 + 2^-28) < 4
(1 - 2^-28)``, which is so for b < 2 - 2^-26; larger ones are left to the division. Where a/b < 1 the places are half
as large, with the same ratio.

Nothing of this may overflow or underflow. The estimate is 0 above 2^1022, hence a quotient or an estimate of 0 or near
it, infinite quotients, what is not a number, and numerators so small that r underflows are left to the division
itself.

Source: Markstein (1990), Computation of elementary functions on the IBM RISC System/6000 processor.
"""

from __future__ import annotations

from convergence.kernels.assembly import LANES, MASK, REAL, Vector, VectorBits, constant
from convergence.kernels.machine import features

NEEDED = frozenset({"avx512f", "avx512dq"})
_SPECIAL = 0xBF  # of vfpclasspd: zeros, subnormal and infinite numbers, and what is no number
_LARGE = 0x78 << 56  # the highest bits of the exponent: one of them is set from 2^-895 on
_ONES = (2**26 - 1) << 26  # the highest bits of the significand: all are set from 2 - 2^-26 on


def quotient(a: Vector, b: Vector) -> Vector:
    """``a / b``, rounded as the processor's division rounds it."""
    if not features() >= NEEDED:
        return a / b
    code = b.code
    minus, one = code.vector(REAL, f"fneg {REAL} {b.text}"), constant(code, 1.0)
    y = _estimated(b)
    e = minus.call("fused", y, one)
    y = y.call("fused", e.call("fused", e, e), y)
    q = a * y
    q = minus.call("fused", q, a).call("fused", y, q)
    y = minus.call("fused", y, one).call("fused", y, y)
    q = minus.call("fused", q, a).call("fused", y, q)
    return _checked(q, y, a, b)


def _estimated(b: Vector) -> Vector:
    """1/b to 14 bits."""
    given = (REAL, b.text), (REAL, "zeroinitializer"), ("i8", "-1")
    return Vector(b.code, REAL, b.code.call(REAL, "llvm.x86.avx512.rcp14.pd.512", *given))


def _checked(q: Vector, y: Vector, a: Vector, b: Vector) -> Vector:
    """The quotient q, divided again if one of its lanes may be wrong."""
    code = q.code
    below = (VectorBits(code).bits(b) & _ONES).apply("icmp ne", _ONES, kind=MASK)
    sure = _is_large(a).apply("and", _is_large(y)).apply("and", below).apply("and", _is_special(q).apply("icmp eq", 0))
    wrong = code.value(f"icmp ne i8 {code.value(f'bitcast {MASK} {sure.text} to i8')}, -1")
    result = code.variable()
    code.store(q, result)
    with code.when(code.call("i1", "llvm.expect.i1", ("i1", wrong), ("i1", "false"))):
        code.store(a / b, result)
    return code.load(result)


def _is_large(value: Vector) -> Vector:
    """Whether a number is at least 2^-895, infinite, or not a number."""
    return (VectorBits(value.code).bits(value) & _LARGE).apply("icmp ne", 0, kind=MASK)


def _is_special(value: Vector) -> Vector:
    """Whether a number is 0, subnormal, infinite, or not a number."""
    given = (REAL, value.text), ("i32", str(_SPECIAL))
    return Vector(value.code, MASK, value.code.call(MASK, f"llvm.x86.avx512.fpclass.pd.{64 * LANES}", *given))
