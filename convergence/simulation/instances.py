"""Problems that satisfy a claim's hypotheses by construction, the hardest admissible ones among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, sqrt

import numpy as np
from sympy import Expr, Integer, Symbol

from convergence.claims.claim import Claim
from convergence.claims.hypotheses import Hypothesis
from convergence.errors import NumericLimit
from convergence.expressions import K
from convergence.problems.kinked import dominated, kinked, self_similar
from convergence.problems.oracles import Additive, Exact, Misled, Noise, Oracle
from convergence.problems.problem import Array, Problem
from convergence.problems.profiles import (
    Absolute,
    Dented,
    FlatPower,
    Huber,
    Profile,
    Ripple,
    SmoothedAbsolute,
    Tail,
    Wave,
    false_minimum,
)
from convergence.problems.quadratics import diagonal, log_spaced, rotated
from convergence.problems.separable import separable

DIMENSION = 24
KAPPA = 10.0
SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What the hypotheses demand, as numbers; inf and 0 stand for "nothing is demanded".

    Attributes:
        convex, quadratic: whether demanded.
        mu: of strong convexity; pl: of the Polyak-Lojasiewicz inequality.
        L: of smoothness; slope: the greatest gradient norm, `everywhere` or only along the runs.
        sigma: of the noise, 0 for exact gradients; delta: the size of the error at step k, or None.
        distance, gap: of the start; radius: half the diameter of the domain.
    """

    convex: bool = False
    quadratic: bool = False
    mu: float = 0.0
    pl: float = 0.0
    L: float = inf
    slope: float = inf
    everywhere: bool = False
    sigma: float = 0.0
    delta: Expr | None = None
    distance: float = inf
    gap: float = inf
    radius: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instance:
    """A problem, an oracle and a start that satisfy every hypothesis of a claim for the given numbers."""

    problem: Problem
    oracle: Oracle
    start: Array
    radius: float | None

    @property
    def label(self) -> str:
        """For reports."""
        noise = f", {self.oracle.law} noise" if isinstance(self.oracle, Additive) else ""
        return f"{self.problem.name}{noise}"


def constants(claim: Claim, values: Mapping[Symbol, Expr]) -> Constants:
    """The demands of a claim's hypotheses.

    Raises:
        NumericLimit: if a constant is no number, or is not one that a problem can have.
    """
    found = Constants()
    for hypothesis in claim.given:
        if isinstance(hypothesis, Hypothesis):
            found = _demanded(found, hypothesis, values)
    return _with_noise(found, claim)


def _demanded(found: Constants, hypothesis: Hypothesis, values: Mapping[Symbol, Expr]) -> Constants:
    name = hypothesis.name
    if name == "gradient_error":
        return replace(found, delta=hypothesis.arguments[0].xreplace(dict(values)))
    number = _number(hypothesis, values) if hypothesis.arguments else 0.0
    match name:
        case "convex":
            return replace(found, convex=True)
        case "quadratic":
            return replace(found, quadratic=True)
        case "strongly_convex":
            return replace(found, convex=True, mu=max(found.mu, number))
        case "polyak_lojasiewicz":
            return replace(found, pl=max(found.pl, number))
        case "smooth":
            return replace(found, L=min(found.L, number))
        case "lipschitz":
            return replace(found, slope=min(found.slope, number), everywhere=True)
        case "bounded_gradients":
            return replace(found, slope=min(found.slope, number))
        case "bounded_variance":
            return replace(found, sigma=number)
        case "initial_distance":
            return replace(found, distance=number)
        case "initial_gap":
            return replace(found, gap=number)
        case "bounded_domain":
            return replace(found, radius=number / 2)
        case "bounded_below" | "unbiased" | "deterministic" | "online":
            return found
    raise NumericLimit(f"runs cannot arrange the hypothesis {hypothesis.text}")


def _number(hypothesis: Hypothesis, values: Mapping[Symbol, Expr]) -> float:
    value = hypothesis.arguments[0].xreplace(dict(values))
    if not value.is_number or not isfinite(float(value)) or float(value) < 0:
        raise NumericLimit(f"the constant of {hypothesis.text} is not a nonnegative number: {value}")
    return float(value)


def _with_noise(found: Constants, claim: Claim) -> Constants:
    """Noise where the oracle is said to be random; the squared slope and the variance share a bound on E|g|^2."""
    random = any(claim.hypothesis(name) for name in ("unbiased", "bounded_variance"))
    if not random or claim.hypothesis("deterministic"):
        return replace(found, sigma=0.0)
    bounded = claim.hypothesis("bounded_gradients") is not None and isfinite(found.slope)
    sigma = found.sigma if claim.hypothesis("bounded_variance") else (found.slope / sqrt(2) if bounded else 0.5)
    if bounded:
        sigma = min(sigma, found.slope / sqrt(2))
        found = replace(found, slope=min(found.slope, sqrt(found.slope**2 - sigma**2)))
    return replace(found, sigma=sigma)


