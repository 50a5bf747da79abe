"""The published optimisations of closed-form functions come out again, to four digits."""

from typing import Any

import pytest

from benchmarks.reproductions.closed_form_descent import estimator_of, final_loss, published

CELLS = published()


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell['function']}-{cell['n']}-{estimator_of(cell)}")
def test_a_published_descent_ends_with_its_published_loss(cell: dict[str, Any]) -> None:
    assert final_loss(cell) == pytest.approx(cell["loss"], rel=5e-5)


def test_all_twelve_published_cells_are_there() -> None:
    assert len(CELLS) == 12
    assert {cell["function"] for cell in CELLS} == {"sphere", "rosenbrock", "styblinski-tang"}
