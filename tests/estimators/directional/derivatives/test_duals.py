"""Dual tensors made here are those of `torch.autograd.forward_ad`, and the rules it registers are there."""

import subprocess
import sys

import pytest
import torch
from torch.autograd import forward_ad

from estimators.directional.derivatives.duals import make_dual, unpack_dual


def test_a_dual_made_here_is_unpacked_by_torch_and_the_other_way_round():
    primal, tangent = torch.arange(3.0), torch.ones(3)
    with forward_ad.dual_level():
        ours, theirs = make_dual(primal, tangent), forward_ad.make_dual(primal, tangent)
        assert forward_ad.unpack_dual(ours.sin()).tangent.tolist() == primal.cos().tolist()
        for dual in (ours, theirs):
            value, moving = unpack_dual(dual)
            assert value.tolist() == primal.tolist()
            assert moving is not None
            assert moving.tolist() == tangent.tolist()


def test_a_plain_tensor_has_no_tangent():
    with forward_ad.dual_level():
        assert unpack_dual(torch.ones(2))[1] is None


def test_out_of_a_level_no_dual_is_made():
    with pytest.raises(RuntimeError, match="level"):
        make_dual(torch.ones(2), torch.ones(2))


def test_rules_that_torch_derives_from_decompositions_are_registered():
    program = """
import torch
from torch.autograd import forward_ad
from estimators.directional.derivatives.duals import make_dual, unpack_dual
x = torch.tensor([[0.3, -1.0, 2.0]], requires_grad=True)
with forward_ad.dual_level():
    dual = make_dual(x, torch.ones(1, 3))  # a layer norm does not see a shift, and neither does its gradient
    (slope,) = torch.autograd.grad((torch.nn.functional.layer_norm(dual, (3,)) ** 3).sum(), dual, create_graph=True)
    print(float(unpack_dual(slope)[1].abs().max()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert abs(float(done.stdout)) < 1e-5
