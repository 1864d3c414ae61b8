"""Bounds of linear methods against the hardest function of their class, found by semidefinite programming.

The solver only proposes. A bound is refuted by a rational instance, and proved, where the claim is about finitely many
steps, by rational multipliers for each of them; the trusted core accepts either. Otherwise the claim stays undecided,
with exact upper and lower values of the worst case after the first steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flint import arb, fmpq
from sympy import Symbol

from convergence import worst_case as hard
from convergence.certificates import check as certified
from convergence.certificates import duals, estimation, exact, trajectory
from convergence.certificates.document import expression, hypotheses
from convergence.certificates.estimation import POWERS, Form, Program
from convergence.certificates.iteration import STEP, Method, read_method
from convergence.certificates.linear import is_linear
from convergence.checks.choices import assignments
from convergence.checks.normal_units import scalings
from convergence.checks.resources import Budget, Resources
from convergence.checks.worst_case_evidence import Certified, Trial, of_instance, of_multipliers, of_values
from convergence.claims.claim import Claim
from convergence.claims.statements import Bound
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected, ClaimError
from convergence.evidence import Evidence
from convergence.expressions import COUNTERS

NOISE = frozenset({"unbiased", "bounded_variance"})
"""A run without noise satisfies these; a refutation needs no more."""

SETTING = frozenset({"bounded_domain"})
"""A run that stays inside is not changed by projections; a refutation needs no more."""

SUFFICIENT = (("bounded_domain(", "initial_distance(1/2*"), ("polyak_lojasiewicz(", "strongly_convex("))
"""Stronger hypotheses, under which conditions are known that suffice."""

STEPS = {Budget.QUICK: (1, 2, 3, 4, 6, 10), Budget.FULL: (1, 2, 3, 4, 5, 7, 10, 16, 24)}
CERTIFIED = {Budget.QUICK: (1, 2, 3, 4, 5), Budget.FULL: tuple(range(1, 11))}
LONGEST = {Budget.QUICK: 10, Budget.FULL: duals.MAX_STEPS}
"""A proof takes a program for each number of steps up to this."""

ASSIGNMENTS = {Budget.QUICK: 6, Budget.FULL: 24}
SIZES = (1e-60, 1e60)
"""Bounds between which floats serve."""

MARGIN = 1e-7
PRECISION = 192
"""Bits of the points of a run whose steps are not rational."""

NEARLY = (0.5, 0.9, 0.99)
"""How far from the bound to the worst case the instance is sought: more leaves less room for rounding."""

SHORT = (1e-6, 1e-5, 1e-4)
"""How far below the worst case the instance of a lower value is sought."""

Values = Mapping[Symbol, fmpq]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """The claim as the core reads it."""

    claim: Claim
    document: Mapping[str, Any]
    method: Method
    cases: tuple[tuple[int, int | None], ...] | None

    @property
    def longest(self) -> float:
        """The largest number of steps that the claim is about."""
        return float("inf") if self.cases is None else max((steps for steps, _ in self.cases), default=0)

    @property
    def power(self) -> int:
        return POWERS[self.document["measure"]]


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """Look for a function of the class that violates the claimed bound, or for multipliers that prove it."""
    question = _question(claim)
    if question is None:
        return None
    trials: list[Trial] = []
    for values in assignments(claim, ASSIGNMENTS[resources.budget]):
        for steps in _steps(question, resources.budget):
            trial = _tried(question, values, steps)
            if trial is None:
                continue
            trials.append(trial)
            if trial.ratio > 1 + MARGIN and (witness := _instance(question, trial)) is not None:
                return of_instance(trial, witness, _nearby(question, trials, resources.budget))
    if question.longest <= LONGEST[resources.budget] and (proof := _proof(question)) is not None:
        return proof
    found = _values(question, trials, resources.budget)
    return of_values(trials, found, question.cases is not None) if trials or found else None


def _question(claim: Claim) -> _Question | None:
    if not isinstance(claim.statement, Bound) or claim.method is None or claim.problem is not None:
        return None
    if claim.measure not in POWERS:
        return None
    document = to_document(claim)
    try:
        method = read_method(document["method"], document)
        if (
            not is_linear(method)
            or not {name for name, _ in hypotheses(document)} <= estimation.UNDERSTOOD | NOISE | SETTING
        ):
            return None
    except (CertificateRejected, ClaimError):
        return None
    try:
        cases = tuple(duals.cases(document, expression(document, document["bound"]), method))
    except CertificateRejected:
        cases = None
    return _Question(claim=claim, document=document, method=method, cases=cases)


def _steps(question: _Question, budget: Budget) -> Sequence[int]:
    """Step counts to try; those that the claim is about, where these are finitely many."""
    if question.cases is None:
        return STEPS[budget]
    allowed = sorted({steps for steps, _ in question.cases if steps <= STEPS[Budget.FULL][-1]})
    return allowed if len(allowed) <= LONGEST[Budget.QUICK] else [*allowed[:3], *allowed[3::3]]


# --- refutations


def _tried(question: _Question, values: Values, steps: int) -> Trial | None:
    known = _counted(values, steps)
    if not _is_about(question, known):
        return None
    try:
        bound = float(exact.ball(_bound(question), known, 128).mid())
        posed = _posed_for_instances(question, known, steps)
        if not SIZES[0] < bound < SIZES[1]:
            return None
        unit = bound**question.power
        found = hard.maximise(hard.rows(posed, _every(posed), unit))
    except (CertificateRejected, OverflowError):
        return None
    if found is None or found.optimum <= 0:
        return None
    ratio = (found.optimum / unit) ** (1 / question.power)
    return Trial(values=values, steps=steps, posed=posed, bound=bound, ratio=float(ratio), whole=_is_whole(question))


def _is_about(question: _Question, known: Values) -> bool:
    """Whether the claim says something about this number of steps."""
    relations = [item for item in question.claim.relations if item.free_symbols <= set(known)]
    try:
        return all(exact.holds(item, known) for item in relations)
    except CertificateRejected:
        return False


def _is_whole(question: _Question) -> bool:
    named = {name for name, _ in hypotheses(question.document)}
    return not named & {*NOISE, *SETTING, "polyak_lojasiewicz", "bounded_gradients"}


def _nearby(question: _Question, trials: Sequence[Trial], budget: Budget) -> list[Trial]:
    """The worst cases after the first steps at the values of the last trial, for a plot."""
    values = trials[-1].values
    known = {trial.steps: trial for trial in trials if trial.values is values}
    found = [known.get(steps) or _tried(question, values, steps) for steps in CERTIFIED[budget]]
    return [trial for trial in found if trial is not None]


def _bound(question: _Question) -> Any:
    assert isinstance(question.claim.statement, Bound)
    return question.claim.statement.value


def _counted(values: Values, steps: int) -> dict[Symbol, fmpq]:
    return {**values, **dict.fromkeys(COUNTERS.values(), fmpq(steps)), STEP: fmpq(steps)}


def _posed_for_instances(question: _Question, known: Values, steps: int) -> Program:
    """The program whose solutions are functions: a minimiser exists, and no hypothesis is only necessary."""
    given = [text for text in question.document["given"] if text.partition("(")[0].strip() not in NOISE]
    for stated, sufficient in SUFFICIENT:
        given = [text.replace(stated, sufficient) for text in given]
    names = {name for name, _ in hypotheses(question.document)}
    if "quadratic" in names or ("smooth" in names and names & {"lipschitz", "bounded_gradients"}):
        raise CertificateRejected("no conditions are known that suffice")
    if names & {*NOISE, "deterministic", "bounded_gradients"}:
        given = [text for text in given if not text.startswith("gradient_error")]
    document = {**question.document, "given": given}
    family = estimation.function_class(document, known)
    slopes = [slope for slope in (family.lipschitz, family.answers) if slope is not None]
    family = replace(
        family,
        has_minimiser=family.has_minimiser
        or family.strong_convexity >= 0
        or document["measure"].endswith(("gap", "distance")),
        lipschitz=min(slopes, default=None),
        answers=None,
    )
    try:
        posed = estimation.program(document, question.method, family, known, steps)
    except CertificateRejected:
        posed = estimation.program(document, question.method, family, known, steps, PRECISION)
    return _inside(posed) if "bounded_domain" in names else posed


def _inside(posed: Program) -> Program:
    """The program of runs that stay where no projection acts: within half the domain's diameter of the minimiser."""
    assert posed.family.distance is not None
    visited = dict.fromkeys((*posed.run.queries, *posed.run.outputs))
    points = [(*x, *[fmpq(0)] * (posed.basis - len(x))) for x in visited]
    balls = [Form(constant=posed.family.distance**2, squares=((fmpq(-1), x),)) for x in points]
    return replace(posed, conditions=(*posed.conditions, *balls))


