"""The hypotheses that a claim may name, with their arguments, their units and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sympy import Expr, Rational

from convergence.errors import ClaimError, nearest
from convergence.expressions import to_text


@dataclass(frozen=True, slots=True)
class Units:
    """Degrees under f -> c f and x -> s x: a constant of these units is multiplied by ``c**f * s**x``."""

    f: Rational
    x: Rational


def units(f: int, x: int) -> Units:
    """Units with whole degrees."""
    return Units(Rational(f), Rational(x))


NONE = units(0, 0)


@dataclass(frozen=True, slots=True)
class HypothesisKind:
    """One word of the vocabulary.

    Attributes:
        says: what it means, with the argument's name in braces.
        arguments: the name and units of each argument.
        about: ``function``, ``start``, ``oracle`` or ``setting``.
    """

    says: str
    arguments: tuple[tuple[str, Units], ...] = ()
    about: str = "function"


_CURVATURE, _SLOPE, _LENGTH, _VALUE = units(1, -2), units(1, -1), units(0, 1), units(1, 0)

HYPOTHESES: Mapping[str, HypothesisKind] = MappingProxyType(
    {
        "convex": HypothesisKind("f is convex"),
        "strongly_convex": HypothesisKind("f is {mu}-strongly convex on the whole space", (("mu", _CURVATURE),)),
        "smooth": HypothesisKind("the gradient of f is {L}-Lipschitz", (("L", _CURVATURE),)),
        "lipschitz": HypothesisKind("f is {G}-Lipschitz", (("G", _SLOPE),)),
        "quadratic": HypothesisKind("f is a quadratic"),
        "polyak_lojasiewicz": HypothesisKind(
            "|grad f|^2 >= 2 {mu} (f - f*) everywhere, and f is not constant", (("mu", _CURVATURE),)
        ),
        "bounded_below": HypothesisKind("f is bounded below"),
        "initial_distance": HypothesisKind("the start is within {D} of a minimiser", (("D", _LENGTH),), "start"),
        "initial_gap": HypothesisKind(
            "f at the start exceeds its infimum by at most {Delta}", (("Delta", _VALUE),), "start"
        ),
        "bounded_domain": HypothesisKind(
            "iterates are projected on a convex set of diameter {D}", (("D", _LENGTH),), "setting"
        ),
        "unbiased": HypothesisKind("the oracle's expectation is the gradient", (), "oracle"),
        "bounded_variance": HypothesisKind("E|g - grad f|^2 <= {sigma}^2", (("sigma", _SLOPE),), "oracle"),
        "bounded_gradients": HypothesisKind("E|g|^2 <= {G}^2 at every iterate", (("G", _SLOPE),), "oracle"),
        "gradient_error": HypothesisKind("|g - grad f| <= {delta_k}", (("delta_k", _SLOPE),), "oracle"),
        "deterministic": HypothesisKind("the oracle returns the gradient itself", (), "oracle"),
        "online": HypothesisKind("each step brings a new convex loss", (), "setting"),
    }
)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A hypothesis with its arguments, such as ``smooth(L)``.

    Raises:
        ClaimError: for an unknown name or a wrong number of arguments.
    """

    name: str
    arguments: tuple[Expr, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in HYPOTHESES:
            raise ClaimError(f"unknown hypothesis {self.name!r}{nearest(self.name, HYPOTHESES)}")
        expected = [name for name, _ in self.kind.arguments]
        if len(self.arguments) != len(expected):
            found = ", ".join(map(str, self.arguments)) or "none"
            raise ClaimError(f"hypothesis {self.name}: expected arguments ({', '.join(expected)}), found {found}")

    @property
    def kind(self) -> HypothesisKind:
        """The vocabulary's entry."""
        return HYPOTHESES[self.name]

    @property
    def text(self) -> str:
        """As a claim file writes it."""
        return f"{self.name}({', '.join(map(to_text, self.arguments))})" if self.arguments else self.name

    @property
    def says(self) -> str:
        """In words, with the arguments filled in."""
        names = [name for name, _ in self.kind.arguments]
        return self.kind.says.format(**dict(zip(names, map(to_text, self.arguments), strict=True)))
