"""Local auxiliary losses: what each site of a model would lose if its own output were read as the prediction.

A site is an output of a module that owns trainable parameters (see `estimators.sites`). It is read by a small linear head, or as
it is where it has the form of the model's output, and compared with the targets by the objective's own loss. Gradients stay
within the site: nothing flows from one to another, so no more than one site's operations are recorded at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from estimators.directional.space import Tangents, Weights
from estimators.objective import MissingCapability, ModuleObjective
from estimators.seeds import seed_of
from estimators.sites import visited

FEATURES = 256
"""Of a site's output for one sample: longer ones are averaged down to so many.

Where a site has a row for each row of the model's output, it is read row by row, and rows of any length as they are.
"""


@dataclass(frozen=True)
class Heads:
    """What reads the sites' outputs.

    Attributes:
        shape: of the model's output, and so of every prediction.
        weights: site -> [outputs, features]; none for a site that has that shape itself, or cannot be read.
    """

    shape: torch.Size
    weights: Mapping[str, Tensor]

    @classmethod
    def random(cls, objective: ModuleObjective, seed: int) -> "Heads":
        """Independent entries of variance 1/features; one forward pass finds the sites' shapes.

        Args:
            objective: whose sites.
            seed: of the entries.

        Raises:
            MissingCapability: the model's output is not one tensor.
        """
        forms: dict[str, Tensor] = {}

        def look(site: str, output: Tensor) -> Tensor:
            forms[site] = torch.empty_like(output, device="meta")
            return output

        with torch.no_grad(), objective.kept_buffers(), visited(objective, look):
            output = _output(objective)
        shape, weights = output.shape, {}
        for site, form in forms.items():
            features = _features(form, shape)
            if features is not None and form.shape != shape:
                generator = torch.Generator(output.device).manual_seed(seed_of(seed, site))
                size = (shape.numel() // len(features), features.shape[1])
                drawn = torch.randn(size, generator=generator, device=output.device)
                weights[site] = (drawn * features.shape[1] ** -0.5).to(form.dtype)
        return cls(shape, weights)

    def prediction(self, site: str, output: Tensor) -> Tensor | None:
        """What a site's output says of the targets; None where nobody can read it."""
        if output.shape == self.shape:
            return output
        features = _features(output, self.shape) if site in self.weights else None
        return None if features is None else (features @ self.weights[site].mT).reshape(self.shape)

    def moved(self, gradients: Mapping[str, Tensor], rate: float) -> "Heads":
        """The heads after one step of gradient descent."""
        return replace(self, weights={site: head - rate * gradients[site] for site, head in self.weights.items()})


def local_gradients(objective: ModuleObjective, heads: Heads) -> tuple[Tangents, dict[str, Tensor]]:
    """The gradients of `loss_and_local_gradients`, without the loss."""
    return loss_and_local_gradients(objective, heads)[1:]


def loss_and_local_gradients(objective: ModuleObjective, heads: Heads) -> tuple[Tensor, Tangents, dict[str, Tensor]]:
    """The gradient of every site's local loss, in the parameters of its block and in its head, from one pass of the model.

    Args:
        objective: the model, the loss and the batch.
        heads: of its sites.

    Returns:
        The loss of the model itself; parameter name -> gradient, summed over the sites that share it, zero where no local loss
        depends on it; and site -> gradient in its head.
    """
    point = {name: value.requires_grad_() for name, value in Weights().point(objective).items()}
    found = {name: torch.zeros_like(value) for name, value in point.items()}
    of_heads = {site: torch.zeros_like(head) for site, head in heads.weights.items()}
    learning = replace(heads, weights={site: head.detach().requires_grad_() for site, head in heads.weights.items()})

    def differentiate(site: str, output: Tensor) -> Tensor:
        prediction = learning.prediction(site, output) if output.requires_grad else None
        if prediction is not None:
            loss, head = objective.loss_function(prediction, objective.targets), learning.weights.get(site)
            leaves = [*point.values()] if head is None else [*point.values(), head]
            # outputs before are cut off; the tape stays until the module is left, for it may put out several tensors
            gradients = torch.autograd.grad(loss, leaves, allow_unused=True, retain_graph=True)
            for name, gradient in zip(point, gradients, strict=False):
                if gradient is not None:
                    found[name] += gradient
            if head is not None:
                of_heads[site] += gradients[-1]
        return output.detach()

    with torch.enable_grad(), visited(objective, differentiate):
        loss = objective.loss(point)
    return loss.detach(), found, of_heads


def _output(objective: ModuleObjective) -> Tensor:
    """What the model puts out, from one evaluation of the loss."""
    found: list[Any] = []

    def noted(inputs: Tensor) -> Any:
        found.append(objective.module(inputs))
        return found[0]

    objective.run(noted)
    if not isinstance(found[0], Tensor) or found[0].dim() < 2:
        raise MissingCapability("sites", "the model puts out no single tensor that a local prediction could be compared with")
    return found[0]


def _features(output: Tensor, shape: torch.Size) -> Tensor | None:
    """A site's output as [rows, features]: a row for each of the model's outputs, or for each sample; None where neither fits."""
    if output.dim() < 2:
        return None
    if output.numel() // output.shape[-1] == shape.numel() // shape[-1]:
        return output.reshape(-1, output.shape[-1])
    if output.shape[0] != shape[0]:
        return None
    flat = output.flatten(1)
    if flat.shape[1] <= FEATURES:
        return flat
    return functional.adaptive_avg_pool1d(flat.float(), FEATURES).to(output.dtype)
