"""Four kinds of model in miniature: what keeps the contract on all of them works on models.

A perceptron; a convolutional network whose batch normalisation makes samples interact; a vision transformer, whose parameters are
not all weights of layers; and the contract's own perceptron with tied, frozen and same-shaped tensors. An estimator that needs
what a model does not offer is skipped there, and says what it needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from benchmarks.contract.check import CLAUSES, check_estimator
from benchmarks.contract.clause import Clause, Verdict
from benchmarks.contract.networks import Fuse, Tick
from benchmarks.contract.objectives import PERCEPTRON, ContractObjective, Subject, Variant, seeded, with_module
from benchmarks.contract.result import ClauseResult
from benchmarks.problems.models.attention import Block
from benchmarks.problems.models.vision_transformer import ClassHead, Patches
from estimators.estimator import Estimator

_IMAGE = (1, 4, 4)


def _mlp(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    module = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 4), Tick(fuse), nn.Tanh(), nn.Linear(4, 2))
    return with_module(seeded(module), nn.functional.mse_loss, fuse, device, variant)


def _cnn(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    first = [nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Tanh(), nn.Flatten()]
    module = nn.Sequential(*first, Tick(fuse), *second, nn.Linear(12, 2))
    return with_module(seeded(module), nn.functional.mse_loss, fuse, device, variant, inputs=_IMAGE)


def _vit(device: torch.device, variant: Variant) -> Subject:
    fuse = Fuse()
    block = Block(4, 2, 6, 0.0, causal=False)
    module = nn.Sequential(Patches(1, 2, 4, 4), block, Tick(fuse), nn.LayerNorm(4), ClassHead(4, 2))
    return with_module(seeded(module), nn.functional.mse_loss, fuse, device, variant, inputs=_IMAGE)


MODELS = (
    ContractObjective("MLP", _mlp, samples=4),
    ContractObjective("CNN with batch norm", _cnn),
    ContractObjective("ViT", _vit, samples=4),
    replace(PERCEPTRON, name="tied and frozen tensors"),
)
"""The last has tensors of one shape, too."""

EVERYWHERE = tuple(clause for clause in CLAUSES if clause.on is None)
"""The clauses that look at any objective; the others have objectives of their own."""


@dataclass(frozen=True)
class OnModel:
    """What became of the contract on one model.

    Attributes:
        model: its name.
        skipped: the capability that the estimator needs and misses here, with the reason; empty where it works.
        results: one a clause.
    """

    model: str
    skipped: str
    results: Sequence[ClauseResult]

    @property
    def broken(self) -> list[ClauseResult]:
        """The clauses that failed."""
        return [result for result in self.results if result.verdict is Verdict.FAILED]


def check_on(
    estimator: Estimator,
    model: ContractObjective,
    *,
    clauses: Sequence[Clause] = EVERYWHERE,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> OnModel:
    """Hold an estimator to the clauses that look at any objective, on one model.

    Args:
        estimator: who.
        model: one of `MODELS`, say.
        clauses: of `EVERYWHERE`: which; `output` among them.
        seed: of the generators handed to the estimator.
        device: where the model lies.
    """
    results = check_estimator(estimator, objectives=[model], clauses=clauses, seed=seed, device=device)
    output = next(result for result in results if result.clause == "output")
    return OnModel(model.name, output.observed if output.verdict is Verdict.INAPPLICABLE else "", results)
