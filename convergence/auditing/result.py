"""What an audit returns: verdicts with their evidence, for every reading of every claim of every paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from convergence.auditing.proofs import ProofResult
from convergence.claims.claim import Claim, Paper
from convergence.errors import ClaimError, ClaimRefuted, nearest
from convergence.evidence import Evidence
from convergence.formulas import hypotheses_text, statement_text
from convergence.verdicts import Tightness, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Evidence with the trusted core's answer to its certificate.

    Attributes:
        accepted: whether the core accepted the certificate for the verdict that the evidence argues for.
        rejected: why not, where there is a certificate and it was not accepted.
        replay: the shell command that redoes it.
        certificate_file: the certificate's place below the report's folder, or nothing.
    """

    evidence: Evidence
    accepted: bool = False
    rejected: str = ""
    replay: str = ""
    certificate_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A changed claim that is proved, for one that fails.

    Attributes:
        kind: what was changed: ``hypothesis``, ``measure``, ``step``, ``rate``, ``constant`` or ``statement``.
        says: what is true then, such as ``true if beta > 1``.
        document: the changed claim's document, which the certificate is for.
        proof: the accepted evidence.
    """

    kind: str
    says: str
    document: Mapping[str, Any]
    proof: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the checks found for one reading, before it is judged.

    Attributes:
        found: evidence, in the order of the routes.
        repairs: where the evidence is against the claim, what would repair it.
        seconds: wall-clock time that it took.
    """

    found: tuple[Judged, ...]
    repairs: tuple[Repair, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingResult:
    """The verdict on one reading.

    Attributes:
        claim: the reading.
        better: a sharper statement that holds, where the claim is loose.
        decisive: what would decide it, where it is undecided.
        repairs: weaker claims that are proved, where the verdict is against it.
        seconds: wall-clock time that its checks took; it is not part of the report's data.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    tightness: Tightness = Tightness.UNKNOWN
    better: str = ""
    decisive: str = ""
    evidence: tuple[Judged, ...] = ()
    repairs: tuple[Repair, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimResult:
    """Every reading of one claim; the first reading's verdict is the claim's.

    Attributes:
        proof: how the steps of its proof fared, where the claim names them.
    """

    readings: tuple[ReadingResult, ...]
    proof: ProofResult | None = None

    @property
    def claim(self) -> Claim:
        """The first reading."""
        return self.readings[0].claim

    @property
    def verdict(self) -> Verdict:
        """The first reading's verdict."""
        return self.readings[0].verdict

    @property
    def tightness(self) -> Tightness:
        """The first reading's tightness."""
        return self.readings[0].tightness

    @property
    def reason(self) -> str:
        """The first reading's reason."""
        return self.readings[0].reason

    @property
    def evidence(self) -> tuple[Judged, ...]:
        """The first reading's evidence."""
        return self.readings[0].evidence

    def require(self, *verdicts: Verdict | str) -> ClaimResult:
        """This result, if its verdict is one of those; ``supported`` is also met by ``proved``.

        Raises:
            ClaimRefuted: otherwise; the message shows the statement, the reason and the evidence.
            ClaimError: for an unknown verdict.
        """
        wanted = {_verdict(word) for word in verdicts}
        met = self.verdict in wanted or (self.verdict is Verdict.PROVED and Verdict.SUPPORTED in wanted)
        if not met:
            expected = " or ".join(sorted(wanted))
            raise ClaimRefuted(f"expected {expected}, found {self.verdict}\n{self.explanation}")
        return self

    @property
    def explanation(self) -> str:
        """Statement, hypotheses, verdict, reason and the decisive figures, as plain lines."""
        lines = [
            f"claim      {self.claim.id}" + (f" ({self.claim.where})" if self.claim.where else ""),
            f"states     {statement_text(self.claim)}",
            f"given      {hypotheses_text(self.claim) or 'nothing'}",
            f"verdict    {self.verdict}: {self.reason}",
        ]
        deciding = [item for item in self.evidence if item.evidence.verdict is self.verdict][:1]
        lines += [f"           {name}: {value}" for item in deciding for name, value in item.evidence.figures.items()]
        lines += [f"replay     {item.replay}" for item in deciding if not item.certificate_file]
        lines += [f"repair     {repair.says}" for repair in self.readings[0].repairs]
        if self.proof:
            lines.append(f"proof      {self.proof.sentence}")
        if self.readings[0].decisive:
            lines.append(f"to decide  {self.readings[0].decisive}")
        lines += [f"reading    {other.claim.reading}: {other.verdict}: {other.reason}" for other in self.readings[1:]]
        return "\n".join(lines)


def _verdict(word: Verdict | str) -> Verdict:
    if word not in list(Verdict):
        raise ClaimError(f"unknown verdict {word!r}{nearest(str(word), list(Verdict))}")
    return Verdict(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperResult:
    """Every claim of one paper."""

    paper: Paper
    claims: tuple[ClaimResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The whole result.

    Attributes:
        seed, budget: what it was run with.
        versions: of this package and the libraries that decide, by name.
        statistics: level, correction and number of tests behind every ``diverges``.
    """

    papers: tuple[PaperResult, ...]
    seed: int
    budget: str
    versions: Mapping[str, str]
    statistics: Mapping[str, Any]

    def __iter__(self) -> Iterator[ClaimResult]:
        return (claim for paper in self.papers for claim in paper.claims)

    def __getitem__(self, identifier: str) -> ClaimResult:
        found = [result for result in self if result.claim.id == identifier]
        if len(found) == 1:
            return found[0]
        known = [result.claim.id for result in self]
        problem = "several papers have" if found else "no"
        raise ClaimError(f"{problem} claim {identifier!r}{nearest(identifier, known)}")

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many claims have each verdict."""
        return Counter(result.verdict for result in self)
