"""The contract's objectives are what the clauses assume: linear where they say so, tied, frozen, deterministic, fused."""

import pytest
import torch

from benchmarks.contract.networks import Interruption
from benchmarks.contract.objectives import OBJECTIVES, ContractObjective
from benchmarks.contract.snapshot import bits, changes, snapshot
from estimators.objective import ModuleObjective

CPU = torch.device("cpu")
each = pytest.mark.parametrize("case", OBJECTIVES, ids=[case.name for case in OBJECTIVES])


def curvature(case: ContractObjective) -> float:
    """|f(x + v) + f(x - v) - 2 f(x)| for one v, relative to |f(x + v) - f(x - v)|."""
    objective = case.make(CPU).objective
    generator = torch.Generator().manual_seed(0)
    step = {name: torch.randn(p.shape, generator=generator).to(p.dtype) for name, p in objective.parameters.items()}
    with torch.no_grad():
        ahead, behind = (
            objective.loss({name: p + sign * step[name] for name, p in objective.parameters.items()}) for sign in (1, -1)
        )
        return float((ahead + behind - 2 * objective.loss()).abs() / (ahead - behind).abs())


@each
def test_linear_objectives_have_no_curvature_and_the_others_have(case: ContractObjective) -> None:
    assert curvature(case) < 1e-5 if case.linear else curvature(case) > 1e-3


@each
def test_only_linear_objectives_take_part_in_statistics(case: ContractObjective) -> None:
    assert (case.draws > 0) == case.linear


@each
def test_two_evaluations_agree_and_leave_everything_as_it_was(case: ContractObjective) -> None:
    subject = case.make(CPU)
    before = snapshot(subject.objective, CPU)
    with torch.no_grad():
        assert torch.equal(subject.objective.loss(), subject.objective.loss())
    assert changes(before, snapshot(subject.objective, CPU)) == []
    assert subject.fuse.passes == 2


@each
def test_the_fuse_interrupts_the_pass_it_is_set_to(case: ContractObjective) -> None:
    subject = case.make(CPU)
    subject.fuse.blows_at = 2
    subject.objective.loss()
    with pytest.raises(Interruption, match="forward pass 2"):
        subject.objective.loss()


def test_networks_have_frozen_tied_and_same_shaped_tensors() -> None:
    for case in OBJECTIVES[1:3]:
        objective = case.make(CPU).objective
        assert isinstance(objective, ModuleObjective)
        named = dict(objective.module.named_parameters(remove_duplicate=False))
        assert any(not parameter.requires_grad for parameter in named.values())
        assert len(named) > len({id(parameter) for parameter in named.values()})
        shapes = [parameter.shape for parameter in objective.parameters.values()]
        assert len(shapes) > len(set(shapes))


def test_bits_tell_apart_what_equality_does_not() -> None:
    zeros = torch.tensor([0.0, -0.0])
    assert torch.equal(zeros[:1], zeros[1:])
    assert bits(zeros[:1]) != bits(zeros[1:])
    assert bits(torch.tensor(float("nan"))) == bits(torch.tensor(float("nan")))
