"""All tangents are unit vectors; all but the first lie at the angle to it, in directions uniform around it."""

import math

import pytest
import torch

from estimators.directional.directions.angle import Angle
from estimators.directional.space import Block
from estimators.directional.streams import Keyed, Sequential

N = 6
LAYOUT = (Block("a", (2, 2), torch.float64, torch.device("cpu")), Block("b", (2,), torch.float64, torch.device("cpu")))


def drawn(degrees: float, k: int, seed: int = 1) -> torch.Tensor:
    tangents = Angle(degrees).draw(LAYOUT, range(k), Keyed(seed))
    return torch.cat([rows.flatten(1) for rows in tangents.values()], dim=1)


@pytest.mark.parametrize("degrees", [0, 1e-3, 15, 45, 60, 90])
def test_lengths_are_one_and_angles_are_as_asked(degrees: float) -> None:
    V = drawn(degrees, 50)
    cosine = math.cos(math.radians(degrees))
    torch.testing.assert_close(V.norm(dim=1), torch.ones(50, dtype=torch.float64), rtol=1e-12, atol=0)
    torch.testing.assert_close(V[1:] @ V[0], torch.full((49,), cosine, dtype=torch.float64), rtol=0, atol=1e-12)


def test_torchs_default_dtype_has_no_part_in_them() -> None:
    expected = drawn(30, 5)
    torch.set_default_dtype(torch.bfloat16)
    try:
        assert torch.equal(drawn(30, 5), expected)
    finally:
        torch.set_default_dtype(torch.float32)


def test_no_angle_makes_all_tangents_one() -> None:
    V = drawn(0, 5)
    torch.testing.assert_close(V, V[:1].expand(5, N))


def test_in_one_dimension_all_tangents_are_the_first_whatever_the_angle() -> None:
    layout = (Block("x", (1,), torch.float32, torch.device("cpu")),)
    for degrees in (0, 45, 90):
        V = Angle(degrees).draw(layout, range(4), Keyed(3))["x"]
        assert torch.equal(V, V[:1].expand(4, 1))
        assert V[0].abs() == 1


def test_the_others_are_uniform_around_the_first() -> None:
    degrees, draws = 30, 20_000
    V = drawn(degrees, 1 + draws)
    first, cosine, sine = V[0], math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    across = torch.eye(N, dtype=torch.float64) - torch.outer(first, first)
    expected = cosine**2 * torch.outer(first, first) + sine**2 * across / (N - 1)
    found = V[1:].T @ V[1:] / draws
    torch.testing.assert_close(V[1:].mean(0), cosine * first, rtol=0, atol=5 / draws**0.5)  # entries are at most 1
    torch.testing.assert_close(found, expected, rtol=0, atol=5 / draws**0.5)


@pytest.mark.parametrize("index", [0, 2])
def test_each_tangent_is_uniform_on_the_unit_sphere(index: int) -> None:
    V = torch.stack([drawn(60, 3, seed)[index] for seed in range(1500)])
    deviation = (V.T @ V / len(V) - torch.eye(N, dtype=torch.float64) / N).abs().max()
    assert deviation < 5 * (3 / (N * (N + 2)) - 1 / N**2) ** 0.5 / len(V) ** 0.5


def test_the_definition_holds_for_the_published_sequence() -> None:
    published = torch.randn((4, N), generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    first = published[0] / published[0].norm()
    rejected = published[1:] - torch.outer(published[1:] @ first, first)
    others = math.cos(0.5) * first + math.sin(0.5) * rejected / rejected.norm(dim=1, keepdim=True)
    tangents = Angle(math.degrees(0.5)).draw(LAYOUT, range(4), Sequential(torch.Generator().manual_seed(5), 4))
    found = torch.cat([rows.flatten(1) for rows in tangents.values()], dim=1)
    torch.testing.assert_close(found, torch.cat([first.unsqueeze(0), others]))


@pytest.mark.parametrize("degrees", [-1.0, 90.5, float("nan")])
def test_the_angle_must_be_acute_or_right(degrees: float) -> None:
    with pytest.raises(ValueError, match="degrees must be from 0 to 90"):
        Angle(degrees)
