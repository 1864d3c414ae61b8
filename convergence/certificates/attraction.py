"""Runs of one dimension that tend to a cycle: they enter a neighbourhood in which one turn contracts.

Lemma. On a piece of a piecewise quadratic function the gradient is affine in the query, so that a rule whose lines are
affine in the iterate, its states and the gradient maps its memory z (iterate and states) affinely. Let z* return to
itself after p steps, let A be the linear part of these p steps with the norm |A| < 1 (greatest absolute row sum), and
let no memory within r of z* (greatest absolute coordinate) leave the pieces of the cycle at any of the p queries. Then
a run that comes within r of z* after step n is within ``|A|^i r`` after step n + i p, and tends to the cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat
from sympy import Symbol

from convergence.certificates.exact import Values
from convergence.certificates.iteration import STEP, THETA, G, Method, Point, evaluator
from convergence.certificates.matrices import identity
from convergence.certificates.quadratic_form import degree
from convergence.certificates.separable import Separable, Side
from convergence.errors import CertificateRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The derivative ``slope x + offset`` for x between `low` and `high` (None for no end)."""

    slope: fmpq
    offset: fmpq
    low: fmpq | None
    high: fmpq | None

    def margin(self, place: fmpq) -> fmpq | None:
        """The distance from a place to the nearest end, negative outside; None if there is no end."""
        ends = [place - self.low] if self.low is not None else []
        ends += [self.high - place] if self.high is not None else []
        return min(ends, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """``z -> matrix z + offset``."""

    matrix: fmpq_mat
    offset: fmpq_mat

    def __call__(self, point: fmpq_mat) -> fmpq_mat:
        """The image of a column."""
        return self.matrix * point + self.offset

    def after(self, first: Affine) -> Affine:
        """This map after another one."""
        return Affine(matrix=self.matrix * first.matrix, offset=self.matrix * first.offset + self.offset)


def pieces(instance: Separable) -> tuple[Piece, ...]:
    """All pieces of a function of one variable, those of x > 0 first."""
    left, right = instance.sides[0]
    mirrored = [
        Piece(slope=piece.slope, offset=-piece.offset, low=None if piece.high is None else -piece.high, high=-piece.low)
        for piece in _half(left)
        if piece.low is not None
    ]
    return (*_half(right), *mirrored)


def _half(side: Side) -> list[Piece]:
    ends: list[fmpq | None] = [*side.cuts, None]
    return [
        Piece(slope=slope, offset=value - slope * place, low=place, high=end)
        for slope, (place, value), end in zip(side.slopes, side.corners, ends, strict=True)
    ]


def piece_at(instance: Separable, place: fmpq) -> Piece:
    """The piece in whose interior a place lies.

    Raises:
        CertificateRejected: if there is none.
    """
    for piece in pieces(instance):
        margin = piece.margin(place)
        if margin is None or margin > 0:
            return piece
    raise CertificateRejected(f"the gradient has a kink at {place}")


def require_affine(method: Method) -> None:
    """Reject rules with a line that is not written as affine in iterate, states and gradient, or depends on t."""
    unknown = frozenset({THETA, G, *method.state, *method.update})
    for line in (*method.update.values(), method.query, method.output):
        if STEP in line.free_symbols or degree(line, unknown) > 1:
            raise CertificateRejected(f"the line {line} is not affine with constant coefficients")


def query_of(method: Method, values: Values) -> Affine:
    """The query as a map of the memory; for rules that `require_affine` accepts."""
    return _map(method, lambda table: [evaluator(0)(method.query, {**values, **table})])


def output_of(method: Method, values: Values) -> Affine:
    """The output as a map of the memory after a step."""
    return _map(method, lambda table: [evaluator(0)(method.output, {**values, **table})])


def step_on(method: Method, piece: Piece, values: Values) -> Affine:
    """One step as a map of the memory, while the query stays on a piece."""
    evaluate = evaluator(0)

    def moved(table: dict[Symbol, fmpq]) -> list[fmpq]:
        known = {**values, **table}
        known[G] = piece.slope * evaluate(method.query, known) + piece.offset
        for target, value in method.update.items():
            known[target] = evaluate(value, known)
        return [known[name] for name in (THETA, *method.state)]

    return _map(method, moved)


def _map(method: Method, function: Callable[[dict[Symbol, fmpq]], list[fmpq]]) -> Affine:
    names = (THETA, *method.state)

    def at(place: int | None) -> list[fmpq]:
        return function({name: fmpq(int(i == place)) for i, name in enumerate(names)})

    base = at(None)
    columns = [at(place) for place in range(len(names))]
    rows = [[column[i] - base[i] for column in columns] for i in range(len(base))]
    return Affine(matrix=fmpq_mat(rows), offset=fmpq_mat([[value] for value in base]))


def size(matrix: fmpq_mat) -> fmpq:
    """The greatest absolute row sum."""
    return max(sum((abs(value) for value in row), start=fmpq(0)) for row in matrix.tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a cycle.

    Attributes:
        outputs: the outputs on the cycle.
        contraction: |A|.
        reach: greatest radius, excluded, at which all queries stay on their pieces; None for any.
        clear: greatest radius, excluded, at which no output is 0; None for any.
    """

    outputs: tuple[Point, ...]
    contraction: fmpq
    reach: fmpq | None
    clear: fmpq | None


def turn(method: Method, instance: Separable, cycle: Sequence[fmpq], period: int, values: Values) -> Turn:
    """What `period` steps from a memory do to it and to its neighbours.

    Raises:
        CertificateRejected: if the memory does not come back, or the rule is not affine.
    """
    require_affine(method)
    query, output = query_of(method, values), output_of(method, values)
    start = place = fmpq_mat([[value] for value in cycle])
    spread, outputs = identity(len(cycle)), []
    reaches: list[fmpq] = []
    clear: list[fmpq] = []
    for _ in range(period):
        asked = query(place)[0, 0]
        piece = piece_at(instance, asked)
        reaches += _reach(piece.margin(asked), size(query.matrix * spread))
        step = step_on(method, piece, values)
        place, spread = step(place), step.matrix * spread
        shown = output(place)[0, 0]
        outputs.append((shown,))
        clear += _reach(abs(shown), size(output.matrix * spread))
    if place != start:
        raise CertificateRejected(f"the memory does not come back after {period} steps")
    return Turn(
        outputs=tuple(outputs),
        contraction=size(spread),
        reach=min(reaches, default=None),
        clear=min(clear, default=None),
    )


def _reach(margin: fmpq | None, spread: fmpq) -> list[fmpq]:
    """The radius at which deviations use up a margin; none where they never do."""
    return [] if margin is None or (spread == 0 and margin > 0) else [margin / spread if spread > 0 else fmpq(0)]


def approaches(memory: Mapping[Symbol, Point], method: Method, cycle: Sequence[fmpq], radius: fmpq) -> bool:
    """Whether a memory lies within the radius of the cycle's."""
    found = [memory[name][0] for name in (THETA, *method.state)]
    return all(bool(abs(value - best) <= radius) for value, best in zip(found, cycle, strict=True))
