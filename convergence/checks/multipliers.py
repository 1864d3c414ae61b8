"""Searching for the multipliers of a proof: nonnegative functions of the parameters, by a semidefinite program.

Each multiplier is sought as a combination, with nonnegative numbers, of monomials in the parameters, times at most one
of the stated relations, over at most one of the claim's denominators. Scaling laws that the claim obeys fix the
monomials' degrees. The numbers must make the goal minus the combination positive semidefinite at several values of the
parameters at once; the least sum of numbers is usually attained by few and simple ones, which are then rounded.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
import sympy
from flint import fmpz_mat
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, Symbol

from convergence.certificates.gram import Form
from convergence.certificates.signs import Facts
from convergence.certificates.vector_forms import to_form
from convergence.certificates.vector_steps import Step

Array = NDArray[np.float64]
Combination = list[tuple[tuple[int, ...], Expr]]
"""Numbers of facts that are multiplied with one another, with the multiplier of their product."""
Solver = Callable[[Sequence[int], Sequence[int], Mapping[int, Fraction]], "Array | None"]
"""Numbers for some terms at some samples, beside numbers that are held."""

SAMPLES, TESTS = 8, 60
ROUNDS = 5
MOST_MONOMIALS = 12
MOST_UNKNOWNS = 900
MOST_PRODUCTS = 60
MOST_SOLVES = 100
TINY, LARGE = 1e-5, 1e12
PLAIN = tuple(Rational(p, q) for p, q in ((1, 1), (2, 1), (1, 2), (3, 1), (4, 1), (1, 4), (1, 3), (1, 10), (10, 1)))
SLACK = 1e-7
SIMPLE = sorted({Fraction(p, q) for q in (1, 2, 3, 4) for p in range(1, 13)} | {Fraction(n) for n in (16, 18, 24, 32)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A product of facts as a quadratic form."""

    facts: tuple[int, ...]
    form: Form
    is_equation: bool


def has_norms(form: Form) -> bool:
    """Whether a form contains norms that are not squared."""
    return any("norm(" in name for key in form.terms for name in key)


def candidates(step: Step) -> list[Candidate]:
    """Every fact, and products of those that are not quadratic by themselves."""
    found = [_candidate(step, (place,)) for place in range(len(step.facts))]
    linear = [item.facts[0] for item in found if has_norms(item.form)]
    if linear:
        factors = [place for place in linear if _is_factor(step, place)]
        pairs = list(itertools.combinations_with_replacement(factors, 2))[:MOST_PRODUCTS]
        found += [_candidate(step, pair) for pair in pairs]
    return [item for item in found if item.form.terms]


def _is_factor(step: Step, place: int) -> bool:
    return all(len(monomial) <= 1 and (not monomial or len(monomial[0]) == 1) for monomial in _monomials(step, place))


def _monomials(step: Step, place: int) -> list[Any]:
    return list(step.facts[place].polynomial.terms)


def _candidate(step: Step, facts: tuple[int, ...]) -> Candidate:
    form = to_form(step.consequence(facts))
    applied = {key: step.conditions.apply(value) for key, value in form.terms.items()}
    kept = {key: value for key, value in applied.items() if sympy.expand(value) != 0}
    return Candidate(facts=facts, form=Form(kept), is_equation=any(step.facts[place].is_equation for place in facts))


# --- scaling laws


def _powers(expression: Expr) -> Iterator[dict[str, Fraction]]:
    """The exponents of each term of an expanded expression."""
    for term in sympy.Add.make_args(sympy.expand(expression)):
        yield {
            str(base): Fraction(int(exponent.p), int(exponent.q))
            for base, exponent in term.as_powers_dict().items()
            if not base.is_number and exponent.is_Rational
        }


