"""The claims of "A Mathematically Modified Adam Algorithm for Improved Convergence in Deep Neural Networks"."""

from proofs.amgt import (
    global_convergence,
    networks,
    nonconvex,
    numbers,
    preliminaries,
    quadratics,
    strong_convexity,
)
from proofs.writing import together

PAPER = together(
    "A Mathematically Modified Adam Algorithm for Improved Convergence in Deep Neural Networks (AMGT)",
    "Laisin, Osu, Duruojinkeya, Chibuisi; Online Journal of Mathematics, Science and Technology Education 6(2), 2025",
    preliminaries.PAPER,
    strong_convexity.PAPER,
    global_convergence.PAPER,
    nonconvex.PAPER,
    numbers.PAPER,
    networks.PAPER,
    quadratics.PAPER,
)
