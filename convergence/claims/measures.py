"""The measures of progress that a claim may bound, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from convergence.claims.hypotheses import NONE, Units, units


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """What is measured, in words, and its units under rescaling of f and x."""

    says: str
    units: Units


MEASURES: Mapping[str, MeasureKind] = MappingProxyType(
    {
        "gap": MeasureKind("f(x_k) - f*", units(1, 0)),
        "average_iterate_gap": MeasureKind("f(mean of x_1..x_k) - f*", units(1, 0)),
        "best_gap": MeasureKind("least f(x_i) - f* so far", units(1, 0)),
        "distance": MeasureKind("|x_k - x*|", units(0, 1)),
        "squared_distance": MeasureKind("|x_k - x*|^2", units(0, 2)),
        "gradient_norm": MeasureKind("|grad f(x_k)|", units(1, -1)),
        "squared_gradient_norm": MeasureKind("|grad f(x_k)|^2", units(2, -2)),
        "best_squared_gradient_norm": MeasureKind("least |grad f(x_i)|^2 so far", units(2, -2)),
        "average_squared_gradient_norm": MeasureKind("mean of |grad f(x_i)|^2 so far", units(2, -2)),
        "regret": MeasureKind("sum of f_i(x_i) minus the best fixed point's", units(1, 0)),
        "average_regret": MeasureKind("regret divided by the number of rounds", units(1, 0)),
        "sequence": MeasureKind("the sequence itself", NONE),
    }
)
