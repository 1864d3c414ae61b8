"""Rules that return an average of their iterates, and Lookahead, which goes back to one."""

from __future__ import annotations

from sympy import Expr, Max, Min, floor

from convergence.expressions import symbol
from convergence.methods.rule import Rule, t, theta
from convergence.methods.transforms import Number

average, slow, due = symbol("average"), symbol("slow"), symbol("due")


def averaged(base: Rule) -> Rule:
    """The mean of the iterates 1, ..., t.

    Source: Polyak & Juditsky (1992).
    """
    return _averaged(base, "average", 1 / t)


def suffix_averaged(base: Rule, first: Number) -> Rule:
    """The mean of the iterates from step `first` on, and the last iterate before.

    Source: Rakhlin, Shamir & Sridharan (2012).
    """
    start = symbol("first", "positive")
    return _averaged(base, "suffix average", 1 / Max(1, t - start + 1), first=first)


def weighted_averaged(base: Rule, power: Number = 1) -> Rule:
    """The mean of the iterates with weights that grow like ``t**power``; exactly proportional to t for power 1.

    Source: Lacoste-Julien, Schmidt & Bach (2012); Shamir & Zhang (2013), polynomial decay.
    """
    degree = symbol("power", "nonnegative")
    return _averaged(base, "weighted average", (1 + degree) / (t + degree), power=power)


def _averaged(base: Rule, name: str, weight: Expr, **parameters: object) -> Rule:
    return base.followed_by(
        name, {average: average + weight * (theta - average)}, state={average: theta}, output=average, **parameters
    )


def lookahead(base: Rule, period: int = 5, pull: Number = 0.5) -> Rule:
    """Every `period` steps, slow weights move the fraction `pull` towards the iterate, which starts again from them.

    Source: Zhang, Lucas, Hinton & Ba (2019).
    """
    every, share = symbol("period", "positive"), symbol("pull", "positive")
    return base.followed_by(
        "lookahead",
        {
            due: 1 - Min(1, t - every * floor(t / every)),
            slow: slow + due * share * (theta - slow),
            theta: due * slow + (1 - due) * theta,
        },
        state={slow: theta},
        period=period,
        pull=pull,
    )
