"""What estimators declare holds for the tangents that are really drawn, for a gradient along an axis as for a dense one.

The closed forms themselves are tested beside `estimators.theory`, on draws of its own; here the law that a part draws is held to
the law it names. Bounds are six standard errors of the sample, so that the heavy upper tails of products of normals stay inside.
"""

import itertools

import pytest
import torch
from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.aggregations.mean import Mean
from estimators.directional.aggregations.mean_times_n import MeanTimesN
from estimators.directional.aggregations.projection import Projection
from estimators.directional.directions import Directions
from estimators.directional.directions.angle import Angle
from estimators.directional.directions.antithetic import Antithetic
from estimators.directional.directions.basis import Basis
from estimators.directional.directions.block import OneBlock
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.directions.sphere import Sphere
from estimators.directional.directions.varying_length import VaryingLength
from estimators.directional.estimator import Directional
from estimators.directional.space import Block, matrix, resize
from estimators.directional.streams import Keyed

DRAWS, STANDARD_ERRORS = 500, 6
SHAPES = {"unequal": ((2, 3), (2,), ()), "equal": ((2, 2), (4,)), "matrix": ((3, 3),)}
DIRECTIONS = [
    Gaussian(),
    Rademacher(),
    Sphere(),
    Orthogonal(),
    Angle(0),
    Angle(30),
    Sparse(0.5),
    OneBlock(),
    LowRank(1),
    LowRank(3),
    Basis(),
    VaryingLength(3),
    Antithetic(Rademacher()),
]
FORMULAS = {
    Mean: lambda V, d: torch.einsum("rk,rkn->rn", d, V) / V.shape[1],
    MeanTimesN: lambda V, d: torch.einsum("rk,rkn->rn", d, V) * V.shape[2] / V.shape[1],
    Projection: lambda V, d: (torch.linalg.pinv(V, rtol=1e-6) @ d.unsqueeze(2)).squeeze(2),
}


def drawn(directions: Directions, shapes: tuple[tuple[int, ...], ...], k: int) -> Tensor:
    """[DRAWS, k, n]: the tangents of as many estimates."""
    layout = tuple(Block(f"p{i}", shape, torch.float64, torch.device("cpu")) for i, shape in enumerate(shapes))
    sets = [directions.draw(layout, range(k), Keyed(seed)) for seed in range(DRAWS)]
    return torch.stack([torch.cat([matrix(rows) for rows in tangents.values()], dim=1) for tangents in sets])


def resized(V: Tensor, length: str | None) -> Tensor:
    """The same tangents, of the length asked for."""
    if length is None:
        return V
    return resize({"v": V.flatten(0, 1).clone()}, V.shape[2] ** 0.5 if length == "sqrt-n" else 1.0)["v"].view(V.shape)


def gradients(n: int) -> list[Tensor]:
    axis = torch.zeros(n, dtype=torch.float64)
    axis[0] = 2.0
    return [axis, torch.linspace(-1, 2, n, dtype=torch.float64)]


def agrees(values: Tensor, claimed: float | Tensor) -> bool:
    """Whether the mean over the first dimension is as claimed, up to chance and rounding."""
    bound = STANDARD_ERRORS * values.std(0) / DRAWS**0.5 + 1e-7
    return bool(((values.mean(0) - claimed).abs() <= bound).all())


def check(aggregation: Aggregation, V: Tensor, declared, g: Tensor) -> None:
    estimates = FORMULAS[type(aggregation)](V, V @ g)
    along, squares = estimates @ g / (g @ g), estimates.square().sum(1) / (g @ g)
    cosines = torch.where(squares > 0, along / squares.clamp(min=1e-300).sqrt(), 0.0)
    found = {
        "cosine": cosines,
        "squared_cosine": cosines.square(),
        "norm_ratio": squares.sqrt(),
        "squared_norm_ratio": squares,
        "relative_error": (estimates - g).square().sum(1) / (g @ g),
    }
    if declared.unbiased:
        assert agrees(estimates, g)
    for metric, values in found.items():
        if metric in declared.expected:
            assert agrees(values, declared.expected[metric]), metric
    if "efficiency" in declared.expected:
        square, error = declared.expected["squared_norm_ratio"], declared.expected["relative_error"]
        assert declared.expected["efficiency"] == pytest.approx(((square + 1 - error) / 2) ** 2 / square)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("directions", DIRECTIONS, ids=str)
def test_declared_expectations_are_those_of_the_tangents_drawn(directions: Directions, shapes: str, k: int) -> None:
    plain = drawn(directions, SHAPES[shapes], k)
    for length, aggregation in itertools.product((None, "sqrt-n", "unit"), (Mean(), MeanTimesN(), Projection())):
        estimator = Directional(k=k, directions=directions, length=length, aggregation=aggregation)
        declared = estimator.declaration({f"p{i}": shape for i, shape in enumerate(SHAPES[shapes])}, None)
        V = resized(plain, length)
        for g in gradients(V.shape[2]):
            check(aggregation, V, declared, g)


@pytest.mark.parametrize(
    ("directions", "length", "aggregation", "unbiased"),
    [
        (Gaussian(), None, Mean(), True),
        (Gaussian(), "unit", Mean(), False),
        (Gaussian(), "unit", MeanTimesN(), True),
        (Angle(30), None, MeanTimesN(), True),
        (Angle(30), "sqrt-n", Mean(), True),
        (Sparse(0.5), None, Mean(), True),
        (OneBlock(), None, Mean(), True),
        (OneBlock(), "sqrt-n", Mean(), False),  # of unequal tensors
        (LowRank(1), None, Mean(), True),
        (VaryingLength(3), None, MeanTimesN(), False),
        (VaryingLength(3), "sqrt-n", Mean(), True),
    ],
    ids=str,
)
def test_what_is_unbiased_is_declared_so_and_nothing_else(directions, length, aggregation, unbiased: bool) -> None:
    estimator = Directional(k=2, directions=directions, length=length, aggregation=aggregation)
    shapes = {f"p{i}": shape for i, shape in enumerate(SHAPES["unequal"])}
    assert estimator.declaration(shapes, None).unbiased is unbiased
