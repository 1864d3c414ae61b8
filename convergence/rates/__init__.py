"""Reading a rate off data, and saying how sure one is."""

from convergence.rates.bounds import BoundTest, BoundViolation, bound_test, bound_violation
from convergence.rates.claimed import Order, claimed_order
from convergence.rates.fit import fit_rate
from convergence.rates.multiplicity import holm
from convergence.rates.ratefit import RateFit

__all__ = [
    "BoundTest",
    "BoundViolation",
    "Order",
    "RateFit",
    "bound_test",
    "bound_violation",
    "claimed_order",
    "fit_rate",
    "holm",
]
