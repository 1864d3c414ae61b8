"""Claims as tests: ``pytest proofs`` and ``pytest my-claims.toml`` collect each claim as one test.

A claim without a recorded verdict fails when the verdict is against it, and is skipped when it is undecided. A claim
that records the verdict expected of it today (`expects`) fails when that verdict changes; recorded verdicts against a
claim are strict expected failures. Nothing heavy is imported before a claim is collected.
"""

from __future__ import annotations

import pickle
import re
from base64 import b64decode, b64encode
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from convergence.errors import ClaimRefuted, ConvergenceError

if TYPE_CHECKING:
    from convergence.auditing import Audit, ClaimResult, Examined
    from convergence.checks import Resources
    from convergence.claims import Claim, Paper

_HAS_PAPER = re.compile(r"^PAPER\b", re.MULTILINE)
_HAS_CLAIMS = re.compile(r"^\s*\[\[\s*claims\s*\]\]", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    group = parser.getgroup("convergence", "claims of optimization papers")
    group.addoption("--claims-report", metavar="DIR", default=None, help="write the report of the collected claims")
    group.addoption("--claims-budget", choices=("quick", "full"), default="quick", help="how much each claim may cost")
    group.addoption("--claims-seed", type=int, default=0, help="root of every random stream")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A claim file, or a module with a ``PAPER``."""
    if _holds_claims(file_path, parent.config):
        collector: pytest.Collector = ClaimFile.from_parent(parent, path=file_path)
        return collector
    return None


def _holds_claims(path: Path, config: pytest.Config) -> bool:
    patterns = {".toml": _HAS_CLAIMS, ".py": _HAS_PAPER}
    is_test = any(path.match(pattern) for pattern in config.getini("python_files"))
    if path.suffix not in patterns or is_test or path.name == "conftest.py":
        return False
    package = path.with_name("__init__.py")
    if path != package and path.suffix == ".py" and _mentions(package, _HAS_PAPER):
        return False  # the package gathers its modules' claims in one paper
    return _mentions(path, patterns[path.suffix])


def _mentions(path: Path, pattern: re.Pattern[str]) -> bool:
    try:
        return bool(pattern.search(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return False


class ClaimFile(pytest.File):
    """A claim file or a module of claims."""

    def collect(self) -> Iterator[ClaimItem]:
        """One item for each claim."""
        for claim in _paper(self.path):
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim)


@cache
def _paper(path: Path) -> Paper:
    from convergence.claims import load

    try:
        return load(path.parent if path.name == "__init__.py" else path)
    except ConvergenceError as error:
        raise pytest.Collector.CollectError(str(error)) from None


class ClaimItem(pytest.Item):
    """One claim as a test."""

    def __init__(self, *, claim: Claim, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.claim = claim
        self.examined = ""
        if claim.expects is not None and claim.expects.against:
            reason = f"recorded as {claim.expects}: {claim.says}"
            self.add_marker(pytest.mark.xfail(strict=True, raises=ClaimRefuted, reason=reason))

    def runtest(self) -> None:
        """Examine and judge the claim; the outcome is that of its first reading."""
        results = _examined(self.claim, self.config)
        self.examined = _packed((self.path, self.claim.id, results))
        result = _assembled({self.path: [(self.claim.id, results)]}, self.config)[self.claim.id]
        self.user_properties += [("verdict", result.verdict.value), ("reason", result.reason)]
        _settle(self.claim, result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The claim's own explanation instead of a traceback."""
        if isinstance(excinfo.value, ConvergenceError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the claim stands."""
        return self.path, None, f"claim: {self.claim.id}"


def _settle(claim: Claim, result: ClaimResult) -> None:
    """Turn a verdict into an outcome."""
    from convergence.verdicts import Verdict

    verdict, expected = result.verdict, claim.expects
    if expected is not None and verdict is not expected:
        if expected.against and not verdict.against:
            return  # an expected failure that passes is a strict xfail: pytest fails it
        raise _Changed(f"the verdict changed: recorded {expected}, found {verdict}\n{result.explanation}")
    if verdict.against:
        raise ClaimRefuted(result.explanation)
    if verdict is Verdict.UNDECIDED:
        pytest.skip(f"undecided: {result.reason}")


class _Changed(ConvergenceError):
    """A recorded verdict is no longer the verdict; not an expected failure."""


@pytest.fixture
def audit(request: pytest.FixtureRequest) -> Any:
    """Audit a claim or a paper inside a test: ``audit(claim).require("supported")``."""

    def run(claims: Any) -> ClaimResult | Audit:
        from convergence.auditing import audit as run_audit
        from convergence.claims import Claim

        options = request.config.option
        result = run_audit(claims, seed=options.claims_seed, budget=options.claims_budget)
        return result[claims.id] if isinstance(claims, Claim) else result

    return run


# --- examining in any process, judging and reporting in the controlling one


def _examined(claim: Claim, config: pytest.Config) -> list[Examined]:
    from convergence.auditing.examine import examine
    from convergence.claims import to_document

    return [examine(to_document(reading), _resources(config)) for reading in claim.readings]


def _resources(config: pytest.Config) -> Resources:
    from convergence.checks import Budget, Resources

    return Resources(seed=config.option.claims_seed, budget=Budget(config.option.claims_budget))


def _assembled(found: Mapping[Path, Sequence[tuple[str, list[Examined]]]], config: pytest.Config) -> Audit:
    from convergence.auditing import assemble

    papers = []
    results: list[Examined] = []
    for path, claims in found.items():
        paper = _paper(path)
        papers.append(replace(paper, claims=tuple(paper[identifier] for identifier, _ in claims)))
        results += [result for _, readings in claims for result in readings]
    return assemble(papers, results, _resources(config))


def _packed(value: object) -> str:
    """Text that survives the way from a worker process to the controlling one."""
    return b64encode(pickle.dumps(value)).decode("ascii")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Send what was examined along with the test's report."""
    report = yield
    if isinstance(item, ClaimItem) and call.when == "call" and item.examined:
        report.convergence_examined = item.examined
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A section with the verdicts, and the report if it was asked for."""
    packed = [text for report in _reports(terminalreporter) if (text := getattr(report, "convergence_examined", ""))]
    if not packed:
        return
    found: dict[Path, list[tuple[str, list[Examined]]]] = {}
    for text in packed:
        path, identifier, results = pickle.loads(b64decode(text))
        found.setdefault(path, []).append((identifier, results))
    audited = _assembled(found, config)
    terminalreporter.section("verdicts")
    for result in audited:
        terminalreporter.write_line(f"{result.verdict:<13}{result.claim.id}: {result.reason}")
    terminalreporter.write_line(", ".join(f"{count} {verdict}" for verdict, count in sorted(audited.counts.items())))
    if config.option.claims_report:
        from convergence.report import write

        folder = Path(config.option.claims_report)
        write(audited, folder)
        terminalreporter.write_line(f"report: {folder / 'index.html'}")


def _reports(terminalreporter: Any) -> Iterable[Any]:
    return (report for reports in terminalreporter.stats.values() for report in reports)
