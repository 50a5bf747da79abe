"""Defects of what is left behind: parameters, buffers, `.grad`, flags, hooks, global states."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from estimators.estimator import DenseEstimate, Estimate
from estimators.objective import ModuleObjective, Objective
from tests.benchmarks.contract.defects.honest import (
    EXACT,
    MOMENTS,
    UNTOUCHED,
    Defects,
    Honest,
    Meddling,
)


class InPlace(Honest):
    """A central difference that moves the parameters themselves, and puts them back unless something goes wrong."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent, step = self.draw(objective, generator), 2.0**-10
        kept = {name: parameter.detach().clone() for name, parameter in objective.parameters.items()}
        values = []
        with torch.no_grad():
            for sign in (1, -1):
                for name, parameter in objective.parameters.items():
                    parameter.copy_(kept[name] + sign * step * tangent[name])
                values.append(objective.loss())
            for name, parameter in objective.parameters.items():
                parameter.copy_(kept[name])
        slope = (values[0] - values[1]) / (2 * step)
        return DenseEstimate((values[0] + values[1]) / 2, {name: slope * part for name, part in tangent.items()}), tangent


@dataclass(frozen=True)
class Drifting(Honest):
    """A central difference that moves the parameters themselves: by 1, -2 and in the end `last` times the tangent."""

    last: float = 1.0
    cleans: bool = True

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        tangent, step, values = self.draw(objective, generator), 2.0**-10, []

        @torch.no_grad()
        def move(factor: float) -> None:
            for name, parameter in objective.parameters.items():
                parameter.add_(tangent[name], alpha=factor * step)

        try:
            for factor in (1, -2):
                move(factor)
                with torch.no_grad():
                    values.append(objective.loss())
        finally:
            if len(values) == 2:
                move(self.last)
            elif self.cleans:
                move(2 * len(values) - 1)
        slope = (values[0] - values[1]) / (2 * step)
        return DenseEstimate((values[0] + values[1]) / 2, {name: slope * part for name, part in tangent.items()}), tangent


DRIFTS = {"drifts_parameters": 2.0, "forward_multiple": 2.0, "forward_calls": 2}


class Backward(Honest):
    """Takes the gradient by `loss.backward()` and cleans up behind itself."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        loss = objective.loss()
        for parameter in objective.parameters.values():
            parameter.grad = None
        loss.backward()
        zeros = {name: torch.zeros_like(parameter) for name, parameter in objective.parameters.items()}
        found = {name: zeros[name] if p.grad is None else p.grad.clone() for name, p in objective.parameters.items()}
        for parameter in objective.parameters.values():
            parameter.grad = None
        return DenseEstimate(loss.detach(), found), {}


class Open(Honest):
    """Leaves a level of forward mode open."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        estimate = super().estimate(objective, state, generator=generator)
        forward_ad.enter_dual_level()
        return estimate


def to_eval(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.eval()


def hook(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.register_forward_hook(lambda *_: None)


def write_buffers(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        for buffer in objective.module.buffers():
            buffer += 1


def unfreeze(objective: Objective) -> None:
    if isinstance(objective, ModuleObjective):
        objective.module.requires_grad_(True)


def without_onednn(_: Objective) -> None:
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]  # typed as a constant


def nudge(objective: Objective) -> None:
    for parameter in objective.parameters.values():
        parameter.data += 1e-6


def write_grad(objective: Objective) -> None:
    for parameter in objective.parameters.values():
        parameter.grad = torch.ones_like(parameter)


DEFECTS: Defects = {
    "advances the global random state": (Meddling(meddle=lambda _: torch.rand(1)), UNTOUCHED),
    "advances Python's global state": (Meddling(meddle=lambda _: random.random()), UNTOUCHED),
    "advances numpy's global state": (Meddling(meddle=lambda _: np.random.rand()), UNTOUCHED),
    "leaves parameters changed after an exception": (
        InPlace({"forward_multiple": 2.0, "forward_calls": 2}),
        {"untouched-after-exception"},
    ),
    "moves the parameters": (Meddling(meddle=nudge), {"reproducible", *UNTOUCHED}),
    "writes .grad": (Meddling(meddle=write_grad), UNTOUCHED),
    "clears .grad": (Backward({**EXACT, "records_tape": True}), {"untouched"}),
    "writes buffers": (Meddling(meddle=write_buffers), UNTOUCHED),
    "switches to eval": (Meddling(meddle=to_eval), UNTOUCHED),
    "thaws what is frozen": (Meddling(meddle=unfreeze), {"no-tape", *UNTOUCHED}),
    "leaves a hook": (Meddling(meddle=hook), UNTOUCHED),
    "turns grad mode off": (Meddling(meddle=lambda _: torch.set_grad_enabled(False)), UNTOUCHED),
    "changes the default dtype": (Meddling(meddle=lambda _: torch.set_default_dtype(torch.float64)), UNTOUCHED),
    "leaves oneDNN off": (Meddling(meddle=without_onednn), UNTOUCHED),
    "leaves a fused kernel of attention off": (Meddling(meddle=lambda _: torch.backends.cuda.enable_flash_sdp(False)), UNTOUCHED),
    "leaves the fast path of encoder layers off": (
        Meddling(meddle=lambda _: torch.backends.mha.set_fastpath_enabled(False)),
        UNTOUCHED,
    ),
    "leaves products less precise": (Meddling(meddle=lambda _: torch.set_float32_matmul_precision("medium")), UNTOUCHED),
    "leaves a forward-mode level open": (
        Open(),
        {
            "untouched",
            "reproducible",
            "descent",
            "half-precision",
            "memory",
            "independent-tensors",
            "independent-tangents",
            *MOMENTS,
        },
    ),
    "does not take its perturbation off": (Drifting(DRIFTS, last=0.0), {"drift"}),
    "takes off less than it added": (Drifting(DRIFTS, last=0.99), {"drift"}),
    "leaves its perturbation after an exception": (Drifting(DRIFTS, cleans=False), {"drift"}),
    "drifts and does not say so": (Drifting({**DRIFTS, "drifts_parameters": 0.0}), UNTOUCHED),
    "keeps its perturbation and declares as much": (Drifting({**DRIFTS, "drifts_parameters": 1e15}, last=0.0), {"declaration"}),
    "declares to drift by less than nothing": (Honest({"drifts_parameters": -1.0}), {"declaration", "drift"}),
}
