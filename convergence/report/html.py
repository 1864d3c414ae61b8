"""The report as one HTML page: no network, no scripts, light and dark, every verdict by sign and word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from convergence.auditing import Audit, ClaimResult, Judged, PaperResult, ReadingResult, Step
from convergence.auditing.calibration import Outcome
from convergence.auditing.record import recorded
from convergence.claims.claim import Claim
from convergence.claims.writer import to_document
from convergence.formulas import sentences as formulas
from convergence.formulas.layout import to_mathml, to_plain
from convergence.formulas.measures import counter, measured
from convergence.formulas.recursion import Line, recursion
from convergence.report import profiles
from convergence.report.curves import Detail, legend, plot_of, table_rows
from convergence.report.document import CERTIFICATE_PLACE, figure, plain
from convergence.report.signs import SIGNS
from convergence.verdicts import AGAINST, Tightness, Verdict


def to_html(audit: Audit) -> str:
    """The whole page; the same audit gives the same text."""
    page = _Page(audit)
    text: str = _environment().get_template("report.html").render(page=page)
    return _printable(text)


def _printable(text: str) -> str:
    """Control characters, which HTML does not allow, as the replacement character."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", "\ufffd", text)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("convergence.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def markup(sentence: formulas.Sentence) -> Markup:
    """A sentence as HTML that is escaped already."""
    return Markup(formulas.markup(sentence))


def _marked(lines: Iterable[Line]) -> list[tuple[str, Markup]]:
    return [(line.label, markup(line.formula)) for line in lines]


@dataclass(frozen=True, slots=True)
class _Chart:
    """A picture with the table behind it."""

    svg: Markup
    title: str
    caption: Markup
    legend: list[tuple[str, str]]
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _EvidenceView:
    """One piece of evidence as the page shows it."""

    item: Judged
    reading: ReadingResult
    charts: tuple[_Chart, ...]

    @property
    def link(self) -> str:
        return _link(self.item)

    @property
    def figures(self) -> list[tuple[str, str]]:
        return [(str(name), _shown(figure(value))) for name, value in self.item.evidence.figures.items()]

    @property
    def statistics(self) -> list[tuple[str, str]]:
        known = {name: value for name, value in self.item.evidence.statistics.items() if value is not None}
        return [(_words(name), _shown(value)) for name, value in plain(known).items()]

    @property
    def reason(self) -> str:
        """The reason, unless it is the reading's own, which stands above."""
        return "" if self.item.evidence.reason == self.reading.reason else self.item.evidence.reason


def _link(item: Judged) -> str:
    """The certificate's file, where it is one of the report's own."""
    return item.certificate_file if CERTIFICATE_PLACE.fullmatch(item.certificate_file) else ""


@dataclass(frozen=True, slots=True)
class _ReadingView:
    """One reading as the page shows it."""

    result: ReadingResult
    evidence: tuple[_EvidenceView, ...]

    @property
    def claim(self) -> Claim:
        return self.result.claim

    @property
    def statement(self) -> Markup:
        return markup(formulas.statement(self.claim))

    @property
    def hypotheses(self) -> list[Markup]:
        return [markup(formulas.inline(sentence)) for sentence in formulas.hypotheses(self.claim)]

    @property
    def symbols(self) -> list[Markup]:
        return [markup(formulas.inline(sentence)) for sentence in formulas.symbols(self.claim)]

    @property
    def problem(self) -> Markup:
        return markup(formulas.inline(formulas.problem(self.claim)))

    @property
    def method(self) -> Markup:
        return markup(formulas.inline(formulas.subject(self.claim)))

    @property
    def repairs(self) -> list[tuple[str, str]]:
        """What is proved instead, and the place of its certificate."""
        return [(repair.says, _link(repair.proof)) for repair in self.result.repairs]

    @property
    def recursion(self) -> list[tuple[str, Markup]]:
        return _marked(recursion(self.claim))

    @property
    def compared(self) -> tuple[str, list[tuple[str, Markup]]]:
        """The other method of a claim that two are the same: its name and recursion."""
        other = formulas.other_method(self.claim)
        name = other.method.name if other and other.method else ""
        return name, _marked(recursion(other) if other else ())


@dataclass(frozen=True, slots=True)
class _ClaimView:
    """One claim as the page shows it."""

    anchor: str
    result: ClaimResult
    readings: tuple[_ReadingView, ...]
    places: Mapping[str, str]

    @property
    def first(self) -> _ReadingView:
        return self.readings[0]

    @property
    def claim(self) -> Claim:
        return self.result.claim

    @property
    def steps(self) -> list[tuple[Step, str]]:
        """The steps of its proof, each with the place of its claim in the page, if it is there."""
        proof = self.result.proof
        return [(step, self.places.get(step.id, "")) for step in proof.steps] if proof else []

    @property
    def against(self) -> bool:
        return any(reading.result.verdict in AGAINST for reading in self.readings)


@dataclass(frozen=True, slots=True)
class _PaperView:
    """One paper as the page shows it."""

    anchor: str
    result: PaperResult
    claims: tuple[_ClaimView, ...]

    @property
    def counts(self) -> list[tuple[Verdict, int]]:
        return _counted(self.claims)


class _Page:
    """What the template reads."""

    signs = SIGNS
    verdicts = tuple(Verdict)
    unknown = Tightness.UNKNOWN
    undecided = Verdict.UNDECIDED
    proved = Verdict.PROVED

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self.papers = tuple(_views(audit))
        self.claims = tuple(claim for paper in self.papers for claim in paper.claims)
        self.counts = _counted(self.claims)
        self.against = tuple(claim for claim in self.claims if claim.result.verdict in AGAINST)
        self.also_against = tuple(claim for claim in self.claims if claim.against and claim not in self.against)
        self.statistics = [(_words(name), _shown(value)) for name, value in plain(audit.statistics).items()]
        self.calibration = recorded()
        self.outcomes = tuple(outcome.value for outcome in Outcome)
        titles = [paper.result.paper.title for paper in self.papers]
        self.title = titles[0] if len(titles) == 1 else f"{len(titles)} papers"


def _counted(claims: Iterable[_ClaimView]) -> list[tuple[Verdict, int]]:
    found = [claim.result.verdict for claim in claims]
    return [(verdict, found.count(verdict)) for verdict in Verdict if verdict in found]


def _views(audit: Audit) -> Iterator[_PaperView]:
    readings = [reading for paper in audit.papers for claim in paper.claims for reading in claim.readings]
    plots = sum(bool(item.evidence.series) for reading in readings for item in reading.evidence)
    detail = Detail.for_plots(plots)
    taken: set[str] = set()
    for number, paper in enumerate(audit.papers, start=1):
        places = {claim.claim.id: _anchor(claim.claim.id, taken) for claim in paper.claims}
        claims = tuple(_claim_view(claim, places, detail) for claim in paper.claims)
        yield _PaperView(anchor=f"paper-{number}", result=paper, claims=claims)


def _anchor(identifier: str, taken: set[str]) -> str:
    """A fragment made of the id's letters and digits, different for every claim of the page."""
    stem = "claim-" + (re.sub(r"[^A-Za-z0-9]+", "-", identifier).strip("-") or "x")
    anchor, count = stem, 1
    while anchor in taken:
        count += 1
        anchor = f"{stem}--{count}"
    taken.add(anchor)
    return anchor


def _claim_view(result: ClaimResult, places: Mapping[str, str], detail: Detail) -> _ClaimView:
    anchor = places[result.claim.id]
    readings = tuple(
        _reading_view(reading, f"{anchor}-{number}", detail) for number, reading in enumerate(result.readings)
    )
    return _ClaimView(anchor, result, readings, places)


def _reading_view(result: ReadingResult, anchor: str, detail: Detail) -> _ReadingView:
    evidence = []
    for number, item in enumerate(result.evidence):
        key = f"{anchor}_{number}".replace("claim-", "p-", 1)
        charts = (_chart(item, result.claim, key, detail), _picture(item, result.claim, f"{key}-f", detail))
        evidence.append(_EvidenceView(item, result, tuple(chart for chart in charts if chart is not None)))
    return _ReadingView(result, tuple(evidence))


def _chart(item: Judged, claim: Claim, key: str, detail: Detail) -> _Chart | None:
    """The runs against the step."""
    plot = plot_of(item.evidence.series, detail)
    if plot is None:
        return None
    from convergence.report.plots import to_svg  # matplotlib is loaded only where there is something to draw

    measure = measured(claim.measure or "value", counter(frozenset()), random=False)
    title = f"{claim.id}: {to_plain(measure)} against the step, on logarithmic axes"
    head, rows = table_rows(plot, detail.rows)
    svg = Markup(to_svg(plot, key, title))
    caption = Markup(f"{to_mathml(measure)} against the step, both axes logarithmic")
    return _Chart(svg, title, caption, legend(plot), head, rows)


def _picture(item: Judged, claim: Claim, key: str, detail: Detail) -> _Chart | None:
    """The function of an accepted counterexample."""
    found = item.evidence.certificate if item.accepted else None
    profile = profiles.profile_of(to_document(claim), found, detail.points) if found else None
    if profile is None:
        return None
    from convergence.report.profile_plots import profile_to_svg

    title = f"{claim.id}: the function of the counterexample, f(x) − f* against x"
    svg = Markup(profile_to_svg(profile, key, title))
    caption = Markup("The function of the counterexample: f(x) − f* against x")
    return _Chart(svg, title, caption, profiles.legend(profile), *profiles.table_rows(profile))


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case None:
            return "not a number"
        case list():
            return ", ".join(map(_shown, value))
        case Mapping():
            return ", ".join(f"{_words(name)} {_shown(item)}" for name, item in value.items())
    return str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
