"""Each law of directions has the second moment it claims and the shape it promises."""

import pytest
import torch

from estimators.directional.directions.basis import Basis
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.given import Given
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sphere import Sphere
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

LAYOUT = (
    Block("a", (2, 3), torch.float32, torch.device("cpu")),
    Block("b", (2,), torch.float64, torch.device("cpu")),
)
DRAWS = 40_000


class First:
    """The first tangent of each of many independent sets, for laws whose tangents depend on each other."""

    def __init__(self, directions) -> None:
        self.directions, self.law = directions, directions.law

    def draw(self, layout, indices, stream):
        return self.directions.draw(layout, [8 * index for index in indices[: len(indices) // 10]], stream)


def flat(tangents: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([rows.flatten(1).double() for rows in tangents.values()], dim=1)


@pytest.mark.parametrize("directions", [Gaussian(), Rademacher(), Sphere(), First(Orthogonal())], ids=lambda d: d.law)
def test_isotropic_laws_have_the_identity_as_second_moment(directions) -> None:
    V = flat(directions.draw(LAYOUT, range(DRAWS), Keyed(1)))
    deviation = (V.T @ V / len(V) - torch.eye(8, dtype=torch.float64)).abs().max()
    assert deviation < 5 * 2**0.5 / len(V) ** 0.5  # a squared normal has the largest variance of the entries, 2


def test_sphere_directions_have_length_root_n_over_all_blocks_together() -> None:
    V = flat(Sphere().draw(LAYOUT, range(50), Keyed(1)))
    torch.testing.assert_close(V.norm(dim=1), torch.full((50,), 8**0.5, dtype=torch.float64), rtol=1e-6, atol=0)


def test_orthogonal_directions_are_orthogonal_within_sets_of_n_and_do_not_depend_on_their_company() -> None:
    V = flat(Orthogonal().draw(LAYOUT, range(12), Keyed(1)))
    torch.testing.assert_close(V[:8] @ V[:8].T, 8 * torch.eye(8, dtype=torch.float64), rtol=0, atol=1e-4)
    torch.testing.assert_close(V[8:] @ V[8:].T, 8 * torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-4)
    assert (V[:8] @ V[8:].T).abs().max() > 0.1
    torch.testing.assert_close(flat(Orthogonal().draw(LAYOUT, [10, 3, 0], Keyed(1))), V[[10, 3, 0]], rtol=0, atol=1e-5)


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
