"""What steps do on a quadratic, in words with exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from flint import fmpq

from convergence.certificates import crossings, steps
from convergence.certificates.algebraic import Real
from convergence.certificates.exact import to_fmpq
from convergence.certificates.quadratics import Quadratic, Vector, solution
from convergence.certificates.settings import Setting
from convergence.checks.exact_text import listed, point, shown
from convergence.errors import CertificateRejected

Interval = tuple[Real | None, Real | None, bool, bool]
"""Two ends (None: unbounded) and whether each belongs to it."""


def ranges(grid: Sequence[Real], inside: Callable[[Real], bool]) -> list[Interval]:
    """The steps with a property as intervals, from its values on an alternating grid of intervals and their ends."""
    found: list[Interval] = []
    facts = [inside(step) for step in grid]
    for true, run in groupby(range(len(grid)), key=lambda place: facts[place]):
        if true:
            places = list(run)
            (low, low_in), (high, high_in) = _end(grid, places[0], -1), _end(grid, places[-1], 1)
            found.append((low, high, low_in, high_in))
    return found


def _end(grid: Sequence[Real], place: int, side: int) -> tuple[Real | None, bool]:
    """The end of an interval that stops at a place of the grid; odd places are ends themselves."""
    if place % 2:
        return grid[place], True
    beyond = place + side
    return (grid[beyond], False) if 0 <= beyond < len(grid) else (None, False)


def in_words(intervals: Sequence[Interval], name: str) -> str:
    """``0 < eta < 1/3``."""
    return " or ".join(_interval(interval, name) for interval in intervals) or "no step"


def _interval(interval: Interval, name: str) -> str:
    low, high, low_in, high_in = interval
    if low is not None and high is not None and low == high:
        return f"{name} = {shown(low)}"
    left = "" if low is None else f"{shown(low)} {'<=' if low_in else '<'} "
    right = "" if high is None else f" {'<=' if high_in else '<'} {shown(high)}"
    return f"{left}{name}{right}"


def start_in_words(start: Any) -> str:
    """``from (1, 1)``, ``from every start``."""
    return f"from {point(start)}" if isinstance(start, list) else f"from {start} start"


def factors(setting: Setting, step: Real) -> dict[str, str | int | float]:
    """The asymptotic factor along each eigenvalue."""
    parts = zip(setting.problem.modes, setting.components(step), strict=True)
    if setting.method.is_gradient_descent:
        return {f"factor along eigenvalue {shown(mode)}": shown(Real.of(1) - step * mode) for mode, _ in parts}
    return {f"modulus along eigenvalue {shown(mode)}": shown(part.radius) for mode, part in parts}


def worst(setting: Setting, step: Real) -> str:
    """The mode that decides stability at a step."""
    pairs = list(zip(setting.problem.modes, setting.components(step), strict=True))
    mode, part = max(pairs, key=lambda pair: pair[1].radius)
    if setting.method.is_gradient_descent:
        return f"there the component along eigenvalue {shown(mode)} is multiplied by {shown(Real.of(1) - step * mode)}"
    return f"there the component along eigenvalue {shown(mode)} shrinks or grows like {shown(part.radius)} per step"


def counterexample(setting: Setting, step: Real) -> str:
    """A start and what happens from it, where a behaviour is not as stated."""
    start, words = setting.table["start"], setting.table["is"]
    active = _failing_modes(setting, step)
    facts = steps.motions([setting.components(step)[i] for i in active], setting.problem.has_minimiser)
    true = [word for word, fact in facts.items() if fact]
    exact = [to_fmpq(x) for x in start] if isinstance(start, list) else start_along(setting.quadratic, active)
    where = f"from {point(exact)}" if exact is not None else f"from a start along {_eigenvalues(setting, active)}"
    parts = [f"{where} at step {shown(step)}"]
    if iterates := _iterates(setting, step, exact):
        parts.append(f"the iterates are {iterates}")
    named = enumerate(factors(setting, step).items())
    multipliers = [f"the {name} is {value}" for index, (name, value) in named if index in active]
    if multipliers:
        parts.append(", ".join(multipliers))
    claim = f"stated: {' or '.join(words)}, found: {listed(true) if true else 'none of the words'}"
    return f"{parts[0]}: {'; '.join([*parts[1:], claim])}"


def _failing_modes(setting: Setting, step: Real) -> tuple[int, ...]:
    components, has_minimiser = setting.components(step), setting.problem.has_minimiser
    for active in setting.starts(setting.table["start"]):
        facts = steps.motions([components[i] for i in active], has_minimiser)
        if not any(facts[word] for word in setting.table["is"]):
            return active
    return tuple(range(len(components)))


def _eigenvalues(setting: Setting, active: Sequence[int]) -> str:
    names = [shown(setting.problem.modes[index]) for index in active]
    return f"the eigenvector{'s' if len(names) > 1 else ''} of {listed(names)}"


def start_along(problem: Quadratic, active: Sequence[int]) -> Vector | None:
    """A rational start that excites just these modes, or None if their eigenvalues are irrational."""
    assert problem.critical_point is not None
    start = list(problem.critical_point)
    for index in active:
        eigenvalue = problem.modes[index].rational
        if eigenvalue is None:
            return None
        for place, entry in enumerate(_eigenvector(problem, eigenvalue)):
            start[place] = start[place] + entry
    if list(active) != problem.active(start):
        return None
    return tuple(start)


def _eigenvector(problem: Quadratic, eigenvalue: fmpq) -> Vector:
    """A rational eigenvector: one coordinate is 1, the rest solves (H - eigenvalue) v = 0."""
    size = problem.dimension
    shifted = [
        tuple(entry - (eigenvalue if i == j else 0) for j, entry in enumerate(row))
        for i, row in enumerate(problem.hessian)
    ]
    for fixed in range(size):
        rows = [*shifted, tuple(fmpq(place == fixed) for place in range(size))]
        found = solution(rows, (*(fmpq(0) for _ in range(size)), fmpq(1)))
        if found is not None:
            return found
    raise CertificateRejected("an eigenvalue without eigenvector")


def _iterates(setting: Setting, step: Real, start: Sequence[fmpq] | None) -> str:
    """The first iterates of gradient descent in fractions, while they are short."""
    if start is None or step.rational is None or not setting.method.is_gradient_descent:
        return ""
    current, shown_points = tuple(start), [point(start)]
    for _ in range(3):
        gradient = setting.quadratic.gradient(current)
        current = tuple(x - step.rational * slope for x, slope in zip(current, gradient, strict=True))
        shown_points.append(point(current))
    text = ", ".join(shown_points)
    return f"{text}, ..." if len(text) <= 160 else ""


def iteration_counts(setting: Setting) -> str:
    """``first at step 31``, or a range over starts."""
    step, ratio = setting.number(setting.table["step"]), to_fmpq(setting.table["ratio"])
    ratios = [Real.of(1) - step * mode for mode in setting.problem.modes]
    start = setting.table["start"]
    if isinstance(start, list):
        weights: list[Any] = [crossings.weights(setting.quadratic, [to_fmpq(x) for x in start])]
    else:
        weights = [[fmpq(i == j) for j in range(len(ratios))] for i in range(len(ratios))]
    found = [_first(ratios, weight, ratio) for weight in weights]
    counts = [count for count in found if count is not None]
    if len(counts) < len(found):
        return "never (from some start)" if len(found) > 1 else "never"
    least, most = min(counts), max(counts)
    return f"first at step {least}" if least == most else f"first at steps {least} to {most}, depending on the start"


def _first(ratios: Sequence[Real], weight: Any, ratio: fmpq) -> int | None:
    """The first step that is close enough, by doubling and bisection; None if there is none."""
    try:
        if not crossings.within(ratios, weight, ratio, None, None):
            return None
        most = 1
        while not crossings.within(ratios, weight, ratio, None, most):
            most *= 2
        least = 0
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (least, middle) if crossings.within(ratios, weight, ratio, None, middle) else (middle, most)
        return most
    except CertificateRejected:
        return None
