"""The claims of "Deep Learning Optimization Using Adaptive Gradient Methods: A Mathematical Framework ..."."""

from proofs.amvt import algorithm, networks, numbers, properties, theorems
from proofs.writing import together

PAPER = together(
    "Deep Learning Optimization Using Adaptive Gradient Methods: A Mathematical Framework for Enhanced Convergence "
    "(AMVT)",
    "Saravana Ram R, Anna University",
    algorithm.PAPER,
    properties.PAPER,
    theorems.PAPER,
    numbers.PAPER,
    networks.PAPER,
)
