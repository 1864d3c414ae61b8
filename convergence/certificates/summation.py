"""Sums of the monomials of the asymptotic scale, up to a constant.

Powers by Euler and Maclaurin's formula with the integral taken by parts, exponentials by their last term, or by
exp(g)/g' where the exponent g grows slowly. Source: de Bruijn, Asymptotic Methods in Analysis, chapter 3.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Rational

from convergence.certificates import scale
from convergence.certificates.scale import LOG, UNIT, Expansion, Monomial
from convergence.certificates.signs import Facts, Unsupported

Terms = tuple[tuple[Expr, Monomial], ...]
_BERNOULLI = (Rational(1, 12), Rational(-1, 720))  # B_2/2!, B_4/4!


def sum_of(coefficient: Expr, monomial: Monomial, facts: Facts) -> Expansion:
    """The sum of ``coefficient * monomial`` over all steps so far, up to a constant."""
    leading = scale.leading_exponent(monomial, facts)
    if leading is not None:
        return _exponential_sum(coefficient, monomial, leading, facts)
    if facts.sign(monomial.r) != 0:
        return _slow_sum(coefficient, monomial, facts)
    if facts.sign(monomial.p + 1) == 0:
        return _logarithmic_sum(coefficient, monomial, facts)
    integral = _integral(coefficient, monomial, facts)
    derivative: Terms = ((coefficient, monomial),)
    pieces = [integral, Expansion(((coefficient / 2, monomial),))]
    for factor in _BERNOULLI if facts.terms > 2 else ():
        derivative = _differentiated(derivative)
        pieces.append(Expansion(tuple((factor * c, m) for c, m in derivative)))
        derivative = _differentiated(derivative)
    beyond = Monomial(p=monomial.p - (5 if facts.terms > 2 else 1), q=monomial.q)
    return scale.collected([t for piece in pieces for t in piece.terms], [integral.rest, beyond], facts)


def _integral(coefficient: Expr, monomial: Monomial, facts: Facts) -> Expansion:
    """Integration by parts: x^(p+1) (log^q/(p+1) - q log^(q-1)/(p+1)^2 + ...)."""
    terms, current, q = [], coefficient / (monomial.p + 1), monomial.q
    for _ in range(facts.terms):
        terms.append((current, Monomial(p=monomial.p + 1, q=q)))
        current = sympy.expand(-current * q / (monomial.p + 1))
        q = q - 1
        if current == 0:
            return Expansion(tuple(terms))
    return Expansion(tuple(terms), Monomial(p=monomial.p + 1, q=q))


def _logarithmic_sum(coefficient: Expr, monomial: Monomial, facts: Facts) -> Expansion:
    """The sum of log^q(i)/i; its remainder is below log^q(n)/n."""
    after = Monomial(p=Integer(-1), q=monomial.q)
    if facts.sign(monomial.q + 1) == 0:
        return Expansion(((coefficient, Monomial(r=UNIT)),), after)
    total = Expansion(((coefficient / (monomial.q + 1), Monomial(q=sympy.expand(monomial.q + 1))),), after)
    if monomial.q == 0:
        more = ((coefficient / 2, after), (-coefficient / 12, Monomial(p=Integer(-2))))
        return Expansion((*total.terms, *more), Monomial(p=Integer(-4)))
    return total


def _slow_sum(coefficient: Expr, monomial: Monomial, facts: Facts) -> Expansion:
    """With log log i only the leading order is known, away from the critical power."""
    sign = facts.sign(monomial.p + 1)
    if sign == 0:
        raise Unsupported("a sum of log log i / i")
    above = monomial.times(scale.K)
    below = above.times(LOG.to_the(Integer(-1)))
    return Expansion(((coefficient / (monomial.p + 1), above),), below) if sign > 0 else Expansion((), above)


def _exponential_sum(coefficient: Expr, monomial: Monomial, leading: scale.Leading, facts: Facts) -> Expansion:
    (d, e), rate, others = leading
    grows = facts.sign(rate) > 0
    beyond_geometric = facts.sign(d - 1) or facts.sign(e)
    if facts.sign(d - 1) >= 0 and beyond_geometric > 0:
        if not grows:
            return Expansion((), monomial)
        return Expansion(((coefficient, monomial),), monomial.times(_last_but_one(d, e, rate, facts)))
    if beyond_geometric == 0:
        if not grows:
            return Expansion((), monomial)
        step = _relative_step(others, facts)
        return Expansion(((coefficient / (1 - sympy.exp(-rate)), monomial),), monomial.times(step))
    return _stretched_sum(coefficient, monomial, (d, e), rate, others, grows, facts)


def _last_but_one(d: Expr, e: Expr, rate: Expr, facts: Facts) -> Monomial:
    """A bound of the quotient of the last two summands exp(rate i^d log^e(i)), where it tends to zero."""
    if facts.sign(d - 1) > 0:
        return Monomial(p=Integer(-10))
    if facts.sign(e - 1) == 0:
        return Monomial(p=-rate / 2)
    return Monomial(exponent=(((Integer(0), e), -rate / 2),))


def _relative_step(others: list[tuple[tuple[Expr, Expr], Expr]], facts: Facts) -> Monomial:
    steps = [Monomial(p=Integer(-1))] + [Monomial(p=d - 1, q=e) for (d, e), _ in others]
    step = scale.larger(steps, facts)
    assert step is not None
    return step


def _stretched_sum(
    coefficient: Expr,
    monomial: Monomial,
    power: tuple[Expr, Expr],
    rate: Expr,
    others: list[tuple[tuple[Expr, Expr], Expr]],
    grows: bool,
    facts: Facts,
) -> Expansion:
    """sum of exp(g(i)) is about exp(g(n))/g'(n) for slowly growing g."""
    d, e = power
    flat = facts.sign(d) == 0
    slope = rate * (e if flat else d)
    inverse = Monomial(p=1 - d, q=(1 - e) if flat else -e)
    total = monomial.times(inverse)
    if not grows:
        return Expansion((), total)
    errors = [inverse.times(Monomial(p=Integer(-1))), inverse.to_the(Integer(-1)), LOG.to_the(Integer(-1))]
    errors = errors[:2] if not flat and facts.sign(e) == 0 else errors
    errors += [Monomial(p=d2 - d, q=e2 - e) for (d2, e2), _ in others]
    relative = scale.larger(errors, facts)
    assert relative is not None
    if relative.growth(facts) >= 0:
        return Expansion((), total)
    return Expansion(((coefficient / slope, total),), total.times(relative))


def bound_of_sum(rest: Monomial, facts: Facts) -> Expansion:
    """A bound of the sum of remainders, up to a constant that the sum's own constant absorbs."""
    if not rest.exponent and rest.r == 0 and not (rest.p.is_Rational and rest.q.is_Rational):
        above = rest.q + 1 if facts.is_nonnegative(rest.q) else sympy.Abs(rest.q) + 1
        return Expansion((), Monomial(p=sympy.expand(rest.p + 1), q=above))
    total = sum_of(UNIT, rest, facts)
    return Expansion((), total.order)


def _differentiated(terms: Terms) -> Terms:
    """Derivatives of x^p log^q(x)."""
    found = []
    for coefficient, monomial in terms:
        found.append((coefficient * monomial.p, Monomial(p=monomial.p - 1, q=monomial.q)))
        found.append((coefficient * monomial.q, Monomial(p=monomial.p - 1, q=monomial.q - 1)))
    return tuple((c, m) for c, m in found if c != 0)
