"""Whether compiling pays: NumPy's predicted time against the price of a compilation."""

from __future__ import annotations

from convergence.errors import NumericLimit
from convergence.kernels import Kernel
from convergence.kernels.machine import usable
from convergence.kernels.native import Body
from convergence.simulation.compiled import recorded
from convergence.simulation.groups import Group
from convergence.simulation.measuring import Totals

# seconds, measured on a 2.6 GHz server core by benchmarks/ensembles.py
CALL, ELEMENT = 1.2e-6, 0.7e-9  # of one NumPy operation: once, and for each number
DRAW = 5e-9  # of one random number
RECORDING = 0.03  # of a recording
COMPILING = 0.05, 1e-3  # of a compilation: once, and for each operation


def worth_compiling(run: Kernel, group: Group, totals: Totals, steps: int) -> Body | None:
    """The compiled step of a group whose work is large enough to pay for it, or None."""
    numbers = group.starts.size
    draws = DRAW * numbers if group.oracle.random else 0.0
    if not usable() or steps * (20 * (CALL + ELEMENT * numbers) + draws) < RECORDING:
        return None
    try:
        body = recorded(run, group, totals)
    except NumericLimit:
        return None
    calls = sum(group.starts.shape[1] if node.name == "matmul" else 1 for node in body.nodes if not node.leaf)
    interpreted = steps * (calls * (CALL + ELEMENT * numbers) + draws)
    if interpreted <= COMPILING[0] + COMPILING[1] * calls:
        return None
    try:
        body.run  # noqa: B018 - compiles
    except RuntimeError:  # LLVM refuses the text
        return None
    return body
