"""From a rule to a short list of multi-tensor operations.

What depends on hyperparameters and ``t`` alone is a number, computed once for all tensors. The rest becomes
instructions on lists of tensors. Numbers that multiply a tensor are carried along instead of multiplied in, so that
bias corrections and step sizes cost no pass over memory; equal parts are computed once; products of two roots become
one root; a result is written over an operand that nobody reads again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import sympy
from sympy import Abs, Add, Dummy, Expr, Max, Min, Mul, Rational, S, Symbol, Wild, sign

from convergence.errors import ClaimError
from convergence.expressions import kth_largest_abs, norm
from convergence.optim.algebra import nonnegative, nonzero, root, with_one_root
from convergence.optim.program import Instruction, Kind, Program, overwriting


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A register times a number that has not been multiplied in."""

    number: Expr
    register: int


@dataclass(frozen=True, slots=True)
class _Product:
    """A number times registers over registers."""

    number: Expr
    over: tuple[int, ...]
    under: tuple[int, ...] = ()

    @property
    def simple(self) -> bool:
        return len(self.over) == 1 and not self.under


def translate(
    leaves: Mapping[Symbol, Kind],
    assignments: Mapping[Symbol, Expr],
    outputs: Mapping[str, Expr],
    *,
    reductions: Kind,
    protected: frozenset[str] = frozenset(),
) -> Program:
    """The program of ordered assignments, then outputs.

    Args:
        leaves: every symbol that is given, with its kind; parameters are numbers.
        assignments: as in a rule; outputs see the values after them.
        outputs: what to compute, by name.
        reductions: whether a norm is one of the whole group or one of each tensor.
        protected: inputs whose tensors must not be overwritten.
    """
    builder = _Builder(leaves, reductions)
    remaining = list(assignments.items())
    while remaining:
        (target, value), *remaining = remaining
        builder.assign(
            target, value, [*(later for _, later in remaining), *outputs.values()], {k for k, _ in remaining}
        )
    return builder.finished(outputs, protected)


