"""One `torch.optim.Optimizer` for every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import isfinite
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from convergence.errors import OptimizerError, nearest
from convergence.methods.rule import Rule
from convergence.optim.compiled import Compiled, Norms, compiled, settings_of
from convergence.optim.execution import Results, blockwise, run, together
from convergence.optim.program import Kind, Program

ALIASES: Mapping[str, tuple[str, ...]] = {
    "eps": ("epsilon",),
    "betas": ("beta1", "beta2", "beta3"),
    "momentum": ("beta",),
}
HALF = (torch.float16, torch.bfloat16)


class RuleOptimizer(Optimizer):
    """A rule as an ordinary torch optimizer.

    Parameter groups hold the rule's parameters under their own names, and its step size as ``lr``; ``eps``, ``betas``
    and ``momentum`` are understood as well. Parameters without a gradient are skipped and do not age. The state, and
    all arithmetic, is in the type of the parameter, but in float32 for float16 and bfloat16 parameters.

    Where the rule asks for its gradient elsewhere than at the iterate (Nesterov), the parameters are at that place
    between steps; `returned` puts the rule's own result (its iterate, or its average) into them for a while.

    Args:
        params: tensors, named tensors or parameter groups, as for any torch optimizer.
        lr: the step size; the rule's own if None.
        rule: the rule; the class's own if None.
        norms: how far a norm in the rule reaches: the parameter group, or each tensor; the class's own if None.
        maximize: ascend instead.
        state_dtype: the type of state and arithmetic, if not the one above.
        seed: of the random numbers of stochastic rounding; with the step's number it determines them.
        settings: further parameters of the rule.

    Raises:
        OptimizerError: for complex or integer parameters, sparse gradients and unknown or impossible settings.
    """

    rule: Rule
    norms: Norms = Norms.GROUP

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor | None = None,
        *,
        rule: Rule | None = None,
        norms: Norms | str | None = None,
        maximize: bool = False,
        state_dtype: torch.dtype | None = None,
        seed: int = 0,
        **settings: Any,
    ) -> None:
        self.rule = type(self).rule if rule is None else rule
        self.norms = type(self).norms if norms is None else Norms(norms)
        self.state_dtype = state_dtype
        self.seed = seed
        given = settings if lr is None else {"lr": lr, **settings}
        defaults: dict[str, Any] = {**settings_of(self.rule).defaults, "maximize": maximize}
        defaults |= self._checked(self._plain(given, strict=True))
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a parameter group; see `torch.optim.Optimizer.add_param_group`.

        Raises:
            OptimizerError: for complex or integer parameters and impossible settings.
        """
        super().add_param_group(self._checked(self._plain(param_group, strict=False)))
        for parameter in self.param_groups[-1]["params"]:
            if not parameter.is_floating_point():
                del self.param_groups[-1]
                raise OptimizerError(f"expected parameters of a real floating type, found {parameter.dtype}")

    def _plain(self, settings: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
        """Settings under the rule's own names."""
        known = settings_of(self.rule).symbols
        plain: dict[str, Any] = {}
        for key, value in settings.items():
            names = tuple(name for name in ALIASES.get(key, ()) if name in known) if key not in known else ()
            if names:
                plain |= dict(zip(names, value if isinstance(value, tuple | list) else [value], strict=True))
            elif strict and key not in known:
                raise OptimizerError(f"method {self.rule.name!r} has no setting {key!r}{nearest(key, known)}")
            else:
                plain[key] = value
        return plain

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        for key, name in settings_of(self.rule).symbols.items():
            value = settings.get(key, 0.0)
            if not isfinite(float(value)) or (name.is_nonnegative and float(value) < 0):
                wanted = "a finite number" + (", at least 0" if name.is_nonnegative else "")
                raise OptimizerError(f"method {self.rule.name!r}: expected {wanted} as {key}, found {value}")
        return settings

    # --- steps

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of the rule.

        Args:
            closure: evaluates the loss again and computes gradients, if given.

        Raises:
            OptimizerError: if a gradient is sparse.
            NumericLimit: if a coefficient of the step is not a finite number.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for index, group in enumerate(self.param_groups):
            self._step_group(index, group)
        return loss

    @torch._disable_dynamo  # type: ignore[attr-defined]  # as torch.optim does: torch.compile leaves the update as it is
    def _step_group(self, index: int, group: dict[str, Any]) -> None:
        parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
        if not parameters:
            return
        if any(_gradient(parameter).is_sparse for parameter in parameters):
            raise OptimizerError(
                f"method {self.rule.name!r} needs dense gradients, found a sparse one; "
                "use torch.optim.SparseAdam for it, or an embedding with sparse=False"
            )
        programs = self._programs(group)
        self._begin([parameter for parameter in parameters if not self.state[parameter]], group, programs)
        batches = self._batches(parameters, programs)
        for number, batch in enumerate(batches):
            batch.numbers = programs.step.numbers(self._values(group, batch, batch.step + 1))
            batch.inputs = self._inputs(batch, programs)
            gradients = [gradient.to(batch.dtype) for gradient in map(_gradient, batch.parameters)]
            batch.inputs["g"] = list(torch._foreach_neg(gradients)) if group["maximize"] else gradients
            if programs.random:
                batch.inputs["uniform"] = self._uniform(batch, index, number)
        for batch, results in zip(batches, _stepped(programs.step, batches), strict=True):
            self._keep(batch, results, programs)
            if programs.asked is not None:
                self._show(group, batch, programs, programs.asked)

    def _programs(self, group: Mapping[str, Any]) -> Compiled:
        zeros = [key for key in settings_of(self.rule).symbols if key != "lr" and float(group[key]) == 0]
        return compiled(self.rule, self.norms, frozenset(zeros))

    def _begin(self, fresh: list[Tensor], group: Mapping[str, Any], programs: Compiled) -> None:
        """The state before step 1."""
        for parameter in fresh:
            batch = _Batch([parameter], self._dtype(parameter), 0, {})
            iterate = parameter.detach().to(batch.dtype)
            numbers = programs.start.numbers(self._values(group, batch, 1))
            (results,) = together(programs.start, [run(programs.start, {"theta": [iterate]}, numbers)])
            state: dict[str, Any] = {"step": 0}
            for name, kind in programs.kinds.items():
                if name in results:
                    state[name] = results[name][0]
                    continue
                number = numbers[programs.start.computed[name]]
                like = iterate if kind is Kind.TENSOR else iterate.new_empty(())
                state[name] = number if kind is Kind.NUMBER else torch.full_like(like, number)
            if programs.asked is not None:
                state["theta"] = iterate.clone()
            self.state[parameter] = state

    def _batches(self, parameters: Iterable[Tensor], programs: Compiled) -> list[_Batch]:
        """Parameters that share device, type, age and the state that is a number."""
        counted = [name for name, kind in programs.kinds.items() if kind is Kind.NUMBER]
        batches: dict[Any, _Batch] = {}
        for parameter in parameters:
            state = self.state[parameter]
            numbers = {name: state[name] for name in counted}
            dtype = self._dtype(parameter)
            key = (parameter.device, parameter.dtype, dtype, state["step"], *numbers.values())
            batches.setdefault(key, _Batch([], dtype, state["step"], numbers)).parameters.append(parameter)
        return list(batches.values())

    def _dtype(self, parameter: Tensor) -> torch.dtype:
        return self.state_dtype or (torch.float32 if parameter.dtype in HALF else parameter.dtype)

    def _values(self, group: Mapping[str, Any], batch: _Batch, step: int) -> dict[str, float]:
        """What the numbers of a step depend on."""
        symbols = settings_of(self.rule).symbols
        values = {name.name: float(group[key]) for key, name in symbols.items()}
        return {**values, **batch.counted, "t": step}

    def _inputs(self, batch: _Batch, programs: Compiled) -> Results:
        """Iterates and states as the lists of tensors that programs read; iterates may be the parameters themselves."""
        states = [self.state[parameter] for parameter in batch.parameters]
        names = [name for name, kind in programs.kinds.items() if kind is not Kind.NUMBER]
        inputs = {name: [state[name] for state in states] for name in names}
        if programs.asked is not None:
            inputs["theta"] = [state["theta"] for state in states]
        else:
            inputs["theta"] = [parameter.to(batch.dtype) for parameter in batch.parameters]
        return inputs

    def _uniform(self, batch: _Batch, group: int, number: int) -> list[Tensor]:
        shapes = [parameter.shape for parameter in batch.parameters]
        like = batch.parameters[0].new_empty((), dtype=batch.dtype)
        return uniform(self.seed, batch.step, group, number, shapes, like)

    def _keep(self, batch: _Batch, results: Results, programs: Compiled) -> None:
        """The results of a step as the new state and parameters."""
        iterates = results.pop("theta")
        if programs.asked is None and iterates[0] is not batch.parameters[0]:
            torch._foreach_copy_(batch.parameters, iterates)
        batch.step += 1
        batch.counted = {name: batch.numbers[programs.step.computed[name]] for name in batch.counted}
        for position, parameter in enumerate(batch.parameters):
            state = self.state[parameter]
            state["step"] = batch.step
            for name, values in results.items():
                state[name] = values[position] if isinstance(values, list) else values
            state |= batch.counted
            if programs.asked is not None:
                state["theta"] = iterates[position]

    # --- places other than the iterate

    def _show(self, group: Mapping[str, Any], batch: _Batch, programs: Compiled, program: Program) -> None:
        """Put what a program computes from iterates and states into the parameters."""
        inputs = self._inputs(batch, programs)
        protected = {name: [tensor.clone() for tensor in tensors] for name, tensors in inputs.items()}
        numbers = program.numbers(self._values(group, batch, batch.step + (program is programs.asked)))
        (results,) = together(program, [run(program, protected, numbers)])
        (values,) = results.values()
        torch._foreach_copy_(batch.parameters, values)

    @contextmanager
    def returned(self) -> Iterator[None]:
        """While it is open, parameters hold what the rule returns: its average, or the iterate it looks ahead from."""
        stepped = [parameter for parameter, state in self.state.items() if state]
        before = [parameter.detach().clone() for parameter in stepped]
        with torch.no_grad():
            for group in self.param_groups:
                self._show_returned(group)
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, value in zip(stepped, before, strict=True):
                    parameter.copy_(value)

    def _show_returned(self, group: Mapping[str, Any]) -> None:
        programs = self._programs(group)
        parameters = [parameter for parameter in group["params"] if self.state.get(parameter)]
        for batch in self._batches(parameters, programs):
            if programs.returned is not None:
                self._show(group, batch, programs, programs.returned)
            elif programs.asked is not None:
                torch._foreach_copy_(batch.parameters, self._inputs(batch, programs)["theta"])

    # --- saving

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As in torch, but state keeps the precision in which it was saved, so that resuming changes no bit."""
        super().load_state_dict(state_dict)
        numbers = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
        own = chain.from_iterable(group["params"] for group in self.param_groups)
        for number, parameter in zip(numbers, own, strict=True):
            for name, value in state_dict["state"].get(number, {}).items():
                if isinstance(value, Tensor):
                    self.state[parameter][name] = value.detach().to(parameter.device, copy=True)

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: self.__dict__[name] for name in ("rule", "norms", "state_dtype", "seed")}
        return {**super().__getstate__(), **kept}

    def __reduce__(self) -> tuple[Any, ...]:
        recipe = type(self).__dict__.get("recipe")
        return (*((_made, recipe) if recipe else (_blank, (type(self),))), self.__getstate__())


@dataclass(slots=True)
class _Batch:
    """Parameters that are stepped together."""

    parameters: list[Tensor]
    dtype: torch.dtype
    step: int
    counted: dict[str, float]
    inputs: Results = None  # type: ignore[assignment]
    numbers: list[float] = None  # type: ignore[assignment]


@lru_cache(maxsize=256)
def as_optimizer(rule: Rule, name: str | None = None, norms: Norms | str = Norms.GROUP) -> type[RuleOptimizer]:
    """The class of optimizers that follow a rule: ``as_optimizer(METHODS["adam"])(model.parameters(), lr=0.01)``.

    Args:
        rule: any rule whose parameters have values.
        name: of the class; made of the rule's name if None.
        norms: how far norms in the rule reach.

    Raises:
        OptimizerError: if a symbol of the rule has no value.
    """
    settings_of(rule)
    words = "".join(word.capitalize() for word in rule.name.replace("+", " ").replace("_", " ").split())
    body = {
        "rule": rule,
        "norms": Norms(norms),
        "recipe": (rule, name, Norms(norms)),
        "__doc__": f"{rule.name}: {rule.source}." if rule.source else f"{rule.name}.",
        "__module__": "convergence.optim",
    }
    return type(name or words, (RuleOptimizer,), body)


def _stepped(program: Program, batches: list[_Batch]) -> list[Results]:
    """The results of a step for each batch: block by block on a CPU, unless norms tie coordinates together."""
    if not program.reduces and batches[0].parameters[0].device.type == "cpu":
        return [blockwise(program, batch.inputs, batch.numbers) for batch in batches]
    return together(program, [run(program, batch.inputs, batch.numbers) for batch in batches])


def uniform(seed: int, step: int, group: int, number: int, shapes: Iterable[torch.Size], like: Tensor) -> list[Tensor]:
    """The random numbers of one batch of parameters in one step, in the type and on the device of `like`."""
    generator = torch.Generator(like.device).manual_seed(hash((seed, step, group, number)) & (2**63 - 1))
    return [torch.rand(shape, dtype=like.dtype, device=like.device, generator=generator) for shape in shapes]


def _gradient(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def _made(rule: Rule, name: str | None, norms: Norms) -> RuleOptimizer:
    return _blank(as_optimizer(rule, name, norms))


def _blank(kind: type[RuleOptimizer]) -> RuleOptimizer:
    return kind.__new__(kind)
