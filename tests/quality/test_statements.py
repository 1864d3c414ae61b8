"""Statements of every exact kind, true and false, each with the verdict that it deserves.

The truth of each row was derived by hand; most false rows are a true one with a single number, exponent or hypothesis
changed. An undecided verdict is allowed, a wrong one never.
"""

from __future__ import annotations

from typing import Any

import pytest

from convergence.auditing.judge import examined
from convergence.checks import ROUTES, Resources, route
from convergence.claims import paper, to_document
from convergence.claims.reader import from_document
from convergence.verdicts import Verdict

EXACT = [name for name in ROUTES if name not in ("runs", "expectation")]

SYMBOLS = {
    "beta": "positive",
    "gamma": "positive",
    "mu": "positive",
    "L": "positive",
    "c": "positive",
    "p": "positive",
    "q": "positive",
    "D": "positive",
    "G": "positive",
    "sigma": "positive",
    "a": "positive",
    "d": "positive",
}

METHODS = {
    "gdmu": {"parameters": {"alpha": "1/(mu*k)"}, "step": "alpha*g"},
    "gd": {"parameters": {"alpha": "1/L"}, "step": "alpha*g"},
    "gd2": {"parameters": {"alpha": "2.1/L"}, "step": "alpha*g"},
    "sq": {"parameters": {"alpha": "D/(G*sqrt(k))"}, "step": "alpha*g"},
}

PROBLEMS = {
    "p": {"objective": "3*x**2 + y**2", "start": [1, 1]},
    "r": {"objective": "x**2 + 2*y**2 - 2*x*y + 2", "start": [2, 2]},
    "s": {"objective": "(x+y)**2", "start": [1, 0]},
    "ind": {"objective": "x**2-y**2"},
    "ros": {"objective": "(1-x)**2+100*(y-x**2)**2", "start": [-1, 1]},
    "quart": {"objective": "x**4+y**2"},
    "sh": {"objective": "(x-1)**2+5*(y+2)**2+3", "start": [0, 0]},
    "one": {"objective": "c*x**2"},
    "three": {"objective": "x**2+2*y**2+3*z**2+x*y", "start": [1, 0, 0]},
}

