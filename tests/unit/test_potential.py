"""Bounds, rates and limits for every step count: what is proved, what is not, and what the core rejects."""

import copy
import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence import certificates
from convergence.checks.potential import check
from convergence.checks.resources import Budget, Resources
from convergence.claims import paper, to_document
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict

SYMBOLS = dict.fromkeys(("mu", "L", "D", "G", "Delta", "sigma", "delta", "a"), "positive")
CONVEX = ["convex", "smooth(L)", "initial_distance(D)"]
STRONG = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)", "mu <= L"]
GAP = ["strongly_convex(mu)", "smooth(L)", "initial_gap(Delta)", "mu <= L"]
FLAT = ["convex", "lipschitz(G)", "initial_distance(D)"]
NOISE = ["unbiased", "bounded_variance(sigma)"]
FISTA = {
    "parameters": {"alpha": "1/L", "beta": "(k - 2)/(k + 1)"},
    "state": {"previous": "theta"},
    "query": "theta + beta*(theta - previous)",
    "update": {"ahead": "theta + beta*(theta - previous) - alpha*g", "previous": "theta", "theta": "ahead"},
}


def claim(given, measure, step=None, **keys):
    if step is not None:
        keys = {"method": "gradient_descent", "parameters": {"alpha": step}, **keys}
    return paper("a paper", claims=[{"id": "c", "given": given, "measure": measure, **keys}], symbols=SYMBOLS).claims[0]


def proved(found):
    """Whether the search finds a proof; the core must accept the certificate after a trip through JSON."""
    evidence = check(found, Resources(budget=Budget.QUICK, seed=1))
    if evidence is None:
        return False
    witness = json.loads(json.dumps(evidence.certificate.witness))
    assert certificates.check(to_document(found), "potential", witness) is Verdict.PROVED
    assert evidence.verdict is Verdict.PROVED and "V_k" in evidence.reason
    return True