def _every(posed: Program) -> tuple[Form, ...]:
    """The least of all readings: an instance must violate each of them."""
    return tuple(dict.fromkeys(form for reading in posed.readings for form in reading))


def _instance(question: _Question, trial: Trial) -> Mapping[str, Any] | None:
    """The coarsest rational instance that the trusted core accepts, or None."""
    for share in NEARLY:
        target = (trial.bound * (1 + (trial.ratio - 1) * share)) ** question.power
        for witness in _witnesses(question, trial, target):
            try:
                certified(question.document, "trajectory", witness)
            except CertificateRejected:
                continue
            return witness
    return None


def _witnesses(question: _Question, trial: Trial, target: float) -> Iterator[dict[str, Any]]:
    values = {name.name: str(value) for name, value in trial.values.items()}
    if _names_horizon(question):
        values["T"] = str(trial.steps)
    unit, known = trial.bound**question.power, _counted(trial.values, trial.steps)
    for found in hard.proposals(trial.posed, _every(trial.posed), unit, target, question.method, known):
        exactly = all("x" in row for row in found["instance"]["triples"])
        yield {"values": values, **found, "k": trial.steps, "precision": 0 if exactly else PRECISION}


def _names_horizon(question: _Question) -> bool:
    arguments = [argument for _, found in hypotheses(question.document) for argument in found]
    expressions = (_bound(question), *arguments)
    used = question.method.free.union(*(item.free_symbols for item in expressions))
    return COUNTERS["T"] in used


