"""Whether the samples of a batch depend on each other, found out by moving the activations of some and looking at the others.

What a derivative for each sample presumes: that its loss is a function of its own activations alone. Batch normalisation in train
mode is the usual reason why not; but nothing here goes by the names of layers.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from estimators.directional.space import Layout
from estimators.objective import MissingCapability, ModuleObjective
from estimators.sites import visited

_LOSS = "the loss"
_INSTEAD = "space=activations takes one derivative of the whole batch and works here"


@torch.no_grad()
def check_apart(objective: ModuleObjective, outputs: Layout) -> None:
    """Refuse a model whose samples interact, by four forward passes.

    A random half of the samples is moved at every output by N(0, 1) numbers, then the other half; whoever is not moved must keep
    all its outputs and its loss, up to rounding. Samples that act only on some of their own half would be missed: of m pairs that
    interact, all with probability 2⁻ᵐ.

    Args:
        objective: of the model, with its batch.
        outputs: for the whole batch.

    Raises:
        MissingCapability: an output has no row for each sample, their losses do not average to the loss, or samples interact.
    """
    count = len(objective.inputs)
    for block in outputs:
        if block.shape[:1] != (count,):
            reason = f"{_named(block.name)} has the shape {block.shape}, not one row for each of {count} samples"
            raise MissingCapability("sites", f"{reason}; {_INSTEAD}")
    still = {block.name: torch.zeros((), device=block.device) for block in outputs}
    before = _passed(objective, still)
    if not _same(before[_LOSS].mean(), objective.loss()):
        raise MissingCapability("per_sample_loss", f"the losses of the samples do not average to the loss; {_INSTEAD}")
    half = torch.randperm(count, generator=torch.Generator().manual_seed(0)) * 2 < count
    for samples in (half, ~half):
        kept = (~samples).to(before[_LOSS].device)
        for name, there in _passed(objective, _noise(outputs, samples)).items():
            if not _same(there[kept], before[name][kept]):
                said = f"moving the activations of some samples changes {_named(name)} for others (as batch normalisation does)"
                raise MissingCapability("per_sample_loss", f"the samples of a batch interact: {said}; {_INSTEAD}")


def _passed(objective: ModuleObjective, by: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every output with something added to it, in the order of the pass, and then the losses."""
    seen: dict[str, Tensor] = {}

    def see(name: str, output: Tensor) -> Tensor:
        seen[name] = output + by[name]
        return seen[name].clone()  # which the model may overwrite

    with visited(objective, see):
        losses = objective.per_sample_loss()
    return {**seen, _LOSS: losses}


def _noise(outputs: Layout, samples: Tensor) -> dict[str, Tensor]:
    """N(0, 1) numbers for these samples and zeros for the others."""
    noise: dict[str, Tensor] = {}
    for block in outputs:
        generator = torch.Generator(block.device).manual_seed(len(noise))
        drawn = torch.randn(block.shape, generator=generator, device=block.device)
        drawn[~samples.to(block.device)] = 0
        noise[block.name] = drawn.to(block.dtype)
    return noise


def _same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are equal up to rounding."""
    if not one.numel():
        return True
    rounding = torch.finfo(one.dtype).eps ** 0.75
    largest = float(other.abs().nan_to_num(0, 0, 0).max())
    return torch.allclose(one, other, rtol=rounding, atol=rounding * largest, equal_nan=True)


def _named(output: str) -> str:
    return output if output == _LOSS else f"the output of {output!r}" if output else "the output of the model"
