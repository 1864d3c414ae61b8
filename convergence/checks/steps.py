"""Constant steps on a concrete quadratic: where they converge, which is best, what iterates do, how long they take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from convergence import certificates
from convergence.certificates import steps as exact
from convergence.certificates.algebraic import Real, rational_between
from convergence.certificates.settings import Setting
from convergence.certificates.step_sets import samples
from convergence.certificates.substitution import admissible
from convergence.checks import step_text as text
from convergence.checks.exact_text import instances, listed, shown
from convergence.checks.family_spectrum import proposal
from convergence.checks.resources import Resources
from convergence.claims import statements as st
from convergence.claims.claim import Claim
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.verdicts import Tightness, Verdict

KIND = "steps"

STATEMENTS = (st.StableSteps, st.BestStep, st.Contraction, st.Behaviour, st.Faster, st.Fastest, st.Iterations)


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Decide the claim exactly, or say why not; None if it is not about constant steps."""
    if not isinstance(claim.statement, STATEMENTS) or claim.problem is None:
        return None
    document = to_document(claim)
    reasons: list[str] = []
    found = [*instances(claim, document)] or [{}]
    for values in found:
        try:
            evidence = _at(document, values)
        except CertificateRejected as error:
            reasons.append(str(error))
        else:
            return evidence
    if (proved := _for_all_values(claim, document, found[0])) is not None:
        return proved
    reason = reasons[0] if reasons else "no values of the symbols satisfy the hypotheses"
    decisive = "a quadratic with rational coefficients, and a linear method with constant coefficients and one state"
    return Evidence(route=KIND, verdict=Verdict.UNDECIDED, reason=reason, decisive=decisive)


def _for_all_values(claim: Claim, document: Mapping[str, Any], instance: Mapping[str, str]) -> Evidence | None:
    """Evidence of a proof for all values of the symbols, or None."""
    witness = proposal(claim, instance) if instance else None
    if witness is None:
        return None
    try:
        verdict = certificates.check(document, KIND, witness)
    except CertificateRejected:
        return None
    eigenvalues = listed(witness["eigenvalues"])
    return Evidence(
        route=KIND,
        verdict=verdict,
        reason=f"true for all values of the symbols, by the exact factors along the eigenvalues {eigenvalues}",
        figures={"eigenvalues": eigenvalues},
        certificate=Certificate(kind=KIND, witness=witness),
    )


def _at(document: Mapping[str, Any], values: Mapping[str, str]) -> Evidence:
    """Evidence at one instance of the claim's symbols.

    Raises:
        CertificateRejected: if this instance decides nothing.
    """
    witness: dict[str, Any] = {"values": dict(values)} if values else {}
    setting = Setting.of(document, admissible(document, values))
    if not exact.holds(setting):
        failing = _failing(setting)
        witness |= {name: step.to_witness() for name, step in zip(("step", "than"), failing, strict=False)}
    else:
        failing = ()
    verdict = certificates.check(document, KIND, witness)
    reason, figures = _EXPLAINED[setting.key](setting, failing)
    where = f"for {listed([f'{name} = {value}' for name, value in values.items()])}: " if values else ""
    return Evidence(
        route=KIND,
        verdict=verdict,
        reason=where + reason,
        figures={**values, **figures},
        certificate=Certificate(kind=KIND, witness=witness),
        tightness=Tightness.TIGHT if verdict is Verdict.PROVED and setting.key in _EQUALITIES else Tightness.UNKNOWN,
    )


_EQUALITIES = ("stable_steps", "best_step", "contraction")


# --- counterexamples


def _failing(setting: Setting) -> tuple[Real, ...]:
    """A step (for comparisons two) at which a false statement fails, as simple as there is one."""
    if setting.key in ("stable_steps", "behaviour"):
        candidates: Iterable[Real] = _candidates(setting)
        return next(((step,) for step in candidates if _fails(setting, step)), ())
    if setting.key == "faster":
        return _slower_pair(setting)
    return ()


def _candidates(setting: Setting) -> list[Real]:
    """Short positive fractions first, then thresholds: few digits, then small."""
    if setting.key == "behaviour" and (single := setting.steps(setting.table["step"]).point) is not None:
        return [single]
    found = [step for step in exact.representative_steps(setting) if step.sign > 0]
    return sorted(found, key=_length)


def _length(step: Real) -> tuple[bool, int]:
    known = step.rational
    return known is None, 0 if known is None else int(known.q)


def _fails(setting: Setting, *steps: Real) -> bool:
    try:
        return exact.fails_at(setting, *steps)
    except CertificateRejected:
        return False


def _slower_pair(setting: Setting) -> tuple[Real, ...]:
    """The slowest step found of the first set, and the fastest of the second."""
    start = setting.table["start"]
    first, second = (_members(setting, setting.table[key]) for key in ("step", "than"))
    if not first or not second:
        return ()
    slow = max(first, key=lambda step: setting.factor(step, start))
    quick = min(second, key=lambda step: setting.factor(step, start))
    return (slow, quick) if _fails(setting, slow, quick) else ()


