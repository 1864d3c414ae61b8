"""From SymPy objects to boxes on a page.

Products keep their factors as papers write them (constants, counters, brackets), and ``k**(-mu/2)`` stays a power.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Basic, Expr, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.matrices import MatrixBase

from convergence.expressions import COUNTERS, E, Vector, dot, grad, kth_largest_abs, norm
from convergence.formulas.layout import (
    COMMA,
    MINUS,
    MINUS_SIGN,
    PLUS,
    TIMES,
    Big,
    Binding,
    Fenced,
    Fraction,
    Named,
    Node,
    Over,
    Power,
    Root,
    Row,
    Sub,
    Table,
    Word,
    applied,
    fenced,
    joined,
    name,
    number,
    operator,
    to_plain,
)

_LOWER = "αβγδεζηθικλμνξοπρστυφχψω"
_SPELLED = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu "
    "nu xi omicron pi rho sigma tau upsilon phi chi psi omega"
)
GREEK = dict(zip(_SPELLED.split(), _LOWER, strict=True))
GREEK |= {spelled.title(): letter.upper() for spelled, letter in GREEK.items()} | {"eps": "ε"}

_ACCENTS = {"hat": "^", "bar": "\u00af", "tilde": "~", "dot": "\u02d9"}
_NAME = re.compile(r"([A-Za-z]+?)(\d*)((?:_[A-Za-z0-9]+)*)_?")

RELATIONS = {"<=": "\u2264", ">=": "\u2265", "<": "<", ">": ">", "==": "=", "!=": "\u2260"}


def symbol_name(symbol: Symbol | str) -> Node:
    """A symbol's name: Greek letters by their spelling, digits and parts after ``_`` as an index, ``_hat`` as a hat.

    A name that begins with a whole word, such as ``weight_decay``, stays as it is.
    """
    text = symbol if isinstance(symbol, str) else symbol.name
    match = _NAME.fullmatch(text)
    if match is None or (len(match[1]) > 2 and match[1] not in GREEK):
        return name(text)
    shape: Node = name(_letter(match[1]))
    indices = [match[2]] if match[2] else []
    for part in match[3].split("_")[1:]:
        if part in _ACCENTS:
            shape = Over(shape, _ACCENTS[part])
        elif part == "star":
            shape = Power(shape, operator("\u22c6", "*"))
        else:
            indices.append(part)
    if indices:
        shape = Sub(shape, joined(tuple(number(part) if part.isdigit() else name(_letter(part)) for part in indices)))
    return Named(shape, text)


def _letter(word: str) -> str:
    return GREEK.get(word, word)


def subscripted(node: Node, index: Node) -> Node:
    """A name with one more index, as in ``beta_{1,t}``."""
    match node:
        case Named():
            return Named(subscripted(node.shape, index), to_plain(Sub(name(node.ascii), index)))
        case Sub():
            return Sub(node.base, Row((node.index, COMMA, index), Binding.RELATION))
        case Power():
            return Power(subscripted(node.base, index), node.exponent)
    return Sub(node, index)


@dataclass(frozen=True, slots=True)
class Formula:
    """Turns SymPy objects into boxes.

    Attributes:
        naming: how a symbol is written; a method's recursion adds step indices here.
        late: symbols that stand behind brackets in a product, such as iterates and gradients, in their order there.
    """

    naming: Callable[[Symbol], Node] = symbol_name
    late: tuple[Symbol, ...] = ()

    def __call__(self, value: Basic) -> Node:
        """The boxes of an expression, relation, matrix or tuple; anything unknown becomes its text."""
        match value:
            case Symbol():
                return self.naming(value)
            case sympy.Rational():
                return _rational(value)
            case sympy.Add():
                return self._sum(value)
            case sympy.Mul():
                return self._product(value)
            case sympy.Pow():
                return self._power(value.base, value.exp)
            case sympy.exp():
                return Power(name("e"), self(value.args[0]))
            case Relational():
                return Row((self(value.lhs), relation_sign(value.rel_op), self(value.rhs)), Binding.RELATION)
            case AppliedUndef():
                return self._term(value)
            case sympy.Sum() | sympy.Product():
                return self._big(value)
            case sympy.Order():
                return order("O", self(value.expr))
            case MatrixBase():
                return Table(tuple(tuple(self(entry) for entry in value.row(i)) for i in range(value.rows)))
            case sympy.Tuple():
                return Fenced(joined(tuple(map(self, value.args))))
        return self._function(value)

    def _term(self, value: Expr) -> Node:
        """A term of a sequence: an index on the page, ``a[k + 1]`` in text."""
        letter, index = symbol_name(value.func.__name__), self(value.args[0])
        return Named(subscripted(letter, index), f"{to_plain(letter)}[{to_plain(index)}]")

    def _function(self, value: Basic) -> Node:
        arguments = tuple(self(argument) for argument in value.args)
        match value:
            case sympy.Abs():
                return Fenced(arguments[0], "|", "|", ("|", "|"))
            case norm():
                return Fenced(arguments[0], "\u2016", "\u2016", ("||", "||"))
            case dot():
                return Fenced(joined(arguments), "\u27e8", "\u27e9", ("<", ">"))
            case grad():
                return Row((operator("\u2207", "nabla "), applied(name("f"), arguments[0])))
            case E():
                return Row((name("E"), Fenced(arguments[0], "[", "]", ("[", "]"))))
            case kth_largest_abs():
                ranked = Fenced(arguments[0], "|", "|", ("|", "|"))
                return Sub(ranked, Fenced(arguments[1]))
            case sympy.floor():
                return Fenced(arguments[0], "\u230a", "\u230b", ("floor(", ")"))
            case sympy.factorial():
                return Row((fenced(arguments[0], Binding.ATOM), operator("!")))
            case sympy.Max() | sympy.Min():
                ordered = tuple(self(argument) for argument in sorted(value.args, key=sympy.default_sort_key))
                return applied(name(type(value).__name__.lower()), joined(ordered))
            case sympy.And():
                return joined(arguments)
        constants = {sympy.pi: name("π", "pi"), sympy.E: name("e", "exp(1)"), sympy.oo: name("∞", "infinity")}
        if value in constants:
            return constants[value]
        if arguments and isinstance(value, sympy.Function):
            return applied(name(value.func.__name__), joined(arguments))
        return name(str(value))

    def _sum(self, value: Expr) -> Node:
        terms = list(value.as_ordered_terms())
        if value.has(AppliedUndef) or not value.free_symbols.isdisjoint(self.late):
            terms.sort(key=self._term_rank)
        positive = [term for term in terms if not _negative(term)]
        if positive and _negative(terms[0]):
            terms.remove(positive[0])
            terms.insert(0, positive[0])
        parts: list[Node] = [fenced(self(terms[0]), Binding.SUM)]
        for term in terms[1:]:
            sign, size = (MINUS, -term) if _negative(term) else (PLUS, term)
            parts += [sign, fenced(self(size), Binding.PRODUCT)]
        return Row(tuple(parts), Binding.SUM)

    def _product(self, value: Expr) -> Node:
        coefficient, rest = value.as_coeff_Mul()
        if coefficient.is_Rational and coefficient < 0:
            return Row((MINUS_SIGN, fenced(self(-value), Binding.PRODUCT)), Binding.SUM)
        top: list[Expr] = []
        bottom: list[Expr] = []
        for factor in sorted(sympy.Mul.make_args(rest), key=self._rank):
            below = _is_reciprocal(factor)
            (bottom if below else top).append(1 / factor if below else factor)
        first, last = _split(coefficient)
        if not bottom and last is None:
            return self._factors(first, top)
        return Fraction(self._factors(first, top), self._factors(last, bottom))

    def _factors(self, coefficient: Expr | None, factors: list[Expr]) -> Node:
        leading = [] if coefficient is None or (coefficient == 1 and factors) else [number_node(coefficient)]
        parts = [*leading, *map(self, factors)]
        if not parts:
            return number(1)
        if len(parts) == 1:
            return parts[0]
        mixed: list[Node] = []
        for part in (fenced(part, Binding.PRODUCT) for part in parts):
            digits = bool(mixed) and _starts_with_digit(part)
            mixed += [operator("\u00b7", "*") if digits else TIMES] if mixed else []
            mixed.append(part)
        return Row(tuple(mixed), Binding.PRODUCT)

    def _term_rank(self, term: Expr) -> int:
        """Terms of a sequence and iterates by themselves come first, terms without what moves come last."""
        if term.has(AppliedUndef) or term in self.late:
            return 0
        return 1 if term.is_number or not term.free_symbols.isdisjoint(self.late) else 2

    def _rank(self, factor: Expr) -> tuple[int, str]:
        """Constants first, then their powers, counters, brackets, and what is late at last."""
        counters = set(COUNTERS.values())
        free = factor.free_symbols
        kind = 1 if factor.is_Symbol else 2 if factor.is_Pow and factor.base.is_Symbol else 3
        if isinstance(factor, AppliedUndef) or not free.isdisjoint(self.late):
            kind = 7 + max((self.late.index(symbol) for symbol in free if symbol in self.late), default=0)
        elif factor.is_Add:
            kind = 5
        elif free and free <= counters:
            kind = 4
        elif factor.is_Function or isinstance(factor, Vector):
            kind = 6
        return kind, str(factor)

    def _power(self, base: Expr, exponent: Expr) -> Node:
        if exponent.is_Rational and exponent < 0:
            return Fraction(number(1), self._power(base, -exponent) if exponent != -1 else self(base))
        if exponent == sympy.Rational(1, 2):
            return Root(self(base))
        return Power(fenced(self(base), Binding.ATOM), self(exponent))

    def _big(self, value: Expr) -> Node:
        glyph, word = ("∑", "sum") if isinstance(value, sympy.Sum) else ("∏", "product")
        body = self(value.function)
        for index, first, last in value.limits:
            below = Row((self(index), operator("=", " = "), self(first)), Binding.RELATION)
            body = Big(glyph, word, below, self(last), body)
        return body


def relation_sign(sign: str) -> Word:
    """``<=`` and its like as an operator."""
    return operator(RELATIONS[sign], f" {'=' if sign == '==' else sign} ")


def chained(relations: tuple[Relational, ...], formula: Formula | None = None) -> Node:
    """Links that share sides as one chain: ``0 < eta < 1/3``."""
    write = formula or Formula()
    parts = [write(relations[0].lhs)]
    for link in relations:
        parts += [relation_sign(link.rel_op), write(link.rhs)]
    return Row(tuple(parts), Binding.RELATION)


def order(letter: str, body: Node) -> Node:
    """``O(body)`` or ``Theta(body)``."""
    return applied(name(letter, "Theta" if letter == "Θ" else letter), body)


def number_node(value: Expr) -> Node:
    """A rational number without its sign's parentheses."""
    return _rational(value) if value.is_Rational else Formula()(value)


