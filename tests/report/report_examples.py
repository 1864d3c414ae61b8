"""An audit with every verdict, every kind of statement, readings, plots and certificates, made by hand."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from convergence.auditing import Audit, ClaimResult, Judged, PaperResult, ReadingResult
from convergence.claims import Claim, Paper, paper
from convergence.evidence import Certificate, Evidence, Series
from convergence.verdicts import Tightness, Verdict

SYMBOLS = {
    "L": {"domain": "positive", "range": [0.5, 8], "meaning": "smoothness"},
    "mu": "positive",
    "D": "positive",
    "G": "positive",
    "sigma": "positive",
    "alpha": "positive",
    "beta": "positive",
    "gamma": "positive",
    "beta1": "unit",
    "lambda_": "nonnegative",
    "c": "undefined",
}

CLAIMS = [
    {
        "id": "smooth-convex",
        "where": "Theorem 1",
        "says": "the last iterate's gap is at most L D^2 / (4 k + 2)",
        "given": ["convex", "smooth(L)", "initial_distance(D)"],
        "method": "gradient_descent",
        "parameters": {"alpha": "1/L"},
        "measure": "gap",
        "bound": "L*D**2/(4*k + 2)",
    },
    {
        "id": "strong-rate",
        "where": "Main Results",
        "says": "the distance falls like k to the power -mu/2",
        "given": ["strongly_convex(mu)", "smooth(L)"],
        "method": "gradient_descent",
        "parameters": {"alpha": "1/(mu*k)"},
        "measure": "distance",
        "rate": "k**(-mu/2)",
        "expects": "ill-posed",
        "readings": [{"reading": "as intended", "rate": "1/k", "says": "the distance falls like 1/k"}],
    },
    {
        "id": "noisy-average",
        "where": "Property 1",
        "says": "the average iterate's expected gap is O(1/T)",
        "given": ["convex", "smooth(L)", "unbiased", "bounded_gradients(G)", "bounded_variance(sigma)"],
        "method": "adam",
        "measure": "average_iterate_gap",
        "rate": "1/T",
    },
    {
        "id": "noisy-theorem",
        "where": "Theorem 2",
        "says": "a bound with a square root of the horizon",
        "given": ["convex", "unbiased", "bounded_gradients(G)", "initial_distance(D)"],
        "method": "adam",
        "measure": "gap",
        "bound": "D**2/(2*alpha*sqrt(T)) + alpha*G**2*sqrt(T)/2",
    },
    {
        "id": "online",
        "where": "Property 3",
        "given": ["online", "bounded_domain(D)", "lipschitz(G)"],
        "method": "gradient_descent",
        "measure": "regret",
        "same_order": "sqrt(T)",
    },
    {
        "id": "gradients",
        "where": "4.3",
        "given": ["smooth(L)", "bounded_below", "gradient_error(sigma/k)"],
        "method": "momentum",
        "measure": "average_squared_gradient_norm",
        "rate": "log(T)/sqrt(T)",
    },
    {
        "id": "best",
        "given": ["smooth(L)", "polyak_lojasiewicz(mu)"],
        "method": "nesterov",
        "measure": "best_squared_gradient_norm",
        "rate": "(1 - mu/L)**k",
    },
    {
        "id": "lemma",
        "where": "Lemma 2.1",
        "recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2",
        "limit": 0,
        "readings": [{"reading": "with nonnegative terms", "given": ["a[k] >= 0", "beta > 1"], "rate": "1/k"}],
    },
    {
        "id": "product",
        "where": "Main Results, step 4",
        "sequence": "product(sqrt(1 - mu/i), i, 1, k)",
        "rate": "exp(-sum(mu/(2*i), i, 1, k))",
    },
    {"id": "spectrum", "where": "4.10.1", "problem": "p", "eigenvalues": [2, 6]},
    {"id": "hessian", "where": "4.10.1", "problem": "p", "hessian": [[4, -2], [-2, 4]]},
    {"id": "minimiser", "where": "4.10.1", "problem": "p", "minimiser": [0, 0]},
    {"id": "critical", "where": "4.10.2", "problem": "q", "critical_points": [["-1/2", 0], [0, 0]]},
    {"id": "definite", "problem": "p", "definiteness": "positive definite"},
    {"id": "condition", "problem": "p", "condition_number": "3.00"},
    {"id": "stable", "where": "Table 4.4", "problem": "p", "stable_steps": "0 < eta < 1/3"},
    {"id": "best-step", "where": "Table 4.4", "problem": "p", "best_step": "1/4"},
    {"id": "contraction", "problem": "p", "contraction": {"step": "1/4", "factor": 0.5}},
    {"id": "behaviour", "where": "Table 4.4, row 5", "problem": "p", "behaviour": {"step": 0.4, "is": "diverges"}},
    {
        "id": "every-step",
        "problem": "p",
        "behaviour": {"step": "eta > 1/3", "is": ["diverges", "cycles"], "start": "every"},
    },
    {"id": "faster", "problem": "p", "faster": {"step": 0.25, "than": "0 < eta < 0.1"}},
    {"id": "fastest", "problem": "p", "fastest": {"step": 0.2, "among": [0.1, 0.2, 0.3]}},
    {"id": "iterations", "problem": "p", "iterations": {"step": 0.1, "ratio": "1e-6", "at_least": 20, "at_most": 40}},
    {
        "id": "arithmetic",
        "where": "Abstract v 5.2",
        "versus": "5.2",
        "says": "23% faster than Adam",
        "arithmetic": {"computed": "(a - b)/a", "printed": "23%", "inputs": {"a": "150", "b": "112"}},
    },
    {"id": "numbers", "arithmetic": {"computed": ["9/12 - 1/3", "sqrt(2)/3 * 2**-1"], "printed": "24-31%"}},
    {
        "id": "comparison",
        "where": "Table 2",
        "comparison": {"relation": "a > b", "inputs": {"a": "93.1%", "b": "92.8"}},
    },
    {"id": "holds", "given": ["mu <= L"], "holds": "0 <= 1 - mu/L < 1"},
    {"id": "same", "where": "4.1", "method": "heavy_ball", "same_method": "momentum"},
    {
        "id": "undefined",
        "where": "3.2",
        "given": ["convex"],
        "method": "gradient_descent",
        "measure": "gap",
        "rate": "c/k",
    },
    {
        "id": "trained",
        "where": "5.1",
        "says": "2-3% better accuracy",
        "empirical": "training the same nets on the same data",
    },
]

PROBLEMS = {
    "p": {"objective": "2*x**2 + 2*y**2 - 2*x*y + 2", "start": [1, 1]},
    "q": {"objective": "x**4/4 - x**3/3 + x*y**2 + lambda_*y", "variables": ["x", "y"]},
}


def example_paper() -> Paper:
    """Claims of every kind."""
    return paper("Thirty statements about descent", CLAIMS, source="made for tests", symbols=SYMBOLS, problems=PROBLEMS)


def power_law(exponent: float, seeds: int = 6, floor: float = 1e-3) -> tuple[Series, ...]:
    """Runs that decay to a floor, with their median, a claimed 1/k and a fitted line."""
    stream = random.Random(7)
    steps = sorted({int(10 ** (4 * i / 300)) for i in range(301)})
    runs = [[k**-exponent * math.exp(stream.gauss(0, 0.25)) + floor for k in steps] for _ in range(seeds)]
    median = [sorted(column)[seeds // 2] for column in zip(*runs, strict=True)]
    seen = tuple(
        Series(role="run", steps=tuple(steps), values=tuple(run), label=f"seed {i}") for i, run in enumerate(runs)
    )
    return (
        *seen,
        Series(role="median", steps=tuple(steps), values=tuple(median), label="median"),
        Series(role="claimed", steps=(1, 10**4), values=(1, 1e-4), label="claimed 1/k"),
        Series(
            role="fitted",
            steps=(100, 10**4),
            values=(100**-exponent, 10 ** (-4 * exponent)),
            label=f"fitted k^-{exponent:.2f} [{exponent - 0.03:.2f}, {exponent + 0.03:.2f}]",
        ),
        Series(role="floor", steps=(1, 10**4), values=(floor, floor), label="noise floor"),
    )


def runs(verdict: Verdict, exponent: float) -> Judged:
    """Evidence from runs."""
    evidence = Evidence(
        route="runs",
        verdict=verdict,
        reason=f"the decay of six seeds over 10,000 steps is k^-{exponent:.2f}, claimed is k^-1",
        figures={"exponent": exponent, "interval": f"[{exponent - 0.03:.2f}, {exponent + 0.03:.2f}]", "seeds": 6},
        series=power_law(exponent),
        statistics={"test": "one-sided, over seeds", "level": 0.01, "p_value": 1.3e-7, "seeds": 6, "power": 0.97},
    )
    return Judged(evidence=evidence, replay="convergence audit claims.toml --only noisy-average --seed 0")


def certified(verdict: Verdict, reason: str, name: str, **figures: str | int | float) -> Judged:
    """Evidence with an accepted certificate."""
    witness = {"x0": "1", "step": "3 - sqrt(5)", "k": 10}
    evidence = Evidence(
        route="spectrum",
        verdict=verdict,
        reason=reason,
        figures=figures,
        certificate=Certificate(kind="trajectory", witness=witness),
    )
    file = f"certificates/thirty-{name}-0-0.json"
    return Judged(evidence=evidence, accepted=True, replay=f"convergence check {file}", certificate_file=file)


def _found(claim: Claim) -> ReadingResult:
    key = (claim.id, claim.reading)
    judged = {
        ("smooth-convex", "as printed"): certified(
            Verdict.PROVED,
            "the bound follows from four interpolation inequalities for every k up to 25",
            "smooth",
            multipliers=4,
            horizon=25,
        ),
        ("strong-rate", "as printed"): certified(
            Verdict.ILL_POSED,
            "doubling f doubles mu, which changes the claimed exponent and not the iterates",
            "rate",
            **{"scale of f": 2, "exponent before": "-mu/2", "exponent after": "-mu"},
        ),
        ("strong-rate", "as intended"): runs(Verdict.SUPPORTED, 0.99),
        ("noisy-average", "as printed"): runs(Verdict.DIVERGES, 0.5),
        ("lemma", "as printed"): certified(
            Verdict.REFUTED,
            "a(k) = -k satisfies the recursion for every k >= 1 and does not tend to 0",
            "lemma",
            **{"beta": "1", "gamma": "1", "a[1]": "-1", "a[10]": "-10", "a[k]": "-k"},
        ),
        ("lemma", "with nonnegative terms"): certified(
            Verdict.PROVED, "gamma/((beta - 1) k) is a supersolution", "lemma-nn"
        ),
        ("stable", "as printed"): certified(
            Verdict.PROVED,
            "the eigenvalues are 2 and 6, so iterates converge exactly for 0 < eta < 2/6",
            "stable",
            eigenvalues="2, 6",
            threshold="1/3",
        ),
        ("behaviour", "as printed"): certified(
            Verdict.REFUTED,
            "from (1, 1) the iterates stay on the eigenvector of 2 and contract by |1 - 2*2/5| = 1/5",
            "behaviour",
            start="(1, 1)",
            step="2/5",
            factor="1/5",
            **{"x after 3 steps": "(1/125, 1/125)"},
        ),
        ("arithmetic", "as printed"): certified(
            Verdict.INCONSISTENT,
            "(150 - 112)/150 lies between 0.2493 and 0.2573 for every rounding; 23% is printed",
            "arithmetic",
            computed="19/75 = 0.2533",
            least="149/598",
            largest="77/299",
            printed="[0.225, 0.235]",
        ),
    }.get(key)
    if judged is None:
        reason = "no check here applies to this statement"
        return ReadingResult(
            claim=claim, verdict=Verdict.UNDECIDED, reason=reason, decisive="a proof or a counterexample"
        )
    evidence = judged.evidence
    result = ReadingResult(
        claim=claim, verdict=evidence.verdict, reason=evidence.reason, evidence=(judged,), seconds=1.5
    )
    return (
        replace(result, tightness=Tightness.LOOSE, better="O(1/k^2)") if key[1] == "with nonnegative terms" else result
    )


def example_audit(of: Paper | None = None) -> Audit:
    """An audit of `example_paper` with every verdict; of another paper, all undecided."""
    audited = of or example_paper()
    results = tuple(ClaimResult(readings=tuple(map(_found, claim.readings))) for claim in audited)
    return audit_of(PaperResult(paper=audited, claims=results))


def audit_of(*papers: PaperResult) -> Audit:
    """An audit of results made by hand."""
    return Audit(
        papers=papers,
        seed=0,
        budget="quick",
        versions={"convergence-audit": "0.1.0", "sympy": "1.14.0"},
        statistics={"level": 0.01, "correction": "Holm", "tests": 2},
    )
