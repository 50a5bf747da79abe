"""The bet against a declared mean error: fair to every law of that mean, and won against one that is some times as large."""

import math
from itertools import product

import pytest
import torch

from benchmarks.contract.clauses import moments
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import FUNCTION, NETWORK, ContractObjective
from estimators.directional.estimator import Directional
from tests.benchmarks.contract.defects.law import FirstAlone


@pytest.mark.parametrize("largest", [1.5, 4.0, 100.0])
def test_the_stake_stays_what_it_is_on_average_for_a_law_of_the_declared_mean_however_heavy_its_tail(largest: float) -> None:
    chances, expected = {0.0: 1 - 1 / largest, largest: 1 / largest}, 0.0
    for outcome in product(chances, repeat=7):  # all there are
        probability = math.prod(chances[ratio] for ratio in outcome)
        expected += probability * math.exp(moments.winnings(torch.tensor(outcome, dtype=torch.float64)))
    assert expected == pytest.approx(1)


def test_the_stake_shrinks_where_the_mean_is_smaller_than_declared() -> None:
    assert moments.winnings(torch.full((100,), 0.5)) < -1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("case", "draws"), [(FUNCTION, 100), (NETWORK, 60)], ids=lambda value: getattr(value, "name", value))
def test_an_error_sixteen_times_the_declared_is_found_in_every_sample_of_few_draws(
    case: ContractObjective, draws: int, seed: int
) -> None:
    examination = Examination(Directional(k=16, aggregation=FirstAlone()), seed, torch.device("cpu"))
    declared = examination.declaration(case.make(examination.device).objective).relative_error
    sample = examination.sample(case)
    assert declared is not None
    assert len(sample.estimates) == draws
    assert not moments.within(moments.excesses(sample, declared, 0.0)["bet"])
