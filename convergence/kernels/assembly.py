"""Text of LLVM functions on vectors of eight lanes, written by operators."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partialmethod
from typing import Any

LANES = 8
REAL, WORD, MASK = (f"<{LANES} x {scalar}>" for scalar in ("double", "i64", "i1"))

INTRINSICS = {"sqrt": "llvm.sqrt", "absolute": "llvm.fabs", "floor": "llvm.floor", "fused": "llvm.fma"}


@dataclass(slots=True)
class Code:
    """Instructions of one function, in order; those of its first block and the functions that it calls apart."""

    entry: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    declared: dict[str, None] = field(default_factory=dict)
    count: int = 0

    @property
    def module(self) -> str:
        """The text of a module with this one function, ``run``."""
        lines = [*self.declared, "define void @run(ptr %pointers, ptr %numbers) {", "entry:", *self.entry, *self.body]
        return "\n".join([*lines, "  ret void", "}", ""])

    def name(self) -> str:
        """A fresh name."""
        self.count += 1
        return f"%v{self.count}"

    def value(self, instruction: str) -> str:
        """The name of an instruction's result."""
        name = self.name()
        self.body.append(f"  {name} = {instruction}")
        return name

    def vector(self, kind: str, instruction: str) -> Vector:
        """The result of an instruction on vectors."""
        return Vector(self, kind, self.value(instruction))

    def call(self, kind: str, name: str, *arguments: tuple[str, str]) -> str:
        """The result of a function of the compiler's; each argument is a type and a value."""
        types, values = ", ".join(kind for kind, _ in arguments), ", ".join(map(" ".join, arguments))
        self.declared[f"declare {kind} @{name}({types})"] = None
        return self.value(f"call {kind} @{name}({values})")

    def do(self, instruction: str) -> None:
        """An instruction without result."""
        self.body.append(f"  {instruction}")

    def variable(self) -> str:
        """The address of a vector that can be assigned again and again."""
        name = self.name()
        self.entry.append(f"  {name} = alloca {REAL}, align 64")
        return name

    def address(self, base: str, *offsets: str) -> str:
        """The address of the double that many places after `base`."""
        place = offsets[0]
        for offset in offsets[1:]:
            place = self.value(f"add i64 {place}, {offset}")
        return self.value(f"getelementptr double, ptr {base}, i64 {place}")

    def load(self, address: str, kind: str = REAL) -> Vector:
        """The vector at an address."""
        return self.vector(kind, f"load {kind}, ptr {address}, align 64")

    def store(self, vector: Vector, address: str) -> None:
        """Keep a vector."""
        self.do(f"store {vector.kind} {vector.text}, ptr {address}, align 64")

    def everywhere(self, address: str) -> Vector:
        """One double from memory in every lane."""
        scalar = self.value(f"load double, ptr {address}, align 8")
        first = self.value(f"insertelement {REAL} poison, double {scalar}, i64 0")
        return self.vector(REAL, f"shufflevector {REAL} {first}, {REAL} poison, <{LANES} x i32> zeroinitializer")

    def same_word(self, scalar: str) -> Vector:
        """One integer in every lane."""
        first = self.value(f"insertelement {WORD} poison, i64 {scalar}, i64 0")
        return self.vector(WORD, f"shufflevector {WORD} {first}, {WORD} poison, <{LANES} x i32> zeroinitializer")

    @contextmanager
    def loop(self, first: str, end: str, step: int = 1) -> Iterator[str]:
        """The instructions inside, for each i from `first` while ``i < end``; at least once."""
        self.count += 1
        tag = self.count
        self.do(f"br label %enter{tag}")
        self.body.append(f"enter{tag}:")
        self.do(f"br label %head{tag}")
        self.body.append(f"head{tag}:")
        self.do(f"%i{tag} = phi i64 [ {first}, %enter{tag} ], [ %next{tag}, %last{tag} ]")
        yield f"%i{tag}"
        self.do(f"br label %last{tag}")
        self.body.append(f"last{tag}:")
        self.do(f"%next{tag} = add i64 %i{tag}, {step}")
        self.do(f"%more{tag} = icmp slt i64 %next{tag}, {end}")
        self.do(f"br i1 %more{tag}, label %head{tag}, label %exit{tag}")
        self.body.append(f"exit{tag}:")

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """The instructions inside, if the condition holds."""
        self.count += 1
        tag = self.count
        self.do(f"br i1 {condition}, label %then{tag}, label %after{tag}")
        self.body.append(f"then{tag}:")
        yield
        self.do(f"br label %after{tag}")
        self.body.append(f"after{tag}:")


