"""The contract as tests of one's own: one a clause, failing with what was expected and observed, skipped with the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from benchmarks.contract.check import CLAUSES
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator
from estimators.exact import Backprop
from estimators.objective import Objective
from gradgauge.testing import ContractCase, assert_keeps_contract, contract_cases

pytestmark = pytest.mark.usefixtures("one_thread")


@dataclass(frozen=True)
class Zero(Estimator):
    """Zeros, and says that they are the gradient."""

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        zeros = {name: torch.zeros_like(parameter) for name, parameter in objective.parameters.items()}
        return DenseEstimate(objective.loss().detach(), zeros), None

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Declaration(unbiased=True, exact=True, stochastic=False, records_tape=True, memory="activations")


def cases(*estimators: Any) -> dict[str, ContractCase]:
    mark = contract_cases(*estimators).mark
    return dict(zip(mark.kwargs["ids"], mark.args[1], strict=True))


def raised(work: Callable[[], object]) -> str:
    with pytest.raises(AssertionError) as error:
        work()
    return str(error.value)


def test_there_is_a_case_for_each_clause_of_each_estimator() -> None:
    assert list(cases("backprop", "spsa")) == [f"{spec}-{clause.name}" for spec in ("backprop", "spsa") for clause in CLAUSES]


def test_a_broken_clause_fails_with_what_was_expected_and_observed() -> None:
    found = cases(Zero())
    assert raised(found["Zero()-exact"].check).splitlines() == [
        "Zero() breaks its contract",
        "  exact",
        "    expected: where declared, estimates equal the gradient (up to rounding)",
        "    observed: off by 1.0e+00",
    ]
    found["Zero()-output"].check()


def test_a_clause_that_says_nothing_is_skipped_with_the_reason() -> None:
    found = cases(Backprop())
    with pytest.raises(pytest.skip.Exception, match="in-span omitted: not declared"):
        found["Backprop()-in-span"].check()
    with pytest.raises(pytest.skip.Exception, match="no-tape not applicable: declares a tape"):
        found["Backprop()-no-tape"].check()


def test_all_clauses_at_once() -> None:
    assert_keeps_contract("backprop")
    message = raised(lambda: assert_keeps_contract(Zero()))
    assert message.startswith("Zero() breaks its contract\n  exact\n")
    assert "  unbiased\n    expected: " in message
