"""The weight mirror: feedback that learns the weights' transposes from noise that passes the layers."""

from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from estimators.estimator import Declaration, Shapes
from estimators.feedback.drawing import drawn_like
from estimators.feedback.estimator import WeightShaped, matrices


@dataclass(frozen=True)
class WeightMirror(WeightShaped):
    """Feedback alignment whose B moves towards Wᵀ in every call: B ← (1 - λ) B + λ/s Σᵢ xᵢ (W xᵢ)ᵀ over s samples xᵢ ~ N(0, I).

    E[x (W x)ᵀ] = Wᵀ, so for weights that stand still the bias of B shrinks by 1 - λ a call, and what remains is noise,
    E‖B - Wᵀ‖² = λ/(2 - λ) · (n + 1)/s · ‖W‖² for n inputs. The noise is sent through each layer by itself, without bias and
    activation, before the call's own error comes back; of a convolution it is patches. The last layer is exact.

    Costs backprop's forward passes, 3 for dense layers less the first one's input gradient, and twice s/batch for the noise and
    its correlation in all but the first layer. Memory: the activations of all layers, and a B as large as each weight but the
    first layer's, which is kept between calls, for a moment twice.

    Its companion, the method of Kolen and Pollack, adds to B what is added to Wᵀ, and lets both decay. That is a rule for
    updates: an estimator, which meets objectives and no updates, could follow it only by keeping the weights of the call before
    and subtracting them, that is, by looking at the weights themselves. The mirror needs no more than a layer's input and output.

    Source: Akrout et al. 2019, arXiv 1904.05391, where mirroring and learning take turns; here each call does both.

    Args:
        rate: λ, more than 0; 1 forgets all earlier calls.
        samples: s, of noise for each layer in each call, 1 or more.
        seed: of the matrices that B starts from, as in `FeedbackAlignment`.

    Example:
        >>> from estimators.objective import ModuleObjective
        >>> module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        >>> objective = ModuleObjective(module, torch.nn.functional.mse_loss, (torch.ones(5, 3), torch.ones(5, 2)))
        >>> estimator, generator = WeightMirror(), torch.Generator().manual_seed(0)
        >>> kept = estimator.init(objective)
        >>> for _ in range(100):
        ...     estimate, kept = estimator.estimate(objective, kept, generator=generator)
        >>> learned, weight = kept["2.weight"].flatten(), module[2].weight.detach().flatten()
        >>> bool(torch.cosine_similarity(learned, weight, dim=0) > 0.9)
        True
    """

    rate: float = 0.1
    samples: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not 0 < self.rate <= 1:
            raise ValueError(f"rate must be more than 0 and at most 1, got {self.rate}")
        if self.samples < 1:
            raise ValueError(f"samples must be 1 or more, got {self.samples}")

    def feedback(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """What was learned so far, one step on; see `WeightShaped.feedback`."""
        before = kept[name] if name in kept else drawn_like(parameter, self.seed, name)
        kept[name] = before.lerp(self._correlation(parameter.flatten(1), generator).view(parameter.shape), self.rate)
        return kept[name]

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of feedback alignment with noise; see `Estimator.declaration`."""
        silent, weights = replace(super().declaration(shapes, batch), remembers=True), matrices(shapes)
        if silent.forward_multiple is None or batch is None:
            return replace(silent, stochastic=True, forward_multiple=None)
        mirrored = 1 - prod(weights[0]) / sum(map(prod, weights))
        return replace(silent, stochastic=True, forward_multiple=silent.forward_multiple + 2 * self.samples / batch * mirrored)

    def _correlation(self, weight: Tensor, generator: torch.Generator) -> Tensor:
        """1/s Σᵢ (W xᵢ) xᵢᵀ, shaped like the weight: [outputs, inputs]."""
        dtype = torch.promote_types(weight.dtype, torch.float32)
        noise = torch.empty((self.samples, weight.shape[1]), dtype=dtype, device=weight.device).normal_(generator=generator)
        noise = noise.to(weight.dtype)  # [s, inputs]
        correlation = (noise @ weight.mT).mT @ noise / self.samples
        return correlation.to(weight.dtype)  # autocast may have narrowed it
