"""Comparing methods over seeds: how large a difference is, whether it is shown, and what would have been found."""

from convergence.statistics.comparison import Comparison, independent, paired
from convergence.statistics.ordering import Ordering, ordered
from convergence.statistics.serial import serial_dependence
from convergence.statistics.several import Several, several
from convergence.statistics.spread import deviations

__all__ = [
    "Comparison",
    "Ordering",
    "Several",
    "deviations",
    "independent",
    "ordered",
    "paired",
    "serial_dependence",
    "several",
]
