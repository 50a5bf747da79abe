"""Parameters that an estimate has spoilt have drifted further than anybody may declare."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch

from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
from benchmarks.contract.networks import Interruption
from benchmarks.contract.objectives import NETWORK
from estimators.directional.mezo import Mezo
from estimators.estimator import Estimate
from estimators.objective import Objective


@dataclass(frozen=True)
class Spoils(Mezo):
    """Writes one number to a tensor when an exception ends the estimate."""

    restore: str = "subtract"
    tensor: int = 0
    number: float = float("nan")

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        try:
            return super().estimate(objective, state, generator=generator)
        except Interruption:
            list(objective.parameters.values())[self.tensor].data.view(-1)[0] = self.number
            raise


@pytest.mark.parametrize("tensor", [0, -1])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_left_in_any_tensor_fails_the_clause(tensor: int, number: float) -> None:
    results = check_estimator(Spoils(tensor=tensor, number=number), objectives=[NETWORK])
    assert {result.clause for result in results if result.verdict is Verdict.FAILED} == {"drift"}
