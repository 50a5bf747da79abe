"""Every registered estimator keeps the contract on four kinds of model, or is skipped there and names what it needs."""

import pytest
import torch
from torch import nn

from benchmarks.contract.clause import Verdict
from benchmarks.contract.clauses.declared import CAPABILITIES
from benchmarks.contract.models import EVERYWHERE, MODELS, OnModel, check_on
from benchmarks.contract.objectives import ContractObjective
from benchmarks.contract.snapshot import changes, snapshot
from estimators.objective import ModuleObjective
from estimators.registry import ESTIMATORS
from tests.benchmarks.contract.defects.honest import EXACT
from tests.benchmarks.contract.defects.traces import Backward

CPU = torch.device("cpu")
FEW = {"declaration", "output", "exact", "untouched", "untouched-after-exception", "no-tape"}
"""The clauses that take a handful of estimates each."""

QUICK = tuple(clause for clause in EVERYWHERE if clause.name in FEW)

each = pytest.mark.parametrize("model", MODELS, ids=[model.name for model in MODELS])
pytestmark = pytest.mark.usefixtures("one_thread")


def module(model: ContractObjective) -> nn.Module:
    objective = model.make(CPU).objective
    assert isinstance(objective, ModuleObjective)
    return objective.module


def assert_kept_or_skipped(found: OnModel, model: ContractObjective) -> None:
    assert {result.clause: result.observed for result in found.broken} == {}
    if found.skipped:
        assert model is not MODELS[0]  # whatever an estimator needs, a perceptron has it
        assert found.skipped.startswith(tuple(f"needs {name}: " for name in CAPABILITIES))


@each
@pytest.mark.parametrize("spec", ESTIMATORS.entries)
def test_registered_estimators_work_on_every_model_or_name_what_they_need(spec: str, model: ContractObjective) -> None:
    assert_kept_or_skipped(check_on(ESTIMATORS.build(spec), model, clauses=QUICK), model)


@pytest.mark.slow
@each
@pytest.mark.parametrize("spec", ESTIMATORS.entries)
def test_registered_estimators_keep_every_clause_on_every_model_or_name_what_they_need(spec: str, model) -> None:
    assert_kept_or_skipped(check_on(ESTIMATORS.build(spec), model), model)


@each
def test_an_estimator_that_leaves_a_trace_is_found_on_every_model(model: ContractObjective) -> None:
    broken = check_on(Backward({**EXACT, "records_tape": True}), model, clauses=QUICK).broken
    assert {result.clause for result in broken} == {"untouched"}


def test_a_missing_capability_is_a_skip_with_its_reason() -> None:
    vit = next(model for model in MODELS if model.name == "ViT")
    found = check_on(ESTIMATORS.build("checkpointed-backprop[segments=9]"), vit, clauses=QUICK)
    assert found.skipped == "needs module: 9 segments need as many layers; this nn.Sequential has 5"
    assert found.broken == []


def test_the_models_are_of_the_kinds_they_are_named_after() -> None:
    mlp, cnn, vit, tied = (module(model) for model in MODELS)
    assert {type(part) for part in mlp.modules()} >= {nn.Linear, nn.Tanh}
    assert any(isinstance(part, nn.BatchNorm2d) and part.training for part in cnn.modules())
    owners = [part for part in vit.modules() if isinstance(part, (nn.Linear, nn.Conv2d, nn.LayerNorm))]
    owned = {id(parameter) for part in owners for parameter in part.parameters()}
    assert {name for name, p in vit.named_parameters() if id(p) not in owned} == {"0.class_token", "0.positions"}
    named = dict(tied.named_parameters(remove_duplicate=False))
    assert any(not parameter.requires_grad for parameter in named.values())
    assert len(named) > len({id(parameter) for parameter in named.values()})


def test_samples_interact_in_the_model_with_batch_norm_and_in_no_other() -> None:
    for model in MODELS:
        objective = model.make(CPU).objective
        assert isinstance(objective, ModuleObjective)
        with torch.no_grad(), objective.kept_buffers():
            whole, first = objective.module(objective.inputs)[:1], objective.module(objective.inputs[:1])
        assert torch.allclose(whole, first, atol=1e-6) == (model.samples > 0)


@each
def test_two_evaluations_agree_and_leave_everything_as_it_was(model: ContractObjective) -> None:
    subject = model.make(CPU)
    before = snapshot(subject.objective, CPU)
    with torch.no_grad():
        assert torch.equal(subject.objective.loss(), subject.objective.loss())
    assert changes(before, snapshot(subject.objective, CPU)) == []
    assert subject.fuse.passes == 2


def test_clauses_with_objectives_of_their_own_are_left_out() -> None:
    results = check_on(ESTIMATORS.build("backprop"), MODELS[0]).results
    assert [result.clause for result in results] == [clause.name for clause in EVERYWHERE]
    assert not any(clause.on for clause in EVERYWHERE)
    assert {result.verdict for result in results if result.clause in FEW - {"no-tape"}} == {Verdict.PASSED}
