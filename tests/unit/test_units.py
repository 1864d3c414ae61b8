"""Rescaling of f and x: no textbook theorem is flagged, claims with a dimension in the wrong place are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import check as accept
from convergence.certificates import rescaling
from convergence.certificates.rescaling import HYPOTHESES as DEGREES
from convergence.checks import Resources, units
from convergence.claims import HYPOTHESES, paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

POSITIVE = ("L", "D", "mu", "G", "Delta", "alpha", "C", "eps", "delta")
SYMBOLS = dict.fromkeys(POSITIVE, "positive") | {"sigma": "nonnegative", "beta": "unit", "q": "fraction"}
METHODS = {
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "best": {"parameters": {"alpha": "2/(mu + L)"}, "step": "alpha*g"},
    "harmonic": {"parameters": {"alpha": "1/(mu*k)"}, "step": "alpha*g"},
    "free": {"parameters": {"alpha": "alpha"}, "step": "alpha*g"},
    "one": {"parameters": {"alpha": "1/k"}, "step": "alpha*g"},
    "number": {"parameters": {"alpha": "0.01"}, "step": "alpha*g"},
    "horizon": {"parameters": {"alpha": "D/(G*sqrt(T))"}, "step": "alpha*g"},
    "root": {"parameters": {"alpha": "alpha/sqrt(k)"}, "step": "alpha*g"},
    "adagrad": {
        "parameters": {"alpha": "alpha"},
        "state": {"v": "0"},
        "update": {"v": "v + g**2"},
        "step": "alpha*g/(sqrt(v) + eps)",
    },
    "adam": {
        "parameters": {"alpha": "alpha/sqrt(k)", "b1": "beta", "b2": "q"},
        "state": {"m": "0", "v": "0"},
        "update": {"m": "b1*m + (1 - b1)*g", "v": "b2*v + (1 - b2)*g**2"},
        "step": "alpha*(m/(1 - b1**k))/(sqrt(v/(1 - b2**k)) + eps)",
    },
    "normalised": {"parameters": {"alpha": "D/sqrt(T)"}, "step": "alpha*g/norm(g)"},
    "sign": {"parameters": {"alpha": "alpha"}, "step": "alpha*sign(g)"},
}
SMOOTH = ["convex", "smooth(L)", "initial_distance(D)"]
STRONG = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"]
LIPSCHITZ = ["convex", "lipschitz(G)", "initial_distance(D)"]
NONCONVEX = ["smooth(L)", "initial_gap(Delta)", "bounded_below"]
STOCHASTIC = ["convex", "unbiased", "bounded_gradients(G)", "initial_distance(D)"]
NOISY = [*STRONG, "unbiased", "bounded_variance(sigma)"]
SECOND = ["strongly_convex(mu)", "bounded_gradients(G)", "unbiased"]
BOUNDED = ["convex", "bounded_domain(D)", "bounded_gradients(G)"]
LEMMA = (
    "2*G*Delta/(alpha*sqrt(T)) + (4*G*alpha/sqrt(1 - q) + alpha**2*L)*log(1 + G**2/(eps**2*(1 - q)))*G/(alpha*sqrt(T))"
)

TRUE = [
    (SMOOTH, "gd", "gap", "bound", "L*D**2/(4*k + 2)"),
    (SMOOTH, "gd", "gap", "bound", "2*L*D**2/(k + 4)"),
    (SMOOTH, "gd", "gap", "rate", "1/k"),
    (STRONG, "gd", "squared_distance", "bound", "(1 - mu/L)**k*D**2"),
    (STRONG, "best", "distance", "bound", "((L/mu - 1)/(L/mu + 1))**k*D"),
    (STRONG, "best", "distance", "bound", "((L - mu)/(L + mu))**k*D"),
    (STRONG, "gd", "gap", "bound", "L*D**2/2*exp(-k*mu/L)"),
    (STRONG, "gd", "gap", "rate", "exp(-k*mu/L)"),
    (STRONG, "gd", "distance", "rate", "(1 - mu/L)**k"),
    (STRONG, "gd", "distance", "rate", "sqrt(1 - mu/L)**k"),
    (STRONG, "free", "squared_distance", "bound", "(1 - alpha*mu)**k*D**2"),
    (STRONG, "free", "distance", "rate", "(1 - alpha*mu)**k"),
    (LIPSCHITZ, "horizon", "best_gap", "bound", "G*D/sqrt(T)"),
    (LIPSCHITZ, "horizon", "average_iterate_gap", "bound", "G*D/sqrt(k + 1)"),
    (STOCHASTIC, "root", "average_iterate_gap", "bound", "D**2/(2*alpha*sqrt(T)) + alpha*G**2/(2*sqrt(T))"),
    (STOCHASTIC, "root", "average_iterate_gap", "bound", "D**2/(2*alpha*sqrt(k)) + alpha*G**2*(1 + log(k))/sqrt(k)"),
    (NONCONVEX, "gd", "best_squared_gradient_norm", "bound", "2*L*Delta/(k + 1)"),
    (NONCONVEX, "free", "average_squared_gradient_norm", "bound", "2*Delta/(alpha*k) + L*alpha*sigma**2"),
    (["smooth(L)", "polyak_lojasiewicz(mu)", "initial_gap(Delta)"], "gd", "gap", "bound", "(1 - mu/L)**k*Delta"),
    (NOISY, "free", "squared_distance", "bound", "(1 - alpha*mu)**k*D**2 + alpha*sigma**2/mu"),
    (SECOND, "harmonic", "squared_distance", "bound", "4*G**2/(mu**2*k)"),
    (SECOND, "harmonic", "gap", "bound", "G**2*(1 + log(k))/(2*mu*k)"),
    (SECOND, "harmonic", "gap", "rate", "log(k)/k"),
    (BOUNDED, "adagrad", "average_iterate_gap", "bound", "(D**2/(2*alpha) + alpha)*G/sqrt(k)"),
    (
        BOUNDED,
        "adam",
        "average_regret",
        "bound",
        "D**2*G/(alpha*(1 - beta)*sqrt(k)) + alpha*G*sqrt(1 + log(k))/sqrt(k)",
    ),
    ([*NONCONVEX, "bounded_gradients(G)"], "adam", "average_squared_gradient_norm", "bound", LEMMA),
    ([*NONCONVEX, "bounded_gradients(G)"], "adam", "average_squared_gradient_norm", "bound", "C*log(T)/sqrt(T)"),
    ([*NONCONVEX, "bounded_gradients(G)"], "adam", "average_squared_gradient_norm", "rate", "log(k)/sqrt(k)"),
    (LIPSCHITZ, "normalised", "best_gap", "bound", "G*D/sqrt(T)"),
    (SMOOTH, "sign", "gap", "rate", "1/sqrt(k)"),
    (STRONG, "harmonic", "distance", "bound", "C*k**(-1/2)"),
    (STRONG, "harmonic", "gap", "rate", "k**(-mu/L)"),
    (STRONG, "one", "distance", "rate", "k**(-mu)"),  # the step 1/k has fixed the units of f
    (STRONG, "number", "distance", "rate", "(1 - 0.01*mu)**k"),
    ([*STRONG, "mu < 1"], "gd", "distance", "rate", "(1 - mu)**k"),  # a normalisation that the claim declares
    (["strongly_convex(1)", "smooth(L)"], "gd", "distance", "rate", "(1 - 1/L)**k"),
    (STRONG, "gd", "distance", "rate", "C**k"),  # some C
    (SMOOTH, "gd", "gap", "bound", "L*D**2*exp(-k*mu/L)"),  # no hypothesis fixes mu, which may follow L
    (STRONG, "gd", "distance", "bound", "D*max(1/k, (1 - mu/L)**k)"),
    (SMOOTH, "gd", "gap", "bound", "L*D**2/k*sum(1/i**2, i, 1, k)"),
    ([*STRONG, "gradient_error(delta)"], "best", "distance", "bound", "((L - mu)/(L + mu))**k*D + delta/mu"),
]
FALSE = [
    (STRONG, "harmonic", "distance", "bound", "C*k**(-mu/2)"),
    (STRONG, "harmonic", "distance", "rate", "k**(-mu/2)"),
    (STRONG, "harmonic", "distance", "bound", "D*k**(-mu/2)"),
    (STRONG, "harmonic", "squared_distance", "rate", "1/k**mu"),
    (STRONG, "harmonic", "distance", "bound", "D*(k + 1)**(-sqrt(mu))"),
    (STRONG, "gd", "distance", "rate", "(1 - mu)**k"),
    (STRONG, "gd", "distance", "bound", "D*(1 - mu)**k"),
    (STRONG, "gd", "distance", "rate", "sqrt(1 - mu)**k"),
    (STRONG, "gd", "gap", "rate", "exp(-mu*k)"),
    (STRONG, "gd", "gap", "rate", "2**(-L*k)"),
    (STRONG, "free", "distance", "rate", "(1 - alpha)**k"),
    (STRONG, "gd", "distance", "rate", "(1 - 1/L)**k"),
]
MISMATCHED = [  # unlike units that may be a true bound, or a false one that an instance refutes
    (SMOOTH, "gd", "gap", "bound", "D**2/k"),
    (SMOOTH, "gd", "gap", "bound", "L*D**2/(4*k + 2) + 1"),
    (LIPSCHITZ, "horizon", "gap", "bound", "(G**2 + D**2)/sqrt(k)"),
    (STRONG, "harmonic", "distance", "bound", "D*(k**(-mu/2) + 1/k)"),
]


def one(given_, method, measure, key, text, **changes):
    claim = {"id": "a", "given": given_, "method": method, "measure": measure, key: text, **changes}
    return paper("units", [claim], symbols=SYMBOLS, methods=METHODS).claims[0]


@pytest.mark.parametrize("case", TRUE, ids=lambda case: f"{case[1]}: {case[4]}"[:60])
def test_well_formed_theorems_pass(case):
    assert units.check(one(*case), Resources()) is None


@pytest.mark.parametrize("case", FALSE, ids=lambda case: f"{case[1]}: {case[4]}")
def test_a_dimension_in_an_exponent_is_ill_posed(case):
    claim = one(*case)
    evidence = units.check(claim, Resources())
    assert evidence.verdict is Verdict.ILL_POSED
    certificate = evidence.certificate
    assert accept(to_document(claim), certificate.kind, certificate.witness) is Verdict.ILL_POSED


@pytest.mark.parametrize("case", MISMATCHED, ids=lambda case: case[4])
def test_unlike_terms_alone_are_only_suspicious(case):
    evidence = units.check(one(*case), Resources())
    assert evidence.verdict is Verdict.UNDECIDED
    assert evidence.certificate is None


def test_the_reason_shows_the_rescaled_statement():
    evidence = units.check(one(*FALSE[1]), Resources())
    assert evidence.reason == (
        "multiplying f by c keeps hypotheses and iterates (L becomes c L, D becomes D, mu becomes c mu), but turns "
        "k**(-mu/2) into k**(-c*mu/2) for every c > 0"
    ).replace("D becomes D, ", "")


@settings(max_examples=40)
@given(factor=st.fractions(min_value="1/50", max_value=50, max_denominator=50), case=st.sampled_from([*TRUE, *FALSE]))
def test_rewriting_a_claim_in_other_units_changes_no_verdict(factor, case):
    # mu and L are renamed to multiples of themselves, in hypotheses, method and statement alike
    def renamed(text):
        return text.replace("mu", f"(mu*({factor}))").replace("L", f"(L*({factor}))")

    given_, method, measure, key, text = case
    table = dict(METHODS[method])
    table["parameters"] = {name: renamed(value) for name, value in table["parameters"].items()}
    other = one(
        [renamed(item) if "(" in item or "<" in item else item for item in given_], table, measure, key, renamed(text)
    )
    first, second = (units.check(claim, Resources()) for claim in (one(*case), other))
    assert (first and first.verdict) == (second and second.verdict)


@given(exponents=st.tuples(st.integers(-3, 3), st.integers(-3, 3)), case=st.sampled_from(TRUE))
def test_no_rescaling_is_accepted_against_a_true_theorem(exponents, case):
    f, x = exponents
    weights = {
        "L": f - 2 * x,
        "mu": f - 2 * x,
        "D": x,
        "G": f - x,
        "sigma": f - x,
        "Delta": f,
        "alpha": 2 * x - f,
        "eps": f - x,
    }
    witness = {"f": str(f), "x": str(x), "weights": {name: str(value) for name, value in weights.items()}, "state": {}}
    with pytest.raises(CertificateRejected):
        accept(to_document(one(*case)), "rescaling", witness)


def test_a_weight_that_a_hypothesis_contradicts_is_rejected():
    witness = {"f": "1", "x": "0", "weights": {"mu": "2", "L": "1"}, "state": {}}
    with pytest.raises(CertificateRejected, match="strongly_convex"):
        rescaling.check(to_document(one(*FALSE[1])), witness)


def test_the_core_knows_every_hypothesis_with_its_degrees():
    table = {name: tuple((int(u.f), int(u.x)) for _, u in kind.arguments) for name, kind in HYPOTHESES.items()}
    assert table == dict(DEGREES)
