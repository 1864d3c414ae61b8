"""The points of one step of a linear method, of its first steps, and of a state after k steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sympy import Expr, Integer

from convergence.certificates.gram import Form, Sample, Vector, constant, inner, squared, value, vector
from convergence.certificates.iteration import THETA, Method
from convergence.certificates.linear_methods import (
    Table,
    anywhere,
    at_start,
    is_plain,
    output,
    query,
    same,
    stepped,
    word,
)
from convergence.certificates.linear_methods import points as states_that_are_points
from convergence.certificates.potential_setting import Scene, Setting, without_means
from convergence.errors import CertificateRejected

Noise = tuple[str, frozenset[str]]
"""The basis vector of an error, and the basis vectors that were known before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a method stands: its state, its points, and the sum of the measured quantity so far.

    Attributes:
        scene: everything that facts may speak about.
        table: the state.
        total: the sum.
        noise: errors of mean zero.
    """

    scene: Scene
    table: Table
    total: Form
    noise: tuple[Noise, ...] = ()

    def expected(self, form: Form) -> Form:
        """The form without inner products whose expectation is zero."""
        for error, past in self.noise:
            form = without_means(form, error, past)
        return form

    def measured(self, kind: str, point: str = "output") -> Form:
        """What a measure is at a point: ``gap``, ``squared_distance`` or ``squared_gradient``."""
        sample = self.scene.sample(point)
        match kind:
            case "gap":
                return sample.f
            case "squared_distance":
                return squared(sample.x)
        if not self.scene.setting.is_smooth:
            raise CertificateRejected("a gradient norm needs a function with a gradient")
        return squared(sample.g)

    def potential(self, coefficients: Mapping[str, Expr], suffix: str = "") -> Form:
        """The combination of values, inner products, the sum and 1 with these coefficients.

        Raises:
            CertificateRejected: for a word that is none of them.
        """
        total = Form()
        for words, number in coefficients.items():
            total = total + number * self._part(words.split(), suffix)
        return total

    def _part(self, words: list[str], suffix: str) -> Form:
        match words:
            case ["1"]:
                return constant(Integer(1))
            case ["sum"]:
                return self.total
            case [point] if point + suffix in self.scene.samples and not self.scene.setting.is_online:
                return self.scene.sample(point + suffix).f
            case [first, second]:
                return inner(self._vector(first, suffix), self._vector(second, suffix))
        raise CertificateRejected(f"a potential has no part {' '.join(words)!r}")

    def _vector(self, name: str, suffix: str) -> Vector:
        for own, found in self.table.items():
            if word(own) == name:
                return found
        if name.startswith("g:") and self.scene.setting.is_smooth and not self.scene.setting.is_online:
            return self.scene.sample(name.removeprefix("g:") + suffix).g
        raise CertificateRejected(f"a potential has no vector {name!r}")


@dataclass(frozen=True, slots=True)
class Points:
    """Points by name; equal points share their gradient and their value."""

    known: dict[str, Sample] = field(default_factory=dict)

    def add(self, name: str, place: Vector) -> Sample:
        """A further point, or another name for a known one.

        Raises:
            CertificateRejected: if another point has the name, as that of a state called ``query``: their gradients
                would be one.
        """
        if name in self.known and not same(self.known[name].x, place):
            raise CertificateRejected(f"two points have the name {name!r}")
        found = next((sample for sample in self.known.values() if same(sample.x, place)), None)
        self.known[name] = found or Sample(place, vector(f"g:{name}"), value(f"f:{name}"))
        return self.known[name]

    def add_all(self, method: Method, table: Table, number: Expr, suffix: str) -> None:
        """The iterate, the states that are points, and the output, under their names with a suffix."""
        for name in states_that_are_points(method):
            self.add(word(name) + suffix, table[name])
        self.add(f"output{suffix}", output(method, table, number))

    def gradients(self) -> set[str]:
        """The basis vectors of all gradients."""
        return {name for sample in self.known.values() for name in sample.g.parts}


def before(method: Method, given: Setting, number: Expr) -> Stage:
    """After `number` steps, of which nothing else is known; its points end in ``-``."""
    return _anywhere(method, given, number, "-")


def finished(method: Method, given: Setting, number: Expr) -> Stage:
    """After `number` steps, where the bound is claimed."""
    return _anywhere(method, given, number, "")


def _anywhere(method: Method, given: Setting, number: Expr, suffix: str) -> Stage:
    table, points = anywhere(method), Points()
    points.add_all(method, table, number, suffix)
    scene = Scene(setting=given, samples=points.known, oracles={}, iterates=(table[THETA],))
    return Stage(scene=scene, table=table, total=value("sum"))


def after(method: Method, given: Setting, old: Stage, number: Expr, window: str, kind: str) -> Stage:
    """One step later; the points of both ends and the point ``query`` are in the scene."""
    new = _step(method, given, old, number, "query", "")
    match window:
        case "start":
            if given.is_online and not same(new.scene.samples["query"].x, new.scene.samples["output-"].x):
                raise CertificateRejected("the method plays another point than the one where it asks for the gradient")
            return replace(new, total=old.total + new.measured(kind, "output-"))
        case "iterates" | "all":
            return replace(new, total=old.total + new.measured(kind, "output"))
    return new


def _step(method: Method, given: Setting, old: Stage, number: Expr, asked: str, suffix: str) -> Stage:
    points = Points(dict(old.scene.samples))
    past = frozenset(word(name) for name in old.table) | points.gradients() | {error for error, _ in old.noise}
    sample = points.add(asked, query(method, old.table, number))
    error = vector(f"e:{asked}") if given.is_noisy else Vector()
    past |= set(sample.g.parts)
    table, projected = stepped(method, old.table, sample.g + error, number), None
    if given.has_domain:
        if not is_plain(method):
            raise CertificateRejected("on a domain only the projected (sub)gradient method is understood")
        projected = table[THETA], vector(f"projected{suffix}")
        table = {THETA: projected[1]}
    points.add_all(method, table, number, suffix)
    noise = ((f"e:{asked}", past),) if given.is_noisy and "unbiased" in given.given else ()
    scene = Scene(
        setting=given,
        samples=points.known,
        oracles={**old.scene.oracles, asked: (error, number)},
        iterates=(*old.scene.iterates, table[THETA]),
        start=old.scene.start,
        projected=projected,
    )
    return Stage(scene=scene, table=table, total=old.total, noise=(*old.noise, *noise))


def opened(method: Method, given: Setting, first: int, window: str, kind: str) -> Stage:
    """After the first few steps; the points are ``start``, ``query 1``, ... without the blank, and the last ones."""
    table, points = at_start(method), Points()
    start = points.add("start", table[THETA])
    scene = Scene(setting=given, samples=points.known, oracles={}, iterates=(table[THETA],), start=start)
    stage = Stage(scene=scene, table=table, total=Form())
    if window in ("start", "all"):
        stage = replace(stage, total=stage.measured(kind, "start") if window == "all" or first > 0 else Form())
    for number in range(1, first + 1):
        stage = _step(method, given, stage, Integer(number), f"query{number}", str(number))
        if window in ("iterates", "all") or (window == "start" and number < first):
            stage = replace(stage, total=stage.total + stage.measured(kind, f"output{number}"))
    points = Points(dict(stage.scene.samples))
    points.add_all(method, stage.table, Integer(first), "")
    if first == 0 and window and not same(points.known["output"].x, start.x):
        raise CertificateRejected("before the first step the method does not return its start")
    return replace(stage, scene=replace(stage.scene, samples=points.known))