def _rational(value: sympy.Rational) -> Node:
    """Whole numbers and fractions; decimals and powers of ten where a paper would print them."""
    if value < 0:
        return Row((MINUS_SIGN, _rational(-value)), Binding.SUM)
    if value.q == 1:
        return number(int(value.p))
    if (decimal := _decimal(value)) is not None:
        return decimal
    return Fraction(number(int(value.p)), number(int(value.q)))


def _decimal(value: sympy.Rational) -> Node | None:
    """The decimal of a fraction whose denominator is a multiple of five and divides a power of ten."""
    places = next((n for n in range(1, 13) if 10**n % value.q == 0), None)
    if places is None or value.q % 5:
        return None
    if value.p == 1 and places > 4:
        return Power(number(10), number(-places))
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return number(f"{digits[:-places]}.{digits[-places:]}")


def _split(coefficient: Expr) -> tuple[Expr | None, Expr | None]:
    """What stands above and below the bar; a decimal stays above."""
    if not coefficient.is_Rational or coefficient.q == 1 or _decimal(coefficient) is not None:
        return coefficient, None
    return sympy.Integer(coefficient.p), sympy.Integer(coefficient.q)


def _is_reciprocal(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0)


def _negative(term: Expr) -> bool:
    coefficient = term.as_coeff_Mul()[0]
    return bool(coefficient.is_Rational and coefficient < 0)


def _starts_with_digit(node: Node) -> bool:
    match node:
        case Word():
            return node.tag == "mn"
        case Power():
            return _starts_with_digit(node.base)
        case Row() if node.parts:
            return _starts_with_digit(node.parts[0])
    return False
