"""The small objectives on which the contract looks at an estimator, with a fuse in each that can interrupt an estimate.

Two are linear in their parameters, so that finite differences have no error of their own and every declared expectation holds
exactly; two are curved networks. Among them are frozen tensors, tied ones, two of one shape, a buffer that every forward pass
changes, a dropout mask. All are float32 but the first. Single clauses have objectives of their own beside them: where costs
can be counted, where something is missing, where the gradient lies along an axis.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from benchmarks.contract.networks import Fuse, Spare, Tick, TwoHeads
from estimators.objective import FunctionObjective, ModuleObjective, Objective


@dataclass(frozen=True)
class Subject:
    """A fresh objective with the fuse inside it."""

    objective: Objective
    fuse: Fuse = field(default_factory=Fuse)


@dataclass(frozen=True)
class Variant:
    """A change to an objective whose effect on the gradient is known.

    Attributes:
        scale: the loss is multiplied by this.
        samples: which samples make up the batch, in this order; None for all.
        dtype: floating-point type of everything; None for the objective's own.
    """

    scale: float = 1.0
    samples: tuple[int, ...] | None = None
    dtype: torch.dtype | None = None


AS_IT_IS = Variant()


@dataclass(frozen=True)
class ContractObjective:
    """How to make one of the objectives.

    Attributes:
        name: for messages.
        build: builds a fresh one; use `make`.
        linear: whether it is linear in its parameters.
        draws: how many estimates the statistical clauses take; 0 leaves it out of them.
        fewest: how many they take at least, of estimates that take many forward passes each.
        samples: of how many samples the loss is the mean, wherever in the batch they stand; 0 where it is no such mean.
    """

    name: str
    build: Callable[[torch.device, Variant], Subject]
    linear: bool = False
    draws: int = 0
    fewest: int = 0
    samples: int = 0

    def make(self, device: torch.device, variant: Variant = AS_IT_IS) -> Subject:
        """A fresh one on a device: every clause has its own, so that a broken estimator harms only itself."""
        return self.build(device, variant)


def linear_function(*slope: float) -> Callable[[torch.device, Variant], Subject]:
    """Builds the function ⟨slope, x⟩ of a vector, in float64."""

    def build(device: torch.device, variant: Variant) -> Subject:
        fuse = Fuse()
        gradient = torch.tensor(slope, dtype=variant.dtype or torch.float64, device=device)

        def function(x: Tensor) -> Tensor:
            value = variant.scale * (gradient * x).sum()
            fuse.tick()
            return value

        point = torch.linspace(-1, 2, len(slope), dtype=gradient.dtype, device=device)
        return Subject(FunctionObjective(function, point), fuse)

    return build


def _one_number(device: torch.device, variant: Variant) -> Subject:
    slope = torch.tensor(3 * variant.scale, dtype=variant.dtype or torch.float32, device=device)
    return Subject(FunctionObjective(lambda x: slope * x, slope / 6))


def _two_heads(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    return with_module(seeded(TwoHeads(fuse)), _weighted_mean, fuse, device, variant)


def _perceptron(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    first, shared, other, tied = nn.Linear(4, 3), nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
    tied.weight = shared.weight
    first.requires_grad_(False)
    layers = [first, nn.Tanh(), shared, nn.Tanh(), other, Tick(fuse), nn.Tanh(), tied, nn.Tanh(), nn.Linear(3, 2)]
    return with_module(seeded(nn.Sequential(*layers)), nn.functional.mse_loss, fuse, device, variant)


def _dropout(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Dropout(0.5), Tick(fuse), nn.Linear(3, 2))
    return with_module(seeded(module), nn.functional.mse_loss, fuse, device, variant)


def _spare(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    return with_module(seeded(Spare(fuse)), _weighted_mean, fuse, device, variant)


def _one_sample(device: torch.device, variant: Variant) -> Subject:
    return _two_heads(device, replace(variant, samples=(0,)))


def _deep(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    layers: list[nn.Module] = [layer for _ in range(DEEP_LAYERS) for layer in (nn.Linear(3, 3, bias=False), nn.Tanh())]
    module = seeded(nn.Sequential(*layers[:-1]))
    return with_module(module, nn.functional.mse_loss, fuse, device, variant, inputs=(3,), outputs=3, batch=512)


def with_module(
    module: nn.Module,
    loss: Callable[..., Tensor],
    fuse: Fuse,
    device: torch.device,
    variant: Variant,
    *,
    inputs: tuple[int, ...] = (4,),
    outputs: int = 2,
    batch: int = 4,
) -> Subject:
    """The loss of a module on a seeded batch, as a variant asks for it.

    Args:
        module: float32, on the CPU; its fuse is the one given.
        loss: of outputs and targets, with a `reduction`.
        fuse: counts forward passes.
        device: where everything goes.
        variant: what is different about it.
        inputs: shape of one sample.
        outputs: numbers of one target.
        batch: samples, before the variant chooses among them.
    """
    dtype, generator = variant.dtype or torch.float32, torch.Generator().manual_seed(2)
    drawn = [torch.randn(batch, *shape, generator=generator, dtype=torch.float32) for shape in (inputs, (outputs,))]
    chosen: Sequence[int] = range(batch) if variant.samples is None else variant.samples
    values, targets = (part[list(chosen)].to(device, dtype) for part in drawn)

    def scaled(*arguments: Tensor, **options: str) -> Tensor:
        return variant.scale * loss(*arguments, **options)

    objective = ModuleObjective(module.to(device, dtype), scaled, (values, targets))
    fuse.passes = 0  # the objective has looked at its module
    return Subject(objective, fuse)


def seeded(module: nn.Module) -> nn.Module:
    """The module with N(0, 1/4) entries in every parameter, from a generator of its own."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float32) / 2)
    return module


def _weighted_mean(output: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    product = output * targets
    return product.mean() if reduction == "mean" else product


FUNCTION = ContractObjective("function", linear_function(1.0, -0.5, 2.0, 0.25), linear=True, draws=500, fewest=100)
NETWORK = ContractObjective("linear network", _two_heads, linear=True, draws=150, fewest=40, samples=4)
PERCEPTRON = ContractObjective("perceptron", _perceptron, samples=4)
DROPOUT = ContractObjective("dropout", _dropout)
OBJECTIVES = (FUNCTION, NETWORK, PERCEPTRON, DROPOUT)
"""What every clause looks at unless it has objectives of its own."""

AXIS = ContractObjective(
    "function along an axis", linear_function(2.3048861143, 0.0, 0.0, 0.0), linear=True, draws=200, fewest=100
)
"""As steep as `FUNCTION`, along the first coordinate."""

DEEP_LAYERS = 9
DEEP = ContractObjective("deep perceptron", _deep, samples=512)
"""Equal dense layers, all trainable, in which the first and the last hardly count."""

NO_SLOPE = ContractObjective("zero loss", linear_function(0.0, 0.0, 0.0), linear=True)
DEGENERATE = (
    NO_SLOPE,
    ContractObjective("one number", _one_number, linear=True),
    ContractObjective("one sample", _one_sample, linear=True),
    ContractObjective("unused parameter", _spare, linear=True),
)
"""Where there is next to nothing to differentiate."""
