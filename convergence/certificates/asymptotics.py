"""From an expression in a counter to its asymptotic expansion, sums and products included.

Sums are expanded by Euler and Maclaurin's formula, sums of exponentials by their last term; the constant of a sum is a
symbol, the same wherever the same summand occurs, with a sign only where the summand has one. A product is the
exponential of the sum of its logarithms. Source: de Bruijn, Asymptotic Methods in Analysis, chapter 3; Hardy, Divergent
Series, chapter 13.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy import Dummy, Expr, Integer, Rational, Symbol

from convergence.certificates import scale
from convergence.certificates.scale import ONE, UNIT, ZERO, Expansion, Monomial
from convergence.certificates.signs import Facts, Undetermined, Unsupported
from convergence.certificates.summands import has_root, only_summand, partial_fractions
from convergence.certificates.summation import bound_of_sum, sum_of

MAX_OPERATIONS = 300


@dataclass(slots=True)
class Asymptotics:
    """Expansions in one counter under some facts; remembers the constants of sums.

    Attributes:
        counter: the symbol that tends to infinity.
        facts: what is known about every other symbol.
    """

    counter: Symbol
    facts: Facts
    constants: dict[object, Expr] = field(default_factory=dict)
    depth: int = 0

    def expand(self, expression: Expr) -> Expansion:
        """The expansion of an expression.

        Raises:
            Undetermined: if the answer depends on a sign that the facts leave open.
            Unsupported: if there is no rule for a part of the expression.
        """
        expression = self.facts.apply(expression)
        if sympy.count_ops(expression) > MAX_OPERATIONS:
            raise Unsupported("an expression of more than 300 operations")
        return self._expand(expression)

    def _expand(self, node: Expr) -> Expansion:
        if self.counter not in node.free_symbols:
            return scale.constant(self._evaluated(node))
        if node == self.counter:
            return Expansion(((UNIT, scale.K),))
        if node.is_Add:
            return scale.add([self._expand(part) for part in node.args], self.facts)
        if node.is_Mul:
            return self._product(node)
        if node.is_Pow or isinstance(node, sympy.exp):
            return self._power(node)
        if isinstance(node, sympy.log):
            return scale.logarithm(self._expand(node.args[0]), self.facts)
        if isinstance(node, sympy.Sum):
            return self._sum(node)
        if isinstance(node, sympy.Product):
            return self._repeated_product(node)
        return self._function(node)

    def _evaluated(self, node: Expr) -> Expr:
        """Constants; sums without the counter are unrolled where they are short."""
        if node.has(sympy.Sum, sympy.Product):
            raise Unsupported("a sum or product with other limits than the counter")
        if not defined(node, self.facts) or node.has(sympy.zoo, sympy.nan, sympy.oo):
            raise Unsupported(f"{node} may not be defined for all parameters")
        if node.has(sympy.floor, sympy.Max, sympy.Min, sympy.sign) and node.free_symbols:
            raise Unsupported(f"{node} of a parameter")
        return node

    def _product(self, node: Expr) -> Expansion:
        result = scale.constant(UNIT)
        for part in node.args:
            result = scale.multiply(result, self._expand(part), self.facts)
        return result

    def _power(self, node: Expr) -> Expansion:
        base, exponent = (sympy.E, node.args[0]) if isinstance(node, sympy.exp) else node.args
        if self.counter not in exponent.free_symbols:
            return scale.power(self._expand(base), exponent, self.facts)
        if base == sympy.E:
            return scale.exponential(self._expand(exponent), self.facts)
        if self.counter not in base.free_symbols and self.facts.sign(base) <= 0:
            return self._power_of_nonpositive(base, exponent)
        logarithm = scale.logarithm(self._expand(base), self.facts)
        return scale.exponential(scale.multiply(self._expand(exponent), logarithm, self.facts), self.facts)

    def _power_of_nonpositive(self, base: Expr, exponent: Expr) -> Expansion:
        if self.facts.sign(base) == 0:
            if scale.lead(self._expand(exponent), self.facts)[0] > 0:
                return Expansion()
            raise Unsupported("0 to a power that is not positive")
        if (exponent - self.counter).is_Integer or exponent == self.counter:
            size = self._expand((-base) ** exponent)
            return Expansion((), size.order)
        raise Unsupported("a power of something negative")

    def _function(self, node: Expr) -> Expansion:
        if isinstance(node, sympy.Abs):
            inner = self._expand(node.args[0])
            if not inner.terms:
                return inner
            try:
                sign = scale.lead(inner, self.facts)[0]
            except Unsupported:
                return Expansion((), inner.order)
            return scale.scaled(inner, Integer(sign), ONE, self.facts)
        if isinstance(node, sympy.Max | sympy.Min):
            return self._extreme(node)
        if isinstance(node, sympy.sin | sympy.cos):
            return self._wave(node)
        if isinstance(node, sympy.floor):
            return scale.add([self._expand(node.args[0]), Expansion((), ONE)], self.facts)
        if isinstance(node, sympy.sign):
            return scale.constant(Integer(scale.lead(self._expand(node.args[0]), self.facts)[0]))
        if isinstance(node, sympy.tanh):
            return self._expand(1 - 2 / (sympy.exp(2 * node.args[0]) + 1))
        raise Unsupported(f"no expansion of {node.func.__name__}")

    def _wave(self, node: Expr) -> Expansion:
        """Sine and cosine of something that tends to zero by their series; otherwise only their bound."""
        inner = self._expand(node.args[0])
        if inner.order is None or inner.order.growth(self.facts) >= 0:
            return Expansion((), ONE)
        odd = isinstance(node, sympy.sin)
        coefficients = [
            Rational((-1) ** (j // 2), sympy.factorial(j)) if j % 2 == odd else ZERO
            for j in range(self.facts.terms + 1)
        ]
        return scale.series(inner, coefficients, self.facts)

    def _extreme(self, node: Expr) -> Expansion:
        best, *others = node.args
        for other in others:
            difference = self._expand(other - best)
            if difference.order is None:
                continue
            sign = scale.lead(difference, self.facts)[0]
            best = other if (sign > 0) == isinstance(node, sympy.Max) else best
        return self._expand(best)

    # --- sums

    def _sum(self, node: Expr) -> Expansion:
        body, index, first, last = _single(node)
        body = self._split_powers(body, index)
        if body == 0:
            return Expansion()
        only = only_summand(body, index, first, last)
        if only is not None:
            return self._expand(only)
        closed = self._geometric(body, index, first, last)
        if closed is not None:
            return self._expand(closed)
        fractions = partial_fractions(body, index, first)
        if fractions is not None:
            parts = [self._sum(sympy.Sum(part, (index, first + by, last + by))) for part, by in fractions]
            return scale.add(parts, self.facts)
        outside, body = body.as_independent(index, as_Add=False)
        if outside != 1:
            return scale.multiply(self._expand(outside), self._sum(sympy.Sum(body, (index, first, last))), self.facts)
        if self.counter in body.free_symbols:
            return self._sum_of_parts(body, index, first, last)
        if self.counter not in first.free_symbols:
            return self._summed_to(body, index, first, last)
        lower = self._summed_to(body, index, UNIT, first - 1)
        upper = self._summed_to(body, index, UNIT, last)
        return scale.add([upper, scale.scaled(lower, Integer(-1), ONE, self.facts)], self.facts)

    def _geometric(self, body: Expr, index: Symbol, first: Expr, last: Expr) -> Expr | None:
        """The closed form of a sum of constant multiples of a power of a constant."""
        outside, inside = body.as_independent(index, as_Add=False)
        if not inside.is_Pow or index in inside.base.free_symbols or self.counter in inside.base.free_symbols:
            return None
        slope = sympy.expand(inside.exp).coeff(index, 1)
        if not slope.is_Integer or index in sympy.expand(inside.exp - slope * index).free_symbols:
            return None
        ratio = inside.base**slope
        if self.facts.sign(inside.base) <= 0 or self.facts.sign(1 - ratio) == 0:
            return None
        start = outside * inside.subs(index, first)
        return start * (1 - ratio ** (last - first + 1)) / (1 - ratio)

    def _split_powers(self, body: Expr, index: Symbol) -> Expr:
        """b**(n - i) as b**n * b**(-i), where b is positive and constant."""

        def split(base: Expr, exponent: Expr) -> Expr:
            if index not in exponent.free_symbols or base.free_symbols & {index, self.counter}:
                return base**exponent
            if self.facts.sign(base) <= 0 or not sympy.expand(exponent).is_Add:
                return base**exponent
            return sympy.Mul(*(base**part for part in sympy.expand(exponent).args))

        return sympy.expand_power_base(body.replace(sympy.Pow, split))

    def _sum_of_parts(self, body: Expr, index: Symbol, first: Expr, last: Expr) -> Expansion:
        expanded = sympy.expand(body)
        if not expanded.is_Add:
            raise Unsupported("a summand that mixes its index with the counter")
        return scale.add([self._sum(sympy.Sum(part, (index, first, last))) for part in expanded.args], self.facts)

    def _summed_to(self, body: Expr, index: Symbol, first: Expr, last: Expr) -> Expansion:
        if not first.is_Integer or self.counter not in last.free_symbols:
            raise Unsupported("a sum whose range does not start at a whole number and end with the counter")
        self._check_defined(body, index, first)
        summand = self._inside(body, index)
        total = self._antidifference(summand, ("sum", _generic(body, index), first))
        if total.order is None:
            total = scale.constant(self._constant(("sum", _generic(body, index), first)))
        total = self._with_known_constant(total, body, index, first)
        return self._at(total, last)

    def _inside(self, body: Expr, index: Symbol) -> Expansion:
        inner = Asymptotics(index, self.facts, self.constants, self.depth + 1)
        if inner.depth > 3:
            raise Unsupported("sums nested more than three deep")
        return inner._expand(body)

    def _check_defined(self, body: Expr, index: Symbol, first: Expr) -> None:
        if not defined(body, self._from(index, first)):
            raise Unsupported(f"{body} may not be defined for every {index} >= {first}")

    def _from(self, index: Symbol, first: Expr) -> Facts:
        return self.facts.with_constraint(index - first)

    def _antidifference(self, summand: Expansion, key: object) -> Expansion:
        pieces = [sum_of(coefficient, monomial, self.facts) for coefficient, monomial in summand.terms]
        if summand.rest is not None:
            pieces.append(bound_of_sum(summand.rest, self.facts))
        total = scale.add(pieces, self.facts)
        return scale.add([total, scale.constant(self._constant(key))], self.facts)

    def _constant(self, key: object) -> Expr:
        if key not in self.constants:
            self.constants[key] = Dummy("C", real=True)
        return self.constants[key]

    def _with_known_constant(self, total: Expansion, body: Expr, index: Symbol, first: Expr) -> Expansion:
        """Replace the constant's symbol by its value, or by a positive symbol where the sum converges upwards."""
        name = self._constant(("sum", _generic(body, index), first))
        if not any(name in coefficient.free_symbols for coefficient, _ in total.terms):
            return total
        value = self._zeta(body, index, first)
        if value is None and total.order == ONE:
            value = self._positive_constant(body, index, first)
        if value is None:
            return total
        return scale.collected([(c.subs(name, value), m) for c, m in total.terms], [total.rest], self.facts)

    def _zeta(self, body: Expr, index: Symbol, first: Expr) -> Expr | None:
        coefficient, rest = body.as_independent(index, as_Add=False)
        base, exponent = rest.as_base_exp()
        if base != index or not exponent.is_Rational or first < 1:
            return None
        whole = sympy.EulerGamma if exponent == -1 else sympy.zeta(-exponent)
        return coefficient * (whole - sum((Integer(j) ** exponent for j in range(1, int(first))), start=ZERO))

    def _positive_constant(self, body: Expr, index: Symbol, first: Expr) -> Expr | None:
        """A convergent sum of positive terms is positive."""
        key = ("positive", _generic(body, index), first)
        if key not in self.constants:
            if not self._from(index, first).is_positive(body):
                return None
            self.constants[key] = Dummy("C", positive=True)
        return self.constants[key]

    def _at(self, total: Expansion, last: Expr) -> Expansion:
        """An expansion in the index, evaluated at an upper limit that tends to infinity with the counter."""
        if last == self.counter:
            return total
        end = self._expand(last)
        sign, _, monomial = scale.lead(end, self.facts)
        if sign < 0 or monomial.growth(self.facts) <= 0:
            raise Unsupported(f"an upper limit {last} that does not tend to infinity")
        pieces = [scale.scaled(self._monomial_at(name, end), value, ONE, self.facts) for value, name in total.terms]
        if total.rest is not None:
            pieces.append(Expansion((), self._monomial_at(total.rest, end).order))
        return scale.add(pieces, self.facts)

    def _monomial_at(self, monomial: Monomial, end: Expansion) -> Expansion:
        logarithm = scale.logarithm(end, self.facts)
        result = scale.power(end, monomial.p, self.facts)
        if monomial.q != 0:
            result = scale.multiply(result, scale.power(logarithm, monomial.q, self.facts), self.facts)
        if monomial.r != 0:
            iterated = scale.logarithm(logarithm, self.facts)
            result = scale.multiply(result, scale.power(iterated, monomial.r, self.facts), self.facts)
        for (d, e), rate in monomial.exponent:
            inner = scale.multiply(scale.power(end, d, self.facts), scale.power(logarithm, e, self.facts), self.facts)
            result = scale.multiply(
                result, scale.exponential(scale.scaled(inner, rate, ONE, self.facts), self.facts), self.facts
            )
        return result

    # --- products

    def _repeated_product(self, node: Expr) -> Expansion:
        body, index, first, last = _single(node)
        if self.counter in body.free_symbols or not first.is_Integer:
            raise Unsupported("a product whose factors depend on the counter")
        self._check_defined(body, index, first)
        factor = self._product_constant(body, index, first)
        if factor == 0:
            return Expansion()
        inner = Asymptotics(index, self.facts, self.constants, self.depth + 1)
        size = inner._expand(body)
        sign, _, _ = scale.lead(size, self.facts)
        logarithm = scale.logarithm(scale.scaled(size, Integer(sign), ONE, self.facts), self.facts)
        key = ("log", _generic(body, index), first)
        total = inner._antidifference(logarithm, key)
        total = scale.collected(
            [(c.subs(self._constant(key), ZERO), m) for c, m in total.terms], [total.rest], self.facts
        )
        result = self._at_exponential(total, last)
        if sign < 0:
            return Expansion((), result.order)
        return scale.scaled(result, factor, ONE, self.facts)

    def _at_exponential(self, total: Expansion, last: Expr) -> Expansion:
        return scale.exponential(self._at(total, last), self.facts)

    def _product_constant(self, body: Expr, index: Symbol, first: Expr) -> Expr:
        """A positive symbol where every factor is, zero where one vanishes, otherwise a symbol without sign."""
        key = ("product", _generic(body, index), first)
        if key not in self.constants:
            if has_root(body, index, first):
                self.constants[key] = ZERO
            else:
                positive = self._from(index, first).is_positive(body)
                self.constants[key] = Dummy("P", positive=True) if positive else self._nonzero(body, index)
        return self.constants[key]

    def _nonzero(self, body: Expr, index: Symbol) -> Expr:
        """Without parameters and without roots the factors are not zero, only their signs vary."""
        rational = body.is_rational_function(index) and body.free_symbols == {index}
        return Dummy("N", real=True, nonzero=True) if rational else Dummy("P", real=True)


def defined(node: Expr, facts: Facts) -> bool:
    """Whether an expression is surely real and finite wherever the facts hold."""
    if isinstance(node, sympy.Sum | sympy.Product):
        return all(defined(node.function, facts.with_constraint(index - first)) for index, first, _ in node.limits)
    if not all(defined(argument, facts) for argument in node.args):
        return False
    if node.is_Pow:
        base, exponent = node.args
        if exponent.is_Integer and exponent >= 0:
            return True
        if facts.is_positive(base) or (exponent.is_Integer and facts.is_nonzero(base)):
            return True
        return facts.is_nonnegative(base) and (
            facts.is_positive(exponent) or (exponent.is_integer and facts.is_nonnegative(exponent))
        )
    return facts.is_positive(node.args[0]) if isinstance(node, sympy.log) else True


def _single(node: Expr) -> tuple[Expr, Symbol, Expr, Expr]:
    if len(node.limits) != 1:
        body = node.func(node.function, *node.limits[:-1])
        return (body, *node.limits[-1])
    return (node.function, *node.limits[0])


def _generic(body: Expr, index: Symbol) -> Expr:
    return body.subs(index, Symbol("_index", integer=True))


__all__ = ["Asymptotics", "Undetermined", "Unsupported", "defined"]
