"""Statements about sequences, recursions and relations whose truth is known: every verdict must be right."""

from __future__ import annotations

from typing import Any

import pytest

from convergence import certificates
from convergence.checks import Resources, route
from convergence.claims import paper, to_document

SYMBOLS = {
    **dict.fromkeys(("mu", "L", "p", "q", "beta", "gamma", "c", "d", "s", "A", "G", "alpha", "eta"), "positive"),
    "rho": "unit",
    "r": "fraction",
    "x": "real",
    "y": "real",
    "i": "natural",
    "n": "natural",
}

SEQUENCES: list[tuple[str, dict[str, Any]]] = [
    ("proved", {"sequence": "k**(-mu/2)", "rate": "1/k", "given": ["mu >= 2"]}),
    ("refuted", {"sequence": "k**(-mu/2)", "rate": "1/k"}),
    ("proved", {"sequence": "sum(1/(mu*i), i, 1, T) - log(T)/mu", "rate": "1"}),
    ("proved", {"sequence": "sum(1/(mu*i), i, 1, T)", "same_order": "log(T)"}),
    ("refuted", {"sequence": "sum(1/(mu*i), i, 1, T)", "rate": "1"}),
    ("proved", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "rate": "k**(-mu/2)"}),
    ("refuted", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "rate": "k**(-mu)"}),
    ("refuted", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "same_order": "k**(-mu/2)"}),
    ("proved", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "same_order": "k**(-mu/2)", "given": ["mu < 2"]}),
    ("proved", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "limit": "0"}),
    ("proved", {"sequence": "sqrt(k+1)-sqrt(k)", "same_order": "1/sqrt(k)"}),
    ("proved", {"sequence": "sum(i**(-p), i, 1, T)", "rate": "1", "given": ["p > 1"]}),
    ("refuted", {"sequence": "sum(i**(-p), i, 1, T)", "rate": "1"}),
    ("proved", {"sequence": "sum(i**(-p), i, 1, T)", "rate": "T**(1-p)", "given": ["p < 1"]}),
    ("refuted", {"sequence": "sum(i**(-p), i, 1, T)", "rate": "T**(1-p)", "given": ["p <= 1"]}),
    ("proved", {"sequence": "k**(-p)*log(k)**q", "rate": "1/k", "given": ["p > 1"]}),
    ("refuted", {"sequence": "k**(-p)*log(k)**q", "rate": "1/k", "given": ["p >= 1"]}),
    ("proved", {"sequence": "rho**k", "rate": "1/k**5"}),
    ("proved", {"sequence": "rho**k*k**p", "limit": "0"}),
    ("refuted", {"sequence": "k**(-p)", "rate": "rho**k"}),
    ("proved", {"sequence": "sum(rho**i, i, 0, k)", "rate": "1"}),
    ("proved", {"sequence": "sum(rho**(k-i)/i, i, 1, k)", "rate": "1/k"}),
    ("refuted", {"sequence": "sum(rho**(k-i)/i, i, 1, k)", "rate": "1/k**2"}),
    ("proved", {"sequence": "sum(1/i**2, i, 1, k)", "limit": "pi**2/6"}),
    ("refuted", {"sequence": "sum(1/i**2, i, 1, k)", "limit": "1.64"}),
    ("proved", {"sequence": "(1 - mu/k)**k", "limit": "exp(-mu)"}),
    ("refuted", {"sequence": "(1 - mu/k)**k", "limit": "0"}),
    ("proved", {"sequence": "sum(1/sqrt(i), i, 1, T)/T", "same_order": "1/sqrt(T)"}),
    ("proved", {"sequence": "(A + G*sum(1/i, i, 1, T))/sum(1/sqrt(i), i, 1, T)", "rate": "log(T)/sqrt(T)"}),
    ("refuted", {"sequence": "(A + G*sum(1/i, i, 1, T))/sum(1/sqrt(i), i, 1, T)", "rate": "1/sqrt(T)"}),
    ("proved", {"sequence": "A/(alpha*sqrt(T)) + alpha*G**2/sqrt(T)", "rate": "1/sqrt(T)"}),
    ("refuted", {"sequence": "A/(alpha*sqrt(T)) + alpha*G**2*sqrt(T)", "rate": "1/sqrt(T)"}),
    ("proved", {"sequence": "log(k)/k", "rate": "1/sqrt(k)"}),
    ("refuted", {"sequence": "log(k)/k", "rate": "1/k"}),
    ("proved", {"sequence": "(1-r)**k + k**(-2)", "rate": "k**(-2)"}),
    ("proved", {"sequence": "max(1/k, k**(-p))", "rate": "1/k", "given": ["p>=1"]}),
    ("refuted", {"sequence": "max(1/k, k**(-p))", "rate": "1/k"}),
    ("proved", {"sequence": "exp(-sum(mu/(2*i), i, 1, k))", "same_order": "k**(-mu/2)"}),
    ("proved", {"sequence": "product(sqrt(1-1/(2*i)), i, 1, k)", "same_order": "k**(-1/4)"}),
    ("refuted", {"sequence": "product(1-2/i, i, 1, k)", "same_order": "k**(-2)"}),
    ("proved", {"sequence": "product(1-2/i, i, 1, k)", "limit": 0}),
    ("proved", {"sequence": "product(1-1/i**2, i, 2, k)", "same_order": 1}),
    ("proved", {"sequence": "product(1+1/i**2, i, 1, k)", "same_order": 1}),
    ("proved", {"sequence": "product(1-1/sqrt(i+1), i, 1, k)", "rate": "1/k**3"}),
    ("proved", {"sequence": "sum(1/i, i, k+1, 2*k)", "limit": "log(2)"}),
    ("proved", {"sequence": "sum(log(i), i, 1, k) - k*log(k) + k", "same_order": "log(k)"}),
    ("proved", {"sequence": "sum(sum(1/j, j, 1, i), i, 1, T)", "same_order": "T*log(T)"}),
    ("proved", {"sequence": "1/(k*log(k+1)**q)", "rate": "1/k"}),
    ("proved", {"sequence": "k**(p-q)", "rate": "1/k", "given": ["q >= p + 1"]}),
    ("refuted", {"sequence": "k**(p-q)", "rate": "1/k", "given": ["q >= p"]}),
    ("proved", {"sequence": "exp(k**p)*exp(-k**q)", "limit": "0", "given": ["p < q"]}),
    ("refuted", {"sequence": "exp(k**p)*exp(-k**q)", "limit": "0"}),
    ("refuted", {"sequence": "(3*k**(p-q) + 1/k)/(k**(5/2) + 3*k**q)", "rate": "k**(-7/2)"}),
    ("proved", {"sequence": "sum(1/(mu**2*i**2), i, 1, T)", "bound": "pi**2/(6*mu**2)"}),
    ("refuted", {"sequence": "sum(1/(mu**2*i**2), i, 1, T)", "bound": "1.6/mu**2"}),
    ("refuted", {"sequence": "sum(1/i**2, i, 1, T)", "bound": "1.6449"}),
    ("proved", {"sequence": "sum(1/i**2, i, 1, T)", "bound": "2 - 1/T"}),
    ("proved", {"sequence": "sum(1/i**2, i, 1, T)", "bound": "2"}),
    ("proved", {"sequence": "sum(1/i, i, 1, T)", "bound": "1 + log(T)"}),
    ("refuted", {"sequence": "sum(1/i, i, 1, T)", "bound": "log(T)"}),
    ("refuted", {"sequence": "sum(1/i, i, 1, T)", "bound": "0.9 + log(T)"}),
    ("refuted", {"sequence": "sum(1/i, i, 1, T)", "bound": "0.5*log(T)+100"}),
    ("proved", {"sequence": "sum(1/sqrt(i), i, 1, T)", "bound": "2*sqrt(T)"}),
    ("proved", {"sequence": "sum(1/sqrt(i), i, 1, T)", "bound": "2*sqrt(T) - 1"}),
    ("refuted", {"sequence": "sum(1/sqrt(i), i, 1, T)", "bound": "1.9*sqrt(T)"}),
    ("proved", {"sequence": "sum(1/(i*(i+1)), i, 1, T)", "bound": "1"}),
    ("refuted", {"sequence": "sum(1/(i*(i+1)), i, 1, T)", "bound": "0.99"}),
    ("proved", {"sequence": "sum(i, i, 1, T)", "bound": "T*(T+1)/2"}),
    ("proved", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "bound": "k**(-mu/2)", "given": ["mu <= 2"]}),
    ("refuted", {"sequence": "product(1 - mu/(2*i), i, 1, k)", "bound": "k**(-mu)", "given": ["mu <= 2"]}),
    ("proved", {"sequence": "product(1 - 1/(i+1), i, 1, k)", "bound": "1/(k+1)"}),
    ("proved", {"sequence": "product(1 - r, i, 1, k)", "bound": "(1-r)**k"}),
    ("proved", {"sequence": "1/(k+1)", "bound": "1/k"}),
    ("refuted", {"sequence": "1/k", "bound": "1/(k+1)"}),
    ("proved", {"sequence": "A/(alpha*T) + alpha*G**2/2", "bound": "A/(alpha*T) + alpha*G**2"}),
    ("proved", {"sequence": "sum(rho**i, i, 0, k)", "bound": "1/(1-rho)"}),
    ("refuted", {"sequence": "sum(rho**i, i, 0, k)", "bound": "1/(1-rho)-1/1000"}),
    ("proved", {"sequence": "sum(1/(i*(i + 2)), i, 1, T)", "limit": "3/4"}),
    ("refuted", {"sequence": "sum(1/(i*(i + 2)), i, 1, T)", "limit": 1}),
    ("proved", {"sequence": "1 - cos(1/k)", "same_order": "1/k**2"}),
    ("proved", {"sequence": "((L - mu)/(L + mu))**(2*k)", "limit": 0, "given": ["mu <= L"]}),
    ("proved", {"sequence": "(1 - mu/L)**k", "bound": "exp(-mu*k/L)", "given": ["mu < L"]}),
    ("refuted", {"sequence": "(1 - mu/L)**k", "bound": "exp(-2*mu*k/L)", "given": ["mu < L"]}),
]

