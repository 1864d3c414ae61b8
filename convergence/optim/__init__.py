"""Optimizers for torch, made from the rules in `convergence.methods`; importing this package loads torch."""

from __future__ import annotations

from convergence.methods import METHODS
from convergence.optim.compiled import Norms as Norms
from convergence.optim.optimizer import RuleOptimizer as RuleOptimizer
from convergence.optim.optimizer import as_optimizer as as_optimizer
from convergence.optim.papers import AMGT as AMGT
from convergence.optim.papers import AMVT as AMVT

SGD = as_optimizer(METHODS["gradient_descent"], "SGD")
Momentum = as_optimizer(METHODS["momentum"], "Momentum")
Nesterov = as_optimizer(METHODS["nesterov_momentum"], "Nesterov")
AdaGrad = as_optimizer(METHODS["adagrad"], "AdaGrad")
RMSProp = as_optimizer(METHODS["rmsprop"], "RMSProp")
Adam = as_optimizer(METHODS["adam"], "Adam")
AMSGrad = as_optimizer(METHODS["amsgrad"], "AMSGrad")
AdamW = as_optimizer(METHODS["adamw"], "AdamW")
RAdam = as_optimizer(METHODS["radam"], "RAdam")
NAdam = as_optimizer(METHODS["nadam"], "NAdam")
AdaMax = as_optimizer(METHODS["adamax"], "AdaMax")
AdaBelief = as_optimizer(METHODS["adabelief"], "AdaBelief")
AdaBound = as_optimizer(METHODS["adabound"], "AdaBound")
Lookahead = as_optimizer(METHODS["lookahead_adam"], "Lookahead")
SignSGD = as_optimizer(METHODS["sign_descent"], "SignSGD")
Lion = as_optimizer(METHODS["lion"], "Lion")
LAMB = as_optimizer(METHODS["lamb"], "LAMB", Norms.TENSOR)
