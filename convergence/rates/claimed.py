"""What a claimed law says for large k: its factors exp(-c k), k**-p and log(k)**q."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convergence.errors import ClaimError

if TYPE_CHECKING:
    from sympy import Expr

Array = NDArray[np.float64]


class NotComparableError(Exception):
    """The expression is not of the form C exp(-c k) k**-p log(k)**q; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Order:
    """The order ``exp(-decay * k) * k**-power * log(k)**log_power``; larger tuples decay faster."""

    decay: float = 0.0
    power: float = 0.0
    log_power: float = 0.0

    @property
    def geometric(self) -> bool:
        """Whether it decays (or grows) exponentially."""
        return self.decay != 0.0

    @property
    def grows(self) -> bool:
        """Whether it tends to infinity."""
        return (self.decay, self.power, -self.log_power) < (0.0, 0.0, 0.0)

    def slope(self, x: Array) -> Array:
        """Minus the local exponent d log / d log k at ``x = log k``."""
        result: Array = self.decay * np.exp(x) + self.power - self.log_power / np.maximum(x, 0.5)
        return result

    def __str__(self) -> str:
        parts = [f"exp(-{self.decay:.4g} k)"] if self.decay else []
        parts += [f"k^{-self.power:.4g}"] if self.power else []
        parts += [f"log(k)^{self.log_power:.4g}"] if self.log_power else []
        return " ".join(parts) or "constant"


def _slower(order: Order) -> tuple[float, float, float]:
    return (order.decay, order.power, -order.log_power)


def _times(a: Order, b: Order) -> Order:
    return Order(decay=a.decay + b.decay, power=a.power + b.power, log_power=a.log_power + b.log_power)


def _to_the(a: Order, n: float) -> Order:
    return Order(decay=a.decay * n, power=a.power * n, log_power=a.log_power * n)


def _number(expression: Any, where: str) -> float:
    if not expression.is_number or not expression.is_real:
        raise NotComparableError(f"{where} {expression} is not a number")
    return float(expression)


def _order(expression: Any, k: Any) -> Order:
    """The order of growth, by the algebra of (c, p, q)."""
    if not expression.has(k):
        return Order()
    if expression == k:
        return Order(power=-1.0)
    if expression.is_Mul:
        result = Order()
        for factor in expression.args:
            result = _times(result, _order(factor, k))
        return result
    if expression.is_Add:
        return min((_order(term, k) for term in expression.args), key=_slower)
    if expression.is_Pow or expression.func.__name__ == "exp":
        return _order_of_power(expression, k)
    if expression.func.__name__ == "log":
        return _order_of_log(expression, k)
    raise NotComparableError(f"{expression.func.__name__} is not a power, logarithm or exponential of k")


def _order_of_power(expression: Any, k: Any) -> Order:
    base, exponent = expression.as_base_exp()
    if not exponent.has(k):
        return _to_the(_order(base, k), _number(exponent, "the exponent"))
    if base.has(k):
        raise NotComparableError(f"{expression} has k both in the base and in the exponent")
    import sympy

    linear = sympy.limit(exponent / k, k, sympy.oo)
    rate = -_number(sympy.log(base) * linear, "the geometric rate")
    if rate == 0.0:
        logarithmic = sympy.limit(exponent / sympy.log(k), k, sympy.oo)
        power = -_number(sympy.log(base) * logarithmic, "the exponent")
        if power == 0.0 and exponent.has(k):
            raise NotComparableError(f"{expression} is neither geometric nor a power")
        return Order(power=power)
    return Order(decay=rate)


def _order_of_log(expression: Any, k: Any) -> Order:
    inside = _order(expression.args[0], k)
    if inside.decay:
        return Order(power=-1.0)
    if inside.power:
        return Order(log_power=1.0)
    if inside.log_power:
        raise NotComparableError(f"{expression} is a repeated logarithm")
    return Order()


def _parsed(text: str) -> Any:
    from sympy import Symbol

    from convergence.expressions import parse_expression

    symbols = {name: Symbol(name, positive=True) for name in ("k", "t", "T")}
    return parse_expression(text, symbols)


def claimed_order(claimed: str | Expr) -> Order:
    """The order of a claimed law in k (or t or T).

    Args:
        claimed: text such as ``"1/k"``, ``"log(k)/sqrt(k)"``, ``"0.9**k"``, or a SymPy expression.

    Raises:
        ClaimError: text that is not an expression, or an expression in several variables.
        NotComparableError: laws of another form.
    """
    from sympy import Symbol, sympify

    expression: Any = _parsed(claimed) if isinstance(claimed, str) else sympify(claimed)
    names = sorted(s.name for s in expression.free_symbols if s.name in ("k", "t", "T"))
    if len(names) > 1:
        raise ClaimError(f"a claimed rate has one variable, k, t or T; {expression} has {', '.join(names)}")
    k = Symbol("k", positive=True)
    steps = {s: k for s in expression.free_symbols if s.name in ("k", "t", "T")}
    return _order(expression.subs(steps), k)
