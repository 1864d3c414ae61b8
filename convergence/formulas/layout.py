"""Formulas as a small tree of boxes, and its two renderings: presentation MathML and plain ASCII.

The tree says how parts stand to each other, so that MathML needs no parentheses around fractions while text gets them.
Every glyph is escaped when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from html import escape


class Binding(IntEnum):
    """How strongly a part holds together; a weaker part inside a stronger one needs parentheses."""

    RELATION = 0
    SUM = 1
    PRODUCT = 2
    POWER = 3
    ATOM = 4


@dataclass(frozen=True, slots=True)
class Word:
    """One identifier, number or operator: its glyph, its ASCII spelling and its MathML element."""

    glyph: str
    ascii: str
    tag: str = "mi"


@dataclass(frozen=True, slots=True)
class Row:
    """Parts beside each other."""

    parts: tuple[Node, ...]
    binding: Binding = Binding.ATOM


@dataclass(frozen=True, slots=True)
class Fraction:
    """One part over another."""

    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Power:
    """A base with a raised exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Sub:
    """A base with a lowered index."""

    base: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Named:
    """A symbol that is drawn as a shape (``beta`` with an index 1) and spelled as one name (``beta1``)."""

    shape: Node
    ascii: str


@dataclass(frozen=True, slots=True)
class Over:
    """A base with an accent above it."""

    base: Node
    accent: str


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    body: Node


@dataclass(frozen=True, slots=True)
class Big:
    """A large operator with what stands below and above it, in front of a body: sum, product, minimum."""

    glyph: str
    ascii: str
    below: Node
    above: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Fenced:
    """A body between two delimiters."""

    body: Node
    left: str = "("
    right: str = ")"
    ascii: tuple[str, str] = ("(", ")")


@dataclass(frozen=True, slots=True)
class Table:
    """A matrix."""

    rows: tuple[tuple[Node, ...], ...]


Node = Word | Row | Fraction | Power | Sub | Named | Over | Root | Big | Fenced | Table


def binding(node: Node) -> Binding:
    """How strongly a part holds together."""
    match node:
        case Row():
            return node.binding
        case Fraction() | Big():
            return Binding.PRODUCT
        case Power():
            return Binding.POWER
    return Binding.ATOM


def fenced(node: Node, least: Binding) -> Node:
    """The node, in parentheses if it holds together more weakly than `least`."""
    return node if binding(node) >= least else Fenced(node)


def name(glyph: str, ascii: str = "") -> Word:
    """An identifier."""
    return Word(glyph, ascii or glyph)


def operator(glyph: str, ascii: str = "") -> Word:
    """An operator or separator."""
    return Word(glyph, ascii or glyph, "mo")


def number(value: int | str) -> Node:
    """A number; a negative one binds as a sum does."""
    text = str(value)
    if text.startswith("-"):
        return Row((MINUS_SIGN, Word(text[1:], text[1:], "mn")), Binding.SUM)
    return Word(text, text, "mn")


TIMES = operator("\u2062", "*")
COMMA = operator(",", ", ")
SLASH = operator("/")
PLUS, MINUS = operator("+", " + "), operator("\u2212", " - ")
MINUS_SIGN = Word("\u2212", "-", "sign")
EQUALS, AT_MOST, TENDS = operator("=", " = "), operator("\u2264", " <= "), operator("\u2192", " -> ")


def joined(parts: tuple[Node, ...], separator: Node = COMMA) -> Node:
    """Parts with a separator between them."""
    mixed: list[Node] = []
    for part in parts:
        mixed += [separator, part] if mixed else [part]
    return Row(tuple(mixed), Binding.RELATION) if len(mixed) != 1 else mixed[0]


def relation(*parts: Node) -> Node:
    """Sides and relation signs, as one row."""
    return Row(parts, Binding.RELATION)


def applied(function: Node, argument: Node) -> Node:
    """A function with its argument in parentheses."""
    return Row((function, Fenced(argument)))


def flat(node: Node) -> Node:
    """The same with slanted fractions, for exponents, where stacked ones are too small to read."""
    match node:
        case Fraction():
            top, bottom = fenced(flat(node.top), Binding.PRODUCT), fenced(flat(node.bottom), Binding.POWER)
            return Row((top, SLASH, bottom), Binding.PRODUCT)
        case Row():
            return Row(tuple(map(flat, node.parts)), node.binding)
        case Fenced():
            return Fenced(flat(node.body), node.left, node.right, node.ascii)
    return node