def _degrees(expression: Expr) -> tuple[list[dict[str, Fraction]], list[dict[str, Fraction]]]:
    numerator, denominator = sympy.fraction(sympy.together(expression))
    return list(_powers(numerator)), list(_powers(denominator))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalings:
    """Weights of parameters and of basis vectors under which every polynomial of a claim has one degree."""

    names: tuple[str, ...]
    weights: tuple[tuple[int, ...], ...]

    def degree(self, powers: Mapping[str, Fraction]) -> tuple[Fraction, ...]:
        """The degree of a monomial."""
        places = [(self.names.index(name), power) for name, power in powers.items() if name in self.names]
        return tuple(sum((law[place] * power for place, power in places), Fraction(0)) for law in self.weights)

    def degree_of(self, expression: Expr, key: Sequence[str] = ()) -> tuple[Fraction, ...]:
        """The degree of an expression that has one, times an inner product."""
        numerator, denominator = _degrees(expression)
        above = _joined(numerator[0], key)
        return tuple(a - b for a, b in zip(self.degree(above), self.degree(denominator[0]), strict=True))

    def degree_of_form(self, form: Form) -> tuple[Fraction, ...]:
        """The degree of a form that has one."""
        key, value = next(iter(form.terms.items()))
        return self.degree_of(value, key)


def _joined(powers: Mapping[str, Fraction], key: Sequence[str]) -> dict[str, Fraction]:
    joined = dict(powers)
    for name in key:
        if name != "1":
            joined[f"|{name}"] = joined.get(f"|{name}", Fraction(0)) + 1
    return joined


def scalings(forms: Sequence[Form], parts: Sequence[Expr]) -> Scalings:
    """All scaling laws of forms and of expressions in parameters."""
    rows: list[dict[str, Fraction]] = []
    for form in forms:
        group = []
        for key, value in form.terms.items():
            numerator, denominator = _degrees(value)
            rows += _differences(denominator)
            group += [_minus(_joined(powers, key), denominator[0]) for powers in numerator]
        rows += _differences(group)
    for part in parts:
        numerator, denominator = _degrees(part)
        rows += _differences(numerator) + _differences(denominator)
    names = tuple(sorted({name for form in [*rows, *_all_powers(forms, parts)] for name in form}))
    return Scalings(names=names, weights=_null_space(rows, names))


def _all_powers(forms: Sequence[Form], parts: Sequence[Expr]) -> Iterator[dict[str, Fraction]]:
    for key, value in [pair for form in forms for pair in form.terms.items()] + [((), part) for part in parts]:
        for powers in itertools.chain(*_degrees(value)):
            yield _joined(powers, key)