TRUE = {
    # Nesterov (2004), Theorem 2.1.14: L D^2/(2 k), here for every step up to 1/L: D^2/(2 a k).
    "gap": claim([*CONVEX, "a <= 1/L"], "gap", "a", bound="D**2/(2*a*k)"),
    "gap, loose": claim(CONVEX, "gap", "1/L", bound="L*D**2/k"),
    "gradient from the gap": claim(CONVEX, "squared_gradient_norm", "1/L", bound="L**2*D**2/k"),
    "gap rate": claim(CONVEX, "gap", "1/(3*L)", rate="1/k"),
    "gap rate from any start": claim(["convex", "smooth(L)", "initial_distance(D)"], "gap", "1/L", limit=0),
    # Polyak (1987), Theorem 1.4.3: |1 - a mu| up to 2/(L + mu), |1 - a L| beyond.
    "contraction, short": claim([*STRONG, "a*(L + mu) <= 2"], "distance", "a", bound="(1 - a*mu)**k*D"),
    "contraction, long": claim([*STRONG, "a*(L + mu) >= 2"], "distance", "a", bound="(a*L - 1)**k*D"),
    "contraction, best": claim(STRONG, "squared_distance", "2/(L + mu)", bound="((L - mu)/(L + mu))**(2*k)*D**2"),
    "gap from distance": claim(STRONG, "gap", "1/L", bound="L/2*(1 - mu/L)**(2*k)*D**2"),
    "gradient": claim(STRONG, "gradient_norm", "1/L", bound="L*(1 - mu/L)**k*D"),
    "gap contraction": claim(GAP, "gap", "1/L", bound="(1 - mu/L)**(2*k)*Delta"),
    "gap contraction, best step": claim(GAP, "gap", "2/(L + mu)", bound="((L - mu)/(L + mu))**(2*k)*Delta"),
    "never grows": claim(CONVEX, "distance", "2/L", bound="D"),
    "Polyak-Lojasiewicz": claim(
        ["polyak_lojasiewicz(mu)", "smooth(L)", "initial_gap(Delta)", "mu <= L"],
        "gap", "1/L", bound="(1 - mu/L)**k*Delta",
    ),
    # a function that is not constant has mu <= L: 2 mu (f - f*) <= |f'|^2 <= 2 L (f - f*)
    "Polyak-Lojasiewicz, mu <= L not said": claim(
        ["polyak_lojasiewicz(mu)", "smooth(L)", "initial_gap(Delta)"], "gap", "1/L", bound="(1 - mu/L)**k*Delta"
    ),
    "descent": claim(["smooth(L)", "initial_gap(Delta)", "a <= 2/L"], "gap", "a", bound="Delta"),
    # Nesterov (2004), (1.2.15) for the step a: Delta/(a (1 - a L/2) k).
    "best gradient": claim(
        ["smooth(L)", "initial_gap(Delta)"], "best_squared_gradient_norm", "1/(2*L)", bound="8*L*Delta/(3*k)"
    ),
    "mean gradient": claim(
        ["smooth(L)", "initial_gap(Delta)"], "average_squared_gradient_norm", "1/L", bound="2*L*Delta/k"
    ),
    "noise": claim(
        [*STRONG, *NOISE], "squared_distance", "1/L", bound="(1 - mu/L)**(2*k)*D**2 + sigma**2/(mu*(2*L - mu))"
    ),
    "decreasing steps": claim([*STRONG, *NOISE], "squared_distance", "2/(mu*k)", rate="1/k"),
    "decreasing steps, distance": claim([*STRONG, *NOISE], "distance", "1/(mu*k)", rate="1/sqrt(k)"),
    "slow steps": claim([*STRONG, *NOISE], "squared_distance", "1/(mu*sqrt(k))", limit=0),
    "errors": claim(
        [*STRONG, "gradient_error(delta)"], "distance", "1/L",
        bound="(1 - mu/L)**k*D + (1 - (1 - mu/L)**k)*delta/mu",
    ),
    # Nesterov (2004), Theorem 3.2.2: D^2/(2 a T) + a G^2/2.
    "subgradients": claim(FLAT, "best_gap", "a", bound="D**2/(2*a*k) + a*G**2/2"),
    "subgradients, horizon": claim(FLAT, "best_gap", "D/(G*sqrt(T))", bound="G*D/sqrt(T)"),
    "mean iterate": claim(FLAT, "average_iterate_gap", "D/(G*sqrt(T + 1))", bound="G*D*sqrt(T + 1)/T"),
    "projected": claim(
        ["convex", "bounded_gradients(G)", "unbiased", "bounded_domain(D)"],
        "average_regret", "D/(G*sqrt(t))", bound="3/2*D*G/sqrt(k)",
    ),
    # Drori, Teboulle (2014), Theorem 3.1; Taylor, Hendrickx, Glineur (2017), Section 4.1: attained for every k.
    "gap, exactly": claim([*CONVEX, "a <= 1/L"], "gap", "a", bound="L*D**2/(4*k*a*L + 2)"),
    "gradient, exactly": claim(CONVEX, "gradient_norm", "1/L", bound="L*D/(k + 1)"),
    "gradient from the gap, exactly": claim(
        ["convex", "smooth(L)", "initial_gap(Delta)"], "squared_gradient_norm", "1/L", bound="2*L*Delta/(2*k + 1)"
    ),
    # Rakhlin, Shamir, Sridharan (2012), Lemma 1, with the better constant of the same induction.
    "strongly convex subgradients": claim(
        ["strongly_convex(mu)", "bounded_gradients(G)", "unbiased"], "squared_distance", "1/(mu*t)",
        bound="G**2/(mu**2*k)",
    ),
    "heavy ball": claim(
        CONVEX, "average_iterate_gap", method="heavy_ball", parameters={"alpha": "1/(2*L)", "beta": "1/2"}, rate="1/k"
    ),
    "online": claim(
        ["convex", "online", "bounded_domain(D)", "lipschitz(G)"], "regret", "D/(G*sqrt(t))", bound="3/2*D*G*sqrt(k)"
    ),
    "accelerated": claim(CONVEX, "gap", method=FISTA, bound="2*L*D**2/(k + 1)**2"),
    "accelerated, builtin": claim(CONVEX, "gap", method="nesterov", parameters={"alpha": "1/(2*L)"}, rate="1/k**2"),
    "accelerated, strongly convex": claim(
        STRONG, "gap", method="nesterov_constant",
        parameters={"alpha": "1/L", "beta": "(sqrt(L) - sqrt(mu))/(sqrt(L) + sqrt(mu))"},
        bound="(1 - sqrt(mu/L))**k*(L + mu)/2*D**2",
    ),
}  # fmt: skip

