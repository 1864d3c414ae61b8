"""Whole steps of an ensemble as machine code: rule, problem, oracle, projection and running measures in one loop.

Lanes come in blocks of eight. A block's arrays hold coordinate after coordinate, the lanes of one coordinate side by
side, and a block makes all steps of a call before the next block begins. A step is cut into phases: a loop over
coordinates between one reduction (a norm, a product with a matrix) and the next; what later phases read is kept in
buffers.
No operation is reordered or contracted, so that the bits are those of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from convergence.errors import NumericLimit
from convergence.kernels.assembly import MASK, REAL, WORD, Code, Vector, VectorBits, constant, transposed
from convergence.kernels.machine import function
from convergence.kernels.quotient import quotient
from convergence.kernels.randomness import WORDS, index, pair, philox
from convergence.kernels.tape import Argument, Level, Node, Tape
from convergence.problems.elementary import exponential

WHOLE = ("matmul", "gather")  # values that are computed for all coordinates before a phase begins
TILE = 8  # rows of a matrix product that are accumulated at once
GROUP = 4  # words of one Philox call


@dataclass(frozen=True, kw_only=True)
class Body:
    """One step of an ensemble.

    Attributes:
        tape: the operations.
        state: leaves of ``theta`` and the state, with their values after the step.
        totals: leaves of one value a lane that every step updates, with their values after the step.
    """

    tape: Tape
    state: tuple[tuple[str, Argument], ...]
    totals: tuple[tuple[str, Argument], ...]

    @cached_property
    def nodes(self) -> list[Node]:
        """Everything that the step computes or reads."""
        return self.tape.needed([value for _, value in (*self.state, *self.totals)])

    @cached_property
    def columns(self) -> list[Node]:
        """What depends on hyperparameters and the step alone: computed outside."""
        used = {a.index for node in self.nodes if node.level > Level.STEP for a in _nodes(node.arguments)}
        used |= {value.index for _, value in (*self.state, *self.totals) if isinstance(value, Node)}
        return [node for node in self.nodes if node.index in used and node.level <= Level.STEP]

    @cached_property
    def buffered(self) -> dict[int, int]:
        """The buffers of values of coordinates that a later phase reads, draws among them, by index."""
        later = {
            argument.index
            for node in self.nodes
            for argument in _nodes(node.arguments)
            if argument.level is Level.COORDINATE and (argument.phase < node.phase or node.name == "matmul")
        }
        later |= {value.index for _, value in self.state if isinstance(value, Node) and value.phase < self.last}
        kept = [
            node.index
            for node in self.nodes
            if node.level is Level.COORDINATE
            and ((not node.leaf and node.index in later) or node.name in WHOLE or drawn(node))
        ]
        return {index: place for place, index in enumerate(kept)}

    @cached_property
    def last(self) -> int:
        """The phase in which the state is written."""
        return max(node.phase for node in self.nodes if node.level is Level.COORDINATE)

    @cached_property
    def text(self) -> str:
        """The module."""
        return _Emitter(self).module()

    @cached_property
    def run(self) -> Callable[..., None]:
        """The compiled loop."""
        return function(self.text, "run")


def _nodes(arguments: tuple[Argument, ...]) -> list[Node]:
    return [argument for argument in arguments if isinstance(argument, Node)]


def drawn(node: Node) -> bool:
    """Whether the value is one random number for each coordinate."""
    return node.leaf and node.name.startswith(("normal.", "uniform.", "student."))


NUMBERS = ("steps", "dimension", "padded", "groups", "first_block", "end_block", "first_step")
"""Integers of a call; the distances between steps and between blocks of each column follow."""


class _Emitter:
    """Writes the function ``run(pointers, numbers)``."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.code = Code()
        self.on = VectorBits(self.code)
        self.fixed: dict[int, Vector] = {}  # values of lanes, of this step
        self.now: dict[int, Vector] = {}  # values of coordinates, of this phase
        self.places: dict[int, Vector] = {}  # of gathered rows
        self.j = ""

    def module(self) -> str:
        """The text."""
        code, body = self.code, self.body
        self.pointers = {name: self._argument(i) for i, name in enumerate(pointer_names(body))}
        numbers = [*NUMBERS, *(f"{kind}{i}" for i in range(len(body.columns)) for kind in ("step", "block"))]
        self.numbers = {name: self._integer(i) for i, name in enumerate(numbers)}
        self.area = code.value(f"mul i64 {self.numbers['dimension']}, 8")
        self.padded_area = code.value(f"mul i64 {self.numbers['padded']}, 8")
        self.sums = {node.index: code.variable() for node in body.nodes if node.name == "total"}
        self.finite = code.variable()
        with code.loop(self.numbers["first_block"], self.numbers["end_block"]) as self.block:
            self.base = code.value(f"mul i64 {self.block}, {self.area}")
            self.lane = code.value(f"mul i64 {self.block}, 8")
            self._keys()
            with code.loop("0", self.numbers["steps"]) as self.step:
                self._step()
        return code.module

    def _argument(self, place: int) -> str:
        address = self.code.value(f"getelementptr ptr, ptr %pointers, i64 {place}")
        return self.code.value(f"load ptr, ptr {address}")

    def _integer(self, place: int) -> str:
        address = self.code.value(f"getelementptr i64, ptr %numbers, i64 {place}")
        return self.code.value(f"load i64, ptr {address}")

    # --- one step

    def _step(self) -> None:
        self.fixed, self.places = {}, {}
        self.count = self.code.value(f"add i64 {self.step}, {self.numbers['first_step']}")
        self._columns()
        self._draws()
        for name, _ in self.body.totals:
            leaf = self._leaf(name)
            if leaf is not None:
                self.fixed[leaf.index] = self.code.load(self.code.address(self.pointers[name], self.lane))
        for phase in range(1 + max(node.phase for node in self.body.nodes)):
            self._between(phase)
            if phase <= self.body.last:
                self._coordinates(phase)
        for name, value in self.body.totals:
            self.code.store(self._value(value), self.code.address(self.pointers[name], self.lane))
        self._note_failures()

    def _leaf(self, name: str) -> Node | None:
        return next((node for node in self.body.nodes if node.leaf and node.name == name), None)

    def _columns(self) -> None:
        for i, node in enumerate(self.body.columns):
            far = self.code.value(f"mul i64 {self.step}, {self.numbers[f'step{i}']}")
            wide = self.code.value(f"mul i64 {self.block}, {self.numbers[f'block{i}']}")
            self.fixed[node.index] = self.code.load(self.code.address(self.pointers[f"c{i}"], far, wide))

    def _between(self, phase: int) -> None:
        """What a phase needs of the sums before it: values of lanes, and products with matrices."""
        for node in self.body.nodes:
            if node.phase != phase or node.index in self.fixed or node.level <= Level.STEP:
                continue
            if node.name == "matmul":
                self._product(node)
            elif node.name == "gather":
                self._rows(node)
            elif node.level is Level.MOVING:
                self.fixed[node.index] = self._moving(node)

    def _moving(self, node: Node) -> Vector:
        if node.name == "total":
            return self.code.load(self.sums[node.index])
        return self._operation(node)

    def _coordinates(self, phase: int) -> None:
        code, last = self.code, phase == self.body.last
        nodes = [node for node in self.body.nodes if node.phase == phase and node.level is Level.COORDINATE]
        totals = [n for n in self.body.nodes if n.name == "total" and n.arguments[0].phase == phase]
        for address in [*(self.sums[node.index] for node in totals), *([self.finite] if last else [])]:
            code.store(constant(code, -0.0), address)
        if not last and not totals and not any(node.index in self.body.buffered and not node.leaf for node in nodes):
            return
        with code.loop("0", self.numbers["dimension"]) as self.j:
            self.now = {}
            for node in nodes:
                if node.leaf or node.name in WHOLE:
                    continue
                self.now[node.index] = self._operation(node)
                if node.index in self.body.buffered:
                    code.store(self._as_number(self.now[node.index]), self._buffer(node))
            for node in totals:
                self._accumulate(self.sums[node.index], self._value(node.arguments[0]))
            if last:
                self._write()
            self.now = {}

    def _accumulate(self, address: str, value: Vector) -> None:
        self.code.store(self.code.load(address) + value, address)

    def _write(self) -> None:
        values = [(name, self._value(value)) for name, value in self.body.state]
        for name, value in values:
            self.code.store(value, self._place(self.pointers[name], self.base))
        self._accumulate(self.finite, values[0][1] * 0.0)

    def _note_failures(self) -> None:
        """The first step after which a coordinate of ``theta`` is infinite or not a number."""
        code = self.code
        total = code.load(self.finite)
        bad = total.apply("fcmp uno", total, kind=MASK)
        address = code.address(self.pointers["failed"], self.lane)
        known = code.load(address, WORD)
        fresh = known.apply("icmp eq", 0, kind=MASK).apply("and", bad)
        code.store(fresh.where(code.same_word(self.count), known), address)

    # --- values

    def _value(self, value: Argument) -> Vector:
        if not isinstance(value, Node):
            return constant(self.code, value)
        if value.index in self.fixed:
            return self.fixed[value.index]
        if value.index not in self.now:
            self.now[value.index] = self._loaded(value)
        return self.now[value.index]

    def _loaded(self, node: Node) -> Vector:
        if node.index in self.body.buffered:
            return self.code.load(self._buffer(node))
        if node.name in self.body.tape.constants:
            return self.code.everywhere(self.code.address(self.pointers[node.name], self.j))
        return self.code.load(self._place(self.pointers[node.name], self.base))

    def _place(self, pointer: str, base: str) -> str:
        return self.code.address(pointer, base, self.code.value(f"mul i64 {self.j}, 8"))

    def _buffer(self, node: Node, at: str | None = None) -> str:
        offset = self.code.value(f"mul i64 {self.padded_area}, {self.body.buffered[node.index]}")
        return self.code.address(
            self.pointers["scratch"], offset, self.code.value(f"mul i64 {self.j if at is None else at}, 8")
        )

    def _operation(self, node: Node) -> Vector:
        if node.name == "pick":
            return self._picked(node)
        values = [self._value(argument) for argument in node.arguments]
        if node.name == "divide" and node.level is Level.COORDINATE:
            return quotient(values[0], values[1])
        if node.name in _BINARY:
            return values[0].apply(_BINARY[node.name], values[1])
        if node.name in _COMPARED:
            return values[0].apply(_COMPARED[node.name], values[1], kind=MASK)
        if node.name.startswith("is_"):
            truth = (
                values[0]
                .apply(_COMPARED[node.name[3:]], values[1], kind=MASK)
                .where(constant(self.code, 1.0), constant(self.code, 0.0))
            )
            return _unordered(*values).where(constant(self.code, float("nan")), truth)
        match node.name:
            case "sqrt" | "absolute" | "floor":
                return values[0].call(node.name)
            case "negative":
                return self.code.vector(REAL, f"fneg {REAL} {values[0].text}")
            case "sign":
                up, down = (values[0].apply(f"fcmp {way}", 0.0, kind=MASK) for way in ("ogt", "olt"))
                flat = values[0].apply("fcmp oeq", 0.0, kind=MASK).where(constant(self.code, 0.0), values[0])
                return up.where(1.0, down.where(-1.0, flat))
            case "minimum" | "maximum":
                way = "ole" if node.name == "minimum" else "oge"
                chosen = values[0].apply(f"fcmp {way}", values[1], kind=MASK).where(values[0], values[1])
                return _unordered(values[0]).where(values[0], chosen)
            case "where":
                return self._as_truth(values[0]).where(values[1], values[2])
            case "choose":
                picked = values[0].apply("fcmp ogt", 0.5, kind=MASK).where(values[1], values[2])
                return _unordered(values[0]).where(constant(self.code, float("nan")), picked)
            case "spread":
                return values[0]
            case "exponential":
                return exponential(values[0], self.on)
        raise NumericLimit(f"{node.name} is not compiled")

    def _as_number(self, value: Vector) -> Vector:
        """1 or 0 for a truth value, as memory holds it."""
        if value.kind != MASK:
            return value
        return value.where(constant(self.code, 1.0), constant(self.code, 0.0))

    def _as_truth(self, value: Vector) -> Vector:
        """The truth value that a number from memory stands for."""
        return value if value.kind == MASK else value.apply("fcmp une", 0.0, kind=MASK)

    # --- matrices

    def _product(self, node: Node) -> None:
        """``x @ matrix``, each sum in the order of its terms; the matrix comes in panels of `TILE` columns."""
        value, matrix = node.arguments
        code, d = self.code, self.numbers["dimension"]
        sums = [code.variable() for _ in range(TILE)]
        with code.loop("0", self.numbers["padded"], TILE) as column:
            for address in sums:
                code.store(constant(code, -0.0), address)
            panel = code.value(f"mul i64 {column}, {d}")
            with code.loop("0", d) as row:
                x = code.load(self._buffer(value, row))
                start = code.value(f"mul i64 {row}, {TILE}")
                for i, address in enumerate(sums):
                    place = code.address(self.pointers[matrix.name], panel, start, str(i))
                    self._accumulate(address, x * code.everywhere(place))
            for i, address in enumerate(sums):
                code.store(code.load(address), self._buffer(node, code.value(f"add i64 {column}, {i}")))

    def _rows(self, node: Node) -> None:
        """One row of a matrix for each lane, eight coordinates at a time, turned so that lanes lie side by side."""
        held, chosen = node.arguments
        code = self.code
        places = [code.value(f"extractelement {WORD} {self.places[chosen.index].text}, i64 {i}") for i in range(8)]
        starts = [code.value(f"mul i64 {place}, {self.numbers['padded']}") for place in places]
        with code.loop("0", self.numbers["padded"], 8) as first:
            lanes = [code.load(code.address(self.pointers[held.name], start, first)) for start in starts]
            for i, vector in enumerate(transposed(lanes)):
                code.store(vector, self._buffer(node, code.value(f"add i64 {first}, {i}")))

    def _picked(self, node: Node) -> Vector:
        """An entry of a vector for each lane."""
        held, chosen = node.arguments
        code, result = self.code, "poison"
        for lane in range(8):
            place = code.value(f"extractelement {WORD} {self.places[chosen.index].text}, i64 {lane}")
            scalar = code.value(f"load double, ptr {code.address(self.pointers[held.name], place)}, align 8")
            result = code.value(f"insertelement {REAL} {result}, double {scalar}, i64 {lane}")
        return Vector(code, REAL, result)

    # --- random numbers

    def _keys(self) -> None:
        if any(node.leaf and "." in node.name for node in self.body.nodes):
            start = self.code.value(f"mul i64 {self.block}, {4 * 8}")
            places = [self.code.address(self.pointers["keys"], start, str(8 * i)) for i in range(4)]
            self.key = [self.code.load(place, WORD) & 0xFFFFFFFF for place in places]

    def _words(self, purpose: int, group: str) -> tuple[Vector, ...]:
        tag = self.code.value(f"add i64 {group}, {purpose << 24}")
        step, tag = (self.code.same_word(scalar) & 0xFFFFFFFF for scalar in (self.count, tag))
        counter = (step, tag, self.key[2], self.key[3])
        return philox(counter, (self.key[0], self.key[1]), self.on)

    def _draws(self) -> None:
        for node in self.body.nodes:
            if drawn(node):
                self._fill(node)
            elif node.leaf and node.name.startswith("index."):
                _, purpose, place, count = node.name.split(".")
                words = self._words(int(purpose), str(int(place) // GROUP))
                word = words[int(place) % GROUP]
                self.fixed[node.index] = index(word, int(count), self.on)
                self.places[node.index] = (word * int(count)) >> 32

    def _fill(self, node: Node) -> None:
        """The step's draws in their buffer; words first, so that neither loop waits for the other's chains."""
        kind, purpose = node.name.split(".")
        code, calls = self.code, WORDS[kind] // GROUP
        with code.loop("0", self.numbers["groups"]) as group:
            for call in range(calls):
                number = code.value(f"add i64 {code.value(f'mul i64 {group}, {calls}')}, {call}")
                for i, word in enumerate(self._words(int(purpose), number)):
                    code.store(word, self._word_place(group, call * GROUP + i, WORDS[kind]))
        half = WORDS[kind] // 2
        with code.loop("0", self.numbers["dimension"], 2) as first:
            place = code.value(f"lshr i64 {first}, 1")
            words = [code.load(self._word_place(place, i, half), WORD) for i in range(half)]
            for i, value in enumerate(pair(kind, words, self.on)):
                code.store(value, self._buffer(node, code.value(f"add i64 {first}, {i}")))

    def _word_place(self, group: str, place: int, size: int) -> str:
        far = self.code.value(f"mul i64 {group}, {8 * size}")
        return self.code.address(self.pointers["words"], far, str(8 * place))


def _unordered(*values: Vector) -> Vector:
    return values[0].apply("fcmp uno", values[-1], kind=MASK)


def pointer_names(body: Body) -> list[str]:
    """The arrays of a call, in order."""
    columns = [f"c{i}" for i in range(len(body.columns))]
    state, totals = [name for name, _ in body.state], [name for name, _ in body.totals]
    return [*state, *totals, *body.tape.constants, *columns, "failed", "keys", "words", "scratch"]


_BINARY = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
_COMPARED = {
    "greater": "fcmp ogt", "greater_equal": "fcmp oge", "less": "fcmp olt", "less_equal": "fcmp ole",
    "equal": "fcmp oeq", "not_equal": "fcmp une",
}  # fmt: skip
