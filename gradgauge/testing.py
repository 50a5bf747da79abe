"""The contract in a test file of one's own, with pytest: one test for each clause, or one for all.

    from gradgauge.testing import assert_keeps_contract, contract_cases

    @contract_cases(Mine(), Mine(k=4))
    def test_the_contract_is_kept(case):
        case.check()

A clause that the declaration omits, or that finds nothing to look at, is a skipped test with its reason. An estimator is checked
once, when the first of its tests runs; `gradgauge check` shows the same clauses as a table.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from estimators.estimator import Estimator

if TYPE_CHECKING:
    import pytest

    from benchmarks.contract.result import ClauseResult


class _Checked:
    """The results of one estimator, found when they are first asked for."""

    def __init__(self, estimator: str | Estimator, seed: int) -> None:
        self.estimator, self.seed = estimator, seed

    @cached_property
    def results(self) -> "dict[str, ClauseResult]":
        from gradgauge.inprocess import clauses

        return {result.clause: result for result in clauses(self.estimator, self.seed)}


class ContractCase:
    """One clause for one estimator, as a test's argument.

    Attributes:
        estimator: a spec or an object.
        clause: the clause's name.
    """

    def __init__(self, checked: _Checked, clause: str) -> None:
        """Keep them; nothing is checked yet."""
        self._checked, self.estimator, self.clause = checked, checked.estimator, clause

    def check(self) -> None:
        """Pass, skip, or fail with what was expected and what was observed.

        Raises:
            AssertionError: the clause is broken.
        """
        __tracebackhide__ = True
        import pytest

        result = self._checked.results[self.clause]
        if result.verdict.value == "failed":
            raise AssertionError(f"{self.estimator} breaks its contract\n{_told(result)}")
        if result.verdict.value != "passed":
            pytest.skip(f"{result.clause} {result.verdict.value}: {result.observed}")


def contract_cases(*estimators: str | Estimator, seed: int = 0) -> "pytest.MarkDecorator":
    """A decorator that gives a test the argument `case`, a `ContractCase`, once for each clause of each estimator.

    Args:
        *estimators: specs or objects.
        seed: of the generators handed to them.
    """
    import pytest

    from benchmarks.contract.check import CLAUSES

    cases = [
        (f"{estimator}-{clause.name}", ContractCase(checked, clause.name))
        for estimator, checked in [(estimator, _Checked(estimator, seed)) for estimator in estimators]
        for clause in CLAUSES
    ]
    return pytest.mark.parametrize("case", [case for _, case in cases], ids=[name for name, _ in cases])


def assert_keeps_contract(estimator: str | Estimator, *, seed: int = 0) -> None:
    """Hold an estimator to its contract, all clauses at once.

    Args:
        estimator: a spec or an object.
        seed: of the generators handed to it.

    Raises:
        AssertionError: clauses are broken; the message says for each what was expected and what was observed.
    """
    __tracebackhide__ = True
    results = _Checked(estimator, seed).results.values()
    broken = [_told(result) for result in results if result.verdict.value == "failed"]
    if broken:
        raise AssertionError("\n".join([f"{estimator} breaks its contract", *broken]))


def _told(result: "ClauseResult") -> str:
    return f"  {result.clause}\n    expected: {result.expected}\n    observed: {result.observed}"
