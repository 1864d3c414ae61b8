"""Optimizers, each written once as a SymPy rule; `METHODS` is the registry that claim files name them by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from convergence.methods import first_order
from convergence.methods.rule import Rule

METHODS: Mapping[str, Rule] = MappingProxyType(
    {
        "gradient_descent": first_order.gradient_descent,
        "heavy_ball": first_order.heavy_ball,
        "nesterov": first_order.nesterov,
        "averaged_gradient_descent": first_order.averaged_gradient_descent,
    }
)
