"""The function of a counterexample in one dimension, from its certificate's witness and the claim's document alone.

Nothing is searched: the run is the one that `convergence.certificates.trajectory` accepted, made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from flint import arb, fmpq

from convergence.certificates import exact
from convergence.certificates.interpolation import Interpolated, interpolated
from convergence.certificates.iteration import Number, evaluator, read_method, run, working
from convergence.certificates.observed import is_observed, observed
from convergence.certificates.separable import Separable, separable
from convergence.certificates.trajectory import assigned, oracle_errors, shown, steps_of
from convergence.errors import CertificateRejected, ClaimError
from convergence.evidence import Certificate

MOST_POINTS = 80
MOST_MARKS = 12
MOST_STEPS = 200  # of a run that is made again to its end; of a longer one the first iterates are shown
_LARGEST = 1e300

T = TypeVar("T")
_MALFORMED = (CertificateRejected, ClaimError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point of the function: its name, its place, the value above the infimum, and the slope where it is given."""

    name: str
    x: Number
    height: Number
    slope: Number | None = None

    @property
    def place(self) -> tuple[float, float]:
        """Where it is drawn."""
        return float(self.x), float(self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A function of one variable.

    Attributes:
        curve: points (x, f(x) - f*) in order of x; none where only the values at the marks are known.
        marks: the iterates in order, each with its step as name, or the points that the function passes through.
        minimiser: where f* is attained, if it is.
        steps: of the counterexample's run; the marks may be fewer.
    """

    curve: tuple[tuple[float, float], ...]
    marks: tuple[Mark, ...]
    minimiser: float | None
    steps: int

    @property
    def is_run(self) -> bool:
        """Whether the marks are iterates."""
        return bool(self.curve)


def profile_of(claim: Mapping[str, Any], certificate: Certificate, points: int = MOST_POINTS) -> Profile | None:
    """What there is to draw for an accepted certificate; None unless its function has one variable and a known form.

    Args:
        claim: the document of the reading that the certificate is for.
        certificate: of any kind, with any witness.
        points: of the curve, at most `MOST_POINTS`.
    """
    if certificate.kind != "trajectory" or "problem" in claim:
        return None
    try:
        return _profile(claim, certificate.witness, min(points, MOST_POINTS))
    except _MALFORMED:
        return None


def _profile(claim: Mapping[str, Any], witness: Mapping[str, Any], points: int) -> Profile | None:
    if len(witness["start"]) != 1:
        return None
    table = witness["instance"]
    with working(witness["precision"]):
        if isinstance(table, Mapping):
            return _of_points(_through(claim, witness), witness["k"])
        return _of_run(separable(table), _iterates(claim, witness, separable(table)), witness["k"], points)


def _of_points(function: Interpolated, steps: int) -> Profile | None:
    """The points themselves, in the witness's order; nothing in between is known."""
    if any(len(triple.x) != 1 for triple in function.triples):
        return None
    marks = tuple(
        Mark(name=str(number), x=triple.x[0], height=triple.f - function.infimum, slope=triple.g[0])
        for number, triple in _ends(list(enumerate(function.triples, start=1)))
    )
    minimiser = 0.0 if function.has_minimiser else None
    return Profile(curve=(), marks=_drawable(marks), minimiser=minimiser, steps=steps)


def _of_run(function: Separable, iterates: Sequence[tuple[int, Number]], steps: int, points: int) -> Profile:
    marks = _drawable([Mark(name=str(step), x=x, height=function.gap((_middle(x),))) for step, x in _ends(iterates)])
    grid = _grid(function, [mark.place[0] for mark in marks], points)
    curve = tuple((float(x), float(function.gap((x,)))) for x in grid)
    return Profile(curve=curve, marks=marks, minimiser=0.0, steps=steps)


def _through(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Interpolated:
    table = witness["instance"]
    if not is_observed(table):
        return interpolated(table)
    values, steps, start = assigned(claim, witness["values"]), steps_of(witness), _start(witness)
    errors = oracle_errors(claim, witness, values, steps, 1)
    method = read_method(claim["method"], claim)
    return observed(method, table, start, values, steps, witness["precision"], errors).function


def _iterates(claim: Mapping[str, Any], witness: Mapping[str, Any], function: Separable) -> list[tuple[int, Number]]:
    """Steps and outputs of the run, to its end if that is near."""
    values, steps, start = assigned(claim, witness["values"]), steps_of(witness), _start(witness)
    errors = oracle_errors(claim, witness, values, steps, 1) or [(fmpq(0),)] * steps
    made = steps if steps <= MOST_STEPS else MOST_MARKS - 1

    def answer(step: int, point: tuple[Number, ...]) -> tuple[Number, ...]:
        return (function.gradient(point)[0] + errors[step - 1][0],)

    moments = run(read_method(claim["method"], claim), answer, start, values, evaluator(witness["precision"]))
    return [(0, start[0]), *((i, moment.output[0]) for i, moment in enumerate(islice(moments, made), start=1))]


def _start(witness: Mapping[str, Any]) -> tuple[fmpq, ...]:
    return tuple(exact.to_fmpq(value) for value in witness["start"])


def _ends(items: Sequence[T]) -> list[T]:
    """At most `MOST_MARKS` of them: the first ones and the last."""
    return list(items) if len(items) <= MOST_MARKS else [*items[: MOST_MARKS - 1], items[-1]]


def _drawable(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks, if floating point has room for them and for a picture around them.

    Raises:
        ValueError: otherwise.
    """
    if not all(abs(value) < _LARGEST for mark in marks for value in (*mark.place, float(mark.slope or fmpq(0)))):
        raise ValueError("a mark lies too far away to be drawn")
    return tuple(marks)


def _grid(function: Separable, places: Sequence[float], points: int) -> list[fmpq]:
    """Even places around the marks and the minimiser, with every place where the second derivative jumps."""
    low, high = min(0.0, *places), max(0.0, *places)
    margin = 0.12 * (high - low) or 1.0
    first, last = (fmpq(*value.as_integer_ratio()) for value in (low - margin, high + margin))
    ((left, right),) = function.sides
    corners = {fmpq(0), *right.cuts, *(-cut for cut in left.cuts)}
    inside = {corner for corner in corners if first < corner < last}
    count = max(points - len(inside), 2)
    return sorted(inside | {first + (last - first) * i / (count - 1) for i in range(count)})


def _middle(value: Number) -> Number:
    """A rational itself, a ball's midpoint: a ball may touch a corner of the function."""
    return value.mid() if isinstance(value, arb) else value


def table_rows(profile: Profile) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head and rows of the table behind the picture: the marks, exact where short."""
    head = ("k", "x", "f(x) − f*") if profile.is_run else ("point", "x", "f(x) − f*", "slope")
    rows = []
    for mark in profile.marks:
        slope = () if mark.slope is None else (shown(mark.slope),)
        rows.append((mark.name, shown(mark.x), shown(mark.height), *slope))
    return head, rows


def legend(profile: Profile) -> list[tuple[str, str]]:
    """What each kind of line and mark is, as (role, words)."""
    least = [("least", "minimiser")] if profile.minimiser is not None else []
    if profile.is_run:
        return [("median", "f − f*"), ("mark", f"iterates: {_steps_shown(profile)}"), *least]
    return [("mark", "points of the function, with its slope there"), *least]


def _steps_shown(profile: Profile) -> str:
    *_, before, last = (int(mark.name) for mark in profile.marks)
    if last < profile.steps:
        return f"the start (0) and the first {last} of {profile.steps} steps"
    if last > before + 1:
        return f"the start (0), steps 1 to {before}, and {last}"
    return f"the start (0) and {'step 1' if last == 1 else f'steps 1 to {last}'}"
