"""Numbers as papers print them: each stands for every value that rounds to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from sympy import Rational

from convergence.errors import ClaimError

_NUMBER = r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?"
_SINGLE = re.compile(rf"(?:~|about )?\s*({_NUMBER})\s*(%?)")
_RANGE = re.compile(rf"({_NUMBER})\s*(%?)\s*(?:-|to)\s*({_NUMBER})\s*(%?)")
_ONE_SIDED = re.compile(rf"(<=|>=|<|>)\s*({_NUMBER})\s*(%?)")
_FRACTION = re.compile(r"([+-]?\d{1,40})\s*/\s*(\d{1,40})")


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number: ``1.17``, ``42%``, ``~0.33``, ``24-31%``, ``<2%`` or an exact fraction ``1/3``.

    Attributes:
        text: as it is printed.
        lower, upper: the closed interval of the values that it stands for; None where it is unbounded.
        strict: whether a one-sided number excludes its end.
    """

    text: str
    lower: Rational | None
    upper: Rational | None
    strict: bool = False

    def contains(self, value: Rational) -> bool:
        """Whether an exact value may be printed so."""
        above = self.lower is None or (value > self.lower if self.strict else value >= self.lower)
        below = self.upper is None or (value < self.upper if self.strict else value <= self.upper)
        return bool(above and below)

    @property
    def is_exact(self) -> bool:
        """Whether it stands for a single value."""
        return self.lower is not None and self.lower == self.upper


def parse_printed(text: object, where: str = "printed number") -> Printed:
    """Read a printed number.

    A tie may have been rounded either way, so both ends of the interval are allowed. A fraction is exact; a number with
    digits stands for half a unit of its last digit to either side; a range runs from its first number's lower end to
    its second number's upper end.

    Raises:
        ClaimError: if the text is none of the forms above.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ClaimError(f'{where}: expected a printed number such as "1.17" or "42%", found {text!r}')
    text = str(text).strip()
    if match := _FRACTION.fullmatch(text):
        if int(match[2]) == 0:
            raise ClaimError(f"{where}: division by zero in {text!r}")
        value = Rational(int(match[1]), int(match[2]))
        return Printed(text, value, value)
    if match := _SINGLE.fullmatch(text):
        return Printed(text, *_interval(match[1], match[2]))
    if match := _RANGE.fullmatch(text):
        return _range(text, where, match)
    if match := _ONE_SIDED.fullmatch(text):
        value = _value(match[2], match[3])
        strict = match[1] in "<>"
        return Printed(text, None, value, strict) if "<" in match[1] else Printed(text, value, None, strict)
    raise ClaimError(
        f'{where}: expected a printed number such as "1.17", "42%", "24-31%", "<2%" or "1/3", found {text!r}'
    )


def _range(text: str, where: str, match: re.Match[str]) -> Printed:
    percent = match[4] or match[2]
    lower, _ = _interval(match[1], percent)
    _, upper = _interval(match[3], percent)
    if lower > upper:
        raise ClaimError(f"{where}: expected a range from the smaller to the larger number, found {text!r}")
    return Printed(text, lower, upper)


def _value(number: str, percent: str) -> Rational:
    value = Rational(*Decimal(number).as_integer_ratio())
    return value / 100 if percent else value


def _interval(number: str, percent: str) -> tuple[Rational, Rational]:
    exponent = Decimal(number).as_tuple().exponent
    assert isinstance(exponent, int)
    half = Rational(10) ** exponent / 2
    half = half / 100 if percent else half
    value = _value(number, percent)
    return value - half, value + half
