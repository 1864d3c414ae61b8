"""Rates and limits that noise or errors forbid: instances on which they provably keep the method from the minimiser.

Everything here proposes; the trusted core decides (`certificates.noise_floor`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from convergence.certificates import noise_floor as core
from convergence.checks.families import (
    Values,
    assignments,
    constants,
    listed,
    root_below,
    text_values,
    without_counters,
)
from convergence.checks.resources import Resources
from convergence.checks.stated import is_fixed, used
from convergence.claims.claim import Claim
from convergence.claims.statements import Limit, Rate, SameOrder
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.evidence import Certificate, Evidence
from convergence.expressions import to_text
from convergence.verdicts import Verdict

TABLES = 12
SKEWS = tuple(Fraction(*pair) for pair in ((2, 1), (1, 2), (4, 1), (1, 4)))  # sqrt((1 - p)/p)
RADII = (Fraction(1, 8), Fraction(1, 64))

_WORDS: Mapping[str, str] = {
    "recursion": "the expected square satisfies a recursion that decays too slowly",
    "horizon": "the mean of the expected squares falls too slowly with the horizon",
    "fresh": "the noise of the last step alone keeps the expected square too large",
    "bias": "the mean step at the minimiser is not zero, so that the method is driven away from it for ever",
}


def check(claim: Claim, _: Resources) -> Evidence | None:
    """A refutation, or None."""
    match claim.statement:
        case Rate(order=stated) | SameOrder(order=stated) | Limit(value=stated):
            pass
        case _:
            return None
    names = {getattr(item, "name", "") for item in claim.given}
    if claim.method is None or claim.problem is not None or claim.measure not in (*core.LAST, core.MEAN):
        return None
    if not names & {"unbiased", "gradient_error"} or not is_fixed(claim, stated):
        return None
    document, tables = to_document(claim), assignments(claim, without_counters(used(claim, stated)), 0)
    for values in tables[:TABLES]:
        for witness in _witnesses(claim, values):
            try:
                core.check(document, witness)
            except (CertificateRejected, ArithmeticError, ValueError, RecursionError):
                continue
            return _refutation(witness, to_text(stated))
    return None


def _witnesses(claim: Claim, values: Values) -> Iterator[dict[str, Any]]:
    known = constants(claim, values)
    base = {"values": text_values(values)}
    noisy = claim.hypothesis("unbiased") is not None
    for curvature, skew in product(_curvatures(known), (Fraction(1), *SKEWS) if noisy else (Fraction(1),)):
        oracle, least = _noise(known, skew, curvature) if noisy else _error(known)
        if least <= 0:
            continue
        if noisy and skew == 1:
            for reason in ("horizon",) if claim.measure == core.MEAN else ("recursion", "fresh"):
                yield {**base, "oracle": oracle, "curvature": str(curvature), "reason": reason}
        if claim.measure == core.MEAN:
            continue
        for radius, instance in product(RADII, _instances(known, curvature)):
            reach = min(radius * least / curvature, _cut(known, curvature) or radius)
            yield {**base, "oracle": oracle, "instance": instance, "radius": str(reach), "reason": "bias"}


def _curvatures(known: Mapping[str, Fraction]) -> list[Fraction]:
    """The least and the greatest that are allowed."""
    least = max(known.get("strongly_convex", Fraction(0)), known.get("polyak_lojasiewicz", Fraction(0)))
    most = known.get("smooth")
    found = [least, most if most is not None else max(least, Fraction(1)) * 2, (least or Fraction(1)) * 11 / 10]
    return [value for value in dict.fromkeys(found) if value > 0 and (most is None or least <= value <= most)]


def _noise(known: Mapping[str, Fraction], skew: Fraction, curvature: Fraction) -> tuple[dict[str, Any], Fraction]:
    """Two-point noise of the allowed variance, and the lesser of its absolute values."""
    squares = [known["bounded_variance"] ** 2] if "bounded_variance" in known else []
    squares += [known["bounded_gradients"] ** 2 * 16 / 25] if "bounded_gradients" in known else []
    size = root_below(min(squares)) if squares and min(squares) > 0 else Fraction(0 if squares else 1)
    chance = 1 / (1 + skew**2)
    outcomes = [[str(chance), str(size * skew)], [str(1 - chance), str(-size / skew)]]
    return {"outcomes": outcomes}, min(size * skew, size / skew)


def _error(known: Mapping[str, Fraction]) -> tuple[dict[str, Any], Fraction]:
    size = known.get("gradient_error", Fraction(0))
    return {"error": str(size)}, size


def _cut(known: Mapping[str, Fraction], curvature: Fraction) -> Fraction | None:
    """Where a Huber function with the allowed slope becomes straight."""
    slopes = [known["lipschitz"]] if "lipschitz" in known else []
    slopes += [known["bounded_gradients"] * 3 / 5] if "bounded_gradients" in known else []
    return min(slopes) / curvature if slopes else None


def _instances(known: Mapping[str, Fraction], curvature: Fraction) -> Iterator[list[dict[str, Any]]]:
    cut = _cut(known, curvature)
    if cut is None:
        yield [{"right": {"slopes": [str(curvature)]}}]
    elif cut > 0:
        yield [{"right": {"slopes": [str(curvature), "0"], "cuts": [str(cut)]}}]


def _refutation(witness: dict[str, Any], stated: str) -> Evidence:
    oracle, values = witness["oracle"], witness["values"]
    shown = listed(values) or "none"
    if "error" in oracle:
        noise = f"a gradient error of {oracle['error']} in every step"
    else:
        (chance, up), (_, down) = oracle["outcomes"]
        noise = f"noise of {up} with probability {chance}, else {down}"
    slopes = witness["curvature"] if "curvature" in witness else ", ".join(witness["instance"][0]["right"]["slopes"])
    return Evidence(
        route="noise_floor",
        verdict=Verdict.REFUTED,
        reason=f"on the function with f(0) = f'(0) = 0 and curvature {slopes}, with {shown} and {noise}, "
        f"{_WORDS[witness['reason']]}; claimed is {stated}",
        figures={"curvature": slopes, "values": shown, "noise": noise, "reason": _WORDS[witness["reason"]]},
        certificate=Certificate(kind="noise_floor", witness=witness),
    )
