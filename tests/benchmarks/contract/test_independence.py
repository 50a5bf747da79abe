"""Tangents that repeat others are found wherever among many they stand."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import torch

from benchmarks.contract.clause import Verdict
from benchmarks.contract.clauses.independence import TANGENTS
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import NETWORK
from estimators.directional.estimator import Directional, State
from estimators.directional.space import Tangents
from estimators.registry import ESTIMATORS


@dataclass(frozen=True)
class Repeats(Directional):
    """The i-th tangent of many is the one at `pattern[i % len(pattern)]`."""

    k: int | None = 6
    pattern: tuple[int, ...] = ()

    def _draw(self, state: State, indices: Sequence[int]) -> Tangents:
        return super()._draw(state, [self.pattern[index % len(self.pattern)] for index in indices])


def verdict(estimator: Directional) -> Verdict:
    return TANGENTS.look(Examination(estimator, 0, torch.device("cpu")), NETWORK).verdict


@pytest.mark.parametrize("pattern", [(0, 1, 2, 2, 2, 2), (0, 1, 2)])
def test_a_repeated_tangent_is_found(pattern: tuple[int, ...]) -> None:
    assert verdict(Repeats(pattern=pattern)) is Verdict.FAILED


@pytest.mark.parametrize(
    ("law", "k"), [("gaussian", 12), ("sparse", 6), ("block", 6), ("orthogonal", 20), ("varying-length", 20)]
)
def test_independent_and_orthogonal_ones_are_not(law: str, k: int) -> None:
    assert verdict(ESTIMATORS.build(f"forward-gradient[k={k},directions={law},derivative=simulated]")) is Verdict.PASSED
