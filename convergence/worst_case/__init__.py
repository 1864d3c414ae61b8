"""The hardest function of a class for a linear method, by semidefinite programming; proposals for the exact checker."""

from convergence.worst_case.certified import Upper, upper
from convergence.worst_case.chained import chained
from convergence.worst_case.instance import proposals
from convergence.worst_case.program import maximise, number, rows

__all__ = ["Upper", "chained", "maximise", "number", "proposals", "rows", "upper"]