RECURSIONS: list[tuple[str, dict[str, Any]]] = [
    ("proved", {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "limit": 0, "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["a[k] >= 0"]}),
    (
        "proved",
        {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["a[k] >= 0", "beta > 1"]},
    ),
    (
        "refuted",
        {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["a[k] >= 0", "beta >= 1"]},
    ),
    (
        "proved",
        {
            "recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2",
            "rate": "log(k)/k",
            "given": ["a[k] >= 0", "beta >= 1"],
        },
    ),
    (
        "proved",
        {
            "recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2",
            "rate": "k**(-beta)",
            "given": ["a[k] >= 0", "beta < 1"],
        },
    ),
    (
        "refuted",
        {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "k**(-beta)", "given": ["a[k] >= 0"]},
    ),
    (
        "refuted",
        {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k**2", "given": ["a[k] >= 0", "beta > 1"]},
    ),
    ("refuted", {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["beta > 1"]}),
    ("proved", {"recursion": "a[k+1] == (1 - beta/k)*a[k] + gamma/k**2", "rate": "1/k", "given": ["beta > 1"]}),
    ("proved", {"recursion": "a[k+1] == (1 - beta/k)*a[k] + gamma/k**2", "same_order": "1/k", "given": ["beta > 1"]}),
    ("proved", {"recursion": "a[k+1] == (1 - beta/k)*a[k] + gamma/k**2", "limit": "0"}),
    ("proved", {"recursion": "a[k+1] <= (1 - mu/k)*a[k]", "rate": "k**(-mu)", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - mu/k)*a[k]", "rate": "k**(-mu/2)", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - mu/k)*a[k]", "rate": "k**(-2*mu)", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - mu/k)*a[k]", "rate": "k**(-mu/2)"}),
    ("proved", {"recursion": "a[k+1] <= sqrt(1 - mu/k)*a[k]", "rate": "k**(-mu/2)", "given": ["a[k] >= 0", "mu <= 1"]}),
    ("refuted", {"recursion": "a[k+1] <= sqrt(1 - mu/k)*a[k]", "rate": "k**(-mu)", "given": ["a[k] >= 0", "mu <= 1"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k", "limit": 0, "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] == (1 - beta/k)*a[k] + gamma/k", "limit": "gamma/beta"}),
    ("refuted", {"recursion": "a[k+1] == (1 - beta/k)*a[k] + gamma/k", "limit": "beta/gamma"}),
    ("proved", {"recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k", "rate": 1, "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - c/sqrt(k))*a[k] + d/k", "rate": "1/sqrt(k)", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - c/sqrt(k))*a[k] + d/k", "rate": "1/k", "given": ["a[k] >= 0"]}),
    (
        "proved",
        {"recursion": "a[k+1] <= (1 - c/k**s)*a[k] + d/k**p", "rate": "k**(s-p)", "given": ["a[k] >= 0", "s < 1"]},
    ),
    (
        "refuted",
        {"recursion": "a[k+1] <= (1 - c/k**s)*a[k] + d/k**p", "rate": "k**(-p)", "given": ["a[k] >= 0", "s < 1"]},
    ),
    (
        "proved",
        {"recursion": "a[k+1] <= (1 - c/k**s)*a[k] + d/k**p", "limit": 0, "given": ["a[k] >= 0", "s < 1", "p > s"]},
    ),
    ("refuted", {"recursion": "a[k+1] <= (1 - c/k**s)*a[k] + d/k**p", "limit": 0, "given": ["a[k] >= 0", "s < 1"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - r)*a[k] + d", "rate": 1, "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - r)*a[k] + d", "limit": 0, "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] == (1 - r)*a[k] + d", "limit": "d/r"}),
    ("proved", {"recursion": "a[k+1] <= (1 - r)*a[k]", "rate": "(1-r)**k", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - r)*a[k]", "rate": "(1-r)**(2*k)", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - r)*a[k]", "rate": "1/k**3", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - r)*a[k] + d/k", "rate": "1/k", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - c/k**2)*a[k]", "limit": 0, "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - 1/(k+1)**2)*a[k]", "limit": 0, "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 + 1/k**2)*a[k] + 1/k**2", "rate": 1, "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 + 1/k)*a[k] + 1/k**2", "rate": 1, "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 + 1/k)*a[k] + 1/k**2", "rate": "k", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - 2/k)*a[k] + log(k)/k**2", "rate": "log(k)/k", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - 2/k)*a[k] + log(k)/k**2", "rate": "1/k", "given": ["a[k] >= 0"]}),
    (
        "refuted",
        {
            "recursion": "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2",
            "same_order": "1/k",
            "given": ["a[k] >= 0", "beta > 1"],
        },
    ),
    (
        "proved",
        {
            "recursion": "a[k+1] <= (1 - 2/(k+1))*a[k] + 1/(k+1)**2",
            "bound": "4/(k+1)",
            "given": ["a[k] >= 0", "a[1] <= 2"],
        },
    ),
    (
        "refuted",
        {
            "recursion": "a[k+1] <= (1 - 2/(k+1))*a[k] + 1/(k+1)**2",
            "bound": "1/(2*k)",
            "given": ["a[k] >= 0", "a[1] <= 2"],
        },
    ),
    ("proved", {"recursion": "a[k+1] <= (1 - r)*a[k]", "bound": "A*(1-r)**(k-1)", "given": ["a[k] >= 0", "a[1] <= A"]}),
    ("proved", {"recursion": "a[k+1] <= (1 - r)*a[k] + d", "bound": "A + d/r", "given": ["a[k] >= 0", "a[1] <= A"]}),
    ("refuted", {"recursion": "a[k+1] <= (1 - r)*a[k] + d", "bound": "A + d", "given": ["a[k] >= 0", "a[1] <= A"]}),
    ("proved", {"recursion": "a[k+1] <= a[k] + d/k**2", "rate": 1, "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= a[k] + d/k", "rate": 1, "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= a[k] + d/k", "rate": "log(k)", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= (1-beta/k)*a[k] + gamma/k**(1+p)", "limit": 0, "given": ["a[k] >= 0"]}),
    (
        "proved",
        {
            "recursion": "a[k+1] <= (1-beta/k)*a[k] + gamma/k**(1+p)",
            "rate": "k**(-p)",
            "given": ["a[k] >= 0", "p < beta"],
        },
    ),
    (
        "refuted",
        {
            "recursion": "a[k+1] <= (1-beta/k)*a[k] + gamma/k**(1+p)",
            "rate": "k**(-p)",
            "given": ["a[k] >= 0", "p <= beta"],
        },
    ),
    ("proved", {"recursion": "a[k+1] <= a[k] - c*a[k]**2", "rate": "1/k", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= a[k] - c*a[k]**2", "rate": "1/k**2", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= a[k] - c*a[k]**3", "rate": "1/k", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] <= a[k] - c*a[k]**3", "rate": "1/sqrt(k)", "given": ["a[k] >= 0"]}),
    ("refuted", {"recursion": "a[k+1] <= 1/k", "rate": "1/k**2", "given": ["a[k] >= 0"]}),
    ("proved", {"recursion": "a[k+1] == -a[k]/2 + 1/k", "rate": "1/k"}),
    ("proved", {"recursion": "a[k+1] == rho*a[k] + (1 - rho)*x", "limit": "x"}),
]

RELATIONS: list[tuple[str, dict[str, Any]]] = [
    ("proved", {"holds": "sqrt(1 - mu/i) <= 1 - mu/(2*i)", "given": ["mu <= i"]}),
    ("refuted", {"holds": "sqrt(1 - mu/i) == 1 - mu/(2*i)", "given": ["mu <= i"]}),
    ("refuted", {"holds": "sqrt(1 - mu/i) <= 1 - mu/i", "given": ["mu <= i"]}),
    ("refuted", {"holds": "1 - 2/k <= 1 - mu/k"}),
    ("proved", {"holds": "1 - 2/k <= 1 - mu/k", "given": ["mu <= 2"]}),
    ("proved", {"holds": "x*y <= x**2/(2*eta) + eta*y**2/2"}),
    ("refuted", {"holds": "x*y <= x**2/(4*eta) + eta*y**2/2"}),
    ("proved", {"holds": "(x+y)**2 <= 2*x**2 + 2*y**2"}),
    ("refuted", {"holds": "(x+y)**2 <= x**2 + 2*y**2"}),
    ("proved", {"holds": "(x+y)**2 == x**2 + 2*x*y + y**2"}),
    ("refuted", {"holds": "(x-y)**2 == x**2 + 2*x*y + y**2"}),
    ("proved", {"holds": "1/k - 1/(k+1) == 1/(k*(k+1))"}),
    ("proved", {"holds": "1 - x <= exp(-x)"}),
    ("refuted", {"holds": "exp(-x) <= 1 - x"}),
    ("proved", {"holds": "log(1+p) <= p"}),
    ("proved", {"holds": "p/(1+p) <= log(1+p)"}),
    ("refuted", {"holds": "log(1+p) >= p"}),
    ("proved", {"holds": "2*mu*L/(mu+L) <= (mu+L)/2"}),
    ("proved", {"holds": "sqrt(p*q) <= (p+q)/2"}),
    ("refuted", {"holds": "sqrt(p*q) >= (p+q)/2"}),
    ("proved", {"holds": "sqrt(p+q) <= sqrt(p) + sqrt(q)"}),
    ("proved", {"holds": "1 - 2*alpha*mu*L/(mu+L) >= 0", "given": ["alpha <= 2/(mu+L)", "mu <= L"]}),
    ("proved", {"holds": "0 < 1 - r < 1"}),
    ("proved", {"holds": "(1 - r)**2 <= 1 - r"}),
    ("proved", {"holds": "rho**2 <= rho"}),
    ("proved", {"holds": "alpha - L*alpha**2/2 >= alpha/2", "given": ["alpha <= 1/L"]}),
    ("refuted", {"holds": "alpha - L*alpha**2/2 >= alpha/2", "given": ["alpha <= 2/L"]}),
    ("proved", {"holds": "(L-mu)/(L+mu) < 1"}),
    ("proved", {"holds": "(1 - mu/L)**2 <= 1 - mu/L", "given": ["mu <= L"]}),
    ("refuted", {"holds": "(1 - mu/L)**2 <= 1 - mu/L"}),
    ("proved", {"holds": "1/sqrt(k) <= 2*(sqrt(k) - sqrt(k-1))"}),
    ("proved", {"holds": "1/sqrt(k+1) <= 2*(sqrt(k+1) - sqrt(k))"}),
    ("proved", {"holds": "abs(x*y) <= (x**2+y**2)/2"}),
    ("proved", {"holds": "max(p,q) <= p + q"}),
    ("refuted", {"holds": "max(p,q) <= (p + q)/2"}),
    ("proved", {"holds": "k*(k+1)/2 <= k**2"}),
    ("refuted", {"holds": "k*(k+1)/2 >= k**2"}),
    ("proved", {"holds": "((L-mu)/(L+mu))**2 == 1 - 4*mu*L/(L+mu)**2"}),
    ("proved", {"holds": "x**4 + y**4 >= x**2*y**2"}),
    ("proved", {"holds": "p**3 + q**3 >= p**2*q + p*q**2"}),
    ("proved", {"holds": "(1+p)**n >= 1 + n*p"}),
    ("proved", {"holds": "(x + y + 1)**2 <= 3*(x**2 + y**2 + 1)"}),
    ("refuted", {"holds": "(x + y + 1)**2 <= 2*(x**2 + y**2 + 1)"}),
    ("proved", {"holds": "(1 - r)**n <= exp(-r*n)"}),
    ("proved", {"holds": "(4 - x)**2 == 4", "given": ["(x - 6)*(x - 2) == 0"]}),
    ("proved", {"holds": "p <= q", "given": ["p <= q - alpha*mu + L*alpha**2*mu/2", "alpha*L <= 2"]}),
    ("refuted", {"holds": "p <= q", "given": ["p <= q - alpha*mu + L*alpha**2*mu/2", "alpha*L <= 3"]}),
]


def _decided(name: str, table: dict[str, Any]) -> str:
    claim = paper("known", [{"id": "statement", **table}], symbols=SYMBOLS)["statement"]
    evidence = route(name)(claim, Resources())
    assert evidence is not None
    if evidence.certificate is not None:
        accepted = certificates.check(to_document(claim), evidence.certificate.kind, evidence.certificate.witness)
        assert accepted is evidence.verdict
    return evidence.verdict.value


@pytest.mark.parametrize(("expected", "table"), SEQUENCES)
def test_explicit_sequences(expected, table):
    assert _decided("growth", table) == expected


@pytest.mark.parametrize(("expected", "table"), RECURSIONS)
def test_recursions(expected, table):
    assert _decided("recursion", table) == expected


@pytest.mark.parametrize(("expected", "table"), RELATIONS)
def test_relations(expected, table):
    assert _decided("relation", table) == expected
