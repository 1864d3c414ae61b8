"""One tree of errors; each message says what is wrong, where, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ConvergenceError(Exception):
    """Base of every error that this package raises on purpose."""


class ClaimError(ConvergenceError):
    """A claim, expression, rule or claim file is not valid."""


class LogError(ConvergenceError):
    """A log of runs cannot be read, or does not hold what was asked of it."""


class DataError(ConvergenceError):
    """Data that a problem needs is missing; the message says how to get it."""


class TrainingError(ConvergenceError):
    """A training cannot be done as asked: a model, its data, a setting or a checkpoint does not fit."""


class OptimizerError(ConvergenceError):
    """A torch optimizer cannot take what it was given: a parameter, a gradient, a setting or a rule."""


class NumericLimit(ConvergenceError):
    """A computation reached a stated limit of size, time or precision before it could answer."""


class CertificateRejected(ConvergenceError):
    """A certificate does not prove what it is offered for; the message says which check failed."""


class ClaimRefuted(ConvergenceError, AssertionError):
    """A claim did not get the verdict that a test requires; the message shows statement, reason and counterexample."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint ``; did you mean 'x'?``, or the list of what is known when nothing is close."""
    words = sorted(str(word) for word in known)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(words)}" if words else ""