TRUE: list[dict[str, Any]] = [
    {"problem": "p", "eigenvalues": [2, 6]},
    {"problem": "p", "condition_number": 3},
    {"problem": "r", "eigenvalues": ["0.76", "5.24"]},
    {"problem": "r", "eigenvalues": ["3-sqrt(5)", "3+sqrt(5)"]},
    {"problem": "r", "trace": 6},
    {"problem": "r", "determinant": 4},
    {"problem": "r", "hessian": [[2, -2], [-2, 4]]},
    {"problem": "r", "gradient": ["2*x-2*y", "4*y-2*x"]},
    {"problem": "r", "minimum": 2},
    {"problem": "r", "minimiser": [0, 0]},
    {"problem": "sh", "minimiser": [1, -2]},
    {"problem": "sh", "minimum": 3},
    {"problem": "sh", "smoothness": 10},
    {"problem": "sh", "strong_convexity": 2},
    {"problem": "p", "stable_steps": "0 < eta < 1/3"},
    {"problem": "p", "best_step": "1/4"},
    {"problem": "r", "best_step": "0.33"},
    {"problem": "r", "best_step": "1/3"},
    {"problem": "p", "contraction": {"step": "1/4", "factor": "1/2"}},
    {"problem": "p", "behaviour": {"step": 0.1, "is": "monotone"}},
    {"problem": "p", "behaviour": {"step": 0.3, "is": "converges"}},
    {"problem": "p", "behaviour": {"step": 0.4, "is": "diverges"}},
    {"problem": "p", "behaviour": {"step": 0.4, "is": "diverges", "start": "almost every"}},
    {"problem": "p", "behaviour": {"step": "1/3", "is": "cycles", "start": [1, 0]}},
    {"problem": "p", "behaviour": {"step": "0 < eta < 1/3", "is": "converges", "start": "every"}},
    {"problem": "p", "behaviour": {"step": "eta > 1/3", "is": ["diverges"], "start": [1, 1]}},
    {"problem": "p", "faster": {"step": "0.2", "than": "0.1"}},
    {"problem": "p", "fastest": {"step": 0.25, "among": [0.01, 0.1, 0.25, 0.3]}},
    {"problem": "ind", "definiteness": "indefinite"},
    {"problem": "s", "definiteness": "positive semidefinite"},
    {"problem": "s", "stable_steps": "0 < eta < 1/2"},
    {"problem": "quart", "minimum": 0},
    {"problem": "ros", "gradient": ["-2*(1-x)-400*x*(y-x**2)", "200*(y-x**2)"]},
    {"problem": "ros", "critical_points": [[1, 1]]},
    {"problem": "three", "leading_minors": [2, 7, 42]},
    {"problem": "r", "iterations": {"step": 0.001, "ratio": 0.01, "at_least": 1000}},
    {"problem": "one", "smoothness": "2*c"},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "limit": 0, "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["a[k] >= 0", "beta > 1"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "log(k)/k", "given": ["a[k] >= 0", "beta >= 1"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "k**(-beta)", "given": ["a[k] >= 0", "beta < 1"]},
    {"recursion": "a[k+1] <= (1 - 1/2)*a[k]", "rate": "(1/2)**k", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= a[k]/2 + d", "rate": "1", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= (1 - 1/sqrt(k))*a[k] + 1/k", "rate": "1/sqrt(k)", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= (1 - 2/(k+2))*a[k] + 4/(k+2)**2", "rate": "1/k", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= (1 - mu/k)*a[k]", "rate": "k**(-mu)", "given": ["a[k] >= 0"]},
    {"sequence": "sum(1/i, i, 1, T)", "rate": "log(T)"},
    {"sequence": "sum(1/i, i, 1, T)", "same_order": "log(T)"},
    {"sequence": "sum(1/sqrt(i), i, 1, T)", "same_order": "sqrt(T)"},
    {"sequence": "sum(1/sqrt(i), i, 1, T)", "bound": "2*sqrt(T)"},
    {"sequence": "sum(1/(mu**2*i**2), i, 1, T)", "bound": "pi**2/(6*mu**2)"},
    {"sequence": "sum(1/(mu*i), i, 1, T) - log(T)/mu", "rate": "1"},
    {"sequence": "log(k)/k", "limit": 0},
    {"sequence": "k**(-p)", "rate": "1/k", "given": ["p >= 1"]},
    {"sequence": "k**p*exp(-k)", "limit": 0},
    {"sequence": "product(1 - 1/(2*i), i, 1, k)", "same_order": "1/sqrt(k)"},
    {"sequence": "sqrt(k+1)-sqrt(k)", "same_order": "1/sqrt(k)"},
    {"sequence": "D**2/(2*a*sqrt(T)) + a*G**2*sqrt(T)/2", "same_order": "sqrt(T)"},
    {"sequence": "D**2/(2*a*sqrt(T)) + a*G**2/(2*sqrt(T))", "rate": "1/sqrt(T)"},
    {"sequence": "(1-1/k)**k", "rate": "1"},
    {"sequence": "(1 + log(T))/sqrt(T)", "limit": 0},
    {"holds": "(a+d)**2 <= 2*a**2 + 2*d**2"},
    {"holds": "a*d <= a**2/2 + d**2/2"},
    {"holds": "1 - 2/k <= 1 - mu/k", "given": ["mu <= 2"]},
    {"holds": "a**2 - d**2 == (a-d)*(a+d)"},
    {"holds": "2*a*d <= c*a**2 + d**2/c"},
    {
        "method": "gd",
        "measure": "gap",
        "given": ["convex", "smooth(L)", "initial_distance(D)"],
        "bound": "L*D**2/(4*k+2)",
    },
    {
        "method": "gd",
        "measure": "distance",
        "given": ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"],
        "bound": "D*(1-mu/L)**k",
    },
    {"method": "gd", "measure": "gap", "given": ["convex", "smooth(L)", "initial_distance(D)"], "rate": "1/k"},
    {"problem": "p", "method": "gradient_descent", "parameters": {"alpha": "1/10"}, "measure": "distance", "limit": 0},
    {"problem": "p", "method": "gradient_descent", "parameters": {"alpha": "1/10"}, "measure": "gap", "rate": "1/k"},
    {"problem": "p", "method": "heavy_ball", "parameters": {"beta": "1/2"}, "stable_steps": "0 < alpha < 1/2"},
    {"method": "gradient_descent", "parameters": {"alpha": "1/L"}, "same_method": "gd"},
    {"recursion": "a[k+1] <= (1 - 1/k**2)*a[k]", "limit": 0, "given": ["a[k] >= 0"]},
]

