"""Candidate instances for searches: simple functions and starts that satisfy a claim's hypotheses, in rational numbers.

Everything here proposes; whether an instance satisfies the hypotheses is decided by the trusted core.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import isqrt
from typing import Any

from flint import fmpq
from sympy import Expr, Rational, Symbol

from convergence.certificates import exact
from convergence.certificates.document import in_domain
from convergence.claims.claim import Claim, Declared
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, Domain

Values = dict[Symbol, Fraction]
Row = dict[str, Any]

MAX_VALUES = 40

_DEFAULTS: Mapping[Domain, tuple[str, ...]] = {
    Domain.REAL: ("1", "-1", "0", "2"),
    Domain.POSITIVE: ("1", "2", "1/2", "4", "10", "1/10", "100"),
    Domain.NONNEGATIVE: ("1", "0", "2", "1/2"),
    Domain.INTEGER: ("1", "0", "2", "-1"),
    Domain.NATURAL: ("1", "2", "3", "10"),
    Domain.UNIT: ("1/2", "0", "9/10", "99/100"),
    Domain.FRACTION: ("1/2", "9/10", "1/10", "99/100"),
    Domain.UNDEFINED: (),
}

_SQUARES = ("25", "49", "100", "1/25", "1/100")
"""Offered where they lie in a declared range: steps such as 4/(sqrt(L) + sqrt(mu))^2 stay rational."""


def assignments(claim: Claim, used: set[Symbol], seed: int, limit: int = MAX_VALUES) -> list[Values]:
    """Values of the used symbols within domains, ranges and relations; simple ones first."""
    equations = _equations(claim)
    symbols = [entry for entry in claim.symbols.values() if entry.symbol in used and entry.symbol not in equations]
    choices = [_choices(entry) for entry in symbols]
    if not all(choices):
        return []
    names = [entry.symbol for entry in symbols]
    table = (_completed(claim, dict(zip(names, row, strict=True)), equations) for row in _rows(choices, seed))
    return list(islice((row for row in table if row is not None and _allowed(claim, row)), limit))


def _equations(claim: Claim) -> dict[Symbol, Expr]:
    """Symbols that a relation sets equal to an expression in others."""
    found: dict[Symbol, Expr] = {}
    for relation in claim.relations:
        for name, value in ((relation.lhs, relation.rhs), (relation.rhs, relation.lhs)):
            free = value.free_symbols
            if relation.rel_op == "==" and name.is_Symbol and not free & {name, *found, *COUNTERS.values()}:
                found.setdefault(name, value)
                break
    return {name: value for name, value in found.items() if not value.free_symbols & set(found)}


def _completed(claim: Claim, values: Values, equations: Mapping[Symbol, Expr]) -> Values | None:
    """With the values that equations give, where they are allowed."""
    known = {name: as_fmpq(value) for name, value in values.items()}
    for name, value in equations.items():
        entry = claim.symbols.get(name.name)
        try:
            found = exact.rational(value, known)
        except CertificateRejected:
            return None
        if entry is None or not in_domain(found, entry.domain) or not _in_range(found, entry):
            return None
        values[name] = as_fraction(found)
    return values


def _in_range(value: fmpq, entry: Declared) -> bool:
    return entry.range is None or bool(exact.to_fmpq(entry.range[0]) <= value <= exact.to_fmpq(entry.range[1]))


def _rows(choices: list[list[Fraction]], seed: int) -> list[tuple[Fraction, ...]]:
    """All combinations if they are few; otherwise one symbol at a time away from the first values, then random ones."""
    size = 1
    for choice in choices:
        size *= len(choice)
    if size <= 600:
        return sorted(product(*choices), key=lambda row: sum(c.index(v) for c, v in zip(choices, row, strict=True)))
    first = tuple(choice[0] for choice in choices)
    rows = [first]
    for position, choice in enumerate(choices):
        rows += [(*first[:position], value, *first[position + 1 :]) for value in choice[1:]]
    draw = random.Random(seed)
    rows += [tuple(draw.choice(choice) for choice in choices) for _ in range(400)]
    return list(dict.fromkeys(rows))


def _choices(entry: Declared) -> list[Fraction]:
    if entry.range is None:
        return [Fraction(text) for text in _DEFAULTS.get(entry.domain, ())]
    low, high = (Fraction(int(end.p), int(end.q)) for end in entry.range)
    simple = [Fraction(text) for text in (*_DEFAULTS.get(entry.domain, ()), *_SQUARES)]
    inside = [value for value in simple if low <= value <= high]
    ends = [low, high, _middle(low, high)]
    allowed = [value for value in (*inside, *ends) if in_domain(fmpq(value.numerator, value.denominator), entry.domain)]
    return list(dict.fromkeys(allowed))


def _middle(low: Fraction, high: Fraction) -> Fraction:
    if low <= 0:
        return (low + high) / 2
    return min(max(Fraction(float(low * high) ** 0.5).limit_denominator(64), low), high)


def _allowed(claim: Claim, values: Values) -> bool:
    """Whether the relations that involve no counter and nothing else hold."""
    known = {name: as_fmpq(value) for name, value in values.items()}
    for relation in claim.relations:
        if relation.free_symbols <= set(known):
            try:
                if not exact.holds(relation, known):
                    return False
            except CertificateRejected:
                return False
    return True


def as_fmpq(value: Fraction) -> fmpq:
    """The same rational for flint."""
    return fmpq(value.numerator, value.denominator)


def as_fraction(value: fmpq) -> Fraction:
    """The same rational for Python."""
    return Fraction(int(value.p), int(value.q))


def as_rational(value: Fraction) -> Rational:
    """The same rational for SymPy."""
    return Rational(value.numerator, value.denominator)


def constants(claim: Claim, values: Values) -> dict[str, Fraction]:
    """The first argument of every hypothesis that has a rational value."""
    known = {name: as_fmpq(value) for name, value in values.items()}
    found = {}
    for hypothesis in claim.given:
        arguments = getattr(hypothesis, "arguments", ())
        if not arguments:
            continue
        try:
            found[hypothesis.name] = as_fraction(exact.rational(arguments[0], known))
        except CertificateRejected:
            continue
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Values, one row of pieces for each coordinate, and a start; `name` tells the reader what it is."""

    name: str
    values: Values
    rows: tuple[Row, ...]
    start: tuple[Fraction, ...]

    @property
    def witness(self) -> dict[str, Any]:
        """The instance as a certificate holds it."""
        rows = [{side: _texts(row[side]) for side in ("right", "left") if side in row} for row in self.rows]
        return {"instance": rows, "start": [str(value) for value in self.start]}


