"""A copy in float64 is the same function with less rounding; where none can be made, the original is used."""

import pytest
import torch
from torch import nn

from benchmarks.harness.wide import in_float64, rounding_of
from benchmarks.problems.problem import build_problem
from estimators.objective import FunctionObjective, ModuleObjective, WithKnownGradient

PROBLEMS = (
    "sphere[n=8]",
    "quadratic[n=8]",
    "mlp[width=8,depth=1,batch=4]",
    "resnet18[width=4,batch=2]",
    "transformer[tied=true,dim=8,batch=2]",
)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("spec", PROBLEMS)
def test_the_copy_is_the_same_function_at_the_same_point(spec: str, dtype: str) -> None:
    objective = build_problem(spec, dtype=dtype).objective
    before = objective.loss().item()
    wide = in_float64(objective)
    assert wide is not objective
    assert rounding_of(wide) == 2.0**-52
    assert list(wide.parameters) == list(objective.parameters)
    for name, parameter in objective.parameters.items():
        assert torch.equal(wide.parameters[name], parameter.double())
    with torch.no_grad():
        assert wide.loss().item() == pytest.approx(before, rel=0.02 if dtype == "bfloat16" else 1e-5)
        for parameter in wide.parameters.values():
            parameter.mul_(2.0)
    assert objective.loss().item() == before


def test_a_quadratic_in_float64_has_no_rounding_of_float32_left() -> None:
    wide = in_float64(build_problem("quadratic[n=8]").objective)
    point = next(iter(wide.parameters.values())).detach()
    along = torch.linspace(-1, 1, 8, dtype=torch.float64)

    def value(step: float) -> float:
        return float(wide.loss({"x": point + step * along}))

    third = value(3) - 3 * value(2) + 3 * value(1) - value(0)
    assert abs(third) < 1e-12


class _OwnType(nn.Module):
    """Insists on float32."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float() @ self.weight.view(torch.int32).view(torch.float32)


class _Kind(nn.Linear):
    """Is another function in another type."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * (2.0 if x.dtype == torch.float64 else 1.0)


def test_without_a_faithful_copy_the_original_is_used() -> None:
    batch = (torch.ones(4, 3), torch.zeros(4))
    first = nn.Sequential(nn.Linear(3, 1), nn.Dropout(0.5), nn.Flatten(0))
    for module in (first, nn.Sequential(_Kind(3, 1), nn.Flatten(0)), _OwnType()):
        objective = ModuleObjective(module, nn.functional.mse_loss, batch)
        assert in_float64(objective) is objective
    point = torch.ones(2, dtype=torch.float64)
    already = FunctionObjective(lambda x: x.sum(), point)
    assert in_float64(already) is already
    known = WithKnownGradient(FunctionObjective(lambda x: x.sum(), torch.ones(2)), torch.ones(()), {"x": torch.ones(2)})
    assert in_float64(known) is known
