"""Each way of breaking the contract fails the clause made for it, and no other that still holds.

All are spoiled versions of one honest estimator; `defects` holds them by what is broken.
"""

import random
from functools import cache

import numpy as np
import pytest
import torch
from torch.autograd import forward_ad

from benchmarks.contract.check import CLAUSES, check_estimator
from benchmarks.contract.clause import Verdict
from estimators.estimator import Estimator
from tests.benchmarks.contract.defects import costs, families, form, law, randomness, traces
from tests.benchmarks.contract.defects.honest import Honest
from tests.benchmarks.contract.defects.randomness import Leaning
from tests.benchmarks.contract.defects.traces import DRIFTS, Drifting

CASES = {name: defect for topic in (form, law, randomness, traces, costs, families) for name, defect in topic.DEFECTS.items()}

TEN = {
    "biased scale": "unbiased",
    "ignores its generator": "reproducible",
    "advances the global random state": "untouched",
    "leaves parameters changed after an exception": "untouched-after-exception",
    "wrong dtype": "output",
    "writes .grad": "untouched",
    "records a tape": "no-tape",
    "same noise for same-shaped tensors": "independent-tensors",
    "not in the span it declares": "in-span",
    "wrong declared variance": "relative-error",
}
"""The defects of public implementations, and the clause that is made for each."""


def broken(estimator: Estimator) -> dict[str, str]:
    return {r.clause: r.observed for r in check_estimator(estimator) if r.verdict is Verdict.FAILED}


@cache
def found(name: str) -> dict[str, str]:
    return broken(CASES[name][0])


def test_the_honest_estimator_keeps_the_contract() -> None:
    assert broken(Honest()) == {}


def test_one_that_drifts_by_the_rounding_it_declares_keeps_the_contract() -> None:
    assert broken(Drifting(DRIFTS)) == {}


def test_one_that_declares_to_remember_earlier_estimates_keeps_the_contract() -> None:
    assert broken(Leaning({"remembers": True})) == {}


@pytest.mark.parametrize("name", TEN)
def test_each_of_the_ten_defects_of_public_implementations_fails_the_clause_made_for_it(name: str) -> None:
    assert TEN[name] in found(name)


def test_every_clause_has_a_defect_that_fails_it() -> None:
    assert {clause.name for clause in CLAUSES} == set().union(*(clauses for _, clauses in CASES.values()))


@pytest.mark.parametrize("name", CASES)
def test_a_defect_fails_the_clauses_made_for_it_and_no_others(name: str) -> None:
    assert set(found(name)) == CASES[name][1]


@pytest.mark.parametrize(
    ("name", "clause", "words"),
    [
        ("advances the global random state", "untouched", "changed: torch's global random state"),
        ("leaves oneDNN off", "untouched", "changed: torch's setting of oneDNN"),
        ("moves the parameters", "untouched", "changed: parameter 'x'"),
        ("clears .grad", "untouched", "changed: .grad of parameter 'x'"),
        ("writes buffers", "untouched", "changed: buffer 'tick.calls'"),
        ("leaves parameters changed after an exception", "untouched-after-exception", "in forward pass 1 of 2 left changed"),
        ("records a tape", "no-tape", "tensors were saved for a backward pass"),
        ("wrong dtype", "output", "'x' is torch.float16 of shape (4,) on cpu instead of torch.float64 of shape (4,) on cpu"),
        ("missing name", "output", "names ['left.weight'] instead of ['left.weight', 'right.weight']"),
        ("not finite", "output", "'x' holds NaN or infinity"),
        ("cannot be used", "output", "KeyError: 'weight'"),
        ("overwrites the last but one", "reproducible", "changes the tensors of the one before it"),
        ("depends on the estimate before", "reproducible", "after others, the same seed gives another"),
        ("another loss", "output", "the loss is -1.5 instead of 1.5"),
        ("wrong declared variance", "relative-error", "of 5 declared, 500 draws"),
        (
            "same noise for same-shaped tensors",
            "independent-tensors",
            "+12.2 between 'left.weight' and 'right.weight', bound 5.4",
        ),
        ("declares to turn with the gradient", "isotropy", "apart along the gradient, bound 0.27, 200 draws each"),
        ("declares fewer operations", "forward-multiple", "3 forward passes, 2 declared"),
        ("declares fewer evaluations", "forward-calls", "2 of 1 declared"),
        ("declares less memory than it holds", "memory", "bytes at a batch of 1, 'none' allows"),
        (
            "keeps its perturbation and declares as much",
            "declaration",
            "drifts_parameters=1000000000000000.0 is more than roundings explain, 2000 for so many evaluations",
        ),
        ("declares an unknown class of memory", "declaration", "memory='little' is none of none, layer"),
    ],
)
def test_what_was_observed_names_the_defect(name: str, clause: str, words: str) -> None:
    assert words in found(name)[clause]


def test_a_broken_estimator_leaves_no_trace_behind_the_check() -> None:
    python, numpy, state = random.getstate(), str(np.random.get_state()), torch.get_rng_state()
    for name in (
        "draws from the global state",
        "turns grad mode off",
        "changes the default dtype",
        "leaves a forward-mode level open",
        "leaves oneDNN off",
        "leaves products less precise",
    ):
        broken(CASES[name][0])
    assert (random.getstate(), str(np.random.get_state())) == (python, numpy)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() is torch.float32
    assert torch.backends.mkldnn.enabled
    assert torch.get_float32_matmul_precision() == "highest"
    with forward_ad.dual_level():
        pass