def _minus(first: Mapping[str, Fraction], second: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {name: first.get(name, Fraction(0)) - second.get(name, Fraction(0)) for name in {**first, **second}}


def _differences(group: Sequence[Mapping[str, Fraction]]) -> list[dict[str, Fraction]]:
    return [_minus(powers, group[0]) for powers in group[1:]]


def _null_space(rows: Sequence[Mapping[str, Fraction]], names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    unique = {tuple(row.get(name, Fraction(0)) for name in names) for row in rows}
    whole = [[int(value * 12) for value in row] for row in unique if any(row)]
    if not whole:
        return tuple(tuple(int(i == j) for i in range(len(names))) for j in range(len(names)))
    space, size = fmpz_mat(whole).nullspace()
    return tuple(tuple(int(space[i, j]) for i in range(len(names))) for j in range(size))


# --- the functions that a multiplier may combine


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One function of the parameters for one candidate."""

    candidate: int
    function: Expr
    cost: float


def terms(
    step: Step, goal: Form, given: Sequence[Candidate], parameters: Sequence[Symbol], *, rich: bool
) -> list[Term]:
    """What the multipliers may be sums of."""
    own = set(parameters)
    relations = [expr for expr, _ in step.conditions.constraints if not expr.is_Symbol and expr.free_symbols <= own]
    below = _denominators([goal, *(item.form for item in given)], step.conditions)
    laws = scalings([goal, *(item.form for item in given)], [*relations, *below])
    factors = [(Integer(1), 0.0)]
    if rich:
        factors += [(relation, 1.0) for relation in relations] + [(1 / part, 1.0) for part in below]
        factors += [(relation / part, 2.0) for relation in relations for part in below]
    powers = list(_exponents(parameters, step.conditions))
    wanted = laws.degree_of_form(goal)
    graded: dict[tuple[Fraction, ...], list[tuple[int, ...]]] = {}
    for exponents in powers:
        named = {str(name): Fraction(power) for name, power in zip(parameters, exponents, strict=True)}
        graded.setdefault(laws.degree(named), []).append(exponents)
    found = []
    for place, item in enumerate(given):
        degree = laws.degree_of_form(item.form)
        for factor, extra in factors:
            rest = tuple(a - b - c for a, b, c in zip(wanted, degree, laws.degree_of(factor), strict=True))
            for exponents in graded.get(rest, [])[:MOST_MONOMIALS]:
                monomial = sympy.Mul(*(name**power for name, power in zip(parameters, exponents, strict=True)))
                cost = 1 + extra + 0.2 * sum(map(abs, exponents)) + 0.5 * (len(item.facts) - 1)
                found.append(Term(candidate=place, function=factor * monomial, cost=float(cost)))
    return sorted(found, key=lambda term: term.cost)[:MOST_UNKNOWNS]


def _exponents(parameters: Sequence[Symbol], conditions: Facts) -> Iterator[tuple[int, ...]]:
    reach = 3 if len(parameters) <= 3 else 2 if len(parameters) <= 5 else 1
    ranges = [_range_of(name, conditions, reach) for name in parameters]
    yield from sorted(itertools.product(*ranges), key=lambda powers: (sum(map(abs, powers)), powers))


def _range_of(name: Symbol, conditions: Facts, reach: int) -> list[int]:
    if name.is_positive or conditions.is_positive(name):
        return list(range(-reach, reach + 1))
    if name.is_nonnegative or conditions.is_nonnegative(name):
        return list(range(reach + 1))
    return list(range(0, reach + 1, 2))


def _denominators(forms: Sequence[Form], conditions: Facts) -> list[Expr]:
    found: dict[Expr, None] = {}
    for form in forms:
        for value in form.terms.values():
            _, below = sympy.fraction(sympy.together(value))
            for factor in sympy.Mul.make_args(sympy.factor(below)):
                base, exponent = factor.as_base_exp()
                if base.is_Add and exponent.is_Integer and conditions.is_positive(base):
                    found |= {base**power: None for power in range(1, min(int(exponent), 4) + 1)}
    return list(found)[:4]


# --- values of the parameters


def samples(conditions: Facts, parameters: Sequence[Symbol], seed: int, count: int) -> list[dict[Symbol, Rational]]:
    """Values of the parameters that satisfy the conditions, some on the boundary of a relation."""
    stream = random.Random(f"multipliers:{seed}")
    found: list[dict[Symbol, Rational]] = []
    if not parameters:
        return [{}]
    for attempt in range(4_000):
        reach = (0, 7, 2, 7)[attempt % 4]
        point = {name: _draw(stream, name, reach) for name in parameters}
        if attempt % 3 == 2:
            point = _on_boundary(point, conditions, stream)
        if _allowed(point, conditions):
            found.append(point)
        if len(found) == count:
            break
    return found


def _draw(stream: random.Random, name: Symbol, reach: int) -> Rational:
    if name.is_integer:
        return Integer(stream.randint(1, 9))
    if reach == 0:
        size = stream.choice(PLAIN)
    else:
        size = Rational(stream.randint(9, 31), 16) * Rational(2) ** stream.randint(-reach, reach)
    return size if name.is_nonnegative else size * stream.choice((1, -1))


def _on_boundary(point: dict[Symbol, Rational], conditions: Facts, stream: random.Random) -> dict[Symbol, Rational]:
    relations = [expr for expr, strict in conditions.constraints if not strict and len(expr.free_symbols) > 1]
    if not relations:
        return point
    relation = stream.choice(relations)
    name = stream.choice(sorted(relation.free_symbols & set(point), key=str) or [None])
    if name is None or name.is_integer:
        return point
    polynomial = relation.xreplace({key: value for key, value in point.items() if key != name}).as_poly(name)
    if polynomial is None or polynomial.degree() != 1:
        return point
    slope, offset = polynomial.all_coeffs()
    return {**point, name: -offset / slope} if (offset / slope).is_Rational else point


def _allowed(point: Mapping[Symbol, Rational], conditions: Facts) -> bool:
    for expression, strict in conditions.constraints:
        value = expression.xreplace(dict(point))
        if value.free_symbols:
            continue
        if not (value > 0 if strict else value >= 0):
            return False
    return all((value > 0 or not name.is_positive) and value.is_finite for name, value in point.items())


# --- the program


def combinations(step: Step, goal: Form, seed: int, *, rich: bool, wide: bool) -> Iterator[Combination]:
    """Proposals of multipliers for (products of) facts; each must still be verified.

    Args:
        step: the claim.
        goal: what must not be negative.
        seed: of the values of parameters that are tried.
        rich: whether multipliers may contain the stated relations and the claim's denominators.
        wide: whether facts about norms that are not squared may be used.
    """
    goal = Form({key: step.conditions.apply(value) for key, value in goal.terms.items()})
    goal = Form({key: value for key, value in goal.terms.items() if sympy.expand(value) != 0})
    if not goal.terms:
        yield []
        return
    given = candidates(step) if wide else [item for item in candidates(step) if not has_norms(item.form)]
    forms = [goal, *(item.form for item in given)]
    parameters = sorted(
        {name for form in forms for value in form.terms.values() for name in value.free_symbols}, key=str
    )
    unknowns = terms(step, goal, given, parameters, rich=rich)
    points = samples(step.conditions, parameters, seed, SAMPLES + TESTS)
    if not points:
        return
    program = _Program(goal, given, unknowns, points, parameters)
    if not program.blocks:
        return
    if not program.failing({}):
        yield []
    for squares in (program.dominant, program.semidefinite):
        program.solves = MOST_SOLVES
        yield from _proposals(program, squares, given, unknowns)


def _proposals(
    program: _Program, solve: Solver, given: Sequence[Candidate], unknowns: Sequence[Term]
) -> Iterator[Combination]:
    """Solve at a few samples, round, test at all samples, and add those where the rounded numbers fail."""
    chosen = list(range(min(SAMPLES, len(program.blocks))))
    everything = list(range(len(unknowns)))
    for _ in range(ROUNDS):
        found = solve(everything, chosen, {})
        if found is None:
            return
        simple = _simplified(solve, found, chosen)
        failing = program.failing(simple)
        if not failing:
            yield _combined(given, unknowns, simple)
            return
        chosen += [place for place in failing if place not in chosen][:4]


def _simplified(solve: Solver, found: Array, chosen: Sequence[int]) -> dict[int, Fraction]:
    """Fix the numbers one by one at simple ones nearby, and solve for the others again."""
    fixed: dict[int, Fraction] = {}
    found = _sparse(solve, found, chosen)
    for _ in range(len(found)):
        left = [place for place in _support(found) if place not in fixed]
        if not left:
            break
        place = max(left, key=lambda item: abs(found[item]))
        rest = [other for other in left if other != place]
        for value in _nearby(float(found[place])):
            again = solve(rest, chosen, {**fixed, place: value})
            if again is not None:
                fixed[place], found = value, again
                break
        else:
            fixed[place] = Fraction(float(found[place])).limit_denominator(10_000)
    return {place: value for place, value in fixed.items() if value}


def _support(found: Array) -> list[int]:
    return [place for place in range(len(found)) if abs(found[place]) > TINY * max(1.0, np.abs(found).max())]


def _sparse(solve: Solver, found: Array, chosen: Sequence[int]) -> Array:
    """Leave out whatever can be left out, the smallest numbers first."""
    kept = _support(found)
    for place in sorted(kept, key=lambda item: abs(found[item])):
        if place not in kept:
            continue
        again = solve([other for other in kept if other != place], chosen, {})
        if again is not None:
            found, kept = again, _support(again)
    return found


def _nearby(value: float) -> list[Fraction]:
    size, sign = abs(value), 1 if value > 0 else -1
    close = Fraction(size).limit_denominator(60)
    exact = [close] if abs(float(close) - size) < 1e-5 * max(1.0, size) else []
    near = sorted(SIMPLE, key=lambda item: abs(log(float(item) / size)) + 0.3 * log(item.denominator))[:4]
    return [sign * item for item in dict.fromkeys([*exact, *near])]


def _combined(given: Sequence[Candidate], unknowns: Sequence[Term], found: Mapping[int, Fraction]) -> Combination:
    total: dict[tuple[int, ...], Expr] = {}
    for place, value in found.items():
        facts = given[unknowns[place].candidate].facts
        size = Rational(value.numerator, value.denominator)
        total[facts] = total.get(facts, Integer(0)) + size * unknowns[place].function
    return [(facts, sympy.factor(value)) for facts, value in total.items() if value != 0]


class _Program:
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
