"""Rates and limits of methods: parabolas that are reached too slowly, cycles and fixed points, concrete quadratics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from flint import fmpq
from sympy import Rational, Symbol

from convergence.certificates import attraction, cycles, fixed_points, geometric, modes
from convergence.certificates.exact import to_fmpq as exact_text
from convergence.certificates.iteration import STEP, Method, Moment, evaluator, read_method, run
from convergence.certificates.matrices import identity
from convergence.certificates.quadratic_form import quadratic_form
from convergence.certificates.separable import Separable, separable
from convergence.certificates.trajectory import MEASURES, assigned
from convergence.checks import attractors
from convergence.checks.families import (
    Candidate,
    Values,
    as_fmpq,
    assignments,
    candidates,
    constants,
    listed,
    text_values,
    without_counters,
)
from convergence.checks.resources import Resources
from convergence.claims.claim import Claim
from convergence.claims.statements import Limit, Rate, SameOrder
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected, ClaimError
from convergence.evidence import Certificate, Evidence
from convergence.expressions import to_text
from convergence.verdicts import Verdict

Document = Mapping[str, Any]

MAX_CYCLE_STEPS = 40
MAX_CYCLE_RUNS = 60
MAX_BITS = 2_000
MAX_KINKED = 6


def check(claim: Claim, resources: Resources) -> Evidence | None:
    """An exact refutation or proof, or nothing to say."""
    if not isinstance(claim.statement, Rate | Limit | SameOrder) or claim.method is None:
        return None
    if claim.measure not in MEASURES:
        return None
    document = to_document(claim)
    try:
        method = read_method(document["method"], document)
        modes.asked(document)
    except (CertificateRejected, ClaimError):
        return None
    if claim.problem is not None:
        return _on_problem(claim, document, method)
    tables = assignments(claim, without_counters(_used(claim)), resources.seed)
    chosen = list(islice(_cycle_candidates(claim, method, tables), MAX_CYCLE_RUNS))
    return (
        _slow_mode(claim, document, method, tables)
        or _rest(claim, document, chosen)
        or _cycle(claim, document, method, chosen)
        or _attracted(claim, document, method, tables)
    )


def _used(claim: Claim) -> set[Symbol]:
    found = {
        free for item in claim.given for argument in getattr(item, "arguments", ()) for free in argument.free_symbols
    }
    found |= {name for relation in claim.relations for name in relation.free_symbols}
    found |= claim.method.given if claim.method is not None else set()
    for value in (getattr(claim.statement, "order", None), getattr(claim.statement, "value", None)):
        found |= value.free_symbols if value is not None else set()
    return found


def _accepted(kind: Any, document: Document, witness: Mapping[str, Any]) -> Verdict | None:
    try:
        return kind.check(document, witness)
    except (CertificateRejected, ClaimError, ArithmeticError):
        return None


def _claimed(claim: Claim) -> str:
    match claim.statement:
        case Rate(order):
            return f"O({to_text(order)})"
        case SameOrder(order):
            return f"the order {to_text(order)}"
        case Limit(value):
            return f"the limit {to_text(value)}"
    raise AssertionError(claim.statement)


# --- parabolas


def _slow_mode(claim: Claim, document: Document, method: Method, tables: list[Values]) -> Evidence | None:
    if claim.measure not in modes.POWER or method.state:
        return None
    for values in tables:
        for curvature in _curvatures(constants(claim, values)):
            for start in _starts(constants(claim, values), curvature):
                texts = {"values": text_values(values), "curvature": str(curvature), "start": str(start)}
                if _accepted(modes, document, texts) is Verdict.REFUTED:
                    return _too_slow(claim, document, texts)
    return None


def _curvatures(known: Mapping[str, Fraction]) -> list[Fraction]:
    """Allowed curvatures; those just above the smallest decay slowest and still miss the zeros of the factor."""
    least = max(known.get("strongly_convex", Fraction(0)), known.get("polyak_lojasiewicz", Fraction(0)))
    most = known.get("smooth")
    base = least or (most if most is not None else Fraction(1))
    tried = [base * Fraction(*pair) for pair in ((1, 1), (11, 10), (101, 100), (3, 2), (1, 10), (1, 1000), (5, 1))]
    tried += [most] if most is not None else [base * 100]
    return [value for value in dict.fromkeys(tried) if value >= least and value > 0 and (most is None or value <= most)]


def _starts(known: Mapping[str, Fraction], curvature: Fraction) -> list[Fraction]:
    if "bounded_gradients" in known:
        limits = [known["bounded_gradients"] / curvature, known.get("initial_distance", Fraction(1))]
        return [min(limits)] if min(limits) > 0 else []
    if "initial_distance" in known:
        return [known["initial_distance"]] if known["initial_distance"] > 0 else []
    if "initial_gap" in known:
        start = Fraction(1)
        while curvature * start * start / 2 > known["initial_gap"] > 0:
            start /= 2
        return [start] if known["initial_gap"] > 0 else []
    return [Fraction(1)]


def _too_slow(claim: Claim, document: Document, witness: dict[str, Any]) -> Evidence:
    method = read_method(document["method"], document)
    curvature = Fraction(witness["curvature"])
    values = assigned(document, witness["values"])
    order = modes.error_order(modes.factor(method, as_fmpq(curvature), values)) ** modes.POWER[claim.measure or "gap"]
    shown = listed(witness["values"])
    decay = f"is of the exact order {order}" if order.free_symbols else "stays above a positive constant"
    return Evidence(
        route="modes",
        verdict=Verdict.REFUTED,
        reason=f"on f(x) = {_half(curvature)} x^2 from {witness['start']}{f', with {shown},' if shown else ''} "
        f"the measure {decay}; claimed is {_claimed(claim)}",
        figures={"function": f"{_half(curvature)} x^2", "start": witness["start"], "values": shown or "none",
                 "exact order": str(order)},
        certificate=Certificate(kind="modes", witness=witness),
    )  # fmt: skip


def _half(curvature: Fraction) -> str:
    half = curvature / 2
    return str(half) if half.denominator == 1 else f"({half})"


# --- cycles and fixed points


def _rest(claim: Claim, document: Document, chosen: list[Candidate]) -> Evidence | None:
    for candidate in chosen:
        if len(candidate.start) == 1:
            witness = {"values": text_values(candidate.values), **candidate.witness}
            if _accepted(fixed_points, document, witness) is Verdict.REFUTED:
                return _returns(claim, candidate, "fixed_points", witness, "never moves")
    return None


def _cycle(claim: Claim, document: Document, method: Method, chosen: list[Candidate]) -> Evidence | None:
    lines = [*method.update.values(), method.query, method.output]
    if any(STEP in line.free_symbols for line in lines):
        return None
    for candidate in chosen:
        found = _repetition(method, separable(candidate.witness["instance"]), candidate)
        if found is None:
            continue
        witness = {"values": text_values(candidate.values), "steps": found[0], "period": found[1], **candidate.witness}
        if _accepted(cycles, document, witness) is Verdict.REFUTED:
            return _returns(claim, candidate, "cycles", witness, _motion(*found))
    return None


def _attracted(claim: Claim, document: Document, method: Method, tables: list[Values]) -> Evidence | None:
    for values in _ill_conditioned(claim, tables):
        for candidate, found in attractors.proposals(claim, method, values):
            witness = {"values": text_values(candidate.values), **found, **candidate.witness}
            if _accepted(cycles, document, witness) is Verdict.REFUTED:
                instance = separable(candidate.witness["instance"])
                exact = {name: as_fmpq(value) for name, value in values.items()}
                point = [exact_text(text) for text in found["cycle"]]
                outputs = attraction.turn(method, instance, point, found["period"], exact).outputs
                return _returns(claim, candidate, "cycles", witness, _orbit([str(place[0]) for place in outputs]))
    return None


def _ill_conditioned(claim: Claim, tables: list[Values]) -> list[Values]:
    """A few choices of numbers, those with condition numbers from 25 to 100 first: cycles are common there."""

    def rank(values: Values) -> tuple[bool, bool]:
        known = constants(claim, values)
        least = max(known.get("strongly_convex", Fraction(0)), known.get("polyak_lojasiewicz", Fraction(0)))
        condition = known.get("smooth", Fraction(1)) / least if least > 0 else Fraction(100)
        return (not 25 <= condition <= 100, condition < 25)

    return sorted(tables, key=rank)[:MAX_KINKED]


def _orbit(points: list[str]) -> str:
    shortest = next(n for n in range(1, len(points) + 1) if points == points[:n] * (len(points) // n))
    shown = ", ".join(points[:shortest] if shortest <= 4 else [*points[:3], "..."])
    return f"tends to the cycle {shown} of {shortest} points"


def _motion(steps: int, period: int) -> str:
    if period == 1:
        return f"stays where it is from step {steps} on" if steps else "never moves"
    return f"goes through the same {period} points again and again from step {steps} on"


def _cycle_candidates(claim: Claim, method: Method, tables: list[Values]) -> Iterator[Candidate]:
    for values in tables[:8]:
        known = constants(claim, values)
        chosen = list(islice(candidates(claim, values), 8))
        if not chosen:
            continue
        for start in _small_starts(method, values, known):
            yield from _with_start(chosen, start)
        yield from chosen


def _with_start(chosen: list[Candidate], start: Fraction) -> Iterator[Candidate]:
    """One-dimensional candidates from another start, where that is no farther away."""
    for candidate in chosen:
        if len(candidate.start) == 1 and start < candidate.start[0]:
            yield Candidate(name=candidate.name, values=candidate.values, rows=candidate.rows, start=(start,))


def _small_starts(method: Method, values: Values, known: Mapping[str, Fraction]) -> list[Fraction]:
    """Below thresholds, and where steps of fixed length jump over the minimiser."""
    fixed = {name: as_fmpq(value) for name, value in values.items()}
    steps = []
    for value in method.parameters.values():
        try:
            found = evaluator(0)(value, fixed)
        except CertificateRejected:
            continue
        if found > 0:
            steps.append(Fraction(int(found.p), int(found.q)))
    halves = [step / 2 for step in steps]
    return list(dict.fromkeys([*halves, Fraction(1, 1000), Fraction(1, 10**6)]))[:8]


def _repetition(method: Method, instance: Separable, candidate: Candidate) -> tuple[int, int] | None:
    """Steps before, and length of, the first cycle of an exact run; None if there is none soon."""
    values = {name: as_fmpq(value) for name, value in candidate.values.items()}
    start = tuple(as_fmpq(value) for value in candidate.start)
    seen: dict[Any, int] = {} if method.state else {(start,): 0}
    moments = run(method, lambda _, x: instance.gradient(x), start, values, evaluator(0))
    try:
        for count, moment in enumerate(islice(moments, MAX_CYCLE_STEPS), 1):
            key = _key(moment)
            if key in seen:
                return seen[key], count - seen[key]
            seen[key] = count
            if _bits(moment) > MAX_BITS:
                return None
    except (CertificateRejected, ArithmeticError):
        return None
    return None


def _key(moment: Moment) -> Any:
    return (moment.theta, *moment.state.values())


def _bits(moment: Moment) -> int:
    points = [moment.theta, *moment.state.values()]
    return max(value.q.bit_length() if isinstance(value, fmpq) else 0 for point in points for value in point)


def _returns(claim: Claim, candidate: Candidate, kind: str, witness: dict[str, Any], motion: str) -> Evidence:
    start = ", ".join(witness["start"])
    values = listed(witness["values"])
    where = f"{candidate.name}, started at {start}" + (f" with {values}" if values else "")
    return Evidence(
        route="modes",
        verdict=Verdict.REFUTED,
        reason=f"on {where}, the method {motion} and does not approach the minimiser; claimed is {_claimed(claim)}",
        figures={"function": candidate.name, "start": start, "values": values or "none", "motion": motion},
        certificate=Certificate(kind=kind, witness=witness),
    )


# --- concrete quadratics


def _on_problem(claim: Claim, document: Document, method: Method) -> Evidence | None:
    try:
        form, step = quadratic_form(document, {}), geometric.step_of(method)
    except (CertificateRejected, ClaimError):
        return None
    for steps in (0, 1, 2, 5, 10, 20, 50, 100):
        if _accepted(geometric, document, {"steps": steps}) is Verdict.REFUTED:
            return _shrinks_too_slowly(claim, document, steps)
    radius = _radius(form, step, claim.problem.start if claim.problem else None)
    for factor in (radius, *(radius + Fraction(1, 10**digits) for digits in (12, 9, 6, 4, 3, 2))):
        if _accepted(geometric, document, {"factor": str(factor)}) is Verdict.PROVED:
            return _shrinks(claim, step, factor)
    return None


def _radius(form: Any, step: fmpq, start: tuple[Rational, ...] | None) -> Fraction:
    """The largest |1 - step*eigenvalue| along which the start has a component, as a simple rational where it is one."""
    size = len(form.minimiser)
    hessian = np.array([[float(form.hessian[i, j]) for j in range(size)] for i in range(size)])
    eigenvalues, vectors = np.linalg.eigh(hessian)
    felt = np.ones(size, dtype=bool)
    if start is not None:
        error = np.array([float(value) - float(best) for value, best in zip(start, form.minimiser, strict=True)])
        felt = np.abs(vectors.T @ error) > 1e-9 * max(float(np.abs(error).max()), 1e-300)
    largest = float(np.max(np.abs(1 - float(step) * eigenvalues[felt]), initial=0.0))
    return Fraction(largest).limit_denominator(10**6)


def _shrinks_too_slowly(claim: Claim, document: Document, steps: int) -> Evidence:
    form = quadratic_form(document, {})
    start = [fmpq(int(value.p), int(value.q)) for value in claim.problem.start or ()]  # type: ignore[union-attr]
    step = geometric.step_of(read_method(document["method"], document))
    matrix = identity(len(start)) - step * form.hessian
    ratio = geometric.ratio(claim.measure or "gap", form, matrix, start, steps)
    name = claim.measure if modes.POWER[claim.measure or "gap"] == 2 else f"squared {claim.measure}"
    return Evidence(
        route="modes",
        verdict=Verdict.REFUTED,
        reason=f"from step {steps} on, the {name} is multiplied by at least {float(ratio):.6g} in every step; "
        f"claimed is {_claimed(claim)}",
        figures={"steps": steps, "least ratio from then on": str(ratio)},
        certificate=Certificate(kind="geometric", witness={"steps": steps}),
    )


def _shrinks(claim: Claim, step: fmpq, factor: Fraction) -> Evidence:
    return Evidence(
        route="modes",
        verdict=Verdict.PROVED,
        reason=f"with step {step} every step multiplies the distance to the minimiser by at most {factor} "
        f"= {float(factor):.6g}",
        figures={"step": str(step), "contraction": str(factor)},
        certificate=Certificate(kind="geometric", witness={"factor": str(factor)}),
    )