FALSE: list[dict[str, Any]] = [
    {"problem": "p", "eigenvalues": [2, 5]},
    {"problem": "p", "eigenvalues": [2, 2, 6]},
    {"problem": "p", "condition_number": 2},
    {"problem": "r", "eigenvalues": ["1.17", "4.83"]},
    {"problem": "r", "eigenvalues": ["3-sqrt(6)", "3+sqrt(6)"]},
    {"problem": "r", "determinant": 5},
    {"problem": "r", "hessian": [[2, 2], [-2, 4]]},
    {"problem": "r", "gradient": ["2*x-2*y", "4*y+2*x"]},
    {"problem": "r", "minimum": 1},
    {"problem": "r", "minimiser": [0, 1]},
    {"problem": "sh", "smoothness": 5},
    {"problem": "p", "stable_steps": "0 < eta < 1/2"},
    {"problem": "p", "stable_steps": "0 < eta < 1/4"},
    {"problem": "p", "stable_steps": "0 < eta <= 1/3"},
    {"problem": "p", "best_step": "1/3"},
    {"problem": "r", "best_step": "0.35"},
    {"problem": "p", "contraction": {"step": "1/4", "factor": "0.6"}},
    {"problem": "p", "behaviour": {"step": 0.3, "is": "monotone"}},
    {"problem": "p", "behaviour": {"step": 0.4, "is": "diverges", "start": [0, 1]}},
    {"problem": "p", "behaviour": {"step": 0.4, "is": "diverges", "start": "every"}},
    {"problem": "p", "behaviour": {"step": "1/3", "is": "converges"}},
    {"problem": "p", "behaviour": {"step": "1", "is": "diverges", "start": [0, 1]}},
    {"problem": "p", "behaviour": {"step": "0 < eta < 0.4", "is": "converges", "start": "every"}},
    {"problem": "p", "behaviour": {"step": "eta > 0.3", "is": ["diverges"], "start": [1, 1]}},
    {"problem": "p", "faster": {"step": "1/6 < eta < 1/3", "than": "0 < eta < 1/6"}},
    {"problem": "p", "fastest": {"step": 0.3, "among": [0.01, 0.1, 0.3]}},
    {"problem": "ind", "definiteness": "positive definite"},
    {"problem": "ind", "minimum": 0},
    {"problem": "ros", "gradient": ["2*(1-x)-400*x*(y-x**2)", "200*(y-x**2)"]},
    {"problem": "three", "leading_minors": [2, 7, 40]},
    {"problem": "r", "iterations": {"step": 0.3, "ratio": 0.01, "at_least": 1000}},
    {"problem": "one", "smoothness": "c"},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "limit": 0},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["a[k] >= 0", "beta >= 1"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "k**(-beta)", "given": ["a[k] >= 0", "beta > 1"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k**2", "given": ["a[k] >= 0", "beta > 1"]},
    {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k", "limit": 0, "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= a[k]/2", "rate": "(1/3)**k", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= a[k]/2 + d", "limit": 0, "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= (1 - 1/sqrt(k))*a[k] + 1/k", "rate": "1/k", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] == (1 - 1/(2*k))*a[k]", "rate": "1/k"},
    {"recursion": "a[k+1] <= (1 - 2/k)*a[k] + gamma/k**2", "rate": "k**(-2)", "given": ["a[k] >= 0"]},
    {"recursion": "a[k+1] <= a[k] + 1/k**2", "limit": 0, "given": ["a[k] >= 0"]},
    {"sequence": "sum(1/i, i, 1, T)", "rate": "1"},
    {"sequence": "sum(1/sqrt(i), i, 1, T)", "bound": "1.9*sqrt(T)"},
    {"sequence": "sum(1/(mu**2*i**2), i, 1, T)", "bound": "1.6/mu**2"},
    {"sequence": "sum(1/(mu*i), i, 1, T) - log(T)", "rate": "1"},
    {"sequence": "log(k)/k", "rate": "1/k"},
    {"sequence": "k**(-p)", "rate": "1/k"},
    {"sequence": "k**(p-q)", "limit": 0},
    {"sequence": "product(1 - mu/(2*i), i, 1, k)", "same_order": "k**(-mu)"},
    {"sequence": "D**2/(2*a*sqrt(T)) + a*G**2*sqrt(T)/2", "rate": "1/sqrt(T)"},
    {"sequence": "(1 + log(T))/sqrt(T)", "rate": "1/sqrt(T)"},
    {"holds": "sqrt(1 - mu/k) <= 1 - mu/(2*k) - mu**2/(4*k**2)", "given": ["mu <= 1"]},
    {"holds": "(a+d)**2 <= a**2 + 2*d**2"},
    {"holds": "1 - 2/k <= 1 - mu/k"},
    {"holds": "a**2 - d**2 == (a-d)**2"},
    {"holds": "exp(-a) <= 1 - a"},
    {
        "method": "gd",
        "measure": "gap",
        "given": ["convex", "smooth(L)", "initial_distance(D)"],
        "bound": "0.95*L*D**2/(4*k+2)",
    },
    {
        "method": "gd",
        "measure": "gap",
        "given": ["convex", "smooth(L)", "initial_distance(D)"],
        "bound": "L*D**2/(8*k)",
    },
    {"method": "gd2", "measure": "gap", "given": ["convex", "smooth(L)", "initial_distance(D)"], "limit": 0},
    {"method": "gd2", "measure": "gap", "given": ["convex", "smooth(L)", "initial_distance(D)"], "rate": "1/k"},
    {
        "method": "gd",
        "measure": "distance",
        "given": ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"],
        "bound": "D*(1-mu/L)**(2*k)",
    },
    {
        "method": "gd",
        "measure": "gradient_norm",
        "given": ["convex", "smooth(L)", "initial_distance(D)"],
        "bound": "L*D/(k+2)",
    },
    {
        "method": "gd",
        "measure": "gap",
        "given": ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"],
        "rate": "exp(-k)",
    },
    {"method": "gdmu", "measure": "squared_distance", "given": ["strongly_convex(mu)", "smooth(L)"], "rate": "k**(-3)"},
    {"problem": "p", "method": "gradient_descent", "parameters": {"alpha": "1/2"}, "measure": "distance", "limit": 0},
    {
        "problem": "p",
        "method": "gradient_descent",
        "parameters": {"alpha": "1/10"},
        "measure": "distance",
        "bound": "(1/2)**k",
    },
    {
        "problem": "p",
        "method": "heavy_ball",
        "parameters": {"alpha": "1/4", "beta": "1/4"},
        "stable_steps": "0 < alpha < 1/3",
    },
    {"method": "gdmu", "same_method": "gd"},
]

INCONSISTENT: list[dict[str, Any]] = [
    {"sequence": "k**(-mu/2)", "same_order": "1/k", "versus": "Discussion"},
    {"method": "amvt", "same_method": "amvt_algorithm1", "versus": "Algorithm 1"},
]

ILL_POSED: list[dict[str, Any]] = [
    {
        "method": "gdmu",
        "measure": "distance",
        "given": ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)"],
        "rate": "k**(-mu/2)",
    },
    {"method": "gdmu", "measure": "distance", "given": ["strongly_convex(mu)", "lipschitz(G)"], "rate": "1/k"},
]

