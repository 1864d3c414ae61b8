"""What may be assumed of the numbers in a rule, and roots that can be merged."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Rational, S


def with_one_root(product: Expr) -> Expr:
    """A product with two factors under roots as one with a single root, where that is shorter.

    ``(1 + s/w)**(-1/2) * w**(-1/2)`` is ``(w + s)**(-1/2)``. What stands under the root of a rule is nonnegative.
    """
    for exponent in (Rational(-1, 2), Rational(1, 2)):
        roots = [f for f in Mul.make_args(product) if f.is_Pow and f.exp == exponent and not f.base.is_number]
        if len(roots) == 2:
            bases = [factor.base for factor in roots]
            for first, second in (bases, reversed(bases)):
                merged = Add(*(term * second for term in Add.make_args(first)))
                if merged.count_ops() < sum(base.count_ops() for base in bases):
                    return product / (roots[0] * roots[1]) * merged**exponent
    return product


def decays(expression: Expr) -> bool:
    """Whether it is ``1 - beta`` or ``1 - beta**t``, which is positive for every decay rate."""
    if not (expression.is_Add and len(expression.args) == 2 and S.One in expression.args):
        return False
    base, _ = (-(expression - 1)).as_base_exp()
    return bool(base.is_Symbol and base.is_nonnegative)


def nonnegative(number: Expr) -> bool:
    """Whether a number is at least 0 for every decay rate below 1; False if that cannot be seen."""
    if number.is_nonnegative or decays(number):
        return True
    if number.is_Mul or number.is_Pow:
        return all(nonnegative(factor.as_base_exp()[0]) for factor in Mul.make_args(number))
    return False


def root(number: Expr) -> Expr:
    """The root of a nonnegative number, factor by factor."""
    factors = [factor.as_base_exp() for factor in Mul.make_args(number)]
    return Mul(*(base ** (exponent / 2) for base, exponent in factors))


def nonzero(number: Expr) -> bool:
    """Whether dividing by the number is safe: it is made of positive constants and decays."""
    if number.is_number:
        return bool(number.is_positive)
    factors = [factor.as_base_exp() for factor in Mul.make_args(number)]
    return all(decays(base) or (base.is_number and base.is_positive) for base, _ in factors)
