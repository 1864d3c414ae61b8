"""Reading a rate off data, and saying how sure one is."""

from convergence.rates.fit import fit_rate
from convergence.rates.multiplicity import holm
from convergence.rates.ratefit import RateFit

__all__ = ["RateFit", "fit_rate", "holm"]