def _members(setting: Setting, described: str) -> list[Real]:
    """Positive steps of a set: thresholds, one step in each interval, and steps close to the interval's ends."""
    steps = setting.steps(described)
    if steps.point is not None:
        return [steps.point]
    grid = [step for step in samples([*exact.kinks(setting), *steps.ends]) if step.sign >= 0]
    close: list[Real] = []
    for low, high in pairwise(grid):
        close += [*_towards(low, high), *_towards(high, low)]
    last = grid[-1].rational
    far = [Real.of(last * power) for power in (4, 64)] if last is not None and last > 0 else []
    return [step for step in [*grid, *close, *far] if step.sign > 0 and step in steps]


def _towards(end: Real, inside: Real) -> list[Real]:
    """Simple rationals between a number and an end, closer and closer to the end."""
    found = []
    for _ in range(6):
        low, high = (end, inside) if end < inside else (inside, end)
        inside = Real.of(rational_between(low, high))
        found.append(inside)
    return found


# --- words

Explained = tuple[str, dict[str, str | int | float]]


def _stable(setting: Setting, failing: Sequence[Real]) -> Explained:
    true_range = text.ranges(exact.representative_steps(setting), lambda step: exact.is_stable(setting, step))
    name = setting.steps(setting.table).name or "step"
    reason = f"converges from every start exactly for {text.in_words(true_range, name)}"
    if failing:
        step = failing[0]
        included = step in setting.steps(setting.table)
        where = f"{name} = {shown(step)} is {'in' if included else 'not in'} the stated range {setting.table}"
        reason += f"; {where}, but {text.worst(setting, step)}"
    return reason, {"stable steps": text.in_words(true_range, name), "stated": setting.table}


def _behaviour(setting: Setting, failing: Sequence[Real]) -> Explained:
    words, start = setting.table["is"], setting.table["start"]
    if not failing:
        single = setting.steps(setting.table["step"]).point
        shown_step = setting.table["step"] if single is None else f"step {shown(single)}"
        reason = f"{text.start_in_words(start)}, {shown_step}: {' or '.join(words)}, by the exact factor of every mode"
        return reason, {} if single is None else text.factors(setting, single)
    step = failing[0]
    return text.counterexample(setting, step), {"step": shown(step), **text.factors(setting, step)}


def _faster(setting: Setting, failing: Sequence[Real]) -> Explained:
    start = setting.table["start"]
    if not failing:
        return f"every factor for {setting.table['step']} is below every factor for {setting.table['than']}", {}
    slow, quick = failing
    slow_factor, quick_factor = setting.factor(slow, start), setting.factor(quick, start)
    relation = "the same factor" if slow_factor == quick_factor else "more"
    reason = (
        f"step {shown(slow)} contracts by {shown(slow_factor)} per iteration, {relation} "
        f"{'as' if relation != 'more' else 'than the'} {shown(quick_factor)} of step {shown(quick)}"
    )
    return reason, {"step": shown(slow), "than": shown(quick)}


def _fastest(setting: Setting, failing: Sequence[Real]) -> Explained:
    start = setting.table["start"]
    listed = [setting.number(value) for value in (setting.table["step"], *setting.table["among"])]
    figures: dict[str, str | int | float] = {
        f"factor at step {shown(step)}": shown(setting.factor(step, start)) for step in listed
    }
    parts = [f"{name.removeprefix('factor at ')}: {value}" for name, value in figures.items()]
    reason = f"contraction factors are {', '.join(parts)}"
    if setting.method.is_gradient_descent and setting.problem.has_minimiser and start == "every":
        best = exact.best_step(setting)
        reason += f"; the best step is {shown(best)} with factor {shown(_least_factor(setting))}"
    return reason, figures


def _best_step(setting: Setting, failing: Sequence[Real]) -> Explained:
    best, modes = exact.best_step(setting), setting.problem.modes
    factor = _least_factor(setting)
    reason = (
        f"the best step is 2/({shown(modes[0])} + {shown(modes[-1])}) = {shown(best)} with factor {shown(factor)}; "
        f"stated: {setting.table}"
    )
    return reason, {"best step": shown(best), "factor": shown(factor)}


def _least_factor(setting: Setting) -> Real:
    """(L - mu)/(L + mu) for the extreme nonzero eigenvalues."""
    low, high = setting.problem.modes[0], setting.problem.modes[-1]
    return (high - low) / (high + low)


def _contraction(setting: Setting, failing: Sequence[Real]) -> Explained:
    step = setting.number(setting.table["step"])
    factor = setting.factor(step)
    reason = f"the factor at step {shown(step)} is {shown(factor)}; stated: {setting.table['factor']}"
    return reason, {"factor": shown(factor), **text.factors(setting, step)}


def _iterations(setting: Setting, failing: Sequence[Real]) -> Explained:
    table = setting.table
    counts = text.iteration_counts(setting)
    stated = [f"at least {table['at_least']}"] if "at_least" in table else []
    stated += [f"at most {table['at_most']}"] if "at_most" in table else []
    reason = (
        f"{text.start_in_words(table['start'])} at step {table['step']} the distance falls to {table['ratio']} of its "
        f"initial value {counts}; stated: {' and '.join(stated) or 'that it does'}"
    )
    return reason, {"iterations": counts}


_EXPLAINED: Mapping[str, Callable[[Setting, Sequence[Real]], Explained]] = {
    "stable_steps": _stable,
    "behaviour": _behaviour,
    "faster": _faster,
    "fastest": _fastest,
    "best_step": _best_step,
    "contraction": _contraction,
    "iterations": _iterations,
}
