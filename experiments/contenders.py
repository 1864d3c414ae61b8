"""Who is compared: each method as the paper or its authors define it, under one name, tuned over one common grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from sympy import Rational, sqrt

from convergence import optim
from convergence.errors import ClaimError, nearest
from convergence.expressions import symbol
from convergence.methods import METHODS
from convergence.methods.amgt import clip, zero_out, zero_out_by_noise
from convergence.methods.modules import (
    Module,
    clipped_gradient,
    clipped_update,
    curvature_adapted,
    normalised_gradient,
    quantized,
    signal_to_noise,
    sparsified,
    unscaled_decay,
    warmed_up,
    without_outliers,
)
from convergence.methods.rule import Rule, uniform

Make = Callable[..., torch.optim.Optimizer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A method under its name.

    Attributes:
        name: in every table.
        make: called as ``make(parameters, lr=lr)``.
        words: what it is, for readers.
    """

    name: str
    make: Make
    words: str

    @property
    def file_name(self) -> str:
        """The name as part of a path."""
        return self.name.replace(",", "").replace(" ", "-")


def _named(words: Mapping[str, tuple[Make, str]]) -> dict[str, Contender]:
    return {name: Contender(name=name, make=make, words=text) for name, (make, text) in words.items()}


METHODS_COMPARED: Mapping[str, Contender] = _named(
    {
        "adam": (optim.Adam, "Adam"),
        "amvt": (optim.AMVT, "AMVT, the recursion with Step 6 as Algorithm 1 (h) states it"),
        "amvt_algorithm1": (partial(optim.AMVT, rule=METHODS["amvt_algorithm1"]), "AMVT, Algorithm 1 as printed"),
        "amgt": (optim.AMGT, "AMGT, momentum below 0.05 becomes 0"),
        "amgt_clip": (partial(optim.AMGT, threshold=clip(0.05)), "AMGT, momentum clipped to 0.05"),
        "amgt_scaled": (optim.as_optimizer(METHODS["amgt_scaled"]), "AMGT scaled as Adam is, without threshold"),
        "momentum": (optim.Momentum, "gradient descent with momentum 0.9"),
        "nesterov": (optim.Nesterov, "Nesterov's momentum 0.9"),
        "sgd": (optim.SGD, "gradient descent"),
        "adagrad": (optim.AdaGrad, "AdaGrad"),
        "rmsprop": (optim.RMSProp, "RMSProp"),
        "adamw": (optim.AdamW, "AdamW, decay 0.01"),
        "amsgrad": (optim.AMSGrad, "AMSGrad"),
        "radam": (optim.RAdam, "RAdam"),
        "adabelief": (optim.AdaBelief, "AdaBelief"),
        "adabound": (optim.AdaBound, "AdaBound"),
        "lookahead": (optim.Lookahead, "Lookahead over Adam"),
    }
)
"""Both papers' methods, in the readings that can be run, and their baselines."""


def amvt_modules(steps: int) -> Mapping[str, Module]:
    """AMVT's modules by name, for a training of that many steps."""
    return {
        "gradient clipping": clipped_gradient(1.0),
        "normalisation": normalised_gradient(),
        "outlier filter": without_outliers(),
        "signal to noise": signal_to_noise(),
        "curvature": curvature_adapted(),
        "warm-up": warmed_up(max(1, steps // 20)),
        "decay as printed": unscaled_decay(1e-4),
        "update clipping": clipped_update(1.0),
    }


def ablations(steps: int) -> dict[str, Contender]:
    """Both papers' methods with their modules switched one by one."""
    found: dict[str, tuple[Make, str]] = {
        "adam": (optim.Adam, "Adam: AMVT without its variance"),
        "amvt": (optim.AMVT, "AMVT, the recursion alone"),
        "amgt": (optim.AMGT, "AMGT: threshold 0.05, adaptive momentum, decreasing steps"),
        "amgt, clip": (partial(optim.AMGT, threshold=clip(0.05)), "the threshold clips"),
        "amgt, threshold by layer": (partial(optim.AMGT, threshold=zero_out_by_noise()), "0.05 to 0.1 by layer"),
        "amgt, without threshold": (partial(optim.AMGT, threshold=None), "no threshold"),
        "amgt, without schedule": (partial(optim.AMGT, decay=0.0), "constant steps"),
        "amgt, without adaptive momentum": (partial(optim.AMGT, gamma=0.0), "lambda_t = 1"),
        "momentum": (optim.Momentum, "what remains of AMGT without any of them"),
    }
    for name, module in amvt_modules(steps).items():
        found[f"amvt, {name}"] = (partial(optim.AMVT, modules=[module]), f"AMVT with {name}")
    return _named(found)


def noisy(level: float) -> Module:
    """Gradients with noise of that standard deviation on each coordinate, uniform and independent."""
    deviation = symbol("noise", "nonnegative")
    centred = sqrt(12) * (uniform - Rational(1, 2))
    return lambda base: base.precondition(lambda gradient: gradient + deviation * centred, "noise", noise=level)


def disturbed(*, noise: float, spacing: float, count: int) -> dict[str, Contender]:
    """Adam, AMVT and AMGT with noisy gradients, with quantized and with sparsified updates.

    Args:
        noise: standard deviation on each coordinate of each gradient.
        spacing: of the grid that updates are rounded to, at random and without bias.
        count: coordinates that a step applies; what is left out waits (error feedback).
    """
    bases: dict[str, tuple[Make, Rule]] = {
        "adam": (optim.Adam, METHODS["adam"]),
        "amvt": (optim.AMVT, METHODS["amvt"]),
        "amgt": (optim.AMGT, zero_out(0.05)(METHODS["amgt"])),
        "amgt_clip": (partial(optim.AMGT, threshold=clip(0.05)), clip(0.05)(METHODS["amgt"])),
    }
    changes = {"noisy": noisy(noise), "quantized": quantized(spacing), "sparsified": sparsified(count)}
    found: dict[str, tuple[Make, str]] = {name: (make, name) for name, (make, _) in bases.items()}
    for name, (_, rule) in bases.items():
        for word, change in changes.items():
            norms = optim.Norms.TENSOR if name.startswith("amgt") else optim.Norms.GROUP
            found[f"{name}, {word}"] = (optim.as_optimizer(change(rule), norms=norms), f"{name}, {word}")
    return _named(found)


def chosen(names: Iterable[str], among: Mapping[str, Contender] = METHODS_COMPARED) -> list[Contender]:
    """Contenders by name.

    Raises:
        ClaimError: for an unknown name.
    """
    names = list(names)
    for name in names:
        if name not in among:
            raise ClaimError(f"no method {name!r}{nearest(name, among)}")
    return [among[name] for name in names]
