"""What a claim can state. Each statement knows the keys that a claim file uses for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from convergence.printed import Printed

# --- about the trajectory of a method, a recursion or an explicit sequence


@dataclass(frozen=True, slots=True)
class Rate:
    """The measure is O(order): at most a constant times `order`; the constant does not depend on k."""

    order: Expr


@dataclass(frozen=True, slots=True)
class SameOrder:
    """The measure is Theta(order): bounded above and below by positive constants times `order`."""

    order: Expr


@dataclass(frozen=True, slots=True)
class Bound:
    """The measure (its expectation, if stochastic) is at most `value` for every instance and every k in range."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Limit:
    """The measure tends to `value`."""

    value: Expr


# --- about a concrete problem


class Quantity(StrEnum):
    """An exact property of a concrete objective; the value is the claim file's key."""

    GRADIENT = "gradient"
    HESSIAN = "hessian"
    EIGENVALUES = "eigenvalues"
    CONDITION_NUMBER = "condition_number"
    DETERMINANT = "determinant"
    TRACE = "trace"
    LEADING_MINORS = "leading_minors"
    CRITICAL_POINTS = "critical_points"
    MINIMISER = "minimiser"
    MINIMUM = "minimum"
    STRONG_CONVEXITY = "strong_convexity"
    SMOOTHNESS = "smoothness"
    DEFINITENESS = "definiteness"


class Definiteness(StrEnum):
    """What the signs of a Hessian's eigenvalues say."""

    POSITIVE_DEFINITE = "positive definite"
    POSITIVE_SEMIDEFINITE = "positive semidefinite"
    INDEFINITE = "indefinite"
    NEGATIVE_SEMIDEFINITE = "negative semidefinite"
    NEGATIVE_DEFINITE = "negative definite"


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A quantity of the objective equals the printed value.

    Attributes:
        value: nested tuples of expressions (exact) and printed numbers (standing for what rounds to them), or a word.
    """

    quantity: Quantity
    value: object


@dataclass(frozen=True, slots=True)
class StableSteps:
    """The method converges from every start exactly for the steps that satisfy the relations."""

    step: Symbol
    relations: tuple[Relational, ...]


@dataclass(frozen=True, slots=True)
class BestStep:
    """The constant step with the smallest asymptotic contraction factor over all starts is `value`."""

    value: Expr | Printed


@dataclass(frozen=True, slots=True)
class Contraction:
    """With a constant step the asymptotic contraction factor per iteration, from the worst start, is `value`."""

    step: Expr
    value: Expr | Printed


class Motion(StrEnum):
    """How iterates move towards or around a minimiser; the words overlap, and a claim may allow several."""

    CONVERGES = "converges"  # to a minimiser
    DIVERGES = "diverges"  # the distance to the minimisers is unbounded
    CYCLES = "cycles"  # stays bounded and does not converge
    MONOTONE = "monotone"  # converges, and no component along an eigenvector ever changes sign
    OSCILLATES = "oscillates"  # some component along an eigenvector changes sign again and again


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the iterates do for every step in a set, from one start, every start or almost every start.

    Attributes:
        steps: one step, or relations in `step` that describe a set of steps.
        motion: the words of which at least one must be true.
        start: exact coordinates, or the word ``every``, ``some`` or ``almost every``.
    """

    steps: Expr | tuple[Relational, ...]
    motion: tuple[Motion, ...]
    start: tuple[Rational, ...] | str
    step: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Faster:
    """Every step of one set contracts strictly faster than every step of another, asymptotically."""

    steps: Expr | tuple[Relational, ...]
    than: Expr | tuple[Relational, ...]
    start: tuple[Rational, ...] | str = "every"
    step: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Fastest:
    """Of the listed steps, one contracts fastest."""

    value: Expr
    among: tuple[Expr, ...]
    start: tuple[Rational, ...] | str = "every"


@dataclass(frozen=True, slots=True)
class Iterations:
    """The distance to the minimiser first falls to `ratio` times its initial value within a range of steps."""

    step: Expr
    ratio: Rational
    at_least: int | None
    at_most: int | None
    start: tuple[Rational, ...] | str


# --- about formulas and numbers


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Printed numbers agree: some values that round to the inputs give a result that rounds to what is printed.

    Attributes:
        computed: one or several expressions over the inputs' names; their literals are exact.
        texts: the same as the claim's author wrote them, before SymPy evaluated the numbers.
        printed: what each of the expressions must round to; a range stands for every value inside it.
        inputs: names that stand for printed numbers.
    """

    computed: tuple[Expr, ...]
    texts: tuple[str, ...]
    printed: Printed
    inputs: Mapping[Symbol, Printed]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A relation between printed numbers, such as "the first is the largest"; `text` is as its author wrote it."""

    relations: tuple[Relational, ...]
    text: str
    inputs: Mapping[Symbol, Printed]


@dataclass(frozen=True, slots=True)
class Holds:
    """A relation that is true for all values of its symbols that satisfy the hypotheses."""

    relations: tuple[Relational, ...]


@dataclass(frozen=True, slots=True)
class SameMethod:
    """Two descriptions of a method compute the same iterates."""

    other: object  # a methods.rule.Rule


class Aspect(StrEnum):
    """What of a measure is compared over runs."""

    MEAN = "mean"
    SPREAD = "spread"  # mean absolute deviation from the median


class Take(StrEnum):
    """Which value of a run counts, where the table has several rows for it."""

    ONLY = "only"  # there is one row
    LAST = "last"
    LEAST = "least"
    GREATEST = "greatest"
    MEAN = "mean"
    FIRST = "first"  # where the condition of `Runs.until` first holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """A comparison over the rows of a table, one row for each run or several.

    Attributes:
        table: the file.
        first, second: which rows each method has, as columns with their values; `second` may be absent.
        measure: the column that is compared.
        pairs: the column whose equal values make runs belong together, such as the seed; None where none do.
        relations: linear in the symbols ``first`` and ``second``, which stand for `aspect` of each method's runs.
        scale: what was run, in words.
        take: which value counts, where a run has several rows; then `pairs` names the run.
        until: with `Take.FIRST`, the condition on a column, such as ``accuracy >= 0.9``; infinite if it never holds.
    """

    table: str
    first: Mapping[str, str]
    second: Mapping[str, str] | None
    measure: str
    pairs: str | None
    relations: tuple[Relational, ...]
    text: str
    aspect: Aspect = Aspect.MEAN
    scale: str = ""
    take: Take = Take.ONLY
    until: Relational | None = None


@dataclass(frozen=True, slots=True)
class Empirical:
    """A statement about trained networks, time or memory; `needs` says what would decide it, `runs` what was run."""

    needs: str
    runs: Runs | None = None


Statement = (
    Rate
    | SameOrder
    | Bound
    | Limit
    | Spectrum
    | StableSteps
    | BestStep
    | Contraction
    | Behaviour
    | Faster
    | Fastest
    | Iterations
    | Arithmetic
    | Comparison
    | Holds
    | SameMethod
    | Empirical
)
