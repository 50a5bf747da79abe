"""A problem is the same for the same seed, in every dtype; building one leaves global states alone; its base is its loss."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.problems.problem import DTYPES, Problem, build_problem
from benchmarks.problems.registry import PROBLEMS

SPECS = [
    "sphere[n=5]",
    "rosenbrock[n=5]",
    "styblinski-tang[n=5]",
    "beale",
    "quadratic[n=5]",
    "linear-regression[features=3,batch=4]",
    "logistic-regression[batch=4]",
    "mlp[width=4,batch=4]",
    "cnn[channels=2,batch=4]",
    "cnn4[channels=2,width=3,batch=4]",
    "resnet18[width=2,batch=4]",
    "vit[depth=1,dim=4,heads=2,mlp=4,batch=4]",
    "transformer[depth=1,dim=4,heads=2,mlp=4,length=5,vocabulary=6,batch=4]",
    "recurrent[cell=gru,width=3,batch=4]",
]
MODELS = SPECS[7:]


def bits(problem: Problem) -> list[bytes]:
    return [parameter.detach().numpy().tobytes() for parameter in problem.objective.parameters.values()]


@pytest.mark.parametrize("spec", SPECS)
def test_base_equals_the_loss_of_the_objective(spec: str) -> None:
    problem = build_problem(spec)
    assert torch.equal(problem.base(), problem.objective.loss())
    assert problem.base().dim() == 0


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_parameters_have_the_dtype_asked_for(spec: str, dtype: str) -> None:
    problem = build_problem(spec, dtype=dtype)
    assert problem.dtype is DTYPES[dtype]
    assert {parameter.dtype for parameter in problem.objective.parameters.values()} == {DTYPES[dtype]}
    assert problem.base().isfinite()


@pytest.mark.parametrize("spec", ["quadratic[n=5]", *MODELS])
def test_every_dtype_starts_from_the_same_problem(spec: str) -> None:
    single, double = build_problem(spec), build_problem(spec, dtype="float64")
    for name, parameter in single.objective.parameters.items():
        assert torch.equal(parameter.double(), double.objective.parameters[name])
    assert single.base().item() == pytest.approx(double.base().item(), rel=1e-5)


@pytest.mark.parametrize("spec", MODELS)
def test_seed_decides_weights_and_batch(spec: str) -> None:
    first, again, other = (build_problem(spec, seed=seed) for seed in (0, 0, 1))
    assert bits(first) == bits(again)
    assert torch.equal(first.base(), again.base())
    assert bits(first) != bits(other)


@pytest.mark.parametrize("spec", SPECS)
def test_building_leaves_the_global_random_states_as_they_were(spec: str) -> None:
    states: list[Callable[[], object]] = [
        lambda: torch.get_rng_state().numpy().tobytes(),
        random.getstate,
        lambda: str(np.random.get_state()),
    ]
    before = [state() for state in states]
    build_problem(spec)
    assert [state() for state in states] == before


def test_global_random_state_has_no_influence() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = bits(build_problem("mlp[width=4,batch=4]"))
        torch.manual_seed(2)
        assert bits(build_problem("mlp[width=4,batch=4]")) == first


@pytest.mark.parametrize("spec", SPECS)
def test_gradient_by_forward_mode_equals_that_of_the_base(spec: str) -> None:
    problem = build_problem(spec, dtype="float64")
    leaves = problem.objective.parameters
    gradients = dict(zip(leaves, torch.autograd.grad(problem.base(), list(leaves.values())), strict=True))
    generator = torch.Generator().manual_seed(0)
    tangent = {name: torch.randn(leaf.shape, generator=generator, dtype=leaf.dtype) for name, leaf in leaves.items()}
    point = {name: leaf.detach() for name, leaf in leaves.items()}
    with sdpa_kernel(SDPBackend.MATH):  # the fused kernels have no forward mode
        slope: Tensor = torch.func.jvp(problem.objective.loss, (point,), (tangent,))[1]
    expected = sum(float((gradients[name] * tangent[name]).sum()) for name in leaves)
    assert slope.item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_the_canonical_spec_is_the_key() -> None:
    assert build_problem("sphere").spec == PROBLEMS.canonical("sphere")


def test_resident_bytes_are_those_of_parameters_and_batch() -> None:
    problem = build_problem("logistic-regression[batch=8]")
    assert problem.resident_bytes == 650 * 4 + 8 * 64 * 4 + 8 * 8
    assert build_problem("sphere[n=16]", dtype="float64").resident_bytes == 16 * 8


def test_closed_forms_have_no_buffers_and_say_so() -> None:
    problem = build_problem("sphere[n=2]")
    assert list(problem.buffers()) == []
    assert problem.data == "closed form"


def test_an_unknown_dtype_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown dtype 'single': expected one of bfloat16, float16, float32, float64"):
        build_problem("sphere", dtype="single")


@pytest.mark.gpu
@pytest.mark.parametrize("spec", SPECS)
def test_a_gpu_starts_from_the_same_problem(spec: str) -> None:
    problem, here = build_problem(spec, device="cuda"), build_problem(spec)
    assert problem.base().device.type == "cuda"
    for name, parameter in problem.objective.parameters.items():
        assert torch.equal(parameter.cpu(), here.objective.parameters[name])