def to_mathml(node: Node, *, block: bool = False) -> str:
    """A whole ``<math>`` element; every character of the formula is escaped."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{_inside(node)}</math>"


def to_plain(node: Node) -> str:
    """ASCII text with ``*``, ``^`` and the parentheses that a single line needs."""
    match node:
        case Word():
            return node.ascii
        case Row():
            return "".join(map(to_plain, node.parts))
        case Fraction():
            return f"{_guarded(node.top, Binding.PRODUCT)}/{_guarded(node.bottom, Binding.POWER)}"
        case Power():
            return f"{_guarded(node.base, Binding.ATOM)}^{_guarded(node.exponent, Binding.ATOM)}"
        case Sub():
            index = to_plain(node.index)
            return f"{to_plain(node.base)}" + (f"_{index}" if binding(node.index) is Binding.ATOM else f"[{index}]")
        case Named():
            return node.ascii
        case Over():
            return to_plain(node.base)
        case Root():
            return f"sqrt({to_plain(node.body)})"
        case Big():
            return _plain_big(node)
        case Fenced():
            return f"{node.ascii[0]}{to_plain(node.body)}{node.ascii[1]}"
        case Table():
            rows = (", ".join(map(to_plain, row)) for row in node.rows)
            return f"[{', '.join(f'[{row}]' for row in rows)}]"


def _guarded(node: Node, least: Binding) -> str:
    return to_plain(fenced(node, least))


def _plain_big(node: Big) -> str:
    limits = f"{to_plain(node.below)}..{to_plain(node.above)}" if node.above else to_plain(node.below)
    return f"{node.ascii}({to_plain(node.body)}; {limits})"


def _mathml(node: Node) -> str:
    match node:
        case Word():
            return _word(node)
        case Row():
            return f"<mrow>{_inside(node)}</mrow>"
        case Fraction():
            return f"<mfrac>{_mathml(node.top)}{_mathml(node.bottom)}</mfrac>"
        case Power():
            return f"<msup>{_mathml(node.base)}{_mathml(flat(node.exponent))}</msup>"
        case Sub():
            return f"<msub>{_mathml(node.base)}{_mathml(node.index)}</msub>"
        case Named():
            return _mathml(node.shape)
        case Over():
            return f'<mover accent="true">{_mathml(node.base)}<mo stretchy="false">{escape(node.accent)}</mo></mover>'
        case Root():
            return f"<msqrt>{_mathml(node.body)}</msqrt>"
        case Big():
            return f"<mrow>{_big(node)}{_mathml(fenced(node.body, Binding.PRODUCT))}</mrow>"
        case Fenced():
            return f"<mrow>{_fence(node.left)}{_inside(node.body)}{_fence(node.right)}</mrow>"
        case Table():
            rows = "".join(f"<mtr>{''.join(f'<mtd>{_mathml(cell)}</mtd>' for cell in row)}</mtr>" for row in node.rows)
            return f"<mrow>{_fence('[')}<mtable>{rows}</mtable>{_fence(']')}</mrow>"


def _inside(node: Node) -> str:
    """A node where a row is understood: rows in rows need no element of their own."""
    return "".join(map(_inside, node.parts)) if isinstance(node, Row) else _mathml(node)


def _word(word: Word) -> str:
    glyph = escape(word.glyph)
    if word.tag == "sign":
        return f'<mo form="prefix">{glyph}</mo>'
    return f"<{word.tag}>{glyph}</{word.tag}>"


def _fence(delimiter: str) -> str:
    if delimiter in "()[]":
        return f"<mo>{delimiter}</mo>"
    return f'<mo fence="true" stretchy="true">{escape(delimiter)}</mo>'


def _big(node: Big) -> str:
    sign = f"<mo>{escape(node.glyph)}</mo>"
    if node.above is None:
        return f"<munder>{sign}{_mathml(node.below)}</munder>"
    return f"<munderover>{sign}{_mathml(node.below)}{_mathml(node.above)}</munderover>"
