"""A computation as its author wrote it: the text's own syntax tree, since SymPy would evaluate the numbers."""

from __future__ import annotations

import ast

from convergence.formulas.layout import (
    MINUS,
    MINUS_SIGN,
    PLUS,
    Binding,
    Fenced,
    Fraction,
    Node,
    Power,
    Root,
    Row,
    Word,
    applied,
    fenced,
    joined,
    name,
    number,
    operator,
)
from convergence.formulas.printer import symbol_name


def source_formula(text: str) -> Node:
    """The boxes of a text that `parse_expression` has accepted; other text stays text."""
    try:
        return _node(ast.parse(text.strip(), mode="eval").body, text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Word(text, text, "mtext")


def _node(tree: ast.expr, text: str) -> Node:
    match tree:
        case ast.Constant():
            return number(ast.get_source_segment(text, tree) or str(tree.value))
        case ast.Name(id=word):
            return symbol_name(word)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Row((MINUS_SIGN, fenced(_node(operand, text), Binding.PRODUCT)), Binding.SUM)
        case ast.UnaryOp(operand=operand):
            return _node(operand, text)
        case ast.BinOp():
            return _operation(tree.op, _node(tree.left, text), _node(tree.right, text))
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
            return Root(_node(argument, text))
        case ast.Call(func=ast.Name(id="abs"), args=[argument]):
            return Fenced(_node(argument, text), "|", "|", ("|", "|"))
        case ast.Call(func=ast.Name(id=word), args=arguments):
            return applied(name(word), joined(tuple(_node(argument, text) for argument in arguments)))
    return Word(ast.unparse(tree), ast.unparse(tree), "mtext")


def _operation(sign: ast.operator, left: Node, right: Node) -> Node:
    match sign:
        case ast.Add():
            return Row((left, PLUS, right), Binding.SUM)
        case ast.Sub():
            return Row((left, MINUS, fenced(right, Binding.PRODUCT)), Binding.SUM)
        case ast.Mult():
            parts = (fenced(left, Binding.PRODUCT), operator("·", "*"), fenced(right, Binding.PRODUCT))
            return Row(parts, Binding.PRODUCT)
        case ast.Div():
            return Fraction(left, right)
    return Power(fenced(left, Binding.ATOM), right)
