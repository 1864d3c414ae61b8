"""Constant steps on a concrete quadratic: stable ranges, best steps, contraction factors, behaviour, iteration counts.

Witness, every key optional:
    values: rationals for the claim's symbols, for a refutation of a claim that has symbols.
    step, than: the step sizes at which the statement fails, as `algebraic.Real.to_witness` writes them.
    instance, eigenvalues, critical_point: for a proof for all values of the symbols; see `parametric`.

Without a step the statement is decided for all its steps: every fact is constant between finitely many exact
thresholds, so one step in each interval and each threshold are enough.

What the words mean. The distance is that to the set of minimisers (of critical points, if there is no minimiser; then
nothing converges). A start at a critical point stays there; "every", "some" and "almost every" speak of other starts. A
step that is given as a number may be any; a range of steps means the positive ones, so a statement that fails only for
others is neither proved nor refuted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

from flint import fmpq

from convergence.certificates import crossings
from convergence.certificates.algebraic import Real, from_witness
from convergence.certificates.components import Component
from convergence.certificates.document import against
from convergence.certificates.exact import to_fmpq
from convergence.certificates.parametric import holds_in_every_case
from convergence.certificates.settings import OpenSetting, Setting
from convergence.certificates.spectrum import require_hypotheses
from convergence.certificates.stated import matches
from convergence.certificates.step_sets import StepSet, distinct, samples
from convergence.certificates.substitution import admissible
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Proved, refuted or inconsistent; see the module for the witness.

    Raises:
        CertificateRejected: if the claim is no such statement, or this does not decide it.
    """
    if "eigenvalues" in witness:
        if not holds_in_every_case(
            claim, witness, lambda family, facts: holds(OpenSetting.of_family(claim, family, facts))
        ):
            raise CertificateRejected("the statement is not true for all values of the claim's symbols")
        return Verdict.PROVED
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
    starts: Iterable[tuple[Component, ...]]
    if start in ("every", "some"):
        kinds = _one_of_each_kind(components)
        starts = chain.from_iterable(combinations(kinds, size) for size in range(1, len(kinds) + 1))
    else:
        starts = [tuple(components[index] for index in active) for active in setting.starts(start)]
    verdicts = [any(motions(excited, has_minimiser)[word] for word in words) for excited in starts]
    return any(verdicts) if start == "some" else all(verdicts)


def _one_of_each_kind(components: Sequence[Component]) -> list[Component]:
    """Components that differ in some fact; starts that excite the same kinds move alike."""
    found = {(c.converges, c.unbounded, c.cycles, c.oscillates, c.keeps_sign): c for c in components}
    return list(found.values())


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
        weights = crossings.weights(setting.quadratic, start)
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
