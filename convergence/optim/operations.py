"""What a program may do to the tensors of a parameter group: one call for all of them.

A value is a list with one tensor for each parameter, or one tensor without dimensions that belongs to all of them; what
is left are Python floats. An operation that overwrites writes to the tensors of its first argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

Value: TypeAlias = "list[Tensor] | Tensor"


class Operation(NamedTuple):
    """One elementwise operation: with a result of its own, and into its first argument."""

    fresh: Callable[..., Any]
    overwriting: Callable[..., Any]


def _elementwise(name: str) -> Operation:
    """A function that torch has for one tensor and, as ``_foreach_...``, for a list of them."""
    single, fresh, overwriting = (getattr(torch, text) for text in (name, f"_foreach_{name}", f"_foreach_{name}_"))

    def apply(first: Any, *others: Any, **numbers: float) -> Any:
        if isinstance(first, list):
            return list(fresh(first, *_matching(name, first, others), **numbers))
        if any(isinstance(other, list) for other in others):
            return apply(_spread(first, others), *others, **numbers)
        return single(first, *others, **numbers)

    def overwrite(first: Any, *others: Any, **numbers: float) -> Any:
        overwriting(first, *_matching(name, first, others), **numbers)
        return first

    return Operation(apply, overwrite)


def _matching(name: str, first: list[Tensor], others: tuple[Any, ...]) -> tuple[Any, ...]:
    """Tensors for the whole group are repeated where torch wants lists."""
    if name in ("mul", "div") or all(not isinstance(other, Tensor) for other in others):
        return others
    return tuple([other] * len(first) if isinstance(other, Tensor) else other for other in others)


def _spread(value: Tensor, others: tuple[Any, ...]) -> list[Tensor]:
    return [value] * next(len(other) for other in others if isinstance(other, list))


def _own(function: Callable[..., Tensor]) -> Operation:
    """A function of one tensor that torch has no list form of."""

    def apply(first: Any, *others: Any) -> Any:
        return [function(tensor, *others) for tensor in first] if isinstance(first, list) else function(first, *others)

    def overwrite(first: list[Tensor], *others: Any) -> list[Tensor]:
        for tensor in first:
            tensor.copy_(function(tensor, *others))
        return first

    return Operation(apply, overwrite)


def _sign(value: Tensor) -> Tensor:
    """The sign; torch's own turns what is not a number into 0."""
    return value.clamp(-1, 1).mul_(0).add_(value.sign())


def _positive(value: Tensor) -> Tensor:
    """1 where the value is positive, 0 where it is not, and what is not a number stays so."""
    return value.clamp(-1, 1).mul_(0).add_(value.sign().clamp_min_(0))


def _zero_below(value: Tensor, bound: float) -> Tensor:
    """The value, with 0 where its absolute value is below the bound.

    torch zeroes absolute values up to and including its bound, so that it is given the largest number below ours.
    """
    limit = torch.tensor(bound, dtype=value.dtype)
    below = torch.nextafter(limit, torch.full_like(limit, -torch.inf)).item()
    return torch.nn.functional.hardshrink(value, below)


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        **{
            name: _elementwise(name)
            for name in ("sqrt", "abs", "exp", "log", "floor", "cos", "sin", "tanh", "reciprocal")
        },
        **{name: _elementwise(name) for name in ("mul", "div", "add", "pow", "maximum", "minimum")},
        **{name: _elementwise(name) for name in ("lerp", "addcmul", "addcdiv")},
        "clamp_min": _elementwise("clamp_min"),
        "clamp_max": _elementwise("clamp_max"),
        "sign": _own(_sign),
        "positive": _own(_positive),
        "zero_below": _own(_zero_below),
        "clone": _own(torch.clone),
    }
)
"""Every operation of a program but the reductions ``norm`` and ``kth_largest_abs``, which need all tensors at once."""
