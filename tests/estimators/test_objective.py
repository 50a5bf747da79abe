"""An objective is a deterministic function of its parameters and leaves the model and all random states as they were."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective, WithKnownGradient


class Tied(nn.Module):
    """Two layers that share a weight, one frozen bias."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.second.bias.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).tanh())


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(8, 4, generator=generator), torch.randint(0, 4, (8,), generator=generator)


def snapshot(module: nn.Module) -> list[Tensor]:
    return [tensor.clone() for tensor in module.state_dict().values()]


@pytest.mark.parametrize("make", [lambda: nn.Linear(4, 4), Tied], ids=["linear", "tied"])
def test_loss_equals_the_models_own_at_its_own_parameters(make: Callable[[], nn.Module]) -> None:
    module, (x, y) = make(), batch()
    objective = ModuleObjective(module, functional.cross_entropy, (x, y))
    direct = functional.cross_entropy(module(x), y)
    assert objective.loss() == direct
    assert objective.loss({name: p.detach().clone() for name, p in objective.parameters.items()}) == direct


def test_tied_parameters_count_once_and_frozen_ones_not_at_all() -> None:
    objective = ModuleObjective(Tied(), functional.cross_entropy, batch())
    assert list(objective.parameters) == ["first.weight", "first.bias"]
    assert objective.coordinates() == 20
    moved = {name: p.detach() + 1 for name, p in objective.parameters.items()}
    module = objective.module
    with torch.no_grad():
        for name, value in moved.items():
            objective.parameters[name].copy_(value)
        assert torch.equal(objective.loss(moved), functional.cross_entropy(module(objective.inputs), objective.targets))


def test_dropout_keeps_one_mask_and_the_global_random_state() -> None:
    module = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5), nn.Linear(64, 4)).train()
    state = torch.get_rng_state()
    objective = ModuleObjective(module, functional.cross_entropy, batch())
    values = {objective.loss().item() for _ in range(3)}
    torch.manual_seed(5)
    values.add(objective.loss(objective.parameters).item())
    assert len(values) == 1
    other = ModuleObjective(module, functional.cross_entropy, batch(), mask_seed=1)
    assert other.loss().item() not in values
    torch.set_rng_state(state)
    objective.loss()
    assert torch.equal(torch.get_rng_state(), state)


def test_batch_norm_in_training_leaves_its_buffers_alone() -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 4)).train()
    before = snapshot(module)
    objective = ModuleObjective(module, functional.cross_entropy, batch())
    objective.loss()
    objective.loss(objective.parameters)
    assert all(torch.equal(a, b) for a, b in zip(before, snapshot(module), strict=True))


@pytest.mark.parametrize("make", [Tied, lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))], ids=["tied", "batch-norm"])
def test_a_model_that_fails_has_its_own_tensors_back(make: Callable[[], nn.Module]) -> None:
    module = make().train()
    objective = ModuleObjective(module, functional.cross_entropy, batch())
    own = module.state_dict(keep_vars=True)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        objective.loss({name: torch.ones(3, 3) for name in objective.parameters})
    assert all(tensor is own[name] for name, tensor in module.state_dict(keep_vars=True).items())


def test_per_sample_losses_average_to_the_loss() -> None:
    objective = ModuleObjective(Tied(), functional.cross_entropy, batch())
    losses = objective.per_sample_loss()
    assert losses.shape == (8,)
    torch.testing.assert_close(losses.mean(), objective.loss())


def test_a_loss_without_reduction_has_no_per_sample_loss() -> None:
    objective = ModuleObjective(nn.Linear(4, 4), lambda out, y: functional.cross_entropy(out, y), batch())
    with pytest.raises(MissingCapability, match="per_sample_loss"):
        objective.per_sample_loss()


def test_sites_are_the_modules_that_own_trainable_parameters() -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    assert ModuleObjective(module, functional.cross_entropy, batch()).sites() == ("0", "2")


def test_a_module_that_owns_a_parameter_together_with_another_is_a_site_too() -> None:
    module = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4).requires_grad_(False), nn.Linear(4, 4, bias=False))
    module[2].weight = module[0].weight
    assert ModuleObjective(module, functional.cross_entropy, batch()).sites() == ("0", "2")


def test_a_model_without_trainable_parameters_is_refused() -> None:
    with pytest.raises(ValueError, match="Linear has no parameter with requires_grad=True"):
        ModuleObjective(nn.Linear(4, 4).requires_grad_(False), functional.cross_entropy, batch())


def test_a_loss_that_is_no_scalar_is_refused_with_its_shape() -> None:
    with pytest.raises(ValueError, match=r"0-dimensional tensor, got shape \(8,\)"):
        ModuleObjective(nn.Linear(4, 4), lambda out, y: functional.cross_entropy(out, y, reduction="none"), batch())


def test_a_function_is_evaluated_at_its_point_and_elsewhere() -> None:
    objective = FunctionObjective(lambda x: (x**2).sum(), torch.tensor([3.0, 4.0]))
    assert objective.loss() == 25
    assert objective.loss({"x": torch.ones(2)}) == 2
    assert objective.coordinates() == 2
    assert "module" not in objective.capabilities()


def test_a_known_gradient_is_offered_only_where_it_was_handed_in() -> None:
    objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
    with pytest.raises(MissingCapability, match="gradient"):
        objective.known_gradient()
    known = WithKnownGradient(objective, torch.tensor(2.0), {"x": torch.full((2,), 2.0)})
    assert "gradient" in known.capabilities()
    assert known.loss() == 2
    assert known.loss({"x": torch.zeros(2)}) == 0
