"""torchzero's estimators fail the contract where an exception ends an estimate, and nowhere else; so the adapter is fair to them.

Its forward gradient leaves dual tensors in the place of the parameters, its MeZO leaves the perturbation in them.
"""

from pathlib import Path

import pytest
import torch

from benchmarks.contract.check import check_estimator
from benchmarks.contract.result import Verdict
from benchmarks.problems.problem import build_problem
from estimators.registry import ESTIMATORS

PEERS = Path(__file__).with_name("peers.py")
FAILS = {"ForwardGradient": ["untouched-after-exception"], "MeZO": ["drift"]}


@pytest.mark.parametrize(("name", "k"), [("ForwardGradient", 3), ("MeZO", 1)])
def test_a_peer_keeps_the_contract_but_for_one_clause(name: str, k: int) -> None:
    results = check_estimator(ESTIMATORS.build(f'"{PEERS}:{name}"[k={k},directions=rademacher]'))
    broken = [result for result in results if result.verdict is Verdict.FAILED]
    assert [result.clause for result in broken] == FAILS[name]
    assert all("exception" in result.observed or "interrupted" in result.observed for result in broken)


@pytest.mark.parametrize("name", FAILS)
def test_each_step_of_a_peer_has_tangents_of_its_own(name: str) -> None:
    objective, generator = build_problem("mlp[depth=1,width=8]").objective, torch.Generator().manual_seed(0)
    estimator = ESTIMATORS.build(f'"{PEERS}:{name}"[directions=rademacher]')
    state, signs = estimator.init(objective), []
    for _ in range(2):
        estimate, state = estimator.estimate(objective, state, generator=generator)
        signs.append(torch.cat([tensor.sign().flatten() for tensor in estimate.gradient.values()]))
    assert 0.3 < float((signs[0] == signs[1]).float().mean()) < 0.7  # up to a sign, two of 658 random signs
