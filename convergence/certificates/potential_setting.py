"""What a claim's hypotheses say about the points of a run, as Gram forms that are not negative.

Facts are named by words, as a certificate lists them:

* ``A B full``, ``A B plain``: the interpolation inequality between the points A and B with all constants, or with 0
  for the strong convexity; ``A B convex``: B's (strongly) convex minorant at A; ``A B descent``: its majorant;
* ``A B tied V``, ``A B reversed V``: at mu = L the gradients differ by L times the points, so that the inner product of
  that with any vector V, or its negative, is 0;
* ``above A``: f(A) >= f*; ``below A``: |f'(A)|^2 <= 2 L (f(A) - f*); ``growth A``: |f'(A)|^2 >= 2 mu (f(A) - f*), from
  strong convexity or the Polyak-Lojasiewicz inequality; ``slope A``: |f'(A)| <= G;
* ``variance A``, ``error A``, ``oracle A``: E |g - f'(A)|^2 <= sigma^2, |g - f'(A)| <= delta, E |g|^2 <= G^2;
* ``distance``, ``gap``: what is known of the start; ``diameter A``, ``projection``: of the domain.

The point ``star`` is a minimiser; the origin and the value 0 are there. It may be used only where one surely exists: at
a given distance of the start, for strongly convex functions, on a bounded domain. On a domain its gradient need not
vanish, and only minorants are used. Without a minimiser f* is the infimum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer

from convergence.certificates.document import hypotheses_by_name
from convergence.certificates.gram import (
    Form,
    Sample,
    Vector,
    constant,
    convexity,
    inner,
    interpolation,
    slope,
    squared,
    vector,
)
from convergence.certificates.iteration import STEP
from convergence.certificates.polynomials import identical
from convergence.certificates.signs import Facts
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS

STAR = "star"
MINIMISER = Sample(Vector(), Vector(), Form())
FUNCTION = frozenset({"convex", "strongly_convex", "smooth", "lipschitz", "polyak_lojasiewicz", "bounded_below"})
START = frozenset({"initial_distance", "initial_gap"})
ORACLE = frozenset({"unbiased", "bounded_variance", "bounded_gradients", "gradient_error", "deterministic"})
SETTING = frozenset({"bounded_domain", "online"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The named hypotheses, each with its argument."""

    given: Mapping[str, Expr]
    facts: Facts

    @property
    def is_convex(self) -> bool:
        """Whether f is convex."""
        return "convex" in self.given or "strongly_convex" in self.given

    @property
    def is_smooth(self) -> bool:
        """Whether the gradient is Lipschitz."""
        return "smooth" in self.given

    @property
    def is_noisy(self) -> bool:
        """Whether the oracle's answer may differ from the gradient."""
        noisy = {"unbiased", "bounded_variance", "gradient_error"} & set(self.given)
        return bool(noisy) and "deterministic" not in self.given

    @property
    def has_domain(self) -> bool:
        """Whether iterates are projected."""
        return "bounded_domain" in self.given

    @property
    def is_online(self) -> bool:
        """Whether each step brings a new loss."""
        return "online" in self.given

    @property
    def modulus(self) -> Expr:
        """The strong convexity, 0 for a function that is only convex."""
        return self.given.get("strongly_convex", Integer(0))

    @property
    def has_minimiser(self) -> bool:
        """Whether a minimiser surely exists."""
        curved = "strongly_convex" in self.given and self.facts.is_positive(self.modulus)
        return curved or "initial_distance" in self.given or self.has_domain

    def constant(self, name: str) -> Expr:
        """The argument of a hypothesis.

        Raises:
            CertificateRejected: if the claim does not have it.
        """
        if name not in self.given:
            raise CertificateRejected(f"the claim does not assume {name}")
        return self.given[name]


