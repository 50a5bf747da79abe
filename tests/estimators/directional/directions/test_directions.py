"""Each law of directions has the second moment it claims and the shape it promises."""

import pytest
import torch

from estimators.directional.directions import Directions
from estimators.directional.directions.angle import Angle
from estimators.directional.directions.basis import Basis
from estimators.directional.directions.block import OneBlock
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.given import Given
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.directions.sphere import Sphere
from estimators.directional.directions.varying_length import VaryingLength
from estimators.directional.space import Block, resize
from estimators.directional.streams import Keyed, Sequential

LAYOUT = (
    Block("a", (2, 3), torch.float32, torch.device("cpu")),
    Block("b", (2,), torch.float64, torch.device("cpu")),
)
DRAWS = 40_000
EVERY = [
    Gaussian(),
    Rademacher(),
    Sphere(),
    Orthogonal(),
    Angle(30),
    Sparse(0.3),
    OneBlock(),
    LowRank(2),
    Basis(),
    VaryingLength(),
]


class First:
    """The first tangent of each of many independent sets, for laws whose tangents depend on each other."""

    def __init__(self, directions) -> None:
        self.directions, self.law = directions, directions.law

    def draw(self, layout, indices, stream):
        return self.directions.draw(layout, [8 * index for index in indices[: len(indices) // 10]], stream)


def flat(tangents: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([rows.flatten(1).double() for rows in tangents.values()], dim=1)


@pytest.mark.parametrize(
    ("directions", "fourth_moment"),
    [
        (Gaussian(), 3),
        (Rademacher(), 1),
        (Sphere(), 3),
        (First(Orthogonal()), 3),
        (Sparse(0.3), 1 / 0.3),
        (OneBlock(), 6),
        (LowRank(1), 9),
        (LowRank(3), 5),
    ],
    ids=lambda d: getattr(d, "law", None),
)
def test_laws_of_unbiased_means_have_the_identity_as_second_moment(directions, fourth_moment: float) -> None:
    V = flat(directions.draw(LAYOUT, range(DRAWS), Keyed(1)))
    deviation = (V.T @ V / len(V) - torch.eye(8, dtype=torch.float64)).abs().max()
    largest_variance = max(fourth_moment - 1, 3)  # of a squared entry; of a product of two, at most 3 (in one column of a matrix)
    assert deviation < 5 * largest_variance**0.5 / len(V) ** 0.5


@pytest.mark.parametrize("directions", EVERY, ids=lambda d: d.law)
def test_a_tangent_does_not_depend_on_its_company_and_has_the_shape_and_dtype_of_the_parameters(directions: Directions) -> None:
    together = directions.draw(LAYOUT, range(12), Keyed(1))
    assert [(rows.shape, rows.dtype) for rows in together.values()] == [
        ((12, 2, 3), torch.float32),
        ((12, 2), torch.float64),
    ]
    assert all(rows.is_contiguous() and rows.isfinite().all() for rows in together.values())
    for indices in ([11], [10, 3, 0], [5, 5]):
        alone = flat(directions.draw(LAYOUT, indices, Keyed(1)))
        torch.testing.assert_close(alone, flat(together)[indices], rtol=0, atol=1e-5)


@pytest.mark.parametrize("directions", EVERY, ids=lambda d: d.law)
def test_the_sequential_stream_gives_the_same_tangents_when_asked_again(directions: Directions) -> None:
    stream = Sequential(torch.Generator().manual_seed(1), 12)
    together = flat(directions.draw(LAYOUT, range(12), stream))
    torch.testing.assert_close(flat(directions.draw(LAYOUT, [7, 1], stream)), together[[7, 1]], rtol=0, atol=1e-5)


@pytest.mark.parametrize("directions", [d for d in EVERY if d.symmetric], ids=lambda d: d.law)
def test_symmetric_laws_have_no_mean(directions: Directions) -> None:
    draws = [flat(directions.draw(LAYOUT, range(3), Keyed(seed))).sum(0) for seed in range(400)]
    totals = torch.stack(draws)
    assert (totals.mean(0).abs() < 5 * totals.std(0) / 20).all()


@pytest.mark.parametrize("length", [1.0, 8**0.5])
def test_resized_tangents_have_the_length_over_all_blocks_together_and_zero_stays_zero(length: float) -> None:
    V = flat(resize(Sparse(0.05).draw(LAYOUT, range(50), Keyed(1)), length))
    lengths = V.norm(dim=1)
    nonzero = lengths > 0
    assert 10 < int(nonzero.sum()) < 40  # of 50, each is zero with probability 0.95^8 = 0.66
    torch.testing.assert_close(lengths[nonzero], torch.full_like(lengths[nonzero], length), rtol=1e-6, atol=0)


def test_resized_tangents_in_low_precision_are_rounded_once() -> None:
    rows = {"x": torch.randn((20, 300), generator=torch.Generator().manual_seed(0)).bfloat16()}
    assert ((resize(rows, 1.0)["x"].double().norm(dim=1) - 1).abs() < 2**-9).all()


def test_sphere_directions_have_length_root_n_over_all_blocks_together() -> None:
    V = flat(Sphere().draw(LAYOUT, range(50), Keyed(1)))
    torch.testing.assert_close(V.norm(dim=1), torch.full((50,), 8**0.5, dtype=torch.float64), rtol=1e-6, atol=0)


def test_orthogonal_directions_are_orthogonal_within_sets_of_n() -> None:
    V = flat(Orthogonal().draw(LAYOUT, range(12), Keyed(1)))
    torch.testing.assert_close(V[:8] @ V[:8].T, 8 * torch.eye(8, dtype=torch.float64), rtol=0, atol=1e-4)
    torch.testing.assert_close(V[8:] @ V[8:].T, 8 * torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-4)
    assert (V[:8] @ V[8:].T).abs().max() > 0.1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_orthogonal_directions_in_low_precision_are_rounded_once(dtype: torch.dtype) -> None:
    n = 60
    layout = (Block("x", (n,), dtype, torch.device("cpu")),)
    V = Orthogonal().draw(layout, range(n), Keyed(1))["x"].double() / n**0.5
    deviation = (V @ V.T - torch.eye(n, dtype=torch.float64)).abs().max()
    assert deviation < 2 * torch.finfo(dtype).eps  # a rounding is half an eps of each entry, and rows are of length one


def test_basis_directions_are_unit_vectors_and_zero_beyond_n() -> None:
    drawn = Basis().draw(LAYOUT, [7, 0, 9, 3], Keyed(1))
    eye = torch.eye(10, dtype=torch.float64)[:, :8]
    assert torch.equal(flat(drawn), eye[[7, 0, 9, 3]])
    assert drawn["a"].dtype == torch.float32
    assert drawn["b"].dtype == torch.float64


def test_given_directions_are_the_vectors_in_order() -> None:
    vectors = tuple(tuple(float(i * 8 + j) for j in range(8)) for i in range(3))
    assert flat(Given(vectors).draw(LAYOUT, [2, 0], Keyed(1))).tolist() == [list(vectors[2]), list(vectors[0])]


@pytest.mark.parametrize("vectors", [(), ((),), ((1.0,), (1.0, 2.0)), (1.0, 2.0)])
def test_given_vectors_must_be_tuples_of_equal_length(vectors: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(ValueError, match="tuples of equally many numbers"):
        Given(vectors)


def test_given_vectors_must_fit_the_problem() -> None:
    with pytest.raises(ValueError, match="needs 1 vectors of length 8, was given 1 of length 2"):
        Given(((1.0, 2.0),)).draw(LAYOUT, [0], Keyed(1))
    with pytest.raises(ValueError, match="needs 2 vectors of length 8, was given 1"):
        Given((tuple(range(8)),)).draw(LAYOUT, [0, 1], Keyed(1))
