"""Shapes tell of a perceptron's layers, and of nothing else's."""

import pytest

from estimators.perceptron import dense_layers, first_share
from estimators.registry import ESTIMATORS

PERCEPTRON = {"0.weight": (8, 6), "0.bias": (8,), "2.weight": (4, 8), "2.bias": (4,)}
CONVOLUTIONAL = {"0.weight": (2, 1, 3, 3), "3.weight": (4, 8)}


def test_layers_are_the_matrices_in_order_and_the_first_has_its_share() -> None:
    assert dense_layers(PERCEPTRON) == [(8, 6), (4, 8)]
    assert first_share(PERCEPTRON) == 48 / 80


def test_convolutions_have_no_known_share_and_a_function_has_none() -> None:
    assert (dense_layers(CONVOLUTIONAL), first_share(CONVOLUTIONAL)) == ([], None)
    assert (dense_layers({"x": (5,)}), first_share({"x": (5,)})) == ([], 0.0)


@pytest.mark.parametrize(
    ("spec", "on_perceptron", "on_others"),
    [
        ("backprop", 3 - 0.6, None),
        ("forward-gradient", 3 - 0.6, None),
        ("forward-gradient[k=4]", 1 + 4 * (2 - 0.6), None),
        ("chunked-forward-gradient[k=4,chunk=3]", 2 + 4 * (2 - 0.6), None),
        ("lazy-forward-gradient[k=2]", 2 * (3 - 0.6), None),
        ("multi-tangent[k=4]", 1 + 4 * (2 - 0.6) + 16 * 92 / (80 * 10), None),
        ("multi-tangent[directions=orthogonal,k=2]", 1 + 2 * (2 - 0.6) + 12 * 92 / (80 * 10), None),
        ("spsa[k=2]", 4, 4),
        ("multi-tangent[derivative=forward-difference,k=2]", 3 + 4 * 92 / (80 * 10), None),
        ("stale-gradient", 3 - 0.6, None),
    ],
)
def test_operations_are_declared_to_the_letter_for_a_perceptron(spec: str, on_perceptron: float, on_others: float | None) -> None:
    estimator = ESTIMATORS.build(spec)
    assert estimator.declaration(PERCEPTRON, 10).forward_multiple == pytest.approx(on_perceptron)
    assert estimator.declaration(CONVOLUTIONAL, 10).forward_multiple == on_others