def setting(claim: Mapping[str, Any], facts: Facts) -> Setting:
    """The hypotheses of a claim.

    Raises:
        CertificateRejected: for a hypothesis that is not understood here, or one that is given twice.
    """
    given: dict[str, Expr] = {}
    for name, arguments in hypotheses_by_name(claim).items():
        if name not in FUNCTION | START | ORACLE | SETTING:
            raise CertificateRejected(f"the hypothesis {name} is not used here")
        value = facts.apply(arguments[0]) if arguments else Integer(0)
        if name in FUNCTION | START | SETTING and value.free_symbols & {COUNTERS["k"], STEP}:
            raise CertificateRejected(f"the constant of {name} changes from step to step")
        given[name] = value.subs(STEP, COUNTERS["k"])
    if "online" in given and "bounded_domain" not in given:
        raise CertificateRejected("online losses without a domain are not used here")
    return Setting(given=given, facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The points, errors and steps that one inequality speaks about.

    Attributes:
        setting: the hypotheses.
        samples: points by name.
        oracles: the error of the oracle's answer at the points where it was asked, and the number of that step.
        iterates: where the iterate is, before and after each step.
        start: the start, where it is in the scene.
        projected: a point before and after its projection, where there is one.
    """

    setting: Setting
    samples: Mapping[str, Sample]
    oracles: Mapping[str, tuple[Vector, Expr]]
    iterates: tuple[Vector, ...]
    start: Sample | None = None
    projected: tuple[Vector, Vector] | None = None

    def fact(self, name: str) -> Form:
        """The form that is not negative by the fact of that name.

        Raises:
            CertificateRejected: if the hypotheses do not imply it.
        """
        match name.split():
            case [first, second, kind]:
                return self._between(first, second, kind)
            case [first, second, ("tied" | "reversed") as kind, name]:
                return (1 if kind == "tied" else -1) * inner(vector(name), self._difference(first, second))
            case [("above" | "below" | "growth" | "slope" | "diameter") as kind, point]:
                return self._at(kind, point)
            case [("variance" | "error" | "oracle") as kind, point]:
                return self._oracle(kind, point)
            case [("distance" | "gap") as kind] if self.start is not None:
                return self._start(kind, self.start)
            case ["projection"] if self.projected is not None:
                before, after = self.projected
                return squared(before) - squared(after)
        raise CertificateRejected(f"there is no fact {name!r} here")

    def sample(self, name: str) -> Sample:
        """A point of the scene; ``star`` is the minimiser.

        Raises:
            CertificateRejected: if there is no such point, or no minimiser.
        """
        if name == STAR:
            if not self.setting.has_minimiser and not self.setting.is_online:
                raise CertificateRejected("nothing says that there is a minimiser")
            return MINIMISER
        if name not in self.samples:
            raise CertificateRejected(f"there is no point {name!r} here")
        return self.samples[name]

    def _between(self, first: str, second: str, kind: str) -> Form:
        given = self.setting
        points = self.sample(first), self.sample(second)
        constrained = STAR in (first, second) and (given.has_domain or given.is_online)
        if given.is_online and (first, kind) != (STAR, "convex"):
            raise CertificateRejected("each loss is known at its own point only")
        if kind == "convex" and given.is_convex:
            return convexity(*points, given.modulus)
        if given.is_smooth and not constrained:
            smoothness = given.constant("smooth")
            if kind == "full":
                return interpolation(*points, given.modulus if given.is_convex else -smoothness, smoothness)
            if kind == "plain" and given.is_convex:
                return interpolation(*points, Integer(0), smoothness)
            if kind == "descent":
                return (-1) * convexity(*points, smoothness)
        raise CertificateRejected(f"the hypotheses do not imply {kind!r} between {first} and {second}")

    def _difference(self, first: str, second: str) -> Vector:
        """``g1 - g2 - L (x1 - x2)``, which is 0 for a function that is both L-strongly convex and L-smooth."""
        given, points = self.setting, (self.sample(first), self.sample(second))
        smoothness = given.constant("smooth")
        if not identical(given.constant("strongly_convex"), smoothness) or given.has_domain or given.is_online:
            raise CertificateRejected("the strong convexity is not the smoothness")
        return points[0].g - points[1].g - smoothness * (points[0].x - points[1].x)

    def _at(self, kind: str, name: str) -> Form:
        given, point = self.setting, self.sample(name)
        if kind == "diameter":
            return constant(given.constant("bounded_domain") ** 2) - squared(point.x)
        if kind == "slope":
            return slope(point, self._steepest(name))
        if given.is_online:
            raise CertificateRejected("a loss of one step need not be least at the comparator")
        if kind == "above":
            return point.f
        if given.has_domain:
            raise CertificateRejected("on a domain the gradient need not vanish at the minimiser")
        if kind == "below":
            return 2 * given.constant("smooth") * point.f - squared(point.g)
        modulus = given.given.get("polyak_lojasiewicz", given.given.get("strongly_convex"))
        if modulus is None or not given.facts.is_positive(modulus):
            raise CertificateRejected(
                "the claim assumes neither strong convexity nor the Polyak-Lojasiewicz inequality"
            )
        return squared(point.g) - 2 * modulus * point.f

    def _steepest(self, name: str) -> Expr:
        """A bound on |f'|: by Jensen's inequality the one on the oracle's answers at iterates, if their mean is f'."""
        given = self.setting
        answers = not given.is_noisy or "unbiased" in given.given
        if "lipschitz" not in given.given and answers and self.sample(name).x in self.iterates:
            limit = given.constant("bounded_gradients")
            if COUNTERS["k"] not in limit.free_symbols:
                return limit
        return given.constant("lipschitz")

    def _oracle(self, kind: str, name: str) -> Form:
        if name not in self.oracles:
            raise CertificateRejected(f"the oracle is not asked at {name}")
        error, step = self.oracles[name]
        hypothesis = {"variance": "bounded_variance", "error": "gradient_error", "oracle": "bounded_gradients"}[kind]
        limit = self.setting.constant(hypothesis).subs(COUNTERS["k"], step)
        bounded = self.sample(name).g + error if kind == "oracle" else error
        return constant(limit**2) - squared(bounded)

    def _start(self, kind: str, start: Sample) -> Form:
        if kind == "distance":
            return constant(self.setting.constant("initial_distance") ** 2) - squared(start.x)
        return constant(self.setting.constant("initial_gap")) - start.f


def without_means(form: Form, error: str, past: frozenset[str]) -> Form:
    """The expectation, for an error whose inner product with whatever was known before it has the mean 0."""
    return Form({key: number for key, number in form.terms.items() if not _vanishes(key, error, past)})


def _vanishes(key: tuple[str, ...], error: str, past: frozenset[str]) -> bool:
    return len(key) == 2 and error in key and (key[0] in past or key[1] in past)


__all__ = ["MINIMISER", "STAR", "Scene", "Setting", "setting", "without_means"]
