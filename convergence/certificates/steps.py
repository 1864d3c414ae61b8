"""Constant steps on a concrete quadratic: stable ranges, best steps, contraction factors, behaviour, iteration counts.

Witness, every key optional:
    values: rationals for the claim's symbols, for a refutation of a claim that has symbols.
    step, than: the step sizes at which the statement fails, as `algebraic.Real.to_witness` writes them.

Without a step the statement is decided for all its steps: every fact is constant between finitely many exact
thresholds, so one step in each interval and each threshold are enough.

What the words mean. The distance is that to the set of minimisers (of critical points, if there is no minimiser; then
nothing converges). A start at a critical point stays there; "every", "some" and "almost every" speak of other starts. A
step that is given as a number may be any; a range of steps means the positive ones, so a statement that fails only for
others is neither proved nor refuted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from typing import Any

from flint import fmpq

from convergence.certificates import crossings, document
from convergence.certificates.algebraic import Real, algebraic, from_witness
from convergence.certificates.components import Component
from convergence.certificates.dynamics import LinearMethod, linear_method
from convergence.certificates.exact import to_fmpq
from convergence.certificates.quadratics import Quadratic, quadratic
from convergence.certificates.spectrum import require_hypotheses
from convergence.certificates.stated import Stated, matches, stated
from convergence.certificates.step_sets import StepSet, distinct, read_steps, samples
from convergence.certificates.substitution import Values, admissible, against, hypotheses, substituted
from convergence.errors import CertificateRejected
from convergence.printed import Printed
from convergence.verdicts import Verdict

HARMLESS = frozenset(
    {
        "convex",
        "strongly_convex",
        "smooth",
        "quadratic",
        "polyak_lojasiewicz",
        "bounded_below",
        "deterministic",
        "lipschitz",
        "initial_distance",
        "initial_gap",
    }
)
"""Hypotheses that leave the method as it is, so that a proof may ignore them."""

KEYS = ("stable_steps", "best_step", "contraction", "behaviour", "faster", "fastest", "iterations")


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved, refuted or inconsistent; see the module for the witness.

    Raises:
        CertificateRejected: if the claim is no such statement, or this does not decide it.
    """
    values = admissible(claim, witness.get("values", {}))
    setting = Setting.of(claim, values)
    if "step" in witness or not holds(setting):
        if "step" in witness and not fails_at(setting, *_witnessed(witness)):
            raise CertificateRejected("the statement does not fail at the given step")
        require_hypotheses(claim, values)
        return against(claim)
    if claim["symbols"]:
        raise CertificateRejected("the statement holds at these values; this neither proves nor refutes it")
    return Verdict.PROVED


def _witnessed(witness: Mapping[str, Any]) -> list[Real]:
    return [from_witness(witness[key]) for key in ("step", "than") if key in witness]


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """A statement about constant steps at given values of the claim's symbols.

    Attributes:
        claim: the claim's document.
        values: of the claim's symbols.
        key: which of `KEYS` is stated; `table` is what is stated.
        problem: the objective.
        method: the method, with its step left open.
    """

    claim: Mapping[str, Any]
    values: Values
    key: str
    table: Any
    problem: Quadratic
    method: LinearMethod

    @classmethod
    def of(cls, claim: Mapping[str, Any], values: Values) -> Setting:
        """Read the claim's document.

        Raises:
            CertificateRejected: if it is not about constant steps of a linear method on a quadratic.
        """
        key = next((key for key in KEYS if key in claim), None)
        if key is None:
            raise CertificateRejected("the claim says nothing about constant steps")
        for name, _ in hypotheses(claim):
            if name not in HARMLESS:
                raise CertificateRejected(f"the hypothesis {name} changes what the method does")
        problem = quadratic(claim, values)
        if problem.critical_point is None:
            raise CertificateRejected("the objective has no critical point")
        if not problem.modes:
            raise CertificateRejected("the objective is constant")
        method = linear_method(claim, values, _step_name(claim, key, claim[key], values))
        return cls(claim=claim, values=values, key=key, table=claim[key], problem=problem, method=method)

    def number(self, text: str) -> Real:
        """An exact number of the statement."""
        return algebraic(substituted(document.expression(self.claim, text), self.values))

    def value(self, text: str) -> Stated:
        """An exact or rounded value of the statement."""
        found = stated(self.claim, text)
        return found if isinstance(found, Printed) else substituted(found, self.values)

    def steps(self, text: str) -> StepSet:
        """A set of steps of the statement."""
        return read_steps(self.claim, text, self.values)

    @cached_property
    def thresholds(self) -> list[Real]:
        """Steps between which no fact about a component changes."""
        return distinct([*self.method.thresholds(self.problem), Real.of(0)])

    def components(self, step: Real) -> list[Component]:
        """One component for each of the problem's modes."""
        return [self.method.component(step, mode) for mode in self.problem.modes]

    def starts(self, start: Any) -> Iterator[tuple[int, ...]]:
        """The sets of modes that a start may excite; ``every`` and ``some`` range over all of them."""
        modes = range(len(self.problem.modes))
        if isinstance(start, list):
            yield tuple(self.problem.active([to_fmpq(value) for value in start]))
        elif start == "almost every":
            yield tuple(modes)
        elif start in ("every", "some"):
            yield from chain.from_iterable(combinations(modes, size) for size in range(1, len(modes) + 1))
        else:
            raise CertificateRejected(f"unknown start {start!r}")

    def factor(self, step: Real, start: Any = "every") -> Real:
        """The asymptotic contraction factor from the worst of the starts.

        Raises:
            CertificateRejected: if the start is critical, or only some start is meant.
        """
        if start == "some":
            raise CertificateRejected("a contraction factor from some start is not one number")
        active = max(self.starts(start), key=len)
        if not active:
            raise CertificateRejected("the start is a critical point")
        components = self.components(step)
        return max(components[index].radius for index in active)


