"""Tangents within a subspace are the other law's in its coordinates, carried by an orthonormal map: E[v vᵀ] is the projection."""

import pytest
import torch

from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sphere import Sphere
from estimators.directional.directions.within import Entries, Rows, Within
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

DRAWS = 6000
LAYOUT = (
    Block("w", (2, 4), torch.float64, torch.device("cpu")),
    Block("b", (5,), torch.float64, torch.device("cpu")),
    Block("whole", (2,), torch.float64, torch.device("cpu")),
)
BASIS = torch.linalg.qr(torch.randn(4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)).Q
PARTS = {"w": Rows(BASIS), "b": Entries(torch.tensor([0, 3]))}


def flat(tangents: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([tangents[b.name].flatten(1) for b in LAYOUT], dim=1)


def projection() -> torch.Tensor:
    rows = torch.kron(torch.eye(2, dtype=torch.float64), BASIS @ BASIS.T)
    kept = torch.tensor([1.0, 0, 0, 1, 0], dtype=torch.float64).diag()
    return torch.block_diag(rows, kept, torch.eye(2, dtype=torch.float64))


@pytest.mark.parametrize("drawn", [Gaussian(), Rademacher(), Sphere()], ids=lambda d: d.law)
def test_the_second_moment_is_the_projection_onto_the_subspace(drawn: Directions) -> None:
    V, P = flat(Within(PARTS, drawn).draw(LAYOUT, range(DRAWS), Keyed(1))), projection()
    torch.testing.assert_close(V @ P, V)
    assert (V.T @ V / DRAWS - P).abs().max() < 5 * 2**0.5 / DRAWS**0.5  # a Gaussian's squared entry varies most, by 2


def test_the_other_law_holds_over_all_coordinates_of_the_subspace_together() -> None:
    V = flat(Within(PARTS, Sphere()).draw(LAYOUT, range(20), Keyed(1)))
    torch.testing.assert_close(V.norm(dim=1), torch.full((20,), 8**0.5, dtype=torch.float64))  # 2 x 2, 2 and 2 of them


def test_a_tangent_does_not_depend_on_its_company() -> None:
    law = Within(PARTS, Gaussian())
    together = flat(law.draw(LAYOUT, range(6), Keyed(1)))
    torch.testing.assert_close(flat(law.draw(LAYOUT, [5, 2], Keyed(1))), together[[5, 2]])


def test_tensors_of_any_shape_and_narrow_types_keep_shape_and_type() -> None:
    layout = (
        Block("c", (3, 2, 2), torch.bfloat16, torch.device("cpu")),
        Block("s", (), torch.float16, torch.device("cpu")),
        Block("w", (3, 4), torch.bfloat16, torch.device("cpu")),
    )
    parts = {"c": Entries(torch.tensor([11])), "s": Entries(torch.tensor([0])), "w": Rows(BASIS.float())}
    drawn = Within(parts, Gaussian()).draw(layout, range(3), Keyed(1))
    assert [(rows.shape, rows.dtype, rows.is_contiguous()) for rows in drawn.values()] == [
        ((3, 3, 2, 2), torch.bfloat16, True),
        ((3,), torch.float16, True),
        ((3, 3, 4), torch.bfloat16, True),
    ]
    assert drawn["c"].flatten(1)[:, :11].count_nonzero() == 0
    assert drawn["c"].flatten(1)[:, 11].all()
