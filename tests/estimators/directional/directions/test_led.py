"""The first tangents lie along the vectors handed in, over all tensors together, and the others are the other law's."""

import pytest
import torch

from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.led import Led
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

LAYOUT = (
    Block("a", (2, 3), torch.float32, torch.device("cpu")),
    Block("s", (), torch.float32, torch.device("cpu")),
    Block("b", (2,), torch.float64, torch.device("cpu")),
)
N = 9


def vectors(count: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {b.name: torch.randn((count, *b.shape), generator=generator, dtype=torch.float64).to(b.dtype) for b in LAYOUT}


def flat(tangents: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([tangents[b.name].double().reshape(len(tangents["a"]), -1) for b in LAYOUT], dim=1)


@pytest.mark.parametrize("factor", [1e-20, 1.0, 1e20])
def test_vectors_come_first_at_length_root_n_over_all_blocks_and_the_others_keep_their_index(factor: float) -> None:
    given = vectors(2)
    V = flat(Led({name: rows * factor for name, rows in given.items()}, Gaussian()).draw(LAYOUT, range(5), Keyed(1)))
    expected = flat(given)
    torch.testing.assert_close(V[:2], N**0.5 * expected / expected.norm(dim=1, keepdim=True), rtol=1e-5, atol=1e-6)
    assert torch.equal(V[2:], flat(Gaussian().draw(LAYOUT, [2, 3, 4], Keyed(1))))


def test_a_tangent_does_not_depend_on_its_company() -> None:
    law = Led(vectors(2), Gaussian())
    together = flat(law.draw(LAYOUT, range(5), Keyed(1)))
    for indices in ([4], [1], [3, 0, 4, 1]):
        assert torch.equal(flat(law.draw(LAYOUT, indices, Keyed(1))), together[indices])


def test_a_zero_vector_stays_zero() -> None:
    law = Led({name: torch.zeros_like(rows) for name, rows in vectors(1).items()}, Gaussian())
    assert not flat(law.draw(LAYOUT, [0], Keyed(1))).any()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_vectors_too_short_for_a_narrow_type_are_lengthened_in_a_wider_one(dtype: torch.dtype) -> None:
    layout = (Block("x", (40,), dtype, torch.device("cpu")),)
    law = Led({"x": torch.full((1, 40), 6e-5, dtype=dtype)}, Gaussian())
    torch.testing.assert_close(law.draw(layout, [0], Keyed(1))["x"], torch.ones(1, 40, dtype=dtype))


def test_tangents_are_the_callers_own() -> None:
    given = vectors(1)
    before = flat(given)
    for rows in Led(given, Gaussian()).draw(LAYOUT, [0], Keyed(1)).values():
        rows.zero_()
    assert torch.equal(flat(given), before)
