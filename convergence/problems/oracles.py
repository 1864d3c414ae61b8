"""What a method sees instead of the gradient: noise, minibatches, errors. Each oracle knows its own constants.

Randomness comes from outside, as a stream of numbers that are keyed by lane and step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import inf, nan, sqrt
from typing import Any, Protocol

import numpy as np

from convergence.errors import ClaimError
from convergence.problems.finite_sums import FiniteSum
from convergence.problems.problem import Array, Facts, Problem, total


class Stream(Protocol):
    """Random numbers of shape (steps, lanes, ...), or a recording of those of one step."""

    def normals(self, dimension: int) -> Array:
        """Standard Gaussian numbers, one a coordinate."""

    def uniforms(self, dimension: int) -> Array:
        """Numbers from [0, 1), one a coordinate."""

    def students(self, dimension: int) -> Array:
        """Numbers of Student's law with 3 degrees of freedom, one a coordinate."""

    def indices(self, size: int, count: int) -> Any:
        """`size` integers from 0, ..., count - 1 for each lane, (steps, size, lanes)."""


class Oracle(ABC):
    """An answer to "what is the gradient at x in step t?"."""

    random: bool = True

    @property
    @abstractmethod
    def identity(self) -> str:
        """A text that determines the oracle."""

    @property
    @abstractmethod
    def sigma(self) -> float:
        """The root of the greatest ``E|answer - gradient|^2``; inf if there is no bound."""

    @property
    def skewness(self) -> float:
        """The third standardised moment of a coordinate of the error; nan where it depends on the point or is none."""
        return nan

    @property
    def unbiased(self) -> bool:
        """Whether the expectation of the answer is the gradient."""
        return True

    def facts(self, problem: Problem) -> Facts:
        """Hypotheses about the oracle that hold on a problem, with their constants."""
        facts: dict[str, tuple[float, ...]] = {"unbiased": ()} if self.unbiased else {}
        if self.sigma < inf:
            facts["bounded_variance"] = (self.sigma,)
        if self.sigma == 0:
            facts["deterministic"] = ()
        slope = problem.facts.get("lipschitz", (inf,))[0]
        if slope < inf and self.sigma < inf and self.unbiased:
            facts["bounded_gradients"] = (sqrt(slope**2 + self.sigma**2),)
        return facts

    def draws(self, stream: Stream, dimension: int) -> Any:
        """The random numbers that the answers of some steps need, those of one step along the first axis."""
        return None

    @abstractmethod
    def answer(self, problem: Problem, x: Array, draws: Any, count: int) -> Array:
        """What is returned at x (lanes, d) in step `count`, given that step's draws for each lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact(Oracle):
    """The gradient itself."""

    @property
    def random(self) -> bool:  # type: ignore[override]
        return False

    @property
    def identity(self) -> str:
        return "exact"

    @property
    def sigma(self) -> float:
        return 0.0

    @property
    def skewness(self) -> float:
        return 0.0

    def answer(self, problem: Problem, x: Array, draws: Any, count: int) -> Array:
        return problem.gradient(x)


class Noise(StrEnum):
    """Laws of one coordinate of the noise, all of mean 0 and variance 1."""

    GAUSSIAN = "gaussian"
    SYMMETRIC = "bounded symmetric"  # uniform on [-sqrt 3, sqrt 3]
    SKEWED = "bounded skewed"  # 3 with probability 1/10, -1/3 otherwise
    HEAVY = "heavy tailed"  # Student's t with 3 degrees of freedom: finite variance, no third moment


SKEWNESS = {Noise.GAUSSIAN: 0.0, Noise.SYMMETRIC: 0.0, Noise.SKEWED: 8 / 3, Noise.HEAVY: nan}
"""Of the second-last, 27/10 - 9/270; of the last, none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Additive(Oracle):
    """The gradient plus independent noise with ``E|noise|^2 = level^2``, the same at every point.

    Attributes:
        law: of each coordinate.
        level: sigma.
    """

    law: Noise
    level: float

    @property
    def identity(self) -> str:
        return f"additive({self.law};{self.level.hex()})"

    @property
    def sigma(self) -> float:
        return self.level

    @property
    def skewness(self) -> float:
        return SKEWNESS[self.law]

    def draws(self, stream: Stream, dimension: int) -> Array:
        if self.law is Noise.GAUSSIAN:
            unit = stream.normals(dimension)
        elif self.law is Noise.SYMMETRIC:
            unit = (2 * stream.uniforms(dimension) - 1) * sqrt(3)
        elif self.law is Noise.SKEWED:
            unit = np.where(stream.uniforms(dimension) < 0.1, 3.0, -1 / 3)
        else:
            unit = stream.students(dimension) / sqrt(3)
        return unit * (self.level / sqrt(dimension))

    def answer(self, problem: Problem, x: Array, draws: Any, count: int) -> Array:
        return problem.gradient(x) + draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Minibatch(Oracle):
    """The mean gradient of `size` terms of a finite sum, drawn with replacement.

    Attributes:
        problem: the finite sum.
        size: how many terms.
    """

    problem: FiniteSum
    size: int

    @property
    def identity(self) -> str:
        return f"minibatch({self.size};{self.problem.identity})"

    @property
    def sigma(self) -> float:
        return sqrt(self.problem.greatest_variance / self.size)

    def sigma_at(self, x: Array) -> float:
        """The exact root mean square error at one point."""
        return sqrt(self.problem.variance(x) / self.size)

    def skewness_at(self, x: Array) -> Array:
        """The exact skewness of each coordinate of the error at one point."""
        errors = self.problem.errors(x)
        return np.asarray(np.mean(errors**3, axis=0) / np.mean(errors**2, axis=0) ** 1.5 / sqrt(self.size))

    def draws(self, stream: Stream, dimension: int) -> Any:
        return stream.indices(self.size, self.problem.count)

    def answer(self, problem: Problem, x: Array, draws: Any, count: int) -> Array:
        if not isinstance(problem, FiniteSum):
            raise ClaimError(f"a minibatch oracle needs a finite sum, found {problem.name}")
        return problem.batch_gradient(x, draws)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Misled(Oracle):
    """The gradient with an error of given length that points away from the minimiser: the worst for descent.

    Attributes:
        size: the length at step 1, 2, ..., not negative.
        text: the same, in words.
    """

    size: Callable[[int], float]
    text: str

    @property
    def random(self) -> bool:  # type: ignore[override]
        return False

    @property
    def identity(self) -> str:
        return f"misled({self.text})"

    @property
    def sigma(self) -> float:
        return inf

    @property
    def unbiased(self) -> bool:
        return False

    def answer(self, problem: Problem, x: Array, draws: Any, count: int) -> Array:
        away = x - (0.0 if problem.minimiser is None else problem.minimiser)
        length = np.sqrt(total(away * away))[..., None]
        direction = np.where(length > 0, away / np.where(length > 0, length, 1.0), 1 / sqrt(x.shape[-1]))
        return problem.gradient(x) - self.size(count) * direction