ROWS = [
    *((Verdict.PROVED, keys) for keys in TRUE),
    *((Verdict.REFUTED, keys) for keys in FALSE),
    *((Verdict.INCONSISTENT, keys) for keys in INCONSISTENT),
    *((Verdict.ILL_POSED, keys) for keys in ILL_POSED),
]
PAPER = paper(
    "statements",
    [{"id": f"row-{number}", **keys} for number, (_, keys) in enumerate(ROWS)],
    symbols=SYMBOLS,
    methods=METHODS,
    problems=PROBLEMS,
)


def exact_verdict(identifier: str) -> Verdict:
    """The first accepted exact verdict, or undecided; runs are left out."""
    document = to_document(PAPER[identifier])
    for name in EXACT:
        evidence = route(name)(from_document(document), Resources())
        if evidence is not None and (found := examined(evidence, document)).accepted:
            return found.evidence.verdict
    return Verdict.UNDECIDED


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda number: f"{ROWS[number][0]}-{number}")
def test_no_statement_gets_a_wrong_verdict(number: int) -> None:
    assert exact_verdict(f"row-{number}") in (ROWS[number][0], Verdict.UNDECIDED)


def test_every_seventh_statement() -> None:
    wrong = {}
    for number in range(0, len(ROWS), 7):
        verdict = exact_verdict(f"row-{number}")
        if verdict not in (ROWS[number][0], Verdict.UNDECIDED):
            wrong[number] = (ROWS[number], verdict)
    assert not wrong
