"""AMVT and AMGT as torch optimizers, with the modules of their papers to switch on and off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from convergence.methods import METHODS
from convergence.methods.amgt import zero_out
from convergence.methods.modules import Module, compose
from convergence.methods.rule import Rule
from convergence.optim.compiled import Norms
from convergence.optim.optimizer import RuleOptimizer


class AMVT(RuleOptimizer):
    """Adaptive Momentum with Variance Tracking.

    ``AMVT(model.parameters(), lr=0.001, modules=[unscaled_decay(1e-4), clipped_gradient(1.0)])``; without modules it is
    the recursion alone. See `convergence.methods.modules` for all of them.

    Args:
        params, lr: as for any torch optimizer.
        betas: decay rates of the first moment, the second moment and the variance.
        eps: added under the root.
        modules: applied in order.
        rule: another reading of the paper, such as ``METHODS["amvt_algorithm1"]``.
        settings: as for `RuleOptimizer`.
    """

    rule = METHODS["amvt"]

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float, float] = (0.9, 0.999, 0.99),
        eps: float = 1e-8,
        *,
        modules: Iterable[Module] = (),
        rule: Rule | None = None,
        **settings: Any,
    ) -> None:
        chosen = compose(type(self).rule if rule is None else rule, modules)
        super().__init__(params, lr, rule=chosen, betas=betas, eps=eps, **settings)


class AMGT(RuleOptimizer):
    """Adaptive Moment Gradient Thresholding, with the momentum that its paper intends.

    ``AMGT(model.parameters(), threshold=clip(0.1))`` clips the momentum; ``zero_out_by_noise()`` adapts the threshold
    of each layer between 0.05 and 0.1. The step size is ``lr/(1 + decay*t)``.

    Args:
        params, lr: as for any torch optimizer.
        betas: decay rates of the momentum, and of both moments of the gradients' variance.
        gamma: how strongly variance damps the momentum.
        decay: of the step size; 0 leaves schedules to ``torch.optim.lr_scheduler``.
        threshold: a module of `convergence.methods.amgt`, or None for no threshold.
        modules: further ones, applied in order after the threshold.
        rule: another reading of the paper, such as ``METHODS["amgt_as_printed"]``.
        settings: as for `RuleOptimizer`; norms are those of a tensor.
    """

    rule = METHODS["amgt"]
    norms = Norms.TENSOR

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        gamma: float = 1.0,
        *,
        decay: float = 1e-4,
        threshold: Module | None = zero_out(0.05),  # noqa: B008
        modules: Iterable[Module] = (),
        rule: Rule | None = None,
        **settings: Any,
    ) -> None:
        base = type(self).rule if rule is None else rule
        chosen = compose(base, [*([threshold] if threshold else []), *modules])
        super().__init__(params, lr, rule=chosen, betas=betas, gamma=gamma, decay=decay, **settings)
