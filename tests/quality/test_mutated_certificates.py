"""No witness, however it is mutated, makes the trusted core contradict what it accepted for the same claim."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convergence.certificates import check
from convergence.checks import ROUTES, Resources, route
from convergence.claims import load_all, to_document
from convergence.claims.reader import from_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, CLASSICS = ROOT / "examples", ROOT / "proofs" / "classics"
EXACT = [name for name in ROUTES if name not in ("runs", "expectation", "empirical")]

Accepted = tuple[dict[str, Any], str, dict[str, Any], Verdict]


@cache
def accepted(*folders: Path) -> tuple[Accepted, ...]:
    """Every certificate of the claims in the folders (the examples), with its claim's document."""
    found = []
    for paper in load_all(folders or [EXAMPLES]):
        for claim in paper:
            document = to_document(claim)
            for name in EXACT:
                evidence = route(name)(from_document(document), Resources())
                if evidence is not None and evidence.certificate is not None:
                    kind, witness = evidence.certificate.kind, dict(evidence.certificate.witness)
                    found.append((document, kind, witness, check(document, kind, witness)))
                    break
    return tuple(found)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, child in children for place in places(child, (*path, key))]


VALUES = st.one_of(
    st.integers(-3, 60),
    st.fractions(-5, 5, max_denominator=20).map(str),
    st.sampled_from([None, True, "", "x", "k", "1/0", [], {}, "nan", "inf", 10**40, 0.5, "9**9**9", ["1"], {"a": "1"}]),
)


def mutated(witness: Any, data: st.DataObject) -> Any:
    result = copy.deepcopy(witness)
    where = places(result)
    if not where or data.draw(st.integers(0, 9)) == 0:
        result[data.draw(st.sampled_from(["values", "start", "k", "steps", "instance"]))] = data.draw(VALUES)
        return result
    place = data.draw(st.sampled_from(where))
    parent = result
    for key in place[:-1]:
        parent = parent[key]
    if data.draw(st.integers(0, 4)) == 0:
        del parent[place[-1]]
    else:
        parent[place[-1]] = data.draw(VALUES)
    return result


def test_the_examples_give_certificates_of_many_kinds() -> None:
    assert len({kind for _, kind, _, _ in accepted()}) >= 6
    assert {verdict for *_, verdict in accepted()} >= {Verdict.PROVED, Verdict.REFUTED}


@settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_mutated_witness_is_rejected_or_shows_the_same(data: st.DataObject) -> None:
    shows_the_same(data, accepted())


@pytest.mark.slow
@settings(max_examples=10_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_ten_thousand_mutated_witnesses_of_classics(data: st.DataObject) -> None:
    shows_the_same(data, accepted(EXAMPLES, CLASSICS))


def shows_the_same(data: st.DataObject, certificates: tuple[Accepted, ...]) -> None:
    document, kind, witness, verdict = data.draw(st.sampled_from(certificates))
    try:
        assert check(document, kind, mutated(witness, data)) is verdict
    except CertificateRejected as reason:
        assert str(reason)


@settings(max_examples=150)
@given(st.data())
def test_a_witness_of_another_claim_never_crashes_the_core(data: st.DataObject) -> None:
    document, *_ = data.draw(st.sampled_from(accepted()))
    _, kind, witness, _ = data.draw(st.sampled_from(accepted()))
    try:
        assert isinstance(check(document, kind, witness), Verdict)
    except CertificateRejected as reason:
        assert str(reason)


def test_an_unknown_kind_is_rejected() -> None:
    document, *_ = accepted()[0]
    with pytest.raises(CertificateRejected, match="unknown kind of certificate 'growht'; did you mean 'growth'"):
        check(document, "growht", {})