def _step_name(claim: Mapping[str, Any], key: str, table: Any, values: Values) -> str | None:
    texts = [table] if key == "stable_steps" else [table.get("step"), table.get("than")] if key in _SETS else []
    names = [read_steps(claim, text, values).name for text in texts if text is not None]
    return next((name for name in names if name is not None), None)


_SETS = ("behaviour", "faster")


# --- what one start does at one step


def motions(components: Sequence[Component], has_minimiser: bool) -> dict[str, bool]:
    """Which words are true of a start that excites these components; none of them: it is a critical point."""
    converges = has_minimiser and all(component.converges for component in components)
    unbounded = any(component.unbounded for component in components)
    return {
        "converges": converges,
        "diverges": unbounded,
        "cycles": not unbounded and any(component.cycles for component in components),
        "monotone": converges and all(component.keeps_sign for component in components),
        "oscillates": any(component.oscillates for component in components),
    }


def behaves(setting: Setting, step: Real) -> bool:
    """Whether a behaviour is as stated at one step."""
    words, start = setting.table["is"], setting.table["start"]
    components, has_minimiser = setting.components(step), setting.problem.has_minimiser

    def agrees(active: tuple[int, ...]) -> bool:
        facts = motions([components[index] for index in active], has_minimiser)
        return any(facts[word] for word in words)

    verdicts = [agrees(active) for active in setting.starts(start)]
    return any(verdicts) if start == "some" else all(verdicts)


def is_stable(setting: Setting, step: Real) -> bool:
    """Whether the method converges to a minimiser from every start."""
    return setting.problem.has_minimiser and all(component.converges for component in setting.components(step))


# --- statements


def holds(setting: Setting) -> bool:
    """Whether the statement is true for all its steps.

    Raises:
        CertificateRejected: if that is not decided here.
    """
    return _STATEMENTS[setting.key](setting)


def fails_at(setting: Setting, step: Real, than: Real | None = None) -> bool:
    """Whether the statement is false because of one step (of a pair of steps, for a comparison).

    Raises:
        CertificateRejected: if the statement is not refuted by a single step.
    """
    described = setting.key == "stable_steps" or setting.steps(setting.table["step"]).name is not None
    if described and step.sign <= 0:
        raise CertificateRejected("a step that is not positive does not refute a statement about a range of steps")
    match setting.key:
        case "stable_steps":
            return (step in setting.steps(setting.table)) != is_stable(setting, step)
        case "behaviour":
            return step in setting.steps(setting.table["step"]) and not behaves(setting, step)
        case "faster" if than is not None:
            return _not_faster(setting, step, than)
    raise CertificateRejected(f"{setting.key} is not refuted by a step")


def representative_steps(setting: Setting) -> list[Real]:
    """Steps that decide a statement about a set: its thresholds and one step in each interval between them."""
    text = setting.table if setting.key == "stable_steps" else setting.table["step"]
    return samples([*setting.steps(text).ends, *setting.thresholds])


def _stable_steps(setting: Setting) -> bool:
    claimed = setting.steps(setting.table)
    wrong = [step for step in representative_steps(setting) if (step in claimed) != is_stable(setting, step)]
    return _none_positive(wrong)


def _behaviour(setting: Setting) -> bool:
    steps = setting.steps(setting.table["step"])
    if steps.point is not None:
        return behaves(setting, steps.point)
    inside = [step for step in representative_steps(setting) if step in steps]
    if not any(step.sign > 0 for step in inside):
        raise CertificateRejected("no positive step satisfies the relations")
    return _none_positive([step for step in inside if not behaves(setting, step)])


def _none_positive(wrong: Sequence[Real]) -> bool:
    if wrong and all(step.sign <= 0 for step in wrong):
        raise CertificateRejected("the statement is true of positive steps, and as it is written false of others")
    return not wrong


def best_step(setting: Setting) -> Real:
    """Gradient descent's step of least contraction factor, 2/(mu + L) with the extreme nonzero eigenvalues.

    Raises:
        CertificateRejected: for another method, or if there is no minimiser.
    """
    if not setting.method.is_gradient_descent:
        raise CertificateRejected("the best step is decided for gradient descent only")
    if not setting.problem.has_minimiser:
        raise CertificateRejected("the objective has no minimiser")
    return Real.of(2) / (setting.problem.modes[0] + setting.problem.modes[-1])


