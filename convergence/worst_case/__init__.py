"""The hardest function of a class for a linear method, by semidefinite programming; proposals for the exact checker."""

from convergence.worst_case.instance import Setting, Start, hardest, proposals
from convergence.worst_case.linear import is_linear, unrolled
from convergence.worst_case.program import FunctionClass

__all__ = ["FunctionClass", "Setting", "Start", "hardest", "is_linear", "proposals", "unrolled"]
