"""The base is the plain forward pass, and its changes to buffers can be put back."""

import torch
from torch import nn

from benchmarks.harness.base import Base
from benchmarks.problems.problem import Problem
from estimators import ModuleObjective


def normalised():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    batch = (torch.randn(8, 4), torch.randn(8, 3))
    loss = nn.functional.mse_loss
    objective = ModuleObjective(module, loss, batch)
    seen = []

    def base():
        value = loss(module(batch[0]), batch[1])
        seen.append(value)
        return value

    return module, seen, Problem("user", objective, base, module.buffers, torch.device("cpu"), torch.float32, "", 0)


def test_the_base_runs_as_often_as_it_is_told_and_records_no_tape():
    _, seen, problem = normalised()
    Base(problem).run(3)
    assert len(seen) == 3
    assert not any(value.requires_grad for value in seen)


def test_restoring_puts_buffers_back_bitwise():
    module, _, problem = normalised()
    before = [buffer.clone() for buffer in module.buffers()]
    base = Base(problem)
    base.run(5)
    assert not all(map(torch.equal, module.buffers(), before))
    base.restore()
    assert all(map(torch.equal, module.buffers(), before))
