"""From text to SymPy: Python's own parser, a whitelist of nodes, and limits on every size.

Nothing here calls ``sympify``, ``parse_expr`` or ``eval``. A text is an expression over declared names, or an error.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import comb, isfinite

import sympy
from sympy import Expr, Function, Rational, Symbol, pi
from sympy.core.relational import Relational

from convergence.errors import ClaimError, nearest
from convergence.expressions.domains import Domain, symbol
from convergence.expressions.functions import FUNCTIONS, product_of, sum_of
from convergence.expressions.vectors import VECTOR_FUNCTIONS, Vector, require_kinds

MAX_LENGTH = 4_000
MAX_NESTING = 60
MAX_NODES = 2_000
MAX_DIGITS = 40
MAX_EXPONENT = 64
MAX_ROOT = 1_000_000
MAX_BITS = 2_000
MAX_DEGREE = 10_000
MAX_TERMS = 20_000
MAX_MAGNITUDE = 10_000.0  # of the natural logarithm of a number

_RELATIONS: Mapping[type[ast.cmpop], Callable[..., Relational]] = {
    ast.LtE: sympy.Le,
    ast.Lt: sympy.Lt,
    ast.GtE: sympy.Ge,
    ast.Gt: sympy.Gt,
    ast.Eq: sympy.Eq,
}


def parse_expression(text: str, symbols: Mapping[str, Symbol], sequences: frozenset[str] = frozenset()) -> Expr:
    """Read one expression.

    Args:
        text: Python syntax: numbers, declared names, ``+ - * / **``, parentheses and the calls of `FUNCTIONS`. Decimals
            are exact: ``0.1`` is 1/10. ``pi`` is the constant unless it is declared.
        symbols: every name that may occur. With a vector among them, a text may call `VECTOR_FUNCTIONS`, too.
        sequences: names that may be indexed, as in ``a[k+1]``; they become undefined functions of the index.

    Raises:
        ClaimError: for anything else, and for numbers, powers or expansions beyond the limits of this module.
    """
    tree = _tree(text)
    if isinstance(tree, ast.Compare):
        raise ClaimError(f"expected an expression, found a comparison: {_excerpt(text)}")
    reader = _Reader(text, symbols, sequences)
    reader.require_kinds(tree)
    return reader.read(tree)


def parse_relation(
    text: str, symbols: Mapping[str, Symbol], sequences: frozenset[str] = frozenset()
) -> tuple[Relational, ...]:
    """Read a comparison such as ``0 < eta < 1/3`` as its links ``(0 < eta, eta < 1/3)``, unevaluated.

    Raises:
        ClaimError: as `parse_expression`; also if the text is no comparison.
    """
    tree = _tree(text)
    if not isinstance(tree, ast.Compare):
        raise ClaimError(f"expected a comparison (<=, <, >=, >, ==), found {_excerpt(text)}")
    reader = _Reader(text, symbols, sequences)
    reader.require_kinds(tree)
    sides = [reader.read(side) for side in (tree.left, *tree.comparators)]
    relations = []
    for left, operator, right in zip(sides, tree.ops, sides[1:], strict=False):
        if type(operator) not in _RELATIONS:
            raise ClaimError(f"expected one of <=, <, >=, >, == in {_excerpt(text)}")
        relations.append(_RELATIONS[type(operator)](left, right, evaluate=False))
    return tuple(relations)


def names_in(text: str) -> tuple[str, ...]:
    """Names of variables in a text, in order of first appearance; functions and ``pi`` are not among them.

    Raises:
        ClaimError: if the text does not parse.
    """
    tree = _tree(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    ordered = sorted(found, key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in ordered if node.id != "pi"))


def parse_rational(value: object, where: str) -> Rational:
    """An exact number from TOML or JSON: an integer, a decimal (as its shortest text), or text such as ``"1/3"``.

    Raises:
        ClaimError: if it is none of these; ``where`` names the key in the message.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ClaimError(f"{where}: expected a number, found {value!r}")
    number = parse_expression(repr(value) if not isinstance(value, str) else value, {})
    if not number.is_Rational:
        raise ClaimError(f'{where}: expected a rational number such as 3, 0.25 or "1/3", found {value!r}')
    return number


def exact(value: object) -> Expr:
    """A Python number as an exact SymPy number (``0.1`` is 1/10); expressions pass unchanged.

    Raises:
        ClaimError: for text, which only `parse_expression` may read, for anything that is not a finite number, and
            beyond the limits of this module.
    """
    if isinstance(value, Expr):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClaimError(f"expected a number or a SymPy expression, found {value!r}")
    if isinstance(value, float) and not isfinite(value):
        raise ClaimError(f"expected a finite number, found {value!r}")
    return parse_expression(repr(value), {})


