"""Optimizers, each written once as a SymPy rule; `METHODS` is the registry that claim files name them by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from convergence.methods import adaptive, amgt, amvt, first_order
from convergence.methods.rule import Rule


def _rules(module: ModuleType) -> dict[str, Rule]:
    """The rules that a module defines, by the names that it gives them."""
    return {name: value for name, value in vars(module).items() if isinstance(value, Rule)}


METHODS: Mapping[str, Rule] = MappingProxyType(_rules(first_order) | _rules(adaptive) | _rules(amvt) | _rules(amgt))
