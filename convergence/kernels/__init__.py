"""One update rule, several ways to run it: NumPy over lanes, 50 digits, exact numbers."""

from convergence.kernels.precise import EXACT, Arithmetic, evaluate, high_precision, trajectory
from convergence.kernels.program import Program, program
from convergence.kernels.vectorised import Kernel, kernel

__all__ = ["EXACT", "Arithmetic", "Kernel", "Program", "evaluate", "high_precision", "kernel", "program", "trajectory"]
