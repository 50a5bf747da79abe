"""The update rules by name, with their parameters: reading this file shows every one. Torch-free until `build` is called.

    sgd[lr=0.1,momentum=0.9]      keep-stepping[lr=0.01]      torch.optim:RMSprop[lr=0.001]      my.py:MyOptimizer[lr=1]

Whatever a spec names is called as `target(params=..., **parameters)`, as every optimizer of torch is. All rules have `lr`, which
is what tuning changes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from estimators.naming import Entry, Parameter, Registry
from estimators.spec import Spec, SpecError, Value

if TYPE_CHECKING:
    from torch import Tensor

    from estimators.optim.rule import Rule

FAMILIES = ("gradient descent", "relative steps", "along one ray", "second order")
"""What rules are listed by, in this order."""

_LR = Parameter(0.01, "number", "learning rate", minimum=0)
_MOMENTUM = Parameter(0.0, "number", "share of the past that is kept, below 1", minimum=0, maximum=1)
_RAY = {
    "lr": replace(_LR, about="the first step, in lengths of the estimate"),
    "max_steps": Parameter(20, "integer", "further steps at most", minimum=0),
}
_NEWTON = {
    "lr": replace(_LR, default=1.0, about="share of the Newton step that is gone"),
    "damping": Parameter(0.0, "number", "added to every eigenvalue of the Hessian", minimum=0),
}
_WARMERDAM = "Warmerdam 2020, koaning.io, More Descent, Less Gradient"

ENTRIES: dict[str, Entry] = {
    "sgd": Entry(
        "estimators.optim.descent:GradientDescent",
        "steps along the estimate, with momentum or without",
        "Robbins and Monro 1951; Polyak 1964; Sutskever et al. 2013",
        family="gradient descent",
        parameters={
            "lr": _LR,
            "momentum": _MOMENTUM,
            "nesterov": Parameter(False, "boolean", "look ahead along the momentum"),
        },
    ),
    "fgd": Entry(
        "estimators.optim.decayed:DecayedDescent",
        "steps along the estimate at a rate that decays exponentially",
        "Baydin et al. 2022, arXiv 2202.08587",
        family="gradient descent",
        parameters={"lr": _LR, "decay": Parameter(1e-4, "number", "the rate is lr exp(-decay i) at step i", minimum=0)},
    ),
    "adam": Entry(
        "torch.optim:Adam",
        "steps along a running mean over the root of a running mean square, coordinate by coordinate",
        "Kingma and Ba 2015, arXiv 1412.6980; torch.optim",
        family="gradient descent",
        parameters={
            "lr": replace(_LR, default=1e-3),
            "betas": Parameter((0.9, 0.999), "tuple", "shares of the two running means that are kept"),
            "eps": Parameter(1e-8, "number", "added to the root", minimum=0),
        },
    ),
    "fromage": Entry(
        "estimators.optim.fromage:Fromage",
        "changes every tensor by the same share of its norm",
        "Bernstein et al. 2020, arXiv 2002.03432",
        family="relative steps",
        parameters={
            "lr": replace(_LR, about="that share"),
            "momentum": _MOMENTUM,
            "zero_gradient": Parameter("keep", "word", "what becomes of a tensor with none", choices=("keep", "shrink")),
            "bound": Parameter(None, "number", "largest norm, over the first one", minimum=1e-30, optional=True),
        },
    ),
    "lars": Entry(
        "estimators.optim.lars:Lars",
        "scales every tensor's step by its norm over that of its gradient",
        "You et al. 2017, arXiv 1708.03888",
        family="relative steps",
        parameters={
            "lr": replace(_LR, default=1.0),
            "momentum": replace(_MOMENTUM, default=0.9),
            "trust": Parameter(1e-3, "number", "the ratio's factor", minimum=0),
            "weight_decay": Parameter(0.0, "number", "added to the gradient, times the tensor", minimum=0),
        },
    ),
    "keep-stepping": Entry(
        "estimators.optim.keep_stepping:KeepStepping",
        "steps along one estimate for as long as forward passes say that the loss falls",
        _WARMERDAM,
        family="along one ray",
        parameters={
            **_RAY,
            "impatience": Parameter(0.0, "number", "step i is 1 + impatience √i times lr", minimum=0),
        },
    ),
    "keep-vaulting": Entry(
        "estimators.optim.keep_vaulting:KeepVaulting",
        "looks for the minimum along one estimate by parabolas through losses",
        _WARMERDAM,
        family="along one ray",
        parameters=_RAY,
    ),
    "keep-stepping-as-published": Entry(
        "estimators.optim.as_published:PublishedKeepStepping",
        "KeepStepping as the blog has it: later steps may go uphill, and none is undone",
        _WARMERDAM,
        rank="nice",
        family="along one ray",
        parameters={**_RAY, "scale_i": Parameter(0.0, "number", "step i is 1 - scale_i √i times lr", minimum=0)},
    ),
    "keep-vaulting-as-published": Entry(
        "estimators.optim.as_published:PublishedKeepVaulting",
        "KeepVaulting as the blog has it: steps 1 + lr L1/(L0 - L1) times lr",
        _WARMERDAM,
        rank="nice",
        family="along one ray",
        parameters=_RAY,
    ),
    "newton": Entry(
        "estimators.optim.newton:Newton",
        "solves with the whole Hessian, n by n",
        "Nocedal and Wright 2006, chapter 3",
        family="second order",
        parameters=_NEWTON,
    ),
    "newton-cg": Entry(
        "estimators.optim.newton_cg:NewtonCG",
        "solves with products of the Hessian and a vector by conjugate gradients",
        "Nocedal and Wright 2006, algorithm 7.1",
        family="second order",
        parameters={
            **_NEWTON,
            "iterations": Parameter(50, "integer", "products in one step at most", minimum=1),
            "tolerance": Parameter(1e-10, "number", "of the residual, over the estimate's norm", minimum=0),
        },
    ),
}

RULES = Registry("rule", ENTRIES)


def build(text: str, parameters: "Mapping[str, Tensor]") -> "Rule":
    """The rule that a spec stands for, on these parameters; an optimizer that is no `Rule` is made one by `Borrowed`.

    Args:
        text: a spec.
        parameters: name -> leaf tensor, as `Objective.parameters`.

    Raises:
        SpecError: as `Registry.build`; or what the spec names is no optimizer, or one that needs a closure.
    """
    from torch.optim import Optimizer

    from estimators.optim.borrowed import Borrowed
    from estimators.optim.rule import Rule

    made = RULES.build(text, params=list(parameters.items()))
    if not isinstance(made, Optimizer):
        raise SpecError(f"{text!r} is a {type(made).__name__}, and a rule must be a torch.optim.Optimizer")
    try:
        return made if isinstance(made, Rule) else Borrowed(made)
    except ValueError as error:
        raise SpecError(f"{text!r} cannot be a rule: {error}") from error


def with_learning_rate(text: str, lr: float) -> str:
    """The canonical form of a rule's spec at another learning rate.

    Raises:
        SpecError: as `Registry.resolve`.
    """
    spec = RULES.resolve(text)
    values: dict[str, Value] = {**dict(spec.parameters), "lr": float(lr)}
    return RULES.canonical(str(Spec(spec.name, tuple(sorted(values.items())))))