def _best_step(setting: Setting) -> bool:
    return matches(best_step(setting), setting.value(setting.table))


def _contraction(setting: Setting) -> bool:
    factor = setting.factor(setting.number(setting.table["step"]))
    return matches(factor, setting.value(setting.table["factor"]))


def _fastest(setting: Setting) -> bool:
    start = setting.table["start"]
    chosen = setting.number(setting.table["step"])
    listed = [step for step in map(setting.number, setting.table["among"]) if step != chosen]
    best = setting.factor(chosen, start)
    return all(best < setting.factor(step, start) for step in listed)


def _iterations(setting: Setting) -> bool:
    if not setting.method.is_gradient_descent:
        raise CertificateRejected("iterations are counted for gradient descent only")
    if not setting.problem.has_minimiser:
        raise CertificateRejected("the objective has no minimiser")
    table = setting.table
    step, ratio = setting.number(table["step"]), to_fmpq(table["ratio"])
    ratios = [Real.of(1) - step * mode for mode in setting.problem.modes]
    if isinstance(table["start"], list):
        start = [to_fmpq(value) for value in table["start"]]
        weights = crossings.weights(setting.problem, start)
        return crossings.within(ratios, weights, ratio, table.get("at_least"), table.get("at_most"))
    if table["start"] != "every":
        raise CertificateRejected("iterations are counted from a point or from every start")
    alone = [[fmpq(index == other) for other in range(len(ratios))] for index in range(len(ratios))]
    return all(crossings.within(ratios, w, ratio, table.get("at_least"), table.get("at_most")) for w in alone)


# --- comparing sets of steps


def _not_faster(setting: Setting, step: Real, than: Real) -> bool:
    table = setting.table
    if step not in setting.steps(table["step"]) or than not in setting.steps(table["than"]):
        raise CertificateRejected("a step is not in the set that it is taken from")
    if setting.steps(table["than"]).name is not None and than.sign <= 0:
        raise CertificateRejected("a step that is not positive does not refute a statement about a range of steps")
    return setting.factor(step, table["start"]) >= setting.factor(than, table["start"])


def _faster(setting: Setting) -> bool:
    first, second = setting.steps(setting.table["step"]), setting.steps(setting.table["than"])
    if first.point is not None and second.point is not None:
        start = setting.table["start"]
        return setting.factor(first.point, start) < setting.factor(second.point, start)
    if not setting.method.is_gradient_descent:
        raise CertificateRejected("ranges of steps are compared for gradient descent only")
    slowest, fastest = _extreme(setting, first, max), _extreme(setting, second, min)
    if slowest is None:
        return False
    assert fastest is not None
    (high, high_attained), (low, low_attained) = slowest, fastest
    faster = high < low or (high == low and not (high_attained and low_attained))
    if faster and (_allows_others(setting, first) or _allows_others(setting, second)):
        raise CertificateRejected("the statement is true of positive steps; as written it speaks of others too")
    return faster


def _allows_others(setting: Setting, steps: StepSet) -> bool:
    """Whether a range contains a step that is not positive."""
    grid = samples([Real.of(0), *steps.ends])
    return steps.point is None and any(step in steps and step.sign <= 0 for step in grid)


def kinks(setting: Setting) -> list[Real]:
    """Steps between which gradient descent's factor is affine: 0 and 2/(a + b) for eigenvalues a, b."""
    modes = setting.problem.modes
    sums = [modes[i] + modes[j] for i in range(len(modes)) for j in range(i, len(modes))]
    return distinct([Real.of(0), *(Real.of(2) / total for total in sums if total.sign != 0)])


def _extreme(setting: Setting, steps: StepSet, choose: Callable[..., Any]) -> tuple[Real, bool] | None:
    """The supremum or infimum of the factor over a set, and whether it is attained; None for no upper bound.

    On each interval between kinks and ends the factor is affine, so its extremes are its values at the interval's ends.
    """
    grid = samples([*kinks(setting), *steps.ends])
    start, largest = setting.table["start"], choose is max
    found: list[tuple[Real, bool]] = []
    for place, step in enumerate(grid):
        if step not in steps or (step.sign <= 0 and steps.point is None):
            continue
        if place % 2:
            found.append((setting.factor(step, start), True))
            continue
        ends = [grid[near] for near in (place - 1, place + 1) if 0 <= near < len(grid)]
        if len(ends) == 1 and largest:
            return None
        values = [setting.factor(end, start) for end in ends]
        constant = len(values) == 2 and values[0] == values[1]
        found += [(value, constant) for value in values]
    if not found:
        raise CertificateRejected("no positive step satisfies the relations")
    extreme = found[0]
    for value, attained in found[1:]:
        if value == extreme[0]:
            extreme = (value, attained or extreme[1])
        elif (value > extreme[0]) == largest:
            extreme = (value, attained)
    return extreme


_STATEMENTS: Mapping[str, Callable[[Setting], bool]] = {
    "stable_steps": _stable_steps,
    "best_step": _best_step,
    "contraction": _contraction,
    "behaviour": _behaviour,
    "faster": _faster,
    "fastest": _fastest,
    "iterations": _iterations,
}
