"""Running an audit: every reading is examined, in this process or in several; then all verdicts are judged together."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from convergence.auditing.examine import examine
from convergence.auditing.judge import corrected, judged
from convergence.auditing.proofs import ProofResult, Step
from convergence.auditing.result import Audit, ClaimResult, Examined, Judged, PaperResult, ReadingResult, Repair
from convergence.auditing.store import Store
from convergence.checks import Budget, Resources
from convergence.claims.claim import Claim, Paper
from convergence.claims.proofs import place_of
from convergence.claims.writer import to_document
from convergence.errors import ClaimError
from convergence.evidence import Evidence
from convergence.verdicts import Verdict

LEVEL = 0.01
"""Error level of ``diverges`` over all claims of a report together."""

Progress = Callable[[Claim], None]
Examination = Callable[[Mapping[str, Any], Resources], Examined]
_LIBRARIES = ("convergence-audit", "sympy", "numpy", "scipy", "mpmath", "python-flint", "torch")


def audit(
    claims: Paper | Iterable[Paper] | Iterable[Claim] | Claim,
    *,
    seed: int = 0,
    budget: Budget | str = Budget.QUICK,
    jobs: int = 1,
    progress: Progress | None = None,
    examination: Examination = examine,
    kept: Store | None = None,
) -> Audit:
    """Judge every claim.

    Args:
        claims: a paper, several papers, or claims.
        seed: root of every random stream; streams are keyed by what a run is, so that any `jobs` gives the same bits.
        budget: ``quick`` (10 s of processor time for each check of a reading) or ``full`` (300 s).
        jobs: worker processes; 1 works in this process.
        progress: called with each claim's reading once it is examined.
        examination: how one reading is examined; `searched` leaves repairs out.
        kept: where examinations are kept as they come, so that an audit that was stopped goes on from there.

    Raises:
        ClaimError: if there is nothing to audit, or the budget is unknown.
    """
    papers = _papers(claims)
    resources = Resources(seed=seed, budget=_budget(budget))
    work = _Work(resources=resources, jobs=jobs, progress=progress or (lambda reading: None), examination=examination)
    results = dict(work.kept_in(kept, readings(papers)) if kept else work.done(readings(papers)))
    return assemble(papers, [results[index] for index in range(len(results))], resources)


def readings(papers: Iterable[Paper]) -> list[Claim]:
    """Every reading of every claim, in the order in which results are assembled."""
    return [reading for paper in papers for claim in paper.claims for reading in claim.readings]


def assemble(papers: Sequence[Paper], results: Sequence[Examined], resources: Resources) -> Audit:
    """Judge examined readings together: tests are corrected over all of them.

    Args:
        results: what `examine` returned for each of `readings(papers)`.
    """
    survivors = _significant([result.found for result in results])
    return Audit(
        papers=_with_proofs(tuple(_collected(papers, results, survivors, resources.seed))),
        seed=resources.seed,
        budget=resources.budget.value,
        versions=_versions(),
        statistics={"level": LEVEL, "correction": "Holm", "tests": survivors.tests},
    )


def _budget(budget: Budget | str) -> Budget:
    try:
        return Budget(budget)
    except ValueError:
        raise ClaimError(f"expected budget quick or full, found {budget!r}") from None


def _papers(claims: Paper | Iterable[Paper] | Iterable[Claim] | Claim) -> tuple[Paper, ...]:
    if isinstance(claims, Paper):
        return (claims,)
    items = [claims] if isinstance(claims, Claim) else list(claims)
    papers = tuple(item for item in items if isinstance(item, Paper))
    loose = tuple(item for item in items if isinstance(item, Claim))
    if len(papers) + len(loose) != len(items) or not items:
        raise ClaimError("expected a paper, papers or claims to audit")
    return (*papers, *((Paper(title="claims", claims=loose),) if loose else ()))


# --- examining


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """How readings are examined, in this process or in several; results come with their place in the list."""

    resources: Resources
    jobs: int
    progress: Progress
    examination: Examination

    def kept_in(self, store: Store, tasks: Sequence[Claim]) -> Iterator[tuple[int, Examined]]:
        """What the store has already; then the rest, each kept once it is there."""
        keys = [store.key(to_document(task), self.resources) for task in tasks]
        missing = []
        for index, key in enumerate(keys):
            found = store.get(key)
            if found is None:
                missing.append(index)
            else:
                yield index, found
                self.progress(tasks[index])
        for place, result in self.done([tasks[index] for index in missing]):
            store.put(keys[missing[place]], result)
            yield missing[place], result

    def done(self, tasks: Sequence[Claim]) -> Iterator[tuple[int, Examined]]:
        documents = [to_document(task) for task in tasks]
        if self.jobs <= 1 or len(tasks) <= 1:
            for index, document in enumerate(documents):
                yield index, self.examination(document, self.resources)
                self.progress(tasks[index])
            return
        yield from self._in_processes(tasks, documents)

    def _in_processes(
        self, tasks: Sequence[Claim], documents: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[int, Examined]]:
        from multiprocessing import get_context

        from pebble import ProcessPool

        limit = 20 * self.resources.seconds + 60  # for a check that ignores the limit that each check has
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")  # the workers share the cores; more threads each would only collide
        with ProcessPool(max_workers=self.jobs, context=get_context("spawn")) as pool:
            futures: dict[Future[Examined], int] = {
                pool.schedule(self.examination, args=(document, self.resources), timeout=limit): index
                for index, document in enumerate(documents)
            }
            try:
                for future in as_completed(futures):
                    index = futures[future]
                    yield index, _outcome(future, limit)
                    self.progress(tasks[index])
            except BaseException:
                pool.stop()  # type: ignore[no-untyped-call]
                raise


def _outcome(future: Future[Examined], limit: float) -> Examined:
    error = future.exception()
    if error is None:
        return future.result()
    reason = f"stopped after {limit:.0f} s" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
    evidence = Evidence(
        route="audit",
        verdict=Verdict.UNDECIDED,
        reason=f"the checks' process ended early: {reason}",
        decisive="a larger budget: --budget full",
    )
    return Examined(found=(Judged(evidence=evidence),), seconds=limit)


# --- judging


@dataclass(frozen=True, slots=True)
class _Survivors:
    """Which tests reject after Holm's correction, as (task, item) pairs, out of how many."""

    pairs: frozenset[tuple[int, int]]
    tests: int