def instances(wanted: Constants, scale: float, steps: int, wells: bool = False) -> tuple[Instance, ...]:
    """Admissible problems, hardest first.

    Args:
        wanted: the demands.
        scale: distance from the start to the minimiser, before demands shorten it.
        steps: length of the runs: spectra go below what they can resolve.
        wells: whether a false minimum belongs to the set (for measures of gap and distance without convexity).

    Raises:
        NumericLimit: if none is admissible; the message says why.
    """
    if wanted.mu > wanted.L * (1 + SLACK) or wanted.pl > wanted.L * (1 + SLACK):
        raise NumericLimit(f"no function is {max(wanted.mu, wanted.pl):g}-strongly convex and {wanted.L:g}-smooth")
    distance = min(scale, wanted.distance, inf if wanted.radius is None else 0.9 * wanted.radius)
    found = []
    for index, problem in enumerate(_problems(wanted, distance, steps, wells)):
        instance = _placed(problem, wanted, distance, index)
        if instance is not None and admissible(instance, wanted):
            found.append(instance)
    if not found:
        raise NumericLimit("no problem of this package satisfies all of the claim's hypotheses together")
    return tuple(found)


def _problems(wanted: Constants, distance: float, steps: int, wells: bool) -> Iterator[Problem]:
    least = max(wanted.mu, wanted.pl)
    L = wanted.L if isfinite(wanted.L) else (KAPPA * least if least else 1.0)
    side = distance / sqrt(DIMENSION)
    if wanted.slope < inf and not wanted.everywhere:
        side = min(side, wanted.slope / (2 * L * sqrt(DIMENSION)))
    if wanted.mu:
        yield from _strongly_convex(wanted, L, side)
    elif wanted.pl:
        yield from _dominated(wanted, L, side)
    elif wanted.quadratic:
        yield diagonal(_deep(L, steps), name="quadratic with spectrum down to 0")
        yield rotated(_deep(L, steps), name="rotated quadratic with spectrum down to 0")
        yield diagonal(np.append(log_spaced(L / KAPPA, L, DIMENSION - 2), [0.0, 0.0]), name="singular quadratic")
    elif wanted.convex:
        yield from _convex(wanted, L, side, steps)
    else:
        yield from _not_convex(wanted, L, side, steps, wells)


def _deep(L: float, steps: int) -> Array:
    """Equal ratios apart, down to what accelerated methods (time ``steps^2``) cannot see: the gap falls as 1/time."""
    return log_spaced(L * float(steps) ** -2.25, L, DIMENSION)


def _strongly_convex(wanted: Constants, L: float, side: float) -> Iterator[Problem]:
    mu, bent = wanted.mu, not wanted.quadratic and wanted.mu < L
    yield diagonal(log_spaced(mu, L, DIMENSION), name=f"quadratic with spectrum from {mu:g} to {L:g}")
    if bent:
        yield self_similar(mu, L, DIMENSION)
        yield kinked(mu, L, DIMENSION, side)
    yield diagonal(log_spaced(mu, min(L, 1.5 * mu), DIMENSION), name=f"quadratic with spectrum near {mu:g}")
    if bent:
        yield _shaped("Huber's function in a bowl", Huber(width=0.1), L - mu, 10 * side, ridge=mu)
    yield rotated(log_spaced(mu, L, DIMENSION), name=f"rotated quadratic with spectrum from {mu:g} to {L:g}")


def _dominated(wanted: Constants, L: float, side: float) -> Iterator[Problem]:
    mu, bent = wanted.pl, not wanted.quadratic and wanted.pl < L
    spectrum = np.append(log_spaced(mu, L, DIMENSION - 2), [0.0, 0.0])
    yield diagonal(spectrum, name=f"singular quadratic with eigenvalues from {mu:g} to {L:g}")
    if bent:
        yield self_similar(mu, L, DIMENSION) if wanted.convex else dominated(mu, L, DIMENSION)
        yield kinked(mu, L, DIMENSION, side)
    yield diagonal(log_spaced(mu, min(L, 1.5 * mu), DIMENSION), name=f"quadratic with spectrum near {mu:g}")
    if bent and not wanted.convex and 256 * mu <= L:
        yield _shaped("u^2 + 3 sin(u)^2", Dented(), L, 1.0)