# --- proofs


def _proof(question: _Question) -> Evidence | None:
    """Multipliers for every case, in units in which the claim's symbols are 1."""
    free = _free(question)
    units = scalings(question.claim, question.document, question.method) if free else {}
    if units is None:
        return None
    values = dict.fromkeys(free, fmpq(1))
    proofs, figures = [], []
    for steps, horizon in question.cases or ():
        found = _certified(question, values, steps, horizon)
        if found is None:
            return None
        proofs.append(found.proof)
        figures.append(found)
    names = {name.name: "1" for name in free}
    witness = {"values": names, "scalings": units, "proofs": proofs}
    try:
        certified(question.document, "duals", witness)
    except CertificateRejected:
        return None
    return of_multipliers(figures, witness)


def _free(question: _Question) -> list[Symbol]:
    arguments = [argument for _, found in hypotheses(question.document) for argument in found]
    used = question.method.free.union(_bound(question).free_symbols, *(item.free_symbols for item in arguments))
    return sorted(used - set(COUNTERS.values()), key=str)


def _certified(question: _Question, values: Values, steps: int, horizon: int | None) -> Certified | None:
    """An exact upper value of the worst case over all readings after some steps, with the claimed bound."""
    known = values if horizon is None else {**values, COUNTERS["T"]: fmpq(horizon)}
    try:
        family = estimation.function_class(question.document, known)
        posed = estimation.program(question.document, question.method, family, known, steps)
        bound = float(exact.ball(_bound(question), _counted(known, steps) | dict(known), 128).mid())
        if not SIZES[0] < bound < SIZES[1]:
            return None
        found = [hard.upper(posed, reading, bound**question.power) for reading in posed.readings]
    except (CertificateRejected, OverflowError):
        return None
    uppers = [one for one in found if one is not None]
    if len(uppers) < len(found):
        return None
    proof = {"k": steps, "readings": [dict(one.proof) for one in uppers]}
    if horizon is not None:
        proof["T"] = horizon
    worst = max(one.value for one in uppers)
    return Certified(
        values=values, steps=steps, upper=worst, lower=None, bound=bound, power=question.power, proof=proof
    )


# --- values


def _values(question: _Question, trials: Sequence[Trial], budget: Budget) -> list[Certified]:
    """Exact upper and lower values of the worst case at the first choice of the symbols."""
    values = trials[0].values if trials else next(assignments(question.claim, 1), None)
    if values is None:
        return []
    found = []
    for steps in CERTIFIED[budget]:
        if not _is_about(question, _counted(values, steps)):
            continue
        horizon = steps if _names_horizon(question) else None
        trial = next((one for one in trials if one.values is values and one.steps == steps), None)
        if (upper := _certified(question, values, steps, horizon)) is not None:
            found.append(replace(upper, lower=None if trial is None else _lower(question, trial)))
    return found


def _lower(question: _Question, trial: Trial) -> float | None:
    """The largest measure of an exact instance close to the worst case."""
    found, worst = 0.0, (trial.bound * trial.ratio) ** question.power
    for short in SHORT:
        for witness in _witnesses(question, trial, worst * (1 - short)):
            try:
                measures, _ = trajectory.sides(question.document, witness)
            except CertificateRejected:
                continue
            found = max(found, min(float(arb(value).lower()) for value in measures))
        if found**question.power >= worst * (1 - 2 * short):
            break
    return found or None
