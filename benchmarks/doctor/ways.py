"""The ways of forward mode, each tried on every layer and held against backprop. Imports torch: for workers."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call, jvp, vmap

from benchmarks.doctor.forward_mode import OK, UNSUPPORTED, WRONG, Row
from benchmarks.doctor.layers import Case, cases, make
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.space import Weights
from estimators.objective import ModuleObjective

_TANGENTS = 2
_TOLERANCE = 2e-3  # of the typical size of a directional derivative; float32, and TF32 in convolutions on GPUs
_MASK = 1  # seed of what a layer draws
_LONGEST = 160


class Trial(NamedTuple):
    """A layer to be differentiated.

    Attributes:
        module: maps `inputs` to a 0-dimensional tensor.
        inputs: its input.
        tangents: name of each parameter -> [k, *shape].
    """

    module: nn.Module
    inputs: Tensor
    tangents: dict[str, Tensor]

    def point(self) -> dict[str, Tensor]:
        """The parameters' values."""
        return {name: parameter.detach() for name, parameter in self.module.named_parameters()}

    def loss(self, parameters: dict[str, Tensor]) -> Tensor:
        """The scalar at other parameters, with the same random numbers each time."""
        torch.manual_seed(_MASK)
        loss: Tensor = functional_call(self.module, parameters, (self.inputs,))
        return loss

    def first(self) -> dict[str, Tensor]:
        """The first tangent."""
        return {name: rows[0] for name, rows in self.tangents.items()}


def by_jvp(trial: Trial) -> Tensor:
    """[1]: the derivative along the first tangent, by `torch.func.jvp`."""
    derivative: Tensor = jvp(trial.loss, (trial.point(),), (trial.first(),))[1]
    return derivative.view(1)


def by_duals(trial: Trial) -> Tensor:
    """[1]: the derivative along the first tangent, by dual tensors."""
    with forward_ad.dual_level():
        duals = {name: forward_ad.make_dual(value, trial.first()[name]) for name, value in trial.point().items()}
        derivative = forward_ad.unpack_dual(trial.loss(duals)).tangent
        if derivative is None:
            raise RuntimeError("the result carries no tangent")
        kept: Tensor = derivative.detach().clone()
        return kept.view(1)


def by_vmap(trial: Trial) -> Tensor:
    """[k]: the derivatives along all tangents in one vectorised pass."""

    def along(tangent: dict[str, Tensor]) -> Tensor:
        derivative: Tensor = jvp(trial.loss, (trial.point(),), (tangent,))[1]
        return derivative

    derivatives: Tensor = vmap(along, randomness="same")(trial.tangents)
    return derivatives


def by_gradgauge(trial: Trial) -> Tensor:
    """[k]: the derivatives along all tangents, as gradgauge's estimators take them."""
    objective = ModuleObjective(trial.module, lambda output, targets: output, (trial.inputs, trial.inputs), mask_seed=_MASK)
    return Jvp().take(Weights(), objective, trial.tangents).values


TAKES: dict[str, Callable[[Trial], Tensor]] = {"jvp": by_jvp, "dual": by_duals, "vmap": by_vmap, "gradgauge": by_gradgauge}
"""The ways by the names of `forward_mode.WAYS`."""


def read_forward_mode(device: str) -> list[Row]:
    """Try every layer every way.

    Args:
        device: where the layers lie.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that vmap does one after another, that scripting is old: not what is asked
        return [row(case, device) for case in cases()]


def row(case: Case, device: str) -> Row:
    """One layer, every way."""
    words: dict[str, str] = {}
    errors: dict[str, str] = {}
    for way, take in TAKES.items():
        try:
            words[way] = compared(_trial(case, device), take)
        except Exception as error:  # whatever torch raises is the answer
            words[way] = UNSUPPORTED
            errors[way] = f"{type(error).__name__}: {error}".strip().partition("\n")[0][:_LONGEST]
    return {"layer": case.name, **words, "errors": errors}


def compared(trial: Trial, take: Callable[[Trial], Tensor]) -> str:
    """Whether a way gives what backprop gives: `OK` or `WRONG`."""
    expected, scale = _by_backprop(trial)
    found = take(trial)
    expected = expected[: len(found)]
    return OK if bool(((found - expected).abs() <= _TOLERANCE * (scale + expected.abs())).all()) else WRONG


def _trial(case: Case, device: str) -> Trial:
    """The layer made anew: a way that fails may leave it changed."""
    torch.manual_seed(0)
    module, inputs = make(case, device)
    return Trial(module, inputs, {name: torch.randn(_TANGENTS, *p.shape, device=device) for name, p in module.named_parameters()})


def _by_backprop(trial: Trial) -> tuple[Tensor, Tensor]:
    """[k] products of the gradient with the tangents, and the typical size of one, which is the gradient's norm."""
    parameters = {name: value.clone().requires_grad_() for name, value in trial.point().items()}
    buffers = {name: buffer.clone() for name, buffer in trial.module.named_buffers()}
    gradients = torch.autograd.grad(trial.loss({**parameters, **buffers}), list(parameters.values()))
    products = [(trial.tangents[name] * g).flatten(1).sum(dim=1) for name, g in zip(parameters, gradients, strict=True)]
    return torch.stack(products).sum(dim=0), torch.stack([g.norm() for g in gradients]).norm()
