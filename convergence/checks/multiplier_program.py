"""The program behind the search for multipliers: what is left of the goal must be a sum of squares at many samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates.gram import Form

Array = NDArray[np.float64]
Solver = Callable[[Sequence[int], Sequence[int], Mapping[int, Fraction]], "Array | None"]
"""Numbers for some terms at some samples, beside numbers that are held."""

MOST_SOLVES = 100
SLACK, LARGE = 1e-7, 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A product of facts as a quadratic form."""

    facts: tuple[int, ...]
    form: Form
    is_equation: bool
    is_strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One function of the parameters for one candidate."""

    candidate: int
    function: Expr
    cost: float


class Program:
    """The semidefinite program over chosen samples.

    Attributes:
        solves: how many more programs may be solved.
        names: basis vectors with a square in some form; `flat` ones have none, so that their products must vanish.
        blocks: for each sample, the goal's entries and those of each unknown's form, scaled to about 1.
    """

    def __init__(
        self,
        goal: Form,
        given: Sequence[Candidate],
        unknowns: Sequence[Term],
        points: Sequence[Mapping[Symbol, Rational]],
        parameters: Sequence[Symbol],
    ) -> None:
        forms = [goal, *(item.form for item in given)]
        square = {key[0] for form in forms for key in form.terms if key[0] == key[1]}
        self.names = sorted(square)
        self.flat = sorted({name for form in forms for key in form.terms for name in key} - square)
        self.solves = MOST_SOLVES
        self.costs = np.array([term.cost for term in unknowns])
        self.signed = np.array([given[term.candidate].is_equation for term in unknowns], dtype=bool)
        table = np.array([[float(point[name]) for name in parameters] for point in points]).T
        functions = _values([term.function for term in unknowns], parameters, table)
        goals = self._rows(goal, parameters, table)
        facts = np.array([goals, *(self._rows(item.form, parameters, table) for item in given)])[1:]
        matrix = facts[[term.candidate for term in unknowns]] * functions[:, None, :] if unknowns else facts[:0]
        self.blocks = []
        for index in range(len(points)):
            if not self._is_tame(goals[:, index], facts[:, :, index], matrix[:, :, index]):
                continue
            lengths = self._lengths(np.vstack([goals[:, index], facts[:, :, index]]))
            scale = max(1e-12, float(np.abs(goals[:, index] * lengths).max()))
            self.blocks.append((goals[:, index] * lengths / scale, (matrix[:, :, index] * lengths / scale).T))

    @staticmethod
    def _is_tame(*arrays: Array) -> bool:
        """Whether all entries are numbers that a solver can work with."""
        return all(bool(np.isfinite(array).all()) and np.abs(array).max(initial=0.0) < LARGE for array in arrays)

    def _lengths(self, rows: Array) -> Array:
        """Factors for the entries that make the largest square of every basis vector about 1."""
        entries = list(self._upper())
        own = {i: float(np.abs(rows[:, place]).max()) for place, (i, j) in enumerate(entries) if i == j}
        factors = [(own[i] * own[j]) ** -0.5 if own[i] * own[j] > 0 else 1.0 for i, j in entries]
        return np.array([*factors, *[1.0] * (rows.shape[1] - len(entries))])

    def _upper(self) -> Iterator[tuple[int, int]]:
        return ((i, j) for j in range(len(self.names)) for i in range(j + 1))

    @property
    def size(self) -> int:
        """How many entries belong to the semidefinite part; those that must vanish come behind them."""
        return len(self.names) * (len(self.names) + 1) // 2

    def _rows(self, form: Form, parameters: Sequence[Symbol], table: Array) -> Array:
        """The coefficients at every sample: the upper triangle column by column, then what must vanish."""
        curved = [(self.names[i], self.names[j]) for j in range(len(self.names)) for i in range(j + 1)]
        both = [(a, b) for a in self.flat for b in [*self.names, *self.flat]]
        keys = [(min(pair), max(pair)) for pair in [*curved, *both]]
        unique = list(dict.fromkeys(keys))
        rows = _values([form.terms.get(key, Integer(0)) for key in unique], parameters, table)
        crossed = [first != second and place < len(curved) for place, (first, second) in enumerate(unique)]
        scaled: Array = rows * np.where(crossed, np.sqrt(0.5), 1.0)[:, None]
        return scaled

    def failing(self, found: Mapping[int, Fraction]) -> list[int]:
        """The samples at which the rest is not positive semidefinite, the worst first."""
        depths = []
        for place, (goal, matrix) in enumerate(self.blocks):
            rest = goal - sum((float(value) * matrix[:, item] for item, value in found.items()), np.zeros_like(goal))
            gram = np.zeros((len(self.names), len(self.names)))
            for entry, (i, j) in enumerate(self._upper()):
                gram[i, j] = gram[j, i] = rest[entry] * (1.0 if i == j else np.sqrt(0.5))
            least = float(np.linalg.eigvalsh(gram)[0]) if self.names else 0.0
            depth = min(least, -float(np.abs(rest[self.size :]).max(initial=0.0)))
            if depth < -SLACK * max(1.0, float(np.abs(rest).max())):
                depths.append((depth, place))
        return [place for _, place in sorted(depths)]

    def semidefinite(self, places: Sequence[int], chosen: Sequence[int], held: Mapping[int, Fraction]) -> Array | None:
        """Numbers for some terms, beside those that are held, so that the rest is positive semidefinite; or None."""
        import clarabel
        from scipy import sparse

        self.solves -= 1
        if self.solves < 0:
            return None
        if not places:
            return self._result(places, held, ()) if not set(self.failing(held)) & set(chosen) else None
        blocks = [(self._rest(self.blocks[index], held), self.blocks[index][1][:, places]) for index in chosen]
        free = self.signed[list(places)]
        positive = -np.eye(len(places))[~free]
        flat = [(goal[self.size :], matrix[self.size :]) for goal, matrix in blocks]
        curved = [(goal[: self.size], matrix[: self.size]) for goal, matrix in blocks]
        rows = np.vstack([*(m for _, m in flat), positive, *(m for _, m in curved)])
        right = np.concatenate([*(g for g, _ in flat), np.zeros(len(positive)), *(g for g, _ in curved)])
        cones = [clarabel.ZeroConeT(sum(len(g) for g, _ in flat)), clarabel.NonnegativeConeT(len(positive))]
        cones += [clarabel.PSDTriangleConeT(len(self.names)) for _ in curved] if self.names else []
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.max_iter = 60
        nothing = sparse.csc_matrix((len(places), len(places)))
        costs = self.costs[list(places)] * ~free
        solution = clarabel.DefaultSolver(nothing, costs, sparse.csc_matrix(rows), right, cones, settings).solve()
        return self._result(places, held, solution.x) if "Solved" in str(solution.status) else None

    def dominant(self, places: Sequence[int], chosen: Sequence[int], held: Mapping[int, Fraction]) -> Array | None:
        """The same for a rest that is a sum of squares of basis vectors, of their sums and of their differences."""
        from scipy import sparse
        from scipy.optimize import linprog

        self.solves -= 1
        if self.solves < 0:
            return None
        squares = self._squares()
        if not places and not squares.size:
            return self._result(places, held, ()) if not set(self.failing(held)) & set(chosen) else None
        rows, right = [], []
        for order, index in enumerate(chosen):
            goal, matrix = self.blocks[index]
            slack = [squares if other == order else np.zeros_like(squares) for other in range(len(chosen))]
            rows.append(np.hstack([matrix[:, places], *slack]))
            right.append(self._rest((goal, matrix), held))
        costs = self.costs[list(places)] * ~self.signed[list(places)]
        extra = squares.shape[1] * len(chosen)
        bounds = [(None if self.signed[place] else 0, None) for place in places] + [(0, None)] * extra
        solution = linprog(
            np.concatenate([costs, np.full(extra, 1e-3)]),
            A_eq=sparse.csr_matrix(np.vstack(rows)),
            b_eq=np.concatenate(right),
            bounds=bounds,
            method="highs",
        )
        return self._result(places, held, solution.x[: len(places)]) if solution.status == 0 else None

    def _squares(self) -> Array:
        """The entries of the squares of basis vectors, of their sums and of their differences."""
        upper = list(self._upper())
        columns = []
        for i, j in upper:
            for sign in (1,) if i == j else (1, -1):
                column = np.zeros(len(self.blocks[0][0]))
                column[upper.index((i, i))] = column[upper.index((j, j))] = 1.0
                if i != j:
                    column[upper.index((i, j))] = sign * np.sqrt(2.0)
                columns.append(column)
        return np.array(columns).T.reshape(len(self.blocks[0][0]), len(columns))

    def _result(self, places: Sequence[int], held: Mapping[int, Fraction], found: Sequence[float]) -> Array:
        result = np.zeros(len(self.costs))
        for place, value in held.items():
            result[place] = float(value)
        result[list(places)] = found
        return result

    def _rest(self, block: tuple[Array, Array], held: Mapping[int, Fraction]) -> Array:
        goal, matrix = block
        return goal - sum((float(value) * matrix[:, place] for place, value in held.items()), np.zeros_like(goal))


def _values(expressions: Sequence[Expr], parameters: Sequence[Symbol], table: Array) -> Array:
    """Expressions at every sample, one row each."""
    count = table.shape[1] if len(parameters) else 1
    if not expressions:
        return np.zeros((0, count))
    function = sympy.lambdify(list(parameters), list(expressions), "numpy", cse=False)
    with np.errstate(all="ignore"):
        values = function(*table) if len(parameters) else function()
    return np.array([np.broadcast_to(np.asarray(value, dtype=float), (count,)) for value in values])