class _Builder:
    """Collects instructions; every value is computed once, and `finished` decides what overwrites what."""

    def __init__(self, leaves: Mapping[Symbol, Kind], reductions: Kind) -> None:
        self.reductions = reductions
        self.kinds: list[Kind] = []
        self.instructions: list[Instruction] = []
        self.formulas: dict[Expr, int] = {}
        self.known: dict[tuple[object, ...], int] = {}
        self.values: dict[Expr, _Scaled] = {}
        self.now: dict[Symbol, Expr] = {}
        self.leaf_kinds = dict(leaves)
        self.arguments = [leaf for leaf, kind in leaves.items() if kind is Kind.NUMBER]
        self.inputs = {leaf.name: self._leaf(leaf) for leaf, kind in leaves.items() if kind is not Kind.NUMBER}

    def _leaf(self, leaf: Symbol) -> int:
        self.kinds.append(self.leaf_kinds[leaf])
        register = len(self.kinds) - 1
        self.values[leaf] = _Scaled(S.One, register)
        return register

    # --- assignments

    def assign(self, target: Symbol, value: Expr, later: Sequence[Expr], rewritten: set[Symbol]) -> None:
        """Give a name its value: inlined where it is read once, computed where it is read again or kept."""
        old = self.now.get(target, target)
        value = value.xreplace(self.now)
        if self.kind(value) is Kind.NUMBER or self._inlined(target, value, later, rewritten):
            self.now[target] = value
        else:
            goal = self.values[old].register if old in self.values and old.is_Symbol else None
            scaled = self.sum(value, goal) if value.is_Add else self.value(value)
            leaf = Dummy(target.name, real=True)
            self.leaf_kinds[leaf] = self.kinds[scaled.register]
            self.values[leaf] = _Scaled(S.One, scaled.register)
            self.now[target] = scaled.number * leaf

    def _inlined(self, target: Symbol, value: Expr, later: Sequence[Expr], rewritten: set[Symbol]) -> bool:
        if _core(value, self.values).is_Symbol:
            return True
        stale = {self.now.get(name, name) for name in rewritten}
        uses = sum(int(expression.count(target)) for expression in later)
        return target not in self.leaf_kinds and uses <= 1 and not (value.free_symbols & stale)

    def finished(self, outputs: Mapping[str, Expr], protected: frozenset[str]) -> Program:
        """The program with every decision taken."""
        registers: dict[str, int] = {}
        computed: dict[str, int] = {}
        for name, expression in outputs.items():
            value = expression.xreplace(self.now)
            if self.kind(value) is Kind.NUMBER:
                computed[name] = self.formula(value)
                continue
            goal = self.inputs.get(name)
            scaled = self.sum(value, goal) if value.is_Add else self.value(value)
            registers[name] = self._separate(name, self.materialised(scaled), registers)
        formulas = sympy.lambdify(
            self.arguments, list(self.formulas), modules=[{"Max": max, "Min": min, "sign": _sign}, "math"], cse=True
        )
        kept = frozenset(self.inputs[name] for name in protected if name in self.inputs)
        return Program(
            inputs=MappingProxyType(self.inputs),
            outputs=MappingProxyType(registers),
            computed=MappingProxyType(computed),
            kinds=tuple(self.kinds),
            instructions=overwriting(self.instructions, tuple(self.kinds), frozenset(registers.values()), kept),
            formulas=formulas,
            arguments=tuple(symbol.name for symbol in self.arguments),
        )

    def _separate(self, name: str, register: int, taken: Mapping[str, int]) -> int:
        """Each result gets tensors of its own: no two results, and no result and another input, share them."""
        foreign = {other for key, other in self.inputs.items() if key != name} | set(taken.values())
        return self._emit("clone", (register,), fresh=True) if register in foreign else register

    # --- values

    def kind(self, expression: Expr) -> Kind:
        """How many values an expression has."""
        if expression.is_Symbol:
            return self.leaf_kinds.get(expression, Kind.NUMBER)
        if isinstance(expression, norm | kth_largest_abs):
            return self.reductions
        return max((self.kind(argument) for argument in expression.args), default=Kind.NUMBER)

    def value(self, expression: Expr) -> _Scaled:
        """The register of an expression that is no number."""
        if expression not in self.values:
            self.values[expression] = self._computed(expression)
        return self.values[expression]

    def _computed(self, expression: Expr) -> _Scaled:
        if expression.is_Mul:
            return self.folded(self.product(expression))
        if expression.is_Add:
            return self.sum(expression, None)
        if expression.is_Pow:
            return self._power(*expression.as_base_exp())
        if isinstance(expression, Max | Min):
            return self._extreme(expression)
        return self._function(expression)

    def _function(self, expression: Expr) -> _Scaled:
        argument, *rest = expression.args
        if self.kind(argument) is Kind.NUMBER:
            raise ClaimError(f"no optimizer can be made of {expression}: a norm needs an argument with coordinates")
        inner = self.value(argument)
        if isinstance(expression, norm):
            return _Scaled(Abs(inner.number), self._emit("norm", (inner.register,), kind=self.reductions))
        if isinstance(expression, kth_largest_abs):
            count = self.formula(rest[0])
            register = self._emit("kth_largest_abs", (inner.register,), (count,), kind=self.reductions)
            return _Scaled(Abs(inner.number), register)
        if isinstance(expression, Abs | sign):
            name = "abs" if isinstance(expression, Abs) else "sign"
            return _Scaled(expression.func(inner.number), self._emit(name, (inner.register,)))
        return _Scaled(S.One, self._emit(expression.func.__name__, (self.materialised(inner),)))

    def _power(self, base: Expr, exponent: Expr) -> _Scaled:
        if self.kind(base) is Kind.NUMBER:
            return self.value(sympy.exp(exponent * sympy.log(base), evaluate=False))
        if exponent.is_number and exponent.is_negative:
            inner = self.value(base**-exponent)
            return _Scaled(1 / inner.number, self._emit("reciprocal", (inner.register,)))
        inner = self.value(base)
        if exponent == 2:
            return _Scaled(inner.number**2, self._emit("mul", (inner.register, inner.register)))
        if exponent.is_Integer:
            return _Scaled(inner.number**exponent, self._emit("pow", (inner.register,), (self.formula(exponent),)))
        if exponent == Rational(1, 2) and nonnegative(inner.number):
            return _Scaled(root(inner.number), self._emit("sqrt", (inner.register,)))
        register = self.materialised(inner)
        if exponent == Rational(1, 2):
            return _Scaled(S.One, self._emit("sqrt", (register,)))
        return _Scaled(S.One, self._emit("pow", (register,), (self.formula(exponent),)))

    def _extreme(self, expression: Expr) -> _Scaled:
        largest = isinstance(expression, Max)
        numbers = [argument for argument in expression.args if self.kind(argument) is Kind.NUMBER]
        others = [argument for argument in expression.args if argument not in numbers]
        if largest and numbers == [S.Zero] and len(others) == 1 and isinstance(others[0], sign):
            return _Scaled(S.One, self._emit("positive", (self.materialised(self.value(others[0].args[0])),)))
        registers = [self.materialised(self.value(argument)) for argument in others]
        result, *rest = sorted(registers, key=self._kind_of, reverse=True)
        for register in rest:
            result = self._emit("maximum" if largest else "minimum", (result, register))
        if numbers:
            bound = self.formula(expression.func(*numbers))
            result = self._emit("clamp_min" if largest else "clamp_max", (result,), (bound,))
        return _Scaled(S.One, result)

    def product(self, expression: Expr) -> _Product:
        """A product, its numbers apart."""
        number: Expr = S.One
        over: list[int] = []
        under: list[int] = []
        factors = list(Mul.make_args(with_one_root(expression)))
        for factor in list(factors):
            if shrunk := self._shrunk(factor, factors):
                register, kept = shrunk
                over.append(register.register)
                number *= register.number
                factors.remove(factor)
                factors.remove(kept)
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if self.kind(factor) is Kind.NUMBER:
                number *= factor
            elif exponent.is_number and exponent.is_negative:
                inner = self.value(base**-exponent)
                number /= inner.number
                under.append(inner.register)
            elif exponent == 2:
                inner = self.value(base)
                number *= inner.number**2
                over += [inner.register] * 2
            else:
                inner = self.value(factor)
                number *= inner.number
                over.append(inner.register)
        return _Product(number, tuple(sorted(over)), tuple(sorted(under)))

    def _shrunk(self, mask: Expr, factors: Sequence[Expr]) -> tuple[_Scaled, Expr] | None:
        """A factor ``y`` and the mask ``1 - max(0, sign(bound - abs(y)))`` beside it, as one operation."""
        bound, magnitude = Wild("bound"), Wild("magnitude")
        found = mask.match(1 - Max(0, sign(bound - magnitude))) if mask.is_Add and mask.has(Max) else None
        if not found or self.kind(found[bound]) or not self.kind(found[magnitude]):
            return None
        scale, absolute = found[magnitude].as_independent(Abs, as_Add=False)
        if not isinstance(absolute, Abs) or self.kind(scale) or not nonnegative(scale):
            return None
        inner = self.value(absolute.args[0])
        for factor in factors:
            if factor is not mask and self.kind(factor) and self.value(factor).register == inner.register:
                number = self.formula(found[bound] / (scale * Abs(inner.number)))
                shrunk = self._emit("zero_below", (inner.register,), (number,))
                return _Scaled(self.value(factor).number, shrunk), factor
        return None

    def folded(self, product: _Product) -> _Scaled:
        """A product as one register."""
        under = self._multiplied(product.under) if product.under else None
        if not product.over:
            assert under is not None
            return _Scaled(product.number, self._emit("reciprocal", (under,)))
        over = self._multiplied(product.over)
        return _Scaled(product.number, over if under is None else self._emit("div", (over, under)))

    def _multiplied(self, registers: Sequence[int]) -> int:
        """Factors of fewer values first, so that each is multiplied at its own size."""
        result, *rest = sorted(registers, key=self._kind_of)
        for register in rest:
            result = self._emit("mul", (register, result))
        return result

    def _kind_of(self, register: int) -> Kind:
        return self.kinds[register]

    def sum(self, expression: Expr, goal: int | None) -> _Scaled:
        """A sum; built on the register `goal`, if it is a term, so that it may be updated in place."""
        constant, terms = self._terms(expression, goal)
        base = self._base(terms, goal)
        others = [term for term in terms if term is not base]
        start = _Scaled(base.number, base.over[0]) if base.simple else self.folded(base)
        if not constant and len(others) == 1 and others[0].simple and (start.number + others[0].number).expand() == 1:
            other = others[0]
            numbers = (self.formula(other.number),)
            return _Scaled(S.One, self._emit("lerp", (start.register, other.over[0]), numbers, keyword="weight"))
        scale = start.number if goal is None and others and nonzero(start.number) else S.One
        result = start.register if scale == start.number else self.materialised(start)
        for other in others:
            result = self._added(result, replace(other, number=other.number / scale))
        if constant:
            result = self._emit("add", (result,), (self.formula(constant / scale),))
        return _Scaled(scale, result)

    def _terms(self, expression: Expr, goal: int | None) -> tuple[Expr, list[_Product]]:
        constant: Expr = S.Zero
        collected: dict[tuple[tuple[int, ...], tuple[int, ...]], Expr] = {}
        for term in self._distributed(expression, goal):
            if self.kind(term) is Kind.NUMBER:
                constant += term
                continue
            part = self.product(term)
            key = (part.over, part.under)
            collected[key] = collected.get(key, S.Zero) + part.number
        return constant, [_Product(number, over, under) for (over, under), number in collected.items()]

    def _distributed(self, expression: Expr, goal: int | None) -> list[Expr]:
        """The terms of a sum; an inner sum that has the goal as a term, as in weight decay, is multiplied out."""
        terms: list[Expr] = []
        for term in Add.make_args(expression):
            number, rest = term.as_independent(*(f for f in term.free_symbols if self.kind(f)), as_Add=False)
            if rest.is_Add and self._adds(rest, goal) and not number.has(norm):
                terms += self._distributed(Add(*(number * part for part in rest.args)), goal)
            else:
                terms.append(term)
        return terms

    def _adds(self, expression: Expr, goal: int | None) -> bool:
        """Whether a sum has the goal as a term, and no difference, which would lose its exactness near zero."""
        if any(part.could_extract_minus_sign() for part in expression.args):
            return False
        cores = [_core(part, self.values) for part in expression.args]
        return any(core in self.values and self.values[core].register == goal for core in cores)

    def _base(self, terms: Sequence[_Product], goal: int | None) -> _Product:
        """The term that the others are added to: the goal, else one that is a register of the most values."""

        def worth(term: _Product) -> tuple[bool, Kind, bool, bool, bool]:
            kind = max(self.kinds[register] for register in (*term.over, *term.under))
            simple = term.simple
            return (simple and term.over[0] == goal, kind, simple, simple and term.number == 1, nonzero(term.number))

        return max(terms, key=worth)

    def _added(self, result: int, term: _Product) -> int:
        number = (self.formula(term.number),)
        if len(term.over) == 2 and not term.under:
            return self._emit("addcmul", (result, *term.over), number, keyword="value")
        if term.over and term.under:
            over, under = self._multiplied(term.over), self._multiplied(term.under)
            return self._emit("addcdiv", (result, over, under), number, keyword="value")
        folded = self.folded(replace(term, number=S.One))
        return self._emit("add", (result, folded.register), number, keyword="alpha")

    def materialised(self, value: _Scaled) -> int:
        """The register of a value with its number multiplied in."""
        if value.number == 1:
            return value.register
        _, exponent = value.number.as_base_exp()
        if exponent.is_number and exponent.is_negative:  # bias corrections are divided by, and rounded once
            return self._emit("div", (value.register,), (self.formula(1 / value.number),))
        return self._emit("mul", (value.register,), (self.formula(value.number),))

    def formula(self, expression: Expr) -> int:
        """The index of a number."""
        return self.formulas.setdefault(expression, len(self.formulas))

    def _emit(
        self,
        operation: str,
        registers: tuple[int, ...],
        numbers: tuple[int, ...] = (),
        *,
        keyword: str = "",
        kind: Kind | None = None,
        fresh: bool = False,
    ) -> int:
        key = (operation, registers, numbers, keyword)
        if key not in self.known or fresh:
            self.kinds.append(max(self.kinds[register] for register in registers) if kind is None else kind)
            self.known[key] = len(self.kinds) - 1
            self.instructions.append(Instruction(operation, self.known[key], registers, numbers, keyword))
        return self.known[key]


def _core(expression: Expr, values: Mapping[Expr, _Scaled]) -> Expr:
    """What is left of an expression without factors that are numbers, if that is a value that exists already."""
    factors = [factor for factor in Mul.make_args(expression) if factor.free_symbols & values.keys()]
    return factors[0] if len(factors) == 1 else expression


def _sign(number: float) -> float:
    return number if number != number else float((number > 0) - (number < 0))
