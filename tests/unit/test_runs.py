"""Rates, limits and bounds by runs: true claims are not contradicted, false ones are, nothing is guessed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sympy import Rational

from convergence.checks import expectation, runs
from convergence.checks.ensembles import Plan
from convergence.checks.resources import Resources
from convergence.claims import paper
from convergence.expressions import symbol
from convergence.methods import METHODS
from convergence.simulation.instances import admissible, constants, instances
from convergence.simulation.schedules import settled_after
from convergence.simulation.values import assignments
from convergence.verdicts import Tightness, Verdict

SYMBOLS = {
    "L": {"domain": "positive", "range": [0.5, 8]}, "mu": "positive", "D": "positive", "sigma": "positive",
    "G": "positive", "eta": "positive", "Delta": "positive", "q": "undefined",
}  # fmt: skip
METHOD_TABLES = {
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "decaying": {"parameters": {"alpha": "1/(mu*k)"}, "step": "alpha*g"},
    "root": {"parameters": {"alpha": "1/sqrt(k)"}, "step": "alpha*g"},
    "late": {"parameters": {"alpha": "0.1/(1 + k/10000)"}, "step": "alpha*g"},
    "horizon": {"parameters": {"alpha": "1/(L*sqrt(T))"}, "step": "alpha*g"},
    "adaptive": {
        "parameters": {"alpha": "1/10", "beta": "99/100"},
        "state": {"v": "0"},
        "update": {"v": "beta*v + (1 - beta)*g**2"},
        "step": "alpha*g/(1/10 + sqrt(v))",
    },
    "open": {"parameters": {"alpha": "eta"}, "step": "alpha*g"},
}
STRONG = ["strongly_convex(mu)", "smooth(L)"]
NOISY = [*STRONG, "unbiased", "bounded_variance(sigma)"]
ONLINE = ["convex", "online", "bounded_domain(2)", "bounded_gradients(G)"]
QUICK = Plan(steps=3000, seeds=16, pooled=4, starts=3, choices=2, problems=2)


@pytest.fixture
def short(monkeypatch):
    """Shorter runs on fewer problems than a quick audit's."""
    monkeypatch.setattr(Plan, "of", classmethod(lambda cls, resources: QUICK))


def claim(given, method, measure, **statement):
    table = {"id": "c", "given": given, "method": method, "measure": measure, **statement}
    return paper("test", [table], symbols=SYMBOLS, methods=METHOD_TABLES)["c"]


def verdict(*args, **statement):
    evidence = runs.check(claim(*args, **statement), Resources())
    assert evidence is not None and evidence.reason
    assert (evidence.verdict is not Verdict.UNDECIDED) or evidence.decisive
    json.dumps(dict(evidence.statistics))
    return evidence


