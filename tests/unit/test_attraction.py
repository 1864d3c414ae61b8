"""Cycles that attract runs: exact examples are accepted, everything that the lemma does not cover is rejected."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import attraction, cycles
from convergence.certificates.iteration import read_method
from convergence.certificates.separable import separable
from convergence.checks import modes
from convergence.checks.resources import Resources
from convergence.claims import paper
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

METHODS = {
    "polyak": {"base": "heavy_ball", "parameters": {"alpha": "1/9", "beta": "4/9"}},
    "short": {"base": "heavy_ball", "parameters": {"alpha": "1/50", "beta": "1/10"}},
    "fading": {"base": "heavy_ball", "parameters": {"alpha": "1/(9*k)", "beta": "4/9"}},
    "signs": {"base": "sign_descent"},
}
ROWS = [{"right": {"slopes": ["25", "1", "25"], "cuts": ["1", "2"]}, "left": {"slopes": ["25"]}}]
WITNESS = {
    "values": {}, "instance": ROWS, "start": ["33/10"], "steps": 60, "period": 30,
    "cycle": ["792/1225", "2592/1225"], "radius": "1/100",
}  # fmt: skip


def claim(method="polyak", given=("strongly_convex(1)", "smooth(25)"), measure="distance", **statement):
    table = {"id": "c", "given": list(given), "method": method, "measure": measure, **(statement or {"limit": 0})}
    return paper("test", [table], methods=METHODS)["c"]


def checked(subject, **changes):
    return cycles.check(to_document(subject), {**WITNESS, **changes})


@pytest.mark.parametrize("measure", ["distance", "gap", "best_gap", "average_iterate_gap", "squared_gradient_norm"])
def test_the_cycle_of_lessard_recht_and_packard_is_accepted(measure):
    # the three points are 792/1225, -2208/1225 and 2592/1225, and their mean 1176/3675 is not the minimiser
    assert checked(claim(measure=measure)) is Verdict.REFUTED


def test_rates_that_decay_are_refuted_and_constants_are_not():
    assert checked(claim(rate="1/log(k + 1)")) is Verdict.REFUTED
    with pytest.raises(CertificateRejected, match="satisfies"):
        checked(claim(rate="1"))


@pytest.mark.parametrize(
    "changes",
    [
        {"period": 3},  # one turn does not contract in this norm
        {"period": 29},  # not a multiple of three
        {"steps": 61},  # near another point of the cycle
        {"steps": 2},  # not there yet
        {"radius": "2"},  # reaches over the cuts
        {"radius": "0"},
        {"cycle": ["0", "0"]},  # the minimiser
        {"cycle": ["792/1225"]},
        {"cycle": ["793/1225", "2592/1225"]},
        {"start": ["1/10"]},  # tends to the minimiser
    ],
)
def test_what_the_lemma_does_not_cover_is_rejected(changes):
    with pytest.raises(CertificateRejected):
        checked(claim(), **changes)


@pytest.mark.parametrize(
    "subject",
    [
        claim(given=("strongly_convex(1)", "smooth(24)")),
        claim(given=("strongly_convex(2)", "smooth(25)")),
        claim(given=("strongly_convex(1)", "smooth(25)", "quadratic")),
        claim(given=("strongly_convex(1)", "smooth(25)", "initial_distance(3)")),
        claim(given=("strongly_convex(1)", "smooth(25)", "bounded_domain(100)")),
        claim("short"), claim("fading"), claim("signs"),
    ],
)  # fmt: skip
def test_other_classes_and_methods_are_not_refuted_by_it(subject):
    with pytest.raises(CertificateRejected):
        checked(subject)


@settings(deadline=None, max_examples=40)
@given(st.fractions(-4, 4, max_denominator=50), st.fractions(-4, 4, max_denominator=50))
def test_pieces_and_affine_steps_agree_with_the_function(x, before):
    instance = separable(ROWS)
    point = (fmpq(x.numerator, x.denominator),)
    if any(x == end for end in (0, 1, 2)):
        with pytest.raises(CertificateRejected):
            attraction.piece_at(instance, point[0])
        return
    piece = attraction.piece_at(instance, point[0])
    slope = instance.gradient(point)[0]
    assert piece.slope * point[0] + piece.offset == slope
    document = to_document(claim())
    step = attraction.step_on(read_method(document["method"], document), piece, {})
    memory = attraction.fmpq_mat([[point[0]], [fmpq(before.numerator, before.denominator)]])
    after = step(memory)
    assert after[0, 0] == point[0] - slope / 9 + fmpq(4, 9) * (point[0] - memory[1, 0])
    assert after[1, 0] == point[0]


@pytest.mark.parametrize(("mu", "L"), [(1, 25), (2, 50), (1, 36), (3, 300)])
def test_the_search_finds_cycles_at_every_scale(mu, L):
    root = int(np.sqrt(L // mu))
    tuned = {
        "base": "heavy_ball",
        "parameters": {"alpha": str(Fraction(4, mu * (root + 1) ** 2)), "beta": str(Fraction(root - 1, root + 1) ** 2)},
    }
    table = {
        "id": "c",
        "given": [f"strongly_convex({mu})", f"smooth({L})"],
        "method": "m",
        "measure": "gap",
        "limit": 0,
    }
    found = modes.check(paper("test", [table], methods={"m": tuned})["c"], Resources())
    assert found is not None and found.verdict is Verdict.REFUTED


def test_a_short_step_is_not_contradicted():
    assert modes.check(claim("short"), Resources()) is None