def _significant(found: Sequence[Sequence[Judged]]) -> _Survivors:
    from convergence.rates import holm

    tests = [
        ((task, place), float(item.evidence.statistics["p_value"]))
        for task, items in enumerate(found)
        for place, item in enumerate(items)
        if item.evidence.statistics.get("p_value") is not None
    ]
    levels = holm([p for _, p in tests], LEVEL)
    kept = frozenset(pair for (pair, p), level in zip(tests, levels, strict=True) if p <= level)
    return _Survivors(kept, len(tests))


def _collected(
    papers: Sequence[Paper], results: Sequence[Examined], survivors: _Survivors, seed: int
) -> Iterator[PaperResult]:
    index = 0
    for paper in papers:
        claims = []
        for claim in paper.claims:
            readings = []
            for number, reading in enumerate(claim.readings):
                place = _Place(paper=paper, claim=claim, reading=number, seed=seed)
                kept = [
                    place.of(corrected(item, (index, position) in survivors.pairs), f"{position}")
                    for position, item in enumerate(results[index].found)
                ]
                readings.append(_repaired(judged(reading, kept, results[index].seconds), results[index].repairs, place))
                index += 1
            claims.append(ClaimResult(readings=tuple(readings)))
        yield PaperResult(paper=paper, claims=tuple(claims))


def _with_proofs(papers: tuple[PaperResult, ...]) -> tuple[PaperResult, ...]:
    """The results of claims that name steps of a proof, with those of the steps."""
    found = {place_of(one.paper, result.claim.id): result for one in papers for result in one.claims}
    return tuple(
        replace(one, claims=tuple(_with_proof(result, one.paper, found) for result in one.claims)) for one in papers
    )


def _with_proof(result: ClaimResult, paper: Paper, found: Mapping[str, ClaimResult]) -> ClaimResult:
    if not result.claim.proof:
        return result
    steps = tuple(_step(name, found.get(place_of(paper, name))) for name in result.claim.proof)
    return replace(result, proof=ProofResult(steps=steps, conclusion=result.verdict))


def _step(name: str, result: ClaimResult | None) -> Step:
    if result is None:
        return Step(id=name)
    readings = tuple((reading.claim.reading, reading.verdict) for reading in result.readings)
    return Step(id=name, says=result.claim.says, readings=readings)


def _repaired(result: ReadingResult, found: Sequence[Repair], place: _Place) -> ReadingResult:
    """The result with its repairs, if its verdict is still against the claim after the correction."""
    if not result.verdict.against:
        return result
    placed = [replace(repair, proof=place.of(repair.proof, f"repair-{repair.kind}")) for repair in found]
    return replace(result, repairs=tuple(placed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where evidence belongs, for the names of its files and the commands that redo it."""

    paper: Paper
    claim: Claim
    reading: int
    seed: int

    def of(self, item: Judged, name: str) -> Judged:
        if item.evidence.certificate is not None:
            file = f"certificates/{_slug(self.paper.title)}-{_slug(self.claim.id)}-{self.reading}-{name}.json"
            return replace(item, certificate_file=file, replay=f"convergence check {file}")
        if not self.paper.path:
            return item  # a paper made by a program has no file that a command could name
        path, only = shlex.quote(self.paper.path), shlex.quote(self.claim.id)
        return replace(item, replay=f"convergence audit {path} --only {only} --seed {self.seed}")


def _slug(text: str) -> str:
    """A file name for any text: readable, and different for different texts."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()[:40]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