def _texts(side: Row) -> Row:
    cuts = [str(value) for value in side.get("cuts", [])]
    table = {"slopes": [str(value) for value in side["slopes"]]}
    return table | ({"cuts": cuts} if cuts else {}) | ({"jump": str(side["jump"])} if side.get("jump") else {})


@dataclass(frozen=True, slots=True)
class _Class:
    """What the hypotheses allow: curvature from `least` to `most`, slopes up to `steepest` (None for no limit)."""

    least: Fraction
    most: Fraction | None
    steepest: Fraction | None
    convex: bool
    quadratic: bool


def candidates(claim: Claim, values: Values) -> Iterator[Candidate]:
    """Instances for given values: parabolas, Huber functions, kinks, two curvatures, and pairs of them."""
    known = constants(claim, values)
    slopes = [known[name] for name in ("lipschitz", "bounded_gradients") if name in known]
    names = {getattr(hypothesis, "name", "") for hypothesis in claim.given}
    least = max(known.get("strongly_convex", Fraction(0)), known.get("polyak_lojasiewicz", Fraction(0)))
    allowed = _Class(
        least, known.get("smooth"), min(slopes, default=None), bool(names & {"convex", "strongly_convex"}),
        "quadratic" in names,
    )  # fmt: skip
    if (allowed.most is not None and (allowed.most <= 0 or allowed.least > allowed.most)) or (slopes and least > 0):
        return
    for radius in _radii(known):
        for name, rows, start in _functions(allowed, radius):
            fitted = _fitted(rows, start, known)
            if fitted is not None:
                yield Candidate(name=name, values=values, rows=rows, start=fitted)


