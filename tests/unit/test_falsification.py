"""Global search for the worst function of one variable: every member is in its class, and hits are exact."""

import numpy as np
import pytest
from hypothesis import example, given, settings, target
from hypothesis import strategies as st

from convergence.certificates import check
from convergence.certificates.exact import to_fmpq
from convergence.certificates.functions import require_hypotheses
from convergence.certificates.separable import separable
from convergence.checks import Resources, falsification
from convergence.checks.families import Candidate, assignments
from convergence.checks.shapes import Class, Shape
from convergence.checks.stated import used
from convergence.claims import paper
from convergence.claims.writer import to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

SYMBOLS = {name: {"domain": "positive", "range": ["1/2", 4]} for name in ("mu", "L", "D", "G", "Delta")}
METHODS = {
    "clip": {"parameters": {"alpha": "1/L"}, "step": "alpha*g*G/max(G, norm(g))"},
    "normalised": {"parameters": {"alpha": "D/sqrt(k)"}, "step": "alpha*g/max(10**(-9), norm(g))"},
    "plain": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
}
SMOOTH = ["convex", "smooth(L)", "initial_distance(D)"]
CLASSES = [
    SMOOTH,
    ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)", "mu <= L"],
    ["smooth(L)", "bounded_below", "initial_gap(Delta)"],
    ["convex", "lipschitz(G)", "initial_distance(D)"],
    ["convex", "smooth(L)", "lipschitz(G)", "initial_gap(Delta)"],
    ["smooth(L)", "bounded_gradients(G)", "initial_gap(Delta)"],
    ["strongly_convex(mu)", "initial_distance(D)"],
]


def claim(**keys):
    """One claim about a deterministic method."""
    table = {"id": "x", "method": "clip", "measure": "gap", **keys}
    return paper("search", symbols=SYMBOLS, methods=METHODS, claims=[table]).claims[0]


UNIT = st.floats(0, 1, allow_nan=False)


@settings(deadline=None, max_examples=150)
@given(
    which=st.integers(0, len(CLASSES) - 1),
    table=st.integers(0, 9),
    member=st.tuples(*[UNIT] * 7),
    places=st.sampled_from([1, 2, 4, 8]),
)
@example(which=2, table=0, member=(0.0, 0.40625, 0.0, 0.0, 0.0, 1.0, 0.0), places=1)  # almost all of it is lost
@example(
    which=3, table=0, member=(0.0, 0.0, 0.0, 0.94921875, 0.0, 0.0, 0.0), places=1
)  # the jump is the steepest slope
def test_every_member_belongs_to_its_class(which, table, member, places):
    """Rounded to short rationals, function and start satisfy every hypothesis, as the trusted core sees it."""
    built = claim(given=CLASSES[which], bound="L*D*G*mu*Delta", method="plain")
    tables = assignments(built, used(built, built.statement.value), 0)
    values = tables[table % len(tables)]
    allowed = Class.of(built, values)
    rows, start = Shape.of(np.array(member), allowed).rounded(allowed, places)
    witness = Candidate(name="", values=values, rows=rows, start=start).witness
    exact = {name: to_fmpq(str(value)) for name, value in values.items()}
    require_hypotheses(to_document(built), separable(witness["instance"]), tuple(map(to_fmpq, witness["start"])), exact)


@pytest.mark.parametrize(
    "keys",
    [
        # clipped steps are at most G/L long: from D > 2 G/L the gap is not below L D^2/(4 k + 2) + L D^2/(k + 1)^2
        {"given": SMOOTH, "bound": "L*D**2/(4*k + 2) + L*D**2/(k + 1)**2"},
        # the first normalised step leads from D past the minimiser to 0 or beyond: a gap of up to G D
        {"given": CLASSES[3], "method": "normalised", "measure": "best_gap", "bound": "G*D/(2*sqrt(k + 1))"},
    ],
    ids=str,
)
def test_the_search_refutes_what_is_false(keys):
    """Every hit is accepted by the trusted core."""
    built = claim(**keys)
    evidence = falsification.check(built, Resources())
    assert evidence.verdict is Verdict.REFUTED
    certificate = evidence.certificate
    assert check(to_document(built), certificate.kind, certificate.witness) is Verdict.REFUTED
    mutant = certificate.witness | {"start": [str(to_fmpq(certificate.witness["start"][0]) * 9)]}
    with pytest.raises(CertificateRejected):
        check(to_document(built), certificate.kind, mutant)


@pytest.mark.parametrize(
    "keys",
    [
        # |x - step| <= max(|x|, step): a normalised step of D/sqrt(k) never leads beyond D
        {"given": SMOOTH, "method": "normalised", "measure": "distance", "bound": "D"},
        # clipped gradient steps of at most 1/L never increase a smooth convex function
        {"given": SMOOTH, "bound": "L*D**2/2"},
    ],
    ids=str,
)
def test_the_search_says_how_far_it_came_on_true_claims(keys):
    """Nothing found is no support; the figures say what was tried, and the same seed gives the same search."""
    first, second = (falsification.check(claim(**keys), Resources()) for _ in range(2))
    assert first.verdict is Verdict.UNDECIDED and first.certificate is None and first.figures["runs"] > 1_000
    assert first == second


def test_linear_methods_are_left_to_the_worst_case():
    """Their worst function is computed over the whole class, where a search in one variable cannot do better."""
    built = claim(given=SMOOTH, method="plain", bound="L*D**2/(4*k + 2)")
    assert falsification.check(built, Resources()) is None


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(member=st.tuples(*[UNIT] * 9))
def test_no_member_violates_a_theorem(member):
    """L D^2/(4 k + 2) is exact for steps of 1/L (Drori & Teboulle, 2014): no function of the search exceeds it."""
    built = claim(given=SMOOTH, method="plain", bound="L*D**2/(4*k + 2)")
    tables = assignments(built, used(built, built.statement.value), 0)
    search = falsification.Search(
        claim=built,
        bound=built.statement.value,
        allowed=[(values, Class.of(built, values)) for values in tables],
        horizons=[None],
        steps=30,
    )
    ratio = float(search.ratios(np.array(member)).max())
    target(ratio)
    assert ratio <= 1 + 1e-9
