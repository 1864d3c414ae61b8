"""Potentials and their inequalities in words that a reader can check by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

POINTS = {
    "output": "x_k",
    "output-": "x_(k-1)",
    "theta": "theta_k",
    "theta-": "theta_(k-1)",
    "query": "y_k",
    "star": "x*",
    "start": "x_0",
}
KINDS = {
    "full": "interpolation with both constants",
    "plain": "interpolation",
    "convex": "convexity",
    "descent": "the descent lemma",
    "above": "f >= f*",
    "below": "|grad f|^2 <= 2 L (f - f*)",
    "growth": "|grad f|^2 >= 2 mu (f - f*)",
    "slope": "the bound on gradients",
    "oracle": "the bound on the oracle's answers",
    "variance": "the variance",
    "error": "the size of the error",
    "diameter": "the diameter of the domain",
    "tied": "grad f is L times the distance",
    "reversed": "grad f is L times the distance",
}
SINGLE = {
    "distance": "the distance of the start",
    "gap": "the gap of the start",
    "projection": "the projection does not expand",
}


def potential(terms: Mapping[str, str]) -> str:
    """V_k as a sum."""
    return " + ".join(_term(words, text) for words, text in terms.items()).replace("+ -", "- ")


def _term(words: str, text: str) -> str:
    if words == "1":
        return text if text.startswith("-") else f"({text})"
    factor = "" if text == "1" else f"({text})*"
    match words.split():
        case ["sum"]:
            return f"{factor}sum"
        case [point]:
            return f"{factor}(f({_point(point)}) - f*)"
        case [first, second] if first == second:
            return f"{factor}|{_vector(first)}|^2"
        case [first, second]:
            return f"{factor}<{_vector(first)}, {_vector(second)}>"
    return f"{factor}{words}"


def _point(name: str) -> str:
    if name in POINTS:
        return POINTS[name]
    stem, number = name.rstrip("0123456789"), name[len(name.rstrip("0123456789")) :]
    return f"{ {'query': 'y', 'output': 'x', 'theta': 'theta'}.get(stem, stem) }_{number}"


def _vector(name: str) -> str:
    if name.startswith("g:"):
        return f"grad f({_point(name.removeprefix('g:'))})"
    return f"{name}_k - x*" if name == "theta" else f"{name}_k"


def facts(terms: Mapping[str, str]) -> str:
    """Multipliers with the names of their inequalities."""
    return "; ".join(f"({text}) x {fact(words)}" for words, text in terms.items()) or "nothing but squares"


def fact(words: str) -> str:
    """One inequality, such as ``convexity at x*, x_(k-1)``."""
    match words.split():
        case [single] if single in SINGLE:
            return SINGLE[single]
        case [first, second, kind, *_]:
            return f"{KINDS.get(kind, kind)} between {_point(first)} and {_point(second)}"
        case [kind, point]:
            return f"{KINDS.get(kind, kind)} at {_point(point)}"
    return words


def figures(witness: Mapping[str, Any]) -> dict[str, str]:
    """The proof as named lines for a report; of several cases the one that is not degenerate, of windows the first."""
    table = witness["proof"]
    table = next(iter(table.values())) if "potential" not in table else table
    step, final = table["step"], table["final"]
    forcing = witness.get("recursion", {}).get("forcing", "0")
    right = "V_(k-1)" if step["factor"] == "1" else f"({step['factor']})*V_(k-1)"
    above = "the measure is at most " if "recursion" in witness else ""
    ending = f"{above}({final['factor']}) x V_k{'' if above else ' <= 0'}; "
    lines = {
        "potential V_k": potential(table["potential"]),
        "claim of every step": f"V_k <= {right}" + (f" + {forcing}" if forcing != "0" else ""),
        "step by": facts(step["facts"]),
        "start by": facts(table["base"]) if "base" in table else f"where {table['late']} > 0",
        "end by": ending + facts(final["facts"]),
    }
    if "sum" in table["potential"]:
        lines["sum over"] = {"start": "x_0, ..., x_(k-1)", "iterates": "x_1, ..., x_k", "all": "x_0, ..., x_k"}[
            witness.get("window", "start")
        ]
    if "bound" in witness:
        lines["bound"] = witness["bound"]
    return lines
