"""The algebra of update rules: an optimizer is one immutable value made of SymPy expressions.

A rule is written for one coordinate. ``theta`` is the iterate, ``g`` the gradient at the rule's `query`, ``t`` counts
steps from 1, ``uniform`` is a fresh random number from [0, 1) for each coordinate and step, for stochastic rounding.
Assignments run in order, so that later lines see new values; a name that is assigned and is no state is a temporary.
The last assignment is always that of ``theta``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sympy import Abs, Dummy, Expr, Integer, Symbol

from convergence.errors import ClaimError, nearest
from convergence.expressions import COUNTERS, exact, kth_largest_abs, norm, symbol, to_text

theta = symbol("theta")
g = symbol("g")
uniform = symbol("uniform")
t = COUNTERS["t"]
_COUNTERS = {COUNTERS["k"]: t}

Expressions = Mapping[Symbol, Expr]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One step of a first-order method, coordinate by coordinate.

    Attributes:
        name: how reports call it.
        parameters: every hyperparameter with its default; a default may use symbols of the claim, such as ``1/L``.
        state: every state variable with its value before step 1; it may use ``theta``, the starting point.
        update: ordered assignments to state, temporaries and ``theta``.
        query: where the gradient is asked; from ``theta`` and the state before the step.
        output: what the method returns; from ``theta`` and the state after the step.
        source: where the method comes from.

    Raises:
        ClaimError: if an expression uses a name that is neither assigned before nor declared.
    """

    name: str
    parameters: Expressions
    state: Expressions
    update: Expressions
    query: Expr = theta
    output: Expr = theta
    source: str = ""

    def __post_init__(self) -> None:
        for field in ("parameters", "state", "update"):
            values = {name: exact(value).xreplace(_COUNTERS) for name, value in getattr(self, field).items()}
            object.__setattr__(self, field, MappingProxyType(values))
        for field in ("query", "output"):
            object.__setattr__(self, field, exact(getattr(self, field)).xreplace(_COUNTERS))
        if not self.update or list(self.update)[-1] != theta:
            raise ClaimError(f"method {self.name!r}: expected the last assignment to be that of theta")
        self._require_known()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self.signature == other.signature

    def __hash__(self) -> int:
        return hash(self.signature)

    def __reduce__(self) -> tuple[object, ...]:
        tables = (dict(self.parameters), dict(self.state), dict(self.update))
        return _rebuilt, (self.name, *tables, self.query, self.output, self.source)

    @property
    def signature(self) -> tuple[object, ...]:
        """What the rule computes, without its name and source: equal for equal recursions."""
        tables = (tuple(self.parameters.items()), tuple(self.state.items()), tuple(self.update.items()))
        return (*tables, self.query, self.output)

    @property
    def resolved(self) -> Expressions:
        """The parameters' values with the parameters inside them substituted, over symbols of the claim."""
        return _resolved(self.parameters)

    @property
    def given(self) -> frozenset[Symbol]:
        """Symbols of the claim that the parameters' values use."""
        symbols = {free for value in self.resolved.values() for free in value.free_symbols}
        return frozenset(symbols - {t, theta})

    def named(self, name: str, source: str = "") -> Rule:
        """The same recursion under another name and, if given, another source."""
        return replace(self, name=name, source=source or self.source)

    def with_parameters(self, **values: object) -> Rule:
        """The same rule with some parameters set to numbers or expressions (schedules in ``t`` or ``k`` included).

        Raises:
            ClaimError: if the rule has no such parameter; the nearest one is named.
        """
        table = dict(self.parameters)
        for name, value in values.items():
            table[self.parameter(name)] = exact(value)
        return replace(self, parameters=table)

    def parameter(self, name: str) -> Symbol:
        """The parameter of that name.

        Raises:
            ClaimError: if there is none.
        """
        for candidate in self.parameters:
            if candidate.name == name:
                return candidate
        known = [candidate.name for candidate in self.parameters]
        raise ClaimError(f"method {self.name!r} has no parameter {name!r}{nearest(name, known)}")

    def instantiated(self, values: Expressions | None = None) -> Rule:
        """The rule with its parameters' values substituted everywhere, then `values` for the claim's symbols.

        Symbols of the claim that remain are its parameters, each standing for itself.
        """
        table = self.resolved
        known = {name: (values or {}).get(name, name) for name in self.given}

        def fill(expression: Expr) -> Expr:
            return expression.xreplace(table).xreplace(known)

        free = {name for value in known.values() for name in exact(value).free_symbols} - {t, theta}
        return replace(
            self,
            parameters={name: name for name in sorted(free, key=str)},
            state={name: fill(value) for name, value in self.state.items()},
            update={name: fill(value) for name, value in self.update.items()},
            query=fill(self.query),
            output=fill(self.output),
        )

    def precondition(self, transform: Callable[[Expr], Expr], name: str, **parameters: object) -> Rule:
        """The rule fed with a transformed gradient, as in clipping; the last of several comes first."""
        fed = symbol(f"g_{1 + sum(assigned.name.startswith('g_') for assigned in self.update)}")
        changed = {target: value.xreplace({g: fed}) for target, value in self.update.items()}
        return self.rewritten(name, {fed: transform(g), **changed}, parameters=parameters)

    def preceded_by(
        self, name: str, assignments: Expressions, *, gradient: Expr, state: Expressions, **parameters: object
    ) -> Rule:
        """The rule fed with `gradient`, which further state and assignments compute first, as in outlier filtering."""
        changed = {target: value.xreplace({g: gradient}) for target, value in self.update.items()}
        return self.rewritten(name, {**assignments, **changed}, state=state, parameters=parameters)

    def through(self, target: str, transform: Callable[[Expr], Expr], name: str, **parameters: object) -> Rule:
        """The rule in which one assigned value passes through a transform, as in thresholding the momentum.

        Raises:
            ClaimError: if nothing of that name is assigned.
        """
        known = {assigned.name: assigned for assigned in self.update if assigned != theta}
        if target not in known:
            raise ClaimError(f"method {self.name!r} assigns no {target!r}{nearest(target, known)}")
        raw = self._unused(f"{target}_raw")
        changed: dict[Symbol, Expr] = {}
        for assigned, value in self.update.items():
            changed |= {raw: value, assigned: transform(raw)} if assigned.name == target else {assigned: value}
        return self.rewritten(name, changed, parameters=parameters)

    def scheduled(self, schedule: Expr, parameter: str = "alpha", **parameters: object) -> Rule:
        """The rule with one parameter replaced by a schedule in ``t``; names in `parameters` become parameters.

        Parameters that only the old value used go with it.
        """
        target = self.parameter(parameter)
        table = self._joined(parameters, (schedule,)) | {target: exact(schedule)}
        dropped = self._used(self.parameters) - self._used(table)
        return replace(self, parameters={name: value for name, value in table.items() if name not in dropped})

    def transformed_step(self, transform: Callable[[Expr], Expr], name: str, **parameters: object) -> Rule:
        """The rule whose displacement ``theta - theta_new`` passes through a transform, as in update clipping."""
        return self.rewritten(name, {**self.update, theta: theta - transform(self.step)}, parameters=parameters)

    def followed_by(
        self,
        name: str,
        assignments: Expressions,
        *,
        state: Expressions,
        output: Expr | None = None,
        **parameters: object,
    ) -> Rule:
        """The rule with further state that is updated after ``theta``; `assignments` see the new iterate as ``theta``.

        An assignment to ``theta`` itself replaces the new iterate, as in Lookahead; ``theta`` stays last.
        """
        fresh = self._unused("theta_new")
        update = {target: value for target, value in self.update.items() if target != theta}
        update[fresh] = self.update[theta]
        update |= {target: value.xreplace({theta: fresh}) for target, value in assignments.items() if target != theta}
        update[theta] = assignments.get(theta, theta).xreplace({theta: fresh})
        changed = self.rewritten(name, update, state=state, parameters=parameters)
        return changed if output is None else replace(changed, output=output)

    @property
    def step(self) -> Expr:
        """The displacement ``theta - theta_new``."""
        return theta - self.update[theta]

    def unrolled(self, gradient: Callable[[Expr], Expr], start: Expr, steps: int) -> Iterator[dict[Symbol, Expr]]:
        """The values of ``theta`` and the state after steps 1, 2, ..., `steps`, for a one-dimensional gradient."""
        rule = self.instantiated()._one_dimensional()
        values: dict[Symbol, Expr] = {name: value.xreplace({theta: start}) for name, value in rule.state.items()}
        values[theta] = start
        for count in range(1, steps + 1):
            known = {**values, t: Integer(count)}
            known[g] = gradient(rule.query.xreplace(known))
            for target, value in rule.update.items():
                known[target] = value.xreplace(known)
            values = {name: known[name] for name in values}
            yield dict(values)

    def to_document(self) -> dict[str, object]:
        """The rule as text, as a claim file's ``[methods.name]`` table holds it."""
        return {
            "parameters": {name.name: to_text(value) for name, value in self.parameters.items()},
            "state": {name.name: to_text(value) for name, value in self.state.items()},
            "update": {name.name: to_text(value) for name, value in self.update.items()},
            "query": to_text(self.query),
            "output": to_text(self.output),
        }

    def rewritten(
        self,
        name: str,
        update: Expressions,
        *,
        state: Expressions | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> Rule:
        """The rule with another update, more state and more parameters: what every composition comes down to.

        Raises:
            ClaimError: if new state or a new parameter has a name that is in use: its old users would change with it.
        """
        own = {used.name for used in (*self.state, *self.parameters)}
        taken = sorted({*(fresh.name for fresh in state or {}), *(parameters or {})} & own)
        if taken:
            raise ClaimError(f"method {self.name!r} + {name}: the name {taken[0]} is in use already")
        return replace(
            self,
            name=f"{self.name} + {name}",
            parameters=self._joined(parameters or {}, tuple(update.values())),
            state={**self.state, **(state or {})},
            update=update,
        )

    def _unused(self, name: str) -> Symbol:
        """A temporary of that name, with a number where earlier compositions have taken it."""
        own = {used.name for used in (*self.update, *self.state, *self.parameters)}
        names = (name, *(f"{name}_{number}" for number in range(2, len(own) + 3)))
        return symbol(next(candidate for candidate in names if candidate not in own))

    def _joined(self, parameters: Mapping[str, object], users: tuple[Expr, ...]) -> dict[Symbol, Expr]:
        """The parameters and new ones, which are the symbols of that name in the expressions that use them."""
        used = {free.name: free for user in users for free in exact(user).free_symbols}
        own = {name.name: name for name in self.parameters}
        added = {own.get(name, used.get(name, symbol(name))): exact(value) for name, value in parameters.items()}
        return {**self.parameters, **added}

    def _one_dimensional(self) -> Rule:
        """The rule with reductions over coordinates as absolute values, which they are when there is one coordinate."""
        update = {
            target: value.replace(norm, Abs).replace(kth_largest_abs, lambda inner, _: Abs(inner))
            for target, value in self.update.items()
        }
        return replace(self, update=update)

    def _used(self, parameters: Expressions) -> set[Symbol]:
        """The parameters that the recursion reads, itself or in the values of others."""
        values = [*self.state.values(), *self.update.values(), self.query, self.output]
        used: set[Symbol] = set()
        while values:
            found = {free for value in values for free in value.free_symbols & parameters.keys()} - used
            used |= found
            values = [parameters[name] for name in found]
        return used

    def _require_known(self) -> None:
        own = {assigned.name for assigned in (*self.state, *self.update, g, uniform)} - {theta.name}
        for free in self.given:
            if free.name in own:
                raise ClaimError(
                    f"method {self.name!r}: a parameter uses {free.name!r}, which the method assigns itself"
                )
        known = {theta, t, *self.parameters, *self.state}
        _require(self.name, "query", self.query, known)
        known |= {g, uniform}
        for target, value in self.update.items():
            _require(self.name, f"update of {target}", value, known | self.given)
            known.add(target)
        _require(self.name, "output", self.output, known)


def rule(
    name: str,
    *,
    step: Expr | None = None,
    parameters: Mapping[Symbol, object] | None = None,
    state: Mapping[Symbol, object] | None = None,
    update: Mapping[Symbol, object] | None = None,
    query: Expr = theta,
    output: Expr = theta,
    source: str = "",
) -> Rule:
    """A `Rule`; ``step=s`` is short for a last assignment ``theta = theta - s``.

    Raises:
        ClaimError: if both or neither of ``step`` and an update of ``theta`` are given, or a name is unknown.
    """
    assignments = dict(update or {})
    if (step is None) == (theta not in assignments):
        found = "neither" if step is None else "both"
        raise ClaimError(f"method {name!r}: expected either step or an update of theta, found {found}")
    if step is not None:
        assignments[theta] = theta - step
    return Rule(
        name=name,
        parameters=dict(parameters or {}),
        state=dict(state or {}),
        update=assignments,
        query=query,
        output=output,
        source=source,
    )


def _rebuilt(
    name: str, parameters: Expressions, state: Expressions, update: Expressions, query: Expr, output: Expr, source: str
) -> Rule:
    return Rule(name=name, parameters=parameters, state=state, update=update, query=query, output=output, source=source)


def _resolved(parameters: Expressions) -> dict[Symbol, Expr]:
    """Parameter values with the parameters inside them substituted, in as many passes as there are parameters.

    A value that names its own parameter, as in ``alpha = alpha/sqrt(k)``, means the claim's symbol of that name.
    """
    outer = {name: Dummy(name.name) for name, value in parameters.items() if name in value.free_symbols}
    table = {name: value.xreplace({name: outer[name]} if name in outer else {}) for name, value in parameters.items()}
    for _ in parameters:
        table = {name: value.xreplace(table) for name, value in table.items()}
    return {name: value.xreplace({dummy: kept for kept, dummy in outer.items()}) for name, value in table.items()}


def _require(name: str, where: str, expression: Expr, known: set[Symbol] | frozenset[Symbol]) -> None:
    unknown = sorted(symbol.name for symbol in expression.free_symbols - known)
    if unknown:
        hint = nearest(unknown[0], [known_symbol.name for known_symbol in known])
        raise ClaimError(f"method {name!r}, {where}: unknown name {unknown[0]!r}{hint}")