@dataclass(frozen=True, slots=True)
class Vector:
    """Eight doubles, words or truth values of a function under construction."""

    code: Code
    kind: str
    text: str

    def apply(self, instruction: str, *others: Any, kind: str | None = None) -> Vector:
        """``instruction self, other``."""
        texts = ", ".join([self.text, *(self.same(other).text for other in others)])
        return self.code.vector(kind or self.kind, f"{instruction} {self.kind} {texts}")

    def same(self, value: Any) -> Vector:
        """A number as a vector of this kind."""
        return value if isinstance(value, Vector) else constant(self.code, value, self.kind)

    def call(self, name: str, *others: Any) -> Vector:
        """The value of an elementwise function of the processor; `fused` is ``self * others[0] + others[1]``."""
        arguments = [(self.kind, vector.text) for vector in (self, *map(self.same, others))]
        return Vector(self.code, self.kind, self.code.call(self.kind, f"{INTRINSICS[name]}.v{LANES}f64", *arguments))

    def shuffled(self, other: Vector, places: tuple[int, ...]) -> Vector:
        """The entries at these places of this vector, followed by the other."""
        mask = ", ".join(f"i32 {place}" for place in places)
        both = f"{self.kind} {self.text}, {other.kind} {other.text}"
        return self.code.vector(self.kind, f"shufflevector {both}, <{LANES} x i32> <{mask}>")

    def where(self, yes: Any, no: Any) -> Vector:
        """`yes` in the lanes where this is true."""
        chosen = next(value for value in (yes, no) if isinstance(value, Vector))
        yes, no = chosen.same(yes), chosen.same(no)
        return self.code.vector(
            chosen.kind, f"select {MASK} {self.text}, {chosen.kind} {yes.text}, {chosen.kind} {no.text}"
        )

    def _binary(self, other: Any, real: str, word: str) -> Vector:
        return self.apply(real if self.kind == REAL else word, other)

    def _reversed(self, other: Any, real: str, word: str) -> Vector:
        return self.same(other).apply(real if self.kind == REAL else word, self)

    __add__ = partialmethod(_binary, real="fadd", word="add")
    __sub__ = partialmethod(_binary, real="fsub", word="sub")
    __mul__ = partialmethod(_binary, real="fmul", word="mul")
    __truediv__ = partialmethod(_binary, real="fdiv", word="")
    __radd__ = partialmethod(_reversed, real="fadd", word="add")
    __rsub__ = partialmethod(_reversed, real="fsub", word="sub")
    __rmul__ = partialmethod(_reversed, real="fmul", word="mul")
    __rtruediv__ = partialmethod(_reversed, real="fdiv", word="")
    __and__ = partialmethod(_binary, real="", word="and")
    __or__ = partialmethod(_binary, real="", word="or")
    __xor__ = partialmethod(_binary, real="", word="xor")
    __lshift__ = partialmethod(_binary, real="", word="shl")
    __rshift__ = partialmethod(_binary, real="", word="lshr")


def constant(code: Code, value: Any, kind: str = REAL) -> Vector:
    """A number in every lane."""
    if kind == REAL:
        scalar = f"double 0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    else:
        scalar = f"{kind.split()[-1][:-1]} {int(value)}"
    return Vector(code, kind, f"<{', '.join([scalar] * LANES)}>")


_TURNS = (
    (1, (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)),
    (2, (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)),
    (4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)),
)


def transposed(rows: list[Vector]) -> list[Vector]:
    """The columns of eight vectors: pairs at distances 1, 2 and 4 exchange halves."""
    rows = list(rows)
    for distance, low, high in _TURNS:
        for first in (i for i in range(LANES) if not i & distance):
            a, b = rows[first], rows[first + distance]
            rows[first], rows[first + distance] = a.shuffled(b, low), a.shuffled(b, high)
    return rows


@dataclass(frozen=True, slots=True)
class VectorBits:
    """What `convergence.kernels.randomness` asks of vectors."""

    code: Code

    def word(self, value: int) -> Any:
        """A constant."""
        return constant(self.code, value, WORD)

    def real(self, bits: Vector) -> Vector:
        """The doubles with these bits."""
        return self.code.vector(REAL, f"bitcast {WORD} {bits.text} to {REAL}")

    def bits(self, value: Vector) -> Vector:
        """The bits of doubles."""
        return self.code.vector(WORD, f"bitcast {REAL} {value.text} to {WORD}")

    def sqrt(self, value: Vector) -> Vector:
        """The square root."""
        return value.call("sqrt")

    def where(self, mask: Vector, yes: Vector, no: Vector) -> Vector:
        """`yes` where the word is not zero."""
        return mask.apply("icmp ne", 0, kind=MASK).where(yes, no)
