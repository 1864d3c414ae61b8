"""From SymPy back to text."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational


def to_text(expression: Expr | Relational) -> str:
    """Text that `parse_expression` and `parse_relation` read back to the same object."""
    return str(_TextPrinter({"order": None}).doprint(expression))


class _TextPrinter(sympy.printing.str.StrPrinter):  # type: ignore[misc]
    """SymPy's text with this module's spellings for what differs."""

    def _print_Abs(self, expr: Expr) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Max(self, expr: Expr) -> str:
        return f"max({', '.join(self._print(argument) for argument in expr.args)})"

    def _print_Min(self, expr: Expr) -> str:
        return f"min({', '.join(self._print(argument) for argument in expr.args)})"

    def _print_Sum(self, expr: Expr) -> str:
        return self._limits("sum", expr)

    def _print_Product(self, expr: Expr) -> str:
        return self._limits("product", expr)

    def _limits(self, name: str, expr: Any) -> str:
        body = self._print(expr.function)
        for index, first, last in expr.limits:
            body = f"{name}({body}, {index}, {self._print(first)}, {self._print(last)})"
        return body

    def _print_Relational(self, expr: Relational) -> str:
        operator = {"==": "==", "<=": "<=", "<": "<", ">=": ">=", ">": ">"}[expr.rel_op]
        return f"{self._print(expr.lhs)} {operator} {self._print(expr.rhs)}"

    def _print_Exp1(self, expr: Expr) -> str:
        return "exp(1)"

    def _print_Function(self, expr: Expr) -> str:
        if isinstance(expr, AppliedUndef):
            return f"{expr.func.__name__}[{self._print(expr.args[0])}]"
        return str(super()._print_Function(expr))
