"""Printed numbers: what agrees, what does not, and what the digits leave open."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergence.certificates import check
from convergence.checks import Resources, route
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected, ClaimError
from convergence.printed import parse_printed
from convergence.verdicts import Verdict


def verdict(**statement: object) -> Verdict:
    claim = paper("numbers", [{"id": "x", **statement}]).claims[0]
    evidence = route("arithmetic")(claim, Resources())
    assert evidence is not None
    if evidence.certificate is not None:
        assert check(to_document(claim), evidence.certificate.kind, evidence.certificate.witness) is evidence.verdict
    return evidence.verdict


def arithmetic(computed: object, printed: str, **inputs: str) -> Verdict:
    return verdict(arithmetic={"computed": computed, "printed": printed, "inputs": inputs})


def comparison(relation: str, **inputs: str) -> Verdict:
    return verdict(comparison={"relation": relation, "inputs": inputs})


# 9/12 - 1/3 = 5/12 = 0.41666..., which rounds to 42 % and not to 41 %.
@pytest.mark.parametrize(
    ("computed", "printed", "inputs", "expected"),
    [
        ("9/12 - 1/3", "42%", {}, Verdict.PROVED),
        ("9/12 - 1/3", "41%", {}, Verdict.INCONSISTENT),
        ("sqrt(2)", "1.414", {}, Verdict.PROVED),
        ("sqrt(2)", "1.415", {}, Verdict.INCONSISTENT),
        ("0.125", "0.13", {}, Verdict.PROVED),  # a tie may be rounded up ...
        ("0.125", "0.12", {}, Verdict.PROVED),  # ... or down
        ("1 - a/b", "29%", {"a": "1.2", "b": "1.7"}, Verdict.PROVED),
        # 1 - 3.4/4.9 lies in [1 - 3.45/4.85, 1 - 3.35/4.95] = [0.2886, 0.3233]
        ("1 - a/b", "31%", {"a": "3.4", "b": "4.9"}, Verdict.PROVED),
        ("1 - a/b", "35%", {"a": "3.4", "b": "4.9"}, Verdict.INCONSISTENT),
        ("a*a - a", "<2%", {"a": "1.0"}, Verdict.PROVED),
        (["1 - 1.2/1.7", "1 - 3.4/4.9"], "24-31%", {}, Verdict.PROVED),
        (["1 - 1.2/1.7", "1 - 3.4/4.9"], "29-30%", {}, Verdict.INCONSISTENT),
    ],
)
def test_computations(computed: object, printed: str, inputs: dict[str, str], expected: Verdict) -> None:
    assert arithmetic(computed, printed, **inputs) is expected


@given(st.integers(-999, 999), st.integers(1, 999), st.integers(0, 4))
def test_correct_rounding_always_agrees_and_a_unit_more_never_does(p: int, q: int, digits: int) -> None:
    value = round(Fraction(p, q), digits)
    assert arithmetic(f"({p})/{q}", _decimal(value, digits)) is Verdict.PROVED
    assert arithmetic(f"({p})/{q}", _decimal(value + Fraction(2, 10**digits), digits)) is Verdict.INCONSISTENT


def _decimal(value: Fraction, digits: int) -> str:
    scaled = int(value * 10**digits)
    sign, text = "-" if scaled < 0 else "", str(abs(scaled)).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


@pytest.mark.parametrize(
    ("relation", "inputs", "expected"),
    [
        ("a > b", {"a": "95.8", "b": "94.5"}, Verdict.PROVED),
        ("a > b", {"a": "95.9", "b": "95.8"}, Verdict.PROVED),
        ("a > b", {"a": "95.8", "b": "95.9"}, Verdict.INCONSISTENT),
        ("a > b", {"a": "95.8", "b": "95.8"}, Verdict.UNDECIDED),
        ("a > max(b, c)", {"a": "99.2", "b": "99.0", "c": "98.7"}, Verdict.PROVED),
        ("1/3 == 2/6", {}, Verdict.PROVED),
        ("95.8 < 94.5", {}, Verdict.INCONSISTENT),
    ],
)
def test_comparisons(relation: str, inputs: dict[str, str], expected: Verdict) -> None:
    assert comparison(relation, **inputs) is expected


def test_a_wrong_certificate_is_rejected() -> None:
    claim = paper("numbers", [{"id": "x", "arithmetic": {"computed": "a", "printed": "0.5", "inputs": {"a": "0.4"}}}])
    document = to_document(claim.claims[0])  # 0.45 rounds to both, so the numbers agree
    with pytest.raises(CertificateRejected, match="does not round to"):
        check(document, "arithmetic", {"values": {"a": "1/2"}})
    with pytest.raises(CertificateRejected, match="may agree"):
        check(document, "arithmetic", {})
    assert check(document, "arithmetic", {"values": {"a": "9/20"}}) is Verdict.PROVED


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("42%", "0.415", "0.425"),
        ("1.17", "1.165", "1.175"),
        ("1/3", "1/3", "1/3"),
        ("24-31%", "0.235", "0.315"),
        ("1e-3", "0.0005", "0.0015"),
    ],
)
def test_printed_intervals(text: str, lower: str, upper: str) -> None:
    printed = parse_printed(text)
    assert (printed.lower, printed.upper) == (Fraction(lower), Fraction(upper))


def test_a_printed_number_that_is_none_says_what_it_could_be() -> None:
    with pytest.raises(ClaimError, match=r'inputs.a: expected a printed number such as "1.17".*found \'abc\''):
        parse_printed("abc", "inputs.a")
