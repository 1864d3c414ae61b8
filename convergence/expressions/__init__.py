"""The only door from text to SymPy, and back: domains of symbols, functions, and limits on every size."""

from convergence.expressions.domains import COUNTERS, Domain, K, T, below_one, symbol
from convergence.expressions.functions import FUNCTIONS, kth_largest_abs, norm
from convergence.expressions.reading import (
    MAX_DIGITS,
    MAX_EXPONENT,
    MAX_LENGTH,
    MAX_NESTING,
    MAX_NODES,
    exact,
    names_in,
    parse_expression,
    parse_rational,
    parse_relation,
)
from convergence.expressions.text import to_text
from convergence.expressions.vectors import (
    VECTOR_FUNCTIONS,
    E,
    Minimiser,
    RandomVector,
    Vector,
    dot,
    f,
    grad,
    has_vectors,
)

__all__ = [
    "COUNTERS",
    "FUNCTIONS",
    "MAX_DIGITS",
    "MAX_EXPONENT",
    "MAX_LENGTH",
    "MAX_NESTING",
    "MAX_NODES",
    "VECTOR_FUNCTIONS",
    "Domain",
    "E",
    "K",
    "Minimiser",
    "RandomVector",
    "T",
    "Vector",
    "below_one",
    "dot",
    "exact",
    "f",
    "grad",
    "has_vectors",
    "kth_largest_abs",
    "names_in",
    "norm",
    "parse_expression",
    "parse_rational",
    "parse_relation",
    "symbol",
    "to_text",
]