def _tree(text: str) -> ast.expr:
    if not isinstance(text, str):
        raise ClaimError(f"expected text, found {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ClaimError(f"expected at most {MAX_LENGTH} characters, found {len(text)}: {_excerpt(text)}")
    if not text.isascii():
        raise ClaimError(f"expected ASCII text (write mu for a Greek letter), found {_excerpt(text)}")
    _limit_nesting(text)
    if re.search(r"\blambda\b", text):
        raise ClaimError(f"lambda is a reserved word: write lambda_ in {_excerpt(text)}")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "nested too deeply"
        hint = "; write ** for powers" if "^" in text else ""
        raise ClaimError(f"cannot read {_excerpt(text)}: {reason}{hint}") from None


def _limit_nesting(text: str) -> None:
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth > MAX_NESTING:
            raise ClaimError(f"expected at most {MAX_NESTING} nested parentheses in {_excerpt(text)}")


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns one syntax tree into SymPy, checking every intermediate value against the limits."""

    text: str
    symbols: Mapping[str, Symbol]
    sequences: frozenset[str]

    @property
    def functions(self) -> Mapping[str, tuple[Callable[..., Expr], int, int]]:
        """What the text may call; inner products and gradients only where there are vectors."""
        return {**FUNCTIONS, **VECTOR_FUNCTIONS} if self.has_vectors else FUNCTIONS

    @property
    def has_vectors(self) -> bool:
        return any(isinstance(name, Vector) for name in self.symbols.values())

    def require_kinds(self, tree: ast.expr) -> None:
        """Check that vectors and numbers stand where they may."""
        if self.has_vectors:
            try:
                require_kinds(tree, self.symbols)
            except ClaimError as error:
                raise self._error(str(error)) from None

    def read(self, tree: ast.expr) -> Expr:
        nodes = sum(1 for _ in ast.walk(tree))
        if nodes > MAX_NODES:
            raise ClaimError(f"expected at most {MAX_NODES} parts, found {nodes} in {_excerpt(self.text)}")
        try:
            expression, terms = self._node(tree, self.symbols)
        except RecursionError:
            raise ClaimError(f"nested too deeply: {_excerpt(self.text)}") from None
        del terms
        return expression

    def _node(self, node: ast.expr, names: Mapping[str, Symbol]) -> tuple[Expr, int]:
        """The node's expression and the number of terms that it would have expanded."""
        match node:
            case ast.Constant():
                return self._number(node), 1
            case ast.Name(id=name):
                return self._name(name, names), 1
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value, terms = self._node(operand, names)
                return -value, terms
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._node(operand, names)
            case ast.BinOp():
                return self._operation(node, names)
            case ast.Call():
                return self._call(node, names), 1
            case ast.Subscript(value=ast.Name(id=name), slice=index) if name in self.sequences:
                return Function(name, real=True)(self._node(index, names)[0]), 1
        raise self._error(f"{type(node).__name__} is not allowed; use numbers, names, + - * / ** and {self._known()}")

    def _number(self, node: ast.Constant) -> Expr:
        literal = ast.get_source_segment(self.text.strip(), node) or ""
        if type(node.value) not in (int, float):
            raise self._error(f"expected a number, found {literal[:40]}")
        if len(literal) > MAX_DIGITS + 2:
            raise self._error(f"expected at most {MAX_DIGITS} digits, found {literal[:20]}...")
        if type(node.value) is int:
            return sympy.Integer(node.value)
        try:
            decimal = Decimal(literal)
        except InvalidOperation:
            raise self._error(f"expected a number, found {literal}") from None
        if decimal != 0 and abs(decimal.adjusted()) > MAX_EXPONENT:
            raise self._error(f"expected a decimal exponent of at most {MAX_EXPONENT}, found {literal}")
        return Rational(*decimal.as_integer_ratio())

    def _name(self, name: str, names: Mapping[str, Symbol]) -> Expr:
        if name in names:
            return names[name]
        if name == "pi":
            return pi
        if name in self.functions:
            raise self._error(f"{name} is a function: write {name}(...)")
        raise self._error(f"unknown symbol {name!r}{nearest(name, [*names, *self.sequences])}")

    def _operation(self, node: ast.BinOp, names: Mapping[str, Symbol]) -> tuple[Expr, int]:
        (left, left_terms), (right, right_terms) = self._node(node.left, names), self._node(node.right, names)
        match node.op:
            case ast.Add():
                value, terms = left + right, left_terms + right_terms
            case ast.Sub():
                value, terms = left - right, left_terms + right_terms
            case ast.Mult():
                value, terms = left * right, left_terms * right_terms
            case ast.Div():
                if right.is_zero:
                    raise self._error("division by zero")
                value, terms = left / right, left_terms * right_terms
            case ast.Pow():
                return self._power(left, right, left_terms)
            case _:
                raise self._error("only + - * / ** are allowed; write ** for powers")
        return self._limited(value, terms)

    def _power(self, base: Expr, exponent: Expr, terms: int) -> tuple[Expr, int]:
        if exponent.is_Rational and abs(exponent) > MAX_EXPONENT:
            raise self._error(f"expected an exponent of at most {MAX_EXPONENT}, found {exponent}")
        if exponent.is_Rational and exponent.q > MAX_ROOT:
            raise self._error(f"expected an exponent with at most 6 decimals, found {exponent}")
        if base.is_zero and not exponent.is_positive:
            raise self._error("0 to a power that is not positive")
        if base.is_Rational and exponent.is_Rational and _bits(base) * abs(exponent) > MAX_BITS:
            raise self._error(f"a number of more than {MAX_BITS} bits")
        if base.is_number and exponent.is_number and base.is_zero is False:
            self._limit_magnitude(exponent * sympy.log(sympy.Abs(base)))
        degree = abs(int(exponent)) if exponent.is_Integer else 1
        inner = base.exp if base.is_Pow and base.exp.is_Integer else 1
        if abs(int(inner)) * degree > MAX_DEGREE:
            raise self._error(f"a power of degree {abs(int(inner)) * degree}, more than {MAX_DEGREE}")
        return self._limited(base**exponent, comb(degree + terms - 1, degree) if terms > 1 else 1)

    def _call(self, node: ast.Call, names: Mapping[str, Symbol]) -> Expr:
        known = self.functions
        if not isinstance(node.func, ast.Name) or node.func.id not in known or node.func.id in names:
            found = ast.unparse(node.func)[:40] if isinstance(node.func, ast.Name) else "a computed function"
            raise self._error(f"unknown function {found!r}{nearest(found, known)}{self._hint(found)}")
        function, least, most = known[node.func.id]
        if node.keywords or not least <= len(node.args) <= most:
            raise self._error(f"{node.func.id} takes {least if least == most else f'{least} to {most}'} arguments")
        if function in (sum_of, product_of) and isinstance(node.args[1], ast.Name):
            index = symbol(node.args[1].id, Domain.INTEGER)
            names = {**names, index.name: index}
        arguments = [self._node(argument, names)[0] for argument in node.args]
        self._limit_arguments(node.func.id, arguments)
        return self._limited(function(*arguments), 1)[0]

    def _limit_arguments(self, name: str, arguments: list[Expr]) -> None:
        first = arguments[0]
        if name == "factorial" and not (first.is_Integer and 0 <= first <= 50):
            raise self._error(f"factorial takes a whole number from 0 to 50, found {str(first)[:40]}")
        if name == "exp" and first.is_number:
            self._limit_magnitude(first)
        if name in ("log", "ln") and first.is_number and not first.is_positive:
            raise self._error(f"log takes a positive argument, found {str(first)[:40]}")

    def _limit_magnitude(self, logarithm: Expr) -> None:
        if abs(float(logarithm.evalf(10))) > MAX_MAGNITUDE:
            raise self._error(f"a number whose logarithm exceeds {MAX_MAGNITUDE:.0f}")

    def _limited(self, value: Expr, terms: int) -> tuple[Expr, int]:
        if value.is_Rational and _bits(value) > MAX_BITS:
            raise self._error(f"a number of more than {MAX_BITS} bits")
        if value.has(sympy.zoo, sympy.nan, sympy.oo, sympy.S.NegativeInfinity, sympy.I):
            raise self._error("a value that is not a real number")
        if terms > MAX_TERMS:
            raise self._error(f"an expansion of about {terms} terms, more than {MAX_TERMS}")
        return value, terms

    def _known(self) -> str:
        return ", ".join(self.functions)

    def _hint(self, function: str) -> str:
        if function not in VECTOR_FUNCTIONS:
            return ""
        return (
            f"; {function} needs vectors" if function not in self.symbols else f"; {function} is declared as a symbol"
        )

    def _error(self, reason: str) -> ClaimError:
        return ClaimError(f"in {_excerpt(self.text)}: {reason}")


def _bits(number: Rational) -> int:
    return max(abs(int(number.p)), int(number.q)).bit_length()