FALSE = {
    # L D^2/(4 k + 2) is attained; so are the contraction factors, the noise floor and the error floor.
    "gap": claim(CONVEX, "gap", "1/L", bound="L*D**2/(4*k + 3)"),
    "gap, exactly": claim([*CONVEX, "a <= 1/L"], "gap", "a", bound="L*D**2/(4*k*a*L + 3)"),
    "gradient": claim(CONVEX, "gradient_norm", "1/L", bound="19/20*L*D/(k + 1)"),
    "strongly convex subgradients": claim(
        ["strongly_convex(mu)", "bounded_gradients(G)", "unbiased"], "squared_distance", "1/(mu*t)",
        bound="19/20*G**2/(mu**2*k)",
    ),
    "heavy ball": claim(
        CONVEX, "average_iterate_gap", method="heavy_ball", parameters={"alpha": "1/(2*L)", "beta": "1/2"},
        rate="1/k**2",
    ),
    "online": claim(
        ["convex", "online", "bounded_domain(D)", "lipschitz(G)"], "regret", "D/(G*sqrt(t))", bound="D*G*sqrt(k)/8"
    ),
    "gap, step too long": claim(CONVEX, "gap", "21/(10*L)", bound="L*D**2/(2*k)"),
    "gap, another distance": claim([*CONVEX[:2], "initial_distance(2*D)"], "gap", "1/L", bound="L*D**2/(2*k)"),
    "gap, not convex": claim(["smooth(L)", "initial_distance(D)"], "gap", "1/L", bound="L*D**2/(2*k)"),
    "gap, not smooth": claim(["convex", "initial_distance(D)"], "gap", "1/L", bound="L*D**2/(2*k)"),
    "gap, no start": claim(["convex", "smooth(L)"], "gap", "1/L", bound="L*D**2/(2*k)"),
    "gap, one step ahead": claim(CONVEX, "gap", "1/L", bound="L*D**2/(4*k + 6)"),
    "gap rate": claim(CONVEX, "gap", "1/L", rate="1/k**2"),
    "contraction": claim(STRONG, "distance", "1/L", bound="19/20*(1 - mu/L)**k*D"),
    "contraction, one step ahead": claim(STRONG, "distance", "1/L", bound="(1 - mu/L)**(k + 1)*D"),
    "contraction, not strongly convex": claim([*CONVEX, "mu <= L"], "distance", "1/L", bound="(1 - mu/L)**k*D"),
    "contraction, any step": claim(STRONG, "distance", "a", bound="(1 - a*mu)**k*D"),
    "contraction, step too long": claim(STRONG, "distance", "3/L", limit=0),
    "gap contraction": claim(GAP, "gap", "1/L", bound="19/20*(1 - mu/L)**(2*k)*Delta"),
    "never grows": claim(CONVEX, "distance", "2/L", bound="19/20*D"),
    "only at the first step": claim(STRONG, "distance", "1/L", bound="(1 - mu/L)**k*D*(1 - 1/(2*k**2))"),
    "noise": claim(
        [*STRONG, *NOISE], "squared_distance", "1/L", bound="(1 - mu/L)**(2*k)*D**2 + 19/20*sigma**2/(mu*(2*L - mu))"
    ),
    "noise with a bias": claim(
        [*STRONG, "bounded_variance(sigma)"], "squared_distance", "1/L",
        bound="(1 - mu/L)**(2*k)*D**2 + sigma**2/(mu*(2*L - mu))",
    ),
    "noise, limit": claim([*STRONG, *NOISE], "squared_distance", "1/L", limit=0),
    "decreasing steps": claim([*STRONG, *NOISE], "squared_distance", "1/(mu*k)", rate="1/k**2"),
    "steps too short": claim([*STRONG, *NOISE], "squared_distance", "1/(4*mu*k)", rate="1/k"),
    "errors": claim(
        [*STRONG, "gradient_error(delta)"], "distance", "1/L",
        bound="(1 - mu/L)**k*D + 19/20*(1 - (1 - mu/L)**k)*delta/mu",
    ),
    "mean gradient": claim(
        ["smooth(L)", "initial_gap(Delta)"], "average_squared_gradient_norm", "1/L", bound="L*Delta/(2*k)"
    ),
    "last gradient, not convex": claim(
        ["smooth(L)", "initial_gap(Delta)"], "squared_gradient_norm", "1/L", bound="2*L*Delta/k"
    ),
    "subgradients, no distance": claim(["convex", "lipschitz(G)"], "best_gap", "D/(G*sqrt(T))", bound="G*D/sqrt(T)"),
    "subgradients, last iterate": claim(FLAT, "gap", "D/(G*sqrt(T))", bound="G*D/sqrt(T)"),
    "accelerated": claim(CONVEX, "gap", method=FISTA, bound="19/10*L*D**2/(k + 1)**2"),
    "accelerated, cubic": claim(CONVEX, "gap", method="nesterov", parameters={"alpha": "1/L"}, rate="1/k**3"),
    "weights decay": claim(
        CONVEX, "gap",
        method={"parameters": {"alpha": "1/L"}, "update": {"theta": "9/10*theta - alpha*g"}}, bound="L*D**2/(2*k)",
    ),
    "online gap": claim(
        ["convex", "online", "bounded_domain(D)", "lipschitz(G)"], "best_gap", "D/(G*sqrt(t))", bound="3/2*D*G/sqrt(k)"
    ),
    "undefined": claim(STRONG, "distance", "1/L", bound="(1 - mu/L)**k*D*(2*L - mu)/(L - mu)"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_known_theorems_are_proved_for_every_k(name):
    assert proved(TRUE[name])


@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_not(name):
    assert not proved(FALSE[name])


@cache
def certificate(name):
    return check(TRUE[name], Resources(budget=Budget.QUICK, seed=1)).certificate


def witness_of(name):
    return copy.deepcopy(dict(certificate(name).witness))


def texts(node, path=()):
    """The place of every text in a witness."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, (*path, key))
    elif isinstance(node, str):
        yield path


def changed(witness, path, change):
    found = copy.deepcopy(witness)
    node = found
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = change(node[path[-1]])
    return found


TIGHT = ("contraction, best", "gap contraction", "never grows", "noise")


@pytest.mark.parametrize("name", TIGHT)
def test_no_multiplier_of_a_tight_proof_can_be_scaled(name):
    """Nothing is left over in these proofs, so that every number in them matters."""
    witness, document = witness_of(name), to_document(TRUE[name])
    for path in texts(witness["proof"]):
        for factor in ("19/20", "21/20"):
            worse = changed(witness["proof"], path, lambda text, factor=factor: f"({text})*{factor}")
            with pytest.raises(CertificateRejected):
                certificates.check(document, "potential", {**witness, "proof": worse})


PATTERNS = ("({})*2", "({})/2", "-({})", "0", "1", "({})*k", "({}) + D**2", "({})/(k - 1)", "", "C_start", "T*({})")
MUTATIONS = st.sampled_from(PATTERNS).map(lambda pattern: pattern.format)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(("gap", "contraction, best", "subgradients")),
    st.lists(MUTATIONS, min_size=1, max_size=3),
    st.data(),
)
def test_no_changed_certificate_proves_a_false_bound(name, mutations, data):
    """The bounds times 9/10 at k = 1 violate: the Huber function, a quadratic, and |x| in one dimension."""
    false = {
        "gap": claim([*CONVEX, "a <= 1/L"], "gap", "a", bound="D**2/(7*a*k)"),
        "contraction, best": claim(
            STRONG, "squared_distance", "2/(L + mu)", bound="9/10*((L - mu)/(L + mu))**(2*k)*D**2"
        ),
        "subgradients": claim(FLAT, "best_gap", "a", bound="D**2/(8*a*k) + a*G**2/8"),
    }[name]
    witness = witness_of(name)
    for mutation in mutations:
        path = data.draw(st.sampled_from(sorted(texts(witness))))
        witness = changed(witness, path, mutation)
    with pytest.raises(CertificateRejected):
        certificates.check(to_document(false), "potential", witness)


def test_the_induction_must_begin_at_the_first_step():
    """L D^2/(2 k) fails at no k, but a proof that begins after two steps says nothing about k = 1."""
    witness = witness_of("gap")
    witness["proof"]["first"] = 2
    with pytest.raises(CertificateRejected, match="0 to 1 steps before the induction"):
        certificates.check(to_document(TRUE["gap"]), "potential", witness)
    with pytest.raises(CertificateRejected, match="only rates and limits"):
        certificates.check(to_document(TRUE["gap"]), "potential", {"proof": {**witness["proof"], "late": "k - 5"}})


def test_a_late_proof_needs_a_condition_that_holds_in_the_end():
    found = TRUE["decreasing steps"]
    witness = witness_of("decreasing steps")
    witness["proof"]["late"] = "3 - k"
    with pytest.raises(CertificateRejected, match="not positive for all large k"):
        certificates.check(to_document(found), "potential", witness)


def test_facts_must_follow_from_the_hypotheses():
    witness = witness_of("gap")
    for fact in (
        "star query full",
        "slope query",
        "variance query",
        "growth query",
        "output star tied theta",
        "nothing",
    ):
        worse = copy.deepcopy(witness)
        worse["proof"]["step"]["facts"][fact] = "1"
        with pytest.raises(CertificateRejected):
            certificates.check(to_document(claim(["smooth(L)", "initial_gap(Delta)"], "gap", "1/L", bound="Delta")),
                               "potential", worse)  # fmt: skip


def test_a_minimiser_needs_a_reason():
    """exp(-x) has no minimiser: with the gap of the start alone, no fact may speak about one."""
    witness = witness_of("gap")
    witness["proof"]["base"] = {"gap": "1", "start star convex": "1"}
    found = claim(["convex", "smooth(L)", "initial_gap(Delta)", "a <= 1/L"], "gap", "a", bound="D**2/(2*a*k)")
    with pytest.raises(CertificateRejected, match="minimiser"):
        certificates.check(to_document(found), "potential", witness)


def test_the_constant_of_a_late_proof_must_outweigh_everything():
    """1/C_start falls as C_start grows, but never below 0: distances would tend to 0 as fast as one likes."""
    found = to_document(claim(CONVEX, "squared_distance", "1/L", rate="1/k**5"))
    contraction = {"theta- star full": "1/L**2", "star theta- full": "1/L**2"}
    for constant in ("1/C_start", "-C_start/(1 + C_start)", "-sqrt(C_start)"):
        proof = {
            "late": "k",
            "potential": {"theta theta": "1", "1": constant},
            "step": {"factor": "1", "facts": contraction},
            "final": {"factor": "1", "facts": {}},
        }
        with pytest.raises(CertificateRejected, match="must enter linearly"):
            certificates.check(found, "potential", {"bound": "1/k**5", "proof": proof})


def test_a_state_with_the_name_of_a_point_is_another_point():
    """The gradient at an extrapolation is not that at the new state, as for proximal steps of any length."""
    method = {
        "state": {"query": "theta"},
        "query": "query + (query - theta)/2",
        "update": {"query": "query - 100/L*g", "theta": "(theta + query)/2"},
        "output": "query",
    }
    found = to_document(claim(CONVEX, "gap", method=method, bound="L*D**2/(200*k)"))
    proof = {
        "potential": {"output": "200*k/L", "query query": "1", "1": "-D**2"},
        "first": 0,
        "base": {"distance": "1"},
        "step": {"factor": "1", "facts": {"output- output convex": "100*(k - 1)/L", "star output convex": "100/L"}},
        "final": {"factor": "L/(200*k)", "facts": {}},
    }
    with pytest.raises(CertificateRejected, match="two points have the name 'query'"):
        certificates.check(found, "potential", {"proof": proof})


@pytest.mark.parametrize("name", ["theta_mean", "start_mean", "other"])
def test_answers_of_the_oracle_are_bounded_at_iterates_whatever_states_are_called(name):
    method = {
        "state": {name: "theta"},
        "update": {name: f"3*{name} - 2*theta", "theta": "theta - 1/L*g"},
        "output": name,
    }
    given = ["convex", "smooth(L)", "bounded_gradients(G)"]
    found = to_document(claim(given, "squared_gradient_norm", method=method, bound="G**2"))
    final = {"factor": "0", "facts": {f"slope {name}": "1"}}
    proof = {"potential": {"1": "-1"}, "first": 0, "base": {}, "step": {"factor": "1", "facts": {}}, "final": final}
    with pytest.raises(CertificateRejected, match="does not assume lipschitz"):
        certificates.check(found, "potential", {"proof": proof})


def test_a_bound_in_the_horizon_proves_no_order_in_k_before_it():
    """With steps D/(G sqrt(T)) the regret after k = sqrt(T) rounds may be about D G k, which is not O(sqrt(k))."""
    given = ["convex", "bounded_gradients(G)", "unbiased", "bounded_domain(D)"]
    proof = {
        "potential": {"sum": "2*D/(G*sqrt(T))", "theta theta": "1", "1": "-D**2 - D**2*k/T"},
        "first": 0,
        "base": {"diameter start": "1"},
        "step": {
            "factor": "1",
            "facts": {"star query convex": "D/(G*sqrt(T))", "oracle query": "D**2/(G**2*T)", "projection": "1"},
        },
        "final": {"factor": "G*sqrt(T)/(2*D)", "facts": {}},
    }
    witness = {"bound": "2*D*G*sqrt(T)", "proof": proof}
    step = "D/(G*sqrt(T))"
    claimed = to_document(claim(given, "regret", step, rate="sqrt(T)"))
    assert certificates.check(claimed, "potential", witness) is Verdict.PROVED
    for rate in ("sqrt(k)", "k/sqrt(T)"):
        with pytest.raises(CertificateRejected, match="nothing about the order in k"):
            certificates.check(to_document(claim(given, "regret", step, rate=rate)), "potential", witness)