def _convex(wanted: Constants, L: float, side: float, steps: int) -> Iterator[Problem]:
    shapes: list[tuple[str, Profile, float]] = [
        ("flat function |u|^10", FlatPower(p=10), side),
        ("smoothed absolute value", SmoothedAbsolute(width=0.1), side),
        ("flat function |u|^4", FlatPower(p=4), side),
        ("Huber's function", Huber(width=0.1), side),
    ]
    if not isfinite(wanted.slope) or not wanted.everywhere:
        yield diagonal(_deep(L, steps), name="quadratic with spectrum down to 0")
    if isfinite(wanted.slope) and not isfinite(wanted.L):
        yield separable("absolute value", Absolute(), DIMENSION, wanted.slope / sqrt(DIMENSION))
    for index, (name, profile, width) in enumerate(shapes):
        yield _shaped(name, profile, L, width, slope=wanted.slope)
        if index == 1 and not (isfinite(wanted.slope) and wanted.everywhere):
            yield kinked(0.0, L, DIMENSION, side)


def _not_convex(wanted: Constants, L: float, side: float, steps: int, wells: bool) -> Iterator[Problem]:
    yield _shaped("slowly falling tail", Tail(q=0.05), L, side, slope=wanted.slope)
    if wells and not wanted.everywhere:
        yield _shaped("bowl with ripples", Ripple(bowl=0.02, height=1.0, frequency=1.0), L, side / 7)
    yield _shaped("flat function |u|^10", FlatPower(p=10), L, side, slope=wanted.slope)
    yield _shaped("cosine", Wave(), L, side / 3, slope=wanted.slope)
    if not wanted.everywhere:
        yield diagonal(_deep(L, steps), name="quadratic with spectrum down to 0")


def _shaped(name: str, profile: Profile, L: float, width: float, ridge: float = 0.0, slope: float = inf) -> Problem:
    """The profile stretched to `width`, with greatest curvature L (or less, where the slope is limited)."""
    steepest = max(abs(bound) for bound in profile.curvature)
    weight = L * width**2 / steepest
    if isfinite(slope):
        weight = min(weight, slope * width / (profile.slope * sqrt(DIMENSION)))
    return separable(name, profile, DIMENSION, weight, width, ridge)


def _placed(problem: Problem, wanted: Constants, distance: float, index: int) -> Instance | None:
    """The problem with the oracle and a start at the distance, nearer where demands require it."""
    oracle: Oracle = Exact()
    if wanted.delta is not None:
        oracle = Misled(size=_size(wanted.delta), text=str(wanted.delta))
    elif wanted.sigma:
        oracle = Additive(law=(Noise.GAUSSIAN, Noise.SKEWED)[index % 2], level=wanted.sigma)
    start = _uneven(problem.dimension) * distance / sqrt(problem.dimension)
    profile = getattr(problem, "profile", None)
    if isinstance(profile, Ripple):
        start = np.full(problem.dimension, false_minimum(profile) * getattr(problem, "scale", 1.0))
    for _ in range(60):
        steep = float(np.linalg.norm(problem.gradient(start)))
        if problem.gap(start) <= wanted.gap and (wanted.everywhere or steep <= wanted.slope / 2):
            return Instance(problem=problem, oracle=oracle, start=start, radius=wanted.radius)
        start = start / 2
    return None


def _uneven(dimension: int) -> Array:
    """Factors between 3/4 and 1, without ratios that steps could hit exactly."""
    golden = (sqrt(5) - 1) / 2
    return np.asarray(0.75 + 0.25 * np.mod(golden * np.arange(1, dimension + 1), 1.0))


def _size(delta: Expr) -> Callable[[int], float]:
    return lambda count: float(delta.xreplace({K: Integer(count)}))


def admissible(instance: Instance, wanted: Constants) -> bool:
    """Whether the problem's own statement of its constants meets every demand; the builders are not trusted."""
    facts, start = instance.problem.facts, instance.start[None, :]
    more, less = 1 + SLACK, 1 - SLACK
    checks = [
        not wanted.convex or "convex" in facts,
        not wanted.quadratic or "quadratic" in facts,
        not wanted.mu or facts.get("strongly_convex", (0.0,))[0] >= wanted.mu * less,
        not wanted.pl or facts.get("polyak_lojasiewicz", (0.0,))[0] >= wanted.pl * less,
        inf == wanted.L or facts.get("smooth", (inf,))[0] <= wanted.L * more,
        not wanted.everywhere or facts.get("lipschitz", (inf,))[0] <= wanted.slope * more,
        "bounded_below" in facts,
        wanted.gap == inf or float(instance.problem.gap(start)[0]) <= wanted.gap * more,
        wanted.distance == inf or float(instance.problem.distance(start)[0]) <= wanted.distance * more,
        not wanted.sigma or instance.oracle.sigma <= wanted.sigma * more,
        wanted.radius is None or float(np.linalg.norm(instance.start)) <= wanted.radius * more,
    ]
    return all(checks)