def _radii(known: Mapping[str, Fraction]) -> tuple[Fraction, ...]:
    limits = [known["initial_distance"]] if "initial_distance" in known else []
    limits += [known["bounded_domain"] / 2] if "bounded_domain" in known else []
    if limits:
        return (min(limits), min(limits) / 3) if min(limits) > 0 else ()
    return (Fraction(1), Fraction(3), Fraction(1, 10), Fraction(10))


def _functions(allowed: _Class, radius: Fraction) -> Iterator[tuple[str, tuple[Row, ...], tuple[Fraction, ...]]]:
    legs = (radius * 3 / 5, radius * 4 / 5)
    curvatures = _curvatures(allowed)
    if allowed.steepest is None:
        for value in curvatures:
            yield f"f(x) = {_half(value)}x^2", (parabola(value),), (radius,)
        if len(curvatures) > 1:
            first, last = curvatures[0], curvatures[-1]
            yield f"f(x) = {_half(first)}x_1^2 + {_half(last)}x_2^2", (parabola(first), parabola(last)), legs
    if allowed.quadratic:
        return
    yield from _flat_outside(allowed, radius, curvatures)
    if allowed.steepest is None:
        yield from _two_curvatures(radius, curvatures[0], curvatures[-1])
    if not allowed.convex and allowed.least == 0:
        yield from _dented(allowed, radius, curvatures[0])


def _half(curvature: Fraction) -> str:
    return _times(curvature / 2)


def _times(factor: Fraction) -> str:
    """A factor before a power of x, as text."""
    if factor == 1:
        return ""
    return f"{factor} " if factor.denominator == 1 else f"({factor}) "


def _curvatures(allowed: _Class) -> list[Fraction]:
    """From the largest to the smallest that are allowed."""
    if allowed.most is None:
        base = allowed.least or Fraction(1)
        return [base * factor for factor in (100, 10, 2, 1)] + ([] if allowed.least else [base / 10, base / 100])
    low = allowed.least or allowed.most / 100
    middle = (low + allowed.most) / 2
    return list(dict.fromkeys([allowed.most, middle, low, *([] if allowed.least else [allowed.most / 10])]))


def _flat_outside(
    allowed: _Class, radius: Fraction, curvatures: list[Fraction]
) -> Iterator[tuple[str, tuple[Row, ...], tuple[Fraction, ...]]]:
    """Kinks and Huber functions, whose slope is bounded."""
    if allowed.least > 0:
        return
    steepest = allowed.steepest
    if allowed.most is None:
        height = steepest or Fraction(1)
        yield f"f(x) = {_times(height)}|x|", (kink(height),), (radius,)
        tops = (height * 3 / 5, height * 4 / 5)
        yield (
            f"f(x) = {_times(tops[0])}|x_1| + {_times(tops[1])}|x_2|",
            tuple(map(kink, tops)),
            (radius * 3 / 5, radius * 4 / 5),
        )
    for value in curvatures[:2]:
        cuts = [radius / n for n in (2, 3, 5, 9, 21, 41, 101)]
        if steepest is not None:
            cuts = [min(cut, steepest / value) for cut in (*cuts, steepest / value)]
        for cut in dict.fromkeys(cuts):
            yield f"Huber's function with curvature {value} up to |x| = {cut}", (huber(value, cut),), (radius,)


def _two_curvatures(
    radius: Fraction, high: Fraction, low: Fraction
) -> Iterator[tuple[str, tuple[Row, ...], tuple[Fraction, ...]]]:
    if high == low:
        return
    for first, second in ((high, low), (low, high)):
        text = f"curvature {first} for x > 0 and {second} for x < 0"
        yield text, ({"right": {"slopes": [first]}, "left": {"slopes": [second]}},), (radius,)
        cut = radius / 2
        bent = {"right": {"slopes": [first, second], "cuts": [cut]}}
        yield f"curvature {first} up to |x| = {cut} and {second} beyond", (bent,), (radius,)
    unit = radius * 10 / 33  # proportions of the function on which heavy ball cycles (Lessard, Recht & Packard, 2016)
    wave = {"right": {"slopes": [high, low, high], "cuts": [unit, 2 * unit]}, "left": {"slopes": [high]}}
    yield f"curvature {high}, {low} for {unit} < x < {2 * unit}, {high}", (wave,), (radius,)


