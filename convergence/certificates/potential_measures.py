"""What a potential bounds for each measure, and over which points the sums of best and average measures are."""

from __future__ import annotations

from convergence.errors import CertificateRejected

SQUARES = frozenset({"distance", "gradient_norm"})
MEASURES = {
    "gap": "gap",
    "best_gap": "gap",
    "average_iterate_gap": "gap",
    "regret": "gap",
    "average_regret": "gap",
    "distance": "squared_distance",
    "squared_distance": "squared_distance",
    "gradient_norm": "squared_gradient",
    "squared_gradient_norm": "squared_gradient",
    "best_squared_gradient_norm": "squared_gradient",
    "average_squared_gradient_norm": "squared_gradient",
}
"""What the potential bounds for each measure."""
WINDOWS = {
    "best_gap": (("start",), ("iterates",), ("all",)),
    "best_squared_gradient_norm": (("start",), ("iterates",), ("all",)),
    "average_iterate_gap": (("iterates",),),
    "average_squared_gradient_norm": (("start", "iterates", "all"),),
    "regret": (("start",),),
    "average_regret": (("start",),),
}
"""Which points count: x_0, ..., x_(k-1) (`start`), x_1, ..., x_k (`iterates`) or both ends (`all`).

The least value so far is at most that of any window. A mean of squared gradients must satisfy the bound in every
reading; the mean iterate is that of x_1, ..., x_k; round k of a game plays x_(k-1).
"""


def windows(measure: str, chosen: str) -> tuple[str, ...]:
    """The windows of the sums that have to be bounded.

    Raises:
        CertificateRejected: if the measure has several, and none of them is chosen.
    """
    if measure not in WINDOWS:
        return ("",)
    allowed = WINDOWS[measure]
    found = next((group for group in allowed if chosen in group), allowed[0] if len(allowed) == 1 else None)
    if found is None:
        raise CertificateRejected(f"expected a window for the measure {measure}, found {chosen!r}")
    return found
