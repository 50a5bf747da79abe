"""Sketched products are right on average, with the error that the formulas say; it is drawn in pieces."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from estimators.approximate.draws import Draws
from estimators.approximate.sketched import LAWS, SketchedProducts
from tests.estimators.approximate.problems import (
    OneLayer,
    assert_mean_is,
    assert_squared_error_is,
    convolutional,
    draws,
    exact,
    perceptron,
    vector,
)

pytestmark = pytest.mark.usefixtures("one_thread")

DRAWS = 800


def error(layer: OneLayer, sketch: str, s: int) -> Tensor:
    gaussian = layer.delta.square().sum() * layer.x.square().sum() + layer.gradient.square().sum()
    return (gaussian - (2 * layer.squares.sum() if sketch == "rademacher" else 0)) / s


@pytest.mark.parametrize("sketch", LAWS)
def test_the_error_of_one_layer_is_as_the_formula_says(sketch: str) -> None:
    layer = OneLayer()
    found = draws(SketchedProducts(0.5, sketch), layer.objective, DRAWS)
    assert_mean_is(found, layer.gradient.flatten())
    assert_squared_error_is(found, layer.gradient, error(layer, sketch, 4))


@pytest.mark.parametrize("sketch", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_the_mean_over_draws_is_the_gradient_of_a_network(problem, sketch: str) -> None:
    objective = problem()
    assert_mean_is(draws(SketchedProducts(0.5, sketch), objective, 200), exact(objective))


@pytest.mark.parametrize("sketch", LAWS)
@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_with_as_many_rows_as_there_are_it_is_backprop(problem, sketch: str) -> None:
    objective = problem()
    torch.testing.assert_close(vector(SketchedProducts(1.0, sketch), objective), exact(objective))


def test_it_is_the_product_of_both_sketches_by_the_same_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, S = OneLayer(), torch.randn(8, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    monkeypatch.setattr(Draws, "draw", lambda self, law, stream, shape, dtype, device: S[stream * 2 : stream * 2 + 2])
    expected = (S.T @ layer.delta).T @ (S.T @ layer.x) / 4
    torch.testing.assert_close(vector(SketchedProducts(0.5), layer.objective), expected.flatten())


def test_what_is_drawn_at_once_is_a_quarter_as_large_as_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, draw = [], Draws.draw

    def noted(self: Draws, law: str, stream: int, shape: Sequence[int], *rest: object) -> Tensor:
        sizes.append((stream, torch.Size(shape).numel()))
        return draw(self, law, stream, shape, *rest)

    monkeypatch.setattr(Draws, "draw", noted)
    layer = OneLayer(rows=64, inputs=2, outputs=3)
    vector(SketchedProducts(0.25), layer.objective)
    assert all(size <= 64 * 2 / 4 for _, size in sizes)
    assert sum(size for _, size in sizes) == 2 * 64 * 16  # once forwards and once backwards
    assert [stream for stream, _ in sizes] == [*range(32), *range(32)]


def test_an_unknown_sketch_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sketch must be one of rademacher, gaussian, got 'dct'"):
        SketchedProducts(sketch="dct")
    with pytest.raises(ValueError, match="keep must be above 0 and at most 1, got 0"):
        SketchedProducts(0)