def _dented(
    allowed: _Class, radius: Fraction, value: Fraction
) -> Iterator[tuple[str, tuple[Row, ...], tuple[Fraction, ...]]]:
    """Not convex: the slope falls again before it stays constant."""
    top = radius / 2 if allowed.steepest is None else min(radius / 2, allowed.steepest / value)
    side = {"slopes": [value, -value, Fraction(0)], "cuts": [top, top * 3 / 2]}
    yield (
        f"curvature {value} up to |x| = {top}, -{value} up to {top * 3 / 2}, flat slope beyond",
        ({"right": side},),
        (radius,),
    )


def parabola(curvature: Fraction) -> Row:
    """curvature x^2/2."""
    return {"right": {"slopes": [curvature]}}


def kink(height: Fraction) -> Row:
    """height |x|."""
    return {"right": {"slopes": [Fraction(0)], "jump": height}}


def huber(curvature: Fraction, cut: Fraction) -> Row:
    """curvature x^2/2 up to |x| = cut, then straight."""
    return {"right": {"slopes": [curvature, Fraction(0)], "cuts": [cut]}}


def _fitted(
    rows: tuple[Row, ...], start: tuple[Fraction, ...], known: Mapping[str, Fraction]
) -> tuple[Fraction, ...] | None:
    """The start moved towards the minimiser until its gap is allowed; None if it would have to be there."""
    if "initial_gap" not in known:
        return start
    limit = known["initial_gap"]
    if limit <= 0:
        return None
    low, high = 0.0, 1.0
    if len(rows) == 1 and rows[0] == {"right": {"slopes": rows[0]["right"]["slopes"][:1]}}:
        return (root_below(2 * limit / rows[0]["right"]["slopes"][0]),)
    rough, places = [_rough(row["right"]) for row in rows], [float(value) for value in start]
    while high < 1000 and _height(rough, [value * high for value in places]) <= limit:
        high *= 2
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _height(rough, [value * middle for value in places]) <= limit else (low, middle)
    scale = Fraction(int(low * 4096 * (1 - 1e-12)), 4096)
    return tuple(value * scale for value in start) if scale > 0 else None


def root_below(value: Fraction) -> Fraction:
    """The root, or a rational just below it."""
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Fraction(top, bottom)
    for places in (6, 12, 24):  # few places make numbers that a reader can follow
        if root := isqrt(int(value * 4**places)):
            return Fraction(root, 2**places)
    return Fraction(0)


def _rough(side: Row) -> Row:
    """The side in floating point."""
    numbers = {name: [float(value) for value in side.get(name, [])] for name in ("slopes", "cuts")}
    return {**numbers, "jump": float(side.get("jump", 0))}


def _height(sides: list[Row], point: list[float]) -> float:
    """f at a point with positive coordinates."""
    return sum(_rise(side, value) for side, value in zip(sides, point, strict=True))


def _rise(side: Row, distance: float) -> float:
    total, place, slope = 0.0, 0.0, side["jump"]
    for curvature, cut in zip(side["slopes"], [*side["cuts"], None], strict=True):
        end = distance if cut is None else min(cut, distance)
        length = max(end - place, 0.0)
        total += slope * length + curvature * length * length / 2
        slope, place = slope + curvature * length, max(end, place)
    return float(total)


def text_values(values: Values) -> dict[str, str]:
    """Values as a certificate holds them."""
    return {name.name: str(value) for name, value in values.items()}


def listed(values: Mapping[str, str]) -> str:
    """The same as a reader wants to see them."""
    return ", ".join(f"{name} = {text}" for name, text in values.items())


def without_counters(symbols: set[Symbol]) -> set[Symbol]:
    """The symbols that are no counters."""
    return symbols - set(COUNTERS.values())
