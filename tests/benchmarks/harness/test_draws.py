"""The reduction of many draws against a naive one, estimate by estimate and tensor by tensor, in float64."""

import numpy as np
import pytest
import torch

from benchmarks.harness import draws as module
from benchmarks.harness.draws import SIGN_DRAWS, Reducer
from estimators import DenseEstimate

SHAPES = {"weight": (3, 5), "bias": (5,), "scale": ()}


def tensors(generator, dtype=torch.float32):
    return {name: torch.randn(shape, generator=generator, dtype=dtype) for name, shape in SHAPES.items()}


def naive(gradient, estimates):
    along, squared, error, signs = [], [], [], []
    bias = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in SHAPES.items()}
    for estimate in estimates:
        pairs = [(estimate[name].double(), gradient[name].double()) for name in SHAPES]
        along.append([float((e * g).sum()) for e, g in pairs])
        squared.append([float((e**2).sum()) for e, _ in pairs])
        error.append([float(((e - g) ** 2).sum()) for e, g in pairs])
        agree = sum(int(((e.sign() == g.sign()) & (g != 0)).sum()) for e, g in pairs)
        signs.append(agree / sum(int((g != 0).sum()) for _, g in pairs))
        for name, (e, g) in zip(SHAPES, pairs, strict=True):
            bias[name] += (e - g) / len(estimates)
    return along, squared, error, signs, sum(float((b**2).sum()) for b in bias.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [2, 7, 300])
def test_draws_reduce_to_what_a_naive_loop_finds(count, dtype, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_DRAWS", 5)  # so that chunks fill, and the last does not
    generator = torch.Generator().manual_seed(count)
    gradient = tensors(generator, dtype)
    gradient["bias"][2] = 0
    estimates = [tensors(generator, dtype) for _ in range(count)]
    reducer = Reducer(gradient)
    for estimate in estimates:
        reducer.add(DenseEstimate(torch.zeros(()), estimate))
    found = reducer.result()
    along, squared, error, signs, squared_bias = naive(gradient, estimates)
    np.testing.assert_allclose(found.along, along, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.squared, squared, rtol=1e-12)
    np.testing.assert_allclose(found.error, error, rtol=1e-12)
    np.testing.assert_allclose(found.signs, signs[:SIGN_DRAWS], rtol=1e-12)
    assert found.squared_bias == pytest.approx(squared_bias, rel=1e-10)
    np.testing.assert_allclose(found.squared_gradient, [float((gradient[n].double() ** 2).sum()) for n in SHAPES], rtol=1e-12)
    assert found.layers == tuple(SHAPES)


def test_results_may_be_asked_for_in_between():
    generator = torch.Generator().manual_seed(0)
    gradient, estimates = tensors(generator), [tensors(generator) for _ in range(10)]
    asked, once = Reducer(gradient), Reducer(gradient)
    for estimate in estimates:
        once.add(DenseEstimate(torch.zeros(()), estimate))
        asked.add(DenseEstimate(torch.zeros(()), estimate))
        asked.result()
    np.testing.assert_allclose(asked.result().error, once.result().error)
    assert asked.result().squared_bias == pytest.approx(once.result().squared_bias)


def test_an_error_of_rounding_size_is_not_lost():
    gradient = {"x": torch.full((1000,), 1.0)}
    reducer = Reducer(gradient)
    reducer.add(DenseEstimate(torch.zeros(()), {"x": gradient["x"] + 2**-23}))
    assert reducer.result().error[0, 0] == pytest.approx(1000 * 2.0**-46, rel=1e-9)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_estimate_that_is_not_finite_is_named(bad):
    reducer = Reducer({"x": torch.ones(3)})
    for value in (1.0, 1.0, bad, 1.0):
        reducer.add(DenseEstimate(torch.zeros(()), {"x": torch.tensor([0.0, value, 0.0])}))
    with pytest.raises(ValueError, match="estimate 3 of 4 is not finite"):
        reducer.result()
