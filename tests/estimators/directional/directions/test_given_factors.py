"""Tangents with given factors are the products that their formulas say, formed or as factors, and Gaussian on vectors."""

import pytest
import torch
from torch import Tensor

from estimators.directional.directions.given_factors import GivenBases, GivenColumns
from estimators.directional.directions.products import Products
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

CPU = torch.device("cpu")
SHAPES = {"matrix": (6, 5), "kernel": (4, 2, 3, 2), "vector": (7,)}
LAYOUT = tuple(Block(name, shape, torch.float64, CPU) for name, shape in SHAPES.items())


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def columns() -> GivenColumns:
    return GivenColumns(2, {"matrix": random(5, 2), "kernel": random(12, 2)})


def bases() -> GivenBases:
    parts = {"matrix": (6, 5), "kernel": (4, 12)}
    return GivenBases(
        2, {name: (torch.linalg.qr(random(m, 2)).Q, torch.linalg.qr(random(n, 2)).Q) for name, (m, n) in parts.items()}
    )


@pytest.mark.parametrize("law", [columns(), bases()], ids=["columns", "bases"])
def test_factors_are_those_of_what_is_drawn(law: Products) -> None:
    stream, starts = Keyed(3), [0, 1, 2, 3]
    drawn = law.draw(LAYOUT, range(4), stream)
    assert {name: tuple(rows.shape[1:]) for name, rows in drawn.items()} == SHAPES
    for position, block in enumerate(LAYOUT[:2]):
        left, right = law.factors(block, range(4), stream.within(position, 3))
        torch.testing.assert_close((left @ right.mT).view(4, *block.shape), drawn[block.name])
        for index in range(4):
            torch.testing.assert_close(law.draw_block(LAYOUT, position, index, stream, starts), drawn[block.name][index])


def test_columns_that_are_given_are_the_span_of_all_rows() -> None:
    law = columns()
    rows = law.draw(LAYOUT[:1], range(5), Keyed(1))["matrix"].flatten(0, 1)
    given = law.columns["matrix"]
    torch.testing.assert_close(rows @ torch.linalg.pinv(given.mT) @ given.mT, rows)
    assert torch.linalg.matrix_rank(rows) == 2


def test_tangents_between_bases_have_the_mean_square_of_normal_numbers() -> None:
    drawn, draws = bases().draw(LAYOUT, range(4000), Keyed(1)), 4000
    for name, size in (("matrix", 30), ("kernel", 48), ("vector", 7)):
        squares = drawn[name].flatten(1).square().sum(1)
        assert abs(squares.mean() - size) <= 5 * squares.std() / draws**0.5


def test_a_basis_is_no_wider_than_its_matrix() -> None:
    block = Block("x", (3, 5), torch.float32, CPU)
    law = GivenBases(24, {"x": (torch.eye(3), torch.eye(5)[:, :3])})
    drawn = law.draw((block,), range(2), Keyed(1))["x"]
    assert law.thin(block) == 0
    assert drawn[:, :, :3].all()
    assert not drawn[:, :, 3:].any()


def test_short_types_get_the_rounded_product() -> None:
    short = tuple(Block(name, shape, torch.bfloat16, CPU) for name, shape in SHAPES.items())
    law = GivenColumns(1, {"matrix": random(5, 1).float(), "kernel": random(12, 1).float()})
    wide = tuple(Block(name, shape, torch.float32, CPU) for name, shape in SHAPES.items())
    drawn, full = law.draw(short, range(2), Keyed(2)), law.draw(wide, range(2), Keyed(2))
    assert all(torch.equal(drawn[name], rows.bfloat16()) for name, rows in full.items())
    assert {each.dtype for each in law.factors(short[0], [0], Keyed(2))} == {torch.bfloat16}
