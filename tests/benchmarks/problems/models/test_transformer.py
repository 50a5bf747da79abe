"""The language model has the parameters of its description, predicts each token from earlier ones, and may tie its embedding."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from estimators.objective import ModuleObjective
from estimators.spec import SpecError

Objectives = Callable[..., ModuleObjective]
SMALL = "depth=1,dim=8,heads=2,mlp=8,length=12,vocabulary=10,batch=4"


@pytest.mark.parametrize("tied", [False, True])
def test_number_of_parameters_follows_from_the_layer_sizes(objective_of: Objectives, tied: bool) -> None:
    dim, mlp, length, vocabulary, depth = 64, 128, 64, 64, 2
    block = 2 * 2 * dim + (3 * dim**2 + 3 * dim) + (dim**2 + dim) + (dim * mlp + mlp) + (mlp * dim + dim)
    tables = (vocabulary + length) * dim + (0 if tied else vocabulary * dim)
    spec = f"transformer[tied={str(tied).lower()}]"
    assert objective_of(spec).coordinates() == tables + depth * block + 2 * dim


def test_a_score_for_every_token_at_every_place(objective_of: Objectives) -> None:
    objective = objective_of(f"transformer[{SMALL}]")
    assert objective.module(objective.inputs).shape == (4, 12, 10)


def test_scores_depend_on_no_later_token(objective_of: Objectives) -> None:
    objective = objective_of(f"transformer[{SMALL}]", dtype="float64")
    changed: Tensor = objective.inputs.clone()
    changed[:, 7:] = (changed[:, 7:] + 1) % 10
    before, after = objective.module(objective.inputs), objective.module(changed)
    assert torch.allclose(before[:, :7], after[:, :7], rtol=1e-12)
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_the_loss_is_the_mean_cross_entropy_of_the_next_token(objective_of: Objectives) -> None:
    objective = objective_of(f"transformer[{SMALL}]", dtype="float64")
    chances = objective.module(objective.inputs).softmax(-1)
    own = [-chances[b, t, objective.targets[b, t]].log() for b in range(4) for t in range(12)]
    assert objective.loss().item() == pytest.approx(torch.stack(own).mean().item(), rel=1e-12)


def test_a_tied_embedding_stays_tied_in_every_dtype(objective_of: Objectives) -> None:
    for dtype in ("float32", "float64", "bfloat16"):
        module = objective_of(f"transformer[tied=true,{SMALL}]", dtype=dtype).module
        embedding, *_, output = module.children()
        assert output.weight is embedding.tokens.weight


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_tokens_stay_whole_numbers_in_every_dtype(objective_of: Objectives, dtype: str) -> None:
    objective = objective_of(f"transformer[{SMALL}]", dtype=dtype)
    assert objective.inputs.dtype == torch.int64
    assert objective.loss().isfinite()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [("heads=5", "dim=64 must be a multiple of heads=5"), ("dropout=1.5", "dropout=1.5 must be at least 0 and less than 1")],
)
def test_parameters_that_do_not_fit_are_named(objective_of: Objectives, parameters: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        objective_of(f"transformer[{parameters}]")
