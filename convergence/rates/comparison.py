"""Setting a posterior of laws against a claimed order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convergence.rates.claimed import Order
from convergence.rates.laws import LAWS, Asymptote
from convergence.rates.posterior import END, Mixture, student

Array = NDArray[np.float64]

WORSE = 0.1  # the exponent by which a claim must be wrong for the test to be asked to notice
WORSE_FACTOR = 0.9  # likewise for the constant c of exp(-c k)
SAME_FACTOR = 0.97  # geometric constants closer than this are not told apart
BETTER = 0.1
HINT = 5.0  # a claim that names a logarithm makes it likelier by this
PLAIN = 0.5  # a claim that names none makes logarithms less likely by this, when it is asked whether runs are slower
MARGIN = 0.03  # times max(1, exponent): real runs keep corrections that no law has, which move exponents by so much
WORSE_MARGIN, WIDEST_MARGIN = 0.02, 0.05  # likewise for what is supported
LOG_SLACK = 0.02  # a law with more logarithms than claimed is worse unless its exponent beats the claimed one by this


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What decides about a claim.

    Attributes:
        slower: posterior probability that the runs are slower than claimed, by more than a margin for model error,
            asymptotically and already at the end.
        worse: posterior probability of an exponent worse by 0.1 less a margin (or a constant c worse by a tenth, or
            a stall).
        faster: posterior probability of an exponent better by 0.1.
        distance: from an exponent worse by 0.1 to the claimed one, or to the median where that is better still.
        spread: standard deviation of the exponent, from the median down to the 16 % quantile.
    """

    slower: float
    worse: float
    faster: float
    distance: float
    spread: float


def _is(mixture: Mixture, name: str) -> NDArray[np.bool_]:
    return np.array([LAWS[i].name == name for i in mixture.law], dtype=bool)


def _log_powers(mixture: Mixture) -> Array:
    """(C,) the powers of the logarithm."""
    return np.array([LAWS[i].log_power for i in mixture.law])


def _log_exponent_below(mixture: Mixture, value: float) -> Array:
    """For laws (log k)**-theta: probability that theta is below ``value``."""
    result: Array = student((value - mixture.theta) / np.maximum(mixture.sd, 0.02), mixture.degrees)
    return result


def _below_order(mixture: Mixture, power: float, log_power: float) -> Array:
    """(C,) probability of being slower than k**-power log(k)**log_power; powers decide, logarithms break ties."""
    below = mixture.below(power)
    if power != 0.0:
        return below
    inverse_log = _is(mixture, "inverse logarithm")
    stalled = mixture.having(Asymptote.ZERO) & ~inverse_log
    below = np.where(stalled, 1.0 if log_power < 0 else 0.0, below)
    return np.where(inverse_log, _log_exponent_below(mixture, -log_power), below)


def _worse(mixture: Mixture, order: Order) -> Array:
    if order.power == 0.0 and order.log_power < 0.0:
        return _below_order(mixture, 0.0, order.log_power + 2 * WORSE)
    margin = min(WORSE_MARGIN * max(1.0, order.power), WIDEST_MARGIN) if order.power > 0.0 else 0.0
    worse = _below_order(mixture, order.power - WORSE + margin, order.log_power)
    log_power = _log_powers(mixture)
    theta = mixture.having(Asymptote.THETA)
    return np.where(theta & (log_power > order.log_power), mixture.below(order.power + LOG_SLACK + margin), worse)


def _lower_spread(mixture: Mixture) -> tuple[float, float]:
    """Median, and how far the 16 % quantile is below it; what lies further below is for `worse` to weigh."""
    centre, sixteen = mixture.quantile(0.5), mixture.quantile(0.16)
    if np.isinf(centre):
        return centre, 0.0 if np.isinf(sixteen) else 1.0
    return centre, max(centre - sixteen, 1e-9)


def compare_power(mixture: Mixture, order: Order, x_end: float) -> Comparison:
    """Against ``k**-p log(k)**q``."""
    margin = MARGIN * max(1.0, order.power) if order.power > 0.0 else 0.0
    claimed_now = float(order.slope(np.array([x_end - END / 2]))[0]) - margin
    plain = _plain(mixture, order)
    slower = _below_order(plain, order.power - margin, order.log_power) * (plain.slope < claimed_now)
    faster = 1.0 - mixture.below(order.power + BETTER)
    centre, spread = _lower_spread(mixture)
    return Comparison(
        slower=float(plain.weight @ slower),
        worse=float(mixture.weight @ _worse(mixture, order)),
        faster=float(mixture.weight @ faster),
        distance=max(centre - order.power, 0.0) + WORSE,
        spread=spread,
    )


def compare_geometric(mixture: Mixture, order: Order, x_end: float) -> Comparison:
    """Against ``exp(-c k)``; exponents are replaced by c relative to the claimed one."""
    steps = float(np.exp(x_end))
    geometric, better = _is(mixture, "geometric"), _is(mixture, "faster than geometric")
    rate = mixture.theta / (order.decay * steps)
    sd = np.maximum(mixture.sd / abs(order.decay * steps), 0.01 * np.abs(rate))

    def below(value: float) -> Array:
        inside = student((value - rate) / np.maximum(sd, 1e-12), mixture.degrees)
        result: Array = np.where(geometric, inside, np.where(better, 0.0, 1.0))
        return result

    slope = mixture.slope < SAME_FACTOR * order.decay * steps * np.exp(-END / 2)
    weight = mixture.weight
    centre = float(np.sum(weight * np.where(geometric, rate, 0.0)) / max(float(weight[geometric].sum()), 1e-9))
    spread = float(np.sqrt(np.sum(weight * geometric * ((rate - centre) ** 2 + sd**2))))
    return Comparison(
        slower=float(weight @ (below(SAME_FACTOR) * slope)),
        worse=float(weight @ below(WORSE_FACTOR)),
        faster=float(weight @ (1.0 - below(1.1))),
        distance=centre - WORSE_FACTOR if geometric.any() else float("inf"),
        spread=max(spread, 1e-9),
    )


def _reweighted(mixture: Mixture, factor: Array) -> Mixture:
    weight = mixture.weight * factor
    return replace(mixture, weight=weight / weight.sum())


def _plain(mixture: Mixture, order: Order) -> Mixture:
    """A claim without a logarithm makes logarithms less likely: a true one would have been printed, or the claim be
    loose by a power that just makes up for it."""
    if order.log_power != 0.0:
        return mixture
    return _reweighted(mixture, np.where(_log_powers(mixture) != 0.0, PLAIN, 1.0))


def hinted(mixture: Mixture, order: Order) -> Mixture:
    """A claim that names a logarithm makes that logarithm likelier than the prior of the laws, which knows no claim."""
    if order.log_power == 0.0:
        return mixture
    return _reweighted(mixture, np.where(_log_powers(mixture) == order.log_power, HINT, 1.0))


def compare(mixture: Mixture, order: Order, x_end: float) -> Comparison:
    """The posterior against the claimed order, for runs that end at ``log k = x_end``."""
    return (compare_geometric if order.geometric else compare_power)(hinted(mixture, order), order, x_end)
