"""The best-aligned tangents are kept, the others dropped; lengths count only where they should."""

import pytest
import torch

from estimators.directional.aggregations.best import Max, MaxNormalised, TopK

TANGENTS = {"a": torch.tensor([[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), "b": torch.tensor([[4.0], [0.0], [0.0]])}  # lengths 5, 1, 0
DERIVATIVES = torch.tensor([-4.0, 0.85, 0.0])  # scores 0.8, 0.85, 0


def test_max_favours_long_tangents_and_max_normalised_does_not() -> None:
    assert torch.equal(Max().coefficients(TANGENTS, DERIVATIVES), torch.tensor([-4.0, 0, 0]))
    assert torch.equal(MaxNormalised().coefficients(TANGENTS, DERIVATIVES), torch.tensor([0, 0.85, 0]))


@pytest.mark.parametrize(("margin", "kept"), [(0.0, [0, 1, 0]), (0.1, [1, 1, 0]), (1.0, [1, 1, 1])])
def test_top_k_keeps_what_is_within_the_margin_and_divides_by_all(margin: float, kept: list[int]) -> None:
    expected = DERIVATIVES * torch.tensor(kept) / 3
    torch.testing.assert_close(TopK(margin).coefficients(TANGENTS, DERIVATIVES), expected)


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="margin must be 0 or more"):
        TopK(-0.1)