TRUE = [
    (["convex", "smooth(L)"], "gd", "gap", {"rate": "1/k"}),
    (STRONG, "gd", "distance", {"rate": "(1 - mu/L)**k"}),
    (STRONG, "decaying", "distance", {"limit": 0}),
    (["smooth(L)", "bounded_below"], "gd", "best_squared_gradient_norm", {"rate": "1/k"}),
]
FALSE = [
    (["convex", "smooth(L)"], "gd", "gap", {"rate": "1/k**2"}),
    (["strongly_convex(mu)"], "decaying", "distance", {"rate": "k**(-mu/2)"}),
    (STRONG, "gd", "distance", {"rate": "(1 - 2*mu/L)**k"}),
    (["smooth(L)", "bounded_below"], "gd", "gap", {"limit": 0}),
    (NOISY, "gd", "gap", {"rate": "1/k"}),
    (NOISY, "gd", "distance", {"limit": 0}),
    (ONLINE, "root", "regret", {"rate": "log(T)"}),
]
NOT_CONTRADICTED = [
    (NOISY, "decaying", "gap", {"rate": "1/k"}),
    (["convex", "lipschitz(G)"], "root", "best_gap", {"rate": "1/sqrt(k)"}),
    (
        ["convex", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
        "horizon",
        "average_iterate_gap",
        {"rate": "1/sqrt(T)"},
    ),
    (ONLINE, "root", "regret", {"rate": "sqrt(T)"}),
]


@pytest.mark.parametrize("case", TRUE, ids=str)
def test_true_claims_are_supported(case):
    evidence = verdict(*case[:3], **case[3])
    assert evidence.verdict is Verdict.SUPPORTED
    assert evidence.tightness is not Tightness.LOOSE


@pytest.mark.parametrize("case", FALSE, ids=str)
def test_false_claims_diverge(short, case):
    evidence = verdict(*case[:3], **case[3])
    assert evidence.verdict is Verdict.DIVERGES
    assert evidence.statistics["p_value"] <= 0.01
    assert evidence.certificate is None
    roles = {series.role for series in evidence.series}
    assert {"run", "median"} <= roles
    assert all(len(series.steps) == len(series.values) and min(series.values) > 0 for series in evidence.series)


@pytest.mark.slow
@pytest.mark.parametrize("case", NOT_CONTRADICTED, ids=str)
def test_true_claims_that_need_more_data_are_not_contradicted(case):
    assert verdict(*case[:3], **case[3]).verdict in (Verdict.SUPPORTED, Verdict.UNDECIDED)


def test_a_schedule_that_has_not_begun_is_not_judged(short):
    evidence = verdict(NOISY, "late", "gap", rate="1/k")
    assert evidence.verdict is Verdict.UNDECIDED
    assert "final form" in evidence.reason


def test_rising_from_a_start_below_the_noise_is_no_divergence():
    steps = np.arange(1, 1001)
    risen = np.tile(1e-6 + np.minimum(1.0, steps / 10) / np.sqrt(steps), (3, 1))
    assert not runs._growing(steps, risen)
    assert runs._growing(steps, risen * 1.01**steps)
    assert runs._growing(steps, np.where(steps > 900, np.inf, risen))


def test_a_missing_factor_beside_geometric_decay_is_not_supported():
    """Heavy ball with a double root: the distance is of order k q^k, which a fit cannot tell from q^k."""
    given = {"given": [], "method": "ball", "measure": "distance", "problem": "bowl"}
    tables = {
        "methods": {"ball": {"base": "heavy_ball", "parameters": {"alpha": "9/4", "beta": "1/4"}}},
        "problems": {"bowl": {"objective": "x**2/2", "start": [1]}},
    }
    # 1 + beta - alpha = -1 and beta = 1/4: z^2 + z + 1/4 = (z + 1/2)^2
    claims = [{"id": "without", "rate": "2**(-k)", **given}, {"id": "with", "rate": "k*2**(-k)", **given}]
    both = paper("test", claims, **tables)
    without = runs.check(both["without"], Resources())
    assert without.verdict is Verdict.UNDECIDED
    assert "factor is missing" in without.reason
    assert runs.check(both["with"], Resources()).verdict is Verdict.SUPPORTED


def test_bounds_whose_runs_leave_the_hypotheses_are_not_judged():
    given = ["strongly_convex(mu)", "unbiased", "bounded_gradients(G)"]
    evidence = expectation.check(claim(given, "decaying", "squared_distance", bound="4*G**2/(mu**2*k)"), Resources())
    assert evidence.verdict is Verdict.UNDECIDED


def test_an_adaptive_method_below_the_resolution_of_numbers_is_not_supported(short):
    """Its step grows as its memory of gradients fades, so that the iterate may leave the minimiser again."""
    evidence = verdict(["quadratic", "strongly_convex(1)", "smooth(2)"], "adaptive", "gap", limit=0)
    assert evidence.verdict is Verdict.UNDECIDED
    assert "not linear" in evidence.reason


def test_what_cannot_be_arranged_is_undecided_and_says_what(short):
    evidence = verdict(["strongly_convex(mu)", "lipschitz(G)"], "decaying", "gap", rate="1/k")
    assert evidence.verdict is Verdict.UNDECIDED
    assert "no problem of this package satisfies" in evidence.reason
    undefined = verdict(["convex", "smooth(q)"], "gd", "gap", rate="1/k")
    assert "q has no domain" in undefined.reason


def test_claims_of_other_kinds_are_left_alone():
    bound = claim(["convex", "smooth(L)", "initial_distance(D)"], "gd", "gap", bound="L*D**2/(4*k + 2)")
    assert runs.check(bound, Resources()) is None
    assert expectation.check(claim(["convex", "smooth(L)"], "gd", "gap", rate="1/k"), Resources()) is None


def test_ids_and_words_change_nothing(short):
    first = claim(["convex", "smooth(L)"], "gd", "gap", rate="1/k**2")
    second = replace(first, id="proved-true-theorem", says="supported", where="elsewhere")
    assert runs.check(first, Resources()) == runs.check(second, Resources())


def test_bounds():
    given = ["convex", "smooth(L)", "initial_distance(D)"]
    holds = expectation.check(claim(given, "gd", "gap", bound="L*D**2/(4*k + 2)"), Resources())
    assert holds.verdict is Verdict.UNDECIDED and "not contradicted" in holds.reason
    fails = expectation.check(claim(given, "gd", "gap", bound="L*D**2/(40*k + 2)"), Resources())
    assert fails.verdict is Verdict.DIVERGES


def test_bounds_in_expectation(short):
    noisy = expectation.check(claim(NOISY, "decaying", "squared_distance", bound="sigma**2/(100*mu**2*k)"), Resources())
    assert noisy.verdict is Verdict.DIVERGES
    assert noisy.statistics["p_value"] <= 0.01
    assert noisy.statistics["seeds"] == 16


# --- numbers for symbols


def test_numbers_respect_domains_ranges_and_relations():
    table = claim([*STRONG, "eta <= 1/L", "eta > 0"], "open", "gap", rate="1/k")
    found = assignments(table, table.method.given)
    assert len(found) == 3
    for values in found:
        numbers = {name.name: value for name, value in values.items()}
        assert Rational(1, 2) <= numbers["L"] <= 8
        assert 0 < numbers["eta"] <= 1 / numbers["L"]
        assert numbers["mu"] <= numbers["L"]


@pytest.mark.parametrize(
    ("given", "measure"),
    [
        (["convex"], "gap"),
        (["convex", "smooth(L)", "initial_distance(D)"], "gap"),
        (STRONG, "gap"),
        (["quadratic", "smooth(L)"], "gap"),
        (["smooth(L)", "initial_gap(Delta)"], "gap"),
        (["polyak_lojasiewicz(mu)", "smooth(L)"], "gap"),
        (["convex", "lipschitz(G)"], "gap"),
        (["convex", "bounded_gradients(G)", "unbiased"], "gap"),
        (["strongly_convex(mu)", "bounded_gradients(G)", "unbiased"], "gap"),
        (["convex", "smooth(L)", "bounded_domain(D)", "unbiased", "bounded_variance(sigma)"], "gap"),
    ],
    ids=str,
)
def test_instances_satisfy_every_hypothesis(given, measure):
    table = claim(given, "open", measure, rate="1/k")
    for values in assignments(table, table.method.given):
        wanted = constants(table, values)
        found = instances(wanted, 1.0, 1000)
        assert len(found) >= 2
        for instance in found:
            assert admissible(instance, wanted)
            size = float(np.linalg.norm(instance.problem.gradient(instance.start)))
            assert size**2 + instance.oracle.sigma**2 <= wanted.slope**2 + wanted.sigma**2 + 1e-9


def test_schedules_settle():
    eta = symbol("eta", "positive")
    at = {eta: Rational(1, 10)}
    descent = METHODS["gradient_descent"]
    assert settled_after(descent, {}, 1000) == 1.0
    from convergence.methods.rule import t

    late = descent.with_parameters(alpha=eta / (1 + t / 10_000))
    assert 1e5 < settled_after(late, at, 1000) < 1e6  # the slope of 1 + x over [x/3, x] is within 5 % of 1 near x = 36
    assert settled_after(descent.with_parameters(alpha=eta / t), at, 1000) == 1000.0
    assert settled_after(METHODS["adam"], {}, 10_000) == 10_000.0
